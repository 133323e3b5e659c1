"""Refusing workbooks that would not fit into memory.

A few kilobytes can unpack to gigabytes, and one stray cell in the last corner makes the reader ask for 17 billion of
them, which ends the whole process. So a zipped workbook is measured before the reader sees it.
"""

from __future__ import annotations

import re
import zipfile
from typing import BinaryIO

from django.utils.translation import gettext as _

ZIP = b"PK\x03\x04"
_MAX_UNPACKED = 200 * 1024 * 1024
_MAX_CELLS = 5_000_000

_XLSX_CELL = re.compile(rb'<c r="([A-Z]{1,3})(\d{1,7})"')
_ODS_ROW = re.compile(rb"<table:table-row([^>]*?)(?:/>|>(.*?)</table:table-row>)", re.DOTALL)
_ODS_CELL = re.compile(rb"<table:(?:covered-)?table-cell([^>]*)>")
_ODS_REPEATED = re.compile(rb'number-(?:rows|columns)-repeated="(\d{1,9})"')


class SpreadsheetError(ValueError):
    """The file as a whole cannot be read; the text is for whoever sent it."""


def refuse_bombs(file: BinaryIO) -> None:
    """Raise SpreadsheetError if a zipped workbook is damaged, unpacks to too much, or spans too many cells."""
    try:
        with zipfile.ZipFile(file) as archive:
            if sum(member.file_size for member in archive.infolist()) > _MAX_UNPACKED:
                raise SpreadsheetError(_("This spreadsheet is too large."))
            for name in archive.namelist():
                if _extent(name, archive.read(name)) > _MAX_CELLS:
                    raise SpreadsheetError(_("A cell far below or beside the table makes this sheet too large."))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError):
        raise SpreadsheetError(_("This spreadsheet is damaged. Please save it again and try once more.")) from None


def _extent(name: str, content: bytes) -> int:
    """Return how many cells the rectangle from the first cell to the last has."""
    if "worksheets/" in name:
        return _xlsx_extent(content)
    if name == "content.xml":
        return max(map(_ods_extent, content.split(b"<table:table ")))
    return 0


def _xlsx_extent(sheet: bytes) -> int:
    columns: set[bytes] = set()
    last_row = 0
    for match in _XLSX_CELL.finditer(sheet):
        columns.add(match[1])
        last_row = max(last_row, int(match[2]))
    widest = max(columns, key=lambda letters: (len(letters), letters), default=b"A")
    width = 0
    for letter in widest:
        width = width * 26 + letter - 64
    return last_row * width


def _ods_extent(sheet: bytes) -> int:
    """Only cells with a value count: every sheet ends with a million repeated empty ones."""
    row = last_row = width = 0
    for match in _ODS_ROW.finditer(sheet):
        row += _repeated(match[1])
        column = 0
        for cell in _ODS_CELL.finditer(match[2] or b""):
            column += _repeated(cell[1])
            if b"value-type" in cell[1]:
                last_row, width = row, max(width, column)
    return last_row * width


def _repeated(attributes: bytes) -> int:
    match = _ODS_REPEATED.search(attributes)
    return int(match[1]) if match else 1
