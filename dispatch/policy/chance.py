"""The expected yes: a prior in distance, divided by recent texts, corrected by what has been counted."""

from __future__ import annotations

import math
from bisect import bisect_left
from operator import mul
from typing import NamedTuple

from linzhu.dispatch.policy.facts import Neighbour, Situation
from linzhu.dispatch.policy.learning import (
    AGAIN_PRIOR,
    BANDS_M,
    HALF_LIFE_PERSON,
    HALF_LIFE_PLACE,
    TEXT_CELLS,
    Experience,
)

LEVEL = 0.0
"""Prior before anything is known: logistic(0 − distance in km); half of those next door say yes when rested."""
WEIGHT_OVERALL, WEIGHT_BAND, WEIGHT_OWN, WEIGHT_HABIT = 20.0, 15.0, 3.5, 7.0
"""How many expected yeses the prior of each correction is worth. The last two learn from the same few answers: with
smaller weights, whoever has had luck twice looks eager twice over."""
WEIGHT_AGAIN = 5.0
USUAL_PRIOR = 1 / (1 + math.exp(0.6 - LEVEL))
"""The prior at 600 m, a usual distance of those who are asked."""
SURE = 0.95
FADES_IN_DAYS = 5.0
_FADING = [math.exp(-(day + 0.5) / FADES_IN_DAYS) for day in range(7)]
FADING = [7 * weight / sum(_FADING) for weight in _FADING]
"""How much a text of each of the last seven days is felt: exponential, 1 on average."""


class Chance(NamedTuple):
    """The expected yes of one offer, with its factors: :func:`learn` needs them when the answer is known."""

    value: float
    overall: float
    at_distance: float
    rested: float
    own: float
    habit: float
    again: float
    band: int
    cell: int
    part: int
    known: float
    """Expected yeses counted so far of this volunteer: how well they are known."""


class Outlook:
    """Everything about a moment that is the same for all neighbours, worked out once."""

    def __init__(self, situation: Situation, experience: Experience) -> None:
        day = self._day = situation.day
        self._part = int(situation.part)
        self._fatigue = experience.fatigue
        self.again = AGAIN_PRIOR * experience.again.ratio(WEIGHT_AGAIN, day, HALF_LIFE_PERSON)
        """Factor on the chance of those who have said yes to something else today."""
        self._at_distance = [band.ratio(WEIGHT_BAND, day, HALF_LIFE_PERSON) for band in experience.bands]
        self._texts_per_head = situation.texts_per_head
        self.level = experience.overall.ratio(WEIGHT_OVERALL, day, HALF_LIFE_PLACE)
        self.at_home = self.level * USUAL_PRIOR / (1 + self._fatigue * situation.texts_per_head)
        """Chance of a yes to an offer from a usual distance, for somebody asked as much as all."""

    def expect(self, neighbour: Neighbour) -> Chance:
        """Return the chance (0–0.95) that this neighbour says yes to an offer sent now."""
        distance_m, record, day, part = neighbour.distance_m, neighbour.record, self._day, self._part
        band = bisect_left(BANDS_M, distance_m)
        at_distance = self._at_distance[band]
        felt = felt_texts(neighbour)
        rested = 1 / (1 + self._fatigue * felt)
        kept = record.own.kept(day, HALF_LIFE_PERSON)
        known = record.own.expected * kept
        own = (record.own.yes * kept + WEIGHT_OWN) / (known + WEIGHT_OWN)
        habit = record.parts[part].ratio(WEIGHT_HABIT, day, HALF_LIFE_PERSON)
        again = self.again if neighbour.yes_today else 1.0
        value = self.level * at_distance * rested * own * habit * again / (1 + math.exp(distance_m / 1000 - LEVEL))
        cell = min(round(felt), TEXT_CELLS - 1)
        value = min(value, SURE)
        return Chance(value, self.level, at_distance, rested, own, habit, again, band, cell, part, known)

    def borrowed(self, chance: Chance) -> float:
        """Return the yeses (0–1) of next week that an offer sent now takes from somebody with this chance.

        If somebody who would say yes to a share p of all texts when rested gets r texts a week, they give
        r p/(1 + f r) yeses; one more text adds only p/(1 + f r)², so the share f r/(1 + f r) of its yes is borrowed.
        It would have been given nearer home: it counts with the chance at a usual distance, not at this one.
        """
        worn = (1 / chance.rested - 1 + self._fatigue * self._texts_per_head) / 2
        return self.at_home * chance.own * worn / (1 + worn)


def expect(neighbour: Neighbour, situation: Situation, experience: Experience) -> Chance:
    """Return the chance of a yes for one neighbour alone, such as somebody whom staff ask by hand."""
    return Outlook(situation, experience).expect(neighbour)


def felt_texts(neighbour: Neighbour) -> float:
    """Return the texts of the last week as they are felt: those of today weigh 1.7, those of a week ago 0.5."""
    felt: float = sum(map(mul, neighbour.texts_by_day, FADING))  # a loop in C: it runs for every candidate
    return felt
