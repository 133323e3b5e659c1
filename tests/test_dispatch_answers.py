"""Texts that come in: each reply gets what it deserves, through the door that real texts use."""

from datetime import timedelta
from itertools import count

import pytest

from linzhu.communities.clock import now
from linzhu.dispatch import telling
from linzhu.dispatch.decisions import cancel
from linzhu.dispatch.models import Assignment, Offer, Todo
from linzhu.notifications.gateways import gateway
from linzhu.notifications.gateways.base import Inbound
from linzhu.notifications.inbound import receive
from linzhu.notifications.models import InboundMessage, Message
from linzhu.requests.lifecycle import SYSTEM, log_request
from linzhu.requests.models import HelpRequest, Status
from linzhu.volunteers.models import Volunteer
from tests import factories
from tests.asking import ask_all
from tests.factories import window

_refs = count()


def text(phone, words, **fields):
    """Let a text come in from a phone; returns the templates of the texts it is answered with."""
    before = set(Message.objects.values_list("pk", flat=True))
    inbound = Inbound(gateway_ref=f"test-{next(_refs)}", sender=phone, text=words, **fields)
    assert receive(gateway(), inbound).handled_at is not None
    return list(Message.objects.exclude(pk__in=before).filter(to=phone).values_list("template", flat=True))


def reading():
    return InboundMessage.objects.latest("pk").reading


@pytest.fixture
def elder(community):
    return factories.ElderFactory(community=community)


@pytest.fixture
def asked(community, elder):
    factories.VolunteerFactory.create_batch(2, community=community)
    return ask(elder)


def ask(elder, service="groceries", hours=2):
    help_request = log_request(elder, service, actor=SYSTEM, **window(hours))
    ask_all(help_request)
    return help_request


def offer_of(help_request, position=0):
    return help_request.offers.order_by("pk")[position]


def test_yes_with_code_wins(asked):
    offer = offer_of(asked)
    assert text(offer.phone, f"YES {offer.code}") == ["visit_yours"]
    assert Assignment.objects.get().volunteer == offer.volunteer


def test_bare_yes_wins_when_one_offer_is_open(asked):
    assert text(offer_of(asked).phone, "好的") == ["visit_yours"]


def test_bare_yes_to_two_offers_is_asked_which(asked, elder):
    second = ask(elder, "parcel", hours=8)
    phone = offer_of(asked).phone
    assert text(phone, "yes") == ["which_one"]
    answer = Message.objects.filter(to=phone).latest("pk").text
    codes = [help_request.offers.get(phone=phone).code for help_request in (asked, second)]
    assert [code for code in codes if code not in answer] == []
    assert Assignment.objects.count() == 0


@pytest.mark.parametrize("words", ["好的", "ok", "no"])
def test_bare_answer_that_may_mean_a_reminder_is_asked_which(asked, elder, words):
    offer = offer_of(asked)
    text(offer.phone, "yes")
    open_one = ask(elder, "parcel", hours=8).offers.get(phone=offer.phone)
    telling.tell_volunteer(offer.volunteer, "ask_arrival", asked)
    assert text(offer.phone, words) == ["which_one"]
    open_one.refresh_from_db()
    assert open_one.status == Offer.Status.OPEN
    assert text(offer.phone, f"接{open_one.code}") == ["visit_yours"]


def test_bare_yes_to_an_offer_that_came_after_a_reminder_wins(asked, elder):
    offer = offer_of(asked)
    text(offer.phone, "yes")
    telling.tell_volunteer(offer.volunteer, "ask_arrival", asked)
    ask(elder, "parcel", hours=8)
    assert text(offer.phone, "yes") == ["visit_yours"]


def test_yes_with_a_wrong_code_is_asked_which(asked):
    offer = offer_of(asked)
    wrong = "11" if offer.code != "11" else "12"
    assert text(offer.phone, f"yes {wrong}") == ["which_one"]
    assert Assignment.objects.count() == 0


def test_two_volunteers_on_one_phone_are_told_apart_by_the_code(community, elder):
    mother = factories.VolunteerFactory(community=community, phone="+8619920000001", name="李娜")
    daughter = factories.VolunteerFactory(community=community, phone="+8619920000001", name="王小丽")
    help_request = ask(elder)
    offer = help_request.offers.get(volunteer=daughter)
    assert text("+8619920000001", "yes") == ["which_one"]
    assert text("+8619920000001", f"接{offer.code}") == ["visit_yours"]
    assert Assignment.objects.get().volunteer == daughter != mother


