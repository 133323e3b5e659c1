"""What ties an elder and a volunteer together, or keeps them apart. Written by ``dispatch.bonds`` alone."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from linzhu.communities.clock import now
from linzhu.communities.models import User
from linzhu.requests.models import Elder
from linzhu.volunteers.models import Volunteer


class BondQuerySet(models.QuerySet["Bond"]):
    def standing(self) -> BondQuerySet:
        return self.filter(ended_at=None)

    def visible_to(self, user: User) -> BondQuerySet:
        """A bond belongs to the elder: whoever may see the elder may see it."""
        return self.filter(elder__in=Elder.objects.visible_to(user))


class Bond(models.Model):
    """A pairing (结对), a wish for the same person again, or that somebody is never sent again."""

    class Kind(models.TextChoices):
        PAIRED = "paired", _("paired")
        PREFERRED = "preferred", _("same person again")
        NEVER_BY_ELDER = "never-by-elder", _("never again, says the elder")
        NEVER_BY_VOLUNTEER = "never-by-volunteer", _("never again, says the volunteer")

    NEVER = (Kind.NEVER_BY_ELDER, Kind.NEVER_BY_VOLUNTEER)

    elder = models.ForeignKey(Elder, models.CASCADE, related_name="bonds")
    volunteer = models.ForeignKey(Volunteer, models.CASCADE, related_name="bonds")
    kind = models.CharField(max_length=20, choices=Kind)
    note = models.CharField(_("note"), max_length=200, blank=True)
    created_at = models.DateTimeField(default=now)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    objects = BondQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["elder", "volunteer", "kind"], condition=Q(ended_at=None), name="bond_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.elder_id} {self.kind} {self.volunteer_id}"

    @property
    def is_never(self) -> bool:
        return self.kind in self.NEVER
