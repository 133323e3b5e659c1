"""An elder's data are erased: the row stays as a number, for the hours and figures that hang on it, and says nothing.

The doors to it are closed by ``ElderQuerySet.visible_to``. What other apps know of the elder: ``dispatch.erasure``.
"""

from __future__ import annotations

from django.db import transaction

from linzhu.communities.clock import now
from linzhu.requests import elder_state
from linzhu.requests.models import (
    Elder,
    ElderState,
    FamilyLink,
    HelpRequest,
    RecurringRequest,
    StatusChange,
)
from linzhu.requests.models.trail import WHY_LABELS

NOBODY = "—{pk}"
"""In the place of a name: no language, and nobody twice."""


def erase(elder: Elder) -> None:
    """Forget who this elder is, their family, what was written about them, and every version of it."""
    with transaction.atomic():
        elder_state.move(elder, ElderState.ERASED, user=None)
        FamilyLink.objects.filter(help_request__elder=elder).delete()
        elder.family.all().delete()
        elder.consents.all().delete()
        HelpRequest.objects.filter(elder=elder).update(details="")
        _forget_words_of_changes(elder)
        elder.recurring.filter(ended_at=None).update(ended_at=now(), next_on=None, next_opens_at=None)
        elder.recurring.update(details="")
        RecurringRequest.history.filter(elder_id=elder.pk).delete()
        _empty(elder)
        elder.history.all().delete()


def _empty(elder: Elder) -> None:
    elder.name, elder.phone, elder.phone_ext = NOBODY.format(pk=elder.pk), "", ""
    elder.address = elder.notes = elder.gender = ""
    elder.birth_year = elder.place = elder.lat = elder.lng = None
    elder.groups = elder.needs = elder.languages = frozenset()
    elder.save_without_historical_record()  # type: ignore[attr-defined]


def _forget_words_of_changes(elder: Elder) -> None:
    """Staff and family may have written a name; codes, and volunteers' names, say nothing of the elder."""
    changes = StatusChange.objects.filter(help_request__elder=elder)
    changes.filter(who=StatusChange.Who.FAMILY).update(name="")
    changes.filter(who=StatusChange.Who.STAFF).exclude(why__in=[*WHY_LABELS, ""]).update(why="")
