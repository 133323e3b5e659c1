"""What staff decide about a help request as a whole: search again, be content, call it off, give it up, close it."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import translation

from linzhu.communities.clock import now
from linzhu.dispatch import telling, todos, visit_texts
from linzhu.dispatch.errors import ReasonNeeded, TooLate
from linzhu.dispatch.models import Assignment, Todo
from linzhu.dispatch.offers import SEARCHING, withdraw_offers
from linzhu.notifications.wording import word
from linzhu.requests import lifecycle
from linzhu.requests.lifecycle import Actor, IllegalTransition
from linzhu.requests.models import ENOUGH, SEARCH_AGAIN, HelpRequest, Status

LATE_WITHIN = timedelta(hours=2)
"""Called off this shortly before the window, or after it began, is late: the volunteer has kept the time free, may be
on the way, and can hardly help anybody else instead. Their record shows that they were ready to come."""


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


def settle_for(help_request: HelpRequest, *, actor: Actor, why: str = "") -> None:
    """Whoever comes, or has been there, is enough: the places still empty are given up, and the search ends.

    Where the service itself sends more people, ``why`` must say why fewer are enough; ReasonNeeded if it does not.
    Raises TooLate unless somebody is looked for beside those who are there.
    """
    with transaction.atomic():
        help_request.refresh_from_db(from_queryset=HelpRequest.objects.select_for_update(no_key=True))
        here = help_request.places_filled
        if here and here < help_request.service.people and not why:
            raise ReasonNeeded
        # Decided by the row: a yes of this very moment fills the place, and then nobody gives it up.
        looking = HelpRequest.objects.filter(pk=help_request.pk, status__in=SEARCHING, round=help_request.round)
        if not here or not looking.filter(places_filled=here, people_needed__gt=here).update(people_needed=here):
            raise TooLate
        withdraw_offers(help_request)
        lifecycle.move(help_request, _as_they_are(help_request), actor=actor, why=why or ENOUGH, people_needed=here)
        todos.close_kind(help_request, *todos.ABOUT_THE_SEARCH, Todo.Kind.TELL_ELDER_LOOKING)


def _as_they_are(help_request: HelpRequest) -> Status:
    """The status that those who come, or have been there, make of it."""
    people = help_request.assignments.current()
    if not people.standing().exists():
        return Status.DONE
    has_begun = people.exclude(arrived_at=None, finished_at=None).exists()
    return Status.UNDERWAY if has_begun else Status.ASSIGNED


def cancel(help_request: HelpRequest, *, actor: Actor, reason: str) -> None:
    """Call it off and tell everybody once. ``reason`` is a HelpRequest.EndReason."""
    _end(help_request, Status.CANCELLED, actor, reason)


def give_up(help_request: HelpRequest, *, actor: Actor, reason: str) -> None:
    """End it without help (UNMET) and tell everybody once: the elder is told by a person."""
    _end(help_request, Status.UNMET, actor, reason)


def close(help_request: HelpRequest, *, actor: Actor) -> None:
    """All that was owed after the visit is settled. ``status_at`` stays that of DONE: board and figures go by it."""
    with transaction.atomic():
        lifecycle.move(help_request, Status.CLOSED, actor=actor, status_at=help_request.status_at)
        todos.close_overtaken(help_request)


def _end(help_request: HelpRequest, status: str, actor: Actor, reason: str) -> None:
    at = now()
    is_late = at > help_request.window_start - LATE_WITHIN
    with transaction.atomic():
        lifecycle.move(help_request, status, actor=actor, why=reason, end_reason=reason)
        withdraw_offers(help_request)
        standing = help_request.assignments.standing()
        called_off = list(standing.select_related("volunteer"))
        for assignment in called_off:
            language = assignment.volunteer.text_language
            visit_texts.withdraw(assignment)
            if reason == HelpRequest.EndReason.ELDER_DIED:
                visit_texts.call_off_gently(assignment)
                continue
            with translation.override(language):
                shown = word("reason", reason, language) or str(HelpRequest.EndReason(reason).label)
            visit_texts.call_off(assignment, shown)
        outcome = Assignment.Outcome.LATE_CANCEL if is_late else Assignment.Outcome.CANCELLED
        standing.update(status=Assignment.Status.RELEASED, released_at=at, outcome=outcome)
        _count_who_came(help_request, cancelled_late=is_late and status == Status.CANCELLED and bool(called_off))
        todos.close_overtaken(help_request)
        telling.tell_off(help_request)


def _count_who_came(help_request: HelpRequest, *, cancelled_late: bool) -> None:
    """Of two volunteers one may have been there already; the other's place is empty now."""
    help_request.places_filled = help_request.assignments.current().count()
    help_request.cancelled_late = cancelled_late
    help_request.save(update_fields=["places_filled", "cancelled_late"])
