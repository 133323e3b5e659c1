"""Elders, their families, help requests and the trail of what happened to them."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from simple_history.models import HistoricalRecords

from linzhu.communities.clock import now
from linzhu.communities.fields import ChoiceSetField, SearchKeyField
from linzhu.communities.models import LATITUDE, LONGITUDE, Community, Place, ScopedQuerySet, User
from linzhu.communities.people import Clearance, Gender, Language, TellBy
from linzhu.requests.catalogue import SERVICES, Code, Service

REF_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # read aloud on the phone: no 0/O, 1/I/L, U/V
REF_LENGTH = 5


class PriorityGroup(models.TextChoices):
    """Who is served first when volunteers are short (重点群体). New values go to the end (see ChoiceSetField)."""

    ADVANCED_AGE = "advanced-age", _("advanced age")
    LIVING_ALONE = "living-alone", _("living alone")
    DISABLED = "disabled", _("failing abilities")
    LEFT_BEHIND = "left-behind", _("family far away")


class Need(models.TextChoices):
    """What a helper should know to help well. New values go to the end (see ChoiceSetField)."""

    WHEELCHAIR = "wheelchair", _("uses a wheelchair")
    WALKING = "walking", _("walks with difficulty")
    HEARING = "hearing", _("hears badly")
    SIGHT = "sight", _("sees badly")


class Elder(models.Model):
    """A person who is helped. The phone may be a landline; nothing else is assumed."""

    community = models.ForeignKey(Community, models.PROTECT, related_name="elders", verbose_name=_("community"))
    name = models.CharField(pgettext_lazy("of a person", "name"), max_length=80)
    search_key = SearchKeyField(db_index=True)
    phone = models.CharField(_("phone"), max_length=16, blank=True, db_index=True)
    phone_ext = models.CharField(_("extension"), max_length=8, blank=True)
    birth_year = models.PositiveSmallIntegerField(_("year of birth"), null=True, blank=True)
    gender = models.CharField(_("gender"), max_length=8, choices=Gender, blank=True)
    address = models.CharField(_("address"), max_length=200, blank=True)
    place = models.ForeignKey(
        Place, models.SET_NULL, null=True, blank=True, related_name="elders", verbose_name=_("place")
    )
    lat = models.FloatField(_("latitude"), null=True, blank=True, validators=LATITUDE)
    lng = models.FloatField(_("longitude"), null=True, blank=True, validators=LONGITUDE)
    groups = ChoiceSetField(PriorityGroup, verbose_name=_("priority groups"))
    needs = ChoiceSetField(Need, verbose_name=_("good to know"))
    languages = ChoiceSetField(Language, verbose_name=_("languages"))
    tell_by = models.CharField(_("is told by"), max_length=8, choices=TellBy, default=TellBy.CALL)
    notes = models.TextField(_("notes for staff"), blank=True, max_length=2000)
    created_at = models.DateTimeField(default=now, editable=False)

    history = HistoricalRecords(excluded_fields=["search_key"])
    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint(fields=["community", "name", "phone"], name="elder_once")]
        verbose_name = _("elder")
        verbose_name_plural = _("elders")

    def __str__(self) -> str:
        return self.name

    @property
    def age(self) -> int | None:
        return now().year - self.birth_year if self.birth_year else None

    def position(self) -> tuple[float, float] | None:
        """Home as (lat, lng): own coordinates, or the place's, or the community's middle."""
        for source in (self, self.place, self.community):
            if source is not None and source.lat is not None and source.lng is not None:
                return source.lat, source.lng
        return None

    def home(self) -> str:
        """Where the elder lives, in words: the address, with the place before it unless it begins with it already."""
        place = str(self.place) if self.place else ""
        spoken_twice = self.address.replace(" ", "").startswith(place.replace(" ", ""))
        return self.address if spoken_twice else f"{place} {self.address}".strip()

    def area(self) -> str:
        """Home as far as an offer may tell: the compound or the community."""
        return self.place.area() if self.place else self.community.name


class FamilyContact(models.Model):
    """Somebody who follows an elder's help requests by link, and may ask for help if authorised (亲友代办)."""

    elder = models.ForeignKey(Elder, models.CASCADE, related_name="family")
    name = models.CharField(pgettext_lazy("of a person", "name"), max_length=80)
    phone = models.CharField(_("phone"), max_length=16)
    relation = models.CharField(_("relation"), max_length=40, blank=True)
    may_act = models.BooleanField(_("may ask and sign for the elder"), default=False)
    gets_texts = models.BooleanField(_("gets texts with a link"), default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["elder", "phone"], name="family_contact_once")]

    def __str__(self) -> str:
        return f"{self.name} ({self.relation})" if self.relation else self.name


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
            models.Index(fields=["status_at"], name="help_request_live", condition=Q(status__in=LIVE_STATUSES)),
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
    def is_live(self) -> bool:
        return self.status in LIVE_STATUSES


SEARCH_AGAIN = "search-again"
WHY_LABELS = {
    **dict(HelpRequest.PauseReason.choices),
    **dict(HelpRequest.EndReason.choices),
    SEARCH_AGAIN: _("search again"),
    "cannot_come": _("the volunteer cannot come"),
}


class StatusChange(models.Model):
    """Who moved a help request from where to where, why and when. Rows are only ever added."""

    class Who(models.TextChoices):
        SYSTEM = "system", _("Linzhu")
        STAFF = "staff", _("staff")
        VOLUNTEER = "volunteer", _("volunteer")
        FAMILY = "family", _("family")
        API = "api", _("hotline or device")

    help_request = models.ForeignKey(HelpRequest, models.CASCADE, related_name="changes")
    from_status = models.CharField(max_length=12, choices=Status, blank=True)
    to_status = models.CharField(max_length=12, choices=Status)
    who = models.CharField(max_length=10, choices=Who)
    user = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    name = models.CharField(max_length=80, blank=True)
    why = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(default=now)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.from_status or '–'} → {self.to_status}"

    @property
    def why_label(self) -> str:
        """The reason in the reader's language: a known code's name, or what staff wrote."""
        return str(WHY_LABELS.get(self.why, self.why))


class FamilyLink(models.Model):
    """A secret link to one help request's family page. 192 random bits; only their hash is kept."""

    LIVES_AFTER_CLOSING = timedelta(hours=24)

    help_request = models.ForeignKey(HelpRequest, models.CASCADE, related_name="family_links")
    contact = models.ForeignKey(FamilyContact, models.SET_NULL, null=True, related_name="links")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=now)
    revoked_at = models.DateTimeField(null=True)

    @classmethod
    def issue(cls, help_request: HelpRequest, contact: FamilyContact | None = None) -> tuple[FamilyLink, str]:
        """Make a link; its secret is returned this once."""
        secret = secrets.token_urlsafe(24)
        return cls.objects.create(help_request=help_request, contact=contact, digest=cls.digest_of(secret)), secret

    @staticmethod
    def digest_of(secret: str) -> str:
        return hashlib.sha256(secret.encode()).hexdigest()

    def __str__(self) -> str:
        return f"link {self.pk}"

    def is_valid(self) -> bool:
        """Not revoked, and the help request not over for longer than a day."""
        if self.revoked_at is not None:
            return False
        if self.help_request.is_live:
            return True
        # From the first end on: a visit that is closed in the books a week later opens no link again.
        ended = self.help_request.changes.exclude(to_status__in=LIVE_STATUSES).first()
        return ended is not None and now() < ended.at + self.LIVES_AFTER_CLOSING
