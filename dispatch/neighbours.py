"""The neighbours of an elder, nearest first: who they are, and what the rules of ``matching`` need to know of them.

The statements are written in SQL, the same for both databases: the ORM takes 3–4 ms to build one of them, and the
database answers it in a fraction of a millisecond, among a million volunteers, too (benchmarks/matching.py). Their
conditions only narrow the search. Whoever is left is judged by ``matching.exclusions``, and nobody whom that would
let pass may be lost here: tests/test_dispatch_neighbours.py compares both.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, cached_property
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models.base import ModelState
from django.utils import timezone

from linzhu.communities.geo import M_PER_DEGREE, Box, box_around, distance_m
from linzhu.communities.rules import Rules, rules_of
from linzhu.dispatch.history import History, read_history
from linzhu.requests.models import HelpRequest
from linzhu.volunteers.availability import DAYS, window_masks
from linzhu.volunteers.models import Volunteer

WEEK = timedelta(days=7)
TRAVEL_MARGIN = timedelta(minutes=30)
"""Time kept free before and after another visit."""
FIRST_RING_M, FIRST_RING_OF_ALL_M = 1000, 400
"""Where the search begins; it needs less room where nobody is left out."""
MOST_AT_ONCE = 500
"""Primary keys in one statement."""


@dataclass(frozen=True)
class Wanted:
    """What a help request asks of its volunteer, worked out once for everybody who is looked at."""

    help_request: HelpRequest
    at: datetime
    """The moment of the search."""
    given_rules: Rules | None = None
    """Of the community that asks, where the caller knows them already."""

    @cached_property
    def home(self) -> tuple[float, float]:
        """Where the elder lives (lat, lng). Raises ValueError if that is not known."""
        position = self.help_request.elder.position()
        if position is None:
            raise ValueError(self.help_request.ref)
        return position

    @cached_property
    def spoken(self) -> frozenset[str]:
        """The elder's languages."""
        return self.help_request.elder.languages

    @cached_property
    def visit_day(self) -> date:
        return timezone.localtime(self.help_request.window_start).date()

    @cached_property
    def windows(self) -> list[tuple[int, int]]:
        """(weekday, half hours) of every local day that the window touches."""
        return window_masks(self.help_request.window_start, self.help_request.window_end)

    @cached_property
    def rules(self) -> Rules:
        """The rules of the community that asks."""
        return self.given_rules or rules_of(self.help_request.elder.community)

    @cached_property
    def history(self) -> History:
        """What has been between the elder, this help request and volunteers."""
        return read_history(self.help_request)

    def metres_to(self, lat: float, lng: float) -> int:
        """Return the distance from the elder's home, as staff are told it and every limit is compared with."""
        return round(distance_m(*self.home, lat, lng))


def nearest(wanted: Wanted, radius_m: int, enough: int, *, hopeful: bool = True) -> Iterator[int]:
    """Yield the primary keys of active volunteers within ``radius_m`` metres, nearest first.

    The search begins close to the home and widens while the caller goes on asking: where many live, a small box holds
    enough of them. ``hopeful`` leaves out whom a rule that the database can check would exclude anyway.
    """
    seen_m, ring_m = -1, min(FIRST_RING_M if hopeful else FIRST_RING_OF_ALL_M, radius_m)
    while True:
        people = _within(wanted, ring_m, hopeful)
        yield from (pk for metres, pk in people if metres > seen_m)
        if ring_m >= radius_m:
            return
        seen_m, ring_m = ring_m, min(radius_m, _widen(ring_m, len(people), enough))


def _widen(ring_m: int, found: int, enough: int) -> int:
    """Return the radius within which twice as many as wanted should live if they live as densely further out."""
    return round(ring_m * min(4.0, max(1.5, math.sqrt(2 * enough / max(1, found)))))