def test_late_yes_is_thanked(asked):
    first, second = offer_of(asked), offer_of(asked, 1)
    text(first.phone, "yes")
    assert text(second.phone, f"yes {second.code}") == ["late_standby"]


def test_late_bare_yes_is_thanked(asked):
    first, second = offer_of(asked), offer_of(asked, 1)
    text(first.phone, "yes")
    assert text(second.phone, "yes") == ["late_standby"]


def test_second_yes_of_the_winner_is_reassured(asked):
    offer = offer_of(asked)
    text(offer.phone, "yes")
    assert text(offer.phone, "yes") == ["already_yours"]
    assert Assignment.objects.count() == 1


def test_yes_after_cancel_gets_closed_reply(asked):
    offer = offer_of(asked)
    asked.refresh_from_db()
    cancel(asked, actor=SYSTEM, reason="by-elder")
    assert text(offer.phone, f"yes {offer.code}") == ["offer_cancelled"]
    asked.refresh_from_db()
    assert asked.status == Status.CANCELLED


def test_yes_after_expiry_gets_expired_reply(asked):
    offer = offer_of(asked)
    Offer.objects.update(expires_at=now() - timedelta(minutes=1), status="expired")
    assert text(offer.phone, f"yes {offer.code}") == ["offer_expired"]


def test_no_is_thanked_and_noted(asked):
    offer = offer_of(asked)
    assert text(offer.phone, f"不接{offer.code}") == ["no_thanks"]
    assert offer_of(asked).status == Offer.Status.DECLINED


def test_late_no_changes_nothing(asked):
    first, second = offer_of(asked), offer_of(asked, 1)
    text(first.phone, "yes")
    assert text(second.phone, "no") == ["no_thanks"]
    assert offer_of(asked, 1).status == Offer.Status.WITHDRAWN


def test_unclear_reply_goes_to_a_person_with_the_offer_beside_it(asked):
    offer = offer_of(asked)
    assert text(offer.phone, "下午三点行不行？") == ["unclear_ack"]
    todo = Todo.objects.get()
    assert (todo.kind, todo.offer, todo.help_request) == (Todo.Kind.UNCLEAR_REPLY, offer, asked)
    assert Assignment.objects.count() == 0


def test_text_names_the_help_request_it_is_about(asked):
    text(offer_of(asked).phone, "yes")
    inbound = InboundMessage.objects.get()
    assert (inbound.about, inbound.reading) == (asked.ref, "yes")


def test_bare_no_after_the_yes_goes_to_a_person(asked):
    offer = offer_of(asked)
    text(offer.phone, "yes")
    assert text(offer.phone, "no") == ["unclear_ack"]
    assert Assignment.objects.standing().count() == 1


def test_cannot_come_after_the_yes_searches_anew(asked):
    offer = offer_of(asked)
    text(offer.phone, "yes")
    assert text(offer.phone, "来不了") == ["cannot_thanks"]
    asked.refresh_from_db()
    assert (asked.status, asked.round, asked.places_filled) == (Status.OPEN, 2, 0)


def test_cannot_come_before_a_yes_is_a_no(asked):
    assert text(offer_of(asked).phone, "去不了") == ["no_thanks"]
    assert offer_of(asked).status == Offer.Status.DECLINED


def test_arrived_and_done_carry_the_visit_through(asked):
    phone = offer_of(asked).phone
    text(phone, "yes")
    assert text(phone, "到了") == ["arrived_thanks"]
    asked.refresh_from_db()
    assert asked.status == Status.UNDERWAY
    assert text(phone, "完成45") == ["done_cash"]
    asked.refresh_from_db()
    assert (asked.status, asked.assignments.get().minutes) == (Status.DONE, 45)


def test_done_with_two_visits_promised_goes_to_a_person(asked, elder):
    phone = offer_of(asked).phone
    text(phone, f"yes {offer_of(asked).code}")
    other = ask(elder, "parcel", hours=30)
    text(phone, f"yes {other.offers.get(phone=phone).code}")
    assert text(phone, "done 20") == ["unclear_ack"]
    assert Assignment.objects.standing().count() == 2


def test_nothing_open_is_said_kindly(community):
    volunteer = factories.VolunteerFactory(community=community)
    assert text(volunteer.phone, "yes") == ["nothing_open"]


