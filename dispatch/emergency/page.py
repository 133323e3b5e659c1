"""The page of one emergency: figures, who needs a human now, and the call that the reader is making."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, F, Q, QuerySet, When
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from linzhu.communities.clock import now
from linzhu.communities.models import Community, Place, User
from linzhu.dispatch.emergency.roll_call import CLAIMED_FOR
from linzhu.dispatch.models import CallUp, Emergency, RollCallEntry

State, Step = RollCallEntry.State, RollCallEntry.Step

A_PAGE = 50
ROW = ("elder__place__parent", "elder__community", "community", "claimed_by", "owner")
ON_THE_MAP = 600
"""So many homes are drawn, those that need a human first."""
PLACES_SHOWN = 400
SHEET = 100
"""So many elders stand on one printed call list."""

OWED = Q(step__in=RollCallEntry.BY_PERSON, due_at__isnull=False)
FILTERS: dict[str, tuple[Promise, Q]] = {
    "all": (_("All"), Q()),
    "help": (_("Needs help"), Q(state=State.NEEDS_HELP)),
    "calls": (_("Calls to make"), OWED & ~Q(state__in=RollCallEntry.SETTLED)),
    "waiting": (_("Not reached yet"), Q(state__in=[State.UNKNOWN, State.ASKED, State.NOT_REACHED])),
    "safe": (_("Safe"), Q(state__in=RollCallEntry.SETTLED)),
}
PIN_OF = {
    State.NEEDS_HELP: "need",
    State.SAFE: "safe",
    State.HELPED: "safe",
}


@dataclass(frozen=True)
class Figures:
    """The three numbers that count, and what stands behind the last one."""

    safe: int = 0
    needs_help: int = 0
    not_reached: int = 0
    to_call: int = 0
    visits: int = 0

    @property
    def total(self) -> int:
        return self.safe + self.needs_help + self.not_reached

    @property
    def percent_heard(self) -> int:
        return round(100 * (self.safe + self.needs_help) / self.total) if self.total else 100


@dataclass(frozen=True)
class RollCallPage:
    figures: Figures
    by_community: list[tuple[Community, Figures]]
    page: Page[RollCallEntry]
    mine: RollCallEntry | None
    """The call that the reader is making now."""
    ready: int
    called_up: int
    at: datetime


def visible_entries(user: User, emergency: Emergency) -> Any:
    return RollCallEntry.objects.visible_to(user).filter(emergency=emergency)


def read_page(
    user: User, emergency: Emergency, *, show: str = "all", community: Community | None = None, number: str = "1"
) -> RollCallPage:
    """Return the page as this user may see it: seven queries, for three elders or three thousand."""
    entries = visible_entries(user, emergency)
    by_community = figures_by_community(entries)
    within = entries.filter(community=community) if community else entries
    listed = within.filter(FILTERS[show][1]).select_related(*ROW)
    page = Paginator(most_urgent_first(listed.select_related("help_request")), A_PAGE).get_page(number)
    called_up = CallUp.objects.filter(emergency=emergency).order_by()
    counts = called_up.aggregate(
        asked=Count("pk", filter=Q(asked_at__isnull=False)), ready=Count("pk", filter=Q(answer=CallUp.Answer.YES))
    )
    shown = [(place, figures) for place, figures in by_community if community in (None, place)]
    return RollCallPage(
        sum_of(figures for _place, figures in shown),
        by_community,
        page,
        call_of(user, entries),
        counts["ready"],
        counts["asked"],
        now(),
    )


def call_of(user: User, entries: QuerySet[RollCallEntry]) -> RollCallEntry | None:
    """Return the call that this user has taken and not finished, with what they need for it."""
    mine = entries.exclude(state__in=RollCallEntry.SETTLED).filter(claimed_by=user, claimed_at__gt=now() - CLAIMED_FOR)
    related = ["elder__place__parent", "elder__community", "community", "help_request"]
    return (
        mine.select_related(*related).prefetch_related("elder__family", "changes__user").order_by("-claimed_at").first()
    )


def most_urgent_first(entries: Any) -> Any:
    """What needs a human now comes first: help, doubtful words, calls in the order in which they are due."""
    rank = Case(
        When(state=State.NEEDS_HELP, then=0),
        When(state__in=RollCallEntry.SETTLED, then=6),
        When(unclear_at__isnull=False, then=1),
        When(OWED, then=2),
        When(step=Step.VISIT, then=3),
        When(state=State.ASKED, then=4),
        default=5,
    )
    return entries.alias(rank=rank).order_by("rank", F("due_at").asc(nulls_last=True), "state_at", "pk")


# --- figures ----------------------------------------------------------------------------------------------------------


def figures_by_community(entries: QuerySet[RollCallEntry]) -> list[tuple[Community, Figures]]:
    """Return the figures of each community with elders in one emergency, in the tree's order: two queries."""
    figures = {community: own for (_emergency, community), own in count(entries).items()}
    communities = Community.objects.filter(pk__in=figures).order_by("path")
    return [(community, figures[community.pk]) for community in communities]


def count(entries: QuerySet[RollCallEntry]) -> dict[tuple[int, int], Figures]:
    """Return the figures by emergency and community: one query."""
    behind = {"to_call": Count("pk", filter=OWED), "visits": Count("pk", filter=Q(step=Step.VISIT))}
    rows = entries.order_by().values_list("emergency", "community", "state").annotate(n=Count("pk"), **behind)
    counts: dict[tuple[int, int], Counter[str]] = defaultdict(Counter)
    for emergency, community, state, n, to_call, visits in rows:
        counts[emergency, community].update({_TILE.get(state, "not_reached"): n, "to_call": to_call, "visits": visits})
    return {key: Figures(**found) for key, found in counts.items()}


_TILE: dict[str, str] = {State.NEEDS_HELP: "needs_help", State.SAFE: "safe", State.HELPED: "safe"}


def sum_of(all_figures: Iterable[Figures]) -> Figures:
    total: Counter[str] = Counter()
    for figures in all_figures:
        total.update(vars(figures))
    return Figures(**total)


# --- the map ----------------------------------------------------------------------------------------------------------


def read_map(user: User, emergency: Emergency, community: Community | None) -> dict[str, Any]:
    """Return what the map draws: the places of the communities, and the homes of those who need a human first."""
    entries = visible_entries(user, emergency)
    if community:
        entries = entries.filter(community=community)
    shown = list(most_urgent_first(entries).select_related("elder__place", "elder__community")[:ON_THE_MAP])
    places = Place.objects.visible_to(user).filter(community__in={entry.community_id for entry in shown})
    here = reverse("emergency", args=[emergency.pk])
    return {
        "places": places_for_map(places),
        "spots": [
            {"at": position, "pins": [_pin(entry, here)]} for entry in shown if (position := entry.elder.position())
        ],
    }


def places_for_map(places: QuerySet[Place]) -> list[dict[str, Any]]:
    ordered = places.order_by(Coalesce("parent_id", 0), "pk")[:PLACES_SHOWN]
    return [
        {"name": place.name, "kind": place.kind, "at": [place.lat, place.lng], "inner": place.parent_id is not None}
        for place in ordered
    ]


def _pin(entry: RollCallEntry, here: str) -> dict[str, str]:
    return {
        "lane": PIN_OF.get(State(entry.state), "unheard"),
        "service": str(State(entry.state).label),
        "elder": entry.elder.name,
        "window": "",
        "url": f"{here}#entry-{entry.pk}",
    }
