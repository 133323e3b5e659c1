"""Who could come, among up to 1,000,000 volunteers: beside the bare query, and the same people as by brute force.

    .venv/bin/python benchmarks/matching.py                                                 # SQLite, new files
    .venv/bin/python benchmarks/matching.py --database-url postgres://127.0.0.1/matching    # an empty database

*Bare* is one statement on the covering index: the 20 nearest active volunteers within 3 km with the skill, the language
and free time that day, by distance on a flat map. *A wave* is ``find_pool``: the 20 nearest whom all rules let
pass, as model instances and with reasons. *The page* is ``rank``: 30 of them, and the 30 nearest who are left
out, each with every reason, and how many more there are. The table in benchmarks/README.md is renewed.
"""

from __future__ import annotations

import argparse
import math
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from matching_world import make, make_searches
from report import database_version, django_on_empty_database, machine, renew_section

RADIUS_M, ENOUGH, LISTED = 3000, 20, 30
BIG_TABLES = ("volunteers_volunteer", "dispatch_offer", "dispatch_assignment", "requests_helprequest")


class Row(NamedTuple):
    volunteers: int
    layout: str
    bare_ms: float
    wave_ms: float
    page_ms: float
    same_people: str


def main() -> None:
    options = arguments()
    with tempfile.TemporaryDirectory() as folder:
        django_on_empty_database(options.database_url, Path(folder))
        rows = []
        for size in options.sizes:
            for layout in ("one city", "a hundred towns") if size >= 1_000_000 else ("one city",):
                rows.append(measure(size, layout, options))
                print(rows[-1])
        write_table(rows)
    if any(row.same_people != "yes" for row in rows):
        sys.exit("Brute force finds other people.")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=lambda text: [int(size) for size in text.split(",")], default=[10_000, 100_000])
    parser.add_argument("--repeat", type=int, default=5, help="how often each of the 40 searches is timed")
    parser.add_argument("--database-url", default="", help="an empty database; default: a new SQLite file")
    parser.add_argument("--plans", action="store_true", help="print every plan")
    return parser.parse_args()


def measure(size: int, layout: str, options: argparse.Namespace) -> Row:
    """Make a world, time the three, compare with brute force, look at the plans, and leave the database empty."""
    from django.core.management import call_command

    from linzhu.communities.clock import now
    from linzhu.communities.rules import rules_of
    from linzhu.dispatch.matching import find_pool, rank

    at, began = now(), time.perf_counter()
    searches = make_searches(make(size, layout, at), layout, 40, at)
    print(f"{size:,} volunteers, {layout}: made in {time.perf_counter() - began:.0f} s")

    def wave(search: Any) -> Any:
        return find_pool(search, rules_of(search.community), enough=ENOUGH, radius_m=RADIUS_M).candidates

    def page(search: Any) -> Any:
        return rank(search, radius_m=RADIUS_M, listed=LISTED)

    bare_ms, wave_ms, page_ms = medians([bare, wave, page], searches, options.repeat)
    same = all(
        [candidate.volunteer.pk for candidate in wave(search)] == brute_force(search, at) for search in searches[:3]
    )
    for name, action in (("bare", bare), ("wave", wave), ("page", page)):
        look_at_plans(name, action, searches[0], size, options)
    call_command("flush", interactive=False, verbosity=0)
    return Row(size, layout, bare_ms, wave_ms, page_ms, "yes" if same else "NO")


def medians(actions: list[Callable[[Any], Any]], searches: list[Any], repeat: int) -> list[float]:
    """Return the median search's milliseconds for each action, a search counting with its fastest run.

    The actions take turns, so that a noisy moment of the machine hits all of them.
    """
    fastest: list[dict[int, float]] = [{} for _action in actions]
    for _turn in range(repeat):
        for search in searches:
            for action, taken in zip(actions, fastest, strict=True):
                began = time.perf_counter()
                action(search)
                taken[search.pk] = min(taken.get(search.pk, math.inf), time.perf_counter() - began)
    return [statistics.median(taken.values()) * 1000 for taken in fastest]


