"""What a volunteer's own page shows: offers that wait for an answer, promised visits, their week, wishes and hours.

Before a yes: service, area, window. After it, what the visit needs. Two hours after the visit, nothing of the elder.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Exists, F, OuterRef, Q, Sum
from django.db.models.functions import TruncMonth
from django.utils import timezone

from linzhu.communities.clock import now
from linzhu.dispatch.cash import STILL_CORRECTS
from linzhu.dispatch.cash_verdict import job_of
from linzhu.dispatch.family_says import THANKS
from linzhu.dispatch.models import Assignment, Offer
from linzhu.dispatch.offers import SEARCHING
from linzhu.dispatch.wishes import FEWEST, MOST, cap_of
from linzhu.notifications.models import InboundMessage
from linzhu.requests.consents import veil
from linzhu.requests.models import LIVE_STATUSES, HelpRequest
from linzhu.volunteers.availability_text import show_week
from linzhu.volunteers.models import Volunteer
from linzhu.volunteers.week import draw_week

STILL_SEEN = timedelta(hours=2)
"""How long after the visit the volunteer still reads whom they helped."""

NEAR = timedelta(hours=3)
"""How long before the window begins a volunteer may well set out."""

MONTHS_SHOWN = 12
USUAL_DELAYS_MIN = (10, 15, 20, 30, 45, 60, 90)


@dataclass(frozen=True)
class Question:
    """An offer: as much as may be told before a yes."""

    pk: int
    service: str
    area: str
    help_request: HelpRequest
    """For its window alone: templates show nothing else of it."""


@dataclass(frozen=True)
class Visit:
    """A promise, and what is needed to keep it."""

    assignment: Assignment
    help_request: HelpRequest
    home: str
    minutes: int
    """How long it probably took, for the box that asks: since the arrival, or what is usual for the service."""
    is_near: bool
    """It is about time to go: before that, setting out is not the first thing to press."""

    @property
    def stage(self) -> str:
        """``there``, ``on-the-way`` or ``promised``."""
        if self.assignment.arrived_at:
            return "there"
        return "on-the-way" if self.assignment.on_my_way_at else "promised"


@dataclass(frozen=True)
class Month:
    """Visits of one month and the minutes said for them."""

    first: date
    visits: int
    minutes: int


@dataclass(frozen=True)
class VolunteerPage:
    """Everything on the page."""

    volunteer: Volunteer
    questions: list[Question]
    refused: list[Question]
    """They said no, perhaps by mistake, and somebody is still looked for."""
    stand_bys: list[Question]
    visits: list[Visit]
    finished: list[Visit]
    money: list[Assignment]
    """Visits that are over, whose cash they have not told of yet: no name, no home."""
    months: list[Month]
    week: dict[str, object]
    week_words: str
    paused_until: date | None
    """The first day on which they are asked again; None if they take no pause."""
    cap: int
    may_get_more: bool
    may_get_fewer: bool
    office_phone: str

    @property
    def total_visits(self) -> int:
        return sum(month.visits for month in self.months)

    @property
    def total_minutes(self) -> int:
        return sum(month.minutes for month in self.months)


def read_page(volunteer: Volunteer) -> VolunteerPage:
    """Return what the volunteer sees now: five queries, however many offers and visits there are."""
    at = now()
    offers = _offers(volunteer, at)
    assignments = _assignments(volunteer, at)
    visits = [_visit(one, at) for one in assignments if one.finished_at is None or one.finished_at > at - STILL_SEEN]
    cap = cap_of(volunteer)
    pauses = volunteer.paused_until is not None and volunteer.paused_until > at
    return VolunteerPage(
        volunteer=volunteer,
        questions=[_question(offer) for offer in offers if offer.status == Offer.Status.OPEN],
        refused=[_question(offer) for offer in offers if offer.status == Offer.Status.DECLINED],
        stand_bys=[_question(offer) for offer in offers if offer.status == Offer.Status.STANDBY],
        visits=[visit for visit in visits if visit.assignment.status == Assignment.Status.STANDING],
        finished=[visit for visit in visits if visit.assignment.status == Assignment.Status.FINISHED],
        money=[one for one in assignments if one.finished_at and _owes_figures(one)],
        months=_months(volunteer, at),
        week=draw_week(volunteer.week),
        week_words=show_week(volunteer.week),
        paused_until=timezone.localtime(volunteer.paused_until).date() if pauses else None,
        cap=cap,
        may_get_more=cap < MOST,
        may_get_fewer=cap > FEWEST,
        office_phone=volunteer.community.phone_for_callers(),
    )


def _offers(volunteer: Volunteer, at: datetime) -> list[Offer]:
    """Open ones that can still be answered, those for which they stand by, and those where a no may become a yes."""
    refused = Q(status=Offer.Status.DECLINED, help_request__status__in=SEARCHING)
    waiting = Offer.objects.filter(
        Q(status__in=[Offer.Status.OPEN, Offer.Status.STANDBY]) | refused,
        volunteer=volunteer,
        expires_at__gt=at,
        help_request__status__in=LIVE_STATUSES,
        round=F("help_request__round"),  # who stood by in an earlier search has been asked again since
    )
    related = ["help_request__elder__place__parent", "help_request__elder__community"]
    return list(waiting.select_related(*related).order_by("help_request__window_start", "pk"))


def _assignments(volunteer: Volunteer, at: datetime) -> list[Assignment]:
    mine = Assignment.objects.filter(volunteer=volunteer)
    seen = Q(finished_at__gt=at - STILL_SEEN) | Q(
        finished_at__gt=at - STILL_CORRECTS, cash__settled_at=None, cash__reported_at=None
    )
    related = [
        "help_request__elder__place__parent",
        "help_request__elder__community",
        "help_request__community",
        "cash",
    ]
    thanks = InboundMessage.objects.filter(about=OuterRef("help_request__ref"), reading=THANKS)
    visits = (
        mine.filter(Q(status=Assignment.Status.STANDING) | Q(seen, status=Assignment.Status.FINISHED))
        .annotate(is_thanked=Exists(thanks))
        .select_related(*related, "cash")
    )
    shown: list[Assignment] = [*visits.order_by("help_request__window_start", "pk")]
    veil(visit.help_request.elder for visit in shown)
    return shown


def _owes_figures(assignment: Assignment) -> bool:
    job = job_of(assignment)
    return job is not None and job.settled_at is None and job.reported_at is None


def _question(offer: Offer) -> Question:
    help_request = offer.help_request
    return Question(offer.pk, help_request.service.name, help_request.elder.area(), help_request)


def _visit(assignment: Assignment, at: datetime) -> Visit:
    help_request = assignment.help_request
    minutes = help_request.service.minutes
    if assignment.arrived_at:
        passed = (at - assignment.arrived_at).total_seconds() / 60
        minutes = max(5, round(passed / 5) * 5)
    home = help_request.elder.home() or help_request.community.name
    return Visit(assignment, help_request, home, minutes, is_near=help_request.window_start - at < NEAR)


def _months(volunteer: Volunteer, at: datetime) -> list[Month]:
    """The last twelve months that had visits, the latest first. Figures alone: nobody is named."""
    midnight = timezone.localtime(at).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    year, month = divmod(midnight.year * 12 + midnight.month - MONTHS_SHOWN, 12)
    first = midnight.replace(year=year, month=month + 1)
    finished = Assignment.objects.filter(volunteer=volunteer, status=Assignment.Status.FINISHED)
    rows = (
        finished.filter(finished_at__gte=first)
        .order_by()
        .annotate(month=TruncMonth("finished_at"))
        .values("month")
        .annotate(visits=Count("pk"), minutes=Sum("minutes"))
        .order_by("-month")
    )
    return [Month(row["month"].date(), row["visits"], row["minutes"] or 0) for row in rows]
