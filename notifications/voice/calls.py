"""The outbox of calls: queued in the transaction of what they tell, dialled once, looked up where that is in doubt.

A try is counted and leased in the row before it is made. Every move is one conditional UPDATE that names the try it
belongs to (``attempts``): who comes late changes nothing. To one number there is one call at a time.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Exists, Q
from django_q.tasks import async_task

from linzhu.communities.clock import now
from linzhu.communities.models import Community
from linzhu.notifications.caps import is_allowed_country
from linzhu.notifications.gateways.base import Outcome
from linzhu.notifications.models import AT_THE_GATEWAY, Call
from linzhu.notifications.voice import is_on, voice_gateway
from linzhu.notifications.voice.base import CallReport, DialResult
from linzhu.notifications.voice.reports import record
from linzhu.notifications.voice.scripts import SCRIPTS

logger = logging.getLogger(__name__)

State = Call.State
DIAL = "linzhu.notifications.voice.tasks.dial_call"
LEASE = timedelta(seconds=60)
PAUSES = [timedelta(seconds=5), timedelta(seconds=15), timedelta(seconds=45)]
"""How long to wait after the first, second, … try that the gateway did not take."""
MAX_ATTEMPTS = len(PAUSES) + 1
LOOK_UP_AFTER = timedelta(seconds=15)  # a request that timed out here may still be at work over there
SILENT_FOR = timedelta(minutes=2)
"""So long may the gateway tell nothing about a call that it has taken, before we ask."""
NEVER_KNOWN_AFTER = timedelta(minutes=20)
LINE_BUSY_FOR = timedelta(seconds=20)
FIRST_CHANCE = timedelta(seconds=2)  # the workers were woken for it: the sweep takes what they have left


def queue(
    phone: str,
    script: str,
    params: Mapping[str, object],
    *,
    community: Community,
    language: str,
    about: str = "",
    ring: int = 1,
    not_before: datetime | None = None,
    expires_at: datetime | None = None,
) -> Call:
    """Write a call to this number (E.164) into the outbox, wake a worker for it, and return it.

    Row and wake-up are part of the caller's transaction. Nobody is dialled before ``not_before`` or after
    ``expires_at``. Raises KeyError for an unknown script or a missing parameter.
    """
    with transaction.atomic():
        call = Call.objects.create(
            phone=phone,
            script=script,
            params={name: str(params[name]) for name in SCRIPTS[script].params},
            community=community,
            language=language,
            about=about,
            ring=ring,
            next_attempt_at=not_before or now(),
            expires_at=expires_at,
        )
        if not_before is None:
            # The queue lives in the same database. It carries the id alone; the row says what to do and when.
            async_task(DIAL, call.pk)
    return call


def withdraw(about: str, *scripts: str) -> int:
    """What these calls would say about a help request is no longer true. Returns how many had not been settled.

    Those not yet dialled never will be; one that rings or is being dialled stays marked, and says so when answered.
    """
    at = now()
    mine = Call.objects.out().unsettled().filter(about=about, script__in=scripts, withdrawn_at=None)
    with transaction.atomic(savepoint=False):
        count = mine.update(withdrawn_at=at)
        if count:
            Call.objects.filter(about=about, state=State.QUEUED, withdrawn_at=at).update(
                state=State.CANCELLED, finished_at=at
            )
    return count


# --- dialling -----------------------------------------------------------------------------------------------------


def dial_due(at: datetime | None = None, *, limit: int = 50, budget_s: float = 1.0) -> int:
    """Dial and look up what is due and was left over. Starts nothing new after ``budget_s``; returns how many."""
    at, began, taken = at or now(), time.monotonic(), 0
    fresh = Q(state=State.QUEUED, attempts=0, created_at__gt=at - FIRST_CHANCE)
    due = Call.objects.due(at).exclude(fresh).order_by("next_attempt_at", "pk")
    for pk in due.values_list("pk", flat=True)[:limit]:
        if time.monotonic() - began >= budget_s:
            break
        dial_contained(pk)
        taken += 1
    return taken


def dial_contained(call_id: int) -> None:
    """Dial, and let nothing out but a lost database. What failed unexpectedly keeps its lease and is looked up."""
    try:
        dial(call_id)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001
        logger.error("call %s: %s while dialling", call_id, type(error).__name__)


def dial(call_id: int) -> None:
    """Take one call as far as it goes now. Safe at any time and twice: it does what is due and unleased."""
    call, at = Call.objects.out().filter(pk=call_id).first(), now()
    if call is None:
        return
    if call.state == State.QUEUED:
        if call.next_attempt_at <= at:
            _try(call, at)
    elif call.state == State.DIALLING:
        if call.lease_until and call.lease_until <= at:
            _look_up(call, at)
    elif call.state in (State.UNKNOWN, *AT_THE_GATEWAY) and call.next_attempt_at <= at:
        _look_up(call, at)


def _try(call: Call, at: datetime) -> None:
    if call.expires_at and call.expires_at <= at:
        _move(call, state=State.FAILED, error_code=call.error_code or "too-late")
    elif not is_on():
        _move(call, state=State.FAILED, error_code="switched-off")
    elif voice_gateway().metered and not is_allowed_country(call.phone):
        _move(call, state=State.FAILED, error_code="country")
    elif _lease(call, at):
        call.refresh_from_db()
        _record(call, voice_gateway(call.gateway).dial(call))
    else:
        _wait_for_the_line(call, at)


def _lease(call: Call, at: datetime) -> bool:
    """Count this try and reserve the number for it; False if another was faster or the line is taken."""
    on_the_line = Call.objects.filter(
        phone=call.phone, state__in=[State.DIALLING, State.UNKNOWN, *AT_THE_GATEWAY]
    ).exclude(pk=call.pk)
    queued = Call.objects.filter(~Exists(on_the_line), pk=call.pk, state=State.QUEUED, attempts=call.attempts)
    leased = queued.update(
        state=State.DIALLING, gateway=voice_gateway().name, attempts=call.attempts + 1, lease_until=at + LEASE
    )
    return leased == 1


def _wait_for_the_line(call: Call, at: datetime) -> None:
    queued = Call.objects.filter(pk=call.pk, state=State.QUEUED, attempts=call.attempts)
    queued.update(next_attempt_at=at + LINE_BUSY_FOR)


def _record(call: Call, result: DialResult) -> None:
    """Write down what the gateway said. A status report may have been faster and is then left alone."""
    at = now()
    if result.outcome is Outcome.ACCEPTED:
        _accepted(call, result)
    elif result.outcome is Outcome.UNKNOWN:
        _move(call, state=State.UNKNOWN, error_code=result.error_code, next_attempt_at=at + LOOK_UP_AFTER)
    elif result.outcome is Outcome.RETRY_LATER and call.attempts < MAX_ATTEMPTS:
        _move(
            call,
            state=State.QUEUED,
            error_code=result.error_code,
            next_attempt_at=at + PAUSES[call.attempts - 1],
        )
    else:
        _move(call, state=State.FAILED, error_code=result.error_code)
    if result.outcome is not Outcome.ACCEPTED:
        logger.warning("call %s: %s, code %s", call.ref, result.outcome, result.error_code)


def _accepted(call: Call, result: DialResult) -> None:
    record(call.gateway, CallReport(ref=str(call.ref), gateway_ref=result.gateway_ref, state=result.state))
    # Asked for again if nothing is heard of it: callbacks may never come.
    at_gateway = Call.objects.filter(pk=call.pk, state__in=AT_THE_GATEWAY)
    at_gateway.update(next_attempt_at=now() + SILENT_FOR)


def _move(call: Call, **fields: object) -> None:
    """Write fields, unless a status report or a newer try has gone past this one."""
    if fields["state"] == State.FAILED:
        fields["finished_at"] = now()
    call.this_try().update(**fields)


def _look_up(call: Call, at: datetime) -> None:
    """Ask the gateway what it knows. A call that it surely does not have is dialled again."""
    found = voice_gateway(call.gateway).look_up(call)
    too_long = at - (call.handed_at or call.created_at) > NEVER_KNOWN_AFTER
    if found is None and call.state not in AT_THE_GATEWAY:
        _record(call, DialResult.retry_later("not-there"))
    elif found is not None and found.outcome is Outcome.ACCEPTED and not too_long:
        _accepted(call, found)
    elif too_long or found is None:
        report = CallReport(
            ref=str(call.ref), gateway_ref=call.gateway_ref, state=State.FAILED, error_code="never-known"
        )
        record(call.gateway, report)
    else:
        Call.objects.filter(pk=call.pk, state=call.state).update(next_attempt_at=at + SILENT_FOR)
        if call.state == State.DIALLING:
            _move(call, state=State.UNKNOWN, error_code=found.error_code, next_attempt_at=at + LOOK_UP_AFTER)
