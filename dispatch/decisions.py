"""What staff decide about a help request as a whole: search again, call it off, give it up, close it."""

from __future__ import annotations

from django.db import transaction
from django.utils import translation

from linzhu.communities.clock import now
from linzhu.dispatch import telling, todos
from linzhu.dispatch.models import Assignment
from linzhu.dispatch.offers import withdraw_offers
from linzhu.requests import lifecycle
from linzhu.requests.lifecycle import Actor
from linzhu.requests.models import SEARCH_AGAIN, HelpRequest, Status


def search_again(help_request: HelpRequest, *, actor: Actor) -> None:
    """Ask anew, in a new round: everybody who has not said no may be asked again."""
    with transaction.atomic():
        withdraw_offers(help_request)
        lifecycle.move(help_request, Status.OPEN, actor=actor, why=SEARCH_AGAIN, round=help_request.round + 1)
        todos.close_kind(help_request)


def cancel(help_request: HelpRequest, *, actor: Actor, reason: str) -> None:
    """Call it off and tell everybody once. ``reason`` is a HelpRequest.EndReason."""
    _end(help_request, Status.CANCELLED, actor, reason)


def give_up(help_request: HelpRequest, *, actor: Actor, reason: str) -> None:
    """End it without help (UNMET) and tell everybody once: the elder is told by a person."""
    _end(help_request, Status.UNMET, actor, reason)


def close(help_request: HelpRequest, *, actor: Actor) -> None:
    """All that was owed after the visit is settled."""
    with transaction.atomic():
        lifecycle.move(help_request, Status.CLOSED, actor=actor)
        todos.close_kind(help_request)


def _end(help_request: HelpRequest, status: str, actor: Actor, reason: str) -> None:
    with transaction.atomic():
        lifecycle.move(help_request, status, actor=actor, why=reason, end_reason=reason)
        withdraw_offers(help_request)
        for assignment in help_request.assignments.standing().select_related("volunteer"):
            with translation.override(assignment.volunteer.text_language):
                telling.call_off_visit(assignment, str(HelpRequest.EndReason(reason).label))
        help_request.assignments.standing().update(status=Assignment.Status.RELEASED, released_at=now())
        todos.close_kind(help_request)
        telling.tell_off(help_request)
