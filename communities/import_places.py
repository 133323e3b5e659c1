"""The gazetteer's spreadsheet: compounds, buildings, clinics and shops with their coordinates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _

from linzhu.communities import cells as read
from linzhu.communities.import_report import RowError
from linzhu.communities.importing import Importer, Record
from linzhu.communities.models import Community, Place
from linzhu.communities.positions import BUILDING, LATITUDE, LONGITUDE, coordinates
from linzhu.communities.spreadsheets import Column

KINDS = read.Vocabulary(
    {
        "compound": "小区 院落 大院 住宅小区 小区院落",
        "building": "楼栋 楼 楼幢 楼宇 栋 幢 居民楼",
        "clinic": "医院 诊所 卫生院 卫生室 社区卫生服务中心 社区卫生服务站 药店 hospital pharmacy",
        "shop": "商店 超市 菜市场 市场 market supermarket",
        "office": "办事处 居委会 村委会 社区服务中心 政务大厅 银行 机构",
        "other": "其他 其它 车站 公园 学校",
    }
)


class PlaceImporter(Importer):
    model = Place
    columns = (
        Column("name", read.text(80), "名称 地点 地点名称 小区 小区名称", required=True, filled=True),
        Column("kind", read.one_of(KINDS), "type 类型 类别 种类 地点类型"),
        Column("lat", LATITUDE.read, LATITUDE.titles, required=True, filled=True),
        Column("lng", LONGITUDE.read, LONGITUDE.titles, required=True, filled=True),
        Column("parent", read.text(80), "within 所属小区 上级 上级地点 所属 所在小区 所属地点"),
        BUILDING,
    )

    def __init__(self, community: Community) -> None:
        super().__init__(community)
        self._tops = {place.name: place for place in Place.objects.filter(community=community, parent=None)}

    def record(self, row: int, cells: dict[str, Any]) -> Record:
        lat, lng = coordinates(cells) or (0.0, 0.0)  # both are filled
        parent, name = cells.get("parent", ""), cells["name"]
        if building := cells.get("building", ""):  # a list of 小区 and 楼号 side by side
            parent, name = name, f"{building}号楼" if building.isdigit() else building
        if parent == name:
            raise RowError("parent", _("A place cannot lie within itself."))
        values = {"name": name, "lat": lat, "lng": lng}
        return Record(row, (parent, name), values | ({"kind": cells["kind"]} if "kind" in cells else {}))

    def groups(self, records: Sequence[Record]) -> Iterable[Sequence[Record]]:
        """Compounds first: a building may stand above its compound in the sheet."""
        return [[r for r in records if not r.key[0]], [r for r in records if r.key[0]]]

    def existing(self, batch: Sequence[Record]) -> Iterable[Place]:
        names = {record.key[1] for record in batch}
        return Place.objects.filter(community=self.community, name__in=names).select_related("parent")

    def key_of(self, instance: Place) -> tuple[str, ...]:
        return instance.parent.name if instance.parent else "", instance.name

    def build(self, record: Record) -> Place:
        parent_name, name = record.key
        place = Place(community=self.community, **record.values)
        if not parent_name:
            self._tops[name] = place
            return place
        if parent_name not in self._tops:
            raise RowError("parent", _("There is no place “%s”, neither here nor in the gazetteer.") % parent_name)
        place.parent = self._tops[parent_name]
        if "kind" not in record.values:
            place.kind = Place.Kind.BUILDING
        return place
