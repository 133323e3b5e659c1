"""From the yes to the thank-you: reminders, questions, alarms, and what volunteers text on the way."""

from datetime import datetime, time, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone

from linzhu.communities.clock import now
from linzhu.dispatch import clock
from linzhu.dispatch.assignments import arrive, assign, finish, release
from linzhu.dispatch.models import Assignment, Offer, Todo, VisitStep
from linzhu.dispatch.waves import start_wave
from linzhu.notifications.gateways import gateway
from linzhu.notifications.gateways.base import Inbound
from linzhu.notifications.inbound import receive
from linzhu.notifications.models import Message
from linzhu.requests.lifecycle import SYSTEM, log_request
from linzhu.requests.models import HelpRequest, Status
from linzhu.volunteers.models import Volunteer
from tests import factories
from tests.factories import window

_refs = count()
Kind = VisitStep.Kind


def text(phone, words):
    """Let a text come in; returns the templates of the texts that answer it."""
    before = set(Message.objects.values_list("pk", flat=True))
    assert receive(gateway(), Inbound(gateway_ref=f"visit-{next(_refs)}", sender=phone, text=words)).handled_at
    return list(Message.objects.exclude(pk__in=before).filter(to=phone).values_list("template", flat=True))


@pytest.fixture
def elder(community):
    elder = factories.ElderFactory(community=community)
    factories.FamilyContactFactory(elder=elder)
    return elder


@pytest.fixture
def volunteer(community):
    return factories.VolunteerFactory(community=community)


def promise(elder, volunteer, hours=26.0, service="groceries"):
    help_request = log_request(elder, service, actor=SYSTEM, **window(hours))
    return assign(help_request, volunteer, actor=SYSTEM)


def steps(assignment):
    return {step.kind: step.due_at for step in assignment.steps.all()}


def sent(template):
    return Message.objects.filter(template=template).count()


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def take(assignment, kind):
    """Let the clock look when this step is due; returns that moment."""
    at = steps(assignment)[kind]
    clock.tick_decisions(at)
    return at


# --- what is planned ----------------------------------------------------------------------------------------------


def test_yes_plans_reminders_and_the_look_whether_they_have_come(elder, volunteer):
    visit = promise(elder, volunteer, hours=50)
    start = visit.help_request.window_start
    evening = timezone.localtime(start).date() - timedelta(days=1)
    assert steps(visit) == {
        Kind.REMIND_EVENING: timezone.make_aware(datetime.combine(evening, time(18, 30))),
        Kind.REMIND_SOON: start - timedelta(hours=1),
        Kind.ASK_ARRIVAL: start + timedelta(minutes=15),
        Kind.ALERT_ARRIVAL: start + timedelta(minutes=30),
    }


def test_yes_shortly_before_needs_no_reminder(elder, volunteer):
    assert set(steps(promise(elder, volunteer, hours=0.5))) == {Kind.ASK_ARRIVAL, Kind.ALERT_ARRIVAL}


def test_yes_within_the_window_leaves_time_to_get_there(elder, volunteer):
    visit = promise(elder, volunteer, hours=-1)
    assert steps(visit)[Kind.ASK_ARRIVAL] > now() + timedelta(minutes=14)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York"])
def test_evening_before_keeps_wall_time_across_daylight_saving(elder, volunteer, settings, zone):
    settings.TIME_ZONE = zone
    place = ZoneInfo(zone)
    with time_machine.travel(datetime(2026, 10, 20, 12, tzinfo=place)), timezone.override(zone):
        volunteer.cleared_until = datetime(2027, 1, 1, tzinfo=place).date()
        volunteer.save()
        start = datetime(2026, 11, 1, 9, tzinfo=place)  # the clocks go back between the evening and this morning (US)
        help_request = log_request(
            elder, "groceries", actor=SYSTEM, window_start=start, window_end=start + timedelta(hours=2)
        )
        visit = assign(help_request, volunteer, actor=SYSTEM)
        assert steps(visit)[Kind.REMIND_EVENING] == datetime(2026, 10, 31, 18, 30, tzinfo=place)


# --- what the clock does ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "reminded"),
    [
        pytest.param(time(9), time(8), id="not in quiet hours"),
        pytest.param(time(8), time(7, 30), id="when the quiet hours end"),
        pytest.param(time(7, 40), time(6, 40), id="at its time where nothing else is left"),
    ],
)
def test_reminder_of_a_visit_in_the_morning_waits_for_the_end_of_quiet_hours(
    elder, volunteer, settings, stopped_clock, start, reminded
):
    settings.QUIET_HOURS = time(21), time(7, 30)
    tomorrow = timezone.localdate() + timedelta(days=1)
    begins = timezone.make_aware(datetime.combine(tomorrow, start))
    visit = promise(elder, volunteer, hours=(begins - now()) / timedelta(hours=1))
    assert steps(visit)[Kind.REMIND_SOON] == timezone.make_aware(datetime.combine(tomorrow, reminded))


