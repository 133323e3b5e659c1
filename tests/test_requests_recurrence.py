"""Patterns, their RFC 5545 rules, the dates that follow, wall time and holidays: no database."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from linzhu.requests.catalogue import SERVICES
from linzhu.requests.holidays import is_public_holiday
from linzhu.requests.recurrence import (
    DAYS,
    MONTH_DAYS,
    NTH_LABELS,
    Kind,
    Pattern,
    dates,
    opens_at,
    usual_lead,
    window_on,
)

START = date(2026, 3, 2)  # a Monday

PATTERNS = st.one_of(
    st.builds(
        Pattern, kind=st.just(Kind.WEEKLY), every=st.integers(1, 12),
        weekdays=st.sets(st.sampled_from(DAYS), min_size=1).map(lambda days: tuple(sorted(days, key=DAYS.index))),
    ),
    st.builds(
        Pattern, kind=st.just(Kind.MONTH_DAY), every=st.integers(1, 12), month_day=st.sampled_from(MONTH_DAYS)
    ),
    st.builds(
        Pattern, kind=st.just(Kind.MONTH_WEEKDAY), every=st.integers(1, 12), nth=st.sampled_from(list(NTH_LABELS)),
        weekdays=st.sampled_from(DAYS).map(lambda day: (day,)),
    ),
)  # fmt: skip


def first(pattern: Pattern, count: int, since: date = START) -> list[str]:
    days = dates(pattern.to_rrule(), START, since, since + timedelta(days=800))
    return [f"{next(days):%d.%m.}" for _number in range(count)]


@pytest.mark.parametrize(
    ("pattern", "rrule", "expected"),
    [
        (Pattern(kind="weekly", weekdays=("TH", "MO")), "FREQ=WEEKLY;BYDAY=MO,TH", ["02.03.", "05.03.", "09.03."]),
        (
            Pattern(kind="weekly", every=2, weekdays=("TU",)),
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU",
            ["03.03.", "17.03.", "31.03."],
        ),
        (Pattern(kind="month-day", month_day=15), "FREQ=MONTHLY;BYMONTHDAY=15", ["15.03.", "15.04.", "15.05."]),
        (Pattern(kind="month-day", month_day=-1), "FREQ=MONTHLY;BYMONTHDAY=-1", ["31.03.", "30.04.", "31.05."]),
        (
            Pattern(kind="month-weekday", nth=2, weekdays=("TU",)),
            "FREQ=MONTHLY;BYDAY=2TU",
            ["10.03.", "14.04.", "12.05."],
        ),
        (
            Pattern(kind="month-weekday", every=3, nth=-1, weekdays=("FR",)),
            "FREQ=MONTHLY;INTERVAL=3;BYDAY=-1FR",
            ["27.03.", "26.06.", "25.09."],
        ),
    ],
)
def test_pattern_gives_a_rule_and_its_dates(pattern, rrule, expected):
    assert (pattern.to_rrule(), first(pattern, 3)) == (rrule, expected)


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "weekly"},
        {"kind": "weekly", "weekdays": ("XX",)},
        {"kind": "weekly", "weekdays": ("MO",), "every": 0},
        {"kind": "weekly", "weekdays": ("MO",), "every": 13},
        {"kind": "month-day", "month_day": 31},
        {"kind": "month-day", "month_day": 0},
        {"kind": "month-weekday", "weekdays": ("MO", "TU")},
        {"kind": "month-weekday", "weekdays": ("MO",), "nth": 5},
        {"kind": "yearly"},
    ],
)
def test_pattern_that_no_form_could_mean_is_refused(fields):
    with pytest.raises(ValueError, match="A pattern"):
        Pattern(**fields)


@pytest.mark.parametrize(
    "rrule",
    [
        "", "FREQ=HOURLY", "FREQ=WEEKLY", "FREQ=WEEKLY;BYDAY=2TU", "FREQ=WEEKLY;BYDAY=MO;COUNT=5",
        "FREQ=MONTHLY;BYDAY=TU", "FREQ=WEEKLY;BYDAY=MO;UNTIL=20270101", "FREQ=MONTHLY;BYMONTHDAY=31",
        "FREQ=MONTHLY;BYDAY=1MO;BYMONTHDAY=3",
    ],
)  # fmt: skip
def test_rule_that_the_form_cannot_show_is_refused(rrule):
    with pytest.raises(ValueError):  # noqa: PT011 (whichever part stumbles)
        Pattern.from_rrule(rrule)


@given(PATTERNS)
def test_rule_reads_back_as_its_pattern(pattern):
    assert Pattern.from_rrule(pattern.to_rrule()).to_rrule() == pattern.to_rrule()


@given(PATTERNS, st.integers(0, 900))
def test_dates_increase_strictly_and_are_those_of_dateutil(pattern, days_later):
    since = START + timedelta(days=days_later)
    last = since + timedelta(days=400)
    found = list(dates(pattern.to_rrule(), START, since, last))
    rule = rrulestr(pattern.to_rrule(), dtstart=datetime.combine(START, time()))
    expected = rule.between(datetime.combine(since, time()), datetime.combine(last, time()), inc=True)
    assert found == [moment.date() for moment in expected]
    assert all(earlier < later for earlier, later in pairwise(found))


@given(PATTERNS, st.integers(0, 400))
def test_a_later_look_finds_the_same_dates(pattern, days_later):
    """Where one looks from changes nothing: a clock that was down for a while misses no date and invents none."""
    since, last = START + timedelta(days=days_later), START + timedelta(days=500)
    all_days = [day for day in dates(pattern.to_rrule(), START, START, last) if day >= since]
    assert list(dates(pattern.to_rrule(), START, since, last)) == all_days


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (Pattern(kind="weekly", weekdays=DAYS), "every day"),
        (Pattern(kind="weekly", weekdays=("MO", "TH")), "every week: Monday, Thursday"),
        (Pattern(kind="weekly", every=2, weekdays=("MO",)), "every 2 weeks: Monday"),
        (Pattern(kind="month-day", month_day=-1), "every month: last day"),
        (Pattern(kind="month-weekday", nth=2, weekdays=("TU",), every=3), "every 3 months: second Tuesday"),
    ],
)
def test_pattern_in_words(pattern, words):
    with translation.override("en"):
        assert str(pattern) == words


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (Pattern(kind="weekly", weekdays=("MO",)), "每周"),
        (Pattern(kind="weekly", every=2, weekdays=("MO",)), "每 2 周"),
        (Pattern(kind="month-day", month_day=1), "每月"),
        (Pattern(kind="month-day", month_day=1, every=3), "每 3 个月"),
        (Pattern(kind="weekly", weekdays=DAYS), "每天"),
    ],
)
def test_pattern_in_chinese_counts_from_two_on(pattern, words):
    with translation.override("zh-hans"):
        assert str(pattern).startswith(words)


# --- Wall time ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "winter_day", "summer_day", "winter_utc", "summer_utc"),
    [
        ("Europe/Berlin", date(2026, 3, 28), date(2026, 3, 29), 8, 7),
        ("Europe/Berlin", date(2026, 10, 25), date(2026, 10, 24), 8, 7),
        ("America/New_York", date(2026, 3, 7), date(2026, 3, 8), 14, 13),
        ("America/New_York", date(2026, 11, 1), date(2026, 10, 31), 14, 13),
        ("Asia/Shanghai", date(2026, 1, 5), date(2026, 7, 6), 1, 1),
    ],
)
def test_wall_time_is_kept_when_the_clocks_change(settings, zone, winter_day, summer_day, winter_utc, summer_utc):
    settings.TIME_ZONE = zone
    starts = [window_on(day, time(9), time(11)).start for day in (winter_day, summer_day)]
    assert [start.astimezone(UTC).hour for start in starts] == [winter_utc, summer_utc]
    assert {start.astimezone(ZoneInfo(zone)).time() for start in starts} == {time(9)}


@pytest.mark.parametrize(
    ("zone", "day"), [("Europe/Berlin", date(2026, 3, 29)), ("America/New_York", date(2026, 3, 8))]
)
def test_help_opens_at_the_same_time_of_day_across_the_change(settings, zone, day):
    settings.TIME_ZONE = zone
    opens = timezone.localtime(opens_at(day + timedelta(days=1), time(9), timedelta(days=2)))
    assert (opens.date(), opens.time()) == (day - timedelta(days=1), time(9))


def test_window_over_the_missing_hour_is_not_empty(settings):
    settings.TIME_ZONE = "Europe/Berlin"
    window = window_on(date(2026, 3, 29), time(2, 15), time(3))
    assert window.end - window.start == timedelta(minutes=30)


@given(st.integers(0, 365 * 3), st.integers(0, 23), st.integers(1, 336))
def test_later_day_opens_later(days, hour, lead_hours):
    day, lead = START + timedelta(days=days), timedelta(hours=lead_hours)
    with timezone.override("America/New_York"):
        assert opens_at(day, time(hour), lead) < opens_at(day + timedelta(days=1), time(hour), lead)


def test_usual_lead_is_in_whole_days():
    assert {usual_lead(service) % timedelta(days=1) for service in SERVICES.values()} == {timedelta(0)}


def test_two_people_and_cars_are_looked_for_earlier():
    leads = [usual_lead(SERVICES[code]).days for code in ("meal", "groceries", "ride", "benefit-certification")]
    assert leads == [1, 2, 3, 3]


# --- Holidays -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-02-17", True),  # Spring Festival
        ("2026-02-20", True),  # a day off moved here
        ("2026-02-21", True),  # the Saturday within
        ("2026-02-15", True),  # the Sunday before, announced with it
        ("2026-02-14", False),  # a Saturday that is worked instead
        ("2026-02-28", False),
        ("2026-09-25", True),  # Mid-Autumn, a Friday …
        ("2026-09-27", True),  # … to Sunday
        ("2026-09-20", False),  # worked instead
        ("2026-11-21", False),  # an ordinary Saturday
        ("2026-11-23", False),
        ("2027-01-01", True),
        ("2027-05-03", True),
    ],
)
def test_holidays_of_mainland_china(settings, day, expected):
    settings.PHONE_REGION = "CN"
    assert is_public_holiday(date.fromisoformat(day)) is expected


@pytest.mark.parametrize(("day", "expected"), [("2026-04-06", True), ("2026-04-04", False), ("2026-04-07", False)])
def test_elsewhere_a_weekend_beside_a_holiday_is_a_weekend(settings, day, expected):
    settings.PHONE_REGION = "DE"
    assert is_public_holiday(date.fromisoformat(day)) is expected


def test_country_without_a_calendar_has_no_holidays(settings):
    settings.PHONE_REGION = "ZZ"
    assert is_public_holiday(date(2026, 1, 1)) is False
