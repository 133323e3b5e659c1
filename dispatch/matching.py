"""Who could help: one query for the neighbours in reach, then pure functions that rank or exclude with a reason."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import Count, Exists, IntegerField, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from linzhu.communities.clock import now
from linzhu.communities.geo import box_around, distance_m
from linzhu.dispatch.models import Assignment, Offer
from linzhu.dispatch.reasons import Reason
from linzhu.requests.models import HelpRequest
from linzhu.volunteers.availability import is_free
from linzhu.volunteers.models import Volunteer, VolunteerQuerySet

WEEK = timedelta(days=7)
TRAVEL_MARGIN = timedelta(minutes=30)
"""Time kept free before and after another visit."""


@dataclass(frozen=True)
class Candidate:
    """A volunteer who can be asked. ``score`` only orders; ``reasons`` say why they stand where they stand."""

    volunteer: Volunteer
    distance_m: int
    score: float
    reasons: list[Reason]


@dataclass(frozen=True)
class Exclusion:
    """A volunteer in reach who is not asked, and why."""

    volunteer: Volunteer
    distance_m: int
    reasons: list[Reason]


@dataclass(frozen=True)
class Ranking:
    candidates: list[Candidate] = field(default_factory=list)
    """Best first."""
    excluded: list[Exclusion] = field(default_factory=list)
    """Nearest first."""


def rank(help_request: HelpRequest, *, radius_m: int | None = None) -> Ranking:
    """Rank everybody within ``radius_m`` metres of the elder's home (default: as far as waves ever go).

    Works for a help request that is not saved yet, too. An elder without a position has an empty ranking.
    """
    home = help_request.elder.position()
    if home is None:
        return Ranking()
    radius_m = radius_m or settings.WAVE_RADII_M[-1]
    at = now()
    candidates: list[Candidate] = []
    excluded: list[Exclusion] = []
    for volunteer in _neighbours(help_request, home, radius_m, at):
        metres = round(distance_m(*home, volunteer.lat, volunteer.lng))
        if metres > radius_m:
            continue  # in a corner of the box
        if reasons := exclusions(volunteer, help_request, metres, at):
            excluded.append(Exclusion(volunteer, metres, reasons))
        else:
            score, why = appraise(volunteer, help_request, metres)
            candidates.append(Candidate(volunteer, metres, score, why))
    candidates.sort(key=lambda candidate: (-candidate.score, candidate.distance_m, candidate.volunteer.pk))
    excluded.sort(key=lambda exclusion: (exclusion.distance_m, exclusion.volunteer.pk))
    return Ranking(candidates, excluded)


def exclusions(volunteer: Volunteer, help_request: HelpRequest, metres: int, at: datetime) -> list[Reason]:
    """Return every reason why this volunteer is not asked; empty if they are.

    ``volunteer`` carries the counts that :func:`rank` asks the database for.
    """
    service = help_request.service
    visit_day = timezone.localtime(help_request.window_start).date()
    return [
        *clearance_gaps(volunteer, help_request.needs_clearance, visit_day),
        *_when(volunteer.opted_out_at is not None, "opted-out"),
        *_when(volunteer.paused_until is not None and volunteer.paused_until > at, "paused"),
        *_when(metres > volunteer.reach_m, "too-far", reach=volunteer.reach_m),
        *_when(service.skill not in volunteer.skills, "skill"),
        *_when(help_request.needs_vehicle and not volunteer.has_vehicle, "no-vehicle"),
        *_when(bool(help_request.needs_gender) and volunteer.gender != help_request.needs_gender, "gender"),
        *_when(
            bool(help_request.needs_language) and help_request.needs_language not in volunteer.languages, "no-language"
        ),
        *_when(
            not is_free(volunteer.week, help_request.window_start, help_request.window_end, service.minutes), "not-free"
        ),
        *_when(volunteer.is_busy, "busy"),  # type: ignore[attr-defined]
        *_when(volunteer.texts >= weekly_cap(volunteer), "cap", n=volunteer.texts),  # type: ignore[attr-defined]
        *_when(volunteer.is_asked, "asked"),  # type: ignore[attr-defined]
        *_when(volunteer.said_no, "said-no"),  # type: ignore[attr-defined]
    ]


def clearance_gaps(volunteer: Volunteer, level: int, visit_day: date) -> list[Reason]:
    """Return what is missing of this volunteer's clearance for a visit on that day."""
    if volunteer.cleared_until is None:
        return [{"code": "not-cleared"}]
    return [
        *_when(volunteer.cleared_until < visit_day, "clearance-expired"),
        *_when(volunteer.clearance < level, "clearance-level"),
    ]


