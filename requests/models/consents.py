"""What elders have agreed to, or not, or no more. ``requests.consents`` alone adds rows."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from linzhu.communities.clock import now
from linzhu.communities.models import User
from linzhu.requests.models.elders import Elder


class Consent(models.Model):
    """An elder's answer to one question, and who heard it, how and when. The newest one counts."""

    class Kind(models.TextChoices):
        HEALTH = "health", _("notes on health, and what is good to know")
        FAMILY = "family", _("sharing with the family, by text and link")

    class How(models.TextChoices):
        PHONE = "phone", pgettext_lazy("consent", "by phone")
        PAPER = "paper", pgettext_lazy("consent", "on paper")
        IN_PERSON = "in-person", pgettext_lazy("consent", "in person")

    elder = models.ForeignKey(Elder, models.CASCADE, related_name="consents")
    kind = models.CharField(max_length=8, choices=Kind)
    is_given = models.BooleanField()
    """False: refused, or withdrawn."""
    how = models.CharField(max_length=10, choices=How)
    user = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    """Who heard it."""
    at = models.DateTimeField(default=now)

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.elder_id} {self.kind}: {self.is_given}"
