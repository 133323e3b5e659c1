"""The relay on the local gateway, and on a fake Twilio that breaks in every way there is."""

import logging
import random
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from linzhu.notifications import relay as relay_module
from linzhu.notifications.models import FINAL_STATES, Message, OptOut
from linzhu.notifications.optout import is_opted_out, opt_out
from linzhu.notifications.outbox import withdraw
from linzhu.notifications.relay import MAX_ATTEMPTS, relay, relay_due
from linzhu.notifications.tasks import relay_message
from tests import factories
from tests.fake_twilio import Fault

State = Message.State
PHONE = "+8619920000001"


@pytest.fixture
def clock(stopped_clock):
    return stopped_clock


@pytest.fixture
def text(community, clock):
    """Write a text that is due now."""

    def write(**fields) -> Message:
        defaults = {"community": community, "to": PHONE, "template": "no_thanks", "text": "Linzhu: thank you"}
        return factories.MessageFactory(**{**defaults, **fields})

    return write


def now() -> datetime:
    return datetime.now(UTC)


def state_of(message: Message) -> str:
    message.refresh_from_db()
    return message.state


# --- the local gateway --------------------------------------------------------------------------------------------


def test_relay_delivers_on_the_local_gateway(text):
    message = text()
    relay(message.pk)
    assert state_of(message) == State.DELIVERED
    assert (message.gateway, message.gateway_ref) == ("local", f"local-{message.ref}")
    assert (message.attempts, message.handed_at, message.finished_at) == (1, now(), now())


def test_relay_twice_sends_once(text):
    message = text()
    relay(message.pk)
    relay(message.pk)
    assert state_of(message) == State.DELIVERED
    assert message.attempts == 1


def test_relay_of_a_text_that_is_gone_does_nothing(db):
    relay_message(4711)


def test_relay_before_its_time_does_nothing(text, clock):
    message = text(next_attempt_at=now() + timedelta(seconds=1))
    relay(message.pk)
    assert state_of(message) == State.QUEUED


def test_relay_after_expiry_does_not_send(text):
    message = text(expires_at=now())
    relay(message.pk)
    assert state_of(message) == State.EXPIRED
    assert (message.attempts, message.finished_at) == (0, now())


def test_relay_to_a_number_that_opted_out_meanwhile_does_not_send(text):
    opt_out(PHONE)
    message, answer = text(), text(template="opt_out_done", priority=2)
    relay(message.pk)
    relay(answer.pk)
    assert (state_of(message), state_of(answer)) == (State.SUPPRESSED, State.DELIVERED)
    assert message.attempts == 0


def test_relay_that_died_on_the_local_gateway_is_made_good(text, clock):
    message = text(state=State.SENDING, gateway="local", attempts=1, lease_until=now() + timedelta(seconds=60))
    assert relay_due(now()) == 0
    clock.shift(60)
    assert relay_due(now()) == 1
    assert state_of(message) == State.DELIVERED
    assert message.attempts == 2


def test_relay_whose_text_is_no_longer_wanted_when_it_takes_the_lease_does_not_send(text):
    """Between its first look and the lease may lie a wait for the database, and an opt-out or a cancellation."""
    seen, also_seen = text(), text(to="+8619920000002")
    Message.objects.filter(pk=seen.pk).update(expires_at=now())
    OptOut.objects.create(phone=also_seen.to)
    assert [relay_module._lease(message, "local", now()) for message in (seen, also_seen)] == ["", ""]
    relay(seen.pk)
    relay(also_seen.pk)
    assert (state_of(seen), state_of(also_seen)) == (State.EXPIRED, State.SUPPRESSED)


# --- order and sweep ----------------------------------------------------------------------------------------------


def test_later_text_does_not_overtake_an_earlier_one_to_the_same_phone(text):
    earlier, later = text(next_attempt_at=now() + timedelta(seconds=9), attempts=1), text()
    relay(later.pk)
    assert state_of(later) == State.QUEUED
    Message.objects.filter(pk=earlier.pk).update(next_attempt_at=now())
    relay(earlier.pk)
    assert (state_of(earlier), state_of(later)) == (State.DELIVERED, State.DELIVERED)


