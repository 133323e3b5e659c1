"""The few words that fill an emergency's texts, in the reader's language."""

from __future__ import annotations

from django.utils import translation
from django.utils.translation import gettext as _

from linzhu.dispatch.models import Emergency
from linzhu.notifications.wording import word


def drill_mark(emergency: Emergency, language: str) -> str:
    """Return what every text of a drill begins with; nothing in earnest."""
    if not emergency.drill:
        return ""
    with translation.override(language):
        return word("mark", "drill", language) or _("DRILL, not real. ")


def event_name(emergency: Emergency, language: str) -> str:
    """Return what has happened: ``heat``, 「高温」."""
    with translation.override(language):
        return word("emergency", emergency.kind, language) or str(Emergency.Kind(emergency.kind).label)
