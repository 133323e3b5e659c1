"""When somebody is free, as they write it and as it is shown: ``Mon–Fri 9:00–12:00; Sat 14:00–18:00``.

A text is cut by semicolons; each piece names days, then times (or times, then days). Days alone mean the daytime of
those days, times alone every day. Nothing is guessed: a word that is left over is an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import pgettext, pgettext_lazy

from linzhu.volunteers.availability import DAYTIME, Week, slots, spans
from linzhu.volunteers.availability_words import Part, Token, tokens

DAY_NAMES = (
    pgettext_lazy("short weekday", "Mon"),
    pgettext_lazy("short weekday", "Tue"),
    pgettext_lazy("short weekday", "Wed"),
    pgettext_lazy("short weekday", "Thu"),
    pgettext_lazy("short weekday", "Fri"),
    pgettext_lazy("short weekday", "Sat"),
    pgettext_lazy("short weekday", "Sun"),
)
_HALF_A_DAY = 12 * 60
_EARLY = 6 * 60
_EVERY_DAY = frozenset(range(7))
_END = Token("end", "")


class _Item(NamedTuple):
    """Days, or the free half hours of a day; neither of both is the end of a piece."""

    days: frozenset[int] = frozenset()
    mask: int = 0


def read_week(text: str) -> Week:
    """Return the free half hours that a text tells.

    Raises ValueError with a sentence that names what was not understood.
    """
    week = [0] * 7
    for days, mask in _pieces(_items([*tokens(text), Token("break", "")])):
        for day in days or _EVERY_DAY:
            week[day] |= mask or DAYTIME.mon
    if not any(week):
        raise ValueError(_("No time is named here."))
    return Week(*week)


def _pieces(items: Iterator[_Item]) -> Iterator[_Item]:
    """Gather days and times that belong together.

    A new piece begins where the order, days–times or times–days, begins anew: 周一上午、周三下午.
    """
    days, mask, days_first = frozenset[int](), 0, True
    for item in items:
        complete = bool(days and mask) and bool(item.days) == days_first
        if complete or item == _Item():
            if days or mask:
                yield _Item(days, mask)
            days, mask = frozenset(), 0
        if not (days or mask):
            days_first = bool(item.days)
        days, mask = days | item.days, mask | item.mask


def _items(found: list[Token]) -> Iterator[_Item]:
    """Read single words and ranges of them: 周一至周五, 9:00-12:00, 上午到下午."""
    words = iter(_moments(found))
    word = next(words, _END)
    while word is not _END:
        following = next(words, _END)
        if following.kind == "to":
            last = next(words, _END)
            yield _range(word, last)
            following = next(words, _END)
        elif word.kind == "to":
            raise _dangling()
        elif word.kind != "and":
            yield _single(word)
        word = following


def _moments(found: list[Token]) -> Iterator[Token]:
    """Join a part of the day and the clock time that follows it, 下午 and 2点, into one word."""
    pairs = zip(found, [*found[1:], _END], strict=True)
    for word, following in pairs:
        if word.kind == "part" and following.kind == "time":
            next(pairs)
            yield following._replace(part=following.part or word.part, written=word.written + following.written)
        else:
            yield word


def _single(word: Token) -> _Item:
    if word.kind == "time":
        raise ValueError(_("“%s”: from when to when? Write it like 9:00-12:00.") % word.written)
    return _Item(word.days, slots(*word.part[:2]) if word.part else 0)


def _range(first: Token, last: Token) -> _Item:
    if first.kind == last.kind == "day":
        (begin,), (end,) = first.days, last.days
        return _Item(frozenset((begin + step) % 7 for step in range((end - begin) % 7 + 1)))
    if {first.kind, last.kind} <= {"part", "time"}:
        begin, end = _span(first, last)
        written = f"{first.written}-{last.written}"
        if begin >= end:
            raise ValueError(_("“%s” ends before it begins.") % written)
        mask = slots(begin, end)
        if not mask:
            raise ValueError(_("“%s” is shorter than half an hour.") % written)
        return _Item(mask=mask)
    raise _dangling()


def _span(first: Token, last: Token) -> tuple[int, int]:
    """Return begin and end in minutes. 下午2点-5点, 2-5pm, 9点到3点 and 晚上8点到12点 mean what a neighbour means."""
    if first.spoken and first.part is None and first.minute < _EARLY:
        raise ValueError(_("“%s”: in the morning or in the afternoon? Write 下午2点 or 14:00.") % first.written)
    begin = first.part.begin if first.kind == "part" and first.part else _shifted(first, first.part)
    end = last.part.end if last.kind == "part" and last.part else _shifted(last, last.part or first.part)
    if first.part is None and last.suffixed and begin + _HALF_A_DAY < end:
        begin += _HALF_A_DAY
    if end <= begin < end + _HALF_A_DAY and first.minute < _HALF_A_DAY and end <= _HALF_A_DAY:
        end += _HALF_A_DAY
    return begin, end


def _shifted(time: Token, part: Part | None) -> int:
    return time.minute + (_HALF_A_DAY if part and time.minute < part.shift_below else 0)


def _dangling() -> ValueError:
    return ValueError(_("From when to when? Write it like Mon-Fri 9:00-12:00 or 周一至周五 9:00-12:00."))


def show_week(week: Week) -> str:
    """Return a week as short text in the reader's language; days with the same times share them."""
    days_of: dict[int, list[int]] = {}
    for day, mask in enumerate(week):
        if mask:
            days_of.setdefault(mask, []).append(day)
    pieces = (f"{_show_days(days)} {_show_times(mask)}" for mask, days in days_of.items())
    return pgettext("list", "; ").join(pieces) or "–"


def _show_days(days: list[int]) -> str:
    if len(days) == 7:
        return _("every day")
    runs: list[list[int]] = []
    for day in days:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    comma = pgettext("list", ", ")
    return comma.join(
        pgettext("range of weekdays", "%(first)s–%(last)s") % {"first": DAY_NAMES[run[0]], "last": DAY_NAMES[run[-1]]}
        if len(run) > 2
        else comma.join(str(DAY_NAMES[day]) for day in run)
        for run in runs
    )


def _show_times(mask: int) -> str:
    if mask == slots(0, 24 * 60):
        return _("all day")
    return pgettext("list", ", ").join(f"{_clock(begin)}–{_clock(end)}" for begin, end in spans(mask))


def _clock(minute: int) -> str:
    return f"{minute // 60}:{minute % 60:02d}"
