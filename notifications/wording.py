"""Words of the texts: rendered, signed, counted; and windows of time as people say them.

A text in Uyghur runs from right to left and carries the marks that keep numbers and Chinese names in it readable: they
are characters like any other, so every count includes them. Whoever copies one into a reply is understood all the same
(``dispatch.reading.folding`` drops them).
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from unicodedata import bidirectional

from django.conf import settings
from django.template import Context, Engine, Template, TemplateDoesNotExist
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import override

from linzhu.communities.clock import now
from linzhu.notifications.texts import REVIEW, TEXTS

FALLBACK_LANGUAGES = ("zh-hans", "en")


def render(template: str, params: Mapping[str, object], language: str) -> str:
    """Return a text as it is sent: one line, signed, in this language or the next best that has it.

    ``params`` may hold more than the text declares; the rest is not used. Raises KeyError for an unknown template or
    a missing parameter.
    """
    if template not in TEXTS:
        raise KeyError(template)
    source, written_in = find_template(template, language)
    context = Context(fillings(template, params, written_in), autoescape=False)
    return finish(source.render(context), written_in)


def fillings(template: str, params: Mapping[str, object], language: str) -> dict[str, str]:
    """Return what this text is filled in with. Raises KeyError for an unknown template or a missing parameter."""
    values = {name: str(params[name]) for name in TEXTS[template].params}
    if language in RIGHT_TO_LEFT:
        return {name: isolate(value) for name, value in values.items()}
    return values


def finish(text: str, language: str) -> str:
    """Make a filled text what is sent: one line, signed."""
    return sign(" ".join(text.split()), language)


def find_template(template: str, language: str) -> tuple[Template, str]:
    """Return the compiled template and the language it is written in. Raises TemplateDoesNotExist."""
    for candidate in dict.fromkeys((language, *FALLBACK_LANGUAGES)):
        try:
            return Engine.get_default().get_template(f"sms/{candidate}/{template}.txt"), candidate
        except TemplateDoesNotExist:
            continue
    raise TemplateDoesNotExist(template)


def sign(text: str, language: str) -> str:
    """Put the sender's name in front, as carriers and readers expect it: ``【邻助】…`` or ``Linzhu: …``."""
    name = settings.SMS_SIGNATURE
    if language == "en":
        # One Chinese character would make the whole text UCS-2 and more than halve what fits into a part.
        return f"{name if name.isascii() else 'Linzhu'}: {text}"
    if language in RIGHT_TO_LEFT:
        # Carriers look for 【 as the very first character; a phone would take the whole line for left-to-right by it.
        text = f"{_RIGHT_TO_LEFT_FROM_HERE}{text}{_END_OF_ISOLATE}"
    return f"【{name}】{text}"


# --- right to left ------------------------------------------------------------------------------------------------

RIGHT_TO_LEFT = frozenset({"ug"})
_LEFT_TO_RIGHT_FROM_HERE, _RIGHT_TO_LEFT_FROM_HERE, _BY_ITS_FIRST_LETTER = "\u2066", "\u2067", "\u2068"
_END_OF_ISOLATE = "\u2069"


def isolate(value: str) -> str:
    """Keep a value in its own order inside a line that runs from right to left: ``11-25`` would read ``25-11``.

    A plain number and plain words of such a script need no marks (Unicode Standard Annex 9, 2.4.2).
    """
    kinds = {bidirectional(character) for character in value} - {"WS"}
    from_right = kinds & {"R", "AL"}
    if value.isdecimal() or kinds <= {"R", "AL", "NSM"}:
        return value
    return f"{_BY_ITS_FIRST_LETTER if from_right else _LEFT_TO_RIGHT_FROM_HERE}{value}{_END_OF_ISOLATE}"


# --- words that fill texts ----------------------------------------------------------------------------------------


def word(table: str, code: str, language: str) -> str:
    """Return a service or reason in a language that has no catalogue of its own; empty if it is not known there."""
    return _words_of(language).get(table, {}).get(code, "")


