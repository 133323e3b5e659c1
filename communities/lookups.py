"""Look-ups that the querysets of all apps share."""

from __future__ import annotations

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.lookups import In


@models.BigIntegerField.register_lookup
class Among(In):
    """``pk__among=queryset``: like ``in``, but PostgreSQL looks the keys up first and puts them into an array.

    With ``in`` it joins, in an order that hangs on a guess of how many keys there are.
    """

    lookup_name = "among"

    def get_rhs_op(self, connection: BaseDatabaseWrapper, rhs: str) -> str:
        return f"= ANY (ARRAY{rhs})" if connection.vendor == "postgresql" else str(super().get_rhs_op(connection, rhs))
