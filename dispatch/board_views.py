"""The board as a page, and as the part of it that renews itself."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from linzhu.communities.access import StaffRequest, may, staff_required
from linzhu.communities.care import care_of
from linzhu.communities.models import Community, Role
from linzhu.dispatch.board import Filters, read_board
from linzhu.dispatch.map import read_map
from linzhu.requests.catalogue import Group


@never_cache
@require_safe
@staff_required()
def board(request: StaffRequest) -> HttpResponse:
    """Today's help requests as cards (``?view=map``: and on a map); htmx gets the part that changes alone."""
    communities = list(Community.objects.visible_to(request.user))
    filters = read_filters(request, communities)
    # A map is small print and pop-ups: in care mode the same requests stand in the lists alone.
    shows_map = request.GET.get("view") == "map" and not care_of(request)
    context = {
        "board": read_board(request.user, filters),
        "filters": filters,
        "communities": communities,
        "groups": Group.choices,
        "may_act": may(request.user, Role.DISPATCHES),
        "shows_map": shows_map,
        "map": read_map(request.user, filters) if shows_map else None,
    }
    return render(request, "dispatch/_board.html" if request.htmx else "dispatch/board.html", context)


@never_cache
@require_safe
@staff_required(also_at_rest=True)
def wall(request: StaffRequest) -> HttpResponse:
    """The board for a screen on the wall: large, with no buttons, names veiled; filters as on the board.

    Nobody sits before it. So it runs on when its session is at rest, and keeps none awake.
    """
    communities = list(Community.objects.visible_to(request.user))
    filters = read_filters(request, communities)
    context = {"board": read_board(request.user, filters), "filters": filters, "communities": communities}
    return render(request, "dispatch/_wall.html" if request.htmx else "dispatch/wall.html", context)


def read_filters(request: StaffRequest, communities: Iterable[Community]) -> Filters:
    """Read the filters from the address; what is unknown there, or not this user's, is no filter."""
    asked = request.GET.get("community")
    group = request.GET.get("group", "")
    return Filters(
        community=next((community for community in communities if community.code == asked), None),
        group=group if group in Group.values else "",
        mine="mine" in request.GET,
        owed="owed" in request.GET,
    )
