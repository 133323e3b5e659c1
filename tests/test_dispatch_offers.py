"""The yes is decided here: one winner a place, kind words for the others."""

from datetime import timedelta

import pytest

from linzhu.communities.clock import now
from linzhu.dispatch.assignments import assign, release
from linzhu.dispatch.doorwords import RESTS
from linzhu.dispatch.errors import NotCleared, TooLate
from linzhu.dispatch.models import Assignment, Offer, Todo
from linzhu.dispatch.offers import accept, decline, free_code
from linzhu.dispatch.waves import start_wave
from linzhu.notifications.models import Message
from linzhu.requests.lifecycle import SYSTEM, log_request
from linzhu.requests.models import HelpRequest, Status
from tests import factories
from tests.asking import ask_all
from tests.factories import window


@pytest.fixture
def elder(community):
    return factories.ElderFactory(community=community)


@pytest.fixture
def asked(community, elder):
    """A help request for which three volunteers have been asked."""
    factories.VolunteerFactory.create_batch(3, community=community)
    help_request = log_request(elder, "groceries", actor=SYSTEM, **window())
    ask_all(help_request)
    return help_request


def offers(help_request):
    return list(help_request.offers.order_by("pk"))


def templates_to(phone):
    return list(Message.objects.filter(to=phone).values_list("template", flat=True))


def test_first_yes_takes_the_place(asked):
    first = offers(asked)[0]
    assignment = accept(first, actor=SYSTEM)
    asked.refresh_from_db()
    assert (asked.status, assignment.volunteer, assignment.place) == (Status.ASSIGNED, first.volunteer, 1)


def test_second_yes_is_too_late(asked):
    first, second, _third = offers(asked)
    accept(first, actor=SYSTEM)
    with pytest.raises(TooLate):
        accept(second, actor=SYSTEM)
    assert Assignment.objects.count() == 1


def test_same_yes_twice_gives_one_place(asked):
    first = offers(asked)[0]
    accept(first, actor=SYSTEM)
    with pytest.raises(TooLate):
        accept(Offer.objects.get(pk=first.pk), actor=SYSTEM)
    asked.refresh_from_db()
    assert asked.places_filled == 1


def test_siblings_are_withdrawn_when_the_place_is_taken(asked):
    accept(offers(asked)[0], actor=SYSTEM)
    assert [offer.status for offer in offers(asked)] == ["accepted", "withdrawn", "withdrawn"]


def test_texts_not_sent_yet_are_not_sent_to_siblings(asked):
    first, second, third = offers(asked)
    accept(first, actor=SYSTEM)
    states = {offer.message.state for offer in Offer.objects.filter(pk__in=[second.pk, third.pk])}
    assert states == {Message.State.EXPIRED}


@pytest.mark.parametrize("answer", [accept, decline])
def test_text_not_sent_yet_does_not_ask_who_has_answered(asked, answer):
    first = offers(asked)[0]
    answer(first, actor=SYSTEM)
    assert Message.objects.get(offer=first).state == Message.State.EXPIRED


def test_wave_ends_with_the_yes(asked):
    accept(offers(asked)[0], actor=SYSTEM)
    assert asked.waves.filter(ended_at=None).count() == 0


def test_two_places_need_two_volunteers(community, elder):
    factories.VolunteerFactory.create_batch(4, community=community, clearance=2)
    help_request = log_request(elder, "benefit-certification", actor=SYSTEM, **window())
    start_wave(help_request)
    first, second, third, _fourth = offers(help_request)
    accept(first, actor=SYSTEM)
    help_request.refresh_from_db()
    assert help_request.status == Status.OPEN
    accept(second, actor=SYSTEM)
    help_request.refresh_from_db()
    assert help_request.status == Status.ASSIGNED
    assert sorted(help_request.assignments.values_list("place", flat=True)) == [1, 2]
    with pytest.raises(TooLate):
        accept(third, actor=SYSTEM)


def test_no_may_become_a_yes_while_the_search_goes_on(asked):
    first = offers(asked)[0]
    decline(first, actor=SYSTEM)
    accept(first, actor=SYSTEM)
    assert offers(asked)[0].status == Offer.Status.ACCEPTED


def test_yes_counts_while_staff_are_deciding(asked):
    HelpRequest.objects.filter(pk=asked.pk).update(status=Status.PAUSED, pause_reason="nobody-found")
    accept(offers(asked)[0], actor=SYSTEM)
    asked.refresh_from_db()
    assert (asked.status, asked.pause_reason) == (Status.ASSIGNED, "")


@pytest.mark.parametrize("status", ["cancelled", "unmet", "done", "closed", "assigned", "underway"])
def test_yes_revives_nothing_that_is_over(asked, status):
    HelpRequest.objects.filter(pk=asked.pk).update(status=status)
    with pytest.raises(TooLate):
        accept(offers(asked)[0], actor=SYSTEM)
    assert Assignment.objects.count() == 0


def test_yes_to_an_older_round_is_too_late(asked):
    HelpRequest.objects.filter(pk=asked.pk).update(round=2)
    with pytest.raises(TooLate):
        accept(offers(asked)[0], actor=SYSTEM)


