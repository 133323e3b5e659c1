"""Elders, their families, help requests, the trail of what happened to them, and who has looked."""

from linzhu.requests.models.consents import Consent
from linzhu.requests.models.elders import (
    GONE_STATES,
    Elder,
    ElderQuerySet,
    ElderState,
    FamilyContact,
    Need,
    PriorityGroup,
)
from linzhu.requests.models.help_requests import (
    LIVE_STATUSES,
    REF_ALPHABET,
    REF_LENGTH,
    HelpRequest,
    HelpRequestQuerySet,
    Status,
    new_ref,
)
from linzhu.requests.models.looks import Look, LookQuerySet, LookSeal
from linzhu.requests.models.recurring import Occurrence, RecurringRequest
from linzhu.requests.models.trail import ENOUGH, SEARCH_AGAIN, FamilyLink, StatusChange

__all__ = [
    "ENOUGH",
    "GONE_STATES",
    "LIVE_STATUSES",
    "REF_ALPHABET",
    "REF_LENGTH",
    "SEARCH_AGAIN",
    "Consent",
    "Elder",
    "ElderQuerySet",
    "ElderState",
    "FamilyContact",
    "FamilyLink",
    "HelpRequest",
    "HelpRequestQuerySet",
    "Look",
    "LookQuerySet",
    "LookSeal",
    "Need",
    "Occurrence",
    "PriorityGroup",
    "RecurringRequest",
    "Status",
    "StatusChange",
    "new_ref",
]
