"""The closed lists of wordings, read from ``reply_words.toml``.

An entry is a small pattern: ``[a|b]`` may stand or not, ``(a|b)`` is one of these, ``#`` is an amount. It stands for
wordings that can be counted, and nothing else is ever read.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from linzhu.dispatch.reading.amounts import MARK
from linzhu.dispatch.reading.folding import fold, tokens

DIGITS = "0123456789"

PINYIN = "py"
"""Its words are read with and without spaces: "wo jie", "wojie"."""

Wording = tuple[str, ...]
"""The words of an entry, every Chinese character one of its own."""

_CHOICE = re.compile(r"\[([^][()]*)\]|\(([^][()]*)\)")
_LISTS: dict[str, dict[str, list[str]]] = tomllib.loads(
    Path(__file__).parent.with_name("reply_words.toml").read_text(encoding="utf-8")
)


@cache
def words(name: str) -> frozenset[str]:
    """Return a closed list, all languages together, every pattern written out. Raises KeyError for an unknown list."""
    entries = ((language, entry) for language, listed in _LISTS[name].items() for entry in listed)
    texts = ((language, " ".join(text.split())) for language, entry in entries for text in written_out(entry))
    return frozenset(
        spelled for language, text in texts for spelled in {text, text.replace(" ", "") if language == PINYIN else text}
    )


def wordings(*names: str) -> dict[Wording, str]:
    """Return every wording of some lists with the name of its list."""
    return {as_wording(word): name for name in names for word in words(name)}


def as_wording(word: str) -> Wording:
    return tuple(tokens(fold(word), keep=MARK + DIGITS))


def _all_words() -> frozenset[str]:
    """Return every single word that stands in some list."""
    return frozenset(word for wording in wordings(*_LISTS) for word in wording)


def written_out(pattern: str) -> Iterator[str]:
    """Yield the texts a pattern stands for. Groups do not nest: the innermost is taken first, so they may."""
    match = _CHOICE.search(pattern)
    if match is None:
        yield pattern
        return
    optional, choice = match.groups()
    choices = ["", *optional.split("|")] if choice is None else choice.split("|")
    for chosen in choices:
        yield from written_out(pattern[: match.start()] + chosen + pattern[match.end() :])


KNOWN_WORDS = _all_words()
"""A word of any list: no slip of another one."""
