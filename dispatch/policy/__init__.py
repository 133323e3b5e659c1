"""The order of asking: whom to text first, how many at a time, and when to go on. Pure functions, no database.

The one door is :func:`plan`. What it learns from lives in :class:`Experience` (of a community) and :class:`Record` (of
a volunteer); both are told by :func:`learn` how every offer ended. Formulas and sources: docs/decisions/0010.
"""

from linzhu.dispatch.policy.appraisal import Appraisal
from linzhu.dispatch.policy.chance import Chance, expect
from linzhu.dispatch.policy.facts import Neighbour, OpenOffer, Part, Situation, Tuning, part_of
from linzhu.dispatch.policy.learning import Experience, Record, Tally, learn
from linzhu.dispatch.policy.waves import Plan, plan

__all__ = [
    "Appraisal",
    "Chance",
    "Experience",
    "Neighbour",
    "OpenOffer",
    "Part",
    "Plan",
    "Record",
    "Situation",
    "Tally",
    "Tuning",
    "expect",
    "learn",
    "part_of",
    "plan",
]
