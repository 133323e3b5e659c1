"""The policy at work: in which order volunteers are asked, how many at a time, and how long a wave waits."""

from datetime import timedelta

import pytest

from linzhu.communities.clock import now
from linzhu.communities.rules import rules_of
from linzhu.dispatch import bonds, habits, policy
from linzhu.dispatch.asking import plan_wave
from linzhu.dispatch.matching import find_pool, rank
from linzhu.dispatch.models import Offer, VolunteerHabits
from linzhu.dispatch.reasons import explain
from linzhu.dispatch.waves import start_wave
from linzhu.requests.lifecycle import SYSTEM, log_request
from linzhu.requests.models import HelpRequest
from tests import factories
from tests.asking import neighbours, order_of, text_lately
from tests.factories import LAT, window

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("room")]


# --- order --------------------------------------------------------------------------------------------------------


def test_nearest_comes_first_when_nothing_else_differs(community, need):
    far, near = (factories.VolunteerFactory(community=community, lat=LAT + step) for step in (0.008, 0.001))
    assert order_of(need) == [near, far]


def test_often_asked_volunteer_comes_later(community, elder, need):
    asked, rested = neighbours(community, 2)
    text_lately(asked, elder, 4)
    assert order_of(need) == [rested, asked]


def test_somebody_the_elder_knows_comes_before_strangers(community, elder, need):
    _stranger, _other, known = neighbours(community, 3)
    factories.AssignmentFactory(
        help_request=factories.HelpRequestFactory(elder=elder, **window(-50)), volunteer=known, status="finished"
    )
    assert order_of(need)[0] == known


def test_known_volunteer_who_will_hardly_come_waits_behind_likely_strangers(community, elder, need):
    stranger = factories.VolunteerFactory(community=community, lat=LAT)
    known = factories.VolunteerFactory(community=community, lat=LAT + 0.04, reach_m=9000)
    factories.AssignmentFactory(
        help_request=factories.HelpRequestFactory(elder=elder, **window(-50)), volunteer=known, status="finished"
    )
    assert order_of(need) == [stranger, known]


def test_who_is_wished_for_again_comes_first_and_is_asked_now(community, need):
    *_strangers, wished = neighbours(community, 12)
    bonds.prefer(need.elder, wished, user=None)
    assert order_of(need)[0] == wished
    assert start_wave(need).offers.filter(volunteer=wished).exists()


def test_habit_of_the_part_of_the_week_counts(community, need):
    eager, hesitant = neighbours(community, 2)
    for volunteer, answer in ((eager, True), (hesitant, False)):
        record = policy.Record()
        for part in record.parts:
            part.add(3.0, answer, habits.day_of(now()), 60)
        VolunteerHabits.objects.create(volunteer=volunteer, counts=record.to_json())
    factories.VolunteerFactory(community=community, lat=LAT + 0.0005)
    assert order_of(need)[-1] == hesitant


def test_candidates_say_how_likely_they_come(community, need):
    neighbours(community, 1)
    (candidate,) = plan_wave(need, find_pool(need, rules_of(community), enough=5), rules_of(community)).order
    sentences = [explain(reason) for reason in candidate.reasons]
    assert any("%" in sentence for sentence in sentences)
    assert "" not in sentences


def test_order_works_for_a_help_request_that_is_not_saved(community, elder):
    neighbours(community, 2)
    need = HelpRequest(elder=elder, community=community, service_code="groceries", **window(8))
    assert len(plan_wave(need, rank(need), rules_of(community)).order) == 2


# --- size and time ------------------------------------------------------------------------------------------------


def test_more_are_asked_where_each_is_less_likely_to_come(community, elder, need, settings):
    settings.WAVE_SIZE = 100
    neighbours(community, 60, reach_m=90_000)
    near = start_wave(need).offers.count()
    Offer.objects.all().delete()
    community.volunteers.update(lat=LAT + 0.025)
    far = start_wave(log_request(elder, "parcel", actor=SYSTEM, **window(8))).offers.count()
    assert far > near


def test_community_limits_how_many_are_asked(community, need, settings):
    settings.WAVE_SIZE = 2
    neighbours(community, 9)
    assert start_wave(need).offers.count() == 2


def test_community_limits_how_long_a_wave_waits(community, need, settings):
    settings.WAVE_SECONDS = 40
    neighbours(community, 9)
    wave = start_wave(need)
    assert wave.ends_at - wave.started_at == timedelta(seconds=40)


def test_people_over_their_cap_count_as_asked_much(community, elder, need, settings):
    settings.WEEKLY_TEXT_CAP = 3
    for volunteer in neighbours(community, 4):
        text_lately(volunteer, elder, 3)
    pool = find_pool(need, rules_of(need.community), enough=50)
    assert (pool.candidates, len(pool.resting)) == ([], 4)


def test_planning_costs_the_same_queries_for_two_and_for_forty(community, need, django_assert_num_queries):
    neighbours(community, 2)
    queries = _queries_of_a_plan(need)
    neighbours(community, 38)
    assert _queries_of_a_plan(need) == queries


def _queries_of_a_plan(need):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    pool, rules = find_pool(need, rules_of(need.community), enough=50), rules_of(need.community)
    with CaptureQueriesContext(connection) as captured:
        plan_wave(need, pool, rules)
    return len(captured)
