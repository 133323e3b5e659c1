"""Who is asked, in which order, and why not."""

from datetime import timedelta

import pytest
from django.utils import timezone

from linzhu.communities.clock import now
from linzhu.dispatch.matching import rank
from linzhu.dispatch.models import Assignment, Offer
from linzhu.dispatch.reasons import explain
from linzhu.requests.lifecycle import SYSTEM, log_request
from linzhu.volunteers.availability import Week
from tests import factories
from tests.factories import LAT, LNG, window


@pytest.fixture
def elder(community):
    return factories.ElderFactory(community=community)


@pytest.fixture
def need(elder):
    return log_request(elder, "groceries", actor=SYSTEM, **window())


def codes(ranking):
    return [[reason["code"] for reason in exclusion.reasons] for exclusion in ranking.excluded]


def test_nearest_comes_first_when_nothing_else_differs(community, need):
    far = factories.VolunteerFactory(community=community, lat=LAT + 0.008)
    near = factories.VolunteerFactory(community=community, lat=LAT + 0.001)
    assert [candidate.volunteer for candidate in rank(need).candidates] == [near, far]


def test_distance_is_stated_in_metres(community, need):
    factories.VolunteerFactory(community=community, lat=LAT + 0.001)
    (candidate,) = rank(need).candidates
    assert candidate.distance_m == 111
    assert explain(candidate.reasons[0]) == "110 m"


@pytest.mark.parametrize(
    ("code", "fields"),
    [
        ("not-cleared", {"cleared_until": None}),
        ("clearance-expired", {"cleared_until": timezone.localdate() - timedelta(days=1)}),
        ("paused", {"paused_until": timezone.now() + timedelta(days=1)}),
        ("opted-out", {"opted_out_at": timezone.now()}),
        ("too-far", {"lat": LAT + 0.01, "reach_m": 500}),
        ("skill", {"skills": {"phones"}}),
        ("not-free", {"week": Week()}),
    ],
)
def test_exclusion_states_its_reason(community, need, code, fields):
    factories.VolunteerFactory(community=community, **fields)
    ranking = rank(need)
    assert (ranking.candidates, codes(ranking)) == ([], [[code]])


def test_every_reason_of_exclusion_is_stated(community, need):
    factories.VolunteerFactory(community=community, cleared_until=None, skills={"phones"}, week=Week())
    assert codes(rank(need)) == [["not-cleared", "skill", "not-free"]]


def test_pause_that_is_over_excludes_nobody(community, need):
    factories.VolunteerFactory(community=community, paused_until=now() - timedelta(minutes=1))
    assert len(rank(need).candidates) == 1


@pytest.mark.parametrize("status", ["suspended", "left"])
def test_inactive_volunteer_is_not_even_considered(community, need, status):
    factories.VolunteerFactory(community=community, status=status)
    assert rank(need) == rank(need).__class__()


def test_car_gender_language_and_level_are_asked_for(community, elder):
    need = log_request(
        elder,
        "groceries",
        actor=SYSTEM,
        needs_vehicle=True,
        needs_gender="woman",
        needs_language="bo",
        needs_clearance=2,
        **window(),
    )
    factories.VolunteerFactory(community=community)
    factories.VolunteerFactory(community=community, has_vehicle=True, gender="woman", languages={"bo"}, clearance=2)
    ranking = rank(need)
    assert codes(ranking) == [["clearance-level", "no-vehicle", "gender", "no-language"]]
    assert len(ranking.candidates) == 1


def test_volunteer_on_another_visit_is_busy(community, elder, need):
    volunteer = factories.VolunteerFactory(community=community)
    other = log_request(elder, "parcel", actor=SYSTEM, **window(3))
    Assignment.objects.create(help_request=other, volunteer=volunteer, place=1, door_word="石榴")
    assert codes(rank(need)) == [["busy"]]


def test_visit_of_another_day_keeps_nobody_busy(community, elder, need):
    volunteer = factories.VolunteerFactory(community=community)
    other = log_request(elder, "parcel", actor=SYSTEM, **window(30))
    Assignment.objects.create(help_request=other, volunteer=volunteer, place=1, door_word="石榴")
    assert len(rank(need).candidates) == 1


def make_offers(volunteer, elder, count, *, days_ago=1, **fields):
    for _number in range(count):
        other = factories.HelpRequestFactory(elder=elder, community=elder.community)
        wave = factories.WaveFactory(help_request=other)
        factories.OfferFactory(
            help_request=other,
            wave=wave,
            volunteer=volunteer,
            status=Offer.Status.EXPIRED,
            created_at=now() - timedelta(days=days_ago),
            **fields,
        )


def test_weekly_cap_is_kept(community, elder, need, settings):
    settings.WEEKLY_TEXT_CAP = 2
    volunteer = factories.VolunteerFactory(community=community)
    make_offers(volunteer, elder, 2)
    assert codes(rank(need)) == [["cap"]]


def test_volunteer_can_set_a_cap_of_their_own(community, elder, need):
    volunteer = factories.VolunteerFactory(community=community, weekly_cap=1)
    make_offers(volunteer, elder, 1)
    assert codes(rank(need)) == [["cap"]]


def test_texts_older_than_a_week_are_forgotten(community, elder, need):
    volunteer = factories.VolunteerFactory(community=community, weekly_cap=1)
    make_offers(volunteer, elder, 1, days_ago=8)
    assert len(rank(need).candidates) == 1


def test_volunteer_who_said_no_is_not_asked_again(community, elder, need):
    volunteer = factories.VolunteerFactory(community=community)
    wave = factories.WaveFactory(help_request=need)
    factories.OfferFactory(help_request=need, wave=wave, volunteer=volunteer, status=Offer.Status.DECLINED)
    assert codes(rank(need)) == [["asked", "said-no"]]


def test_corner_of_the_box_is_outside_the_radius(community, need):
    # 900 m north and 900 m east: 1,273 m away, though inside the box of 1,000 m.
    factories.VolunteerFactory(community=community, lat=LAT + 0.0081, lng=LNG + 0.0104)
    assert rank(need, radius_m=1000).candidates == []
    assert len(rank(need, radius_m=1300).candidates) == 1


def test_volunteers_of_another_tree_are_not_asked(need):
    factories.VolunteerFactory(community=factories.CommunityFactory(code="elsewhere"))
    assert rank(need) == rank(need).__class__()


@pytest.mark.django_db
def test_volunteers_of_a_neighbouring_community_are_asked():
    street = factories.CommunityFactory()
    here, there = factories.CommunityFactory(parent=street), factories.CommunityFactory(parent=street)
    need = log_request(factories.ElderFactory(community=here), "groceries", actor=SYSTEM, **window())
    factories.VolunteerFactory(community=there)
    assert len(rank(need).candidates) == 1


def test_elder_without_a_place_on_the_map_has_no_candidates(community):
    community.lat = community.lng = None
    community.save()
    elder = factories.ElderFactory(community=community, lat=None, lng=None)
    factories.VolunteerFactory(community=community)
    assert rank(log_request(elder, "groceries", actor=SYSTEM, **window())).candidates == []


def test_ranking_takes_few_queries_however_many_live_near(community, need, django_assert_max_num_queries):
    factories.VolunteerFactory.create_batch(30, community=community)
    need.refresh_from_db()
    need.elder.community  # noqa: B018 (loaded before the count begins)
    with django_assert_max_num_queries(12):
        rank(need)
