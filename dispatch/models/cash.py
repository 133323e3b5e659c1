"""The money of a visit: what both sides say, how it stands, who said what when. Written by ``dispatch.cash`` alone."""

from __future__ import annotations

from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from linzhu.communities.clock import now
from linzhu.communities.models import User
from linzhu.dispatch.models.visits import Assignment
from linzhu.dispatch.reading.money import Figures
from linzhu.requests.models import HelpRequest, StatusChange
from linzhu.volunteers.models import Volunteer


class CashJobQuerySet(models.QuerySet["CashJob"]):
    def unsettled(self) -> CashJobQuerySet:
        return self.filter(settled_at=None)

    def gaps(self) -> CashJobQuerySet:
        return self.unsettled().filter(status=CashJob.Status.GAP)

    def visible_to(self, user: User) -> CashJobQuerySet:
        """The money belongs to the elder: whoever may see the help request may see it."""
        return self.filter(assignment__help_request__in=HelpRequest.objects.visible_to(user))


class CashJob(models.Model):
    """Cash of one visit, in whole fen: the volunteer's figures, the elder's word, and what has come of the two."""

    class Status(models.TextChoices):
        DUE = "due", _("figures are missing")
        REPORTED = "reported", _("the elder is still to be asked")
        AGREED = "agreed", _("both sides agree")
        GAP = "gap", _("the money does not agree")
        CLEARED = "cleared", _("cleared by staff")

    assignment = models.OneToOneField(Assignment, models.CASCADE, related_name="cash")
    volunteer = models.ForeignKey(Volunteer, models.PROTECT, related_name="cash_jobs")
    """The assignment's, so that the search for neighbours finds a gap by one small index."""
    limit_fen = models.PositiveIntegerField()
    """What was agreed to be spent at most."""
    status = models.CharField(max_length=10, choices=Status, default=Status.DUE)
    opened_at = models.DateTimeField(default=now)
    settled_at = models.DateTimeField(null=True)
    """Since when nothing is owed about it: agreed, or cleared."""

    handed_fen = models.PositiveIntegerField(null=True)
    spent_fen = models.PositiveIntegerField(null=True)
    returned_fen = models.PositiveIntegerField(null=True)
    reported_at = models.DateTimeField(null=True)

    elder_handed_fen = models.PositiveIntegerField(null=True)
    elder_returned_fen = models.PositiveIntegerField(null=True)
    """Both empty though the elder was asked: they cannot say."""
    elder_has_receipt = models.BooleanField(null=True)
    heard_at = models.DateTimeField(null=True)
    found_wrong = models.BooleanField(default=False)
    """A person who looked into it, as into every twentieth, found that it was not right after all."""

    objects = CashJobQuerySet.as_manager()

    class Meta:
        ordering = ["opened_at", "pk"]
        indexes = [models.Index(fields=["volunteer"], name="cash_unsettled", condition=Q(settled_at=None))]
        constraints = [
            models.CheckConstraint(
                condition=Q(handed_fen=None, spent_fen=None, returned_fen=None, reported_at=None)
                | Q(
                    handed_fen__isnull=False,
                    spent_fen__isnull=False,
                    returned_fen__isnull=False,
                    reported_at__isnull=False,
                ),
                name="cash_figures_whole",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["agreed", "cleared"], settled_at__isnull=False)
                | Q(status__in=["due", "reported", "gap"], settled_at=None),
                name="cash_settled_or_owed",
            ),
        ]

    def __str__(self) -> str:
        return f"cash of {self.assignment_id}: {self.status}"

    @property
    def figures(self) -> Figures | None:
        """What the volunteer says."""
        if self.handed_fen is None or self.spent_fen is None or self.returned_fen is None:
            return None
        return Figures(self.handed_fen, self.spent_fen, self.returned_fen)

    @property
    def is_correctable(self) -> bool:
        """Figures may come, or be put right, until both sides have been heard."""
        return self.settled_at is None and (self.heard_at is None or self.reported_at is None)


class CashNote(models.Model):
    """One line of the trail: who said or decided what about the money, and how it stood then. Never changed."""

    job = models.ForeignKey(CashJob, models.CASCADE, related_name="notes")
    at = models.DateTimeField(default=now)
    who = models.CharField(max_length=10, choices=StatusChange.Who)
    user = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    what = models.CharField(max_length=10)
    """``opened``, ``figures``, ``word``, ``lapsed``, ``cleared``, ``checked`` or ``receipt``."""
    status = models.CharField(max_length=10, choices=CashJob.Status)
    handed_fen = models.PositiveIntegerField(null=True)
    spent_fen = models.PositiveIntegerField(null=True)
    returned_fen = models.PositiveIntegerField(null=True)
    has_receipt = models.BooleanField(null=True)
    why = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.job_id} {self.what}: {self.status}"


class CashReceipt(models.Model):
    """The photo of a receipt, cleaned of all that is no picture. It goes with the notes (``dispatch.retention``).

    A row and no file: it is stored, restored and forgotten with what it belongs to, on whatever machine that happens.
    """

    key = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    """Its address is drawn, not counted."""
    job = models.OneToOneField(CashJob, models.CASCADE, related_name="receipt")
    kind = models.CharField(max_length=12)
    """``image/jpeg`` or ``image/png``."""
    picture = models.BinaryField()
    at = models.DateTimeField(default=now, db_index=True)

    def __str__(self) -> str:
        return f"receipt of {self.job_id}"
