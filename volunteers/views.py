"""The pages about volunteers: list, card, form, pause, status."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from linzhu.communities.access import StaffRequest, may, staff_required
from linzhu.communities.clock import now
from linzhu.communities.models import Role
from linzhu.communities.search_address import into_address
from linzhu.communities.sort_key import PeoplePaginator
from linzhu.communities.versions import compare_anew
from linzhu.volunteers import lifecycle
from linzhu.volunteers.filters import VolunteerFilter
from linzhu.volunteers.forms import PauseForm, VolunteerForm
from linzhu.volunteers.models import Volunteer
from linzhu.volunteers.week import draw_week
from linzhu.volunteers.week_form import DAYS_SHOWN

PER_PAGE = 50
EXPIRES_SOON = timedelta(days=30)
MOVES = {"suspend": lifecycle.suspend, "reactivate": lifecycle.reactivate, "leave": lifecycle.leave}


@staff_required()
@require_http_methods(["GET", "POST"])
def volunteer_list(request: StaffRequest) -> HttpResponse:
    """Everybody whom the user may see, by name, narrowed by search, skill, state and community.

    A name or number is sent by POST; what names nobody stands in the address.
    """
    if names_nobody := into_address(request):
        return names_nobody
    user, sent = request.user, request.POST or request.GET
    volunteers = Volunteer.objects.visible_to(user, few=bool(sent.get("q")))
    volunteers = volunteers.select_related("community", "place__parent").defer("notes", "search_words", "sort_key")
    chosen = VolunteerFilter(sent, queryset=volunteers, user=user)
    page = PeoplePaginator(chosen.qs, PER_PAGE).get_page(sent.get("page"))
    context = {"page": page, "filter": chosen, "searched": bool(sent), **_dates()}
    return render(request, "volunteers/volunteers.html", context)


@staff_required()
@require_GET
def volunteer_detail(request: StaffRequest, pk: int) -> HttpResponse:
    """The volunteer's card: how to reach them, what they do, when they are free, how far they are cleared."""
    return _card(request, _volunteer(request, pk), PauseForm())


@staff_required()
@require_http_methods(["GET", "POST"])
@compare_anew
def volunteer_edit(request: StaffRequest, pk: int | None = None) -> HttpResponse:
    """A new volunteer, or changes to one."""
    volunteer = _volunteer(request, pk) if pk else None
    form = VolunteerForm(request.POST or None, instance=volunteer, user=request.user)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            saved = form.save()
        messages.success(request, _("%(name)s is saved.") % {"name": saved.name})
        return redirect("volunteer", saved.pk)
    context = {"form": form, "volunteer": volunteer, "days": DAYS_SHOWN}
    return render(request, "volunteers/volunteer_form.html", context, status=422 if form.errors else 200)


@staff_required()
@require_POST
def volunteer_pause(request: StaffRequest, pk: int) -> HttpResponse:
    """No offers until the end of a day; sent without one, the pause is over now."""
    volunteer = _volunteer(request, pk)
    if "resume" in request.POST:
        volunteer.paused_until = None
    else:
        form = PauseForm(request.POST)
        if not form.is_valid():
            return _card(request, volunteer, form, status=422)
        next_day = form.cleaned_data["until"] + timedelta(days=1)
        volunteer.paused_until = timezone.make_aware(datetime.combine(next_day, time()))
    volunteer.save(update_fields=["paused_until"])
    return redirect("volunteer", pk)


@staff_required(Role.DISPATCHES)
@require_POST
def volunteer_move(request: StaffRequest, pk: int, move: str) -> HttpResponse:
    """Suspend, reactivate, or note that somebody has left."""
    user = request.user
    volunteer = _volunteer(request, pk)
    if not may(user, Role.DISPATCHES, volunteer.community):
        raise PermissionDenied
    try:
        MOVES[move](volunteer, user=user, why=request.POST.get("why", "").strip())
    except lifecycle.IllegalMove:
        messages.warning(request, _("Somebody else has just changed this. This is how it stands now."))
    return redirect("volunteer", pk)


def _volunteer(request: StaffRequest, pk: int) -> Volunteer:
    volunteers = Volunteer.objects.visible_to(request.user).select_related("community", "place__parent")
    volunteer: Volunteer = get_object_or_404(volunteers, pk=pk)
    return volunteer


def _card(request: StaffRequest, volunteer: Volunteer, form: PauseForm, status: int = 200) -> HttpResponse:
    user = request.user
    context = {
        "volunteer": volunteer,
        "form": form,
        "week": draw_week(volunteer.week),
        "moves": volunteer.history.exclude(history_change_reason=None).select_related("history_user")[:10],
        "may_move": may(user, Role.DISPATCHES, volunteer.community),
        **_dates(),
    }
    return render(request, "volunteers/volunteer.html", context, status=status)


def _dates() -> dict[str, object]:
    today = timezone.localdate(now())
    return {"today": today, "soon": today + EXPIRES_SOON, "now": now()}
