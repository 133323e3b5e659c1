"""The gazetteer's pages: the places that elders and volunteers live at."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from linzhu.communities.models import Place
from tests.factories import CommunityFactory, PlaceFactory, RoleFactory


@pytest.fixture
def lead(community):
    return RoleFactory(community=community, kind="lead").user


@pytest.fixture
def browser(client_of, lead):
    return client_of(lead)


def place(community, **values):
    return {"name": "新华里", "kind": "compound", "community": community.pk, "lat": "39.12", "lng": "117.2", **values}


def test_places_are_listed_under_their_compounds(browser, community):
    compound = PlaceFactory(community=community, name="B园")
    PlaceFactory(community=community, name="1号楼", parent=compound)
    PlaceFactory(community=community, name="A园")
    PlaceFactory(name="别处")
    page = browser.get("/places/").content.decode()
    assert re.findall(r'<th scope="row"><a [^>]+>([^<]+)', page) == ["A园", "B园", "B园 1号楼"]


def test_places_are_found_by_pinyin(browser, community):
    PlaceFactory(community=community, name="新华里")
    PlaceFactory(community=community, name="和平里")
    page = browser.get("/places/?q=XHL").content.decode()
    assert "新华里" in page
    assert "和平里" not in page


def test_places_page_asks_as_little_with_thirty_rows_as_with_one(browser, community):
    def count():
        with CaptureQueriesContext(connection) as caught:
            browser.get("/places/")
        return len(caught)

    PlaceFactory(community=community)
    one = count()
    for _n in range(30):
        PlaceFactory(community=community, parent=PlaceFactory(community=community))
    assert count() == one


def test_place_is_added(browser, community):
    assert browser.post("/places/new/", place(community)).status_code == 302
    assert Place.objects.get().search_key == "新华里 xinhuali xhl"


def test_place_is_changed(browser, community):
    old = PlaceFactory(community=community, name="老名")
    browser.post(f"/places/{old.pk}/", place(community))
    old.refresh_from_db()
    assert old.name == "新华里"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"lat": "117.2", "lng": "39.12"}, "less than or equal to 90"),
        ({"lat": "0", "lng": "0"}, "lies in the ocean"),
        ({"name": ""}, "required"),
    ],
)
def test_wrong_place_is_explained(browser, community, wrong, said):
    assert said in browser.post("/places/new/", place(community, **wrong)).content.decode()
    assert not Place.objects.exists()


def test_place_twice_is_refused(browser, community):
    PlaceFactory(community=community, name="新华里")
    assert browser.post("/places/new/", place(community)).status_code == 200
    assert Place.objects.count() == 1


def test_compound_of_another_community_is_refused(browser, community, lead):
    other = RoleFactory(user=lead, community=CommunityFactory(), kind="lead").community
    compound = PlaceFactory(community=other)
    response = browser.post("/places/new/", place(community, parent=compound.pk))
    assert "belongs to another community" in response.content.decode()


def test_compound_with_buildings_stays_on_top(browser, community):
    compound = PlaceFactory(community=community, name="新华里")
    PlaceFactory(community=community, name="1号楼", parent=compound)
    other = PlaceFactory(community=community, name="乙园")
    response = browser.post(f"/places/{compound.pk}/", place(community, parent=other.pk))
    assert "has buildings of its own" in response.content.decode()


def test_place_is_deleted(browser, community):
    old = PlaceFactory(community=community)
    browser.post(f"/places/{old.pk}/delete/")
    assert not Place.objects.exists()


def test_compound_with_buildings_is_not_deleted(browser, community):
    compound = PlaceFactory(community=community)
    PlaceFactory(community=community, parent=compound)
    browser.post(f"/places/{compound.pk}/delete/")
    assert Place.objects.count() == 2


@pytest.mark.parametrize(("method", "end"), [("get", ""), ("post", ""), ("post", "delete/")])
def test_place_of_others_is_not_found(browser, method, end):
    other = PlaceFactory()
    assert getattr(browser, method)(f"/places/{other.pk}/{end}").status_code == 404
    assert Place.objects.exists()
