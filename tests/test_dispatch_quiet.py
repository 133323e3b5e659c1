"""Which searches wait for the morning."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest

from linzhu.communities.models import CommunityRules
from linzhu.dispatch.quiet import waits_for_morning
from linzhu.requests.models import HelpRequest
from tests.factories import CommunityFactory, ElderFactory, HelpRequestFactory

pytestmark = pytest.mark.django_db

NIGHT = datetime(2026, 11, 23, 22, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
QUIET = {"quiet_from": time(21), "quiet_to": time(7, 30)}


def wanted(community, hour, **fields):
    """A help request for that hour of the next day."""
    start = NIGHT.replace(day=24, hour=hour)
    return HelpRequestFactory(elder=ElderFactory(community=community), window_start=start, **fields)


def waiting():
    return set(HelpRequest.objects.filter(waits_for_morning(NIGHT)))


def test_search_waits_where_it_is_quiet_and_goes_on_elsewhere():
    quiet, awake = CommunityFactory(), CommunityFactory()
    CommunityRules.objects.create(community=quiet, **QUIET)
    sleeping = wanted(quiet, 9)
    wanted(awake, 9)
    assert waiting() == {sleeping}


def test_community_below_sleeps_and_wakes_by_its_own_hours():
    city = CommunityFactory()
    CommunityRules.objects.create(community=city, **QUIET)
    early = CommunityFactory(parent=city)
    CommunityRules.objects.create(community=early, quiet_from=time(0), quiet_to=time(0))
    inherits = wanted(CommunityFactory(parent=city), 9)
    wanted(early, 9)
    assert waiting() == {inherits}


def test_time_critical_and_early_ones_do_not_wait():
    community = CommunityFactory()
    CommunityRules.objects.create(community=community, **QUIET)
    wanted(community, 9, service_code="meal")
    wanted(community, 7)
    assert waiting() == set()


def test_condition_costs_two_queries(django_assert_num_queries):
    for _number in range(3):
        wanted(CommunityFactory(), 9)
    with django_assert_num_queries(2):
        waits_for_morning(NIGHT)
