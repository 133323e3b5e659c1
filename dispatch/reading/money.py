"""Reading of a cash report: 「收100 花86.5 还13.5」, “got 100 spent 86.50 back 13.50”. Sums are whole fen.

All three sums must stand there, each named once by a word of its own, in any order; what is left of the text is read
as any other. Two sums, an unnamed one or one said twice are never made up for: then there is no report here.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from unicodedata import normalize

from linzhu.dispatch.reading import spelled


class Figures(NamedTuple):
    """What a volunteer says of the money, in fen."""

    handed: int
    """What the elder gave them."""
    spent: int
    returned: int
    """What they gave back."""

    @property
    def is_even(self) -> bool:
        """Every fen is accounted for."""
        return self.handed == self.spent + self.returned


_HAN_DIGITS = "一二三四五六七八九"
_DIGIT = rf"[\d{_HAN_DIGITS}两]"
_YUAN = r"(?:块钱?|元|圆|yuan|kuai|rmb|cny|¥)"
# Five digits of yuan: nobody goes shopping with more, and a longer number is a slip, or no sum at all.
_SUM = (
    rf"(?:(?:¥|rmb|cny)\s*)?(?:"
    rf"\d{{1,5}}\s*(?:块|元|圆)\s*{_DIGIT}(?:毛|角)?(?!\d)(?:{_DIGIT}分)?"  # 86块5, 八十六块五毛
    rf"|{_DIGIT}(?:毛|角)(?:钱|{_DIGIT}分)?"
    rf"|\d{{1,5}}(?:\.\d{{1,2}})?(?![\d.])\s*{_YUAN}?整?"
    rf")"
)
_ELDER = r"(?:老人家?|奶奶|爷爷|阿姨|叔叔|大爷|大妈|大娘|她|他|您)"
_LABELS = {
    "handed": (
        rf"(?:我|一?共|总共)?(?:收到?|拿到?|领)了?(?:{_ELDER}的?)?(?:现金|钱)?|{_ELDER}?给了?我|{_ELDER}给了?(?:现金|钱)?"
        r"|(?:i )?(?:was given|got|received|took|collected)(?: cash)?|(?:the elder|elder|she|he|they) gave(?: me)?"
    ),
    "spent": (
        r"(?:我|一?共|总共)?(?:花|用|消费|支出|花费)(?:掉|去)?了?|买(?:菜|东西|药)(?:一?共)?(?:花|用)?了?|实付"
        r"|(?:i )?(?:spent|paid|used)|(?:it |shopping )?costs?"
    ),
    "returned": (
        rf"(?:还|退|退还|退回|找|找回|找零|返还|给回)(?:给)?了?(?:{_ELDER})?(?:现金|钱)?"
        r"|(?:i )?(?:gave|given|handed|brought) (?:her |him |them )?back|(?:i )?returned|return|change(?: back)?|back"
    ),
}
_LINK = r"[\s:=,是]*"
_NOTHING_BACK = r"(?:没有?找零|不用找零?|没有?零钱|正好|刚好|no change|nothing back|exact(?:ly)?)"
_PART = "|".join([*(rf"(?:{label}){_LINK}{_SUM}" for label in _LABELS.values()), _NOTHING_BACK])
_BETWEEN = r"(?:[\s,;.。、，；/+|]|\band\b|\bthen\b)*"
_REPORT = re.compile(rf"(?<![a-z\d])(?:{_PART})(?:{_BETWEEN}(?:{_PART})){{2}}(?![a-z\d.])")
_ONE_PART = re.compile(
    "|".join(rf"(?P<{name}>(?:{label}){_LINK}(?P<{name}_sum>{_SUM}))" for name, label in _LABELS.items())
    + rf"|(?P<nothing>{_NOTHING_BACK})"
)
_BESIDE = re.compile(
    rf"(?:[\s,;:.。、，；!~]|现金|账|钱|报账|小票(?:已经?|都)?(?:给|交给)?了?(?:{_ELDER})?了?|谢谢|辛苦了?|好的?"
    r"|thanks|thank you|ok|money|cash|(?:with )?receipt(?: given)?)*"
)

_SPLIT = re.compile(
    rf"(?P<yuan>\d+)\s*(?:块|元|圆)\s*(?P<jiao>{_DIGIT})(?:毛|角)?(?:(?P<fen>{_DIGIT})分)?"
    rf"|(?P<only_jiao>{_DIGIT})(?:毛|角)(?:钱|(?P<only_fen>{_DIGIT})分)?"
    rf"|(?P<whole>\d+)(?:\.(?P<cents>\d{{1,2}}))?"
)


def take_figures(folded: str) -> tuple[Figures | None, str]:
    """Return the three sums of a folded text and what else it says; (None, the text) where they are not all there."""
    text = spelled.in_digits(folded)
    found = _REPORT.search(text)
    if found is None:
        return None, folded
    sums: dict[str, int] = {}
    for part in _ONE_PART.finditer(found[0]):
        name = next(name for name in ("nothing", *_LABELS) if part[name])
        fen = 0 if name == "nothing" else _fen(part[f"{name}_sum"])
        name = "returned" if name == "nothing" else name
        if name in sums:
            return None, folded
        sums[name] = fen
    if sums.keys() != _LABELS.keys():
        return None, folded
    beside = f"{text[: found.start()]} {text[found.end() :]}".strip()
    return Figures(**sums), "" if _BESIDE.fullmatch(beside) else beside


def read_sum(text: str) -> int | None:
    """Return a typed sum in fen: “86.5”, “¥86.50”, “86”; None where it is none."""
    plain = normalize("NFKC", text).strip().removeprefix("¥").removesuffix("元").strip()
    if not re.fullmatch(r"\d{1,5}(?:\.\d{1,2})?", plain, re.ASCII):
        return None
    return _fen(plain)


def _fen(said: str) -> int:
    parts = _SPLIT.search(said)
    assert parts is not None  # noqa: S101 (each sum has a number; this tells mypy)
    if parts["jiao"]:
        return int(parts["yuan"]) * 100 + _digit(parts["jiao"]) * 10 + _digit(parts["fen"])
    if parts["only_jiao"]:
        return _digit(parts["only_jiao"]) * 10 + _digit(parts["only_fen"])
    return int(parts["whole"]) * 100 + int((parts["cents"] or "").ljust(2, "0"))


def _digit(char: str | None) -> int:
    if not char:
        return 0
    return int(char) if char.isdecimal() else 2 if char == "两" else _HAN_DIGITS.index(char) + 1
