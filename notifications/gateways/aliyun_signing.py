"""Aliyun's signature version 3, ACS3-HMAC-SHA256.

Source: help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature; its worked example is a test.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

ALGORITHM = "ACS3-HMAC-SHA256"
_NO_BODY = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True)
class Key:
    """An access key: its id is public, its secret signs."""

    id: str
    secret: str = field(repr=False)


def encode_query(params: Mapping[str, str]) -> str:
    """Return the query as it is signed *and* sent: sorted by name, each part percent-encoded as RFC 3986 says."""
    return "&".join(f"{_encode(name)}={_encode(value)}" for name, value in sorted(params.items()))


def signed_headers(
    key: Key, *, host: str, action: str, version: str, query: str, nonce: str, at: datetime
) -> dict[str, str]:
    """Return the headers of a POST to ``/`` that carries everything in its query and has no body.

    ``at`` is in UTC and must be within 15 minutes of Aliyun's clock; ``nonce`` is used once.
    """
    headers = {
        "host": host,
        "x-acs-action": action,
        "x-acs-content-sha256": _NO_BODY,
        "x-acs-date": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "x-acs-signature-nonce": nonce,
        "x-acs-version": version,
    }
    names = ";".join(sorted(headers))
    canonical = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    request = f"POST\n/\n{query}\n{canonical}\n{names}\n{_NO_BODY}"
    to_sign = f"{ALGORITHM}\n{hashlib.sha256(request.encode()).hexdigest()}"
    signature = hmac.new(key.secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    return {**headers, "Authorization": f"{ALGORITHM} Credential={key.id},SignedHeaders={names},Signature={signature}"}


def _encode(text: str) -> str:
    return quote(text, safe="~")
