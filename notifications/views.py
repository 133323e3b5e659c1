"""The webhooks of texts. They answer at once: a text is stored and handled, or refused, or may be brought again."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse

from linzhu.notifications import inbound, receipts
from linzhu.notifications.gateways import configured, gateway
from linzhu.notifications.gateways.base import Gateway
from linzhu.notifications.webhooks import guard


def webhook(handle: Callable[[HttpRequest, Gateway], None]) -> Callable[..., HttpResponse]:
    """Let the gateways that carry our texts reach ``handle(request, port)``, and acknowledge what they bring.

    A gateway that signs nothing has a secret in its path: who does not know it finds nothing there.
    """

    @wraps(handle)
    def answer(request: HttpRequest, port: Gateway, secret: str = "") -> HttpResponse:
        handle(request, port)
        return port.ack(request)

    return guard(answer, port_of=_carrier, is_hidden=lambda port: not port.capabilities.signed)


def _carrier(name: str) -> Gateway | None:
    return gateway(name) if name in configured() else None


@webhook
def sms_inbound(request: HttpRequest, port: Gateway) -> None:
    for text in port.parse_inbound(request):
        inbound.receive(port, text)


@webhook
def sms_status(request: HttpRequest, port: Gateway) -> None:
    for report in port.parse_status(request):
        receipts.record(port.name, report)
