"""Whether one more text is worth its price now, or whether to wait for those who have been asked already."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from linzhu.dispatch.policy.appraisal import Appraisal
from linzhu.dispatch.policy.chance import Outlook
from linzhu.dispatch.policy.delays import Delays
from linzhu.dispatch.policy.facts import OpenOffer, Situation, Tuning
from linzhu.dispatch.policy.learning import FATIGUE_PRIOR, Experience

LONGER = 1.4
"""Factor from one moment to the next at which waiting is weighed again."""
MOST_UNFILLED = 0.2
"""However many find nobody: asking ever more slowly because of it must come to an end."""


class Hope(NamedTuple):
    """The yeses that the open offers promise."""

    soon: YesCount
    """Within the look ahead. If they are enough, whoever would be asked only then is spared a text."""
    later: YesCount
    """Before somebody asked now would usually answer. If they are enough, that yes comes in vain."""


class Pace:
    """Weighs one more text in one currency: help requests filled.

    Asking somebody now rather than a little later saves the time between, and perhaps the whole help request where the
    end is near, if theirs is the yes that counts. It costs what would have been spared if the others had been enough by
    then: the yeses that the text borrows from next week, and a yes in vain.
    """

    def __init__(
        self,
        situation: Situation,
        experience: Experience,
        outlook: Outlook,
        order: Sequence[Appraisal],
        tuning: Tuning,
    ) -> None:
        self._delays = Delays(experience)
        self._places, self._left = situation.places, situation.minutes_left
        self._shortest, self._longest = tuning.shortest_min, tuning.longest_min
        self._ahead = max(tuning.ahead * self._delays.median, tuning.shortest_min)
        self._minute = (tuning.urgent if situation.urgent else 1) / tuning.nobody_min
        value = value_of_a_yes(situation, order, tuning)
        self._borrowed_price = value * wear(situation, experience, tuning)
        self._in_vain_price = value * tuning.in_vain * (1 - outlook.again)

    def hope(self, offers: Iterable[OpenOffer], waited: float = 0.0) -> Hope:
        """Return what the open offers promise, once ``waited`` more minutes have passed in silence."""
        hope = Hope(YesCount(self._places), YesCount(self._places))
        usual_answer = self._usual_answer(waited)
        for offer in offers:
            hope.soon.add(self._delays.still_coming(offer, self._ahead, waited=waited))
            hope.later.add(self._delays.still_coming(offer, usual_answer, waited=waited))
        return hope

    def _usual_answer(self, waited: float = 0.0) -> float:
        """Return in how many minutes somebody asked a little later would usually answer; the end may come before."""
        return max(0.0, min(self._left - waited, self._ahead + self._delays.median))

    def worth_it(self, one: Appraisal, hope: Hope, waited: float = 0.0) -> bool:
        """Whether asking this neighbour now gains more than it costs, as compared with asking them a little later."""
        left = self._left - waited
        in_time = self._delays.within(left) - self._delays.within(left - self._ahead)
        gain = one.chance.value * (1 - hope.later.enough) * (self._ahead * self._minute + in_time)
        cost = one.borrowed * self._borrowed_price + one.chance.value * self._in_vain_price
        return gain > cost * hope.soon.enough

    def size(self, order: Sequence[Appraisal], offers: Iterable[OpenOffer], least: int) -> int:
        """Return how many of the order to ask now: at least ``least``, as long as there are so many."""
        hope = self.hope(offers)
        # Whoever is asked now has been silent for no time: of all of them the same share has answered by then.
        soon, later = self._delays.within(self._ahead), self._delays.within(self._usual_answer())
        for size, one in enumerate(order):
            if size >= least and not self.worth_it(one, hope):
                return size
            hope.soon.add(one.chance.value * soon)
            hope.later.add(one.chance.value * later)
        return len(order)

    def wait(self, following: Appraisal | None, offers: Sequence[OpenOffer]) -> float:
        """Return the minutes until it is worth asking the one who follows, if all stay silent.

        Where nobody follows, long enough for most to answer.
        """
        if following is None:
            return max(self._shortest, min(2 * self._delays.median, self._longest))
        minutes = self._shortest
        while minutes < min(self._longest, self._left):
            if self.worth_it(following, self.hope(offers, minutes), minutes):
                break
            minutes *= LONGER
        return min(minutes, self._longest)


def just_asked(one: Appraisal) -> OpenOffer:
    return OpenOffer(one.chance.value, 0.0)


def value_of_a_yes(situation: Situation, order: Sequence[Appraisal], tuning: Tuning) -> float:
    """Return what a yes that will be missing later costs, in help requests filled.

    Where many live near, others take its place and only time is lost. It may cost a help request where there are few
    and each of them could say no, and where help requests have lately found nobody (one in twenty, before any is
    known).
    """
    nobody = math.prod([1 - one.chance.value for one in order])
    few = tuning.few / (tuning.few + len(order))
    around = (situation.unfilled_lately + 1) / (situation.searched_lately + 20)
    return tuning.spare + tuning.scarce_here * nobody * few + tuning.scarce_around * min(around, MOST_UNFILLED)


def wear(situation: Situation, experience: Experience, tuning: Tuning) -> float:
    """Return how many times dearer a borrowed yes is where all have been asked much: so have those who replace it."""
    texts = situation.texts_per_head
    used_up = min(texts / situation.weekly_cap, 1.0) if situation.weekly_cap else 1.0
    return 1 + tuning.wear * (texts / 10) ** 3 * (experience.fatigue / FATIGUE_PRIOR) ** 2 + used_up**2


class YesCount:
    """The distribution of the number of yeses (Poisson binomial), as far as it matters: 0 … places."""

    def __init__(self, places: int) -> None:
        self._chances = [1.0] + [0.0] * places

    @property
    def enough(self) -> float:
        return self._chances[-1]

    def add(self, chance: float) -> None:
        """Count in one more offer that brings a yes with this chance."""
        counts = self._chances
        counts[-1] += counts[-2] * chance
        for number in range(len(counts) - 2, 0, -1):
            counts[number] += (counts[number - 1] - counts[number]) * chance
        counts[0] *= 1 - chance
