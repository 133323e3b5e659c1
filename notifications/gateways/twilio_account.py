"""What texts and calls through Twilio have in common: the account, its client, its signature, its errors."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest
from requests.exceptions import ConnectionError as HttpConnectionError
from requests.exceptions import ConnectTimeout, RequestException
from twilio.base.exceptions import TwilioException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from urllib3.exceptions import NewConnectionError

CLOCKS_DIFFER = timedelta(minutes=2)
"""How far Twilio's clock may be behind ours: so much earlier may its list date what we have sent."""

NOT_UNDERSTOOD = (RequestException, TwilioException, ValueError)  # ValueError: the answer was no JSON
"""Whatever the client may raise instead of an answer."""


@dataclass(frozen=True, kw_only=True)
class TwilioAccount:
    """The settings of one account."""

    name: str
    sid: str
    token: str = field(repr=False)
    sender: str
    service_sid: str
    api_url: str
    timeout_s: int
    public_url: str

    @classmethod
    def from_settings(cls, name: str) -> TwilioAccount:
        """Read the account of a gateway: its name in capitals begins its variables."""
        prefix = name.upper()
        return cls(
            name=name,
            sid=getattr(settings, f"{prefix}_ACCOUNT_SID"),
            token=getattr(settings, f"{prefix}_AUTH_TOKEN"),
            sender=getattr(settings, f"{prefix}_FROM"),
            service_sid=getattr(settings, f"{prefix}_MESSAGING_SERVICE_SID"),
            api_url=getattr(settings, f"{prefix}_API_URL"),
            timeout_s=settings.TWILIO_TIMEOUT_S,
            public_url=settings.PUBLIC_BASE_URL,
        )

    def client(self) -> Client:
        """Return a new client, with a pool of connections of its own.

        It has no time-out by itself, and a worker that waits for ever sends nothing. Without credentials it would not
        be made at all; with wrong ones Twilio says 401, which is an outcome like any other.
        """
        client = Client(self.sid or "-", self.token or "-", http_client=TwilioHttpClient(timeout=self.timeout_s))
        client.api.base_url = self.api_url
        return client

    def has_signed(self, request: HttpRequest) -> bool:
        """Check the signature over the URL that Twilio was given: behind a proxy, Host and scheme are others.

        Without a token nothing is signed: anybody could compute the signature of an empty one.
        """
        url = f"{self.public_url}{request.get_full_path()}"
        signature = request.headers.get("X-Twilio-Signature", "")  # the validator cannot take None
        return bool(self.token) and bool(RequestValidator(self.token).validate(url, request.POST, signature))


def code_of(error: Exception) -> str:
    """Return Twilio's error code, or the HTTP status, or the kind of error: never its text, which quotes numbers."""
    code = getattr(error, "code", None) or status_of(error)
    return str(code or type(error).__name__)


def status_of(error: Exception) -> int | None:
    """Return the HTTP status of the answer; None if there was none, or none that could be read."""
    return getattr(error, "status", None)


def never_left(error: Exception) -> bool:
    """Whether no connection was made at all, so that Twilio cannot have seen the request."""
    if isinstance(error, ConnectTimeout):
        return True
    reason = getattr(error.args[0], "reason", None) if isinstance(error, HttpConnectionError) and error.args else None
    return isinstance(reason, NewConnectionError)
