"""What time it is: the database's clock, so that machines whose clocks differ agree on every deadline."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

_MEASURE_EVERY_S = 60.0
_offset: timedelta | None = None
_measured_at = float("-inf")
_standing_at: ContextVar[datetime | None] = ContextVar("standing_at", default=None)


@contextmanager
def standing_at(moment: datetime) -> Iterator[None]:
    """Let :func:`now` answer ``moment`` inside the block: the demo lives through its past by the product's own code."""
    token = _standing_at.set(moment)
    try:
        yield
    finally:
        _standing_at.reset(token)


def now() -> datetime:
    """Return the database server's present time (aware, UTC), good to a few milliseconds.

    The difference between this machine's clock and the database's is measured once a minute and added, so that the
    answer costs no query. On SQLite both are the same clock.
    """
    global _offset, _measured_at
    if moment := _standing_at.get():
        return moment
    if connection.vendor != "postgresql":
        return timezone.now()
    if _offset is None or time.monotonic() - _measured_at > _MEASURE_EVERY_S:
        before = timezone.now()
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            (there,) = cursor.fetchone()
        here = before + (timezone.now() - before) / 2
        _offset, _measured_at = there - here, time.monotonic()
    return timezone.now() + _offset
