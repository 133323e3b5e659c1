"""The windows that the intake form suggests."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from linzhu.requests import windows

CHINA = ZoneInfo("Asia/Shanghai")


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, 14, hour, minute, tzinfo=CHINA)


def spans(moment: datetime) -> list[str]:
    return [f"{w.start.astimezone(CHINA):%d %H:%M}-{w.end.astimezone(CHINA):%H:%M}" for w in windows.suggested(moment)]


def test_suggested_early_offers_the_whole_day():
    assert spans(at(7)) == [
        "14 09:00-12:00", "14 14:00-17:00", "14 17:00-20:00", "15 09:00-12:00", "15 14:00-17:00",
    ]  # fmt: skip


def test_suggested_begins_at_the_next_quarter_of_an_hour():
    assert spans(at(15, 7))[0] == "14 15:15-17:00"


def test_suggested_leaves_out_what_is_nearly_over():
    assert spans(at(16, 45))[0] == "14 17:00-20:00"


def test_suggested_at_night_offers_tomorrow_alone():
    assert spans(at(23)) == ["15 09:00-12:00", "15 14:00-17:00"]


@pytest.mark.parametrize("hour", range(24))
def test_suggested_is_never_past(hour):
    assert all(window.start >= at(hour, 50) for window in windows.suggested(at(hour, 50)))


def test_default_has_two_hours_left():
    assert windows.default(at(10, 30)).start == at(14)


def test_value_reads_back():
    window = windows.suggested(at(7))[0]
    assert windows.Window.from_value(window.value).start == window.start


@pytest.mark.parametrize("value", ["", "custom", "2026-03-14T09:00/2026-03-14T10:00", "x/y"])
def test_from_value_refuses_other_texts(value):
    with pytest.raises(ValueError):  # noqa: PT011 (any ValueError is the contract)
        windows.Window.from_value(value)


def test_matching_finds_what_is_left_of_a_window():
    earlier = windows.suggested(at(14))[0]
    later = windows.suggested(at(15, 7))
    assert windows.matching(later, earlier.value) == later[0].value
