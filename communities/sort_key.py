"""The order of people in lists: Chinese names by pinyin, as in a dictionary and in every phone's contacts.

The key is kept beside the name, as bytes: these compare alike on every database, whatever its collation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.core.paginator import Page, Paginator
from django.db import models

from linzhu.communities.search import spoken

if TYPE_CHECKING:
    _Bytes = models.BinaryField[bytes, bytes]
else:
    _Bytes = models.BinaryField


def sort_key(name: str) -> bytes:
    """Return what a name is sorted by: each syllable, then its character, so that 张 and 章 do not mix.

    >>> sort_key("单明").decode(), sort_key("Mary Lee").decode()
    ('shan 单 ming 明', 'mary lee')
    """
    return " ".join(spoken(name)).encode()


class SortKeyField(_Bytes):
    """The key of ``name``, written at every save, one by one or in bulk."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"editable": False, "default": b"", **kwargs})

    def pre_save(self, model_instance: Any, add: bool) -> bytes:
        key = sort_key(model_instance.name)
        setattr(model_instance, self.attname, key)
        return key


class PeoplePaginator(Paginator):
    """Pages of people by name. An index of community and key answers which; only the rows of the page are read."""

    def page(self, number: int | str) -> Page[Any]:
        number = self.validate_number(number)
        begin = (number - 1) * self.per_page
        people = cast("models.QuerySet[Any]", self.object_list)
        keys = list(people.values_list("pk", flat=True)[begin : begin + self.per_page])
        return Page(people.filter(pk__in=keys), number, self)
