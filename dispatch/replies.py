"""Reading of replies. Pure: text in, reading out; no database, no clock.

A text is folded into one spelling, its numbers become amounts, and closed lists of wordings must cover all of the rest.
What they leave over makes it *unclear*, for a person to read: a doubtful text is never a yes ("yes in 2 hours").
The steps, and how to add words, are told in docs/replies.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from linzhu.dispatch.reading.amounts import MARK, Amount, Unit, take_amounts
from linzhu.dispatch.reading.anywhere import is_danger, is_opt_out_sentence
from linzhu.dispatch.reading.doubts import clauses_of, is_doubtful, may_change_all
from linzhu.dispatch.reading.folding import QUESTION, fold, tokens
from linzhu.dispatch.reading.lists import KNOWN_WORDS
from linzhu.dispatch.reading.money import Figures, take_figures
from linzhu.dispatch.reading.slips import mended
from linzhu.dispatch.reading.wording import LONE_AMOUNT, Book, Piece


class Kind(StrEnum):
    YES = "yes"
    NO = "no"
    ON_MY_WAY = "on_my_way"
    ARRIVED = "arrived"
    DONE = "done"
    CASH = "cash"
    CANNOT_COME = "cannot_come"
    LATE = "late"
    NO_ANSWER = "no_answer"
    HELP = "help"
    PAUSE = "pause"
    MORE = "more"
    LESS = "less"
    LINK = "link"
    OPT_OUT = "opt_out"
    OPT_IN = "opt_in"
    DANGER = "danger"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class Reply:
    """What a text says: its kind, and the offer's code if one was named.

    ``minutes``: how long it took (*done*), or how much later they come (*late*). ``days``: how long the pause is, or
    ``until``, (month, day), when it ends, or ``weekday``: 0 for the coming Monday to 6, 7 to 13 for a day of next week,
    or that it lasts to the end of the month (``month_end``). ``figures``: the money of a visit (*cash*, *done*).
    """

    kind: Kind
    code: str = ""
    minutes: int | None = None
    days: int | None = None
    until: tuple[int, int] | None = None
    weekday: int | None = None
    month_end: bool = False
    figures: Figures | None = None


UNCLEAR = Reply(Kind.UNCLEAR)
MOST_WORDS = 60
"""A longer text is a letter, and a person reads it."""

LONGEST = 1600
"""Characters: more than the ten parts that carriers join. The end might take back what the beginning says."""

_REFUSING = {"no", "before_no", "after_no"}
_UNTIL = frozenset({"until", "till", "to", "到", "至"})
_WHY = {"sorry", "reason", "delay"}

# What each kind is said by, and what may stand beside it. Whoever refuses and opts out has opted out; "yes, arrived"
# has arrived. The first that fits counts.
_SAID_BY: list[tuple[Kind, set[str], set[str]]] = [
    (Kind.OPT_OUT, {"opt_out"}, {*_REFUSING, *_WHY, "ok", "cannot_come", "less", "received"}),
    (Kind.HELP, {"help"}, {*_WHY, "on_my_way", "arrived", "done", "no_answer"}),
    (Kind.NO_ANSWER, {"no_answer"}, {"arrived", "sorry"}),
    (Kind.CANNOT_COME, {"cannot_come"}, {*_REFUSING, *_WHY, "received", "scene"}),
    (Kind.LATE, {"late", "delay"}, {"on_my_way", "measure", "about", "sorry", "reason", "received", "scene"}),
    (Kind.DONE, {"done"}, {"ok", "arrived", "measure", "received", "well", "scene"}),
    (Kind.ARRIVED, {"arrived"}, {"ok", "on_my_way", "sorry", "delay", "received", "well", "scene"}),
    (Kind.ON_MY_WAY, {"on_my_way"}, {"ok", "yes", "sorry", "received", "measure", "scene"}),
    (Kind.PAUSE, {"pause"}, {*_REFUSING, *_WHY}),
    (Kind.YES, {"yes"}, {"ok", "free", "received"}),
    (Kind.YES, {"ok"}, {"free"}),
    (Kind.NO, {"no"}, {"before_no", "after_no", *_WHY, "received"}),
    (Kind.NO, {"sorry"}, {"reason"}),
    (Kind.MORE, {"more"}, {"ok", "free"}),
    (Kind.LESS, {"less"}, {"sorry", "reason"}),
    (Kind.LINK, {"link"}, set()),
    (Kind.OPT_IN, {"opt_in"}, set()),
]
_BESIDE_ANYTHING = {"polite", "asking", "opening", "calling", "code"}
_WHOLE_TEXT = {"opt_out_alone": Kind.OPT_OUT, "yes_alone": Kind.YES}

_CLEAR = Book(*{name for _kind, said, beside in _SAID_BY for name in said | beside}, *_BESIDE_ANYTHING, *_WHOLE_TEXT)

_MAY_SAY_WHY = {Kind.NO, Kind.CANNOT_COME, Kind.LATE}

_EVEN_IF_ASKED = {Kind.HELP, Kind.OPT_OUT, Kind.LINK}
_DOUBTFUL_FACES = frozenset("🤔🙄😏🤨😒🤡🙃🤷👎❌✖✗✘🙅🚫😤😠😡")


def read_reply(text: str) -> Reply:
    """Return what a text says. Of one that is longer than any text message only whether it sounds dangerous."""
    folded = fold(text[:LONGEST])
    if is_danger(folded):
        return Reply(Kind.DANGER)
    if len(text) > LONGEST:
        return UNCLEAR
    figures, beside = take_figures(folded)
    return _with_figures(figures, beside) if figures else _read(folded)


def _read(folded: str) -> Reply:
    marked, amounts = take_amounts(folded)
    words = mended(tokens(marked, keep=MARK), KNOWN_WORDS)
    if is_opt_out_sentence(words):
        return Reply(Kind.OPT_OUT)
    reply = _reading(words, amounts)
    if _is_doubtful(reply.kind, folded):
        reply = UNCLEAR
    if reply == UNCLEAR and len(amounts) == 1 and _is_code(amounts[0]):
        return Reply(Kind.UNCLEAR, amounts[0].digits)  # a person finds it beside that offer
    return reply


def _with_figures(figures: Figures, beside: str) -> Reply:
    """A report of the money, alone or with its code, or said together with "done". Beside anything else: a person."""
    if not beside or (beside.isdecimal() and len(beside) in (2, 3)):
        return Reply(Kind.CASH, beside, figures=figures)
    reply = _read(beside)
    return replace(reply, figures=figures) if reply.kind == Kind.DONE else UNCLEAR


def _reading(words: list[str], amounts: list[Amount]) -> Reply:
    if len(words) > MOST_WORDS:
        return UNCLEAR
    pieces = _CLEAR.cover(words) or _without_remarks(words)
    if not pieces or is_doubtful(pieces):
        return UNCLEAR
    kind = _kind_of(pieces)
    return _READ_AMOUNTS.get(kind, _read_code)(kind, pieces, amounts)


def _without_remarks(words: list[str]) -> list[Piece]:
    """「去不成，家里来客人了」: whoever refuses or is late may say why in words of their own, but for words of doubt.

    Only these: a remark beside a yes may be its condition, and one beside an arrival a call for help.
    """
    kept: list[Piece] = []
    start = 0
    for clause in clauses_of(words):
        pieces = _CLEAR.cover(clause)
        if pieces is None and may_change_all(clause):
            return []
        kept += [replace(piece, start=piece.start + start) for piece in pieces or ()]
        start += len(clause) + 1
    plainly = {piece.name for piece in kept} & _MAY_SAY_WHY
    return kept if plainly and _kind_of(kept) in _MAY_SAY_WHY else []


def _kind_of(pieces: list[Piece]) -> Kind:
    names = {piece.name for piece in pieces}
    if names & _WHOLE_TEXT.keys():
        return _WHOLE_TEXT[pieces[0].name] if len({piece.wording for piece in pieces}) == 1 else Kind.UNCLEAR
    said = names - _BESIDE_ANYTHING - {LONE_AMOUNT}
    fitting = (kind for kind, makes, beside in _SAID_BY if said & makes and said <= makes | beside)
    return next(fitting, Kind.UNCLEAR)


def _is_doubtful(kind: Kind, folded: str) -> bool:
    """A question mark makes a question of any answer; a yes with a doubtful face may be none."""
    if QUESTION.search(folded):
        return kind not in _EVEN_IF_ASKED
    return kind == Kind.YES and not _DOUBTFUL_FACES.isdisjoint(folded)


# --- amounts ---------------------------------------------------------------------------------------------------------


def _read_code(kind: Kind, _pieces: list[Piece], amounts: list[Amount]) -> Reply:
    """At most one amount, said as often as they like: the code. “yes 5”, “yes in 20 minutes” are unclear."""
    if not amounts:
        return Reply(kind)
    return Reply(kind, amounts[0].digits) if len(set(amounts)) == 1 and _is_code(amounts[0]) else UNCLEAR


def _is_code(amount: Amount) -> bool:
    return amount.unit == Unit.BARE and len(amount.digits) in (2, 3)


def _read_opt_out(kind: Kind, pieces: list[Piece], amounts: list[Amount]) -> Reply:
    """“stop 47” may mean one visit; “no 47, stop” means us."""
    refuses = any(piece.name == Kind.NO for piece in pieces)
    return Reply(kind) if refuses or not amounts else UNCLEAR


def _read_on_my_way(kind: Kind, pieces: list[Piece], amounts: list[Amount]) -> Reply:
    """“be there in 10” names no code. “yes 47, on my way” is a yes; without code it may mean an earlier visit."""
    arrival = next((piece for piece in pieces if piece.name == kind and MARK in piece.wording), None)
    if arrival:
        in_minutes = len(amounts) == 1 and (amounts[0].unit == Unit.MINUTES or "in" in arrival.wording)
        return Reply(kind) if in_minutes else UNCLEAR
    if amounts and all(amount.unit == Unit.MINUTES for amount in amounts):
        return Reply(kind)
    agrees = any(piece.name in ("yes", "ok") for piece in pieces)
    return _read_code(Kind.YES if agrees and amounts else kind, pieces, amounts)


def _read_minutes(kind: Kind, _pieces: list[Piece], amounts: list[Amount]) -> Reply:
    """“done 45” took 45 minutes; “done 47 45” names the code first."""
    minutes = [amount.value for amount in amounts if amount.unit == Unit.MINUTES]
    bare = [amount.digits for amount in amounts if amount.unit == Unit.BARE and len(amount.digits) <= 3]
    if len(minutes) + len(bare) != len(amounts) or len(minutes) > 1 or len(amounts) > 2:
        return UNCLEAR
    if bare and not minutes:
        minutes = [int(bare.pop())]
    if bare and len(bare[0]) == 1:
        return UNCLEAR
    return Reply(kind, bare[0] if bare else "", minutes[0] if minutes else None)


def _read_late(kind: Kind, pieces: list[Piece], amounts: list[Amount]) -> Reply:
    """「晚一点」 without a number may be a wish, 「堵车了」 is late: how late, a person asks."""
    reply = _read_minutes(kind, pieces, amounts)
    return reply if reply.minutes or any(piece.name == "delay" for piece in pieces) else UNCLEAR


def _read_pause(kind: Kind, pieces: list[Piece], amounts: list[Amount]) -> Reply:
    """“pause 7” is seven days; dates and weekdays are when it ends."""
    if not amounts:
        return Reply(kind)
    amount = amounts[0]
    until_then = any(not _UNTIL.isdisjoint(piece.wording) for piece in pieces)
    readable = {
        Unit.BARE: Reply(kind, days=int(amount.digits or 0)) if len(amount.digits) <= 3 else UNCLEAR,
        Unit.DAYS: Reply(kind, days=amount.value),
        Unit.WEEKDAY: Reply(kind, weekday=amount.value),
        Unit.DATE: Reply(kind, until=amount.date),
        Unit.MONTH_END: Reply(kind, month_end=True) if until_then else UNCLEAR,
    }
    return readable.get(amount.unit, UNCLEAR) if len(amounts) == 1 else UNCLEAR


_READ_AMOUNTS: dict[Kind, Callable[[Kind, list[Piece], list[Amount]], Reply]] = {
    Kind.UNCLEAR: lambda _kind, _pieces, _amounts: UNCLEAR,
    Kind.OPT_OUT: _read_opt_out,
    Kind.ON_MY_WAY: _read_on_my_way,
    Kind.DONE: _read_minutes,
    Kind.LATE: _read_late,
    Kind.PAUSE: _read_pause,
}
