"""The engine of all imports: a spreadsheet goes in as a whole or not at all, and coming twice changes nothing."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, BinaryIO, ClassVar

from django.db import transaction
from django.utils.translation import gettext as _
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from linzhu.communities.models import Community, User
from linzhu.communities.spreadsheets import Column, Row, read_table

BATCH = 500
Progress = Callable[[Sequence[Any], str], Iterable[Any]]
"""Wraps what is gone through, with a word for what is being done (tqdm on the command line)."""


def _no_progress(things: Sequence[Any], doing: str) -> Iterable[Any]:
    return things


class RowError(ValueError):
    """Something is wrong with one cell of a row."""

    def __init__(self, column: str, text: str) -> None:
        super().__init__(text)
        self.column = column


@dataclass(frozen=True)
class Problem:
    """What is wrong, and where the office finds it."""

    row: int
    column: str
    text: str

    def __str__(self) -> str:
        return _("Row %(row)d, %(column)s: %(text)s") % {"row": self.row, "column": self.column, "text": self.text}


@dataclass(frozen=True)
class Warned:
    """Something to know of, and the rows it happened in (none: it is about the whole sheet)."""

    text: str
    rows: Sequence[int] = ()

    def __str__(self) -> str:
        if not self.rows:
            return self.text
        shown = ", ".join(str(row) for row in self.rows[:5])
        if len(self.rows) > 5:
            shown = _("%(rows)s and %(more)d more") % {"rows": shown, "more": len(self.rows) - 5}
        return _("%(text)s (rows: %(rows)s)") % {"text": self.text, "rows": shown}


@dataclass
class Report:
    """What an import did, or (in a dry run) would do."""

    new: int = 0
    updated: int = 0
    unchanged: int = 0
    errors: list[Problem] = field(default_factory=list)
    notes: dict[str, list[int]] = field(default_factory=dict)

    @property
    def warnings(self) -> list[Warned]:
        return [Warned(text, rows) for text, rows in self.notes.items()]

    @property
    def rows(self) -> int:
        return self.new + self.updated + self.unchanged

    def warn(self, text: str, row: int | None = None) -> None:
        self.notes.setdefault(text, []).extend([] if row is None else [row])


@dataclass(frozen=True)
class Record:
    """One row, read.

    ``key`` is what makes two rows the same person or place, ``values`` the model's fields that the row speaks of,
    ``extra`` what it says of something else.
    """

    row: int
    key: tuple[str, ...]
    values: dict[str, Any]
    extra: dict[str, Any] = field(default_factory=dict)


class Importer(ABC):
    """One kind of spreadsheet. Subclasses say which columns there are and how a row becomes a record.

    What a row does not say stays as it is: an empty cell and a missing column change nothing, so that a short list
    never wipes out what the office has noted since.
    """

    model: ClassVar[Any]
    columns: ClassVar[Sequence[Column]]

    def __init__(self, community: Community) -> None:
        self.community = community
        self.report = Report()

    @abstractmethod
    def record(self, row: int, cells: dict[str, Any]) -> Record:
        """Put the read cells of a row together. Raises RowError."""

    @abstractmethod
    def existing(self, batch: Sequence[Record]) -> Iterable[Any]:
        """Return the objects that these records may be about, in one query."""

    @abstractmethod
    def key_of(self, instance: Any) -> tuple[str, ...]:
        """Return the key of an object, to be compared with ``Record.key``."""

    def build(self, record: Record) -> Any:
        """Return a new object, not saved. Raises RowError."""
        return self.model(community=self.community, **record.values)

    def groups(self, records: Sequence[Record]) -> Iterable[Sequence[Record]]:
        """Split the records where some must be stored before others."""
        return [records]

    def attach(self, pairs: Sequence[tuple[Record, Any]], *, write: bool) -> set[int]:
        """Store what hangs on the objects. Return the numbers of the rows for which that changed something."""
        return set()

    def run(
        self,
        file: BinaryIO,
        *,
        dry_run: bool = False,
        user: User | None = None,
        max_rows: int | None = None,
        progress: Progress = _no_progress,
    ) -> Report:
        """Read the file and, unless it is a dry run or anything is wrong, store it in one transaction.

        Raises SpreadsheetError when the file as a whole cannot be read; what is wrong with rows is in the report.
        """
        table = read_table(file, self.columns, max_rows=max_rows)
        for warning in table.warnings:
            self.report.warn(warning)
        records = self._read(progress(table.rows, _("reading")), table.headings)
        if dry_run or self.report.errors:
            self._store(records, user=user, write=False, progress=progress)
            return self.report
        with transaction.atomic():
            # Two imports into one community go one after the other (on SQLite the transaction alone does that).
            Community.objects.select_for_update().get(pk=self.community.pk)
            self._store(records, user=user, write=True, progress=progress)
            if self.report.errors:
                transaction.set_rollback(True)
        return self.report

    def _read(self, rows: Iterable[Row], headings: Mapping[str, str]) -> list[Record]:
        seen: dict[tuple[str, ...], int] = {}
        records = []
        for row in rows:
            cells, wrong = self._read_cells(row)
            try:
                if not wrong:
                    record = self.record(row.number, cells)
                    if seen.setdefault(record.key, row.number) != row.number:
                        raise RowError("name", _("This is the same as row %d.") % seen[record.key])
                    records.append(record)
            except RowError as error:
                wrong = [Problem(row.number, error.column, str(error))]
            self.report.errors += [replace(it, column=headings.get(it.column, it.column)) for it in wrong]
        return records

    def _read_cells(self, row: Row) -> tuple[dict[str, Any], list[Problem]]:
        cells: dict[str, Any] = {}
        wrong = []
        for column in self.columns:
            try:
                if column.name in row.cells:
                    cells[column.name] = column.read(row.cells[column.name])
                elif column.filled:
                    raise ValueError(_("This is missing."))
            except ValueError as error:
                wrong.append(Problem(row.number, column.name, str(error)))
        return cells, wrong

    def _store(self, records: Sequence[Record], *, user: User | None, write: bool, progress: Progress) -> None:
        for group in self.groups(records):
            for batch in _batches(progress(group, _("storing") if write else _("comparing"))):
                self._store_batch(batch, user=user, write=write)

    def _store_batch(self, batch: Sequence[Record], *, user: User | None, write: bool) -> None:
        known = {self.key_of(instance): instance for instance in self.existing(batch)}
        pairs, created, changed, fields, touched = [], [], [], set(), set()
        for record in batch:
            instance = known.get(record.key)
            try:
                if instance is None:
                    instance = self.build(record)
                    created.append(instance)
                elif differing := self.change(instance, record):
                    changed.append(instance)
                    fields |= differing
                    touched.add(record.row)
            except RowError as error:
                self.report.errors.append(Problem(record.row, error.column, str(error)))
            else:
                pairs.append((record, instance))
        if write:
            self._write(created, changed, fields, user)
        new_rows = {record.row for record, instance in pairs if record.key not in known}
        touched |= self.attach(pairs, write=write) - new_rows
        self.report.new += len(created)
        self.report.updated += len(touched)
        self.report.unchanged += len(pairs) - len(created) - len(touched)

    def change(self, instance: Any, record: Record) -> set[str]:
        """Set the record's values. Return the names of the fields that differed. Raises RowError."""
        differing = {name for name, value in record.values.items() if getattr(instance, name) != value}
        for name in differing:
            setattr(instance, name, record.values[name])
        return differing

    def _write(self, created: list[Any], changed: list[Any], fields: set[str], user: User | None) -> None:
        keeps_history = hasattr(self.model, "history")
        if created and keeps_history:
            bulk_create_with_history(created, self.model, default_user=user)
        elif created:
            self.model.objects.bulk_create(created)
        if changed:
            # An upsert on the primary key: bulk_update writes one CASE for each row and field and is ten times slower.
            self.model.objects.bulk_create(
                changed, update_conflicts=True, unique_fields=["id"], update_fields=sorted(fields)
            )
        if changed and keeps_history:
            bulk_update_with_history(changed, self.model, fields=[], default_user=user)


def _batches(records: Iterable[Record]) -> Iterator[list[Record]]:
    remaining = iter(records)
    while batch := list(islice(remaining, BATCH)):
        yield batch
