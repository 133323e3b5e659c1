"""Step three of reading: a text as a row of listed wordings, which must cover all of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from linzhu.dispatch.reading.amounts import MARK
from linzhu.dispatch.reading.folding import BREAK
from linzhu.dispatch.reading.lists import Wording, as_wording, wordings
from linzhu.dispatch.reading.lists import words as words_of

LONE_AMOUNT = "amount"
"""The name of an amount that no wording says anything about."""


GAP = "…"
WIDEST = 4
"""Words, in Chinese characters, that may stand between two wordings that belong together."""


@dataclass(frozen=True)
class Piece:
    """A wording in a text. ``name``: the list it stands in."""

    name: str
    wording: Wording
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.wording)


class Book:
    """Wordings to look for, each with the name of its list."""

    def __init__(self, *names: str) -> None:
        self._listed = listed = wordings(*names)
        self._lengths: dict[str, list[int]] = {}
        for wording in sorted(listed, key=len, reverse=True):
            lengths = self._lengths.setdefault(wording[0], [])
            if len(wording) not in lengths:
                lengths.append(len(wording))

    def at(self, words: Sequence[str], start: int) -> Iterator[Piece]:
        """Yield the wordings that begin at a word, longest first."""
        for length in self._lengths.get(words[start], ()):
            wording = tuple(words[start : start + length])
            if wording in self._listed:
                yield Piece(self._listed[wording], wording, start)

    def find(self, words: Sequence[str]) -> Piece | None:
        """Return the first wording anywhere in a text, the longest where several begin."""
        return next((piece for start in range(len(words)) for piece in self.at(words, start)), None)

    def taken_from(self, words: Sequence[str]) -> list[str]:
        """Return a text with a BREAK instead of each wording."""
        kept, at = [], 0
        while at < len(words):
            piece = next(self.at(words, at), None)
            kept.append(BREAK if piece else words[at])
            at = piece.end if piece else at + 1
        return kept

    def cover(self, words: Sequence[str]) -> list[Piece] | None:
        """Split a whole text into as few wordings and lone amounts as possible. None if something is left over.

        From its end, so that each start is looked at once: the time grows with the text's length, no faster.
        """
        best: list[list[Piece] | None] = [None] * len(words) + [[]]
        for start in range(len(words) - 1, -1, -1):
            if words[start] == BREAK:
                best[start] = best[start + 1]
                continue
            pieces = [*self.at(words, start), *([Piece(LONE_AMOUNT, (MARK,), start)] if words[start] == MARK else [])]
            ways = [[piece, *rest] for piece in pieces if (rest := best[piece.end]) is not None]
            best[start] = min(ways, key=len, default=None)
        return best[0]


class Apart:
    """Two wordings with a few words between them: 「吞……药」, “stop … texts”."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._ends: dict[Wording, set[Wording]] = {}
        for text in words_of(name):
            first, second = map(as_wording, text.split(GAP))
            self._ends.setdefault(first, set()).add(second)
        self._lengths = {len(first) for first in self._ends}

    def find(self, words: Sequence[str]) -> Piece | None:
        """Return the first such pair anywhere in a text; both stand in one clause, at most WIDEST words apart."""
        for start in range(len(words)):
            for length in self._lengths:
                first = tuple(words[start : start + length])
                end = self._end(words, start + length, self._ends.get(first, set()))
                if end:
                    return Piece(self._name, tuple(words[start:end]), start)
        return None

    @staticmethod
    def _end(words: Sequence[str], start: int, seconds: set[Wording]) -> int:
        for at in range(start, min(start + WIDEST + 1, len(words))):
            for second in seconds:
                if tuple(words[at : at + len(second)]) == second:
                    return at + len(second)
            if words[at] == BREAK:
                break
        return 0
