"""The clock: whatever is due is found in the database and done, whether or not anybody was woken for it.

One process ticks; a second one on another machine stands by (``Lease``). Every step is safe to do twice, so a clock
that is killed, or two that overlap for a moment, delay a step but never lose or double it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from linzhu.communities.clock import now
from linzhu.communities.rules import rules_of
from linzhu.dispatch import cash_owed, deferred, habits, mishaps, retention, todos
from linzhu.dispatch.decisions import close
from linzhu.dispatch.elder_states import bring_back
from linzhu.dispatch.emergency import asking, call_up
from linzhu.dispatch.live import prune_events
from linzhu.dispatch.models import CashJob, DeferredAct, Lease, Todo, VisitStep, Wave
from linzhu.dispatch.offers import expire_offers
from linzhu.dispatch.quiet import waits_for_morning
from linzhu.dispatch.visits import owe_forgotten, take_step
from linzhu.dispatch.voice import lines
from linzhu.dispatch.waves import TODO_OF, end_wave, look_again, start_wave
from linzhu.notifications import selftest
from linzhu.notifications.inbound import handle_unhandled
from linzhu.notifications.reconcile import reconcile_due
from linzhu.notifications.relay import relay_due
from linzhu.requests import lifecycle
from linzhu.requests.lifecycle import SYSTEM, IllegalTransition
from linzhu.requests.models import Elder, HelpRequest, Status
from linzhu.requests.recurring import open_due

logger = logging.getLogger(__name__)

LEASE = "clock"
LEASE_TIME = timedelta(seconds=5)
AT_ONCE = 200
"""How many due rows one tick takes of each kind: a long backlog must not hold up the other kinds."""
CLOSE_AFTER = timedelta(hours=2)
"""So long after a visit a help request stays at hand; then it closes by itself, if nothing is owed any more."""


def hold_lease(holder: str) -> bool:
    """Take or renew the right to tick; False while another holder's lease runs."""
    at = now()
    mine_or_free = Q(holder=holder) | Q(expires_at__lt=at)
    if Lease.objects.filter(mine_or_free, name=LEASE).update(holder=holder, expires_at=at + LEASE_TIME):
        return True
    if Lease.objects.filter(name=LEASE).exists():
        return False
    try:
        Lease.objects.create(name=LEASE, holder=holder, expires_at=at + LEASE_TIME)
    except IntegrityError:
        return False
    return True


def give_up_lease(holder: str) -> None:
    """Let the one who stands by begin at once."""
    Lease.objects.filter(name=LEASE, holder=holder).delete()


def tick(at: datetime | None = None) -> None:
    """Do everything that is due. One row's fault is logged and does not hold up the others."""
    tick_decisions(at)
    tick_texts(at)


def tick_decisions(at: datetime | None = None, *, urgent_only: bool = False) -> None:
    """Waves, searches, deadlines: quick, and to be on time. ``urgent_only``: what must not be two seconds late."""
    urgent = (_deferred, _waves, _searches)
    rest = (_deadlines, _offers, _closings, _answers, _events)
    for step in (_deferred, _suspensions, _visits, _returns, _recurring, _emergencies, *urgent[1:], *rest):
        if step in urgent or not urgent_only:
            _guarded(step, at or now())


def tick_texts(at: datetime | None = None, *, urgent_only: bool = False) -> None:
    """Texts that were left over, in and out. A gateway that does not answer may hold this up for its whole time-out."""
    for step in (_inbound, _messages, _calls, _gateways, _mishaps, _retention):
        if step in (_inbound, _messages) or not urgent_only:
            _guarded(step, at or now())


def _inbound(at: datetime) -> None:
    handle_unhandled(at)


def _deferred(at: datetime) -> None:
    _each(DeferredAct.objects.due(at).select_related("user")[:AT_ONCE], deferred.carry_out)


def _suspensions(at: datetime) -> None:
    mishaps.heed_suspensions(at)


def _waves(at: datetime) -> None:
    due = Wave.objects.due(at).select_related("help_request")[:AT_ONCE]
    _each(due, lambda wave: end_wave(wave) if wave.ends_at <= at else look_again(wave))


def _visits(at: datetime) -> None:
    _each(VisitStep.objects.due(at)[:AT_ONCE], take_step)
    owe_forgotten(at)
    cash_owed.owe_forgotten()


