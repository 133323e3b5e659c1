"""What is learned from how every offer ended, and that it changes the order of asking."""

from datetime import timedelta

import pytest

from linzhu.communities.clock import now
from linzhu.dispatch import habits, policy
from linzhu.dispatch.assignments import assign
from linzhu.dispatch.models import Assignment, Offer, PlaceHabits
from linzhu.dispatch.offers import accept, decline, stand_by
from linzhu.dispatch.waves import start_wave
from linzhu.notifications.models import Message
from linzhu.requests.lifecycle import SYSTEM, log_request
from linzhu.requests.models import HelpRequest
from tests import factories
from tests.asking import neighbours, order_of
from tests.factories import window

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("room")]


def place_habits():
    return policy.Experience.from_json(PlaceHabits.objects.get().counts)


def test_yes_is_learned_once(wave, community):
    accept(wave.offers.first(), actor=SYSTEM)
    habits.learn_due(now())
    habits.learn_due(now())
    experience = place_habits()
    assert (experience.yeses, experience.refusals, experience.silences) == (1, 0, 0)


def test_no_is_learned_of_the_volunteer(wave):
    offer = wave.offers.first()
    decline(offer, actor=SYSTEM)
    habits.learn_due(now())
    record = habits.records_of([offer.volunteer_id])[offer.volunteer_id]
    assert (record.own.yes, record.own.expected > 0) == (0, True)


def test_open_offer_is_not_learned_yet(wave):
    habits.learn_due(now())
    assert PlaceHabits.objects.count() == 0


def test_silence_is_learned_when_the_offer_expires(wave, need):
    habits.learn_due(need.window_start)
    assert place_habits().silences == 2


def test_silence_is_learned_after_a_day_at_the_latest(community, elder):
    neighbours(community, 1)
    wave = start_wave(log_request(elder, "groceries", actor=SYSTEM, **window(80)))
    habits.learn_due(wave.started_at + timedelta(hours=23))
    assert PlaceHabits.objects.count() == 0
    habits.learn_due(wave.started_at + timedelta(hours=25))
    assert place_habits().silences == 1


@pytest.mark.parametrize("state", ["suppressed", "failed", "undelivered", "expired"])
def test_who_was_not_reached_has_not_been_silent(wave, need, state):
    Message.objects.update(state=state)
    habits.learn_due(need.window_start)
    assert (place_habits().silences, Offer.objects.filter(expectation__isnull=False).count()) == (0, 0)


def test_answer_counts_however_its_text_fared(wave):
    Message.objects.update(state="undelivered")
    accept(wave.offers.first(), actor=SYSTEM)
    habits.learn_due(now())
    assert place_habits().yeses == 1


def test_yes_on_the_phone_is_learned_as_a_yes(wave, need):
    offer = wave.offers.first()
    assign(need, offer.volunteer, actor=SYSTEM, via=Assignment.Via.PHONE)
    habits.learn_due(now())
    assert (Offer.objects.get(pk=offer.pk).answer, place_habits().yeses) == (Offer.Answer.YES, 1)


def test_late_yes_is_learned_as_a_yes(late):
    stand_by(late)
    habits.learn_due(now())
    assert place_habits().yeses == 2


def test_offer_that_was_withdrawn_may_still_be_answered(late):
    habits.learn_due(now())
    assert place_habits().silences == 0


def test_place_learns_for_its_whole_tree(elder):
    city = factories.CommunityFactory(code="wide")
    here, there = (factories.CommunityFactory(parent=city) for _ in "ab")
    neighbours(here, 1)
    wave = start_wave(log_request(factories.ElderFactory(community=here), "groceries", actor=SYSTEM, **window(8)))
    accept(wave.offers.get(), actor=SYSTEM)
    habits.learn_due(now())
    assert habits.habits_of(there).experience.yeses == 1
    assert habits.habits_of(elder.community).experience.yeses == 0


def test_expectation_of_an_earlier_version_is_forgotten(wave):
    Offer.objects.update(expectation={"value": 0.5}, answer="yes", answered_at=now())
    habits.learn_due(now())
    assert (place_habits().yeses, Offer.objects.filter(expectation__isnull=False).count()) == (0, 0)


def test_who_is_often_asked_in_vain_comes_later(community, elder, need):
    silent, other = neighbours(community, 2)
    for _week in range(6):
        other_need = log_request(elder, "parcel", actor=SYSTEM, **window(3))
        wave = factories.WaveFactory(help_request=other_need, ended_at=now())
        somebody, moment = policy.Neighbour(key=1, distance_m=10), policy.Situation(minutes_left=60)
        chance = policy.expect(somebody, moment, policy.Experience())
        factories.OfferFactory(
            help_request=other_need, wave=wave, volunteer=silent, expectation=chance._asdict(),
            created_at=now() - timedelta(days=9), expires_at=now() - timedelta(days=8), status="expired",
        )  # fmt: skip
    habits.learn_due(now())
    assert order_of(need) == [other, silent]


@pytest.mark.parametrize(
    ("fields", "counted"),
    [
        ({"status": "open"}, (0, 0)),
        ({"status": "cancelled"}, (0, 0)),
        ({"status": "closed"}, (1, 0)),
        ({"status": "unmet"}, (1, 1)),
        ({"status": "paused", "pause_reason": "nobody-found"}, (1, 1)),
        ({"status": "paused", "pause_reason": "money"}, (1, 0)),
    ],
)
def test_searches_that_found_nobody_are_counted_once_an_hour(wave, need, elder, fields, counted):
    accept(wave.offers.first(), actor=SYSTEM)
    habits.learn_due(now())
    HelpRequest.objects.filter(pk=need.pk).update(status="cancelled")
    factories.HelpRequestFactory(elder=elder, **fields)
    habits.count_searches(now())
    factories.HelpRequestFactory(elder=elder, status="unmet")
    habits.count_searches(now())
    place = habits.habits_of(elder.community)
    assert (place.searched_lately, place.unfilled_lately) == counted
    habits.count_searches(now() + habits.COUNT_EVERY)
    place = habits.habits_of(elder.community)
    assert (place.searched_lately, place.unfilled_lately) == (counted[0] + 1, counted[1] + 1)
