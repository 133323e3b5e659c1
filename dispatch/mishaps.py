"""What went wrong and must not stay silent: found by the clock in the rows, handed to a person."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from linzhu.communities.models import Community, Role
from linzhu.dispatch import opting, todos
from linzhu.dispatch.assignments import release
from linzhu.dispatch.errors import TooLate
from linzhu.dispatch.handover import READ_WITHIN, community_of
from linzhu.dispatch.models import Assignment, Offer, Todo
from linzhu.dispatch.offers import void_offers
from linzhu.dispatch.visit_texts import owe_call_instead
from linzhu.notifications.caps import CODES, midnight
from linzhu.notifications.health import silent_since
from linzhu.notifications.inbound import MAX_ATTEMPTS
from linzhu.notifications.models import InboundMessage, Message, OptOut, is_late, lost_since
from linzhu.requests.lifecycle import SYSTEM, IllegalTransition
from linzhu.volunteers.models import Volunteer

LOOKS_BACK = timedelta(days=1)
AT_ONCE = 50
STUCK_AFTER = timedelta(minutes=10)
"""As long as a text is tried that the gateway refuses: from then on a person is quicker."""

State = Message.State

MUST_ARRIVE = (
    "visit_yours", "visit_off", "visit_off_gently", "family_assigned", "family_searching", "family_off",
    "elder_assigned", "elder_off",
)  # fmt: skip
"""Texts whose loss somebody waits at a door for. A lost offer costs nothing: the next wave asks others."""


def owe_undelivered(at: datetime) -> None:
    """A text that must arrive did not, or is on its way for too long: a person calls instead."""
    since = at - LOOKS_BACK
    for condition in (lost_since(since), _refused(since), _stuck(at)):
        messages = Message.objects.filter(condition, ~Exists(_in_hand()), template__in=MUST_ARRIVE)
        for message in messages.select_related("community")[:AT_ONCE]:
            owe_call_instead(message)


def _in_hand() -> QuerySet[Todo]:
    """Calls about a text that are owed or made. One closed when it went out is owed once more if it then gets lost."""
    ended = Coalesce(OuterRef("finished_at"), OuterRef("created_at"))
    standing = Q(closed_at=None) | Q(closed_by__isnull=False) | Q(closed_at__gte=ended)
    return Todo.objects.filter(standing, message=OuterRef("pk"))


def _refused(since: datetime) -> Q:
    """Held back by an opt-out that came after it: who had opted out before is heeded where the text is written."""
    recent = OptOut.objects.filter(at__gt=since)
    after_it = Exists(recent.filter(phone=OuterRef("to"), at__gte=OuterRef("created_at")))
    return Q(after_it, state=State.SUPPRESSED, to__in=recent.values("phone"))


def _stuck(at: datetime) -> Q:
    """Not handed over yet, whatever holds it up: a gateway, its place in line, a look-up. One index for each state."""
    since = at - LOOKS_BACK
    on_its_way = (
        Q(state=State.QUEUED, next_attempt_at__gt=since)
        | Q(state=State.UNKNOWN, next_attempt_at__gt=since)
        | Q(state=State.SENDING, lease_until__gt=since)
    )
    return on_its_way & is_late(at - STUCK_AFTER)


def close_arrived_after_all() -> None:
    """It has arrived, or did when it was sent once more, or nobody needs it any more: nobody need call."""
    settled = Q(message__state__in=[State.ACCEPTED, State.SENT, State.DELIVERED, State.EXPIRED])
    arrived = Todo.objects.open().filter(settled | Q(message__again__state=State.DELIVERED))
    for todo in arrived.filter(kind=Todo.Kind.NOT_DELIVERED).select_related("community", "help_request")[:AT_ONCE]:
        todos.settle(todo, user=None)


def owe_held_back(at: datetime) -> None:
    """A daily limit or the list of countries held texts back: each community is told once a day."""
    today = midnight(at)
    held = Message.objects.filter(lost_since(today), error_code__in=CODES)
    communities = set(held.order_by().values_list("community", flat=True))
    told = _told(Todo.Kind.TEXTS_HELD, today)
    for community in Community.objects.filter(~Exists(told), pk__in=communities)[:AT_ONCE]:
        todos.owe(Todo.Kind.TEXTS_HELD, community=community, due_in=READ_WITHIN)


def heed_outage(at: datetime) -> None:
    """No text goes out: whoever dispatches somewhere is told, once for each outage, until texts go out again."""
    since = silent_since(at)
    if since is None:
        for todo in Todo.objects.open().filter(kind=Todo.Kind.NO_TEXTS).select_related("community"):
            todos.settle(todo, user=None)
        return
    told = _told(Todo.Kind.NO_TEXTS, since)
    staffed = Role.objects.filter(community=OuterRef("pk"), kind__in=Role.DISPATCHES, user__is_active=True)
    for community in Community.objects.filter(Exists(staffed), ~Exists(told))[:AT_ONCE]:
        todos.owe(Todo.Kind.NO_TEXTS, community=community, due_in=READ_WITHIN)


def _told(kind: Todo.Kind, since: datetime) -> QuerySet[Todo]:
    """Todos of this kind in a community that is being told still, or has been since then."""
    open_or_new = Q(closed_at=None) | Q(opened_at__gte=since)
    return Todo.objects.filter(open_or_new, community=OuterRef("pk"), kind=kind)


def owe_unhandled(at: datetime) -> None:
    """A text came in and our own code failed on it to the last try: a person reads it."""
    stuck = InboundMessage.objects.filter(
        handled_at=None, attempts__gte=MAX_ATTEMPTS, received_at__gt=at - LOOKS_BACK, todos=None
    )
    for inbound in stuck[:AT_ONCE]:
        volunteer = Volunteer.objects.filter(phone=inbound.sender).select_related("community").first()
        community = volunteer.community if volunteer else community_of(inbound.sender)
        if community is not None:
            todos.owe(Todo.Kind.UNCLEAR_REPLY, community=community, inbound=inbound, due_in=READ_WITHIN)


def heed_opt_outs(at: datetime) -> None:
    """An opt-out that only the gateway told us of (a refused text) has the same consequences."""
    recent = OptOut.objects.filter(at__gt=at - LOOKS_BACK).values("phone")
    unaware = Volunteer.objects.filter(opted_out_at=None, phone__in=recent)
    for phone in list(unaware.values_list("phone", flat=True)[:AT_ONCE]):
        opting.heed(phone)


def heed_suspensions(at: datetime) -> None:
    """A volunteer who may no longer help: their open offers are void, and somebody else is asked for their visits.

    Whoever is in an elder's home at this moment is not called off by a text: a person sees to it.
    """
    gone = ~Q(volunteer__status=Volunteer.Status.ACTIVE)
    void_offers(Offer.objects.filter(gone))
    visits = Assignment.objects.standing().filter(gone).select_related("volunteer", "help_request__community")
    for visit in visits.filter(arrived_at=None)[:AT_ONCE]:
        with suppress(TooLate, IllegalTransition):  # it has been ended in this very moment
            release(visit, actor=SYSTEM, why="", outcome=Assignment.Outcome.CANCELLED)
    noticed = Todo.objects.filter(
        help_request=OuterRef("help_request"), kind=Todo.Kind.VOLUNTEER_CANNOT, opened_at__gt=OuterRef("accepted_at")
    )
    for visit in visits.filter(~Exists(noticed), arrived_at__isnull=False)[:AT_ONCE]:
        todos.owe(
            Todo.Kind.VOLUNTEER_CANNOT,
            community=visit.help_request.community,
            help_request=visit.help_request,
            due_in=READ_WITHIN,
        )
