"""What staff note and decide about the money of a visit, and the photo of its receipt."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from linzhu.communities.access import StaffRequest, may, staff_required
from linzhu.communities.models import Role
from linzhu.dispatch import cash
from linzhu.dispatch.actions import Refused
from linzhu.dispatch.cash_forms import FiguresForm, WordForm
from linzhu.dispatch.cash_verdict import job_of
from linzhu.dispatch.errors import NotYours, ReasonNeeded, TooLate
from linzhu.dispatch.help_request_views import find_to_act
from linzhu.dispatch.models import Assignment, CashJob, CashReceipt
from linzhu.dispatch.next_page import next_page
from linzhu.requests.lifecycle import Actor
from linzhu.requests.models import HelpRequest

LONGEST_REASON = 200


@require_POST
@staff_required(Role.DISPATCHES)
def act(request: StaffRequest, ref: str, pk: int, act: str) -> HttpResponse:
    """Note or decide one thing about the money of a visit, and say what came of it."""
    help_request = find_to_act(request, ref)
    related = ["volunteer", "cash", "help_request__elder", "help_request__community"]
    visit = get_object_or_404(help_request.assignments.select_related(*related), pk=pk)
    if act not in ACTS or not help_request.is_about_money:
        raise Http404
    try:
        messages.success(request, ACTS[act](visit, request))
    except Refused as refusal:
        messages.warning(request, str(refusal))
    except NotYours:
        messages.warning(request, _("This is your own visit: a colleague settles its money."))
    except ReasonNeeded:
        messages.warning(request, _("Please write why."))
    except TooLate:
        messages.warning(request, _("Meanwhile this has changed: here is how it stands now."))
    return redirect(next_page(request, help_request.ref))


@never_cache
@require_safe
@staff_required()
def receipt(request: StaffRequest, ref: str, key: UUID) -> HttpResponse:
    """The photo. A file to keep, never a page of ours: nothing in it could run here."""
    visible = HelpRequest.objects.visible_to(request.user).filter(ref=ref)
    photo = get_object_or_404(CashReceipt, key=key, job__assignment__help_request__in=visible)
    name = f"{ref}.{'jpg' if photo.kind == 'image/jpeg' else 'png'}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(bytes(photo.picture), content_type=photo.kind, headers=headers)


def _figures(visit: Assignment, request: StaffRequest) -> str:
    """The volunteer has told them on the phone or at the counter. What does not add up is noted as it was said."""
    if visit.status == Assignment.Status.RELEASED and job_of(visit) is None:
        raise TooLate
    form = FiguresForm({**request.POST.dict(), "is_so": "on"})
    if not form.is_valid():
        raise Refused(_("Please write all three amounts in yuan, such as 86.50."))
    job = cash.report(visit, form.figures, actor=Actor.staff(request.user))
    if job.status == CashJob.Status.GAP:
        return _("Noted. It does not agree: a lead has to clear it.")
    return _("Noted what the volunteer says.")


def _word(visit: Assignment, request: StaffRequest) -> str:
    """What the elder says, on the phone or at the counter."""
    if job_of(visit) is None:
        raise TooLate
    form = WordForm(request.POST)
    if not form.is_valid():
        raise Refused(
            _("Please write how much the elder gave and how much came back, in yuan, and whether the receipt is there.")
        )
    job = cash.hear(visit, form.word, user=request.user, is_well="is_well" in request.POST)
    return {
        CashJob.Status.AGREED.value: _("Noted: both say the same. Thank you."),
        CashJob.Status.GAP.value: _("Noted. It does not agree: a lead has to clear it."),
    }.get(job.status, _("Noted. The volunteer's figures are still to come."))


def _clear(visit: Assignment, request: StaffRequest) -> str:
    if not may(request.user, Role.LEADS, visit.help_request.community):
        raise PermissionDenied
    if job_of(visit) is None:
        raise TooLate
    cash.clear(visit, _reason(request), user=request.user)
    return _("Cleared. The volunteer may be asked for visits with cash again.")


def _check(visit: Assignment, request: StaffRequest) -> str:
    if job_of(visit) is None:
        raise TooLate
    is_right = request.POST.get("found") == "right"
    cash.check(visit, is_right=is_right, why=_reason(request), user=request.user)
    return _("Noted: the money is right. Thank you.") if is_right else _("Noted. A lead has to clear it.")


def _reason(request: StaffRequest) -> str:
    return request.POST.get("why", "").strip()[:LONGEST_REASON]


ACTS: dict[str, Callable[[Assignment, StaffRequest], str]] = {
    "figures": _figures,
    "word": _word,
    "clear": _clear,
    "check": _check,
}
