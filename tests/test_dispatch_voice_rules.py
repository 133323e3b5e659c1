"""A community decides whether Linzhu calls its elders; where it does not, staff do."""

import pytest

from linzhu.communities.models import CommunityRules
from linzhu.communities.people import TellBy
from linzhu.dispatch import assignments, clock
from linzhu.dispatch.models import Todo
from linzhu.notifications.models import Call
from linzhu.notifications.voice import reports
from linzhu.notifications.voice.base import CallReport
from linzhu.requests.lifecycle import SYSTEM
from tests import factories


@pytest.fixture(autouse=True)
def _calls_are_carried(settings, stopped_clock):
    settings.VOICE_GATEWAY = "local"


@pytest.fixture
def street(community):
    return factories.CommunityFactory(parent=community)


def promise_visit(community):
    elder = factories.ElderFactory(community=community, tell_by=TellBy.CALL)
    need = factories.HelpRequestFactory(elder=elder, community=community, **factories.window(6))
    assignments.assign(need, factories.VolunteerFactory(community=community), actor=SYSTEM)


def owed():
    return list(Todo.objects.open().values_list("kind", flat=True))


def settle(community, calls_elders):
    CommunityRules.objects.update_or_create(community=community, defaults={"calls_elders": calls_elders})


def test_community_that_says_nothing_is_called_for(street):
    promise_visit(street)
    assert (Call.objects.count(), owed()) == (1, [])


def test_community_that_switches_calls_off_has_staff_call(street):
    settle(street, False)
    promise_visit(street)
    assert (Call.objects.count(), owed()) == (0, [Todo.Kind.TELL_ELDER])


def test_calls_switched_off_above_are_off_below_unless_switched_on_there(community, street):
    settle(community, False)
    promise_visit(street)
    assert Call.objects.count() == 0
    settle(street, True)
    promise_visit(street)
    assert Call.objects.count() == 1


def test_switching_on_calls_nobody_where_no_gateway_does(street, settings):
    settings.VOICE_GATEWAY = ""
    settle(street, True)
    promise_visit(street)
    assert (Call.objects.count(), owed()) == (0, [Todo.Kind.TELL_ELDER])


def test_elder_who_did_not_pick_up_is_not_rung_again_once_calls_are_off(street):
    promise_visit(street)
    call = Call.objects.get()
    settle(street, False)
    reports.record("local", CallReport(ref=str(call.ref), gateway_ref="local-1", state=Call.State.NO_ANSWER))
    clock.tick_texts()
    assert (Call.objects.count(), owed()) == (1, [Todo.Kind.TELL_ELDER])