@pytest.mark.parametrize(
    ("hours", "reminders"),
    [
        pytest.param(7.5, 1, id="an hour late"),
        pytest.param(14, 0, id="in the middle of the night"),
        pytest.param(28.5, 0, id="after the visit has begun"),
    ],
)
def test_clock_that_was_down_reminds_of_nothing_at_a_wrong_time(elder, volunteer, stopped_clock, hours, reminders):
    visit = promise(elder, volunteer, hours=28)
    stopped_clock.shift(timedelta(hours=hours))
    clock.tick_decisions()
    assert sent("reminder_evening") + sent("reminder_soon") == reminders
    told = visit.steps.filter(kind__in=[Kind.REMIND_EVENING, Kind.REMIND_SOON]).exclude(done_at=None)
    assert told.count() == reminders


def test_reminder_names_who_where_and_the_door_word(elder, volunteer):
    visit = promise(elder, volunteer, hours=50)
    take(visit, Kind.REMIND_EVENING)
    reminder = Message.objects.get(template="reminder_evening").text
    assert [part for part in (elder.name, elder.address, visit.door_word) if part not in reminder] == []


def test_each_step_is_taken_once(elder, volunteer):
    visit = promise(elder, volunteer)
    at = take(visit, Kind.REMIND_SOON)
    clock.tick_decisions(at + timedelta(minutes=1))
    assert sent("reminder_soon") == 1


def test_volunteer_who_has_not_arrived_is_asked_then_staff_are_told(elder, volunteer):
    visit = promise(elder, volunteer)
    take(visit, Kind.ASK_ARRIVAL)
    assert (sent("ask_arrival"), Todo.objects.filter(kind=Todo.Kind.NOT_ARRIVED).count()) == (1, 0)
    take(visit, Kind.ALERT_ARRIVAL)
    todo = Todo.objects.get(kind=Todo.Kind.NOT_ARRIVED)
    assert (todo.help_request, todo.due_at <= now() + timedelta(minutes=5)) == (visit.help_request, True)


def test_volunteer_who_has_arrived_is_not_asked(elder, volunteer):
    visit = promise(elder, volunteer)
    due = steps(visit)[Kind.ALERT_ARRIVAL]
    arrive(visit, actor=SYSTEM)
    clock.tick_decisions(due)
    assert (sent("ask_arrival"), sent("reminder_soon")) == (0, 0)
    assert Todo.objects.filter(kind=Todo.Kind.NOT_ARRIVED).count() == 0


def test_arrival_settles_the_alarm(elder, volunteer):
    visit = promise(elder, volunteer)
    take(visit, Kind.ALERT_ARRIVAL)
    arrive(visit, actor=SYSTEM)
    assert Todo.objects.open().filter(kind=Todo.Kind.NOT_ARRIVED).count() == 0


def test_visit_that_does_not_end_is_asked_about_then_staff_are_told(elder, volunteer):
    visit = promise(elder, volunteer)
    arrive(visit, actor=SYSTEM)
    due = steps(visit)
    assert due[Kind.ASK_END] - fresh(visit).arrived_at >= timedelta(minutes=90) - timedelta(seconds=1)
    take(visit, Kind.ASK_END)
    take(visit, Kind.ALERT_END)
    assert (sent("ask_end"), Todo.objects.filter(kind=Todo.Kind.NOT_FINISHED).count()) == (1, 1)


def test_end_settles_the_alarm_and_asks_nothing_more(elder, volunteer):
    visit = promise(elder, volunteer)
    arrive(visit, actor=SYSTEM)
    due = steps(visit)[Kind.ALERT_END]
    finish(visit, actor=SYSTEM, minutes=30)
    clock.tick_decisions(due)
    assert (sent("ask_end"), Todo.objects.filter(kind=Todo.Kind.NOT_FINISHED).count()) == (0, 0)


def test_released_volunteer_is_neither_reminded_nor_asked(elder, volunteer):
    visit = promise(elder, volunteer)
    due = steps(visit)[Kind.ALERT_ARRIVAL]
    release(visit, actor=SYSTEM, why="ill")
    clock.tick_decisions(due)
    assert (sent("reminder_soon"), sent("ask_arrival")) == (0, 0)


@pytest.mark.parametrize(("minutes", "owed"), [(29, 0), (31, 1)])
def test_alarm_that_was_settled_comes_back_if_the_visit_gets_no_further(elder, volunteer, minutes, owed):
    at = take(promise(elder, volunteer), Kind.ALERT_ARRIVAL)
    Todo.objects.update(closed_at=at)
    clock.tick_decisions(at + timedelta(minutes=minutes))
    assert Todo.objects.open().filter(kind=Todo.Kind.NOT_ARRIVED).count() == owed


def test_alarm_that_is_open_is_owed_once(elder, volunteer):
    at = take(promise(elder, volunteer), Kind.ALERT_ARRIVAL)
    clock.tick_decisions(at + timedelta(hours=3))
    assert Todo.objects.filter(kind=Todo.Kind.NOT_ARRIVED).count() == 1


