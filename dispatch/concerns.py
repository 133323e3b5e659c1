"""Concerns: what they are about, how soon somebody sees them, and when they cannot wait.

A concern has a subject: the volunteer, how the elder is, the help itself, the office. Whoever it is about is not the
one who settles it (``Todo.may_be_settled_by``).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.db.models import QuerySet

from linzhu.communities.clock import now
from linzhu.communities.models import Community, Role, User
from linzhu.communities.rules import rules_of
from linzhu.dispatch import todos
from linzhu.dispatch.handover import DANGER_WITHIN
from linzhu.dispatch.models import Assignment, Todo
from linzhu.dispatch.replies import Kind, read_reply
from linzhu.dispatch.todos import About
from linzhu.notifications.models import InboundMessage
from linzhu.requests.models import HelpRequest
from linzhu.volunteers.models import Volunteer

SEEN_WITHIN = timedelta(minutes=15)
STAFF = "staff"
Subject = Todo.Subject


def seen_within(community: Community) -> timedelta:
    """Return how soon a person reads a concern: 15 minutes; in the night, that long after it is over."""
    at = now()
    return (rules_of(community).quiet_end(at) or at) - at + SEEN_WITHIN


def read_about(chosen: str, help_request: HelpRequest) -> About | None:
    """Read what a form says: a subject, ``volunteer-12`` or ``staff-5``; None for anything else.

    Where one volunteer alone has come, "the volunteer" is that one.
    """
    kind, _, pk = chosen.partition("-")
    if kind == Subject.VOLUNTEER:
        came = [one for one in _who_came(help_request) if pk in ("", str(one.pk))]
        return About(kind, came[0] if len(came) == 1 else None)
    if kind == STAFF and pk.isdigit():
        return About(Subject.OFFICE, staff=colleagues_of([help_request.community]).filter(pk=pk).first())
    return About(kind) if kind in Subject.values else None


def colleagues_of(communities: Iterable[Community]) -> QuerySet[User]:
    """Return the staff who work with people of these communities."""
    paths = {path for community in communities for path in community.ancestor_paths()}
    roles = Role.objects.filter(community__path__in=paths, kind__in=Role.HANDLES_PEOPLE)
    return User.objects.filter(is_active=True, pk__in=roles.values("user")).order_by("name", "pk")


def alarm_if_danger(said: InboundMessage, help_request: HelpRequest) -> bool:
    """Alert staff at once if these words mean danger; returns whether they do."""
    if read_reply(said.text).kind != Kind.DANGER:
        return False
    todos.owe(
        Todo.Kind.DANGER,
        community=help_request.community,
        help_request=help_request,
        inbound=said,
        due_in=DANGER_WITHIN,
    )
    return True


def _who_came(help_request: HelpRequest) -> list[Volunteer]:
    coming = Assignment.objects.current().filter(help_request=help_request).select_related("volunteer")
    return [assignment.volunteer for assignment in coming]
