"""The form for a volunteer."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from linzhu.communities.access import may
from linzhu.communities.clock import now
from linzhu.communities.models import Community, Place, Role, User
from linzhu.communities.people import Gender
from linzhu.communities.phones import PhoneField
from linzhu.volunteers.availability import DAYS, DAYTIME, Week
from linzhu.volunteers.availability_text import read_week, show_week
from linzhu.volunteers.models import Volunteer

NOT_SAID = "–"
WRITTEN_BESIDE = ("search_key", "lat", "lng", *(f"free_{day}" for day in DAYS))
CLEARANCE_FIELDS = ("clearance", "cleared_until")


class VolunteerForm(forms.ModelForm):
    """A volunteer, as staff of some communities may write them down. Status moves elsewhere (lifecycle.py)."""

    phone = PhoneField(label=_("Mobile phone"), mobile=True, help_text=_("Offers come here as texts."))
    text_language = forms.ChoiceField(label=_("Texts in"), choices=settings.LANGUAGES)
    week = forms.CharField(
        label=_("Free"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Such as: Mon-Fri 18:00-21:00; Sat 09:00-12:00, 14:00-18:00. Empty: every day from 8 to 20."),
    )

    class Meta:
        model = Volunteer
        fields = [
            "name", "phone", "gender", "text_language", "community", "place", "reach_m", "skills", "languages",
            "has_vehicle", "clearance", "cleared_until", "weekly_cap", "notes",
        ]  # fmt: skip
        widgets = {
            "cleared_until": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "notes": forms.Textarea(attrs={"rows": 3}),
        }
        help_texts = {
            "cleared_until": _("Empty: not cleared yet, so not asked."),
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
        if self.instance.pk:
            self.initial["week"] = show_week(self.instance.week)
        else:
            lowest = communities.filter(kind=Community.Kind.COMMUNITY).first() or communities.first()
            self.initial.setdefault("community", lowest)
        if not may(user, Role.LEADS, self.instance.community if self.instance.pk else None):
            for name in CLEARANCE_FIELDS:
                self.fields[name].disabled = True
                self.fields[name].help_text = _("Only the community lead changes this.")

    def clean_week(self) -> Week:
        text = self.cleaned_data["week"].strip()
        try:
            return read_week(text) if text else DAYTIME
        except ValueError as error:
            raise forms.ValidationError(str(error)) from None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        place, community = cleaned.get("place"), cleaned.get("community")
        if place and community and not community.path.startswith(place.community.path):
            self.add_error("place", _("This place belongs to another community."))
        cleared = any(name in self.changed_data for name in CLEARANCE_FIELDS)
        if cleared and community and not may(self.user, Role.LEADS, community):
            self.add_error("cleared_until", _("Only the community lead changes this."))
        return cleaned

    def save(self, commit: bool = True) -> Volunteer:
        self.instance.week = self.cleaned_data["week"]
        self._put_on_the_map()
        if not commit or self.instance.pk is None:
            return super().save(commit)  # type: ignore[no-any-return]
        # Only what the form shows: a suspension or an opt-out of this very moment must not be written over.
        self.instance.save(update_fields=[*self.Meta.fields, *WRITTEN_BESIDE])
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