def bare(search: Any) -> list[Any]:
    """The measure of all: what one statement takes that knows only place, skill, language and hours."""
    from django.db import connection

    from linzhu.communities.geo import box_around
    from linzhu.dispatch.neighbours import Wanted
    from linzhu.volunteers.availability import DAYS

    (weekday, mask), *_more = Wanted(search, search.created_at).windows
    lat, lng = search.elder.position()
    box = box_around(lat, lng, RADIUS_M)
    values = [box.south, box.north, box.west, box.east, mask, lat, lat, lng, lng, math.cos(math.radians(lat)) ** 2]
    with connection.cursor() as cursor:
        cursor.execute(BARE.format(day=DAYS[weekday]), [*values, ENOUGH])
        return list(cursor.fetchall())


BARE = """SELECT id, lat, lng FROM volunteers_volunteer
    WHERE status = 'active' AND lat BETWEEN %s AND %s AND lng BETWEEN %s AND %s
    AND (skills & 1) <> 0 AND (languages & 1) <> 0 AND (free_{day} & %s) <> 0
    ORDER BY (lat - %s) * (lat - %s) + (lng - %s) * (lng - %s) * %s LIMIT %s"""


def brute_force(search: Any, at: datetime) -> list[int]:
    """Judge everybody by ``exclusions``; return the nearest who pass and the elder's acquaintances, nearest first."""
    from linzhu.dispatch.matching import exclusions
    from linzhu.dispatch.neighbours import Wanted, load
    from linzhu.volunteers.models import Volunteer

    wanted = Wanted(search, at)
    lat, lng = wanted.home
    near = Volunteer.objects.filter(lat__range=(lat - 0.1, lat + 0.1), lng__range=(lng - 0.1, lng + 0.1))
    passed = []
    for volunteer in load(wanted, list(near.values_list("pk", flat=True))):
        metres = wanted.metres_to(volunteer.lat, volunteer.lng)
        if metres <= RADIUS_M and not exclusions(volunteer, search, metres, at):
            passed.append((metres, volunteer.pk))
    passed.sort()
    known = wanted.history.visits
    return [pk for place, (_metres, pk) in enumerate(passed) if place < ENOUGH or pk in known]


def look_at_plans(name: str, action: Callable[[Any], Any], search: Any, size: int, options: argparse.Namespace) -> None:
    """Let the database explain each statement of the action; stop at one that reads a whole big table."""
    from django.db import connection

    with connection.cursor() as cursor:
        for sql, values in statements(action, search):
            cursor.execute(("EXPLAIN " if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN ") + sql, values)
            plan = [str(line[-1]) for line in cursor.fetchall()]
            if options.plans:
                print(f"--- {name}: {' '.join(sql.split())[:100]} …", *plan, sep="\n    ")
            scans = [line for line in plan if re.search(rf"(Seq Scan on|SCAN) ({'|'.join(BIG_TABLES)}|[vaho]\b)", line)]
            if scans and size >= 100_000:
                sys.exit(f"{name} reads a whole table: {scans}\n{sql}")


def statements(action: Callable[[Any], Any], search: Any) -> list[tuple[str, Any]]:
    """Return (SQL, values) of everything that the action asks the database."""
    from django.db import connection

    asked: list[tuple[str, Any]] = []

    @contextmanager
    def recording() -> Any:
        def note(execute: Any, sql: str, values: Any, many: bool, context: Any) -> Any:
            asked.append((sql, values))
            return execute(sql, values, many, context)

        with connection.execute_wrapper(note):
            yield

    with recording():
        action(search)
    return asked


def write_table(rows: list[Row]) -> None:
    """Put this run's table between the two marks of its database in benchmarks/README.md."""
    database = database_version()
    lines = [
        f"{database}; {machine()}",
        "",
        "| volunteers | bare ms | a wave ms | ratio | the page ms | ratio | as brute force |",
        "|---|---|---|---|---|---|---|",
        *(
            f"| {row.volunteers:,}, {row.layout} | {row.bare_ms:.2f} | {row.wave_ms:.2f} | "
            f"{row.wave_ms / row.bare_ms:.2f} | {row.page_ms:.2f} | {row.page_ms / row.bare_ms:.2f} | "
            f"{row.same_people} |"
            for row in rows
        ),
    ]
    print("\n".join(lines))
    name = database.split()[0]
    renew_section(f"matching {name}", "\n".join(lines))


if __name__ == "__main__":
    main()
