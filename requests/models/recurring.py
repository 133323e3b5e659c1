"""Help that is needed again and again, and what became of each date. Moved by ``requests.recurring`` alone."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from linzhu.communities.clock import now
from linzhu.communities.models import User
from linzhu.communities.people import Gender, Language
from linzhu.requests.catalogue import SERVICES, Code, Service
from linzhu.requests.holidays import is_public_holiday
from linzhu.requests.models.elders import Elder
from linzhu.requests.models.help_requests import HelpRequest
from linzhu.requests.recurrence import Pattern, opens_at, usual_lead, window_on
from linzhu.requests.windows import Window


def check_rrule(text: str) -> None:
    """Refuse a recurrence rule that the form could not show again."""
    try:
        Pattern.from_rrule(text)
    except (ValueError, KeyError):
        raise ValidationError(_("This recurrence rule is not one that Linzhu knows.")) from None


class RecurringRequestQuerySet(models.QuerySet["RecurringRequest"]):
    def visible_to(self, user: User) -> RecurringRequestQuerySet:
        return self.filter(elder__in=Elder.objects.visible_to(user))

    def due(self, at: datetime) -> RecurringRequestQuerySet:
        """Those whose next help request is to be opened by that moment, the most overdue first."""
        return self.filter(ended_at=None, next_opens_at__lte=at).order_by("next_opens_at")


class RecurringRequest(models.Model):
    """A need that comes back: it opens a help request for each of its dates, some time ahead."""

    elder = models.ForeignKey(Elder, models.PROTECT, related_name="recurring")
    service_code = models.CharField(_("service"), max_length=24, choices=Code)
    rrule = models.CharField(max_length=120, validators=[check_rrule])
    """The value of an RFC 5545 RRULE, without end: ``FREQ=WEEKLY;BYDAY=MO,TH``."""
    begins = models.TimeField(_("from"))
    finishes = models.TimeField(_("to"))
    """Local wall time (settings.TIME_ZONE), the same in summer and in winter."""
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"), null=True, blank=True, help_text=_("Empty: until somebody ends it."))
    lead_hours = models.PositiveSmallIntegerField(_("opens ahead"), null=True, blank=True)
    """Hours by the clock on the wall; null: as is usual for the service."""
    skip_holidays = models.BooleanField(_("not on public holidays"), default=False)
    same_volunteer = models.BooleanField(_("the same volunteer, if possible"), default=False)
    details = models.TextField(_("details"), blank=True, max_length=2000)
    needs_vehicle = models.BooleanField(_("needs a car"), default=False)
    needs_gender = models.CharField(_("only a"), max_length=8, choices=Gender, blank=True)
    needs_language = models.CharField(_("speaks"), max_length=8, choices=Language, blank=True)
    cash_limit_fen = models.PositiveIntegerField(_("cash limit"), null=True, blank=True)
    paused_until = models.DateField(_("paused until"), null=True, blank=True, editable=False)
    """The last day without help."""
    ended_at = models.DateTimeField(null=True, editable=False)

    next_on = models.DateField(null=True, editable=False)
    next_opens_at = models.DateTimeField(null=True, editable=False)
    made_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+", editable=False)
    created_at = models.DateTimeField(default=now, editable=False)

    history = HistoricalRecords(excluded_fields=["next_on", "next_opens_at"])
    objects = RecurringRequestQuerySet.as_manager()

    class Meta:
        ordering = ["begins", "pk"]
        verbose_name = _("recurring request")
        verbose_name_plural = _("recurring requests")
        indexes = [models.Index(fields=["next_opens_at"], name="recurring_due", condition=Q(ended_at=None))]
        constraints = [models.CheckConstraint(condition=Q(finishes__gt=F("begins")), name="recurring_window_not_empty")]

    def __str__(self) -> str:
        return f"{self.service.name}: {self.pattern}"

    @property
    def service(self) -> Service:
        return SERVICES[self.service_code]

    @property
    def pattern(self) -> Pattern:
        return Pattern.from_rrule(self.rrule)

    @property
    def lead(self) -> timedelta:
        return usual_lead(self.service) if self.lead_hours is None else timedelta(hours=self.lead_hours)

    def window_on(self, day: date) -> Window:
        return window_on(day, self.begins, self.finishes)

    def opens_at(self, day: date) -> datetime:
        """When the help request for that day is opened."""
        return opens_at(day, self.begins, self.lead)

    def pauses_on(self, day: date) -> bool:
        return self.paused_until is not None and day <= self.paused_until

    def takes_place_on(self, day: date) -> bool:
        """Whether anybody is at home that day, and the date is neither paused nor a holiday that is left out."""
        return not (self.elder.is_absent_on(day) or self.pauses_on(day) or self.rests_on(day))

    def rests_on(self, day: date) -> bool:
        """Whether the date is a public holiday that this request leaves out."""
        return self.skip_holidays and is_public_holiday(day)


class Occurrence(models.Model):
    """One date of a recurring request that has been dealt with. A date without a row is still to come."""

    class Fate(models.TextChoices):
        OPENED = "opened", _("opened")
        TOO_LATE = "too-late", _("not opened: its time had passed")
        LEFT_OUT = "left-out", _("not needed this time")

    recurring = models.ForeignKey(RecurringRequest, models.CASCADE, related_name="occurrences")
    on = models.DateField()
    fate = models.CharField(max_length=8, choices=Fate)
    help_request = models.OneToOneField(HelpRequest, models.SET_NULL, null=True, related_name="occurrence")
    user = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=now)

    class Meta:
        ordering = ["-on"]
        constraints = [models.UniqueConstraint(fields=["recurring", "on"], name="occurrence_once")]

    def __str__(self) -> str:
        return f"{self.recurring_id} on {self.on}: {self.fate}"
