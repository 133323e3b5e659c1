"""What the policy is told: plain facts about a neighbour, about the search, and the constants it works with."""

from __future__ import annotations

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
    texts_week: int = 0
    """Offers of the last seven days."""
    hours_since_text: float | None = None
    """Since the last offer; None: not within the last seven days."""
    yes_today: bool = False
    """Has said yes to another help request since midnight (even if it came too late)."""
    visits_with_elder: int = 0
    visits_lately: float = 0.0
    """Visits of the last 28 days."""
    weekly_cap: int = 6
    record: Record = field(default_factory=Record)


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


@dataclass(frozen=True, slots=True)
class Tuning:
    """Constants, tuned in the simulator on seeds 101–103 (docs/decisions/0010)."""

    target_rested: float = 0.98
    """Wanted chance of a yes within a wave's time where nobody is being worn out."""
    target_worn: float = -0.2
    """The same where every text would only borrow its yes from next week: with it, the wanted chance falls linearly."""
    target_least: float = 0.12
    """It falls no lower than this."""
    target_end: float = 0.4
    """It rises to this when no time is left for another wave."""
    urgent_haste: float = 0.3
    """How far an urgent search is on the way to that from the beginning (0–1)."""
    scarcity: float = 2.0
    """Where few could come, asking them all at once leaves nobody: power of the chance that anybody would."""
    cap_weight: float = 1.0
    """How worn those count who have had all texts that their caps allow (0–1)."""
    timer: float = 1.0
    """Time of a wave, in median delays of a yes."""
    urgent_timer: float = 0.75
    """Factor on that when urgent."""
    shortest_min: float = 2.0
    longest_min: float = 20.0
    price: float = 0.8
    """How much a yes of next week counts against one now, in the order."""
    worth: float = 2.0
    """How many yeses of next week a yes now is worth, where the alternative is nobody."""
    newcomer: float = 0.25
    """Bonus on the score of somebody of whom nothing is known yet; it falls as they answer."""
    continuity: float = 0.1
    """Bonus for each earlier visit with this elder (at most four)."""
    fairness: float = 0.1
    """Malus for each visit above the mean of those in reach, bonus for each below (at most two)."""


DEFAULT = Tuning()
