"""The few words that fill an emergency's texts, in the reader's language; and a text as it would be sent."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils import translation
from django.utils.translation import gettext as _

from linzhu.communities.models import Community
from linzhu.dispatch.models import Emergency
from linzhu.notifications import by_code
from linzhu.notifications.overrides import render_for
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


def words_of(community: Community, key: str, params: Mapping[str, str], language: str) -> str:
    """Return a text as the outbox would write it here, to be read or counted before it is sent."""
    if by_code.is_reworded(key):
        return by_code.render(key, params, language)
    return render_for(community, key, params, language)
