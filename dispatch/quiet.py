"""Which searches wait for the morning: every community has its own quiet hours."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from django.db.models import Q

from linzhu.communities.models import Community
from linzhu.communities.rules import RuleBook
from linzhu.requests.catalogue import URGENT_CODES
from linzhu.requests.models import Status


def waits_for_morning(at: datetime) -> Q:
    """Return the condition for open help requests that nobody may be texted about at that moment, and need not be.

    Time-critical ones, and those that are wanted before the quiet hours end, are not among them. Two queries.
    """
    book = RuleBook()
    asleep: dict[datetime, list[int]] = defaultdict(list)
    for community in Community.objects.filter(help_requests__status=Status.OPEN).distinct():
        if end := book.of(community).quiet_end(at):
            asleep[end].append(community.pk)
    sleeping = Q(pk__in=[])
    for end, communities in asleep.items():
        sleeping |= Q(community__in=communities, window_start__gte=end)
    return sleeping & ~Q(service_code__in=URGENT_CODES)
