"""What is read aloud: TwiML from ``templates/voice/<language>/<key>.xml``, and its words for people's eyes.

Everything that a parameter holds is escaped by the template engine. What XML cannot carry at all is left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from xml.etree import ElementTree as ET

from django.template import Context, Engine
from django.utils import timezone

from linzhu.communities.clock import now
from linzhu.notifications.wording import describe_day


@dataclass(frozen=True, kw_only=True)
class Script:
    """One template: its parameters, and whether it waits for a key afterwards or hangs up."""

    params: tuple[str, ...] = ()
    asks: bool = False


@dataclass(frozen=True)
class Voice:
    """Who reads it, and in which language we listen."""

    says: str
    name: str
    hears: str


VOICES = {
    "zh-hans": Voice("cmn-CN", "Polly.Zhiyu", "cmn-Hans-CN"),
    "en": Voice("en-GB", "Polly.Amy", "en-GB"),
}
"""Languages that Twilio has a voice for. It has none for Tibetan and Uyghur: a person calls (decision 0016)."""

SCRIPTS: dict[str, Script] = {
    # We call an elder. 1 reads it again, 2 says that it was understood, 0 asks for a person.
    "elder_assigned": Script(params=("service", "volunteer", "door_word", "when"), asks=True),
    "elder_off": Script(params=("service", "when"), asks=True),
    "understood": Script(),
    # In an emergency. 2 says that they are safe, 0 that they need help.
    "roll_call": Script(params=("drill", "event"), asks=True),
    "roll_call_safe": Script(),
    "roll_call_help": Script(),
    "call_again": Script(),
    "overtaken": Script(),
    # They call us.
    "hotline": Script(asks=True),
    "hotline_logged": Script(params=("service", "minutes")),
    # Both. ``minutes`` is empty outside of office hours.
    "human": Script(params=("minutes",)),
    "danger": Script(),
}

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(script: str, params: Mapping[str, object], language: str, *, action: str = "") -> str:
    """Return the TwiML of a script. ``action`` is where the pressed key is brought.

    Raises KeyError for an unknown script or language, or for a missing parameter.
    """
    filled = {name: _NOT_XML.sub("", str(params[name])) for name in SCRIPTS[script].params}
    context = Context({**filled, "voice": VOICES[language], "action": action})
    return Engine.get_default().get_template(f"voice/{language}/{script}.xml").render(context)


def words(script: str, params: Mapping[str, object], language: str) -> str:
    """Return what a listener hears, as one line of text."""
    said = ET.fromstring(render(script, params, language)).iter("Say")  # noqa: S314 (our own template)
    return " ".join(" ".join("".join(part.itertext()).split()) for part in said)


def spoken_window(start: datetime, end: datetime, language: str) -> str:
    """Return a window as people say it: ``今天下午2点到4点``, ``tomorrow between 9:30 am and 12 noon``."""
    begin, finish = timezone.localtime(start), timezone.localtime(end)
    last_day = "" if finish.date() == begin.date() else _day(finish, language)
    if language == "en":
        last = f"{last_day} " if last_day else ""
        return f"{_day(begin, language)} between {_english(begin)} and {last}{_english(finish)}"
    same_part = not last_day and _part_of_day(begin.hour) == _part_of_day(finish.hour)
    until = _point(finish) if same_part else f"{_part_of_day(finish.hour)}{_point(finish)}"
    return f"{_day(begin, language)}{_part_of_day(begin.hour)}{_point(begin)}到{last_day}{until}"


def _day(local: datetime, language: str) -> str:
    days_ahead = (local.date() - timezone.localtime(now()).date()).days
    near = {0: "today", 1: "tomorrow"} if language == "en" else {0: "今天", 1: "明天"}
    return near.get(days_ahead) or describe_day(local, language)


def _english(local: datetime) -> str:
    if (local.hour, local.minute) in {(0, 0), (12, 0)}:
        return "midnight" if local.hour == 0 else "12 noon"
    minutes = f":{local:%M}" if local.minute else ""
    return f"{(local.hour - 1) % 12 + 1}{minutes} {'am' if local.hour < 12 else 'pm'}"


def _part_of_day(hour: int) -> str:
    return next(name for until, name in _PARTS_OF_DAY if hour < until)


_PARTS_OF_DAY = ((6, "凌晨"), (12, "上午"), (13, "中午"), (18, "下午"), (24, "晚上"))


def _point(local: datetime) -> str:
    hour = local.hour - 12 if local.hour > 12 else local.hour
    return f"{hour}点{local.minute}分" if local.minute else f"{hour}点"
