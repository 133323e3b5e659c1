"""Files that hold sheets: xlsx, xls and ods, and csv in the encodings and with the separators that offices send.

What a file is, is seen in its content; its name and what the browser says of it count for nothing.
"""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import io
import re
from collections.abc import Iterator
from typing import BinaryIO, Protocol

import python_calamine as calamine
from django.utils.translation import gettext as _

from linzhu.communities.spreadsheet_size import ZIP, SpreadsheetError, refuse_bombs

__all__ = ["Cell", "Sheet", "SpreadsheetError", "open_sheets"]

Cell = str | int | float | bool | dt.time | dt.date | dt.datetime | dt.timedelta

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_NOT_TEXT = re.compile(r"[\x00-\x08\x0e-\x1f]")


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
            yield from csv.reader(io.StringIO(self._text, newline=""), delimiter=self._delimiter)
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
    if start.startswith((ZIP, _OLE)):
        yield from _workbook(file)
    else:
        yield _CsvSheet(_decode(file.read()))


def _workbook(file: BinaryIO) -> Iterator[Sheet]:
    if file.read(len(ZIP)) == ZIP:
        refuse_bombs(file)
    file.seek(0)
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
