"""The column of words that people are found by, and the look-up in it."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from functools import cache
from typing import TYPE_CHECKING, Any

from django.core.checks import CheckMessage, Error
from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.sql.compiler import SQLCompiler

from linzhu.communities.search import beginnings, words_of

if TYPE_CHECKING:
    _Text = models.TextField[str, str]
else:
    _Text = models.TextField

BATCH = 1000
LEXEMES = "array_to_tsvector(string_to_array({}, ' '))"
"""What PostgreSQL indexes of the column: look-ups must ask for just this expression."""


class SearchWordsField(_Text):
    """The words by which a person is found, filled from name and phones at every save, one by one or in bulk.

    ``.filter(search_words__find="wang xiul")`` finds those who may be meant, by the index of words.
    """

    def __init__(self, *args: Any, source: str = "name", phones: Sequence[str] = ("phone",), **kwargs: Any) -> None:
        self.source, self.phones = source, tuple(phones)
        super().__init__(*args, **{"editable": False, "default": "", **kwargs})

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        errors = super().check(**kwargs)
        if connection.vendor == "sqlite" and not _has_fts5():
            errors.append(
                Error(
                    "This SQLite cannot index words (FTS5 is missing), so nobody could be found by name.",
                    hint="Use Python with a SQLite that has FTS5, as all usual ones have, or PostgreSQL.",
                    obj=self,
                    id="linzhu.E011",
                )
            )
        return errors

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "source": self.source, "phones": self.phones}

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        name = getattr(model_instance, self.source) if self.source else ""
        words = words_of(name, [getattr(model_instance, phone) for phone in self.phones])
        setattr(model_instance, self.attname, words)
        return words


@SearchWordsField.register_lookup
class Find(models.Lookup):
    """Whom a typed text may mean. What holds neither letter nor digit means nobody."""

    lookup_name = "find"

    def get_prep_lookup(self) -> list[list[str]]:
        return beginnings(str(self.rhs))

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        if not self.rhs:
            raise EmptyResultSet
        if connection.vendor == "postgresql":
            column, params = self.process_lhs(compiler, connection)
            return f"{LEXEMES.format(column)} @@ %s::tsquery", (*params, self._written("'{}':*", " & ", " | "))
        model, quote = self.lhs.target.model, connection.ops.quote_name
        index, key = quote(index_name(model)), quote(model._meta.pk.column)  # noqa: SLF001 (Django's own public door)
        row = f"{compiler.quote_name_unless_alias(self.lhs.alias)}.{key}"
        found = f"SELECT rowid FROM {index} WHERE {index} MATCH %s"  # noqa: S608 (names of our own)
        return f"{row} IN ({found})", (self._written('"{}"*', " AND ", " OR "),)

    def _written(self, beginning: str, both: str, either: str) -> str:
        """Write the alternatives as the database's index asks for them. Words hold letters and digits alone."""
        return either.join(f"({both.join(beginning.format(word) for word in words)})" for words in self.rhs)


@cache
def _has_fts5() -> bool:
    with closing(sqlite3.connect(":memory:")) as anywhere:
        try:
            anywhere.execute("CREATE VIRTUAL TABLE words USING fts5(word)")
        except sqlite3.OperationalError:
            return False
        return True


def index_name(model: type[models.Model]) -> str:
    """Return the name of a table's index of words; on SQLite a table of its own."""
    return f"{model._meta.db_table}_find"  # noqa: SLF001


def word_fields(model: type[models.Model]) -> list[SearchWordsField]:
    """Return the model's columns of words: one, or none."""
    return [field for field in model._meta.local_concrete_fields if isinstance(field, SearchWordsField)]  # noqa: SLF001


def refill(model: type[models.Model], *names: str) -> None:
    """Write the words of all rows anew, or other columns that fill themselves at every save; some rows at a time."""
    rows, last = model._default_manager.order_by("pk"), 0  # noqa: SLF001
    names = names or tuple(field.name for field in word_fields(model))
    while batch := list(rows.filter(pk__gt=last)[:BATCH]):
        last = batch[-1].pk
        # An upsert on the primary key: bulk_update writes one CASE for each row, and does not ask the field.
        rows.bulk_create(batch, update_conflicts=True, unique_fields=["pk"], update_fields=names)
