"""Bonds, a community's rules and recurring requests at work in the search."""

from datetime import timedelta

import pytest

from linzhu.communities.models import CommunityRules
from linzhu.dispatch import bonds, clock
from linzhu.dispatch.errors import TooLate
from linzhu.dispatch.matching import rank
from linzhu.dispatch.models import Offer
from linzhu.dispatch.offers import accept
from linzhu.dispatch.waves import end_wave, start_wave
from linzhu.requests import recurring
from linzhu.requests.lifecycle import SYSTEM, log_request
from linzhu.requests.models import HelpRequest
from tests.factories import LAT, ElderFactory, RecurringRequestFactory, UserFactory, VolunteerFactory, window

pytestmark = pytest.mark.django_db


@pytest.fixture
def need(community):
    elder = ElderFactory(community=community)
    return log_request(elder, "groceries", actor=SYSTEM, **window(hours_ahead=8))


def asked(wave):
    return {offer.volunteer for offer in wave.offers.all()}


def test_paired_volunteer_is_asked_first_and_alone_then_the_others(community, need):
    others = set(VolunteerFactory.create_batch(3, community=community))
    paired = VolunteerFactory(community=community, lat=LAT + 0.01)
    bonds.pair(need.elder, paired, user=None)
    first = start_wave(need)
    assert (asked(first), first.ends_at - first.started_at) == ({paired}, timedelta(hours=1))
    second = end_wave(first)
    assert asked(second)
    assert asked(second) <= others


def test_who_is_kept_apart_is_not_asked(community, need):
    apart, other = VolunteerFactory.create_batch(2, community=community)
    bonds.never(need.elder, apart, by="never-by-elder", user=None)
    assert asked(start_wave(need)) == {other}
    assert [one.reasons for one in rank(need).excluded if one.volunteer == apart] == [[{"code": "never"}]]


def test_yes_of_somebody_kept_apart_meanwhile_is_refused(community, need):
    VolunteerFactory(community=community)
    offer = start_wave(need).offers.get()
    Offer.objects.filter(pk=offer.pk).update(status=Offer.Status.DECLINED)  # an open one would be void
    bonds.never(need.elder, offer.volunteer, by="never-by-volunteer", user=None)
    with pytest.raises(TooLate):
        accept(offer, actor=SYSTEM)


def test_community_sets_size_and_length_of_a_wave(community, need):
    VolunteerFactory.create_batch(5, community=community)
    CommunityRules.objects.create(community=community, wave_size=1, wave_seconds=60)
    wave = start_wave(need)
    assert (wave.offers.count(), wave.ends_at - wave.started_at) == (1, timedelta(minutes=1))


def test_clock_opens_recurring_requests_and_asks(community, stopped_clock):
    VolunteerFactory(community=community)
    row = RecurringRequestFactory.build(elder=ElderFactory(community=community))
    recurring.save(row, user=UserFactory())
    stopped_clock.move_to(row.next_opens_at)
    clock.tick()
    assert (HelpRequest.objects.count(), Offer.objects.count()) == (1, 1)
