"""What keeps a mistake, or somebody with bad intentions, from texting all day: countries and daily caps.

A cap is a question to the rows, not a counter: what was handed over since midnight is counted from an index, and the
cap itself bounds how many rows that are. A text above a cap has failed with a code of its own. It is not kept for
tomorrow: nobody wants yesterday's confirmation at midnight, and a person is told at once.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

import phonenumbers
from django.conf import settings
from django.db.models import Count, Q, Sum
from django.utils import timezone

from linzhu.notifications.models import Message
from linzhu.notifications.texts import TEXTS

COUNTRY, NUMBER, COMMUNITY, SPEND = "country", "cap-number", "cap-community", "cap-all"
CODES = (COUNTRY, NUMBER, COMMUNITY, SPEND)
"""The error codes of texts that were held back here and never reached a gateway."""


def refusal(message: Message, at: datetime) -> str:
    """Return why this text may not go out today, or nothing.

    Safety texts pass the caps. The list of countries holds for all: who writes from a costly number abroad must not
    make us answer it a thousand times.
    """
    if message.to != settings.SMS_SELF_TEST_NUMBER and not is_allowed_country(message.to):
        return COUNTRY
    caps = (settings.SMS_CAP_NUMBER, settings.SMS_CAP_COMMUNITY, settings.SMS_CAP_ALL)
    if not any(caps) or is_safety_text(message):
        return ""
    return _exceeded(message, at, *caps)


def _exceeded(message: Message, at: datetime, number: int, community: int, everybody: int) -> str:
    spent = Message.objects.filter(handed_at__gte=midnight(at)).aggregate(
        number=Count("pk", filter=Q(to=message.to)),
        community=Sum("parts", filter=Q(community=message.community_id), default=0),
        everybody=Sum("parts", default=0),
    )
    if number and spent["number"] >= number:
        return NUMBER
    if community and spent["community"] + message.parts > community:
        return COMMUNITY
    if everybody and spent["everybody"] + message.parts > everybody:
        return SPEND
    return ""


def is_safety_text(message: Message) -> bool:
    text = TEXTS.get(message.template)
    return text is not None and text.past_caps


def is_allowed_country(phone: str) -> bool:
    """Whether this E.164 number begins with an allowed prefix."""
    return phone.startswith(tuple(allowed_prefixes()))


def allowed_prefixes() -> list[str]:
    """Return the prefixes of ``SMS_COUNTRIES`` in the form +86, or that of ``PHONE_REGION``."""
    given = [prefix.strip().lstrip("+") for prefix in settings.SMS_COUNTRIES]
    own = str(phonenumbers.country_code_for_region(settings.PHONE_REGION))
    return [f"+{prefix}" for prefix in given or [own]]


def midnight(at: datetime) -> datetime:
    """Return when the present day began on the wall."""
    return timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)


@dataclass
class Room:
    """How much may still go out today: a batch takes its place in it, so that no text is written to be held back."""

    spent: Counter[int]
    """Parts that went out today or wait to go, by the community's primary key."""

    def left(self, community_id: int) -> int | None:
        """Return how many parts more may go out for this community; None where nothing limits them."""
        limits = [(settings.SMS_CAP_COMMUNITY, self.spent[community_id]), (settings.SMS_CAP_ALL, self.spent.total())]
        rooms = [cap - spent for cap, spent in limits if cap]
        return max(0, min(rooms)) if rooms else None

    def take(self, community_id: int, parts: int) -> bool:
        """Book a place for a text of so many parts; False if there is none."""
        left = self.left(community_id)
        if left is not None and left < parts:
            return False
        self.spent[community_id] += parts
        return True


def room_today(at: datetime) -> Room:
    """Return what the caps leave of this day, texts counted that still wait. Two queries."""
    gone = Message.objects.filter(handed_at__gte=midnight(at))
    # One state at a time, as each has its index.
    waiting = Message.objects.filter(
        Q(state=Message.State.QUEUED) | Q(state=Message.State.SENDING) | Q(state=Message.State.UNKNOWN), handed_at=None
    )
    spent: Counter[int] = Counter()
    for rows in (gone, waiting):
        spent.update(dict(rows.order_by().values_list("community_id").annotate(sum=Sum("parts"))))
    return Room(spent)
