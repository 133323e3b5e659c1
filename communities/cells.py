"""What people type into cells, read into values. Every reader raises ValueError with a sentence for the office."""

from __future__ import annotations

import calendar
import datetime as dt
import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from decimal import Decimal

from django.utils.translation import gettext as _

from linzhu.communities.clock import now
from linzhu.communities.phones import Phone, parse_phone
from linzhu.communities.spreadsheet_files import Cell

EXCEL_EPOCH = dt.date(1899, 12, 30)  # day 0 of Excel's serial numbers, after its invented 29 February 1900
_OLDEST = 1890
_YES = {"是", "有", "对", "可以", "能", "√", "✓", "✔", "☑", "1", "yes", "y", "true", "t", "有车"}
_NO = {"否", "无", "没有", "没", "不", "×", "✗", "x", "☐", "0", "no", "n", "false", "f", "无车"}
_SEPARATORS = re.compile(r"[,;，；、/|+&\n]+|(?<=[\u3400-\u9fff])和(?=[\u3400-\u9fff])")
_DATE = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?号?)?月?)?年?")
_HAN_GAP = re.compile(r"(?<=[\u3400-\u9fff])\s+(?=[\u3400-\u9fff])")


def plain(cell: Cell) -> str:
    """Return a cell as text: full-width forms made plain, outer and doubled spaces gone, 13800001234.0 whole."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, float):
        return format(Decimal(repr(cell)), "f")
    if isinstance(cell, dt.datetime):
        cell = cell.date()
    return " ".join(unicodedata.normalize("NFKC", str(cell)).split())


def text(longest: int) -> Callable[[Cell], str]:
    """Return a reader of text that keeps lines and punctuation, up to ``longest`` characters."""

    def read(cell: Cell) -> str:
        value = cell.strip() if isinstance(cell, str) else plain(cell)
        if len(value) > longest:
            raise ValueError(_("This is too long: at most %d characters.") % longest)
        return value

    return read


def person_name(cell: Cell) -> str:
    """Read a name. The spaces that align two-character names in printed lists (王　芳) are not part of it."""
    name = _HAN_GAP.sub("", plain(cell)).replace("•", "·").replace("・", "·")
    if len(name) > 80 or not re.search(r"[^\W\d_]", name):
        raise ValueError(_("“%s” is not a name.") % name[:20])
    return name


def phone(cell: Cell) -> Phone:
    return parse_phone(plain(cell))


def mobile(cell: Cell) -> Phone:
    """Read a number that texts can reach."""
    number = phone(cell)
    if not number.mobile:
        raise ValueError(_("Texts do not reach a landline. Please give a mobile number."))
    return number


class Vocabulary(dict[str, str]):
    """Ways to write something → what is stored.

    Made of value → other ways to write it, with spaces between; case, spaces and hyphens do not matter. Words for
    "nothing special" belong to the empty value.
    """

    def __init__(self, values: Mapping[str, str]) -> None:
        spelled = {value: [*([value] if value else []), *words.split()] for value, words in values.items()}
        super().__init__({_word(word): value for value, words in spelled.items() for word in words})
        self.allowed = ", ".join(" ".join(words[:2]) for value, words in spelled.items() if value)

    def refuse(self, written: str) -> ValueError:
        return ValueError(
            _("“%(written)s” is not known. Allowed: %(allowed)s.") % {"written": written[:40], "allowed": self.allowed}
        )


def one_of(words: Vocabulary) -> Callable[[Cell], str]:
    """Return a reader of one word out of a closed list."""

    def read(cell: Cell) -> str:
        try:
            return words[_word(plain(cell))]
        except KeyError:
            raise words.refuse(plain(cell)) from None

    return read


def some_of(words: Vocabulary) -> Callable[[Cell], frozenset[str]]:
    """Return a reader of several words out of a closed list, however they are separated."""

    def read(cell: Cell) -> frozenset[str]:
        known, unknown = sort_words(cell, words)
        if unknown:
            raise words.refuse(unknown[0])
        return known

    return read


def sort_words(cell: Cell, words: Vocabulary) -> tuple[frozenset[str], list[str]]:
    """Return (values of the words that are known, words that are not)."""
    known: set[str] = set()
    unknown: list[str] = []
    for piece in filter(None, (part.strip() for part in _SEPARATORS.split(plain(cell)))):
        for word in [piece] if _word(piece) in words else piece.split():
            if _word(word) in words:
                known.add(words[_word(word)])
            else:
                unknown.append(word)
    return frozenset(known - {""}), unknown


def _word(written: str) -> str:
    return re.sub(r"[\s\-_]+", "", unicodedata.normalize("NFKC", written).casefold())


def yes_or_no(cell: Cell) -> bool:
    """Read 是/否, 有/无, √, 1/0, yes/no; 有（轿车） is yes."""
    word = plain(cell).casefold()
    bare = re.sub(r"\(.*\)$", "", word).strip()
    if bare in _YES:
        return True
    if bare in _NO:
        return False
    raise ValueError(_("“%s” is neither yes (是, 有, √, 1) nor no (否, 无, 0).") % word[:20])


def number(cell: Cell) -> float:
    try:
        value = float(plain(cell).rstrip("°"))
    except ValueError:
        raise ValueError(_("“%s” is not a number.") % plain(cell)[:20]) from None
    if not math.isfinite(value):
        raise ValueError(_("“%s” is not a number.") % plain(cell)[:20])
    return value


def whole_number(lowest: int, highest: int) -> Callable[[Cell], int]:
    def read(cell: Cell) -> int:
        value = number(cell)
        if not (value.is_integer() and lowest <= value <= highest):
            raise ValueError(
                _("“%(value)s” is not a whole number from %(lowest)d to %(highest)d.")
                % {"value": plain(cell)[:20], "lowest": lowest, "highest": highest}
            )
        return int(value)

    return read


def latitude(cell: Cell) -> float:
    value = number(cell)
    if 90 < abs(value) <= 180:
        raise ValueError(_("%s cannot be a latitude (−90 to 90). Are latitude and longitude swapped?") % plain(cell))
    if abs(value) > 90:
        raise ValueError(_("%s cannot be a latitude (−90 to 90).") % plain(cell))
    return value


def longitude(cell: Cell) -> float:
    value = number(cell)
    if abs(value) > 180:
        raise ValueError(_("%s cannot be a longitude (−180 to 180).") % plain(cell))
    return value


def metres(cell: Cell) -> int:
    """Read a distance: 2000, 500米, 2公里, 1.5 km. Returns metres, 100 to 50,000."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(米|m|公里|千米|km)?(?:以?内)?", plain(cell).casefold())
    if not match:
        raise ValueError(_("“%s” is not a distance. Write it like 2000 or 2公里.") % plain(cell)[:20])
    value = round(float(match[1]) * (1000 if match[2] in {"公里", "千米", "km"} else 1))
    if not 100 <= value <= 50_000:
        raise ValueError(
            _("%d m is not between 100 m and 50 km. For kilometres write 公里 or km behind the number.") % value
        )
    return value


