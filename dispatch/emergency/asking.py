"""The clock's steps: how each elder is asked, and what is done where nobody answers.

Every entry carries its next step and when it is due, so a roll-call of thousands is a row for each and nothing else:
the clock takes a few at every look. One step is one transaction that begins by claiming it, whoever else may be at it:
killed anywhere, it has been taken or is still due.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from linzhu.communities.clock import now
from linzhu.communities.models import Community
from linzhu.communities.phones import PhoneError, parse_phone
from linzhu.dispatch import todos
from linzhu.dispatch.emergency import roll_call, telling, visits
from linzhu.dispatch.emergency.wording import drill_mark, words_of
from linzhu.dispatch.live import record_event
from linzhu.dispatch.models import RollCallEntry, Todo
from linzhu.dispatch.telling import elder_language
from linzhu.dispatch.voice import roll_calls
from linzhu.notifications import by_code
from linzhu.notifications.caps import Room, room_today
from linzhu.notifications.models import Message
from linzhu.notifications.optout import is_opted_out
from linzhu.notifications.wording import count_parts

logger = logging.getLogger(__name__)

Step, State = RollCallEntry.Step, RollCallEntry.State

AT_ONCE = 50
"""Entries at one look of the clock: a text each, which takes a few milliseconds."""
VISITS_AT_ONCE = 10
"""Safety checks opened at one look: each starts a search of its own."""
AGAIN_AFTER_FAULT = timedelta(minutes=1)
LOST = [Message.State.FAILED, Message.State.UNDELIVERED, Message.State.EXPIRED, Message.State.SUPPRESSED]


def answer_within() -> timedelta:
    return timedelta(minutes=settings.ROLL_CALL_ANSWER_MIN)


def staff_within() -> timedelta:
    return timedelta(minutes=settings.ROLL_CALL_STAFF_MIN)


# --- the clock --------------------------------------------------------------------------------------------------------


def take_due_steps(at: datetime) -> None:
    """Take what is due, a small bite of it. One that fails is tried again later and holds up nobody."""
    _hurry_lost_texts(at)
    due = RollCallEntry.objects.due(at).select_related("emergency", "community", "elder__place", "elder__community")
    asked = list(due.filter(step__in=[Step.ASK, Step.ASK_AGAIN]).order_by("due_at", "pk")[:AT_ONCE])
    unanswered = due.filter(step__in=[Step.STAFF_CALL, Step.LOOK_IN]).order_by("due_at", "pk")[:VISITS_AT_ONCE]
    room = room_today(at) if asked else None
    changed: dict[int, Community] = {}
    for entry in [*asked, *unanswered]:
        _guarded(entry, room)
        changed[entry.community_id] = entry.community
    for community in changed.values():
        record_event(community=community)
    _owe_calls()


def _hurry_lost_texts(at: datetime) -> None:
    """Nobody is waited for whose text has not arrived."""
    waiting = RollCallEntry.objects.filter(step=Step.ASK_AGAIN, due_at__gt=at, state=State.ASKED)
    waiting.filter(message__state__in=LOST).update(due_at=at)


def _guarded(entry: RollCallEntry, room: Room | None) -> None:
    try:
        with transaction.atomic():
            if _claim_step(entry):
                _STEPS[entry.step](entry, room)
    except Exception:
        logger.exception("roll-call entry %s: a step failed", entry.pk)
        RollCallEntry.objects.filter(pk=entry.pk, due_at=entry.due_at).update(due_at=now() + AGAIN_AFTER_FAULT)


def _claim_step(entry: RollCallEntry) -> bool:
    """Take this step, unless it was taken, or somebody has answered, since it was read. Holds the row on PostgreSQL."""
    same = RollCallEntry.objects.unsettled().filter(pk=entry.pk, step=entry.step, due_at=entry.due_at)
    return same.update(due_at=now() + AGAIN_AFTER_FAULT) == 1


def _next(entry: RollCallEntry, step: str, within: timedelta, **fields: object) -> None:
    RollCallEntry.objects.filter(pk=entry.pk).update(step=step, due_at=now() + within, **fields)


# --- the steps --------------------------------------------------------------------------------------------------------


def _ask(entry: RollCallEntry, room: Room | None) -> None:
    """A text where the phone takes one, else a call that is read aloud, else a person; a neighbour where there is no
    phone at all."""
    if takes_texts(entry.elder.phone) and _has_room(entry, room):
        _text(entry)
    elif call := roll_calls.ring(entry):
        roll_call.count_as_asked(entry)
        _next(entry, Step.ASK_AGAIN, roll_calls.OVER_WITHIN, asked_at=now(), call=call)
    elif entry.elder.phone:
        _next(entry, Step.STAFF_CALL, staff_within())
    else:
        _next(entry, Step.LOOK_IN, timedelta(0))


def _text(entry: RollCallEntry) -> None:
    message = telling.ask_elder(entry)
    roll_call.count_as_asked(entry)
    # Where no replies come in, the text warns and does not ask: the second way follows at once.
    wait = answer_within() if by_code.can_all("two_way") else timedelta(0)
    _next(entry, Step.ASK_AGAIN, wait, asked_at=now(), message=message)


def _ask_again(entry: RollCallEntry, room: Room | None) -> None:
    """No answer in time: whoever was texted is rung, whoever was rung is called by a person."""
    call = None if entry.call_id else roll_calls.ring(entry)
    if call:
        _next(entry, Step.ASK_AGAIN, roll_calls.OVER_WITHIN, call=call)
    else:
        _next(entry, Step.STAFF_CALL, staff_within())


def _look_in(entry: RollCallEntry, room: Room | None) -> None:
    """Not reached in any way: a neighbour looks in. A drill sends nobody to a door; there a person sees to it."""
    roll_call.give_up_asking(entry)
    if entry.emergency.drill:
        _next(entry, Step.PERSON, staff_within())
    else:
        visits.look_in(entry)


_STEPS: dict[str, Callable[[RollCallEntry, Room | None], None]] = {
    Step.ASK: _ask,
    Step.ASK_AGAIN: _ask_again,
    Step.STAFF_CALL: _look_in,
    Step.LOOK_IN: _look_in,
}


# --- ways to ask ------------------------------------------------------------------------------------------------------


def takes_texts(phone: str) -> bool:
    return is_mobile(phone) and not is_opted_out(phone)


def is_mobile(phone: str) -> bool:
    try:
        return bool(phone) and parse_phone(phone).mobile
    except PhoneError:
        return False


def _has_room(entry: RollCallEntry, room: Room | None) -> bool:
    """Whether the day's limits let this text out: one that they held back would ask nobody."""
    if room is None:
        return True
    language = elder_language(entry.elder)
    params = {"drill": drill_mark(entry.emergency, language)}
    parts = count_parts(words_of(entry.community, telling.text_of(entry.emergency), params, language))
    return room.take(entry.community_id, parts)


# --- calls that a person owes -----------------------------------------------------------------------------------------


def _owe_calls() -> None:
    """Where somebody has to be called the inbox says so, once for each community; where nobody has to, no more."""
    owed = set(RollCallEntry.objects.owed().order_by("due_at").values_list("community", flat=True))
    told = {
        todo.community_id: todo
        for todo in Todo.objects.open().filter(kind=Todo.Kind.ROLL_CALL).select_related("community")
    }
    for community in Community.objects.filter(pk__in=owed - told.keys()):
        todos.owe(Todo.Kind.ROLL_CALL, community=community, due_in=staff_within())
    for pk in told.keys() - owed:
        todos.settle(told[pk], user=None)
