"""Service logs (服务记录): what was asked for an elder and who came; where a volunteer has been, and for how long."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Prefetch, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from linzhu.communities.models import User
from linzhu.dispatch.models import Assignment
from linzhu.requests.models import Elder, HelpRequest, Status
from linzhu.volunteers.availability import DAYS
from linzhu.volunteers.models import Volunteer

Outcome = Assignment.Outcome
BROKEN = [Outcome.NO_SHOW, Outcome.CANNOT_COME]

POSITION = {"lat": _("place on the map"), "lng": _("place on the map")}
NAMES_OF_FIELDS = {**POSITION, **{f"free_{day}": _("When they are free") for day in DAYS}}
"""What the columns are called in the list of changes, where they have no name of their own."""


@dataclass(frozen=True)
class Years:
    """The years that a log speaks of; ``chosen`` is one of them, or nothing for all."""

    all: list[int]
    chosen: int | None

    @classmethod
    def of(cls, times: QuerySet[Any, datetime], asked_for: str) -> Years:
        years = sorted({timezone.localtime(at).year for at in times}, reverse=True)
        return cls(years, next((year for year in years if str(year) == asked_for), None))


@dataclass(frozen=True)
class ElderLog:
    help_requests: QuerySet[HelpRequest]
    """Latest first, each with its visits."""
    figures: dict[str, int]
    years: Years


@dataclass(frozen=True)
class VolunteerLog:
    visits: QuerySet[Assignment]
    """Latest first."""
    figures: dict[str, int]
    years: Years
    seen: set[int]
    """Help requests whose elder this reader may know."""


def elder_log(elder: Elder, year: str = "") -> ElderLog:
    """Read everything that was asked for an elder, in one year or ever."""
    asked = elder.help_requests.all()
    years = Years.of(asked.order_by().datetimes("window_start", "month"), year)
    if years.chosen:
        asked = asked.filter(window_start__year=years.chosen)
    visits = Prefetch("assignments", Assignment.objects.select_related("volunteer", "cash"))
    counted = asked.aggregate(help_requests=Count("pk"), unmet=Count("pk", filter=Q(status=Status.UNMET)))
    came = Assignment.objects.filter(help_request__in=asked.order_by(), outcome=Outcome.DONE)
    figures = counted | came.aggregate(
        visits=Count("pk"), minutes=Sum("minutes", default=0), volunteers=Count("volunteer", distinct=True)
    )
    return ElderLog(asked.order_by("-window_start", "-pk").prefetch_related(visits), figures, years)


def volunteer_log(volunteer: Volunteer, reader: User, year: str = "") -> VolunteerLog:
    """Read where a volunteer has been, or has promised to go, in one year or ever."""
    visits = Assignment.objects.filter(volunteer=volunteer)
    years = Years.of(visits.order_by().datetimes("help_request__window_start", "month"), year)
    if years.chosen:
        visits = visits.filter(help_request__window_start__year=years.chosen)
    figures = visits.aggregate(
        visits=Count("pk", filter=Q(outcome=Outcome.DONE)),
        minutes=Sum("minutes", filter=Q(outcome=Outcome.DONE), default=0),
        elders=Count("help_request__elder", filter=Q(outcome=Outcome.DONE), distinct=True),
        broken=Count("pk", filter=Q(outcome__in=BROKEN)),
    )
    # A visit to an elder of another community counts, but its elder stays unseen.
    visible = HelpRequest.objects.visible_to(reader).filter(assignments__in=visits.order_by())
    listed = visits.select_related("help_request__elder").order_by("-help_request__window_start", "-pk")
    return VolunteerLog(listed, figures, years, set(visible.values_list("pk", flat=True)))
