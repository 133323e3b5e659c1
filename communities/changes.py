"""Who has changed a record, when, and which of its fields (from the versions that simple_history keeps)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Any

from django.db import models
from django.utils.text import capfirst

KEPT_BY_ITSELF = {"id", "created_at", "joined_at"}


@dataclass(frozen=True)
class Change:
    """One version of a record. No fields: it was written down then, or somebody saved it as it was."""

    at: datetime
    who: str
    fields: list[str]
    is_first: bool


def changes_of(row: models.Model, *, named: Mapping[str, object], limit: int = 20) -> list[Change]:
    """Return the last changes, newest first; ``named`` calls columns by other names, several by the same."""
    versions: Any = row.history.select_related("history_user").order_by("-history_date", "-history_id")  # type: ignore[attr-defined]
    shown = list(versions[: limit + 1])
    changes = []
    for newer, older in zip_longest(shown[:limit], shown[1:]):
        fields = _differing(newer, older, named) if older is not None else []
        if fields or older is None:
            who = str(newer.history_user) if newer.history_user else ""
            changes.append(Change(newer.history_date, who, fields, is_first=older is None))
    return changes


def _differing(newer: Any, older: Any, named: Mapping[str, object]) -> list[str]:
    fields = [field for field in newer.tracked_fields if field.name not in KEPT_BY_ITSELF]
    differing = [field for field in fields if getattr(newer, field.attname) != getattr(older, field.attname)]
    return list(dict.fromkeys(str(named.get(field.name, capfirst(field.verbose_name))) for field in differing))
