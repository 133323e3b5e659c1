"""Where staff write down what an elder has agreed to, or agrees to no more."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from linzhu.communities.access import StaffRequest, staff_required
from linzhu.dispatch.consenting import record
from linzhu.requests.models import Consent, Elder


@require_POST
@staff_required()
def elder_consent(request: StaffRequest, pk: int) -> HttpResponse:
    """The elder has said yes or no to one question."""
    elder = get_object_or_404(Elder.objects.visible_to(request.user).select_related("community"), pk=pk)
    kind, how, answer = (request.POST.get(name, "") for name in ("kind", "how", "answer"))
    if kind not in Consent.Kind.values or how not in Consent.How.values or answer not in ("yes", "no"):
        raise Http404
    record(elder, Consent.Kind(kind), is_given=answer == "yes", how=how, user=request.user)
    messages.success(request, _("Consent is noted.") if answer == "yes" else _("Noted, and it holds from now on."))
    return redirect("elder", elder.pk)
