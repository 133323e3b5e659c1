"""Parts of a volunteer's card that only dispatch knows: what they were asked and did, and the link to their page."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from linzhu.communities.access import StaffRequest, staff_required
from linzhu.communities.clock import now
from linzhu.dispatch.models import Assignment, Offer
from linzhu.dispatch.volunteer_links import can_send, revoke_links, send_link
from linzhu.requests.models import HelpRequest
from linzhu.volunteers.models import Volunteer

WEEK, SHOWN = timedelta(days=7), 10


@staff_required()
@require_GET
def record(request: StaffRequest, pk: int) -> HttpResponse:
    """Offers and visits in figures, and the last visits."""
    volunteer = get_object_or_404(Volunteer.objects.visible_to(request.user), pk=pk)
    offers = Offer.objects.filter(volunteer=volunteer)
    visits = Assignment.objects.current().filter(volunteer=volunteer)
    # A visit to an elder of another community counts, but its elder stays unseen.
    seen = visits.filter(help_request__in=HelpRequest.objects.visible_to(request.user))
    context = {
        "asked": offers.count(),
        "asked_this_week": offers.filter(created_at__gt=now() - WEEK).count(),
        "said_yes": offers.filter(status=Offer.Status.ACCEPTED).count(),
        "visits": visits.count(),
        "last_visits": seen.select_related("help_request__elder").order_by("-accepted_at")[:SHOWN],
    }
    return render(request, "volunteers/_record.html", context)


@staff_required()
@require_GET
def link(request: StaffRequest, pk: int) -> HttpResponse:
    """Whether the volunteer has a page open, and the buttons for it. The link itself is never shown to staff."""
    volunteer = _volunteer(request, pk)
    context = {
        "volunteer": volunteer,
        "can_send": can_send(),
        "links": volunteer.links.open(now()).order_by("-expires_at"),
    }
    return render(request, "volunteers/_link.html", context)


@staff_required()
@require_POST
def send(request: StaffRequest, pk: int) -> HttpResponse:
    """Text the volunteer a link to their own page."""
    volunteer = _volunteer(request, pk)
    if can_send() and send_link(volunteer):
        messages.success(request, _("%(name)s gets a text with the link.") % {"name": volunteer.name})
    else:
        messages.warning(
            request,
            _("No link was sent: this volunteer does not help at present or wants no texts, or texts carry no links."),
        )
    return redirect("volunteer", pk)


@staff_required()
@require_POST
def revoke(request: StaffRequest, pk: int) -> HttpResponse:
    """Close every link of this volunteer: a lost phone."""
    closed = revoke_links(_volunteer(request, pk))
    messages.success(
        request,
        ngettext("%(n)d link no longer opens anything.", "%(n)d links no longer open anything.", closed)
        % {"n": closed},
    )
    return redirect("volunteer", pk)


def _volunteer(request: StaffRequest, pk: int) -> Volunteer:
    volunteers = Volunteer.objects.visible_to(request.user).select_related("community")
    volunteer: Volunteer = get_object_or_404(volunteers, pk=pk)
    return volunteer
