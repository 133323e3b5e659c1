"""The volunteers' spreadsheet: who they are, what they can do, when they are free, until when they are cleared."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _

from linzhu.communities import cells as read
from linzhu.communities import positions
from linzhu.communities.gazetteer import Gazetteer
from linzhu.communities.import_report import RowError
from linzhu.communities.importing import Importer, Record
from linzhu.communities.models import Community
from linzhu.communities.people import Skill
from linzhu.communities.people_words import GENDER, TEXT_LANGUAGES, languages
from linzhu.communities.spreadsheet_files import Cell
from linzhu.communities.spreadsheets import Column
from linzhu.volunteers.availability import DAYS, Week
from linzhu.volunteers.availability_text import read_week
from linzhu.volunteers.models import Volunteer

ASSUMED_SKILLS = frozenset({Skill.ERRANDS.value, Skill.COMPANY.value})
SKILLS = read.Vocabulary(
    {
        "errands": (
            "代购 跑腿 购物 生活用品代购 代买 买菜 取药 代取药 买药 助餐 送餐 代餐 代缴 缴费 代缴费 生活缴费 "
            "代收代缴 代收代寄 取快递 快递 groceries meal medicine bills parcel errand shopping"
        ),
        "bookings": (
            "预约 挂号 预约挂号 代预约挂号 代挂号 购票 代购票 订票 叫车 约车 家政预约 场馆预约 hospital-booking "
            "home-visit-booking housekeeping-booking taxi-booking ticket-booking venue-booking booking"
        ),
        "phones": (
            "手机 手机辅导 手机教学 手机使用辅导 智能手机 智慧助老 教手机 app使用辅导 设备安装 phone-help "
            "app-help device-setup phone tech phones-and-apps"
        ),
        "rides": "接送 开车 车辆接送 出行接送 爱心车队 驾驶 ride driving",
        "escort": "陪诊 陪同 陪同就医 陪医 导医 接送站 陪护就医 陪同外出 escort-to-hospital-or-office",
        "company": (
            "陪伴 聊天 陪聊 探访 走访 精神慰藉 读报 巡访 陪同聊天 companionship safety-check visit visits "
            "company-and-visits"
        ),
        "paperwork": "代办 帮代办 帮办 文书 办证 资格认证 上门认证 digital-pass benefit-certification",
        "relief": "应急 救援 应急救援 物资发放 物资配送 转移安置 emergency relief-delivery emergency-relief",
    }
)
CLEARANCE = read.Vocabulary({"1": "basic 基础 初级 普通 一级", "2": "trusted 可信 高级 二级"})


_AS_READ = (
    "gender",
    "reach_m",
    "skills",
    "languages",
    "clearance",
    "cleared_until",
    "trained_until",
    "insured_until",
    "weekly_cap",
    "text_language",
    "notes",
)


def _clearance(cell: Cell) -> int:
    return int(read.one_of(CLEARANCE)(cell))


def _week(cell: Cell) -> Week:
    return read_week(str(cell))


class VolunteerImporter(Importer):
    model = Volunteer
    columns = (
        Column("name", read.person_name, "姓名 志愿者姓名 志愿者 名字", required=True, filled=True),
        Column(
            "phone",
            read.mobile,
            "mobile 联系电话 电话 手机 手机号码 手机号 电话号码 联系方式 本人电话 tel",
            required=True,
            filled=True,
        ),
        Column("gender", read.one_of(GENDER), "sex 性别"),
        *positions.COLUMNS,
        Column("address", read.plain, "住址 家庭住址 地址 详细地址 居住地址 家庭地址 现住址"),
        Column("reach_m", read.metres, "reach 服务范围 服务半径 服务距离 可服务范围 服务范围米"),
        Column("reach_km", read.kilometres, "服务范围公里 服务范围千米 服务半径公里 服务范围km 服务距离公里"),
        Column("skills", read.some_of(SKILLS), "skill services 技能 特长 服务项目 服务内容 可提供服务 服务类别 擅长"),
        Column("languages", languages, "language 语言 语种"),
        Column("vehicle", read.yes_or_no, "car has-a-car 是否有车 有车 有无车辆 车辆 自驾", blank_words=False),
        Column(
            "availability", _week, "free when 服务时间 可服务时间 空闲时间 可用时间 服务时段 可服务时段 时间 有空时间"
        ),
        Column("cleared_until", read.date, "审核有效期 核验有效期 有效期 有效期至 审核有效期至 核验有效期至 核验到期"),
        Column("trained_until", read.date, "training trained 培训有效期 培训有效期至 培训到期"),
        Column("insured_until", read.date, "insurance insured 保险有效期 保险有效期至 保险到期"),
        Column("clearance", _clearance, "审核级别 核验级别 审核等级 核验等级"),
        Column("weekly_cap", read.whole_number(0, 100), "每周上限 每周次数 每周最多"),
        Column("text_language", read.one_of(TEXT_LANGUAGES), "短信语言 texts-in"),
        Column("notes", read.text(2000), "note remarks 备注 说明 备注信息"),
    )

    def __init__(self, community: Community) -> None:
        super().__init__(community)
        self._gazetteer = Gazetteer(community)

    def record(self, row: int, cells: dict[str, Any]) -> Record:
        name, phone = cells["name"], cells["phone"].e164
        values = {"name": name, "phone": phone} | {column: cells[column] for column in _AS_READ if column in cells}
        if "reach_km" in cells:
            values.setdefault("reach_m", cells["reach_km"])
        if "vehicle" in cells:
            values["has_vehicle"] = cells["vehicle"]
        if week := cells.get("availability"):
            values |= {f"free_{day}": mask for day, mask in zip(DAYS, week, strict=True)}
        values |= positions.position(cells, self._gazetteer, cells.get("address", ""))
        return Record(row, (phone, name), values)

    def existing(self, batch: Sequence[Record]) -> Iterable[Volunteer]:
        """One person is one volunteer, whatever the community: their phone gets each text once."""
        phones, names = {record.key[0] for record in batch}, {record.key[1] for record in batch}
        return Volunteer.objects.filter(phone__in=phones, name__in=names).select_related("community")

    def key_of(self, instance: Volunteer) -> tuple[str, ...]:
        return instance.phone, instance.name

    def change(self, instance: Volunteer, record: Record) -> set[str]:
        if not instance.community.path.startswith(self.community.path):
            raise RowError("phone", _("This volunteer is registered with another community already."))
        self._warn(record, known=instance)
        return super().change(instance, record)

    def build(self, record: Record) -> Volunteer:
        self._warn(record)
        values = record.values
        if "free_mon" not in values:
            self.report.warn(_("No availability: 8:00–20:00 on every day is assumed."), record.row)
        if not values.get("skills"):
            self.report.warn(_("No skills: errands and company are assumed."), record.row)
            values = values | {"skills": ASSUMED_SKILLS}
        return Volunteer(community=self.community, **values)

    def _warn(self, record: Record, known: Volunteer | None = None) -> None:
        if not (record.values.get("cleared_until") or (known and known.cleared_until)):
            self.report.warn(_("No clearance date: these volunteers are kept but will not be asked."), record.row)
        if record.values.get("lat", known and known.lat) is None:
            self.report.warn(
                _("No place and no coordinates: these volunteers cannot be found by distance."), record.row
            )
