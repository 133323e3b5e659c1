"""The pages of recurring requests: make one, change it, pause it, leave one date out, end it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Prefetch
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from linzhu.communities.access import StaffRequest, staff_required
from linzhu.communities.clock import now
from linzhu.communities.versions import compare_anew
from linzhu.requests import recurring
from linzhu.requests.models import Elder, HelpRequest, Occurrence, RecurringRequest
from linzhu.requests.recurring_form import PauseForm, RecurringForm, as_in

PAST_SHOWN = 20


def recurring_of(elder: Elder) -> list[dict[str, Any]]:
    """Return the elder's recurring requests that go on, each with its next dates. Two queries, however many."""
    at = now()
    ahead = Occurrence.objects.filter(on__gte=timezone.localdate(at)).select_related("help_request")
    rows = elder.recurring.filter(ended_at=None).prefetch_related(Prefetch("occurrences", ahead))
    return [{"row": row, "upcoming": recurring.upcoming(row, at)} for row in rows]


@staff_required()
@require_http_methods(["GET", "POST"])
def recurring_new(request: StaffRequest, elder_pk: int) -> HttpResponse:
    """A new recurring request for this elder; ``?like=H7K2M`` fills in what that help request says."""
    elder = get_object_or_404(Elder.objects.visible_to(request.user).select_related("community"), pk=elder_pk)
    like = HelpRequest.objects.visible_to(request.user).filter(elder=elder, ref=request.GET.get("like", "")).first()
    start = (
        as_in(like)
        if like
        else {"starts_on": timezone.localdate(now()), "service_code": request.GET.get("service", "")}
    )
    form = RecurringForm(request.POST or None, elder=elder, initial=start)
    if request.method == "POST" and form.is_valid():
        recurring.save(form.instance, user=request.user)
        messages.success(request, _("Saved. Linzhu opens each help request by itself, ahead of time."))
        return redirect("elder", elder.pk)
    context = {"form": form, "elder": elder, "like": like}
    return render(request, "requests/recurring_form.html", context, status=422 if form.errors else 200)


@staff_required()
@require_http_methods(["GET", "POST"])
@compare_anew
def recurring_edit(request: StaffRequest, pk: int) -> HttpResponse:
    """All about one recurring request: its form, its next dates, what became of the past ones."""
    row = _find(request, pk)
    form = RecurringForm(request.POST or None, instance=row, elder=row.elder)
    if request.method == "POST" and row.ended_at is None and form.is_valid():
        with transaction.atomic():
            form.claim()
            recurring.save(form.instance, user=request.user)
        messages.success(request, _("Saved. Help requests that are open already stay as they are."))
        return redirect("recurring", pk)
    return _page(request, pk, form, PauseForm(today=timezone.localdate(now())))


@staff_required()
@require_POST
def recurring_pause(request: StaffRequest, pk: int) -> HttpResponse:
    """No help until a day; sent with ``resume``, the pause is over."""
    row = _find(request, pk)
    if "resume" in request.POST:
        recurring.resume(row)
        return redirect("recurring", pk)
    form = PauseForm(request.POST, today=timezone.localdate(now()))
    if not form.is_valid():
        return _page(request, pk, RecurringForm(instance=row, elder=row.elder), form)
    recurring.pause(row, until=form.cleaned_data["until"])
    return redirect("recurring", pk)


@staff_required()
@require_POST
def recurring_date(request: StaffRequest, pk: int, day: str) -> HttpResponse:
    """Leave one date out, or put it back."""
    row, on = _find(request, pk), _read_day(day)
    if "put-back" in request.POST:
        done = recurring.put_back(row, on)
    else:
        done = recurring.leave_out(row, on, user=request.user)
    if not done:
        messages.warning(request, _("Meanwhile this has changed: here is how it stands now."))
    return redirect("recurring", pk)


@staff_required()
@require_POST
def recurring_end(request: StaffRequest, pk: int) -> HttpResponse:
    """No more dates."""
    row = _find(request, pk)
    recurring.end(row)
    messages.success(request, _("Ended. Help requests that are open already go on."))
    return redirect("elder", row.elder_id)


def _find(request: StaffRequest, pk: int) -> RecurringRequest:
    rows = RecurringRequest.objects.visible_to(request.user).select_related("elder__community")
    return get_object_or_404(rows, pk=pk)


def _page(request: StaffRequest, pk: int, form: RecurringForm, pause_form: PauseForm) -> HttpResponse:
    row = _find(request, pk)  # fresh: a form with mistakes has written them into its own copy
    at = now()
    context = {
        "form": form,
        "pause_form": pause_form,
        "elder": row.elder,
        "row": row,
        "is_paused": row.pauses_on(timezone.localdate(at)),
        "upcoming": recurring.upcoming(row, at),
        "past": row.occurrences.select_related("help_request", "user")[:PAST_SHOWN],
        "live": HelpRequest.objects.live().filter(occurrence__recurring=row).order_by("window_start"),
    }
    status = 422 if form.errors or pause_form.errors else 200
    return render(request, "requests/recurring_form.html", context, status=status)


def _read_day(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 (a date has no zone)
    except ValueError:
        raise Http404 from None
