"""Fewer people are enough: the empty places are given up, the search ends, everybody is told as usual."""

import pytest

from linzhu.dispatch.assignments import arrive, assign, finish, release
from linzhu.dispatch.decisions import give_up, settle_for
from linzhu.dispatch.errors import ReasonNeeded, TooLate
from linzhu.dispatch.models import Assignment, Offer, Todo
from linzhu.dispatch.offers import accept
from linzhu.dispatch.tracking import Stage, tracking_of
from linzhu.dispatch.waves import start_wave
from linzhu.notifications.models import Message
from linzhu.requests.lifecycle import SYSTEM, Actor, log_request, move
from linzhu.requests.models import HelpRequest, Status
from tests import factories
from tests.factories import window
from tests.invariants import broken_rules
from tests.waiting import let_it_happen

pytestmark = pytest.mark.django_db


@pytest.fixture
def elder(community):
    elder = factories.ElderFactory(community=community)
    factories.FamilyContactFactory(elder=elder)
    return elder


@pytest.fixture
def actor(dispatcher):
    return Actor.staff(dispatcher)


@pytest.fixture
def need(elder, community):
    """Two are to go, though the service asks for one: any number will do."""
    factories.VolunteerFactory.create_batch(4, community=community)
    need = log_request(elder, "groceries", actor=SYSTEM, people_needed=2, **window())
    start_wave(need)
    return fresh(need)


def fresh(need):
    return HelpRequest.objects.get(pk=need.pk)


def first_yes(need):
    return accept(need.offers.open().first(), actor=SYSTEM)


def sent(template):
    return Message.objects.filter(template=template).count()


def test_one_who_has_said_yes_is_enough(need, actor, dispatcher):
    first_yes(need)
    settle_for(need, actor=actor)
    need = fresh(need)
    assert (need.status, need.people_needed, need.places_filled) == (Status.ASSIGNED, 1, 1)
    change = need.changes.last()
    assert (change.user, change.why_label) == (dispatcher, "fewer people are enough")
    assert broken_rules() == []


def test_family_and_elder_are_told_who_comes(need, actor):
    first_yes(need)
    assert (sent("family_assigned"), Todo.objects.open().count()) == (0, 0)
    settle_for(need, actor=actor)
    assert (sent("family_assigned"), Todo.objects.open().get().kind) == (1, Todo.Kind.TELL_ELDER)


def test_open_offers_are_withdrawn(need, actor):
    first_yes(need)
    assert need.offers.open().exists()
    settle_for(need, actor=actor)
    assert set(need.offers.values_list("status", flat=True)) == {Offer.Status.ACCEPTED, Offer.Status.WITHDRAWN}


def test_one_who_is_at_the_door_puts_it_under_way(need, actor):
    arrive(first_yes(need), actor=actor)
    settle_for(fresh(need), actor=actor)
    assert (fresh(need).status, broken_rules()) == (Status.UNDERWAY, [])


def test_one_who_has_finished_makes_it_done(need, actor):
    finish(first_yes(need), actor=actor, minutes=30)
    settle_for(fresh(need), actor=actor)
    assert (fresh(need).status, broken_rules()) == (Status.DONE, [])
    assert Todo.objects.open().get().kind == Todo.Kind.AFTER_VISIT


def test_second_who_does_not_come_leaves_a_visit_that_is_done(need, actor):
    first, second = first_yes(need), first_yes(need)
    arrive(first, actor=actor)
    finish(first, actor=actor, minutes=30)
    release(second, actor=actor, why="", outcome=Assignment.Outcome.NO_SHOW)
    settle_for(fresh(need), actor=actor)
    assert (fresh(need).status, broken_rules()) == (Status.DONE, [])
    assert tracking_of(fresh(need)).stage is Stage.DONE
    assert Todo.objects.open().get().kind == Todo.Kind.AFTER_VISIT


def test_second_who_does_not_come_leaves_one_who_is_expected(need, actor):
    first, second = first_yes(need), first_yes(need)
    release(first, actor=actor, why="ill")
    settle_for(fresh(need), actor=actor)
    assert (fresh(need).status, second.volunteer) == (Status.ASSIGNED, need.assignments.standing().get().volunteer)
    assert (sent("family_assigned"), broken_rules()) == (2, [])


