"""What an import found and did, told so that the office finds the cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext


class RowError(ValueError):
    """Something is wrong with one cell of a row."""

    def __init__(self, column: str, text: str) -> None:
        super().__init__(text)
        self.column = column


class Problem(NamedTuple):
    """What is wrong, and in which rows the office finds it."""

    column: str
    text: str
    rows: Sequence[int]

    def __str__(self) -> str:
        row = ngettext("Row %(rows)s", "Rows %(rows)s", len(self.rows)) % {"rows": _some(self.rows)}
        return _("%(row)s, %(column)s: %(text)s") % {"row": row, "column": self.column, "text": self.text}


class Warned(NamedTuple):
    """Something to know of, and the rows it happened in (none: it is about the whole sheet)."""

    text: str
    rows: Sequence[int]

    def __str__(self) -> str:
        if not self.rows:
            return self.text
        row = ngettext("Row %(rows)s", "Rows %(rows)s", len(self.rows)) % {"rows": _some(self.rows)}
        return _("%(row)s: %(text)s") % {"row": row, "text": self.text}


def _some(rows: Sequence[int]) -> str:
    shown = ", ".join(str(row) for row in rows[:5])
    return _("%(rows)s and %(more)d more") % {"rows": shown, "more": len(rows) - 5} if len(rows) > 5 else shown


@dataclass
class Report:
    """What an import did, or (in a dry run) would do. The same complaint about many rows is told once."""

    new: int = 0
    updated: int = 0
    unchanged: int = 0
    states: dict[int, str] = field(default_factory=dict)
    """Row → ``new``, ``updated``, ``unchanged`` or ``wrong``."""
    _errors: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    _warnings: dict[str, list[int]] = field(default_factory=dict)

    @property
    def errors(self) -> list[Problem]:
        return [Problem(column, text, rows) for (column, text), rows in self._errors.items()]

    @property
    def warnings(self) -> list[Warned]:
        return [Warned(text, rows) for text, rows in self._warnings.items()]

    def refuse(self, row: int, column: str, text: str) -> None:
        self._errors.setdefault((column, text), []).append(row)
        self.states[row] = "wrong"

    def wrong_in(self) -> dict[int, list[str]]:
        """Return what is wrong, row by row."""
        told: dict[int, list[str]] = {}
        for (column, text), rows in self._errors.items():
            for row in rows:
                told.setdefault(row, []).append(column + pgettext("after a name", ": ") + text if column else text)
        return dict(sorted(told.items()))

    def warn(self, text: str, row: int | None = None) -> None:
        self._warnings.setdefault(text, []).extend([] if row is None else [row])
