"""The Twilio gateway by itself, and the whole way round over real sockets."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from linzhu.checks import check_environment
from linzhu.notifications.gateways import gateway
from linzhu.notifications.gateways.base import Outcome
from linzhu.notifications.gateways.twilio_codes import FAULTS, STATES, Fault, fault_of, state_of
from linzhu.notifications.models import InboundMessage, Message
from linzhu.notifications.outbox import queue
from linzhu.notifications.relay import relay
from tests import factories
from tests.fake_twilio import AUTH_TOKEN
from tests.fake_twilio import Fault as Broken

State = Message.State
PHONE = "+8619920000001"


@pytest.fixture
def message(community):
    return factories.MessageFactory(community=community, to=PHONE)


# --- which gateway ------------------------------------------------------------------------------------------------


def test_gateway_is_the_configured_one(twilio, settings):
    assert gateway().name == "twilio"
    settings.SMS_GATEWAY = "local"
    assert gateway().name == "local"
    assert gateway("twilio").name == "twilio"


def test_gateway_is_made_once_for_the_same_settings(twilio, settings):
    first = gateway()
    assert gateway() is first
    settings.TWILIO_AUTH_TOKEN = "rotated"
    assert gateway() is not first


def test_gateway_of_an_unknown_name_is_refused(settings):
    settings.SMS_GATEWAY = "pigeon"
    with pytest.raises(ImproperlyConfigured):
        gateway()


def test_gateways_say_what_they_can_do(twilio):
    assert (gateway("twilio").capabilities.signed, gateway("local").capabilities.signed) == (True, False)


def test_local_gateway_has_no_webhook(rf):
    request = rf.post("/")
    local = gateway("local")
    assert (local.verify(request), local.parse_inbound(request), local.parse_status(request)) == (False, [], [])
    assert local.ack(request).status_code == 204


def test_token_is_not_shown(twilio):
    assert AUTH_TOKEN not in repr(gateway()._account)


# --- what its words mean ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("21211", Fault.NUMBER),
        ("21614", Fault.NUMBER),
        ("21635", Fault.NUMBER),
        ("30005", Fault.NUMBER),
        ("30006", Fault.NUMBER),
        ("21610", Fault.OPTED_OUT),
        ("20003", Fault.CONFIGURATION),
        ("21408", Fault.CONFIGURATION),
        ("21606", Fault.CONFIGURATION),
        ("21612", Fault.CONFIGURATION),
        ("30004", Fault.HUMAN),
        ("30007", Fault.HUMAN),
        ("30001", Fault.PASSING),
        ("30003", Fault.PASSING),
        ("30008", Fault.PASSING),
        ("99999", Fault.HUMAN),
        ("", Fault.HUMAN),
    ],
)
def test_code_means_a_fault(code, fault):
    assert fault_of(code) is fault


def test_every_code_and_status_has_a_meaning():
    assert set(FAULTS.values()) == set(Fault)
    assert {state_of(status) for status in STATES} == {
        State.ACCEPTED,
        State.SENT,
        State.DELIVERED,
        State.UNDELIVERED,
        State.FAILED,
    }


@pytest.mark.parametrize(("code", "permanent"), [(21614, True), (21610, True), (30007, False)])
def test_refusal_says_whether_the_number_is_lost_for_good(twilio, message, code, permanent):
    twilio.refuse[PHONE] = code
    result = gateway().send(message)
    assert (result.outcome, result.permanent, result.error_code) == (Outcome.REJECTED, permanent, str(code))


@pytest.mark.parametrize("fault", [Broken.GARBLED, Broken.ERROR_BEFORE, Broken.SILENCE_AFTER])
def test_answer_that_tells_nothing_is_unknown(twilio, message, fault):
    twilio.fail_next(fault)
    assert gateway().send(message).outcome is Outcome.UNKNOWN


# --- what must be set ---------------------------------------------------------------------------------------------


def test_check_without_secrets_refuses_production(settings):
    settings.SMS_GATEWAY, settings.PRODUCTION = "twilio", True
    settings.SECRET_KEY_FROM_ENVIRONMENT = False
    settings.TWILIO_ACCOUNT_SID = settings.TWILIO_AUTH_TOKEN = ""
    settings.TWILIO_FROM = settings.TWILIO_MESSAGING_SERVICE_SID = ""
    found = [error.id for error in check_environment()]
    assert found.count("linzhu.E005") == 2
    assert {"linzhu.E001", "linzhu.E003", "linzhu.E006"} <= set(found)


def test_check_with_a_full_configuration_is_content(twilio):
    assert [
        error.id for error in check_environment() if error.id in {"linzhu.E004", "linzhu.E005", "linzhu.E006"}
    ] == []


# --- the whole way round ------------------------------------------------------------------------------------------


@pytest.fixture
def twilio_calls_back(twilio, settings, live_server):
    twilio.configure(settings, app_url=live_server.url)
    twilio.callbacks = "auto"
    return twilio


def test_text_goes_out_and_its_receipts_come_back(twilio_calls_back, community):
    message = queue(PHONE, "no_thanks", {}, community=community, language="zh-hans")
    relay(message.pk)
    twilio_calls_back.settle()
    message.refresh_from_db()
    assert message.state == State.DELIVERED
    assert message.gateway_ref == twilio_calls_back.messages[0].sid
    assert twilio_calls_back.callback_statuses == [200, 200]


def test_receipt_settles_a_text_before_anybody_looks_it_up(twilio_calls_back, community):
    message = queue(PHONE, "no_thanks", {}, community=community, language="zh-hans")
    twilio_calls_back.fail_next(Broken.ERROR_AFTER)
    relay(message.pk)
    twilio_calls_back.settle()
    message.refresh_from_db()
    assert (message.state, message.gateway_ref) == (State.DELIVERED, twilio_calls_back.messages[0].sid)


def test_reply_comes_in_once_however_often_it_is_brought(twilio_calls_back, community):
    statuses = [twilio_calls_back.deliver_inbound(PHONE, "YES 47", sid="SM7") for _delivery in range(2)]
    assert statuses == [200, 200]
    assert InboundMessage.objects.get().text == "YES 47"
