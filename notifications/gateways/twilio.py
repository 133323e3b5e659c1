"""Twilio's Programmable Messaging through its own client, and its two webhooks."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from requests.exceptions import ConnectionError as HttpConnectionError
from requests.exceptions import ConnectTimeout, RequestException
from twilio.base.exceptions import TwilioException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from urllib3.exceptions import NewConnectionError

from linzhu.communities.clock import now
from linzhu.notifications.gateways.base import Capabilities, Inbound, SendResult, StatusReport
from linzhu.notifications.gateways.twilio_codes import Fault, fault_of, state_of
from linzhu.notifications.models import Message

VALIDITY_S = (6, 36_000)  # Twilio takes 1 to 36,000 and advises more than 5
CLOCKS_DIFFER = timedelta(minutes=2)
_NOT_UNDERSTOOD = (RequestException, TwilioException, ValueError)  # ValueError: the answer was no JSON


@dataclass(frozen=True, kw_only=True)
class TwilioAccount:
    """The settings that make one Twilio gateway."""

    sid: str
    token: str = field(repr=False)
    sender: str
    service_sid: str
    api_url: str
    timeout_s: int
    public_url: str

    @classmethod
    def from_settings(cls) -> TwilioAccount:
        return cls(
            sid=settings.TWILIO_ACCOUNT_SID,
            token=settings.TWILIO_AUTH_TOKEN,
            sender=settings.TWILIO_FROM,
            service_sid=settings.TWILIO_MESSAGING_SERVICE_SID,
            api_url=settings.TWILIO_API_URL,
            timeout_s=settings.TWILIO_TIMEOUT_S,
            public_url=settings.PUBLIC_BASE_URL,
        )


class TwilioGateway:
    """Two-way texts where Twilio has numbers; not to mobiles of mainland China (docs/sms.md)."""

    name = "twilio"
    capabilities = Capabilities(
        two_way=True, free_text=True, links=True, scripts=frozenset({"Hans", "Latn", "Tibt", "Arab"}), signed=True
    )

    def __init__(self, account: TwilioAccount) -> None:
        self._account = account
        # The client has no time-out of its own, and a worker that waits for ever sends nothing.
        http_client = TwilioHttpClient(timeout=account.timeout_s)
        self._client = Client(account.sid, account.token, http_client=http_client)
        self._client.api.base_url = account.api_url
        self._validator = RequestValidator(account.token)

    # --- out ------------------------------------------------------------------------------------------------------

    def send(self, message: Message) -> SendResult:
        try:
            created = self._client.messages.create(**self._request(message))
        except _NOT_UNDERSTOOD as error:
            return _failed(error)
        code = str(created.error_code or "")
        return SendResult.accepted(created.sid, state_of(created.status, code), code)

    def look_up(self, message: Message) -> SendResult | None:
        """Search what Twilio has to this number for the same body, created since we queued it.

        Twilio keeps no reference of ours that can be searched. Its filter by date is not used: a text that still
        waits in its queue has no date of sending. Texts that are known to belong to other rows do not count.
        """
        try:
            listed = self._client.messages.list(to=message.to, limit=200)
        except _NOT_UNDERSTOOD as error:
            return SendResult.unknown(_code_of(error))
        since = message.created_at - CLOCKS_DIFFER
        found = {
            there.sid: there
            for there in listed
            if there.body == message.text and (there.date_created is None or there.date_created >= since)
        }
        others = Message.objects.filter(gateway=self.name, gateway_ref__in=found).exclude(pk=message.pk)
        for sid in found.keys() - set(others.values_list("gateway_ref", flat=True)):
            code = str(found[sid].error_code or "")
            return SendResult.accepted(sid, state_of(found[sid].status, code), code)
        return None

    def _request(self, message: Message) -> dict[str, Any]:
        """Return the parameters of ``messages.create``. The callback brings our reference back: it settles doubts."""
        callback = f"{self._account.public_url}{reverse('twilio-status')}?ref={message.ref}"
        request: dict[str, Any] = {"to": message.to, "body": message.text, "status_callback": callback}
        if self._account.service_sid:
            request["messaging_service_sid"] = self._account.service_sid
        else:
            request["from_"] = self._account.sender
        if message.expires_at is not None:
            seconds = int((message.expires_at - now()).total_seconds())
            request["validity_period"] = max(VALIDITY_S[0], min(VALIDITY_S[1], seconds))
        return request

    # --- in -------------------------------------------------------------------------------------------------------

    def verify(self, request: HttpRequest) -> bool:
        """Check the signature over the URL that Twilio was given: behind a proxy, Host and scheme are others."""
        url = f"{self._account.public_url}{request.get_full_path()}"
        signature = request.headers.get("X-Twilio-Signature", "")  # the validator cannot take None
        return bool(self._validator.validate(url, request.POST, signature))

    def parse_inbound(self, request: HttpRequest) -> list[Inbound]:
        form = request.POST
        if not form.get("MessageSid"):
            return []
        inbound = Inbound(
            gateway_ref=form["MessageSid"],
            sender=form.get("From", ""),
            recipient=form.get("To", ""),
            text=form.get("Body", ""),
            carrier_handled="OptOutType" in form,
        )
        return [inbound]

    def parse_status(self, request: HttpRequest) -> list[StatusReport]:
        form = request.POST
        if not form.get("MessageSid"):
            return []
        code = form.get("ErrorCode", "")
        report = StatusReport(
            ref=request.GET.get("ref", ""),
            gateway_ref=form["MessageSid"],
            state=state_of(form.get("MessageStatus"), code),
            error_code=code,
        )
        return [report]

    def ack(self, request: HttpRequest) -> HttpResponse:
        """Empty TwiML: answers go through the outbox, never through the webhook."""
        return HttpResponse('<?xml version="1.0" encoding="UTF-8"?><Response/>', content_type="text/xml")


def _failed(error: Exception) -> SendResult:
    """Decide what a failed ``messages.create`` means. It is not repeatable, so in doubt it may have been sent."""
    code, status = _code_of(error), getattr(error, "status", None)
    if _never_left(error) or status == 429:
        return SendResult.retry_later(code)
    if status is None or status >= 500:
        return SendResult.unknown(code)
    fault = fault_of("20003" if status in {401, 403} else code)
    if fault in {Fault.CONFIGURATION, Fault.PASSING}:
        return SendResult.retry_later(code)
    state = Message.State.SUPPRESSED if fault is Fault.OPTED_OUT else Message.State.FAILED
    return SendResult.rejected(code, state, permanent=fault in {Fault.NUMBER, Fault.OPTED_OUT})


def _code_of(error: Exception) -> str:
    """Return Twilio's error code, or the HTTP status, or the kind of error: never its text, which quotes numbers."""
    code = getattr(error, "code", None) or getattr(error, "status", None)
    return str(code or type(error).__name__)


def _never_left(error: Exception) -> bool:
    """Whether no connection was made at all, so that Twilio cannot have seen the text."""
    if isinstance(error, ConnectTimeout):
        return True
    reason = getattr(error.args[0], "reason", None) if isinstance(error, HttpConnectionError) and error.args else None
    return isinstance(reason, NewConnectionError)
