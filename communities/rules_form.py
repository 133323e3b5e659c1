"""The form of a community's own settings: an empty field shows, in grey, what is inherited."""

from __future__ import annotations

from datetime import time
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from linzhu.communities.models import CommunityRules
from linzhu.communities.rules import Rules

_TIMES = ["quiet_from", "quiet_to", "reminder_evening_at"]
CHOICES = {
    "skip_holidays": (gettext_lazy("does not take place"), gettext_lazy("takes place as usual")),
    "calls_elders": (gettext_lazy("Linzhu calls first"), gettext_lazy("staff make every call")),
    "needs_training": (gettext_lazy("demanded"), gettext_lazy("not demanded")),
    "needs_insurance": (gettext_lazy("demanded"), gettext_lazy("not demanded")),
    "needs_consent": (gettext_lazy("demanded"), gettext_lazy("not demanded")),
}
"""What yes and no mean."""


class RulesForm(forms.ModelForm):
    """All settings of one community. ``inherited`` is what holds where a field stays empty."""

    cash_limit = forms.DecimalField(
        label=gettext_lazy("Cash limit (yuan)"), required=False, min_value=0, max_value=100_000, decimal_places=2,
        help_text=gettext_lazy("Suggested at intake; agreed with the elder each time."),
    )  # fmt: skip

    class Meta:
        model = CommunityRules
        fields = [
            "quiet_from", "quiet_to", "weekly_text_cap",
            "wave_seconds", "wave_size", "furthest_m", "pairing_head_start_min", "decision_min",
            "reminder_evening_at", "reminder_hours_before", "arrival_ask_min", "arrival_alert_min", "overrun_min",
            "call_back_first_pct", "call_back_money_pct", "call_back_others_pct", "calls_elders", "cash_check_percent",
            "skip_holidays", "needs_training", "needs_insurance", "needs_consent",
        ]  # fmt: skip

    def __init__(self, *args: Any, inherited: Rules, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.inherited = inherited
        for name in _TIMES:
            # A text box and not <input type=time>, which could not show what is inherited.
            self.fields[name].widget = forms.TimeInput({"inputmode": "numeric", "size": 6}, format="%H:%M")
        self.fields["cash_limit"].initial = _yuan(self.instance.cash_limit_fen)
        for name, value in shown(inherited).items():
            self.fields[name].widget.attrs["placeholder"] = value
        for name in CHOICES:
            self.fields[name].widget.choices = self._choices(name)
        if not settings.VOICE_GATEWAY:
            del self.fields["calls_elders"]  # nobody could call, whatever is chosen

    def _choices(self, name: str) -> list[tuple[str, str]]:
        yes, no = map(str, CHOICES[name])
        as_above = _("as above: %(choice)s") % {"choice": yes if getattr(self.inherited, name) else no}
        return [("unknown", as_above), ("true", yes), ("false", no)]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        given = [name for name in ("quiet_from", "quiet_to") if cleaned.get(name) is not None]
        if len(given) == 1 and "quiet_from" not in self.errors and "quiet_to" not in self.errors:
            other = "quiet_to" if given == ["quiet_from"] else "quiet_from"
            self.add_error(other, _("Quiet hours have a beginning and an end: fill in both, or neither."))
        ask = self._effective(cleaned, "arrival_ask_min")
        if self._effective(cleaned, "arrival_alert_min") <= ask:
            self.add_error("arrival_alert_min", _("The volunteer is asked after %(n)d minutes; be later.") % {"n": ask})
        return cleaned

    def _effective(self, cleaned: dict[str, Any], name: str) -> int:
        own = cleaned.get(name)
        return int(getattr(self.inherited, name) if own is None else own)

    def save(self, commit: bool = True) -> CommunityRules:
        yuan = self.cleaned_data["cash_limit"]
        self.instance.cash_limit_fen = None if yuan is None else int(yuan * 100)
        return super().save(commit)  # type: ignore[no-any-return]


def shown(rules: Rules) -> dict[str, str]:
    """Return the rules as the form's fields would be filled in with them."""
    begin, end = rules.quiet_hours or (None, None)
    plain = {name: str(getattr(rules, name)) for name in RulesForm.Meta.fields if hasattr(rules, name)}
    return plain | {
        "quiet_from": _clock(begin),
        "quiet_to": _clock(end),
        "reminder_evening_at": _clock(rules.reminder_evening_at),
        "cash_limit": str(_yuan(rules.cash_limit_fen)),
    }


def _clock(moment: time | None) -> str:
    return moment.strftime("%H:%M") if moment else "–"


def _yuan(fen: int | None) -> Decimal | None:
    if fen is None:
        return None
    return Decimal(fen) / 100 if fen % 100 else Decimal(fen // 100)
