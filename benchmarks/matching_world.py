"""Made-up volunteers by the hundred thousand, in one statement for each table: the same people on both databases.

Chance comes from whole-number arithmetic on the row's number, as neither database's own can be repeated on the other.
"""

from __future__ import annotations

import random
from datetime import datetime, time, timedelta
from typing import Any

M_PER_DEGREE = 111_195
WORKDAY, MORNING, AFTERNOON = ((1 << 24) - 1) << 16, ((1 << 8) - 1) << 16, ((1 << 8) - 1) << 28
"""Half hours 8:00–20:00, 8:00–12:00, 14:00–18:00."""
MORNING_AT = time(9)
LAYOUTS = {"one city": (1, 30_000), "a hundred towns": (100, 10_000)}
"""How many towns, and the length of their side in metres."""


def make(volunteers: int, layout: str, at: datetime) -> list[tuple[float, float]]:
    """Fill an empty database; return the middle of every town."""
    from django.db import connection

    from linzhu.communities.models import Community
    from linzhu.volunteers.models import Volunteer

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
    fill(Volunteer, volunteers, volunteer_columns(side_m / M_PER_DEGREE), town)
    make_past(volunteers // 50, volunteers, town, at)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    return middles


def volunteer_columns(side: float) -> dict[str, str]:
    """Return SQL for what the rules look at; one in twenty has left or is not cleared, a few pause or want no texts."""
    free = f"WHEN 0 THEN {WORKDAY} WHEN 1 THEN {MORNING} WHEN 2 THEN {AFTERNOON} ELSE 0"
    days = enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), 20)
    never = moment(datetime(2020, 1, 1)), moment(datetime(2099, 1, 1))  # noqa: DTZ001
    return {
        "community_id": "c.id",
        "name": "'Volunteer ' || i",
        "search_words": "'volunteer ' || i",
        "phone": "'+86' || (13000000000 + i)",
        "gender": f"CASE {dice(1, 2)} WHEN 0 THEN 'woman' ELSE 'man' END",
        "status": f"CASE {dice(2, 20)} WHEN 0 THEN 'left' ELSE 'active' END",
        "lat": f"c.lat + {between(3, side)}",
        "lng": f"c.lng + {between(4, side * 1.29)}",
        "reach_m": f"1000 + 1000 * {dice(5, 4)}",
        "skills": dice(6, 256),
        "languages": f"1 + 2 * {dice(7, 16)}",
        "has_vehicle": f"({dice(8, 5)} = 0)",
        **{f"free_{day}": f"CASE {dice(salt, 4)} {free} END" for salt, day in days},
        "clearance": f"1 + {dice(9, 2)}",
        "cleared_until": f"CASE {dice(10, 20)} WHEN 0 THEN NULL ELSE {moment(datetime(2099, 1, 1), 'date')} END",  # noqa: DTZ001
        "paused_until": f"CASE {dice(11, 30)} WHEN 0 THEN {never[1]} END",
        "opted_out_at": f"CASE {dice(12, 50)} WHEN 0 THEN {never[0]} END",
    }


def make_past(requests: int, volunteers: int, town: str, at: datetime) -> None:
    """Write help requests of the last two weeks: ten volunteers were asked for each, and one has been there."""
    from linzhu.dispatch.models import Assignment, Offer, Wave
    from linzhu.requests.models import Elder, HelpRequest
    from linzhu.volunteers.models import Volunteer

    first = Volunteer.objects.order_by("pk").values_list("pk", flat=True)[0]
    somebody = f"JOIN volunteers_volunteer v ON v.id = {first} + (i * 7919) % {volunteers}"
    long_ago, lately = moment(at - timedelta(days=10)), moment(at - timedelta(days=3))
    fill(Elder, requests, {"community_id": "c.id", "name": "'Elder'", "phone": "'+8622' || i"}, town)
    request = {"elder_id": "e.id", "community_id": "e.community_id", "ref": "'b' || i", "status": "'closed'"}
    request |= {"service_code": "'groceries'", "window_start": long_ago, "window_end": lately}
    fill(HelpRequest, requests, request, "JOIN requests_elder e ON e.phone = '+8622' || i")
    wave = {"help_request_id": "h.id", "round": "1", "number": "1", "radius_m": "1000"}
    wave |= {"ends_at": long_ago, "due_at": long_ago, "ended_at": long_ago}
    fill(Wave, requests, wave, "JOIN requests_helprequest h ON h.ref = 'b' || i")
    searched = "JOIN requests_helprequest h ON h.ref = 'b' || (i / {}) JOIN dispatch_wave w ON w.help_request_id = h.id"
    offer = {"help_request_id": "h.id", "wave_id": "w.id", "volunteer_id": "v.id", "round": "1", "phone": "v.phone"}
    offer |= {"code": "'10'", "status": "'expired'", "distance_m": "500", "expires_at": lately}
    offer |= {"created_at": f"CASE {dice(30, 2)} WHEN 0 THEN {long_ago} ELSE {lately} END"}
    fill(Offer, requests * 10, offer, f"{somebody} {searched.format(10)}")
    visit = {"help_request_id": "h.id", "volunteer_id": "v.id", "place": "1", "status": "'finished'"}
    fill(Assignment, requests, visit, f"{somebody} {searched.format(1)}")


