import datetime as dt

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from linzhu.communities.spreadsheets import SpreadsheetError, heading_key
from linzhu.requests.import_elders import ElderImporter
from linzhu.requests.models import Elder, FamilyContact
from tests.factories import CommunityFactory, ElderFactory, PlaceFactory, UserFactory
from tests.sheets import csv, xlsx

HEADER = "姓名 联系电话 出生年月 性别 住址 人员类别 语言 备注 家属姓名 家属电话 与老人关系".split()  # noqa: SIM905
ZHANG = "张秀英 022-27318800 1941年3月 女 7号楼501 高龄、独居 普通话 按铃 王芳 13800001234 女儿".split()  # noqa: SIM905


@pytest.fixture
def run(community):
    def run(*rows, header=HEADER, **options):
        return ElderImporter(community).run(xlsx(header, *rows), **options)

    return run


def counts(report):
    return report.new, report.updated, report.unchanged


def errors(report):
    return [str(problem) for problem in report.errors]


def warnings(report):
    return [str(warning) for warning in report.warnings]


def test_elder_is_stored_with_all_columns(run, community):
    assert counts(run(ZHANG)) == (1, 0, 0)
    elder = Elder.objects.get()
    assert (elder.name, elder.phone, elder.birth_year, elder.gender) == ("张秀英", "+862227318800", 1941, "woman")
    assert (elder.address, elder.notes, elder.community) == ("7号楼501", "按铃", community)
    assert elder.groups == {"advanced-age", "living-alone"}
    assert elder.languages == {"zh"}
    assert Elder.objects.get(search_words__find="zxy") == elder


def test_family_contact_is_stored_with_the_elder(run):
    run(ZHANG)
    contact = FamilyContact.objects.get()
    assert (contact.name, contact.phone, contact.relation) == ("王芳", "+8613800001234", "女儿")
    assert (contact.gets_texts, contact.may_act) == (True, False)


def test_family_contact_with_a_landline_gets_no_texts(run):
    run([*ZHANG[:9], "022-27318801", "女儿"])
    assert FamilyContact.objects.get().gets_texts is False


def test_family_contact_without_a_phone_is_left_out_with_a_warning(run):
    report = run([*ZHANG[:9], "", ""])
    assert not FamilyContact.objects.exists()
    assert "Row 2: A family contact without a phone was left out." in warnings(report)


def test_same_list_again_changes_nothing(run):
    run(ZHANG)
    assert counts(run(ZHANG)) == (0, 0, 1)
    assert (Elder.objects.count(), FamilyContact.objects.count(), Elder.history.count()) == (1, 1, 1)


def test_changed_row_updates_the_elder_and_keeps_history(run):
    run(ZHANG)
    user = UserFactory()
    assert counts(run([*ZHANG[:4], "8号楼502", *ZHANG[5:]], user=user)) == (0, 1, 0)
    assert Elder.objects.get().address == "8号楼502"
    latest = Elder.history.latest()
    assert (latest.history_type, latest.history_user, latest.address) == ("~", user, "8号楼502")


def test_changed_family_contact_counts_as_an_update(run):
    run(ZHANG)
    assert counts(run([*ZHANG[:8], "王芳芳", *ZHANG[9:]])) == (0, 1, 0)
    assert FamilyContact.objects.get().name == "王芳芳"


def test_second_family_contact_is_added(run):
    run(ZHANG)
    run([*ZHANG[:8], "李强", "13900001234", "女婿"])
    assert set(FamilyContact.objects.values_list("name", flat=True)) == {"王芳", "李强"}


def test_empty_cells_and_missing_columns_change_nothing(run):
    run(ZHANG)
    assert counts(run(["张秀英", "022-27318800", ""], header=["姓名", "电话", "住址"])) == (0, 0, 1)
    elder = Elder.objects.get()
    assert (elder.address, elder.notes, elder.groups) == ("7号楼501", "按铃", {"advanced-age", "living-alone"})


def test_elder_of_a_community_below_is_updated_there(run, community):
    below = CommunityFactory(parent=community)
    ElderFactory(community=below, name="张秀英", phone="+862227318800")
    assert counts(run(ZHANG)) == (0, 1, 0)
    assert Elder.objects.get().community == below


def test_elder_of_another_community_is_left_alone(run):
    other = ElderFactory(name="张秀英", phone="+862227318800", address="别处")
    assert counts(run(ZHANG)) == (1, 0, 0)
    other.refresh_from_db()
    assert other.address == "别处"


def test_two_elders_on_one_phone_are_two(run):
    run(ZHANG, ["王建国", *ZHANG[1:]])
    assert Elder.objects.count() == 2


def test_elder_twice_in_the_file_is_an_error(run):
    assert errors(run(ZHANG, ["李强", "13800001111"], ZHANG)) == ["Row 4, 姓名: This is the same as row 2."]
    assert not Elder.objects.exists()


