"""The one door through which a help request begins and moves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction

from linzhu.communities.clock import now
from linzhu.communities.models import User
from linzhu.requests.catalogue import SERVICES
from linzhu.requests.models import GONE_STATES, Elder, HelpRequest, Status, StatusChange, new_ref
from linzhu.requests.signals import status_changed

TRANSITIONS: dict[str, set[str]] = {
    # From the search straight to "under way" or "done": fewer people are enough, and they are there or have been.
    Status.OPEN: {Status.ASSIGNED, Status.UNDERWAY, Status.DONE, Status.PAUSED, Status.CANCELLED, Status.UNMET},
    Status.PAUSED: {Status.OPEN, Status.ASSIGNED, Status.UNDERWAY, Status.DONE, Status.CANCELLED, Status.UNMET},
    Status.ASSIGNED: {Status.OPEN, Status.PAUSED, Status.UNDERWAY, Status.DONE, Status.CANCELLED, Status.UNMET},
    Status.UNDERWAY: {Status.OPEN, Status.DONE, Status.CANCELLED, Status.UNMET},
    Status.DONE: {Status.CLOSED},
    Status.CLOSED: set(),
    Status.CANCELLED: set(),
    Status.UNMET: set(),
}


class IllegalTransition(Exception):  # noqa: N818 (an event of the domain, named like its table)
    """A move that the table does not allow, or that somebody else has just made."""

    def __init__(self, ref: str, from_status: str, to_status: str) -> None:
        super().__init__(f"{ref}: {from_status} → {to_status}")
        self.ref, self.from_status, self.to_status = ref, from_status, to_status


class ElderGone(Exception):  # noqa: N818 (an answer for the one who asked, not a fault)
    """The elder has moved away or has died, as far as we know: nothing is logged for them."""


@dataclass(frozen=True)
class Actor:
    """Who does something: staff (with their account), a volunteer, family, a hotline, or Linzhu itself."""

    who: StatusChange.Who
    name: str = ""
    user: User | None = None

    @classmethod
    def staff(cls, user: User) -> Actor:
        return cls(StatusChange.Who.STAFF, str(user), user)


SYSTEM = Actor(StatusChange.Who.SYSTEM)


def log_request(
    elder: Elder, service_code: str, *, actor: Actor, idempotency_key: str | None = None, **fields: Any
) -> HelpRequest:
    """Write a new help request and its first StatusChange in one transaction, and return it.

    ``fields`` are HelpRequest's own (``window_start``, ``window_end``, ``details``, ``channel``, …); what the service
    asks for (people, car, clearance) is the default. With an ``idempotency_key`` that was used before, the help
    request of that time is returned and nothing is written: a double click or a retry logs nothing twice.
    Raises KeyError for an unknown service, ElderGone for somebody who lives here no more.
    """
    service = SERVICES[service_code]
    defaults = {
        "people_needed": service.people,
        "needs_vehicle": service.vehicle,
        "needs_clearance": service.clearance,
    }
    if earlier := _logged_before(idempotency_key):
        return earlier
    try:
        with transaction.atomic():
            _check_lives_here(elder)
            help_request = HelpRequest.objects.create(
                **{**defaults, **fields},
                ref=_free_ref(),
                elder=elder,
                community=elder.community,
                service_code=service_code,
                idempotency_key=idempotency_key or None,
                logged_by=actor.user,
            )
            _record(help_request, "", Status.OPEN, actor, "")
    except IntegrityError:
        # The same key raced us between the look and the write.
        if earlier := _logged_before(idempotency_key):
            return earlier
        raise
    return help_request


def move(help_request: HelpRequest, to_status: str, *, actor: Actor, why: str = "", **fields: Any) -> HelpRequest:
    """Move a help request, write its StatusChange, send ``status_changed``; all in one transaction.

    ``fields`` are set in the same conditional UPDATE. The object passed in is brought up to date. Raises
    IllegalTransition if the table forbids the move or somebody else moved it first.
    """
    from_status = help_request.status
    if to_status not in TRANSITIONS[from_status]:
        raise IllegalTransition(help_request.ref, from_status, to_status)
    if to_status != Status.PAUSED:
        fields.setdefault("pause_reason", "")
    changes = {"status": to_status, "status_at": now(), **fields}
    as_seen = HelpRequest.objects.filter(pk=help_request.pk, status=from_status, round=help_request.round)
    with transaction.atomic(savepoint=False):
        if as_seen.update(**changes):
            for name, value in changes.items():
                setattr(help_request, name, value)
            _record(help_request, from_status, to_status, actor, why)
            return help_request
    raise IllegalTransition(help_request.ref, from_status, to_status)


def _check_lives_here(elder: Elder) -> None:
    """Asked of the row, with it held: who notes a death calls off what was logged before, and nothing comes after."""
    held = Elder.objects.select_for_update(no_key=True).filter(pk=elder.pk)
    if held.values_list("state", flat=True).first() in GONE_STATES:
        raise ElderGone


def _logged_before(idempotency_key: str | None) -> HelpRequest | None:
    return HelpRequest.objects.filter(idempotency_key=idempotency_key).first() if idempotency_key else None


def _record(help_request: HelpRequest, from_status: str, to_status: str, actor: Actor, why: str) -> None:
    change = StatusChange.objects.create(
        help_request=help_request,
        from_status=from_status,
        to_status=to_status,
        who=actor.who,
        user=actor.user,
        name=actor.name,
        why=why,
    )
    status_changed.send(HelpRequest, help_request=help_request, change=change)


def _free_ref() -> str:
    while HelpRequest.objects.filter(ref=(ref := new_ref())).exists():
        pass
    return ref
