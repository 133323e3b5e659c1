"""The form that declares an emergency, and the two confirmations before anything is sent."""

from __future__ import annotations

import secrets
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from linzhu.communities.models import Community, Place, Role, User
from linzhu.dispatch.emergency.area import Area, Circle
from linzhu.dispatch.models import Emergency
from linzhu.dispatch.reasons import show_distance
from linzhu.requests.models import PriorityGroup

RADII_M = (300, 500, 1000, 2000, 5000)
BELOW, AROUND = "below", "around"
WHERE = [(BELOW, gettext_lazy("in whole communities")), (AROUND, gettext_lazy("around a point"))]
NAMED = 3


class EmergencyForm(forms.Form):
    """What has happened, where, and whom it concerns."""

    key = forms.CharField(max_length=64, widget=forms.HiddenInput)
    kind = forms.ChoiceField(label=gettext_lazy("What has happened?"), choices=Emergency.Kind, widget=forms.RadioSelect)
    drill = forms.BooleanField(
        label=gettext_lazy("This is a drill"),
        help_text=gettext_lazy("Every text says so, nobody is sent to a door, and it is counted apart."),
        required=False,
    )
    where = forms.ChoiceField(label=gettext_lazy("Where?"), choices=WHERE, initial=BELOW, widget=forms.RadioSelect)
    nodes = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Communities, with everything below them"),
        queryset=Community.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    place = forms.ModelChoiceField(
        label=gettext_lazy("Around this place"), queryset=Place.objects.none(), required=False, empty_label="–"
    )
    lat = forms.FloatField(label=gettext_lazy("or this latitude"), min_value=-90, max_value=90, required=False)
    lng = forms.FloatField(label=gettext_lazy("and longitude"), min_value=-180, max_value=180, required=False)
    radius_m = forms.TypedChoiceField(
        label=gettext_lazy("As far as"), coerce=int, choices=[(m, str(m)) for m in RADII_M], initial=500
    )
    groups = forms.MultipleChoiceField(
        label=gettext_lazy("Which elders?"),
        help_text=gettext_lazy("None of them: every elder who lives there."),
        choices=PriorityGroup,
        initial=list(PriorityGroup.values),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    call_up = forms.BooleanField(
        label=gettext_lazy("Ask the volunteers in reach whether they can help today"), initial=True, required=False
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        mine = Community.objects.dispatched_by(user)
        self.fields["nodes"].queryset = mine  # type: ignore[attr-defined]
        places = Place.objects.filter(community__in=mine, parent=None).select_related("parent")
        self.fields["place"].queryset = places  # type: ignore[attr-defined]
        self.fields["radius_m"].choices = [(m, show_distance(m)) for m in RADII_M]  # type: ignore[attr-defined]
        if not self.is_bound:
            self.initial["key"] = secrets.token_urlsafe(24)
            only = list(mine[:2])
            self.initial["nodes"] = [only[0].pk] if len(only) == 1 else []

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if values.get("where") == BELOW and not values.get("nodes"):
            self.add_error("nodes", _("Please choose at least one."))
        if values.get("where") == AROUND and not values.get("place") and None in (values.get("lat"), values.get("lng")):
            self.add_error("place", _("Please choose a place, or a point on the map."))
        return values

    def area(self) -> Area:
        """Return the area of a valid form."""
        values, groups = self.cleaned_data, frozenset(self.cleaned_data["groups"])
        if values["where"] == BELOW:
            nodes = list(values["nodes"])
            return Area(nodes, groups, name=_named([node.name for node in nodes]))
        place: Place | None = values["place"]
        lat, lng = (values["lat"], values["lng"]) if values["lat"] is not None else (place.lat, place.lng)  # type: ignore[union-attr]
        circle = Circle(lat, lng, values["radius_m"])
        around = place.name if place and values["lat"] is None else _("a point on the map")
        name = _("%(metres)s around %(place)s") % {"metres": show_distance(circle.radius_m), "place": around}
        return Area(_reach_of(self.user), groups, circle, name=name)

    def declares(self) -> dict[str, Any]:
        """Return the rest of what is declared."""
        return {name: self.cleaned_data[name] for name in ("kind", "drill", "call_up")}


def _named(names: list[str]) -> str:
    shown = pgettext("list", ", ").join(names[:NAMED])
    more = len(names) - NAMED
    return _("%(names)s and %(n)d more") % {"names": shown, "n": more} if more > 0 else shown


def _reach_of(user: User) -> list[Community]:
    """Where this user may dispatch: the nodes of their roles, which hold everything below."""
    return list(Community.objects.filter(roles__user=user, roles__kind__in=Role.DISPATCHES).distinct())


class ConfirmForm(forms.Form):
    """Two confirmations: that it was read, and how many will be asked, typed by hand."""

    read = forms.BooleanField(label=gettext_lazy("I have read what will be sent, and to how many"))
    number = forms.IntegerField(
        label=gettext_lazy("Type the number of elders to confirm"),
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, elders: int = 0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.elders = elders

    def clean_number(self) -> int:
        number: int = self.cleaned_data["number"]
        if number != self.elders:
            raise forms.ValidationError(_("That is not the number above. Please read it again."))
        return number
