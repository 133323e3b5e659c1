"""The intake form: one elder, one or several needs, one window for all of them unless a need has one of its own."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from linzhu.communities.access import home_community
from linzhu.communities.clock import now
from linzhu.communities.models import User
from linzhu.communities.people import Gender, Language, TellBy
from linzhu.communities.rules import Rules, rules_of
from linzhu.requests import windows
from linzhu.requests.catalogue import SERVICES, Code
from linzhu.requests.models import Elder, HelpRequest

CUSTOM = "custom"
GONE = _("Nothing can be logged for somebody who lives here no more.")
AS_SERVICE = ("", _("as the service needs"))
ANY = ("", _("anybody"))
OWN = ("details_", "when_")
"""How the names of those fields begin that belong to one service alone."""
_YES_NO = {True: "yes", False: "no"}


class IntakeForm(forms.Form):
    """What an intake worker writes while the elder is on the phone; validated, it has its ``window``.

    Each service may have words of its own (``details_<code>``) and, of the suggested windows, one of its own
    (``when_<code>``).
    """

    key = forms.UUIDField(widget=forms.HiddenInput)
    elder = forms.ModelChoiceField(
        Elder.objects.none(),
        label=_("Elder"),
        widget=forms.HiddenInput,
        error_messages={"required": _("Whom is this for? Please choose the elder.")},
    )
    tell_by = forms.ChoiceField(label=_("Is told by"), choices=TellBy, required=False)
    services = forms.MultipleChoiceField(
        label=_("What is needed"),
        choices=Code.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Please choose what is needed.")},
    )
    details = forms.CharField(
        label=_("Details"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3, "data-key": "d"}),
        help_text=_("The volunteer reads this only after saying yes."),
    )
    when = forms.CharField(label=_("When"), error_messages={"required": _("Please choose when.")})
    day = forms.DateField(label=_("Day"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))
    begin = forms.TimeField(label=_("From"), required=False, widget=forms.TimeInput({"type": "time"}, format="%H:%M"))
    finish = forms.TimeField(label=_("To"), required=False, widget=forms.TimeInput({"type": "time"}, format="%H:%M"))
    people = forms.TypedChoiceField(
        label=_("People"), required=False, coerce=int, empty_value=None,
        choices=[AS_SERVICE, (1, "1"), (2, "2"), (3, "3"), (4, "4")],
    )  # fmt: skip
    vehicle = forms.TypedChoiceField(
        label=pgettext_lazy("need", "Car"), required=False, coerce=lambda value: value == "yes", empty_value=None,
        choices=[AS_SERVICE, ("yes", _("with a car")), ("no", _("no car needed"))],
    )  # fmt: skip
    gender = forms.ChoiceField(label=_("Only a"), required=False, choices=[ANY, *Gender.choices])
    language = forms.ChoiceField(label=_("Speaks"), required=False, choices=[ANY, *Language.choices])
    cash_limit = forms.DecimalField(
        label=_("Cash limit (yuan)"), required=False, min_value=0, max_value=100_000, decimal_places=2,
        help_text=_("Agreed with the elder; at most this much is spent."),
    )  # fmt: skip
    channel = forms.ChoiceField(label=_("How it came in"), choices=HelpRequest.Channel.choices[:5])

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        elders = Elder.objects.visible_to(user).select_related("community", "place__parent")
        self.fields["elder"].queryset = elders  # type: ignore[attr-defined]
        self.fields["day"].widget.attrs["min"] = timezone.localdate(now()).isoformat()
        self.window: windows.Window | None = None
        self.own_windows: dict[str, windows.Window] = {}

    @classmethod
    def blank(cls, user: User, **initial: Any) -> IntakeForm:
        """Return a new form, with a key of its own, as it is first shown; the elder's community sets the cash limit."""
        elder: Elder | None = initial.get("elder")
        community = elder.community if elder else home_community(user)
        limit = rules_of(community).cash_limit_fen if community else Rules().cash_limit_fen
        defaults = {
            "key": uuid.uuid4(),
            "when": windows.default(now()).value,
            "channel": HelpRequest.Channel.PHONE,
            "cash_limit": Decimal(limit) / 100,
            "services": [],
        }
        return cls(user=user, initial={**defaults, **initial})

    @classmethod
    def refilled(cls, sent: QueryDict, user: User, elder: Elder, earlier: HelpRequest) -> IntakeForm:
        """Return the form as it was sent, with an earlier need of this elder put into it; nothing is checked yet.

        What was agreed then is filled in anew: details, money, who should come. When it is wanted is asked.
        """
        held = {name: sent[name] for name in sent if name in cls.base_fields or name.startswith(OWN)}
        needs = dict.fromkeys([*sent.getlist("services"), earlier.service_code])
        service, details = earlier.service, held.get("details", "")
        own_line = {f"details_{service.code}": earlier.details.replace("\n", " ")}
        words = own_line if details else {"details": earlier.details}
        usual = (earlier.people_needed, earlier.needs_vehicle) == (service.people, service.vehicle)
        people = {} if usual else {"people": earlier.people_needed, "vehicle": _YES_NO[earlier.needs_vehicle]}
        money = {"cash_limit": Decimal(earlier.cash_limit_fen) / 100} if earlier.cash_limit_fen is not None else {}
        wishes = {"gender": earlier.needs_gender, "language": earlier.needs_language}
        wished = {name: value for name, value in wishes.items() if value}
        return cls.blank(user, **{**held, "elder": elder, "services": [*needs], **words, **people, **money, **wished})

    def own_words(self, code: str) -> str:
        """Return what was written for this service alone."""
        return self._own("details", code)

    def own_when(self, code: str) -> str:
        """Return the window, as text, that was chosen for this service alone; empty if it is that of all."""
        return self._own("when", code)

    def _own(self, what: str, code: str) -> str:
        return str((self.data if self.is_bound else self.initial).get(f"{what}_{code}", "")).strip()

    @property
    def cash_suggested(self) -> str:
        """The limit that the page has filled in by itself; choosing another elder may change this, and no other."""
        return str(self.data.get("cash_suggested", "") if self.is_bound else self.initial["cash_limit"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if when := cleaned.get("when"):
            self.window = self._custom_window() if when == CUSTOM else self._suggested_window(when)
        if (elder := cleaned.get("elder")) and elder.is_gone:
            self.add_error("elder", GONE)
        for code in cleaned.get("services", []):
            if (own := self.own_when(code)) and (window := self._suggested_window(own)):
                self.own_windows[code] = window
        return cleaned

    def _suggested_window(self, value: str) -> windows.Window | None:
        try:
            window = windows.Window.from_value(value)
        except ValueError:
            self.add_error("when", _("Please choose when."))
            return None
        return self._not_past(window, "when")

    def _custom_window(self) -> windows.Window | None:
        day, begin, finish = (self.cleaned_data.get(name) for name in ("day", "begin", "finish"))
        for name, value in (("day", day), ("begin", begin), ("finish", finish)):
            if value is None and name not in self.errors:
                self.add_error(name, _("Please fill this in."))
        if day is None or begin is None or finish is None:
            return None
        if finish <= begin:
            self.add_error("finish", _("This is before the beginning."))
            return None
        return self._not_past(windows.custom(day, begin, finish), "finish")

    def _not_past(self, window: windows.Window, field: str) -> windows.Window | None:
        left = window.left_at(now())
        if left is None:
            self.add_error(field, _("This time has passed, or nearly. Please choose a later one."))
        return left

    @property
    def in_absence(self) -> bool:
        """Whether help is asked for at a time when the elder is away. Somebody may mean it so: the cat is hungry."""
        if not self.is_bound:
            return False
        elder: Elder | None = self.cleaned_data.get("elder")
        asked_for = [self.window_of(code) for code in self.cleaned_data.get("services", [])]
        days = [timezone.localtime(window.start).date() for window in asked_for if window]
        return elder is not None and not elder.is_gone and any(elder.is_absent_on(day) for day in days)

    def window_of(self, code: str) -> windows.Window | None:
        """Return when this service is wanted: at a time of its own, or with the others."""
        return self.own_windows.get(code, self.window)

    def fields_of(self, code: str) -> dict[str, Any]:
        """Return HelpRequest's fields for one of the chosen services; valid forms with a window only."""
        window = self.window_of(code)
        if window is None:
            raise ValueError("The form has no valid window.")
        service, cleaned = SERVICES[code], self.cleaned_data
        limit = cleaned["cash_limit"] if service.cash else None
        return {
            "window_start": window.start,
            "window_end": window.end,
            "channel": cleaned["channel"],
            "details": "\n".join(part for part in (self.own_words(code), cleaned["details"]) if part)[:2000],
            "people_needed": cleaned["people"] or service.people,
            "needs_vehicle": service.vehicle if cleaned["vehicle"] is None else cleaned["vehicle"],
            "needs_clearance": service.clearance,
            "needs_gender": cleaned["gender"],
            "needs_language": cleaned["language"],
            "cash_limit_fen": None if limit is None else int(limit * 100),
        }
