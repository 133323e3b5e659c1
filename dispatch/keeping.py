"""What somebody writes on a page, or says to staff, is kept as a text that came in: so it stands beside the help
request, and in the inbox, like any other."""

from __future__ import annotations

from uuid import uuid4

from linzhu.communities.clock import now
from linzhu.notifications.models import InboundMessage

BY_PAGE = "page"
"""Who brought it, where others name their gateway."""
LONGEST = 500


def keep_words(sender: str, words: str, *, reading: str, about: str) -> InboundMessage:
    """Keep words of whoever has this number, taken for ``reading``; ``about``: a help request's reference."""
    return InboundMessage.objects.create(
        gateway=BY_PAGE,
        gateway_ref=uuid4().hex,
        sender=sender,
        text=words[:LONGEST],
        reading=reading,
        about=about,
        handled_at=now(),
    )
