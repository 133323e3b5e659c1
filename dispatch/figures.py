"""Figures for those who oversee: every community below, no names, no small cells."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Q

from linzhu.communities.clock import now
from linzhu.communities.models import Community, User
from linzhu.requests.models import LIVE_STATUSES, HelpRequest, Status

SMALLEST_SHOWN = 5
"""Smaller counts could point at one person; zero points at nobody."""
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Row:
    """One community with everything below it."""

    community: Community
    depth: int
    cells: list[str]


def read_figures(user: User) -> list[Row]:
    """Return a row for each community that the user oversees: live, waiting for staff, logged, done, not met.

    The last three count the last seven days. Two queries, however many communities there are.
    """
    since = now() - WEEK
    counted = (
        HelpRequest.objects.filter(community__in=Community.objects.overseen_by(user))
        .order_by()
        .values_list("community__path")
        .annotate(
            live=Count("pk", filter=Q(status__in=LIVE_STATUSES)),
            waiting=Count("pk", filter=Q(status=Status.PAUSED)),
            logged=Count("pk", filter=Q(created_at__gte=since)),
            done=Count("pk", filter=Q(status__in=[Status.DONE, Status.CLOSED], status_at__gte=since)),
            unmet=Count("pk", filter=Q(status=Status.UNMET, status_at__gte=since)),
        )
    )
    own = {path: counts for path, *counts in counted}
    communities = list(Community.objects.overseen_by(user))
    top = min((len(community.path.split("/")) for community in communities), default=0)
    return [_row(community, own, top) for community in communities]


def _row(community: Community, own: dict[str, list[int]], top: int) -> Row:
    below = [counts for path, counts in own.items() if path.startswith(community.path)]
    totals = [sum(column) for column in zip(*below, strict=True)] or [0] * 5
    return Row(community, len(community.path.split("/")) - top, [show_count(total) for total in totals])


def show_count(count: int, *, is_exact: bool = False) -> str:
    """Return a count as its reader may see it: exact, or with the small ones veiled."""
    return f"< {SMALLEST_SHOWN}" if 0 < count < SMALLEST_SHOWN and not is_exact else str(count)
