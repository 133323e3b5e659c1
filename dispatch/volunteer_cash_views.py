"""The volunteer's own page about the money of one visit: three figures, and the receipt."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from linzhu.communities.clock import now
from linzhu.dispatch import cash, receipts
from linzhu.dispatch.cash import STILL_CORRECTS
from linzhu.dispatch.cash_forms import ReportForm
from linzhu.dispatch.cash_verdict import is_correctable, job_of
from linzhu.dispatch.errors import TooLate
from linzhu.dispatch.models import Assignment
from linzhu.dispatch.visit_answers import volunteer_actor
from linzhu.dispatch.volunteer_page_views import for_volunteer, show_page
from linzhu.volunteers.models import Volunteer


@require_http_methods(["GET", "HEAD", "POST"])
@for_volunteer
def money(request: HttpRequest, volunteer: Volunteer, assignment_pk: int) -> HttpResponse:
    """How much was given, spent and given back: until the elder has been asked it can be put right here."""
    visit = _find(volunteer, assignment_pk)
    job = job_of(visit)
    form = ReportForm(
        request.POST or None, request.FILES or None, initial=_said(visit), limit_fen=cash.limit_of(visit.help_request)
    )
    status = 200
    if request.method == "POST" and is_correctable(visit):
        if form.is_valid() and _keep(request, visit, form):
            return redirect("volunteer-page", volunteer.pk)
        status = 422
    context = {"visit": visit, "job": job, "form": form, "is_open": is_correctable(visit)}
    return show_page(request, "dispatch/volunteer_cash.html", volunteer, context, status=status)


def _find(volunteer: Volunteer, pk: int) -> Assignment:
    """A visit with cash of theirs, as long as its money may be spoken of."""
    mine = Assignment.objects.current().filter(volunteer=volunteer)
    related = ["volunteer", "cash", "help_request__elder", "help_request__community"]
    visit = get_object_or_404(mine.select_related(*related), pk=pk)
    is_long_over = visit.finished_at is not None and now() - visit.finished_at > STILL_CORRECTS
    if is_long_over or not visit.help_request.is_about_money:
        raise Http404
    return visit


def _said(visit: Assignment) -> dict[str, str]:
    """What they have said before, to be put right."""
    job = job_of(visit)
    figures = job.figures if job else None
    return {name: f"{fen / 100:.2f}" for name, fen in figures._asdict().items()} if figures else {}


def _keep(request: HttpRequest, visit: Assignment, form: ReportForm) -> bool:
    """Note what was sent, and say so; False if the elder has been asked in this very moment."""
    actor = volunteer_actor(visit.volunteer)
    try:
        with transaction.atomic():
            job = cash.report(visit, form.figures, actor=actor)
            if photo := form.cleaned_data["receipt"]:
                receipts.keep(job, photo, actor=actor)
    except TooLate:
        messages.warning(request, _("Meanwhile this has changed: here is how it stands now."))
        return False
    if job.status == cash.Status.GAP:
        messages.warning(request, _("Thank you for saying so. The office will call you about it."))
    else:
        messages.success(request, _("Thank you, the money is noted. The office will ask the elder, too."))
    return True
