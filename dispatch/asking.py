"""Whom to ask now and when to look again: ``dispatch.policy``, told what the database knows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from statistics import fmean

from django.db.models import Count, Q
from django.utils import timezone

from linzhu.communities.clock import now
from linzhu.communities.rules import Rules
from linzhu.dispatch import habits, policy
from linzhu.dispatch.matching import Candidate, Pool, weekly_cap
from linzhu.dispatch.models import Assignment, Offer
from linzhu.dispatch.neighbours import WEEK
from linzhu.requests.models import HelpRequest

MONTH = timedelta(days=28)
WANTED_WITHIN = timedelta(hours=2)
"""Elder and family want to know who comes by then, however far off the visit is."""
LEAST_HASTE = timedelta(minutes=30)
"""What is left of that is never counted as less, unless the visit itself is nearer."""

KNOWN_SHARE = 0.5
"""Whom the elder knows comes before strangers, unless they are less than half as likely to come as the likeliest."""


@dataclass(frozen=True)
class Asking:
    """What the policy proposes. ``order[:size]`` are asked now."""

    order: list[Candidate]
    """Best first, each with the chance of a yes and all reasons."""
    size: int
    length: timedelta
    """Until the next look."""

    @property
    def chosen(self) -> list[Candidate]:
        return self.order[: self.size]


def plan_wave(help_request: HelpRequest, pool: Pool, rules: Rules, *, replacing: bool = False) -> Asking:
    """Return in what order to ask the pool, how many now, and for how long to wait.

    The community's rules are the policy's limits. Whoever stands by, or whom the elder is paired with or wishes for
    again, is asked now; then come those who were called up and said yes, then those who have helped the elder before.
    ``replacing``: somebody has said no in the middle of a wave, and perhaps nobody else need be asked yet.
    """
    at = now()
    neighbours = _neighbours(pool, rules, help_request.window_start, at)
    place = habits.habits_of(help_request.community)
    situation = _situation(help_request, pool, neighbours, rules, at)
    situation = replace(situation, searched_lately=place.searched_lately, unfilled_lately=place.unfilled_lately)
    open_offers = _open_offers(help_request, at)
    plan = policy.plan(situation, neighbours, open_offers, place.experience, replacing=replacing)
    order = _in_order(pool.candidates, plan)
    first = 0 if replacing else sum(_is_first(one) for one in order)
    size = min(max(plan.size, first), most_at_once(help_request, rules))
    length = min(timedelta(minutes=plan.next_in_minutes), timedelta(seconds=rules.wave_seconds))
    return Asking(order, size, length)


def most_at_once(help_request: HelpRequest, rules: Rules) -> int:
    """How many are asked together at most: the community's number for each empty place, doubled if time is critical."""
    places = help_request.people_needed - help_request.places_filled
    return rules.wave_size * places * (2 if help_request.service.urgent else 1)


def _in_order(candidates: Iterable[Candidate], plan: policy.Plan) -> list[Candidate]:
    by_key = {candidate.volunteer.pk: candidate for candidate in candidates}
    order = [_explained(by_key[one.neighbour.key], one) for one in plan.order]
    likeliest = max((one.chance.value for one in order if one.chance), default=0.0)

    def rank(one: Candidate) -> int:
        if _is_first(one):
            return 0
        if one.has("ready"):
            return 1
        return 2 if one.has("visits") and one.chance and one.chance.value >= likeliest * KNOWN_SHARE else 3

    return sorted(order, key=rank)  # a stable sort: the policy's order within each rank


def _is_first(candidate: Candidate) -> bool:
    """Whether they are asked before anybody else, however likely they are to come."""
    return any(candidate.has(code) for code in ("standby", "paired", "preferred"))


def _explained(candidate: Candidate, appraisal: policy.Appraisal) -> Candidate:
    """Add what the policy thinks to what the rules have said already."""
    said = {reason["code"] for reason in candidate.reasons}
    added = [reason for reason in appraisal.reasons() if reason["code"] not in said]
    return replace(candidate, chance=appraisal.chance, reasons=[*candidate.reasons, *added])


