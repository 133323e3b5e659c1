"""Whom to ask now, and when to ask again: order, size and time of a wave."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from linzhu.dispatch.policy.chance import WEIGHT_OWN, Chance, Outlook, answered_within, still_coming
from linzhu.dispatch.policy.facts import DEFAULT, Neighbour, OpenOffer, Situation, Tuning
from linzhu.dispatch.policy.learning import Experience


class Appraisal(NamedTuple):
    """One neighbour's place in the order, and why."""

    neighbour: Neighbour
    chance: Chance
    score: float
    borrowed: float
    """Share (0–1) of this text's yes that will be missing next week."""

    def reasons(self) -> list[dict[str, Any]]:
        """Return the facts behind the place, JSON-able, in the form of ``dispatch.reasons``."""
        facts: list[dict[str, Any]] = [
            {"code": "chance", "percent": round(100 * self.chance.value)},
            {"code": "distance", "m": round(self.neighbour.distance_m)},
        ]
        if self.neighbour.visits_with_elder:
            facts.append({"code": "visits", "n": self.neighbour.visits_with_elder})
        facts.append({"code": "texts", "n": self.neighbour.texts_week})
        if self.chance.known < NEW_BELOW:
            facts.append({"code": "newcomer"})
        return facts


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do now. Ask ``order[:size]``, look again after ``next_in_minutes``."""

    order: list[Appraisal]
    """Best first; those over their weekly cap are not in it."""
    size: int
    next_in_minutes: float
    target: float
    """The wanted chance of enough yeses within that time."""
    expected: float
    """The chance with this wave and the offers that are still open."""

    @property
    def chosen(self) -> list[Appraisal]:
        return self.order[: self.size]


NEW_BELOW = 0.3
"""Expected yeses below which hardly anything is known of a volunteer."""


def plan(
    situation: Situation,
    neighbours: Iterable[Neighbour],
    open_offers: Sequence[OpenOffer],
    experience: Experience,
    tuning: Tuning = DEFAULT,
    *,
    replacing: bool = False,
) -> Plan:
    """Return the order of asking, how many to ask now, and when to look again.

    Call it when a search begins and when a wave's time is up: somebody new is asked each time, as long as there is
    anybody. Call it with ``replacing`` **whenever somebody declines**: ``size`` then says whether and by how many the
    decliner is replaced at once, because their offer is no longer among ``open_offers``; the wave's time stays.
    """
    outlook = Outlook(situation, experience)
    order = [appraise(one, situation, outlook, tuning) for one in neighbours if one.texts_week < one.weekly_cap]
    order.sort(key=lambda one: (-one.score, one.neighbour.distance_m, one.neighbour.key))
    minutes = wave_minutes(situation, experience, tuning)
    target = wanted(situation, minutes, experience, tuning) * attainable(order) ** tuning.scarcity
    least = max(situation.places - len(open_offers), 0 if replacing else 1)
    yeses = YesCount(situation.places)
    for offer in open_offers:
        yeses.add(still_coming(offer, minutes, experience))
    in_time = answered_within(minutes, experience.median_delay())
    size = 0
    for one in order:
        if size >= least and (yeses.enough >= target or not worth_it(one, yeses, tuning)):
            break
        yeses.add(one.chance.value * in_time)
        size += 1
    return Plan(order, size, minutes, target, yeses.enough)


def appraise(neighbour: Neighbour, situation: Situation, outlook: Outlook, tuning: Tuning) -> Appraisal:
    """Score a neighbour by the yes that asking them now brings, less the yeses that it takes from next week.

    If somebody who would say yes to a share p of all texts when rested gets r texts a week, they give r p/(1 + f r)
    yeses; one more text adds only p/(1 + f r)², so the share f r/(1 + f r) of its yes is borrowed. What is borrowed
    would have been given nearer home: it counts with the chance at a usual distance, not at this one.
    """
    chance, borrowed = outlook.expect(neighbour), outlook.borrowed(neighbour)
    bonus = 1 + tuning.newcomer * WEIGHT_OWN / (WEIGHT_OWN + chance.known)
    bonus += tuning.continuity * min(neighbour.visits_with_elder, 4)
    ahead = max(-2.0, min(2.0, neighbour.visits_lately - situation.mean_visits_lately))
    gain = chance.value * bonus * (1 - tuning.fairness * ahead)
    return Appraisal(neighbour, chance, gain - tuning.price * outlook.at_home * chance.own * borrowed, borrowed)


def wave_minutes(situation: Situation, experience: Experience, tuning: Tuning) -> float:
    """Return how long this wave may take: most of a usual delay, less when urgent or when the end is near."""
    usual = experience.median_delay() * tuning.timer * (tuning.urgent_timer if situation.urgent else 1.0)
    return max(tuning.shortest_min, min(usual, tuning.longest_min, situation.minutes_left / 3))


def wanted(situation: Situation, minutes: float, experience: Experience, tuning: Tuning) -> float:
    """Return the chance of enough yeses that this wave should reach.

    High where people are rested, low where each text only borrows from next week, and rising over the last three waves
    that the deadline leaves room for.
    """
    tired = 1 - 1 / (1 + experience.fatigue * situation.texts_per_head)
    used_up = min(1.0, situation.texts_per_head / situation.weekly_cap) ** 2 if situation.weekly_cap else 1.0
    worn = max(tired, tuning.cap_weight * used_up)
    target = max(tuning.target_least, tuning.target_rested + (tuning.target_worn - tuning.target_rested) * worn)
    waves_left = situation.minutes_left / minutes
    haste = max(0.0, min(1.0, (4 - waves_left) / 3))
    if situation.urgent:
        haste = max(haste, tuning.urgent_haste)
    return target + max(0.0, tuning.target_end - target) * haste


def attainable(order: Iterable[Appraisal]) -> float:
    """Return the chance that anybody at all would say yes if everybody were asked."""
    return 1 - math.prod(1 - one.chance.value for one in order)


def worth_it(one: Appraisal, yeses: YesCount, tuning: Tuning) -> bool:
    """Whether one more text gains more now than it costs later.

    Its yes is of use only if the others' are not enough; the share ``borrowed`` of it will be missing next week. Nobody
    is left alone because a yes is unlikely: then the others' are not enough either.
    """
    return tuning.worth * (1 - yeses.enough) >= one.borrowed


class YesCount:
    """The distribution of the number of yeses (Poisson binomial), as far as it matters: 0 … places."""

    def __init__(self, places: int) -> None:
        self._chances = [1.0] + [0.0] * places

    @property
    def enough(self) -> float:
        return self._chances[-1]

    def add(self, chance: float) -> None:
        """Count in one more offer that brings a yes with this chance."""
        counts = self._chances
        counts[-1] += counts[-2] * chance
        for number in range(len(counts) - 2, 0, -1):
            counts[number] += (counts[number - 1] - counts[number]) * chance
        counts[0] *= 1 - chance
