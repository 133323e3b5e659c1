"""A fake Twilio on a real socket: the real client talks to it, and it talks back with signed webhooks.

    with FakeTwilio() as twilio:
        twilio.configure(settings, app_url=live_server.url)  # SMS_GATEWAY=twilio and its variables
        …                                                    # the app sends; twilio.messages holds what was stored
        twilio.deliver_inbound("+8619920000001", "YES 47")   # a volunteer answers; returns the app's HTTP status

What it does like the real one: basic auth, checked parameters, errors with Twilio's shape and codes, a list of texts
out and in that is searched by ``To``, ``From`` and day, page by page, newest first, status callbacks signed over the
exact URL, two per text (sent, delivered).

Callbacks (``twilio.callbacks``): ``"auto"`` posts them by itself right after the answer, in the background (use
:meth:`settle` to wait for them); ``"held"`` keeps them until :meth:`post_callbacks`, which can shuffle and repeat
them; ``"none"`` makes none.

Faults: ``twilio.fail_next(Fault.TOO_MANY, Fault.ERROR_AFTER)`` for the next requests that would create a text, or
``twilio.chaos(rate=0.1, seed=7)`` for a random but repeatable share of them. ``twilio.refuse["+86…"] = 21610`` refuses
a number with that code for ever; ``twilio.down = True`` refuses everything for a while.
"""

from __future__ import annotations

import base64
import random
import re
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import formatdate
from enum import Enum, auto
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
from twilio.request_validator import RequestValidator

from tests.fake_server import Answer, Asked, FakeServer

ACCOUNT_SID = "AC" + "5" * 32
AUTH_TOKEN = "token-of-the-fake"
SENDER = "+12025550100"
MESSAGES = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"
CREDENTIALS = "Basic " + base64.b64encode(f"{ACCOUNT_SID}:{AUTH_TOKEN}".encode()).decode()


class Fault(Enum):
    TOO_MANY = auto()
    """429: not processed."""
    ERROR_BEFORE = auto()
    """500, and nothing was stored."""
    ERROR_AFTER = auto()
    """500, but the text was stored and goes out."""
    SILENCE_BEFORE = auto()
    """No answer until the client gives up; nothing was stored."""
    SILENCE_AFTER = auto()
    """No answer until the client gives up; but the text was stored and goes out."""
    GARBLED = auto()
    """The text was stored, but a proxy's error page comes back instead of the answer."""


@dataclass
class FakeMessage:
    sid: str
    to: str
    sender: str
    body: str
    callback: str
    form: dict[str, str]
    status: str = "queued"
    created: float = field(default_factory=time.time)
    direction: str = "outbound-api"

    def as_json(self) -> dict[str, Any]:
        created = formatdate(self.created, usegmt=False).replace("-0000", "+0000")
        return {
            "account_sid": ACCOUNT_SID,
            "api_version": "2010-04-01",
            "body": self.body,
            "date_created": created,
            "date_sent": None if self.status in {"queued", "accepted"} else created,
            "date_updated": None,
            "direction": self.direction,
            "error_code": None,
            "error_message": None,
            "from": self.sender,
            "num_segments": "1",
            "sid": self.sid,
            "status": self.status,
            "to": self.to,
        }


