"""Made-up volunteers by the hundred thousand, in one statement for each table: the same people on both databases.

Chance comes from whole-number arithmetic on the row's number, as neither database's own can be repeated on the other.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

M_PER_DEGREE = 111_195
WORKDAY, MORNING, AFTERNOON = ((1 << 24) - 1) << 16, ((1 << 8) - 1) << 16, ((1 << 8) - 1) << 28
"""Half hours 8:00–20:00, 8:00–12:00, 14:00–18:00."""
LAYOUTS = {"one city": (1, 30_000), "a hundred towns": (100, 10_000)}
"""How many towns, and the length of their side in metres."""


def dice(salt: int, sides: int) -> str:
    """Return SQL for a whole number from 0 to sides - 1 that depends on the row's number ``i`` and nothing else."""
    one = f"((i * 48271 + {salt * 7919}) % 2147483647)"
    other = f"((i * 16807 + {salt * 104729}) % 1073741789)"
    return f"({one} * {other} % 1000003 % {sides})"


def between(salt: int, span: float) -> str:
    """Return SQL for a number from -span/2 to span/2."""
    return f"(({dice(salt, 1_000_003)} / 1000003.0 - 0.5) * {span})"


def make(volunteers: int, layout: str, at: datetime) -> list[tuple[float, float]]:
    """Fill an empty database; return the middle of every town."""
    from linzhu.communities.models import Community

    towns, side_m = LAYOUTS[layout]
    city = Community.objects.create(code="city", name="City", path="city/", kind="city")
    chance = random.Random(7)
    middles = (
        [(39.1, 117.2)] if towns == 1 else [(chance.uniform(22, 48), chance.uniform(98, 122)) for _ in range(towns)]
    )
    Community.objects.bulk_create(
        Community(code=f"t{number}", name=f"Town {number}", path=f"city/t{number}/", parent=city, lat=lat, lng=lng)
        for number, (lat, lng) in enumerate(middles)
    )
    town = f"JOIN communities_community c ON c.code = 't' || (i % {towns})"
    fill("volunteers_volunteer", volunteers, volunteer_columns(side_m / M_PER_DEGREE), town)
    make_past(volunteers // 50, volunteers, town, at)
    return middles


def volunteer_columns(side: float) -> dict[str, str]:
    free = f"WHEN 0 THEN {WORKDAY} WHEN 1 THEN {MORNING} WHEN 2 THEN {AFTERNOON} ELSE 0"
    days = enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), 20)
    return {
        "community_id": "c.id",
        "name": "'Volunteer ' || i",
        "search_key": "'volunteer ' || i",
        "phone": "'+86' || (13000000000 + i)",
        "gender": f"CASE {dice(1, 2)} WHEN 0 THEN 'woman' ELSE 'man' END",
        "status": f"CASE {dice(2, 20)} WHEN 0 THEN 'left' ELSE 'active' END",
        "text_language": "'zh-hans'",
        "lat": f"c.lat + {between(3, side)}",
        "lng": f"c.lng + {between(4, side * 1.29)}",
        "reach_m": f"1000 + 1000 * {dice(5, 4)}",
        "skills": dice(6, 256),
        "languages": f"1 + 2 * {dice(7, 16)}",
        "has_vehicle": f"({dice(8, 5)} = 0)",
        **{f"free_{day}": f"CASE {dice(salt, 4)} {free} END" for salt, day in days},
        "clearance": f"1 + {dice(9, 2)}",
        "cleared_until": f"CASE {dice(10, 20)} WHEN 0 THEN CAST(NULL AS date) ELSE {literal('date', '2099-12-31')} END",
        "paused_until": f"CASE {dice(11, 30)} WHEN 0 THEN {literal('timestamptz', '2099-12-31 00:00:00')} END",
        "opted_out_at": f"CASE {dice(12, 50)} WHEN 0 THEN {literal('timestamptz', '2020-01-01 00:00:00')} END",
        "notes": "''",
        "joined_at": literal("timestamptz", "2020-01-01 00:00:00"),
    }


