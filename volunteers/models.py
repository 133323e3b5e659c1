"""Volunteers: who they are, what they can do, when they are free, how far they have been vetted."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from operator import attrgetter
from typing import Any, Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from simple_history.models import HistoricalRecords

from linzhu.communities.clock import now
from linzhu.communities.fields import ChoiceSetField
from linzhu.communities.indexes import CoveringIndex
from linzhu.communities.models import LATITUDE, LONGITUDE, Community, Place, ScopedQuerySet, User
from linzhu.communities.names import known_as
from linzhu.communities.people import Clearance, Gender, Language, Skill
from linzhu.communities.search_field import SearchWordsField
from linzhu.communities.secret_links import SecretLink, SecretLinkQuerySet
from linzhu.communities.sort_key import SortKeyField
from linzhu.volunteers.availability import DAYS, DAYTIME, Week

ASKED_OF_NEIGHBOURS = (
    *("id", "status", "community", "reach_m", "skills", "languages", "has_vehicle", "gender"),
    *("clearance", "cleared_until", "paused_until", "opted_out_at"),
    *(f"free_{day}" for day in DAYS),
)
"""What the search for neighbours asks of everybody near (dispatch.neighbours): it is answered by the index alone."""

_FREE = attrgetter(*(f"free_{day}" for day in DAYS))


def _plain(name: str) -> str:
    return "".join(name.split()).casefold()


class VolunteerQuerySet(ScopedQuerySet):
    def visible_to(self, user: User, *, few: bool = False) -> Any:
        """As everywhere; whose data were erased is seen by nobody any more."""
        return super().visible_to(user, few=few).exclude(status=Volunteer.Status.ERASED)

    def meant_by(self, text: str) -> VolunteerQuerySet:
        """Volunteers whom a typed name or some digits may mean."""
        return self.filter(search_words__find=text)

    def active(self) -> VolunteerQuerySet:
        return self.filter(status=Volunteer.Status.ACTIVE)

    def askable(self, at: datetime, on: date) -> VolunteerQuerySet:
        """May be asked now for a visit on that local date: active, not paused, not opted out, clearance unexpired."""
        return self.active().filter(
            Q(paused_until=None) | Q(paused_until__lte=at), opted_out_at=None, cleared_until__gte=on
        )


class Volunteer(models.Model):
    """A neighbour who helps. All they need is a phone that texts."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("active")
        SUSPENDED = "suspended", _("suspended")
        LEFT = "left", _("left")
        ERASED = "erased", _("data erased")

    community = models.ForeignKey(Community, models.PROTECT, related_name="volunteers", verbose_name=_("community"))
    name = models.CharField(pgettext_lazy("of a person", "name"), max_length=80)
    search_words = SearchWordsField()
    sort_key = SortKeyField()
    phone = models.CharField(_("mobile phone"), max_length=16, db_index=True)
    gender = models.CharField(_("gender"), max_length=8, choices=Gender, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.ACTIVE, editable=False)
    text_language = models.CharField(_("texts in"), max_length=8, default="zh-hans")

    place = models.ForeignKey(
        Place, models.SET_NULL, null=True, blank=True, related_name="volunteers", verbose_name=_("place")
    )
    lat = models.FloatField(_("latitude"), null=True, blank=True, validators=LATITUDE)
    lng = models.FloatField(_("longitude"), null=True, blank=True, validators=LONGITUDE)
    reach_m = models.PositiveIntegerField(
        _("goes as far as (m)"), default=2000, validators=[MinValueValidator(100), MaxValueValidator(50_000)]
    )
    skills = ChoiceSetField(Skill, verbose_name=_("skills"))
    languages = ChoiceSetField(Language, verbose_name=_("languages"))
    has_vehicle = models.BooleanField(_("has a car"), default=False)

    free_mon = models.BigIntegerField(default=DAYTIME.mon)
    free_tue = models.BigIntegerField(default=DAYTIME.tue)
    free_wed = models.BigIntegerField(default=DAYTIME.wed)
    free_thu = models.BigIntegerField(default=DAYTIME.thu)
    free_fri = models.BigIntegerField(default=DAYTIME.fri)
    free_sat = models.BigIntegerField(default=DAYTIME.sat)
    free_sun = models.BigIntegerField(default=DAYTIME.sun)

    clearance = models.PositiveSmallIntegerField(_("clearance"), choices=Clearance, default=Clearance.BASIC)
    cleared_until = models.DateField(_("cleared until"), null=True, blank=True)
    trained_until = models.DateField(_("trained until"), null=True, blank=True)
    insured_until = models.DateField(_("insured until"), null=True, blank=True)
    """Heeded where a community's rules demand them."""
    paused_until = models.DateTimeField(_("paused until"), null=True, blank=True)
    opted_out_at = models.DateTimeField(null=True, editable=False)
    weekly_cap = models.PositiveSmallIntegerField(
        _("offers a week at most"), null=True, blank=True, help_text=_("Empty: the community's own limit.")
    )
    notes = models.TextField(_("notes for staff"), blank=True, max_length=2000)
    joined_at = models.DateTimeField(default=now, editable=False)

    history = HistoricalRecords(excluded_fields=["search_words", "sort_key"])
    objects = VolunteerQuerySet.as_manager()

    class Meta:
        ordering = ["sort_key", "pk"]
        constraints = [models.UniqueConstraint(fields=["phone", "name"], name="volunteer_once")]
        indexes = [
            models.Index(fields=["community", "sort_key", "id", "status"], name="volunteer_listed"),
            CoveringIndex(
                fields=["lat", "lng"], name="volunteer_near", condition=Q(status="active"), covers=ASKED_OF_NEIGHBOURS
            ),
        ]
        verbose_name = _("volunteer")
        verbose_name_plural = _("volunteers")

    def is_same_person_as(self, user: User) -> bool:
        """Whether this member of staff is the volunteer.

        Accounts carry no phone, so a name that is the same is enough: of two who share one, the other is kept away from
        what is about the first, too, and a colleague sees to it.
        """
        return _plain(self.name) == _plain(user.name)

    def __str__(self) -> str:
        return self.name

    @property
    def known_as(self) -> str:
        return known_as(self.name)

    @property
    def week(self) -> Week:
        return Week(*_FREE(self))

    @week.setter
    def week(self, week: Week) -> None:
        for day, mask in zip(DAYS, week, strict=True):
            setattr(self, f"free_{day}", mask)

    def set_week(self, week: Week) -> None:
        """Write when they are free from now on, and nothing else of the row."""
        self.week = week
        self.save(update_fields=[f"free_{day}" for day in DAYS])


