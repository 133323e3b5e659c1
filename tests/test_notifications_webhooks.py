"""The doors for texts and status reports: signed, stored once, handled or kept."""

import itertools
import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import OperationalError, close_old_connections, connection, connections
from django.test import Client
from django.utils import timezone

from linzhu.communities.models import Community
from linzhu.notifications import inbound as inbound_module
from linzhu.notifications.gateways import gateway
from linzhu.notifications.gateways.base import Inbound
from linzhu.notifications.inbound import handle_unhandled, receive
from linzhu.notifications.models import InboundMessage, Message
from linzhu.notifications.optout import is_opted_out
from linzhu.notifications.signals import message_received
from tests import factories
from tests.fake_twilio import ACCOUNT_SID, AUTH_TOKEN, SENDER, signed

State = Message.State
PHONE = "+8619920000001"
INBOUND, STATUS = "/sms/twilio/inbound/", "/sms/twilio/status/"
FORM = {"MessageSid": "SM" + "1" * 32, "From": PHONE, "To": SENDER, "Body": "好的 47", "NumMedia": "0"}


@pytest.fixture(autouse=True)
def twilio(settings):
    settings.SMS_GATEWAY = "twilio"
    settings.PUBLIC_BASE_URL = "https://linzhu.example.org"
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, settings.TWILIO_FROM = ACCOUNT_SID, AUTH_TOKEN, SENDER


@pytest.fixture
def handlers():
    """Only these hear of texts in these tests: what the dispatch app does with them is tested there."""
    receivers, message_received.receivers = message_received.receivers, []
    message_received.sender_receivers_cache.clear()
    kept = []

    def connect(handler):
        def listener(inbound, **kwargs):
            handler(inbound)

        kept.append(listener)
        message_received.connect(listener)

    yield connect
    message_received.receivers = receivers
    message_received.sender_receivers_cache.clear()


@pytest.fixture
def heard(handlers):
    texts = []
    handlers(lambda inbound: texts.append(inbound.text))
    return texts


@pytest.fixture
def breaking(handlers, community):
    """A handler that writes something and then fails, until it is mended; returns the switch."""
    switch = {"broken": True, "calls": 0}

    def handle(inbound):
        switch["calls"] += 1
        factories.CommunityFactory(code=f"written-{switch['calls']}")
        inbound.reading = "yes"
        if switch["broken"]:
            raise RuntimeError(inbound.text)

    handlers(handle)
    return switch


def post(path, form, **headers):
    headers = headers or signed(f"https://linzhu.example.org{path}", form)
    return Client().post(path, form, headers=headers)


# --- who may knock ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [INBOUND, STATUS])
def test_webhook_with_a_bad_signature_is_forbidden(db, heard, path):
    assert post(path, FORM, **{"X-Twilio-Signature": "bm90IGl0"}).status_code == 403
    assert InboundMessage.objects.count() == 0


@pytest.mark.parametrize("path", [INBOUND, STATUS])
def test_webhook_without_a_signature_is_forbidden(db, heard, path):
    assert Client().post(path, FORM).status_code == 403
    assert heard == []


def test_webhook_with_changed_words_is_forbidden(db, heard):
    headers = signed(f"https://linzhu.example.org{INBOUND}", FORM)
    assert post(INBOUND, {**FORM, "Body": "不接47"}, **headers).status_code == 403


def test_webhook_signed_with_another_token_is_forbidden(db, heard):
    headers = signed(f"https://linzhu.example.org{INBOUND}", FORM, token="stolen")
    assert post(INBOUND, FORM, **headers).status_code == 403


def test_webhook_is_forbidden_to_all_while_there_is_no_token(db, heard, settings):
    """Anybody can sign with nothing."""
    settings.TWILIO_AUTH_TOKEN = ""
    headers = signed(f"https://linzhu.example.org{INBOUND}", FORM, token="")
    assert post(INBOUND, FORM, **headers).status_code == 403


def test_webhook_is_checked_against_the_public_address_not_the_host(db, heard):
    headers = signed(f"http://testserver{INBOUND}", FORM)
    assert post(INBOUND, FORM, **headers).status_code == 403


@pytest.mark.parametrize("path", [INBOUND, STATUS])
def test_webhook_takes_only_post(db, path):
    assert Client().get(path).status_code == 405