def _within(wanted: Wanted, ring_m: int, hopeful: bool) -> list[tuple[int, int]]:
    """Return (metres, primary key) of everybody in the ring, nearest first."""
    box = _box(wanted.home, ring_m)
    terms = _hopeful(wanted, box) if hopeful else []
    where = "".join(f" AND {term}" for term, _values in terms)
    with connection.cursor() as cursor:
        cursor.execute(
            _NEAR + where, [box.south, box.north, box.west, box.east, *(value for _term, own in terms for value in own)]
        )
        people = [(wanted.metres_to(lat, lng), pk) for pk, lat, lng in cursor.fetchall()]
    return sorted(person for person in people if person[0] <= ring_m)


_NEAR = """
    SELECT id, lat, lng FROM volunteers_volunteer
    WHERE status = 'active' AND lat BETWEEN %s AND %s AND lng BETWEEN %s AND %s"""


def _box(home: tuple[float, float], ring_m: int) -> Box:
    """A little wider than the ring: metres are rounded, and the ring bulges over the box towards the pole."""
    return box_around(*home, (ring_m + 1) * 1.001)


def _hopeful(wanted: Wanted, box: Box) -> list[tuple[str, list[Any]]]:
    """Return SQL terms that everybody fulfils whom ``matching.exclusions`` lets pass, the most selective first."""
    request, moment = wanted.help_request, connection.ops.adapt_datetimefield_value
    free = [f"(free_{DAYS[weekday]} & %s) <> 0" for weekday, _mask in wanted.windows]
    terms: list[tuple[str, list[Any]]] = [
        ("(skills & %s) <> 0", [_mask("skills", request.service.skill)]),
        (f"({' OR '.join(free)})", [mask for _weekday, mask in wanted.windows]),
        ("clearance >= %s", [request.needs_clearance]),
        ("cleared_until >= %s", [connection.ops.adapt_datefield_value(wanted.visit_day)]),
        ("(paused_until IS NULL OR paused_until <= %s)", [moment(wanted.at)]),
        ("opted_out_at IS NULL", []),
    ]
    if request.needs_vehicle:
        terms.append(("has_vehicle", []))
    if request.needs_gender:
        terms.append(("gender = %s", [request.needs_gender]))
    if request.needs_language:
        terms.append(("(languages & %s) <> 0", [_mask("languages", request.needs_language)]))
    return [*terms, (f"{_FLAT_M2} <= CAST(reach_m + 1 AS bigint) * (reach_m + 1)", _flat_values(wanted, box))]


def _mask(column: str, choice: str) -> int:
    return int(Volunteer._meta.get_field(column).mask(choice))  # type: ignore[union-attr]  # noqa: SLF001


_FLAT_M2 = "((lat - %s) * (lat - %s) * %s + (lng - %s) * (lng - %s) * %s)"
"""Square of the distance on a flat map. With the box's narrowest degree it is never more than the true one."""


def _flat_values(wanted: Wanted, box: Box) -> list[float]:
    lat, lng = wanted.home
    narrowest = math.cos(math.radians(min(90.0, max(abs(box.south), abs(box.north)))))
    return [lat, lat, M_PER_DEGREE**2, lng, lng, (M_PER_DEGREE * narrowest) ** 2]


def count_within(wanted: Wanted, radius_m: int) -> int:
    """Return how many active volunteers of the elder's tree live within the radius; exact to a metre or two."""
    box = _box(wanted.home, radius_m)
    with connection.cursor() as cursor:
        cursor.execute(
            _COUNT,
            [*(box.south, box.north, box.west, box.east), *_flat_values(wanted, box), radius_m**2, _tree(wanted)],
        )
        return int(cursor.fetchone()[0])


_COUNT = f"""
    SELECT COUNT(*) FROM volunteers_volunteer
    WHERE status = 'active' AND lat BETWEEN %s AND %s AND lng BETWEEN %s AND %s AND {_FLAT_M2} <= %s
    AND community_id IN (SELECT id FROM communities_community WHERE path LIKE %s)"""  # noqa: S608


def _tree(wanted: Wanted) -> str:
    """The LIKE pattern of the elder's tree; a path is made of a-z, 0-9, "-" and "/", none of which LIKE interprets."""
    return wanted.help_request.elder.community.path.split("/", 1)[0] + "/%"


