"""What differs from city to city. The figures of ``base`` are made up, and meant to be argued with."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Scenario:
    name: str = "base"
    volunteers: int = 600
    requests_a_day: float = 60
    willingness: float = 0.2
    """Mean log-odds of a yes next door, rested, at a habitual time."""
    answers: float = 1.0
    """Factor on every yes: few look at their phone."""
    fatigue: float = 0.33
    """Median of how strongly texts wear people out; 0: not at all."""
    delay_min: float = 8.0
    """Median minutes until an answer; lognormal, sigma 1."""
    surge: float = 1.0
    """Factor on help requests in the middle half of the run."""
    night: bool = False
    """Help requests come from 20:00 to 07:00, when few are free and many sleep."""


BASE = Scenario()
SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        BASE,
        replace(BASE, name="sparse", volunteers=200, requests_a_day=20),
        replace(BASE, name="dense", volunteers=1500, requests_a_day=150),
        replace(BASE, name="tired", fatigue=0.6),
        replace(BASE, name="surge", surge=4.0),
        replace(BASE, name="slow", delay_min=24.0),
        replace(BASE, name="few-answers", answers=0.5),
        replace(BASE, name="nobody-tires", fatigue=0.0),
        replace(BASE, name="night", night=True, requests_a_day=30),
    )
}
