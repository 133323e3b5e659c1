"""The wording that a community prefers to the house's; read through ``notifications.overrides``, never directly."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from linzhu.communities.clock import now
from linzhu.communities.models import Community, User
from linzhu.communities.people import TextLanguage


class TextOverride(models.Model):
    """One text in one language as a community, and every community below it, sends it."""

    community = models.ForeignKey(Community, models.CASCADE, related_name="text_overrides")
    key = models.CharField(max_length=40)
    language = models.CharField(max_length=8, choices=TextLanguage)
    body = models.TextField(_("wording"), max_length=1000)
    """Plain text with ``{{ name }}`` in it: never a template (``notifications.placeholders``)."""
    changed_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+", editable=False)
    changed_at = models.DateTimeField(default=now, editable=False)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("own wording")
        verbose_name_plural = _("own wordings")
        constraints = [models.UniqueConstraint(fields=["community", "key", "language"], name="text_override_once")]

    def __str__(self) -> str:
        return f"{self.key} in {self.language} of {self.community_id}"