def test_one_wrong_row_keeps_all_out(run):
    report = run(ZHANG, ["李强", "138"])
    assert errors(report) == ["Row 3, 联系电话: This is too short to be somebody's phone number."]
    assert not Elder.objects.exists()
    assert counts(report) == (1, 0, 0)


def test_every_mistake_of_a_row_is_told_at_once(run):
    report = run(["", "2731 8800", "41", "？"])
    assert errors(report) == [
        "Row 2, 姓名: This is missing.",
        "Row 2, 联系电话: A landline needs its area code. Did you mean 022-27318800?",
        "Row 2, 出生年月: Is “41” an age or a year? Write 85岁 or 1941.",
        "Row 2, 性别: “？” is not known. Allowed: woman 女, man 男.".replace("？", "?"),
    ]


def test_same_mistake_in_many_rows_is_told_once(run):
    report = run(*[[f"老人{chr(0x4E00 + n)}", "110"] for n in range(8)])
    assert errors(report) == [
        "Rows 2, 3, 4, 5, 6 and 3 more, 联系电话: This is too short to be somebody's phone number."
    ]


def test_two_numbers_in_one_cell_are_an_error(run):
    assert "There are two numbers here" in errors(run(["李强", "13800001234/13900001234"]))[0]


def test_extension_is_kept(run):
    run(["李强", "022-27318800转802"])
    assert Elder.objects.get().phone_ext == "802"


def test_phone_typed_as_a_number_is_read(run):
    run(["李强", 13800001234.0])
    assert Elder.objects.get().phone == "+8613800001234"


def test_elder_without_a_phone_is_kept_with_a_warning(run):
    report = run(["李强", "无"], ["王建国", ""])
    assert Elder.objects.filter(phone="").count() == 2
    assert "Rows 2, 3: No phone: these elders can only be found by name." in warnings(report)


def test_age_becomes_a_year_of_birth(run):
    run(["李强", "13800001234", 85], header=["姓名", "电话", "年龄"])
    assert Elder.objects.get().age == 85


def test_identity_numbers_are_not_read(run):
    report = run(["李强", "13800001234", "120101194103050011"], header=["姓名", "电话", "身份证号"])
    assert warnings(report)[0].startswith("“身份证号” was not read")


def test_unknown_group_is_left_out_with_a_warning(run):
    report = run(["李强", "13800001234", "", "", "", "低保、空巢"])
    assert Elder.objects.get().groups == {"living-alone"}
    assert "Row 2: “低保” is not a priority group here and was left out." in warnings(report)


def test_place_gives_the_coordinates(run, community):
    place = PlaceFactory(community=community, name="新华里", lat=39.5, lng=117.5)
    run(["李强", "13800001234", "新华里"], header=["姓名", "电话", "小区"])
    elder = Elder.objects.get()
    assert (elder.place, elder.lat, elder.lng) == (place, 39.5, 117.5)


def test_own_coordinates_win_over_the_places(run, community):
    place = PlaceFactory(community=community, name="新华里")
    run(["李强", "13800001234", "新华里", 39.6, 117.6], header=["姓名", "电话", "小区", "纬度", "经度"])
    elder = Elder.objects.get()
    assert (elder.place, elder.lat, elder.lng) == (place, 39.6, 117.6)


def test_place_is_found_in_the_address(run, community):
    compound = PlaceFactory(community=community, name="新华里")
    PlaceFactory(community=community, name="7号楼", parent=compound, lat=39.7, lng=117.7)
    run(["李强", "13800001234", "", "", "和平区新华里7号楼501"])
    elder = Elder.objects.get()
    assert (str(elder.place), elder.lat) == ("新华里 7号楼", 39.7)


def test_unknown_place_is_an_error_that_names_near_ones(run, community):
    PlaceFactory(community=community, name="新华里")
    report = run(["李强", "13800001234", "新花里"], header=["姓名", "电话", "小区"])
    assert errors(report) == ["Row 2, 小区: There is no place “新花里”. Near it: 新华里."]


def test_half_a_position_is_an_error(run):
    report = run(["李强", "13800001234", 39.1], header=["姓名", "电话", "纬度"])
    assert errors(report) == ["Row 2, lng: Give both latitude and longitude, or neither."]


def test_dry_run_counts_and_stores_nothing(run):
    run(ZHANG)
    report = run([*ZHANG[:4], "8号楼", *ZHANG[5:]], ["李强", "13800001111"], dry_run=True)
    assert counts(report) == (1, 1, 0)
    assert (Elder.objects.count(), Elder.objects.get().address) == (1, "7号楼501")


class Blind(ElderImporter):
    """Sees nobody: as if the same people came in by another way between its look and its write."""

    def existing(self, batch):
        return []


