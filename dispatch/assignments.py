"""What staff do by hand with the people who come: assign, release, mark arrived and done."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F

from linzhu.communities.clock import now
from linzhu.dispatch import telling
from linzhu.dispatch.live import record_event
from linzhu.dispatch.models import Assignment
from linzhu.dispatch.offers import TooLate, claim_by_hand
from linzhu.requests import lifecycle
from linzhu.requests.lifecycle import Actor
from linzhu.requests.models import HelpRequest, Status
from linzhu.volunteers.models import Volunteer


def assign(
    help_request: HelpRequest, volunteer: Volunteer, *, actor: Actor, via: str = Assignment.Via.STAFF
) -> Assignment:
    """Give a place to a volunteer by hand ("said yes on the phone"). Raises TooLate or NotCleared."""
    return claim_by_hand(help_request, volunteer, actor=actor, via=via)


def release(assignment: Assignment, *, actor: Actor, why: str, tell_volunteer: bool = True) -> HelpRequest:
    """The volunteer does not come: the place is free and the search begins anew, in a new round.

    Raises TooLate if the assignment no longer stands.
    """
    with transaction.atomic():
        _end(assignment, Assignment.Status.RELEASED, released_at=now())
        help_request = assignment.help_request
        HelpRequest.objects.filter(pk=help_request.pk).update(places_filled=F("places_filled") - 1)
        help_request.refresh_from_db()
        if help_request.status in (Status.ASSIGNED, Status.UNDERWAY):
            lifecycle.move(help_request, Status.OPEN, actor=actor, why=why, round=help_request.round + 1)
            telling.tell_searching_again(help_request)
        if tell_volunteer:
            telling.call_off_visit(assignment, why)
        record_event(help_request)
    return help_request


def arrive(assignment: Assignment, *, actor: Actor) -> None:
    """The volunteer is at the door. The first of two to arrive puts the help request under way."""
    with transaction.atomic():
        Assignment.objects.standing().filter(pk=assignment.pk, arrived_at=None).update(arrived_at=now())
        help_request = assignment.help_request
        help_request.refresh_from_db()
        if help_request.status == Status.ASSIGNED:
            lifecycle.move(help_request, Status.UNDERWAY, actor=actor, why=assignment.volunteer.known_as)
        record_event(help_request)


def finish(assignment: Assignment, *, actor: Actor, minutes: int | None = None) -> None:
    """The visit is over, after that many minutes. When everybody is through, the help request is done.

    Raises TooLate if the assignment no longer stands.
    """
    with transaction.atomic():
        _end(assignment, Assignment.Status.FINISHED, finished_at=now(), minutes=minutes)
        help_request = assignment.help_request
        help_request.refresh_from_db()
        waiting = help_request.assignments.standing().exists()
        if not waiting and help_request.status in (Status.ASSIGNED, Status.UNDERWAY):
            lifecycle.move(help_request, Status.DONE, actor=actor, why=assignment.volunteer.known_as)
        record_event(help_request)


def _end(assignment: Assignment, status: str, **fields: object) -> None:
    if not Assignment.objects.standing().filter(pk=assignment.pk).update(status=status, **fields):
        raise TooLate
    assignment.refresh_from_db()
