"""Texts out and in. A text out is a row before it is anything else: the outbox."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from linzhu.communities.clock import now
from linzhu.communities.models import ScopedQuerySet
from linzhu.notifications.models.outgoing import Outgoing
from linzhu.notifications.texts import DESPITE_OPT_OUT


class MessageQuerySet(ScopedQuerySet):
    def to_send(self, at: datetime) -> MessageQuerySet:
        """Queued, with their time come."""
        return self.filter(state=Message.State.QUEUED, next_attempt_at__lte=at)

    def to_look_up(self, at: datetime) -> MessageQuerySet:
        """In doubt, with their time come; or leased to a relay that has died."""
        return self.filter(
            Q(state=Message.State.UNKNOWN, next_attempt_at__lte=at)
            | Q(state=Message.State.SENDING, lease_until__lte=at)
        )

    def next_in_line(self) -> MessageQuerySet:
        """Those that no earlier text of the same priority to the same phone keeps waiting: one at most for each.

        One in doubt whose time is over keeps nobody waiting: it is never sent again, so there is no order to keep.
        """
        in_doubt = Q(state=Message.State.UNKNOWN) & (Q(expires_at=None) | Q(expires_at__gt=now()))
        # One state at a time, as each has its index: by IN PostgreSQL would read every text there is.
        awake = Q(not_before=None) | Q(not_before__lte=now())
        in_flight = Q(state=Message.State.QUEUED) & awake | Q(state=Message.State.SENDING) | in_doubt
        earlier = Message.objects.filter(
            in_flight, to=OuterRef("to"), priority=OuterRef("priority"), pk__lt=OuterRef("pk")
        )
        return self.filter(~Exists(earlier))

    def wanted(self, at: datetime) -> MessageQuerySet:
        """Those whose time is not over, to phones whose owners want texts."""
        opted_out = OptOut.objects.filter(phone=OuterRef("to"))
        welcome = Q(template__in=DESPITE_OPT_OUT) | ~Exists(opted_out)
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=at), welcome)


class Message(Outgoing):
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

    IN_FLIGHT = (State.QUEUED, State.SENDING, State.UNKNOWN)

    class Priority(models.IntegerChoices):
        """Smaller goes first."""

        CONFIRMATION = 1
        OFFER = 2
        REMINDER = 3

    to = models.CharField(max_length=16, db_index=True)
    template = models.CharField(max_length=40)
    text = models.TextField()
    parts = models.PositiveSmallIntegerField(default=1)
    priority = models.PositiveSmallIntegerField(choices=Priority, default=Priority.CONFIRMATION)
    state = models.CharField(max_length=12, choices=State, default=State.QUEUED)
    not_before = models.DateTimeField(null=True)
    """It waits for this hour, the end of the night; until then it keeps no other text to its phone waiting."""
    again_of = models.OneToOneField("self", models.SET_NULL, null=True, related_name="again")
    """The text that did not arrive and that staff sent once more as this one: once, as the column is unique."""

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "pk"]
        indexes = [
            models.Index(fields=["next_attempt_at"], name="message_due", condition=Q(state="queued")),
            models.Index(
                fields=["finished_at"], name="message_lost", condition=Q(state="failed") | Q(state="undelivered")
            ),
            models.Index(fields=["lease_until"], name="message_leased", condition=Q(state="sending")),
            models.Index(fields=["next_attempt_at"], name="message_unknown", condition=Q(state="unknown")),
            # What a day's caps are counted from (notifications/caps.py), without reading the rows themselves.
            models.Index(fields=["handed_at", "community", "to", "parts"], name="message_handed"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["gateway", "gateway_ref"], condition=~Q(gateway_ref=""), name="message_gateway_ref_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.template} {self.ref}"


FINAL_STATES = [
    Message.State.DELIVERED,
    Message.State.UNDELIVERED,
    Message.State.FAILED,
    Message.State.EXPIRED,
    Message.State.SUPPRESSED,
]


def is_late(since: datetime) -> Q:
    """Those that could have gone before that moment: since they were written, or since the night was over."""
    return Q(Q(not_before=None) | Q(not_before__lt=since), created_at__lt=since)


def lost_since(at: datetime) -> Q:
    """Return the condition for texts that have failed, or were not delivered, since then.

    One state at a time: SQLite does not see that IN means no others than those that the index holds.
    """
    return Q(state=Message.State.FAILED, finished_at__gt=at) | Q(state=Message.State.UNDELIVERED, finished_at__gt=at)


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