@pytest.mark.parametrize("state", [State.SENDING, State.UNKNOWN])
def test_later_text_waits_while_the_earlier_one_is_in_doubt(text, state):
    text(state=state, lease_until=now() + timedelta(seconds=9), next_attempt_at=now() + timedelta(seconds=9))
    later = text()
    relay(later.pk)
    assert state_of(later) == State.QUEUED


def test_later_text_does_not_wait_for_one_in_doubt_that_is_never_sent_again(text):
    text(state=State.UNKNOWN, next_attempt_at=now() + timedelta(hours=1), expires_at=now())
    later = text()
    relay(later.pk)
    assert state_of(later) == State.DELIVERED


def test_more_urgent_text_overtakes(text):
    text(priority=Message.Priority.OFFER, next_attempt_at=now() + timedelta(seconds=9), attempts=1)
    urgent = text(priority=Message.Priority.CONFIRMATION)
    relay(urgent.pk)
    assert state_of(urgent) == State.DELIVERED


def test_texts_to_other_phones_do_not_wait(text):
    text(next_attempt_at=now() + timedelta(seconds=9), attempts=1)
    other = text(to="+8619920000002")
    relay(other.pk)
    assert state_of(other) == State.DELIVERED


def test_sweep_leaves_fresh_texts_to_the_workers(text, clock):
    message = text()
    assert relay_due(now()) == 0
    clock.shift(2)
    assert relay_due(now()) == 1
    assert state_of(message) == State.DELIVERED


def test_sweep_takes_retries_at_once(text):
    message = text(attempts=1)
    assert relay_due(now()) == 1
    assert state_of(message) == State.DELIVERED


def test_sweep_takes_the_urgent_first_and_no_more_than_its_limit(text, clock):
    reminder, offer, confirmation = (text(priority=level, to=f"+86199200000{level}9") for level in (3, 2, 1))
    clock.shift(5)
    assert relay_due(now(), limit=2) == 2
    assert [state_of(m) for m in (confirmation, offer, reminder)] == [State.DELIVERED, State.DELIVERED, State.QUEUED]


@pytest.fixture
def crowd(text, clock):
    """Nine texts that wait for one whose fate nobody knows."""
    text(state=State.UNKNOWN, next_attempt_at=now() + timedelta(minutes=5))
    waiting = [text() for _text in range(9)]
    clock.shift(5)
    return waiting


def test_texts_that_wait_for_another_do_not_hide_the_rest(text, clock, crowd):
    free = text(to="+8619920000002", attempts=1)
    assert relay_due(now(), limit=5) == 1
    assert state_of(free) == State.DELIVERED


def test_texts_that_wait_for_another_cost_the_sweep_nothing(crowd, django_assert_num_queries):
    """Four relays that tried each of them twenty times a second left SQLite no time for anything else."""
    with django_assert_num_queries(2):
        assert relay_due(now()) == 0


def test_texts_that_waited_go_out_in_their_order_when_the_first_is_settled(clock, crowd):
    Message.objects.filter(state=State.UNKNOWN).update(state=State.DELIVERED)
    assert relay_due(now()) == 1
    handed = Message.objects.filter(pk__in=[message.pk for message in crowd], state=State.DELIVERED)
    assert list(handed.order_by("handed_at", "pk").values_list("pk", flat=True)) == [message.pk for message in crowd]


def test_text_of_another_kind_to_the_same_phone_is_next_where_the_first_kind_is_in_doubt(text, clock):
    text(state=State.UNKNOWN, next_attempt_at=now() + timedelta(minutes=5))
    blocked = text()
    offers = [text(priority=Message.Priority.OFFER) for _text in range(2)]
    relay(offers[0].pk)
    assert [state_of(message) for message in (blocked, *offers)] == [State.QUEUED, State.DELIVERED, State.DELIVERED]


