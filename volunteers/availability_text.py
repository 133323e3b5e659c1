"""When somebody is free, as they write it and as it is shown: ``Mon–Fri 9:00–12:00; Sat 14:00–18:00``.

A text is cut by semicolons; each piece names days, then times (or times, then days). Days alone mean the daytime of
those days, times alone every day. Nothing is guessed: a word that is left over is an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import pgettext, pgettext_lazy

from linzhu.volunteers.availability import DAYTIME, Week, slots, spans
from linzhu.volunteers.availability_words import Part, Token, tokens

_DAY_NAMES = (
    pgettext_lazy("short weekday", "Mon"),
    pgettext_lazy("short weekday", "Tue"),
    pgettext_lazy("short weekday", "Wed"),
    pgettext_lazy("short weekday", "Thu"),
    pgettext_lazy("short weekday", "Fri"),
    pgettext_lazy("short weekday", "Sat"),
    pgettext_lazy("short weekday", "Sun"),
)
_NOON = 12 * 60
_EARLY = 6 * 60
_DAYS = {"day", "days"}
_TIMES = {"part", "time"}


def read_week(text: str) -> Week:
    """Return the free half hours that a text tells.

    Raises ValueError with a sentence that names what was not understood.
    """
    week = [0] * 7
    for clause in _clauses(list(tokens(text))):
        mask = _times(clause)
        for day in _days(clause):
            week[day] |= mask
    if not any(week):
        raise ValueError(_("No time is named here. Write it like Mon-Fri 9:00-12:00 or 周一至周五下午."))
    return Week(*week)


def show_week(week: Week) -> str:
    """Return a week as short text in the reader's language; days with the same times share them."""
    days_of: dict[int, list[int]] = {}
    for day, mask in enumerate(week):
        if mask:
            days_of.setdefault(mask, []).append(day)
    return "; ".join(f"{_show_days(days)} {_show_times(mask)}" for mask, days in days_of.items()) or "–"


def _clauses(found: Sequence[Token]) -> Iterator[list[Token]]:
    """Cut at every break, and where the order days–times (or times–days) begins anew: 周一上午、周三下午."""
    clause: list[Token] = []
    for token in found:
        kinds = [t.kind in _DAYS for t in clause if t.kind in _DAYS | _TIMES]
        returns = token.kind in _DAYS | _TIMES and len(set(kinds)) == 2 and (token.kind in _DAYS) == kinds[0]
        if token.kind == "break" or returns:
            yield from [clause] if kinds else []
            clause = []
        if token.kind != "break":
            clause.append(token)
    if clause:
        yield clause


def _days(clause: Sequence[Token]) -> set[int]:
    days: set[int] = set()
    for first, last in _stretches(clause, _DAYS):
        if last is None:
            days |= first.days
        else:
            (begin,), (end,) = first.days, last.days
            days |= {(begin + step) % 7 for step in range((end - begin) % 7 + 1)}
    return days or set(range(7))


def _times(clause: Sequence[Token]) -> int:
    mask = 0
    named = False
    for first, last in _stretches(_moments(clause), _TIMES):
        begin, end = _span(first, last)
        stretch = slots(begin, end)
        if not stretch:
            raise ValueError(_("“%s” is shorter than half an hour.") % _written(first, last))
        mask |= stretch
        named = True
    return mask if named else DAYTIME.mon


def _moments(clause: Sequence[Token]) -> Iterator[Token]:
    """Join 下午 and the 2点 that follows it into one moment."""
    part: Token | None = None
    for token in clause:
        if part is not None and token.kind == "time":
            yield token._replace(part=token.part or part.part, written=part.written + token.written)
            part = None
            continue
        if part is not None:
            yield part
        part = token if token.kind == "part" else None
        if part is None:
            yield token
    if part is not None:
        yield part


def _stretches(clause: Iterator[Token] | Sequence[Token], kinds: set[str]) -> Iterator[tuple[Token, Token | None]]:
    """Yield (first, last) for what is joined by "to", (only, None) for the rest."""
    first: Token | None = None
    joined = False
    for token in clause:
        if token.kind == "to":
            joined = True
        elif token.kind in kinds and joined and first is not None and {first.kind, token.kind} != {"day", "days"}:
            yield first, token
            first, joined = None, False
        elif joined and token.kind in _DAYS | _TIMES:
            break
        elif token.kind in kinds:
            if first is not None:
                yield first, None
            first = token
    if joined:
        raise ValueError(_("Up to when? Write times like Mon-Fri 9:00-12:00 or 周一至周五下午."))
    if first is not None:
        yield first, None
