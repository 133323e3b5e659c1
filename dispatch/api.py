"""The JSON API for hotlines and one-key devices: open a help request, see how far it is."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from ninja import Header, NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from ninja.responses import Status as Reply
from pydantic import BaseModel, Field

from linzhu.dispatch.api_access import PerToken, TokenAuth
from linzhu.dispatch.api_intake import NewHelpRequest, open_request
from linzhu.dispatch.api_problems import MEDIA_TYPE, ProblemBody, add_handlers
from linzhu.dispatch.links import family_url
from linzhu.dispatch.tracking import tracking_of
from linzhu.requests.models import HelpRequest, Status


class Api(NinjaAPI):
    """Describes its errors as what they are."""

    def get_openapi_schema(self, **kwargs: Any) -> OpenAPISchema:
        schema = super().get_openapi_schema(**kwargs)
        for item in schema["paths"].values():
            for operation in item.values():
                for status, response in operation["responses"].items():
                    if int(status) >= HTTPStatus.BAD_REQUEST:
                        response["content"] = {MEDIA_TYPE: response["content"].pop("application/json")}
        return schema


api = Api(
    title="Linzhu",
    version="1",
    description=(
        "Open help requests for elders, and see how far they are. A token is made with "
        "`manage.py api_token COMMUNITY NAME`; it reaches that community and all below it."
    ),
    auth=TokenAuth(),
    throttle=PerToken(calls_a_minute=120),
    urls_namespace="api",
)
add_handlers(api)


class Opened(BaseModel):
    """A help request that has been logged. The link is for the family: it needs no account, so treat it as secret."""

    ref: str = Field(examples=["H7K2M"])
    status: Status
    family_url: str


class Stages(BaseModel):
    """When each stage was reached; null where it has not been, or where the search has begun anew."""

    logged_at: datetime
    assigned_at: datetime | None
    underway_at: datetime | None
    done_at: datetime | None
    closed_at: datetime | None
    cancelled_at: datetime | None
    unmet_at: datetime | None


class Progress(BaseModel):
    """How far a help request is."""

    ref: str
    status: Status
    stages: Stages
    offers_sent: int = Field(description="How many neighbours have been asked so far.")
    people: list[str] = Field(description="Who comes or came, by the name that the family reads.")


_KEY = r"^[!-~]{1,80}$"
_PROBLEMS = dict.fromkeys((400, 401, 404, 409, 413, 422, 429), ProblemBody)


@api.post(
    "help-requests",
    response={201: Opened, 200: Opened, **_PROBLEMS},
    summary="Open a help request",
    tags=["Help requests"],
)
def open_help_request(
    request: HttpRequest,
    response: HttpResponse,
    payload: NewHelpRequest,
    idempotency_key: Annotated[
        str, Header(alias="Idempotency-Key", pattern=_KEY, description="Your own id for this call.")
    ],
) -> Any:
    """Log a help request; neighbours are asked at once.

    The same `Idempotency-Key` with the same body opens nothing twice: it answers 200 with the same `ref` (and a fresh
    family link). With another body it answers 409.
    """
    help_request, is_new = open_request(request.auth, idempotency_key, payload)  # type: ignore[attr-defined]
    response["Location"] = reverse("api:help_request_progress", args=[help_request.ref])
    response["Cache-Control"] = "no-store"
    body = {"ref": help_request.ref, "status": help_request.status, "family_url": family_url(help_request)}
    return Reply(201 if is_new else 200, body)


@api.get(
    "help-requests/{ref}",
    response={200: Progress, **dict.fromkeys((401, 404, 429), ProblemBody)},
    summary="See how far a help request is",
    tags=["Help requests"],
)
def help_request_progress(request: HttpRequest, response: HttpResponse, ref: str) -> Any:
    """Its status, when each stage was reached, how many neighbours were asked, who comes."""
    token = request.auth  # type: ignore[attr-defined]
    reachable = HelpRequest.objects.in_subtree(token.community).select_related("community")
    help_request = get_object_or_404(reachable, ref=ref)
    tracking = tracking_of(help_request)
    response["Cache-Control"] = "no-store"
    return {
        "ref": help_request.ref,
        "status": help_request.status,
        "stages": asdict(tracking.times),
        "offers_sent": tracking.asked,
        "people": tracking.names,
    }
