"""A week to tick: parts of days on the volunteer's own page, single hours on the staff's form; or in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.translation import gettext_lazy as _

from linzhu.volunteers.availability import Week, slots
from linzhu.volunteers.availability_text import DAY_NAMES, read_week

Parts = Sequence[tuple[int, int]]
"""Into what a day is cut: from one hour to another."""

PARTS: Parts = ((8, 12), (12, 14), (14, 18), (18, 20), (20, 22))
"""Between them they cover the daytime that is assumed of everybody (8 to 20)."""

HOURS: Parts = tuple((hour, hour + 1) for hour in range(6, 22))

DAYS_SHOWN = tuple({"name": WEEKDAYS[day], "short": DAY_NAMES[day]} for day in range(7))
NO_TIME = _("If you are not free at all at present, please take a pause instead.")


@dataclass(frozen=True)
class Cell:
    """A part of one day: free as a whole, in part, or not at all."""

    value: str
    words: str
    free: bool
    partly: bool


@dataclass(frozen=True)
class Row:
    name: str
    cells: list[Cell]


def grid_of(week: Week) -> list[Row]:
    """Return the week as boxes to tick, a row for each day."""
    return [
        Row(str(WEEKDAYS_ABBR[day]), [_cell(day, part, mask, PARTS) for part in range(len(PARTS))])
        for day, mask in enumerate(week)
    ]


def calendar_of(week: Week, ticked: Iterable[str]) -> list[Row]:
    """Return the week as boxes to tick, a row for each hour as in a calendar, ticked as somebody has left them."""
    ticked = set(ticked)
    rows = []
    for part, (begin, _end) in enumerate(HOURS):
        cells = [_cell(day, part, mask, HOURS) for day, mask in enumerate(week)]
        rows.append(Row(f"{begin}:00", [replace(cell, free=cell.value in ticked) for cell in cells]))
    return rows


def _cell(day: int, part: int, mask: int, parts: Parts) -> Cell:
    begin, end = parts[part]
    whole = _mask(begin, end)
    words = f"{WEEKDAYS[day]} {begin}:00–{end}:00"
    return Cell(f"{day}-{part}", words, mask & whole == whole, 0 < mask & whole < whole)


def _mask(begin: int, end: int) -> int:
    return slots(begin * 60, end * 60)


def choices_of(parts: Parts) -> list[tuple[str, str]]:
    return [(f"{day}-{part}",) * 2 for day in range(7) for part in range(len(parts))]


def ticks_of(week: Week, parts: Parts) -> list[str]:
    """Return the boxes that are free as a whole."""
    cells = (_cell(day, part, mask, parts) for day, mask in enumerate(week) for part in range(len(parts)))
    return [cell.value for cell in cells if cell.free]


def week_from(before: Week, ticks: Iterable[str], parts: Parts) -> Week:
    """Return the week after these ticks. Only boxes that were changed count: the rest stays as exact as it was."""
    ticked = {tuple(map(int, value.split("-"))) for value in ticks}
    after = list(before)
    for day, mask in enumerate(before):
        for part, hours in enumerate(parts):
            whole = _mask(*hours)
            was_ticked = mask & whole == whole
            if (day, part) in ticked and not was_ticked:
                after[day] |= whole
            elif was_ticked and (day, part) not in ticked:
                after[day] &= ~whole
    return Week(*after)


class WeekGridForm(forms.Form):
    """The ticked boxes. What a box does not show stays: half a morning that nobody touched, the night."""

    free = forms.MultipleChoiceField(required=False, choices=choices_of(PARTS))

    def week_from(self, before: Week) -> Week:
        """Return the week after these ticks."""
        return week_from(before, self.cleaned_data["free"], PARTS)


class HoursWidget(forms.CheckboxSelectMultiple):
    """Boxes that the form's page draws as a calendar. An empty value is sent along, so that none ticked is seen."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str] | None:
        sent = data.getlist(name) if hasattr(data, "getlist") else data.get(name)
        return None if not sent else [value for value in sent if value]


class WeekTextForm(forms.Form):
    """The week in words, for times that fit no box."""

    week = forms.CharField(label=_("In words"), widget=forms.Textarea(attrs={"rows": 3}), max_length=500)

    def clean_week(self) -> Week:
        try:
            return read_week(self.cleaned_data["week"])
        except ValueError as error:
            raise forms.ValidationError(str(error)) from None
