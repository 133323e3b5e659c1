"""Help requests begin and move through one door."""

import pytest

from linzhu.communities.people import Clearance
from linzhu.requests.lifecycle import SYSTEM, TRANSITIONS, Actor, IllegalTransition, log_request, move
from linzhu.requests.models import HelpRequest, Status, StatusChange
from linzhu.requests.signals import status_changed
from tests.factories import ElderFactory, window

pytestmark = pytest.mark.django_db
ALL_MOVES = [(old, new) for old in Status.values for new in Status.values]


def logged(status: str = Status.OPEN, **fields) -> HelpRequest:
    help_request = log_request(ElderFactory(), "groceries", actor=SYSTEM, **{**window(), **fields})
    HelpRequest.objects.filter(pk=help_request.pk).update(status=status)
    help_request.refresh_from_db()
    return help_request


@pytest.mark.parametrize(("old", "new"), [pair for pair in ALL_MOVES if pair[1] in TRANSITIONS[pair[0]]])
def test_legal_move_changes_status(old, new):
    help_request = logged(old)
    move(help_request, new, actor=SYSTEM)
    help_request.refresh_from_db()
    assert help_request.status == new


@pytest.mark.parametrize(("old", "new"), [pair for pair in ALL_MOVES if pair[1] not in TRANSITIONS[pair[0]]])
def test_illegal_move_is_refused_and_changes_nothing(old, new):
    help_request = logged(old)
    with pytest.raises(IllegalTransition):
        move(help_request, new, actor=SYSTEM)
    help_request.refresh_from_db()
    assert help_request.status == old


@pytest.mark.parametrize(("old", "new"), [pair for pair in ALL_MOVES if pair[1] in TRANSITIONS[pair[0]]])
def test_move_delivered_twice_happens_once(old, new):
    first = logged(old)
    second = HelpRequest.objects.get(pk=first.pk)
    move(first, new, actor=SYSTEM)
    with pytest.raises(IllegalTransition):
        move(second, new, actor=SYSTEM)
    assert first.changes.filter(to_status=new, from_status=old).count() == 1


def test_move_of_an_older_round_is_refused():
    help_request = logged()
    HelpRequest.objects.filter(pk=help_request.pk).update(round=2)
    with pytest.raises(IllegalTransition):
        move(help_request, Status.ASSIGNED, actor=SYSTEM)


def test_move_writes_who_and_why(dispatcher):
    help_request = logged()
    move(help_request, Status.CANCELLED, actor=Actor.staff(dispatcher), why="by-elder")
    change = help_request.changes.last()
    assert (change.who, change.user, change.why) == ("staff", dispatcher, "by-elder")


def test_move_tells_receivers():
    heard = []

    def listen(sender, change, **kwargs):
        heard.append((change.from_status, change.to_status))

    help_request = logged()
    status_changed.connect(listen)
    try:
        move(help_request, Status.UNMET, actor=SYSTEM)
    finally:
        status_changed.disconnect(listen)
    assert heard == [("open", "unmet")]


def test_pause_reason_is_forgotten_when_the_search_goes_on():
    help_request = logged()
    move(help_request, Status.PAUSED, actor=SYSTEM, pause_reason="nobody-found")
    move(help_request, Status.OPEN, actor=SYSTEM)
    assert help_request.pause_reason == ""


def test_log_request_takes_over_what_the_service_asks():
    help_request = log_request(ElderFactory(), "benefit-certification", actor=SYSTEM, **window())
    assert (help_request.people_needed, help_request.needs_clearance) == (2, Clearance.TRUSTED)


def test_log_request_writes_its_first_change():
    changes = StatusChange.objects.filter(help_request=logged())
    assert [(change.from_status, change.to_status) for change in changes] == [("", "open")]


def test_log_request_with_a_used_key_returns_the_first_one():
    elder = ElderFactory()
    first = log_request(elder, "meal", actor=SYSTEM, idempotency_key="abc", **window())
    second = log_request(elder, "meal", actor=SYSTEM, idempotency_key="abc", **window())
    assert (first.pk, HelpRequest.objects.count()) == (second.pk, 1)


def test_log_request_of_an_unknown_service_writes_nothing():
    with pytest.raises(KeyError):
        log_request(ElderFactory(), "space-travel", actor=SYSTEM, **window())
    assert HelpRequest.objects.count() == 0
