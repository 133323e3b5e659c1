"""A volunteer's data are erased: the row stays as a number, for the hours and figures that hang on it."""

from __future__ import annotations

from django.db import transaction

from linzhu.volunteers import lifecycle
from linzhu.volunteers.models import Volunteer

NOBODY = "—{pk}"


def erase(volunteer: Volunteer) -> None:
    """Forget who this volunteer is, and every version of it. They are asked nothing any more."""
    with transaction.atomic():
        lifecycle.erase(volunteer)
        volunteer.links.all().delete()
        volunteer.name, volunteer.phone = NOBODY.format(pk=volunteer.pk), ""
        volunteer.notes = volunteer.gender = ""
        volunteer.place = volunteer.lat = volunteer.lng = None
        volunteer.trained_until = volunteer.insured_until = None
        volunteer.cleared_until = volunteer.paused_until = volunteer.weekly_cap = None
        volunteer.skills = volunteer.languages = frozenset()
        volunteer.save_without_historical_record()  # type: ignore[attr-defined]
        volunteer.history.all().delete()
