"""Pairing, "same person again", "never again": parts of the elder's and the volunteer's page, and their own pages."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from linzhu.communities.access import StaffRequest, may, staff_required
from linzhu.communities.models import Role
from linzhu.dispatch import bonds
from linzhu.dispatch.models import Assignment, Bond
from linzhu.dispatch.next_page import next_page
from linzhu.requests.models import Elder
from linzhu.volunteers.models import Volunteer

SHOWN = 20
_FRIENDLY = {Bond.Kind.PAIRED.value: bonds.pair, Bond.Kind.PREFERRED.value: bonds.prefer}


@staff_required()
@require_GET
def elder_bonds(request: StaffRequest, pk: int) -> HttpResponse:
    """The part of an elder's page that says who belongs to them."""
    elder = get_object_or_404(Elder.objects.visible_to(request.user).select_related("community"), pk=pk)
    rows = elder.bonds.standing().select_related("volunteer")
    context = {"elder": elder, "bonds": rows, "may_act": may(request.user, Role.DISPATCHES, elder.community)}
    return render(request, "dispatch/_elder_bonds.html", context)


@staff_required()
@require_GET
def volunteer_bonds(request: StaffRequest, pk: int) -> HttpResponse:
    """The part of a volunteer's page that says to whom they belong; elders of other communities stay unseen."""
    volunteer = get_object_or_404(Volunteer.objects.visible_to(request.user), pk=pk)
    rows = Bond.objects.visible_to(request.user).standing().filter(volunteer=volunteer).select_related("elder")
    return render(request, "dispatch/_volunteer_bonds.html", {"bonds": rows})


@staff_required(Role.DISPATCHES)
@require_http_methods(["GET", "POST"])
def bond_new(request: StaffRequest, pk: int) -> HttpResponse:
    """Whom to pair the elder with: those who have helped here, or whoever is searched for (by POST: it is a name)."""
    elder = _elder(request, pk)
    text = request.POST.get("q", "").strip()
    people = _partners(request, elder)
    people = people.filter(search_words__find=text) if text else people.filter(visits__gt=0)
    found = people.order_by("-visits", "sort_key", "pk")[:SHOWN]
    return render(request, "dispatch/bond_new.html", {"elder": elder, "people": found, "q": text})


@staff_required(Role.DISPATCHES)
@require_POST
def bond_make(request: StaffRequest, pk: int, volunteer_pk: int) -> HttpResponse:
    """Pair them, or note the wish for the same person again."""
    elder, volunteer = _elder(request, pk), _partner(request, pk, volunteer_pk)
    kind = request.POST.get("kind", "")
    if kind not in _FRIENDLY:
        raise Http404
    names = {"volunteer": volunteer.name, "elder": elder.name}
    try:
        _FRIENDLY[kind](elder, volunteer, user=request.user, note=request.POST.get("note", "").strip())
    except bonds.KeptApart:
        messages.warning(request, _("%(volunteer)s is not sent to %(elder)s: end that first.") % names)
    else:
        messages.success(request, _("Noted: %(volunteer)s for %(elder)s.") % names)
    return redirect(_back(request, elder))


@staff_required(Role.DISPATCHES)
@require_http_methods(["GET", "POST"])
def bond_never(request: StaffRequest, pk: int, volunteer_pk: int) -> HttpResponse:
    """Never again: shows what that ends and asks whose wish it is; only the form, sent, does it."""
    elder, volunteer = _elder(request, pk), _partner(request, pk, volunteer_pk)
    by = request.POST.get("by", "")
    if by in Bond.NEVER:
        bonds.never(elder, volunteer, by=by, user=request.user, note=request.POST.get("note", "").strip())
        messages.success(
            request,
            _("%(volunteer)s is not sent to %(elder)s again.") % {"volunteer": volunteer.name, "elder": elder.name},
        )
        return redirect(_back(request, elder))
    context = {
        "elder": elder,
        "volunteer": volunteer,
        "visits": bonds.promised_visits(elder, volunteer),
        "kinds": [(kind.value, kind.label) for kind in Bond.NEVER],
        "next": request.GET.get("next", "") or request.POST.get("next", ""),
        "is_incomplete": request.method == "POST",
    }
    return render(request, "dispatch/bond_never.html", context, status=422 if request.method == "POST" else 200)


@staff_required(Role.DISPATCHES)
@require_POST
def bond_end(request: StaffRequest, pk: int) -> HttpResponse:
    """End a pairing, a preference, or the wish never to meet again."""
    bond = get_object_or_404(Bond.objects.visible_to(request.user).select_related("elder__community"), pk=pk)
    if not may(request.user, Role.DISPATCHES, bond.elder.community):
        raise PermissionDenied
    if bonds.end(bond, user=request.user):
        messages.success(request, _("Ended."))
    return redirect(_back(request, bond.elder))


def _elder(request: StaffRequest, pk: int) -> Elder:
    elder: Elder = get_object_or_404(Elder.objects.visible_to(request.user).select_related("community"), pk=pk)
    if not may(request.user, Role.DISPATCHES, elder.community):
        raise PermissionDenied
    return elder


def _partners(request: StaffRequest, elder: Elder) -> QuerySet[Any]:
    """Volunteers whom the user may see anyway, and those who have been here, wherever they are from."""
    current = [Assignment.Status.STANDING, Assignment.Status.FINISHED]
    here = Q(assignments__help_request__elder=elder, assignments__status__in=current)
    seen = Volunteer.objects.visible_to(request.user).values("pk")
    people = Volunteer.objects.exclude(status=Volunteer.Status.LEFT).select_related("community").defer("notes")
    counted: QuerySet[Any] = people.annotate(visits=Count("assignments", filter=here))
    return counted.filter(Q(pk__in=seen) | Q(visits__gt=0))


def _partner(request: StaffRequest, elder_pk: int, volunteer_pk: int) -> Volunteer:
    volunteer: Volunteer = get_object_or_404(_partners(request, _elder(request, elder_pk)), pk=volunteer_pk)
    return volunteer


def _back(request: StaffRequest, elder: Elder) -> str:
    return next_page(request) if request.POST.get("next") else reverse("elder", args=[elder.pk])
