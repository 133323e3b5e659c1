"""Spreadsheets as offices really have them: which columns a sheet holds, and its rows with the numbers Excel shows."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Any, BinaryIO, NamedTuple

from django.utils.translation import gettext as _

from linzhu.communities.spreadsheet_files import Cell, Sheet, SpreadsheetError, open_sheets

__all__ = ["Column", "Heading", "Mapping", "Row", "SpreadsheetError", "Table", "read_headings", "read_table"]

Mapping = dict[int, str]
"""Position in the sheet → column name, as somebody has chosen; what is not named is left out."""

_HEADER_WITHIN = 20  # rows: titles, dates and instructions often stand above the header
_SAMPLED_ROWS, _SAMPLES = 30, 3
_BLANK_MARKS = {"", "/", "\\", "-", "--", "—", "——", "n/a", "na"}
_BLANK_WORDS = {"无", "暂无", "没有", "none"}
_SERIAL_NUMBERS = {"序号", "编号", "no", "sn", "id", "行号"}
_IDENTITY = re.compile(r"身份证|证件号|公民身份|identitynumber|identitycard|idcard|idnumber")


@dataclass(frozen=True)
class Column:
    """One thing a spreadsheet may say of a row.

    ``titles`` are other headings for ``name``, with spaces between. ``read`` turns a cell that is not blank into a
    value; it raises ValueError with a sentence for the office. A ``required`` column must be in the sheet, a
    ``filled`` one in every row. With ``blank_words=False`` 无 ("none") is a value, not a blank.
    """

    name: str
    read: Callable[[Any], Any]
    titles: str = ""
    required: bool = False
    filled: bool = False
    blank_words: bool = True

    @cached_property
    def keys(self) -> frozenset[str]:
        return frozenset(heading_key(title) for title in (self.name, *self.titles.split()))

    def is_blank(self, cell: Cell) -> bool:
        text = str(cell).strip().casefold()
        return text in _BLANK_MARKS or (self.blank_words and text in _BLANK_WORDS)


@dataclass(frozen=True)
class Heading:
    """A heading of the sheet, with what stands below it; ``column`` is what it is recognised as, if it is."""

    index: int
    text: str
    column: str
    samples: list[str]
    is_identity: bool
    """Identity numbers are neither shown nor read."""


@dataclass(frozen=True)
class Row:
    """A row's number as the office sees it, and its cells by column name; blank cells are left out."""

    number: int
    cells: dict[str, Cell]


class _Header(NamedTuple):
    number: int
    cells: list[Cell]
    positions: dict[str, list[int]]
    """Column name → where it stands; a thing may be told in two columns (电话 and 手机)."""


@dataclass
class Table:
    """The sheet whose header was recognised."""

    headings: dict[str, str]
    """Column name → the heading as it stands in the sheet."""
    warnings: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)


