"""Staff telephone through the roll-call: each call is taken by one person, and ends with one key."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from linzhu.communities.access import StaffRequest, staff_required
from linzhu.communities.models import User
from linzhu.dispatch.emergency import roll_call
from linzhu.dispatch.emergency.page import OWED, most_urgent_first, visible_entries
from linzhu.dispatch.emergency.views import find
from linzhu.dispatch.models import RollCallEntry
from linzhu.dispatch.next_page import next_page

State, By = RollCallEntry.State, RollCallEntry.By
TRIES = 20


@require_POST
@staff_required()
def call_next(request: StaffRequest, pk: int) -> HttpResponse:
    """Take the most urgent call that nobody has taken."""
    emergency = find(request, pk)
    owed = visible_entries(request.user, emergency).unsettled().filter(OWED)
    for entry in most_urgent_first(owed.select_related("community"))[:TRIES]:
        if roll_call.claim(entry, request.user):
            return redirect(_back(request, pk))
    messages.info(request, _("Nobody has to be called at this moment, or colleagues are calling them."))
    return redirect(_back(request, pk))


@require_POST
@staff_required()
def act(request: StaffRequest, pk: int, entry_pk: int, act: str) -> HttpResponse:
    """Take the call with one elder, or note what came of it. Said twice, it counts once."""
    emergency = find(request, pk)
    entries = visible_entries(request.user, emergency).select_related("emergency", "community", "elder", "help_request")
    entry = get_object_or_404(entries, pk=entry_pk)
    if act not in ACTS:
        raise Http404
    ACTS[act](request, entry, request.user)
    return redirect(_back(request, pk))


def _call(request: StaffRequest, entry: RollCallEntry, user: User) -> None:
    if not roll_call.claim(entry, user):
        messages.info(request, _("A colleague is calling them, or we know already how they are."))


def _learn(state: str) -> Callable[[StaffRequest, RollCallEntry, User], None]:
    def note(request: StaffRequest, entry: RollCallEntry, user: User) -> None:
        if roll_call.learn(entry, state, by=By.STAFF, user=user):
            said = {"name": entry.elder.name, "state": entry.get_state_display()}
            messages.success(request, _("%(name)s: %(state)s.") % said)
        else:
            messages.info(request, _("That was noted already, or somebody has said otherwise meanwhile: please look."))
        roll_call.let_go(entry, user)

    return note


def _missed(request: StaffRequest, entry: RollCallEntry, user: User) -> None:
    roll_call.nobody_picks_up(entry, user)
    messages.info(request, _("Noted: nobody picks up. It does not rest there."))


def _let_go(request: StaffRequest, entry: RollCallEntry, user: User) -> None:
    roll_call.let_go(entry, user)


ACTS: dict[str, Callable[[StaffRequest, RollCallEntry, User], None]] = {
    "call": _call,
    "safe": _learn(State.SAFE),
    "needs-help": _learn(State.NEEDS_HELP),
    "helped": _learn(State.HELPED),
    "missed": _missed,
    "let-go": _let_go,
}


def _back(request: StaffRequest, pk: int) -> str:
    return next_page(request) if request.POST.get("next") else reverse("emergency", args=[pk])
