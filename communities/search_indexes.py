"""The indexes behind ``search_words__find``: made after every ``migrate`` where they are missing.

PostgreSQL indexes a row's words as lexemes (GIN). SQLite keeps an FTS5 index beside the table, which triggers renew.
They are in no migration: SQLite makes a table anew in many of them, and its triggers are lost thereby. So the index is
taken away before migrations are applied, and built from the rows afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps as all_apps
from django.apps.config import AppConfig
from django.apps.registry import Apps
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from linzhu.communities.search_field import LEXEMES, index_name, word_fields

# Without fastupdate: a list that was just imported is searched as fast as an old one.
_ON_POSTGRESQL = "CREATE INDEX {index} ON {table} USING gin ({lexemes}) WITH (fastupdate = off)"

# Words are what stands between spaces: the tokenizer "ascii" splits nothing else of ours. Beginnings of up to four
# characters have lists of their own; where in a row a word stands is not kept.
_ON_SQLITE = (
    (
        "CREATE VIRTUAL TABLE {index} USING fts5({words}, content='{table}', content_rowid='{key}', tokenize='ascii', "
        "detail='none', columnsize=0, prefix='1 2 3 4')"
    ),
    "INSERT INTO {index}({index}) VALUES ('rebuild')",
)
_ADD = "INSERT INTO {index}(rowid, {words}) VALUES (new.{key}, new.{words});"
_TAKE_OUT = "INSERT INTO {index}({index}, rowid, {words}) VALUES ('delete', old.{key}, old.{words});"
_TRIGGERS = {
    "{index}_new": f"AFTER INSERT ON {{table}} BEGIN {_ADD} END",
    "{index}_gone": f"AFTER DELETE ON {{table}} BEGIN {_TAKE_OUT} END",
    "{index}_changed": (
        f"AFTER UPDATE OF {{words}} ON {{table}} WHEN old.{{words}} <> new.{{words}} BEGIN {_TAKE_OUT} {_ADD} END"
    ),
}


def take_away(
    sender: AppConfig, using: str = DEFAULT_DB_ALIAS, plan: Any = (), apps: Apps = all_apps, **kwargs: Any
) -> None:
    """Before migrations are applied: SQLite lets no column go that a trigger speaks of, or drops the trigger."""
    connection = connections[using]
    if not plan or connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        for names in _columns_of_words(apps, sender.label):
            for trigger in _TRIGGERS:
                cursor.execute(f"DROP TRIGGER IF EXISTS {trigger.format(**names)}")
            cursor.execute("DROP TABLE IF EXISTS {index}".format(**names))


def build_missing(sender: AppConfig, using: str = DEFAULT_DB_ALIAS, apps: Apps = all_apps, **kwargs: Any) -> None:
    """Make the indexes that an app's tables lack. ``apps`` are as the migrations have left them."""
    connection = connections[using]
    build = _build_on_postgresql if connection.vendor == "postgresql" else _build_on_sqlite
    for names in _columns_of_words(apps, sender.label):
        build(connection, names)


def _columns_of_words(apps: Apps, label: str) -> Iterator[dict[str, str]]:
    for model in apps.get_models():
        meta = model._meta  # noqa: SLF001 (Django's own public door)
        for field in word_fields(model) if meta.app_label == label else ():
            yield {
                "table": meta.db_table,
                "index": index_name(model),
                "words": str(field.column),
                "key": str(meta.pk.column),
            }


def _build_on_postgresql(connection: BaseDatabaseWrapper, names: dict[str, str]) -> None:
    with connection.cursor() as cursor:
        if names["index"] not in connection.introspection.get_constraints(cursor, names["table"]):
            cursor.execute(_ON_POSTGRESQL.format(**names, lexemes=LEXEMES.format(names["words"])))


def _build_on_sqlite(connection: BaseDatabaseWrapper, names: dict[str, str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM sqlite_master WHERE name = %s", [names["index"]])
        if not cursor.fetchone():
            for statement in _ON_SQLITE:
                cursor.execute(statement.format(**names))
            for trigger, body in _TRIGGERS.items():
                cursor.execute(f"CREATE TRIGGER {trigger} {body}".format(**names))