def test_unknown_sender_is_read_where_somebody_dispatches(community):
    below = factories.CommunityFactory(parent=community)
    factories.RoleFactory(community=below, kind="dispatcher")
    text("+8619930000001", "你好")
    assert Todo.objects.get().community == below


def test_unknown_sender_gets_one_neutral_reply_a_day(community, dispatcher):
    assert text("+8619930000001", "你好") == ["unknown_sender"]
    assert text("+8619930000001", "在吗") == []
    assert Todo.objects.filter(kind=Todo.Kind.UNKNOWN_SENDER).count() == 2


def test_unknown_sender_lands_in_the_community_that_knows_the_number(elder):
    street = factories.CommunityFactory(code="another-root")
    text(elder.phone, "我想问一下")
    assert Todo.objects.get().community == elder.community != street


def test_danger_words_answer_with_120_and_alert_staff(asked):
    phone = offer_of(asked).phone
    text(phone, "yes")
    assert text(phone, "老人摔倒了") == ["danger"]
    assert "120" in Message.objects.get(template="danger").text
    todo = Todo.objects.get(kind=Todo.Kind.DANGER)
    assert (todo.help_request, todo.due_at < now() + timedelta(minutes=3)) == (asked, True)


def test_our_own_words_that_a_machine_sends_back_are_not_answered_for_ever(asked):
    """They pass every cap: two machines would talk until somebody notices the bill."""
    phone = offer_of(asked).phone
    text(phone, "老人摔倒了")
    assert [text(phone, Message.objects.latest("pk").text) for _echo in range(2)] == [[], []]
    assert Todo.objects.filter(kind=Todo.Kind.DANGER).count() == 3
    text(phone, "STOP")
    assert text(phone, Message.objects.latest("pk").text) == []


@pytest.mark.parametrize("sender", ["10086", "1069" + "0" * 16, "BANK"])
def test_sender_that_is_no_phone_is_read_and_not_answered(community, dispatcher, sender):
    assert [text(sender, words) for words in ("你好", "老人摔倒了", "退订")] == [[], [], []]
    kinds = Todo.objects.order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == [Todo.Kind.UNKNOWN_SENDER, Todo.Kind.DANGER]


def test_opt_out_ends_texts_at_once(asked, elder):
    offer = offer_of(asked)
    assert text(offer.phone, "退订") == ["opt_out_done"]
    assert Volunteer.objects.get(pk=offer.volunteer.pk).opted_out_at is not None
    assert offer_of(asked).status == Offer.Status.WITHDRAWN
    assert ask(elder, "parcel").offers.filter(phone=offer.phone).count() == 0


def test_opt_out_that_the_carrier_has_answered_is_not_answered_again(asked):
    assert text(offer_of(asked).phone, "STOP", carrier_handled=True) == []


def test_staff_learn_of_an_opt_out_on_a_visit(asked):
    phone = offer_of(asked).phone
    text(phone, "yes")
    text(phone, "STOP")
    assert Todo.objects.filter(kind=Todo.Kind.VOLUNTEER_CANNOT).count() == 1


def test_opt_in_brings_the_texts_back(asked, elder):
    phone = offer_of(asked).phone
    text(phone, "STOP")
    assert text(phone, "START") == ["opt_in_done"]
    assert Volunteer.objects.get(phone=phone).opted_out_at is None


def test_volunteer_suspended_after_the_offer_is_seen_by_a_person(asked):
    offer = offer_of(asked)
    Volunteer.objects.filter(pk=offer.volunteer.pk).update(status="suspended")
    assert text(offer.phone, "yes") == ["unclear_ack"]
    assert (Assignment.objects.count(), HelpRequest.objects.get().places_filled) == (0, 0)


def test_same_text_brought_twice_acts_once(asked):
    offer = offer_of(asked)
    for _time in range(2):
        receive(gateway(), Inbound(gateway_ref="same", sender=offer.phone, text="yes"))
    assert Message.objects.filter(to=offer.phone, template="visit_yours").count() == 1
    assert Message.objects.filter(to=offer.phone, template="already_yours").count() == 0


def test_second_yes_for_the_same_time_is_seen_by_a_person(asked, elder):
    phone = offer_of(asked).phone
    other = ask(elder, "parcel")
    text(phone, f"yes {offer_of(asked).code}")
    assert text(phone, f"yes {other.offers.get(phone=phone).code}") == ["unclear_ack"]
    assert Assignment.objects.count() == 1
