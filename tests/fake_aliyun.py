"""A fake Aliyun SMS on a real socket: it checks each signature by itself, and pushes receipts and replies.

    with FakeAliyun() as aliyun:
        aliyun.configure(settings, app_url=live_server.url)  # SMS_GATEWAY=aliyun and its variables
        …                                                    # the app sends; aliyun.texts holds what was stored
        aliyun.push_reply("+8619920000001", "接47")           # a volunteer answers; returns the app's HTTP status

What it does like the real one (help.aliyun.com, Dysmsapi 2017-05-25): signature version 3 with a nonce that is good
once and a date within 15 minutes, errors of the gateway as 4xx and of the business as 200 with a ``Code``, approved
templates with a set of variables, the rules for variables, QuerySendDetails by number and day, page by page; receipts
and replies as JSON arrays, brought again until the answer is the one it wants.

Faults: ``aliyun.fail_next("Throttling.User", Fault.SILENCE_AFTER, …)`` for the next SendSms; a string is an error code.
``aliyun.refuse["13800000000"] = "isv.MOBILE_NUMBER_ILLEGAL"`` refuses a number; ``aliyun.down = True`` refuses all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum, auto
from hashlib import sha256
from hmac import compare_digest, digest
from itertools import count
from typing import Any
from urllib.parse import unquote

import requests

from tests.fake_server import Answer, Asked, FakeServer

KEY_ID, KEY_SECRET = "LTAI-of-the-fake", "secret-of-the-fake"
SIGN_NAME, WEBHOOK_SECRET = "邻助", "w" * 32
CHINA = timezone(timedelta(hours=8))
ACKNOWLEDGED = {"code": 0, "msg": "接收成功"}
STATUS_OF = {"Throttling.User": 429, "SignatureDoesNotMatch": 400, "isp.SYSTEM_ERROR": 200, "ServiceUnavailable": 503}


class Fault(Enum):
    SILENCE_BEFORE = auto()
    """No answer until the client gives up; nothing was stored."""
    SILENCE_AFTER = auto()
    """No answer until the client gives up; but the text was stored and goes out."""
    ERROR_AFTER = auto()
    """isp.SYSTEM_ERROR, but the text was stored and goes out."""
    GARBLED = auto()
    """The text was stored, but a proxy's error page comes back instead of the answer."""


@dataclass
class FakeText:
    biz_id: str
    phone: str
    template: str
    params: dict[str, str]
    out_id: str
    query: dict[str, str]
    sent_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    status: int = 1
    err_code: str = ""

    def as_detail(self) -> dict[str, Any]:
        local = f"{self.sent_at.astimezone(CHINA):%Y-%m-%d %H:%M:%S}"
        return {
            "PhoneNum": self.phone, "TemplateCode": self.template, "Content": "…", "SendStatus": self.status,
            "ErrCode": self.err_code, "SendDate": local, "ReceiveDate": local, "OutId": self.out_id,
        }  # fmt: skip


