"""The search: waves of offers."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from linzhu.communities.clock import now
from linzhu.notifications.models import Message
from linzhu.requests.models import HelpRequest
from linzhu.volunteers.models import Volunteer


class WaveQuerySet(models.QuerySet["Wave"]):
    def due(self, at: datetime) -> WaveQuerySet:
        return self.filter(ended_at=None, due_at__lte=at)


class Wave(models.Model):
    """A few offers sent together; when its time is up and nobody has said yes, the next one asks others."""

    help_request = models.ForeignKey(HelpRequest, models.CASCADE, related_name="waves")
    round = models.PositiveSmallIntegerField()
    number = models.PositiveSmallIntegerField()
    radius_m = models.PositiveIntegerField()
    """How far away the furthest of those lives who were asked."""
    head_start = models.BooleanField(default=False)
    """Stand-by or paired volunteers are asked alone: nobody replaces those of them who say no."""
    started_at = models.DateTimeField(default=now)
    ends_at = models.DateTimeField()
    due_at = models.DateTimeField()
    """When to look at it again: at its end, or at once after a no."""
    ended_at = models.DateTimeField(null=True)

    objects = WaveQuerySet.as_manager()

    class Meta:
        ordering = ["round", "number"]
        indexes = [models.Index(fields=["due_at"], name="wave_due", condition=Q(ended_at=None))]
        constraints = [
            models.UniqueConstraint(fields=["help_request", "round", "number"], name="wave_once"),
            models.UniqueConstraint(fields=["help_request"], condition=Q(ended_at=None), name="one_wave_at_a_time"),
        ]

    def __str__(self) -> str:
        return f"{self.help_request_id}/{self.round}/{self.number}"


class OfferQuerySet(models.QuerySet["Offer"]):
    def open(self) -> OfferQuerySet:
        return self.filter(status=Offer.Status.OPEN)

    def with_everybody(self) -> OfferQuerySet:
        """With all whom an answer is about, in one statement: volunteer, elder, home, community."""
        return self.select_related(
            "volunteer", "help_request__elder__place", "help_request__elder__community", "help_request__community"
        )


class Offer(models.Model):
    """One volunteer asked about one help request. Its ``status`` is moved by ``dispatch.offers`` alone."""

    class Status(models.TextChoices):
        OPEN = "open", _("asked")
        ACCEPTED = "accepted", _("yes")
        DECLINED = "declined", _("no")
        STANDBY = "standby", _("yes, stands by")
        WITHDRAWN = "withdrawn", _("no longer needed")
        EXPIRED = "expired", _("no answer")

    class Answer(models.TextChoices):
        """What the volunteer has said, whatever became of the offer."""

        YES = "yes", _("yes")
        NO = "no", _("no")

    help_request = models.ForeignKey(HelpRequest, models.CASCADE, related_name="offers")
    wave = models.ForeignKey(Wave, models.CASCADE, related_name="offers")
    volunteer = models.ForeignKey(Volunteer, models.PROTECT, related_name="offers")
    round = models.PositiveSmallIntegerField()
    phone = models.CharField(max_length=16)
    code = models.CharField(max_length=3)
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    distance_m = models.PositiveIntegerField()
    reasons = models.JSONField(default=list)
    message = models.OneToOneField(Message, models.SET_NULL, null=True, related_name="offer")
    created_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()
    answer = models.CharField(max_length=3, choices=Answer, blank=True)
    answered_at = models.DateTimeField(null=True)
    asked_again_in = models.ForeignKey(Wave, models.SET_NULL, null=True, related_name="asked_again")
    """The wave in which they were asked once more, as nobody had been found (``once_more``)."""
    expectation = models.JSONField(null=True)
    """The expected yes with its factors (``policy.Chance``), until ``dispatch.habits`` has learned from the answer."""

    objects = OfferQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "pk"]
        indexes = [
            models.Index(fields=["phone", "created_at"], name="offer_of_phone"),
            models.Index(fields=["expires_at"], name="offer_due", condition=Q(status="open")),
            models.Index(fields=["volunteer", "created_at"], name="offer_weekly"),
            models.Index(fields=["created_at"], name="offer_age", condition=Q(expectation__isnull=True)),
            models.Index(fields=["created_at"], name="offer_unlearned", condition=Q(expectation__isnull=False)),
        ]
        constraints = [
            models.UniqueConstraint(fields=["phone", "code"], condition=Q(status="open"), name="offer_code_once"),
            models.UniqueConstraint(fields=["help_request", "round", "volunteer"], name="offer_once_a_round"),
        ]

    def __str__(self) -> str:
        return f"{self.help_request_id} → {self.volunteer_id}"
