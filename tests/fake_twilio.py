"""A fake Twilio on a real socket: the real client talks to it, and it talks back with signed webhooks.

    with FakeTwilio() as twilio:
        twilio.configure(settings, app_url=live_server.url)  # SMS_GATEWAY=twilio and its variables
        …                                                    # the app sends; twilio.messages holds what was stored
        twilio.deliver_inbound("+8619920000001", "YES 47")   # a volunteer answers; returns the app's HTTP status

What it does like the real one: basic auth, checked parameters, errors with Twilio's shape and codes, a list that can
be searched by ``To`` (newest first), status callbacks signed over the exact URL, two per text (sent, delivered).

Callbacks (``twilio.callbacks``): ``"auto"`` posts them by itself right after the answer, in the background (use
:meth:`settle` to wait for them); ``"held"`` keeps them until :meth:`post_callbacks`, which can shuffle and repeat
them; ``"none"`` makes none.

Faults: ``twilio.fail_next(Fault.TOO_MANY, Fault.ERROR_AFTER)`` for the next requests that would create a text, or
``twilio.chaos(rate=0.1, seed=7)`` for a random but repeatable share of them. ``twilio.refuse["+86…"] = 21610`` refuses
a number with that code for ever.
"""

from __future__ import annotations

import base64
import json
import random
import re
import threading
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, parse_qsl, urlsplit

import requests
from twilio.request_validator import RequestValidator

ACCOUNT_SID = "AC" + "5" * 32
AUTH_TOKEN = "token-of-the-fake"
SENDER = "+12025550100"


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

    def as_json(self) -> dict[str, Any]:
        return {
            "account_sid": ACCOUNT_SID,
            "api_version": "2010-04-01",
            "body": self.body,
            "date_created": formatdate(self.created, usegmt=False).replace("-0000", "+0000"),
            "date_sent": None,
            "date_updated": None,
            "direction": "outbound-api",
            "error_code": None,
            "error_message": None,
            "from": self.sender,
            "num_segments": "1",
            "sid": self.sid,
            "status": self.status,
            "to": self.to,
        }


