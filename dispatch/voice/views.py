"""The webhooks of calls: somebody picks up, presses a key, hangs up, or rings us. Each calls one domain function."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest
from django.urls import reverse

from linzhu.dispatch.voice import hotline
from linzhu.dispatch.voice.lines import line_of, settle
from linzhu.notifications.models import Call
from linzhu.notifications.voice import reports, scripts
from linzhu.notifications.voice.base import CallReport, VoiceWebhooks
from linzhu.notifications.voice.views import voice_webhook

NOTHING = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
HANG_UP = '<?xml version="1.0" encoding="UTF-8"?><Response><Reject/></Response>'


@voice_webhook
def script(request: HttpRequest, port: VoiceWebhooks, ref: UUID) -> str:
    """An elder has picked up."""
    heard = port.parse_heard(request)
    # Also the first news of a call whose answer from the gateway was lost.
    answered = CallReport(ref=str(ref), gateway_ref=heard.gateway_ref, state=Call.State.IN_PROGRESS)
    call = reports.record(port.name, answered)
    if call is None or call.direction != Call.Direction.OUT:
        raise Http404
    return _spoken(line_of(call).pick_up(call), port)


@voice_webhook
def keys(request: HttpRequest, port: VoiceWebhooks, ref: UUID) -> str:
    """A key, a word, or silence."""
    call = Call.objects.filter(ref=ref, gateway=port.name).select_related("community").first()
    if call is None:
        raise Http404
    heard = port.parse_heard(request)
    return _spoken(line_of(call).press(call, digits=heard.digits, speech=heard.speech), port)


@voice_webhook
def status(request: HttpRequest, port: VoiceWebhooks) -> str:
    """It rings, was answered, or is over."""
    report = port.parse_status(request)
    call = reports.record(port.name, report) if report else None
    if call is not None:
        settle(call)
    return NOTHING


@voice_webhook
def inbound(request: HttpRequest, port: VoiceWebhooks) -> str:
    """Somebody rings us."""
    heard = port.parse_heard(request)
    call = hotline.ring_in(port.name, heard.gateway_ref, heard.phone) if heard.gateway_ref else None
    return _spoken(call, port) if call else HANG_UP


def _spoken(call: Call, port: VoiceWebhooks) -> str:
    action = reverse("voice-keys", args=[port.name, call.ref])
    return scripts.render(call.saying, call.params, call.language, action=action)
