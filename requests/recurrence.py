"""When help recurs: simple patterns, written as RFC 5545 rules, and the local dates that follow from them (pure)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import cast

from dateutil.rrule import rrule, rrulestr
from django.db import models
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from linzhu.requests.catalogue import Service
from linzhu.requests.windows import SHORTEST, Window, custom

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
LAST = -1
NTH_LABELS = {
    1: gettext_lazy("first"),
    2: gettext_lazy("second"),
    3: gettext_lazy("third"),
    4: gettext_lazy("fourth"),
    LAST: gettext_lazy("last"),
}
MONTH_DAYS = (*range(1, 29), LAST)
"""29 to 31 are left out: RFC 5545 would silently jump over the shorter months."""
RAREST = 12


class Kind(models.TextChoices):
    WEEKLY = "weekly", gettext_lazy("on weekdays")
    MONTH_DAY = "month-day", gettext_lazy("on a day of the month")
    MONTH_WEEKDAY = "month-weekday", gettext_lazy("on a weekday of the month")


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """What staff choose in the form. Raises ValueError for what no form could mean."""

    kind: str
    every: int = 1
    """Every so many weeks, or months."""
    weekdays: tuple[str, ...] = ()
    """As RFC 5545 writes them, Monday first; exactly one for ``month-weekday``."""
    month_day: int = 1
    nth: int = 1

    def __post_init__(self) -> None:
        known = self.kind in Kind.values and 1 <= self.every <= RAREST and set(self.weekdays) <= set(DAYS)
        weekdays_fit = {Kind.WEEKLY: len(self.weekdays) >= 1, Kind.MONTH_WEEKDAY: len(self.weekdays) == 1}
        if not (known and weekdays_fit.get(Kind(self.kind), True)):
            raise ValueError("A pattern without sense.")
        if self.month_day not in MONTH_DAYS or self.nth not in NTH_LABELS:
            raise ValueError("A pattern with a day that no month has.")

    def to_rrule(self) -> str:
        """Return the pattern as the value of an RRULE, without its beginning and end."""
        weekly = self.kind == Kind.WEEKLY
        by = {
            Kind.WEEKLY: "BYDAY=" + ",".join(day for day in DAYS if day in self.weekdays),
            Kind.MONTH_DAY: f"BYMONTHDAY={self.month_day}",
            Kind.MONTH_WEEKDAY: f"BYDAY={self.nth}{''.join(self.weekdays)}",
        }[Kind(self.kind)]
        parts = [f"FREQ={'WEEKLY' if weekly else 'MONTHLY'}", f"INTERVAL={self.every}", by]
        return ";".join(part for part in parts if part != "INTERVAL=1")

    @classmethod
    def from_rrule(cls, text: str) -> Pattern:
        """Read :meth:`to_rrule` back. Raises ValueError for a rule that the form cannot show."""
        parts = dict(part.split("=", 1) for part in text.split(";"))
        every, by_day = int(parts.pop("INTERVAL", "1")), parts.pop("BYDAY", "")
        freq, month_day = parts.pop("FREQ", ""), parts.pop("BYMONTHDAY", "")
        if parts or freq not in {"WEEKLY", "MONTHLY"} or bool(by_day) == bool(month_day):
            raise ValueError(text)
        if freq == "WEEKLY":
            return cls(kind=Kind.WEEKLY, every=every, weekdays=tuple(by_day.split(",")))
        if month_day:
            return cls(kind=Kind.MONTH_DAY, every=every, month_day=int(month_day))
        return cls(kind=Kind.MONTH_WEEKDAY, every=every, nth=int(by_day[:-2]), weekdays=(by_day[-2:],))

    def __str__(self) -> str:
        """The pattern in the reader's language: ``every week: Monday, Thursday``."""
        if self.kind == Kind.WEEKLY:
            if self.every == 1 and len(self.weekdays) == len(DAYS):
                return _("every day")
            often = _("every week") if self.every == 1 else _("every %(n)d weeks") % {"n": self.every}
        else:
            often = _("every month") if self.every == 1 else _("every %(n)d months") % {"n": self.every}
        return _("%(often)s: %(days)s") % {"often": often, "days": self._days()}

    def _days(self) -> str:
        names = [str(WEEKDAYS[number]) for number, day in enumerate(DAYS) if day in self.weekdays]
        if self.kind == Kind.WEEKLY:
            return _(", ").join(names)
        if self.kind == Kind.MONTH_DAY:
            return _("last day") if self.month_day == LAST else _("day %(n)d") % {"n": self.month_day}
        return _("%(nth)s %(weekday)s") % {"nth": NTH_LABELS[self.nth], "weekday": names[0]}


def dates(text: str, starts_on: date, first: date, last: date) -> Iterator[date]:
    """Yield the dates of an RRULE's value from ``first`` to ``last``, both included.

    ``starts_on`` is its DTSTART: "every second week" is counted from there.
    """
    rule = cast("rrule", rrulestr(text, dtstart=_midnight(starts_on)))
    for moment in rule.replace(until=_midnight(last)).xafter(_midnight(first), inc=True):
        yield moment.date()


def _midnight(day: date) -> datetime:
    """Dates are counted without a zone, so that no change of the clocks can move one."""
    return datetime.combine(day, time())


def window_on(day: date, begins: time, finishes: time) -> Window:
    """Return the window of that local day: the same wall time whatever the offset. Never shorter than half an hour.

    Where the clocks spring forward over the beginning it is an hour later than the end may be: then it is lengthened.
    """
    window = custom(day, begins, finishes)
    # In UTC, or Python would compare the hands of the clock and not the moments.
    start, end = window.start.astimezone(UTC), window.end.astimezone(UTC)
    return Window(start, max(end, start + SHORTEST))


def opens_at(day: date, begins: time, lead: timedelta) -> datetime:
    """Return when the help request of that day is opened: so much earlier by the clock on the wall."""
    return timezone.make_aware(datetime.combine(day, begins) - lead).astimezone(UTC)


def usual_lead(service: Service) -> timedelta:
    """How long ahead a service is opened: in whole days, so that it opens at a time of day when people are awake."""
    if service.vehicle or service.people > 1 or service.minutes >= 120:
        return timedelta(days=3)
    return timedelta(days=1) if service.urgent else timedelta(days=2)