class VolunteerLinkQuerySet(SecretLinkQuerySet["VolunteerLink"]):
    def open(self, at: datetime) -> Self:
        """Neither revoked nor expired; whether its volunteer may enter is another question."""
        return super().open(at).filter(expires_at__gt=at)


class VolunteerLink(SecretLink):
    """A secret link to a volunteer's own page, with the same powers as texts from their phone."""

    # A month unused, and nobody knows any more who holds the phone: a volunteer who helps now and then keeps the page,
    # one who has drifted away asks for a new link by text. What is done on the page renews it; looking does not,
    # because opening a link must change nothing (the previews of messengers open links, too).
    LIVES_UNUSED = timedelta(days=30)

    volunteer = models.ForeignKey(Volunteer, models.CASCADE, related_name="links")
    expires_at = models.DateTimeField()

    objects = VolunteerLinkQuerySet.as_manager()

    @classmethod
    def issue(cls, volunteer: Volunteer) -> tuple[VolunteerLink, str]:
        """Make a link; its secret is returned this once."""
        secret = cls.new_secret()
        link = cls.objects.create(
            volunteer=volunteer, digest=cls.digest_of(secret), expires_at=now() + cls.LIVES_UNUSED
        )
        return link, secret

    def is_valid(self) -> bool:
        """Not revoked, not expired, and the volunteer may help: who is suspended or has left finds it closed."""
        return self.revoked_at is None and now() < self.expires_at and self.volunteer.status == Volunteer.Status.ACTIVE

    def renew(self) -> None:
        """Count the time from now on."""
        VolunteerLink.objects.open(now()).filter(pk=self.pk).update(expires_at=now() + self.LIVES_UNUSED)
