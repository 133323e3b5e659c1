"""The policies compared: simple ones that offices use today, Linzhu's own, and a bound that reads minds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from linzhu.dispatch import policy
from linzhu.dispatch.simulation.city import DAY, Resident
from linzhu.dispatch.simulation.search import Search, Text

WAVE_MIN = 10.0
"""What the simple policies wait before they go on."""
WEEKLY_CAP = 60
"""As good as none: the order itself has to spare people, and the simple policies know no cap either."""


@dataclass(slots=True)
class Move:
    """Whom to text now, and when to look again (minutes; None: never)."""

    ask: Sequence[tuple[Resident, float]]
    again_in: float | None
    chances: Sequence[policy.Chance | None] = ()


class Asker(Protocol):
    minds_refusals: bool

    def move(self, search: Search, at: float, *, refused: bool = False) -> Move:
        """Decide for one search. Called at its start, when the last move's time is up and, if wished, at a no."""

    def heard(self, text: Text, at: float, answer: bool | None) -> None:
        """How an offer ended, even if long after the search."""


class Nearest:
    """The k nearest who have not been asked yet, every ten minutes. With a k past everybody: broadcast."""

    minds_refusals = False

    def __init__(self, k: int) -> None:
        self.k = k

    def move(self, search: Search, at: float, *, refused: bool = False) -> Move:
        return Move(search.unasked(at)[: self.k], WAVE_MIN)

    def heard(self, text: Text, at: float, answer: bool | None) -> None:
        """Learns nothing."""


class Clairvoyant:
    """Asks the one person who will say yes soonest: no texts are wasted, no time is lost. Nobody can do that."""

    minds_refusals = False

    def move(self, search: Search, at: float, *, refused: bool = False) -> Move:
        willing = [
            (search.fates[who.key].delay_min, metres, who)
            for who, metres in search.unasked(at)
            if search.fates[who.key].yes < search.true_chance(who, metres, at)
        ]
        if not willing:
            return Move([], WAVE_MIN)
        _, metres, who = min(willing, key=lambda one: (one[0], one[2].key))
        return Move([(who, metres)], None)

    def heard(self, text: Text, at: float, answer: bool | None) -> None:
        """Knows all already."""


class Linzhu:
    """The product's own policy, told only what the product's database knows."""

    minds_refusals = True

    def __init__(self, tuning: policy.Tuning | None = None) -> None:
        self.tuning = tuning or policy.Tuning()
        self.experience = policy.Experience()
        self.records: defaultdict[int, policy.Record] = defaultdict(policy.Record)
        self.searches: list[Search] = []
        """Begun within the last 14 days."""
        self.searched_lately = self.unfilled_lately = 0

    def move(self, search: Search, at: float, *, refused: bool = False) -> Move:
        if search.at == at:
            self._begin(search)
        people = search.unasked(at)
        neighbours = [self._neighbour(who, metres, search, at) for who, metres in people]
        open_offers = [
            policy.OpenOffer(text.chance.value, at - text.at)
            for text in search.texts
            if text.chance and not text.answered
        ]
        situation = self._situation(search, neighbours, at)
        plan = policy.plan(situation, neighbours, open_offers, self.experience, self.tuning, replacing=refused)
        by_key = {who.key: (who, metres) for who, metres in people}
        chosen = plan.chosen
        return Move([by_key[one.neighbour.key] for one in chosen], plan.next_in_minutes, [one.chance for one in chosen])

    def heard(self, text: Text, at: float, answer: bool | None) -> None:
        if text.chance:
            record = self.records[text.who.key]
            policy.learn(self.experience, record, text.chance, day=at / DAY, answer=answer, minutes=at - text.at)

    def _begin(self, search: Search) -> None:
        """Look back at the last 14 days: how many searches have ended, and how many of them in vain."""
        self.searches = [other for other in self.searches if other.at > search.at - 14 * DAY]
        ended = [other for other in self.searches if not other.is_open(search.at)]
        self.searched_lately = len(ended)
        self.unfilled_lately = sum(other.filled_at is None for other in ended)
        self.searches.append(search)

    def _neighbour(self, who: Resident, metres: float, search: Search, at: float) -> policy.Neighbour:
        return policy.Neighbour(
            key=who.key,
            distance_m=metres,
            texts_by_day=who.texts_by_day(at),
            yes_today=bool(who.yeses) and who.yeses[-1] >= at // DAY * DAY,
            visits_with_elder=search.visits_before.get(who.key, 0),
            visits_lately=who.visits_month(at),
            weekly_cap=WEEKLY_CAP,
            record=self.records[who.key],
        )

    def _situation(self, search: Search, neighbours: list[policy.Neighbour], at: float) -> policy.Situation:
        heads = max(len(neighbours), 1)
        return policy.Situation(
            minutes_left=search.deadline - at,
            urgent=search.urgent,
            part=search.part,
            day=at / DAY,
            texts_per_head=sum(one.texts_week for one in neighbours) / heads,
            weekly_cap=WEEKLY_CAP,
            mean_visits_lately=sum(one.visits_lately for one in neighbours) / heads,
            searched_lately=self.searched_lately,
            unfilled_lately=self.unfilled_lately,
        )


POLICIES: dict[str, Callable[[], Asker]] = {
    "broadcast": lambda: Nearest(10**6),
    "sequential": lambda: Nearest(1),
    "nearest-3": lambda: Nearest(3),
    "nearest-5": lambda: Nearest(5),
    "nearest-8": lambda: Nearest(8),
    "linzhu": Linzhu,
    "clairvoyant": Clairvoyant,
}
SIMPLE = ("broadcast", "sequential", "nearest-3", "nearest-5", "nearest-8")
