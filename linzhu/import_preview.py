"""What importing a list would do, for the eye; and what is wrong with it, for the office's own spreadsheet program."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict, replace
from typing import Any

from django.utils.translation import gettext as _

from linzhu.communities.importing import Importer
from linzhu.communities.models import Community, User
from linzhu.communities.spreadsheet_files import SpreadsheetError
from linzhu.communities.spreadsheets import read_headings
from linzhu.import_columns import LABELS as COLUMN_LABELS
from linzhu.import_columns import choices_of, columns_of
from linzhu.import_jobs import read
from linzhu.imports import LABELS
from linzhu.uploads import Ticket

PREVIEWED = 8
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet program takes for the beginning of a formula."""


def look(user: User, ticket: Ticket) -> dict[str, Any]:
    """Read the list without storing anything; the ticket that comes with it says how it was read."""
    with ticket.path.open("rb") as file:
        headings = read_headings(file, columns_of(ticket.kind))
    if ticket.mapping is None:
        ticket = replace(ticket, mapping={str(one.index): one.column for one in headings if not one.is_identity})
    mapping = ticket.mapping or {}
    shown: dict[str, Any] = {
        "headings": [asdict(replace(one, column=mapping.get(str(one.index), ""))) for one in headings],
        "columns": choices_of(ticket.kind),
        "kind": LABELS[ticket.kind],
        "community": Community.objects.get(pk=ticket.community),
        "file": ticket.title,
        "ticket": ticket.signed(),
    }
    try:
        importer = read(ticket, user, write=False)
    except SpreadsheetError as error:
        return {**shown, "refused": str(error)}
    ticket = replace(ticket, rows=len(importer.table.rows))
    report = importer.report
    may_import = not report.errors and report.new + report.updated > 0
    return {**shown, "report": report, "may_import": may_import, "ticket": ticket.signed(), **_preview(importer)}


def _preview(importer: Importer) -> dict[str, Any]:
    """The first rows as they stand in the sheet, those with mistakes before the others."""
    table, states = importer.table, importer.report.states
    rows = sorted(table.rows, key=lambda row: (states.get(row.number) != "wrong", row.number))[:PREVIEWED]
    preview = [
        {
            "number": row.number,
            "state": states.get(row.number, ""),
            "cells": [row.cells.get(name, "") for name in table.headings],
        }
        for row in rows
    ]
    return {"preview": preview, "preview_columns": [COLUMN_LABELS[name] for name in table.headings]}


def as_csv(importer: Importer) -> bytes:
    """Return the wrong rows, each with what is wrong, as csv that spreadsheet programs open in any language."""
    table, rows = importer.table, {row.number: row for row in importer.table.rows}
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow([_("Row"), _("What is wrong"), *table.headings.values()])
    for number, problems in importer.report.wrong_in().items():
        cells = rows[number].cells
        told = ["; ".join(problems), *(cells.get(name, "") for name in table.headings)]
        writer.writerow([number, *(_quoted(str(cell)) for cell in told)])
    return file.getvalue().encode("utf-8-sig")


def _quoted(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA) else cell