def appraise(volunteer: Volunteer, help_request: HelpRequest, metres: int) -> tuple[float, list[Reason]]:
    """Return how early this volunteer should be asked, and why.

    The chance of a yes falls with distance and with every text of the last week; somebody the elder knows comes
    first. The shape follows the measured response of volunteers to repeated requests (Manshadi & Rodilitz 2022,
    "Online Policies for Efficient Volunteer Crowdsourcing"); the constants are plain guesses of the right size.
    """
    visits, texts = volunteer.visits, volunteer.texts  # type: ignore[attr-defined]
    speaks = bool(volunteer.languages & help_request.elder.languages)
    score = math.exp(-metres / 1500) / (1 + 0.25 * texts) * (1 + min(visits, 4) / 2) * (1.2 if speaks else 1)
    return score, [
        {"code": "distance", "m": metres},
        *_when(visits > 0, "visits", n=visits),
        {"code": "texts", "n": texts},
        *_when(speaks, "language"),
        *_when(help_request.needs_vehicle, "vehicle"),
    ]


def weekly_cap(volunteer: Volunteer) -> int:
    """How many offers this volunteer gets in seven days at most."""
    return settings.WEEKLY_TEXT_CAP if volunteer.weekly_cap is None else volunteer.weekly_cap


def _neighbours(help_request: HelpRequest, home: tuple[float, float], radius_m: int, at: datetime) -> VolunteerQuerySet:
    """Active volunteers of the same tree of communities within the box, with the counts that the rules need."""
    box = box_around(*home, radius_m)
    root = help_request.elder.community.path.split("/", 1)[0] + "/"
    its_own = {"volunteer": OuterRef("pk"), "help_request": help_request.pk}
    offers, assignments = Offer.objects.all(), Assignment.objects.filter(volunteer=OuterRef("pk"))
    return (  # type: ignore[no-any-return]
        Volunteer.objects.active()
        .filter(community__path__startswith=root, lat__range=(box.south, box.north), lng__range=(box.west, box.east))
        .annotate(
            texts=_count(offers.filter(volunteer=OuterRef("pk"), created_at__gt=at - WEEK)),
            visits=_count(assignments.current().filter(help_request__elder=help_request.elder_id)),
            is_busy=Exists(
                assignments.standing().filter(
                    help_request__window_start__lt=help_request.window_end + TRAVEL_MARGIN,
                    help_request__window_end__gt=help_request.window_start - TRAVEL_MARGIN,
                )
            ),
            is_asked=Exists(offers.filter(**its_own, round=help_request.round)),
            said_no=Exists(offers.filter(**its_own, status=Offer.Status.DECLINED))
            | Exists(assignments.filter(help_request=help_request.pk, status=Assignment.Status.RELEASED)),
        )
        .defer("notes")
    )


def _count(rows: object) -> Coalesce:
    """A correlated count that stays one subquery (a join would multiply the other counts)."""
    counted = rows.order_by().values("volunteer").annotate(n=Count("pk")).values("n")  # type: ignore[attr-defined]
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def _when(condition: bool, code: str, **facts: int) -> list[Reason]:
    return [{"code": code, **facts}] if condition else []
