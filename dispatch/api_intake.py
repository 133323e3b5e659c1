"""A help request that comes in through the JSON API: what it must say, whose it is, and that it counts once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Self

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.config import JsonDict

from linzhu.communities.clock import now
from linzhu.communities.models import ApiToken
from linzhu.communities.phones import PhoneError, parse_phone
from linzhu.dispatch.api_problems import Problem
from linzhu.requests.catalogue import Code
from linzhu.requests.lifecycle import Actor, ElderGone, log_request
from linzhu.requests.models import Elder, HelpRequest, StatusChange

AHEAD = timedelta(days=60)


def _written_out(value: Any) -> Any:
    if not isinstance(value, str) or "T" not in value.upper().replace(" ", "T"):
        raise ValueError("Write it as 2026-03-01T14:00+08:00.")
    return value


def _plain(text: str) -> str:
    if "\0" in text:
        raise ValueError("There is a NUL character in it.")
    return text


Moment = Annotated[
    datetime,
    BeforeValidator(_written_out, json_schema_input_type=datetime),
    AfterValidator(lambda value: timezone.make_aware(value) if timezone.is_naive(value) else value),
]
Text = Annotated[str, AfterValidator(_plain)]


_EXAMPLE: JsonDict = {
    "elder_phone": "022-2731 8800",
    "service": "groceries",
    "details": "Rice, 5 kg, and soy sauce.",
    "window_start": "2026-03-01T14:00+08:00",
    "window_end": "2026-03-01T16:00+08:00",
}


class NewHelpRequest(BaseModel):
    """One need of one elder, who is named by ``elder_phone`` or by ``elder_id``."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    elder_phone: Annotated[Text, Field(max_length=40)] | None = None
    elder_id: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = None
    service: Code
    details: Text = Field(default="", max_length=2000)
    window_start: Moment = Field(description="ISO 8601; local time where no offset is given.")
    window_end: Moment = Field(description="After window_start, at most 60 days ahead.")
    channel: HelpRequest.Channel = HelpRequest.Channel.DEVICE

    @field_validator("window_end")
    @classmethod
    def _after_start(cls, value: datetime, info: ValidationInfo) -> datetime:
        start = info.data.get("window_start")
        if start is not None and value <= start:
            raise ValueError("The window ends before it begins.")
        return value

    @model_validator(mode="after")
    def _one_elder(self) -> Self:
        if (self.elder_phone is None) == (self.elder_id is None):
            raise ValueError("Name the elder by elder_phone or by elder_id.")
        return self

    def fields(self) -> dict[str, Any]:
        """The help request's own fields."""
        return {
            "details": self.details,
            "window_start": self.window_start,
            "window_end": self.window_end,
            "channel": self.channel.value,
        }


def open_request(token: ApiToken, key: str, new: NewHelpRequest) -> tuple[HelpRequest, bool]:
    """Log a help request, once for each token and key; return it and whether it is new.

    Raises Problem: 404 for an elder whom the token does not reach, 409 for a number that several elders share, for an
    elder who lives here no more, or for a key that has been used for something else, 422 for a window that cannot be
    met.
    """
    elder = _find_elder(token, new)
    full_key = f"api:{token.pk}:{key}"
    earlier = HelpRequest.objects.filter(idempotency_key=full_key).exists()
    if not earlier:
        _check_window(new)  # a retry may come when the window has begun
    try:
        with transaction.atomic():
            help_request = log_request(
                elder,
                new.service,
                actor=Actor(StatusChange.Who.API, token.name),
                idempotency_key=full_key,
                **new.fields(),
            )
    except ElderGone:
        raise Problem(409, "This elder is noted as living here no more. Please call the office.") from None
    same = {"elder_id": elder.pk, "service_code": new.service.value, **new.fields()}
    if any(getattr(help_request, name) != value for name, value in same.items()):
        raise Problem(409, "This Idempotency-Key has been used for a different help request.")
    return help_request, not earlier


def _find_elder(token: ApiToken, new: NewHelpRequest) -> Elder:
    elders: QuerySet[Elder] = Elder.objects.in_subtree(token.community).select_related("community")
    if new.elder_id is not None:
        found = list(elders.filter(pk=new.elder_id))
    else:
        try:
            found = list(elders.filter(phone=parse_phone(new.elder_phone or "").e164).order_by("pk"))
        except PhoneError as error:
            raise Problem(422, "The number cannot be read.", errors={"elder_phone": str(error)}) from None
    if not found:
        raise Problem(404, "No such elder is known in this token's communities.")
    found = [one for one in found if not one.is_gone] or found
    if len(found) > 1:
        ids = [one.pk for one in found]
        raise Problem(409, "Several elders share this number. Call again with one elder_id.", elder_ids=ids)
    return found[0]


def _check_window(new: NewHelpRequest) -> None:
    present = now()
    if new.window_end <= present:
        raise Problem(422, "The window is over.", errors={"window_end": "It is in the past."})
    if new.window_end > present + AHEAD:
        message = f"It is more than {AHEAD.days} days ahead."
        raise Problem(422, "The window is too far away.", errors={"window_end": message})
