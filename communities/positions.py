"""Where a row's person lives: the columns that say it, and how they become a place and coordinates."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from linzhu.communities import cells as read
from linzhu.communities.gazetteer import Gazetteer
from linzhu.communities.import_report import RowError
from linzhu.communities.spreadsheets import Column

LATITUDE = Column("lat", read.latitude, "latitude 纬度 北纬")
LONGITUDE = Column("lng", read.longitude, "lon long longitude 经度 东经")
BUILDING = Column("building", read.plain, "楼号 楼栋 楼幢 楼栋号 幢号 栋号 block")
COLUMNS = (
    LATITUDE,
    LONGITUDE,
    Column("place", read.plain, "compound 小区 小区名称 所在小区 居住小区 地点 院落"),
    BUILDING,
)


def coordinates(row: dict[str, Any]) -> tuple[float, float] | None:
    """Return (lat, lng) of a row's cells, or None. Raises RowError for half a position and for (0, 0)."""
    lat, lng = row.get("lat"), row.get("lng")
    if lat is None and lng is None:
        return None
    if lat is None or lng is None:
        raise RowError("lat" if lat is None else "lng", _("Give both latitude and longitude, or neither."))
    if lat == lng == 0:
        raise RowError("lat", _("0, 0 lies in the ocean. Leave both empty if they are not known."))
    return lat, lng


def position(row: dict[str, Any], gazetteer: Gazetteer, address: str = "") -> dict[str, Any]:
    """Return ``place_id``, ``lat`` and ``lng`` as far as the row tells them.

    Own coordinates win over the place's. Where the row has neither, a known place in the address helps.
    """
    point = coordinates(row)
    place = None
    name, building = row.get("place", ""), row.get("building", "")
    if name:
        try:
            place = gazetteer.find(name, building)
        except ValueError as error:
            raise RowError("place", str(error)) from None
    elif point is None and address:
        place = gazetteer.within(address)
    if point is None and place is not None:
        point = place.lat, place.lng
    values: dict[str, Any] = {} if place is None else {"place_id": place.pk}
    return values if point is None else {**values, "lat": point[0], "lng": point[1]}
