"""The city and the truth about its people, which no policy sees: where they live, what they are like, how they tire."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import deque
from dataclasses import dataclass, field
from random import Random

from linzhu.dispatch.policy import Part
from linzhu.dispatch.simulation.scenarios import Scenario

DAY = 24 * 60.0
WEEK = 7 * DAY
SIDE_M = 8000
NEIGHBOURHOODS = 40
ELDERS_PER_REQUEST_A_DAY = 6
RECOVERY = 5 * DAY
"""Time constant with which people recover from texts."""
OPT_OUT = 0.00003
"""Hazard of leaving for good at a text, times tiredness to the power of 1.5."""
SLEEPY, ASLEEP_DELAY = 0.45, 1.5
"""At night: factor on every yes, and on every delay."""


@dataclass(slots=True)
class Resident:
    """A volunteer, with what is true of them and what has happened to them."""

    key: int
    x: float
    y: float
    reach_m: float
    willingness: float
    per_km: float
    fatigue: float
    habit: list[float]
    """Added to the log-odds, by part of the week."""
    free: list[bool]
    """By part of the week: known to the product."""
    skilled: float
    """Share (0–1) of the services they do."""
    tiredness: float = 0.0
    tired_at: float = 0.0
    week: deque[float] = field(default_factory=deque)
    """Times of the texts of the last seven days."""
    texts: list[float] = field(default_factory=list)
    yeses: list[float] = field(default_factory=list)
    visits: list[float] = field(default_factory=list)
    busy_until: float = -1.0
    done_until: float = -1.0
    """Somebody who has said yes, in vain or not, says yes to nothing else that day. Nobody else knows."""
    left: bool = False

    def tired(self, at: float) -> float:
        """Texts felt at a moment: each fades with time."""
        return self.tiredness * math.exp((self.tired_at - at) / RECOVERY)

    def feel_text(self, at: float) -> None:
        self.tiredness, self.tired_at = self.tired(at) + 1, at
        self.week.append(at)
        self.texts.append(at)

    def texts_by_day(self, at: float) -> list[int]:
        """Texts of the last 24 hours, of the 24 before them, and so on, for seven days."""
        while self.week and at - self.week[0] >= WEEK:
            self.week.popleft()
        numbers = [0] * 7
        for text_at in self.week:
            numbers[int((at - text_at) // DAY)] += 1
        return numbers

    def visits_month(self, at: float) -> int:
        return len(self.visits) - bisect_right(self.visits, at - 28 * DAY)

    def would_say_yes(self, distance_m: float, part: Part, knows: bool, at: float, answers: float) -> float:
        """Return the true chance of a yes to a text that comes now."""
        if at < self.done_until:
            return 0.0
        odds = self.willingness - self.per_km * distance_m / 1000 + self.habit[part] + (0.5 if knows else 0.0)
        worn = math.exp(-self.fatigue * self.tired(at) ** 0.55)
        return answers * worn / (1 + math.exp(-odds))


@dataclass(frozen=True, slots=True)
class Elder:
    key: int
    neighbourhood: int
    in_reach: list[tuple[Resident, float]]
    """Everybody who would go that far, and metres; nearest first."""


@dataclass(slots=True)
class City:
    residents: list[Resident]
    elders: list[Elder]


def build(scenario: Scenario, seed: int) -> City:
    """Return the same city for the same scenario and seed."""
    rng = Random(f"city {scenario.name} {seed}")  # noqa: S311 (dice, not secrets)
    centres = [(rng.uniform(0, SIDE_M), rng.uniform(0, SIDE_M)) for _ in range(NEIGHBOURHOODS)]
    helpful = [rng.lognormvariate(0, 0.4) for _ in centres]
    needy = [rng.lognormvariate(0, 0.4) for _ in centres]
    residents = [_resident(key, rng.choices(centres, helpful)[0], scenario, rng) for key in range(scenario.volunteers)]
    elders = []
    for key in range(round(scenario.requests_a_day * ELDERS_PER_REQUEST_A_DAY)):
        number = rng.choices(range(NEIGHBOURHOODS), needy)[0]
        elders.append(Elder(key, number, _in_reach(*_near(centres[number], rng), residents)))
    return City(residents, elders)


def _resident(key: int, centre: tuple[float, float], scenario: Scenario, rng: Random) -> Resident:
    x, y = _near(centre, rng)
    weekday, weekend = rng.gauss(0, 0.3), rng.gauss(0, 0.3)
    times = [rng.gauss(0, 0.6) for _ in range(3)]
    return Resident(
        key,
        x,
        y,
        reach_m=max(500, min(4000, rng.lognormvariate(math.log(1900), 0.35))),
        willingness=rng.gauss(scenario.willingness, 0.8),
        per_km=rng.lognormvariate(math.log(0.8), 0.4),
        fatigue=scenario.fatigue * rng.lognormvariate(0, 0.4),
        habit=[day + time for day in (weekday, weekend) for time in times],
        free=[rng.random() < (0.2 if scenario.night else 0.42) for _ in Part],
        skilled=rng.uniform(0.5, 1.0),
    )


def _near(centre: tuple[float, float], rng: Random) -> tuple[float, float]:
    return rng.gauss(centre[0], 500), rng.gauss(centre[1], 500)


def _in_reach(x: float, y: float, residents: list[Resident]) -> list[tuple[Resident, float]]:
    measured = ((resident, math.hypot(resident.x - x, resident.y - y)) for resident in residents)
    return sorted(
        ((resident, metres) for resident, metres in measured if metres <= resident.reach_m),
        key=lambda pair: (pair[1], pair[0].key),
    )
