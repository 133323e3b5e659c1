"""Calls as rows: dialled once, looked up in doubt, reports in any order; what is read aloud is well-formed."""

import itertools
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from linzhu.checks import check_environment
from linzhu.communities.clock import now
from linzhu.notifications.models import Call
from linzhu.notifications.voice import calls, voice_gateway
from linzhu.notifications.voice.base import CallReport
from linzhu.notifications.voice.reports import record
from linzhu.notifications.voice.scripts import SCRIPTS, VOICES, render, spoken_window, words
from tests.fake_twilio import Fault, signed
from tests.fake_twilio_voice import FakeTwilioVoice

State = Call.State
PHONE = "+862220001001"
TOLD = {"service": "生活品代购", "volunteer": "陈磊", "door_word": "石榴", "when": "今天下午2点到4点"}


@pytest.fixture
def twilio(settings):
    with FakeTwilioVoice() as fake:
        fake.configure(settings, app_url="http://testserver")
        yield fake


@pytest.fixture
def call(twilio, community):
    return queue(community)


def queue(community, phone=PHONE, **fields):
    return calls.queue(phone, "elder_assigned", TOLD, community=community, language="zh-hans", about="H7K2M", **fields)


def dial(call, after=timedelta(0)):
    """Dial, or look up, as the clock would after that time."""
    Call.objects.filter(pk=call.pk).update(next_attempt_at=now())
    if after:
        Call.objects.filter(pk=call.pk).update(lease_until=now())
    calls.dial(call.pk)
    call.refresh_from_db()
    return call.state


# --- dialling -----------------------------------------------------------------------------------------------------


def test_call_is_dialled_with_addresses_that_say_nothing(call, twilio):
    assert dial(call) == State.ACCEPTED
    form = {name: values[0] for name, values in twilio.calls[0].form.items()}
    assert (form["To"], form["From"]) == (PHONE, "+12025550100")
    assert form["Url"] == f"http://testserver/voice/twilio/{call.ref}/"
    assert form["StatusCallback"] == f"http://testserver/voice/twilio/status/?ref={call.ref}"
    assert twilio.calls[0].form["StatusCallbackEvent"] == ["ringing", "answered", "completed"]
    assert call.gateway_ref == twilio.calls[0].sid


def test_call_is_dialled_once_however_often_it_is_tried(call, twilio):
    for _time in range(3):
        dial(call)
    assert twilio.tries == 1


@pytest.mark.parametrize("fault", [Fault.TOO_MANY])
def test_refused_try_is_made_again_after_a_pause(call, twilio, fault):
    twilio.fail_next(fault)
    assert dial(call) == State.QUEUED
    assert call.next_attempt_at > now()
    assert dial(call) == State.ACCEPTED


@pytest.mark.parametrize("fault", [Fault.ERROR_AFTER, Fault.SILENCE_AFTER])
def test_call_of_unknown_outcome_is_looked_up_and_not_dialled_twice(call, twilio, fault):
    twilio.fail_next(fault)
    assert dial(call) == State.UNKNOWN
    assert dial(call) == State.ACCEPTED
    assert (twilio.tries, call.gateway_ref) == (1, twilio.calls[0].sid)


@pytest.mark.parametrize("fault", [Fault.ERROR_BEFORE, Fault.SILENCE_BEFORE])
def test_call_that_never_was_is_dialled_again(call, twilio, fault):
    twilio.fail_next(fault)
    dial(call)
    assert dial(call) == State.QUEUED
    assert dial(call) == State.ACCEPTED
    assert (twilio.tries, len(twilio.calls)) == (2, 1)


def test_call_stays_unknown_while_nobody_can_tell(call, twilio):
    twilio.fail_next(Fault.ERROR_AFTER)
    twilio.silent_lists = True
    dial(call)
    assert dial(call) == State.UNKNOWN
    assert twilio.tries == 1


def test_worker_killed_while_dialling_leaves_a_call_that_is_looked_up(call, twilio):
    dial(call)
    Call.objects.update(state=State.DIALLING, gateway_ref="", lease_until=now() - timedelta(seconds=1))
    call.refresh_from_db()
    calls.dial_due()
    call.refresh_from_db()
    assert (call.state, call.gateway_ref, twilio.tries) == (State.ACCEPTED, twilio.calls[0].sid, 1)


def test_another_rows_call_is_not_taken_for_ours(call, twilio, community):
    dial(call)
    record("twilio", CallReport(gateway_ref=call.gateway_ref, state=State.NO_ANSWER))
    again = queue(community, ring=2)
    twilio.fail_next(Fault.ERROR_BEFORE)
    dial(again)
    assert dial(again) == State.QUEUED


def test_number_that_is_refused_has_failed(call, twilio):
    twilio.refuse[PHONE] = 21211
    assert dial(call) == State.FAILED
    assert call.error_code == "21211"


def test_gateway_that_takes_nothing_fails_after_a_few_tries(call, twilio):
    twilio.fail_next(*[Fault.TOO_MANY] * 4)
    states = [dial(call) for _try in range(4)]
    assert states == [State.QUEUED] * 3 + [State.FAILED]


