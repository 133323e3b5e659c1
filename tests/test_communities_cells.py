import datetime as dt

import pytest

from linzhu.communities import cells as read
from linzhu.communities import clock

MOMENT = dt.datetime.fromisoformat("2026-03-01 08:00")


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
        (1941, 1941),
        (1941.0, 1941),
        ("1941", 1941),
        ("1941年", 1941),
        ("41年", 1941),
        ("41年3月", 1941),
        ("1941年3月", 1941),
        ("1941年3月5日", 1941),
        ("1941-03-05", 1941),
        ("1941/3", 1941),
        ("1941.3", 1941),
        (1941.3, 1941),
        ("194103", 1941),
        ("19410305", 1941),
        (19410305.0, 1941),
        ("１９４１年", 1941),
        (dt.date(1941, 3, 5), 1941),
        (MOMENT.replace(year=1941), 1941),
        (15040, 1941),
        ("1941年生", 1941),
    ],
)
def test_birth_year_is_found_in_what_people_write(cell, year):
    assert read.birth_year(cell) == year


@pytest.mark.parametrize("cell", ["85岁", "85周岁", "85 years old"])
def test_birth_year_of_an_age_with_unit(cell):
    assert read.birth_year(cell) == clock.now().year - 85


@pytest.mark.parametrize("cell", [85, "85", "85岁", 85.0])
def test_age_column_becomes_a_year(cell):
    assert read.age(cell) == clock.now().year - 85


def test_age_column_may_hold_a_year():
    assert read.age("1941") == 1941


@pytest.mark.parametrize("cell", ["41", 85])
def test_birth_year_that_may_be_an_age_is_asked_back(cell):
    with pytest.raises(ValueError, match="an age or a year"):
        read.birth_year(cell)


@pytest.mark.parametrize("cell", ["1700", "2999", "不详", "1941年13月", "300岁"])
def test_birth_year_that_cannot_be_is_refused(cell):
    with pytest.raises(ValueError, match=r"."):
        read.birth_year(cell)


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2026/3/1", (2026, 3, 1)),
        ("2026-03-01", (2026, 3, 1)),
        ("2026.3.1", (2026, 3, 1)),
        ("2026年3月1日", (2026, 3, 1)),
        ("2026年3月", (2026, 3, 31)),
        ("2026-02", (2026, 2, 28)),
        ("2028年2月", (2028, 2, 29)),
        ("2026年", (2026, 12, 31)),
        ("20260301", (2026, 3, 1)),
        (46082, (2026, 3, 1)),
        (46082.0, (2026, 3, 1)),
        ("2026-03-01 00:00:00", (2026, 3, 1)),
        (dt.date(2026, 3, 1), (2026, 3, 1)),
        (MOMENT, (2026, 3, 1)),
        ("至2026年3月1日", (2026, 3, 1)),
        ("有效期至2026.3.1", (2026, 3, 1)),
        ("２０２６年３月１日", (2026, 3, 1)),
    ],
)
def test_date_is_read_as_offices_write_it(cell, day):
    assert read.date(cell) == dt.date(*day)


@pytest.mark.parametrize("cell", ["2026-02-30", "2026年13月", "03/01/2026", "长期", "soon", "1"])
def test_date_that_is_none_is_refused(cell):
    with pytest.raises(ValueError, match=r"day|date"):
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
    with pytest.raises(ValueError, match=r"."):
        reader(cell)


def test_list_is_split_however_it_is_separated():
    words = read.Vocabulary({"a": "甲 first-one", "b": "乙", "": "其他"})
    for written in ("甲,乙", "甲、乙", "甲；乙", "甲 / 乙", "甲　乙", "甲和乙", "first one, B", "甲\n乙、其他"):
        assert read.some_of(words)(written) == {"a", "b"}


def test_list_with_an_unknown_word_names_it_and_the_allowed_ones():
    with pytest.raises(ValueError, match=r"“丙” is not known\. Allowed: a 甲, b 乙\."):
        read.some_of(read.Vocabulary({"a": "甲", "b": "乙", "": "其他"}))("甲、丙")