def _returns(at: datetime) -> None:
    due = Elder.objects.back_by(timezone.localdate(at)).select_related("community")
    _each(due[:AT_ONCE], bring_back)


def _recurring(at: datetime) -> None:
    open_due(at)


def _emergencies(at: datetime) -> None:
    asking.take_due_steps(at)
    call_up.ask_due(at)


def _searches(at: datetime) -> None:
    """Open help requests that nobody is being asked about: the wake-up was lost, or quiet hours have ended."""
    running = Wave.objects.filter(help_request=OuterRef("pk"), ended_at=None)
    # Not those that wait for the morning: do not look at each of them twice a second all night.
    waiting = HelpRequest.objects.open().filter(~Exists(running)).exclude(waits_for_morning(at))
    _each(waiting.order_by("created_at")[:AT_ONCE], start_wave)


def _deadlines(at: datetime) -> None:
    """The window is near, or over, and a place is still empty: a dispatcher owes a decision."""
    _each(HelpRequest.objects.open().filter(window_end__lte=at)[:AT_ONCE], _end_search)
    decided = Todo.objects.open().filter(help_request=OuterRef("pk"), kind__in=todos.ABOUT_THE_SEARCH)
    undecided = HelpRequest.objects.filter(~Exists(decided))
    near = undecided.filter(status=Status.OPEN, window_start__lte=at + todos.DECIDE_BEFORE, window_end__gt=at)
    _each(near[:AT_ONCE], lambda help_request: _owe_in_time(help_request, at))
    # Nothing else looks at a paused one: whatever became of its todo, somebody owes a decision.
    _each(undecided.filter(status=Status.PAUSED)[:AT_ONCE], _owe_decision)


def _end_search(help_request: HelpRequest) -> None:
    reason = HelpRequest.PauseReason.NOBODY_FOUND
    # Somebody may say yes, or staff act, in this very moment.
    with suppress(IllegalTransition), transaction.atomic():
        lifecycle.move(help_request, Status.PAUSED, actor=SYSTEM, why=reason, pause_reason=reason)
        _owe_decision(help_request)


def _owe_in_time(help_request: HelpRequest, at: datetime) -> None:
    if at >= todos.decision_due_at(help_request):
        _owe_decision(help_request, Todo.Kind.DEADLINE_NEAR)


def _owe_decision(help_request: HelpRequest, kind: str = "") -> None:
    kind = kind or TODO_OF.get(help_request.pause_reason, Todo.Kind.NOBODY_FOUND)
    todos.owe(
        kind,
        community=help_request.community,
        help_request=help_request,
        due_in=rules_of(help_request.community).decide_within,
    )


def _offers(at: datetime) -> None:
    expire_offers(at)


def _closings(at: datetime) -> None:
    owed = Todo.objects.open().filter(help_request=OuterRef("pk"))
    unsettled = CashJob.objects.unsettled().filter(assignment__help_request=OuterRef("pk"))
    done = HelpRequest.objects.filter(
        ~Exists(owed), ~Exists(unsettled), status=Status.DONE, status_at__lte=at - CLOSE_AFTER
    )
    _each(done.order_by("status_at")[:AT_ONCE], _close)


def _close(help_request: HelpRequest) -> None:
    with suppress(IllegalTransition):  # staff closed it in this very moment
        close(help_request, actor=SYSTEM)


def _answers(at: datetime) -> None:
    habits.learn_due(at)
    habits.count_searches(at)


def _messages(at: datetime) -> None:
    relay_due(at)


def _calls(at: datetime) -> None:
    lines.settle_due(at)


def _gateways(at: datetime) -> None:
    selftest.run(at)
    reconcile_due(at)


def _mishaps(at: datetime) -> None:
    mishaps.owe_undelivered(at)
    mishaps.close_arrived_after_all()
    mishaps.owe_held_back(at)
    mishaps.heed_outage(at)
    mishaps.owe_unhandled(at)
    mishaps.heed_opt_outs(at)


def _retention(at: datetime) -> None:
    retention.forget_due(at)


def _events(at: datetime) -> None:
    prune_events(at - timedelta(hours=1))


def _each(rows: Iterable[Any], act: Callable[[Any], object]) -> None:
    for row in list(rows):
        _guarded(act, row)


def _guarded(act: Callable[[Any], object], argument: Any) -> None:
    try:
        act(argument)
    except Exception:
        logger.exception("a step of the clock failed: %s", getattr(act, "__name__", "step"))
