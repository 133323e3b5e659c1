"""Who has looked at whose record. ``requests.looks`` alone adds rows; each holds the digest of the one before it."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from linzhu.communities.clock import now
from linzhu.communities.models import User
from linzhu.requests.models.elders import Elder


class LookQuerySet(models.QuerySet["Look"]):
    def forgettable(self, before: datetime) -> LookQuerySet:
        """Those older than that, but for the newest of them: it holds the chain's end, from which the rest hangs."""
        old = self.filter(at__lt=before)
        newest = old.order_by("-pk").values("pk")[:1]
        return old.exclude(pk__in=newest)


class Look(models.Model):
    """A member of staff has opened a page that shows an elder's record.

    It holds ids alone, without constraints of the database: it outlives the elder whose data were erased, and an
    account, and names neither.
    """

    class What(models.TextChoices):
        CARD = "card", _("card")
        FORM = "form", _("form to change it")
        HELP_REQUEST = "help-request", _("help request")
        INTAKE = "intake", _("intake")
        REPEAT = "repeat", _("recurring request")
        SLIP = "slip", _("slip to print")
        LINK = "link", _("link for the family")
        ROLL_CALL = "roll-call", _("call in an emergency")
        COPY = "copy", _("copy of all data")

    user = models.ForeignKey(User, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+")
    elder = models.ForeignKey(
        Elder, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="looks"
    )
    what = models.CharField(max_length=16, choices=What)
    about = models.CharField(max_length=8, blank=True)
    """Why: the reference of the help request that was in progress. Empty: there was none."""
    at = models.DateTimeField(default=now)
    previous = models.CharField(max_length=64, unique=True)
    """Unique: a chain has no branches."""
    digest = models.CharField(max_length=64)

    objects = LookQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["elder", "-at"], name="look_of_elder"),
            models.Index(fields=["at"], name="look_age"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} at {self.elder_id}: {self.what}"


class LookSeal(models.Model):
    """The end of the chain, signed with the secret key: whoever can write to the database alone cannot shorten it."""

    digest = models.CharField(max_length=64, blank=True)
    signature = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return self.digest
