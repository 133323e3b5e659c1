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
    [
        b"\x89PNG\r\n\x1a\n\x00\x00",
        b"%PDF-1.7\n\x00\x01",
        b"PK\x03\x04 not a zip",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 x",
        b"",
    ],
)
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


def ods(*rows: str) -> io.BytesIO:
    """Return an OpenDocument sheet of rows in its own XML."""
    file = io.BytesIO()
    names = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    sheet = f'<table:table table:name="1">{"".join(rows)}</table:table>'
    body = f"<office:body><office:spreadsheet>{sheet}</office:spreadsheet></office:body>"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", '<?xml version="1.0"?><manifest/>')
        archive.writestr("content.xml", f"<office:document-content {names}>{body}</office:document-content>")
    return file


def ods_row(*values: str, rows: int = 1, columns: int = 1) -> str:
    repeated = f'table:number-columns-repeated="{columns}"'
    written = "".join(
        f'<table:table-cell office:value-type="string" {repeated}><text:p>{value}</text:p></table:table-cell>'
        for value in values
    )
    empty = '<table:table-cell table:number-columns-repeated="16000"/>'
    return f'<table:table-row table:number-rows-repeated="{rows}">{written}{empty}</table:table-row>'


def test_opendocument_sheet_is_read_in_spite_of_its_million_empty_rows():
    file = ods(ods_row("姓名", "电话"), ods_row("王芳", "1"), ods_row(rows=1_048_574))
    assert [row.cells for row in read_table(file, COLUMNS).rows] == [{"name": "王芳", "phone": "1"}]


def test_opendocument_sheet_that_repeats_a_cell_a_million_times_is_refused():
    file = ods(ods_row("姓名", "电话"), ods_row("x", rows=1_048_576, columns=16_000))
    with pytest.raises(SpreadsheetError, match="far below or beside"):
        read_table(file, COLUMNS)
