"""Indexes that the apps share."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.ddl_references import Statement


class CoveringIndex(models.Index):
    """An index that answers a query alone, without a look at the table: columns of ``covers`` ride along in it.

    PostgreSQL carries them as payload (``INCLUDE``). SQLite knows none: there they follow as further key columns,
    except the primary key, which every index of SQLite ends with.
    """

    def __init__(self, *expressions: Any, covers: tuple[str, ...] | list[str] = (), **kwargs: Any) -> None:
        self.covers = tuple(covers)
        super().__init__(*expressions, **kwargs)

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        path, args, kwargs = super().deconstruct()
        return path, tuple(args), {**kwargs, "covers": self.covers}

    def create_sql(
        self, model: type[models.Model], schema_editor: BaseDatabaseSchemaEditor, using: str = "", **kwargs: Any
    ) -> Statement:
        common: dict[str, Any] = {"name": self.name, "condition": self.condition}
        if schema_editor.connection.features.supports_covering_indexes:
            index = models.Index(fields=self.fields, include=self.covers, **common)
        else:
            key = model._meta.pk.name  # noqa: SLF001
            index = models.Index(fields=[*self.fields, *(name for name in self.covers if name != key)], **common)
        return index.create_sql(model, schema_editor, using, **kwargs)