def make_past(requests: int, volunteers: int, town: str, at: datetime) -> None:
    """Write help requests of the last two weeks: ten volunteers were asked for each, and one has been there."""
    whoever = (
        f"JOIN volunteers_volunteer v ON v.id = (i * 7919) % {volunteers} + (SELECT MIN(id) FROM volunteers_volunteer)"
    )
    request = (
        "JOIN requests_helprequest h ON h.ref = 'B' || (i / {each}) JOIN dispatch_wave w ON w.help_request_id = h.id"
    )
    moment = literal("timestamptz", "{:%Y-%m-%d %H:%M:%S}")
    long_ago, lately = moment.format(at - timedelta(days=10)), moment.format(at - timedelta(days=3))
    when = f"CASE {dice(30, 2)} WHEN 0 THEN {long_ago} ELSE {lately} END"
    fill("requests_elder", requests, elder_columns(), town)
    fill(
        "requests_helprequest",
        requests,
        request_columns(long_ago, lately),
        "JOIN requests_elder e ON e.phone = '+8622' || i",
    )
    fill(
        "dispatch_wave",
        requests,
        {"help_request_id": "h.id", "round": "1", "number": "1", "radius_m": "1000"}
        | dict.fromkeys(("started_at", "ends_at", "ended_at"), long_ago),
        "JOIN requests_helprequest h ON h.ref = 'B' || i",
    )
    offer = {"help_request_id": "h.id", "wave_id": "w.id", "volunteer_id": "v.id", "round": "1", "phone": "v.phone"}
    offer |= {"code": "'10'", "status": "'expired'", "distance_m": "500", "reasons": "'[]'"}
    offer |= {"created_at": when, "expires_at": lately}
    fill("dispatch_offer", requests * 10, offer, f"{whoever} {request.format(each=10)}")
    visit = {"help_request_id": "h.id", "volunteer_id": "v.id", "place": "1", "status": "'finished'", "via": "'text'"}
    visit |= {"door_word": "'石榴'", "accepted_at": long_ago}
    fill("dispatch_assignment", requests, visit, f"{whoever} {request.format(each=1)}")
    analyse()


def elder_columns() -> dict[str, str]:
    return {
        "community_id": "c.id",
        "phone": "'+8622' || i",
        **dict.fromkeys(("groups", "needs"), "0"),
        "languages": "1",
        "tell_by": "'call'",
        "created_at": literal("timestamptz", "2020-01-01 00:00:00"),
        **{name: f"'{value}'" for name, value in {"name": "Elder", "search_key": "elder"}.items()},
        **dict.fromkeys(("phone_ext", "gender", "address", "notes"), "''"),
    }


def request_columns(start: str, end: str) -> dict[str, str]:
    return {
        "elder_id": "e.id",
        "community_id": "e.community_id",
        "ref": "'B' || i",
        "service_code": "'groceries'",
        "channel": "'phone'",
        **{"window_start": start, "window_end": end, "status_at": end, "created_at": start},
        **dict.fromkeys(("people_needed", "places_filled", "needs_clearance", "round"), "1"),
        "needs_vehicle": "(1 = 0)",
        "status": "'closed'",
        **dict.fromkeys(("details", "needs_gender", "needs_language", "pause_reason", "end_reason"), "''"),
    }


def fill(table: str, rows: int, columns: dict[str, str], joins: str) -> None:
    """Insert ``rows`` rows; each column's SQL may use the row's number ``i`` and the joined tables."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) "
            f"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {rows}) "
            f"SELECT {', '.join(columns.values())} FROM (SELECT CAST(i AS bigint) AS i FROM n) n {joins}"
        )


def literal(kind: str, value: str) -> str:
    """Return SQL for a date or a moment: SQLite keeps them as text."""
    from django.db import connection

    return f"CAST('{value}' AS {kind})" if connection.vendor == "postgresql" else f"'{value}'"


def analyse() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def make_searches(middles: list[tuple[float, float]], layout: str, count: int, at: datetime) -> list[Any]:
    """Return help requests of elders all over the place, each with two acquaintances and three who are asked."""
    from linzhu.communities.models import Community
    from linzhu.dispatch.matching import rank
    from linzhu.dispatch.models import Assignment, Offer, Wave
    from linzhu.requests.models import Elder, HelpRequest

    chance, half = random.Random(11), LAYOUTS[layout][1] / M_PER_DEGREE * 0.35
    towns = list(Community.objects.filter(kind="community").order_by("pk"))
    searches = []
    for number in range(count):
        town = chance.randrange(len(middles))
        lat, lng = middles[town][0] + chance.uniform(-half, half), middles[town][1] + chance.uniform(-half, half)
        elder = Elder.objects.create(
            community=towns[town], name=f"Searching {number}", lat=lat, lng=lng, languages={"zh"}
        )
        wanted = {"elder": elder, "community": towns[town], "service_code": "groceries"}
        start = at + timedelta(days=1)
        earlier = HelpRequest.objects.create(
            **wanted, window_start=at - timedelta(days=9), window_end=at, people_needed=2
        )
        search = HelpRequest.objects.create(**wanted, window_start=start, window_end=start + timedelta(hours=3))
        people = [candidate.volunteer for candidate in rank(search).candidates]
        for place, volunteer in enumerate(people[10:12], 1):
            Assignment.objects.create(help_request=earlier, volunteer=volunteer, place=place, status="finished")
        wave = Wave.objects.create(help_request=search, round=1, number=1, radius_m=1000, ends_at=start)
        shared = {"help_request": search, "wave": wave, "round": 1, "code": "10", "status": Offer.Status.EXPIRED}
        for volunteer in people[:3]:
            Offer.objects.create(**shared, volunteer=volunteer, phone=volunteer.phone, distance_m=1, expires_at=start)
        searches.append(search)
    return searches
