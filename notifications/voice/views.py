"""The webhooks of calls."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse

from linzhu.notifications.voice import voice_webhooks
from linzhu.notifications.voice.base import VoiceWebhooks
from linzhu.notifications.webhooks import guard


def voice_webhook(handle: Callable[..., str]) -> Callable[..., HttpResponse]:
    """Let the gateway that carries our calls reach ``handle(request, port, …)``, which returns the TwiML of its answer.

    While the database is away the call counts as not answered.
    """

    @wraps(handle)
    def answer(request: HttpRequest, port: VoiceWebhooks, **kwargs: Any) -> HttpResponse:
        return HttpResponse(handle(request, port, **kwargs), content_type="text/xml; charset=utf-8")

    return guard(answer, port_of=voice_webhooks)
