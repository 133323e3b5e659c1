"""Step one of reading: one spelling for whatever phones, keyboards and dictation make of the same words.

What carries meaning stays: question marks, letters and vowel signs of every script.
"""

from __future__ import annotations

import re
import unicodedata

from linzhu.dispatch.reading.dialect import standard
from linzhu.dispatch.reading.traditional import PAIRS

BREAK = "|"
"""Stands for punctuation and emoji between tokens: a wording never reaches across it."""

QUESTION = re.compile(r"[?؟¿❓❔]")

_UYGHUR_KEYBOARDS = {"ی": "ى", "ي": "ى", "ک": "ك"}
_ONE_SPELLING = str.maketrans({pair[0]: pair[1] for pair in PAIRS.split()} | _UYGHUR_KEYBOARDS)
_JOINS_WORDS = str.maketrans(dict.fromkeys("་༌_", " ") | dict.fromkeys("'’‘ʼ`´"))
_FROM_TO = re.compile(r"(?<=\d)\s*[-\u2010-\u2015~〜]\s*(?=\d)")
_HYPHEN = re.compile(r"[-\u2010-\u2015]")
_FRACTION = re.compile(r"(\d*)\s*([¼½¾])")
_DECIMALS = {"¼": ".25", "½": ".5", "¾": ".75"}
_SPOKEN_SIGNS = str.maketrans({"🆘": " sos "})
_LONG_DRAWN = re.compile(r"([a-z])\1{2,}")
_CHAT_EMOTICON = re.compile(
    r"\[(?:ok|yes|微笑|强|赞|玫瑰|抱拳|合十|流泪|大哭|呲牙|愉快|害羞|捂脸|偷笑|憨笑|爱心|心|握手|胜利|太阳|咖啡|拥抱|加油|奋斗|鼓掌)\]"
)


def fold(text: str) -> str:
    """Return a text in its one spelling, with its punctuation: NFKC, small letters, Western digits, simplified Chinese.

    Apostrophes go ("can't" is "cant"), as do invisible characters and a chat's ``[emoticons]``. Tibetan syllables and
    hyphened words stand apart.
    """
    marked = _FRACTION.sub(lambda match: (match[1] or "0") + _DECIMALS[match[2]], text.translate(_SPOKEN_SIGNS))
    spelled = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", marked.translate(_JOINS_WORDS)).casefold())
    seen = "".join(_western(char) for char in spelled if not _is_invisible(char))
    simple = standard(seen.translate(_ONE_SPELLING)).translate(_JOINS_WORDS)
    joined = _HYPHEN.sub(" ", _FROM_TO.sub("~", simple))
    return _LONG_DRAWN.sub(r"\1", _CHAT_EMOTICON.sub(" ", joined))


def tokens(folded: str, *, keep: str = "") -> list[str]:
    """Split into words, with every Chinese character a word of its own; ``keep`` names marks that are words, too.

    Spaces mean nothing beyond that: 「不 接」 is 「不接」. Other marks become BREAK.
    """
    found: list[str] = []
    word = ""
    for char in f"{folded} ":
        if unicodedata.category(char)[0] in "LM" and not _is_han(char):
            word += char
            continue
        if word:
            found.append(word)
            word = ""
        if _is_han(char) or (char in keep):
            found.append(char)
        elif not char.isspace() and found and found[-1] != BREAK:
            found.append(BREAK)
    return found[:-1] if found and found[-1] == BREAK else found


def _western(char: str) -> str:
    """Tibetan ༤༧, Arabic ٤٧ and any other decimal digits as 47: NFKC does not fold them."""
    digit = unicodedata.decimal(char, None)
    return char if digit is None else str(digit)


def _is_invisible(char: str) -> bool:
    """Zero-width and bidirectional marks, variation selectors, keycaps, skin tones."""
    return (
        unicodedata.category(char) in ("Cf", "Me")
        or "\ufe00" <= char <= "\ufe0f"
        or "\U0001f3fb" <= char <= "\U0001f3ff"
    )


def _is_han(char: str) -> bool:
    return "\u3400" <= char <= "\u9fff" or char == "〇"
