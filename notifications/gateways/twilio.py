"""Twilio's Programmable Messaging through its own client, and its two webhooks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from linzhu.communities.clock import now
from linzhu.notifications.gateways.base import Capabilities, GatewayUnreachable, Inbound, SendResult, StatusReport
from linzhu.notifications.gateways.faults import Fault
from linzhu.notifications.gateways.twilio_account import (
    CLOCKS_DIFFER,
    NOT_UNDERSTOOD,
    TwilioAccount,
    code_of,
    never_left,
    status_of,
)
from linzhu.notifications.gateways.twilio_codes import fault_of, state_of
from linzhu.notifications.models import Message

VALIDITY_S = (6, 36_000)  # Twilio takes 1 to 36,000 and advises more than 5
MAY_WAIT = timedelta(hours=10)  # a text waits that long in Twilio's own queue at most
PAGE = 200


class TwilioGateway:
    """Two-way texts where Twilio has numbers; not to mobiles of mainland China (docs/sms.md)."""

    capabilities = Capabilities(
        two_way=True,
        free_text=True,
        links=True,
        scripts=frozenset({"Hans", "Latn", "Tibt", "Arab"}),
        signed=True,
        metered=True,
    )

    def __init__(self, account: TwilioAccount) -> None:
        self.name = account.name
        self._account = account
        self._client = account.client()

    # --- out ------------------------------------------------------------------------------------------------------

    def send(self, message: Message) -> SendResult:
        try:
            created = self._client.messages.create(**self._request(message))
        except NOT_UNDERSTOOD as error:
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
        except NOT_UNDERSTOOD as error:
            return SendResult.unknown(code_of(error))
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

    def history(self, since: datetime) -> Iterator[Inbound | StatusReport]:
        """Read Twilio's list, newest first, page by page as far as it is needed.

        Its filter promises whole days only, so the hour is looked at here. An inbound text does not say whether
        Twilio has answered an opt-out word itself: our own answer is then refused with 21610, which does no harm.
        """
        try:
            for there in self._client.messages.stream(date_sent_after=since, page_size=PAGE):
                if there.date_created is not None and there.date_created < since - MAY_WAIT:
                    return
                if there.date_sent is not None and there.date_sent >= since:
                    yield _as_news(there)
        except NOT_UNDERSTOOD as error:
            raise GatewayUnreachable(code_of(error)) from None

    def _request(self, message: Message) -> dict[str, Any]:
        """Return the parameters of ``messages.create``. The callback brings our reference back: it settles doubts."""
        callback = f"{self._account.public_url}{reverse('sms-status', args=[self.name])}?ref={message.ref}"
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
        return self._account.has_signed(request)

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


def _as_news(there: Any) -> Inbound | StatusReport:
    """Return what a row of Twilio's list would have been as a webhook."""
    if there.direction == "inbound":
        return Inbound(gateway_ref=there.sid, sender=there.from_, recipient=there.to, text=there.body or "")
    code = str(there.error_code or "")
    return StatusReport(gateway_ref=there.sid, state=state_of(there.status, code), error_code=code)


def _failed(error: Exception) -> SendResult:
    """Decide what a failed ``messages.create`` means. It is not repeatable, so in doubt it may have been sent."""
    code, status = code_of(error), status_of(error)
    if status == 429:
        return SendResult.retry_later(code)
    if never_left(error) or status in {401, 403}:
        return SendResult.retry_later(code, gateway_down=True)
    if status is None or status >= 500:
        return SendResult.unknown(code)
    fault = fault_of(code)
    if fault in {Fault.CONFIGURATION, Fault.PASSING}:
        return SendResult.retry_later(code)
    state = Message.State.SUPPRESSED if fault is Fault.OPTED_OUT else Message.State.FAILED
    return SendResult.rejected(code, state, permanent=fault in {Fault.NUMBER, Fault.OPTED_OUT})
