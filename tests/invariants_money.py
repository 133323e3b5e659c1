"""What must hold of every visit's money at every moment, and right after a look of the clock."""

from __future__ import annotations

from itertools import pairwise

from linzhu.dispatch.cash import SETTLED, TRANSITIONS
from linzhu.dispatch.cash_verdict import faults
from linzhu.dispatch.models import Assignment, CashJob, Todo, VisitStep
from linzhu.requests.models import LIVE_STATUSES

State = CashJob.Status


def broken_money() -> list[str]:
    """Return which rules do not hold, and of whose money; empty if all is well."""
    jobs = CashJob.objects.select_related("assignment").prefetch_related("notes")
    return [f"{job.pk} {job.status}: {rule}" for job in jobs for rule in _broken(job)]


def _broken(job: CashJob) -> list[str]:
    trail = [note.status for note in job.notes.all()]
    rules = {
        "the trail begins and ends where it stands": trail[0] == State.DUE and trail[-1] == job.status,
        "every step of the trail is legal": all(
            later in TRANSITIONS[earlier] or later == earlier for earlier, later in pairwise(trail)
        ),
        "settled is agreed or cleared": (job.settled_at is not None) == (job.status in SETTLED),
        "who agrees has no fault": job.status != State.AGREED or (not faults(job) and job.figures and job.heard_at),
        "nothing with a fault goes on": not faults(job) or job.status in (State.GAP, State.CLEARED),
        "only staff clear": job.status != State.CLEARED or list(job.notes.all())[-1].user_id is not None,
        "it is the volunteer's own": job.volunteer_id == job.assignment.volunteer_id,
    }
    return [rule for rule, holds in rules.items() if not holds]


def silent_money() -> list[str]:
    """Return the money that is not settled and that nobody owes a next step for."""
    return [f"{job.pk} {job.status}" for job in CashJob.objects.unsettled() if not _is_in_hand(job)]


def _is_in_hand(job: CashJob) -> bool:
    assignment = job.assignment
    owed = Todo.objects.open().filter(help_request=assignment.help_request_id)
    if job.status == State.GAP:
        return owed.filter(kind=Todo.Kind.CASH_GAP).exists()
    if assignment.status == Assignment.Status.STANDING:
        return True
    if assignment.status == Assignment.Status.FINISHED and assignment.help_request.status in LIVE_STATUSES:
        return True
    if job.status == State.DUE:
        return VisitStep.objects.filter(assignment=assignment, done_at=None, kind__in=VisitStep.AFTERWARDS).exists()
    return owed.filter(kind=Todo.Kind.AFTER_VISIT).exists()
