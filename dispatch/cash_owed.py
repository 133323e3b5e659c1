"""The money of a visit is never silent: the volunteer is asked once, then a person owes whatever nobody else does."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from linzhu.dispatch import visit_texts
from linzhu.dispatch.cash import awaits_figures, lapse, owe_clearing
from linzhu.dispatch.models import Assignment, CashJob, Todo, VisitStep
from linzhu.requests.models import LIVE_STATUSES

Status = CashJob.Status
AT_ONCE = 200


def ask_figures(assignment: Assignment) -> bool:
    """Ask the volunteer once by text; False if there is nothing to ask any more."""
    if not awaits_figures(assignment):
        return False
    visit_texts.ask(assignment, "ask_cash")
    return True


def owe_forgotten() -> None:
    """Whatever is not settled has somebody who owes the next step: where nobody does, a person owes it from now on."""
    open_todos = Todo.objects.open().filter(help_request=OuterRef("assignment__help_request"))
    steps = VisitStep.objects.filter(assignment=OuterRef("assignment"), kind__in=VisitStep.AFTERWARDS, done_at=None)
    # Who still stands there is looked after by what is due around the visit, and so is the second of two.
    goes_on = Q(assignment__status=Assignment.Status.STANDING) | Q(
        assignment__status=Assignment.Status.FINISHED, assignment__help_request__status__in=LIVE_STATUSES
    )
    in_hand = (
        Q(Exists(steps) | goes_on, status=Status.DUE)
        | Q(Exists(open_todos.filter(kind=Todo.Kind.AFTER_VISIT)) | goes_on, status=Status.REPORTED)
        | Q(Exists(open_todos.filter(kind=Todo.Kind.CASH_GAP)), status=Status.GAP)
    )
    related = ["volunteer", "assignment__help_request__community"]
    for job in CashJob.objects.unsettled().filter(~in_hand).select_related(*related)[:AT_ONCE]:
        with transaction.atomic():
            if not lapse(job.assignment):
                owe_clearing(job)
