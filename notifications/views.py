"""The webhooks. They answer at once: a text is stored and handled, or refused, or may be brought again."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseForbidden
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from linzhu.notifications import inbound, receipts
from linzhu.notifications.gateways import gateway
from linzhu.notifications.gateways.base import Gateway

Webhook = Callable[[HttpRequest, Gateway], None]


def webhook_of(name: str) -> Callable[[Webhook], Callable[..., HttpResponse]]:
    """Guard a webhook: POST only, 404 unless this gateway is configured, 403 unless the request is signed by it."""

    def decorate(handle: Webhook) -> Callable[..., HttpResponse]:
        @csrf_exempt
        @require_POST
        @wraps(handle)
        def view(request: HttpRequest) -> HttpResponse:
            port = gateway()
            if port.name != name:
                raise Http404
            if not port.verify(request):
                return HttpResponseForbidden()
            try:
                handle(request, port)
            except (OperationalError, InterfaceError):
                return HttpResponse(status=503)  # nothing is half-written; the gateway brings it again
            return port.ack(request)

        return view

    return decorate


@webhook_of("twilio")
def twilio_inbound(request: HttpRequest, port: Gateway) -> None:
    for text in port.parse_inbound(request):
        inbound.receive(port, text)


@webhook_of("twilio")
def twilio_status(request: HttpRequest, port: Gateway) -> None:
    for report in port.parse_status(request):
        receipts.record(port.name, report)
