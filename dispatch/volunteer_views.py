"""What a volunteer was asked and did: a part of their page that only dispatch knows."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from linzhu.communities.access import StaffRequest, staff_required
from linzhu.communities.clock import now
from linzhu.dispatch.models import Assignment, Offer
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
