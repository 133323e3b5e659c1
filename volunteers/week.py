"""A volunteer's week as a drawing: seven bars of a day, free stretches filled."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.dates import WEEKDAYS_ABBR

from linzhu.volunteers.availability import Week, spans

FIRST_HOUR, LAST_HOUR = 6, 22
HOUR_WIDTH, ROW_HEIGHT, LABEL_WIDTH = 20, 22, 58


@dataclass(frozen=True)
class Stretch:
    """A free stretch: its place in the drawing, and its times in words."""

    x: float
    width: float
    words: str


@dataclass(frozen=True)
class Day:
    name: str
    y: int
    stretches: list[Stretch]


def draw_week(week: Week) -> dict[str, object]:
    """Return what the template draws; the hours from 6 to 22, words for the whole day."""
    days = [
        Day(str(WEEKDAYS_ABBR[index]), index * ROW_HEIGHT, [_stretch(*span) for span in spans(mask)])
        for index, mask in enumerate(week)
    ]
    hours = [(hour, LABEL_WIDTH + (hour - FIRST_HOUR) * HOUR_WIDTH) for hour in range(FIRST_HOUR, LAST_HOUR + 1, 4)]
    width = (LAST_HOUR - FIRST_HOUR) * HOUR_WIDTH
    return {"days": days, "hours": hours, "left": LABEL_WIDTH, "width": width, "whole_width": LABEL_WIDTH + width + 12}


def _stretch(begin: int, end: int) -> Stretch:
    first, last = max(begin, FIRST_HOUR * 60), min(end, LAST_HOUR * 60)
    x = LABEL_WIDTH + (first / 60 - FIRST_HOUR) * HOUR_WIDTH
    return Stretch(x, max(0.0, (last - first) / 60 * HOUR_WIDTH), f"{_clock(begin)}–{_clock(end)}")


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
