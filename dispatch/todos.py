"""What a person owes: opened by the system when it cannot go on alone, closed by staff or by the facts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import transaction

from linzhu.communities.clock import now
from linzhu.communities.models import Community, User
from linzhu.dispatch.errors import AboutThemself
from linzhu.dispatch.live import record_event
from linzhu.dispatch.models import Offer, Todo
from linzhu.notifications.models import InboundMessage, Message
from linzhu.requests.models import Elder, HelpRequest
from linzhu.volunteers.models import Volunteer

ABOUT_THE_SEARCH = (
    Todo.Kind.NOBODY_FOUND,
    Todo.Kind.NO_POSITION,
    Todo.Kind.QUIET_HOURS,
    Todo.Kind.DEADLINE_NEAR,
    Todo.Kind.CALL_BACK,
)
"""What nobody needs to decide any more once somebody comes."""

ABOUT_THE_VISIT = (Todo.Kind.NOT_ARRIVED, Todo.Kind.NOT_FINISHED, Todo.Kind.TELL_ELDER_LATE)
"""What the end of the visit settles; of two who go, one alone settles no alarm about the other (``visits``)."""

ABOUT_TELLING = (Todo.Kind.TELL_ELDER, Todo.Kind.TELL_ELDER_LATE, Todo.Kind.TELL_ELDER_LOOKING)
"""Calls that tell the elder something: whoever owes one need not have noticed that a volunteer is missing."""

SAID_TO_ELDERS = (*ABOUT_TELLING, Todo.Kind.TELL_ELDER_OFF, Todo.Kind.AFTER_VISIT)
"""Calls to the elder in person: with nobody at home, nobody can be told or asked."""

DECIDE_BEFORE = timedelta(minutes=60)


class About(NamedTuple):
    """What a concern is about: a ``Todo.Subject``, and who, if that is one person."""

    subject: str
    volunteer: Volunteer | None = None
    staff: User | None = None


def decision_due_at(help_request: HelpRequest) -> datetime:
    """Return when a person is called at the latest. One that was logged late gets half of its time before that."""
    time_given = help_request.window_start - help_request.status_at
    return help_request.window_start - min(DECIDE_BEFORE, time_given / 2)


def owe(
    kind: str,
    *,
    community: Community,
    due_in: timedelta,
    help_request: HelpRequest | None = None,
    offer: Offer | None = None,
    inbound: InboundMessage | None = None,
    message: Message | None = None,
    about: About | None = None,
    elder: Elder | None = None,
    volunteer: Volunteer | None = None,
    owed_by: User | None = None,
) -> Todo:
    """Open a todo, due that long from now. The same fact about one help request, text or community is owed once.

    ``elder``, and ``volunteer``: what is about no help request, but about them.
    """
    facts: dict[str, Any] = {"help_request": help_request, "kind": kind, "inbound": inbound, "message": message}
    facts |= {"elder": elder, "volunteer": volunteer}
    defaults: dict[str, Any] = {"offer": offer, "due_at": now() + due_in, "owed_by": owed_by}
    if about:
        defaults |= {"subject": about.subject, "about_volunteer": about.volunteer, "about_staff": about.staff}
    of_community = not (help_request or inbound or message or elder)
    (facts if of_community else defaults)["community"] = community
    with transaction.atomic(savepoint=False):
        todo, created = Todo.objects.get_or_create(**facts, closed_at=None, defaults=defaults)
        if created:
            record_event(help_request, community)
    return todo


def settle(todo: Todo, *, user: User | None, outcome: str = "") -> bool:
    """Close a todo; returns False if somebody else has closed it already. Raises AboutThemself where it is."""
    if user and not todo.may_be_settled_by(user):
        raise AboutThemself
    with transaction.atomic():
        closed = Todo.objects.open().filter(pk=todo.pk).update(closed_at=now(), closed_by=user, outcome=outcome[:200])
        if closed:
            todo.refresh_from_db()
            record_event(todo.help_request, todo.community)
    return bool(closed)


def postpone(todo: Todo, *, due_in: timedelta, outcome: str) -> None:
    """Tried without success (nobody picked up): still owed, due again after a while."""
    with transaction.atomic():
        Todo.objects.open().filter(pk=todo.pk).update(due_at=now() + due_in, outcome=outcome[:200])
        record_event(todo.help_request, todo.community)


def close_kind(help_request: HelpRequest, *kinds: str) -> int:
    """Close todos of these kinds that the facts have overtaken; returns how many."""
    return Todo.objects.open().filter(help_request=help_request, kind__in=kinds).update(closed_at=now())


def close_overtaken(help_request: HelpRequest) -> int:
    """Close what nobody owes once a help request is over; returns how many.

    What somebody has written stays until a person has read it: it may be a cry for help. So does an alarm, and the
    question how the visit was, and whatever is owed about its money.
    """
    asked = (*Todo.ALARMS, *Todo.AFTERWARDS)
    overtaken = Todo.objects.open().filter(help_request=help_request, inbound=None).exclude(kind__in=asked)
    return overtaken.update(closed_at=now())
