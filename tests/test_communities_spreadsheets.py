import datetime as dt
import io
import zipfile

import openpyxl
import pytest

from linzhu.communities import cells as read
from linzhu.communities.spreadsheets import Column, SpreadsheetError, read_table
from tests.sheets import csv, xlsx

COLUMNS = (
    Column("name", read.person_name, "姓名", required=True, filled=True),
    Column("phone", read.plain, "联系电话 手机 手机号码 电话", required=True),
    Column("reach_m", read.metres, "服务范围"),
    Column("reach_km", read.kilometres, "服务范围公里"),
    Column("vehicle", read.yes_or_no, "是否有车", blank_words=False),
    Column("notes", read.plain, "备注"),
)


def table(*rows, **options):
    return read_table(xlsx(*rows), COLUMNS, **options)


def cells(*rows):
    return [row.cells for row in table(*rows).rows]


def test_header_matches_in_any_order_and_language():
    assert cells(["phone", "姓名"], ["1", "王芳"]) == [{"phone": "1", "name": "王芳"}]


@pytest.mark.parametrize(
    "heading",
    ["联系电话", " 联系 电话 ", "联系电话：", "联系电话*", "PHONE", "Ｐｈｏｎｅ", "电话（必填）", "手机\n号码"],
)
def test_header_ignores_spaces_case_width_and_brackets(heading):
    assert cells(["姓名", heading], ["王芳", "1"]) == [{"name": "王芳", "phone": "1"}]


def test_header_in_brackets_may_name_a_unit():
    assert table(["姓名", "电话", "服务范围（公里）"], ["王芳", "1", 2]).rows[0].cells["reach_km"] == 2


def test_header_below_title_and_blank_rows_keeps_the_row_numbers_of_excel():
    rows = table(["新华社区名单"], [], ["2026年3月制"], ["姓名", "电话"], ["王芳", "1"], [], ["李强", "2"]).rows
    assert [row.number for row in rows] == [5, 7]


def test_header_in_second_sheet_is_found():
    file = xlsx(sheets={"说明": [["请如实填写"]], "名单": [["姓名", "电话"], ["王芳", "1"]]})
    assert len(read_table(file, COLUMNS).rows) == 1


def test_hidden_sheet_is_not_read():
    book = openpyxl.Workbook()
    hidden = book.create_sheet("old")
    hidden.append(["姓名", "电话"])
    hidden.append(["旧人", "1"])
    hidden.sheet_state = "hidden"
    book.active.append(["姓名", "电话"])
    book.active.append(["王芳", "2"])
    file = io.BytesIO()
    book.save(file)
    assert [row.cells["name"] for row in read_table(file, COLUMNS).rows] == ["王芳"]


def test_missing_column_is_named_with_what_was_found():
    with pytest.raises(SpreadsheetError) as caught:
        table(["姓名", "住址"], ["王芳", "新华里"])
    assert str(caught.value) == "A column is missing: phone / 联系电话 / 手机 / 手机号码. Found: 姓名, 住址."


def test_sheet_without_header_says_what_it_needs():
    with pytest.raises(SpreadsheetError, match="No header was found"):
        table(["王芳", "13800001234"])


def test_sheet_with_header_alone_is_refused():
    with pytest.raises(SpreadsheetError, match="no rows"):
        table(["姓名", "电话"])


def test_unknown_columns_are_left_out_with_a_warning():
    found = table(["序号", "姓名", "电话", "政治面貌"], [1, "王芳", "1", "群众"])
    assert found.warnings == ["Columns that are not known and were left out: 政治面貌."]
    assert found.rows[0].cells == {"name": "王芳", "phone": "1"}


@pytest.mark.parametrize("heading", ["身份证", "身份证号", "身份证号码", "证件号码", "公民身份号码", "ID number"])
def test_identity_numbers_are_never_read(heading):
    found = table(["姓名", "电话", heading], ["王芳", "1", "120101194103050011"])
    assert "120101194103050011" not in repr(found)
    assert len(found.warnings) == 1
    assert found.warnings[0].startswith(f"“{heading}” was not read")


def test_two_columns_for_one_thing_are_read_one_after_the_other():
    found = table(["姓名", "电话", "手机"], ["王芳", "", "2"], ["李强", "1", "3"])
    assert [row.cells["phone"] for row in found.rows] == ["2", "1"]
    assert found.warnings == ["“电话” is read; “手机” only where it is empty."]


@pytest.mark.parametrize("nothing", ["", " ", "/", "-", "—", "无", "暂无", "N/A", None])
def test_blank_cells_are_left_out(nothing):
    assert cells(["姓名", "电话", "备注"], ["王芳", "1", nothing]) == [{"name": "王芳", "phone": "1"}]