class FakeTwilio:
    def __init__(self) -> None:
        self.messages: list[FakeMessage] = []
        self.tries = 0
        """Requests to create a text, whatever came of them."""
        self.callbacks = "auto"
        self.callback_statuses: list[int] = []
        self.refuse: dict[str, int] = {}
        self.app_url = ""
        self._faults: deque[Fault] = deque()
        self._chaos: tuple[float, random.Random] = (0.0, random.Random())
        self._held: list[tuple[FakeMessage, str]] = []
        self._posting: list[Future[None]] = []
        self._pool = ThreadPoolExecutor(1)
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._pool.shutdown()

    def configure(self, settings: Any, app_url: str) -> None:
        """Point a settings object (pytest-django's ``settings``) at this server, and its webhooks at ``app_url``."""
        self.app_url = settings.PUBLIC_BASE_URL = app_url
        settings.SMS_GATEWAY = "twilio"
        settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = ACCOUNT_SID, AUTH_TOKEN
        settings.TWILIO_FROM, settings.TWILIO_MESSAGING_SERVICE_SID = SENDER, ""
        settings.TWILIO_API_URL, settings.TWILIO_TIMEOUT_S = self.url, 1

    # --- faults ---------------------------------------------------------------------------------------------------

    def fail_next(self, *faults: Fault) -> None:
        self._faults.extend(faults)

    def chaos(self, rate: float, seed: int) -> None:
        """From now on this share of the requests fails, in the order that the seed decides."""
        self._chaos = (rate, random.Random(seed))

    def _next_fault(self) -> Fault | None:
        with self._lock:
            if self._faults:
                return self._faults.popleft()
            rate, dice = self._chaos
            return dice.choice(list(Fault)) if rate and dice.random() < rate else None

    # --- requests of the app --------------------------------------------------------------------------------------

    def create(self, form: dict[str, str]) -> tuple[int, dict[str, Any] | str] | None:
        """Answer a request to create a text; None is silence."""
        self.tries += 1
        fault = self._next_fault()
        if fault is Fault.TOO_MANY:
            return _error(429, 20429, "Too Many Requests")
        if fault is Fault.ERROR_BEFORE:
            return _error(500, 20500, "Internal Server Error")
        if fault is Fault.SILENCE_BEFORE:
            return None
        if refusal := self._refusal(form):
            return refusal
        message = self._store(form)
        if fault is Fault.SILENCE_AFTER:
            return None
        if fault is Fault.GARBLED:
            return 502, "<html>Bad gateway</html>"
        if fault is Fault.ERROR_AFTER:
            return _error(500, 20500, "Internal Server Error")
        return 201, message.as_json()

    def _refusal(self, form: dict[str, str]) -> tuple[int, dict[str, Any]] | None:
        to = form.get("To", "")
        if not to:
            return _error(400, 21604, "A 'To' phone number is required.")
        if not re.fullmatch(r"\+[1-9]\d{6,14}", to):
            return _error(400, 21211, f"Invalid 'To' Phone Number: {to}")
        if not (form.get("From") or form.get("MessagingServiceSid")):
            return _error(400, 21603, "A 'From' phone number is required.")
        if not form.get("Body"):
            return _error(400, 21602, "Message body is required.")
        if len(form["Body"]) > 1600:
            return _error(400, 21617, "The concatenated message body exceeds the 1600 character limit.")
        if "ValidityPeriod" in form and not 1 <= int(form["ValidityPeriod"]) <= 36_000:
            return _error(400, 20001, "ValidityPeriod is out of range.")
        if form.get("StatusCallback") and not urlsplit(form["StatusCallback"]).hostname:
            return _error(400, 21609, "The StatusCallback URL is not valid.")
        if to in self.refuse:
            return _error(400, self.refuse[to], f"The message to {to} cannot be sent.")
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

    def search(self, to: str, page_size: int) -> dict[str, Any]:
        with self._lock:
            found = [message.as_json() for message in reversed(self.messages) if to in {"", message.to}]
        return {"messages": found[:page_size], "page": 0, "page_size": page_size, "next_page_uri": None}

    # --- webhooks to the app --------------------------------------------------------------------------------------

    def post_callbacks(self, *, shuffle: random.Random | None = None, times: int = 1) -> None:
        """Post every held status callback, in order or shuffled, once or several times."""
        with self._lock:
            held, self._held = self._held * times, []
        if shuffle:
            shuffle.shuffle(held)
        for message, status in held:
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
        sid = sid or f"SM{random.getrandbits(128):032x}"
        form = {"MessageSid": sid, "From": from_, "To": SENDER, "Body": body, "NumMedia": "0", **extra}
        return self.post(f"{self.app_url}/sms/twilio/inbound/", form)

    def post(self, url: str, form: dict[str, str]) -> int:
        return requests.post(url, data=form, headers=signed(url, form), timeout=10).status_code


def signed(url: str, form: dict[str, str], token: str = AUTH_TOKEN) -> dict[str, str]:
    """Return the header that Twilio would send with this form to this URL."""
    return {"X-Twilio-Signature": RequestValidator(token).compute_signature(url, form)}


def _error(status: int, code: int, text: str) -> tuple[int, dict[str, Any]]:
    more = f"https://www.twilio.com/docs/errors/{code}"
    return status, {"code": code, "message": text, "more_info": more, "status": status}


def _handler_of(twilio: FakeTwilio) -> type[BaseHTTPRequestHandler]:
    path = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"
    credentials = "Basic " + base64.b64encode(f"{ACCOUNT_SID}:{AUTH_TOKEN}".encode()).decode()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            self._answer(lambda: twilio.create(dict(parse_qsl(body))))

        def do_GET(self) -> None:
            query = parse_qs(urlsplit(self.path).query)
            to, page_size = query.get("To", [""])[0], int(query.get("PageSize", ["50"])[0])
            self._answer(lambda: (200, twilio.search(to, page_size)))

        def _answer(self, work: Any) -> None:
            if urlsplit(self.path).path != path:
                answer = _error(404, 20404, "The requested resource was not found")
            elif self.headers.get("Authorization") != credentials:
                answer = _error(401, 20003, "Authenticate")
            else:
                answer = work()
            if answer is None:
                twilio._closing.wait(5)
                self.close_connection = True
                return
            payload = (answer[1] if isinstance(answer[1], str) else json.dumps(answer[1])).encode()
            self.send_response(answer[0])
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, *args: object) -> None:
            """Keep the tests' output quiet."""

    return Handler
