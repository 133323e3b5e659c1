"""Numbers that are written in words: 「四十七」, 「半个小时」, "forty seven", "an hour and a half"."""

from __future__ import annotations

import re

from linzhu.dispatch.reading.folding import fold

_HAN = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "幺": 1}
_FORMAL = str.maketrans("壹贰叁肆伍陆柒捌玖拾佰", "一二三四五六七八九十百")
_FORMAL_RUN = re.compile(r"[壹贰叁肆伍陆柒捌玖拾佰]{2,}")
_HAN_RUN = re.compile(r"(?<![周期拜])[零〇一二两三四五六七八九十百千万幺]+")
_HAN_NUMBER = re.compile(
    r"(?:(?P<hundreds>[一二两三四五六七八九])百)?"
    r"(?:(?P<tens>[一二三四五六七八九])?(?P<ten>十)|(?P<zero>零))?(?P<units>[一二三四五六七八九])?"
)
_HAN_DIGITS = re.compile(r"[零〇一二两三四五六七八九幺]{2,3}")
_COUNTED = re.compile(r"个?半?(?:小时|钟头|钟|分|刻|天|日|周|星期|礼拜|月|号)")

_UNITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_TEENS = ["ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_ONE_TO_NINE = "|".join(_UNITS[1:])
_TENS_AND_UNITS = re.compile(rf"\b({'|'.join(_TENS)})(?: ({_ONE_TO_NINE}))?\b")
_TEEN = re.compile(rf"\b({'|'.join(_TEENS)})\b")
_DIGIT_BY_DIGIT = re.compile(rf"\b((?:{'|'.join(_UNITS)})(?: (?:{'|'.join(_UNITS)})){{1,2}})\b")
_FEW = re.compile(rf"\b(an|a|{_ONE_TO_NINE})(?= (?:minute|min|hour|hr|day|week|month)s?\b)")

_AND_A_HALF = [(re.compile(rf"\b(?:{_UNITS[n]}|{n}) and a half(?= hours?\b)"), f"{n}.5") for n in range(1, 10)]

_UYGHUR_UNIT = fold("(?:سائەت|كۈن|ھەپتە|ئاي)")

# Written out, longest first: what is left of each is minutes or days in digits.
_PARTS = [
    (re.compile(r"\b(?:(?:an |one |1 )?hour and a half|(?:one|1) and a half hours?)\b"), " 90 minutes "),
    (re.compile(r"\bthree quarters of an hour\b"), " 45 minutes "),
    (re.compile(r"\b(?:a )?quarter of an hour\b"), " 15 minutes "),
    (re.compile(r"\b(?:half an hour|(?:a )?half hour)\b"), " 30 minutes "),
    (re.compile(fold("بىر يېرىم سائەت")), " 90 minutes "),
    (re.compile(r"(?<!个)半个?(?:小时|钟头|钟)|" + fold("يېرىم سائەت")), " 30 minutes "),
    (re.compile(r"\ba fortnight\b"), "14 days"),
    (re.compile(r"\bfourty\b"), "forty"),
    (re.compile(r"(?<![点\d])[一1]刻钟?"), "15分钟"),
    (re.compile(r"(?<![点\d])[三3]刻钟?"), "45分钟"),
    (re.compile(r"半个?月"), " 15 days "),
    (re.compile(r"(?<=\d) 1/2(?= hours?\b)"), ".5"),
    (re.compile(r"俩(?=个?(?:小时|钟头|星期|礼拜|月))"), "两"),
    (re.compile(r"(?<!\d)(\d) (\d)(?: (\d))?(?![\d:/.]| ?\d)"), r"\1\2\3"),  # dictated digit by digit
    (re.compile(r"元月(?=[\d一二三四五六七八九十])"), "1月"),
    (re.compile(f"بىر(?= {_UYGHUR_UNIT})"), "1"),
    (re.compile(f"ئىككى(?= {_UYGHUR_UNIT})"), "2"),
    (re.compile(r"这两天"), "这几天"),
    (re.compile(r"十分(?=荣幸|抱歉|感谢|谢谢|愿意|乐意|高兴|不好意思|对不起)"), "非常"),
]


def in_digits(folded: str) -> str:
    """Return a folded text with its written-out numbers in digits.

    A single numeral counts only before a unit: elsewhere it is part of words like 「一定」 and "no one".
    """
    folded = _FORMAL_RUN.sub(lambda match: match.group().translate(_FORMAL), folded)
    for pattern, plain in _AND_A_HALF + _PARTS:
        folded = pattern.sub(plain, folded)
    folded = _HAN_RUN.sub(lambda match: _han_number(match.group(), folded[match.end() :]), folded)
    folded = _TENS_AND_UNITS.sub(_tens_and_units, folded)
    folded = _TEEN.sub(lambda match: str(10 + _TEENS.index(match[1])), folded)
    folded = _FEW.sub(lambda match: "1" if match[1] in ("a", "an") else str(_UNITS.index(match[1])), folded)
    return _DIGIT_BY_DIGIT.sub(lambda match: "".join(str(_UNITS.index(word)) for word in match[1].split()), folded)


def _han_number(run: str, after: str) -> str:
    """「四十七」 and 「四七」 are 47. What is no well-formed number under a thousand stays, and is read as unclear."""
    if len(run) == 1 and run != "十":
        return str(_HAN[run]) if run in _HAN and _COUNTED.match(after) else run
    if _HAN_DIGITS.fullmatch(run):
        return "".join(str(_HAN[char]) for char in run)
    match = _HAN_NUMBER.fullmatch(run)
    if match is None or (match["hundreds"] and match["units"] and not (match["ten"] or match["zero"])):
        return run  # 「一百二」 is 120 in speech, 102 on paper
    tens = _HAN.get(match["tens"] or "", 1) if match["ten"] else 0
    return str(100 * _HAN.get(match["hundreds"] or "", 0) + 10 * tens + _HAN.get(match["units"] or "", 0))


def _tens_and_units(match: re.Match[str]) -> str:
    tens, units = match.groups()
    return str(20 + 10 * _TENS.index(tens) + (_UNITS.index(units) if units else 0))
