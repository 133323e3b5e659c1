"""Reading of answers to "are you safe?". Pure. Closed lists must cover all of a text; nothing is guessed to be safe."""

from __future__ import annotations

from enum import StrEnum

from linzhu.dispatch.reading.folding import QUESTION, fold, tokens
from linzhu.dispatch.reading.wording import Book


class Said(StrEnum):
    SAFE = "safe"
    ALL_SAFE = "all_safe"
    NEEDS_HELP = "needs_help"


LONGEST = 160
"""Characters. A longer text is a letter, and a person reads it."""

_BESIDE = {"polite", "asking"}
_HELP = {"needs_help", "help"}
_BOOK = Book("safe", "all_safe", *_HELP, *_BESIDE)


def read_roll_call(text: str) -> Said | None:
    """Return what a text says about whoever was asked after; None where a person must read it.

    Beside a call for help a "safe" counts for nothing. A question is no answer, but may well be a call for help.
    """
    folded = fold(text[:LONGEST])
    pieces = _BOOK.cover(tokens(folded)) if len(text) <= LONGEST else None
    said = {piece.name for piece in pieces or ()} - _BESIDE
    if said & _HELP:
        return Said.NEEDS_HELP
    if len(said) != 1 or QUESTION.search(folded):
        return None
    return Said(said.pop())
