"""The relay: takes queued texts, one try at a time, and records what came of it.

A try is counted and leased in the row before it is made. A worker that dies in the middle leaves a lease that runs
out; then nobody knows whether the text went, so it is looked up at its gateway before anybody tries again. Every move
is one conditional UPDATE that names the try it belongs to (``attempts``): who comes late changes nothing.
"""

from __future__ import annotations

import logging
import random
import time
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError
from django.db.models import Exists, Q

from linzhu.communities.clock import now
from linzhu.notifications.gateways import gateway
from linzhu.notifications.gateways.base import Outcome, SendResult
from linzhu.notifications.models import FINAL_STATES, IN_FLIGHT_STATES, Message
from linzhu.notifications.optout import DESPITE_OPT_OUT, is_opted_out, opt_out

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 6
FIRST_PAUSE_S, PAUSE_GROWS = 5.0, 3.0  # 5 s, 15 s, 45 s, 2 min, 7 min: ten minutes in all, each a little at random
LOOK_UP_AFTER = timedelta(seconds=15)  # a request that timed out here may still be at work over there
LOOK_UP_AT_LEAST_EVERY = timedelta(minutes=5)
LOOK_UP_FOR = timedelta(hours=24)
FIRST_CHANCE = timedelta(seconds=2)  # the workers were woken for it: the sweep takes what they have left

State = Message.State


def relay(message_id: int) -> None:
    """Take one text as far as it goes now, then those to the same phone that had to wait for it.

    Safe to call at any time, twice and from many places at once: it sends what is due and unleased, and nothing else.
    """
    next_id: int | None = message_id
    while next_id is not None:
        next_id = _step(next_id)


def relay_due(at: datetime | None = None, *, limit: int = 100, budget_s: float = 1.0) -> int:
    """Relay what is due and was left over: retries, expired leases, look-ups, and texts whose wake-up was lost.

    The sweep works itself instead of waking workers, so it never floods a queue that nobody empties, and texts go out
    even without workers. It starts nothing new after ``budget_s`` seconds, though one try may take as long as the
    gateway's time-out. Returns how many texts it took up.
    """
    at = at or now()
    fresh = Q(state=State.QUEUED, attempts=0, next_attempt_at__gt=at - FIRST_CHANCE)
    due = Message.objects.due(at).exclude(fresh).order_by("priority", "pk").values_list("pk", flat=True)[:limit]
    stop_at, taken = time.monotonic() + budget_s, 0
    for pk in due:
        if time.monotonic() >= stop_at:
            break
        relay_contained(pk)
        taken += 1
    return taken


def relay_contained(message_id: int) -> None:
    """Relay, and let nothing out but a lost database: one bad text must not stop the others.

    What failed unexpectedly keeps its lease and is looked up when that has run out; its tries are counted. The log
    gets the kind of error only: its text might quote a number.
    """
    try:
        relay(message_id)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001
        logger.error("text %s: %s while relaying", message_id, type(error).__name__)


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
    waiting = Message.objects.filter(to=message.to, state=State.QUEUED, next_attempt_at__lte=at)
    return waiting.order_by("priority", "pk").values_list("pk", flat=True).first()


# --- one try ------------------------------------------------------------------------------------------------------


def _try(message: Message, at: datetime) -> bool:
    if message.expires_at and message.expires_at <= at:
        return _end_unsent(message, State.EXPIRED, at)
    if message.template not in DESPITE_OPT_OUT and is_opted_out(message.to):
        return _end_unsent(message, State.SUPPRESSED, at)
    if not _lease(message, at):
        return False
    _record(message, gateway(message.gateway).send(message))
    return True


def _end_unsent(message: Message, state: State, at: datetime) -> bool:
    queued = Message.objects.filter(pk=message.pk, state=State.QUEUED)
    return queued.update(state=state, finished_at=at) == 1


def _lease(message: Message, at: datetime) -> bool:
    """Count this try and reserve the text for it; False if another was faster or an earlier text goes first."""
    earlier = Message.objects.filter(
        to=message.to, priority=message.priority, state__in=IN_FLIGHT_STATES, pk__lt=message.pk
    )
    queued = Message.objects.filter(
        ~Exists(earlier), pk=message.pk, state=State.QUEUED, attempts=message.attempts, next_attempt_at__lte=at
    )
    lease = {
        "state": State.SENDING,
        "gateway": gateway().name,
        "attempts": message.attempts + 1,
        "lease_until": at + LEASE,
    }
    if not queued.update(**lease):
        return False
    for name, value in lease.items():
        setattr(message, name, value)
    return True


# --- what came of it ----------------------------------------------------------------------------------------------


def _record(message: Message, result: SendResult) -> None:
    """Write down what the gateway said. A status report may have been faster and is then left alone."""
    at = now()
    if result.outcome is Outcome.ACCEPTED:
        _move(message, state=result.state, gateway_ref=result.gateway_ref, error_code=result.error_code, handed_at=at)
    elif result.outcome is Outcome.RETRY_LATER:
        _again(message, result.error_code, pause_s=_pause_s(message.attempts))
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


def _move(message: Message, **fields: object) -> None:
    """Write fields, unless a status report or a newer try has gone past this one."""
    if fields["state"] in FINAL_STATES:
        fields["finished_at"] = now()
    this_try = Message.objects.filter(pk=message.pk, attempts=message.attempts, state__in=IN_FLIGHT_STATES)
    this_try.update(**fields)


def _again(message: Message, error_code: str, *, pause_s: float) -> None:
    """Queue it for another try; after the last one it has failed."""
    if message.attempts >= MAX_ATTEMPTS:
        _move(message, state=State.FAILED, error_code=error_code)
    else:
        due = now() + timedelta(seconds=pause_s)
        _move(message, state=State.QUEUED, error_code=error_code, next_attempt_at=due)


def _pause_s(attempts: int) -> float:
    """Return how many seconds to wait after so many tries: longer each time, a little at random."""
    spread = random.uniform(0.8, 1.2)  # noqa: S311 (spreads the load, guards nothing)
    return FIRST_PAUSE_S * PAUSE_GROWS ** (attempts - 1) * spread


def _look_up(message: Message, at: datetime) -> bool:
    """Ask the gateway of the last try whether it has the text. If it surely has not, the text is queued again."""
    found = gateway(message.gateway).look_up(message)
    if found is None:
        _again(message, "not-there", pause_s=0)
    elif found.outcome is Outcome.ACCEPTED:
        _record(message, found)
    elif at - message.created_at > LOOK_UP_FOR:
        _move(message, state=State.FAILED, error_code="never-known")
    else:
        tried_at = (message.lease_until or at) - LEASE
        pause = min(max((at - tried_at) / 2, LOOK_UP_AFTER), LOOK_UP_AT_LEAST_EVERY)
        _move(message, state=State.UNKNOWN, error_code=found.error_code, next_attempt_at=at + pause)
    return True