@cache
def _words_of(language: str) -> dict[str, dict[str, str]]:
    if language not in REVIEW:
        return {}
    file: Path = settings.DATA_DIR / "templates" / "sms" / language / "words.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))


def in_a_row(items: Iterable[str], language: str) -> str:
    """Join names as this language lists them."""
    return {"en": ", ", "bo": ", ", "ug": "، "}.get(language, "、").join(items)


# --- parts --------------------------------------------------------------------------------------------------------

_GSM_7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_7_EXTENSION = frozenset("^{}\\[~]|€\f")


def is_gsm7(text: str) -> bool:
    """Whether the cheap 7-bit alphabet of GSM 03.38 holds every character; if not, all travel as UCS-2."""
    return _GSM_7.union(_GSM_7_EXTENSION).issuperset(text)


def count_parts(text: str) -> int:
    """Return how many parts a text is sent and paid as: 160 units of GSM-7 alone, 153 in each of several; 70 and 67 of
    UCS-2. No character is split between parts (3GPP TS 23.040, 9.2.3.24.1).
    """
    return _pack(_units(text), 160, 153) if is_gsm7(text) else _pack(_units(text), 70, 67)


def count_units(text: str) -> int:
    """Return how much room a text takes, as carriers count: what parts are made of."""
    return sum(_units(text))


def _units(text: str) -> list[int]:
    """The room that each character takes: two in GSM-7 for those of the extension table, two in UTF-16 for an emoji."""
    if is_gsm7(text):
        return [2 if character in _GSM_7_EXTENSION else 1 for character in text]
    return [2 if ord(character) > 0xFFFF else 1 for character in text]


def _pack(units: list[int], alone: int, each: int) -> int:
    if sum(units) <= alone:
        return 1
    parts, used = 1, 0
    for size in units:
        if used + size > each:
            parts, used = parts + 1, 0
        used += size
    return parts


# --- windows of time ----------------------------------------------------------------------------------------------


def describe_window(start: datetime, end: datetime, language: str) -> str:
    """Return a window in local time, short enough for a text: ``今天14-16点``, ``tomorrow 9:30-12:00``.

    Without words, as ``11-25 9:30-11:30``, in languages that await their review: a wrong word could cost a visit.
    """
    begin, finish = timezone.localtime(start), timezone.localtime(end)
    last_day, midnight = finish.date(), (finish.hour, finish.minute) == (0, 0)
    if midnight and last_day == begin.date() + timedelta(days=1):
        last_day = begin.date()  # until midnight is still the same day to everybody
    hour = 24 if midnight and last_day == begin.date() else finish.hour
    overnight = last_day != begin.date()
    last = _day(finish, language) if overnight else ""
    if language in {"en", *REVIEW}:
        dash = f" - {last} " if overnight else "-"
        return f"{_day(begin, language)} {begin.hour}:{begin:%M}{dash}{hour}:{finish:%M}"
    # 9-12点 and 9:30-12点 read well; 14-16:30 does not, so an hour keeps its 点 before minutes or another day.
    alone = overnight or bool(finish.minute)
    return f"{_day(begin, language)}{_point(begin.hour, begin.minute, alone)}-{last}{_point(hour, finish.minute, True)}"


def _point(hour: int, minute: int, alone: bool) -> str:
    if minute:
        return f"{hour}:{minute:02}"
    return f"{hour}点" if alone else str(hour)


def _day(local: datetime, language: str) -> str:
    days_ahead = (local.date() - timezone.localtime(now()).date()).days
    if language in REVIEW:
        return describe_day(local, language)
    if language == "en":
        with override("en"):
            return {0: "today", 1: "tomorrow"}.get(days_ahead) or date_format(local, "D j M")
    return {0: "今天", 1: "明天"}.get(days_ahead) or describe_day(local, language)


def describe_day(day: date, language: str) -> str:
    """Return a day of this year: ``11月25日``, ``25 November``, ``11-25``."""
    if language == "en":
        with override("en"):
            return date_format(day, "j F")
    return f"{day.month}-{day.day}" if language in REVIEW else f"{day.month}月{day.day}日"
