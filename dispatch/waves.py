"""Waves: a few are asked; when the time is up without a yes, others are asked; at the end a person decides."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from django.db import IntegrityError, transaction
from django.db.models import F

from linzhu.communities.clock import now
from linzhu.communities.rules import Rules, rules_of
from linzhu.dispatch import todos
from linzhu.dispatch.asking import Asking, most_at_once, plan_wave
from linzhu.dispatch.errors import TooLate
from linzhu.dispatch.head_start import head_start
from linzhu.dispatch.live import record_event
from linzhu.dispatch.matching import Candidate, find_pool
from linzhu.dispatch.models import Offer, Todo, Wave
from linzhu.dispatch.offers import make_offers
from linzhu.dispatch.once_more import ask_once_more, silent_offers
from linzhu.requests import lifecycle
from linzhu.requests.lifecycle import SYSTEM, IllegalTransition
from linzhu.requests.models import HelpRequest, Status

Asked = TypeVar("Asked", Candidate, Offer)

POOL = 200
"""How many of the nearest candidates a wave chooses from, at least."""

TODO_OF: dict[str, Todo.Kind] = {
    HelpRequest.PauseReason.NOBODY_FOUND: Todo.Kind.NOBODY_FOUND,
    HelpRequest.PauseReason.NO_POSITION: Todo.Kind.NO_POSITION,
    HelpRequest.PauseReason.QUIET_HOURS: Todo.Kind.QUIET_HOURS,
    HelpRequest.PauseReason.CALL_BACK: Todo.Kind.CALL_BACK,
}


def start_wave(help_request: HelpRequest) -> Wave | None:
    """Ask the next few volunteers. Safe to call at any time and twice: it does nothing where nothing is due.

    Those who stand by, or are paired with the elder, may have a head start. Waits silently in quiet hours. When nobody
    is left, those who have kept silent are asked once more; then, or when the window is over, the elder's home is not
    on the map, or the window begins before anybody may be texted, the help request is handed to a person.
    """
    help_request.refresh_from_db()
    if help_request.status != Status.OPEN or help_request.waves.filter(ended_at=None).exists():
        return None
    rules = rules_of(help_request.community)
    if obstacle := _obstacle(help_request, rules):
        _hand_over(help_request, obstacle)
        return None
    if _is_quiet(help_request, rules):
        return None
    asking = _plan(help_request, rules)
    if not asking.order:
        return _last_wave(help_request, rules, asking.length)
    if first := head_start(help_request, asking.order, rules, now()):
        return _open_wave(help_request, first.chosen, first.length, make_offers, alone=True)
    return _open_wave(help_request, asking.chosen, asking.length, make_offers)


def _last_wave(help_request: HelpRequest, rules: Rules, length: timedelta) -> Wave | None:
    """Nobody new is left: those who have kept silent are asked once more. If there are none, a person decides."""
    if silent := silent_offers(help_request, rules, length):
        return _open_wave(help_request, silent, length, ask_once_more)
    _hand_over(help_request, HelpRequest.PauseReason.NOBODY_FOUND)
    return None


def _obstacle(help_request: HelpRequest, rules: Rules) -> HelpRequest.PauseReason | None:
    """Return why there is no use in asking anybody, if there is none."""
    if help_request.window_end <= now():
        return HelpRequest.PauseReason.NOBODY_FOUND
    if help_request.elder.position() is None:
        return HelpRequest.PauseReason.NO_POSITION
    quiet_until = rules.quiet_end(now())
    if quiet_until and help_request.window_start < quiet_until and not help_request.service.urgent:
        return HelpRequest.PauseReason.QUIET_HOURS
    return None


def _is_quiet(help_request: HelpRequest, rules: Rules) -> bool:
    return not help_request.service.urgent and rules.quiet_end(now()) is not None


def _plan(help_request: HelpRequest, rules: Rules, *, replacing: bool = False) -> Asking:
    enough = max(POOL, most_at_once(help_request, rules))
    pool = find_pool(help_request, rules, enough=enough)
    return plan_wave(help_request, pool, rules, replacing=replacing)


def _open_wave(
    help_request: HelpRequest,
    chosen: list[Asked],
    length: timedelta,
    ask: Callable[[Wave, list[Asked]], object],
    *,
    alone: bool = False,
) -> Wave | None:
    number = help_request.waves.filter(round=help_request.round).count() + 1
    at = now()
    try:
        with transaction.atomic():
            wave = Wave.objects.create(
                help_request=help_request,
                round=help_request.round,
                number=number,
                radius_m=max(one.distance_m for one in chosen),
                head_start=alone,
                started_at=at,
                ends_at=at + length,
                due_at=at + length,
            )
            _hold_search(help_request)
            ask(wave, chosen)
            record_event(help_request)
    except (IntegrityError, IllegalTransition, TooLate):
        return None  # another process has started this wave, the search has ended, or all have answered just now
    return wave


def _hold_search(help_request: HelpRequest) -> None:
    """Whoever moves the help request meanwhile waits for its row, or has made us wait and wins: IllegalTransition."""
    still_searching = HelpRequest.objects.open().filter(pk=help_request.pk, round=help_request.round)
    if not still_searching.update(round=help_request.round):
        raise IllegalTransition(help_request.ref, Status.OPEN, Status.OPEN)


def end_wave(wave: Wave) -> Wave | None:
    """Close a wave whose time is up and start the next one. Open offers may still be answered. Safe to call twice."""
    if not Wave.objects.filter(pk=wave.pk, ended_at=None).update(ended_at=now()):
        return None
    return start_wave(wave.help_request)


def look_again(wave: Wave) -> None:
    """Somebody has said no: ask others in their place, if the rest are too few. The wave's time stays.

    If nobody can be waited for any more, the wave ends at once. Safe to call twice.
    """
    help_request = wave.help_request
    help_request.refresh_from_db()
    rules = rules_of(help_request.community)
    nobody_else = wave.head_start or _is_quiet(help_request, rules)
    room = most_at_once(help_request, rules) - wave.offers.open().count()
    others = [] if nobody_else else _plan(help_request, rules, replacing=True).chosen[: max(0, room)]
    if not others and not help_request.offers.open().filter(round=wave.round).exists():
        end_wave(wave)
        return
    try:
        with transaction.atomic():
            _hold_search(help_request)
            # Unless one more has said no since: then there is more to do, and it is still due.
            as_seen = Wave.objects.filter(pk=wave.pk, ended_at=None, due_at=wave.due_at)
            furthest = max([wave.radius_m, *(candidate.distance_m for candidate in others)])
            if as_seen.update(due_at=F("ends_at"), radius_m=furthest) and others:
                make_offers(wave, others)
                record_event(help_request)
    except IllegalTransition:
        pass  # somebody said yes, or staff acted, in this very moment


def _hand_over(help_request: HelpRequest, reason: HelpRequest.PauseReason) -> None:
    """The system cannot go on alone: a dispatcher owes a decision."""
    try:
        with transaction.atomic():
            lifecycle.move(help_request, Status.PAUSED, actor=SYSTEM, why=reason, pause_reason=reason)
            todos.owe(
                TODO_OF[reason],
                community=help_request.community,
                help_request=help_request,
                due_in=rules_of(help_request.community).decide_within,
            )
    except IllegalTransition:
        pass  # somebody said yes, or staff acted, in this very moment
