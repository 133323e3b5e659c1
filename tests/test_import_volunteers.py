import datetime as dt

import pytest

from linzhu.volunteers.availability import DAYTIME, slots
from linzhu.volunteers.import_volunteers import SKILLS, VolunteerImporter
from linzhu.volunteers.models import Volunteer
from tests.factories import CommunityFactory, PlaceFactory, VolunteerFactory
from tests.sheets import xlsx

NAMED = {
    "姓名": "陈磊",
    "手机号码": 13900001234,
    "性别": "男",
    "纬度": 39.12,
    "经度": 117.2,
    "服务范围": "2公里",
    "技能": "代购、陪诊",
    "语言": "普通话",
    "是否有车": "是",
    "可服务时间": "周一至周五 9:00-12:00",
    "审核有效期": "2027年3月",
}
HEADER, CHEN = list(NAMED), list(NAMED.values())


@pytest.fixture
def run(community):
    def run(*rows, header=HEADER, **options):
        return VolunteerImporter(community).run(xlsx(header, *rows), **options)

    return run


def counts(report):
    return report.new, report.updated, report.unchanged


def errors(report):
    return [str(problem) for problem in report.errors]


def warnings(report):
    return [str(warning) for warning in report.warnings]


def changed(**values):
    return list((NAMED | values).values())


def test_volunteer_is_stored_with_all_columns(run, community):
    report = run(CHEN)
    assert (counts(report), warnings(report)) == ((1, 0, 0), [])
    chen = Volunteer.objects.get()
    assert (chen.name, chen.phone, chen.gender, chen.community) == ("陈磊", "+8613900001234", "man", community)
    assert (chen.lat, chen.lng, chen.reach_m, chen.has_vehicle) == (39.12, 117.2, 2000, True)
    assert (chen.skills, chen.languages) == ({"errands", "escort"}, {"zh"})
    assert chen.week == (*[slots(540, 720)] * 5, 0, 0)
    assert chen.cleared_until == dt.date(2027, 3, 31)
    assert (list(Volunteer.objects.filter(search_words__find="chen lei")), chen.status) == ([chen], "active")


def test_same_list_again_changes_nothing(run):
    run(CHEN)
    assert counts(run(CHEN)) == (0, 0, 1)
    assert (Volunteer.objects.count(), Volunteer.history.count()) == (1, 1)


def test_changed_row_updates_the_volunteer_and_keeps_history(run):
    run(CHEN)
    assert counts(run(changed(技能="开车", 审核有效期="2028-01-01"))) == (0, 1, 0)
    chen = Volunteer.objects.get()
    assert (chen.skills, chen.cleared_until) == ({"rides"}, dt.date(2028, 1, 1))
    assert [h.history_type for h in Volunteer.history.order_by("history_id")] == ["+", "~"]


def test_empty_cells_change_nothing(run):
    run(CHEN)
    assert counts(run(["陈磊", 13900001234])) == (0, 0, 1)
    assert Volunteer.objects.get().skills == {"errands", "escort"}


def test_two_volunteers_may_share_a_phone(run):
    assert counts(run(CHEN, changed(姓名="刘芳"))) == (2, 0, 0)


def test_suspended_volunteer_stays_suspended(run, community):
    VolunteerFactory(community=community, name="陈磊", phone="+8613900001234", status="suspended")
    run(CHEN)
    assert Volunteer.objects.get().status == "suspended"


def test_volunteer_below_is_updated_there(run, community):
    below = CommunityFactory(parent=community)
    VolunteerFactory(community=below, name="陈磊", phone="+8613900001234")
    assert counts(run(CHEN)) == (0, 1, 0)
    assert Volunteer.objects.get().community == below


def test_volunteer_of_another_community_is_an_error(run):
    other = VolunteerFactory(name="陈磊", phone="+8613900001234", reach_m=500)
    report = run(CHEN, changed(姓名="刘芳"))
    assert errors(report) == ["Row 2, 手机号码: This volunteer is registered with another community already."]
    other.refresh_from_db()
    assert (other.reach_m, Volunteer.objects.count()) == (500, 1)


def test_no_skills_are_errands_and_company_with_a_warning(run):
    report = run(changed(技能=""))
    assert Volunteer.objects.get().skills == {"errands", "company"}
    assert warnings(report) == ["Row 2: No skills: errands and company are assumed."]


def test_no_availability_is_daytime_with_a_warning(run):
    report = run(changed(可服务时间=""))
    assert Volunteer.objects.get().week == DAYTIME
    assert warnings(report) == ["Row 2: No availability: 8:00–20:00 on every day is assumed."]


