"""Calls to Aliyun's SMS service (Dysmsapi 2017-05-25): plain HTTP, signed by us (docs/decisions/0015)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import NewConnectionError

from linzhu.communities.clock import now
from linzhu.notifications.gateways.aliyun_signing import Key, encode_query, signed_headers

VERSION = "2017-05-25"
_THREADS = 16


@dataclass(frozen=True)
class Answer:
    """What came back from one call. ``code`` is OK, Aliyun's error code, or a word of ours where it said nothing."""

    code: str
    status: int = 0
    """The HTTP status; 0 if there was no answer."""
    body: dict[str, Any] = field(default_factory=dict, repr=False)
    never_left: bool = False
    """No connection was made at all, so that Aliyun cannot have seen the call."""

    @property
    def ok(self) -> bool:
        return self.code == "OK"


class Api:
    """One pool of connections, shared by all threads. Errors of the network are answers, too."""

    def __init__(self, url: str, key: Key, timeout_s: int) -> None:
        self._url, self._key, self._timeout_s = url, key, timeout_s
        self._host = urlsplit(url).netloc
        self._session = requests.Session()
        self._session.auth = _as_it_is  # or a .netrc on this machine would overwrite our signature
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, HTTPAdapter(pool_maxsize=_THREADS, max_retries=0))

    def call(self, action: str, params: Mapping[str, str]) -> Answer:
        """Make one call. It is never repeated here: whoever asks knows whether it may be."""
        query = encode_query(params)
        headers = signed_headers(
            self._key, host=self._host, action=action, version=VERSION, query=query, nonce=uuid.uuid4().hex, at=now()
        )
        try:
            # Redirects are not followed: the signature holds for this address alone.
            response = self._session.post(
                f"{self._url}/?{query}", headers=headers, timeout=self._timeout_s, allow_redirects=False
            )
        except requests.RequestException as error:
            return Answer(type(error).__name__, never_left=_never_left(error))
        return _read(response)


def _read(response: requests.Response) -> Answer:
    try:
        body = response.json()
    except ValueError:
        body = None
    if not isinstance(body, dict) or not isinstance(body.get("Code"), str):
        return Answer(f"http-{response.status_code}", response.status_code)
    return Answer(body["Code"], response.status_code, body)


def _as_it_is(prepared: requests.PreparedRequest) -> requests.PreparedRequest:
    return prepared


def _never_left(error: requests.RequestException) -> bool:
    if isinstance(error, requests.ConnectTimeout):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(error, requests.ConnectionError) and isinstance(reason, NewConnectionError)
