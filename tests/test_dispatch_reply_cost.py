"""What a reply costs the database: every statement is paid for by each of a hundred yeses of a Monday morning."""

import pytest

from linzhu.dispatch.models import Assignment
from linzhu.notifications.gateways import gateway
from linzhu.notifications.gateways.base import Inbound
from linzhu.notifications.inbound import receive
from linzhu.requests.lifecycle import SYSTEM, log_request
from tests import factories
from tests.asking import ask_all
from tests.factories import window


def ask(community, volunteers):
    """Return the open offers of a help request that so many volunteers are asked for."""
    elder = factories.ElderFactory(community=community)
    factories.VolunteerFactory.create_batch(volunteers, community=community)
    help_request = log_request(elder, "groceries", actor=SYSTEM, **window())
    ask_all(help_request)
    return list(help_request.offers.open())


def text_yes(offer):
    receive(gateway(), Inbound(gateway_ref=f"yes-{offer.pk}", sender=offer.phone, text=f"接{offer.code}"))


@pytest.mark.parametrize("asked", [1, 12])
def test_yes_that_wins_costs_a_bounded_number_of_statements(community, asked, django_assert_max_num_queries):
    winner, *_others = ask(community, asked)
    with django_assert_max_num_queries(52):  # of them two with Redis alone
        text_yes(winner)
    assert Assignment.objects.standing().get().offer == winner


def test_yes_that_is_late_costs_a_bounded_number_of_statements(community, django_assert_max_num_queries):
    winner, late, *_others = ask(community, 12)
    text_yes(winner)
    with django_assert_max_num_queries(31):
        text_yes(late)
    assert Assignment.objects.standing().get().offer == winner
