"""What people do in the wrong order, from an old page or in the same breath, and what must not come of it."""

from datetime import timedelta

import pytest
from django.db import transaction

from linzhu.communities.clock import now
from linzhu.dispatch import clock, decisions, todos, unclear
from linzhu.dispatch.assignments import arrive, assign, finish, release
from linzhu.dispatch.errors import TooLate
from linzhu.dispatch.models import Assignment, Offer, Todo
from linzhu.dispatch.offers import accept, decline
from linzhu.dispatch.waves import start_wave
from linzhu.notifications.gateways import gateway
from linzhu.notifications.gateways.base import Inbound
from linzhu.notifications.inbound import receive
from linzhu.notifications.models import InboundMessage, Message
from linzhu.requests.lifecycle import SYSTEM, Actor, IllegalTransition, log_request
from linzhu.requests.models import HelpRequest, Status
from linzhu.volunteers.forms import VolunteerForm
from linzhu.volunteers.models import Volunteer
from tests import asking, factories
from tests.factories import window
from tests.invariants import broken_rules

pytestmark = pytest.mark.django_db


@pytest.fixture
def elder(community):
    return factories.ElderFactory(community=community)


@pytest.fixture
def asked(community, elder):
    factories.VolunteerFactory.create_batch(3, community=community)
    return ask(elder)


@pytest.fixture
def staff(dispatcher):
    return Actor.staff(dispatcher)


def ask(elder, code="groceries", hours=2, **fields):
    help_request = log_request(elder, code, actor=SYSTEM, **window(hours), **fields)
    asking.ask_all(help_request)
    help_request.refresh_from_db()
    return help_request


def text(phone, body):
    """Text us; return the templates of the answers."""
    last = Message.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    ref = f"t-{InboundMessage.objects.count()}"
    receive(gateway("local"), Inbound(gateway_ref=ref, sender=phone, text=body))
    assert not InboundMessage.objects.filter(handled_at=None).exists()
    return list(Message.objects.filter(to=phone, pk__gt=last).values_list("template", flat=True))


def fresh(row):
    return type(row).objects.get(pk=row.pk)


# --- an old page --------------------------------------------------------------------------------------------------


def test_search_again_from_an_old_page_does_not_unseat_who_has_said_yes(asked, staff):
    accept(asked.offers.first(), actor=SYSTEM)
    with pytest.raises(IllegalTransition):
        decisions.search_again(fresh(asked), actor=staff)
    assert (fresh(asked).status, broken_rules()) == (Status.ASSIGNED, [])


def test_arrival_of_somebody_who_was_released_is_too_late(asked, staff):
    first, second, _third = asked.offers.all()
    gone = accept(first, actor=SYSTEM)
    stale = fresh(gone)
    release(gone, actor=staff, why="ill")
    assign(fresh(asked), second.volunteer, actor=staff)
    with pytest.raises(TooLate):
        arrive(stale, actor=staff)
    assert fresh(asked).status == Status.ASSIGNED


def test_second_arrival_text_is_thanked_and_changes_nothing(asked):
    phone = asked.offers.first().phone
    text(phone, "yes")
    text(phone, "到了")
    first = Assignment.objects.get().arrived_at
    assert (text(phone, "到了"), Assignment.objects.get().arrived_at) == (["arrived_thanks"], first)


def test_counting_as_no_is_too_late_once_the_volunteer_has_said_yes(asked, dispatcher):
    offer = asked.offers.first()
    text(offer.phone, "下午三点行不行？")
    text(offer.phone, f"接{offer.code}")
    with pytest.raises(TooLate):
        unclear.count_as_no(Todo.objects.get(kind="unclear-reply"), user=dispatcher)
    assert not Message.objects.filter(template="no_thanks").exists()


def test_yes_on_a_todo_that_a_colleague_has_counted_as_no_is_too_late(asked, dispatcher):
    text(asked.offers.first().phone, "下午三点行不行？")
    todo = Todo.objects.get(kind="unclear-reply")
    unclear.count_as_no(fresh(todo), user=dispatcher)
    with pytest.raises(TooLate):
        unclear.count_as_yes(todo, user=dispatcher)
    assert Assignment.objects.count() == 0


