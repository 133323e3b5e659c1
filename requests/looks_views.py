"""The page that tells who has looked at an elder's record."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from linzhu.communities.access import StaffRequest, may, staff_required
from linzhu.communities.models import Role
from linzhu.requests.models import Elder

PER_PAGE = 50


@require_safe
@staff_required(Role.LEADS)
def looks(request: StaffRequest, pk: int) -> HttpResponse:
    """Who has looked, when, at what and for which help request: for the lead of the elder's community."""
    elder = get_object_or_404(Elder.objects.visible_to(request.user).select_related("community"), pk=pk)
    if not may(request.user, Role.LEADS, elder.community):
        raise PermissionDenied
    page = Paginator(elder.looks.select_related("user"), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "requests/looks.html", {"elder": elder, "page": page})
