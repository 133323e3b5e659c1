"""What a volunteer texts about the money of a visit: the three figures, alone or together with "done"."""

from __future__ import annotations

from linzhu.communities.clock import now
from linzhu.dispatch import cash, telling
from linzhu.dispatch.cash import STILL_CORRECTS
from linzhu.dispatch.cash_verdict import is_correctable, job_of
from linzhu.dispatch.models import Assignment, AssignmentQuerySet, CashJob
from linzhu.dispatch.reading.money import Figures
from linzhu.dispatch.replies import Reply
from linzhu.notifications.models import InboundMessage
from linzhu.requests.lifecycle import Actor
from linzhu.requests.models import StatusChange


def report(inbound: InboundMessage, reply: Reply) -> bool:
    """Note the figures and thank for them. False if it is not certain which visit is meant, or it is too late."""
    assignment = _meant(inbound, reply)
    if assignment is None or reply.figures is None:
        return False
    inbound.about = assignment.help_request.ref
    note(assignment, reply.figures)
    return True


def note(assignment: Assignment, figures: Figures) -> None:
    """Note figures that came by text, and answer by one. Raises TooLate once the elder has been heard."""
    volunteer = assignment.volunteer
    job = cash.report(assignment, figures, actor=Actor(StatusChange.Who.VOLUNTEER, volunteer.known_as))
    telling.tell_volunteer(volunteer, "cash_look" if job.status == CashJob.Status.GAP else "cash_thanks", None)


def _recent(visits: AssignmentQuerySet) -> AssignmentQuerySet:
    """Those whose money may be spoken of: still to end, or over for a few days and not settled."""
    recent = visits.standing() | visits.filter(
        status=Assignment.Status.FINISHED, finished_at__gt=now() - STILL_CORRECTS, cash__settled_at=None
    )
    return recent.select_related("cash", "volunteer", "help_request__elder", "help_request__community")


def _meant(inbound: InboundMessage, reply: Reply) -> Assignment | None:
    """The one visit with cash of this phone (or with the code) that can be meant; None if that is not certain.

    One without figures comes before one whose figures might be corrected, and one that has begun before one to come.
    """
    visits = Assignment.objects.filter(volunteer__phone=inbound.sender)
    if reply.code:
        visits = visits.filter(offer__code=reply.code)
    possible = [visit for visit in _recent(visits) if visit.help_request.is_about_money and is_correctable(visit)]
    missing = [visit for visit in possible if job_of(visit) is None or job_of(visit).figures is None]  # type: ignore[union-attr]
    begun = [visit for visit in missing if visit.arrived_at or visit.finished_at]
    likely = begun or missing or possible
    return likely[0] if len(likely) == 1 else None
