"""The order of asking: pure functions, so properties of them."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linzhu.dispatch.policy import (
    Experience,
    Neighbour,
    OpenOffer,
    Part,
    Record,
    Situation,
    Tally,
    expect,
    learn,
    part_of,
    plan,
)
from linzhu.dispatch.policy.chance import answered_within, still_coming
from linzhu.dispatch.policy.learning import FATIGUE_PRIOR, fit_fatigue
from linzhu.dispatch.policy.waves import YesCount

CALM = Situation(minutes_left=120)
WORN = Situation(minutes_left=120, texts_per_head=3)


@st.composite
def records(draw):
    expected, share = draw(st.floats(0, 20)), draw(st.floats(0, 1))
    return Record(own=Tally(expected, expected * share))


@st.composite
def experiences(draw):
    overall = Tally(draw(st.floats(0, 100)), draw(st.floats(0, 60)))
    return Experience(overall=overall, fatigue=draw(st.sampled_from([0.0, 0.1, 0.35, 1.0])))


situations = st.builds(
    Situation,
    minutes_left=st.floats(1, 600),
    places=st.integers(1, 3),
    urgent=st.booleans(),
    part=st.sampled_from(Part),
    day=st.floats(0, 400),
    texts_per_head=st.floats(0, 12),
    mean_visits_lately=st.floats(0, 5),
)
neighbours = st.builds(
    Neighbour,
    key=st.integers(1, 10**6),
    distance_m=st.floats(0, 8000),
    texts_week=st.integers(0, 5),
    hours_since_text=st.none() | st.floats(0, 168),
    yes_today=st.booleans(),
    visits_with_elder=st.integers(0, 9),
    visits_lately=st.floats(0, 9),
    record=records(),
)
crowds = st.lists(neighbours, max_size=25, unique_by=lambda one: one.key)
open_offers = st.lists(st.builds(OpenOffer, chance=st.floats(0, 0.95), minutes_ago=st.floats(0, 200)), max_size=6)


def for_all(*strategies):
    """Like ``given``, without a deadline: a busy machine is slow now and then, and that is no failure."""
    return lambda test: settings(deadline=None)(given(*strategies)(test))


def crowd(size, **facts):
    return [Neighbour(key=key, distance_m=300 + 10 * key, **facts) for key in range(size)]


def keys(decision):
    return [one.neighbour.key for one in decision.order]


def score(neighbour, situation=CALM, experience=None):
    return plan(situation, [neighbour], [], experience or Experience()).order[0].score


@for_all(neighbours, st.floats(0, 8000), situations, st.sampled_from([0.0, 0.1, 0.35, 1.0]))
def test_nearer_is_never_asked_later(one, nearer_m, situation, fatigue):
    near, far = sorted([one.distance_m, nearer_m])
    pair = [replace(one, key=1, distance_m=far), replace(one, key=2, distance_m=near)]
    if near < far:
        assert keys(plan(situation, pair, [], Experience(fatigue=fatigue))) == [2, 1]


@for_all(neighbours, st.integers(0, 5), situations, experiences())
def test_more_texts_of_the_week_never_raise_the_score(one, texts, situation, experience):
    fewer, more = sorted([one.texts_week, texts])
    rested, tired = replace(one, texts_week=fewer), replace(one, texts_week=more)
    assert score(tired, situation, experience) <= score(rested, situation, experience) + 1e-12


@for_all(neighbours, st.floats(0, 168), situations, experiences())
def test_a_more_recent_text_never_raises_the_score(one, hours, situation, experience):
    recent, older = sorted([one.hours_since_text or 0.0, hours])
    just_asked, asked_before = replace(one, hours_since_text=recent), replace(one, hours_since_text=older)
    assert score(just_asked, situation, experience) <= score(asked_before, situation, experience) + 1e-12


@for_all(neighbours, situations)
def test_more_yeses_never_lower_the_chance(one, situation):
    refuser, helper = Record(Tally(4.0, 1.0)), Record(Tally(4.0, 6.0))
    chances = [expect(replace(one, record=record), situation, Experience()).value for record in (refuser, helper)]
    assert chances == sorted(chances)


@for_all(crowds, situations, open_offers, experiences())
def test_plan_asks_only_those_it_was_given_and_each_once(people, situation, offers, experience):
    decision = plan(situation, people, offers, experience)
    assert sorted(keys(decision)) == sorted(one.key for one in people if one.texts_week < one.weekly_cap)
    assert 0 <= decision.size <= len(decision.order)


@for_all(crowds, situations, open_offers, experiences())
def test_plan_is_the_same_whatever_order_people_come_in(people, situation, offers, experience):
    forwards = plan(situation, people, offers, experience)
    assert plan(situation, people[::-1], offers, experience) == forwards


@for_all(crowds, situations, experiences())
def test_somebody_is_asked_while_no_offer_is_open(people, situation, experience):
    decision = plan(situation, people, [], experience)
    assert decision.size >= min(situation.places, len(decision.order))


@for_all(crowds, situations, open_offers, experiences())
def test_looks_again_within_minutes(people, situation, offers, experience):
    decision = plan(situation, people, offers, experience)
    assert 2 <= decision.next_in_minutes <= 20


def test_cap_of_the_week_is_kept():
    people = [Neighbour(1, 100, texts_week=3, weekly_cap=3), Neighbour(2, 4000, texts_week=2, weekly_cap=3)]
    assert keys(plan(CALM, people, [], Experience())) == [2]


def test_cap_of_nought_is_never_asked():
    assert plan(CALM, [Neighbour(1, 100, weekly_cap=0)], [], Experience()).order == []


def test_size_grows_when_time_is_short():
    sizes = [plan(replace(WORN, minutes_left=left), crowd(40), [], Experience()).size for left in (240, 12, 4)]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1]


def test_size_grows_when_urgent():
    people = crowd(40)
    assert (
        plan(replace(CALM, urgent=True, texts_per_head=4), people, [], Experience()).size
        > plan(replace(CALM, texts_per_head=4), people, [], Experience()).size
    )


def test_size_grows_with_places():
    sizes = [plan(replace(CALM, places=places), crowd(60), [], Experience()).size for places in (1, 2, 3)]
    assert sizes[0] < sizes[1] < sizes[2]


@for_all(st.floats(0, 10), st.floats(0, 10))
def test_size_never_grows_with_load(load, other):
    lighter, heavier = sorted([load, other])
    sizes = [plan(replace(CALM, texts_per_head=load), crowd(30), [], Experience()).size for load in (lighter, heavier)]
    assert sizes[1] <= sizes[0]


def test_size_shrinks_when_people_are_sure():
    sure = Record(Tally(5.0, 10.0))
    assert plan(CALM, crowd(40, record=sure), [], Experience()).size < plan(CALM, crowd(40), [], Experience()).size


def test_size_grows_where_few_answer():
    mute = Experience(overall=Tally(200, 60))
    assert plan(CALM, crowd(60), [], mute).size > plan(CALM, crowd(60), [], Experience()).size


@for_all(open_offers, st.floats(0, 0.95))
def test_size_never_grows_with_an_open_offer(offers, chance):
    with_one_more = [*offers, OpenOffer(chance, 1.0)]
    sizes = [plan(CALM, crowd(30), asked, Experience()).size for asked in (offers, with_one_more)]
    assert sizes[1] <= sizes[0]


def test_decliner_is_replaced_at_once():
    people = crowd(30)
    first = plan(WORN, people, [], Experience())
    asked = [OpenOffer(one.chance.value, 0.0) for one in first.chosen]
    others = [one.neighbour for one in first.order[first.size :]]
    assert plan(WORN, others, asked, Experience(), replacing=True).size == 0
    assert plan(WORN, others, asked[1:], Experience(), replacing=True).size >= 1


@for_all(crowds, situations, open_offers, experiences())
def test_every_wave_asks_somebody_new(people, situation, offers, experience):
    decision = plan(situation, people, offers, experience)
    assert bool(decision.size) == bool(decision.order)


def test_newcomer_is_asked_before_somebody_of_the_same_chance():
    known = Record(Tally(10.0, 10.0))
    people = [Neighbour(1, 500, record=known), Neighbour(2, 500)]
    assert keys(plan(CALM, people, [], Experience())) == [2, 1]


def test_newcomer_far_away_is_not_asked_before_a_sure_neighbour():
    people = [Neighbour(1, 300, record=Record(Tally(10.0, 15.0))), Neighbour(2, 3000)]
    assert keys(plan(CALM, people, [], Experience())) == [1, 2]


def test_who_has_helped_less_lately_is_asked_first():
    people = [Neighbour(1, 500, visits_lately=3), Neighbour(2, 500, visits_lately=0)]
    assert keys(plan(replace(CALM, mean_visits_lately=1.5), people, [], Experience())) == [2, 1]


def test_whom_the_elder_knows_is_asked_first():
    people = [Neighbour(1, 500), Neighbour(2, 500, visits_with_elder=2)]
    assert keys(plan(CALM, people, [], Experience())) == [2, 1]


def test_who_has_said_yes_today_is_asked_last():
    people = [Neighbour(1, 300, yes_today=True), Neighbour(2, 900)]
    assert keys(plan(CALM, people, [], Experience())) == [2, 1]


def test_habit_counts_in_its_part_of_the_week_only():
    record = Record()
    record.parts[Part.WEEKEND_MORNING] = Tally(3.0, 8.0)
    one = Neighbour(1, 500, record=record)
    usual = expect(one, CALM, Experience()).value
    assert expect(one, replace(CALM, part=Part.WEEKEND_MORNING), Experience()).value > usual


def test_reasons_are_json():
    one = Neighbour(1, 512.4, texts_week=2, visits_with_elder=1)
    assert json.loads(json.dumps(plan(CALM, [one], [], Experience()).order[0].reasons())) == [
        {"code": "chance", "percent": 27},
        {"code": "distance", "m": 512},
        {"code": "visits", "n": 1},
        {"code": "texts", "n": 2},
        {"code": "newcomer"},
    ]


def told(answers, *, chance_facts=None, experience=None, minutes=6.0):
    """Return an experience and a record that were told these endings of offers to the same neighbour."""
    experience, record = experience or Experience(), Record()
    for day, answer in enumerate(answers):
        one = Neighbour(1, 500, record=record, **(chance_facts or {}))
        chance = expect(one, replace(CALM, day=float(day)), experience)
        learn(experience, record, chance, day=float(day), answer=answer, minutes=minutes)
    return experience, record


def test_chance_rises_with_yeses_and_falls_with_silence():
    chances = [
        expect(Neighbour(1, 500, record=record), replace(CALM, day=10.0), experience).value
        for experience, record in (told([True] * 10), told([]), told([None] * 10))
    ]
    assert chances[0] > chances[1] > chances[2]


def test_record_is_forgotten_slowly():
    _, record = told([None] * 10)
    one = Neighbour(1, 500, record=record)
    soon, later, never = (expect(one, replace(CALM, day=day), Experience()).value for day in (10, 70, 10**6))
    assert soon < later < never
    assert never == pytest.approx(expect(Neighbour(1, 500), CALM, Experience()).value)


def test_yes_after_a_yes_today_teaches_nothing_about_the_person():
    experience, record = told([None] * 5, chance_facts={"yes_today": True})
    assert record == Record()
    assert experience.again.expected > 0


def test_delay_is_learned_from_yeses():
    experience, _ = told([True] * 200, minutes=30.0)
    assert experience.median_delay() == pytest.approx(30, rel=0.1)


def test_fatigue_is_learned_from_yeses_by_texts_of_the_week():
    def cells(fatigue):
        return [Tally(50, 50 / (1 + fatigue * texts)) for texts in range(16)]

    assert [fit_fatigue(cells(fatigue)) for fatigue in (0.0, 0.1, 0.35)] == [0.0, 0.1, 0.35]


def test_fatigue_is_the_first_guess_before_anything_is_known():
    assert fit_fatigue(Experience().cells) == FATIGUE_PRIOR


def test_what_was_learned_survives_json():
    experience, record = told([True, False, None] * 20)
    assert Experience.from_json(json.loads(json.dumps(experience.to_json()))) == experience
    assert Record.from_json(json.loads(json.dumps(record.to_json()))) == record


@for_all(st.floats(0, 0.95), st.floats(0, 500), st.floats(0, 500))
def test_open_offer_hopes_less_the_longer_it_is_silent(chance, age, minutes):
    now = still_coming(OpenOffer(chance, age), minutes, Experience())
    assert 0 <= now <= chance + 1e-9


def test_half_of_all_yeses_have_come_after_the_median():
    assert answered_within(6.0, 6.0) == 0.5
    assert answered_within(0.0, 6.0) == 0.0


def test_chance_of_two_yeses_of_three():
    yeses = YesCount(2)
    for chance in (0.5, 0.5, 0.5):
        yeses.add(chance)
    assert yeses.enough == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("local", "part"),
    [
        (datetime(2026, 7, 27, 9, 0, tzinfo=UTC), Part.WEEKDAY_MORNING),
        (datetime(2026, 7, 27, 12, 0, tzinfo=UTC), Part.WEEKDAY_AFTERNOON),
        (datetime(2026, 7, 31, 20, 0, tzinfo=UTC), Part.WEEKDAY_EVENING),
        (datetime(2026, 8, 1, 3, 0, tzinfo=UTC), Part.WEEKEND_EVENING),
        (datetime(2026, 8, 2, 11, 59, tzinfo=UTC), Part.WEEKEND_MORNING),
    ],
)
def test_part_of_the_week(local, part):
    assert part_of(local) is part
