"""Texts out and in. A text out is a row before it is anything else: the outbox."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from linzhu.communities.clock import now
from linzhu.communities.models import Community, ScopedQuerySet


class MessageQuerySet(ScopedQuerySet):
    def due(self, at: datetime) -> MessageQuerySet:
        """Waiting for the relay: queued with their time come, to be looked up, or leased to a relay that has died."""
        return self.filter(
            Q(state=Message.State.QUEUED, next_attempt_at__lte=at)
            | Q(state=Message.State.UNKNOWN, next_attempt_at__lte=at)
            | Q(state=Message.State.SENDING, lease_until__lte=at)
        )


class Message(models.Model):
    """One text to one number. Its ``state`` is moved by ``notifications.outbox``, ``.optout``, ``.relay`` and
    ``.receipts`` alone."""

    class State(models.TextChoices):
        QUEUED = "queued", _("waiting")
        SENDING = "sending", _("being sent")
        UNKNOWN = "unknown", _("unknown whether sent")
        ACCEPTED = "accepted", _("handed over")
        SENT = "sent", _("sent")
        DELIVERED = "delivered", _("delivered")
        UNDELIVERED = "undelivered", _("not delivered")
        FAILED = "failed", _("failed")
        EXPIRED = "expired", _("too late to send")
        SUPPRESSED = "suppressed", _("opted out, not sent")

    class Priority(models.IntegerChoices):
        """Smaller goes first."""

        CONFIRMATION = 1
        OFFER = 2
        REMINDER = 3

    ref = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    community = models.ForeignKey(Community, models.PROTECT, related_name="messages")
    about = models.CharField(max_length=8, blank=True, db_index=True)
    """The reference of the help request that this text is about."""
    to = models.CharField(max_length=16, db_index=True)
    template = models.CharField(max_length=40)
    params = models.JSONField(default=dict)
    language = models.CharField(max_length=8)
    text = models.TextField()
    parts = models.PositiveSmallIntegerField(default=1)
    priority = models.PositiveSmallIntegerField(choices=Priority, default=Priority.CONFIRMATION)

    state = models.CharField(max_length=12, choices=State, default=State.QUEUED)
    gateway = models.CharField(max_length=12, blank=True)
    gateway_ref = models.CharField(max_length=64, blank=True)
    error_code = models.CharField(max_length=40, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=now)
    next_attempt_at = models.DateTimeField(default=now)
    lease_until = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    handed_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "pk"]
        indexes = [
            models.Index(fields=["next_attempt_at"], name="message_due", condition=Q(state="queued")),
            models.Index(
                fields=["finished_at"], name="message_bad_end", condition=Q(state__in=["failed", "undelivered"])
            ),
            models.Index(fields=["lease_until"], name="message_leased", condition=Q(state="sending")),
            models.Index(fields=["next_attempt_at"], name="message_unknown", condition=Q(state="unknown")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["gateway", "gateway_ref"], condition=~Q(gateway_ref=""), name="message_gateway_ref_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.template} {self.ref}"


IN_FLIGHT_STATES = [Message.State.QUEUED, Message.State.SENDING, Message.State.UNKNOWN]
"""Nobody has taken it yet, as far as we know."""

FINAL_STATES = [
    Message.State.DELIVERED,
    Message.State.UNDELIVERED,
    Message.State.FAILED,
    Message.State.EXPIRED,
    Message.State.SUPPRESSED,
]


class InboundMessage(models.Model):
    """One text that came in, stored once however often the gateway brings it."""

    gateway = models.CharField(max_length=12)
    gateway_ref = models.CharField(max_length=64)
    sender = models.CharField(max_length=24, db_index=True)
    recipient = models.CharField(max_length=24, blank=True)
    text = models.TextField(blank=True)
    carrier_handled = models.BooleanField(default=False)
    """The carrier or gateway has answered this opt-out word itself: we must not answer as well."""
    received_at = models.DateTimeField(default=now)
    handled_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    reading = models.CharField(max_length=16, blank=True)
    """What the text was taken for: yes, no, unclear, opt_out, …"""
    about = models.CharField(max_length=8, blank=True, db_index=True)

    class Meta:
        ordering = ["received_at", "pk"]
        indexes = [models.Index(fields=["received_at"], name="inbound_unhandled", condition=Q(handled_at=None))]
        constraints = [models.UniqueConstraint(fields=["gateway", "gateway_ref"], name="inbound_once")]

    def __str__(self) -> str:
        return f"{self.gateway} {self.gateway_ref}"


class OptOut(models.Model):
    """A number that gets no more texts until its owner opts in again."""

    phone = models.CharField(max_length=16, unique=True)
    at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return f"#{self.pk}"