def test_none_is_a_value_where_it_answers_a_question():
    assert cells(["姓名", "电话", "是否有车"], ["王芳", "1", "无"])[0]["vehicle"] == "无"


def test_max_rows_is_a_limit():
    with pytest.raises(SpreadsheetError, match="more than 2 rows"):
        table(["姓名", "电话"], *[["王芳", str(n)] for n in range(3)], max_rows=2)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_is_read_in_the_encodings_and_separators_of_offices(encoding, delimiter):
    text = f'姓名{delimiter}电话{delimiter}备注\r\n王芳{delimiter}1{delimiter}"按铃{delimiter}等一下"\r\n'
    rows = read_table(csv(text, encoding), COLUMNS).rows
    assert [row.cells for row in rows] == [{"name": "王芳", "phone": "1", "notes": f"按铃{delimiter}等一下"}]


def test_csv_separator_is_seen_in_the_header_not_in_the_cells():
    rows = read_table(csv("姓名,电话,备注\n王芳,1,a;b;c;d;e;f\n"), COLUMNS).rows
    assert rows[0].cells["notes"] == "a;b;c;d;e;f"


def test_csv_short_rows_are_read():
    assert read_table(csv("备注,姓名,电话\n好,王芳\n"), COLUMNS).rows[0].cells == {"notes": "好", "name": "王芳"}


@pytest.mark.parametrize(
    "content",
    [b"\x89PNG\r\n\x1a\n\x00\x00", b"%PDF-1.7\n\x00\x01", b"PK\x03\x04 not a zip", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 x", b""],
)  # fmt: skip
def test_what_is_no_spreadsheet_is_refused_by_its_content(content):
    with pytest.raises(SpreadsheetError):
        read_table(io.BytesIO(content), COLUMNS)


def test_zip_that_is_no_workbook_is_refused():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("letter.txt", "hello")
    with pytest.raises(SpreadsheetError, match="cannot be opened"):
        read_table(file, COLUMNS)


def test_workbook_that_unpacks_to_gigabytes_is_refused():
    file = xlsx(["姓名", "电话"], ["王芳", "1"])
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/big.bin", b"0" * (201 * 1024 * 1024))
    with pytest.raises(SpreadsheetError, match="too large"):
        read_table(file, COLUMNS)


def test_cell_in_the_last_corner_is_refused():
    book = openpyxl.Workbook()
    book.active.append(["姓名", "电话"])
    book.active["XFD1048576"] = "x"
    file = io.BytesIO()
    book.save(file)
    with pytest.raises(SpreadsheetError, match="far below or beside"):
        read_table(file, COLUMNS)


# --- Cells --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("王芳", "王芳"),
        (" 王　芳 ", "王芳"),
        ("王 小芳", "王小芳"),
        ("John  Smith", "John Smith"),
        ("买买提•吐尔逊", "买买提·吐尔逊"),
    ],
)
def test_name_is_trimmed(cell, name):
    assert read.person_name(cell) == name


@pytest.mark.parametrize("cell", ["13800001234", 5, "、", "王" * 81])
def test_name_without_letters_or_too_long_is_refused(cell):
    with pytest.raises(ValueError, match="not a name"):
        read.person_name(cell)


@pytest.mark.parametrize(
    "cell", [13800001234.0, 13800001234, "１３８００００１２３４", " 138 0000 1234 ", "+86-13800001234"]
)
def test_phone_cell_is_read_as_typed_or_as_a_number(cell):
    assert read.phone(cell).e164 == "+8613800001234"


def test_mobile_refuses_a_landline():
    with pytest.raises(ValueError, match="landline"):
        read.mobile("022-27318800")


@pytest.mark.parametrize(
    ("cell", "year"),
    [
        (1941, 1941), (1941.0, 1941), ("1941", 1941), ("1941年", 1941), ("41年", 1941), ("41年3月", 1941), ("1941年3月", 1941),
        ("1941年3月5日", 1941), ("1941-03-05", 1941), ("1941/3", 1941), ("1941.3", 1941), (1941.3, 1941), ("194103", 1941),
        ("19410305", 1941), (19410305.0, 1941), ("１９４１年", 1941), (dt.date(1941, 3, 5), 1941), (dt.datetime(1941, 3, 5), 1941),  # noqa: DTZ001
        (15040, 1941), ("1941年生", 1941),
    ],
)  # fmt: skip
def test_birth_year_is_found_in_what_people_write(cell, year):
    assert read.birth_year(cell) == year


@pytest.mark.parametrize("cell", ["85岁", "85周岁", "85 years old"])
def test_birth_year_of_an_age_with_unit(cell):
    assert read.birth_year(cell) == dt.date.today().year - 85  # noqa: DTZ011


