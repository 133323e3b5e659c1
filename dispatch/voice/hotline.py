"""The line that elders ring by one key (一键呼叫): 1 errands, 2 bookings, 3 help with the phone, 0 or silence a person.

Nothing is searched for at once: what is needed, and when, a person asks on the call back. Until then the help request
stands in PAUSED. Whoever hangs up without a key is called back as well: they may have fallen.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import translation

from linzhu.communities.clock import now
from linzhu.communities.phones import PhoneError, parse_phone
from linzhu.dispatch import todos
from linzhu.dispatch.handover import community_of
from linzhu.dispatch.models import Todo
from linzhu.dispatch.voice.callers import CALL_BACK_WITHIN, Key, alarm, key_of, minutes_to_tell, note_call
from linzhu.dispatch.voice.elder_calls import voice_language
from linzhu.notifications.models import Call
from linzhu.notifications.voice import reports
from linzhu.requests import windows
from linzhu.requests.catalogue import Code
from linzhu.requests.lifecycle import Actor, log_request, move
from linzhu.requests.models import Elder, FamilyContact, HelpRequest, Status, StatusChange

SERVICE_OF = {"1": Code.GROCERIES, "2": Code.HOSPITAL_BOOKING, "3": Code.PHONE_HELP}
"""The most frequent service of what each key stands for; staff ask which one it is."""
SAME_CALL_WITHIN = timedelta(minutes=10)
LONGEST = timedelta(minutes=5)
"""The gateway hangs up before: if it has not told us so, it never will."""
HOTLINE = Actor(StatusChange.Who.API)


@dataclass(frozen=True)
class Caller:
    """Whose number it is. ``elder`` is the one whom help may be asked for; several, or none, leave it to a person."""

    elder: Elder | None
    is_known: bool


def recognise(phone: str) -> Caller:
    """Find the elder who calls, or for whom an authorised relative does."""
    elders = Elder.objects.filter(phone=phone).select_related("community")
    contacts = FamilyContact.objects.filter(phone=phone).select_related("elder__community")
    elders_behind = [*elders, *(contact.elder for contact in contacts if contact.may_act)]
    may_ask_for = {elder.pk: elder for elder in elders_behind if not elder.is_gone}
    alone = next(iter(may_ask_for.values())) if len(may_ask_for) == 1 else None
    return Caller(alone, is_known=bool(elders_behind or contacts))


def ring_in(gateway: str, gateway_ref: str, phone: str) -> Call | None:
    """Somebody calls us; returns the call with what to read aloud, or None where no community takes calls.

    A stranger's help request would belong to nobody: their number is kept, and a person calls them.
    """
    number = _number(phone)
    caller, community = recognise(number), community_of(number)
    if community is None:
        return None
    language = (voice_language(caller.elder) if caller.elder else None) or _default_language()
    with transaction.atomic():
        call, _is_new = reports.take_in(
            gateway, gateway_ref, phone=number, community=community, language=language, script="hotline"
        )
        if not caller.is_known:
            return _to_a_person(call)
        return reports.say(call, "hotline")


def press(call: Call, *, digits: str = "", speech: str = "") -> Call:
    """The caller has pressed a key, said something, or neither; returns the call with what to read aloud next."""
    if key_of(digits, speech) is Key.DANGER:
        return alarm(call, speech)
    with transaction.atomic():
        if digits:
            reports.note_key(call, digits)
        elder, code = recognise(call.phone).elder, SERVICE_OF.get(digits[:1])
        if elder is None or code is None:
            return _to_a_person(call)
        return _log(call, elder, code)


def settle(call: Call) -> None:
    """The call is over. Who has not said what they want is called back. Safe to call twice."""
    if call.is_over:
        with transaction.atomic():
            _owe_call_back(call)


def settle_stale(at: datetime) -> None:
    """End the calls of which nobody has told us that they are over."""
    for call in Call.objects.inbound().filter(state=Call.State.IN_PROGRESS, created_at__lt=at - LONGEST):
        reports.hang_up(call)


# --- what follows -------------------------------------------------------------------------------------------------


def _log(call: Call, elder: Elder, code: Code) -> Call:
    """Open a help request that waits for the call back; the same one if it was asked for a moment ago."""
    if reports.settle(call):
        help_request = _asked_just_now(elder, code) or _open(call, elder, code)
        Call.objects.filter(pk=call.pk).update(about=help_request.ref)
    with translation.override(call.language):
        service = code.label
        return reports.say(
            call, "hotline_logged", service=service, minutes=minutes_to_tell(call.community, CALL_BACK_WITHIN)
        )


def _asked_just_now(elder: Elder, code: Code) -> HelpRequest | None:
    recent = HelpRequest.objects.live().filter(
        elder=elder,
        service_code=code,
        channel=HelpRequest.Channel.DEVICE,
        created_at__gt=now() - SAME_CALL_WITHIN,
    )
    return recent.order_by("-created_at").first()


def _open(call: Call, elder: Elder, code: Code) -> HelpRequest:
    window = windows.default(now())
    help_request = log_request(
        elder,
        code,
        actor=HOTLINE,
        idempotency_key=f"call:{call.ref}",
        channel=HelpRequest.Channel.DEVICE,
        window_start=window.start,
        window_end=window.end,
    )
    if help_request.status == Status.OPEN:
        reason = HelpRequest.PauseReason.CALL_BACK
        move(help_request, Status.PAUSED, actor=HOTLINE, why=reason, pause_reason=reason)
        todos.owe(
            Todo.Kind.CALL_BACK,
            community=help_request.community,
            help_request=help_request,
            due_in=CALL_BACK_WITHIN,
        )
    return help_request


def _to_a_person(call: Call) -> Call:
    _owe_call_back(call)
    return reports.say(call, "human", minutes=minutes_to_tell(call.community, CALL_BACK_WITHIN))


def _owe_call_back(call: Call) -> None:
    if not reports.settle(call):
        return
    known = recognise(call.phone).is_known
    kind = Todo.Kind.CALL_WANTED if known else Todo.Kind.UNKNOWN_CALLER
    waiting = Todo.objects.open().filter(kind=kind, inbound__sender=call.phone, community=call.community)
    if not call.phone or not waiting.exists():
        todos.owe(kind, community=call.community, inbound=note_call(call), due_in=CALL_BACK_WITHIN)


def _number(phone: str) -> str:
    """The caller's number as we store it; what cannot be read (a withheld one) as it came."""
    try:
        return parse_phone(phone).e164
    except PhoneError:
        return phone[:24]


def _default_language() -> str:
    return "en" if settings.LANGUAGE_CODE.startswith("en") else "zh-hans"
