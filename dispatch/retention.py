"""What is forgotten, and when: words of texts and calls after 30 days, that there were any after 180 days, secret links
a month after they have closed, photos of receipts after 90 days, a roll-call 180 days after the emergency, who has
looked at whose record after three years.

Every night the clock does it, in portions, and the log gets the counts. What a person has still to answer is kept until
it is answered.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from linzhu.dispatch.models import CallUp, CashReceipt, Lease, RollCallEntry, Todo
from linzhu.notifications.models import OVER_STATES, Call, InboundMessage, Message
from linzhu.requests.looks import KEPT as LOOKS_KEPT
from linzhu.requests.models import LIVE_STATUSES, FamilyLink, Look
from linzhu.volunteers.models import VolunteerLink

logger = logging.getLogger(__name__)

WORDS_KEPT = timedelta(days=30)
ROWS_KEPT = timedelta(days=180)
RECEIPTS_KEPT = timedelta(days=90)
"""As long as the notes of a visit, once the money is settled. The figures stay with the service record."""
LINKS_KEPT = timedelta(days=30)
"""So long who opens a closed link is told kindly that it has closed; after that it never was."""

NIGHT = time(3, 20)
AT_ONCE = 500
"""Rows of each kind that one look forgets: nobody else waits long for the database."""
NEXT_PORTION = timedelta(seconds=10)
LEASE = "retention"

Old = tuple[str, QuerySet[Any], dict[str, object] | None]
"""What it is, which rows, and what they become; None: they go."""


def forget_due(at: datetime) -> None:
    """Forget a portion if it is time; the log tells what."""
    if not _claim(at):
        return
    forgotten = forget(at)
    if forgotten:
        logger.info("forgotten: %s", ", ".join(f"{count} {what}" for what, count in forgotten.items()))
    if any(count == AT_ONCE for count in forgotten.values()):
        Lease.objects.filter(name=LEASE).update(expires_at=at + NEXT_PORTION)


def forget(at: datetime) -> Counter[str]:
    """Forget up to :data:`AT_ONCE` rows of each kind; returns how many of which."""
    forgotten: Counter[str] = Counter()
    for what, rows, becomes in _old(at):
        portion = list(rows.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
        chosen = rows.model._base_manager.filter(pk__in=portion)  # noqa: SLF001 (a manager by any name)
        if not portion:
            continue
        with transaction.atomic():
            if becomes is None:
                chosen.delete()
            else:
                chosen.update(**becomes)
        forgotten[what] += len(portion)
    return forgotten


def _old(at: datetime) -> Iterator[Old]:
    words, rows, links = at - WORDS_KEPT, at - ROWS_KEPT, at - LINKS_KEPT
    sent = Message.objects.exclude(state__in=Message.IN_FLIGHT).filter(_answered("message"))
    came = InboundMessage.objects.filter(_answered("inbound"))
    calls = Call.objects.filter(state__in=OVER_STATES).exclude(settled_at=None)
    yield "texts sent", sent.filter(created_at__lt=rows), None
    yield "texts received", came.filter(received_at__lt=rows), None
    yield "calls", calls.filter(created_at__lt=rows), None
    yield "words of texts sent", sent.filter(created_at__lt=words).exclude(text=""), {"text": "", "params": {}}
    yield "words of texts received", came.filter(received_at__lt=words).exclude(text=""), {"text": ""}
    yield "words of calls", calls.filter(created_at__lt=words).exclude(params={}), {"params": {}}
    closed = Q(expires_at__lt=links) | Q(revoked_at__lt=links)
    yield "volunteers' links", VolunteerLink.objects.filter(closed), None
    receipts = CashReceipt.objects.filter(at__lt=at - RECEIPTS_KEPT)
    yield "photos of receipts", receipts.exclude(job__settled_at=None), None
    over = ~Q(help_request__status__in=LIVE_STATUSES) & Q(help_request__status_at__lt=links)
    yield "looks", Look.objects.forgettable(at - LOOKS_KEPT), None
    # What an emergency came to is kept as figures (Emergency.summary).
    ended = {"emergency__ended_at__lt": rows}
    yield "roll-calls", RollCallEntry.objects.filter(**ended, step=RollCallEntry.Step.NONE), None
    yield "call-ups", CallUp.objects.filter(**ended), None
    yield "families' links", FamilyLink.objects.filter(over | Q(revoked_at__lt=links)), None


def _answered(field: str) -> Q:
    """Nobody owes an answer to it."""
    return ~Q(Exists(Todo.objects.open().filter(**{field: OuterRef("pk")})))


def _claim(at: datetime) -> bool:
    """Take the night's turn; the next one is due in the following night. True for one process alone."""
    if Lease.objects.filter(name=LEASE, expires_at__gt=at).exists():
        return False  # nearly always: do not ask SQLite for its only pen
    following = _night_after(at)
    if Lease.objects.filter(name=LEASE, expires_at__lte=at).update(expires_at=following):
        return True
    _lease, is_new = Lease.objects.get_or_create(name=LEASE, defaults={"expires_at": following})
    return is_new


def _night_after(at: datetime) -> datetime:
    """Return the next time that clocks on the wall show :data:`NIGHT`."""
    local = timezone.localtime(at)
    day = local.date() if local.time() < NIGHT else local.date() + timedelta(days=1)
    return timezone.make_aware(datetime.combine(day, NIGHT))
