"""Simulated time: a queue of events. The earliest yes before the deadline fills a help request."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from linzhu.dispatch.simulation.askers import Asker
from linzhu.dispatch.simulation.city import DAY, OPT_OUT, City, build
from linzhu.dispatch.simulation.scenarios import Scenario
from linzhu.dispatch.simulation.search import DEADLINE_MIN, Search, Text, arrivals, begin

VISIT_MIN = 240.0
"""Somebody who has said yes is not free for anything else so long: the way, the visit, and a margin."""


@dataclass
class Run:
    """One city under one policy."""

    scenario: Scenario
    seed: int
    days: int
    asker: Asker
    city: City = field(init=False)
    searches: list[Search] = field(default_factory=list)
    _queue: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = field(default_factory=list)
    _known: dict[int, dict[int, int]] = field(default_factory=dict)
    _events: int = 0

    def __post_init__(self) -> None:
        self.city = build(self.scenario, self.seed)

    def play(self) -> Run:
        """Let all events happen, in their order."""
        for key, at in enumerate(arrivals(self.scenario, self.seed, self.days)):
            self._later(at, self._begin, key)
        while self._queue:
            at, _, happen, facts = heapq.heappop(self._queue)
            happen(at, *facts)
        return self

    def _later(self, at: float, happen: Callable[..., None], *facts: Any) -> None:
        self._events += 1
        heapq.heappush(self._queue, (at, self._events, happen, facts))

    def _begin(self, at: float, key: int) -> None:
        search = begin(key, at, self.scenario, seed=self.seed, elders=self.city.elders, known=self._known)
        self.searches.append(search)
        self._wave(at, search)

    def _wave(self, at: float, search: Search) -> None:
        """The time of the last move is up: the policy goes on."""
        if not search.is_open(at):
            return
        again_in = self._ask(at, search)
        if again_in is not None:
            self._later(at + again_in, self._wave, search)

    def _ask(self, at: float, search: Search, *, refused: bool = False) -> float | None:
        move = self.asker.move(search, at, refused=refused)
        chances = move.chances or [None] * len(move.ask)
        for (who, metres), chance in zip(move.ask, chances, strict=True):
            self._text(at, search, Text(who, metres, at, chance))
        return move.again_in

    def _text(self, at: float, search: Search, text: Text) -> None:
        who, fate = text.who, search.fates[text.who.key]
        yes = fate.yes < search.true_chance(who, text.metres, at)
        search.texts.append(text)
        search.asked.add(who.key)
        if self.scenario.fatigue and fate.leaves < OPT_OUT * who.tired(at) ** 1.5:
            who.left, yes = True, False
        who.feel_text(at)
        if (yes or fate.refuses) and fate.delay_min < DEADLINE_MIN:
            self._later(at + fate.delay_min, self._answer, search, text, yes)
        else:
            self._later(at + DEADLINE_MIN, self._silence, text)

    def _answer(self, at: float, search: Search, text: Text, yes: bool) -> None:
        text.answered = True
        self.asker.heard(text, at, yes)
        if yes:
            self._yes(at, search, text)
        elif search.is_open(at) and self.asker.minds_refusals:
            self._ask(at, search, refused=True)

    def _yes(self, at: float, search: Search, text: Text) -> None:
        who = text.who
        free_before = who.busy_until <= at
        who.yeses.append(at)
        who.done_until = (at // DAY + 1) * DAY
        if not search.is_open(at) or not free_before:
            return  # too late: thank you, already taken
        search.filled_at = at
        who.busy_until = at + VISIT_MIN
        who.visits.append(at)
        search.visits_before[who.key] = search.visits_before.get(who.key, 0) + 1

    def _silence(self, at: float, text: Text) -> None:
        self.asker.heard(text, at, None)