def test_form_that_was_read_before_a_suspension_does_not_undo_it(community, client_of, dispatcher):
    volunteer = factories.VolunteerFactory(community=community)
    lead = factories.RoleFactory(community=community, kind="lead").user
    data = {
        "name": "陈磊", "phone": "13800002000", "community": community.pk, "text_language": "zh-hans",
        "reach_m": "2000", "skills": ["errands"], "languages": ["zh"], "clearance": "1", "week": "",
        "cleared_until": volunteer.cleared_until.isoformat(),
    }  # fmt: skip
    form = VolunteerForm(data, instance=fresh(volunteer), user=lead)
    assert form.is_valid(), form.errors
    Volunteer.objects.update(status=Volunteer.Status.SUSPENDED, opted_out_at=now(), paused_until=now())
    form.save()
    saved = fresh(volunteer)
    assert (saved.status, saved.opted_out_at is None, saved.paused_until is None) == ("suspended", False, False)
    assert (saved.name, saved.phone) == ("陈磊", "+8613800002000")
    assert Volunteer.objects.get(search_words__find="chenlei") == saved


# --- what a text may mean -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["好的", "ok", "yes"])
def test_bare_word_after_a_no_is_not_taken_as_a_yes(asked, word):
    """ "no" is thanked for, and "好的" answers the thanks."""
    phone = asked.offers.first().phone
    text(phone, "no")
    text(phone, word)
    assert Assignment.objects.count() == 0


def test_yes_with_its_code_after_a_no_is_a_yes(asked):
    offer = asked.offers.first()
    text(offer.phone, "no")
    assert text(offer.phone, f"接{offer.code}") == ["visit_yours"]


def test_offer_for_next_week_is_still_answered_after_many_days(community, elder):
    factories.VolunteerFactory(community=community)
    offer = ask(elder, hours=24 * 12).offers.get()
    Offer.objects.update(created_at=now() - timedelta(days=9))
    assert text(offer.phone, f"接{offer.code}") == ["visit_yours"]


def test_cannot_come_with_two_visits_promised_goes_to_a_person(asked, elder):
    phone = asked.offers.first().phone
    text(phone, f"yes {asked.offers.first().code}")
    later = ask(elder, "parcel", hours=30)
    text(phone, f"yes {later.offers.get(phone=phone).code}")
    third = ask(elder, "meal", hours=54)
    assert text(phone, "来不了") == ["unclear_ack"]
    assert third.offers.get(phone=phone).status == Offer.Status.OPEN
    assert Todo.objects.filter(kind="unclear-reply").count() == 1


def test_cannot_come_between_a_visit_and_an_open_offer_goes_to_a_person(asked, elder):
    phone = asked.offers.first().phone
    text(phone, f"yes {asked.offers.first().code}")
    later = ask(elder, "parcel", hours=30)
    assert text(phone, "来不了") == ["unclear_ack"]
    assert Assignment.objects.standing().count() == 1
    assert later.offers.get(phone=phone).status == Offer.Status.OPEN


def test_cannot_come_with_the_code_of_the_visit_is_understood(asked, elder):
    offer = asked.offers.first()
    text(offer.phone, f"yes {offer.code}")
    ask(elder, "parcel", hours=30)
    assert text(offer.phone, f"来不了 {offer.code}") == ["cannot_thanks"]


# --- nothing that a person owes is dropped ------------------------------------------------------------------------


def test_danger_stays_in_the_inbox_when_the_help_request_is_cancelled(asked, staff):
    phone = asked.offers.first().phone
    text(phone, "yes")
    text(phone, "老人摔倒了，救命")
    assert Todo.objects.open().filter(kind="danger").count() == 1
    decisions.cancel(fresh(asked), actor=staff, reason="by-elder")
    assert Todo.objects.open().filter(kind="danger").count() == 1


