"""How long people take to answer: lognormal delays, the same for a yes and a no."""

from __future__ import annotations

import math

from linzhu.dispatch.policy.facts import OpenOffer
from linzhu.dispatch.policy.learning import DELAY_SPREAD, Experience

SCALE = 1 / (DELAY_SPREAD * math.sqrt(2))


class Delays:
    """What a place's experience says of the time until an answer."""

    def __init__(self, experience: Experience) -> None:
        self.median = experience.median_delay()
        """Minutes."""
        self._log_median = math.log(self.median)
        self._refusing = experience.share_of_refusals()

    def within(self, minutes: float) -> float:
        """Return the share of all answers that have come after so many minutes."""
        if minutes < 1e-6:
            return 0.0
        return 0.5 * math.erfc((self._log_median - math.log(minutes)) * SCALE)

    def still_coming(self, offer: OpenOffer, minutes: float, *, waited: float = 0.0) -> float:
        """Return the chance that an open offer brings a yes in ``minutes``, if it is silent for ``waited`` more first.

        Bayes: the longer somebody is silent, the likelier they stay so.
        """
        age = offer.minutes_ago + waited
        before, after = self.within(age), self.within(age + minutes)
        heard_by_now = before * (offer.chance + (1 - offer.chance) * self._refusing)
        return offer.chance * (after - before) / max(1 - heard_by_now, 1e-9)
