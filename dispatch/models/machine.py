"""What the machine keeps for itself: notes for open pages, and who runs the clock."""

from __future__ import annotations

from django.db import models

from linzhu.communities.clock import now
from linzhu.requests.models import HelpRequest


class LiveEvent(models.Model):
    """Something changed: written in the transaction of the change, read by every web process, then forgotten.

    It names ids only. Pages fetch what they show themselves, with the reader's own rights.
    """

    community_path = models.CharField(max_length=400)
    help_request = models.ForeignKey(HelpRequest, models.CASCADE, null=True)
    at = models.DateTimeField(default=now, db_index=True)

    def __str__(self) -> str:
        return f"{self.pk} {self.community_path}"


class Lease(models.Model):
    """Who runs the clock now; the others stand by until ``expires_at``."""

    name = models.CharField(max_length=20, primary_key=True)
    holder = models.CharField(max_length=80)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name}: {self.holder}"


class Forgotten(models.Model):
    """How much of what was forgotten in one night, as retention demands it. It names nobody."""

    night = models.DateField()
    what = models.CharField(max_length=32)
    """One of ``retention_rules.What``."""
    count = models.PositiveIntegerField()

    class Meta:
        ordering = ["-night", "what"]
        constraints = [models.UniqueConstraint(fields=["night", "what"], name="forgotten_once")]

    def __str__(self) -> str:
        return f"{self.night}: {self.count} {self.what}"
