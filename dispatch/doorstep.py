"""A volunteer stands before a door that nobody opens, or is sent away: a person calls at once.

An elder who does not come to the door may lie on the floor behind it; one who lets nobody in may have been frightened.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from linzhu.dispatch import todos
from linzhu.dispatch.errors import TooLate
from linzhu.dispatch.live import record_event
from linzhu.dispatch.models import Assignment, Todo, VisitStep
from linzhu.dispatch.visits import settle_alarms

CALL_WITHIN = timedelta(minutes=5)
CALL_AGAIN_IN = timedelta(minutes=5)
"""Nobody picked up either: tried again as soon as this, not after the usual twenty minutes."""

KIND_OF: dict[str, Todo.Kind] = {
    Assignment.Outcome.ELDER_NO_ANSWER: Todo.Kind.NO_ANSWER_AT_DOOR,
    Assignment.Outcome.TURNED_DOWN: Todo.Kind.TURNED_AWAY,
}
"""Which endings of a visit owe the elder a call."""


def nobody_opens(assignment: Assignment) -> None:
    """The volunteer rings and nobody opens; the visit goes on while staff call. Said twice, it is owed once.

    Raises TooLate if the assignment no longer stands.
    """
    with transaction.atomic():
        if not Assignment.objects.standing().filter(pk=assignment.pk).exists():
            raise TooLate
        # Whoever stands at the door is not asked whether they have arrived.
        asking = VisitStep.objects.filter(assignment=assignment, done_at=None)
        asking.filter(kind__in=[VisitStep.Kind.ASK_ARRIVAL, VisitStep.Kind.ALERT_ARRIVAL]).delete()
        settle_alarms(assignment, Todo.Kind.NOT_ARRIVED)
        _owe_once(assignment, Todo.Kind.NO_ANSWER_AT_DOOR)
        record_event(assignment.help_request)


def owe_call(assignment: Assignment) -> None:
    """Owe the call that this assignment's outcome asks for, if it asks for one."""
    if kind := KIND_OF.get(assignment.outcome):
        _owe_once(assignment, kind)


def _owe_once(assignment: Assignment, kind: Todo.Kind) -> None:
    """One call for one visit: what was reported at the door is not owed anew when the visit is noted as over."""
    help_request = assignment.help_request
    if not help_request.todos.filter(kind=kind, opened_at__gte=assignment.accepted_at).exists():
        todos.owe(kind, community=help_request.community, help_request=help_request, due_in=CALL_WITHIN)
