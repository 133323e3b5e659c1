"""Step four of reading: what makes listed wordings doubtful when they stand together."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from linzhu.dispatch.reading.amounts import MARK
from linzhu.dispatch.reading.folding import BREAK
from linzhu.dispatch.reading.wording import Book, Piece

_AGREEING, _CHANGING = Book("yes", "ok"), Book("changing")
_DENYING = {"不", "cant", "cannot", "wont", "not", "couldnt"}
_BEFORE_A_NAME = {"ok", "polite", "received"}
_BETWEEN_CLAUSES = {BREAK, "because", "cause", "cuz", "and", "so", "as"}


def is_doubtful(pieces: list[Piece]) -> bool:
    """Tell whether wordings that are clear one by one are not, in this row."""
    return _denies_a_denial(pieces) or _asks_somebody(pieces) or _names_somebody(pieces) or _proposes_a_time(pieces)


def clauses_of(words: list[str]) -> list[list[str]]:
    """Split a text at its punctuation and at “because” and its like."""
    ends = [at for at, word in enumerate(words) if word in _BETWEEN_CLAUSES] + [len(words)]
    return [words[start + 1 : end] for start, end in pairwise([-1, *ends])]


def may_change_all(clause: list[str]) -> bool:
    """An amount, a time, a condition, somebody else; a yes at either end: 「我老公去」, but not 「要去医院」."""
    agrees = (piece for start in range(len(clause)) for piece in _AGREEING.at(clause, start))
    at_an_end = any(len(piece.wording) > 1 or piece.start == 0 or piece.end == len(clause) for piece in agrees)
    return MARK in clause or at_an_end or _CHANGING.find(clause) is not None


def _neighbours(pieces: list[Piece]) -> Iterator[tuple[Piece, Piece]]:
    """Yield each two wordings that stand in one breath, with nothing between them."""
    return ((first, second) for first, second in pairwise(pieces) if first.end == second.start)


def _denies_a_denial(pieces: list[Piece]) -> bool:
    """「不去不行」, 「不能不去」, “can't stop”: two different denials in one breath. 「不知道」 is none of "I see"."""
    return any(
        (first.wording[0] == second.wording[0] == "不" and first.wording != second.wording)
        or (first.name == "no" and second.name in ("received", "opt_out") and first.wording[-1] in _DENYING)
        for first, second in _neighbours(pieces)
    )


def _asks_somebody(pieces: list[Piece]) -> bool:
    """「请接47」, “please accept” ask somebody else; 「可以请回复」 quotes a question."""
    return any(first.name == "asking" and second.name == "yes" for first, second in _neighbours(pieces)) or any(
        piece.name == "opening" for piece in pieces[1:]
    )


def _names_somebody(pieces: list[Piece]) -> bool:
    """「小李，接47」 and 「好的小李」 speak to somebody, 「小李接47」 says that somebody else comes."""
    after = {second: first.name for first, second in _neighbours(pieces)}
    followed = {first for first, _second in _neighbours(pieces)}
    return any(
        piece.name == "calling" and (piece in followed or (piece.start and after.get(piece) not in _BEFORE_A_NAME))
        for piece in pieces
    )


def _proposes_a_time(pieces: list[Piece]) -> bool:
    """“can't today” and 「明天没空」 refuse; “can't. today.” and 「没空，明天」 may propose another time."""
    before = {first: second.name for first, second in _neighbours(pieces)}
    after = {second: first.name for first, second in _neighbours(pieces)}
    return any(
        (piece.name == "before_no" and before.get(piece) not in {"before_no", "no", "cannot_come"})
        or (piece.name == "after_no" and after.get(piece) not in {"after_no", "no", "cannot_come"})
        for piece in pieces
    )
