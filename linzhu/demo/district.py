"""An invented district: its tree, its gazetteer. Coordinates are WGS-84; no such streets lie there."""

from __future__ import annotations

from typing import NamedTuple

from linzhu.communities.models import Community, Place
from linzhu.communities.tree import create_community

Kind = Community.Kind
K = Place.Kind


class Node(NamedTuple):
    code: str
    name: str
    kind: str
    parent_code: str
    lat: float
    lng: float
    office_phone: str


DISTRICT = Node("yunxi", "云溪区", Kind.DISTRICT, "", 39.1050, 117.2350, "")
NODES = (
    DISTRICT,
    Node("liuan", "柳岸街道", Kind.STREET, "yunxi", 39.1050, 117.2350, "+862220000001"),
    Node("qingyuan", "清源里社区", Kind.COMMUNITY, "liuan", 39.1082, 117.2304, "+862220000002"),
    Node("taoyuan", "桃园社区", Kind.COMMUNITY, "liuan", 39.1038, 117.2412, "+862220000003"),
    Node("chenguang", "晨光社区", Kind.COMMUNITY, "liuan", 39.0986, 117.2336, "+862220000004"),
)


class Spot(NamedTuple):
    community_code: str
    name: str
    kind: str
    lat: float
    lng: float
    buildings: tuple[int, ...] = ()
    """Numbers of the buildings, in a row from west to east."""


SPOTS = (
    Spot("qingyuan", "清源里", K.COMPOUND, 39.1089, 117.2289, (1, 3, 5, 7)),
    Spot("qingyuan", "柳荫苑", K.COMPOUND, 39.1072, 117.2327, (2, 4, 6)),
    Spot("qingyuan", "清源里社区居委会", K.OFFICE, 39.1082, 117.2304),
    Spot("qingyuan", "便民菜市场", K.SHOP, 39.1095, 117.2318),
    Spot("qingyuan", "康宁大药房", K.SHOP, 39.1077, 117.2296),
    Spot("taoyuan", "桃园东里", K.COMPOUND, 39.1046, 117.2428, (1, 2, 3)),
    Spot("taoyuan", "桃园西里", K.COMPOUND, 39.1034, 117.2391, (5, 8)),
    Spot("taoyuan", "桃园社区居委会", K.OFFICE, 39.1038, 117.2412),
    Spot("taoyuan", "云溪医院", K.CLINIC, 39.1061, 117.2447),
    Spot("taoyuan", "老年食堂", K.SHOP, 39.1029, 117.2405),
    Spot("chenguang", "晨光花园", K.COMPOUND, 39.0979, 117.2322, (6, 9, 12)),
    Spot("chenguang", "铁路宿舍", K.COMPOUND, 39.0968, 117.2358, (1, 2)),
    Spot("chenguang", "晨光社区居委会", K.OFFICE, 39.0986, 117.2336),
    Spot("chenguang", "晨光社区卫生服务站", K.CLINIC, 39.0991, 117.2345),
    Spot("chenguang", "云溪站", K.OTHER, 39.0952, 117.2371),
    Spot("chenguang", "新风超市", K.SHOP, 39.0982, 117.2351),
)


def create_district() -> None:
    """Write the tree and the gazetteer."""
    nodes: dict[str, Community] = {}
    for node in NODES:
        nodes[node.code] = create_community(
            node.code,
            node.name,
            nodes.get(node.parent_code),
            kind=node.kind,
            lat=node.lat,
            lng=node.lng,
            office_phone=node.office_phone,
        )
    for spot in SPOTS:
        _create_spot(spot, nodes[spot.community_code])


def _create_spot(spot: Spot, community: Community) -> None:
    place = Place.objects.create(community=community, name=spot.name, kind=spot.kind, lat=spot.lat, lng=spot.lng)
    for step, number in enumerate(spot.buildings):
        Place.objects.create(
            community=community,
            parent=place,
            name=f"{number}号楼",
            kind=K.BUILDING,
            lat=round(spot.lat + 0.0003 * (step % 2), 5),
            lng=round(spot.lng + 0.0006 * (step - len(spot.buildings) / 2), 5),
        )
