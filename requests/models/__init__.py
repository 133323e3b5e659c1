"""Elders, their families, help requests and the trail of what happened to them."""

from linzhu.requests.models.elders import Elder, FamilyContact, Need, PriorityGroup
from linzhu.requests.models.help_requests import (
    LIVE_STATUSES,
    REF_ALPHABET,
    REF_LENGTH,
    HelpRequest,
    HelpRequestQuerySet,
    Status,
    new_ref,
)
from linzhu.requests.models.recurring import Occurrence, RecurringRequest
from linzhu.requests.models.trail import SEARCH_AGAIN, FamilyLink, StatusChange

__all__ = [
    "LIVE_STATUSES",
    "REF_ALPHABET",
    "REF_LENGTH",
    "SEARCH_AGAIN",
    "Elder",
    "FamilyContact",
    "FamilyLink",
    "HelpRequest",
    "HelpRequestQuerySet",
    "Need",
    "Occurrence",
    "PriorityGroup",
    "RecurringRequest",
    "Status",
    "StatusChange",
    "new_ref",
]
