"""The gazetteer in the browser: a community's own list of compounds, buildings, clinics and shops."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from linzhu.communities.access import StaffRequest, staff_required
from linzhu.communities.forms import PlaceForm
from linzhu.communities.models import Community, Place, Role, User

_PER_PAGE = 50


def _places(user: User) -> QuerySet[Place]:
    return Place.objects.filter(community__in=Community.objects.led_by(user)).select_related("parent", "community")


@staff_required(Role.LEADS)
def place_list(request: StaffRequest) -> HttpResponse:
    """Compounds in the order of their names, each followed by its buildings."""
    q = request.GET.get("q", "").strip()
    compound_first = F("parent_id").asc(nulls_first=True)
    places = _places(request.user).order_by("community__path", Coalesce("parent__name", "name"), compound_first, "name")
    if q:
        found = Q(search_key__contains=q.casefold()) | Q(parent__search_key__contains=q.casefold())
        places = places.filter(found)
    page = Paginator(places, _PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "communities/places.html", {"page": page, "q": q})


@staff_required(Role.LEADS)
def place_edit(request: StaffRequest, pk: int | None = None) -> HttpResponse:
    """Add a place, or change one."""
    place = get_object_or_404(_places(request.user), pk=pk) if pk else None
    form = PlaceForm(request.POST or None, instance=place, user=request.user)
    if request.method == "POST" and form.is_valid():
        saved = form.save()
        messages.success(request, _("%s is in the gazetteer.") % saved)
        return redirect("places")
    return render(request, "communities/place_form.html", {"form": form, "place": place})


@require_POST
@staff_required(Role.LEADS)
def place_delete(request: StaffRequest, pk: int) -> HttpResponse:
    """Take a place off the list; people who live there keep their coordinates."""
    place = get_object_or_404(_places(request.user), pk=pk)
    if place.children.exists():
        messages.error(request, _("%s still has buildings. Delete or move them first.") % place)
        return redirect("place", pk)
    place.delete()
    messages.success(request, _("%s was deleted.") % place)
    return redirect("places")
