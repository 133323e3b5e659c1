"""Texts on their way into the outbox, and out of it again before they are sent."""

import logging
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from django_q.models import OrmQ

from linzhu.notifications import outbox
from linzhu.notifications.models import Message, OptOut
from linzhu.notifications.optout import is_opted_out, opt_in, opt_out
from linzhu.notifications.outbox import give_up, send_again
from tests import factories

State = Message.State
PHONE = "+8619920000001"
OFFER = {"service": "Groceries", "area": "新华里", "when": "today 14:00-16:00", "code": "47"}


@pytest.fixture
def queue(community):
    def queue(template="no_thanks", params=(), **fields):
        return outbox.queue(PHONE, template, dict(params), **{"community": community, "language": "en", **fields})

    return queue


def test_queue_writes_the_text_as_it_will_be_sent(queue, community):
    message = queue("offer", OFFER, about="H7K2M", priority=Message.Priority.OFFER)
    message.refresh_from_db()
    assert message.text == ("Linzhu: Can you help? Groceries near 新华里, today 14:00-16:00. Reply YES 47 or NO 47")
    assert (message.state, message.parts, message.params) == (State.QUEUED, 2, OFFER)
    assert (message.to, message.about, message.priority, message.community) == (PHONE, "H7K2M", 2, community)


def test_queue_keeps_only_the_parameters_that_the_text_uses(queue):
    assert queue("no_thanks", {"service": "Groceries"}).params == {}


def test_queue_without_a_parameter_writes_nothing(queue):
    with pytest.raises(KeyError):
        queue("offer", {"service": "Groceries"})
    assert Message.objects.count() == OrmQ.objects.count() == 0


def test_queue_wakes_a_worker_with_the_id_alone(queue):
    message = queue("offer", OFFER)
    task = OrmQ.objects.get().task
    assert (task["func"], task["args"], task["kwargs"]) == (
        "linzhu.notifications.tasks.relay_message",
        (message.pk,),
        {},
    )


def test_queue_in_a_transaction_that_fails_leaves_neither_text_nor_task(queue):
    def fail():
        with transaction.atomic():
            queue()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert Message.objects.count() == OrmQ.objects.count() == 0


def test_queue_logs_no_number_and_no_text(queue, caplog):
    with caplog.at_level(logging.DEBUG):
        queue("offer", OFFER)
    assert PHONE not in caplog.text
    assert "Groceries" not in caplog.text


# --- opting out ---------------------------------------------------------------------------------------------------


def test_queue_to_an_opted_out_number_is_suppressed(queue):
    opt_out(PHONE)
    message = queue()
    assert message.state == State.SUPPRESSED
    assert message.finished_at is not None
    assert OrmQ.objects.count() == 0


@pytest.mark.parametrize("template", ["opt_out_done", "opt_in_done"])
def test_queue_answers_the_opt_out_itself(queue, template):
    opt_out(PHONE)
    assert queue(template).state == State.QUEUED


def test_opt_out_holds_back_what_is_queued_to_that_number_only(queue):
    mine, answer = queue(), queue("opt_in_done")
    other = factories.MessageFactory(community=mine.community, template="no_thanks")
    assert opt_out(PHONE) == 1
    states = [Message.objects.get(pk=message.pk).state for message in (mine, answer, other)]
    assert states == [State.SUPPRESSED, State.QUEUED, State.QUEUED]


def test_opt_out_twice_is_one(db):
    opt_out(PHONE)
    opt_out(PHONE)
    assert OptOut.objects.count() == 1


def test_opt_in_lets_the_next_text_through(queue):
    opt_out(PHONE)
    assert is_opted_out(PHONE) is True
    assert opt_in(PHONE) is True
    assert is_opted_out(PHONE) is False
    assert queue().state == State.QUEUED


def test_opt_in_of_a_number_that_never_opted_out_says_so(db):
    assert opt_in(PHONE) is False


# --- withdrawing --------------------------------------------------------------------------------------------------


def test_withdraw_ends_what_is_queued(queue):
    mine, other = queue(), queue()
    assert outbox.withdraw(Message.objects.filter(pk=mine.pk)) == 1
    mine.refresh_from_db()
    other.refresh_from_db()
    assert (mine.state, other.state) == (State.EXPIRED, State.QUEUED)
    assert mine.finished_at is not None


