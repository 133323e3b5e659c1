"""What the columns of an imported spreadsheet are called where somebody says which is which."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from linzhu.communities.spreadsheets import Column
from linzhu.imports import IMPORTERS

LABELS: dict[str, str | Promise] = {
    "name": _("Name"),
    "phone": _("Phone"),
    "birth_year": _("Year or date of birth"),
    "age": _("Age"),
    "gender": _("Gender"),
    "address": _("Home address"),
    "place": _("Compound"),
    "building": _("Building"),
    "lat": _("Latitude"),
    "lng": _("Longitude"),
    "groups": _("Priority groups"),
    "needs": _("Good to know"),
    "languages": _("Languages spoken"),
    "tell_by": _("Is told by"),
    "notes": _("Notes for staff"),
    "family_name": _("Family contact: name"),
    "family_phone": _("Family contact: phone"),
    "family_relation": _("Family contact: relation"),
    "reach_m": _("Goes as far as, in metres"),
    "reach_km": _("Goes as far as, in kilometres"),
    "skills": _("Skills"),
    "vehicle": _("Has a car (yes or no)"),
    "availability": _("When they are free"),
    "cleared_until": _("Cleared until"),
    "trained_until": _("Trained until"),
    "insured_until": _("Insured until"),
    "clearance": _("Clearance"),
    "weekly_cap": _("Offers a week, at most"),
    "text_language": _("Texts in"),
    "kind": _("Kind"),
    "parent": _("Compound it belongs to"),
}


def columns_of(kind: str) -> Sequence[Column]:
    return IMPORTERS[kind].columns


def choices_of(kind: str) -> list[tuple[str, str]]:
    """Return the columns of a kind of list with their names, the required ones marked."""
    return [(column.name, f"{LABELS[column.name]}{' *' if column.required else ''}") for column in columns_of(kind)]
