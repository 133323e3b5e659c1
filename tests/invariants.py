"""What must hold of every help request at every moment, however it came there."""

from __future__ import annotations

from itertools import pairwise

from linzhu.dispatch.models import Assignment, Offer, Todo, Wave
from linzhu.requests.models import HelpRequest, Status, StatusChange

SEARCHING = {Status.OPEN, Status.PAUSED}
COMING = {Status.ASSIGNED, Status.UNDERWAY}


def broken_rules() -> list[str]:
    """Return which rules do not hold, and of which help request; empty if all is well."""
    return [
        f"{help_request.pk}: {rule}" for help_request in HelpRequest.objects.all() for rule in _broken(help_request)
    ]


def _broken(help_request: HelpRequest) -> list[str]:
    status, places = help_request.status, help_request.people_needed
    current = list(help_request.assignments.current())
    standing = [assignment for assignment in current if assignment.status == Assignment.Status.STANDING]
    open_offers = help_request.offers.filter(status=Offer.Status.OPEN)
    rules = {
        "places_filled counts who comes or came": help_request.places_filled == len(current),
        "no more people than places": len(current) <= places,
        "each place once": len({assignment.place for assignment in current}) == len(current),
        "each volunteer once": len({assignment.volunteer_id for assignment in current}) == len(current),
        "who looks has a free place": status not in SEARCHING or len(current) < places,
        "who is assigned has every place filled": status not in COMING or len(current) == places,
        "who is assigned is still expected": status not in COMING or bool(standing),
        "nobody is expected after the end": status in SEARCHING | COMING or not standing,
        "no offer is open unless somebody is looked for": status in SEARCHING or not open_offers.exists(),
        "open offers are of this round": not open_offers.exclude(round=help_request.round).exists(),
        "one wave at a time": help_request.waves.filter(ended_at=None).count() <= 1,
        "no wave runs unless somebody is looked for": status in SEARCHING or not _running(help_request).exists(),
        "every accepted offer has its assignment": not help_request.offers.filter(
            status=Offer.Status.ACCEPTED, assignment=None
        ).exists(),
        "the trail ends where it stands": _trail_holds(help_request),
        "it is never silent": not help_request.is_live or _has_a_next_step(help_request, bool(standing)),
    }
    return [rule for rule, holds in rules.items() if not holds]


def _running(help_request: HelpRequest):
    return Wave.objects.filter(help_request=help_request, ended_at=None)


def _trail_holds(help_request: HelpRequest) -> bool:
    changes = list(StatusChange.objects.filter(help_request=help_request).order_by("pk"))
    steps_fit = all(later.from_status == earlier.to_status for earlier, later in pairwise(changes))
    return bool(changes) and steps_fit and changes[-1].to_status == help_request.status


def _has_a_next_step(help_request: HelpRequest, somebody_is_expected: bool) -> bool:
    """An open one is looked at by the clock; a paused one needs a person who owes a decision."""
    if help_request.status == Status.OPEN:
        return True
    if help_request.status == Status.PAUSED:
        return Todo.objects.open().filter(help_request=help_request).exists()
    return somebody_is_expected
