"""Reading of replies. Pure: text in, reading out; no database, no clock.

Closed lists of words: whatever is not wholly made of them is *unclear* and goes to a person. A doubtful text is never
a yes ("yes in 2 hours", 「明天可以吗」).
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Kind(StrEnum):
    YES = "yes"
    NO = "no"
    ON_MY_WAY = "on_my_way"
    ARRIVED = "arrived"
    DONE = "done"
    CANNOT_COME = "cannot_come"
    LATE = "late"
    HELP = "help"
    PAUSE = "pause"
    MORE = "more"
    LESS = "less"
    OPT_OUT = "opt_out"
    OPT_IN = "opt_in"
    DANGER = "danger"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class Reply:
    """What a text says: its kind, and the offer's code if one was named.

    ``minutes``: how long it took (*done*), or how much later they come (*late*). ``days``: how long the pause is, or
    ``until``, (month, day), when it ends.
    """

    kind: Kind
    code: str = ""
    minutes: int | None = None
    days: int | None = None
    until: tuple[int, int] | None = None


_LISTS: dict[str, dict[str, list[str]]] = tomllib.loads(
    Path(__file__).with_name("reply_words.toml").read_text(encoding="utf-8")
)


def words(kind: str) -> frozenset[str]:
    """Return the closed list of a kind, all languages together."""
    return frozenset(word for language in _LISTS[kind].values() for word in language)


OPT_OUT, OPT_IN, DANGER = words("opt_out"), words("opt_in"), words("danger")
POLITE, SORRY = words("polite"), words("sorry")

_ZERO_WIDTH = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\ufe0f\u202a\u202b\u202c\u202d\u202e"))
_HAN_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "幺": 1}
_HAN_NUMBER = re.compile(r"[零〇一二两三四五六七八九十百幺]+")
_NUMBER = re.compile(r"\d+")
_MONTH_DAY = re.compile(r"(?P<month>\d{1,2})\s*月\s*(?P<day>\d{1,2})")
_DAYS = {"周": 7, "星期": 7, "week": 7, "个月": 30, "month": 30, "天": 1, "日": 1, "day": 1}
_UNITS = re.compile(
    r"(?<=\d)\s*(分钟|分|minutes|mins|min|m|天|日|days|day|个?星期|周|weeks|week|个月|months|month|月)(?![a-z])|用时|用了"
)

# A refusal is looked for before a yes.
_WORDINGS = {
    Kind.CANNOT_COME: words("cannot_come"),
    Kind.NO: words("no") | SORRY,
    Kind.YES: words("yes"),
    Kind.ARRIVED: words("arrived"),
    Kind.ON_MY_WAY: words("on_my_way"),
    Kind.LATE: words("late"),
    Kind.HELP: words("help"),
    Kind.PAUSE: words("pause"),
    Kind.MORE: words("more"),
    Kind.LESS: words("less"),
    Kind.DONE: words("done"),
}


def read_reply(text: str) -> Reply:
    """Return what a text says."""
    plain = normalise(text)
    if plain in OPT_OUT or plain.replace(" ", "") in OPT_OUT:
        return Reply(Kind.OPT_OUT)
    if any(word in plain for word in DANGER):
        return Reply(Kind.DANGER)
    if plain in OPT_IN:
        return Reply(Kind.OPT_IN)
    rest, numbers = _split_numbers(plain)
    kind = _kind_of(rest)
    if read_numbers := _WITH_NUMBERS.get(kind):
        return read_numbers(plain, numbers)
    if len(numbers) > 1 or any(len(number) not in (2, 3) for number in numbers):
        return Reply(Kind.UNCLEAR)
    return Reply(kind, numbers[0] if numbers else "")


def _read_minutes(kind: Kind, numbers: list[str]) -> Reply:
    """“done 45” took 45 minutes; “done 47 45” names the code first."""
    if len(numbers) > 2 or any(len(number) > 3 for number in numbers):
        return Reply(Kind.UNCLEAR)
    code = numbers[0] if len(numbers) == 2 else ""
    return Reply(kind, code, int(numbers[-1]) if numbers else None)


def _read_late(plain: str, numbers: list[str]) -> Reply:
    """Without a number nobody can be told how late: a person asks."""
    reply = _read_minutes(Kind.LATE, numbers)
    return reply if reply.minutes else Reply(Kind.UNCLEAR)


def _read_pause(plain: str, numbers: list[str]) -> Reply:
    """“pause 7” is seven days; “暂停到12月1日”, “pause until 1 Dec” is a date; weeks and months are counted."""
    if date := _MONTH_DAY.search(plain):
        month, day = int(date["month"]), int(date["day"])
        return Reply(Kind.PAUSE, until=(month, day)) if month <= 12 and day <= 31 else Reply(Kind.UNCLEAR)
    if len(numbers) > 1 or any(len(number) > 3 for number in numbers):
        return Reply(Kind.UNCLEAR)
    unit = next((days for word, days in _DAYS.items() if word in plain), 1 if numbers else 7)
    return Reply(Kind.PAUSE, days=(int(numbers[0]) if numbers else 1) * unit)


_WITH_NUMBERS: dict[Kind, Callable[[str, list[str]], Reply]] = {
    Kind.DONE: lambda _plain, numbers: _read_minutes(Kind.DONE, numbers),
    Kind.LATE: _read_late,
    Kind.PAUSE: _read_pause,
}


def normalise(text: str) -> str:
    """NFKC, case fold, no zero-width marks; punctuation, emoji and line ends become single spaces."""
    folded = unicodedata.normalize("NFKC", text).casefold().translate(_ZERO_WIDTH)
    kept = (char if unicodedata.category(char)[0] in "LNM" else " " for char in folded)
    return " ".join("".join(kept).split())


def _split_numbers(plain: str) -> tuple[str, list[str]]:
    """Take the numbers out of a text: what is left, and the numbers in Arabic digits."""
    arabic = _UNITS.sub(" ", _HAN_NUMBER.sub(lambda match: _to_arabic(match.group()), plain))
    numbers = _NUMBER.findall(arabic)
    return " ".join(_NUMBER.sub(" ", arabic).split()), numbers


def _to_arabic(han: str) -> str:
    """「四十七」 and 「四七」 become 47; a single numeral stays: it is a part of words like 「一定」."""
    if len(han) == 1 and han != "十":
        return han
    if not set(han) & {"十", "百"}:
        return "".join(str(_HAN_DIGITS[char]) for char in han)
    value, digit = 0, 0
    for char in han:
        if char in "十百":
            value += (digit or 1) * (10 if char == "十" else 100)
            digit = 0
        else:
            digit = _HAN_DIGITS[char]
    return str(value + digit)


def _kind_of(text: str) -> Kind:
    """One wording of the lists, or several that all say the same: 「好的，接」."""
    kind = _kind_of_wording(text)
    if kind == Kind.UNCLEAR and " " in text:
        kinds = {_kind_of_wording(part) for part in text.split()}
        return kinds.pop() if len(kinds) == 1 else Kind.UNCLEAR
    return kind


def _kind_of_wording(text: str) -> Kind:
    for wording in _without_politeness(text):
        for kind, wordings in _WORDINGS.items():
            if wording in wordings:
                return kind
    return Kind.UNCLEAR


def _without_politeness(text: str) -> list[str]:
    """The wording as it is, and with one polite word after another taken from its ends.

    An apology is only dropped beside a no: 「不好意思，我去」 may be sorry for anything.
    """
    refusing = any(no in text for no in ("不", "没", "有事", "no", "can t", "cannot", "cant", "busy"))
    polite = sorted(POLITE | SORRY if refusing else POLITE, key=len, reverse=True)
    found = [text, text.replace(" ", "")]
    for core in found:  # grows while it is read
        for word in polite:
            for rest in (_without_beginning(core, word), _without_ending(core, word)):
                if rest and rest not in found:
                    found.append(rest)
    return found


def _without_beginning(text: str, word: str) -> str:
    rest = text.removeprefix(word)
    return rest.strip() if rest != text and (not word.isascii() or rest.startswith(" ")) else ""


def _without_ending(text: str, word: str) -> str:
    rest = text.removesuffix(word)
    return rest.strip() if rest != text and (not word.isascii() or rest.endswith(" ")) else ""