def test_sweep_ends_when_its_time_is_spent(text, clock):
    text()
    clock.shift(5)
    assert relay_due(now(), budget_s=0) == 0


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL reads a table of a few rows whole")
def test_sweep_reads_no_whole_table(text):
    for due in (Message.objects.to_send(now()).next_in_line(), Message.objects.to_look_up(now())):
        plan = due.order_by("priority", "pk").explain()
        assert "SCAN" not in plan.replace("USING INDEX", "")
    assert connection.vendor == "sqlite"


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite plans without having counted the rows")
def test_sweep_reads_no_text_of_the_past(community, text):
    past = {"community": community, "to": PHONE, "state": State.DELIVERED}
    Message.objects.bulk_create(factories.MessageFactory.build(**past) for _text in range(3000))
    for number in range(20):
        text(to=f"+86199200002{number:02}")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE notifications_message")
    plan = Message.objects.to_send(now()).next_in_line().order_by("priority", "pk").explain()
    assert "Seq Scan" not in plan


def test_sweep_goes_on_after_a_text_that_breaks_it(text, clock, settings, caplog):
    broken, fine = text(state=State.UNKNOWN, gateway="pigeon"), text(to="+8619920000002")
    clock.shift(5)
    assert relay_due(now()) == 2
    assert (state_of(broken), state_of(fine)) == (State.UNKNOWN, State.DELIVERED)
    assert "ImproperlyConfigured" in caplog.text
    assert PHONE not in caplog.text


# --- Twilio, when it is well --------------------------------------------------------------------------------------


def test_twilio_gets_everything_it_needs(text, twilio):
    message = text(text="Linzhu: 你好", expires_at=now() + timedelta(minutes=5))
    relay(message.pk)
    assert state_of(message) == State.ACCEPTED
    assert (message.gateway, message.gateway_ref) == ("twilio", twilio.messages[0].sid)
    assert twilio.messages[0].form == {
        "To": PHONE,
        "From": "+12025550100",
        "Body": "Linzhu: 你好",
        "StatusCallback": f"http://testserver/sms/twilio/status/?ref={message.ref}",
        "ValidityPeriod": "300",
    }


def test_twilio_is_asked_through_the_messaging_service_if_there_is_one(text, twilio, settings):
    settings.TWILIO_MESSAGING_SERVICE_SID = "MG" + "1" * 32
    relay(text().pk)
    assert twilio.messages[0].form["MessagingServiceSid"] == "MG" + "1" * 32
    assert "From" not in twilio.messages[0].form


@pytest.mark.parametrize(("seconds", "validity"), [(2, "6"), (90_000, "36000")])
def test_validity_keeps_to_twilios_bounds(text, twilio, seconds, validity):
    relay(text(expires_at=now() + timedelta(seconds=seconds)).pk)
    assert twilio.messages[0].form["ValidityPeriod"] == validity


# --- Twilio, when it is not ---------------------------------------------------------------------------------------


def test_429_is_tried_again_later_and_later(text, twilio, clock):
    message = text()
    pauses = []
    for attempt in range(1, MAX_ATTEMPTS):
        twilio.fail_next(Fault.TOO_MANY)
        relay(message.pk)
        assert (state_of(message), message.attempts, message.error_code) == (State.QUEUED, attempt, "20429")
        pauses.append((message.next_attempt_at - now()).total_seconds())
        clock.move_to(message.next_attempt_at)
    assert all(
        0.8 * nominal <= pause <= 1.2 * nominal for pause, nominal in zip(pauses, (5, 15, 45, 135, 405), strict=True)
    )
    assert twilio.messages == []
    relay(message.pk)
    assert state_of(message) == State.ACCEPTED
    assert len(twilio.messages) == 1


def test_429_six_times_has_failed(text, twilio, clock):
    message = text()
    for _attempt in range(MAX_ATTEMPTS):
        twilio.fail_next(Fault.TOO_MANY)
        relay(message.pk)
        clock.shift(600)
    assert (state_of(message), message.error_code) == (State.FAILED, "20429")
    assert message.finished_at is not None
    assert twilio.tries == MAX_ATTEMPTS