def heading_key(heading: Cell) -> str:
    """Return a heading without case, width, spaces and punctuation: ``联系电话 *`` and ``联系电话：`` are one."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", str(heading)).casefold())


def read_table(
    file: BinaryIO, columns: Sequence[Column], *, max_rows: int | None = None, mapping: Mapping | None = None
) -> Table:
    """Read the first sheet whose header names the required columns, or as it was mapped.

    Raises SpreadsheetError with one sentence when the file is no spreadsheet, when a required column is missing
    (naming what was found), or when there are more than ``max_rows`` rows.
    """
    sheet, header = _find_sheet(file, columns)
    known = bool(header.positions)
    if mapping is not None:
        header = header._replace(positions=_as_mapped(header, columns, mapping))
    if missing := _missing(header, columns):
        found = [str(cell).strip() for cell in header.cells if str(cell).strip()]
        raise SpreadsheetError(_say_missing(missing, found if known or mapping is not None else []))
    return _table(sheet, columns, header, max_rows)


def read_headings(file: BinaryIO, columns: Sequence[Column]) -> list[Heading]:
    """Return what the header of the sheet says, for somebody to say which is what. Raises SpreadsheetError."""
    sheet, header = _find_sheet(file, columns)
    names = {index: name for name, indexes in header.positions.items() for index in indexes}
    below = list(islice(sheet.rows(), header.number, header.number + _SAMPLED_ROWS))
    headings = []
    for index, cell in enumerate(header.cells):
        samples = [str(row[index]).strip() for row in below if index < len(row) and str(row[index]).strip()]
        if str(cell).strip() or samples:
            identity = _IDENTITY.search(heading_key(cell)) is not None
            shown = [] if identity else [sample[:40] for sample in dict.fromkeys(samples)][:_SAMPLES]
            headings.append(Heading(index, str(cell).strip(), names.get(index, ""), shown, identity))
    return headings


def _find_sheet(file: BinaryIO, columns: Sequence[Column]) -> tuple[Sheet, _Header]:
    """Return the first sheet that names all required columns, else the one that lacks fewest, else the first of all."""
    found = [(sheet, header) for sheet in open_sheets(file) if (header := _find_header(sheet, columns))]
    if not found:
        raise SpreadsheetError(_say_missing([column for column in columns if column.required], []))
    return min(found, key=lambda pair: (not pair[1].positions, len(_missing(pair[1], columns))))


def _missing(header: _Header, columns: Sequence[Column]) -> list[Column]:
    return [column for column in columns if column.required and column.name not in header.positions]


def _as_mapped(header: _Header, columns: Sequence[Column], mapping: Mapping) -> dict[str, list[int]]:
    known = {column.name for column in columns}
    positions: dict[str, list[int]] = {}
    for index, cell in enumerate(header.cells):
        name = mapping.get(index, "")
        if name in known and not _IDENTITY.search(heading_key(cell)):
            positions.setdefault(name, []).append(index)
    return positions


def _find_header(sheet: Sheet, columns: Sequence[Column]) -> _Header | None:
    """Return the row with the most known headings; where none is known, the first one that could hold headings."""
    best: _Header | None = None
    for number, cells in enumerate(islice(sheet.rows(), _HEADER_WITHIN), start=1):
        header = _Header(number, cells, _positions(cells, columns))
        filled = sum(1 for cell in cells if str(cell).strip())
        if (best is None and filled > 1) or len(header.positions) > len(best.positions if best else {}):
            best = header
    return best


def _positions(header: Sequence[Cell], columns: Sequence[Column]) -> dict[str, list[int]]:
    """A heading is first compared with what stands in brackets (服务范围（公里）), then without (姓名（必填）)."""
    by_key = {key: column.name for column in columns for key in column.keys}
    positions: dict[str, list[int]] = {}
    for index, heading in enumerate(header):
        plain = unicodedata.normalize("NFKC", str(heading))
        keys = heading_key(plain), heading_key(re.sub(r"[(\[【].*?[)\]】]", "", plain))
        name = next((by_key[key] for key in keys if key in by_key), None)
        if name:
            positions.setdefault(name, []).append(index)
    return positions


def _table(sheet: Sheet, columns: Sequence[Column], header: _Header, max_rows: int | None) -> Table:
    headings = {name: str(header.cells[indexes[0]]).strip() for name, indexes in header.positions.items()}
    table = Table(headings, list(_warnings(header)))
    wanted = [(column, header.positions[column.name]) for column in columns if column.name in header.positions]
    for number, cells in enumerate(sheet.rows(), start=1):
        if number <= header.number:
            continue
        row = _row(number, cells, wanted)
        if row.cells:
            table.rows.append(row)
            if max_rows is not None and len(table.rows) > max_rows:
                raise SpreadsheetError(
                    _("There are more than %d rows. Please import them in parts, or on the command line.") % max_rows
                )
    if not table.rows:
        raise SpreadsheetError(_("There are no rows below the header."))
    return table


def _row(number: int, cells: Sequence[Cell], wanted: list[tuple[Column, list[int]]]) -> Row:
    values: dict[str, Cell] = {}
    for column, indexes in wanted:
        for index in indexes:
            if index < len(cells) and not column.is_blank(cells[index]):
                values[column.name] = cells[index]
                break
    return Row(number, values)


def _warnings(header: _Header) -> Iterator[str]:
    known = {index for indexes in header.positions.values() for index in indexes}
    other = [str(cell).strip() for index, cell in enumerate(header.cells) if index not in known and heading_key(cell)]
    identity = [heading for heading in other if _IDENTITY.search(heading_key(heading))]
    unknown = [h for h in other if h not in identity and heading_key(h) not in _SERIAL_NUMBERS]
    if identity:
        yield _(
            "“%s” was not read: helping needs no identity numbers, and such a list should not be kept or passed on."
        ) % "”, “".join(identity)
    if unknown:
        yield _("Columns that are not known and were left out: %s.") % ", ".join(unknown)
    for indexes in header.positions.values():
        if len(indexes) > 1:
            names = [str(header.cells[index]).strip() for index in indexes]
            yield _("“%(first)s” is read; “%(others)s” only where it is empty.") % {
                "first": names[0],
                "others": "”, “".join(names[1:]),
            }


def _say_missing(lacking: Sequence[Column], found: Sequence[str]) -> str:
    wanted = "; ".join(" / ".join([column.name, *column.titles.split()[:3]]) for column in lacking)
    if not found:
        return _("No header was found in the first %(rows)d rows. It needs columns for: %(wanted)s.") % {
            "rows": _HEADER_WITHIN,
            "wanted": wanted,
        }
    return _("A column is missing: %(wanted)s. Found: %(found)s.") % {"wanted": wanted, "found": ", ".join(found)}
