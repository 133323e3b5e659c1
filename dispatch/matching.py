"""Who could help: the neighbours in reach, then pure functions that rank or exclude each of them with a reason."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice

from linzhu.communities.clock import now
from linzhu.communities.rules import Rules
from linzhu.dispatch.neighbours import History, Wanted, count_within, load, nearest, read_history
from linzhu.dispatch.reasons import Reason
from linzhu.dispatch.ties import tie_bonus, tie_exclusions
from linzhu.requests.models import HelpRequest
from linzhu.volunteers.availability import fits
from linzhu.volunteers.models import Volunteer

LISTED = 200
"""So many candidates, and about so many people who are left out, are named with their reasons at most."""


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
    unlisted: int = 0
    """How many more live in reach: further away than those who are named here."""


def wave_candidates(help_request: HelpRequest, *, radius_m: int, enough: int) -> list[Candidate]:
    """Return the ``enough`` nearest who can be asked, and whoever of the others knows the elder; best first.

    Nobody of them lives further than ``radius_m`` metres away; fewer are returned only if there are no more. Works for
    a help request that is not saved yet, too. An elder without a position has no candidates.
    """
    if help_request.elder.position() is None:
        return []
    return _candidates(Wanted(help_request, now()), read_history(help_request), radius_m, enough)


def rank(help_request: HelpRequest, *, radius_m: int | None = None, listed: int = LISTED) -> Ranking:
    """Rank who lives within ``radius_m`` metres of the elder's home (default: as far as waves ever go).

    Names the nearest ``listed`` candidates, at least as many of those who are left out, and everybody who has visited
    the elder, has been asked or has said no; the rest is counted. An elder without a position has an empty ranking.
    """
    if help_request.elder.position() is None:
        return Ranking()
    wanted = Wanted(help_request, now())
    radius_m = radius_m or wanted.rules.wave_radii_m[-1]
    history = read_history(help_request)
    candidates = _candidates(wanted, history, radius_m, listed)
    named = {candidate.volunteer.pk for candidate in candidates}
    excluded, unlisted = _left_out(wanted, history, radius_m, listed, named)
    return Ranking(candidates, excluded, unlisted)


def consider(help_request: HelpRequest, volunteer_id: int) -> Candidate | Exclusion | None:
    """Return how one volunteer stands as things are now, however far away; None if not active in the elder's tree."""
    if help_request.elder.position() is None:
        return None
    return next(_assess(Wanted(help_request, now()), read_history(help_request), [volunteer_id], None), None)


def _candidates(wanted: Wanted, history: History, radius_m: int, enough: int) -> list[Candidate]:
    """Return the nearest candidates, and those among the elder's acquaintances; best first."""
    keys = (key for key in nearest(wanted, radius_m, enough) if key not in history.asked)
    known = {*history.visits, *wanted.ties.paired, *wanted.ties.preferred}
    acquaintances = list(known)
    found: dict[int, Candidate] = {}
    near: list[int] = []
    while len(near) < enough:
        some = list(islice(keys, _a_few_more(enough - len(near))))
        people = _assess(wanted, history, [*acquaintances, *some], radius_m)
        found.update({one.volunteer.pk: one for one in people if isinstance(one, Candidate)})
        near += [key for key in some if key in found]
        if not some:
            break
        acquaintances = []
    chosen = found.keys() & {*near[:enough], *known}
    return sorted((found[key] for key in chosen), key=lambda one: (-one.score, one.distance_m, one.volunteer.pk))


def _left_out(
    wanted: Wanted, history: History, radius_m: int, enough: int, named: set[int]
) -> tuple[list[Exclusion], int]:
    """Return who is excluded, nearest first, and how many more people live in reach.

    Whoever has been asked or has said no is among them, however many live nearer: staff may want to call them.
    """
    told = history.asked | history.said_no
    keys = (key for key in nearest(wanted, radius_m, enough, hopeful=False) if key not in named and key not in told)
    excluded: list[Exclusion] = []
    unlisted = 0
    some = sorted(told)
    while len(excluded) < enough:
        some += islice(keys, _a_few_more(enough - len(excluded)))
        if not some:
            break
        people = list(_assess(wanted, history, some, radius_m))
        excluded += [one for one in people if isinstance(one, Exclusion)]
        unlisted += len(people)
        some = []
    else:
        unlisted = max(unlisted, count_within(wanted, radius_m) - len(named))
    return sorted(excluded, key=lambda one: (one.distance_m, one.volunteer.pk)), unlisted - len(excluded)


def _a_few_more(missing: int) -> int:
    """So many are looked at to find as many as are missing: some will not pass."""
    return missing + missing // 4 + 5


def _assess(
    wanted: Wanted, history: History, keys: Sequence[int], radius_m: int | None
) -> Iterator[Candidate | Exclusion]:
    """Judge these volunteers in their order; those beyond the radius are passed over."""
    for volunteer in load(wanted, history, keys):
        metres = wanted.metres_to(volunteer.lat, volunteer.lng)  # type: ignore[arg-type]  # load() wants a position
        if radius_m is not None and metres > radius_m:
            continue
        if reasons := _exclusions(volunteer, wanted, metres):
            yield Exclusion(volunteer, metres, reasons)
        else:
            score, why = appraise(volunteer, wanted.help_request, metres)
            factor, tie = tie_bonus(volunteer.pk, wanted.ties)
            yield Candidate(volunteer, metres, score * factor, [*tie, *why])


def exclusions(volunteer: Volunteer, help_request: HelpRequest, metres: int, at: datetime) -> list[Reason]:
    """Return every reason why this volunteer is not asked; empty if they are.

    ``volunteer`` carries the counts of ``neighbours.load``; ``metres`` is the distance, ``at`` the present moment.
    """
    return _exclusions(volunteer, Wanted(help_request, at), metres)


def _exclusions(volunteer: Volunteer, wanted: Wanted, metres: int) -> list[Reason]:
    """The one place of the rules. What ``neighbours`` asks the database beforehand follows from them."""
    help_request, service = wanted.help_request, wanted.help_request.service
    return [
        *clearance_gaps(volunteer, help_request.needs_clearance, wanted.visit_day),
        *tie_exclusions(volunteer.pk, wanted.ties),
        *_when(volunteer.opted_out_at is not None, "opted-out"),
        *_when(volunteer.paused_until is not None and volunteer.paused_until > wanted.at, "paused"),
        *_when(metres > volunteer.reach_m, "too-far", reach=volunteer.reach_m),
        *_when(service.skill not in volunteer.skills, "skill"),
        *_when(help_request.needs_vehicle and not volunteer.has_vehicle, "no-vehicle"),
        *_when(bool(help_request.needs_gender) and volunteer.gender != help_request.needs_gender, "gender"),
        *_when(
            bool(help_request.needs_language) and help_request.needs_language not in volunteer.languages, "no-language"
        ),
        *_when(not fits(volunteer.week, wanted.windows, service.minutes), "not-free"),
        *_when(volunteer.is_busy, "busy"),  # type: ignore[attr-defined]
        *_when(volunteer.texts >= weekly_cap(volunteer, wanted.rules), "cap", n=volunteer.texts),  # type: ignore[attr-defined]
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


def weekly_cap(volunteer: Volunteer, rules: Rules) -> int:
    """How many offers this volunteer gets in seven days at most: their own wish, else the rule of who asks."""
    return rules.weekly_text_cap if volunteer.weekly_cap is None else volunteer.weekly_cap


def _when(condition: bool, code: str, **facts: int) -> list[Reason]:
    return [{"code": code, **facts}] if condition else []