def test_call_is_not_dialled_when_it_is_too_late(twilio, community):
    call = queue(community, expires_at=now() - timedelta(seconds=1))
    assert dial(call) == State.FAILED
    assert (call.error_code, twilio.tries) == ("too-late", 0)


def test_number_abroad_is_not_dialled(twilio, community):
    call = queue(community, phone="+8821300000001")
    assert dial(call) == State.FAILED
    assert (call.error_code, twilio.tries) == ("country", 0)


def test_phone_of_the_demo_rings_in_whatever_country_it_is(call, settings):
    settings.VOICE_GATEWAY, settings.SMS_COUNTRIES = "local", ["1"]
    assert dial(call) == State.RINGING


def test_second_call_waits_while_the_number_is_on_the_phone(call, twilio, community):
    dial(call)
    second = queue(community)
    assert dial(second) == State.QUEUED
    assert twilio.tries == 1
    record("twilio", CallReport(gateway_ref=call.gateway_ref, state=State.COMPLETED))
    assert dial(second) == State.ACCEPTED


def test_withdrawn_call_is_not_dialled(call, twilio):
    assert calls.withdraw("H7K2M", "elder_assigned") == 1
    assert dial(call) == State.CANCELLED
    assert twilio.tries == 0


def test_withdrawn_call_that_rings_stays_marked(call, twilio):
    dial(call)
    calls.withdraw("H7K2M", "elder_assigned")
    call.refresh_from_db()
    assert (call.state, call.withdrawn_at is not None) == (State.ACCEPTED, True)


def test_call_that_nobody_reports_on_is_asked_about(call, twilio):
    dial(call)
    twilio.calls[0].status = "no-answer"
    assert dial(call) == State.NO_ANSWER


def test_call_that_never_ends_is_given_up(call, twilio):
    dial(call)
    Call.objects.update(handed_at=now() - timedelta(hours=1))
    call.refresh_from_db()
    assert dial(call) == State.FAILED
    assert call.error_code == "never-known"


def test_sweep_leaves_fresh_calls_to_the_worker_that_was_woken(call, twilio):
    assert calls.dial_due() == 0
    assert calls.dial_due(now() + timedelta(seconds=3)) == 1


def test_later_ring_is_not_dialled_before_its_time(twilio, community):
    call = queue(community, not_before=now() + timedelta(minutes=5))
    calls.dial(call.pk)
    assert calls.dial_due(now() + timedelta(minutes=4)) == 0
    assert twilio.tries == 0


def test_unknown_gateway_is_refused(settings):
    settings.VOICE_GATEWAY = "pigeon"
    with pytest.raises(ImproperlyConfigured):
        voice_gateway()


def test_log_names_nobody(call, twilio, caplog):
    twilio.refuse[PHONE] = 21211
    dial(call)
    assert "21211" in caplog.text
    assert [canary for canary in (PHONE, "石榴", "陈磊") if canary in caplog.text] == []


# --- reports ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", list(itertools.permutations(["ringing", "in-progress", "completed"])))
def test_reports_in_any_order_and_twice_end_the_same(call, twilio, order):
    dial(call)
    for state in [*order, *order]:
        record("twilio", CallReport(ref=str(call.ref), gateway_ref=call.gateway_ref, state=State(state)))
    call.refresh_from_db()
    assert (call.state, call.finished_at is not None) == (State.COMPLETED, True)


def test_report_settles_a_call_whose_answer_was_lost(call, twilio):
    twilio.fail_next(Fault.ERROR_AFTER)
    dial(call)
    record("twilio", CallReport(ref=str(call.ref), gateway_ref=twilio.calls[0].sid, state=State.RINGING))
    call.refresh_from_db()
    assert (call.state, call.gateway_ref) == (State.RINGING, twilio.calls[0].sid)


def test_report_about_another_call_moves_nothing(call, twilio):
    dial(call)
    record("twilio", CallReport(ref=str(call.ref), gateway_ref="CA-other", state=State.COMPLETED))
    call.refresh_from_db()
    assert call.state == State.ACCEPTED


def test_report_without_reference_or_id_is_nobodys(call, twilio):
    assert record("twilio", CallReport(gateway_ref="", state=State.COMPLETED)) is None


# --- what is read aloud -------------------------------------------------------------------------------------------

PARAMS = {name: "<b>&\"'\x00\x0b石榴" for script in SCRIPTS.values() for name in script.params}


@pytest.mark.parametrize("language", VOICES)
@pytest.mark.parametrize("script", SCRIPTS)
def test_script_is_well_formed_whatever_it_is_filled_with(script, language):
    response = ET.fromstring(render(script, PARAMS, language, action="/voice/twilio/x/keys/"))
    gather = response.find("Gather")
    assert (gather is not None) is SCRIPTS[script].asks
    assert (response.find("Hangup") is not None) is not SCRIPTS[script].asks
    if gather is not None:
        assert gather.attrib["action"] == "/voice/twilio/x/keys/"
        assert (gather.attrib["input"], gather.attrib["actionOnEmptyResult"]) == ("dtmf speech", "true")
    assert {say.attrib["language"] for say in response.iter("Say")} == {VOICES[language].says}


