"""What Aliyun pushes to us: a JSON array of objects, whose values may be missing or of any type."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest

logger = logging.getLogger(__name__)


def entries_of(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the entries of a webhook. Raises BadRequest (400) for anything but a JSON array of objects.

    One entry that nobody can read must not cost the others: refused, they would come three times more and be lost.
    """
    try:
        entries = json.loads(request.body)
    except (ValueError, RecursionError):
        entries = None
    readable = [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    if entries != [] and not readable:
        raise BadRequest("not a JSON array of objects")
    if len(readable) < len(entries):
        logger.error("aliyun: %d of %d entries of a webhook are no objects", len(entries) - len(readable), len(entries))
    return readable


def text_of(entry: Mapping[str, Any], name: str) -> str:
    value = entry.get(name)
    return "" if value is None else str(value)


def sequence_of(entry: Mapping[str, Any]) -> str:
    """Return the id by which a reply is known when it comes again; one without any is known by what it says."""
    if sequence := text_of(entry, "sequence_id"):
        return sequence[:64]
    said = "\n".join(text_of(entry, name) for name in ("phone_number", "send_time", "content", "dest_code"))
    digest = hashlib.sha256(said.encode(errors="replace")).hexdigest()
    return f"h-{digest[:40]}"
