"""The page of one help request, and what staff do there."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from linzhu.communities.access import StaffRequest, may, staff_required
from linzhu.communities.models import Role
from linzhu.communities.search_address import into_address
from linzhu.dispatch.actions import ACTIONS, Refused, legal_actions, perform
from linzhu.dispatch.deferred import NOT_MEANWHILE, defer, is_deferred, undo
from linzhu.dispatch.errors import TooLate
from linzhu.dispatch.help_request_list import SearchForm
from linzhu.dispatch.help_request_page import read_page
from linzhu.dispatch.links import family_url
from linzhu.dispatch.next_page import next_page
from linzhu.requests.consents import allows
from linzhu.requests.models import Consent, HelpRequest

PAGE_SIZE = 30


@never_cache
@require_safe
@staff_required()
def help_request(request: StaffRequest, ref: str) -> HttpResponse:
    """All about one help request; htmx gets the part that changes alone."""
    context = read_page(_find(request, ref), request.user)
    template = "dispatch/_help_request.html" if request.htmx else "dispatch/help_request.html"
    return render(request, template, context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@staff_required()
def help_requests(request: StaffRequest) -> HttpResponse:
    """Every help request, newest first. A search may name somebody: the form posts, no address carries it.

    What names nobody (``?status=looking``) stands in the address.
    """
    if names_nobody := into_address(request):
        return names_nobody
    sent = request.POST or request.GET
    form = SearchForm(sent)
    form.is_valid()
    page = Paginator(form.results(request.user), PAGE_SIZE).get_page(sent.get("page"))
    return render(request, "dispatch/help_requests.html", {"form": form, "page": page})


@require_POST
@staff_required(Role.DISPATCHES)
def act(request: StaffRequest, ref: str, action: str) -> HttpResponse:
    """Do one action, or let it wait to be taken back; say what came of it. A second click finds what the first did."""
    help_request = find_to_act(request, ref)
    if action not in ACTIONS:
        raise Http404
    try:
        if is_deferred(action, request.POST):
            defer(action, help_request, request.POST, request.user)
        elif action in NOT_MEANWHILE and help_request.deferred_acts.waiting().exists():
            raise TooLate
        else:
            messages.success(request, perform(action, help_request, request.POST, request.user))
    except Refused as refusal:
        messages.warning(request, str(refusal))
    except TooLate:
        messages.warning(request, _("Something else is about to happen here. Take it back first, or wait a moment."))
    return redirect(next_page(request, help_request.ref))


@require_POST
@staff_required(Role.DISPATCHES)
def take_back(request: StaffRequest, ref: str, pk: int) -> HttpResponse:
    """What was pressed a few seconds ago does not happen."""
    help_request = find_to_act(request, ref)
    try:
        undo(get_object_or_404(help_request.deferred_acts, pk=pk), user=request.user)
        messages.success(request, _("Taken back. Nothing has happened, and nobody was told anything."))
    except TooLate:
        messages.warning(request, _("Too late to take it back: here is how it stands now."))
    return redirect("help-request", help_request.ref)


@never_cache
@require_POST
@staff_required(Role.DISPATCHES)
def family_link(request: StaffRequest, ref: str) -> HttpResponse:
    """Make a link for the family and show it, this once: only its hash is kept, so no later page can."""
    help_request = find_to_act(request, ref)
    contact_id = request.POST.get("contact", "")
    is_legal = "family-link" in legal_actions(help_request) and allows(help_request.elder, Consent.Kind.FAMILY)
    contact = help_request.elder.family.filter(pk=contact_id).first() if contact_id.isdecimal() else None
    context = {"help_request": help_request, "contact": contact}
    return render(
        request,
        "dispatch/help_request_link.html",
        {**context, "url": family_url(help_request, contact) if is_legal else ""},
    )


def _find(request: StaffRequest, ref: str) -> HelpRequest:
    visible = HelpRequest.objects.visible_to(request.user)
    related = ["elder__place__parent", "elder__community", "community__parent__parent", "logged_by", "occurrence"]
    found: HelpRequest = get_object_or_404(visible.select_related(*related), ref=ref)
    return found


def find_to_act(request: StaffRequest, ref: str) -> HelpRequest:
    """Return the help request if this user may act on it; else 404 or 403."""
    help_request = _find(request, ref)
    if not may(request.user, Role.DISPATCHES, help_request.community):
        raise PermissionDenied
    return help_request
