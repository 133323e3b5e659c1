"""The spreadsheets that can be imported, by the name that the command line and the browser use."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from linzhu.communities.import_places import PlaceImporter
from linzhu.communities.importing import Importer
from linzhu.requests.import_elders import ElderImporter
from linzhu.volunteers.import_volunteers import VolunteerImporter

IMPORTERS: dict[str, type[Importer]] = {
    "places": PlaceImporter,
    "elders": ElderImporter,
    "volunteers": VolunteerImporter,
}
LABELS: dict[str, str | Promise] = {
    "places": _("Places"),
    "elders": _("Elders"),
    "volunteers": _("Volunteers"),
}
KINDS: list[tuple[str, Any]] = list(LABELS.items())
