"""Finding help requests: by reference, elder's name or phone digits, status, kind of help and day."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from linzhu.communities.models import User
from linzhu.dispatch.board import LANE_OF
from linzhu.requests.catalogue import Code
from linzhu.requests.models import LIVE_STATUSES, REF_LENGTH, HelpRequest

_LANES = {
    "looking": _("looking"),
    "assigned": _("somebody comes"),
    "underway": _("at home"),
    "done": _("done"),
    "ended": _("cancelled or not met"),
}


class SearchForm(forms.Form):
    """Every field is a filter and may be empty."""

    q = forms.CharField(label=_("Find"), required=False, max_length=80)
    status = forms.ChoiceField(
        label=_("Status"), required=False, choices=[("", _("all")), ("live", _("in progress")), *_LANES.items()]
    )
    service = forms.ChoiceField(label=_("Service"), required=False, choices=[("", _("all")), *Code.choices])
    day = forms.DateField(label=_("For the day"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        box = {"type": "search", "data-key": "/", "autocomplete": "off"}
        self.fields["q"].widget.attrs.update({**box, "placeholder": _("reference, name, phone digits")})

    def results(self, user: User) -> QuerySet[HelpRequest]:
        """Return what fits, newest first. A filter that cannot be read (see ``errors``) filters nothing."""
        wanted = self.cleaned_data
        found: QuerySet[HelpRequest] = HelpRequest.objects.visible_to(user)
        if words := wanted.get("q", "").strip():
            found = found.filter(_matches(words))
        if status := wanted.get("status"):
            statuses = LIVE_STATUSES if status == "live" else [key for key, lane in LANE_OF.items() if lane == status]
            found = found.filter(status__in=statuses)
        if service := wanted.get("service"):
            found = found.filter(service_code=service)
        if day := wanted.get("day"):
            found = found.filter(window_start__range=_bounds(day))
        return found.select_related("elder", "community").order_by("-created_at", "-pk")


def _matches(words: str) -> Q:
    condition = Q(elder__search_words__find=words)
    if len(words) <= REF_LENGTH:
        condition |= Q(ref__startswith=words.upper())
    return condition


def _bounds(day: date) -> tuple[datetime, datetime]:
    """First and last moment of a local day."""
    begin = timezone.make_aware(datetime.combine(day, time.min))
    return begin, begin + timedelta(days=1) - timedelta(microseconds=1)
