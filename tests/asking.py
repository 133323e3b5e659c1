"""Searches in tests: a community whose limits leave all to the policy, waves, and how to ask everybody at once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from linzhu.communities.clock import now
from linzhu.communities.rules import rules_of
from linzhu.dispatch.asking import plan_wave
from linzhu.dispatch.matching import find_pool
from linzhu.dispatch.models import Offer, Wave
from linzhu.dispatch.offers import accept
from linzhu.dispatch.waves import end_wave, start_wave
from linzhu.requests.lifecycle import SYSTEM, log_request
from linzhu.requests.models import HelpRequest
from linzhu.volunteers.models import Volunteer
from tests import factories
from tests.factories import LAT, window


@pytest.fixture
def room(settings) -> None:
    """The community sets no tight limits: the policy decides."""
    settings.WAVE_SIZE, settings.WAVE_SECONDS, settings.WEEKLY_TEXT_CAP = 20, 3600, 20


@pytest.fixture
def need(elder) -> HelpRequest:
    return log_request(elder, "groceries", actor=SYSTEM, **window(8))


@pytest.fixture
def wave(community, need, settings) -> Wave:
    """Two of eight are asked."""
    settings.WAVE_SIZE = 2
    neighbours(community, 8)
    return start_wave(need)


@pytest.fixture
def late(wave) -> Offer:
    """Somebody has said yes; the other offer of the wave."""
    first, second = wave.offers.all()
    accept(first, actor=SYSTEM)
    second.refresh_from_db()
    return second


def neighbours(community, count, **fields) -> list[Volunteer]:
    """Make volunteers, each 110 m farther away than the one before."""
    return [factories.VolunteerFactory(community=community, lat=LAT + step / 1000, **fields) for step in range(count)]


def order_of(need) -> list[Volunteer]:
    """Return whom the policy would ask, in its order."""
    pool = find_pool(need, rules_of(need.community), enough=50)
    return [one.volunteer for one in plan_wave(need, pool, rules_of(need.community)).order]


def text_lately(volunteer, elder, count=1, **fields) -> None:
    """Let the volunteer have been asked so often in the last days."""
    other = factories.HelpRequestFactory(elder=elder, **window(-100))
    for number in range(count):
        wave = factories.WaveFactory(help_request=other, ended_at=now())
        fields = {"status": "expired", "created_at": now() - timedelta(days=2)} | fields
        factories.OfferFactory(help_request=other, wave=wave, volunteer=volunteer, round=number + 2, **fields)


def ask_all(help_request: HelpRequest) -> Wave | None:
    """Start waves until nobody is left to ask; returns the last one, which still runs, or None if there is none."""
    if start_wave(help_request) is None:
        return None
    while find_pool(help_request, rules_of(help_request.community), enough=50).candidates:
        end_wave(help_request.waves.get(ended_at=None))
    return help_request.waves.get(ended_at=None)
