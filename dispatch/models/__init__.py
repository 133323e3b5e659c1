"""Waves, offers, assignments and their money, what staff owe and may take back, emergencies, events of live pages."""

from linzhu.dispatch.models.bonds import Bond, BondQuerySet
from linzhu.dispatch.models.cash import CashJob, CashJobQuerySet, CashNote, CashReceipt
from linzhu.dispatch.models.deferred import DeferredAct, DeferredActQuerySet
from linzhu.dispatch.models.emergencies import CallUp, Emergency, EmergencyQuerySet, RollCallChange, RollCallEntry
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
    "CallUp",
    "CashJob",
    "CashJobQuerySet",
    "CashNote",
    "CashReceipt",
    "DeferredAct",
    "DeferredActQuerySet",
    "Emergency",
    "EmergencyQuerySet",
    "Forgotten",
    "Lease",
    "LiveEvent",
    "Offer",
    "OfferQuerySet",
    "PlaceHabits",
    "RollCallChange",
    "RollCallEntry",
    "Todo",
    "TodoQuerySet",
    "VisitStep",
    "VisitStepQuerySet",
    "VolunteerHabits",
    "Wave",
    "WaveQuerySet",
]
