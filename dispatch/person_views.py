"""Elder and volunteer can have a copy of their data, and have them erased: for the lead of their community."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from linzhu.communities.access import StaffRequest, may, staff_required
from linzhu.communities.clock import now
from linzhu.communities.models import Role
from linzhu.dispatch.erasure import StillOpen, erase_elder, erase_volunteer
from linzhu.dispatch.person_copy import Section, copy_of_elder, copy_of_volunteer
from linzhu.requests.looks import note_look
from linzhu.requests.models import Elder, Look
from linzhu.volunteers.models import Volunteer


@never_cache
@staff_required(Role.LEADS)
@require_POST
def elder_copy(request: StaffRequest, pk: int) -> HttpResponse:
    """One file with all that is known about an elder; noted as a look."""
    elder = _find(request, Elder, pk)
    note_look(request.user, elder.pk, Look.What.COPY)
    return _file(request, f"elder-{pk}.html", elder.name, copy_of_elder(elder))


@never_cache
@staff_required(Role.LEADS)
@require_POST
def volunteer_copy(request: StaffRequest, pk: int) -> HttpResponse:
    """One file with all that is known about a volunteer; noted as a look."""
    volunteer = _find(request, Volunteer, pk)
    note_look(request.user, None, Look.What.COPY, f"V{pk}"[-8:])
    return _file(request, f"volunteer-{pk}.html", volunteer.name, copy_of_volunteer(volunteer))


@never_cache
@staff_required(Role.LEADS)
@require_http_methods(["GET", "POST"])
def elder_erase(request: StaffRequest, pk: int) -> HttpResponse:
    """Say what goes and what stays, ask why, and erase an elder's data."""
    return _erase(request, _find(request, Elder, pk), erase_elder, "elder", "elders")


@never_cache
@staff_required(Role.LEADS)
@require_http_methods(["GET", "POST"])
def volunteer_erase(request: StaffRequest, pk: int) -> HttpResponse:
    """Say what goes and what stays, ask why, and erase a volunteer's data."""
    return _erase(request, _find(request, Volunteer, pk), erase_volunteer, "volunteer", "volunteers")


def _find(request: StaffRequest, model: type[Model], pk: int) -> Any:
    people = model._default_manager.visible_to(request.user).select_related("community")  # type: ignore[attr-defined]  # noqa: SLF001
    person: Any = get_object_or_404(people, pk=pk)
    if not may(request.user, Role.LEADS, person.community):
        raise PermissionDenied
    return person


def _file(request: StaffRequest, name: str, person: str, sections: list[Section]) -> HttpResponse:
    context = {"person": person, "sections": sections, "at": now()}
    response = render(request, "dispatch/person_copy.html", context)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _erase(request: StaffRequest, person: Any, erase: Callable[..., None], kind: str, back: str) -> HttpResponse:
    why = request.POST.get("why", "").strip()
    errors = []
    if request.method == "POST":
        try:
            if why:
                erase(person, user=request.user, why=why)
                messages.success(request, _("The data are erased. Hours and figures stay, without a name."))
                return redirect(back)
            errors.append(_("Please write why."))
        except StillOpen:
            errors.append(_("Something is still open here: a visit, a search or a concern. Bring it to an end first."))
    context = {"person": person, "kind": kind, "errors": errors, "why": why}
    return render(request, "dispatch/person_erase.html", context, status=422 if errors else 200)
