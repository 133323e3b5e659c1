"""Calls to elders: who comes and when, read aloud; and what follows from the keys they press, or from silence.

Told is who has pressed 2: a voicemail picks up as well, and a hung up phone proves nothing. Everybody else is rung
again, three times in all, and is then owed a call by a person.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.db import transaction
from django.utils import timezone, translation

from linzhu.communities.clock import now
from linzhu.communities.people import Language
from linzhu.communities.rules import Rules, rules_of
from linzhu.dispatch import todos
from linzhu.dispatch.live import record_event
from linzhu.dispatch.models import Todo
from linzhu.dispatch.voice.callers import CALL_BACK_WITHIN, Key, alarm, key_of, minutes_to_tell, note_call
from linzhu.notifications.models import Call
from linzhu.notifications.voice import calls, is_on, reports
from linzhu.notifications.voice.scripts import spoken_window
from linzhu.requests.models import Elder, HelpRequest, Need, Status

AT_ONCE = 100
RINGS = 3
RING_AGAIN_AFTER = timedelta(minutes=5)
READINGS = 3
"""So often it is read aloud without a key; then we hang up."""
GATEWAY_HAS = timedelta(minutes=10)
"""So long may a gateway that does not work hold up a call before a person makes it."""
PERSON_CALLS_WITHIN = timedelta(minutes=30)
NO_ROBOT_BEFORE_VISIT = timedelta(minutes=15)
"""Nobody is rung again when the visit is as near as this: a person calls at once."""
NO_CALLS = (time(20, 30), time(8, 0))
"""Local wall time in which no robot rings an elder, besides the community's own quiet hours."""

KIND_OF = {"elder_assigned": Todo.Kind.TELL_ELDER, "elder_off": Todo.Kind.TELL_ELDER_OFF}
"""What a person owes instead."""
TRUE_WHILE = {"elder_assigned": Status.ASSIGNED, "elder_off": Status.CANCELLED}


def call_elder(help_request: HelpRequest, script: str, **params: str) -> bool:
    """Queue a call that tells the elder; False where a person should call instead.

    That is where no gateway carries calls, the community wants none, there is no voice for the elder's language, they
    hear badly, the phone has an extension, or it is night. That nobody was found is always said by a person.
    """
    elder = help_request.elder
    language = voice_language(elder)
    withdraw(help_request)
    if not is_on() or language is None or not elder.phone or elder.phone_ext or Need.HEARING in elder.needs:
        return False
    if help_request.status != TRUE_WHILE[script] or not _may_call(help_request, now()):
        return False
    with translation.override(language):
        params["service"] = help_request.service.name
    params["when"] = spoken_window(help_request.window_start, help_request.window_end, language)
    calls.queue(
        elder.phone,
        script,
        params,
        community=help_request.community,
        language=language,
        about=help_request.ref,
        expires_at=now() + GATEWAY_HAS,
    )
    return True


def withdraw(help_request: HelpRequest) -> bool:
    """Nobody need hear any more what pending calls would say; True if an elder had not been told yet."""
    return calls.withdraw(help_request.ref, *KIND_OF) > 0


def withdraw_overtaken(at: datetime) -> None:
    """Ring nobody about what has changed since."""
    due = Call.objects.pending().filter(state=Call.State.QUEUED, script__in=KIND_OF, next_attempt_at__lte=at)
    for call in due[:AT_ONCE]:
        if not _is_true(call):
            calls.withdraw(call.about, call.script)


def voice_language(elder: Elder) -> str | None:
    """The language that calls to this elder are read in: None if there is no voice for any that they know."""
    if not elder.languages or Language.MANDARIN in elder.languages:
        return "zh-hans"
    return "en" if Language.ENGLISH in elder.languages else None


def _may_call(help_request: HelpRequest, at: datetime) -> bool:
    """Whether the community lets us call, and at this hour."""
    rules = rules_of(help_request.community)
    return rules.calls_elders and not _is_night(help_request, rules, at)


def _is_night(help_request: HelpRequest, rules: Rules, at: datetime) -> bool:
    if help_request.service.urgent or rules.quiet_hours is None:
        return False
    moment = timezone.localtime(at).time()
    return moment >= NO_CALLS[0] or moment < NO_CALLS[1] or rules.quiet_end(at) is not None


