"""Who could help: the neighbours in reach, and why some are left out. ``asking`` puts the others in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice

from linzhu.communities.clock import now
from linzhu.communities.rules import Rules
from linzhu.dispatch.neighbours import Wanted, count_within, load, nearest
from linzhu.dispatch.policy import Chance
from linzhu.dispatch.reasons import Reason
from linzhu.dispatch.ties import tie_exclusions, tie_reasons
from linzhu.requests.models import HelpRequest
from linzhu.volunteers.availability import fits
from linzhu.volunteers.models import Volunteer

LISTED = 200
"""So many candidates, and about so many people who are left out, are named with their reasons at most."""


@dataclass(frozen=True)
class Candidate:
    """A volunteer who can be asked. ``reasons`` say why they stand where they stand."""

    volunteer: Volunteer
    distance_m: int
    reasons: list[Reason]
    chance: Chance | None = None
    """The expected yes, once ``asking`` has put the candidates in order."""

    def has(self, code: str) -> bool:
        """Whether there is a reason with this code."""
        return any(reason["code"] == code for reason in self.reasons)


@dataclass(frozen=True)
class Exclusion:
    """A volunteer in reach who is not asked, and why."""

    volunteer: Volunteer
    distance_m: int
    reasons: list[Reason]


@dataclass(frozen=True)
class Pool:
    """Whom a wave can choose from."""

    candidates: list[Candidate] = field(default_factory=list)
    """Nearest first."""
    resting: list[Exclusion] = field(default_factory=list)
    """Those of the same neighbourhood who have had all the offers of a week: they say how much has been asked there."""


@dataclass(frozen=True)
class Ranking(Pool):
    """The pool, and who is left out of it."""

    excluded: list[Exclusion] = field(default_factory=list)
    """Nearest first."""
    unlisted: int = 0
    """How many more live in reach: further away than those who are named here."""


def find_pool(help_request: HelpRequest, rules: Rules, *, enough: int, radius_m: int | None = None) -> Pool:
    """Return the ``enough`` nearest who can be asked, and whoever of the others knows the elder or stands by.

    Nobody of them lives further than ``radius_m`` metres away (default: as far as the community's waves go); fewer are
    returned only if there are no more. Works for a help request that is not saved yet, too. For an elder without a
    position the pool is empty.
    """
    if help_request.elder.position() is None:
        return Pool()
    return _find_pool(Wanted(help_request, now(), rules), radius_m or rules.furthest_m, enough)


def rank(help_request: HelpRequest, *, radius_m: int | None = None, listed: int = LISTED) -> Ranking:
    """Look at who lives within ``radius_m`` metres of the elder's home (default: as far as waves ever go).

    Names the nearest ``listed`` candidates, at least as many of those who are left out, and everybody who has visited
    the elder, has been asked or has said no; the rest is counted. An elder without a position has an empty ranking.
    """
    if help_request.elder.position() is None:
        return Ranking()
    wanted = Wanted(help_request, now())
    radius_m = radius_m or wanted.rules.furthest_m
    pool = _find_pool(wanted, radius_m, listed)
    named = {candidate.volunteer.pk for candidate in pool.candidates}
    excluded, unlisted = _left_out(wanted, radius_m, listed, named)
    return Ranking(pool.candidates, pool.resting, excluded, unlisted)


def consider(help_request: HelpRequest, volunteer_id: int) -> Candidate | Exclusion | None:
    """Return how one volunteer stands as things are now, however far away; None if not active in the elder's tree."""
    return next(iter(consider_all(help_request, [volunteer_id])), None)


def consider_all(help_request: HelpRequest, volunteer_ids: Sequence[int]) -> list[Candidate | Exclusion]:
    """Return how these volunteers stand, like ``consider``."""
    if help_request.elder.position() is None:
        return []
    return list(_assess(Wanted(help_request, now()), volunteer_ids, None))


def _find_pool(wanted: Wanted, radius_m: int, enough: int) -> Pool:
    """Return the nearest candidates, those among the elder's acquaintances, and who rests; each nearest first."""
    history = wanted.history
    keys = (key for key in nearest(wanted, radius_m, enough) if key not in history.asked)
    known = {*history.visits, *history.stand_by, *history.ready, *history.ties.paired, *history.ties.preferred}
    acquaintances = list(known)
    found: dict[int, Candidate] = {}
    resting: dict[int, Exclusion] = {}
    near: list[int] = []
    while len(near) < enough:
        some = list(islice(keys, _a_few_more(enough - len(near))))
        for one in _assess(wanted, [*acquaintances, *some], radius_m):
            if isinstance(one, Candidate):
                found[one.volunteer.pk] = one
            elif [reason["code"] for reason in one.reasons] == ["cap"]:
                resting[one.volunteer.pk] = one
        near += [key for key in some if key in found]
        if not some:
            break
        acquaintances = []
    chosen = found.keys() & {*near[:enough], *known}
    return Pool(
        sorted((found[key] for key in chosen), key=lambda one: (one.distance_m, one.volunteer.pk)),
        sorted(resting.values(), key=lambda one: (one.distance_m, one.volunteer.pk)),
    )


def _left_out(wanted: Wanted, radius_m: int, enough: int, named: set[int]) -> tuple[list[Exclusion], int]:
    """Return who is excluded, nearest first, and how many more people live in reach.

    Whoever has been asked or has said no is among them, however many live nearer: staff may want to call them.
    """
    told = wanted.history.asked | wanted.history.said_no
    keys = (key for key in nearest(wanted, radius_m, enough, hopeful=False) if key not in named and key not in told)
    excluded: list[Exclusion] = []
    unlisted = 0
    some = sorted(told)
    while len(excluded) < enough:
        some += islice(keys, _a_few_more(enough - len(excluded)))
        if not some:
            break
        people = list(_assess(wanted, some, radius_m))
        excluded += [one for one in people if isinstance(one, Exclusion)]
        unlisted += len(people)
        some = []
    else:
        unlisted = max(unlisted, count_within(wanted, radius_m) - len(named))
    return sorted(excluded, key=lambda one: (one.distance_m, one.volunteer.pk)), unlisted - len(excluded)


def _a_few_more(missing: int) -> int:
    """So many are looked at to find as many as are missing: a few will not pass what the database cannot check.

    Each costs more than the statement that it may save.
    """
    return missing + missing // 8 + 3


def _assess(wanted: Wanted, keys: Sequence[int], radius_m: int | None) -> Iterator[Candidate | Exclusion]:
    """Judge these volunteers in their order; those beyond the radius are passed over."""
    for volunteer in load(wanted, keys):
        metres = wanted.metres_to(volunteer.lat, volunteer.lng)  # type: ignore[arg-type]  # load() wants a position
        if radius_m is not None and metres > radius_m:
            continue
        if reasons := _exclusions(volunteer, wanted, metres):
            yield Exclusion(volunteer, metres, reasons)
        else:
            yield Candidate(volunteer, metres, _reasons(volunteer, wanted, metres))


def exclusions(volunteer: Volunteer, help_request: HelpRequest, metres: int, at: datetime) -> list[Reason]:
    """Return every reason why this volunteer is not asked; empty if they are.

    ``volunteer`` carries the counts of ``neighbours.load``; ``metres`` is the distance, ``at`` the present moment.
    """
    return _exclusions(volunteer, Wanted(help_request, at), metres)


def _exclusions(volunteer: Volunteer, wanted: Wanted, metres: int) -> list[Reason]:
    """The one place of the rules. What ``neighbours`` asks the database beforehand follows from them."""
    help_request, service = wanted.help_request, wanted.help_request.service
    return [
        *clearance_gaps(volunteer, help_request.needs_clearance, wanted.visit_day, wanted.rules),
        *tie_exclusions(volunteer.pk, wanted.history.ties),
        *_when(volunteer.opted_out_at is not None, "opted-out"),
        *_when(volunteer.paused_until is not None and volunteer.paused_until > wanted.at, "paused"),
        *_when(metres > volunteer.reach_m, "too-far", reach=volunteer.reach_m),
        *_when(service.skill not in volunteer.skills, "skill"),
        *_when(help_request.needs_vehicle and not volunteer.has_vehicle, "no-vehicle"),
        *_when(bool(help_request.needs_gender) and volunteer.gender != help_request.needs_gender, "gender"),
        *_when(
            bool(help_request.needs_language) and help_request.needs_language not in volunteer.languages, "no-language"
        ),
        *_when(not _is_free(volunteer, wanted), "not-free"),
        *_when(wanted.help_request.is_about_money and volunteer.has_cash_gap, "cash-gap"),  # type: ignore[attr-defined]
        *_when(volunteer.is_busy, "busy"),  # type: ignore[attr-defined]
        *_when(_is_over_cap(volunteer, wanted.rules), "cap", n=volunteer.texts),  # type: ignore[attr-defined]
        *_when(volunteer.is_asked, "asked"),  # type: ignore[attr-defined]
        *_when(volunteer.said_no, "said-no"),  # type: ignore[attr-defined]
    ]


def clearance_gaps(volunteer: Volunteer, level: int, visit_day: date, rules: Rules) -> list[Reason]:
    """Return what this volunteer lacks for a visit on that day: clearance, and what the elder's community demands."""
    if volunteer.cleared_until is None:
        return [{"code": "not-cleared"}]
    return [
        *_when(volunteer.cleared_until < visit_day, "clearance-expired"),
        *_when(volunteer.clearance < level, "clearance-level"),
        *(_expiry("training", volunteer.trained_until, visit_day) if rules.needs_training else []),
        *(_expiry("insurance", volunteer.insured_until, visit_day) if rules.needs_insurance else []),
    ]


def _expiry(what: str, until: date | None, visit_day: date) -> list[Reason]:
    if until is None:
        return [{"code": f"{what}-missing"}]
    return _when(until < visit_day, f"{what}-expired")


def _reasons(volunteer: Volunteer, wanted: Wanted, metres: int) -> list[Reason]:
    """Return what speaks for a candidate, the strongest first."""
    help_request, visits, texts = wanted.help_request, volunteer.visits, volunteer.texts  # type: ignore[attr-defined]
    return [
        *_when(volunteer.stands_by, "standby"),  # type: ignore[attr-defined]
        *_when(volunteer.is_ready, "ready"),  # type: ignore[attr-defined]
        *tie_reasons(volunteer.pk, wanted.history.ties),
        {"code": "distance", "m": metres},
        *_when(visits > 0, "visits", n=visits),
        {"code": "texts", "n": texts},
        *_when(not volunteer.languages.isdisjoint(wanted.spoken), "language"),
        *_when(help_request.needs_vehicle, "vehicle"),
    ]


def _is_free(volunteer: Volunteer, wanted: Wanted) -> bool:
    """Who was called up and said yes has made time, whatever their usual week looks like."""
    return volunteer.is_ready or fits(  # type: ignore[attr-defined]
        volunteer.week, wanted.windows, wanted.help_request.service.minutes
    )


def _is_over_cap(volunteer: Volunteer, rules: Rules) -> bool:
    """Who stands by, or was called up and said yes, wants to be asked: it is no burden."""
    wants_it = volunteer.stands_by or volunteer.is_ready  # type: ignore[attr-defined]
    return not wants_it and volunteer.texts >= weekly_cap(volunteer, rules)  # type: ignore[attr-defined]


def weekly_cap(volunteer: Volunteer, rules: Rules) -> int:
    """How many offers this volunteer gets in seven days at most: their own wish, else the rule of who asks."""
    return rules.weekly_text_cap if volunteer.weekly_cap is None else volunteer.weekly_cap


def _when(condition: bool, code: str, **facts: int) -> list[Reason]:
    return [{"code": code, **facts}] if condition else []
