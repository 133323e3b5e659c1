"""The pages of an emergency: the list, the roll-call, the sheet to print, the end, the figures."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from linzhu.communities.access import StaffRequest, may, staff_required
from linzhu.communities.care import care_of
from linzhu.communities.models import Community, Role
from linzhu.dispatch.emergency import ending
from linzhu.dispatch.emergency.figures import read_communities, read_list
from linzhu.dispatch.emergency.page import (
    FILTERS,
    SHEET,
    most_urgent_first,
    read_map,
    read_page,
    visible_entries,
)
from linzhu.dispatch.models import Emergency, RollCallEntry
from linzhu.requests.looks import note_look
from linzhu.requests.models import Look


@never_cache
@require_safe
@staff_required(Role.ANY)
def emergencies(request: StaffRequest) -> HttpResponse:
    """Emergencies and drills, the newest first: exact for who works there, veiled for who oversees."""
    context = {"rows": read_list(request.user), "may_declare": may(request.user, Role.DISPATCHES)}
    return render(request, "dispatch/emergencies.html", context)


@never_cache
@require_safe
@staff_required()
def emergency(request: StaffRequest, pk: int) -> HttpResponse:
    """The roll-call; htmx gets the part that changes alone."""
    found = find(request, pk)
    context = _context(request, found)
    if mine := context["roll_call"].mine:
        note_look(request.user, mine.elder_id, Look.What.ROLL_CALL)
    return render(request, "dispatch/_emergency.html" if request.htmx else "dispatch/emergency.html", context)


def find(request: StaffRequest, pk: int) -> Emergency:
    return get_object_or_404(
        Emergency.objects.visible_to(request.user).select_related("declared_by", "ended_by"), pk=pk
    )


def _context(request: StaffRequest, found: Emergency) -> dict[str, Any]:
    show = request.GET.get("show", "all")
    show = show if show in FILTERS else "all"
    asked = request.GET.get("community")
    community = Community.objects.visible_to(request.user).filter(code=asked).first() if asked else None
    shows_map = request.GET.get("view") == "map" and not care_of(request)
    return {
        "emergency": found,
        "roll_call": read_page(
            request.user, found, show=show, community=community, number=request.GET.get("page", "1")
        ),
        "show": show,
        "filters": [(key, title) for key, (title, _condition) in FILTERS.items()],
        "community": community,
        "may_end": found.is_running and ending.may_end(request.user, found),
        "shows_map": shows_map,
        "map": read_map(request.user, found, community) if shows_map else None,
    }


@never_cache
@require_safe
@staff_required()
def calls(request: StaffRequest, pk: int) -> HttpResponse:
    """The calls to make, in large print: for when the power is out. Each name on it is a look that is noted."""
    found = find(request, pk)
    entries = visible_entries(request.user, found).unsettled().exclude(step=RollCallEntry.Step.VISIT)
    related = entries.select_related("elder__place__parent", "elder__community", "claimed_by")
    listed = list(most_urgent_first(related).prefetch_related("elder__family")[:SHEET])
    for entry in listed:
        note_look(request.user, entry.elder_id, Look.What.ROLL_CALL)
    context = {"emergency": found, "entries": listed, "more": max(0, entries.count() - len(listed))}
    return render(request, "dispatch/emergency_calls.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
@staff_required(Role.DISPATCHES)
def end(request: StaffRequest, pk: int) -> HttpResponse:
    """What ending it means, and then its end."""
    found = find(request, pk)
    if not ending.may_end(request.user, found):
        raise PermissionDenied
    if request.method == "POST":
        if ending.end(found, user=request.user):
            messages.success(request, _("Ended. What is still owed stands below, with your name."))
        return redirect("emergency", pk=found.pk)
    context = {"emergency": found, "summary": ending.summary_of(found)}
    return render(request, "dispatch/emergency_end.html", context)


@never_cache
@require_safe
@staff_required(Role.ANY)
def figures(request: StaffRequest, pk: int) -> HttpResponse:
    """One emergency in numbers, by community: small ones are veiled for everybody."""
    found = get_object_or_404(Emergency.objects.overseen_by(request.user), pk=pk)
    total, rows = read_communities(request.user, found)
    return render(request, "dispatch/emergency_figures.html", {"emergency": found, "total": total, "rows": rows})
