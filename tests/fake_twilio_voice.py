"""The fake Twilio, with phones that ring: calls are made by the real client, picked up and answered by a test.

    with FakeTwilioVoice() as twilio:
        twilio.configure(settings, app_url=live_server.url)
        …                                    # the app dials; twilio.calls holds what was dialled
        call = twilio.calls[-1]
        twilio.pick_up(call)                 # returns the TwiML that is read aloud
        twilio.press(call, "2")              # returns the next one; "" is silence
        twilio.end(call, "completed")        # the status callback
        twilio.ring_in("+8622…")             # an elder rings the hotline; returns the call and the TwiML

Faults of ``fail_next`` hit whatever would dial.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qs, urljoin
from xml.etree import ElementTree as ET

import requests
from django.test import Client

from tests.fake_server import Answer, Asked, FakeServer
from tests.fake_twilio import ACCOUNT_SID, AUTH_TOKEN, SENDER, Fault, error, is_authorised, signed

CALLS = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Calls"


@dataclass
class FakeCall:
    sid: str
    to: str
    sender: str
    form: dict[str, list[str]] = field(default_factory=dict)
    status: str = "queued"
    created: float = field(default_factory=time.time)
    action: str = ""
    """Where the next key goes."""

    def as_json(self) -> dict[str, Any]:
        created = formatdate(self.created).replace("-0000", "+0000")
        return {
            "sid": self.sid, "account_sid": ACCOUNT_SID, "to": self.to, "from": self.sender, "status": self.status,
            "date_created": created, "date_updated": created, "start_time": None, "end_time": None, "duration": None,
            "direction": "outbound-api", "answered_by": None, "api_version": "2010-04-01",
        }  # fmt: skip


class FakeTwilioVoice(FakeServer[Fault]):
    def __init__(self) -> None:
        super().__init__()
        self.calls: list[FakeCall] = []
        self.refuse: dict[str, int] = {}
        self.silent_lists = False
        """The list of calls answers 500."""

    def configure(self, settings: Any, app_url: str) -> None:
        self.app_url = settings.PUBLIC_BASE_URL = app_url
        settings.VOICE_GATEWAY, settings.VOICE_FROM = "twilio", SENDER
        settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, settings.TWILIO_FROM = ACCOUNT_SID, AUTH_TOKEN, SENDER
        settings.TWILIO_MESSAGING_SERVICE_SID, settings.TWILIO_API_URL = "", self.url
        settings.TWILIO_TIMEOUT_S = 1

    # --- requests of the app --------------------------------------------------------------------------------------

    def answer(self, asked: Asked) -> Answer | None:
        if not is_authorised(asked):
            return error(401, 20003)
        if self.down:
            return error(503, 20503)
        if asked.method == "POST":
            return self.create(parse_qs(asked.body.decode()))
        return self.read(asked.path, asked.query)

    def create(self, form: dict[str, list[str]]) -> Answer | None:
        self.tries += 1
        fault = self.next_fault()
        if fault is Fault.TOO_MANY:
            return error(429, 20429)
        if fault is Fault.ERROR_BEFORE:
            return error(500, 20500)
        if fault is Fault.SILENCE_BEFORE:
            return None
        to = form.get("To", [""])[0]
        if not to or "From" not in form or "Url" not in form:
            return error(400, 21205)
        if to in self.refuse:
            return error(400, self.refuse[to])
        call = FakeCall(f"CA{random.getrandbits(128):032x}", to, form["From"][0], form)
        self.calls.append(call)
        if fault is Fault.SILENCE_AFTER:
            return None
        return error(500, 20500) if fault is Fault.ERROR_AFTER else (201, call.as_json())

    def read(self, path: str, query: dict[str, str]) -> Answer:
        if self.silent_lists:
            return error(500, 20500)
        if path != f"{CALLS}.json":
            sid = path.removeprefix(f"{CALLS}/").removesuffix(".json")
            found = [call for call in self.calls if call.sid == sid]
            return (200, found[0].as_json()) if found else error(404, 20404)
        listed = [call.as_json() for call in reversed(self.calls) if query.get("To", call.to) == call.to]
        return 200, {"calls": listed, "page": 0, "page_size": 50, "next_page_uri": None}

    # --- webhooks to the app --------------------------------------------------------------------------------------

    def pick_up(self, call: FakeCall) -> str:
        call.status = "in-progress"
        return self._ask(call, call.form["Url"][0], {})

    def press(self, call: FakeCall, digits: str = "", speech: str = "") -> str:
        """Press a key, say something, or wait until Twilio has had enough of the silence."""
        heard = {"Digits": digits} if digits else {"SpeechResult": speech, "Confidence": "0.9"} if speech else {}
        return self._ask(call, call.action, heard)

    def end(self, call: FakeCall, status: str) -> int:
        call.status = status
        return self.post(call.form["StatusCallback"][0], self._form(call, {}))[0]

    def ring_in(self, phone: str) -> tuple[FakeCall, str]:
        """Somebody rings the hotline."""
        call = FakeCall(f"CA{random.getrandbits(128):032x}", SENDER, phone, status="in-progress")
        return call, self._ask(call, f"{self.app_url}/voice/twilio/inbound/", {})

    def hang_up(self, call: FakeCall) -> int:
        """Somebody who rang the hotline hangs up."""
        call.status = "completed"
        return self.post(f"{self.app_url}/voice/twilio/status/", self._form(call, {}))[0]

    def _ask(self, call: FakeCall, url: str, heard: dict[str, str]) -> str:
        status, spoken = self.post(url, self._form(call, heard))
        if status != 200:
            raise AssertionError(f"{status} instead of TwiML")
        gather = ET.fromstring(spoken).find("Gather")
        call.action = urljoin(url, gather.get("action", "")) if gather is not None else ""
        return spoken

    def _form(self, call: FakeCall, more: dict[str, str]) -> dict[str, str]:
        return {"CallSid": call.sid, "From": call.sender, "To": call.to, "CallStatus": call.status, **more}

    def post(self, url: str, form: dict[str, str]) -> tuple[int, str]:
        """Return the app's status and answer. Without a running server (``app_url`` is testserver) in this process."""
        if self.app_url == "http://testserver":
            answer = Client().post(url.removeprefix(self.app_url), form, headers=signed(url, form))
            return answer.status_code, answer.content.decode()
        response = requests.post(url, data=form, headers=signed(url, form), timeout=10)
        return response.status_code, response.text
