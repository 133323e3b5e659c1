"""The form for a volunteer."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from linzhu.communities.access import may
from linzhu.communities.clock import now
from linzhu.communities.models import Community, Place, Role, User
from linzhu.communities.people import Gender, TextLanguage
from linzhu.communities.phones import PhoneField
from linzhu.communities.versions import BothVersions
from linzhu.volunteers.availability import DAYS, Week
from linzhu.volunteers.availability_text import read_week, show_week
from linzhu.volunteers.models import Volunteer
from linzhu.volunteers.week_form import HOURS, NO_TIME, HoursWidget, Row, calendar_of, choices_of, ticks_of, week_from

NOT_SAID = "–"
FREE = tuple(f"free_{day}" for day in DAYS)
WRITTEN_BESIDE = ("search_words", "sort_key", "lat", "lng", *FREE)
CLEARANCE_FIELDS = ("clearance", "cleared_until", "trained_until", "insured_until")


class VolunteerForm(BothVersions, forms.ModelForm):
    """A volunteer, as staff of some communities may write them down. Status moves elsewhere (lifecycle.py)."""

    stored_in = {"free": FREE, "week": FREE}
    written_too = ("lat", "lng")

    phone = PhoneField(label=_("Mobile phone"), mobile=True, help_text=_("Offers come here as texts."))
    text_language = forms.ChoiceField(label=_("Texts in"), choices=TextLanguage)
    free = forms.MultipleChoiceField(
        label=_("When they are free"), required=False, choices=choices_of(HOURS), widget=HoursWidget
    )
    week = forms.CharField(
        label=_("In words"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Such as: Mon-Fri 18:00-21:00; Sat 09:00-12:00, 14:00-18:00."),
    )

    class Meta:
        model = Volunteer
        fields = [
            "name", "phone", "gender", "text_language", "community", "place", "reach_m", "skills", "languages",
            "has_vehicle", "clearance", "cleared_until", "trained_until", "insured_until", "weekly_cap", "notes",
        ]  # fmt: skip
        widgets = {
            name: forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            for name in ("cleared_until", "trained_until", "insured_until")
        } | {
            "notes": forms.Textarea(attrs={"rows": 3}),
        }
        help_texts = {
            "cleared_until": _("Empty: not cleared yet, so not asked."),
            "trained_until": _("Heeded where the community's rules demand training."),
            "insured_until": _("Heeded where the community's rules demand insurance."),
            "notes": _("Only staff read this."),
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        communities = Community.objects.visible_to(user)
        self.fields["community"].queryset = communities  # type: ignore[attr-defined]
        self.fields["place"].empty_label = NOT_SAID  # type: ignore[attr-defined]
        self.fields["gender"].choices = [("", NOT_SAID), *Gender.choices]  # type: ignore[attr-defined]
        self.fields["place"].queryset = Place.objects.visible_to(user).select_related("parent", "community")  # type: ignore[attr-defined]
        self.before = self.instance.week
        self.initial["free"] = ticks_of(self.before, HOURS)
        self.initial["week"] = show_week(self.before)
        if not self.instance.pk:
            lowest = communities.filter(kind=Community.Kind.COMMUNITY).first() or communities.first()
            self.initial.setdefault("community", lowest)
        if not may(user, Role.LEADS, self.instance.community if self.instance.pk else None):
            for name in CLEARANCE_FIELDS:
                self.fields[name].disabled = True
                self.fields[name].help_text = _("Only the community lead changes this.")

    def calendar(self) -> list[Row]:
        """The boxes of the week, as they were sent or are stored."""
        return calendar_of(self.before, self["free"].value() or ())

    def clean_week(self) -> Week | None:
        """Words that were changed go before boxes; None where nobody has written anything."""
        text = self.cleaned_data["week"].strip()
        if not text or text == self.initial["week"]:
            return None
        try:
            return read_week(text)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from None

    def _clean_hours(self, cleaned: dict[str, Any]) -> None:
        drawn = "free" in self.data and "free" in cleaned
        ticked = week_from(self.before, cleaned["free"], HOURS) if drawn else self.before
        self.chosen: Week = cleaned.get("week") or ticked
        if not any(self.chosen) and any(self.before):
            self.add_error("free", NO_TIME)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self._clean_hours(cleaned)
        place, community = cleaned.get("place"), cleaned.get("community")
        if place and community and not community.path.startswith(place.community.path):
            self.add_error("place", _("This place belongs to another community."))
        cleared = any(name in self.changed_data for name in CLEARANCE_FIELDS)
        if cleared and community and not may(self.user, Role.LEADS, community):
            self.add_error("cleared_until", _("Only the community lead changes this."))
        return cleaned

    def save(self, commit: bool = True) -> Volunteer:
        self.instance.week = self.chosen
        self._put_on_the_map()
        if not commit or self.instance.pk is None:
            return super().save(commit)  # type: ignore[no-any-return]
        self.claim()
        # Only what the form shows: a suspension or an opt-out of this very moment must not be written over.
        self.instance.save(update_fields=[*self.Meta.fields, *WRITTEN_BESIDE])
        if self.instance.phone != self.initial["phone"]:
            # Texts from the old number count for nothing any more, and neither does a link that was sent there.
            self.instance.links.all().revoke()
        return self.instance  # type: ignore[no-any-return]

    def _put_on_the_map(self) -> None:
        """Matching asks for the volunteer's own coordinates: those of a newly chosen place, or the community's."""
        source = self.instance.place if "place" in self.changed_data else None
        if source is None and self.instance.lat is None:
            source = self.instance.place or self.instance.community
        if source is not None:
            self.instance.lat, self.instance.lng = source.lat, source.lng


class PauseForm(forms.Form):
    """Until when a volunteer takes a pause: the whole of that day included."""

    until = forms.DateField(
        label=_("Until, that day included"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def clean_until(self) -> date:
        until: date = self.cleaned_data["until"]
        if until < timezone.localdate(now()):
            raise forms.ValidationError(_("This day has passed."))
        return until
