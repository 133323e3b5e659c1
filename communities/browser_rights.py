"""What a page may ask of the browser: nothing, but where a view says so. The header is Permissions-Policy."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponseBase

NOTHING = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"
HEADER = "Permissions-Policy"


class BrowserRightsMiddleware:
    """Take from every page what it does not need: a script that slipped in could use no more than that."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault(HEADER, NOTHING)
        return response


def may_listen(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Let the page of this view use the microphone, if the person before it agrees, too."""

    @wraps(view)
    def listening(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        response.headers[HEADER] = NOTHING.replace("microphone=()", "microphone=(self)")
        return response

    return listening
