"""The page where staff note that an elder is away, has moved, has died, or is back: it says first what follows."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from linzhu.communities.access import StaffRequest, staff_required
from linzhu.communities.clock import now
from linzhu.dispatch import elder_states
from linzhu.dispatch.next_page import next_page
from linzhu.requests.elder_state import TRANSITIONS, IllegalMove
from linzhu.requests.models import Elder, ElderState

State = ElderState
LONGEST_AWAY = timedelta(days=366)
WORDS = {
    State.AWAY: gettext_lazy("Away for a while: in hospital, with the family"),
    State.MOVED: gettext_lazy("Has moved away"),
    State.DIED: gettext_lazy("Has died"),
    State.ACTIVE: gettext_lazy("Is at home"),
}


class StateForm(forms.Form):
    """What has become of the elder, until when they are away, and from whom we know."""

    to = forms.ChoiceField(label=gettext_lazy("What has happened?"), widget=forms.RadioSelect)
    until = forms.DateField(
        label=gettext_lazy("Away until, that day included"),
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("Empty: nobody knows yet."),
    )
    why = forms.CharField(
        label=gettext_lazy("From whom do we know?"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("Such as: the daughter called."),
    )

    def __init__(self, data: Any = None, *, elder: Elder) -> None:
        super().__init__(data, initial={"until": elder.away_until})
        legal = [state for state in WORDS if state in TRANSITIONS[elder.state]]
        self.fields["to"].choices = [(state.value, WORDS[state]) for state in legal]  # type: ignore[attr-defined]
        if State.AWAY not in legal:
            del self.fields["until"]
        self.elder = elder

    def clean_until(self) -> date | None:
        until: date | None = self.cleaned_data["until"]
        today = timezone.localdate(now())
        if self.cleaned_data.get("to") == State.AWAY and until and not today <= until <= today + LONGEST_AWAY:
            raise forms.ValidationError(_("Please choose a day within the next year."))
        return until if self.cleaned_data.get("to") == State.AWAY else None

    def clean_why(self) -> str:
        why: str = self.cleaned_data["why"].strip()
        is_heavy = {self.cleaned_data.get("to"), self.elder.state} & {State.MOVED, State.DIED}
        if is_heavy and self.cleaned_data.get("to") != State.ACTIVE and not why:
            raise forms.ValidationError(_("Please write from whom we know."))
        return why


@never_cache
@staff_required()
@require_http_methods(["GET", "POST"])
def state(request: StaffRequest, pk: int) -> HttpResponse:
    """Choose what has happened; read what follows; confirm. Being back needs no second look."""
    elder: Elder = get_object_or_404(Elder.objects.visible_to(request.user).select_related("community"), pk=pk)
    form = StateForm(request.POST if request.method == "POST" else None, elder=elder)
    if request.method == "POST" and request.POST.get("seen") != elder.state_at.isoformat():
        messages.warning(request, _("Meanwhile this has changed: here is how it stands now."))
        return redirect("elder", elder.pk)
    context: dict[str, Any] = {"elder": elder, "form": form}
    if not form.is_valid():
        return render(request, "dispatch/elder_state.html", context, status=422 if form.errors else 200)
    to, until = form.cleaned_data["to"], form.cleaned_data.get("until")
    if to == State.ACTIVE or "confirm" in request.POST:
        return _note(request, elder, to, until, form.cleaned_data["why"])
    context |= {"to": to, "until": until, "effects": elder_states.foresee(elder, to, until)}
    return render(request, "dispatch/elder_state_check.html", context)


def _note(request: StaffRequest, elder: Elder, to: str, until: date | None, why: str) -> HttpResponse:
    try:
        elder_states.note(elder, to, user=request.user, why=why, until=until)
    except IllegalMove:
        messages.warning(request, _("Meanwhile this has changed: here is how it stands now."))
    else:
        messages.success(request, _said(elder))
    return redirect(next_page(request)) if request.POST.get("next") else redirect("elder", elder.pk)


def _said(elder: Elder) -> str:
    """What has been noted, plainly."""
    words = {
        State.ACTIVE: _("Noted: %(name)s is at home. Recurring requests that rested open again."),
        State.AWAY: _("Noted: %(name)s is away."),
        State.MOVED: _("Noted: %(name)s has moved away."),
        State.DIED: _("Noted. Whoever is to be called stands in the inbox."),
    }
    return words[State(elder.state)] % {"name": elder.name}
