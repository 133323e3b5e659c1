"""The form for a place of the gazetteer."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from linzhu.communities.models import Community, Place, User


class PlaceForm(forms.ModelForm):
    """A compound, or a building in it: two levels, because an offer may name the compound but not the building."""

    class Meta:
        model = Place
        fields = ["name", "kind", "parent", "community", "lat", "lng"]
        labels = {"parent": _("Lies within"), "community": _("Community")}
        help_texts = {
            "parent": _("The compound of a building. Offers name the compound only."),
            "lat": _("WGS-84, for example 39.12000. Positions copied from AMap or Baidu are some hundred metres off."),
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        led = Community.objects.led_by(user)
        compounds = Place.objects.filter(community__in=led, parent=None).exclude(pk=self.instance.pk)
        self.fields["community"].queryset = led  # type: ignore[attr-defined]
        self.fields["parent"].queryset = compounds  # type: ignore[attr-defined]
        self.fields["parent"].empty_label = _("nothing else")  # type: ignore[attr-defined]
        only = list(led[:2])
        if len(only) == 1:
            self.fields["community"].initial = only[0]

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        parent, community = values.get("parent"), values.get("community")
        if parent and community and parent.community_id != community.pk:
            self.add_error("parent", _("That compound belongs to another community."))
        if parent and self.instance.pk and self.instance.children.exists():
            self.add_error("parent", _("This place has buildings of its own, so it cannot lie within another."))
        if values.get("lat") == values.get("lng") == 0:
            self.add_error("lat", _("0, 0 lies in the ocean."))
        return values