# --- on the phone -------------------------------------------------------------------------------------------------


def pick_up(call: Call) -> Call:
    """Somebody has picked up; returns the call with what to read aloud next."""
    return reports.say(call, call.script if _is_true(call) else _instead(call))


def press(call: Call, *, digits: str = "", speech: str = "") -> Call:
    """Somebody has pressed a key, said something, or neither; returns the call with what to read aloud next.

    The same key brought twice changes nothing more. Only words that ask for help or for a person are heeded: a
    television talks, too.
    """
    key = key_of(digits, speech)
    if key is Key.DANGER:
        return alarm(call, speech, help_request=_help_request(call))
    if not _is_true(call):
        return reports.say(call, _instead(call))
    with transaction.atomic():
        if digits:
            reports.note_key(call, digits)
        if key is Key.UNDERSTOOD:
            return _told(call)
        if key is Key.HUMAN:
            return _wants_a_person(call)
        again = key is Key.AGAIN or call.readings < READINGS
        return reports.say(call, call.script if again else "call_again")


def _instead(call: Call) -> str:
    """What to say where the script is no longer true: nobody needs a second call once the visit has begun."""
    help_request = _help_request(call)
    has_begun = help_request is not None and help_request.status in {Status.UNDERWAY, Status.DONE, Status.CLOSED}
    return "understood" if has_begun else "overtaken"


def _told(call: Call) -> Call:
    reports.settle(call)
    calls.withdraw(call.about, call.script)  # a report that came before this key may have had them rung again
    if help_request := _help_request(call):
        todos.close_kind(help_request, KIND_OF[call.script])
        record_event(help_request)
    return reports.say(call, "understood")


def _wants_a_person(call: Call) -> Call:
    if reports.settle(call):
        todos.owe(
            Todo.Kind.CALL_WANTED,
            community=call.community,
            help_request=_help_request(call),
            inbound=note_call(call),
            due_in=CALL_BACK_WITHIN,
        )
    return reports.say(call, "human", minutes=minutes_to_tell(call.community, CALL_BACK_WITHIN))


# --- what follows -------------------------------------------------------------------------------------------------


def settle(call: Call) -> None:
    """Draw the conclusion of a call that is over: told, rung again, or owed by a person. Safe to call twice."""
    if not call.is_over:
        return
    with transaction.atomic():
        help_request = _help_request(call)
        if not reports.settle(call) or help_request is None or not _is_true(call):
            return
        if _may_ring_again(call, help_request):
            calls.queue(
                call.phone,
                call.script,
                call.params,
                community=call.community,
                language=call.language,
                about=call.about,
                ring=call.ring + 1,
                not_before=now() + RING_AGAIN_AFTER,
                expires_at=now() + RING_AGAIN_AFTER + GATEWAY_HAS,
            )
        else:
            _owe_call(call, help_request)
        record_event(help_request)


def _may_ring_again(call: Call, help_request: HelpRequest) -> bool:
    """Not where the gateway refused the number or did not work, the visit is near, night falls, or calls are off."""
    next_ring = now() + RING_AGAIN_AFTER
    return (
        call.state != Call.State.FAILED
        and call.ring < RINGS
        and (call.script != "elder_assigned" or next_ring < help_request.window_start - NO_ROBOT_BEFORE_VISIT)
        and _may_call(help_request, next_ring)
    )


def _owe_call(call: Call, help_request: HelpRequest) -> None:
    kind, due_in = KIND_OF[call.script], PERSON_CALLS_WITHIN
    if kind == Todo.Kind.TELL_ELDER:
        due_in = max(min(due_in, help_request.window_start - now()), timedelta(minutes=5))
    todos.owe(kind, community=call.community, help_request=help_request, due_in=due_in)


def _help_request(call: Call) -> HelpRequest | None:
    return HelpRequest.objects.filter(ref=call.about).select_related("community").first() if call.about else None


def _is_true(call: Call) -> bool:
    """Whether what the call tells still holds: the same people come, with the same door words."""
    help_request = _help_request(call)
    if call.withdrawn_at or help_request is None or help_request.status != TRUE_WHILE[call.script]:
        return False
    if call.script != "elder_assigned":
        return True
    door_words = help_request.assignments.standing().values_list("door_word", flat=True)
    return all(word in call.params["door_word"] for word in door_words)
