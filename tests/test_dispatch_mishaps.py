"""What went wrong with texts ends with a person, never in silence."""

import pytest

from linzhu.communities.clock import now
from linzhu.dispatch import clock
from linzhu.dispatch.models import Offer, Todo
from linzhu.notifications.inbound import MAX_ATTEMPTS
from linzhu.notifications.models import Message
from linzhu.notifications.optout import opt_out
from linzhu.volunteers.models import Volunteer
from tests import factories


@pytest.fixture
def need(community):
    return factories.HelpRequestFactory(elder=factories.ElderFactory(community=community), community=community)


def lose(need, template, state=Message.State.UNDELIVERED):
    return factories.MessageFactory(
        community=need.community, about=need.ref, template=template, state=state, finished_at=now()
    )


@pytest.mark.parametrize("state", ["failed", "undelivered"])
def test_confirmation_that_did_not_arrive_is_owed_as_a_call(need, state):
    message = lose(need, "visit_yours", state)
    clock.tick_texts()
    clock.tick_texts()
    todo = Todo.objects.get()
    assert (todo.kind, todo.message, todo.help_request) == (Todo.Kind.NOT_DELIVERED, message, need)


def test_settled_mishap_does_not_come_back(need, dispatcher):
    lose(need, "family_assigned")
    clock.tick_texts()
    Todo.objects.update(closed_at=now())
    clock.tick_texts()
    assert Todo.objects.count() == 1


def test_offer_that_did_not_arrive_is_nobodys_worry(need):
    lose(need, "offer")
    clock.tick_texts()
    assert Todo.objects.count() == 0


def test_two_lost_texts_about_one_request_are_two_calls(need):
    lose(need, "visit_yours")
    lose(need, "family_assigned")
    clock.tick_texts()
    assert Todo.objects.count() == 2


def test_text_that_our_code_failed_on_is_read_by_a_person(community, dispatcher):
    factories.InboundMessageFactory(attempts=MAX_ATTEMPTS, handled_at=None)
    clock.tick_texts()
    clock.tick_texts()
    assert Todo.objects.get().kind == Todo.Kind.UNCLEAR_REPLY


def test_opt_out_known_from_the_gateway_alone_ends_the_offers(community):
    offer = factories.OfferFactory(volunteer=factories.VolunteerFactory(community=community))
    opt_out(offer.phone)
    clock.tick_texts()
    assert Offer.objects.get().status == Offer.Status.WITHDRAWN
    assert Volunteer.objects.get(pk=offer.volunteer.pk).opted_out_at is not None


def test_suspended_volunteers_offers_are_void(community):
    offer = factories.OfferFactory(volunteer=factories.VolunteerFactory(community=community, status="suspended"))
    clock.tick_decisions()
    assert Offer.objects.get(pk=offer.pk).status == Offer.Status.WITHDRAWN


def test_somebody_must_take_over_a_suspended_volunteers_visit(need):
    volunteer = factories.VolunteerFactory(community=need.community, status="suspended")
    factories.AssignmentFactory(help_request=need, volunteer=volunteer)
    clock.tick_decisions()
    Todo.objects.update(closed_at=now())
    clock.tick_decisions()
    assert Todo.objects.filter(help_request=need, kind=Todo.Kind.VOLUNTEER_CANNOT).count() == 1
