"""What staff have pressed, and may take back for a moment."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from linzhu.communities.clock import now
from linzhu.communities.models import User
from linzhu.requests.models import HelpRequest


class DeferredActQuerySet(models.QuerySet["DeferredAct"]):
    def waiting(self) -> DeferredActQuerySet:
        return self.filter(fate=DeferredAct.Fate.WAITING)

    def due(self, at: datetime) -> DeferredActQuerySet:
        return self.waiting().filter(due_at__lte=at)


class DeferredAct(models.Model):
    """An action of staff that waits a few seconds before it is done; ``dispatch.deferred`` alone moves its ``fate``."""

    class Fate(models.TextChoices):
        WAITING = "waiting", _("about to happen")
        DONE = "done", _("done")
        UNDONE = "undone", _("taken back")
        OVERTAKEN = "overtaken", _("overtaken by something else")

    help_request = models.ForeignKey(HelpRequest, models.CASCADE, related_name="deferred_acts")
    action = models.CharField(max_length=20)
    form = models.JSONField(default=dict)
    """What was sent with it; forgotten once it is decided, as it may hold words about people."""
    user = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField(default=now)
    due_at = models.DateTimeField()
    fate = models.CharField(max_length=10, choices=Fate, default=Fate.WAITING)
    over_at = models.DateTimeField(null=True)
    over_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    """Who took it back."""

    objects = DeferredActQuerySet.as_manager()

    class Meta:
        ordering = ["asked_at", "pk"]
        indexes = [models.Index(fields=["due_at"], name="deferred_act_due", condition=Q(fate="waiting"))]
        constraints = [
            # A double click asks for one thing once; and nobody presses a second while the first is about to happen.
            models.UniqueConstraint(fields=["help_request"], condition=Q(fate="waiting"), name="one_act_at_a_time"),
        ]

    def __str__(self) -> str:
        return f"{self.action} of {self.help_request_id}: {self.fate}"
