"""The one door for texts that come in, from webhooks and from the Phones page: stored once, then handled.

A text is never lost to a bug in what handles it: the row stays, and the sweep tries again.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from linzhu.communities.clock import now
from linzhu.notifications import selftest
from linzhu.notifications.gateways.base import Gateway, Inbound
from linzhu.notifications.models import InboundMessage
from linzhu.notifications.signals import message_received

logger = logging.getLogger(__name__)

PAUSES = [timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1)]
"""How long after its arrival a text is handled again, after the first, second, … time it went wrong."""
MAX_ATTEMPTS = len(PAUSES) + 1


def receive(gateway: Gateway, inbound: Inbound) -> InboundMessage | None:
    """Store a text and handle it, in one transaction. Returns None if it had been stored before.

    If a handler raises, only what the handlers wrote is rolled back; the text stays for :func:`handle_unhandled`.
    """
    fields = {
        "sender": _storable(inbound.sender)[:24],
        "recipient": _storable(inbound.recipient)[:24],
        "text": _storable(inbound.text),
        "carrier_handled": inbound.carrier_handled,
        "attempts": 1,
    }
    with transaction.atomic():
        row, is_new = InboundMessage.objects.get_or_create(
            gateway=gateway.name, gateway_ref=_storable(inbound.gateway_ref), defaults=fields
        )
        if not is_new:
            return None
        _handle(row)
    return row


def handle_unhandled(at: datetime | None = None, *, limit: int = 50) -> int:
    """Try again what went wrong before, up to five times with growing pauses. Returns how many are handled now."""
    at = at or now()
    due = Q()
    for attempts, pause in enumerate(PAUSES, start=1):
        due |= Q(attempts=attempts, received_at__lte=at - pause)
    handled = 0
    for row in InboundMessage.objects.filter(due, handled_at=None)[:limit]:
        # Counted and committed before the try: a text that kills its worker must not do so for ever.
        mine = InboundMessage.objects.filter(pk=row.pk, handled_at=None, attempts=row.attempts)
        if mine.update(attempts=F("attempts") + 1):
            row.attempts += 1
            with transaction.atomic():
                handled += _handle(row)
    return handled


def _handle(row: InboundMessage) -> bool:
    """Tell the handlers, inside a savepoint. The log gets the kind of error only: its text might quote the message."""
    try:
        with transaction.atomic():
            if not selftest.recognise(row):
                message_received.send(InboundMessage, inbound=row)
            row.handled_at = now()
            row.save(update_fields=["handled_at", "reading", "about"])
    except Exception as error:
        if transaction.get_rollback():
            raise  # the connection is gone, and the row with it: nobody may be told that it is stored
        row.handled_at = None
        last = " and was the last try" if row.attempts >= MAX_ATTEMPTS else ""
        logger.error("inbound text %s: try %d ended in %s%s", row.pk, row.attempts, type(error).__name__, last)
        return False
    return True


def _storable(text: str) -> str:
    """No database takes half an emoji (a text cut between its two units), PostgreSQL no NUL; and a text that cannot be
    stored would be brought again and again, with all that stands behind it in the gateway's list. A question mark takes
    its place: half a doubting face must not become a plain yes."""
    return text.replace("\x00", "").encode(errors="replace").decode()
