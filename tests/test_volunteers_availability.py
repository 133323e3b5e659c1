import re

import pytest
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from linzhu.volunteers.availability import DAYTIME, Week, is_free, slots, spans, window_masks
from linzhu.volunteers.availability_text import read_week, show_week

WEEKS = st.builds(Week, *[st.integers(0, (1 << 48) - 1)] * 7)
MORNING, AFTERNOON, EVENING = slots(480, 720), slots(720, 1080), slots(1080, 1260)
WHOLE, DAY = slots(0, 1440), DAYTIME.mon


def week(days: str, mask: int) -> Week:
    """``week("135", mask)``: Monday, Wednesday and Friday."""
    return Week(*(mask if str(day) in days else 0 for day in range(1, 8)))


def at(text: str):
    """A local moment of the week that begins on Monday 2 March 2026."""
    return timezone.make_aware(timezone.datetime.fromisoformat(text))


# --- Half hours ---------------------------------------------------------------------------------------------------


def test_slots_keep_whole_half_hours_only():
    assert slots(9 * 60 + 10, 10 * 60 + 40) == slots(9 * 60 + 30, 10 * 60 + 30)


def test_slots_of_nothing_is_nothing():
    assert slots(600, 600) == slots(610, 625) == slots(700, 600) == 0


@given(st.integers(0, (1 << 48) - 1))
def test_spans_are_the_mask_again(mask):
    assert sum(slots(begin, end) for begin, end in spans(mask)) == mask


def test_window_masks_over_midnight_are_two_days():
    assert window_masks(at("2026-03-02T23:00"), at("2026-03-03T01:10")) == [(0, slots(1380, 1440)), (1, slots(0, 90))]


def test_window_masks_that_end_at_midnight_are_one_day():
    assert [day for day, _mask in window_masks(at("2026-03-02T22:00"), at("2026-03-03T00:00"))] == [0]


@pytest.mark.parametrize(
    ("start", "end", "minutes", "free"),
    [
        ("2026-03-02T08:00", "2026-03-02T12:00", 60, True),
        ("2026-03-02T11:30", "2026-03-02T14:00", 60, False),
        ("2026-03-02T11:00", "2026-03-02T14:00", 60, True),
        ("2026-03-02T09:15", "2026-03-02T09:45", 60, True),
        ("2026-03-02T06:00", "2026-03-02T08:00", 30, False),
        ("2026-03-03T09:00", "2026-03-03T10:00", 30, False),
    ],
)
def test_is_free_needs_an_unbroken_stretch(start, end, minutes, free):
    assert is_free(week("1", MORNING), at(start), at(end), minutes) is free


