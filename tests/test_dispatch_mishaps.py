"""What went wrong with texts ends with a person, never in silence."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from linzhu.communities.clock import now
from linzhu.dispatch import clock, mishaps, todos
from linzhu.dispatch.assignments import arrive, assign
from linzhu.dispatch.models import Assignment, Offer, Todo
from linzhu.notifications.inbound import MAX_ATTEMPTS
from linzhu.notifications.models import GatewayLine, Message
from linzhu.notifications.optout import opt_out
from linzhu.notifications.outbox import send_again
from linzhu.requests.lifecycle import SYSTEM
from linzhu.requests.models import HelpRequest
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


@pytest.mark.parametrize("state", ["queued", "sending", "unknown"])
def test_confirmation_that_is_held_up_is_owed_as_a_call_until_it_goes_out(need, state):
    """Behind one in doubt, say, which is asked about for a day."""
    fields = {"template": "visit_yours", "state": state, "about": need.ref, "community": need.community}
    later = now() + timedelta(hours=1)
    message = factories.MessageFactory(**fields, next_attempt_at=later, lease_until=later)
    mishaps.owe_undelivered(now() + timedelta(minutes=9))
    assert Todo.objects.count() == 0
    mishaps.owe_undelivered(now() + timedelta(minutes=11))
    mishaps.close_arrived_after_all()
    todo = Todo.objects.open().get()
    assert (todo.kind, todo.message, todo.help_request) == (Todo.Kind.NOT_DELIVERED, message, need)
    Message.objects.update(state="accepted")
    mishaps.close_arrived_after_all()
    assert Todo.objects.open().count() == 0


def test_confirmation_that_was_held_up_and_then_did_not_arrive_is_owed_once_more(need):
    fields = {"template": "visit_yours", "about": need.ref, "community": need.community}
    factories.MessageFactory(**fields, next_attempt_at=now() + timedelta(hours=1))
    mishaps.owe_undelivered(now() + timedelta(minutes=11))
    Message.objects.update(state="accepted")
    mishaps.close_arrived_after_all()
    Message.objects.update(state="undelivered", finished_at=now())
    mishaps.owe_undelivered(now())
    assert (Todo.objects.count(), Todo.objects.open().count()) == (2, 1)


def test_confirmation_that_was_held_up_and_then_failed_is_one_call(need, dispatcher):
    fields = {"template": "visit_yours", "about": need.ref, "community": need.community}
    factories.MessageFactory(**fields, next_attempt_at=now() + timedelta(hours=1))
    mishaps.owe_undelivered(now() + timedelta(minutes=11))
    todos.settle(Todo.objects.get(), user=dispatcher, outcome="called")
    Message.objects.update(state="failed", finished_at=now())
    mishaps.owe_undelivered(now())
    assert Todo.objects.count() == 1


def test_offer_that_is_held_up_is_nobodys_worry(need):
    factories.MessageFactory(about=need.ref, community=need.community)
    mishaps.owe_undelivered(now() + timedelta(minutes=11))
    assert Todo.objects.count() == 0


def test_confirmation_that_an_opt_out_holds_back_is_owed_as_a_call(need):
    fields = {"template": "elder_assigned", "about": need.ref, "community": need.community}
    message = factories.MessageFactory(**fields)
    opt_out(message.to)
    factories.MessageFactory(**fields, to=message.to, state="suppressed", finished_at=now())  # written afterwards
    mishaps.owe_undelivered(now())
    assert Todo.objects.get().message == message


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


def test_opt_out_known_from_the_gateway_alone_is_told_to_staff_if_a_visit_is_promised(need):
    visit = factories.AssignmentFactory(help_request=need)
    opt_out(visit.volunteer.phone)
    clock.tick_texts()
    clock.tick_texts()
    todo = Todo.objects.get()
    assert (todo.kind, todo.help_request) == (Todo.Kind.VOLUNTEER_CANNOT, need)


def test_opt_out_that_staff_could_not_be_told_of_is_heeded_again(need):
    visit = factories.AssignmentFactory(help_request=need)
    opt_out(visit.volunteer.phone)

    def break_off(execute, sql, *how):
        if sql.startswith('INSERT INTO "dispatch_todo"'):
            raise OperationalError
        return execute(sql, *how)

    with pytest.raises(OperationalError), connection.execute_wrapper(break_off):
        mishaps.heed_opt_outs(now())
    mishaps.heed_opt_outs(now())
    assert Todo.objects.get().kind == Todo.Kind.VOLUNTEER_CANNOT


def test_suspended_volunteers_offers_are_void(community):
    offer = factories.OfferFactory(volunteer=factories.VolunteerFactory(community=community, status="suspended"))
    clock.tick_decisions()
    assert Offer.objects.get(pk=offer.pk).status == Offer.Status.WITHDRAWN


@pytest.fixture
def promised(need):
    """The visit of a volunteer who has just been suspended, or has left."""
    volunteer = factories.VolunteerFactory(community=need.community)
    return assign(need, volunteer, actor=SYSTEM)


def suspend(visit, status="suspended"):
    Volunteer.objects.filter(pk=visit.volunteer_id).update(status=status)
    clock.tick_decisions()


@pytest.mark.parametrize("status", ["suspended", "left"])
def test_visit_of_a_suspended_volunteer_is_free_again_at_once(promised, status):
    suspend(promised, status)
    need = HelpRequest.objects.get()
    assert (Assignment.objects.get().status, need.places_filled, need.round) == ("released", 0, 2)
    assert Message.objects.filter(to=promised.volunteer.phone, template="visit_off").count() == 1


def test_visit_of_a_suspended_volunteer_goes_to_somebody_else(promised):
    other = factories.VolunteerFactory(community=promised.volunteer.community)
    suspend(promised)
    assert list(Offer.objects.open().values_list("volunteer", flat=True)) == [other.pk]


def test_suspended_volunteer_is_told_nothing_more_about_the_elder(promised):
    suspend(promised)
    Message.objects.all().delete()
    clock.tick_decisions(promised.help_request.window_start)
    words = " ".join(Message.objects.filter(to=promised.volunteer.phone).values_list("text", flat=True))
    assert promised.door_word not in words
    assert promised.help_request.elder.name not in words


def test_suspended_volunteer_who_is_in_the_home_is_seen_to_by_a_person_once(promised):
    arrive(promised, actor=SYSTEM)
    for _look in range(2):
        suspend(promised)
        Todo.objects.update(closed_at=now())
    assert Assignment.objects.get().status == Assignment.Status.STANDING
    assert Todo.objects.filter(kind=Todo.Kind.VOLUNTEER_CANNOT).count() == 1


# --- texts that were held back, or cannot go out at all -------------------------------------------------------------


def held_back(community, code="cap-all"):
    return factories.MessageFactory(community=community, state="failed", error_code=code, finished_at=now())


@pytest.mark.parametrize("code", ["country", "cap-number", "cap-community", "cap-all"])
def test_texts_held_back_are_told_once_a_day_in_each_community(community, code, stopped_clock):
    held_back(community, code)
    held_back(community, code)
    held_back(factories.CommunityFactory(), code)
    clock.tick_texts()
    clock.tick_texts()
    assert Todo.objects.filter(kind=Todo.Kind.TEXTS_HELD).count() == 2
    Todo.objects.update(closed_at=now())
    held_back(community, code)
    clock.tick_texts()
    assert Todo.objects.count() == 2
    stopped_clock.shift(timedelta(hours=24))
    held_back(community, code)
    clock.tick_texts()
    assert Todo.objects.open().get().community == community


def test_texts_that_failed_for_other_reasons_are_not_called_held_back(community):
    held_back(community, "30007")
    clock.tick_texts()
    assert Todo.objects.count() == 0


@pytest.fixture
def gateways(settings, dispatcher):
    """Two gateways that nobody talks to: their rows say how they are."""
    settings.SMS_GATEWAY, settings.SMS_GATEWAY_FALLBACK = "twilio", "twilio2"
    for account in ("TWILIO", "TWILIO2"):
        setattr(settings, f"{account}_ACCOUNT_SID", "AC" + "5" * 32)
        setattr(settings, f"{account}_AUTH_TOKEN", "token")
    later = now() + timedelta(days=9)
    for name in ("twilio", "twilio2"):
        GatewayLine.objects.create(name=name, next_reading_at=later)
    return GatewayLine.objects


def test_outage_of_every_gateway_is_owed_once_and_closes_itself(gateways, community):
    gateways.update(down_since=now(), rests_until=now() + timedelta(seconds=30))
    clock.tick_texts()
    clock.tick_texts()
    todo = Todo.objects.get()
    assert (todo.kind, todo.community, todo.closed_at) == (Todo.Kind.NO_TEXTS, community, None)
    gateways.filter(name="twilio2").update(down_since=None, rests_until=None)
    clock.tick_texts()
    todo.refresh_from_db()
    assert todo.closed_at is not None


def test_outage_of_one_gateway_of_two_is_nobodys_worry(gateways):
    gateways.filter(name="twilio").update(down_since=now(), rests_until=now())
    clock.tick_texts()
    assert Todo.objects.count() == 0


def test_outage_that_somebody_has_settled_is_not_owed_again_but_the_next_one_is(gateways):
    gateways.update(down_since=now() - timedelta(minutes=1), rests_until=now())
    clock.tick_texts()
    Todo.objects.update(closed_at=now())
    clock.tick_texts()
    assert Todo.objects.count() == 1
    gateways.update(down_since=now())
    clock.tick_texts()
    assert Todo.objects.count() == 2


def test_outage_is_told_wherever_somebody_dispatches(gateways, community):
    factories.CommunityFactory(parent=community)
    elsewhere = factories.RoleFactory(community=factories.CommunityFactory(), kind="lead").community
    gateways.update(down_since=now())
    clock.tick_texts()
    assert set(Todo.objects.values_list("community", flat=True)) == {community.pk, elsewhere.pk}


@pytest.mark.parametrize("kind", [Todo.Kind.NO_TEXTS, Todo.Kind.TEXTS_HELD])
def test_what_concerns_all_texts_is_owed_once_until_it_is_settled(community, kind):
    elsewhere = factories.CommunityFactory()
    for where in (community, community, elsewhere):
        todos.owe(kind, community=where, due_in=timedelta(minutes=15))
    assert Todo.objects.count() == 2
    Todo.objects.update(closed_at=now())
    todos.owe(kind, community=community, due_in=timedelta(minutes=15))
    assert Todo.objects.count() == 3


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_round", range(3))
def test_two_clocks_that_notice_an_outage_at_once_owe_it_once(gateways, community, _round):
    """A clock whose lease has run out may be at work still when another one begins."""
    held_back(community)
    gateways.update(down_since=now(), rests_until=now() + timedelta(minutes=5))
    gun = Barrier(4)

    def look():
        gun.wait()
        try:
            mishaps.heed_outage(now())
            mishaps.owe_held_back(now())
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        for looked in [pool.submit(look) for _clock in range(4)]:
            looked.result()
    assert sorted(Todo.objects.values_list("kind", flat=True)) == [Todo.Kind.NO_TEXTS, Todo.Kind.TEXTS_HELD]


def test_database_itself_refuses_a_second_alarm(community):
    factories.TodoFactory(community=community, kind=Todo.Kind.NO_TEXTS)
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.TodoFactory(community=community, kind=Todo.Kind.NO_TEXTS)


def test_text_that_arrived_the_second_time_need_not_be_called(need):
    message = lose(need, "visit_yours")
    clock.tick_texts()
    assert send_again(message)
    Message.objects.filter(again_of=message).update(state="delivered")
    clock.tick_texts()
    assert Todo.objects.get().closed_at is not None
