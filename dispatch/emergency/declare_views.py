"""Declaring an emergency: the form, what it would do, and two confirmations."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from linzhu.communities.access import StaffRequest, staff_required
from linzhu.communities.models import Community, Place, Role
from linzhu.dispatch.emergency.declare import NotNow, Plan, declare, plan
from linzhu.dispatch.emergency.forms import ConfirmForm, EmergencyForm
from linzhu.dispatch.emergency.page import places_for_map


@never_cache
@require_http_methods(["GET", "POST"])
@staff_required(Role.DISPATCHES)
def new(request: StaffRequest) -> HttpResponse:
    """The form; sent, it shows what would happen. Nothing is written."""
    form = EmergencyForm(request.POST or None, user=request.user)
    if request.method == "GET" or "change" in request.POST or not form.is_valid():
        return _form_page(request, form, status=422 if form.is_bound and "change" not in request.POST else 200)
    return _preview(request, form, ConfirmForm())


@require_POST
@staff_required(Role.DISPATCHES)
def confirm(request: StaffRequest) -> HttpResponse:
    """Both confirmations are there, and the numbers are still those that were read: it is declared."""
    form = EmergencyForm(request.POST, user=request.user)
    if not form.is_valid():
        return _form_page(request, form, status=422)
    found = _plan(form)
    confirmation = ConfirmForm(request.POST, elders=found.elders)
    if not confirmation.is_valid():
        return _preview(request, form, confirmation, found, status=422)
    named = form.declares()
    key, expected = form.cleaned_data["key"], confirmation.cleaned_data["number"]
    try:
        emergency = declare(form.area(), user=request.user, key=key, expected=expected, **named)
    except NotNow:
        messages.warning(request, _("Nothing was sent: the numbers have changed since. Please read them again."))
        return _preview(request, form, ConfirmForm(), status=422)
    messages.success(request, _("Declared. Linzhu asks everybody now, a few at a time."))
    return redirect("emergency", pk=emergency.pk)


def _form_page(request: StaffRequest, form: EmergencyForm, *, status: int = 200) -> HttpResponse:
    places = Place.objects.filter(community__in=Community.objects.dispatched_by(request.user))
    context = {"form": form, "map": {"places": places_for_map(places), "spots": []}}
    return render(request, "dispatch/emergency_new.html", context, status=status)


def _plan(form: EmergencyForm) -> Plan:
    return plan(form.area(), **form.declares())


def _preview(
    request: StaffRequest, form: EmergencyForm, confirmation: ConfirmForm, found: Plan | None = None, status: int = 200
) -> HttpResponse:
    area = form.area()
    context = {
        "form": form,
        "confirmation": confirmation,
        "area": area,
        "plan": found or _plan(form),
        "kind": dict(form.fields["kind"].choices)[form.cleaned_data["kind"]],  # type: ignore[attr-defined]
        "drill": form.cleaned_data["drill"],
        "is_no_time": form.cleaned_data["drill"] and area.asked_in_earnest(),
    }
    return render(request, "dispatch/emergency_preview.html", context, status=status)