@pytest.mark.parametrize("script", ["elder_assigned", "hotline_logged"])
def test_words_show_names_as_they_are(script):
    assert "<b>&\"'石榴" in words(script, PARAMS, "zh-hans")


@pytest.mark.parametrize("language", VOICES)
@pytest.mark.parametrize("script", ["hotline", "hotline_logged", "human", "danger"])
def test_emergency_numbers_are_read_where_somebody_asks_for_help(script, language):
    said = words(script, {"service": "x", "minutes": "10"}, language)
    assert "120" in said
    assert "110" in said


@pytest.mark.parametrize("script", SCRIPTS)
def test_no_script_asks_for_money_or_secrets(script):
    said = words(script, PARAMS, "zh-hans").replace("不会向您要钱、要密码、要验证码", "")
    assert [word for word in ("钱", "密码", "验证码", "转账", "银行卡") if word in said] == []


def test_missing_parameter_is_refused():
    with pytest.raises(KeyError):
        render("elder_assigned", {"service": "x"}, "en")


@pytest.mark.parametrize(
    ("start", "end", "zh", "en"),
    [
        ((23, 6, 0), (23, 8, 0), "今天下午2点到4点", "today between 2 pm and 4 pm"),
        ((24, 1, 30), (24, 4, 0), "明天上午9点30分到中午12点", "tomorrow between 9:30 am and 12 noon"),
        ((25, 0, 0), (25, 2, 0), "11月25日上午8点到10点", "25 November between 8 am and 10 am"),
        ((23, 14, 0), (23, 17, 0), "今天晚上10点到明天凌晨1点", "today between 10 pm and tomorrow 1 am"),
    ],
)
def test_window_is_said_as_people_say_it(stopped_clock, start, end, zh, en):
    begin, finish = (datetime(2026, 11, *moment, tzinfo=UTC) for moment in (start, end))
    assert spoken_window(begin, finish, "zh-hans") == zh
    assert spoken_window(begin, finish, "en") == en


# --- who may knock ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["inbound/", "status/", "{ref}/", "{ref}/keys/"])
def test_webhook_without_twilios_signature_is_forbidden(call, twilio, path):
    dial(call)
    address = f"/voice/twilio/{path.format(ref=call.ref)}"
    form = {"CallSid": twilio.calls[0].sid, "CallStatus": "completed", "From": PHONE, "Digits": "2"}
    unsigned = Client().post(address, form)
    forged = Client().post(address, form, headers=signed(f"http://testserver{address}", form, "another token"))
    call.refresh_from_db()
    assert (unsigned.status_code, forged.status_code) == (403, 403)
    assert (call.state, call.keys) == (State.ACCEPTED, "")


@pytest.mark.parametrize("gateway", ["", "local"])
def test_webhook_does_not_exist_unless_twilio_carries_calls(call, twilio, settings, gateway):
    settings.VOICE_GATEWAY = gateway
    form = {"CallSid": "CA1", "From": PHONE}
    for name in ("twilio", "local"):
        address = f"/voice/{name}/inbound/"
        assert Client().post(address, form, headers=signed(f"http://testserver{address}", form)).status_code == 404


def test_call_that_is_not_ours_is_not_found(twilio, db):
    address = "/voice/twilio/3f2b1f6e-0000-4000-8000-000000000000/"
    form = {"CallSid": "CA1"}
    assert Client().post(address, form, headers=signed(f"http://testserver{address}", form)).status_code == 404


# --- how it is set up ---------------------------------------------------------------------------------------------

REAL = {
    "SMS_GATEWAY": "twilio",
    "VOICE_GATEWAY": "twilio",
    "VOICE_FROM": "+12025550100",
    "TWILIO_ACCOUNT_SID": "AC1",
    "TWILIO_AUTH_TOKEN": "x",
    "PHONE_REGION": "US",
}


@pytest.mark.parametrize(
    ("changes", "ids"),
    [
        ({}, set()),
        ({"VOICE_GATEWAY": ""}, set()),
        ({"VOICE_GATEWAY": "pigeon"}, {"linzhu.E020"}),
        ({"VOICE_GATEWAY": "local"}, {"linzhu.E020"}),
        ({"SMS_GATEWAY": "local"}, {"linzhu.E020"}),
        ({"TWILIO_AUTH_TOKEN": ""}, {"linzhu.E021"}),
        ({"VOICE_FROM": "", "TWILIO_FROM": ""}, {"linzhu.E022"}),
        ({"PHONE_REGION": "CN"}, {"linzhu.W004"}),
    ],
)
def test_check_names_what_calls_lack(settings, changes, ids):
    for name, value in {**REAL, **changes}.items():
        setattr(settings, name, value)
    assert {found.id for found in check_environment()} & {
        f"linzhu.{n}" for n in ("E020", "E021", "E022", "W004")
    } == ids
