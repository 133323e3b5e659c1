"""The engine of all imports: a spreadsheet goes in as a whole or not at all, and coming twice changes nothing."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, BinaryIO, ClassVar

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from linzhu.communities.import_report import Report, RowError
from linzhu.communities.models import Community, User
from linzhu.communities.spreadsheets import Column, Mapping, Row, SpreadsheetError, Table, read_table

BATCH = 500
Progress = Callable[[Sequence[Any], str], Iterable[Any]]
"""Wraps what is gone through, with a word for what is being done (tqdm on the command line)."""


def no_progress(things: Sequence[Any], doing: str) -> Iterable[Any]:
    return things


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


@dataclass
class _Found:
    """How a batch of records compares with the database."""

    pairs: list[tuple[Record, Any]] = field(default_factory=list)
    created: list[Any] = field(default_factory=list)
    changed: list[Any] = field(default_factory=list)
    fields: set[str] = field(default_factory=set)
    new_rows: set[int] = field(default_factory=set)
    changed_rows: set[int] = field(default_factory=set)


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
        self.table = Table({})
        """What was read, as it stands in the sheet."""

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
        mapping: Mapping | None = None,
        progress: Progress = no_progress,
    ) -> Report:
        """Read the file and, unless it is a dry run or anything is wrong, store it in one transaction.

        Raises SpreadsheetError when the file as a whole cannot be read; what is wrong with rows is in the report.
        """
        self.table = read_table(file, self.columns, max_rows=max_rows, mapping=mapping)
        for warning in self.table.warnings:
            self.report.warn(warning)
        records = self._read(self.table, progress)
        if dry_run or self.report.errors:
            self._store(records, user=user, write=False, progress=progress)
            return self.report
        try:
            with transaction.atomic():
                self._store(records, user=user, write=True, progress=progress)
                if self.report.errors:
                    transaction.set_rollback(True)
        except IntegrityError:  # the same people came in by another way between our look and our write
            raise SpreadsheetError(_("Somebody changed the same records just now. Please try again.")) from None
        return self.report

    def _read(self, table: Table, progress: Progress) -> list[Record]:
        seen: dict[tuple[str, ...], int] = {}
        records = []
        for row in progress(table.rows, _("reading")):
            try:
                record = self.record(row.number, self._read_cells(row))
                if seen.setdefault(record.key, row.number) != row.number:
                    raise RowError("name", _("This is the same as row %d.") % seen[record.key])
            except* RowError as wrong:
                self._refuse(row.number, *wrong.exceptions)
            else:
                records.append(record)
        return records

    def _read_cells(self, row: Row) -> dict[str, Any]:
        cells: dict[str, Any] = {}
        wrong = []
        for column in self.columns:
            try:
                if column.name in row.cells:
                    cells[column.name] = column.read(row.cells[column.name])
                elif column.filled:
                    raise ValueError(_("This is missing."))
            except ValueError as error:
                wrong.append(RowError(column.name, str(error)))
        if wrong:
            raise ExceptionGroup("cells", wrong)
        return cells

    def _refuse(self, row: int, *errors: Any) -> None:
        for error in errors:
            self.report.refuse(row, self.table.headings.get(error.column, error.column), str(error))

    def _store(self, records: Sequence[Record], *, user: User | None, write: bool, progress: Progress) -> None:
        for group in self.groups(records):
            for batch in _batches(progress(group, _("storing") if write else _("comparing"))):
                self._store_batch(batch, user=user, write=write)

    def _store_batch(self, batch: Sequence[Record], *, user: User | None, write: bool) -> None:
        found = self._compare(batch)
        if write:
            self._write(found, user)
        touched = found.changed_rows | (self.attach(found.pairs, write=write) - found.new_rows)
        for record, _instance in found.pairs:
            is_new, is_touched = record.row in found.new_rows, record.row in touched
            self.report.states[record.row] = "new" if is_new else "updated" if is_touched else "unchanged"
        self.report.new += len(found.new_rows)
        self.report.updated += len(touched)
        self.report.unchanged += len(found.pairs) - len(found.new_rows) - len(touched)

    def _compare(self, batch: Sequence[Record]) -> _Found:
        known = {self.key_of(instance): instance for instance in self.existing(batch)}
        found = _Found()
        for record in batch:
            instance = known.get(record.key)
            try:
                if instance is None:
                    instance = self.build(record)
                    found.created.append(instance)
                    found.new_rows.add(record.row)
                elif differing := self.change(instance, record):
                    found.changed.append(instance)
                    found.changed_rows.add(record.row)
                    found.fields |= differing
                found.pairs.append((record, instance))
            except RowError as error:
                self._refuse(record.row, error)
        return found

    def change(self, instance: Any, record: Record) -> set[str]:
        """Set the record's values. Return the names of the fields that differed. Raises RowError."""
        differing = {name for name, value in record.values.items() if getattr(instance, name) != value}
        for name in differing:
            setattr(instance, name, record.values[name])
        return differing

    def _write(self, found: _Found, user: User | None) -> None:
        keeps_history = hasattr(self.model, "history")
        if found.created and keeps_history:
            bulk_create_with_history(found.created, self.model, default_user=user)
        elif found.created:
            self.model.objects.bulk_create(found.created)
        if found.changed:
            # An upsert on the primary key: bulk_update writes one CASE for each row and field, ten times slower.
            self.model.objects.bulk_create(
                found.changed, update_conflicts=True, unique_fields=["id"], update_fields=sorted(found.fields)
            )
        if found.changed and keeps_history:
            bulk_update_with_history(found.changed, self.model, fields=[], default_user=user)


def _batches(records: Iterable[Record]) -> Iterator[list[Record]]:
    remaining = iter(records)
    while batch := list(islice(remaining, BATCH)):
        yield batch
