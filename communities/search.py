"""Finding a person by what a caller says first: a name, its pinyin or initials, or some digits of a phone.

Every person's row keeps the words that they are found by, and a word is found by its beginning. So that any run of
digits and every later part of a name is a beginning, too, the words are all the tails of a name and of a number. Both
databases look beginnings up in an index of words (communities.search_indexes, decision 0018).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from enum import Enum, auto
from itertools import groupby, islice, pairwise, product

from linzhu.communities.pinyin import HAN, MOST_READINGS, readings, surname_length

SHORTEST_RUN = 3
"""Of digits that are looked for within a number."""
LONGEST_NAME = 16
"""Parts of a name that are kept: characters, or words of other scripts."""
MOST_WORDS, LONGEST_WORD = 8, 40
"""Of what is typed."""

_PHONE_LIKE = re.compile(r"[\d\s()+\-–./]+")
_ACCENTS = re.compile("[\u0300-\u036f]")
_V_FOR_U = re.compile("(?<=[ln])v")


def words_of(name: str, phones: Iterable[str] = ()) -> str:
    """Return the words by which a person with this name and these numbers (E.164) is found, between spaces.

    >>> words_of("张秀英")
    'xiuying xy ying zhangxiuying zhangxy zxy 张秀英 秀英 英'
    """
    runs = _runs(name)
    written = [part for kind, run in runs for part in (run if kind == _Kind.HAN else [run])][:LONGEST_NAME]
    words = _tails(written)
    for syllables in islice(product(*(_read_aloud(kind, run) for kind, run in runs)), MOST_READINGS):
        spoken = [syllable for run in syllables for syllable in run][:LONGEST_NAME]
        initials = [syllable[0] for syllable in spoken]
        words += _tails(spoken) + _tails(initials)
        if runs and runs[0][0] == _Kind.HAN:
            surname = surname_length(runs[0][1])
            words.append("".join(spoken[:surname] + initials[surname:]))
    for phone in phones:
        digits = re.sub(r"\D", "", phone)
        words += [digits[start:] for start in range(len(digits) - SHORTEST_RUN + 1)]
    return " ".join(_without_beginnings(words))


def beginnings(text: str) -> list[list[str]]:
    """Read what was typed: alternatives, each a list of beginnings that must all be found in one person's words.

    >>> beginnings("Wang  Xiulan"), beginnings("w x l"), beginnings("王 138-0013")
    ([['wang', 'xiulan']], [['wxl']], [['王', '138', '0013']])
    >>> beginnings("022 2731")
    [['0222731'], ['222731']]
    """
    plain = _fold(text).strip()
    digits = re.sub(r"\D", "", plain)
    if len(digits) >= SHORTEST_RUN and _PHONE_LIKE.fullmatch(plain):
        # Numbers are kept in E.164, without the 0 (or 00) that is dialled before an area code (or a country's).
        dialled = digits.lstrip("0")
        runs = [digits, dialled] if dialled != digits and len(dialled) > SHORTEST_RUN else [digits]
        return [[run[:LONGEST_WORD]] for run in runs]
    words = [run for _kind, run in _runs(plain)]
    if len(words) > 1 and all(len(word) == 1 and word.isascii() for word in words):
        words = ["".join(words)]
    return [[word[:LONGEST_WORD] for word in words[:MOST_WORDS]]] if words else []


def spoken(name: str) -> list[str]:
    """Return a name as it is most likely read aloud: of Chinese characters each syllable, then the character."""
    parts: list[str] = []
    for kind, run in _runs(name):
        syllables = _read_aloud(kind, run)[0]
        parts += [part for pair in zip(syllables, run, strict=True) for part in pair] if kind == _Kind.HAN else [run]
    return parts


class _Kind(Enum):
    HAN = auto()
    LETTER = auto()
    DIGIT = auto()
    NONE = auto()


def _kind_of(char: str) -> _Kind:
    if HAN.match(char):
        return _Kind.HAN
    # Tibetan and Uyghur words hold marks, which regular expressions do not count to a word.
    category = unicodedata.category(char)[0]
    return _Kind.LETTER if category in "LM" else _Kind.DIGIT if category == "N" else _Kind.NONE


def _runs(text: str) -> list[tuple[_Kind, str]]:
    """Split into runs of one kind: Chinese, other letters, digits."""
    runs = ((kind, "".join(run)) for kind, run in groupby(_fold(text), key=_kind_of))
    return [(kind, run) for kind, run in runs if kind != _Kind.NONE]


def _fold(text: str) -> str:
    """Take away what people do not type: width, case, accents; ü, which some type as v, becomes u."""
    letters = _ACCENTS.sub("", unicodedata.normalize("NFKD", text).casefold())
    return _V_FOR_U.sub("u", unicodedata.normalize("NFKC", letters))


def _read_aloud(kind: _Kind, run: str) -> Sequence[Sequence[str]]:
    if kind != _Kind.HAN:
        return [[run]]
    return [[_fold(syllable) for syllable in syllables] for syllables in readings(run)]


def _tails(parts: Sequence[str]) -> list[str]:
    return ["".join(parts[start:]) for start in range(len(parts))]


def _without_beginnings(words: Iterable[str]) -> list[str]:
    """Leave out what is found anyhow, as the beginning of another word."""
    return [word for word, following in pairwise([*sorted(set(words)), ""]) if not following.startswith(word)]
