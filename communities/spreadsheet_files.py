"""Files that hold sheets: xlsx, xls and ods, and csv in the encodings and with the separators that offices send.

What a file is, is seen in its content; its name and what the browser says of it count for nothing.
"""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterator
from typing import BinaryIO, Protocol

import python_calamine as calamine
from django.utils.translation import gettext as _

Cell = str | int | float | bool | dt.time | dt.date | dt.datetime | dt.timedelta

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MAX_UNPACKED = 200 * 1024 * 1024
_MAX_CELLS = 5_000_000
_REFERENCE = re.compile(rb'<c r="([A-Z]{1,3})(\d{1,7})"')
_NOT_TEXT = re.compile(r"[\x00-\x08\x0e-\x1f]")


class SpreadsheetError(ValueError):
    """The file as a whole cannot be read; the text is for whoever sent it."""


class Sheet(Protocol):
    """Rows from the first on; the first has the number 1."""

    def rows(self) -> Iterator[list[Cell]]: ...


class _CsvSheet:
    def __init__(self, text: str) -> None:
        self._text = text
        first = next((line for line in text[:20_000].splitlines() if re.search(r"[,;\t]", line)), "")
        self._delimiter = max(",;\t", key=first.count)  # cells further down may hold lists with other separators

    def rows(self) -> Iterator[list[Cell]]:
        try:
            yield from csv.reader(io.StringIO(self._text, newline=""), delimiter=self._delimiter)  # type: ignore[misc]
        except csv.Error:
            raise SpreadsheetError(_("This text file is not a table.")) from None


class _CalamineSheet:
    def __init__(self, sheet: calamine.CalamineSheet) -> None:
        self._sheet = sheet

    def rows(self) -> Iterator[list[Cell]]:
        yield from self._sheet.iter_rows()


def open_sheets(file: BinaryIO) -> Iterator[Sheet]:
    """Yield the sheets of a file, visible ones only. Raises SpreadsheetError if the file holds none."""
    file.seek(0)
    start = file.read(8)
    file.seek(0)
    if start.startswith((_ZIP, _OLE)):
        yield from _workbook(file)
    else:
        yield _CsvSheet(_decode(file.read()))


def _workbook(file: BinaryIO) -> Iterator[Sheet]:
    _refuse_bombs(file)
    try:
        book = calamine.load_workbook(file)
        for number, sheet in enumerate(book.sheets_metadata):
            if sheet.typ == calamine.SheetTypeEnum.WorkSheet and sheet.visible == calamine.SheetVisibleEnum.Visible:
                yield _CalamineSheet(book.get_sheet_by_index(number))
    except calamine.PasswordError:
        raise SpreadsheetError(_("This file has a password. Please save it without one.")) from None
    except (calamine.CalamineError, OSError):
        raise SpreadsheetError(
            _("This spreadsheet cannot be opened. Please save it again as .xlsx and try once more.")
        ) from None


def _refuse_bombs(file: BinaryIO) -> None:
    """Look into a zipped workbook before the reader does.

    A few kilobytes can unpack to gigabytes, and one stray cell in the last corner makes the reader ask for a
    17-billion-cell sheet, which ends the whole process.
    """
    file.seek(0)
    if file.read(4) != _ZIP:
        file.seek(0)
        return
    try:
        with zipfile.ZipFile(file) as archive:
            if sum(member.file_size for member in archive.infolist()) > _MAX_UNPACKED:
                raise SpreadsheetError(_("This spreadsheet is too large."))
            for member in archive.namelist():
                content = archive.read(member)
                if "worksheets/" in member and _extent(content) > _MAX_CELLS:
                    raise SpreadsheetError(_("A cell far below or beside the table makes this sheet too large."))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError):
        raise SpreadsheetError(_("This spreadsheet is damaged. Please save it again and try once more.")) from None
    file.seek(0)


def _extent(worksheet: bytes) -> int:
    """Return how many cells the rectangle from A1 to the last cell has."""
    columns: set[bytes] = set()
    last_row = 0
    for match in _REFERENCE.finditer(worksheet):
        columns.add(match[1])
        last_row = max(last_row, int(match[2]))
    widest = max(columns, key=lambda letters: (len(letters), letters), default=b"A")
    return last_row * sum((letter - 64) * 26**place for place, letter in enumerate(reversed(widest)))


def _decode(content: bytes) -> str:
    """Excel in China saves csv as GB 18030; other programs as UTF-8, with or without a byte order mark."""
    utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if utf16 else ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not _NOT_TEXT.search(text):
            return text
    raise SpreadsheetError(_("This is not a spreadsheet. Please send .xlsx, .xls, .ods or .csv."))
