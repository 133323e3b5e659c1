"""Waves: a few, then the next ones, then a person. And the clock that moves them."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine

from linzhu.communities.clock import now
from linzhu.communities.rules import Rules
from linzhu.dispatch import clock
from linzhu.dispatch.decisions import cancel, search_again
from linzhu.dispatch.models import Lease, Offer, Todo, Wave
from linzhu.dispatch.offers import accept, decline
from linzhu.dispatch.waves import end_wave, start_wave
from linzhu.requests.lifecycle import SYSTEM, log_request
from linzhu.requests.models import HelpRequest, Status
from tests import factories
from tests.asking import ask_all
from tests.factories import LAT, window

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(day, hour, minute):
    """A moment of March 2026 on a wall clock in Shanghai."""
    return datetime(2026, 3, day, hour, minute, tzinfo=SHANGHAI)


@pytest.fixture
def elder(community):
    return factories.ElderFactory(community=community)


@pytest.fixture
def need(elder):
    return log_request(elder, "groceries", actor=SYSTEM, **window())


def fresh(help_request):
    return HelpRequest.objects.get(pk=help_request.pk)


def test_wave_asks_a_few(community, need):
    factories.VolunteerFactory.create_batch(5, community=community)
    wave = start_wave(need)
    assert wave.number == 1
    assert 1 <= wave.offers.count() < 5


def test_wave_is_not_started_twice(community, need):
    factories.VolunteerFactory.create_batch(5, community=community)
    asked = start_wave(need).offers.count()
    assert start_wave(need) is None
    assert (Wave.objects.count(), Offer.objects.count()) == (1, asked)


def test_wave_says_how_far_it_reaches(community, need):
    factories.VolunteerFactory(community=community, lat=LAT + 0.015)
    assert start_wave(need).radius_m == 1668


def test_nobody_is_asked_beyond_the_communitys_reach(community, need, settings):
    settings.FURTHEST_M = 1667
    factories.VolunteerFactory(community=community, lat=LAT + 0.015)
    start_wave(need)
    assert (Offer.objects.count(), fresh(need).status) == (0, Status.PAUSED)


@pytest.mark.parametrize(("service", "asked"), [("meal", 2), ("groceries", 1)])
def test_urgent_service_may_ask_twice_as_many(community, elder, settings, service, asked):
    settings.WAVE_SIZE = 1
    factories.VolunteerFactory.create_batch(8, community=community, lat=LAT + 0.015)
    assert start_wave(log_request(elder, service, actor=SYSTEM, **window())).offers.count() == asked


def test_next_wave_asks_others_and_leaves_the_first_open(community, need):
    factories.VolunteerFactory.create_batch(5, community=community)
    first = start_wave(need)
    second = end_wave(first)
    assert (second.number, second.offers.count() > 0) == (2, True)
    assert set(Offer.objects.values_list("status", flat=True)) == {Offer.Status.OPEN}
    assert Offer.objects.values("volunteer").distinct().count() == Offer.objects.count()


def test_wave_is_not_ended_twice(community, need):
    factories.VolunteerFactory.create_batch(9, community=community)
    first = start_wave(need)
    end_wave(first)
    assert end_wave(first) is None
    assert Wave.objects.count() == 2


def test_when_nobody_is_left_a_dispatcher_owes_a_decision(community, need):
    factories.VolunteerFactory(community=community)
    end_wave(start_wave(need))
    assert (fresh(need).status, fresh(need).pause_reason) == (Status.PAUSED, "nobody-found")
    assert Todo.objects.get().kind == Todo.Kind.NOBODY_FOUND


def test_when_nobody_lives_near_a_dispatcher_owes_a_decision_at_once(need):
    start_wave(need)
    assert Todo.objects.get().kind == Todo.Kind.NOBODY_FOUND


def test_home_that_is_not_on_the_map_goes_to_a_person(community):
    community.lat = community.lng = None
    community.save()
    elder = factories.ElderFactory(community=community, lat=None, lng=None)
    start_wave(log_request(elder, "groceries", actor=SYSTEM, **window()))
    assert Todo.objects.get().kind == Todo.Kind.NO_POSITION


def test_search_again_asks_anew_in_a_new_round(community, need, dispatcher):
    volunteers = factories.VolunteerFactory.create_batch(2, community=community)
    end_wave(ask_all(need))
    first = need.offers.get(volunteer=volunteers[0])
    decline(first, actor=SYSTEM)
    search_again(fresh(need), actor=SYSTEM)
    wave = start_wave(fresh(need))
    assert (wave.round, list(wave.offers.values_list("volunteer", flat=True))) == (2, [volunteers[1].pk])
    assert Todo.objects.open().count() == 0


def test_no_wave_starts_for_what_is_over(community, need):
    factories.VolunteerFactory(community=community)
    cancel(need, actor=SYSTEM, reason="mistake")
    assert start_wave(need) is None


# --- quiet hours --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "end"),
    [
        (at(1, 20, 59), None),
        (at(1, 21, 0), at(2, 7, 30)),
        (at(2, 0, 30), at(2, 7, 30)),
        (at(2, 7, 29), at(2, 7, 30)),
        (at(2, 7, 30), None),
    ],
)
def test_quiet_hours_keep_local_wall_time(settings, moment, end):
    settings.QUIET_HOURS = (time(21), time(7, 30))
    assert Rules().quiet_end(moment) == end


@pytest.fixture
def night(settings):
    settings.QUIET_HOURS = (time(21), time(7, 30))
    with time_machine.travel(at(1, 22, 0)) as traveller:
        yield traveller


def test_nobody_is_asked_in_quiet_hours(night, community, elder):
    factories.VolunteerFactory(community=community, cleared_until="2026-12-31")
    need = log_request(elder, "groceries", actor=SYSTEM, **window(12))
    assert start_wave(need) is None
    assert fresh(need).status == Status.OPEN


def test_clock_asks_when_quiet_hours_end(night, community, elder):
    factories.VolunteerFactory(community=community, cleared_until="2026-12-31")
    log_request(elder, "groceries", actor=SYSTEM, **window(12))
    clock.tick()
    assert Offer.objects.count() == 0
    night.move_to(at(2, 7, 30))
    clock.tick()
    assert Offer.objects.count() == 1


def test_what_begins_before_anybody_may_be_asked_goes_to_a_person(night, elder):
    need = log_request(elder, "groceries", actor=SYSTEM, **window(4))
    start_wave(need)
    assert (fresh(need).pause_reason, Todo.objects.get().kind) == ("quiet-hours", Todo.Kind.QUIET_HOURS)


def test_emergency_does_not_wait_for_the_morning(night, community, elder):
    factories.VolunteerFactory(community=community, cleared_until="2026-12-31")
    assert start_wave(log_request(elder, "safety-check", actor=SYSTEM, **window(0.5))) is not None


# --- the clock ----------------------------------------------------------------------------------------------------


def test_clock_starts_a_search_whose_wake_up_was_lost(community, need):
    factories.VolunteerFactory(community=community)
    clock.tick()
    assert Wave.objects.count() == 1


def test_clock_ends_a_wave_when_its_time_is_up(community, need):
    factories.VolunteerFactory.create_batch(5, community=community)
    wave = start_wave(need)
    clock.tick(wave.ends_at - timedelta(seconds=1))
    assert Wave.objects.count() == 1
    clock.tick(wave.ends_at)
    assert Wave.objects.count() == 2


def test_clock_expires_offers_when_the_window_begins(community, need):
    factories.VolunteerFactory(community=community)
    start_wave(need)
    clock.tick(need.window_start)
    assert Offer.objects.get().status == Offer.Status.EXPIRED


def test_clock_calls_a_person_before_the_time_runs_out(community, elder):
    factories.VolunteerFactory.create_batch(30, community=community)
    need = log_request(elder, "groceries", actor=SYSTEM, **window(4))
    start_wave(need)
    clock.tick(need.window_start - timedelta(minutes=61))
    assert Todo.objects.count() == 0
    clock.tick(need.window_start - timedelta(minutes=59))
    clock.tick(need.window_start - timedelta(minutes=58))
    assert [todo.kind for todo in Todo.objects.all()] == [Todo.Kind.DEADLINE_NEAR]


def test_late_request_gets_half_of_its_time_before_a_person_is_called(community, elder):
    factories.VolunteerFactory.create_batch(30, community=community)
    need = log_request(elder, "groceries", actor=SYSTEM, **window(0.5))
    start_wave(need)
    clock.tick(now() + timedelta(minutes=10))
    assert Todo.objects.count() == 0
    clock.tick(now() + timedelta(minutes=16))
    assert Todo.objects.count() == 1


def test_search_whose_window_is_over_waits_for_staff(community, need):
    factories.VolunteerFactory.create_batch(9, community=community)
    start_wave(need)
    clock.tick(need.window_end)
    assert (fresh(need).status, Todo.objects.get().kind) == (Status.PAUSED, Todo.Kind.NOBODY_FOUND)


def test_fault_in_one_row_does_not_hold_up_the_others(community, elder, caplog):
    broken = log_request(elder, "groceries", actor=SYSTEM, **window())
    HelpRequest.objects.filter(pk=broken.pk).update(service_code="no-such-service")
    log_request(elder, "parcel", actor=SYSTEM, **window())
    factories.VolunteerFactory(community=community)
    clock.tick()
    assert Wave.objects.count() == 1
    assert elder.name not in caplog.text


def test_yes_during_a_tick_leaves_nothing_to_do(community, need):
    factories.VolunteerFactory.create_batch(5, community=community)
    wave = start_wave(need)
    accept(need.offers.first(), actor=SYSTEM)
    clock.tick(wave.ends_at + timedelta(minutes=1))
    assert Wave.objects.count() == 1


@pytest.mark.django_db
def test_only_one_clock_ticks_at_a_time():
    assert clock.hold_lease("first") is True
    assert clock.hold_lease("second") is False
    assert clock.hold_lease("first") is True


@pytest.mark.django_db
def test_second_clock_takes_over_when_the_first_is_dead():
    clock.hold_lease("first")
    Lease.objects.update(expires_at=now() - timedelta(seconds=1))
    assert clock.hold_lease("second") is True
    assert clock.hold_lease("first") is False


@pytest.mark.django_db
def test_clock_that_is_stopped_leaves_its_place_at_once():
    clock.hold_lease("first")
    clock.give_up_lease("first")
    assert clock.hold_lease("second") is True
