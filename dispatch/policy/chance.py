"""The expected yes: a prior in distance, divided by recent texts, corrected by what has been counted."""

from __future__ import annotations

import math
from bisect import bisect_left
from typing import NamedTuple

from linzhu.dispatch.policy.facts import Neighbour, OpenOffer, Situation
from linzhu.dispatch.policy.learning import (
    AGAIN_PRIOR,
    BANDS_M,
    DELAY_SPREAD,
    HALF_LIFE_PERSON,
    HALF_LIFE_PLACE,
    TEXT_CELLS,
    Experience,
)

LEVEL = 0.0
"""Prior before anything is known: logistic(0 − distance in km); half of those next door say yes when rested."""
WEIGHT_OVERALL, WEIGHT_BAND, WEIGHT_OWN, WEIGHT_HABIT = 20.0, 15.0, 1.5, 2.0
"""How many expected yeses the prior of each correction is worth."""
WEIGHT_AGAIN = 5.0
USUAL_PRIOR = 1 / (1 + math.exp(0.6 - LEVEL))
"""The prior at 600 m, a usual distance of those who are asked."""
SURE = 0.95


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
        self._again = AGAIN_PRIOR * experience.again.ratio(WEIGHT_AGAIN, day, HALF_LIFE_PERSON)
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
        rested = 1 / (1 + self._fatigue * recent_texts(neighbour))
        kept = record.own.kept(day, HALF_LIFE_PERSON)
        known = record.own.expected * kept
        own = (record.own.yes * kept + WEIGHT_OWN) / (known + WEIGHT_OWN)
        habit = record.parts[part].ratio(WEIGHT_HABIT, day, HALF_LIFE_PERSON)
        again = self._again if neighbour.yes_today else 1.0
        value = self.level * at_distance * rested * own * habit * again / (1 + math.exp(distance_m / 1000 - LEVEL))
        cell = min(neighbour.texts_week, TEXT_CELLS - 1)
        value = min(value, SURE)
        return Chance(value, self.level, at_distance, rested, own, habit, again, band, cell, part, known)

    def borrowed(self, neighbour: Neighbour) -> float:
        """Return the share (0–1) of this neighbour's next yes that will be missing next week."""
        worn = self._fatigue * (recent_texts(neighbour) + self._texts_per_head) / 2
        return worn / (1 + worn)


def expect(neighbour: Neighbour, situation: Situation, experience: Experience) -> Chance:
    """Return the chance of a yes for one neighbour alone, such as somebody whom staff ask by hand."""
    return Outlook(situation, experience).expect(neighbour)


def recent_texts(neighbour: Neighbour) -> float:
    """Texts of the last week; one that has come only just now weighs up to half a text more."""
    if neighbour.hours_since_text is None:
        return neighbour.texts_week
    return neighbour.texts_week + 0.5 * math.exp(-max(neighbour.hours_since_text, 0.0) / 12)


def answered_within(minutes: float, median: float) -> float:
    """Return the share of all yeses that have come after so many minutes (lognormal delays)."""
    if minutes < 1e-6:
        return 0.0
    return 0.5 * math.erfc(-math.log(minutes / median) / (DELAY_SPREAD * math.sqrt(2)))


def still_coming(offer: OpenOffer, minutes: float, experience: Experience) -> float:
    """Return the chance that an open offer brings a yes within the next ``minutes``.

    Bayes: the longer somebody is silent, the likelier they stay so.
    """
    median = experience.median_delay()
    before, after = (answered_within(offer.minutes_ago + more, median) for more in (0.0, minutes))
    heard_by_now = before * (offer.chance + (1 - offer.chance) * experience.share_of_refusals())
    return offer.chance * (after - before) / max(1 - heard_by_now, 1e-9)
