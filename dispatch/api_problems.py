"""Every error of the JSON API is a problem document (RFC 9457): what is wrong, and which fields."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError
from pydantic import BaseModel

MEDIA_TYPE = "application/problem+json"


class FieldError(BaseModel):
    """What is wrong with one field; ``field`` is empty if it is the body as a whole."""

    field: str
    message: str


class ProblemBody(BaseModel):
    """The problem document, as the OpenAPI description has it."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[FieldError] = []


class Problem(Exception):  # noqa: N818 (RFC 9457's word)
    """Ends a call with a problem document. ``extra`` are members that its type defines."""

    def __init__(self, status: int, detail: str, *, errors: dict[str, str] | None = None, **extra: Any) -> None:
        super().__init__(detail)
        self.status, self.detail, self.extra = status, detail, extra
        self.errors = [{"field": field, "message": message} for field, message in (errors or {}).items()]

    def response(self, headers: dict[str, str] | None = None) -> JsonResponse:
        body = {"type": "about:blank", "title": HTTPStatus(self.status).phrase, "status": self.status}
        body |= {"detail": self.detail, "errors": self.errors, **self.extra}
        return JsonResponse(
            body,
            status=self.status,
            content_type=MEDIA_TYPE,
            headers={"Cache-Control": "no-store", **(headers or {})},
            json_dumps_params={"ensure_ascii": False},
        )


def add_handlers(api: NinjaAPI) -> None:
    """Make an API answer every error with a problem document."""
    answers: dict[type[Exception], Callable[[HttpRequest, Any], HttpResponse]] = {
        Problem: _problem,
        Http404: _not_found,
        ValidationError: _invalid,
        AuthenticationError: _unauthorized,
        Throttled: _throttled,
        RequestDataTooBig: _too_big,
        HttpError: _http_error,
    }
    for kind, answer in answers.items():
        api.add_exception_handler(kind, answer)


NOT_FOUND = Problem(404, "There is nothing at this address that this token may see.")


def problems_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Turn the answers that Django and ninja give before any handler is asked into problem documents too."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response = view(request, *args, **kwargs)
        except Http404:
            return NOT_FOUND.response()
        if isinstance(response, HttpResponseNotAllowed):
            allowed = response["Allow"]
            return Problem(405, f"Use {allowed} here.").response({"Allow": allowed})
        return response

    return wrapped


def _problem(request: HttpRequest, problem: Problem) -> HttpResponse:
    return problem.response()


def _not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    return NOT_FOUND.response()


def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    errors: dict[str, str] = {}
    for item in error.errors:
        # ("body", "payload", "window_end", …) → "window_end"; ("header", "idempotency-key") → "idempotency-key"
        location = [str(part) for part in item["loc"]]
        field = ".".join(location[2:] if location[0] == "body" else location[1:])
        errors.setdefault(field, item["msg"].removeprefix("Value error, "))
    return Problem(422, "Some fields are missing or wrong.", errors=errors).response()


def _unauthorized(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    problem = Problem(401, "Send a valid token: Authorization: Bearer lz_…")
    return problem.response({"WWW-Authenticate": 'Bearer realm="Linzhu"'})


def _throttled(request: HttpRequest, error: Throttled) -> HttpResponse:
    wait = str(error.wait or 1)
    return Problem(429, f"Too many calls with this token. Try again in {wait} seconds.").response({"Retry-After": wait})


def _too_big(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    return Problem(413, "The body is too large.").response()


def _http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    if error.status_code == HTTPStatus.BAD_REQUEST:
        return Problem(400, "The body is not valid JSON.").response()
    return Problem(error.status_code, str(error)).response()
