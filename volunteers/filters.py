"""Who of the volunteers: by name or phone, by what they do, by whether they can be asked today."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import django_filters
from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from linzhu.communities.clock import now
from linzhu.communities.models import Community, User
from linzhu.communities.people import Skill
from linzhu.volunteers.availability import DAYS
from linzhu.volunteers.models import Volunteer, VolunteerQuerySet

RUNS_OUT_WITHIN = timedelta(days=30)
"""So long before it runs out, staff find it in the list."""
STATES = [
    ("today", _("free today")),
    ("paused", _("taking a pause")),
    ("uncleared", _("not cleared, or expired")),
    ("runs-out", _("clearance, training or insurance runs out")),
    ("suspended", _("suspended")),
    ("left", _("left")),
    ("opted-out", _("wants no texts")),
]


class VolunteerFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="by_person", label=_("Search"))
    skill = django_filters.ChoiceFilter(
        field_name="skills", lookup_expr="has", choices=Skill.choices, label=_("Skill"), empty_label=_("any skill")
    )
    state = django_filters.ChoiceFilter(
        method="by_state", choices=STATES, label=_("State"), empty_label=_("anybody")
    )  # fmt: skip
    community = django_filters.ModelChoiceFilter(
        queryset=Community.objects.none(), method="by_community", label=_("Community"), empty_label=_("everywhere")
    )

    class Meta:
        model = Volunteer
        fields: list[str] = []

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.form.fields["community"].queryset = Community.objects.visible_to(user)
        self.form.fields["q"].widget = forms.TextInput(
            attrs={
                "type": "search",
                "data-key": "/",
                "autocomplete": "off",
                "placeholder": _("Name, pinyin, or digits of the phone"),
            }
        )

    def by_person(self, volunteers: VolunteerQuerySet, name: str, text: str) -> VolunteerQuerySet:
        return volunteers.meant_by(text)

    def by_community(self, volunteers: VolunteerQuerySet, name: str, community: Community) -> VolunteerQuerySet:
        return volunteers.in_subtree(community)  # type: ignore[no-any-return]

    def by_state(self, volunteers: VolunteerQuerySet, name: str, state: str) -> VolunteerQuerySet:
        today = timezone.localdate()
        within = (today, today + RUNS_OUT_WITHIN)
        if state == "today":
            return volunteers.askable(now(), today).exclude(**{f"free_{DAYS[today.weekday()]}": 0})
        return volunteers.filter(
            {
                "paused": Q(paused_until__gt=now()),
                "uncleared": Q(cleared_until=None) | Q(cleared_until__lt=today),
                "runs-out": ~Q(status=Volunteer.Status.LEFT)
                & (Q(cleared_until__range=within) | Q(trained_until__range=within) | Q(insured_until__range=within)),
                "suspended": Q(status=Volunteer.Status.SUSPENDED),
                "left": Q(status=Volunteer.Status.LEFT),
                "opted-out": Q(opted_out_at__isnull=False),
            }[state]
        )
