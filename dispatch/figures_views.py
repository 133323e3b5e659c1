"""Where staff land after signing in, and the page of figures."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from linzhu.communities.access import StaffRequest, may, staff_required
from linzhu.communities.models import Role
from linzhu.dispatch.figures import read_figures


@require_safe
@staff_required(Role.ANY)
def home(request: StaffRequest) -> HttpResponse:
    """The board for those who work with people, the figures for those who oversee."""
    return redirect("board" if may(request.user, Role.HANDLES_PEOPLE) else "figures")


@require_safe
@staff_required(Role.ANY)
def figures(request: StaffRequest) -> HttpResponse:
    return render(request, "dispatch/figures.html", {"rows": read_figures(request.user)})