def test_no_clearance_date_is_kept_with_a_warning(run):
    report = run(changed(审核有效期=""))
    assert Volunteer.objects.get().cleared_until is None
    assert warnings(report) == ["Row 2: No clearance date: these volunteers are kept but will not be asked."]


def test_no_position_is_kept_with_a_warning(run):
    report = run(changed(纬度="", 经度=""))
    assert warnings(report) == ["Row 2: No place and no coordinates: these volunteers cannot be found by distance."]


def test_position_that_is_known_already_is_no_warning(run):
    run(CHEN)
    assert warnings(run(["陈磊", 13900001234], header=HEADER[:2])) == []


def test_place_gives_the_coordinates(run, community):
    PlaceFactory(community=community, name="新华里", lat=39.5, lng=117.5)
    run(["陈磊", 13900001234, "新华里"], header=["姓名", "手机", "小区"])
    assert (Volunteer.objects.get().lat, Volunteer.objects.get().place.name) == (39.5, "新华里")


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        ("手机号码", "022-27318800", "Texts do not reach a landline. Please give a mobile number."),
        ("手机号码", "", "This is missing."),
        ("服务范围", "2", "2 m is not between 100 m and 50 km. For kilometres write 公里 or km behind the number."),
        ("是否有车", "也许", "“也许” is neither yes (是, 有, √, 1) nor no (否, 无, 0)."),
        ("可服务时间", "有时", "“有时” is not understood. Write times like Mon-Fri 9:00-12:00 or 周一至周五下午."),
        ("审核有效期", "长期", "“长期” is not a date. Write it like 2026-03-01."),
        ("纬度", 117.2, "117.2 cannot be a latitude (−90 to 90). Are latitude and longitude swapped?"),
    ],
)
def test_wrong_cell_is_an_error_with_its_row_and_heading(run, column, cell, said):
    assert errors(run(changed(**{column: cell}))) == [f"Row 2, {column}: {said}"]


def test_unknown_skill_lists_the_allowed_ones(run):
    (error,) = errors(run(changed(技能="代购、唱歌")))
    assert error.startswith("Row 2, 技能: “唱歌” is not known. Allowed: errands 代购, bookings 预约, phones 手机")


@pytest.mark.parametrize(
    ("written", "skills"),
    [
        ("代购", {"errands"}),
        ("取药", {"errands"}),
        ("挂号", {"bookings"}),
        ("手机", {"phones"}),
        ("开车", {"rides"}),
        ("接送", {"rides"}),
        ("陪诊", {"escort"}),
        ("聊天", {"company"}),
        ("陪伴", {"company"}),
        ("代办", {"paperwork"}),
        ("应急", {"relief"}),
        ("groceries, hospital-booking; phone help", {"errands", "bookings", "phones"}),
        ("代购 取药 聊天", {"errands", "company"}),
        ("Errands／Company", {"errands", "company"}),
    ],
)
def test_skill_words_are_understood(run, written, skills):
    run(changed(技能=written))
    assert Volunteer.objects.get().skills == skills


def test_every_service_is_a_word_for_its_skill():
    from linzhu.requests.catalogue import SERVICES

    words = {code: SKILLS.get(code.replace("-", "")) for code in SERVICES}
    assert words == {code: service.skill.value for code, service in SERVICES.items()}


@pytest.mark.parametrize(
    ("heading", "cell", "metres"),
    [("服务范围（公里）", 3, 3000), ("服务范围(米)", 800, 800), ("reach_m", "1.5km", 1500)],
)
def test_reach_is_read_in_its_unit(run, heading, cell, metres):
    run(["陈磊", 13900001234, cell], header=["姓名", "手机", heading])
    assert Volunteer.objects.get().reach_m == metres


def test_optional_columns_are_read(run):
    run(
        ["陈磊", 13900001234, "trusted", 3, "退休教师", "英语", "天津话、普通话"],
        header=["name", "phone", "clearance", "weekly_cap", "notes", "text_language", "languages"],
    )
    chen = Volunteer.objects.get()
    assert (chen.clearance, chen.weekly_cap, chen.notes, chen.text_language) == (2, 3, "退休教师", "en")
    assert chen.languages == {"dialect", "zh"}


def test_excel_dates_are_read(run):
    run(changed(审核有效期=dt.date(2027, 5, 1)))
    assert Volunteer.objects.get().cleared_until == dt.date(2027, 5, 1)


def test_dry_run_stores_nothing(run):
    assert counts(run(CHEN, dry_run=True)) == (1, 0, 0)
    assert not Volunteer.objects.exists()
