"""Help requests. Their ``status`` is moved by ``requests.lifecycle`` alone."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from linzhu.communities.clock import now
from linzhu.communities.models import Community, ScopedQuerySet, User
from linzhu.communities.people import Clearance, Gender, Language
from linzhu.requests.catalogue import SERVICES, Code, Service
from linzhu.requests.models.elders import Elder

REF_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # read aloud on the phone: no 0/O, 1/I/L, U/V
REF_LENGTH = 5


class Status(models.TextChoices):
    OPEN = "open", _("looking")
    PAUSED = "paused", _("waiting for staff")
    ASSIGNED = "assigned", _("assigned")
    UNDERWAY = "underway", _("under way")
    DONE = "done", _("done")
    CLOSED = "closed", _("closed")
    CANCELLED = "cancelled", _("cancelled")
    UNMET = "unmet", _("not met")


class HelpRequestQuerySet(ScopedQuerySet):
    def open(self) -> HelpRequestQuerySet:
        return self.filter(status=Status.OPEN)

    def live(self) -> HelpRequestQuerySet:
        """Not yet over: somebody still owes something."""
        return self.filter(status__in=LIVE_STATUSES)

    def live_or_over_since(self, at: datetime) -> HelpRequestQuerySet:
        """Live, or over since then. Every status is named: there is an index over status and time, none over time."""
        over = [status for status in Status if status not in LIVE_STATUSES]
        return self.filter(Q(status__in=LIVE_STATUSES) | Q(status__in=over, status_at__gte=at))


LIVE_STATUSES = [Status.OPEN, Status.PAUSED, Status.ASSIGNED, Status.UNDERWAY]


def new_ref() -> str:
    """Return a random reference, such as H7K2M: 24 million of them, no meaning, easy to say on the phone."""
    return "".join(secrets.choice(REF_ALPHABET) for _position in range(REF_LENGTH))


class HelpRequest(models.Model):
    """One need of one elder. Its ``status`` is moved by ``requests.lifecycle`` alone."""

    class Channel(models.TextChoices):
        PHONE = "phone", _("phone")
        COUNTER = "counter", _("counter")
        TEXT = "text", _("text message")
        WEB = "web", _("web")
        FAMILY = "family", _("family")
        DEVICE = "device", _("hotline or device")
        REPEAT = "repeat", _("recurring request")
        ROLL_CALL = "rollcall", _("roll-call in an emergency")

    class PauseReason(models.TextChoices):
        NOBODY_FOUND = "nobody-found", _("nobody found")
        NO_POSITION = "no-position", _("home not on the map")
        CLEARANCE = "clearance", _("clearance")
        MONEY = "money", _("money")
        CALL_BACK = "call-back", _("call-back owed")
        QUIET_HOURS = "quiet-hours", _("too late to text anybody")

    class EndReason(models.TextChoices):
        """Why it was cancelled or stayed unmet."""

        NO_LONGER_NEEDED = "no-longer-needed", _("no longer needed")
        HELPED_OTHERWISE = "helped-otherwise", _("helped in another way")
        BY_ELDER = "by-elder", _("the elder cancelled")
        MISTAKE = "mistake", _("logged by mistake")
        NOBODY_FREE = "nobody-free", _("nobody was free")
        NOBODY_ABLE = "nobody-able", _("nobody can do this")
        TOO_LATE = "too-late", _("the time has passed")
        ELDER_AWAY = "elder-away", _("the elder is away")
        ELDER_MOVED = "elder-moved", _("the elder has moved away")
        ELDER_DIED = "elder-died", _("the elder has died")

    ref = models.CharField(max_length=8, unique=True, default=new_ref, editable=False)
    elder = models.ForeignKey(Elder, models.PROTECT, related_name="help_requests")
    community = models.ForeignKey(Community, models.PROTECT, related_name="help_requests")
    service_code = models.CharField(_("service"), max_length=24, choices=Code)
    channel = models.CharField(_("channel"), max_length=8, choices=Channel, default=Channel.PHONE)
    details = models.TextField(_("details"), blank=True, max_length=2000)
    window_start = models.DateTimeField(_("from"))
    window_end = models.DateTimeField(_("to"))
    people_needed = models.PositiveSmallIntegerField(_("people"), default=1)
    places_filled = models.PositiveSmallIntegerField(default=0, editable=False)
    needs_vehicle = models.BooleanField(_("needs a car"), default=False)
    needs_gender = models.CharField(_("only a"), max_length=8, choices=Gender, blank=True)
    needs_language = models.CharField(_("speaks"), max_length=8, choices=Language, blank=True)
    needs_clearance = models.PositiveSmallIntegerField(_("clearance"), choices=Clearance, default=Clearance.BASIC)
    cash_limit_fen = models.PositiveIntegerField(_("cash limit"), null=True, blank=True)

    status = models.CharField(max_length=12, choices=Status, default=Status.OPEN, editable=False)
    status_at = models.DateTimeField(default=now, editable=False)
    round = models.PositiveSmallIntegerField(default=1, editable=False)
    """Counts up whenever the search starts anew: an answer to an older round revives nothing."""
    pause_reason = models.CharField(max_length=16, choices=PauseReason, blank=True, editable=False)
    end_reason = models.CharField(max_length=20, choices=EndReason, blank=True, editable=False)
    cancelled_late = models.BooleanField(default=False, editable=False)
    """Called off so shortly before, or after, its beginning that somebody had kept the time free for nothing."""
    idempotency_key = models.CharField(max_length=120, unique=True, null=True, editable=False)
    logged_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+", editable=False)
    created_at = models.DateTimeField(default=now, editable=False)

    objects = HelpRequestQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("help request")
        verbose_name_plural = _("help requests")
        indexes = [
            models.Index(fields=["community", "status"], name="help_request_board"),
            models.Index(fields=["status", "status_at"], name="help_request_status"),
            # Whose words are still kept: those that are over do not stay in it for long (dispatch.retention_rules).
            models.Index(fields=["status_at"], name="help_request_details", condition=Q(details__gt="")),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(window_end__gt=models.F("window_start")), name="window_not_empty"),
            models.CheckConstraint(
                condition=Q(places_filled__lte=models.F("people_needed")), name="no_more_people_than_places"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.service.name}"

    @property
    def service(self) -> Service:
        return SERVICES[self.service_code]

    @property
    def is_about_money(self) -> bool:
        """Cash changes hands: by its service, or as a limit was agreed."""
        return self.service.cash or self.cash_limit_fen is not None

    @property
    def is_live(self) -> bool:
        return self.status in LIVE_STATUSES
