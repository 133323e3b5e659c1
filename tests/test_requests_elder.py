"""An elder's home, in words and as far as an offer may tell."""

import pytest

from tests import factories


@pytest.mark.parametrize(
    ("address", "home"),
    [
        ("1门601室", "柳荫苑 2号楼 1门601室"),
        ("柳荫苑2号楼1门601室", "柳荫苑2号楼1门601室"),
        ("柳荫苑 2号楼 1门601室", "柳荫苑 2号楼 1门601室"),
        ("", "柳荫苑 2号楼"),
    ],
)
def test_home_names_the_place_once(community, address, home):
    compound = factories.PlaceFactory(community=community, name="柳荫苑")
    building = factories.PlaceFactory(community=community, name="2号楼", kind="building", parent=compound)
    elder = factories.ElderFactory(community=community, place=building, address=address)
    assert elder.home() == home


def test_home_without_a_place_is_the_address(community):
    assert factories.ElderFactory(community=community, address="7号楼501").home() == "7号楼501"


def test_offer_may_tell_the_compound_and_never_the_building(community):
    compound = factories.PlaceFactory(community=community, name="柳荫苑")
    building = factories.PlaceFactory(community=community, name="2号楼", kind="building", parent=compound)
    assert factories.ElderFactory(community=community, place=building).area() == "柳荫苑"


def test_position_is_the_elders_own_before_the_places_before_the_communitys(community):
    place = factories.PlaceFactory(community=community, lat=1, lng=2)
    own = factories.ElderFactory(community=community, place=place, lat=3, lng=4)
    at_place = factories.ElderFactory(community=community, place=place, lat=None, lng=None)
    nowhere = factories.ElderFactory(community=community, lat=None, lng=None)
    assert [elder.position() for elder in (own, at_place, nowhere)] == [(3, 4), (1, 2), (community.lat, community.lng)]
