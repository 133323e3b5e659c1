"""The elders' spreadsheet: one row for an elder, with one family contact."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _

from linzhu.communities import cells as read
from linzhu.communities import positions
from linzhu.communities.gazetteer import Gazetteer
from linzhu.communities.importing import Importer, Record
from linzhu.communities.models import Community
from linzhu.communities.people_words import GENDER, languages
from linzhu.communities.rules import rules_of
from linzhu.communities.spreadsheet_files import Cell
from linzhu.communities.spreadsheets import Column
from linzhu.requests.forms import ABOUT_HEALTH
from linzhu.requests.models import Elder, FamilyContact

GROUPS = read.Vocabulary(
    {
        "advanced-age": "高龄 高龄老人 advanced-age",
        "living-alone": "独居 空巢 孤寡 独居老人 空巢老人 独居空巢 孤老 living-alone",
        "disabled": "失能 半失能 残疾 失智 失能老人 半失能老人 残疾人 failing-abilities",
        "left-behind": "留守 留守老人 family-far-away",
        "": "一般 普通 正常 其他 一般老人 普通老人 自理",
    }
)
NEEDS = read.Vocabulary(
    {
        "wheelchair": "轮椅 坐轮椅 uses-a-wheelchair",
        "walking": "行动不便 腿脚不便 拐杖 走路困难 walks-with-difficulty",
        "hearing": "听力不好 听力 耳背 听力障碍 重听 hears-badly",
        "sight": "视力不好 视力 视力障碍 失明 sees-badly",
    }
)
TELL_BY = read.Vocabulary(
    {
        "call": "电话 打电话 打座机 语音 phone",
        "text": "短信 发短信 sms",
        "family": "家属 告诉家属 通过家属 家人",
    }
)


def _groups(cell: Cell) -> tuple[frozenset[str], list[str]]:
    return read.sort_words(cell, GROUPS)


class ElderImporter(Importer):
    model = Elder
    columns = (
        Column("name", read.person_name, "姓名 老人姓名 名字 老人", required=True, filled=True),
        Column(
            "phone",
            read.phone,
            "联系电话 电话 手机 手机号码 手机号 电话号码 联系方式 座机 固定电话 本人电话 tel",
            required=True,
        ),
        Column("birth_year", read.birth_year, "born 出生年份 出生年月 出生日期 出生年月日 生日 出生年"),
        Column("age", read.age, "年龄 周岁"),
        Column("gender", read.one_of(GENDER), "sex 性别"),
        Column("address", read.text(200), "住址 家庭住址 地址 详细地址 居住地址 家庭地址 现住址 门牌号"),
        *positions.COLUMNS,
        Column("groups", _groups, "priority-groups 人员类别 重点群体 老人类别 人群类别 类别 老人类型"),
        Column("needs", read.some_of(NEEDS), "good-to-know 特殊需要 注意事项 身体情况"),
        Column("languages", languages, "language 语言 语种"),
        Column("tell_by", read.one_of(TELL_BY), "is-told-by 通知方式 告知方式"),
        Column("notes", read.text(2000), "note remarks 备注 说明 备注信息"),
        Column("family_name", read.person_name, "家属姓名 家属 联系人 紧急联系人 监护人 子女姓名 家属名字"),
        Column(
            "family_phone",
            read.phone,
            "家属电话 家属手机 家属联系电话 家属联系方式 联系人电话 紧急联系人电话 紧急联系电话 监护人电话 子女电话",
        ),
        Column("family_relation", read.text(40), "relation 与老人关系 关系 家属关系 与家属关系 与老人的关系"),
    )

    def __init__(self, community: Community) -> None:
        super().__init__(community)
        self._gazetteer = Gazetteer(community)
        self._asks_first = rules_of(community).needs_consent

    def record(self, row: int, cells: dict[str, Any]) -> Record:
        name, phone = cells["name"], cells.get("phone")
        values: dict[str, Any] = {
            column: cells[column]
            for column in ("name", "gender", "address", "needs", "languages", "tell_by", "notes")
            if column in cells
        }
        if self._asks_first:
            for name in ABOUT_HEALTH:
                if values.pop(name, None):
                    self.report.warn(_("Notes on health were left out: the elder's consent comes first here."), row)
        if phone:
            values |= {"phone": phone.e164, "phone_ext": phone.ext}
        if born := cells.get("birth_year") or cells.get("age"):
            values["birth_year"] = born
        if "groups" in cells:
            values["groups"] = self._known_groups(row, *cells["groups"])
        values |= positions.position(cells, self._gazetteer, cells.get("address", ""))
        self._warn(row, cells, values)
        return Record(row, (phone.e164 if phone else "", name), values, _family(cells))

    def _known_groups(self, row: int, known: frozenset[str], unknown: list[str]) -> frozenset[str]:
        for word in unknown:
            self.report.warn(_("“%s” is not a priority group here and was left out.") % word[:20], row)
        return known

    def _warn(self, row: int, cells: dict[str, Any], values: dict[str, Any]) -> None:
        if "phone" not in cells:
            self.report.warn(_("No phone: these elders can only be found by name."), row)
        if "lat" not in values:
            self.report.warn(_("No place and no coordinates: the community's middle is taken for their home."), row)
        if "family_name" in cells and "family_phone" not in cells:
            self.report.warn(_("A family contact without a phone was left out."), row)

    def existing(self, batch: Sequence[Record]) -> Iterable[Elder]:
        """Elders here and below; where two communities have the same one, this community's counts."""
        phones, names = {record.key[0] for record in batch}, {record.key[1] for record in batch}
        elders = Elder.objects.in_subtree(self.community).filter(phone__in=phones, name__in=names)
        return sorted(elders, key=lambda elder: elder.community_id == self.community.pk)

    def key_of(self, instance: Elder) -> tuple[str, ...]:
        return instance.phone, instance.name

    def attach(self, pairs: Sequence[tuple[Record, Elder]], *, write: bool) -> set[int]:
        """Add each row's family contact, or bring its name and relation up to date."""
        told = [(record, elder) for record, elder in pairs if record.extra]
        ids = [elder.pk for record, elder in told if elder.pk]
        known = {(contact.elder_id, contact.phone): contact for contact in FamilyContact.objects.filter(elder__in=ids)}
        new, changed, rows = [], [], set()
        for record, elder in told:
            contact = known.get((elder.pk, record.extra["phone"]))
            if contact is None:
                named = {"name": record.extra.get("relation") or _("family"), **record.extra}
                new.append(FamilyContact(elder=elder, **named))
                rows.add(record.row)
            elif _update(contact, record.extra):
                changed.append(contact)
                rows.add(record.row)
        if write:
            FamilyContact.objects.bulk_create(new)
            FamilyContact.objects.bulk_update(changed, ["name", "relation"])
        return rows


def _family(cells: dict[str, Any]) -> dict[str, Any]:
    """Return what the row says of a family contact; one without a phone could not be told anything."""
    phone = cells.get("family_phone")
    if phone is None:
        return {}
    told = {"name": cells.get("family_name"), "relation": cells.get("family_relation")}
    return {"phone": phone.e164, "gets_texts": phone.mobile} | {name: value for name, value in told.items() if value}


def _update(contact: FamilyContact, told: dict[str, Any]) -> bool:
    before = contact.name, contact.relation
    contact.name, contact.relation = told.get("name", contact.name), told.get("relation", contact.relation)
    return (contact.name, contact.relation) != before
