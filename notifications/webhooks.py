"""The guard before every webhook, of texts and of calls."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Protocol, TypeVar

from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseForbidden
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST


class Knocked(Protocol):
    """A gateway at whose door somebody knocks."""

    def verify(self, request: HttpRequest) -> bool:
        """Whether this request really comes from the gateway."""


Port = TypeVar("Port", bound=Knocked)


def guard(
    answer: Callable[..., HttpResponse],
    *,
    port_of: Callable[[str], Port | None],
    is_hidden: Callable[[Port], bool] | None = None,
) -> Callable[..., HttpResponse]:
    """Return a view that lets only the gateway named in the path reach ``answer(request, port, …)``.

    POST only. 404 unless ``port_of`` knows the name; 403 unless the gateway has sent the request, or 404 again where
    ``is_hidden`` says that strangers should find nothing; 503 while the database is away: nothing is half-written then,
    and whoever brought it brings it again.
    """

    @csrf_exempt
    @require_POST
    @wraps(answer)
    def view(request: HttpRequest, name: str, **kwargs: Any) -> HttpResponse:
        port = port_of(name)
        if port is None:
            raise Http404
        if not port.verify(request):
            if is_hidden is not None and is_hidden(port):
                raise Http404
            return HttpResponseForbidden()
        try:
            return answer(request, port, **kwargs)
        except (OperationalError, InterfaceError):
            return HttpResponse(status=503)

    return view