@pytest.mark.parametrize("path", [INBOUND, STATUS])
def test_webhook_of_another_gateway_is_not_there(db, settings, path):
    settings.SMS_GATEWAY = "local"
    assert post(path, FORM).status_code == 404


# --- texts --------------------------------------------------------------------------------------------------------


def test_inbound_is_stored_handled_and_answered_with_empty_twiml(db, heard):
    response = post(INBOUND, FORM)
    assert (response.status_code, response["Content-Type"]) == (200, "text/xml")
    assert response.content == b'<?xml version="1.0" encoding="UTF-8"?><Response/>'
    row = InboundMessage.objects.get()
    assert (row.gateway, row.gateway_ref) == ("twilio", FORM["MessageSid"])
    assert (row.sender, row.recipient, row.text, row.carrier_handled) == (PHONE, SENDER, "好的 47", False)
    assert (row.attempts, row.handled_at is not None) == (1, True)
    assert heard == ["好的 47"]


def test_inbound_twice_is_stored_and_handled_once(db, heard):
    assert [post(INBOUND, FORM).status_code for _delivery in range(3)] == [200, 200, 200]
    assert InboundMessage.objects.count() == 1
    assert heard == ["好的 47"]


@pytest.mark.django_db(transaction=True)
def test_inbound_delivered_by_many_at_once_is_handled_once(heard):
    def deliver(_number):
        close_old_connections()
        try:
            return post(INBOUND, FORM).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(deliver, range(16))) == [200] * 16
    assert InboundMessage.objects.count() == 1
    assert heard == ["好的 47"]


def test_inbound_that_the_carrier_has_answered_says_so(db, heard):
    post(INBOUND, {**FORM, "Body": "STOP", "OptOutType": "STOP"})
    assert InboundMessage.objects.get().carrier_handled is True


def test_inbound_without_an_id_is_acknowledged_and_dropped(db, heard):
    assert post(INBOUND, {"From": PHONE, "Body": "?"}).status_code == 200
    assert InboundMessage.objects.count() == 0


def test_inbound_with_characters_that_no_database_takes_is_stored(db, heard):
    post(INBOUND, {**FORM, "Body": "yes\x00 47", "From": "+" + "9" * 40})
    row = InboundMessage.objects.get()
    assert (row.text, len(row.sender)) == ("yes 47", 24)


def test_inbound_with_half_an_emoji_is_stored_and_is_no_plain_word(db, heard):
    """A JSON of theirs may hold one: 😀 is two units, and a part of a text may end between them."""
    receive(gateway(), Inbound(gateway_ref="SM-half", sender=PHONE, text="yes 47\ud83e"))
    assert heard == ["yes 47?"]


def test_inbound_survives_a_handler_that_breaks(breaking, caplog):
    assert post(INBOUND, FORM).status_code == 200
    row = InboundMessage.objects.get()
    assert (row.text, row.handled_at, row.attempts, row.reading) == ("好的 47", None, 1, "")
    assert not Community.objects.filter(code__startswith="written").exists()
    assert "RuntimeError" in caplog.text


def test_inbound_logs_no_number_and_no_text(breaking, caplog):
    with caplog.at_level(logging.DEBUG):
        post(INBOUND, FORM)
    logged = "\n".join(record.getMessage() for record in caplog.records if not record.name.startswith("django.db"))
    assert PHONE[3:] not in logged
    assert "好的" not in logged


def test_inbound_with_the_database_down_is_refused_for_now(db, heard):
    def down(execute, sql, params, many, context):
        raise OperationalError("the database system is shutting down")

    with connection.execute_wrapper(down):
        assert post(INBOUND, FORM).status_code == 503
    assert post(INBOUND, FORM).status_code == 200
    assert heard == ["好的 47"]


@pytest.mark.django_db(transaction=True)
def test_inbound_with_the_database_lost_while_handling_is_refused_for_now(handlers):
    def down(execute, sql, params, many, context):
        raise OperationalError("server closed the connection unexpectedly")

    def lose(inbound):
        connection.execute_wrappers.append(down)
        InboundMessage.objects.count()

    handlers(lose)
    try:
        assert post(INBOUND, FORM).status_code == 503
    finally:
        connection.execute_wrappers.clear()
    assert InboundMessage.objects.count() == 0


# --- the sweep ----------------------------------------------------------------------------------------------------


