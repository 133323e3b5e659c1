"""Reads the gateway's own list of texts: what its webhooks should have told us and did not.

Every five minutes since the last good reading (so an outage of ours, however long, is read up afterwards), and once a
day the last 24 hours, as a receipt may come long after its text. Reading twice does no harm: a text in is stored once
by its id, and a text out only moves up.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from linzhu.communities.clock import now
from linzhu.notifications import breakers, inbound, receipts
from linzhu.notifications.gateways import configured, gateway
from linzhu.notifications.gateways.base import Gateway, GatewayUnreachable, Inbound, StatusReport
from linzhu.notifications.models import FINAL_STATES, GatewayLine, InboundMessage, Message

logger = logging.getLogger(__name__)

EVERY = timedelta(minutes=5)
OVERLAP = timedelta(minutes=15)  # the list may be a little behind, and so may our clock
LONG_EVERY = LONG = timedelta(hours=24)
FURTHEST = timedelta(days=7)
MOST = 10_000
"""Texts that one reading looks at."""
CHUNK = 500

News = Inbound | StatusReport


@dataclass
class Reading:
    """What one reading found: texts in its list, texts in that were new to us, receipts that were news."""

    seen: int = 0
    received: int = 0
    reported: int = 0


def reconcile_due(at: datetime | None = None) -> None:
    """Read the lists whose time has come. A gateway that does not answer is asked again, from the same moment on."""
    at = at or now()
    for line in breakers.lines(metered()):
        if not _claim(line, at):
            continue
        is_long = line.next_long_reading_at <= at
        since = max(line.read_up_to - OVERLAP, at - FURTHEST)
        try:
            reconcile(gateway(line.name), min(since, at - LONG) if is_long else since)
        except GatewayUnreachable as error:
            logger.warning("gateway %s: its list could not be read, %s", line.name, error)
            continue
        long_reading = {"next_long_reading_at": at + LONG_EVERY} if is_long else {}
        GatewayLine.objects.filter(pk=line.pk).update(read_up_to=at, **long_reading)


def reconcile(port: Gateway, since: datetime) -> Reading:
    """Take up everything in this gateway's list since then, the oldest first. Raises GatewayUnreachable."""
    news = list(islice(port.history(since), MOST))
    if len(news) == MOST:
        logger.error("gateway %s: its list is longer than %d texts; the oldest were not read", port.name, MOST)
    reading = Reading(seen=len(news))
    news.reverse()
    for start in range(0, len(news), CHUNK):
        for item in _unknown_here(port, news[start : start + CHUNK]):
            if isinstance(item, Inbound):
                reading.received += inbound.receive(port, item) is not None
            else:
                reading.reported += receipts.record(port.name, item)
    if reading.received:
        logger.warning("gateway %s: %d texts had come in without a webhook", port.name, reading.received)
    return reading


def metered() -> list[str]:
    """Return the names of the gateways here that reach the world."""
    return [name for name in configured() if gateway(name).capabilities.metered]


def _claim(line: GatewayLine, at: datetime) -> bool:
    as_seen = GatewayLine.objects.filter(pk=line.pk, next_reading_at=line.next_reading_at, next_reading_at__lte=at)
    return as_seen.update(next_reading_at=at + EVERY) == 1


def _unknown_here(port: Gateway, news: list[News]) -> Iterator[News]:
    """Leave out what is settled, in two queries: a day's list is long, and nearly all of it is known."""
    refs = [item.gateway_ref for item in news]
    stored = set(
        InboundMessage.objects.filter(gateway=port.name, gateway_ref__in=refs).values_list("gateway_ref", flat=True)
    )
    unsettled = set(
        Message.objects.filter(gateway=port.name, gateway_ref__in=refs)
        .exclude(state__in=FINAL_STATES)
        .values_list("gateway_ref", flat=True)
    )
    for item in news:
        if item.gateway_ref in unsettled or (isinstance(item, Inbound) and item.gateway_ref not in stored):
            yield item
