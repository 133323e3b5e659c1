"""Lists of people in the order of a Chinese dictionary, page by page from an index, on both databases."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from linzhu.communities.search_field import refill
from linzhu.communities.sort_key import sort_key
from linzhu.requests.models import Elder
from linzhu.volunteers.models import Volunteer
from tests import factories

IN_ORDER = ["阿依古丽·买买提", "陈淑珍", "李长海", "林国栋", "Mary Lee", "单明", "张秀英", "张秀珍", "章秀英", "卓玛"]
"""Not the order of their code points, nor that of the most frequent reading of each character (单 is "dan", too)."""


def test_names_sort_by_pinyin():
    assert sorted(set(IN_ORDER), key=sort_key) == IN_ORDER


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("李明", "林安"),  # the syllable, not the run of letters
        ("张学", "章安"),  # the same surname stands together
        ("Ann Wu", "Anna Li"),
        ("ａｎｎ", "Bob"),  # typed in full width
        ("王芳", "王芳芳"),
    ],
)
def test_earlier_name_has_the_smaller_key(earlier, later):
    assert sort_key(earlier) < sort_key(later)


@pytest.mark.parametrize("name", ["བསོད་ནམས།", "ئايگۈل", "1", "张3", "·", ""])
def test_every_name_has_a_key(name):
    assert isinstance(sort_key(name), bytes)


@pytest.mark.django_db
@pytest.mark.parametrize(("make", "address"), [("ElderFactory", "/elders/"), ("VolunteerFactory", "/volunteers/")])
def test_page_lists_people_by_pinyin(community, desk, make, address):
    for name in reversed(IN_ORDER):
        getattr(factories, make)(community=community, name=name)
    page = desk.get(address).text
    assert sorted(IN_ORDER, key=page.index) == IN_ORDER


@pytest.mark.django_db
def test_next_page_goes_on_where_the_first_ended(community, desk):
    for number in range(51):
        factories.ElderFactory(community=community, name=f"张{number:02}")
    factories.ElderFactory(community=community, name="卓玛")
    second = desk.get("/elders/?page=2").text
    assert ("卓玛" in second, "张50" in second, "张49" in second) == (True, True, False)


@pytest.mark.django_db
def test_new_name_has_a_new_place(community):
    elder = factories.ElderFactory(community=community, name="张秀英")
    elder.name = "阿秀"
    elder.save()
    assert bytes(Elder.objects.get().sort_key) == sort_key("阿秀")


@pytest.mark.django_db
def test_keys_of_all_rows_are_written_anew(community):
    factories.VolunteerFactory(community=community, name="陈磊")
    Volunteer.objects.update(sort_key=b"")
    refill(Volunteer, "sort_key")
    assert bytes(Volunteer.objects.get().sort_key) == sort_key("陈磊")


@pytest.mark.django_db
@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL reads a table of a few rows whole")
@pytest.mark.parametrize(("address", "index"), [("/elders/", "elder_listed"), ("/volunteers/", "volunteer_listed")])
def test_page_is_found_in_the_index_alone(community, desk, address, index):
    factories.ElderFactory(community=community)
    factories.VolunteerFactory(community=community)
    with CaptureQueriesContext(connection) as queries:
        desk.get(address)
    (page,) = [one["sql"] for one in queries if one["sql"].endswith("LIMIT 50")]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {page}")
        plan = [row[-1] for row in cursor.fetchall()]
    assert any(f"COVERING INDEX {index} (community_id=?)" in step for step in plan), plan
