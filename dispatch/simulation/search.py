"""One help request that looks for somebody, and the texts sent for it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from linzhu.dispatch.policy import Chance, Part
from linzhu.dispatch.simulation.city import ASLEEP_DELAY, DAY, SLEEPY, Elder, Resident
from linzhu.dispatch.simulation.scenarios import Scenario

DEADLINE_MIN = 120.0
REFUSING = 0.45
"""Share of those who do not say yes who say no."""


class Fate(NamedTuple):
    """What a person would do if they were asked for this help request: drawn beforehand, alike for every policy."""

    yes: float
    """They say yes if their chance is above this."""
    refuses: bool
    delay_min: float
    leaves: float
    """They opt out if their hazard is above this."""


@dataclass(slots=True)
class Text:
    who: Resident
    metres: float
    at: float
    chance: Chance | None
    answered: bool = False


@dataclass(slots=True)
class Search:
    """A help request from its beginning to its deadline."""

    key: int
    elder: Elder
    at: float
    part: Part
    urgent: bool
    answers: float
    eligible: list[tuple[Resident, float]]
    """Skilled and free, nearest first: what the product's hard rules leave."""
    fates: dict[int, Fate]
    visits_before: dict[int, int]
    """Of this elder, by volunteer; grows during the run."""
    texts: list[Text] = field(default_factory=list)
    asked: set[int] = field(default_factory=set)
    filled_at: float | None = None

    @property
    def deadline(self) -> float:
        return self.at + DEADLINE_MIN

    def is_open(self, at: float) -> bool:
        return self.filled_at is None and at < self.deadline

    def unasked(self, at: float) -> list[tuple[Resident, float]]:
        """Everybody who may be asked now, nearest first."""
        return [
            (who, metres)
            for who, metres in self.eligible
            if who.key not in self.asked and not who.left and who.busy_until <= at
        ]

    def true_chance(self, who: Resident, metres: float, at: float) -> float:
        return who.would_say_yes(metres, self.part, self.visits_before.get(who.key, 0) > 0, at, self.answers)


def arrivals(scenario: Scenario, seed: int, days: int) -> list[float]:
    """Return the minutes at which help requests come, the same for every policy."""
    rng = Random(f"arrivals {scenario.name} {seed}")  # noqa: S311 (dice, not secrets)
    times = []
    for day in range(days):
        busy = scenario.surge if days / 4 <= day < 3 * days / 4 else 1.0
        expected = scenario.requests_a_day * busy * (0.7 if day % 7 >= 5 else 1.12)
        for _ in range(round(rng.gauss(expected, math.sqrt(expected)))):
            hour = rng.uniform(20, 31) if scenario.night else min(19.9, max(7.5, rng.gauss(12, 3.5)))
            times.append(day * DAY + hour * 60)
    return sorted(times)


def begin(
    key: int, at: float, scenario: Scenario, *, seed: int, elders: list[Elder], known: dict[int, dict[int, int]]
) -> Search:
    """Return the help request number ``key``: whose it is, who is eligible, and what each would do.

    ``known`` holds the visits of each elder, by volunteer; it is added to.
    """
    rng = Random(f"request {scenario.name} {seed} {key}")  # noqa: S311
    elder = rng.choice(elders)
    part = _part(at)
    slowness = scenario.delay_min * (ASLEEP_DELAY if scenario.night else 1)
    eligible, fates = [], {}
    for who, metres in elder.in_reach:
        fate = Fate(rng.random(), rng.random() < REFUSING, slowness * rng.lognormvariate(0, 1), rng.random())
        if rng.random() < who.skilled and who.free[part]:
            eligible.append((who, metres))
            fates[who.key] = fate
    answers = scenario.answers * (SLEEPY if scenario.night else 1)
    return Search(key, elder, at, part, scenario.night, answers, eligible, fates, known.setdefault(elder.key, {}))


def _part(at: float) -> Part:
    hour, weekday = at % DAY / 60, int(at // DAY) % 7
    return Part((3 if weekday >= 5 else 0) + (0 if 5 <= hour < 12 else 1 if 12 <= hour < 18 else 2))
