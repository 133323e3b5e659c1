"""Step two of reading: numbers, and what they count: "1.5h", 「一个半小时」, "སྐར་མ་༤༥", "until 1 Dec"."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from linzhu.dispatch.reading import spelled
from linzhu.dispatch.reading.folding import fold

MARK = "#"
"""Stands in the text where an amount was."""


class Unit(Enum):
    BARE = auto()  # digits alone: an offer's code, or minutes
    MINUTES = auto()
    DAYS = auto()
    DATE = auto()
    WEEKDAY = auto()
    MONTH_END = auto()  # also "until next month"
    OTHER = auto()  # a time of day, a price, a share: no reply is clear with one


@dataclass(frozen=True)
class Amount:
    """``digits`` of a BARE one; ``value`` in minutes or days; of a WEEKDAY 0 for Monday to 6, 7 to 13 for next week's;
    ``date``: (month, day).
    """

    unit: Unit
    digits: str = ""
    value: int = 0
    date: tuple[int, int] | None = None


_MINUTE = r"(?:分钟|分|fen ?zhong|minutes|minute|mins|min|m(?![a-z])|مىنۇت)"
_HOUR = r"(?:个?(?:小时|钟头)|个钟|hours|hour|hrs|hr|h(?![a-z])|سائەت)"
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_WEEKDAY = r"(?:(?:mon|fri|sun)(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:rs?(?:day)?)?|sat(?:urday)?)"
_HAN_WEEKDAYS = "一二三四五六日天"

_PATTERNS = {
    "range": r"\d+(?:~\d+)+",
    "share": r"[$¥€£]\s*\d+(?:\.\d+)?|\d+(?:\.\d+)?\s*[%$¥€£]",
    "clock": r"\d{1,2}:\d{2}|\d{1,2}\s*(?:点半?|[ap]\.?m\b)",
    "han_date": r"(?P<han_month>\d{1,2})月(?P<han_day>\d{1,2})\s*[日号]?",
    "slash_date": r"(?P<first>\d{1,2})/(?P<second>\d{1,2})(?!\d)",
    "day_month": rf"(?:the\s+)?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s*(?:of\s+)?(?P<month>{_MONTH})\b\.?",
    "month_day": rf"\b(?P<month_first>{_MONTH})\.?\s*(?P<day_second>\d{{1,2}})(?:st|nd|rd|th)?(?!\d)",
    "han_weekday": rf"(?P<next>下个?)?(?:周|星期|礼拜)(?P<han_name>[{_HAN_WEEKDAYS}])",
    "weekday": rf"\b(?P<name>{_WEEKDAY})\b",
    "quarters": r"(?P<quarters>[13])刻钟?",
    "month_end": (
        r"(?P<month_end>(?:这个?|本)?月(?:底|末)|下个?月(?!\d)"
        r"|\b(?:the )?end of (?:(?:the|this) )?month\b|\bnext month\b)"
    ),
    "hours_half": r"(?P<whole>\d{1,2})(?:个半(?:小时|钟头|钟)|个?(?:小时|钟头)半)",
    "hours": (
        rf"(?P<hours>\d{{1,2}}(?:\.\d{{1,2}})?)\s*{_HOUR}"
        rf"(?:(?P<close>\d{{1,2}}){_MINUTE}?|\s*(?:and\s+|,\s*)?(?P<more>\d{{1,2}})\s*{_MINUTE}|\s+(?P<said>15|30|45)(?!\d))?"
    ),
    "minutes": rf"(?P<minutes>\d{{1,3}})\s*{_MINUTE}|སྐར མ\s*(?P<skar_ma>\d{{1,3}})",
    "weeks": (
        r"(?P<weeks>\d{1,2})\s*(?:个?(?:周|星期|礼拜)|weeks|week|ھەپتە)"
        r"|(?:བདུན ཕྲག|གཟའ འཁོར)\s*(?P<bdun_phrag>\d{1,2})"
    ),
    "months": r"(?P<months>\d{1,2})\s*(?:个月|months|month|" + fold("ئاي") + r")|ཟླ བ\s*(?P<zla_ba>\d{1,2})",
    "days": r"(?P<days>\d{1,3})\s*(?:天|日|days|day|d(?![a-z])|كۈن)|ཉིན(?: མ)?\s*(?P<nyin>\d{1,3})",
    "fraction": r"\d+\.\d+",
    "bare": r"(?P<bare>\d+)",
}
_AMOUNT = re.compile("|".join(f"(?P<is_{name}>{pattern})" for name, pattern in _PATTERNS.items()))


def take_amounts(folded: str) -> tuple[str, list[Amount]]:
    """Return a folded text with a MARK for each amount, and the amounts in their order."""
    amounts: list[Amount] = []

    def take(match: re.Match[str]) -> str:
        amounts.append(_amount(match))
        return f" {MARK} "

    return _AMOUNT.sub(take, spelled.in_digits(folded.replace(MARK, " "))), amounts


def _amount(match: re.Match[str]) -> Amount:
    found = {name: text for name, text in match.groupdict().items() if text and not name.startswith("is_")}
    reader = next((read for name, read in _READERS.items() if name in found), None)
    return reader(found) if reader else Amount(Unit.OTHER)


def _minutes(minutes: float) -> Amount:
    return Amount(Unit.MINUTES, value=round(minutes))


def _hours(found: dict[str, str]) -> Amount:
    return _minutes(float(found["hours"]) * 60 + int(found.get("close") or found.get("more") or found.get("said") or 0))


def _days(days: int) -> Amount:
    return Amount(Unit.DAYS, value=days)


def _date(month: int, day: int) -> Amount:
    return Amount(Unit.DATE, date=(month, day)) if 1 <= month <= 12 and 1 <= day <= 31 else Amount(Unit.OTHER)


def _slash_date(found: dict[str, str]) -> Amount:
    """“25/12” and “12/25” are one day, “1/12” may be two."""
    first, second = int(found["first"]), int(found["second"])
    return _date(min(first, second), max(first, second)) if max(first, second) > 12 else Amount(Unit.OTHER)


def _han_weekday(found: dict[str, str]) -> Amount:
    return Amount(Unit.WEEKDAY, value=min(_HAN_WEEKDAYS.index(found["han_name"]), 6) + (7 if "next" in found else 0))


_READERS: dict[str, Callable[[dict[str, str]], Amount]] = {
    "han_month": lambda found: _date(int(found["han_month"]), int(found["han_day"])),
    "first": _slash_date,
    "month": lambda found: _date(_MONTHS.index(found["month"][:3]) + 1, int(found["day"])),
    "month_first": lambda found: _date(_MONTHS.index(found["month_first"][:3]) + 1, int(found["day_second"])),
    "han_name": _han_weekday,
    "name": lambda found: Amount(Unit.WEEKDAY, value=_WEEKDAYS.index(found["name"][:3])),
    "month_end": lambda _found: Amount(Unit.MONTH_END),
    "quarters": lambda found: _minutes(15 * int(found["quarters"])),
    "whole": lambda found: _minutes(60 * int(found["whole"]) + 30),
    "hours": _hours,
    "minutes": lambda found: _minutes(int(found["minutes"])),
    "skar_ma": lambda found: _minutes(int(found["skar_ma"])),
    "weeks": lambda found: _days(7 * int(found["weeks"])),
    "bdun_phrag": lambda found: _days(7 * int(found["bdun_phrag"])),
    "months": lambda found: _days(30 * int(found["months"])),
    "zla_ba": lambda found: _days(30 * int(found["zla_ba"])),
    "days": lambda found: _days(int(found["days"])),
    "nyin": lambda found: _days(int(found["nyin"])),
    "bare": lambda found: Amount(Unit.BARE, digits=found["bare"]),
}
