"""Whom to ask now, and when to ask again: order, size and time of a wave."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from linzhu.dispatch.policy.appraisal import Appraisal, appraise
from linzhu.dispatch.policy.chance import Outlook
from linzhu.dispatch.policy.facts import DEFAULT, Neighbour, OpenOffer, Situation, Tuning
from linzhu.dispatch.policy.learning import Experience
from linzhu.dispatch.policy.pace import Pace, just_asked


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do now. Ask ``order[:size]``, look again after ``next_in_minutes``."""

    order: list[Appraisal]
    """Best first; those over their weekly cap are not in it."""
    size: int
    next_in_minutes: float

    @property
    def chosen(self) -> list[Appraisal]:
        return self.order[: self.size]


def plan(
    situation: Situation,
    neighbours: Iterable[Neighbour],
    open_offers: Sequence[OpenOffer],
    experience: Experience,
    tuning: Tuning = DEFAULT,
    *,
    replacing: bool = False,
) -> Plan:
    """Return the order of asking, how many to ask now, and when to look again.

    Call it when a search begins and when a wave's time is up: somebody new is asked each time, as long as there is
    anybody. Call it with ``replacing`` **whenever somebody declines**: ``size`` then says whether and by how many the
    decliner is replaced at once, because their offer is no longer among ``open_offers``; the wave's time stays.
    """
    outlook = Outlook(situation, experience)
    order = [appraise(one, situation, outlook, tuning) for one in neighbours if one.texts_week < one.weekly_cap]
    order.sort(key=lambda one: (-one.score, one.neighbour.distance_m, one.neighbour.key))
    pace = Pace(situation, experience, outlook, order, tuning)
    size = pace.size(order, open_offers, least=max(situation.places - len(open_offers), 0 if replacing else 1))
    following = order[size] if size < len(order) else None
    asked = [*open_offers, *map(just_asked, order[:size])]
    return Plan(order, size, pace.wait(following, asked))
