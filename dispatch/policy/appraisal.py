"""What one neighbour's place in the order comes to, and why."""

from __future__ import annotations

from typing import Any, NamedTuple

from linzhu.dispatch.policy.chance import WEIGHT_OWN, Chance, Outlook
from linzhu.dispatch.policy.facts import Neighbour, Situation, Tuning

NEW_BELOW = 0.3
"""Expected yeses below which hardly anything is known of a volunteer."""


class Appraisal(NamedTuple):
    """One neighbour's place in the order, and why."""

    neighbour: Neighbour
    chance: Chance
    score: float
    borrowed: float
    """Yeses (0–1) that this text takes from next week."""

    def reasons(self) -> list[dict[str, Any]]:
        """Return the facts behind the place, JSON-able, in the form of ``dispatch.reasons``."""
        facts: list[dict[str, Any]] = [
            {"code": "chance", "percent": round(100 * self.chance.value)},
            {"code": "distance", "m": round(self.neighbour.distance_m)},
        ]
        if self.neighbour.visits_with_elder:
            facts.append({"code": "visits", "n": self.neighbour.visits_with_elder})
        facts.append({"code": "texts", "n": self.neighbour.texts_week})
        if self.chance.known < NEW_BELOW:
            facts.append({"code": "newcomer"})
        return facts


def appraise(neighbour: Neighbour, situation: Situation, outlook: Outlook, tuning: Tuning) -> Appraisal:
    """Score a neighbour by the yes that asking them now brings, less the yeses that it takes from next week."""
    chance = outlook.expect(neighbour)
    borrowed = outlook.borrowed(chance)
    bonus = 1 + tuning.newcomer * WEIGHT_OWN / (WEIGHT_OWN + chance.known)
    bonus += tuning.continuity * min(neighbour.visits_with_elder, 4)
    ahead = max(-2.0, min(2.0, neighbour.visits_lately - situation.mean_visits_lately))
    # One more on both sides: where hardly anybody has been asked, a single text is no burden.
    burden = min((neighbour.texts_week + 1) / (situation.texts_per_head + 1) - 1, 1.0)
    gain = chance.value * bonus * (1 - tuning.fairness * ahead - tuning.evenness * burden)
    return Appraisal(neighbour, chance, gain - tuning.price * borrowed, borrowed)