def test_import_that_was_overtaken_stores_nothing_and_says_so(run, community):
    run(ZHANG)
    with pytest.raises(SpreadsheetError, match="Somebody changed the same records just now"):
        Blind(community).run(xlsx(HEADER, ["李强", "13800001111"], ZHANG))
    assert Elder.objects.count() == 1


def test_headings_that_the_help_names_are_known():
    named = "name phone birth-year gender address place building groups languages notes family-name family-phone"
    headings = {heading_key(word) for word in named.split()}
    assert headings <= {key for column in ElderImporter.columns for key in column.keys}


def test_comparing_asks_the_database_once_for_a_batch(run):
    def queries(rows):
        with CaptureQueriesContext(connection) as caught:
            run(*[[f"老人{chr(0x4E00 + n)}", f"138{n:08d}", *ZHANG[2:]] for n in range(rows)], dry_run=True)
        return len(caught)

    assert queries(300) == queries(3)


def test_messy_sheet_of_a_real_office(community):
    compound = PlaceFactory(community=community, name="新华里")
    PlaceFactory(community=community, name="7号楼", parent=compound)
    file = xlsx(
        ["新华社区独居、空巢老人花名册（2026年）"],
        ["填表单位：新华社区居委会", None, None, "填表日期：", dt.date(2026, 3, 1)],
        [],
        [
            "序号",
            "姓 名",
            "性别",
            "出生\n年月",
            "身份证号码",
            "联系电话（手机/座机）",
            "家庭住址",
            "人员类别",
            "民族",
            "家属姓名",
            "家属联系电话",
            "与老人\n关系",
            "备注",
        ],
        [
            1,
            "张　秀英",
            "女",
            "1941年3月",
            "120101194103050011",
            "０２２－２７３１８８００",
            "新华里7栋501",
            "高龄，独居",
            "汉",
            "王芳",
            13800001234,
            "女儿",
            "/",
        ],
        [2, "李  强", "男", 1938, None, 13900001111.0, "新华里 7号楼 302", "空巢", "回", None, None, None, "耳背"],
        [None, None, None, None, None, None, None, None, None, None, None, None, None],
        [
            3,
            "买买提·吐尔逊",
            "男 ",
            dt.datetime.fromisoformat("1945-06-01"),
            None,
            "022-27318899转12",
            "新华里8号楼101",
            "—",
            "维",
            "古丽",
            "138 0000 5678",
            "女儿",
            "",
        ],
    )
    report = ElderImporter(community).run(file)
    assert errors(report) == []
    assert counts(report) == (3, 0, 0)
    found = {e.name: (e.phone, e.phone_ext, e.birth_year, str(e.place), e.notes) for e in Elder.objects.all()}
    assert found == {
        "张秀英": ("+862227318800", "", 1941, "新华里 7号楼", ""),
        "李强": ("+8613900001111", "", 1938, "新华里 7号楼", "耳背"),
        "买买提·吐尔逊": ("+862227318899", "12", 1945, "新华里", ""),
    }
    assert set(FamilyContact.objects.values_list("name", flat=True)) == {"王芳", "古丽"}
    assert len(report.warnings) == 2


def test_english_csv_is_read(community):
    file = csv("name;phone;gender;groups;birth_year\nAnna Miller;13800001234;F;living alone, disabled;1940\n")
    assert counts(ElderImporter(community).run(file)) == (1, 0, 0)
    elder = Elder.objects.get()
    assert (elder.gender, elder.groups) == ("woman", {"living-alone", "disabled"})


# --- The command --------------------------------------------------------------------------------------------------


@pytest.fixture
def sheet(tmp_path):
    def write(*rows):
        path = tmp_path / "名单.xlsx"
        path.write_bytes(xlsx(HEADER, *rows).read())
        return str(path)

    return write


def test_command_says_what_it_did(community, sheet, capsys):
    call_command("import_people", "elders", sheet(ZHANG), community=community.code)
    assert "Done: 1 new, 0 updated, 0 unchanged." in capsys.readouterr().out


def test_command_dry_run_stores_nothing(community, sheet, capsys):
    call_command("import_people", "elders", sheet(ZHANG), community=community.code, dry_run=True)
    assert "Would be 1 new, 0 updated, 0 unchanged." in capsys.readouterr().out
    assert not Elder.objects.exists()


def test_command_lists_what_is_wrong(community, sheet, capsys):
    with pytest.raises(CommandError, match="Nothing was imported"):
        call_command("import_people", "elders", sheet(["李强", "138"]), community=community.code)
    assert "Row 2, 联系电话: This is too short" in capsys.readouterr().err


def test_command_explains_a_missing_file(community):
    with pytest.raises(CommandError, match="No such file"):
        call_command("import_people", "elders", "/nowhere/list.xlsx", community=community.code)


def test_command_explains_an_unknown_community(db, sheet):
    with pytest.raises(CommandError, match="There is no community “nowhere”"):
        call_command("import_people", "elders", sheet(ZHANG), community="nowhere")
