"""Elders and their families."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import models
from django.db.models import Case, Q, Value, When
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext, pgettext_lazy
from simple_history.models import HistoricalRecords

from linzhu.communities.clock import now
from linzhu.communities.fields import ChoiceSetField
from linzhu.communities.models import LATITUDE, LONGITUDE, Community, Place, ScopedQuerySet, User
from linzhu.communities.people import Gender, Language, TellBy
from linzhu.communities.search_field import SearchWordsField
from linzhu.communities.sort_key import SortKeyField


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


class ElderState(models.TextChoices):
    """Whether somebody can be helped at home. Moved by ``requests.elder_state`` alone."""

    ACTIVE = "active", pgettext_lazy("of an elder", "at home")
    AWAY = "away", _("away")
    MOVED = "moved", _("moved away")
    DIED = "died", _("has died")
    ERASED = "erased", _("data erased")


GONE_STATES = (ElderState.MOVED, ElderState.DIED, ElderState.ERASED)


class ElderQuerySet(ScopedQuerySet):
    def visible_to(self, user: User, *, few: bool = False) -> Any:
        """As everywhere; whose data were erased is seen by nobody any more."""
        return super().visible_to(user, few=few).exclude(state=ElderState.ERASED)

    def here(self) -> ElderQuerySet:
        """Who lives here, though they may be away for a while."""
        return self.exclude(state__in=GONE_STATES)

    def gone(self) -> ElderQuerySet:
        """Who has moved away or has died."""
        return self.filter(state__in=GONE_STATES)

    def here_first(self) -> ElderQuerySet:
        """By name, but whoever can be helped now before who is away, and those before who is gone."""
        rank = [When(state=state, then=Value(number)) for number, state in enumerate(ElderState)]
        return self.order_by(Case(*rank), "sort_key", "pk")

    def back_by(self, today: date) -> ElderQuerySet:
        """Who was to be away until a day that has passed."""
        return self.filter(state=ElderState.AWAY, away_until__lt=today)

    def meant_by(self, text: str) -> ElderQuerySet:
        """Elders whom a typed name or some digits may mean: their own, or those of their family's phones."""
        if not any(char.isdigit() for char in text):
            return self.filter(search_words__find=text)
        # Two look-ups put together: an OR over two tables would read both from end to end.
        own = Elder.objects.filter(search_words__find=text).order_by().values("pk")
        family = FamilyContact.objects.filter(search_words__find=text).values("elder")
        return self.filter(pk__among=own.union(family))


class Elder(models.Model):
    """A person who is helped. The phone may be a landline; nothing else is assumed."""

    community = models.ForeignKey(Community, models.PROTECT, related_name="elders", verbose_name=_("community"))
    name = models.CharField(pgettext_lazy("of a person", "name"), max_length=80)
    search_words = SearchWordsField()
    sort_key = SortKeyField()
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
    state = models.CharField(_("state"), max_length=8, choices=ElderState, default=ElderState.ACTIVE, editable=False)
    state_at = models.DateTimeField(default=now, editable=False)
    away_until = models.DateField(_("away until"), null=True, editable=False)
    """The last day away; null: nobody knows yet, or not away."""
    created_at = models.DateTimeField(default=now, editable=False)

    history = HistoricalRecords(excluded_fields=["search_words", "sort_key", "state_at"])
    objects = ElderQuerySet.as_manager()

    class Meta:
        ordering = ["sort_key", "pk"]
        indexes = [
            models.Index(fields=["community", "sort_key", "id", "state"], name="elder_listed"),
            models.Index(fields=["away_until"], name="elder_away", condition=Q(state="away")),
        ]
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

    @property
    def is_active(self) -> bool:
        """At home, as far as we know: can be helped, called and asked."""
        return self.state == ElderState.ACTIVE

    @property
    def is_gone(self) -> bool:
        return self.state in GONE_STATES

    def is_absent_on(self, day: date) -> bool:
        """Whether nobody is at home on that local day."""
        if self.state == ElderState.AWAY:
            return self.away_until is None or day <= self.away_until
        return self.is_gone

    @property
    def knows_english_only(self) -> bool:
        return self.languages == {Language.ENGLISH}

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
    search_words = SearchWordsField(source="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["elder", "phone"], name="family_contact_once")]

    def __str__(self) -> str:
        named = {"name": self.name, "relation": self.relation}
        return pgettext("family contact", "%(name)s (%(relation)s)") % named if self.relation else self.name
