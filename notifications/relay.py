"""The relay: takes queued texts, one try at a time, and records what came of it.

A try is counted and leased in the row before it is made. A worker that dies in the middle leaves a lease that runs
out; then nobody knows whether the text went, so it is looked up at its gateway before anybody tries again. Every move
is one conditional UPDATE that names the try it belongs to (``attempts``): who comes late changes nothing.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q

from linzhu.communities.clock import now
from linzhu.notifications import breakers, caps, rates
from linzhu.notifications.gateways import configured, gateway
from linzhu.notifications.gateways.base import Outcome, SendResult
from linzhu.notifications.models import FINAL_STATES, GatewayLine, Message, MessageQuerySet
from linzhu.notifications.optout import is_opted_out, opt_out
from linzhu.notifications.texts import DESPITE_OPT_OUT

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 6
FIRST_PAUSE_S, PAUSE_GROWS = 5.0, 3.0  # 5 s, 15 s, 45 s, 2 min, 7 min: ten minutes in all, each a little at random
LOOK_UP_AFTER = timedelta(seconds=15)  # a request that timed out here may still be at work over there
LOOK_UP_AT_LEAST_EVERY = timedelta(minutes=5)
LOOK_UP_FOR = timedelta(hours=24)
FIRST_CHANCE = timedelta(seconds=2)  # the workers were woken for it: the sweep takes what they have left

State = Message.State


def relay(message_id: int) -> bool:
    """Take one text as far as it goes now, then those to the same phone that had to wait for it.

    Safe to call at any time, twice and from many places at once: it sends what is due and unleased, and nothing else.
    Returns whether the line still takes texts of this priority.
    """
    next_id: int | None = message_id
    try:
        while next_id is not None:
            next_id = _step(next_id)
    except _Postponed:
        return False
    return True


def relay_due(at: datetime | None = None, *, limit: int = 100, budget_s: float = 1.0) -> int:
    """Relay what is due and was left over: retries, expired leases, look-ups, and texts whose wake-up was lost.

    The sweep works itself instead of waking workers, so it never floods a queue that nobody empties, and texts go out
    even without workers. It starts nothing new after ``budget_s`` seconds, though one try may take as long as the
    gateway's time-out. Half of the time is for sending; what is left, for looking up: neither can starve the other.
    Returns how many texts it took up.
    """
    at, began = at or now(), time.monotonic()
    fresh = Q(attempts=0, created_at__gt=at - FIRST_CHANCE)
    # Only those whose turn it is: many that wait for others must neither hide the rest nor be tried again and again.
    waiting = Message.objects.to_send(at).exclude(fresh).next_in_line()
    sent = _sweep(_most_urgent(waiting, limit), began + budget_s / 2, until_full=True)
    in_doubt = Message.objects.to_look_up(at)
    return sent + _sweep(_most_urgent(in_doubt, limit - sent), began + budget_s, until_full=False)


def _most_urgent(rows: MessageQuerySet, limit: int) -> Iterable[int]:
    return rows.order_by("priority", "pk").values_list("pk", flat=True)[:limit]


def _sweep(due: Iterable[int], stop_at: float, *, until_full: bool) -> int:
    taken = 0
    for pk in due:
        if time.monotonic() >= stop_at:
            break
        line_is_open = relay_contained(pk)
        taken += 1
        if until_full and not line_is_open:
            break  # the rest is no more urgent, and would find no place either
    return taken


def relay_contained(message_id: int) -> bool:
    """Relay, and let nothing out but a lost database: one bad text must not stop the others.

    What failed unexpectedly keeps its lease and is looked up when that has run out; its tries are counted. The log
    gets the kind of error only: its text might quote a number.
    """
    try:
        return relay(message_id)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001
        logger.error("text %s: %s while relaying", message_id, type(error).__name__)
        return True


def _step(pk: int) -> int | None:
    """Do what is due for one text. Returns the next one to the same phone, if this one has made way for it."""
    message, at = Message.objects.filter(pk=pk).first(), now()
    if message is None:
        return None
    if message.state == State.QUEUED:
        done = _try(message, at)
    else:
        done = _is_to_be_looked_up(message, at) and _look_up(message, at)
    return _next_to(message, at) if done else None


def _is_to_be_looked_up(message: Message, at: datetime) -> bool:
    if message.state == State.UNKNOWN:
        return message.next_attempt_at <= at
    return message.state == State.SENDING and message.lease_until is not None and message.lease_until <= at


def _next_to(message: Message, at: datetime) -> int | None:
    waiting = Message.objects.to_send(at).filter(to=message.to).next_in_line()
    return waiting.order_by("priority", "pk").values_list("pk", flat=True).first()


# --- one try ------------------------------------------------------------------------------------------------------


class _Postponed(Exception):  # noqa: N818 (not an error: its turn comes)
    """No gateway takes this text now."""


def _try(message: Message, at: datetime) -> bool:
    if message.expires_at and message.expires_at <= at:
        return _end_unsent(message, State.EXPIRED, at)
    if message.template not in DESPITE_OPT_OUT and is_opted_out(message.to):
        return _end_unsent(message, State.SUPPRESSED, at)
    metered = [name for name in configured() if gateway(name).capabilities.metered]
    if metered and (code := caps.refusal(message, at)):
        logger.warning("text %s: held back, %s", message.ref, code)
        return _end_unsent(message, State.FAILED, at, code)
    name = _lease_by_one_of(metered, message, at) if metered else _lease(message, gateway().name, at)
    if not name:
        return False
    message.gateway, message.attempts, message.lease_until = name, message.attempts + 1, at + LEASE
    _record(message, gateway(name).send(message))
    return True


def _end_unsent(message: Message, state: State, at: datetime, error_code: str = "") -> bool:
    queued = Message.objects.filter(pk=message.pk, state=State.QUEUED, attempts=message.attempts)
    return queued.update(state=state, finished_at=at, error_code=error_code or message.error_code) == 1


def _lease_by_one_of(names: list[str], message: Message, at: datetime) -> str:
    """Lease the text to the first gateway that is well and has a place on its line: all of that, or nothing.

    A queued text is certainly at no gateway, so it may go by any: what was unknown has been looked up where it might
    have been. Returns the gateway's name, or nothing if the text cannot be leased. Raises _Postponed, having noted
    when to come back, if no gateway takes it.
    """
    lines = breakers.lines(names)
    if message.attempts:  # it was unlucky once: let another text try whether an ailing gateway is well again
        lines.sort(key=lambda line: line.rests_until is not None)
    for line in lines:
        if breakers.is_resting(line, at):
            continue
        with transaction.atomic():
            if not _lease(message, line.name, at):
                return ""
            if breakers.may_try(line, at) and rates.take_place(line.name, message, at):
                return line.name
            transaction.set_rollback(True)
    _postpone(message, lines, at)
    raise _Postponed


def _postpone(message: Message, lines: list[GatewayLine], at: datetime) -> None:
    """Let a text wait, without counting a try, until the first gateway may have a place for it."""
    for line in lines:
        line.refresh_from_db()
    back_at = min(max(rates.next_place(line, message, at), line.rests_until or at) for line in lines)
    queued = Message.objects.filter(pk=message.pk, state=State.QUEUED, attempts=message.attempts)
    queued.update(next_attempt_at=back_at)


def _lease(message: Message, name: str, at: datetime) -> str:
    """Count this try and reserve the text for it; returns the gateway's name, or nothing if another was faster, an
    earlier text goes first, or its time has ended or its reader opted out while we were on the way to here."""
    queued = Message.objects.to_send(at).filter(pk=message.pk, attempts=message.attempts).next_in_line().wanted(at)
    leased = queued.update(state=State.SENDING, gateway=name, attempts=message.attempts + 1, lease_until=at + LEASE)
    return name if leased else ""


# --- what came of it ----------------------------------------------------------------------------------------------


def _record(message: Message, result: SendResult) -> None:
    """Write down what the gateway said. A status report may have been faster and is then left alone."""
    at = now()
    _tell_breaker(message.gateway, result, at)
    if result.outcome is Outcome.ACCEPTED:
        _accepted(message, result)
    elif result.outcome is Outcome.RETRY_LATER:
        _again(message, result.error_code, pause_s=_pause_s(message.attempts), for_ever=result.gateway_down)
    elif result.outcome is Outcome.UNKNOWN:
        _move(message, state=State.UNKNOWN, error_code=result.error_code, next_attempt_at=at + LOOK_UP_AFTER)
    else:
        _move(message, state=result.state, error_code=result.error_code)
        if result.state == State.SUPPRESSED:
            opt_out(message.to)
    if result.outcome is not Outcome.ACCEPTED:
        # A number that takes no texts is a fact about that number; everything else may be our fault.
        level = logging.INFO if result.permanent else logging.WARNING
        logger.log(level, "text %s: %s, code %s", message.ref, result.outcome, result.error_code)


def _accepted(message: Message, result: SendResult) -> None:
    _move(message, state=result.state, gateway_ref=result.gateway_ref, error_code=result.error_code, handed_at=now())


def _tell_breaker(name: str, result: SendResult, at: datetime) -> None:
    if not gateway(name).capabilities.metered:
        return
    if result.gateway_down:
        breakers.note_failure(name, at)
    else:
        breakers.note_success(name)


def _move(message: Message, **fields: object) -> None:
    """Write fields, unless a status report or a newer try has gone past this one."""
    if fields["state"] in FINAL_STATES:
        fields["finished_at"] = now()
    message.this_try().update(**fields)


def _again(message: Message, error_code: str, *, pause_s: float, for_ever: bool = False) -> None:
    """Queue it for another try; after the last one it has failed. ``for_ever``: a day, as the text is not to blame."""
    tries_left = message.attempts < MAX_ATTEMPTS
    if for_ever:
        tries_left = message.attempts < 1000 and now() - message.created_at < LOOK_UP_FOR
    if not tries_left:
        _move(message, state=State.FAILED, error_code=error_code)
    else:
        due = now() + timedelta(seconds=pause_s)
        _move(message, state=State.QUEUED, error_code=error_code, next_attempt_at=due)


def _pause_s(attempts: int) -> float:
    """Return how many seconds to wait after so many tries: longer each time, a little at random."""
    spread = random.uniform(0.8, 1.2)  # noqa: S311 (spreads the load, guards nothing)
    return FIRST_PAUSE_S * PAUSE_GROWS ** min(attempts - 1, MAX_ATTEMPTS - 2) * spread


def _look_up(message: Message, at: datetime) -> bool:
    """Ask the gateway of the last try whether it has the text. If it surely has not, the text is queued again.

    Not while that gateway rests: the question would only time out as well. No other gateway may send it meanwhile.
    """
    if resting := _rest_of(message.gateway, at):
        _move(message, state=State.UNKNOWN, next_attempt_at=resting)
        return True
    found = gateway(message.gateway).look_up(message)
    if found is None:
        _again(message, "not-there", pause_s=0)
    elif found.outcome is Outcome.ACCEPTED:
        _accepted(message, found)
    elif at - message.created_at > LOOK_UP_FOR:
        _move(message, state=State.FAILED, error_code="never-known")
    else:
        tried_at = (message.lease_until or at) - LEASE
        pause = min(max((at - tried_at) / 2, LOOK_UP_AFTER), LOOK_UP_AT_LEAST_EVERY)
        _move(message, state=State.UNKNOWN, error_code=found.error_code, next_attempt_at=at + pause)
    return True


def _rest_of(name: str, at: datetime) -> datetime | None:
    resting = GatewayLine.objects.filter(pk=name, rests_until__gt=at)
    return resting.values_list("rests_until", flat=True).first()
