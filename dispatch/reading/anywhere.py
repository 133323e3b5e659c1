"""What counts wherever it stands in a text: danger, and a sentence that opts out."""

from __future__ import annotations

from linzhu.dispatch.reading.folding import BREAK, tokens
from linzhu.dispatch.reading.lists import DIGITS, KNOWN_WORDS
from linzhu.dispatch.reading.slips import mended
from linzhu.dispatch.reading.wording import Apart, Book

_APART = "opt_out_apart"
_OPT_OUT_APART, _DANGER_APART = Apart(_APART), Apart("danger_apart")
_OPT_OUT_SENTENCES, _LIMITS = Book("opt_out_sentence"), Book("limits")
_DANGER, _HARMLESS = Book("danger"), Book("harmless")


def is_danger(folded: str) -> bool:
    """Tell whether a folded text sounds dangerous, across punctuation, once what only sounds like it is taken out."""
    words = mended([word for word in tokens(folded, keep=DIGITS) if word != BREAK], KNOWN_WORDS)
    alarming = _HARMLESS.taken_from(words)
    return (_DANGER.find(alarming) or _DANGER_APART.find(alarming)) is not None


def is_opt_out_sentence(words: list[str]) -> bool:
    """“My husband moved, stop texting me” opts out; “stop texting me after 9pm” limits itself, “don't forget to
    text me” asks for the opposite.
    """
    sentence = _OPT_OUT_SENTENCES.find(words) or _OPT_OUT_APART.find(words)
    if sentence is None:
        return False
    before, after = words[: sentence.start], words[sentence.end :]
    while BREAK in before:
        before = before[before.index(BREAK) + 1 :]
    if BREAK in after:
        after = after[: after.index(BREAK)]
    between = sentence.wording[1:-1] if sentence.name == _APART else ()
    return not any(_LIMITS.find(part) for part in (before, after, between))