def test_withdraw_leaves_what_was_sent(queue):
    message = queue()
    Message.objects.update(state=State.DELIVERED)
    assert outbox.withdraw(Message.objects.filter(pk=message.pk)) == 0
    message.refresh_from_db()
    assert (message.state, message.expires_at) == (State.DELIVERED, None)


@pytest.mark.parametrize("state", [State.SENDING, State.UNKNOWN])
def test_withdraw_forbids_a_second_try(queue, state):
    message = queue(expires_at=timezone.now() + timedelta(hours=1))
    Message.objects.update(state=state)
    assert outbox.withdraw(Message.objects.filter(pk=message.pk)) == 0
    message.refresh_from_db()
    assert message.state == state
    assert message.expires_at <= timezone.now()


@pytest.mark.parametrize("state", [State.FAILED, State.UNDELIVERED])
def test_withdrawn_text_that_has_failed_is_not_sent_again_by_staff(community, state):
    """An offer that did not arrive, for a place that is taken by now."""
    lost = factories.MessageFactory(community=community, state=state)
    outbox.withdraw(Message.objects.filter(pk=lost.pk))
    lost.refresh_from_db()
    assert send_again(lost) is False


def test_withdraw_reaches_what_staff_have_sent_again(community):
    lost = factories.MessageFactory(community=community, state=State.FAILED)
    assert send_again(lost)
    Message.objects.filter(again_of=lost).update(state=State.FAILED)
    assert send_again(Message.objects.get(again_of=lost))
    assert outbox.withdraw(Message.objects.filter(pk=lost.pk)) == 1
    assert Message.objects.get(again_of__again_of=lost).state == State.EXPIRED


# --- a second chance ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [State.FAILED, State.UNDELIVERED])
def test_send_again_writes_one_second_text_however_often_it_is_pressed(community, state):
    lost = factories.MessageFactory(
        community=community, state=state, about="ABCDE", parts=2, priority=3, error_code="30003", attempts=6
    )
    assert [send_again(lost), send_again(lost)] == [True, False]
    again = Message.objects.get(again_of=lost)
    copied = ("to", "template", "language", "text", "parts", "community", "about", "priority")
    assert [getattr(again, name) for name in copied] == [getattr(lost, name) for name in copied]
    assert (again.state, again.attempts, again.error_code, again.gateway_ref) == (State.QUEUED, 0, "", "")
    assert OrmQ.objects.count() == 1


def test_send_again_of_a_waiting_text_lets_it_try_at_once(community):
    waiting = factories.MessageFactory(
        community=community, attempts=2, next_attempt_at=timezone.now() + timedelta(minutes=7)
    )
    assert send_again(waiting)
    waiting.refresh_from_db()
    assert waiting.next_attempt_at <= timezone.now()
    assert (Message.objects.count(), OrmQ.objects.count()) == (1, 1)


@pytest.mark.parametrize("state", [State.UNKNOWN, State.SENDING, State.SENT, State.DELIVERED, State.SUPPRESSED])
def test_send_again_of_a_text_that_may_have_arrived_does_nothing(community, state):
    assert send_again(factories.MessageFactory(community=community, state=state)) is False
    assert Message.objects.count() == 1


def test_send_again_past_its_time_does_nothing(community):
    late = factories.MessageFactory(community=community, state=State.FAILED, expires_at=timezone.now())
    assert send_again(late) is False


@pytest.mark.parametrize("state", [State.QUEUED, State.UNKNOWN])
def test_give_up_ends_what_has_not_arrived(community, state):
    pending = factories.MessageFactory(community=community, state=state)
    assert [give_up(pending), give_up(pending)] == [True, False]
    pending.refresh_from_db()
    assert (pending.state, pending.error_code) == (State.FAILED, "given-up")
    assert pending.finished_at is not None


@pytest.mark.parametrize("state", [State.SENDING, State.SENT, State.DELIVERED, State.EXPIRED])
def test_give_up_leaves_everything_else(community, state):
    assert give_up(factories.MessageFactory(community=community, state=state)) is False