def fill(model: Any, rows: int, columns: dict[str, str], joins: str) -> None:
    """Insert ``rows`` rows; a column's SQL may use the row's number ``i`` and the joins; the others have defaults."""
    from django.db import connection

    others = [
        field
        for field in model._meta.concrete_fields  # noqa: SLF001
        if not (field.column in columns or field.primary_key or field.null)
    ]
    values = [field.get_db_prep_save(field.get_default(), connection) for field in others]
    selected = [sql.replace("%", "%%") for sql in columns.values()] + ["%s"] * len(others)
    names = ", ".join([*columns, *(field.column for field in others)])
    table = model._meta.db_table  # noqa: SLF001
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({names}) "
            f"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {rows}) "
            f"SELECT {', '.join(selected)} FROM (SELECT CAST(i AS bigint) AS i FROM n) n {joins.replace('%', '%%')}",
            values,
        )


def dice(salt: int, sides: int) -> str:
    """Return SQL for a whole number from 0 to sides - 1 that depends on the row's number ``i`` and nothing else."""
    one = f"((i * 48271 + {salt * 7919}) % 2147483647)"
    other = f"((i * 16807 + {salt * 104729}) % 1073741789)"
    return f"({one} * {other} % 1000003 % {sides})"


def between(salt: int, span: float) -> str:
    """Return SQL for a number from -span/2 to span/2."""
    return f"(({dice(salt, 1_000_003)} / 1000003.0 - 0.5) * {span})"


def moment(value: datetime, kind: str = "timestamptz") -> str:
    """Return SQL for a time or a date; SQLite keeps them as text."""
    from django.db import connection

    text = f"{value:%Y-%m-%d}" if kind == "date" else f"{value:%Y-%m-%d %H:%M:%S}"
    return f"CAST('{text}' AS {kind})" if connection.vendor == "postgresql" else f"'{text}'"


def make_searches(middles: list[tuple[float, float]], layout: str, count: int, at: datetime) -> list[Any]:
    """Return help requests of elders all over the place, each with two acquaintances and three who are asked."""
    from django.utils import timezone

    from linzhu.communities.models import Community
    from linzhu.requests.models import Elder, HelpRequest

    chance, half = random.Random(11), LAYOUTS[layout][1] / M_PER_DEGREE * 0.35
    towns = list(Community.objects.filter(kind="community").order_by("pk"))
    # When most people are free, at whatever hour the benchmark runs: else it would measure how nobody is found.
    start = timezone.make_aware(datetime.combine(timezone.localdate(at) + timedelta(days=1), MORNING_AT))
    searches = []
    for number in range(count):
        town = chance.randrange(len(middles))
        lat, lng = middles[town][0] + chance.uniform(-half, half), middles[town][1] + chance.uniform(-half, half)
        elder = Elder.objects.create(
            community=towns[town], name=f"Searching {number}", lat=lat, lng=lng, languages={"zh"}
        )
        search = HelpRequest.objects.create(
            elder=elder,
            community=elder.community,
            service_code="groceries",
            window_start=start,
            window_end=start + timedelta(hours=3),
        )
        tie(search, at)
        searches.append(search)
    return searches


def tie(search: Any, at: datetime) -> None:
    """Let two of the candidates have been here before, and three be asked already."""
    from linzhu.communities.rules import rules_of
    from linzhu.dispatch.matching import find_pool
    from linzhu.dispatch.models import Assignment, Offer, Wave
    from linzhu.requests.models import HelpRequest

    pool = find_pool(search, rules_of(search.community), enough=20, radius_m=3000)
    people = [candidate.volunteer for candidate in pool.candidates]
    earlier = HelpRequest.objects.create(
        elder=search.elder,
        community=search.community,
        service_code="groceries",
        window_start=at - timedelta(days=9),
        window_end=at - timedelta(days=8),
        people_needed=2,
        status="closed",
    )
    for place, volunteer in enumerate(people[10:12], 1):
        Assignment.objects.create(help_request=earlier, volunteer=volunteer, place=place, status="finished")
    ends = {"ends_at": search.window_start, "due_at": search.window_start}
    wave = Wave.objects.create(help_request=search, round=1, number=1, radius_m=1000, **ends)
    for volunteer in people[:3]:
        Offer.objects.create(
            help_request=search,
            wave=wave,
            volunteer=volunteer,
            phone=volunteer.phone,
            round=1,
            code="10",
            distance_m=1,
            status="expired",
            expires_at=search.window_start,
        )
