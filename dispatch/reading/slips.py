"""One slip of the finger in a long word: "arrvied", "ambulence", "unsubscibe"."""

from __future__ import annotations

SHORTEST = 7
"""Letters. In shorter words one slip makes another word: "polite" is no "police"."""
LONGEST = 16
"""No word of the lists is longer; every slip of a text without spaces would fill the memory."""

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_VOWELS = "aeiou"


def mended(words: list[str], known: frozenset[str]) -> list[str]:
    """Return the words with those that are one slip from exactly one long known word as that one."""
    return [word if word in known else _meant(word, known) for word in words]


def _meant(word: str, known: frozenset[str]) -> str:
    if not SHORTEST - 1 <= len(word) <= LONGEST + 1 or not _is_latin(word):
        return word
    near = {slip for slip in _slips(word) if len(slip) >= SHORTEST and slip in known}
    return near.pop() if len(near) == 1 else word


def _slips(word: str) -> set[str]:
    """Two letters swapped, one left out or added, a vowel wrong; never the first, nor an ending (“accepts”)."""
    parts = [(word[:at], word[at:]) for at in range(1, len(word))]
    swapped = {head + tail[1] + tail[0] + tail[2:] for head, tail in parts if len(tail) > 1}
    shorter = {head + tail[1:] for head, tail in parts[:-1]}
    wrong = {head + letter + tail[1:] for head, tail in parts[:-1] for letter in _VOWELS if tail[0] in _VOWELS}
    longer = {head + letter + tail for head, tail in parts for letter in _LETTERS}
    return swapped | shorter | wrong | longer


def _is_latin(word: str) -> bool:
    return word.isascii() and word.isalpha()