def test_429_past_expiry_is_not_tried_again(text, twilio, clock):
    message = text(expires_at=now() + timedelta(seconds=3))
    twilio.fail_next(Fault.TOO_MANY)
    relay(message.pk)
    clock.shift(10)
    relay_due(now())
    assert state_of(message) == State.EXPIRED
    assert twilio.messages == []


@pytest.mark.parametrize("fault", [Fault.ERROR_AFTER, Fault.SILENCE_AFTER])
def test_lost_answer_is_looked_up_and_not_sent_twice(text, twilio, clock, fault):
    message = text()
    twilio.fail_next(fault)
    relay(message.pk)
    assert state_of(message) == State.UNKNOWN
    relay_due(now())
    assert state_of(message) == State.UNKNOWN  # not before its time
    clock.shift(15)
    relay_due(now())
    assert state_of(message) == State.ACCEPTED
    assert [sent.sid for sent in twilio.messages] == [message.gateway_ref]


@pytest.mark.parametrize("fault", [Fault.ERROR_BEFORE, Fault.SILENCE_BEFORE])
def test_lost_request_is_looked_up_and_then_sent_once(text, twilio, clock, fault):
    message = text()
    twilio.fail_next(fault)
    relay(message.pk)
    assert state_of(message) == State.UNKNOWN
    clock.shift(15)
    relay_due(now())
    assert state_of(message) == State.ACCEPTED
    assert (len(twilio.messages), message.attempts) == (1, 2)


def test_relay_killed_after_sending_is_looked_up_and_sent_exactly_once(text, twilio, clock):
    message = text()
    relay(message.pk)
    # What a SIGKILL between Twilio's answer and our note of it leaves behind:
    Message.objects.update(state=State.SENDING, gateway_ref="", handed_at=None)
    clock.shift(30)
    relay_due(now())
    assert state_of(message) == State.SENDING  # the lease still runs
    clock.shift(30)
    relay_due(now())
    assert state_of(message) == State.ACCEPTED
    assert [sent.sid for sent in twilio.messages] == [message.gateway_ref]


def test_relay_killed_before_sending_is_looked_up_and_sent_exactly_once(text, twilio, clock):
    message = text(state=State.SENDING, gateway="twilio", attempts=1, lease_until=now())
    relay_due(now())
    assert state_of(message) == State.ACCEPTED
    assert (len(twilio.messages), message.attempts) == (1, 2)


def test_look_up_takes_no_other_text_of_the_same_words(text, twilio, clock):
    first = text()
    relay(first.pk)
    second = text(state=State.SENDING, gateway="twilio", attempts=1, lease_until=now())
    relay_due(now())
    assert (state_of(first), state_of(second)) == (State.ACCEPTED, State.ACCEPTED)
    assert [sent.sid for sent in twilio.messages] == [first.gateway_ref, second.gateway_ref]


def test_look_up_takes_no_older_text_of_the_same_words(text, twilio, clock):
    relay(text().pk)
    Message.objects.all().delete()
    clock.shift(timedelta(minutes=10))
    message = text(state=State.SENDING, gateway="twilio", attempts=1, lease_until=now())
    relay_due(now())
    assert state_of(message) == State.ACCEPTED
    assert len(twilio.messages) == 2


def test_look_up_that_cannot_tell_asks_again_more_slowly(text, twilio, clock, settings):
    message = text(state=State.UNKNOWN, gateway="twilio", attempts=1, lease_until=now() + timedelta(seconds=60))
    settings.TWILIO_AUTH_TOKEN = "not the one"
    relay_due(now())
    assert (state_of(message), message.error_code) == (State.UNKNOWN, "TwilioException")
    assert message.next_attempt_at == now() + timedelta(seconds=15)
    clock.shift(3600)
    relay_due(now())
    assert state_of(message) == State.UNKNOWN
    assert message.next_attempt_at == now() + timedelta(minutes=5)
    assert twilio.tries == 0


