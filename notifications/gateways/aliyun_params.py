"""The variables of an approved template, made to fit Aliyun's rules, or refused before Aliyun refuses them.

A variable holds 1 to 35 characters, no link, and a phone number only where the template says that it is one
(help.aliyun.com/document_detail/463270.htm). What loses nothing that matters is shortened; anything else must not be
guessed at: the text fails with a code of ours, and what somebody waits for becomes a call by staff.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

LANGUAGES = ("zh-hans", "en")
"""Those whose scripts arrive unharmed; a text for readers of others goes out in Chinese, if its variables can."""
LONGEST = 35
PHONES = frozenset({"phone", "office"})
"""Registered as phone numbers: digits and hyphens, 5 to 15 characters."""
NUMBERS = frozenset({"code", "page_code"})
"""Registered as other numbers: long ones are not taken for phones."""
NO_VARIABLE = "page"
"""A constant address: it stands in the approved wording itself."""
MAY_SHRINK = frozenset({"area", "choices", "reason"})
"""Helpful, but the text is true and complete without its end."""
MAY_BE_EMPTY = frozenset({"reason"})
NOTHING = {"zh-hans": "无", "en": "none"}

_LINK = re.compile(r"https?:|www\.|[a-z0-9-]\.(?:com|cn|net|org|gov|edu|io|me|top|xyz|vip)\b", re.IGNORECASE)
_LONG_NUMBER = re.compile(r"(?:\d[ -]?){6}\d")
_PHONE = re.compile(r"\d[\d-]{3,13}\d")
_EXTENSION = re.compile(r"\s*(?:转|ext\.?|#|,)\s*", re.IGNORECASE)
_OTHER_SCRIPT = re.compile(r"[\u0600-\u06ff\u0750-\u077f\u0f00-\u0fff\ufb50-\ufdff\ufe70-\ufeff]")  # Arabic, Tibetan
_BRACKETS = str.maketrans("【】[]", "（）()")  # those of the signature


class Unfit(Exception):  # noqa: N818 (not an error of ours: this text cannot go this way)
    """A variable that Aliyun would refuse; ``code`` says which rule it breaks."""

    EMPTY, LENGTH, LINK, PHONE = "param-empty", "param-length", "param-link", "param-phone"
    SCRIPT = "param-script"

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def fit(params: Mapping[str, str], language: str) -> dict[str, str]:
    """Return the variables as Aliyun takes them. Raises Unfit."""
    return {name: _fit(name, value, language) for name, value in params.items() if name != NO_VARIABLE}


def _fit(name: str, value: str, language: str) -> str:
    value = " ".join(value.split()).translate(_BRACKETS)
    if not value:
        if name in MAY_BE_EMPTY:
            return NOTHING[language]
        raise Unfit(Unfit.EMPTY)
    if name in PHONES:
        return _phone(value)
    if _OTHER_SCRIPT.search(value):
        raise Unfit(Unfit.SCRIPT)
    if _LINK.search(value):
        raise Unfit(Unfit.LINK)
    if name not in NUMBERS and _LONG_NUMBER.search(value):
        raise Unfit(Unfit.PHONE)
    if len(value) <= LONGEST:
        return value
    if name not in MAY_SHRINK:
        raise Unfit(Unfit.LENGTH)
    return _shrink(value)


def _phone(value: str) -> str:
    """``022 2731 8800 转 80`` → ``02227318800-80``."""
    digits = _EXTENSION.sub("-", value).replace(" ", "").replace("+86", "")
    if not _PHONE.fullmatch(digits):
        raise Unfit(Unfit.PHONE)
    return digits


def _shrink(value: str) -> str:
    """Cut after the last whole item of a list, or where it must be."""
    head = value[:LONGEST]
    end = max(head.rfind("、"), head.rfind(", "))
    return head[:end] if end > 0 else head
