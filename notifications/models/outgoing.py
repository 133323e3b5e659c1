"""What texts and calls out have in common: a row in an outbox, its tries, and what a gateway has made of them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import ClassVar, Self

from django.db import models

from linzhu.communities.clock import now
from linzhu.communities.models import Community


class Outgoing(models.Model):
    """One text or call on its way. Every move is one conditional UPDATE that names the try it belongs to."""

    IN_FLIGHT: ClassVar[Sequence[str]] = ()
    """The states in which no gateway has taken it yet, as far as we know."""

    ref = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    """All that our addresses at a gateway say about it."""
    community = models.ForeignKey(Community, models.PROTECT, related_name="%(class)ss")
    about = models.CharField(max_length=8, blank=True, db_index=True)
    """The reference of the help request that this is about."""
    params = models.JSONField(default=dict)
    language = models.CharField(max_length=8)

    gateway = models.CharField(max_length=12, blank=True)
    gateway_ref = models.CharField(max_length=64, blank=True)
    error_code = models.CharField(max_length=40, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=now)
    next_attempt_at = models.DateTimeField(default=now)
    lease_until = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    handed_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    def this_try(self) -> models.QuerySet[Self]:
        """The row, unless a status report or a newer try has gone past the one that this instance was read at."""
        rows: models.QuerySet[Self] = type(self)._base_manager.all()  # noqa: SLF001 (a manager by any name)
        return rows.filter(pk=self.pk, attempts=self.attempts, state__in=self.IN_FLIGHT)
