"""The service logs of elders and volunteers, and who has changed their records."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from linzhu.communities.access import StaffRequest, staff_required
from linzhu.communities.changes import changes_of
from linzhu.dispatch.service_log import NAMES_OF_FIELDS, elder_log, volunteer_log
from linzhu.requests.models import Elder
from linzhu.volunteers.models import Volunteer

PER_PAGE, LATEST = 50, 10


@staff_required()
@require_GET
def elder_record(request: StaffRequest, pk: int) -> HttpResponse:
    """The part of an elder's page that says who has been there lately."""
    elder = get_object_or_404(Elder.objects.visible_to(request.user), pk=pk)
    log = elder_log(elder)
    context = {"elder": elder, "figures": log.figures, "latest": log.help_requests[:LATEST]}
    return render(request, "dispatch/_elder_record.html", context)


@staff_required()
@require_GET
def elder_service_log(request: StaffRequest, pk: int) -> HttpResponse:
    """Everything that was asked for an elder, who came, and who has changed the record."""
    elder = get_object_or_404(Elder.objects.visible_to(request.user).select_related("community"), pk=pk)
    log = elder_log(elder, request.GET.get("year", ""))
    page = Paginator(log.help_requests, PER_PAGE).get_page(request.GET.get("page"))
    context = {"elder": elder, "log": log, "page": page, "changes": changes_of(elder, named=NAMES_OF_FIELDS)}
    return render(request, "dispatch/elder_log.html", context)


@staff_required()
@require_GET
def volunteer_service_log(request: StaffRequest, pk: int) -> HttpResponse:
    """Where a volunteer has been and for how long, and who has changed the record."""
    volunteers = Volunteer.objects.visible_to(request.user).select_related("community")
    volunteer = get_object_or_404(volunteers, pk=pk)
    log = volunteer_log(volunteer, request.user, request.GET.get("year", ""))
    page = Paginator(log.visits, PER_PAGE).get_page(request.GET.get("page"))
    context = {"volunteer": volunteer, "log": log, "page": page}
    context["changes"] = changes_of(volunteer, named=NAMES_OF_FIELDS)
    return render(request, "dispatch/volunteer_log.html", context)
