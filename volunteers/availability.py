"""When a volunteer is free: a week of half hours, one integer of 48 bits for each weekday (bit 0 is 00:00–00:30).

Seven numbers a volunteer let the database ask "free at some time of this window?" with one ``&`` and no join; whether
the free time is long enough is then decided here. All times are local wall time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from django.utils import timezone

SLOT = timedelta(minutes=30)
SLOTS_A_DAY = 48
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Week(NamedTuple):
    """Free half hours of each weekday, as bit masks."""

    mon: int = 0
    tue: int = 0
    wed: int = 0
    thu: int = 0
    fri: int = 0
    sat: int = 0
    sun: int = 0


def slots(begin_minute: int, end_minute: int) -> int:
    """Return the mask of the whole half hours between two minutes of a day (0–1440)."""
    first, last = -(-begin_minute // 30), end_minute // 30
    return ((1 << max(0, last - first)) - 1) << first


DAYTIME = Week(*[slots(8 * 60, 20 * 60)] * 7)
"""What is assumed of a volunteer who has not said when they are free."""


def spans(mask: int) -> Iterator[tuple[int, int]]:
    """Yield (begin, end) in minutes of the day for each unbroken stretch of a mask."""
    begin: int | None = None
    for slot in range(SLOTS_A_DAY + 1):
        free = bool(mask >> slot & 1)
        if free and begin is None:
            begin = slot
        elif not free and begin is not None:
            yield begin * 30, slot * 30
            begin = None


def window_masks(start: datetime, end: datetime) -> list[tuple[int, int]]:
    """Return (weekday, mask) for every local day that a window touches; half hours it only grazes are included."""
    local_start, local_end = timezone.localtime(start), timezone.localtime(end)
    masks = []
    day = local_start.date()
    while day <= local_end.date():
        begin = local_start.hour * 60 + local_start.minute if day == local_start.date() else 0
        finish = local_end.hour * 60 + local_end.minute if day == local_end.date() else 24 * 60
        mask = slots(begin // 30 * 30, -(-finish // 30) * 30)
        if mask:
            masks.append((day.weekday(), mask))
        day += timedelta(days=1)
    return masks


def is_free(week: Week, start: datetime, end: datetime, minutes: int) -> bool:
    """Whether the volunteer has an unbroken stretch within the window for a visit of this many minutes.

    A window shorter than the visit (a fixed appointment) must be free as a whole.
    """
    return fits(week, window_masks(start, end), minutes)


def fits(week: Week, windows: Iterable[tuple[int, int]], minutes: int) -> bool:
    """Like :func:`is_free`, for the (weekday, mask) of a window that many volunteers are compared with."""
    return any(
        _has_stretch(week[weekday] & mask, -(-min(minutes, mask.bit_count() * 30) // 30)) for weekday, mask in windows
    )


def _has_stretch(mask: int, slots_needed: int) -> bool:
    """Whether so many neighbouring bits are set. Each step keeps the starts of stretches up to twice as long."""
    length = 1
    while length < slots_needed:
        step = min(length, slots_needed - length)
        mask &= mask >> step
        length += step
    return mask != 0
