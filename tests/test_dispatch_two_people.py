"""Two people go: what becomes of the one does not settle what is owed about the other."""

import pytest

from linzhu.dispatch import clock
from linzhu.dispatch.assignments import arrive, assign, finish, release
from linzhu.dispatch.doorstep import nobody_opens
from linzhu.dispatch.models import Todo, VisitStep
from linzhu.dispatch.todos import settle
from linzhu.dispatch.visits import LOOK_AGAIN, delay
from linzhu.requests.lifecycle import SYSTEM, log_request
from linzhu.requests.models import HelpRequest
from tests import factories
from tests.factories import window

Kind = VisitStep.Kind


@pytest.fixture
def pair(community, elder, stopped_clock):
    """The two who have promised one visit."""
    need = log_request(elder, "benefit-certification", actor=SYSTEM, **window())
    volunteers = factories.VolunteerFactory.create_batch(2, community=community, clearance=2)
    return [assign(HelpRequest.objects.get(pk=need.pk), volunteer, actor=SYSTEM) for volunteer in volunteers]


@pytest.fixture
def wait_for(pair, stopped_clock):
    """Let time pass until this step of theirs is due, and the clock look."""

    def wait(kind):
        stopped_clock.move_to(max(VisitStep.objects.filter(kind=kind).values_list("due_at", flat=True)))
        clock.tick_decisions()

    return wait


def alarms():
    return list(Todo.objects.open().filter(kind__in=["not-arrived", "not-finished"]).values_list("kind", flat=True))


@pytest.mark.parametrize(
    "deed",
    [
        lambda visit: arrive(visit, actor=SYSTEM),
        lambda visit: finish(visit, actor=SYSTEM),
        lambda visit: delay(visit, 20),
        nobody_opens,
    ],
    ids=["arrives", "finishes", "is late", "finds the door closed"],
)
def test_alarm_about_one_stays_when_the_other_is_heard_of(pair, wait_for, deed):
    wait_for(Kind.ALERT_ARRIVAL)
    deed(pair[0])
    assert alarms() == ["not-arrived"]


def test_alarm_about_both_is_over_when_both_have_come(pair, wait_for):
    wait_for(Kind.ALERT_ARRIVAL)
    for visit in pair:
        arrive(visit, actor=SYSTEM)
    assert alarms() == []


def test_alarm_about_one_is_over_when_they_do_not_come_and_the_other_has(pair, wait_for):
    wait_for(Kind.ALERT_ARRIVAL)
    arrive(pair[1], actor=SYSTEM)
    assert alarms() == ["not-arrived"]
    release(pair[0], actor=SYSTEM, why="ill")
    assert alarms() == []


def test_end_of_one_leaves_the_alarm_that_the_other_has_not_finished(pair, wait_for):
    for visit in pair:
        arrive(visit, actor=SYSTEM)
    wait_for(Kind.ALERT_END)
    finish(pair[0], actor=SYSTEM)
    assert alarms() == ["not-finished"]
    finish(pair[1], actor=SYSTEM)
    assert alarms() == []


def test_missing_one_is_looked_after_again_while_the_other_is_at_work(pair, wait_for, stopped_clock, dispatcher):
    wait_for(Kind.ALERT_ARRIVAL)
    arrive(pair[0], actor=SYSTEM)
    settle(Todo.objects.open().get(kind="not-arrived"), user=dispatcher)
    stopped_clock.shift(LOOK_AGAIN)
    clock.tick_decisions()
    assert alarms() == ["not-arrived"]