def load(wanted: Wanted, keys: Sequence[int]) -> Iterator[Volunteer]:
    """Yield these volunteers in this order, with the counts that the rules need: who is active, and of the same tree.

    The facts are ``texts`` (offers of seven days), ``visits`` (to this elder), ``is_busy``, ``is_asked``, ``said_no``,
    ``stands_by``, ``has_cash_gap``, ``is_ready``.
    """
    request, moment = wanted.help_request, connection.ops.adapt_datetimefield_value
    week_ago, before, after = wanted.at - WEEK, request.window_start - TRAVEL_MARGIN, request.window_end + TRAVEL_MARGIN
    for start in range(0, len(keys), MOST_AT_ONCE):
        some = keys[start : start + MOST_AT_ONCE]
        with connection.cursor() as cursor:
            values = [moment(week_ago), moment(after), moment(before), *some, _tree(wanted)]
            cursor.execute(_load_statement(len(some)), values)
            found = {volunteer.pk: volunteer for volunteer in _with_counts(cursor.fetchall(), wanted.history)}
        yield from (found[key] for key in some if key in found)


def _with_counts(rows: Iterable[Sequence[Any]], history: History) -> Iterator[Volunteer]:
    """Make the model's instances as unpickling does: ``from_db()`` would take longer than database and rules."""
    names, converters, database = _names(), _converters(), connections[DEFAULT_DB_ALIAS]
    for *values, texts, visits_then, cash_gaps in rows:
        facts = dict(zip(names, values, strict=True))
        for name, convert, column in converters:
            facts[name] = convert(facts[name], column, database)
        key = facts["id"]
        volunteer: Any = Volunteer.__new__(Volunteer)
        volunteer.__dict__ = facts
        volunteer._state = ModelState()  # noqa: SLF001
        volunteer._state.adding, volunteer._state.db = False, DEFAULT_DB_ALIAS  # noqa: SLF001
        volunteer.texts, volunteer.is_busy, volunteer.has_cash_gap = texts, visits_then > 0, cash_gaps > 0
        volunteer.visits = history.visits.get(key, 0)
        volunteer.is_asked = key in history.asked
        volunteer.said_no = key in history.said_no
        volunteer.stands_by = key in history.stand_by
        volunteer.is_ready = key in history.ready
        yield volunteer


@cache
def _fields() -> list[Any]:
    """The columns that are read, the primary key first; the others wait until somebody asks for them."""
    fields = Volunteer._meta.concrete_fields  # noqa: SLF001 (a documented interface in spite of its name)
    return [field for field in fields if field.name not in _LEFT_OUT]


@cache
def _names() -> list[str]:
    return [field.attname for field in _fields()]


@cache
def _converters() -> list[tuple[str, Any, Any]]:
    """How the database's values become Python's: (attribute, function, column)."""
    columns = [field.get_col("v") for field in _fields()]
    compiler = Volunteer.objects.all().query.get_compiler(connection=connection)
    found = compiler.get_converters(columns).items()
    return [(_names()[position], convert, column) for position, (functions, column) in found for convert in functions]


@cache
def _load_statement(keys: int) -> str:
    columns = ", ".join(f"v.{field.column}" for field in _fields())
    return _LOAD.format(columns=columns, keys=", ".join(["%s"] * keys))


_LEFT_OUT = {"notes", "search_words", "sort_key", "joined_at", "place"}
_LOAD = """
    SELECT {columns},
        (SELECT COUNT(*) FROM dispatch_offer o WHERE o.volunteer_id = v.id AND o.created_at > %s),
        (
            SELECT COUNT(*) FROM dispatch_assignment a JOIN requests_helprequest h ON h.id = a.help_request_id
            WHERE a.volunteer_id = v.id AND a.status = 'standing' AND h.window_start < %s AND h.window_end > %s
        ),
        (
            SELECT COUNT(*) FROM dispatch_cashjob m
            WHERE m.volunteer_id = v.id AND m.settled_at IS NULL AND m.status = 'gap'
        )
    FROM volunteers_volunteer v JOIN communities_community c ON c.id = v.community_id
    WHERE v.id IN ({keys}) AND v.status = 'active' AND v.lat IS NOT NULL AND v.lng IS NOT NULL AND c.path LIKE %s"""
