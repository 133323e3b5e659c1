from datetime import timedelta

import pytest

from linzhu.communities.clock import now
from linzhu.dispatch.clock import CLOSE_AFTER, tick_decisions
from linzhu.dispatch.models import Todo
from linzhu.requests.models import HelpRequest, Status
from tests import factories

Kind = Todo.Kind


@pytest.fixture
def done(stopped_clock, elder) -> HelpRequest:
    """A visit that has just ended."""
    return factories.HelpRequestFactory(elder=elder, status=Status.DONE, status_at=now())


def status_after(help_request: HelpRequest, wait: timedelta) -> str:
    tick_decisions(now() + wait)
    return HelpRequest.objects.get(pk=help_request.pk).status


def test_done_help_request_closes_by_itself(done):
    assert status_after(done, CLOSE_AFTER) == Status.CLOSED


def test_done_help_request_stays_at_hand_for_a_while(done):
    assert status_after(done, CLOSE_AFTER - timedelta(seconds=1)) == Status.DONE


@pytest.mark.parametrize("kind", [Kind.CALL_WANTED, Kind.NOT_DELIVERED])
def test_nothing_closes_while_somebody_owes_something(done, kind):
    factories.TodoFactory(community=done.community, help_request=done, kind=kind)
    assert status_after(done, timedelta(days=2)) == Status.DONE


def test_it_closes_once_the_last_thing_is_settled(done):
    todo = factories.TodoFactory(community=done.community, help_request=done, kind=Kind.CALL_WANTED)
    Todo.objects.filter(pk=todo.pk).update(closed_at=now())
    assert status_after(done, CLOSE_AFTER) == Status.CLOSED


@pytest.mark.parametrize("status", [Status.OPEN, Status.ASSIGNED, Status.UNDERWAY, Status.PAUSED])
def test_what_is_not_done_is_not_closed(elder, status, stopped_clock):
    row = factories.HelpRequestFactory(elder=elder, status=status, status_at=now())
    assert status_after(row, CLOSE_AFTER) != Status.CLOSED


def test_story_says_that_all_is_settled(done, desk):
    status_after(done, CLOSE_AFTER)
    assert "everything is settled" in desk.get(f"/requests/{done.ref}/").content.decode()


def test_board_and_figures_go_by_the_end_of_the_visit(done):
    status_after(done, CLOSE_AFTER)
    assert HelpRequest.objects.get(pk=done.pk).status_at == done.status_at
