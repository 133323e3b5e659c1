"""Who will be asked first: shown beside the intake form, before anything is logged."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from linzhu.communities.access import StaffRequest, staff_required
from linzhu.communities.rules import rules_of
from linzhu.dispatch.asking import plan_wave
from linzhu.dispatch.matching import Candidate, rank
from linzhu.dispatch.reasons import explain
from linzhu.requests.catalogue import Service
from linzhu.requests.intake_form import IntakeForm
from linzhu.requests.models import HelpRequest

SHOWN_ALONE, SHOWN_EACH = 5, 3
MOST_SERVICES = 3
"""More than these needs at once are not previewed: each costs a search."""


@dataclass(frozen=True)
class Preview:
    """The first candidates for one need, how many more there are, and why others are left out."""

    service: Service
    first: list[Candidate]
    more: int
    left_out: list[tuple[str, int]]


@staff_required()
@require_POST
def preview(request: StaffRequest) -> HttpResponse:
    """The candidates for what the form holds at this moment; nothing while elder, need or time are missing."""
    form = IntakeForm(request.POST, user=request.user)
    ready = form.is_valid()
    codes: list[str] = form.cleaned_data["services"][:MOST_SERVICES] if ready else []
    shown = SHOWN_ALONE if len(codes) == 1 else SHOWN_EACH
    context = {"previews": [_preview(form, code, shown) for code in codes]}
    return render(request, "requests/_preview.html", context)


def _preview(form: IntakeForm, code: str, shown: int) -> Preview:
    elder = form.cleaned_data["elder"]
    wanted = HelpRequest(elder=elder, community=elder.community, service_code=code, **form.fields_of(code))
    ranking = rank(wanted)
    order = plan_wave(wanted, ranking, rules_of(elder.community)).order
    reasons = Counter(explain(exclusion.reasons[0]) for exclusion in ranking.excluded)
    return Preview(wanted.service, order[:shown], max(0, len(order) - shown), reasons.most_common())
