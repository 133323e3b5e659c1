"""The nightly job that forgets what ``retention_rules`` says is old enough, in portions, and reports how much it was.

What a person has still to answer is kept until it is answered. The log gets the counts, and so does ``Forgotten``,
which staff read (``retention_views``).
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, time, timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from linzhu.dispatch.models import Forgotten, Lease
from linzhu.dispatch.retention_rules import Old, old

logger = logging.getLogger(__name__)

NIGHT = time(3, 20)
AT_ONCE = 500
"""Rows of each kind that one look forgets: nobody else waits long for the database."""
NEXT_PORTION = timedelta(seconds=10)
LEASE = "retention"


def forget_due(at: datetime) -> None:
    """Forget a portion if it is time, and report it."""
    if not _claim(at):
        return
    forgotten = forget(at)
    if forgotten:
        logger.info("forgotten: %s", ", ".join(f"{count} {what}" for what, count in forgotten.items()))
        _report(at, forgotten)
    if any(count >= AT_ONCE for count in forgotten.values()):
        Lease.objects.filter(name=LEASE).update(expires_at=at + NEXT_PORTION)


def forget(at: datetime) -> Counter[str]:
    """Forget up to :data:`AT_ONCE` rows of each kind; returns how many of which."""
    forgotten: Counter[str] = Counter()
    for kind in old(at):
        if count := _forget_some(kind):
            forgotten[kind.what.value] += count
    return forgotten


def _forget_some(kind: Old) -> int:
    portion = list(kind.rows.order_by(kind.by).values_list("pk", flat=True)[:AT_ONCE])
    if not portion:
        return 0
    with transaction.atomic():
        chosen = kind.rows.model._base_manager.filter(pk__in=portion)  # noqa: SLF001 (a manager by any name)
        if kind.becomes is None:
            chosen.delete()
        else:
            chosen.update(**kind.becomes)
    return len(portion)


def _report(at: datetime, forgotten: Mapping[str, int]) -> None:
    night = timezone.localtime(at).date()
    for what, count in forgotten.items():
        _row, is_new = Forgotten.objects.get_or_create(night=night, what=what, defaults={"count": count})
        if not is_new:
            Forgotten.objects.filter(night=night, what=what).update(count=F("count") + count)


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
