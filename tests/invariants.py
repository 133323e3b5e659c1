"""What must hold of every help request at every moment, however it came there."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise

from linzhu.communities.rules import rules_of
from linzhu.dispatch.models import Assignment, Offer, Todo, VisitStep, Wave
from linzhu.dispatch.todos import ABOUT_TELLING
from linzhu.dispatch.visits import LOOK_AGAIN
from linzhu.requests.models import HelpRequest, Status

SEARCHING = {Status.OPEN, Status.PAUSED}
COMING = {Status.ASSIGNED, Status.UNDERWAY}


def broken_rules() -> list[str]:
    """Return which rules do not hold, and of which help request; empty if all is well. Six queries."""
    everything = HelpRequest.objects.prefetch_related("assignments", "offers", "waves", "changes", "todos")
    return [f"{help_request.pk}: {rule}" for help_request in everything for rule in _broken(help_request)]


def _broken(help_request: HelpRequest) -> list[str]:
    status, places = help_request.status, help_request.people_needed
    assignments = list(help_request.assignments.all())
    current = [one for one in assignments if one.status != Assignment.Status.RELEASED]
    standing = [one for one in assignments if one.status == Assignment.Status.STANDING]
    offers = list(help_request.offers.all())
    open_offers = [offer for offer in offers if offer.status == Offer.Status.OPEN]
    accepted = {offer.pk for offer in offers if offer.status == Offer.Status.ACCEPTED}
    pressed = [offer.volunteer_id for offer in offers if offer.asked_again_in_id]
    running = [wave for wave in help_request.waves.all() if wave.ended_at is None]
    rules = {
        "places_filled counts who comes or came": help_request.places_filled == len(current),
        "no more people than places": len(current) <= places,
        "each place once": len({assignment.place for assignment in current}) == len(current),
        "each volunteer once": len({assignment.volunteer_id for assignment in current}) == len(current),
        "who looks has a free place": status not in SEARCHING or len(current) < places,
        "who is assigned has every place filled": status not in COMING or len(current) == places,
        "who is assigned is still expected": status not in COMING or bool(standing),
        "nobody is expected after the end": status in SEARCHING | COMING or not standing,
        "no offer is open unless somebody is looked for": status in SEARCHING or not open_offers,
        "open offers are of this round": all(offer.round == help_request.round for offer in open_offers),
        "nobody is asked once more twice": len(pressed) == len(set(pressed)),
        "one wave at a time": len(running) <= 1,
        "no wave runs unless somebody is looked for": status in SEARCHING or not running,
        "a wave is looked at no later than its end": all(wave.due_at <= wave.ends_at for wave in running),
        "every accepted offer has its assignment": accepted <= {assignment.offer_id for assignment in assignments},
        "the trail ends where it stands": _trail_holds(help_request),
        "it is never silent": not help_request.is_live or _has_a_next_step(help_request, bool(standing)),
    }
    return [rule for rule, holds in rules.items() if not holds]


def _trail_holds(help_request: HelpRequest) -> bool:
    changes = sorted(help_request.changes.all(), key=lambda change: change.pk)
    steps_fit = all(later.from_status == earlier.to_status for earlier, later in pairwise(changes))
    return bool(changes) and steps_fit and changes[-1].to_status == help_request.status


def _has_a_next_step(help_request: HelpRequest, somebody_is_expected: bool) -> bool:
    """An open one is looked at by the clock; a paused one needs a person who owes a decision."""
    if help_request.status == Status.OPEN:
        return True
    if help_request.status == Status.PAUSED:
        return any(todo.closed_at is None for todo in help_request.todos.all())
    return somebody_is_expected


def forgotten(at: datetime) -> list[str]:
    """Return the live help requests that nothing is due of and nobody owes anything for, right after a tick at ``at``,
    and the volunteers who are expected and whom nobody looks after."""
    waiting = [
        f"{help_request.pk} {help_request.status}"
        for help_request in HelpRequest.objects.live().select_related("community")
        if not _is_in_hand(help_request, at)
    ]
    return waiting + [f"visit {visit.pk}" for visit in Assignment.objects.standing() if not _is_looked_after(visit, at)]


def _is_in_hand(help_request: HelpRequest, at: datetime) -> bool:
    todos = Todo.objects.filter(help_request=help_request)
    if help_request.status != Status.OPEN:
        return help_request.status in COMING or todos.open().exists()
    waves = Wave.objects.filter(help_request=help_request, ended_at=None, due_at__gt=at)
    return waves.exists() or _sleeps(help_request, at)


def _sleeps(help_request: HelpRequest, at: datetime) -> bool:
    """The search goes on in the morning, and that is early enough."""
    morning = rules_of(help_request.community).quiet_end(at)
    return morning is not None and help_request.window_start >= morning


def _is_looked_after(visit: Assignment, at: datetime) -> bool:
    todos = Todo.objects.filter(help_request=visit.help_request_id).exclude(kind__in=ABOUT_TELLING)
    step_is_due = VisitStep.objects.filter(assignment=visit, done_at=None, due_at__gt=at).exists()
    return step_is_due or todos.open().exists() or todos.filter(closed_at__gt=at - LOOK_AGAIN).exists()
