"""Emergencies in numbers, for their list and for those who oversee: no names, no number that points at one person."""

from __future__ import annotations

from dataclasses import dataclass

from linzhu.communities.models import Community, User
from linzhu.dispatch.emergency.page import Figures, count, figures_by_community, sum_of
from linzhu.dispatch.figures import show_count
from linzhu.dispatch.models import Emergency, RollCallEntry

LISTED = 50


@dataclass(frozen=True)
class Row:
    """One emergency, or one community in it, with its cells as the reader may see them."""

    name: str
    emergency: Emergency
    cells: list[str]
    may_open: bool


def read_list(user: User) -> list[Row]:
    """Return the newest emergencies that concern this user, drills among them: three queries."""
    known = set(Community.objects.visible_to(user).values_list("pk", flat=True))
    emergencies = list(Emergency.objects.overseen_by(user)[:LISTED])
    within = Community.objects.overseen_by(user)
    counted = count(RollCallEntry.objects.filter(emergency__in=emergencies, community__in=within))
    rows = []
    for emergency in emergencies:
        own = {community: figures for (pk, community), figures in counted.items() if pk == emergency.pk}
        figures = sum_of(own.values()) if own else _kept(emergency)
        shown = cells(figures, is_exact=bool(own) and known.issuperset(own))
        rows.append(Row(emergency.area, emergency, shown, may_open=not known.isdisjoint(own)))
    return rows


def _kept(emergency: Emergency) -> Figures:
    """What its end found, once the roll-call itself is forgotten."""
    kept = {name: emergency.summary.get(name, 0) for name in ("safe", "helped", "needs_help", "not_reached")}
    return Figures(kept["safe"] + kept["helped"], kept["needs_help"], kept["not_reached"])


def read_communities(user: User, emergency: Emergency) -> tuple[list[str], list[Row]]:
    """Return the cells of the whole and a row for each community of one emergency: always veiled."""
    within = Community.objects.overseen_by(user)
    own = figures_by_community(RollCallEntry.objects.filter(emergency=emergency, community__in=within))
    rows = [Row(str(community), emergency, cells(figures), may_open=False) for community, figures in own]
    return cells(sum_of(figures for _community, figures in own)), rows


def cells(figures: Figures, *, is_exact: bool = False) -> list[str]:
    """Safe, needs help, not reached yet. Where one is veiled the others tell nothing of it: no total stands beside."""
    return [show_count(n, is_exact=is_exact) for n in (figures.safe, figures.needs_help, figures.not_reached)]