class FakeTwilio(FakeServer[Fault]):
    def __init__(self, gateway: str = "twilio") -> None:
        super().__init__()
        self.gateway = gateway
        self.messages: list[FakeMessage] = []
        """The texts that the app has sent."""
        self.inbox: list[FakeMessage] = []
        """The texts that phones have sent to the app."""
        self.lists_read = 0
        """Pages of the list that the app has asked for."""
        self.callbacks = "auto"
        self.callback_statuses: list[int] = []
        self.refuse: dict[str, int] = {}
        self.before_storing: Callable[[], object] = lambda: None
        self.after_storing: Callable[[], object] = lambda: None
        """Called inside each request to create a text: to end the process that waits for the answer, say."""
        self._chaos: tuple[float, random.Random] = (0.0, random.Random())
        self._held: list[tuple[FakeMessage, str]] = []
        self._posting: list[Future[None]] = []
        self._pool = ThreadPoolExecutor(1)

    def __exit__(self, *exc_info: object) -> None:
        super().__exit__(*exc_info)
        self._pool.shutdown()

    def configure(self, settings: Any, app_url: str) -> None:
        """Point a settings object (pytest-django's ``settings``) at this server, and its webhooks at ``app_url``.

        A server named ``twilio2`` becomes the fallback.
        """
        self.app_url = settings.PUBLIC_BASE_URL = app_url
        setattr(settings, "SMS_GATEWAY" if self.gateway == "twilio" else "SMS_GATEWAY_FALLBACK", self.gateway)
        account = {
            "ACCOUNT_SID": ACCOUNT_SID, "AUTH_TOKEN": AUTH_TOKEN, "FROM": SENDER, "MESSAGING_SERVICE_SID": "",
            "API_URL": self.url,
        }  # fmt: skip
        for name, value in account.items():
            setattr(settings, f"{self.gateway.upper()}_{name}", value)
        settings.TWILIO_TIMEOUT_S = 1

    # --- faults ---------------------------------------------------------------------------------------------------

    def chaos(self, rate: float, seed: int) -> None:
        """From now on this share of the requests fails, in the order that the seed decides."""
        self._chaos = (rate, random.Random(seed))

    def next_fault(self) -> Fault | None:
        if fault := super().next_fault():
            return fault
        with self._lock:
            rate, dice = self._chaos
            return dice.choice(list(Fault)) if rate and dice.random() < rate else None

    # --- requests of the app --------------------------------------------------------------------------------------

    def answer(self, asked: Asked) -> Answer | None:
        if asked.path != MESSAGES:
            return error(404, 20404, "The requested resource was not found")
        if not is_authorised(asked):
            return error(401, 20003, "Authenticate")
        return self.create(asked.form) if asked.method == "POST" else self.search(asked.path, asked.query)

    def create(self, form: dict[str, str]) -> Answer | None:
        """Answer a request to create a text; None is silence."""
        self.tries += 1
        if self.down:
            return error(503, 20503, "Service Unavailable")
        fault = self.next_fault()
        if fault is Fault.TOO_MANY:
            return error(429, 20429, "Too Many Requests")
        if fault is Fault.ERROR_BEFORE:
            return error(500, 20500, "Internal Server Error")
        if fault is Fault.SILENCE_BEFORE:
            return None
        if refusal := self._refusal(form):
            return refusal
        self.before_storing()
        message = self._store(form)
        self.after_storing()
        if fault is Fault.SILENCE_AFTER:
            return None
        if fault is Fault.GARBLED:
            return 502, "<html>Bad gateway</html>"
        if fault is Fault.ERROR_AFTER:
            return error(500, 20500, "Internal Server Error")
        return 201, message.as_json()

    def _refusal(self, form: dict[str, str]) -> tuple[int, dict[str, Any]] | None:
        to = form.get("To", "")
        if not to:
            return error(400, 21604, "A 'To' phone number is required.")
        if not re.fullmatch(r"\+[1-9]\d{6,14}", to):
            return error(400, 21211, f"Invalid 'To' Phone Number: {to}")
        if not (form.get("From") or form.get("MessagingServiceSid")):
            return error(400, 21603, "A 'From' phone number is required.")
        if not form.get("Body"):
            return error(400, 21602, "Message body is required.")
        if len(form["Body"]) > 1600:
            return error(400, 21617, "The concatenated message body exceeds the 1600 character limit.")
        if "ValidityPeriod" in form and not 1 <= int(form["ValidityPeriod"]) <= 36_000:
            return error(400, 20001, "ValidityPeriod is out of range.")
        if form.get("StatusCallback") and not urlsplit(form["StatusCallback"]).hostname:
            return error(400, 21609, "The StatusCallback URL is not valid.")
        if to in self.refuse:
            return error(400, self.refuse[to], f"The message to {to} cannot be sent.")
        return None

    def _store(self, form: dict[str, str]) -> FakeMessage:
        with self._lock:
            message = FakeMessage(
                sid=f"SM{len(self.messages) + 1:032x}",
                to=form["To"],
                sender=form.get("From", SENDER),
                body=form["Body"],
                callback=form.get("StatusCallback", ""),
                form=form,
            )
            self.messages.append(message)
            if message.callback and self.callbacks != "none":
                self._held += [(message, "sent"), (message, "delivered")]
        if self.callbacks == "auto":
            self._posting.append(self._pool.submit(self.post_callbacks))
        return message

    def search(self, path: str, query: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """Return one page of texts out and in, the newest first. Dates filter by whole days, as promised."""
        self.lists_read += 1
        if self.down:
            return error(503, 20503, "Service Unavailable")
        size, page = int(query.get("PageSize", "50")), int(query.get("Page", "0"))
        with self._lock:
            found = [
                message.as_json()
                for message in sorted(self.messages + self.inbox, key=lambda row: row.created, reverse=True)
                if query.get("To", message.to) == message.to
                and query.get("From", message.sender) == message.sender
                and query.get("DateSent>", "")[:10] <= formatted_day(message.created)
            ]
        here = {name: value for name, value in query.items() if name not in {"Page", "PageToken"}}
        following = f"{path}?{urlencode({**here, 'Page': page + 1, 'PageToken': 'PA' + str(page + 1)})}"
        begin, end = page * size, (page + 1) * size
        return 200, {
            "messages": found[begin:end], "page": page, "page_size": size, "start": begin, "end": end,
            "next_page_uri": following if end < len(found) else None,
        }  # fmt: skip

    # --- webhooks to the app --------------------------------------------------------------------------------------

    def post_callbacks(self, *, shuffle: random.Random | None = None, times: int = 1) -> None:
        """Post every held status callback, in order or shuffled, once or several times."""
        with self._lock:
            held, self._held = self._held * times, []
        if shuffle:
            shuffle.shuffle(held)
        for message, status in held:
            if message.status != "delivered":  # reports overtake each other; what has happened does not
                message.status = status
            form = {"MessageSid": message.sid, "MessageStatus": status, "To": message.to, "From": message.sender}
            with suppress(requests.ConnectionError):  # the app may be down: Twilio does not mind either
                self.callback_statuses.append(self.post(message.callback, form))

    def settle(self, timeout_s: float = 10) -> None:
        """Wait until every automatic callback has been posted."""
        while self._posting:
            self._posting.pop(0).result(timeout_s)

    def deliver_inbound(self, from_: str, body: str, *, sid: str = "", **extra: str) -> int:
        """A phone texts us. Give the same ``sid`` again for a second delivery, ``OptOutType`` for a carrier's word."""
        sid = self.keep_inbound(from_, body, sid=sid)
        form = {"MessageSid": sid, "From": from_, "To": SENDER, "Body": body, "NumMedia": "0", **extra}
        return self.post(f"{self.app_url}/sms/{self.gateway}/inbound/", form)

    def keep_inbound(self, from_: str, body: str, *, sid: str = "") -> str:
        """A phone texts us, and the webhook never comes: the text stands in the list alone. Returns its id."""
        sid = sid or f"SM{random.getrandbits(128):032x}"
        text = FakeMessage(sid, SENDER, from_, body, "", {}, status="received", direction="inbound")
        with self._lock:
            if sid not in {kept.sid for kept in self.inbox}:
                self.inbox.append(text)
        return sid

    def post(self, url: str, form: dict[str, str]) -> int:
        return requests.post(url, data=form, headers=signed(url, form), timeout=10).status_code


def formatted_day(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).date().isoformat()


def signed(url: str, form: dict[str, str], token: str = AUTH_TOKEN) -> dict[str, str]:
    """Return the header that Twilio would send with this form to this URL."""
    return {"X-Twilio-Signature": RequestValidator(token).compute_signature(url, form)}


def is_authorised(asked: Asked) -> bool:
    return asked.headers.get("authorization") == CREDENTIALS


def error(status: int, code: int, text: str = "no") -> tuple[int, dict[str, Any]]:
    """Return a refusal in Twilio's shape."""
    more = f"https://www.twilio.com/docs/errors/{code}"
    return status, {"code": code, "message": text, "more_info": more, "status": status}
