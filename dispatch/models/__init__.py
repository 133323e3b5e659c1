"""Waves, offers, assignments, what staff owe, what they may still take back, and the events that keep pages live."""

from linzhu.dispatch.models.bonds import Bond, BondQuerySet
from linzhu.dispatch.models.deferred import DeferredAct, DeferredActQuerySet
from linzhu.dispatch.models.habits import PlaceHabits, VolunteerHabits
from linzhu.dispatch.models.machine import Forgotten, Lease, LiveEvent
from linzhu.dispatch.models.search import Offer, OfferQuerySet, Wave, WaveQuerySet
from linzhu.dispatch.models.todos import Todo, TodoQuerySet
from linzhu.dispatch.models.visits import Assignment, AssignmentQuerySet, VisitStep, VisitStepQuerySet

__all__ = [
    "Assignment",
    "AssignmentQuerySet",
    "Bond",
    "BondQuerySet",
    "DeferredAct",
    "DeferredActQuerySet",
    "Forgotten",
    "Lease",
    "LiveEvent",
    "Offer",
    "OfferQuerySet",
    "PlaceHabits",
    "Todo",
    "TodoQuerySet",
    "VisitStep",
    "VisitStepQuerySet",
    "VolunteerHabits",
    "Wave",
    "WaveQuerySet",
]
