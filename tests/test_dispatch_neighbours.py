"""The fast search finds the same people, in the same order, as judging everybody one by one."""

from datetime import date, datetime, timedelta
from random import Random

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from linzhu.communities.clock import now
from linzhu.communities.geo import box_around, distance_m
from linzhu.communities.people import Language, Skill
from linzhu.communities.rules import Rules
from linzhu.dispatch.matching import Candidate, Exclusion, consider, exclusions, find_pool, rank
from linzhu.dispatch.models import Assignment, Bond, CashJob, Offer
from linzhu.dispatch.neighbours import TRAVEL_MARGIN, WEEK, Wanted, _box, _flat_values, _widen, count_within
from linzhu.requests.lifecycle import SYSTEM, log_request
from linzhu.requests.models import HelpRequest
from linzhu.volunteers.availability import Week, fits, is_free, slots, spans, window_masks
from linzhu.volunteers.models import Volunteer
from tests import factories
from tests.factories import LAT, LNG, window

pytestmark = pytest.mark.django_db
SEEDS = 10


# --- a made-up neighbourhood --------------------------------------------------------------------------------------


def some_of(chance: Random, values: list[str]) -> frozenset[str]:
    return frozenset(value for value in values if chance.random() < 0.8)


def some_week(chance: Random) -> Week:
    return Week(*(chance.choice([*[slots(0, 1440)] * 5, slots(480, 720), slots(840, 870), 0]) for _day in range(7)))


def settle(chance: Random, communities: list, count: int, at: datetime) -> None:
    """Volunteers up to 7 km away; every rule excludes some of them."""
    spread = chance.choice([0.004, 0.02, 0.06])
    people = []
    for number in range(count):
        volunteer = Volunteer(
            community=chance.choice(communities),
            name=f"Volunteer {number}",
            phone=f"+86199{40000000 + number}",
            lat=chance.choice([LAT + chance.uniform(-spread, spread)] * 9 + [None]),
            lng=LNG + chance.uniform(-spread, spread),
            status=chance.choice(["active"] * 8 + ["left"]),
            reach_m=chance.choice([500, 2000, 5000, 5000, 50_000]),
            gender=chance.choice(["woman", "man", ""]),
            skills=some_of(chance, Skill.values),
            languages=some_of(chance, Language.values),
            has_vehicle=chance.random() < 0.8,
            clearance=chance.choice([1, 2, 2]),
            cleared_until=chance.choice([None, date(2020, 1, 1), timezone.localdate(at), *[date(2099, 1, 1)] * 6]),
            paused_until=chance.choice([None] * 5 + [at - timedelta(hours=1), at + timedelta(hours=1)]),
            opted_out_at=chance.choice([None] * 8 + [at]),
            weekly_cap=chance.choice([None, None, 1, 3]),
        )
        volunteer.week = some_week(chance)
        people.append(volunteer)
    Volunteer.objects.bulk_create(people)