def test_paused_search_can_be_settled(need, actor):
    first_yes(need)
    move(fresh(need), Status.PAUSED, actor=SYSTEM, pause_reason="nobody-found")
    factories.TodoFactory(community=need.community, help_request=need, kind=Todo.Kind.NOBODY_FOUND)
    settle_for(fresh(need), actor=actor)
    assert (fresh(need).status, fresh(need).pause_reason) == (Status.ASSIGNED, "")
    assert not Todo.objects.open().filter(kind=Todo.Kind.NOBODY_FOUND).exists()


def test_nobody_is_not_enough(need, actor):
    with pytest.raises(TooLate):
        settle_for(need, actor=actor)
    assert (fresh(need).status, fresh(need).people_needed) == (Status.OPEN, 2)


def test_second_click_is_too_late_and_tells_nobody_again(need, actor):
    first_yes(need)
    stale = fresh(need)
    settle_for(fresh(need), actor=actor)
    with pytest.raises(TooLate):
        settle_for(stale, actor=actor)
    assert (sent("family_assigned"), need.changes.filter(to_status=Status.ASSIGNED).count()) == (1, 1)


def test_place_that_has_just_been_filled_is_not_given_up(need, actor):
    first_yes(need)
    stale = fresh(need)
    first_yes(need)
    with pytest.raises(TooLate):
        settle_for(stale, actor=actor)
    assert (fresh(need).people_needed, need.assignments.standing().count()) == (2, 2)


def test_ended_help_request_is_too_late(need, actor):
    first_yes(need)
    give_up(fresh(need), actor=actor, reason="nobody-free")
    with pytest.raises(TooLate):
        settle_for(fresh(need), actor=actor)
    assert fresh(need).status == Status.UNMET


# --- where the service asks for two -------------------------------------------------------------------------------


@pytest.fixture
def certification(elder, community, actor):
    need = log_request(elder, "benefit-certification", actor=SYSTEM, **window())
    assign(need, factories.VolunteerFactory(community=community, clearance=2), actor=actor)
    return fresh(need)


def test_service_that_sends_two_wants_a_reason(certification, actor):
    with pytest.raises(ReasonNeeded):
        settle_for(certification, actor=actor)
    assert (fresh(certification).status, fresh(certification).people_needed) == (Status.OPEN, 2)


def test_reason_is_recorded(certification, actor):
    settle_for(certification, actor=actor, why="the lead goes along herself")
    assert fresh(certification).changes.last().why == "the lead goes along herself"
    assert (fresh(certification).status, broken_rules()) == (Status.ASSIGNED, [])


# --- on the page --------------------------------------------------------------------------------------------------


def act(desk, need, **data):
    return desk.post(f"/requests/{need.ref}/settle/", data, follow=True).content.decode()


def test_button_stands_where_somebody_comes_and_somebody_is_missing(desk, need):
    url = f"/requests/{need.ref}/"
    assert "Look for nobody else" not in desk.get(url).content.decode()
    first_yes(need)
    assert "Look for nobody else" in desk.get(url).content.decode()
    first_yes(need)
    assert "Look for nobody else" not in desk.get(url).content.decode()


def test_button_settles_it(desk, need):
    first_yes(need)
    assert "The search for more people is about to end." in act(desk, need)
    let_it_happen()
    assert fresh(need).status == Status.ASSIGNED


def test_button_asks_for_a_reason_where_the_service_sends_two(desk, certification):
    assert "Please write why fewer are enough" in act(desk, certification, why=" ")
    assert fresh(certification).status == Status.OPEN
    act(desk, certification, why="the lead goes along herself")
    let_it_happen()
    assert fresh(certification).status == Status.ASSIGNED


def test_family_page_of_one_that_was_settled_for_is_whole(desk, client, need, actor):
    finish(first_yes(need), actor=actor, minutes=30)
    settle_for(fresh(need), actor=actor)
    link = desk.post(f"/requests/{need.ref}/family-link/").context["url"]
    assert client.get(link, follow=True).status_code == 200


def test_nobody_is_looked_for_alone_where_two_should_go(elder, community, actor):
    factories.VolunteerFactory.create_batch(4, community=community, clearance=2)
    need = log_request(elder, "benefit-certification", actor=SYSTEM, **window())
    start_wave(need)
    visit = first_yes(need)
    settle_for(fresh(need), actor=actor, why="the daughter is there")
    release(visit, actor=actor, why="ill")
    assert (fresh(need).status, fresh(need).people_needed, fresh(need).places_filled) == (Status.OPEN, 2, 0)
    assert broken_rules() == []
