"""When help is wanted: the windows that the intake form suggests, in local time and never in the past."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

SHORTEST = timedelta(minutes=30)
"""A window with less than this left is over: nobody could be found and come."""
_QUARTER = timedelta(minutes=15)


@dataclass(frozen=True)
class Window:
    """A stretch of time (aware datetimes). ``label`` is what people call it, ``key`` chooses it on the intake form."""

    start: datetime
    end: datetime
    label: str = ""
    key: str = ""

    @property
    def value(self) -> str:
        """The window as text that means the same tomorrow, too: a form may be sent after midnight."""
        return f"{self.start.isoformat()}/{self.end.isoformat()}"

    @classmethod
    def from_value(cls, value: str) -> Window:
        """Read :attr:`value` back. Raises ValueError for anything else."""
        start, _slash, end = value.partition("/")
        window = cls(datetime.fromisoformat(start), datetime.fromisoformat(end))
        if timezone.is_naive(window.start) or timezone.is_naive(window.end):
            raise ValueError(value)
        return window

    def left_at(self, at: datetime) -> Window | None:
        """Return what is left of the window at that moment, or None if too little is."""
        start = max(self.start, at)
        return Window(start, self.end, self.label, self.key) if self.end - start >= SHORTEST else None


def suggested(at: datetime) -> list[Window]:
    """Return the windows to offer at that moment: the rest of today, all of tomorrow.

    Their keys lie on the keyboard as the parts of a day lie in it: today's in the upper row, tomorrow's beneath.
    """
    today = timezone.localtime(at).date()
    tomorrow = today + timedelta(days=1)
    windows = [
        _window(today, 9, 12, str(_("This morning")), "q"),
        _window(today, 14, 17, str(_("This afternoon")), "w"),
        _window(today, 17, 20, str(_("This evening")), "e"),
        _window(tomorrow, 9, 12, str(_("Tomorrow morning")), "a"),
        _window(tomorrow, 14, 17, str(_("Tomorrow afternoon")), "s"),
    ]
    soon = _next_quarter(at)
    return [left for window in windows if (left := window.left_at(soon))]


def matching(windows: list[Window], value: str) -> str:
    """Return the value of the suggestion that means the same as ``value``: the same end, whatever is left before it."""
    end = value.partition("/")[2]
    return next((window.value for window in windows if window.end.isoformat() == end), value)


def default(at: datetime) -> Window:
    """Return the window that is chosen at first: the first one with at least two hours left."""
    return next(window for window in suggested(at) if window.end - at >= timedelta(hours=2))


def custom(day: date, begin: time, finish: time) -> Window:
    """Return the window of that local day."""
    return Window(timezone.make_aware(datetime.combine(day, begin)), timezone.make_aware(datetime.combine(day, finish)))


def _window(day: date, begin_hour: int, end_hour: int, label: str, key: str) -> Window:
    window = custom(day, time(begin_hour), time(end_hour))
    return Window(window.start, window.end, label, key)


def _next_quarter(at: datetime) -> datetime:
    local = timezone.localtime(at)
    start_of_hour = local.replace(minute=0, second=0, microsecond=0)
    return start_of_hour + -(-(local - start_of_hour) // _QUARTER) * _QUARTER
