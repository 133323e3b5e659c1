"""Calls of a roll-call: are you safe? 2 says yes, 0 that help is needed, 1 reads it again. Nothing else counts.

A voicemail picks up as well, and a hung up phone proves nothing: only a key tells.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from linzhu.communities.clock import now
from linzhu.communities.rules import rules_of
from linzhu.dispatch.emergency import roll_call
from linzhu.dispatch.emergency.wording import drill_mark, event_name
from linzhu.dispatch.models import RollCallEntry
from linzhu.dispatch.voice.callers import Key, alarm, key_of
from linzhu.dispatch.voice.elder_calls import GATEWAY_HAS, READINGS, voice_language
from linzhu.notifications.models import Call
from linzhu.notifications.voice import calls, is_on, reports
from linzhu.requests.models import Need

SCRIPT = roll_call.CALL_SCRIPT
RINGS = 2
RING_AGAIN_AFTER = timedelta(minutes=3)
OVER_WITHIN = timedelta(minutes=20)
"""By then both rings are over, or the gateway does not work: the next way is tried."""

State, By = RollCallEntry.State, RollCallEntry.By


def ring(entry: RollCallEntry) -> Call | None:
    """Queue the call that asks; None where a person must call: no gateway, no voice for the elder's language, an
    extension, an elder who hears badly, a community that wants no such calls. Emergencies know no quiet hours."""
    elder, language = entry.elder, voice_language(entry.elder)
    if not is_on() or language is None or not elder.phone or elder.phone_ext or Need.HEARING in elder.needs:
        return None
    if not rules_of(entry.community).calls_elders:
        return None
    words = {"drill": drill_mark(entry.emergency, language), "event": event_name(entry.emergency, language)}
    return calls.queue(
        elder.phone,
        SCRIPT,
        words,
        community=entry.community,
        language=language,
        about=roll_call.about_of(entry),
        expires_at=now() + GATEWAY_HAS,
    )


def pick_up(call: Call) -> Call:
    """Somebody has picked up: ask, unless we have heard of them meanwhile."""
    return reports.say(call, "understood" if call.withdrawn_at else SCRIPT)


def press(call: Call, *, digits: str = "", speech: str = "") -> Call:
    """Somebody has pressed a key, said something, or neither; returns the call with what to read aloud next."""
    key, entry = key_of(digits, speech), _entry(call)
    with transaction.atomic():
        if digits:
            reports.note_key(call, digits)
        if entry and key is Key.DANGER:
            roll_call.learn(entry, State.NEEDS_HELP, by=By.ELDER_CALL)
            return alarm(call, speech, help_request=entry.help_request)
        if entry and key is Key.UNDERSTOOD:
            return _learned(call, entry, State.SAFE, "roll_call_safe")
        if entry and key is Key.HUMAN:
            return _learned(call, entry, State.NEEDS_HELP, "roll_call_help")
        again = key is Key.AGAIN or call.readings < READINGS
        return reports.say(call, SCRIPT if again else "call_again")


def _learned(call: Call, entry: RollCallEntry, state: str, answer: str) -> Call:
    reports.settle(call)
    roll_call.learn(entry, state, by=By.ELDER_CALL)
    return reports.say(call, answer)


def settle(call: Call) -> None:
    """A call is over: whoever pressed no key is rung once more, and then the next way is tried at once."""
    if not call.is_over:
        return
    with transaction.atomic():
        entry = _entry(call)
        if not reports.settle(call) or entry is None:
            return
        still_asked = RollCallEntry.objects.unsettled().filter(
            pk=entry.pk, call=call, step=RollCallEntry.Step.ASK_AGAIN
        )
        if call.ring < RINGS and call.state != Call.State.FAILED and still_asked.exists():
            still_asked.update(call=_ring_again(call))
        else:
            still_asked.update(due_at=now())


def _ring_again(call: Call) -> Call:
    return calls.queue(
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


def _entry(call: Call) -> RollCallEntry | None:
    """Whom the call asks; nobody once another call or a person has taken its place."""
    entries = RollCallEntry.objects.filter(call=call)
    return entries.select_related("emergency", "community", "elder", "help_request").first()
