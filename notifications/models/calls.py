"""Calls out and in. As with texts, a call out is a row before anybody dials: the outbox of calls."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from linzhu.communities.models import ScopedQuerySet
from linzhu.notifications.models.outgoing import Outgoing


class CallQuerySet(ScopedQuerySet):
    def due(self, at: datetime) -> CallQuerySet:
        """To be dialled, or to be looked up: nobody has told us for too long what became of it."""
        return self.filter(
            Q(state=Call.State.DIALLING, lease_until__lte=at)
            | Q(state__in=[Call.State.QUEUED, Call.State.UNKNOWN, *AT_THE_GATEWAY], next_attempt_at__lte=at),
            direction=Call.Direction.OUT,
        )

    def out(self) -> CallQuerySet:
        return self.filter(direction=Call.Direction.OUT)

    def inbound(self) -> CallQuerySet:
        return self.filter(direction=Call.Direction.IN)

    def pending(self) -> CallQuerySet:
        """Calls out that may still reach somebody."""
        return self.out().exclude(state__in=OVER_STATES).filter(withdrawn_at=None)

    def unsettled(self) -> CallQuerySet:
        """Calls from which nobody has drawn a conclusion yet."""
        return self.filter(settled_at=None)


class Call(Outgoing):
    """One call with one number, out or in: one ring, one ``gateway_ref``. A second try to reach somebody is a row of
    its own. ``state`` is moved by ``notifications.voice.calls`` and ``.reports`` alone."""

    class Direction(models.TextChoices):
        OUT = "out", _("call out")
        IN = "in", _("call in")

    class State(models.TextChoices):
        QUEUED = "queued", _("waiting")
        DIALLING = "dialling", _("being dialled")
        UNKNOWN = "unknown", _("unknown whether dialled")
        ACCEPTED = "accepted", _("handed over")
        RINGING = "ringing", _("ringing")
        IN_PROGRESS = "in-progress", _("on the phone")
        COMPLETED = "completed", _("answered")
        BUSY = "busy", _("busy")
        NO_ANSWER = "no-answer", _("nobody picked up")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("not dialled any more")

    IN_FLIGHT = (State.QUEUED, State.DIALLING, State.UNKNOWN)

    direction = models.CharField(max_length=4, choices=Direction, default=Direction.OUT)
    phone = models.CharField(max_length=24, db_index=True)
    """The other end's number."""
    script = models.CharField(max_length=40)
    """What is read aloud when they pick up."""
    ring = models.PositiveSmallIntegerField(default=1)
    """Which try to reach them this is."""

    state = models.CharField(max_length=12, choices=State, default=State.QUEUED)
    saying = models.CharField(max_length=40, blank=True)
    """What has been read aloud last."""
    keys = models.CharField(max_length=20, blank=True)
    """The keys that were pressed, in their order."""
    readings = models.PositiveSmallIntegerField(default=0)
    """How often the script has been begun in this call."""
    withdrawn_at = models.DateTimeField(null=True)
    """What it says is no longer true: who picks up is told so, and nobody is rung again."""
    settled_at = models.DateTimeField(null=True)
    """What follows from it has been done: they know, or they are called again, or a person owes the call."""

    objects = CallQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "pk"]
        indexes = [
            models.Index(fields=["settled_at", "state"], name="call_unsettled", condition=Q(settled_at=None)),
            models.Index(fields=["state", "next_attempt_at"], name="call_due"),
            models.Index(fields=["created_at"], name="call_created"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["gateway", "gateway_ref"], condition=~Q(gateway_ref=""), name="call_gateway_ref_once"
            ),
            models.CheckConstraint(condition=Q(ring__gte=1), name="call_ring_counts_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.script} {self.ref}"

    @property
    def understood(self) -> bool:
        """Somebody has pressed the key that says so."""
        return self.direction == self.Direction.OUT and "2" in self.keys

    @property
    def is_over(self) -> bool:
        return self.state in OVER_STATES


AT_THE_GATEWAY = [Call.State.ACCEPTED, Call.State.RINGING, Call.State.IN_PROGRESS]
OVER_STATES = [
    Call.State.CANCELLED,
    Call.State.FAILED,
    Call.State.BUSY,
    Call.State.NO_ANSWER,
    Call.State.COMPLETED,
]