def test_look_up_in_vain_for_a_day_has_failed(text, twilio, clock, settings):
    message = text(state=State.UNKNOWN, gateway="twilio", attempts=1, lease_until=now())
    settings.TWILIO_AUTH_TOKEN = "not the one"
    clock.shift(timedelta(hours=24, seconds=1))
    relay_due(now())
    assert (state_of(message), message.error_code) == (State.FAILED, "never-known")


def test_withdrawn_text_is_not_sent_again_after_a_look_up(text, twilio, clock):
    message = text()
    twilio.fail_next(Fault.ERROR_BEFORE)
    relay(message.pk)
    withdraw(Message.objects.filter(pk=message.pk))
    clock.shift(15)
    relay_due(now())
    assert state_of(message) == State.EXPIRED
    assert twilio.messages == []


def test_gateway_that_cannot_be_reached_is_tried_again_later(text, settings, twilio):
    settings.TWILIO_API_URL = "http://127.0.0.1:9"
    message = text()
    relay(message.pk)
    assert (state_of(message), message.error_code) == (State.QUEUED, "ConnectionError")


@pytest.mark.parametrize(
    ("code", "state", "opted_out"),
    [
        (21211, State.FAILED, False),
        (21614, State.FAILED, False),
        (30007, State.FAILED, False),
        (65432, State.FAILED, False),
        (21610, State.SUPPRESSED, True),
        (21606, State.QUEUED, False),
        (30001, State.QUEUED, False),
    ],
)
def test_refusal_means_what_its_code_says(text, twilio, code, state, opted_out):
    twilio.refuse[PHONE] = code
    message, later = text(), text(priority=2)
    relay(message.pk)
    assert (state_of(message), message.error_code) == (state, str(code))
    assert is_opted_out(PHONE) is opted_out
    if opted_out:
        assert state_of(later) == State.SUPPRESSED


def test_wrong_token_waits_for_the_operator(text, twilio, settings, clock):
    message = text()
    right, settings.TWILIO_AUTH_TOKEN = settings.TWILIO_AUTH_TOKEN, "wrong"
    relay(message.pk)
    assert (state_of(message), message.error_code) == (State.QUEUED, "20003")
    settings.TWILIO_AUTH_TOKEN = right
    clock.shift(10)
    relay_due(now())
    assert state_of(message) == State.ACCEPTED


def test_result_that_comes_after_a_newer_try_changes_nothing(text, twilio):
    message = text(state=State.SENDING, gateway="twilio", attempts=2, lease_until=now() + timedelta(seconds=60))
    stale = Message.objects.get(pk=message.pk)
    stale.attempts = 1
    relay_module._record(stale, relay_module.SendResult.rejected("21211", permanent=True))
    assert state_of(message) == State.SENDING


@pytest.mark.parametrize("seed", range(3))
def test_chaos_loses_nothing_and_sends_nothing_twice(text, twilio, clock, settings, seed):
    settings.TWILIO_TIMEOUT_S = 0.05
    dice = random.Random(seed)
    messages = [text(to=f"+86199200{dice.randrange(10):05}") for _number in range(40)]
    twilio.chaos(rate=0.3, seed=seed)
    for message in messages:
        relay_message(message.pk)
    for _minute in range(40):
        clock.shift(61)
        relay_due(now(), budget_s=60)
    assert {state_of(message) for message in messages} <= {State.ACCEPTED, *FINAL_STATES}
    taken = [message for message in messages if message.state == State.ACCEPTED]
    assert sorted(sent.sid for sent in twilio.messages) == sorted(message.gateway_ref for message in taken)
    assert len(taken) >= 39


def test_relay_logs_no_number_and_no_text(text, twilio, caplog):
    message = text(text="Linzhu: secret words")
    twilio.refuse[PHONE] = 21211
    with caplog.at_level(logging.INFO):
        relay(message.pk)
    assert str(message.ref) in caplog.text
    assert PHONE[3:] not in caplog.text
    assert "secret" not in caplog.text
