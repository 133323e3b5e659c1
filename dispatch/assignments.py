"""What staff do by hand with the people who come: assign, release, mark arrived and done."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Coalesce, Greatest

from linzhu.communities.clock import now
from linzhu.dispatch import cash, doorstep, telling, todos, visit_texts
from linzhu.dispatch.errors import TooLate
from linzhu.dispatch.live import record_event
from linzhu.dispatch.models import Assignment, Todo
from linzhu.dispatch.offers import claim_by_hand
from linzhu.dispatch.visits import RAISED_BY, plan_end, settle_alarms
from linzhu.requests import lifecycle
from linzhu.requests.lifecycle import Actor
from linzhu.requests.models import HelpRequest, Status
from linzhu.volunteers.models import Volunteer


def assign(
    help_request: HelpRequest, volunteer: Volunteer, *, actor: Actor, via: str = Assignment.Via.STAFF
) -> Assignment:
    """Give a place to a volunteer by hand ("said yes on the phone"). Raises TooLate or NotCleared."""
    return claim_by_hand(help_request, volunteer, actor=actor, via=via)


def release(
    assignment: Assignment,
    *,
    actor: Actor,
    why: str,
    tell_volunteer: bool = True,
    outcome: str = Assignment.Outcome.CANNOT_COME,
) -> HelpRequest:
    """The volunteer does not come: the place is free and the search begins anew, in a new round.

    It looks for as many as the service asks for, even if staff had settled for fewer.
    Raises TooLate if the assignment no longer stands.
    """
    with transaction.atomic():
        help_request = _hold(assignment)
        _end(assignment, Assignment.Status.RELEASED, released_at=now(), outcome=outcome)
        doorstep.owe_call(assignment)
        _settle_visit(assignment)
        HelpRequest.objects.filter(pk=help_request.pk).update(
            places_filled=F("places_filled") - 1,
            # That fewer were enough was said of those who were coming: nobody is sent alone where two should go.
            people_needed=Greatest(F("people_needed"), help_request.service.people),
        )
        help_request.refresh_from_db()
        if help_request.status in (Status.ASSIGNED, Status.UNDERWAY):
            lifecycle.move(help_request, Status.OPEN, actor=actor, why=why, round=help_request.round + 1)
            telling.tell_searching_again(help_request)
        if tell_volunteer:
            visit_texts.call_off(assignment, why)
        record_event(help_request)
    return help_request


def set_out(assignment: Assignment) -> None:
    """The volunteer is on the way. Said twice, the first time counts."""
    with transaction.atomic():
        Assignment.objects.standing().filter(pk=assignment.pk, on_my_way_at=None).update(on_my_way_at=now())
        record_event(assignment.help_request)


def arrive(assignment: Assignment, *, actor: Actor) -> None:
    """The volunteer is at the door. The first of two to arrive puts the help request under way.

    Said twice, the first time counts. Raises TooLate if the assignment no longer stands.
    """
    with transaction.atomic():
        help_request = _hold(assignment)
        standing = Assignment.objects.standing().filter(pk=assignment.pk)
        if not standing.update(arrived_at=Coalesce("arrived_at", Value(now()))):
            raise TooLate
        plan_end(assignment)
        settle_alarms(assignment, Todo.Kind.NOT_ARRIVED)
        if help_request.status == Status.ASSIGNED:
            lifecycle.move(help_request, Status.UNDERWAY, actor=actor, why=assignment.volunteer.known_as)
        record_event(help_request)


def finish(
    assignment: Assignment,
    *,
    actor: Actor,
    minutes: int | None = None,
    outcome: str = Assignment.Outcome.DONE,
) -> None:
    """The visit is over, after that many minutes. When everybody is through, the help request is done.

    Raises TooLate if the assignment no longer stands.
    """
    with transaction.atomic():
        help_request = _hold(assignment)
        _end(assignment, Assignment.Status.FINISHED, finished_at=now(), minutes=minutes, outcome=outcome)
        doorstep.owe_call(assignment)
        cash.begin(assignment)
        _settle_visit(assignment)
        waiting = help_request.assignments.standing().exists()
        if not waiting and help_request.status in (Status.ASSIGNED, Status.UNDERWAY):
            lifecycle.move(help_request, Status.DONE, actor=actor, why=assignment.volunteer.known_as)
        record_event(help_request)


def _hold(assignment: Assignment) -> HelpRequest:
    """Take the help request's row, as it is now, before its assignments.

    Every move takes them in this order, or two of them would deadlock on PostgreSQL; and of two volunteers who finish
    in the same moment each would find the other still expected. SQLite lets one writer in at a time anyway.
    """
    help_request = assignment.help_request
    help_request.refresh_from_db(from_queryset=HelpRequest.objects.select_for_update(no_key=True))
    return help_request


def _settle_visit(assignment: Assignment) -> None:
    """This visit is over: nobody owes anything about it any more, but perhaps about the other of two."""
    settle_alarms(assignment, *RAISED_BY)
    if not assignment.help_request.assignments.standing().exists():
        todos.close_kind(assignment.help_request, *todos.ABOUT_THE_VISIT)


def _end(assignment: Assignment, status: str, **fields: object) -> None:
    if not Assignment.objects.standing().filter(pk=assignment.pk).update(status=status, **fields):
        raise TooLate
    assignment.refresh_from_db()
    visit_texts.withdraw(assignment)
