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

LEVEL, PER_KM = 0.0, 1.0
"""Prior before anything is known: logistic(0 − distance in km); half of those next door say yes when rested."""
WEIGHT_OVERALL, WEIGHT_BAND, WEIGHT_OWN, WEIGHT_HABIT = 20.0, 15.0, 1.5, 2.0
"""How many expected yeses the prior of each correction is worth."""
WEIGHT_AGAIN = 5.0
USUAL_PRIOR = 1 / (1 + math.exp(PER_KM * 0.6 - LEVEL))
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


def expect(neighbour: Neighbour, situation: Situation, experience: Experience) -> Chance:
    """Return the chance (0–0.95) that this neighbour says yes to an offer sent now."""
    day, record = situation.day, neighbour.record
    band = bisect_left(BANDS_M, neighbour.distance_m)
    overall = experience.overall.ratio(WEIGHT_OVERALL, day, HALF_LIFE_PLACE)
    at_distance = experience.bands[band].ratio(WEIGHT_BAND, day, HALF_LIFE_PERSON)
    rested = 1 / (1 + experience.fatigue * recent_texts(neighbour))
    own = record.own.ratio(WEIGHT_OWN, day, HALF_LIFE_PERSON)
    habit = record.parts[situation.part].ratio(WEIGHT_HABIT, day, HALF_LIFE_PERSON)
    prior = 1 / (1 + math.exp(PER_KM * neighbour.distance_m / 1000 - LEVEL))
    again = AGAIN_PRIOR * experience.again.ratio(WEIGHT_AGAIN, day, HALF_LIFE_PERSON) if neighbour.yes_today else 1.0
    value = min(SURE, prior * overall * at_distance * rested * own * habit * again)
    cell = min(neighbour.texts_week, TEXT_CELLS - 1)
    return Chance(value, overall, at_distance, rested, own, habit, again, band, cell, situation.part)


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
