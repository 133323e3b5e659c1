"""What gateways report about texts that they have taken: in any order, twice, or never."""

from uuid import UUID

from django.db.models import Q, Value
from django.db.models.functions import Coalesce

from linzhu.communities.clock import now
from linzhu.notifications.gateways.base import StatusReport
from linzhu.notifications.models import FINAL_STATES, Message
from linzhu.notifications.optout import opt_out

State = Message.State

# A text only moves up this list, so every order of the same reports ends in the same state. The list says as well
# which of two contradicting reports is believed: a receipt from the phone more than anything that went before.
RANKS = [State.ACCEPTED, State.SENT, State.FAILED, State.SUPPRESSED, State.UNDELIVERED, State.DELIVERED]


def record(gateway: str, report: StatusReport) -> bool:
    """Write a report down; returns whether it was news.

    It also settles a text that we hold for unknown, or queued again or given up too early: the gateway has it.
    """
    lower = [*Message.IN_FLIGHT, State.EXPIRED, *RANKS[: RANKS.index(report.state)]]
    message = Message.objects.filter(_known_by(report), gateway=gateway, state__in=lower).first()
    if message is None:
        return False
    at = now()
    moved = Message.objects.filter(pk=message.pk, state__in=lower).update(
        state=report.state,
        gateway_ref=report.gateway_ref,
        error_code=report.error_code,
        handed_at=Coalesce("handed_at", Value(at)),
        finished_at=at if report.state in FINAL_STATES else None,
    )
    if moved and report.state == State.SUPPRESSED:
        opt_out(message.to)
    return moved == 1


def _known_by(report: StatusReport) -> Q:
    try:
        return Q(ref=UUID(report.ref))
    except ValueError:
        return Q(gateway_ref=report.gateway_ref) & ~Q(gateway_ref="")
