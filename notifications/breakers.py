"""A gateway that fails again and again is left in peace for a while, and another one carries the texts.

``failures`` counts tries in a row that failed by the gateway's own fault. At the fifth it *rests*. When the rest is
over, one text tries (*half-open*): if that goes well all is as before, else it rests twice as long, up to five
minutes. The row is shared, so no machine has to find out by itself.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce

from linzhu.notifications.models import GatewayLine

logger = logging.getLogger(__name__)

FAILURES = 5
FIRST_REST, LONGEST_REST = timedelta(seconds=30), timedelta(minutes=5)


def lines(names: Iterable[str]) -> list[GatewayLine]:
    """Return the rows of these gateways in this order; one that is new here gets its row."""
    names = list(names)
    known = GatewayLine.objects.in_bulk(names)
    return [known.get(name) or GatewayLine.objects.get_or_create(name=name)[0] for name in names]


def is_resting(line: GatewayLine, at: datetime) -> bool:
    return line.rests_until is not None and line.rests_until > at


def may_try(line: GatewayLine, at: datetime) -> bool:
    """Whether this text may go by this gateway; of all that ask when a rest is over, one may."""
    if line.rests_until is None:
        return True
    if line.rests_until > at:
        return False
    as_seen = GatewayLine.objects.filter(pk=line.pk, rests_until=line.rests_until)
    return as_seen.update(rests_until=at + rest_after(line.failures)) == 1


def note_success(name: str) -> None:
    """The gateway has answered: whatever it said about this text, it is well."""
    ailing = GatewayLine.objects.filter(Q(failures__gt=0) | ~Q(down_since=None), name=name)
    # Nearly always it was well before: do not ask SQLite for its only pen after every text.
    if ailing.exists() and ailing.update(failures=0, down_since=None, rests_until=None):
        logger.info("gateway %s answers", name)


def note_failure(name: str, at: datetime) -> None:
    """Count a failure that was the gateway's own; the fifth in a row, and every one after it, lets it rest."""
    line = GatewayLine.objects.filter(name=name)
    line.update(failures=F("failures") + 1)
    failures = line.values_list("failures", flat=True).first() or 0
    if failures >= FAILURES:
        line.filter(failures__gte=FAILURES).update(
            rests_until=at + rest_after(failures), down_since=Coalesce("down_since", Value(at))
        )
        logger.error("gateway %s rests after %d failures in a row", name, failures)


def rest_after(failures: int) -> timedelta:
    """Return how long a gateway rests: 30 s at the fifth failure, twice as long after each one more, five minutes."""
    doublings = min(max(failures - FAILURES, 0), 10)
    return min(FIRST_REST * (1 << doublings), LONGEST_REST)