# --- As people write it -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mon-Fri 09:00-12:00; Sat 14:00-18:00", Week(*[slots(540, 720)] * 5, slots(840, 1080))),
        ("周一至周五 9:00-12:00", week("12345", slots(540, 720))),
        ("周一到周五 9：00－12：00", week("12345", slots(540, 720))),
        ("周一~周五（9:00-12:00）", week("12345", slots(540, 720))),
        ("星期一至星期五：9:00至12:00", week("12345", slots(540, 720))),
        ("周一、三、五下午", week("135", AFTERNOON)),
        ("周一，周三 和 周五 下午", week("135", AFTERNOON)),
        ("每周一三五下午", week("135", AFTERNOON)),
        ("周1-5 9-11点", week("12345", slots(540, 660))),
        ("礼拜天上午", week("7", MORNING)),
        ("工作日", week("12345", DAY)),
        ("每天上午", week("1234567", MORNING)),
        ("周末", week("67", DAY)),
        ("双休日晚上", week("67", EVENING)),
        ("全天", week("1234567", WHOLE)),
        ("随时", week("1234567", WHOLE)),
        ("any time", week("1234567", WHOLE)),
        ("every day", week("1234567", DAY)),
        ("周末全天", week("67", WHOLE)),
        ("下午2点-5点", week("1234567", slots(840, 1020))),
        ("下午两点到五点半", week("1234567", slots(840, 1050))),
        ("9点半到11点", week("1234567", slots(570, 660))),
        ("上午九点至下午三点", week("1234567", slots(540, 900))),
        ("十四点到十六点三十分", week("1234567", slots(840, 990))),
        ("中午12点-2点", week("1234567", slots(720, 840))),
        ("晚上8点到12点", week("1234567", slots(1200, 1440))),
        ("9点到3点", week("1234567", slots(540, 900))),
        ("上午到下午", week("1234567", slots(480, 1080))),
        ("上午、晚上", week("1234567", MORNING | EVENING)),
        ("周一 9:00-11:00、14:00-17:00", week("1", slots(540, 660) | slots(840, 1020))),
        ("周一上午、周三下午", Week(mon=MORNING, wed=AFTERNOON)),
        ("周一至周五上午，周六全天", Week(*[MORNING] * 5, WHOLE)),
        ("工作日晚上\n周末全天", Week(*[EVENING] * 5, WHOLE, WHOLE)),
        ("9:00-12:00 Mon-Fri", week("12345", slots(540, 720))),
        ("上午 周一至周五", week("12345", MORNING)),
        ("周五到周一 白天", week("1567", DAY)),
        ("2-5pm Mon, Wed & Fri", week("135", slots(840, 1020))),
        ("9am - 5pm weekdays", week("12345", slots(540, 1020))),
        ("9-5pm", week("1234567", slots(540, 1020))),
        ("Tuesdays and Thursdays 10:00-12:00", week("24", slots(600, 720))),
        ("0900-1200", week("1234567", slots(540, 720))),
        ("Mon 00:00-24:00", week("1", WHOLE)),
        ("02:00-05:00", week("1234567", slots(120, 300))),
        ("周一上午；周一下午", week("1", MORNING | AFTERNOON)),
    ],
)
def test_read_week_of_what_people_write(text, expected):
    assert show_week(read_week(text)) == show_week(expected)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("周三除外", "“除外” is not understood"),
        ("有时候", "“有时候” is not understood"),
        ("不可以", "“不可以” is not understood"),
        ("2点-5点", "in the morning or in the afternoon"),
        ("9点", "from when to when"),
        ("周一 9:00", "from when to when"),
        ("22:00-02:00", "ends before it begins"),
        ("9:10-9:25", "shorter than half an hour"),
        ("25:00-26:00", "no such time"),
        ("9:70-10:00", "no such time"),
        ("周一至", "From when to when"),
        ("-5点", "From when to when"),
        ("周一到9点", "From when to when"),
        ("", "No time is named"),
        ("；，、", "No time is named"),
    ],
)
def test_read_week_explains_what_it_cannot_read(text, said):
    with pytest.raises(ValueError, match="(?i)" + said):
        read_week(text)


def understood(text: str) -> bool:
    """Whether the text is a week; a refusal must be a sentence of ours, not one of Python's."""
    try:
        return any(read_week(text))
    except ValueError as error:
        return not re.search(r"invalid literal|unpack|int\(\)", str(error))


@given(st.text(max_size=30))
def test_read_week_of_anything_is_a_week_or_a_kind_error(text):
    assert understood(text)


JUMBLED = [*"周一二五日上下午点9:-至到、,;; 0123半", "Mon", "Fri", "pm", "全天", "10:00"]


@given(st.lists(st.sampled_from(JUMBLED), max_size=12))
def test_read_week_of_jumbled_words_is_a_week_or_a_kind_error(words):
    assert understood("".join(words))


# --- As it is shown -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ("Mon–Fri 9:00–12:00; Sat 14:00–18:00", Week(*[slots(540, 720)] * 5, slots(840, 1080))),
        ("every day 8:00–20:00", DAYTIME),
        ("every day all day", Week(*[WHOLE] * 7)),
        ("Mon, Wed, Fri 12:00–18:00", week("135", AFTERNOON)),
        ("Sat, Sun 8:00–12:00, 18:00–21:00", week("67", MORNING | EVENING)),
        ("–", Week()),
    ],
)
def test_show_week_is_short(shown, expected):
    assert show_week(expected) == shown


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@given(shown=WEEKS.filter(any))
def test_read_week_reads_what_show_week_shows(language, shown):
    with translation.override(language):
        assert read_week(show_week(shown)) == shown
