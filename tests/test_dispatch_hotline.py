"""The line that elders ring by one key: who is recognised, what each key opens, and that nobody is forgotten."""

from datetime import time, timedelta

import pytest

from linzhu.communities.clock import now
from linzhu.communities.people import Language
from linzhu.dispatch import clock
from linzhu.dispatch.decisions import search_again
from linzhu.dispatch.models import Todo
from linzhu.notifications.models import Call, InboundMessage
from linzhu.requests.lifecycle import SYSTEM
from linzhu.requests.models import HelpRequest
from tests import factories
from tests.fake_twilio_voice import FakeTwilioVoice

Kind = Todo.Kind
PHONE = "+862220001001"


@pytest.fixture(autouse=True)
def at_noon(stopped_clock):
    return stopped_clock


@pytest.fixture
def twilio(settings):
    settings.LANGUAGE_CODE = "zh-hans"
    with FakeTwilioVoice() as fake:
        fake.configure(settings, app_url="http://testserver")
        yield fake


@pytest.fixture
def elder(community, dispatcher):
    return factories.ElderFactory(community=community, phone=PHONE, name="张秀英")


def ask(twilio, *digits, phone=PHONE):
    """Ring, press these keys, hang up; returns what was read aloud last."""
    call, spoken = twilio.ring_in(phone)
    for digit in digits:
        spoken = twilio.press(call, digit)
    twilio.hang_up(call)
    clock.tick()
    return spoken


def owed():
    return sorted(Todo.objects.open().values_list("kind", flat=True))


# --- the menu -----------------------------------------------------------------------------------------------------


def test_caller_hears_the_emergency_numbers_before_the_menu(twilio, elder):
    _call, spoken = twilio.ring_in(PHONE)
    assert spoken.index("120") < spoken.index("请按1")


@pytest.mark.parametrize(("key", "service"), [("1", "groceries"), ("2", "hospital-booking"), ("3", "phone-help")])
def test_key_opens_a_help_request_that_waits_for_the_call_back(twilio, elder, key, service):
    spoken = ask(twilio, key)
    need, todo = HelpRequest.objects.get(), Todo.objects.get()
    assert (need.elder, need.service_code, need.channel) == (elder, service, HelpRequest.Channel.DEVICE)
    assert (need.status, need.pause_reason) == ("paused", "call-back")
    assert (todo.kind, todo.help_request, todo.due_at) == (Kind.CALL_BACK, need, now() + timedelta(minutes=10))
    assert "10分钟之内" in spoken
    assert need.service.code == service


def test_nobody_is_texted_before_the_call_back(twilio, elder, community):
    factories.VolunteerFactory(community=community)
    ask(twilio, "1")
    assert not HelpRequest.objects.get().waves.exists()


def test_search_begins_when_staff_have_called_back(twilio, elder):
    ask(twilio, "1")
    search_again(HelpRequest.objects.get(), actor=SYSTEM)
    assert owed() == []


def test_call_back_that_was_settled_without_a_decision_is_owed_again(twilio, elder):
    ask(twilio, "1")
    Todo.objects.update(closed_at=now())
    clock.tick()
    assert owed() == [Kind.CALL_BACK]


@pytest.mark.parametrize("digits", [("0",), ("",), ("9",), ("*",)])
def test_zero_silence_and_other_keys_lead_to_a_person(twilio, elder, digits):
    spoken = ask(twilio, *digits)
    todo = Todo.objects.get()
    assert (todo.kind, todo.inbound.sender, todo.community) == (Kind.CALL_WANTED, PHONE, elder.community)
    assert "工作人员10分钟之内给您打电话" in spoken
    assert not HelpRequest.objects.exists()


def test_who_hangs_up_in_the_menu_is_called_back(twilio, elder):
    ask(twilio)
    assert owed() == [Kind.CALL_WANTED]


def test_who_hangs_up_unnoticed_is_called_back(twilio, elder, at_noon):
    twilio.ring_in(PHONE)
    at_noon.shift(timedelta(minutes=6))
    clock.tick()
    assert (owed(), Call.objects.get().state) == ([Kind.CALL_WANTED], Call.State.COMPLETED)


