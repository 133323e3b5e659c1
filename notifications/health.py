"""Whether texts go out at all: what the clock asks, to tell a person when they do not."""

from __future__ import annotations

from datetime import datetime

from linzhu.notifications import breakers, selftest
from linzhu.notifications.reconcile import metered


def silent_since(at: datetime) -> datetime | None:
    """Return since when no text goes out, as far as we know: every gateway is down, or none comes back to us."""
    down = [line.down_since for line in breakers.lines(metered())]
    if down and all(down):
        return max(since for since in down if since)
    return selftest.failing_since(at)
