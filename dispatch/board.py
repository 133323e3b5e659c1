"""The board: what needs a human now, and every help request of today; five queries however many there are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from linzhu.communities.clock import now
from linzhu.communities.models import Community, User
from linzhu.dispatch.models import Assignment, Todo
from linzhu.dispatch.progress import Search, coming_to, equip, searches_of
from linzhu.requests.catalogue import SERVICES
from linzhu.requests.models import HelpRequest, Status

CARDS_A_LANE = 24
"""Nobody reads further down; the rest is one link away. It also bounds the page's weight."""
NEEDS_SHOWN = 6
NEEDS_COUNTED = 200

LANE_OF = {
    Status.OPEN: "looking",
    Status.PAUSED: "looking",
    Status.ASSIGNED: "assigned",
    Status.UNDERWAY: "underway",
    Status.DONE: "done",
    Status.CLOSED: "done",
    Status.CANCELLED: "ended",
    Status.UNMET: "ended",
}


@dataclass(frozen=True)
class Filters:
    """What the reader wants to see; all of it stands in the address."""

    community: Community | None = None
    group: str = ""
    mine: bool = False
    """Only what I have logged."""
    owed: bool = False
    """Only what waits for a human."""

    @property
    def any(self) -> bool:
        return bool(self.community or self.group or self.mine or self.owed)

    def of_help_requests(self, user: User, prefix: str = "") -> Q:
        """The filter as a condition on help requests, or on rows that point at one by ``prefix``."""
        condition = Q()
        if self.community:
            condition &= Q(**{f"{prefix}community__path__startswith": self.community.path})
        if self.group:
            codes = [service.code for service in SERVICES.values() if service.group == self.group]
            condition &= Q(**{f"{prefix}service_code__in": codes})
        if self.mine:
            condition &= Q(**{f"{prefix}logged_by": user})
        return condition


@dataclass(frozen=True)
class Card:
    help_request: HelpRequest
    search: Search
    coming: list[Assignment]
    owed: bool
    not_arrived: bool
    """Somebody should have been there by now, and staff owe a look."""


@dataclass
class Lane:
    key: str
    title: Promise
    empty: Promise
    count: int = 0
    cards: list[Card] = field(default_factory=list)

    @property
    def hidden(self) -> int:
        return self.count - len(self.cards)


@dataclass(frozen=True)
class Board:
    needs: list[Todo]
    needs_count: int
    newest_need: int
    """Grows whenever something new waits for a human: by it an open page knows that it may ring."""
    lanes: list[Lane]
    ended: Lane
    at: datetime

    @property
    def more_needs(self) -> int:
        return self.needs_count - len(self.needs)

    @property
    def in_progress(self) -> int:
        return sum(lane.count for lane in self.lanes if lane.key != "done")

    @property
    def is_empty(self) -> bool:
        return not (self.needs_count or self.ended.count or any(lane.count for lane in self.lanes))


@dataclass(frozen=True)
class _Row:
    """The few columns that sort a help request into its lane."""

    pk: int
    status: str
    status_at: datetime
    window_start: datetime
    window_end: datetime
    has_priority: bool


def read_board(user: User, filters: Filters) -> Board:
    """Return the board as this user may see it: five queries."""
    at = now()
    todos = _todos(user, filters)
    owed = {todo.help_request_id for todo in todos}
    rows = [row for row in _rows(user, filters, at) if not filters.owed or row.pk in owed]
    lanes = _lanes()
    shown: dict[str, list[_Row]] = {}
    for key, lane in lanes.items():
        its_rows = sorted((row for row in rows if LANE_OF[Status(row.status)] == key), key=_ORDER[key])
        lane.count, shown[key] = len(its_rows), its_rows[:CARDS_A_LANE]
    needs = todos[:NEEDS_SHOWN]
    cards = _cards(user, {row.pk for its_rows in shown.values() for row in its_rows}, needs, todos)
    for key, its_rows in shown.items():
        lanes[key].cards = [cards[row.pk] for row in its_rows if row.pk in cards]
    ended = lanes.pop("ended")
    newest = max((todo.pk for todo in todos), default=0)
    return Board(needs, len(todos), newest, list(lanes.values()), ended, at)


def _lanes() -> dict[str, Lane]:
    lanes = [
        Lane("looking", _("Looking for a neighbour"), _("Nobody is waiting for a neighbour.")),
        Lane("assigned", _("Somebody comes"), _("No visits ahead.")),
        Lane("underway", _("At the elder's home"), _("Nobody is on a visit right now.")),
        Lane("done", _("Done today"), _("The first one of today will appear here.")),
        Lane("ended", _("Cancelled or not met today"), _("None.")),
    ]
    return {lane.key: lane for lane in lanes}


def _by_urgency(row: _Row) -> tuple[Any, ...]:
    """Within a day, elders of a priority group come first; then whoever's time runs out first."""
    return timezone.localtime(row.window_start).date(), not row.has_priority, row.window_end, row.pk


_ORDER: dict[str, Any] = {
    "looking": _by_urgency,
    "assigned": lambda row: (row.window_start, row.pk),
    "underway": lambda row: (row.window_end, row.pk),
    "done": lambda row: -row.status_at.timestamp(),
    "ended": lambda row: -row.status_at.timestamp(),
}


def _todos(user: User, filters: Filters) -> list[Todo]:
    """Open todos, alarms and the most overdue first."""
    todos = Todo.objects.visible_to(user).open()
    if filters.community:
        todos = todos.in_subtree(filters.community)
    if filters.group or filters.mine:
        todos = todos.filter(filters.of_help_requests(user, "help_request__"))
    related = ["help_request__elder", "offer__volunteer", "inbound", "message", "community"]
    related += ["elder", "volunteer", "owed_by"]
    return list(todos.select_related(*related).most_urgent_first()[:NEEDS_COUNTED])


def _rows(user: User, filters: Filters, at: datetime) -> Iterator[_Row]:
    """Everything live, and what ended today."""
    midnight = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    found = (
        HelpRequest.objects.visible_to(user)
        .filter(filters.of_help_requests(user))
        .live_or_over_since(midnight)
        .order_by()
    )
    columns = found.values_list("pk", "status", "status_at", "window_start", "window_end", "elder__groups")
    for pk, status, status_at, start, end, groups in columns:
        yield _Row(pk, status, status_at, start, end, bool(groups))


def _cards(user: User, pks: set[int], needs: list[Todo], todos: list[Todo]) -> dict[int, Card]:
    """Return the cards of these help requests; the todos get what their sentences tell, from the same two queries."""
    of_needs = {todo.help_request_id for todo in needs if todo.help_request_id}
    searches, coming = searches_of(pks | of_needs), coming_to(pks | of_needs)
    equip(needs, searches, coming, reader=user)
    owed = {todo.help_request_id for todo in todos}
    missing = {todo.help_request_id for todo in todos if todo.kind == Todo.Kind.NOT_ARRIVED}
    found = HelpRequest.objects.filter(pk__in=pks).select_related("elder")
    return {
        row.pk: Card(row, searches[row.pk], coming[row.pk], owed=row.pk in owed, not_arrived=row.pk in missing)
        for row in found
    }