@pytest.mark.parametrize("cell", [85, "85", "85岁", 85.0])
def test_age_column_becomes_a_year(cell):
    assert read.age(cell) == dt.date.today().year - 85  # noqa: DTZ011


def test_age_column_may_hold_a_year():
    assert read.age("1941") == 1941


@pytest.mark.parametrize("cell", ["41", 85])
def test_birth_year_that_may_be_an_age_is_asked_back(cell):
    with pytest.raises(ValueError, match="an age or a year"):
        read.birth_year(cell)


@pytest.mark.parametrize("cell", ["1700", "2999", "不详", "1941年13月", "300岁"])
def test_birth_year_that_cannot_be_is_refused(cell):
    with pytest.raises(ValueError, match="."):
        read.birth_year(cell)


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2026/3/1", (2026, 3, 1)), ("2026-03-01", (2026, 3, 1)), ("2026.3.1", (2026, 3, 1)), ("2026年3月1日", (2026, 3, 1)),
        ("2026年3月", (2026, 3, 31)), ("2026-02", (2026, 2, 28)), ("2028年2月", (2028, 2, 29)), ("2026年", (2026, 12, 31)),
        ("20260301", (2026, 3, 1)), (46082, (2026, 3, 1)), (46082.0, (2026, 3, 1)), ("2026-03-01 00:00:00", (2026, 3, 1)),
        (dt.date(2026, 3, 1), (2026, 3, 1)), (dt.datetime(2026, 3, 1, 8), (2026, 3, 1)), ("至2026年3月1日", (2026, 3, 1)),  # noqa: DTZ001
        ("有效期至2026.3.1", (2026, 3, 1)), ("２０２６年３月１日", (2026, 3, 1)),
    ],
)  # fmt: skip
def test_date_is_read_as_offices_write_it(cell, day):
    assert read.date(cell) == dt.date(*day)


@pytest.mark.parametrize("cell", ["2026-02-30", "2026年13月", "03/01/2026", "长期", "soon", "1"])
def test_date_that_is_none_is_refused(cell):
    with pytest.raises(ValueError, match="day|date"):
        read.date(cell)


@pytest.mark.parametrize("cell", ["是", "有", "√", "1", 1, 1.0, True, "yes", "Y", "有（轿车）"])
def test_yes_or_no_reads_yes(cell):
    assert read.yes_or_no(cell) is True


@pytest.mark.parametrize("cell", ["否", "无", "×", "0", 0, False, "no", "没有"])
def test_yes_or_no_reads_no(cell):
    assert read.yes_or_no(cell) is False


def test_yes_or_no_refuses_what_is_neither():
    with pytest.raises(ValueError, match="neither yes"):
        read.yes_or_no("电动车")


@pytest.mark.parametrize(
    ("cell", "metres"),
    [
        (2000, 2000),
        ("2000", 2000),
        ("500米", 500),
        ("2公里", 2000),
        ("1.5 km", 1500),
        ("３千米以内", 3000),
        (1500.0, 1500),
    ],
)
def test_metres_reads_units(cell, metres):
    assert read.metres(cell) == metres


def test_metres_of_a_kilometre_column():
    assert [read.kilometres(2), read.kilometres("500米")] == [2000, 500]


@pytest.mark.parametrize("cell", [2, "2", 60000, "附近"])
def test_metres_that_make_no_sense_are_refused(cell):
    with pytest.raises(ValueError, match="公里"):
        read.metres(cell)


def test_latitude_beyond_90_asks_about_swapping():
    with pytest.raises(ValueError, match="swapped"):
        read.latitude(117.2)


@pytest.mark.parametrize(
    ("reader", "cell"), [(read.latitude, 181), (read.longitude, -180.5), (read.latitude, "nan"), (read.longitude, "东")]
)
def test_coordinates_off_the_earth_are_refused(reader, cell):
    with pytest.raises(ValueError, match="."):
        reader(cell)


def test_list_is_split_however_it_is_separated():
    words = read.Vocabulary({"a": "甲 first-one", "b": "乙", "": "其他"})
    for written in ("甲,乙", "甲、乙", "甲；乙", "甲 / 乙", "甲　乙", "甲和乙", "first one, B", "甲\n乙、其他"):
        assert read.some_of(words)(written) == {"a", "b"}


def test_list_with_an_unknown_word_names_it_and_the_allowed_ones():
    with pytest.raises(ValueError, match="“丙” is not known. Allowed: a 甲, b 乙."):
        read.some_of(read.Vocabulary({"a": "甲", "b": "乙", "": "其他"}))("甲、丙")