def test_search_again_leaves_the_call_that_the_elder_is_owed(asked, staff, dispatcher):
    assignment = accept(asked.offers.first(), actor=SYSTEM)
    todos.settle(Todo.objects.get(kind="tell-elder"), user=dispatcher, outcome="told")
    release(assignment, actor=staff, why="ill")
    for _wave in range(9):
        clock.tick(now() + timedelta(minutes=6))
        start_wave(fresh(asked))
    asked.refresh_from_db()
    HelpRequest.objects.filter(status=Status.OPEN).update(status=Status.PAUSED, pause_reason="nobody-found")
    decisions.search_again(fresh(asked), actor=staff)
    assert list(Todo.objects.open().values_list("kind", flat=True)) == ["tell-elder-looking"]


def test_nobody_counts_as_coming_after_a_cancel(asked, staff):
    accept(asked.offers.first(), actor=SYSTEM)
    decisions.cancel(fresh(asked), actor=staff, reason="by-elder")
    assert (fresh(asked).places_filled, broken_rules()) == (0, [])


def test_decision_that_was_waved_away_comes_back(elder, dispatcher):
    need = ask(elder)
    todos.settle(Todo.objects.get(), user=dispatcher)
    clock.tick()
    assert (fresh(need).status, Todo.objects.open().get().kind) == (Status.PAUSED, Todo.Kind.NOBODY_FOUND)


def test_unread_text_does_not_hide_that_time_runs_out(community, asked):
    factories.VolunteerFactory.create_batch(9, community=community)
    text(asked.offers.first().phone, "下午三点行不行？")
    clock.tick(asked.window_start - timedelta(minutes=5))
    kinds = set(Todo.objects.open().values_list("kind", flat=True))
    assert kinds == {Todo.Kind.UNCLEAR_REPLY, Todo.Kind.DEADLINE_NEAR}


def test_search_ends_with_the_window_though_a_person_was_called_before(community, asked):
    factories.VolunteerFactory.create_batch(9, community=community)
    clock.tick(asked.window_start - timedelta(minutes=5))
    clock.tick(asked.window_end)
    assert fresh(asked).status == Status.PAUSED
    assert Todo.objects.open().filter(kind=Todo.Kind.NOBODY_FOUND).count() == 1


def test_nobody_is_asked_for_a_window_that_is_over(community, elder):
    factories.VolunteerFactory(community=community)
    need = log_request(elder, "groceries", actor=SYSTEM, **window(-3, 1))
    start_wave(need)
    assert (Offer.objects.count(), fresh(need).status) == (0, Status.PAUSED)


# --- texts that nobody needs --------------------------------------------------------------------------------------


def test_offer_that_has_not_gone_out_is_not_sent_to_who_was_assigned_by_phone(asked, staff):
    offer = asked.offers.first()
    assign(asked, offer.volunteer, actor=staff, via=Assignment.Via.PHONE)
    assert fresh(offer).message.state == Message.State.EXPIRED


def test_question_that_was_repeated_is_withdrawn_with_the_offer(asked, dispatcher):
    first, second, _third = asked.offers.all()
    text(second.phone, "下午三点行不行？")
    unclear.ask_again(Todo.objects.get(kind="unclear-reply"), user=dispatcher)
    accept(first, actor=SYSTEM)
    states = set(Message.objects.filter(to=second.phone, template="offer").values_list("state", flat=True))
    assert states == {Message.State.EXPIRED}


def test_no_and_yes_in_one_breath_leave_one_answer(asked):
    offer = asked.offers.first()
    with transaction.atomic():
        decline(offer, actor=SYSTEM)
    accept(fresh(offer), actor=SYSTEM)
    decline(offer, actor=SYSTEM)
    assert (fresh(offer).status, broken_rules()) == (Offer.Status.ACCEPTED, [])


def test_first_of_two_to_finish_leaves_the_second_expected(community, elder, staff):
    factories.VolunteerFactory.create_batch(2, community=community, clearance=2)
    need = ask(elder, "benefit-certification")
    first, second = [accept(offer, actor=SYSTEM) for offer in need.offers.all()]
    finish(first, actor=staff)
    assert fresh(need).status == Status.ASSIGNED
    finish(second, actor=staff)
    assert (fresh(need).status, broken_rules()) == (Status.DONE, [])