def test_yes_after_the_offer_has_expired_is_too_late(asked):
    offer = offers(asked)[0]
    Offer.objects.filter(pk=offer.pk).update(expires_at=now() - timedelta(seconds=1))
    with pytest.raises(TooLate):
        accept(offer, actor=SYSTEM)


@pytest.mark.parametrize("fields", [{"status": "suspended"}, {"cleared_until": None}])
def test_clearance_is_checked_again_at_the_yes(asked, fields):
    offer = offers(asked)[0]
    type(offer.volunteer).objects.filter(pk=offer.volunteer.pk).update(**fields)
    with pytest.raises(NotCleared):
        accept(Offer.objects.get(pk=offer.pk), actor=SYSTEM)
    asked.refresh_from_db()
    assert (asked.status, asked.places_filled, Assignment.objects.count()) == (Status.OPEN, 0, 0)


def test_winner_reads_name_address_and_door_word(asked, elder):
    assignment = accept(offers(asked)[0], actor=SYSTEM)
    text = Message.objects.get(template="visit_yours").text
    assert elder.name in text
    assert elder.address in text
    assert assignment.door_word in text


def test_every_visit_has_a_door_word_that_none_of_the_elder_s_last_visits_had(community, elder):
    volunteer = factories.VolunteerFactory(community=community)
    for _visit in range(RESTS):
        need = log_request(elder, "groceries", actor=SYSTEM, **window())
        release(assign(need, volunteer, actor=SYSTEM), actor=SYSTEM, why="ill")
    words = list(Assignment.objects.values_list("door_word", flat=True))
    assert len(set(words)) == RESTS


def test_offer_names_neither_elder_nor_address_nor_phone(asked, elder):
    text = offers(asked)[0].message.text
    assert [secret for secret in (elder.name, elder.address, elder.phone[-8:]) if secret in text] == []


def test_elder_with_a_landline_is_owed_a_call(asked):
    accept(offers(asked)[0], actor=SYSTEM)
    assert [todo.kind for todo in Todo.objects.open()] == [Todo.Kind.TELL_ELDER]


def test_elder_who_wants_texts_gets_one_with_the_door_word(community):
    elder = factories.ElderFactory(community=community, phone="+8619910000001", tell_by="text")
    factories.VolunteerFactory(community=community)
    help_request = log_request(elder, "groceries", actor=SYSTEM, **window())
    start_wave(help_request)
    assignment = accept(offers(help_request)[0], actor=SYSTEM)
    assert assignment.door_word in Message.objects.get(to=elder.phone).text
    assert Todo.objects.count() == 0


def test_elder_who_wants_texts_on_a_landline_is_called_instead(asked, elder):
    type(elder).objects.filter(pk=elder.pk).update(tell_by="text")
    accept(offers(asked)[0], actor=SYSTEM)
    assert Todo.objects.get().kind == Todo.Kind.TELL_ELDER


def test_family_is_told_when_logged_and_when_somebody_comes(community, elder):
    contact = factories.FamilyContactFactory(elder=elder)
    factories.VolunteerFactory(community=community)
    help_request = log_request(elder, "groceries", actor=SYSTEM, **window())
    start_wave(help_request)
    accept(offers(help_request)[0], actor=SYSTEM)
    assert templates_to(contact.phone) == ["family_logged", "family_assigned"]
    assert "http://testserver/f/" in Message.objects.filter(to=contact.phone).last().text


def test_family_that_wants_no_texts_gets_none(community, elder):
    contact = factories.FamilyContactFactory(elder=elder, gets_texts=False)
    log_request(elder, "groceries", actor=SYSTEM, **window())
    assert templates_to(contact.phone) == []


def test_code_is_not_used_twice_for_one_phone_within_days(asked):
    offer = offers(asked)[0]
    left = "42" if offer.code != "42" else "43"
    taken = {str(code) for code in range(10, 100)} - {left, offer.code}
    for code in taken:
        factories.OfferFactory(volunteer=offer.volunteer, code=code, status="expired", created_at=now())
    assert free_code(offer.phone) == left


def test_code_has_three_digits_when_two_are_used_up(asked):
    offer = offers(asked)[0]
    for code in range(10, 100):
        if str(code) != offer.code:
            factories.OfferFactory(volunteer=offer.volunteer, code=str(code), status="expired", created_at=now())
    assert len(free_code(offer.phone)) == 3


def test_late_yes_settles_what_a_dispatcher_owed(asked, community):
    HelpRequest.objects.filter(pk=asked.pk).update(status=Status.PAUSED, pause_reason="nobody-found")
    factories.TodoFactory(community=community, help_request=asked, kind=Todo.Kind.NOBODY_FOUND)
    accept(offers(asked)[0], actor=SYSTEM)
    assert [todo.kind for todo in Todo.objects.open()] == [Todo.Kind.TELL_ELDER]


def test_help_request_with_every_place_filled_takes_nobody(asked):
    HelpRequest.objects.filter(pk=asked.pk).update(places_filled=1)
    with pytest.raises(TooLate):
        accept(offers(asked)[0], actor=SYSTEM)
