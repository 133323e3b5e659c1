"""The page of texts, and its two keys: send again, give up."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from linzhu.communities.access import StaffRequest, may, staff_required
from linzhu.communities.clock import now
from linzhu.communities.models import Community, Role
from linzhu.notifications import operations, outbox
from linzhu.notifications.health import silent_since
from linzhu.notifications.models import Message

MAY_LOOK = Role.LEADS | {Role.Kind.OVERSEER.value}


@never_cache
@require_safe
@staff_required(MAY_LOOK)
def texts(request: StaffRequest) -> HttpResponse:
    """How texting goes. Single texts are for those who lead a community; overseers see figures."""
    at, leads = now(), may(request.user, Role.LEADS)
    context = {
        "silent_since": silent_since(at),
        "gateways": operations.read_gateways(request.user, at, exact=leads),
        "troubled": operations.read_troubled(request.user, at) if leads else [],
        "reasons": operations.count_reasons(request.user, at) if leads else [],
        "costs": operations.read_costs(request.user, at),
        "leads": leads,
        "priced": settings.SMS_PRICE_FEN > 0,
    }
    return render(request, "notifications/texts.html", context)


@require_POST
@staff_required(Role.LEADS)
def text_act(request: StaffRequest, pk: int) -> HttpResponse:
    """Send a text again, or give it up; where the facts were quicker, that is said."""
    led = Message.objects.visible_to(request.user).filter(community__in=Community.objects.led_by(request.user))
    message = get_object_or_404(led, pk=pk)
    match request.POST.get("act"):
        case "again":
            done, said = outbox.send_again(message), _("It goes out now.")
        case "give-up":
            done, said = outbox.give_up(message), _("Given up. Please call, if it matters.")
        case _:
            raise Http404
    if done:
        messages.success(request, said)
    else:
        messages.info(request, _("Nothing to do any more: it has gone out, or its time is over."))
    return redirect("texts")
