"""The best assignment of many help requests at once, and the proposals staff get from it."""

from itertools import permutations, product
from random import Random

import pytest
from django.core.management import CommandError, call_command

from linzhu.dispatch import proposals
from linzhu.dispatch.best_assignment import Option, assign_best, assign_one_by_one, has_solver
from linzhu.dispatch.proposals import propose
from linzhu.requests.lifecycle import SYSTEM, log_request
from linzhu.requests.models import HelpRequest
from tests import factories
from tests.factories import LAT, window

needs_scipy = pytest.mark.skipif(not has_solver(), reason="SciPy is an extra")
WAYS = [assign_one_by_one, pytest.param(assign_best, marks=needs_scipy)]

# One by one, place 1 takes volunteer 7, whom place 2 needs more.
STORM = [Option(1, 7, 0.6), Option(1, 8, 0.5), Option(2, 7, 0.55)]


def worth(options, assigned):
    chances = {(option.place, option.volunteer): option.chance for option in options}
    return len(assigned), round(sum(chances[pair] for pair in assigned.items()), 6)


def best_by_trying(options):
    """Everything that is possible, tried."""
    places, people = sorted({option.place for option in options}), sorted({option.volunteer for option in options})
    possible = {(option.place, option.volunteer) for option in options}
    seats = [*people, *[None] * len(places)]
    found = (
        {place: person for place, person in zip(places, order, strict=True) if person is not None}
        for order in set(permutations(seats, len(places)))
    )
    return max(worth(options, one) for one in found if all(pair in possible for pair in one.items()))


@pytest.mark.parametrize("assign", WAYS)
def test_nobody_and_nothing(assign):
    assert assign([]) == {}


@pytest.mark.parametrize("assign", WAYS)
@pytest.mark.parametrize("seed", range(20))
def test_nobody_is_sent_twice_or_where_they_cannot_go(assign, seed):
    options = invent(Random(seed), 30, 25, 4)
    assigned = assign(options)
    assert len(set(assigned.values())) == len(assigned)
    assert set(assigned.items()) <= {(option.place, option.volunteer) for option in options}


def test_one_by_one_leaves_a_place_empty():
    assert assign_one_by_one(STORM) == {1: 7}


@needs_scipy
def test_best_fills_every_place_it_can():
    assert assign_best(STORM) == {1: 8, 2: 7}


@needs_scipy
@pytest.mark.parametrize("seed", range(30))
def test_best_is_as_good_as_trying_everything(seed):
    chance = Random(seed)
    options = invent(chance, 4, chance.choice([2, 4, 5]), chance.choice([1, 2, 3]))
    assert worth(options, assign_best(options)) == best_by_trying(options)


@needs_scipy
def test_even_a_hopeless_pair_is_better_than_nobody():
    assert assign_best([Option(1, 7, 0.0)]) == {1: 7}


def invent(chance, places, people, each):
    pairs = {(place, chance.randrange(people)) for place, _n in product(range(places), range(each))}
    return [Option(place, volunteer, chance.random()) for place, volunteer in sorted(pairs)]


# --- proposals ----------------------------------------------------------------------------------------------------


@pytest.fixture
def street(db):
    """Two elders at one end, one volunteer near both, another whom only the first can reach."""
    return factories.CommunityFactory(code="storm")


def need(street, lat, **fields):
    elder = factories.ElderFactory(community=street, lat=lat, lng=factories.LNG)
    return log_request(elder, "groceries", actor=SYSTEM, **(window() | fields))


def test_every_place_gets_somebody_and_everybody_one_place(street):
    needs = [need(street, LAT), need(street, LAT + 0.01), need(street, LAT + 0.02)]
    people = factories.VolunteerFactory.create_batch(3, community=street, lat=LAT + 0.01, reach_m=9000)
    found = propose(street)
    assert [proposal.help_request for proposal in found] == needs
    assert {proposal.candidate.volunteer for proposal in found} == set(people)


def test_place_without_anybody_is_listed_too(street):
    need(street, LAT)
    (proposal,) = propose(street)
    assert proposal.candidate is None


def test_two_places_are_two_proposals(street):
    two = need(street, LAT)
    HelpRequest.objects.filter(pk=two.pk).update(people_needed=2)
    factories.VolunteerFactory.create_batch(2, community=street)
    assert [(one.place, one.candidate is None) for one in propose(street)] == [(1, False), (2, False)]


def test_nobody_is_texted_by_a_proposal(street):
    from linzhu.notifications.models import Message

    need(street, LAT)
    factories.VolunteerFactory(community=street)
    before = Message.objects.count()
    propose(street)
    assert Message.objects.count() == before


def test_other_communities_are_not_proposed_for(street):
    need(factories.CommunityFactory(code="elsewhere"), LAT)
    assert propose(street) == []


def test_proposals_work_without_scipy(street, monkeypatch):
    monkeypatch.setattr(proposals, "has_solver", lambda: False)
    need(street, LAT)
    volunteer = factories.VolunteerFactory(community=street)
    assert [proposal.candidate.volunteer for proposal in propose(street)] == [volunteer]


def test_command_names_no_person(street, capsys):
    wanted = need(street, LAT)
    volunteer = factories.VolunteerFactory(community=street)
    call_command("propose", "storm")
    printed = capsys.readouterr().out
    assert wanted.ref in printed
    assert f"volunteer {volunteer.pk}" in printed
    assert not any(word in printed for word in (volunteer.name, wanted.elder.name, volunteer.phone))


@pytest.mark.django_db
def test_command_says_what_it_does_not_know():
    with pytest.raises(CommandError):
        call_command("propose", "nowhere")
