"""The words of a week, in Chinese and English: weekdays, parts of the day, times of the clock."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from django.utils.translation import gettext as _


class Part(NamedTuple):
    """A part of the day in minutes; clock times below ``shift_below`` that follow it are meant 12 hours later."""

    begin: int
    end: int
    shift_below: int = 0


class Token(NamedTuple):
    """One word. ``kind``: day, days, part, time, to (up to), and, break."""

    kind: str
    written: str
    days: frozenset[int] = frozenset()
    part: Part | None = None
    minute: int = 0
    spoken: bool = False
    """2点 may be meant at night or after noon; 02:00 may not."""
    suffixed: bool = False
    """Has am or pm, which in 2-5pm goes for both."""


AFTERNOON = Part(12 * 60, 18 * 60, 12 * 60)
_MORNING = Part(8 * 60, 12 * 60)
_PARTS = {
    Part(6 * 60, 9 * 60): "早上 早晨 清晨",
    _MORNING: "上午 mornings morning",
    Part(12 * 60, 14 * 60, 6 * 60): "中午 noon lunchtime",
    AFTERNOON: "下午 afternoons afternoon",
    Part(18 * 60, 21 * 60, 12 * 60): "傍晚 晚上 晚间 夜间 evenings evening",
    Part(8 * 60, 20 * 60): "白天 daytime",
    Part(0, 24 * 60): "全天 整天 24小时 随时 任何时间 allday anytime",
}
_DAY_SETS = {
    range(7): "每天 每日 天天 daily everyday",
    range(5): "工作日 平时 平日 weekdays weekday",
    range(5, 7): "周末 双休日 双休 休息日 节假日 weekends weekend",
}
_ENGLISH_DAYS = ["mondays", "tuesdays", "wednesdays", "thursdays", "fridays", "saturdays", "sundays"]
_SHORT_DAYS = ("mon", "tues", "wed", "thurs", "fri", "sat", "sun")
_HAN_DAYS = dict(zip("一二三四五六日天1234567", (0, 1, 2, 3, 4, 5, 6, 6, *range(7)), strict=True))
_HAN_DIGITS = {"两": 2, **{han: number for number, han in enumerate("一二三四五六七八九", start=1)}}

_JOINT = r"[\s、,.和及与/&~\-–—至到]*(?:周|星期|礼拜)?"
_HAN_DAY_LIST = re.compile(rf"(?:周|星期|礼拜)([一二三四五六日天](?:{_JOINT}[一二三四五六日天](?![点时]))*)")
_NUMBERED_DAY_LIST = re.compile(r"(?:周|星期|礼拜)([1-7](?:[、,/\-至到]?(?:周|星期|礼拜)?[1-7](?![\d:点时]))*)")
_HAN_NUMBER = re.compile(r"(?:([二三四五])?(十))?([一二两三四五六七八九])?(?=[点时分])")
_TIME = (
    r"(?P<hour>\d{1,2})(?:[:.](?P<minute>\d\d)(?::00)?|(?P<spoken>[点时])(?:整|钟|半|[一三]刻|\d{1,2}分?)?)?"
    r"(?:\s*(?P<half>[ap])\.?m\b\.?)?(?!\d)|(?P<clock>\d{4})(?!\d)"
)


def _vocabulary() -> dict[str, Token]:
    words = {word: Token("part", word, part=part) for part, listed in _PARTS.items() for word in listed.split()}
    words |= {w: Token("days", w, frozenset(days)) for days, listed in _DAY_SETS.items() for w in listed.split()}
    for day, long in enumerate(_ENGLISH_DAYS):
        spellings = {long, long[:-1], long[:3], _SHORT_DAYS[day]}
        words |= {word: Token("day", word, frozenset({day})) for word in spellings}
    words |= {word: Token("to", word) for word in ("-", "~", "–", "—", "−", "至", "到", "to", "until", "through")}
    words |= {word: Token("and", word) for word in (",", "、", "/", "&", "+", "和", "及", "与", "或", "and")}
    return words | {word: Token("break", word) for word in (";", "。", "\n")}


_WORDS = _vocabulary()
_ANY_WORD = "|".join(
    re.escape(word) + (r"\b" if word.isascii() and word.isalpha() else "")
    for word in sorted(_WORDS, key=len, reverse=True)
)
_TOKEN = re.compile(rf"(?P<word>{_ANY_WORD})|(?:{_TIME})|(?P<nothing>[^\S\n]|[:()每的均]|都?可以?|有空)")


def tokens(text: str) -> Iterator[Token]:
    """Yield the words of a text. Raises ValueError at the first that is not understood."""
    plain = _plain(text)
    at = 0
    while at < len(plain):
        match = _TOKEN.match(plain, at)
        if match is None:
            rest = re.split(r"[\s,;、。]", plain[at:], maxsplit=1)[0]
            raise ValueError(
                _("“%s” is not understood. Write times like Mon-Fri 9:00-12:00 or 周一至周五下午.") % rest[:20]
            )
        at = match.end()
        if match["word"]:
            yield _WORDS[match["word"]]
        elif not match["nothing"]:
            yield _time(match)


def _plain(text: str) -> str:
    """One form for what is written in many: full width, capitals, 周一、三、五, 九点."""
    plain = unicodedata.normalize("NFKC", text).casefold().strip()
    plain = re.sub(r"\b(every|all|any)\s+(days?|time)\b", lambda m: m[1] + m[2].removesuffix("s"), plain)
    plain = _HAN_DAY_LIST.sub(_spell_days, plain)
    plain = _NUMBERED_DAY_LIST.sub(_spell_days, plain)
    return _HAN_NUMBER.sub(_spell_number, plain)


def _spell_days(match: re.Match[str]) -> str:
    bare = re.sub(r"周|星期|礼拜", "", match[1])
    return re.sub(r"[一二三四五六日天1-7]", lambda day: f" {_ENGLISH_DAYS[_HAN_DAYS[day[0]]][:3]} ", bare)


def _spell_number(match: re.Match[str]) -> str:
    tens = _HAN_DIGITS.get(match[1], 1) * 10 if match[2] else 0
    return str(tens + _HAN_DIGITS.get(match[3], 0)) if match[0] else ""


def _time(match: re.Match[str]) -> Token:
    written = match[0].strip()
    clock = match["clock"]
    hour = int(clock[:2] if clock else match["hour"])
    minute = int(clock[2:] if clock else match["minute"] or _spoken_minute(written))
    if hour * 60 + minute > 24 * 60 or minute > 59:
        raise ValueError(_("There is no such time: %s.") % written)
    half = match["half"]
    if half and hour == 12:
        hour = 0
    part = {"a": _MORNING, "p": AFTERNOON}.get(half or "")
    return Token(
        "time", written, part=part, minute=hour * 60 + minute, spoken=bool(match["spoken"]), suffixed=bool(half)
    )


def _spoken_minute(written: str) -> int:
    said = re.search(r"[点时](.*?)分?$", written)
    words = {"半": 30, "一刻": 15, "三刻": 45}
    if said is None:
        return 0
    return int(said[1]) if said[1].isdigit() else words.get(said[1], 0)