def kilometres(cell: Cell) -> int:
    """Read a distance in a column that is headed in kilometres. Returns metres."""
    bare = re.fullmatch(r"\d+(?:\.\d+)?", plain(cell))
    return metres(f"{plain(cell)}km" if bare else cell)


def date(cell: Cell) -> dt.date:
    """Read a day. A month (2026年3月) or a year alone means its last day, as on a certificate."""
    if isinstance(cell, dt.datetime):
        return cell.date()
    if isinstance(cell, dt.date):
        return cell
    written = plain(cell)
    if re.fullmatch(r"\d{5}", written):
        return EXCEL_EPOCH + dt.timedelta(days=int(written))
    if re.fullmatch(r"\d{8}", written):
        written = f"{written[:4]}-{written[4:6]}-{written[6:]}"
    bare = re.sub(r"\s|^(有效期)?[至到]:?|止$|00:00(:00)?$", "", written)
    match = _DATE.fullmatch(bare)
    if not match:
        raise ValueError(_("“%s” is not a date. Write it like 2026-03-01.") % written[:20])
    year, month, day = int(match[1]), int(match[2] or 12), int(match[3] or 0)
    try:
        return dt.date(year, month, day or calendar.monthrange(year, month)[1])
    except (ValueError, calendar.IllegalMonthError):
        raise ValueError(_("There is no such day: %s.") % written[:20]) from None


def birth_year(cell: Cell) -> int:
    """Read a year of birth out of 1941, 41年, 1941年3月, 1941-03-05, a date, or an age with its unit (85岁)."""
    written = plain(cell)
    if match := re.fullmatch(r"(\d{1,3})\s*(?:周?岁|years?(?: old)?)", written):
        return _likely(now().year - int(match[1]), written)
    if match := re.fullmatch(r"(\d{2})年(?:\d{1,2}月)?(?:\d{1,2}日?)?", written):
        return _likely(1900 + int(match[1]), written)
    if re.fullmatch(r"\d{1,3}", written):
        raise ValueError(_("Is “%s” an age or a year? Write 85岁 or 1941.") % written)
    if match := re.fullmatch(r"(\d{4})(?:\d{2}|生|年生)?", written):
        return _likely(int(match[1]), written)
    return _likely(date(cell).year, written)


def age(cell: Cell) -> int:
    """Read an age in years into a year of birth; some lists have the year in that column after all."""
    written = plain(cell)
    return birth_year(f"{written}岁" if re.fullmatch(r"\d{1,3}", written) else cell)


def _likely(year: int, written: str) -> int:
    if not _OLDEST <= year <= now().year:
        raise ValueError(_("“%s” cannot be a year of birth.") % written[:20])
    return year
