"""Learning by counting: yeses against expected yeses, shrunk towards "as expected", slowly forgotten."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from linzhu.dispatch.policy.chance import Chance

BANDS_M = (250, 500, 800, 1200, 1800, 2800)
"""Upper ends of the bands of distance; the last band is open."""
PARTS = 6
TEXT_CELLS = 16
"""0, 1, … 14, 15 and more texts felt (``chance.felt_texts``)."""
FATIGUES = (0.0, 0.03, 0.06, 0.1, 0.15, 0.2, 0.27, 0.35, 0.5, 0.7, 1.0)
FATIGUE_PRIOR, FATIGUE_DOUBT = 0.2, 0.15
"""Where the guess begins, and how many yeses' worth of evidence move it (a standard deviation on the grid)."""
DELAY_MEDIAN_MIN, DELAY_SPREAD = 6.0, 1.0
"""Of a yes, before any has been seen: lognormal."""
MEMORY = 400
"""Yeses remembered for their speed; past that, half of what was counted is forgotten."""
AGAIN_PRIOR = 0.4
"""Before anything is known: somebody who has said yes today says yes once more this much as often."""
HALF_LIFE_PERSON, HALF_LIFE_PLACE = 60.0, 14.0
"""Days after which what was seen counts half: people change slowly, the mood of a place faster."""


@dataclass(slots=True)
class Tally:
    """Yeses seen and yeses expected, both as of ``day``."""

    expected: float = 0.0
    yes: float = 0.0
    day: float = 0.0

    def ratio(self, weight: float, day: float, half_life: float) -> float:
        """Return observed/expected with a gamma prior of mean 1 worth ``weight`` expected yeses.

        The prior of a beta-binomial count, written for trials whose chances differ: (yes + w) / (expected + w).
        """
        kept = self.kept(day, half_life)
        return (self.yes * kept + weight) / (self.expected * kept + weight)

    def kept(self, day: float, half_life: float) -> float:
        """Return the share (0–1) of what was counted that still counts on ``day``."""
        return 0.5 ** ((day - self.day) / half_life) if day > self.day else 1.0

    def add(self, expected: float, yes: bool, day: float, half_life: float) -> None:
        kept = self.kept(day, half_life)
        self.expected = self.expected * kept + expected
        self.yes = self.yes * kept + yes
        self.day = max(day, self.day)


@dataclass(slots=True)
class Record:
    """How one volunteer has answered so far, overall and by part of the week."""

    own: Tally = field(default_factory=Tally)
    parts: list[Tally] = field(default_factory=lambda: [Tally() for _ in range(PARTS)])

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Record:
        return cls(Tally(**stored["own"]), [Tally(**part) for part in stored["parts"]])


@dataclass(slots=True)
class Experience:
    """How the people of a place answer: level, distance, tiredness, and how fast."""

    overall: Tally = field(default_factory=Tally)
    bands: list[Tally] = field(default_factory=lambda: [Tally() for _ in range(len(BANDS_M) + 1)])
    cells: list[Tally] = field(default_factory=lambda: [Tally() for _ in range(TEXT_CELLS)])
    """By texts of the week before, expected as if nobody got tired."""
    again: Tally = field(default_factory=Tally)
    """Of those who had said yes to something else that day, against the first guess about them."""
    yeses: float = 0.0
    log_delays: float = 0.0
    """Sum of log minutes over ``yeses``."""
    refusals: float = 0.0
    silences: float = 0.0
    fatigue: float = FATIGUE_PRIOR
    """Each text of a week divides the chance: 1 / (1 + fatigue × texts)."""

    def count(self, answer: bool | None, minutes: float) -> None:
        """Count one ending for the speed of a yes and the share of refusals."""
        if answer:
            self.yeses += 1
            self.log_delays += math.log(max(minutes, 0.1))
        elif answer is False:
            self.refusals += 1
        else:
            self.silences += 1
        if self.yeses > MEMORY:
            self.yeses, self.log_delays = self.yeses / 2, self.log_delays / 2
            self.refusals, self.silences = self.refusals / 2, self.silences / 2

    def median_delay(self) -> float:
        """Return the median minutes until a yes, shrunk towards the first guess (worth ten yeses)."""
        return math.exp((self.log_delays + 10 * math.log(DELAY_MEDIAN_MIN)) / (self.yeses + 10))

    def share_of_refusals(self) -> float:
        """Return how many of those who do not say yes say no, rather than nothing."""
        return (self.refusals + 4) / (self.refusals + self.silences + 10)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Experience:
        kept = dict(stored)
        for name in ("bands", "cells"):
            kept[name] = [Tally(**tally) for tally in kept[name]]
        for name in ("overall", "again"):
            kept[name] = Tally(**kept[name])
        return cls(**kept)


def learn(
    experience: Experience, record: Record, chance: Chance, *, day: float, answer: bool | None, minutes: float = 0.0
) -> None:
    """Count how an offer ended, once: ``answer`` is yes, no, or None for silence until it expired.

    ``chance`` is what was expected when the volunteer was asked; ``minutes`` is how long a yes took. A yes that came
    too late counts as a yes. Each tally expects without its own factor, or it would learn its own opinion.
    """
    yes, expected = answer is True, chance.value
    experience.overall.add(expected / chance.overall, yes, day, HALF_LIFE_PLACE)
    experience.bands[chance.band].add(expected / chance.at_distance, yes, day, HALF_LIFE_PERSON)
    if chance.again != 1:
        # They have done their bit today: that says nothing of their tiredness or of who they are.
        experience.again.add(expected / chance.again * AGAIN_PRIOR, yes, day, HALF_LIFE_PERSON)
    else:
        experience.cells[chance.cell].add(expected / chance.rested / chance.overall, yes, day, HALF_LIFE_PERSON)
        record.own.add(expected / chance.own, yes, day, HALF_LIFE_PERSON)
        record.parts[chance.part].add(expected / chance.habit, yes, day, HALF_LIFE_PERSON)
    experience.count(answer, minutes)
    if (experience.yeses + experience.refusals + experience.silences) % 25 == 0:
        experience.fatigue = fit_fatigue(experience.cells)


def fit_fatigue(cells: Sequence[Tally]) -> float:
    """Return how fast texts wear people out: the most probable value on a grid, given yeses by texts of the week.

    Poisson likelihood with a free level (so only the shape counts) and a normal prior on the fatigue.
    """
    return max(FATIGUES, key=lambda fatigue: _evidence(cells, fatigue))


def _evidence(cells: Sequence[Tally], fatigue: float) -> float:
    expected = [tally.expected / (1 + fatigue * texts) for texts, tally in enumerate(cells)]
    level = (sum(tally.yes for tally in cells) + 1) / (sum(expected) + 1)
    prior = -0.5 * ((fatigue - FATIGUE_PRIOR) / FATIGUE_DOUBT) ** 2
    return prior + sum(
        tally.yes * math.log(level * e) - level * e for tally, e in zip(cells, expected, strict=True) if e > 0
    )
