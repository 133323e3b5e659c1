"""Waves, offers, assignments, what staff owe, and the events that keep pages live."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from linzhu.communities.clock import now
from linzhu.communities.models import Community, ScopedQuerySet, User
from linzhu.notifications.models import InboundMessage, Message
from linzhu.requests.models import HelpRequest
from linzhu.volunteers.models import Volunteer


class WaveQuerySet(models.QuerySet["Wave"]):
    def due(self, at: datetime) -> WaveQuerySet:
        return self.filter(ended_at=None, ends_at__lte=at)


class Wave(models.Model):
    """A few offers sent together; when its time is up and nobody has said yes, the next one asks wider."""

    help_request = models.ForeignKey(HelpRequest, models.CASCADE, related_name="waves")
    round = models.PositiveSmallIntegerField()
    number = models.PositiveSmallIntegerField()
    radius_m = models.PositiveIntegerField()
    started_at = models.DateTimeField(default=now)
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    objects = WaveQuerySet.as_manager()

    class Meta:
        ordering = ["round", "number"]
        indexes = [models.Index(fields=["ends_at"], name="wave_due", condition=Q(ended_at=None))]
        constraints = [
            models.UniqueConstraint(fields=["help_request", "round", "number"], name="wave_once"),
            models.UniqueConstraint(fields=["help_request"], condition=Q(ended_at=None), name="one_wave_at_a_time"),
        ]

    def __str__(self) -> str:
        return f"{self.help_request_id}/{self.round}/{self.number}"


class OfferQuerySet(models.QuerySet["Offer"]):
    def open(self) -> OfferQuerySet:
        return self.filter(status=Offer.Status.OPEN)


class Offer(models.Model):
    """One volunteer asked about one help request. Its ``status`` is moved by ``dispatch.offers`` alone."""

    class Status(models.TextChoices):
        OPEN = "open", _("asked")
        ACCEPTED = "accepted", _("yes")
        DECLINED = "declined", _("no")
        WITHDRAWN = "withdrawn", _("no longer needed")
        EXPIRED = "expired", _("no answer")

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
    answered_at = models.DateTimeField(null=True)

    objects = OfferQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "pk"]
        indexes = [
            models.Index(fields=["phone", "created_at"], name="offer_of_phone"),
            models.Index(fields=["expires_at"], name="offer_due", condition=Q(status="open")),
            models.Index(fields=["volunteer", "created_at"], name="offer_weekly"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["phone", "code"], condition=Q(status="open"), name="offer_code_once"),
            models.UniqueConstraint(fields=["help_request", "round", "volunteer"], name="offer_once_a_round"),
        ]

    def __str__(self) -> str:
        return f"{self.help_request_id} → {self.volunteer_id}"


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    def standing(self) -> AssignmentQuerySet:
        return self.filter(status=Assignment.Status.STANDING)

    def current(self) -> AssignmentQuerySet:
        """Standing or carried out: everybody who comes or came."""
        return self.filter(status__in=[Assignment.Status.STANDING, Assignment.Status.FINISHED])


class Assignment(models.Model):
    """A volunteer holds one place of a help request: they have said yes and will come."""

    class Status(models.TextChoices):
        STANDING = "standing", _("comes")
        FINISHED = "finished", _("has been")
        RELEASED = "released", _("does not come")

    class Via(models.TextChoices):
        TEXT = "text", _("by text")
        PHONE = "phone", _("said yes on the phone")
        STAFF = "staff", _("assigned by staff")

    help_request = models.ForeignKey(HelpRequest, models.CASCADE, related_name="assignments")
    volunteer = models.ForeignKey(Volunteer, models.PROTECT, related_name="assignments")
    offer = models.OneToOneField(Offer, models.SET_NULL, null=True, related_name="assignment")
    place = models.PositiveSmallIntegerField()
    """1 … people_needed."""
    status = models.CharField(max_length=10, choices=Status, default=Status.STANDING)
    via = models.CharField(max_length=8, choices=Via, default=Via.TEXT)
    door_word = models.CharField(max_length=24)
    accepted_at = models.DateTimeField(default=now)
    arrived_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    minutes = models.PositiveSmallIntegerField(null=True)
    released_at = models.DateTimeField(null=True)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        ordering = ["place", "accepted_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["help_request", "place"], condition=~Q(status="released"), name="one_winner_a_place"
            ),
            models.UniqueConstraint(
                fields=["help_request", "volunteer"], condition=~Q(status="released"), name="one_place_a_volunteer"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.volunteer_id} → {self.help_request_id}/{self.place}"


class TodoQuerySet(ScopedQuerySet):
    def open(self) -> TodoQuerySet:
        return self.filter(closed_at=None)


class Todo(models.Model):
    """Something a person owes: a decision, a call-back, an answer to a text that Linzhu does not understand."""

    class Kind(models.TextChoices):
        NOBODY_FOUND = "nobody-found", _("nobody found")
        NO_POSITION = "no-position", _("home not on the map")
        QUIET_HOURS = "quiet-hours", _("too late to text anybody")
        DEADLINE_NEAR = "deadline-near", _("time is running out")
        UNCLEAR_REPLY = "unclear-reply", _("unclear reply")
        UNKNOWN_SENDER = "unknown-sender", _("text from an unknown number")
        VOLUNTEER_CANNOT = "volunteer-cannot", _("volunteer cannot come")
        TELL_ELDER = "tell-elder", _("call the elder: who comes")
        TELL_ELDER_OFF = "tell-elder-off", _("call the elder: it is off")
        DANGER = "danger", _("danger")
        NOT_DELIVERED = "not-delivered", _("text did not arrive")

    community = models.ForeignKey(Community, models.CASCADE, related_name="todos")
    kind = models.CharField(max_length=20, choices=Kind)
    help_request = models.ForeignKey(HelpRequest, models.CASCADE, null=True, related_name="todos")
    offer = models.ForeignKey(Offer, models.SET_NULL, null=True, related_name="todos")
    inbound = models.ForeignKey(InboundMessage, models.SET_NULL, null=True, related_name="todos")
    message = models.ForeignKey(Message, models.SET_NULL, null=True, related_name="todos")
    opened_at = models.DateTimeField(default=now)
    due_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    outcome = models.CharField(max_length=200, blank=True)

    objects = TodoQuerySet.as_manager()

    class Meta:
        ordering = ["due_at", "pk"]
        indexes = [models.Index(fields=["community", "due_at"], name="todo_open", condition=Q(closed_at=None))]
        constraints = [
            # A fact is owed once, however often the system notices it.
            models.UniqueConstraint(
                fields=["help_request", "kind"],
                condition=Q(closed_at=None, inbound=None, message=None),
                name="todo_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


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
