"""News from below: a help request has moved, a text has come in. Both arrive inside the transaction that made them."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver
from django_q.tasks import async_task

from linzhu.dispatch import telling, todos
from linzhu.dispatch.answers import answer
from linzhu.dispatch.call_backs import owe_call_back
from linzhu.dispatch.emergency import reports
from linzhu.dispatch.live import record_event
from linzhu.dispatch.models import Todo
from linzhu.notifications.models import InboundMessage
from linzhu.notifications.signals import message_received
from linzhu.requests.models import HelpRequest, Status, StatusChange
from linzhu.requests.signals import status_changed


@receiver(status_changed)
def follow_status(help_request: HelpRequest, change: StatusChange, **kwargs: Any) -> None:
    """Keep the pages live, tell people, and wake the search. The clock would find the search anyway."""
    record_event(help_request)
    if change.from_status == "":
        telling.tell_logged(help_request)
    if change.to_status == Status.ASSIGNED:
        todos.close_kind(help_request, *todos.ABOUT_THE_SEARCH, Todo.Kind.TELL_ELDER_LOOKING)
        telling.tell_assigned(help_request)
    if change.to_status == Status.DONE:
        todos.close_kind(help_request, Todo.Kind.TELL_ELDER)
        owe_call_back(help_request)
    reports.follow(help_request, change.to_status)
    if change.to_status == Status.OPEN:
        # The queue's table is in the same database: the task exists if and only if this transaction commits.
        async_task("linzhu.dispatch.tasks.search", help_request.pk)


@receiver(message_received)
def follow_message(inbound: InboundMessage, **kwargs: Any) -> None:
    answer(inbound)
