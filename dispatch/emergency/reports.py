"""What comes of a safety check: the neighbour has seen the elder, or a person owes the next step."""

from __future__ import annotations

from datetime import timedelta

from linzhu.communities.clock import now
from linzhu.dispatch import todos
from linzhu.dispatch.emergency import roll_call
from linzhu.dispatch.models import Assignment, RollCallEntry, Todo
from linzhu.requests.models import HelpRequest, Status

State, Step = RollCallEntry.State, RollCallEntry.Step

CALL_WITHIN = timedelta(minutes=5)
ENDS = (Status.DONE, Status.CANCELLED, Status.UNMET)


def follow(help_request: HelpRequest, to_status: str) -> None:
    """A help request has moved: if it is the safety check of a roll-call, and over, draw the conclusion."""
    if help_request.channel != HelpRequest.Channel.ROLL_CALL or to_status not in ENDS:
        return
    found = RollCallEntry.objects.filter(help_request=help_request).select_related("emergency", "community", "elder")
    entry = found.first()
    if entry is None:
        return
    if help_request.assignments.filter(outcome=Assignment.Outcome.DONE).exists():
        seen = State.HELPED if entry.state == State.NEEDS_HELP else State.SAFE
        roll_call.learn(entry, seen, by=RollCallEntry.By.VISIT)
        return
    # Nobody has been there, or nobody opened.
    unsettled = RollCallEntry.objects.unsettled().filter(pk=entry.pk, step=Step.VISIT)
    if unsettled.update(step=Step.PERSON, due_at=now() + CALL_WITHIN):
        todos.owe(Todo.Kind.ROLL_CALL, community=entry.community, due_in=CALL_WITHIN)
