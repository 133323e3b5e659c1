"""Finding one of 100,000 elders and 100,000 volunteers by a name, its pinyin, or some digits: beside a look-up by key.

    .venv/bin/python benchmarks/search.py                                              # SQLite, new files
    .venv/bin/python benchmarks/search.py --database-url postgres://127.0.0.1/search   # an empty database

*Search* is the first page of the list, as model instances, for a dispatcher of the whole city: 50 people at most, by
name. *Look-up* is the same page asked for by the keys of those on it. No plan may read a whole table, and just
those must be found whom Python finds in all names and numbers. The table in benchmarks/README.md is renewed.
"""

from __future__ import annotations

import argparse
import itertools
import math
import random
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from report import database_version, django_on_empty_database, machine, renew_section

PER_PAGE, BATCH = 50, 5000
BIG_TABLES = ("requests_elder", "requests_familycontact", "volunteers_volunteer")

# The forty most frequent surnames of China in their order, with some that are read otherwise than the word; and what
# elders' and neighbours' names are made of.
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕单仇解区"
GIVEN = "秀英兰芳玉珍桂香国强建华志明淑贞美丽文红梅凤春荣海军伟勇平福德生宝金银花云霞燕琴敏静艳娟刚"


class Kind(NamedTuple):
    """A way to search: what is typed for a person, and whom it means (``None``: not checked against Python)."""

    name: str
    typed: Callable[[Person], str]
    means: Callable[[str, Person], bool]


class Person(NamedTuple):
    name: str
    syllables: tuple[str, ...]
    phones: tuple[str, ...]


class Row(NamedTuple):
    who: str
    kind: str
    found: float
    search_ms: float
    lookup_ms: float


def _spoken(typed: str, person: Person) -> bool:
    return any("".join(person.syllables[start:]).startswith(typed) for start in range(len(person.syllables)))


def _initials(typed: str, person: Person) -> bool:
    letters = "".join(syllable[0] for syllable in person.syllables)
    mixed = person.syllables[0] + letters[1:]
    return any(word.startswith(typed) for word in (letters, letters[1:], mixed)) or _spoken(typed, person)


def _digits(typed: str, person: Person) -> bool:
    return any(typed in phone for phone in person.phones)


KINDS = [
    Kind("name", lambda one: one.name, lambda typed, other: typed in other.name),
    Kind("given name", lambda one: one.name[1:], lambda typed, other: typed in other.name),
    Kind("pinyin", lambda one: "".join(one.syllables), _spoken),
    Kind(
        "pinyin, with spaces",
        lambda one: f"{one.syllables[0]} {''.join(one.syllables[1:])}",
        lambda typed, other: all(_initials(word, other) for word in typed.split()),
    ),
    Kind("initials", lambda one: "".join(syllable[0] for syllable in one.syllables), _initials),
    Kind("last four digits", lambda one: one.phones[0][-4:], _digits),
    Kind("six digits from the middle", lambda one: one.phones[-1][4:10], _digits),
    Kind("whole number", lambda one: one.phones[0][-11:], _digits),
    Kind("surname alone", lambda one: one.syllables[0], _initials),
]


def main() -> None:
    options = arguments()
    with tempfile.TemporaryDirectory() as folder:
        django_on_empty_database(options.database_url, Path(folder))
        people, user = make(options.size)
        rows = [row for who in people for row in measure(who, people[who], user, options)]
        write_table(rows, options.size)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=100_000, help="how many elders, and as many volunteers")
    parser.add_argument("--searches", type=int, default=20, help="how many people are searched for in each way")
    parser.add_argument("--repeat", type=int, default=5, help="how often each search is timed; the fastest counts")
    parser.add_argument("--database-url", default="", help="an empty database; default: a new SQLite file")
    return parser.parse_args()


def make(size: int) -> tuple[dict[str, dict[int, Person]], Any]:
    """Fill the database; return everybody by kind and key, and a dispatcher of the whole city."""
    from django.db import connection

    from linzhu.communities.models import Community, Role, User
    from linzhu.requests.models import Elder, FamilyContact
    from linzhu.volunteers.models import Volunteer

    began, chance = time.perf_counter(), random.Random(5)
    city = Community.objects.create(code="city", name="City", path="city/", kind="city")
    towns = Community.objects.bulk_create(
        Community(code=f"t{number}", name=f"Town {number}", path=f"city/t{number}/", parent=city)
        for number in range(100)
    )
    user = User.objects.create(username="dispatcher", name="Dispatcher")
    Role.objects.create(user=user, community=city, kind=Role.Kind.DISPATCHER)
    numbers = itertools.count(13_000_000_000, 7919)
    made: dict[str, dict[int, Person]] = {}
    for who, model in (("elders", Elder), ("volunteers", Volunteer)):
        made[who] = {}
        for some in batches(range(size)):
            rows = [
                model(community=chance.choice(towns), name=a_name(chance), phone=f"+86{next(numbers)}") for _one in some
            ]
            model.objects.bulk_create(rows)
            made[who] |= {row.pk: Person(row.name, syllables_of(row.name), (row.phone[1:],)) for row in rows}
    for some in batches(list(made["elders"])[::2]):
        contacts = [FamilyContact(elder_id=pk, name="Family", phone=f"+86{next(numbers)}") for pk in some]
        FamilyContact.objects.bulk_create(contacts)
        for contact in contacts:
            elder = made["elders"][contact.elder_id]
            made["elders"][contact.elder_id] = elder._replace(phones=(*elder.phones, contact.phone[1:]))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    print(f"{size:,} elders and {size:,} volunteers: made in {time.perf_counter() - began:.0f} s")
    return made, user


