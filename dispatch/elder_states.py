"""An elder is away, has moved, has died, or is back: all that follows, in one transaction.

Help requests are called off through their own lifecycle, so volunteers are told as at any cancellation. After a death
the machine is silent: no text to the family or the elder's phone, what waits for them is fetched back, and volunteers
read no more than that they need not come. The rest is said by people (``Todo``).
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone

from linzhu.communities.clock import now
from linzhu.communities.models import User
from linzhu.dispatch import bonds, decisions, telling, todos
from linzhu.dispatch.emergency import roll_call
from linzhu.dispatch.live import record_event
from linzhu.dispatch.models import Assignment, Todo
from linzhu.dispatch.offers import release_stand_bys
from linzhu.dispatch.ties import paired_with
from linzhu.dispatch.voice import elder_calls
from linzhu.notifications import outbox
from linzhu.notifications.models import Message
from linzhu.requests import elder_state, recurring
from linzhu.requests.consents import allows
from linzhu.requests.elder_state import IllegalMove
from linzhu.requests.lifecycle import SYSTEM, Actor
from linzhu.requests.models import (
    GONE_STATES,
    Consent,
    Elder,
    ElderState,
    FamilyLink,
    HelpRequest,
    HelpRequestQuerySet,
    Status,
)
from linzhu.volunteers.models import Volunteer

State = ElderState
Reason = HelpRequest.EndReason
REASON_OF = {State.AWAY: Reason.ELDER_AWAY, State.MOVED: Reason.ELDER_MOVED, State.DIED: Reason.ELDER_DIED}
CALL_VOLUNTEER_WITHIN = timedelta(hours=4)
ASK_WITHIN = timedelta(hours=8)


@dataclass(frozen=True)
class Effects:
    """What follows from a move, as it is said before anybody confirms it."""

    visits: int
    """Somebody has promised to come and is told that it is off."""
    searches: int
    """Nobody has been found yet."""
    under_way: int
    """Somebody is in the home at this moment: that goes on."""
    series: int
    pairings: list[Volunteer]
    family: int
    """How many of the family get texts."""


def foresee(elder: Elder, to_state: str, until: date | None = None) -> Effects:
    """Return what :func:`note` would do now."""
    concerned = _concerned(HelpRequest.objects.all(), elder, until)
    promised = [row for row in concerned if row.status == Status.ASSIGNED]
    reads = to_state != State.DIED and allows(elder, Consent.Kind.FAMILY)
    return Effects(
        visits=len(promised),
        searches=len(concerned) - len(promised),
        under_way=elder.help_requests.filter(status=Status.UNDERWAY).count(),
        series=elder.recurring.filter(ended_at=None).count(),
        pairings=paired_with(elder) if to_state in GONE_STATES else [],
        family=elder.family.filter(gets_texts=True).count() if reads else 0,
    )


def note(elder: Elder, to_state: str, *, user: User | None, why: str = "", until: date | None = None) -> None:
    """Move the elder's state and do what follows. ``until``: the last day away, if anybody knows.

    Raises IllegalMove, as ``elder_state.move``; nothing is changed then.
    """
    actor = Actor.staff(user) if user else SYSTEM
    with transaction.atomic():
        elder_state.move(elder, to_state, user=user, why=why, until=until)
        recurring.follow_elder(elder, user=user, why=why)
        if to_state == State.ACTIVE:
            _close(elder, Todo.Kind.CALL_FAMILY, Todo.Kind.TELL_VOLUNTEER)
        else:
            roll_call.leave_out(elder, user=user)
            _call_off(elder, until, actor)
            _let_people_talk(elder, user)
        record_event(community=elder.community)


def bring_back(elder: Elder) -> None:
    """Who was to be away until yesterday is taken to be back; a person calls and asks."""
    with suppress(IllegalMove), transaction.atomic():  # staff may note something else in this very moment
        note(elder, State.ACTIVE, user=None)
        todos.owe(Todo.Kind.IS_BACK, community=elder.community, elder=elder, due_in=ASK_WITHIN)


def _concerned(rows: HelpRequestQuerySet, elder: Elder, until: date | None) -> list[HelpRequest]:
    """Help requests that are looked for or promised, for a time when nobody will be at home."""
    waiting = rows.filter(elder=elder, status__in=[Status.OPEN, Status.PAUSED, Status.ASSIGNED])
    return [row for row in waiting.order_by("pk") if until is None or _day_of(row) <= until]


def _day_of(help_request: HelpRequest) -> date:
    return timezone.localtime(help_request.window_start).date()


def _call_off(elder: Elder, until: date | None, actor: Actor) -> None:
    """Every row is held before it is read: a yes of this very moment is called off as well, or comes too late."""
    if elder.state == State.DIED:
        _silence(elder)
    held = HelpRequest.objects.select_for_update(no_key=True, of=("self",)).select_related("community")
    for help_request in _concerned(held, elder, until):
        help_request.elder = elder
        release_stand_bys(help_request)
        elder_calls.withdraw(help_request)
        decisions.cancel(help_request, actor=actor, reason=REASON_OF[State(elder.state)])


def _silence(elder: Elder) -> None:
    """What has not gone out yet to the elder's phone or the family's about this elder never does; links close."""
    phones = {elder.phone, *elder.family.values_list("phone", flat=True)} - {""}
    refs = HelpRequest.objects.filter(elder=elder).values("ref")
    outbox.withdraw(Message.objects.filter(to__in=phones, about__in=refs))
    FamilyLink.objects.filter(help_request__elder=elder).revoke()


def _let_people_talk(elder: Elder, user: User | None) -> None:
    """Calls owed to the elder become one to the family; who was close to the elder hears it from a person."""
    _close(elder, Todo.Kind.IS_BACK)
    unsaid = _close(elder, *todos.SAID_TO_ELDERS)
    if unsaid or elder.state == State.DIED:
        telling.owe_family_call(elder, by=user)
    _name_who_calls(elder, user)
    if not elder.is_gone:
        return
    for volunteer in _close_to(elder, user):
        todos.owe(
            Todo.Kind.TELL_VOLUNTEER,
            community=elder.community,
            elder=elder,
            volunteer=volunteer,
            owed_by=user,
            due_in=CALL_VOLUNTEER_WITHIN,
        )


def _name_who_calls(elder: Elder, user: User | None) -> None:
    """A call to the family that came up on the way is owed by whoever has noted the state."""
    calls = Todo.objects.open().filter(elder=elder, kind=Todo.Kind.CALL_FAMILY, owed_by=None)
    calls.update(owed_by=user)


def _close_to(elder: Elder, user: User | None) -> Iterable[Volunteer]:
    """Whom they were paired with; after a death also who is there now, or had promised to come."""
    people = {volunteer.pk: volunteer for volunteer in bonds.end_for(elder, user=user)}
    if elder.state == State.DIED:
        mine = Assignment.objects.filter(help_request__elder=elder).select_related("volunteer")
        called_off = mine.filter(help_request__end_reason=Reason.ELDER_DIED, released_at__gte=elder.state_at)
        for visit in (*mine.standing(), *called_off):
            people[visit.volunteer_id] = visit.volunteer
    return people.values()


def _close(elder: Elder, *kinds: str) -> int:
    """Nobody owes these any more."""
    open_todos = Todo.objects.open().filter(community=elder.community, kind__in=kinds)
    about_elder = open_todos.filter(elder=elder) | open_todos.filter(help_request__elder=elder)
    return Todo.objects.filter(pk__in=list(about_elder.values_list("pk", flat=True))).update(closed_at=now())