def remember(chance: Random, need: HelpRequest, at: datetime) -> None:
    """Offers of these weeks, visits to this elder and to others, answers to this very help request."""
    people = list(Volunteer.objects.all())
    elders = [need.elder, factories.ElderFactory(community=need.community)]
    others = [
        factories.HelpRequestFactory(elder=elder, **window(chance.choice([-200, 2, 20])))
        for elder in elders
        for _ in "ab"
    ]
    for other in [need, *others]:
        wave = factories.WaveFactory(help_request=other, ended_at=at)
        for volunteer in chance.sample(people, len(people) // 6):
            factories.OfferFactory(
                help_request=other,
                wave=wave,
                volunteer=volunteer,
                round=chance.choice([0, 1, 2]),
                status=chance.choice(["expired", "declined", "standby"]),
                created_at=at - timedelta(days=chance.choice([1, 6, 8])),
            )
        for volunteer in chance.sample(people, 3):
            factories.AssignmentFactory(
                help_request=other,
                volunteer=volunteer,
                place=1 + Assignment.objects.filter(help_request=other).count(),
                status="released" if other == need else chance.choice(["standing", "finished", "released"]),
            )


def bind(chance: Random, need: HelpRequest) -> None:
    """Pair some with the elder, prefer some, keep some away."""
    for kind in Bond.Kind.values:
        for volunteer in chance.sample(list(Volunteer.objects.all()), 2):
            Bond.objects.create(elder=need.elder, volunteer=volunteer, kind=kind)


def shop(chance: Random, at: datetime) -> None:
    """The money of some visits does not agree; of others it did not, and has been cleared."""
    for visit in Assignment.objects.exclude(help_request__window_start__gt=at):
        status = chance.choice(["gap", "cleared", "due"])
        settled_at = at if status == "cleared" else None
        fields = {"volunteer": visit.volunteer, "limit_fen": 200_00, "status": status, "settled_at": settled_at}
        CashJob.objects.create(assignment=visit, **fields)


def invent(seed: int) -> HelpRequest:
    """Return a help request in a neighbourhood that depends on the seed alone."""
    chance, at = Random(seed), now()
    city, elsewhere = factories.CommunityFactory(code="city"), factories.CommunityFactory(code="elsewhere")
    here = factories.CommunityFactory(code="here", parent=city)
    communities = [here, here, factories.CommunityFactory(code="there", parent=city), elsewhere]
    need = factories.HelpRequestFactory(
        elder=factories.ElderFactory(community=here, languages=some_of(chance, Language.values)),
        service_code=chance.choice(["groceries", "ride", "phone-help", "paperwork"]),
        needs_vehicle=chance.random() < 0.3,
        needs_gender=chance.choice(["", "", "woman", "man"]),
        needs_language=chance.choice(["", "", "bo", "zh"]),
        needs_clearance=chance.choice([1, 1, 2]),
        **window(chance.choice([2, 9, 20, 40]), chance.choice([0.5, 2, 10, 30])),
    )
    settle(chance, communities, chance.choice([15, 60, 120]), at)
    remember(chance, need, at)
    bind(chance, need)
    shop(chance, at)
    return need


# --- the plain answer: everybody, one by one ----------------------------------------------------------------------


def judge_everybody(need: HelpRequest, radius_m: int, at: datetime) -> tuple[list, list]:
    """Return (candidates, excluded) as (metres, primary key, reasons), nearest first."""
    passed, excluded = [], []
    for volunteer in Volunteer.objects.filter(status="active", lat__isnull=False, community__path__startswith="city/"):
        metres = round(distance_m(*need.elder.position(), volunteer.lat, volunteer.lng))
        if metres > radius_m:
            continue
        look_up(volunteer, need, at)
        if reasons := exclusions(volunteer, need, metres, at):
            excluded.append((metres, volunteer.pk, reasons))
        else:
            passed.append((metres, volunteer.pk, []))
    return sorted(passed, key=lambda one: one[:2]), sorted(excluded, key=lambda one: one[:2])


def look_up(volunteer: Volunteer, need: HelpRequest, at: datetime) -> None:
    offers, visits = volunteer.offers.all(), volunteer.assignments.all()
    volunteer.texts = offers.filter(created_at__gt=at - WEEK).count()
    volunteer.visits = visits.current().filter(help_request__elder=need.elder).count()
    volunteer.is_asked = offers.filter(help_request=need, round=need.round).exists()
    volunteer.said_no = (
        offers.filter(help_request=need, status=Offer.Status.DECLINED).exists()
        or visits.filter(help_request=need, status=Assignment.Status.RELEASED).exists()
    )
    volunteer.is_ready = False
    volunteer.stands_by = offers.filter(help_request=need, round=need.round - 1, status=Offer.Status.STANDBY).exists()
    volunteer.has_cash_gap = volunteer.cash_jobs.filter(status="gap").exists()
    volunteer.is_busy = any(
        visit.help_request.window_start < need.window_end + TRAVEL_MARGIN
        and visit.help_request.window_end > need.window_start - TRAVEL_MARGIN
        for visit in visits.standing()
    )


def in_order(people: list, enough: int, need: HelpRequest) -> list[int]:
    """The nearest of them, and the elder's acquaintances and who stands by, nearest first."""
    known = set(Assignment.objects.current().filter(help_request__elder=need.elder).values_list("volunteer", flat=True))
    wished = Bond.objects.standing().filter(elder=need.elder, kind__in=["paired", "preferred"])
    known |= set(wished.values_list("volunteer", flat=True))
    stand_by = Offer.objects.filter(help_request=need, round=need.round - 1, status=Offer.Status.STANDBY)
    known |= set(stand_by.values_list("volunteer", flat=True))
    return [pk for place, (_metres, pk, _none) in enumerate(people) if place < enough or pk in known]


@pytest.mark.parametrize("seed", range(SEEDS))
def test_wave_asks_the_same_people_as_judging_everybody(seed, stopped_clock):
    need = invent(seed)
    for radius_m, enough in [(8000, 5), (1500, 1), (4000, 500)]:
        passed, _excluded = judge_everybody(need, radius_m, now())
        found = find_pool(need, Rules(), radius_m=radius_m, enough=enough)
        assert [candidate.volunteer.pk for candidate in found.candidates] == in_order(passed, enough, need)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_page_gives_everybody_the_same_reasons(seed, stopped_clock):
    need = invent(seed)
    passed, excluded = judge_everybody(need, 8000, now())
    ranking = rank(need, radius_m=8000)
    assert [candidate.volunteer.pk for candidate in ranking.candidates] == in_order(passed, 500, need)
    assert [(one.distance_m, one.volunteer.pk, one.reasons) for one in ranking.excluded] == excluded
    assert ranking.unlisted == 0


def test_invented_neighbourhoods_are_worth_comparing(stopped_clock):
    """All reasons occur, and most worlds have candidates: the comparison above is not one of empty lists."""
    codes, filled = set(), 0
    for seed in range(SEEDS):
        with transaction.atomic():
            passed, excluded = judge_everybody(invent(seed), 8000, now())
            transaction.set_rollback(True)
        filled += bool(passed)
        codes |= {reason["code"] for _metres, _pk, reasons in excluded for reason in reasons}
    assert filled >= SEEDS * 2 // 3
    assert codes == {
        *(
            "not-cleared",
            "clearance-expired",
            "clearance-level",
            "opted-out",
            "paused",
            "too-far",
            "skill",
            "no-vehicle",
        ),
        *("gender", "no-language", "not-free", "busy", "cap", "asked", "said-no", "never", "cash-gap"),
    }


# --- bounds -------------------------------------------------------------------------------------------------------


@pytest.fixture
def need(community):
    return log_request(factories.ElderFactory(community=community), "groceries", actor=SYSTEM, **window())


@pytest.mark.parametrize("north", [0.0049, 0.0091, 0.0153, 0.0337])
def test_volunteer_exactly_at_the_end_of_reach_and_ring_is_asked(community, need, north):
    metres = round(distance_m(LAT, LNG, LAT + north, LNG + 0.01))
    factories.VolunteerFactory(community=community, lat=LAT + north, lng=LNG + 0.01, reach_m=metres)
    assert [one.distance_m for one in find_pool(need, Rules(), radius_m=metres, enough=3).candidates] == [metres]
    assert find_pool(need, Rules(), radius_m=metres - 1, enough=3).candidates == []


def test_wave_is_bounded_to_the_nearest(community, need):
    near, *_further = [factories.VolunteerFactory(community=community, lat=LAT + step / 1000) for step in range(5)]
    assert [candidate.volunteer for candidate in find_pool(need, Rules(), radius_m=8000, enough=1).candidates] == [near]


def test_acquaintance_is_a_candidate_however_many_live_nearer(community, need):
    factories.VolunteerFactory.create_batch(3, community=community, lat=LAT)
    known = factories.VolunteerFactory(community=community, lat=LAT + 0.015)
    factories.AssignmentFactory(
        help_request=factories.HelpRequestFactory(elder=need.elder, **window(-50)), volunteer=known, status="finished"
    )
    assert known in [candidate.volunteer for candidate in find_pool(need, Rules(), radius_m=8000, enough=1).candidates]


def test_page_names_the_nearest_and_counts_the_rest(community, need):
    factories.VolunteerFactory.create_batch(30, community=community)
    factories.VolunteerFactory.create_batch(40, community=community, skills=set())
    ranking = rank(need, listed=10)
    assert (len(ranking.candidates), len(ranking.candidates) + len(ranking.excluded) + ranking.unlisted) == (10, 70)
    assert 10 <= len(ranking.excluded) < 40


def test_page_names_who_is_asked_however_many_live_nearer(community, need):
    asked = factories.VolunteerFactory(community=community, lat=LAT + 0.015)
    factories.OfferFactory(help_request=need, wave=factories.WaveFactory(help_request=need), volunteer=asked)
    factories.VolunteerFactory.create_batch(40, community=community, lat=LAT, skills=set())
    assert asked in [exclusion.volunteer for exclusion in rank(need, listed=5).excluded]


def test_one_person_is_considered_however_far_away(community, need):
    far = factories.VolunteerFactory(community=community, lat=LAT + 1, reach_m=500)
    near = factories.VolunteerFactory(community=community)
    assert isinstance(consider(need, near.pk), Candidate)
    standing = consider(need, far.pk)
    assert isinstance(standing, Exclusion)
    assert [reason["code"] for reason in standing.reasons] == ["too-far"]


@pytest.mark.parametrize("fields", [{"status": "left"}, {"lat": None}])
def test_inactive_or_unplaced_volunteer_is_not_considered(community, need, fields):
    assert consider(need, factories.VolunteerFactory(community=community, **fields).pk) is None


def test_volunteer_of_another_tree_is_not_considered(need):
    assert consider(need, factories.VolunteerFactory(community=factories.CommunityFactory(code="elsewhere")).pk) is None


def test_count_leaves_out_other_trees_and_the_corners(community, need):
    factories.VolunteerFactory(community=community)
    factories.VolunteerFactory(community=community, lat=LAT + 0.0081, lng=LNG + 0.0104)
    factories.VolunteerFactory(community=factories.CommunityFactory(code="elsewhere"))
    assert count_within(Wanted(need, now()), 1000) == 1


# --- the numbers behind it ----------------------------------------------------------------------------------------

latitudes, bearings = st.floats(-75, 75), st.floats(-1, 1)


@given(lat=latitudes, north=bearings, east=bearings, ring_m=st.integers(100, 50_000))
@effort(max_examples=300)
def test_flat_distance_is_never_more_than_the_true_one(lat, north, east, ring_m):
    box = box_around(lat, LNG, ring_m)
    there = lat + north * (box.north - lat), LNG + east * (box.east - LNG)
    wanted = Wanted(HelpRequest(), now())
    wanted.__dict__["home"] = (lat, LNG)
    lat0, _lat, north_m2, lng0, _lng, east_m2 = _flat_values(wanted, _box((lat, LNG), ring_m))
    flat_m = ((there[0] - lat0) ** 2 * north_m2 + (there[1] - lng0) ** 2 * east_m2) ** 0.5
    assert flat_m <= distance_m(lat, LNG, *there) + 1


@given(lat=latitudes, east=bearings, ring_m=st.integers(100, 50_000), side=st.sampled_from([-1, 1]))
@effort(max_examples=300)
def test_box_holds_the_whole_ring(lat, east, ring_m, side):
    box = _box((lat, LNG), ring_m)
    on_edge = [
        (box.north if side > 0 else box.south, LNG + east * (box.east - LNG)),
        (lat + east * (box.north - lat), box.east),
    ]
    assert all(distance_m(lat, LNG, *point) > ring_m + 0.5 for point in on_edge)


@given(
    masks=st.lists(st.integers(0, (1 << 48) - 1), min_size=7, max_size=7),
    start=st.integers(0, 47),
    half_hours=st.integers(1, 70),
    minutes=st.integers(1, 300),
)
@effort(max_examples=300)
def test_stretch_by_shifting_is_the_stretch_by_counting(masks, start, half_hours, minutes):
    begin = timezone.make_aware(datetime(2026, 11, 23)) + start * timedelta(minutes=30)  # noqa: DTZ001
    end = begin + half_hours * timedelta(minutes=30)
    counted = any(
        finish - first >= min(minutes, mask.bit_count() * 30)
        for weekday, mask in window_masks(begin, end)
        for first, finish in spans(masks[weekday] & mask)
    )
    assert (
        is_free(Week(*masks), begin, end, minutes) == counted == fits(Week(*masks), window_masks(begin, end), minutes)
    )


@given(ring_m=st.integers(100, 50_000), found=st.integers(0, 10**6), enough=st.integers(1, 500))
def test_ring_always_widens_and_never_by_leaps(ring_m, found, enough):
    assert 1.4 * ring_m < _widen(ring_m, found, enough) <= 4 * ring_m


def test_index_answers_the_search_alone():
    """Every column that the search for neighbours reads is in the index: in its keys (SQLite) or carried by it."""
    with connection.cursor() as cursor:
        constraints = connection.introspection.get_constraints(cursor, "volunteers_volunteer")
    columns = set(constraints["volunteer_near"]["columns"]) | ({"id"} if connection.vendor == "sqlite" else set())
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'volunteer_near'")
            columns |= set(cursor.fetchone()[0].split("INCLUDE (")[1].split(")")[0].split(", "))
    days = {f"free_{day}" for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    assert columns == days | {
        *("id", "lat", "lng", "status", "community_id", "reach_m", "skills", "languages", "has_vehicle", "gender"),
        *("clearance", "cleared_until", "paused_until", "opted_out_at"),
    }