def batches(things: Any) -> Iterator[Any]:
    return (things[start : start + BATCH] for start in range(0, len(things), BATCH))


def a_name(chance: random.Random) -> str:
    weights = [1 / (rank + 3) for rank in range(len(SURNAMES))]
    given = chance.choices(GIVEN, k=chance.choice((1, 2, 2, 2)))
    return "".join([*chance.choices(SURNAMES, weights), *given])


def syllables_of(name: str) -> tuple[str, ...]:
    from linzhu.communities.pinyin import readings

    return tuple(syllable.replace("lv", "lu") for syllable in readings(name)[0])


def measure(who: str, people: dict[int, Person], user: Any, options: argparse.Namespace) -> Iterator[Row]:
    """Time every way of searching, beside the look-up by key; check whom it finds and how."""
    chance = random.Random(11)
    some = [people[pk] for pk in chance.sample(sorted(people), options.searches)]
    for kind in KINDS:
        typed = list(dict.fromkeys(kind.typed(person) for person in some))
        keys = [set(listed(who, user, text).order_by().values_list("pk", flat=True)) for text in typed]
        wrong = keys[0] ^ {pk for pk, person in people.items() if kind.means(typed[0], person)}
        if wrong:
            sys.exit(f"{who} by {kind.name}, {typed[0]!r}: {len(wrong)} more or less than in Python.")
        look_at_plan(who, listed(who, user, typed[0]))
        search_ms, lookup_ms = [], []
        for text in typed:
            page = [person.pk for person in listed(who, user, text)[:PER_PAGE]]
            search_ms.append(fastest(lambda text=text: list(listed(who, user, text)[:PER_PAGE]), options.repeat))
            lookup_ms.append(fastest(lambda page=page: list(everybody(who, user).filter(pk__in=page)), options.repeat))
        found = statistics.median(len(some_keys) for some_keys in keys)
        row = Row(who, kind.name, found, statistics.median(search_ms), statistics.median(lookup_ms))
        print(row)
        yield row


def everybody(who: str, user: Any) -> Any:
    from linzhu.requests.models import Elder
    from linzhu.volunteers.models import Volunteer

    people = (Elder if who == "elders" else Volunteer).objects.visible_to(user, few=True)
    return people.select_related("community", "place__parent").defer("notes", "search_words", "sort_key")


def listed(who: str, user: Any, typed: str) -> Any:
    return everybody(who, user).meant_by(typed)


def fastest(action: Callable[[], Any], repeat: int) -> float:
    """Return the milliseconds of the fastest run."""
    best = math.inf
    for _turn in range(repeat):
        began = time.perf_counter()
        action()
        best = min(best, time.perf_counter() - began)
    return best * 1000


def look_at_plan(who: str, people: Any) -> None:
    plan = people[:PER_PAGE].explain()
    if scans := re.findall(rf"(?:Seq Scan on|SCAN) (?:{'|'.join(BIG_TABLES)})\b(?! ?USING)[^\n]*", plan):
        sys.exit(f"{who}: the search reads a whole table: {scans}\n{plan}")


def write_table(rows: list[Row], size: int) -> None:
    """Put this run's table between the two marks of its database in benchmarks/README.md."""
    database = database_version()
    lines = [
        f"{database}; {size:,} of each; {machine()}",
        "",
        "| whom | by | found | search ms | look-up ms | ratio |",
        "|---|---|---|---|---|---|",
        *(
            f"| {row.who} | {row.kind} | {row.found:,.0f} | {row.search_ms:.2f} | {row.lookup_ms:.2f} | "
            f"{row.search_ms / row.lookup_ms:.2f} |"
            for row in rows
        ),
    ]
    print("\n".join(lines))
    renew_section(f"search {database.split()[0]}", "\n".join(lines))


if __name__ == "__main__":
    main()
