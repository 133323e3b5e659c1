"""Recurring help requests: opened once, ahead of time, however late or often the clock comes by."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from threading import Barrier

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from linzhu.communities.clock import now, standing_at
from linzhu.requests import recurring
from linzhu.requests.models import HelpRequest, Occurrence, RecurringRequest
from tests.factories import ElderFactory, RecurringRequestFactory, UserFactory

pytestmark = pytest.mark.django_db

MONDAY = date(2026, 11, 23)
DAY = timedelta(days=1)


@pytest.fixture
def weekly(stopped_clock):
    """Groceries on Mondays and Thursdays, 9 to 11, opened two days ahead. It is noon of Monday 23 November 2026."""
    row = RecurringRequestFactory.build(elder=ElderFactory())
    recurring.save(row, user=UserFactory())
    return row


def fresh(row):
    return RecurringRequest.objects.get(pk=row.pk)


def at(day, hour=12, minute=0):
    """A moment on the wall clock in Shanghai, in November 2026 (days over 30 are December)."""
    return datetime(2026, 11, 1, hour, minute, tzinfo=UTC) + (day - 1) * DAY - timedelta(hours=8)


def opened_days() -> list[date]:
    return list(Occurrence.objects.filter(fate="opened").order_by("on").values_list("on", flat=True))


# --- Opening --------------------------------------------------------------------------------------------------------


def test_first_date_is_found_ahead(weekly):
    assert (weekly.next_on, weekly.next_opens_at) == (MONDAY + 3 * DAY, at(24, 9))


def test_nothing_opens_before_its_time(weekly):
    assert (recurring.open_due(at(24, 8, 59)), HelpRequest.objects.count()) == (0, 0)


def test_due_date_opens_a_help_request(weekly):
    recurring.open_due(at(24, 9))
    need = HelpRequest.objects.get()
    assert (need.window_start, need.window_end, need.service_code, need.details, need.channel) == (
        at(26, 9), at(26, 11), "groceries", "牛奶两盒", "repeat",
    )  # fmt: skip
    assert (need.elder, need.status, need.idempotency_key) == (
        weekly.elder, "open", f"recurring:{weekly.pk}:2026-11-26",
    )  # fmt: skip


def test_opening_moves_on_to_the_date_after(weekly):
    recurring.open_due(at(24, 9))
    assert (fresh(weekly).next_on, fresh(weekly).next_opens_at) == (date(2026, 11, 30), at(28, 9))


def test_opening_twice_opens_once(weekly):
    stale = fresh(weekly)
    assert [recurring.open_next(fresh(weekly), at(24, 9)), recurring.open_next(stale, at(24, 9))] == [True, False]
    assert HelpRequest.objects.count() == 1


def test_opening_again_after_a_lost_move_opens_once(weekly):
    """As if a backup from before the opening had been restored around the help request."""
    before = fresh(weekly)
    recurring.open_due(at(24, 9))
    Occurrence.objects.all().delete()
    RecurringRequest.objects.filter(pk=weekly.pk).update(next_on=before.next_on, next_opens_at=before.next_opens_at)
    recurring.open_due(at(24, 9))
    assert (HelpRequest.objects.count(), opened_days()) == (1, [MONDAY + 3 * DAY])


def test_late_clock_opens_what_is_left_of_the_window(weekly):
    recurring.open_due(at(26, 10))
    assert HelpRequest.objects.get().window_start == at(26, 10)


def test_date_whose_window_is_past_is_noted_and_not_opened(weekly):
    recurring.open_due(at(26, 10, 45))
    assert (HelpRequest.objects.count(), Occurrence.objects.get().fate) == (0, "too-late")


def test_clock_that_was_down_for_weeks_notes_every_date_it_missed(weekly):
    while recurring.open_due(at(38, 12)):
        pass
    fates = list(Occurrence.objects.order_by("on").values_list("on", "fate"))
    assert fates == [
        (date(2026, 11, 26), "too-late"),
        (date(2026, 11, 30), "too-late"),
        (date(2026, 12, 3), "too-late"),
        (date(2026, 12, 7), "too-late"),
        (date(2026, 12, 10), "opened"),
    ]


def test_last_date_ends_the_series(weekly):
    weekly.ends_on = date(2026, 11, 26)
    recurring.save(weekly, user=UserFactory())
    recurring.open_due(at(24, 9))
    assert (fresh(weekly).next_on, fresh(weekly).next_opens_at) == (None, None)


def test_fault_of_one_does_not_hold_up_the_others(weekly, monkeypatch, caplog):
    faulty = RecurringRequestFactory.build(elder=ElderFactory(), begins=time(8))
    recurring.save(faulty, user=UserFactory())
    RecurringRequest.objects.filter(pk=faulty.pk).update(service_code="unheard-of", next_opens_at=at(23))
    assert (recurring.open_due(at(24, 9)), HelpRequest.objects.get().elder) == (1, weekly.elder)
    assert fresh(faulty).next_on == MONDAY + 3 * DAY


def test_one_call_takes_no_more_than_its_share(weekly, monkeypatch):
    monkeypatch.setattr(recurring, "AT_ONCE", 2)
    for _number in range(3):
        recurring.save(RecurringRequestFactory.build(elder=ElderFactory()), user=UserFactory())
    assert [recurring.open_due(at(24, 9)) for _tick in range(3)] == [2, 2, 0]


def test_needs_of_the_service_and_of_the_row_are_asked_for(stopped_clock):
    row = RecurringRequestFactory.build(
        elder=ElderFactory(), service_code="benefit-certification", needs_gender="woman", needs_language="bo"
    )
    recurring.save(row, user=UserFactory())
    recurring.open_due(at(26, 8))
    need = HelpRequest.objects.get()
    assert (need.people_needed, need.needs_clearance, need.needs_gender, need.needs_language) == (2, 2, "woman", "bo")


def test_lead_of_its_own_is_heeded(weekly):
    weekly.lead_hours = 3
    recurring.save(weekly, user=UserFactory())
    assert weekly.next_opens_at == at(26, 6)


def test_search_for_due_rows_uses_the_index(weekly):
    with CaptureQueriesContext(connection) as queries:
        list(RecurringRequest.objects.due(at(24))[:5])
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN QUERY PLAN " + queries[0]["sql"])
            assert "recurring_due" in str(cursor.fetchall())


# --- Holidays, pauses, dates left out -------------------------------------------------------------------------------


def test_holiday_is_left_out_where_wished(stopped_clock):
    stopped_clock.move_to(datetime(2026, 12, 28, 4, tzinfo=UTC))
    row = RecurringRequestFactory.build(
        elder=ElderFactory(), rrule="FREQ=WEEKLY;BYDAY=FR", starts_on=date(2026, 12, 28), skip_holidays=True
    )
    recurring.save(row, user=UserFactory())
    assert row.next_on == date(2027, 1, 8)


def test_holiday_is_a_day_like_others_where_not_wished(stopped_clock):
    stopped_clock.move_to(datetime(2026, 12, 28, 4, tzinfo=UTC))
    row = RecurringRequestFactory.build(elder=ElderFactory(), rrule="FREQ=WEEKLY;BYDAY=FR", starts_on=MONDAY)
    recurring.save(row, user=UserFactory())
    assert row.next_on == date(2027, 1, 1)


def test_holiday_that_was_announced_meanwhile_is_left_out(weekly, settings):
    RecurringRequest.objects.filter(pk=weekly.pk).update(skip_holidays=True)
    settings.PHONE_REGION = "US"  # Thanksgiving is 26 November
    recurring.open_due(at(24, 9))
    assert (HelpRequest.objects.count(), fresh(weekly).next_on) == (0, date(2026, 11, 30))


def test_pause_leaves_dates_out(weekly):
    recurring.pause(weekly, until=date(2026, 11, 30))
    assert weekly.next_on == date(2026, 12, 3)


def test_end_of_the_pause_brings_dates_back(weekly):
    recurring.pause(weekly, until=date(2026, 11, 30))
    recurring.resume(weekly)
    assert weekly.next_on == date(2026, 11, 26)


def test_long_pause_does_not_lose_the_dates_after_it(weekly):
    recurring.pause(weekly, until=MONDAY + 3 * 365 * DAY)
    assert weekly.next_on > MONDAY + 3 * 365 * DAY


def test_pause_keeps_what_is_open_already(weekly):
    recurring.open_due(at(24, 9))
    recurring.pause(weekly, until=date(2026, 12, 31))
    assert HelpRequest.objects.live().count() == 1


def test_ended_series_opens_nothing_more(weekly):
    recurring.end(weekly)
    assert (recurring.open_due(at(24, 9)), weekly.next_opens_at) == (0, None)


def test_date_left_out_is_not_opened(weekly):
    assert recurring.leave_out(weekly, date(2026, 11, 26), user=UserFactory()) is True
    recurring.open_due(at(24, 9))
    assert (HelpRequest.objects.count(), fresh(weekly).next_on) == (0, date(2026, 11, 30))


def test_date_put_back_is_opened_after_all(weekly):
    recurring.leave_out(weekly, date(2026, 11, 26), user=UserFactory())
    recurring.put_back(weekly, date(2026, 11, 26))
    recurring.open_due(at(24, 9))
    assert opened_days() == [date(2026, 11, 26)]


def test_date_that_is_open_already_cannot_be_left_out(weekly):
    recurring.open_due(at(24, 9))
    assert recurring.leave_out(weekly, date(2026, 11, 26), user=UserFactory()) is False
    assert Occurrence.objects.get().fate == "opened"


def test_date_that_is_none_of_the_rule_s_cannot_be_left_out(weekly):
    assert recurring.leave_out(weekly, date(2026, 11, 27), user=UserFactory()) is False


def test_open_date_cannot_be_put_back(weekly):
    recurring.open_due(at(24, 9))
    assert (recurring.put_back(weekly, date(2026, 11, 26)), opened_days()) == (False, [date(2026, 11, 26)])


# --- Editing --------------------------------------------------------------------------------------------------------


def test_edit_after_opening_does_not_open_the_date_again(weekly, stopped_clock):
    stopped_clock.move_to(at(24, 9))
    recurring.open_due(now())
    row = fresh(weekly)
    row.begins, row.finishes = time(14), time(16)
    recurring.save(row, user=UserFactory())
    recurring.open_due(at(26, 9))
    assert (HelpRequest.objects.count(), row.next_on) == (1, date(2026, 11, 30))


def test_edit_opens_first_what_was_due_by_the_old_rule(weekly, stopped_clock):
    stopped_clock.move_to(at(24, 10))  # the clock should have opened Thursday an hour ago
    row = fresh(weekly)
    row.rrule = "FREQ=WEEKLY;BYDAY=WE"
    recurring.save(row, user=UserFactory())
    assert (opened_days(), row.next_on) == ([date(2026, 11, 26)], date(2026, 11, 25))


def test_edit_to_a_nearer_day_opens_at_once(weekly, stopped_clock):
    row = fresh(weekly)
    row.rrule = "FREQ=WEEKLY;BYDAY=TU"
    recurring.save(row, user=UserFactory())
    recurring.open_due(now())
    assert opened_days() == [date(2026, 11, 24)]


def test_edit_keeps_who_made_it(weekly):
    maker = weekly.made_by
    recurring.save(fresh(weekly), user=UserFactory())
    assert fresh(weekly).made_by == maker


def test_new_one_does_not_begin_with_a_window_that_is_nearly_over(stopped_clock):
    row = RecurringRequestFactory.build(elder=ElderFactory(), finishes=time(12, 15))  # it is noon
    recurring.save(row, user=UserFactory())
    assert row.next_on == MONDAY + 3 * DAY


def test_new_one_takes_what_is_left_of_today(stopped_clock):
    row = RecurringRequestFactory.build(elder=ElderFactory(), finishes=time(13))
    recurring.save(row, user=UserFactory())
    recurring.open_due(now())
    assert opened_days() == [MONDAY]


def test_changes_are_kept_as_history_without_the_clock_s_moves(weekly):
    recurring.open_due(at(24, 9))
    recurring.pause(fresh(weekly), until=date(2026, 11, 30))
    assert weekly.history.count() == 2


def test_window_without_length_is_refused_by_the_database(stopped_clock):
    with pytest.raises(IntegrityError):
        RecurringRequestFactory(elder=ElderFactory(), begins=time(9), finishes=time(9))


@pytest.mark.django_db(transaction=True)
def test_clocks_that_race_open_once(weekly):
    """Eight clocks find the same due row in the same moment, on whatever database."""
    rows = [fresh(weekly) for _clock in range(8)]
    together = Barrier(len(rows))

    def tick(row: RecurringRequest) -> bool:
        together.wait()
        try:
            return recurring.open_next(row, at(24, 9))
        finally:
            connection.close()

    with ThreadPoolExecutor(len(rows)) as clocks:
        moved = list(clocks.map(tick, rows))
    assert (sorted(moved)[-2:], HelpRequest.objects.count(), opened_days()) == (
        [False, True], 1, [MONDAY + 3 * DAY],
    )  # fmt: skip


@hypothesis_settings(max_examples=25, deadline=None)
@given(
    st.lists(st.sampled_from(["tick", "edit day", "edit time", "pause", "resume", "leave out"]), max_size=12),
    st.lists(st.integers(1, 60), min_size=12, max_size=12),
)
def test_no_date_is_lost_or_doubled_whatever_staff_and_clock_do(steps, hours):
    """In any order of ticks, edits and pauses: one row and one help request for each date, and always a next one."""
    HelpRequest.objects.all().delete()
    RecurringRequest.objects.all().delete()
    user, moment = UserFactory(), at(23)
    with standing_at(moment):
        row = RecurringRequestFactory.build(elder=ElderFactory())
        recurring.save(row, user=user)
    weekdays = itertools.cycle(["TU,FR", "WE", "MO,TU,WE,TH,FR,SA,SU", "MO,TH"])
    for step, later in zip(steps, hours, strict=False):
        moment += timedelta(hours=later)
        with standing_at(moment):
            _do(step, fresh(row), user, moment, weekdays)
    with standing_at(moment):
        while recurring.open_due(moment):
            pass
    row = fresh(row)
    opened = Occurrence.objects.filter(fate="opened")
    assert opened.count() == HelpRequest.objects.count() == len({item.help_request_id for item in opened})
    assert row.next_on is not None
    assert row.next_opens_at == row.opens_at(row.next_on) > moment
    assert not row.occurrences.filter(on=row.next_on).exists()


def _do(step, row, user, moment, weekdays):
    if step == "tick":
        recurring.open_due(moment)
    elif step == "edit day":
        row.rrule = f"FREQ=WEEKLY;BYDAY={next(weekdays)}"
        recurring.save(row, user=user)
    elif step == "edit time":
        row.begins, row.finishes = (time(14), time(16)) if row.begins == time(9) else (time(9), time(11))
        recurring.save(row, user=user)
    elif step == "pause":
        recurring.pause(row, until=moment.date() + 3 * DAY)
    elif step == "resume":
        recurring.resume(row)
    elif row.next_on:
        recurring.leave_out(row, row.next_on, user=user)


# --- Ahead ----------------------------------------------------------------------------------------------------------


def test_next_five_dates_are_shown_with_what_becomes_of_them(weekly):
    recurring.leave_out(weekly, date(2026, 11, 30), user=UserFactory())
    recurring.pause(weekly, until=date(2026, 11, 28))
    ahead = recurring.upcoming(fresh(weekly), now())
    assert [(item.on.isoformat(), item.takes_place, item.is_paused, item.fate) for item in ahead] == [
        ("2026-11-26", False, True, ""),
        ("2026-11-30", False, False, "left-out"),
        ("2026-12-03", True, False, ""),
        ("2026-12-07", True, False, ""),
        ("2026-12-10", True, False, ""),
    ]


def test_open_date_is_shown_with_its_help_request(weekly):
    recurring.open_due(at(24, 9))
    ahead = recurring.upcoming(fresh(weekly), now())
    assert ahead[0].help_request == HelpRequest.objects.get()


def test_ended_series_has_nothing_ahead(weekly):
    recurring.end(weekly)
    assert recurring.upcoming(weekly, now()) == []
