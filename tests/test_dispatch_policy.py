"""The order of asking: pure functions, so properties of them."""

import json
import math
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
    Tuning,
    expect,
    learn,
    part_of,
    plan,
)
from linzhu.dispatch.policy.delays import Delays
from linzhu.dispatch.policy.learning import AGAIN_PRIOR, FATIGUE_PRIOR, fit_fatigue
from linzhu.dispatch.policy.pace import YesCount

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
    texts_by_day=st.lists(st.integers(0, 2), max_size=7),
    weekly_cap=st.integers(1, 15),
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
    one = at_ease(one)
    pair = [replace(one, key=1, distance_m=far), replace(one, key=2, distance_m=near)]
    if near < far:
        assert keys(plan(situation, pair, [], Experience(fatigue=fatigue))) == [2, 1]


@for_all(neighbours, st.integers(0, 6), situations, experiences())
def test_one_more_text_in_the_week_never_raises_the_score(one, day, situation, experience):
    rested, tired = at_ease(one), at_ease(one, text_on=day)
    assert score(tired, situation, experience) <= score(rested, situation, experience) + 1e-12


@for_all(neighbours, st.integers(0, 6), st.integers(0, 6), situations, experiences())
def test_a_more_recent_text_never_raises_the_score(one, day, other_day, situation, experience):
    recent, older = sorted([day, other_day])
    just_asked, asked_before = at_ease(one, text_on=recent), at_ease(one, text_on=older)
    assert score(just_asked, situation, experience) <= score(asked_before, situation, experience) + 1e-12


def at_ease(one, *, text_on=None):
    """The same neighbour, far from any cap, with one more text some days ago."""
    texts = [*one.texts_by_day, *[0] * (7 - len(one.texts_by_day))]
    if text_on is not None:
        texts[text_on] += 1
    return replace(one, texts_by_day=texts, weekly_cap=99)


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
    people = [Neighbour(1, 100, texts_by_day=[1, 2], weekly_cap=3), Neighbour(2, 4000, texts_by_day=[2], weekly_cap=3)]
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


def certain(size, **facts):
    """Return people of whom it is known how often they say yes: nothing but the facts differs."""
    return crowd(size, record=Record(Tally(50, 50)), **facts)


def size_of(people, situation=CALM, offers=(), experience=None, **tuning):
    return plan(situation, people, offers, experience or Experience(), Tuning(**tuning)).size


def wait_of(people, situation=CALM, offers=(), experience=None, **tuning):
    return plan(situation, people, offers, experience or Experience(), Tuning(**tuning)).next_in_minutes


def untiring(again=0.0):
    """Return the experience of a place where texts wear out nobody; after a yes they say yes ``again`` as often."""
    return Experience(fatigue=0.0, again=Tally(400, 400 * again / AGAIN_PRIOR))


def test_fewer_are_asked_where_a_yes_in_vain_is_the_last_of_the_day():
    lost, kept = (size_of(certain(60), experience=untiring(again)) for again in (0.0, 1.0))
    assert lost < kept


def test_texts_are_not_spared_where_they_cost_nothing():
    assert size_of(certain(60), experience=untiring(), in_vain=0.0) == 60


@for_all(crowds, situations, open_offers, experiences(), st.integers(0, 20), st.integers(0, 20))
def test_size_never_grows_with_help_requests_that_find_nobody(people, situation, offers, experience, few, more):
    few, more = sorted([few, more])
    sizes = [
        plan(replace(situation, searched_lately=40, unfilled_lately=unfilled), people, offers, experience).size
        for unfilled in (few, more)
    ]
    assert sizes[1] <= sizes[0]


def test_waits_longer_where_help_requests_find_nobody():
    calm, scarce = (replace(WORN, searched_lately=400, unfilled_lately=unfilled) for unfilled in (0, 100))
    asked = [OpenOffer(0.5, 4.0), OpenOffer(0.5, 4.0)]
    assert wait_of(certain(30), scarce, asked) > wait_of(certain(30), calm, asked)


def test_fewer_are_asked_at_once_where_everybody_may_say_no():
    few, many = certain(4), certain(90)
    assert size_of(few, WORN) < size_of(few, WORN, scarce_here=0.0)
    assert size_of(many, WORN) == size_of(many, WORN, scarce_here=0.0)


def test_waits_less_when_urgent():
    asked = [OpenOffer(0.4, 3.0)] * 4
    assert wait_of(certain(40), replace(WORN, urgent=True), asked) < wait_of(certain(40), WORN, asked)


def test_waits_longer_where_answers_come_slowly():
    slow = Experience(yeses=200, log_delays=200 * math.log(30))
    asked = [OpenOffer(0.4, 0.0)] * 4
    assert wait_of(certain(40), CALM, asked, slow) > wait_of(certain(40), CALM, asked)


def test_waits_for_answers_when_nobody_is_left_to_ask():
    assert wait_of([], CALM, [OpenOffer(0.4, 0.0)]) == 2 * Experience().median_delay()


def test_one_who_surely_comes_is_waited_for():
    asked = [OpenOffer(0.95, 1.0)]
    assert size_of(certain(40), WORN, asked) == 1  # a wave always asks somebody new
    assert wait_of(certain(40), WORN, asked) > wait_of(certain(40), WORN, [OpenOffer(0.05, 1.0)])


def test_many_are_asked_at_once_when_the_end_is_near_and_nobody_has_answered():
    silent = [OpenOffer(0.3, 60.0)] * 10
    assert size_of(certain(60), replace(WORN, minutes_left=8), silent) > size_of(certain(60), WORN, silent)


@pytest.mark.parametrize("places", [1, 2, 3])
def test_as_many_are_asked_as_have_declined_with_nobody_else_open(places):
    situation = replace(WORN, places=places)
    assert plan(situation, crowd(30), [], Experience(), replacing=True).size >= places


def test_newcomer_is_asked_sooner_or_later_though_others_are_surer():
    """Whoever says yes gets texts, and tires: nobody who has never been asked is starved."""
    eager = [Neighbour(key, 300, record=Record(Tally(20, 26))) for key in range(3)]
    newcomer = Neighbour(9, 900)
    tired = [replace(one, texts_by_day=[2, 1, 1, 1]) for one in eager]
    assert keys(plan(CALM, [*eager, newcomer], [], Experience()))[-1] == 9
    assert keys(plan(replace(CALM, texts_per_head=3.75), [*tired, newcomer], [], Experience()))[0] == 9


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
    one = Neighbour(1, 512.4, texts_by_day=[0, 2], visits_with_elder=1)
    assert json.loads(json.dumps(plan(CALM, [one], [], Experience()).order[0].reasons())) == [
        {"code": "chance", "percent": 24},
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
    now = Delays(Experience()).still_coming(OpenOffer(chance, age), minutes)
    assert 0 <= now <= chance + 1e-9


def test_half_of_all_yeses_have_come_after_the_median():
    delays = Delays(Experience())
    assert delays.within(delays.median) == pytest.approx(0.5)
    assert delays.within(0.0) == 0.0


@for_all(st.floats(0, 0.95), st.floats(0, 200), st.floats(0, 60), st.floats(0, 200))
def test_waiting_for_an_offer_is_as_good_as_an_older_offer(chance, age, waited, minutes):
    delays = Delays(Experience())
    older = delays.still_coming(OpenOffer(chance, age + waited), minutes)
    assert delays.still_coming(OpenOffer(chance, age), minutes, waited=waited) == older


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
