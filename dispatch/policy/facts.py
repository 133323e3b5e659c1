"""What the policy is told: plain facts about a neighbour, about the search, and the constants it works with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum

from linzhu.dispatch.policy.learning import Record


class Part(IntEnum):
    """A part of the week: people's habits differ by it."""

    WEEKDAY_MORNING = 0
    WEEKDAY_AFTERNOON = 1
    WEEKDAY_EVENING = 2
    WEEKEND_MORNING = 3
    WEEKEND_AFTERNOON = 4
    WEEKEND_EVENING = 5


def part_of(local: datetime) -> Part:
    """Return the part of the week of a local wall time: before 12, before 18, later and at night."""
    time_of_day = 0 if 5 <= local.hour < 12 else 1 if 12 <= local.hour < 18 else 2
    return Part((3 if local.weekday() >= 5 else 0) + time_of_day)


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A volunteer who may be asked: every hard rule (clearance, skill, free, pause, …) has been applied already."""

    key: int
    distance_m: float
    texts_by_day: Sequence[int] = ()
    """Offers of the last 24 hours, of the 24 before them, and so on, for up to seven days."""
    yes_today: bool = False
    """Has said yes to another help request since midnight (even if it came too late)."""
    visits_with_elder: int = 0
    visits_lately: float = 0.0
    """Visits of the last 28 days."""
    weekly_cap: int = 6
    record: Record = field(default_factory=Record)

    @property
    def texts_week(self) -> int:
        """Offers of the last seven days."""
        return sum(self.texts_by_day)


@dataclass(frozen=True, slots=True)
class OpenOffer:
    """Somebody who has been asked for this help request and has not answered yet."""

    chance: float
    """Of a yes, as it was expected when they were asked."""
    minutes_ago: float


@dataclass(frozen=True, slots=True)
class Situation:
    """The help request and the moment."""

    minutes_left: float
    """Until a yes comes too late to be of use."""
    places: int = 1
    """Still to be filled."""
    urgent: bool = False
    part: Part = Part.WEEKDAY_MORNING
    """Of the visit's window."""
    day: float = 0.0
    """Now, in days since any fixed moment: what was learned long ago counts less."""
    texts_per_head: float = 0.0
    """Offers of the last seven days per volunteer in reach, those over their cap included."""
    weekly_cap: int = 7
    """Usual in this community."""
    mean_visits_lately: float = 0.0
    """Of the volunteers in reach, in 28 days."""
    searched_lately: int = 0
    """Help requests of this community whose search has ended within the last 14 days, well or not."""
    unfilled_lately: int = 0
    """Those of them for which nobody was found in time."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """Constants, tuned in the simulator on seeds 101–106 (docs/decisions/0010)."""

    nobody_min: float = 195.0
    """Finding nobody at all counts as much as so many minutes of waiting."""
    urgent: float = 3.8
    """Factor on every minute of waiting when urgent."""
    spare: float = 0.11
    """What a yes that will be missing later costs, in help requests filled, where there are many others …"""
    scarce_here: float = 9.5
    """… and on top of it where few are in reach and all would say no …"""
    few: float = 2.0
    """So many in reach halve that."""
    scarce_around: float = 0.55
    """… and where help requests find nobody: times the share of them that do."""
    wear: float = 0.82
    """How much dearer a borrowed yes is where all have been asked ten times a week: grows with the cube of their texts
    and the square of their fatigue (1 at its first guess)."""
    in_vain: float = 0.048
    """Share of a yes that is lost with a yes in vain, if whoever said it says no other that day."""
    ahead: float = 0.7
    """How far asking now is compared with asking later, in median delays of an answer."""
    shortest_min: float = 2.0
    longest_min: float = 20.0
    price: float = 0.75
    """How much a yes of next week counts against one now, in the order."""
    newcomer: float = 0.15
    """Bonus on the score of somebody of whom nothing is known yet; it falls as they answer."""
    continuity: float = 0.1
    """Bonus for each earlier visit with this elder (at most four)."""
    fairness: float = 0.05
    """Malus for each visit above the mean of those in reach, bonus for each below (at most two)."""
    evenness: float = 0.42
    """Malus for twice as many texts in the last seven days as those in reach had on average, bonus for none."""


DEFAULT = Tuning()