def test_sweep_handles_what_went_wrong_once_it_is_mended(breaking):
    post(INBOUND, FORM)
    breaking["broken"] = False
    assert handle_unhandled(timezone.now()) == 0  # not before its pause
    assert handle_unhandled(timezone.now() + timedelta(seconds=11)) == 1
    row = InboundMessage.objects.get()
    assert (row.attempts, row.handled_at is not None, row.reading) == (2, True, "yes")
    assert Community.objects.filter(code="written-2").exists()


def test_sweep_gives_up_after_five_tries_with_growing_pauses(breaking, caplog):
    post(INBOUND, FORM)
    arrived = InboundMessage.objects.get().received_at
    for pause in inbound_module.PAUSES:
        handle_unhandled(arrived + pause - timedelta(seconds=1))
        handle_unhandled(arrived + pause)
    handle_unhandled(arrived + timedelta(days=9))
    assert breaking["calls"] == InboundMessage.objects.get().attempts == 5
    assert "was the last try" in caplog.text


def test_sweep_leaves_handled_texts_alone(db, heard):
    post(INBOUND, FORM)
    assert handle_unhandled(timezone.now() + timedelta(days=1)) == 0
    assert heard == ["好的 47"]


def test_local_phones_use_the_same_door(db, heard, settings):
    settings.SMS_GATEWAY = "local"
    row = receive(gateway(), Inbound(gateway_ref="page-1", sender=PHONE, text="YES 47"))
    assert (row.gateway, row.sender, row.handled_at is not None) == ("local", PHONE, True)
    assert receive(gateway(), Inbound(gateway_ref="page-1", sender=PHONE, text="YES 47")) is None
    assert heard == ["YES 47"]


# --- status reports -----------------------------------------------------------------------------------------------


@pytest.fixture
def message(community):
    """A text that Twilio has taken."""
    return factories.MessageFactory(
        community=community, to=PHONE, state=State.ACCEPTED, gateway="twilio", gateway_ref="SM1", attempts=1
    )


def report(message, status, *, by_ref=True, **form):
    path = f"{STATUS}?ref={message.ref}" if by_ref else STATUS
    return post(path, {"MessageSid": message.gateway_ref or "SM1", "MessageStatus": status, **form})


def state_of(message):
    message.refresh_from_db()
    return message.state


@pytest.mark.parametrize("order", list(itertools.permutations(["queued", "sending", "sent", "delivered"])))
def test_status_in_any_order_and_twice_ends_the_same(message, order):
    for status in [*order, *order]:
        assert report(message, status).status_code == 200
    assert state_of(message) == State.DELIVERED
    assert message.finished_at is not None


@pytest.mark.parametrize("order", list(itertools.permutations(["sent", "undelivered", "failed", "delivered"])))
def test_status_that_contradicts_itself_ends_the_same(message, order):
    for status in order:
        report(message, status)
    assert state_of(message) == State.DELIVERED


def test_status_carries_the_error_code(message):
    report(message, "undelivered", ErrorCode="30003")
    assert (state_of(message), message.error_code) == (State.UNDELIVERED, "30003")


def test_status_without_our_reference_is_known_by_the_gateways(message):
    report(message, "sent", by_ref=False)
    assert state_of(message) == State.SENT


def test_status_of_a_text_that_is_not_ours_changes_nothing(message):
    stranger = factories.MessageFactory.build()
    assert post(f"{STATUS}?ref={stranger.ref}", {"MessageSid": "SM9", "MessageStatus": "sent"}).status_code == 200
    assert post(f"{STATUS}?ref=nonsense", {"MessageSid": "SM9", "MessageStatus": "sent"}).status_code == 200
    assert state_of(message) == State.ACCEPTED


@pytest.mark.parametrize("state", [State.SENDING, State.UNKNOWN, State.QUEUED, State.EXPIRED])
def test_status_settles_a_text_whose_answer_was_lost(message, state):
    Message.objects.update(state=state, gateway_ref="", handed_at=None)
    message.refresh_from_db()
    report(message, "sent")
    assert (state_of(message), message.gateway_ref) == (State.SENT, "SM1")
    assert message.handed_at is not None


def test_status_of_a_word_that_nobody_knows_counts_as_accepted(message):
    report(message, "teleported")
    assert state_of(message) == State.ACCEPTED


def test_status_that_tells_of_an_opt_out_is_obeyed(message):
    report(message, "failed", ErrorCode="21610")
    assert state_of(message) == State.SUPPRESSED
    assert is_opted_out(PHONE) is True
