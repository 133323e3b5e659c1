"""What waits for the morning, searches and texts: every community has its own quiet hours."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from django.db.models import Q

from linzhu.communities.models import Community
from linzhu.communities.rules import RuleBook, rules_of
from linzhu.requests.catalogue import URGENT_CODES
from linzhu.requests.models import HelpRequest, Status


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


def morning_of(help_request: HelpRequest, at: datetime) -> datetime | None:
    """Return until when texts to elder and family about this wait; None: they go out at once.

    It is the searches' own rule. Who comes, how late, that we look again, that it is off: each is worth waking somebody
    for while the help itself is wanted in this night (or has been, and they sit up for it), or is time-critical.
    All else is as true in the morning, before anybody comes.
    """
    if help_request.service.urgent:
        return None
    end = rules_of(help_request.community).quiet_end(at)
    return end if end and help_request.window_start >= end else None