def _situation(
    help_request: HelpRequest, pool: Pool, neighbours: list[policy.Neighbour], rules: Rules, at: datetime
) -> policy.Situation:
    resting = [one.volunteer.texts for one in pool.resting]  # type: ignore[attr-defined]  # neighbours.load() counts them
    texts = [one.texts_week for one in neighbours] + resting
    return policy.Situation(
        minutes_left=_time_left(help_request, at) / timedelta(minutes=1),
        places=help_request.people_needed - help_request.places_filled,
        urgent=help_request.service.urgent,
        part=policy.part_of(timezone.localtime(help_request.window_start)),
        day=habits.day_of(at),
        texts_per_head=fmean(texts) if texts else 0.0,
        weekly_cap=rules.weekly_text_cap,
        mean_visits_lately=fmean(one.visits_lately for one in neighbours) if neighbours else 0.0,
    )


def _time_left(help_request: HelpRequest, at: datetime) -> timedelta:
    """Until a yes comes too late: the visit begins (or, if it has begun, ends), or people have waited long enough."""
    begins, ends = help_request.window_start, help_request.window_end
    visit = (begins if begins > at else ends) - at
    return min(visit, max(help_request.status_at + WANTED_WITHIN - at, LEAST_HASTE))


def _open_offers(help_request: HelpRequest, at: datetime) -> list[policy.OpenOffer]:
    """Those that may still bring a yes. Whoever has been silent for a day is not counted on."""
    if not help_request.pk:
        return []
    asked = help_request.offers.open().values_list("expectation", "created_at")
    return [
        policy.OpenOffer(expectation["value"], (at - asked_at) / timedelta(minutes=1))
        for expectation, asked_at in asked
        if expectation
    ]


# --- what is known of the candidates ------------------------------------------------------------------------------


def _neighbours(pool: Pool, rules: Rules, window_start: datetime, at: datetime) -> list[policy.Neighbour]:
    """Return the candidates as the policy sees them. Three queries."""
    keys = [candidate.volunteer.pk for candidate in pool.candidates]
    texts, said_yes = _lately_asked(keys, at)
    visits = _lately_visited(keys, at)
    records = habits.records_of(keys)
    return [
        policy.Neighbour(
            key=pk,
            distance_m=candidate.distance_m,
            texts_by_day=texts.get(pk, ()),
            yes_today=pk in said_yes,
            visits_with_elder=candidate.volunteer.visits,  # type: ignore[attr-defined]
            visits_lately=visits.get(pk, 0),
            # The rules have let them pass: who stands by may be over the cap, and is asked all the same.
            weekly_cap=max(weekly_cap(candidate.volunteer, rules), sum(texts.get(pk, ())) + 1),
            record=records.get(pk, policy.Record()),
        )
        for pk, candidate in zip(keys, pool.candidates, strict=True)
    ]


def _lately_asked(keys: list[int], at: datetime) -> tuple[dict[int, list[int]], set[int]]:
    """Return how often each was asked on each of the last seven days (24 hours each, the latest first), and who has
    said yes since midnight, in time or too late."""
    midnight = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    yes_today = Count("pk", filter=Q(answer=Offer.Answer.YES, answered_at__gte=midnight))
    rows = (
        Offer.objects.filter(volunteer__in=keys, created_at__gt=at - WEEK)
        .order_by()
        .values_list("volunteer")
        .annotate(yes_today=yes_today, **{f"day{ago}": _asked_on(at, ago) for ago in range(WEEK.days)})
    )
    found = list(rows)
    return {pk: texts for pk, _yeses, *texts in found}, {pk for pk, yeses, *_texts in found if yeses}


def _asked_on(at: datetime, days_ago: int) -> Count:
    until = at - timedelta(days=days_ago)
    return Count("pk", filter=Q(created_at__gt=until - timedelta(days=1), created_at__lte=until))


def _lately_visited(keys: list[int], at: datetime) -> dict[int, int]:
    """Return how many visits each has made or promised within four weeks."""
    visits = Assignment.objects.current().filter(volunteer__in=keys, accepted_at__gt=at - MONTH)
    return dict(visits.order_by().values_list("volunteer").annotate(number=Count("pk")))