def test_visit_that_nobody_ends_is_looked_after_again(elder, volunteer):
    visit = promise(elder, volunteer)
    arrive(visit, actor=SYSTEM)
    at = steps(visit)[Kind.ALERT_ARRIVAL] + timedelta(hours=3)
    clock.tick_decisions(at)
    Todo.objects.update(closed_at=at)
    clock.tick_decisions(at + timedelta(minutes=31))
    assert Todo.objects.open().filter(kind=Todo.Kind.NOT_FINISHED).count() == 1


def test_nobody_is_alarmed_before_a_visit_is_due(elder, volunteer):
    promise(elder, volunteer)
    Todo.objects.update(closed_at=now() - timedelta(hours=2))
    clock.tick_decisions()
    assert Todo.objects.open().count() == 0


# --- what the volunteer texts -------------------------------------------------------------------------------------


def test_on_my_way_is_noted(elder, volunteer):
    visit = promise(elder, volunteer)
    assert text(volunteer.phone, "出发了") == ["on_my_way_thanks"]
    assert fresh(visit).on_my_way_at is not None


def test_late_moves_the_questions_and_tells_family_and_elder(elder, volunteer, dispatcher):
    visit = promise(elder, volunteer)
    before = steps(visit)
    assert text(volunteer.phone, "晚20分钟") == ["late_thanks"]
    after = steps(visit)
    assert after[Kind.ASK_ARRIVAL] - before[Kind.ASK_ARRIVAL] == timedelta(minutes=20)
    assert after[Kind.REMIND_SOON] == before[Kind.REMIND_SOON]
    assert (sent("family_late"), Todo.objects.filter(kind=Todo.Kind.TELL_ELDER_LATE).count()) == (1, 1)


def test_a_few_minutes_are_not_worth_a_call(elder, volunteer):
    promise(elder, volunteer)
    text(volunteer.phone, "late 10")
    assert Todo.objects.filter(kind=Todo.Kind.TELL_ELDER_LATE).count() == 0


def test_help_brings_a_call(elder, volunteer):
    visit = promise(elder, volunteer)
    assert text(volunteer.phone, "帮忙") == ["help_ack"]
    assert Todo.objects.get(kind=Todo.Kind.HELP_WANTED).help_request == visit.help_request


def test_report_that_could_mean_two_visits_goes_to_a_person(elder, volunteer):
    promise(elder, volunteer)
    promise(elder, volunteer, hours=50)
    assert text(volunteer.phone, "晚20") == ["unclear_ack"]
    assert set(Assignment.objects.values_list("late_minutes", flat=True)) == {0}


def test_pause_ends_offers_and_keeps_promises(elder, volunteer):
    visit = promise(elder, volunteer)
    other = log_request(elder, "parcel", actor=SYSTEM, **window(80))
    start_wave(other)
    assert text(volunteer.phone, "暂停7天") == ["paused"]
    assert Offer.objects.get(help_request=other).status == Offer.Status.WITHDRAWN
    assert fresh(visit).status == Assignment.Status.STANDING
    local = timezone.localtime(fresh(volunteer).paused_until)
    assert (local.date() - timezone.localdate(), local.time()) == (timedelta(days=7), time(0))


def test_pause_until_a_date_that_has_passed_means_next_year(volunteer):
    with time_machine.travel(datetime(2026, 12, 20, 12, tzinfo=ZoneInfo("Asia/Shanghai"))):
        text(volunteer.phone, "暂停到1月5日")
        assert timezone.localtime(fresh(volunteer).paused_until).date().isoformat() == "2027-01-05"


@pytest.mark.parametrize(("words", "cap"), [("多问点", 9), ("少问点", 5)])
def test_more_and_fewer_offers(volunteer, words, cap):
    assert text(volunteer.phone, words) == ["cap_changed"]
    assert fresh(volunteer).weekly_cap == cap


def test_fewer_offers_never_means_none(volunteer):
    Volunteer.objects.update(weekly_cap=2)
    for _time in range(3):
        text(volunteer.phone, "少问点")
    assert fresh(volunteer).weekly_cap == 1


def test_outcome_of_a_finished_and_of_a_broken_promise(elder, volunteer):
    visit = promise(elder, volunteer)
    text(volunteer.phone, "来不了")
    assert fresh(visit).outcome == Assignment.Outcome.CANNOT_COME
    other = promise(elder, volunteer, hours=50)
    text(volunteer.phone, "done 45")
    assert fresh(other).outcome == Assignment.Outcome.DONE


def test_no_show_is_recorded_and_the_search_goes_on(elder, volunteer):
    visit = promise(elder, volunteer)
    release(visit, actor=SYSTEM, why="no-show", outcome=Assignment.Outcome.NO_SHOW, tell_volunteer=False)
    assert (fresh(visit).outcome, HelpRequest.objects.get().status) == (Assignment.Outcome.NO_SHOW, Status.OPEN)
