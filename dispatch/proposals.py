"""Proposals for an emergency day: for every help request that is still looked for, whom staff should call first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from linzhu.communities.clock import now
from linzhu.communities.models import Community
from linzhu.communities.rules import RuleBook
from linzhu.dispatch.asking import plan_wave
from linzhu.dispatch.best_assignment import Option, assign_best, assign_one_by_one, has_solver
from linzhu.dispatch.matching import Candidate, find_pool
from linzhu.requests.models import HelpRequest, Status

LISTED = 20
"""So many of the likeliest candidates of each help request are considered."""


@dataclass(frozen=True)
class Proposal:
    """One place of a help request, and who should be called for it; nobody if none is left."""

    help_request: HelpRequest
    place: int
    candidate: Candidate | None


def propose(community: Community, *, at_once: int = 1000) -> list[Proposal]:
    """Return whom to call for every place that is still empty in this part of the tree, the most urgent window first.

    Every volunteer is proposed once. Nothing is written and nobody is texted: staff call, and assign by hand.
    """
    searches = list(
        HelpRequest.objects.filter(
            status__in=[Status.OPEN, Status.PAUSED], window_end__gt=now(), community__path__startswith=community.path
        ).select_related("elder__community", "elder__place", "community").order_by("window_start", "pk")[:at_once]
    )  # fmt: skip
    book = RuleBook.of_tree(community)
    candidates = {search.pk: _candidates(search, book) for search in searches}
    places = [(search, number) for search in searches for number in range(search.people_needed - search.places_filled)]
    options = [
        Option(place, pk, candidate.chance.value if candidate.chance else 0.0)
        for place, (search, _number) in enumerate(places)
        for pk, candidate in candidates[search.pk].items()
    ]
    chosen = _solver()(options)
    return [
        Proposal(search, number + 1, candidates[search.pk].get(chosen.get(place, 0)))
        for place, (search, number) in enumerate(places)
    ]


def _candidates(search: HelpRequest, book: RuleBook) -> dict[int, Candidate]:
    rules = book.of(search.community)
    pool = find_pool(search, rules, enough=LISTED)
    return {one.volunteer.pk: one for one in plan_wave(search, pool, rules).order[:LISTED]}


def _solver() -> Callable[[Sequence[Option]], dict[int, int]]:
    return assign_best if has_solver() else assign_one_by_one
