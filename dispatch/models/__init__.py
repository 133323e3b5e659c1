"""Waves, offers, assignments, what staff owe, and the events that keep pages live."""

from linzhu.dispatch.models.bonds import Bond, BondQuerySet
from linzhu.dispatch.models.machine import Lease, LiveEvent
from linzhu.dispatch.models.search import Offer, OfferQuerySet, Wave, WaveQuerySet
from linzhu.dispatch.models.todos import Todo, TodoQuerySet
from linzhu.dispatch.models.visits import Assignment, AssignmentQuerySet, VisitStep, VisitStepQuerySet

__all__ = [
    "Assignment",
    "AssignmentQuerySet",
    "Bond",
    "BondQuerySet",
    "Lease",
    "LiveEvent",
    "Offer",
    "OfferQuerySet",
    "Todo",
    "TodoQuerySet",
    "VisitStep",
    "VisitStepQuerySet",
    "Wave",
    "WaveQuerySet",
]
