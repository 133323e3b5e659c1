"""Spreadsheets made for tests."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import openpyxl
from django.core.files.uploadedfile import SimpleUploadedFile


def xlsx(*rows: Sequence[Any], sheets: dict[str, Sequence[Sequence[Any]]] | None = None) -> io.BytesIO:
    """Return a workbook with these rows in its first sheet, or with these sheets."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, content in (sheets or {"Sheet1": rows}).items():
        sheet = book.create_sheet(title)
        for row in content:
            sheet.append(list(row))
    file = io.BytesIO()
    book.save(file)
    file.seek(0)
    return file


def csv(text: str, encoding: str = "utf-8") -> io.BytesIO:
    return io.BytesIO(text.encode(encoding))


def upload(*rows: Sequence[Any], name: str = "名单.xlsx") -> SimpleUploadedFile:
    """Return a workbook as a browser sends it."""
    return SimpleUploadedFile(name, xlsx(*rows).read())
