"""Twilio's Programmable Voice through its own client, and what its webhooks say."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse

from linzhu.notifications.gateways.twilio_account import (
    CLOCKS_DIFFER,
    NOT_UNDERSTOOD,
    TwilioAccount,
    code_of,
    never_left,
    status_of,
)
from linzhu.notifications.models import Call
from linzhu.notifications.voice.base import CallReport, DialResult, Heard

RING_S = 40
LONGEST_S = 240
LISTED = 50
EVENTS = ["ringing", "answered", "completed"]
STATES: dict[str, Call.State] = {
    "queued": Call.State.ACCEPTED,
    "initiated": Call.State.ACCEPTED,
    "ringing": Call.State.RINGING,
    "in-progress": Call.State.IN_PROGRESS,
    "completed": Call.State.COMPLETED,
    "busy": Call.State.BUSY,
    "no-answer": Call.State.NO_ANSWER,
    "failed": Call.State.FAILED,
    "canceled": Call.State.CANCELLED,
}


class TwilioVoice:
    """Calls through Twilio. Its addresses carry a random reference and nothing else."""

    name = "twilio"
    metered = True

    def __init__(self, account: TwilioAccount, sender: str) -> None:
        self._account, self._sender = account, sender
        self._client = account.client()

    # --- out ------------------------------------------------------------------------------------------------------

    def dial(self, call: Call) -> DialResult:
        try:
            created = self._client.calls.create(
                to=call.phone,
                from_=self._sender,
                url=self._address("voice-script", call.ref),
                status_callback=f"{self._address('voice-status')}?ref={call.ref}",
                status_callback_event=EVENTS,
                timeout=RING_S,
                time_limit=LONGEST_S,
            )
        except NOT_UNDERSTOOD as error:
            return _failed(error)
        return DialResult.accepted(created.sid, state_of(created.status))

    def look_up(self, call: Call) -> DialResult | None:
        """Fetch the call, or search for one to this number, dialled since we queued it, that is no other row's.

        Only one call at a time goes to a number (``calls.dial``), so such a one is ours.
        """
        try:
            if call.gateway_ref:
                there = self._client.calls(call.gateway_ref).fetch()
                return DialResult.accepted(there.sid, state_of(there.status))
            listed = self._client.calls.list(to=call.phone, limit=LISTED)
        except NOT_UNDERSTOOD as error:
            return DialResult.unknown(code_of(error))
        since = call.created_at - CLOCKS_DIFFER
        found = {there.sid: there for there in listed if there.date_created is None or there.date_created >= since}
        others = Call.objects.filter(gateway=self.name, gateway_ref__in=found).exclude(pk=call.pk)
        for sid in found.keys() - set(others.values_list("gateway_ref", flat=True)):
            return DialResult.accepted(sid, state_of(found[sid].status))
        return None

    def _address(self, name: str, *args: object) -> str:
        return f"{self._account.public_url}{reverse(name, args=[self.name, *args])}"

    # --- in -------------------------------------------------------------------------------------------------------

    def verify(self, request: HttpRequest) -> bool:
        return self._account.has_signed(request)

    def parse_heard(self, request: HttpRequest) -> Heard:
        form = request.POST
        return Heard(
            gateway_ref=form.get("CallSid", ""),
            phone=form.get("From", ""),
            digits=form.get("Digits", ""),
            speech=form.get("SpeechResult", ""),
        )

    def parse_status(self, request: HttpRequest) -> CallReport | None:
        form = request.POST
        if not form.get("CallSid"):
            return None
        return CallReport(
            ref=request.GET.get("ref", ""),
            gateway_ref=form["CallSid"],
            state=state_of(form.get("CallStatus")),
            error_code=form.get("ErrorCode", "")[:40],
        )


def state_of(status: str | None) -> Call.State:
    """Return our state for Twilio's status: a new word of theirs counts as the least, *accepted*."""
    return STATES.get(status or "", Call.State.ACCEPTED)


def _failed(error: Exception) -> DialResult:
    """Decide what a failed ``calls.create`` means. It is not repeatable, so in doubt the phone rings already."""
    code, status = code_of(error), status_of(error)
    if status in {401, 403, 429} or never_left(error):
        return DialResult.retry_later(code)
    if status is None or status >= 500:
        return DialResult.unknown(code)
    return DialResult.rejected(code)