def test_cry_for_help_alarms_staff(twilio, elder):
    call, _menu = twilio.ring_in(PHONE)
    assert "120" in twilio.press(call, speech="我摔倒了，救命")
    twilio.hang_up(call)
    assert owed() == [Kind.DANGER]


def test_promise_of_minutes_is_not_made_at_night(twilio, elder, settings):
    settings.QUIET_HOURS = (time(11), time(13))
    assert "一上班" in ask(twilio, "1")
    assert "一上班" in ask(twilio, "0")


def test_elder_of_english_alone_hears_english(twilio, community, dispatcher):
    factories.ElderFactory(community=community, phone=PHONE, languages={Language.ENGLISH})
    assert "call you back within 10 minutes" in ask(twilio, "1")


# --- who calls ----------------------------------------------------------------------------------------------------


def test_authorised_relative_asks_for_the_elder(twilio, elder):
    contact = factories.FamilyContactFactory(elder=elder, may_act=True)
    ask(twilio, "1", phone=contact.phone)
    assert HelpRequest.objects.get().elder == elder


def test_relative_who_may_not_act_gets_a_person(twilio, elder):
    contact = factories.FamilyContactFactory(elder=elder, may_act=False)
    ask(twilio, "1", phone=contact.phone)
    assert (owed(), HelpRequest.objects.count()) == ([Kind.CALL_WANTED], 0)


def test_several_elders_behind_one_number_get_a_person(twilio, elder):
    factories.ElderFactory(community=elder.community, phone=PHONE)
    ask(twilio, "1")
    assert (owed(), HelpRequest.objects.count()) == ([Kind.CALL_WANTED], 0)


def test_elder_and_own_number_as_contact_are_one(twilio, elder):
    factories.FamilyContactFactory(elder=elder, phone=PHONE, may_act=True)
    ask(twilio, "1")
    assert HelpRequest.objects.get().elder == elder


@pytest.mark.parametrize("phone", ["+8613988887777", "anonymous", ""])
def test_unknown_caller_is_owed_a_call_by_the_topmost_staffed_community(twilio, elder, dispatcher, phone):
    _call, spoken = twilio.ring_in(phone)
    todo = Todo.objects.get()
    assert (todo.kind, todo.community, todo.inbound.sender) == (Kind.UNKNOWN_CALLER, elder.community, phone)
    assert "<Gather" not in spoken
    assert "120" in spoken


def test_unknown_caller_who_rings_again_is_owed_one_call(twilio, elder):
    for _time in range(3):
        ask(twilio, phone="+8613988887777")
    assert owed() == [Kind.UNKNOWN_CALLER]


def test_withheld_numbers_are_not_taken_for_one_caller(twilio, elder):
    for _time in range(2):
        ask(twilio, phone="")
    assert owed() == [Kind.UNKNOWN_CALLER] * 2


def test_number_that_nobody_could_answer_is_refused(twilio, db):
    _call, spoken = twilio.ring_in(PHONE)
    assert "<Reject" in spoken
    assert not Call.objects.exists()


# --- twice --------------------------------------------------------------------------------------------------------


def test_same_wish_within_ten_minutes_opens_one_help_request(twilio, elder):
    assert ask(twilio, "1") == ask(twilio, "1")
    assert (HelpRequest.objects.count(), owed()) == (1, [Kind.CALL_BACK])


def test_another_wish_opens_another_help_request(twilio, elder):
    ask(twilio, "1")
    ask(twilio, "3")
    assert HelpRequest.objects.count() == 2


def test_same_wish_later_opens_another_help_request(twilio, elder, at_noon):
    ask(twilio, "1")
    at_noon.shift(timedelta(minutes=11))
    ask(twilio, "1")
    assert HelpRequest.objects.count() == 2


def test_webhook_brought_twice_is_one_call(twilio, elder):
    call, _menu = twilio.ring_in(PHONE)
    action = call.action
    for _delivery in range(2):
        call.action = action
        twilio.press(call, "1")
    assert (Call.objects.count(), HelpRequest.objects.count(), owed()) == (1, 1, [Kind.CALL_BACK])


def test_who_wants_a_person_twice_is_owed_one_call(twilio, elder):
    ask(twilio, "0")
    ask(twilio, "0")
    assert (owed(), InboundMessage.objects.count()) == ([Kind.CALL_WANTED], 1)
