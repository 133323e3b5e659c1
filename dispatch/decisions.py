"""What staff decide about a help request as a whole: search again, call it off, give it up, close it."""

from __future__ import annotations

from django.db import transaction
from django.utils import translation

from linzhu.communities.clock import now
from linzhu.dispatch import telling, todos
from linzhu.dispatch.models import Assignment
from linzhu.dispatch.offers import withdraw_offers
from linzhu.requests import lifecycle
from linzhu.requests.lifecycle import Actor, IllegalTransition
from linzhu.requests.models import SEARCH_AGAIN, HelpRequest, Status


def search_again(help_request: HelpRequest, *, actor: Actor) -> None:
    """Ask anew, in a new round: everybody who has not said no may be asked again.

    Raises IllegalTransition unless the search is paused: somebody may have said yes since the page was shown.
    """
    if help_request.status != Status.PAUSED:
        raise IllegalTransition(help_request.ref, help_request.status, Status.OPEN)
    with transaction.atomic():
        # The help request's row before those of its offers, as at a yes: the other order could deadlock.
        lifecycle.move(help_request, Status.OPEN, actor=actor, why=SEARCH_AGAIN, round=help_request.round + 1)
        withdraw_offers(help_request)
        todos.close_kind(help_request, *todos.ABOUT_THE_SEARCH)


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
        todos.close_overtaken(help_request)


def _end(help_request: HelpRequest, status: str, actor: Actor, reason: str) -> None:
    with transaction.atomic():
        lifecycle.move(help_request, status, actor=actor, why=reason, end_reason=reason)
        withdraw_offers(help_request)
        for assignment in help_request.assignments.standing().select_related("volunteer"):
            with translation.override(assignment.volunteer.text_language):
                telling.call_off_visit(assignment, str(HelpRequest.EndReason(reason).label))
        help_request.assignments.standing().update(status=Assignment.Status.RELEASED, released_at=now())
        _count_who_came(help_request)
        todos.close_overtaken(help_request)
        telling.tell_off(help_request)


def _count_who_came(help_request: HelpRequest) -> None:
    """Of two volunteers one may have been there already; the other's place is empty now."""
    help_request.places_filled = help_request.assignments.current().count()
    help_request.save(update_fields=["places_filled"])
