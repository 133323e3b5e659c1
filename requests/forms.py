"""Forms for elders and their family contacts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from linzhu.communities.access import home_community
from linzhu.communities.clock import now
from linzhu.communities.models import Community, Place, User
from linzhu.communities.people import Gender
from linzhu.communities.phones import PhoneField, parse_phone, show_phone
from linzhu.communities.rules import rules_of
from linzhu.communities.versions import BothVersions
from linzhu.requests.consents import allows
from linzhu.requests.models import Consent, Elder, FamilyContact

NOT_SAID = "–"
ABOUT_HEALTH = ("needs", "notes")


class ElderForm(BothVersions, forms.ModelForm):
    """An elder, as staff of some communities may write them down."""

    stored_in = {"phone": ("phone", "phone_ext")}
    written_too = ("lat", "lng")

    phone = PhoneField(
        label=_("Phone"), required=False, help_text=_("Mobile or landline with area code; an extension may follow.")
    )

    class Meta:
        model = Elder
        fields = [
            "name", "phone", "birth_year", "gender", "community", "place", "address",
            "groups", "needs", "languages", "tell_by", "notes",
        ]  # fmt: skip
        help_texts = {
            "address": _("Building, door, how to get in. Only who says yes will see it."),
            "place": _("The compound or building; an offer names only the compound."),
            "notes": _("Only staff read this."),
        }
        widgets = {
            "notes": forms.Textarea(attrs={"rows": 3}),
            "birth_year": forms.NumberInput(attrs={"inputmode": "numeric", "placeholder": "1942"}),
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose_within(self, user)
        if not _is_agreed(self.instance, Consent.Kind.HEALTH, user):
            for name in ABOUT_HEALTH:
                del self.fields[name]
        self.fields["name"].widget.attrs["autocomplete"] = "off"
        if self.instance.phone:
            self.initial["phone"] = show_phone(self.instance.phone, self.instance.phone_ext)

    def clean_birth_year(self) -> int | None:
        year: int | None = self.cleaned_data["birth_year"]
        if year is not None and not now().year - 120 <= year <= now().year - 18:
            raise forms.ValidationError(_("Please give the year with four digits, such as 1942."))
        return year

    def clean_phone(self) -> str:
        e164: str = self.cleaned_data["phone"]
        self.instance.phone_ext = parse_phone(self.data[self.add_prefix("phone")]).ext if e164 else ""
        return e164

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        place_belongs(cleaned, self)
        return cleaned

    def save(self, commit: bool = True) -> Elder:
        if "place" in self.changed_data and self.instance.place:
            # Coordinates of their own, from an import, would still show the old home.
            self.instance.lat = self.instance.lng = None
        self.claim()
        return super().save(commit)  # type: ignore[no-any-return]


class FamilyContactForm(BothVersions, forms.ModelForm):
    phone = PhoneField(label=_("Phone"))

    class Meta:
        model = FamilyContact
        fields = ["name", "relation", "phone", "gets_texts", "may_act"]
        widgets = {"relation": forms.TextInput(attrs={"placeholder": _("daughter, neighbour …")})}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        raw = self.data.get(self.add_prefix("phone"), "")
        if "gets_texts" not in self.fields and not self.instance.pk and cleaned.get("phone"):
            self.instance.gets_texts = parse_phone(raw).mobile  # once the elder agrees
        if cleaned.get("gets_texts") and cleaned.get("phone") and not parse_phone(raw).mobile:
            self.add_error("phone", self.fields["phone"].error_messages["landline"])
        return cleaned

    def save(self, commit: bool = True) -> FamilyContact:
        self.claim()
        return super().save(commit)  # type: ignore[no-any-return]


class _FamilyFormSet(forms.BaseInlineFormSet):
    """Without the elder's consent to share with the family, nobody is asked whether they get texts."""

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.shares = _is_agreed(self.instance, Consent.Kind.FAMILY, user)

    def add_fields(self, form: forms.ModelForm, index: int | None) -> None:
        super().add_fields(form, index)
        if not self.shares:
            del form.fields["gets_texts"]


FamilyFormSet = forms.inlineformset_factory(
    Elder, FamilyContact, form=FamilyContactForm, formset=_FamilyFormSet, extra=1, max_num=10, validate_max=True
)


def _is_agreed(elder: Elder, kind: Consent.Kind, user: User) -> bool:
    """Whether the elder has agreed; for one who is not written down yet, whether the office asks for it first."""
    if elder.pk:
        return allows(elder, kind)
    home = home_community(user)
    return home is None or not rules_of(home).needs_consent


def choose_within(form: forms.ModelForm, user: User) -> None:
    """Offer only communities and places that the user works for, and choose for them where there is no choice."""
    communities = Community.objects.visible_to(user)
    form.fields["community"].queryset = communities  # type: ignore[attr-defined]
    form.fields["place"].empty_label = NOT_SAID  # type: ignore[attr-defined]
    form.fields["gender"].choices = [("", NOT_SAID), *Gender.choices]  # type: ignore[attr-defined]
    form.fields["place"].queryset = Place.objects.visible_to(user).select_related("parent", "community")  # type: ignore[attr-defined]
    if form.instance.pk is None and not form.is_bound and "community" not in form.initial:
        form.initial["community"] = communities.filter(kind=Community.Kind.COMMUNITY).first() or communities.first()


def place_belongs(cleaned: dict[str, Any], form: forms.ModelForm) -> None:
    """Refuse a place that is neither of the person's community nor of one above it: the wrong map."""
    place, community = cleaned.get("place"), cleaned.get("community")
    if place and community and not community.path.startswith(place.community.path):
        form.add_error("place", _("This place belongs to another community."))
