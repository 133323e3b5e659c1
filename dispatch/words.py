"""Times and reasons in the words of the reader's language, as the dispatcher's screens say them."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timesince import timesince
from django.utils.translation import get_language_bidi, ngettext_lazy
from django.utils.translation import gettext as _

# Django's own words, named here so that our translations of them come first: its Chinese counts days as dates.
_SPANS = {
    "year": ngettext_lazy("%(num)d year", "%(num)d years", "num"),
    "month": ngettext_lazy("%(num)d month", "%(num)d months", "num"),
    "week": ngettext_lazy("%(num)d week", "%(num)d weeks", "num"),
    "day": ngettext_lazy("%(num)d day", "%(num)d days", "num"),
    "hour": ngettext_lazy("%(num)d hour", "%(num)d hours", "num"),
    "minute": ngettext_lazy("%(num)d minute", "%(num)d minutes", "num"),
}
_LINK = re.compile(r"(?P<site>https?://[^/\s]+)/\S+")


def day_words(day: date, today: date) -> str:
    """Return ``today``, ``tomorrow``, ``yesterday`` or the date with its weekday."""
    near = {-1: _("yesterday"), 0: _("today"), 1: _("tomorrow")}.get((day - today).days)
    return near or date_format(day, _("D j M"))


def window_words(start: datetime, end: datetime, at: datetime) -> str:
    """Return ``today 14:00–16:00`` in local time; ``at`` says which day is today."""
    begin, finish = timezone.localtime(start), timezone.localtime(end)
    today = timezone.localtime(at).date()
    last = f"{finish:%H:%M}"
    if finish.date() != begin.date():
        last = f"{day_words(finish.date(), today)} {last}"
    return f"{day_words(begin.date(), today)} {from_left(f'{begin:%H:%M}–{last}')}"


def from_left(clocks: str) -> str:
    """Keep times and sums in their order inside a line that runs from right to left (Unicode Standard Annex 9)."""
    return f"\u2066{clocks}\u2069" if get_language_bidi() else clocks


def yuan_words(fen: int) -> str:
    """Return fen as yuan, without the decimals where there are none."""
    return from_left(f"¥{fen // 100}" if fen % 100 == 0 else f"¥{fen / 100:.2f}")


def moment_words(moment: datetime, at: datetime) -> str:
    """Return the local clock time, with the day unless it is today: ``14:05``, ``yesterday 14:05``."""
    local, today = timezone.localtime(moment), timezone.localtime(at).date()
    clock = f"{local:%H:%M}"
    return clock if local.date() == today else f"{day_words(local.date(), today)} {clock}"


def span_words(earlier: datetime, later: datetime) -> str:
    """Return the time between two moments in its largest unit: ``4 minutes``; under a minute is ``a moment``."""
    if later - earlier < timedelta(minutes=1):
        return _("a moment")
    return timesince(earlier, later, time_strings=_SPANS, depth=1)  # type: ignore[arg-type]


def duration_words(minutes: int) -> str:
    """Return ``2 h 5 min``; under an hour ``45 min``."""
    if minutes < 60:
        return _("%(minutes)d min") % {"minutes": minutes}
    return _("%(hours)d h %(minutes)d min") % {"hours": minutes // 60, "minutes": minutes % 60}


def mask_links(text: str) -> str:
    """Return a text without the secret part of its links: staff need to know that one was sent, not to hold it."""
    return _LINK.sub(r"\g<site>/…", text)