class FakeAliyun(FakeServer[str | Fault]):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[FakeText] = []
        self.queries = 0
        self.templates: dict[str, set[str]] = {}
        """The approved templates, with the variables of each."""
        self.refuse: dict[str, str] = {}
        self.pushed: list[tuple[int, Any]] = []
        """What the app has answered to each push: status and JSON."""
        self._nonces: set[str] = set()
        self._numbers = count(1)

    def configure(self, settings: Any, app_url: str, templates: dict[str, set[str]]) -> None:
        """Point a settings object at this server, its webhooks at ``app_url``, and approve Chinese templates."""
        self.app_url = settings.PUBLIC_BASE_URL = app_url
        codes = {key: f"SMS_{number}" for number, key in enumerate(templates, start=100)}
        self.templates = {codes[key]: variables for key, variables in templates.items()}
        settings.SMS_GATEWAY, settings.ALIYUN_TEMPLATES = "aliyun", {"zh-hans": codes}
        settings.ALIYUN_ACCESS_KEY_ID, settings.ALIYUN_ACCESS_KEY_SECRET = KEY_ID, KEY_SECRET
        settings.ALIYUN_SIGN_NAME, settings.ALIYUN_WEBHOOK_SECRET = SIGN_NAME, WEBHOOK_SECRET
        settings.ALIYUN_WEBHOOK_ADDRESSES, settings.ALIYUN_TWO_WAY = ["127.0.0.0/8"], False
        settings.ALIYUN_EXTEND_CODE, settings.ALIYUN_API_URL = "", f"http://{self.host}"
        settings.ALIYUN_TIMEOUT_S = 1

    # --- calls of the app -----------------------------------------------------------------------------------------

    def answer(self, asked: Asked) -> Answer | None:
        if self.down:
            return _error("ServiceUnavailable", 503)
        if refusal := self._unsigned(asked):
            return refusal
        query = dict(map(unquote, part.partition("=")[::2]) for part in asked.raw_query.split("&"))
        actions: dict[str, Callable[[dict[str, str]], Answer | None]] = {
            "SendSms": self._send, "QuerySendDetails": self._query,
        }  # fmt: skip
        action = actions.get(asked.headers["x-acs-action"])
        return action(query) if action else _error("InvalidAction.NotFound", 404)

    def _unsigned(self, asked: Asked) -> Answer | None:
        """Check the signature as the documentation tells it, with nothing from the app's own code."""
        headers = asked.headers
        given = re.fullmatch(
            r"ACS3-HMAC-SHA256 Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]{64})",
            headers.get("authorization", ""),
        )
        if given is None:
            return _error("IncompleteSignature", 400)
        key_id, names, signature = given.groups()
        if key_id != KEY_ID:
            return _error("InvalidAccessKeyId.NotFound", 404)
        at = datetime.strptime(headers["x-acs-date"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        if abs(datetime.now(UTC) - at) > timedelta(minutes=15):
            return _error("InvalidTimeStamp.Expired", 400)
        if headers["x-acs-signature-nonce"] in self._nonces:
            return _error("SignatureNonceUsed", 400)
        self._nonces.add(headers["x-acs-signature-nonce"])
        must = {"host", *(name for name in headers if name.startswith("x-acs-"))}
        hashed = sha256(asked.body).hexdigest()
        query = "&".join(sorted(asked.raw_query.split("&")))
        signed = [f"{name}:{headers[name].strip()}" for name in names.split(";")]
        lines = ["POST", "/", query, *signed, "", names, hashed]
        to_sign = "ACS3-HMAC-SHA256\n" + sha256("\n".join(lines).encode()).hexdigest()
        expected = digest(KEY_SECRET.encode(), to_sign.encode(), "sha256").hex()
        fits = set(names.split(";")) == must and headers["x-acs-content-sha256"] == hashed
        if not (fits and compare_digest(expected, signature)) or headers["host"] != self.host:
            return _error("SignatureDoesNotMatch", 400)
        return None

    def _send(self, query: dict[str, str]) -> Answer | None:
        self.tries += 1
        fault = self.next_fault()
        if isinstance(fault, str):
            return _error(fault, STATUS_OF.get(fault, 200))
        if fault is Fault.SILENCE_BEFORE:
            return None
        params = json.loads(query.get("TemplateParam", "{}"))
        if code := self._refusal(query, params):
            return _error(code, 200)
        with self._lock:
            text = FakeText(
                f"{900619746936498440 + next(self._numbers)}^0", query["PhoneNumbers"], query["TemplateCode"], params,
                query.get("OutId", ""), query,
            )  # fmt: skip
            self.texts.append(text)
        if fault is Fault.SILENCE_AFTER:
            return None
        if fault is Fault.GARBLED:
            return 502, "<html>Bad gateway</html>"
        if fault is Fault.ERROR_AFTER:
            return _error("isp.SYSTEM_ERROR", 200)
        return 200, {"Code": "OK", "Message": "OK", "BizId": text.biz_id, "RequestId": "F655A8D5"}

    def _refusal(self, query: dict[str, str], params: dict[str, Any]) -> str:
        if not re.fullmatch(r"1\d{10}", query.get("PhoneNumbers", "")):
            return "isv.MOBILE_NUMBER_ILLEGAL"
        if query["PhoneNumbers"] in self.refuse:
            return self.refuse[query["PhoneNumbers"]]
        if query.get("SignName") != SIGN_NAME:
            return "isv.SMS_SIGNATURE_ILLEGAL"
        variables = self.templates.get(query.get("TemplateCode", ""))
        if variables is None:
            return "isv.SMS_TEMPLATE_ILLEGAL"
        if not variables <= set(params):
            return "isv.TEMPLATE_MISSING_PARAMETERS"
        for value in params.values():
            if not isinstance(value, str) or not value:
                return "isv.TEMPLATE_PARAMS_ILLEGAL"
            if len(value) > 35:
                return "isv.PARAM_LENGTH_LIMIT"
            if "://" in value or "www." in value:
                return "isv.PARAM_NOT_SUPPORT_URL"
        return ""

    def _query(self, query: dict[str, str]) -> Answer:
        self.queries += 1
        size, page = int(query["PageSize"]), int(query["CurrentPage"])
        if not 1 <= size <= 50 or not re.fullmatch(r"\d{8}", query["SendDate"]):
            return _error("isv.INVALID_PARAMETERS", 200)
        found = [
            text.as_detail()
            for text in reversed(self.texts)
            if text.phone == query["PhoneNumber"] and f"{text.sent_at.astimezone(CHINA):%Y%m%d}" == query["SendDate"]
        ]
        rows = found[(page - 1) * size : page * size]
        return 200, {"Code": "OK", "TotalCount": str(len(found)), "SmsSendDetailDTOs": {"SmsSendDetailDTO": rows}}

    # --- pushes to the app ----------------------------------------------------------------------------------------

    def push_receipts(self, *texts: FakeText, err_code: str = "") -> int:
        """Tell what became of these texts, in one request; returns the app's HTTP status."""
        for text in texts:
            text.status, text.err_code = (2, err_code) if err_code else (3, "DELIVERED")
        return self.push("status", [receipt(text) for text in texts])

    def push_reply(self, from_: str, content: str, *, sequence_id: str = "") -> int:
        """A phone texts us. Give the same ``sequence_id`` again for a second delivery."""
        return self.push("inbound", [reply(from_, content, sequence_id or str(next(self._numbers)))])

    def push(self, what: str, entries: object, secret: str = WEBHOOK_SECRET) -> int:
        response = requests.post(f"{self.app_url}/sms/aliyun/k/{secret}/{what}/", json=entries, timeout=10)
        answer = None
        with suppress(ValueError):
            answer = response.json()
        self.pushed.append((response.status_code, answer))
        return response.status_code


def receipt(text: FakeText) -> dict[str, Any]:
    local = f"{text.sent_at.astimezone(CHINA):%Y-%m-%d %H:%M:%S}"
    return {
        "phone_number": text.phone, "send_time": local, "report_time": local, "success": text.status == 3,
        "err_code": text.err_code, "err_msg": "…", "sms_size": "1", "biz_id": text.biz_id, "out_id": text.out_id,
    }  # fmt: skip


def reply(from_: str, content: str, sequence_id: str) -> dict[str, Any]:
    return {
        "phone_number": from_.removeprefix("+86"), "content": content, "send_time": "2026-11-23 12:00:00",
        "sign_name": SIGN_NAME, "dest_code": "106900001234", "sequence_id": int(sequence_id),
    }  # fmt: skip


def _error(code: str, status: int) -> Answer:
    return status, {"Code": code, "Message": "…", "RequestId": "F655A8D5", "HostId": "dysmsapi.aliyuncs.com"}
