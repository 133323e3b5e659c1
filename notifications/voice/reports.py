"""What becomes of a call at the gateway: reports in any order, what was read aloud, which keys were pressed."""

from __future__ import annotations

from uuid import UUID

from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce, Concat, Left

from linzhu.communities.clock import now
from linzhu.communities.models import Community
from linzhu.notifications.models import OVER_STATES, Call
from linzhu.notifications.voice.base import CallReport
from linzhu.notifications.voice.scripts import SCRIPTS

State = Call.State
KEYS_KEPT = 20

# A call only moves up this list, so every order of the same reports ends in the same state. Somebody who has picked up
# counts more than anything that was said before.
RANKS = [
    State.ACCEPTED,
    State.RINGING,
    State.IN_PROGRESS,
    State.CANCELLED,
    State.FAILED,
    State.NO_ANSWER,
    State.BUSY,
    State.COMPLETED,
]


def record(gateway: str, report: CallReport) -> Call | None:
    """Write a report down; returns the call if it is ours, whether or not that was news.

    It also settles a call that we hold for unknown, or queued again: the gateway has it.
    """
    here = Q(gateway=gateway) | Q(gateway="")
    call: Call | None = Call.objects.filter(_known_by(report)).filter(here).first()
    if call is None:
        return None
    lower = [*Call.IN_FLIGHT, *RANKS[: RANKS.index(report.state)]]
    at = now()
    # A report about another call than the one we hold (we dialled twice after all) moves nothing.
    same = Q(gateway_ref="") | Q(gateway_ref=report.gateway_ref)
    Call.objects.filter(same, pk=call.pk, state__in=lower).update(
        state=report.state,
        gateway=gateway,
        gateway_ref=report.gateway_ref,
        error_code=report.error_code,
        handed_at=Coalesce("handed_at", Value(at)),
        finished_at=at if report.state in OVER_STATES else None,
    )
    call.refresh_from_db()
    return call


def take_in(
    gateway: str, gateway_ref: str, *, phone: str, community: Community, language: str, script: str
) -> tuple[Call, bool]:
    """Note that somebody calls us; returns the call, and whether it is new: the webhook may come twice."""
    at = now()
    fields = {
        "direction": Call.Direction.IN,
        "phone": phone[:24],
        "community": community,
        "language": language,
        "script": script,
        "state": State.IN_PROGRESS,
        "handed_at": at,
    }
    return Call.objects.get_or_create(gateway=gateway, gateway_ref=gateway_ref, defaults=fields)


def say(call: Call, script: str, **params: object) -> Call:
    """Note what is read aloud next, with more parameters if it needs them. Raises KeyError for an unknown script."""
    call.params = {**call.params, **{name: str(value) for name, value in params.items()}}
    call.saying = script
    missing = [name for name in SCRIPTS[script].params if name not in call.params]
    if missing:
        raise KeyError(missing[0])
    begun = F("readings") + (1 if script == call.script else 0)
    Call.objects.filter(pk=call.pk).update(saying=script, params=call.params, readings=begun)
    call.refresh_from_db(fields=["readings"])
    return call


def note_key(call: Call, key: str) -> None:
    """Keep a key that was pressed."""
    Call.objects.filter(pk=call.pk).update(keys=Left(Concat("keys", Value(key[:1])), KEYS_KEPT))
    call.refresh_from_db(fields=["keys"])


def hang_up(call: Call) -> None:
    """Note that a call is over of which the gateway tells us nothing any more."""
    Call.objects.filter(pk=call.pk).exclude(state__in=OVER_STATES).update(state=State.COMPLETED, finished_at=now())
    call.refresh_from_db(fields=["state", "finished_at"])


def settle(call: Call) -> bool:
    """Claim the conclusion of a call; False if somebody else has drawn it. Part of the caller's transaction."""
    return Call.objects.unsettled().filter(pk=call.pk).update(settled_at=now()) == 1


def _known_by(report: CallReport) -> Q:
    try:
        return Q(ref=UUID(report.ref))
    except ValueError:
        return Q(gateway_ref=report.gateway_ref) & ~Q(gateway_ref="")
