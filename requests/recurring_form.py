"""The form of a recurring request: simple choices, from which the recurrence rule is written."""

from __future__ import annotations

from datetime import time, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from linzhu.communities.clock import now
from linzhu.communities.people import Gender, Language
from linzhu.communities.rules import rules_of
from linzhu.communities.versions import BothVersions
from linzhu.requests.catalogue import SERVICES
from linzhu.requests.models import Elder, HelpRequest, RecurringRequest
from linzhu.requests.recurrence import DAYS, LAST, MONTH_DAYS, NTH_LABELS, RAREST, Kind, Pattern
from linzhu.requests.windows import SHORTEST, custom

ANY = ("", _("anybody"))
LEADS = [
    ("", _("as is usual for the service")),
    (3, _("3 hours")),
    (12, _("12 hours")),
    (24, _("1 day")),
    (48, _("2 days")),
    (72, _("3 days")),
    (168, _("1 week")),
    (336, _("2 weeks")),
]
_WEEKDAYS = [(day, WEEKDAYS[number]) for number, day in enumerate(DAYS)]
_MONTH_DAYS = [(day, _("last day") if day == LAST else str(day)) for day in MONTH_DAYS]


class RecurringForm(BothVersions, forms.ModelForm):
    """What comes back, when, and what it needs."""

    stored_in = {
        **dict.fromkeys(("kind", "every", "weekdays", "month_day", "nth", "weekday"), ("rrule",)),
        "cash_limit": ("cash_limit_fen",),
    }
    written_too = ("paused_until", "ended_at")

    kind = forms.ChoiceField(label=_("Comes back"), choices=Kind, widget=forms.RadioSelect)
    every = forms.IntegerField(
        label=_("Every"), min_value=1, max_value=RAREST, initial=1,
        help_text=_("Weeks or months: 1 is each one, 2 every second."),
    )  # fmt: skip
    weekdays = forms.MultipleChoiceField(
        label=_("On"), choices=_WEEKDAYS, required=False, widget=forms.CheckboxSelectMultiple
    )
    month_day = forms.TypedChoiceField(label=_("Day of the month"), choices=_MONTH_DAYS, coerce=int)
    nth = forms.TypedChoiceField(label=_("Which of the month"), choices=list(NTH_LABELS.items()), coerce=int)
    weekday = forms.ChoiceField(label=_("Weekday"), choices=_WEEKDAYS)
    lead_hours = forms.TypedChoiceField(
        label=_("Opens ahead"), choices=LEADS, coerce=int, empty_value=None, required=False,
        help_text=_("So long before, neighbours are asked."),
    )  # fmt: skip
    cash_limit = forms.DecimalField(
        label=_("Cash limit (yuan)"), required=False, min_value=0, max_value=100_000, decimal_places=2,
        help_text=_("Agreed with the elder; at most this much is spent."),
    )  # fmt: skip

    class Meta:
        model = RecurringRequest
        fields = [
            "service_code", "begins", "finishes", "starts_on", "ends_on", "lead_hours", "skip_holidays",
            "same_volunteer", "details", "needs_vehicle", "needs_gender", "needs_language",
        ]  # fmt: skip
        labels = {"service_code": _("What is needed"), "needs_vehicle": pgettext_lazy("need", "With a car")}
        help_texts = {"details": _("The volunteer reads this only after saying yes.")}
        widgets = {
            "begins": forms.TimeInput({"type": "time"}, format="%H:%M"),
            "finishes": forms.TimeInput({"type": "time"}, format="%H:%M"),
            "starts_on": forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
            "ends_on": forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
            "details": forms.Textarea({"rows": 3}),
        }

    def __init__(self, *args: Any, elder: Elder, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.elder = elder
        self.fields["needs_gender"].choices = [ANY, *Gender.choices]  # type: ignore[attr-defined]
        self.fields["needs_language"].choices = [ANY, *Language.choices]  # type: ignore[attr-defined]
        # What is usual gives way to what the caller has filled in.
        self.initial = (
            {**self.initial, **self._as_it_is()} if self.instance.pk else {**self._as_is_usual(elder), **self.initial}
        )

    def _as_it_is(self) -> dict[str, Any]:
        pattern, fen = self.instance.pattern, self.instance.cash_limit_fen
        return {
            "kind": pattern.kind,
            "every": pattern.every,
            "weekdays": list(pattern.weekdays) if pattern.kind == Kind.WEEKLY else [],
            "weekday": pattern.weekdays[0] if pattern.weekdays else DAYS[0],
            "month_day": pattern.month_day,
            "nth": pattern.nth,
            "cash_limit": None if fen is None else Decimal(fen) / 100,
        }

    @staticmethod
    def _as_is_usual(elder: Elder) -> dict[str, Any]:
        rules = rules_of(elder.community)
        return {
            "kind": Kind.WEEKLY,
            "cash_limit": Decimal(rules.cash_limit_fen) / 100,
            "skip_holidays": rules.skip_holidays,
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self._check_window(cleaned)
        starts_on, ends_on = cleaned.get("starts_on"), cleaned.get("ends_on")
        if starts_on and ends_on and ends_on < starts_on:
            self.add_error("ends_on", _("This is before the first day."))
        if cleaned.get("kind") == Kind.WEEKLY and not cleaned.get("weekdays"):
            self.add_error("weekdays", _("On which days of the week?"))
        if not self.errors:
            self.instance.rrule = self._pattern(cleaned).to_rrule()
            self.instance.cash_limit_fen = self._cash_limit_fen(cleaned)
        return cleaned

    def _check_window(self, cleaned: dict[str, Any]) -> None:
        day, begins, finishes = cleaned.get("starts_on"), cleaned.get("begins"), cleaned.get("finishes")
        if day is None or begins is None or finishes is None:
            return
        window = custom(day, begins, finishes)
        if finishes <= begins:
            self.add_error("finishes", _("This is before the beginning."))
        elif window.end - window.start < SHORTEST:
            self.add_error("finishes", _("Please leave at least half an hour."))

    @staticmethod
    def _pattern(cleaned: dict[str, Any]) -> Pattern:
        kind = cleaned["kind"]
        return Pattern(
            kind=kind,
            every=cleaned["every"],
            weekdays=tuple(cleaned["weekdays"]) if kind == Kind.WEEKLY else (cleaned["weekday"],),
            month_day=cleaned["month_day"],
            nth=cleaned["nth"],
        )

    @staticmethod
    def _cash_limit_fen(cleaned: dict[str, Any]) -> int | None:
        limit = cleaned["cash_limit"] if SERVICES[cleaned["service_code"]].cash else None
        return None if limit is None else int(limit * 100)


def as_in(help_request: HelpRequest) -> dict[str, Any]:
    """Return how a form begins that repeats this help request: every week, on its weekday, at its time of day.

    The first day is the one after it, so that its own date is not asked for twice.
    """
    begin, finish = timezone.localtime(help_request.window_start), timezone.localtime(help_request.window_end)
    day, fen = begin.date(), help_request.cash_limit_fen
    limit = {} if fen is None else {"cash_limit": Decimal(fen) / 100}
    return {
        "service_code": help_request.service_code,
        "kind": Kind.WEEKLY,
        "weekdays": [DAYS[day.weekday()]],
        "weekday": DAYS[day.weekday()],
        "month_day": day.day if day.day in MONTH_DAYS else LAST,
        "nth": nth if (nth := (day.day - 1) // 7 + 1) in NTH_LABELS else LAST,
        "begins": begin.time(),
        "finishes": finish.time() if finish.date() == day else time(23, 59),
        "starts_on": max(timezone.localdate(now()), day + timedelta(days=1)),
        "details": help_request.details,
        "needs_vehicle": help_request.needs_vehicle,
        "needs_gender": help_request.needs_gender,
        "needs_language": help_request.needs_language,
        **limit,
    }


class PauseForm(forms.Form):
    """Until when there is no help. At most a year: what never comes back is ended, not paused."""

    until = forms.DateField(
        label=_("No help until and including"), widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: Any, today: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["until"].widget.attrs["min"] = today.isoformat()

    def clean_until(self) -> Any:
        until = self.cleaned_data["until"]
        if not 0 <= (until - self.today).days <= 366:
            raise forms.ValidationError(_("Please choose a day within the next year."))
        return until
