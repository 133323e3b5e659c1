"""Calls to elders: who gets one, what a key does, and that silence ends with a person."""

from datetime import UTC, datetime, time, timedelta

import pytest

from linzhu.communities.clock import now
from linzhu.communities.people import Language, TellBy
from linzhu.dispatch import assignments, clock, decisions
from linzhu.dispatch.models import Todo
from linzhu.dispatch.voice import elder_calls
from linzhu.dispatch.voice.callers import Key, key_of
from linzhu.notifications.models import Call, InboundMessage, Message
from linzhu.notifications.voice.scripts import words
from linzhu.requests.lifecycle import SYSTEM
from linzhu.requests.models import HelpRequest, Need
from tests import factories
from tests.fake_twilio_voice import FakeTwilioVoice

Kind, State = Todo.Kind, Call.State


@pytest.fixture(autouse=True)
def at_noon(stopped_clock):
    """No call rings at night, and a window has to lie ahead."""
    return stopped_clock


@pytest.fixture
def twilio(settings):
    with FakeTwilioVoice() as fake:
        fake.configure(settings, app_url="http://testserver")
        yield fake


@pytest.fixture
def elder(community):
    return factories.ElderFactory(community=community, tell_by=TellBy.CALL)


def need_of(elder, hours_ahead=6, **fields):
    return factories.HelpRequestFactory(
        elder=elder, community=elder.community, **factories.window(hours_ahead), **fields
    )


@pytest.fixture
def need(elder):
    return need_of(elder)


def assign(need, name="陈磊"):
    volunteer = factories.VolunteerFactory(community=need.community, name=name)
    return assignments.assign(need, volunteer, actor=SYSTEM)


@pytest.fixture
def ring(twilio, need):
    """Somebody has said yes, and the elder's phone rings."""
    assign(need)
    return dialled(twilio)


def dialled(twilio):
    clock.tick_texts(now() + timedelta(seconds=3))
    return twilio.calls[-1]


def owed():
    return sorted(Todo.objects.open().values_list("kind", flat=True))


# --- who is called ------------------------------------------------------------------------------------------------


def test_elder_hears_who_comes_when_and_the_door_word(ring, twilio, need):
    spoken = twilio.pick_up(ring)
    word = need.assignments.get().door_word
    assert "陈磊" in spoken
    assert f"开门暗语：{word}，{word}" in spoken
    assert "今天晚上6点到8点" in spoken
    assert (ring.to, owed()) == (need.elder.phone, [])


def test_without_a_gateway_for_calls_staff_owe_the_call(need):
    assign(need)
    assert owed() == [Kind.TELL_ELDER]
    assert not Call.objects.exists()


@pytest.mark.parametrize("tell_by", [TellBy.TEXT, TellBy.FAMILY])
def test_elder_who_wants_no_call_gets_none(twilio, community, tell_by):
    elder = factories.ElderFactory(community=community, tell_by=tell_by, phone="+8613920001111")
    assign(need_of(elder))
    assert not Call.objects.exists()


def test_elder_of_english_alone_is_called_in_english(twilio, community):
    elder = factories.ElderFactory(community=community, languages={Language.ENGLISH})
    assign(need_of(elder))
    assert "will come to help you today between 6 pm and 8 pm" in twilio.pick_up(dialled(twilio))


@pytest.mark.parametrize(
    "fields",
    [
        {"languages": {Language.TIBETAN}},
        {"languages": {Language.UYGHUR, Language.KAZAKH}},
        {"needs": {Need.HEARING}},
        {"phone_ext": "802"},
        {"phone": ""},
    ],
)
def test_elder_whom_no_voice_reaches_is_called_by_a_person(twilio, community, fields):
    assign(need_of(factories.ElderFactory(community=community, **fields)))
    assert (owed(), Call.objects.count()) == ([Kind.TELL_ELDER], 0)


@pytest.mark.parametrize(
    ("hour_utc", "minute", "rings"), [(12, 29, True), (12, 30, False), (23, 59, False), (0, 0, True)]
)
def test_no_robot_rings_at_night(twilio, elder, at_noon, settings, hour_utc, minute, rings):
    """12:30 UTC is 20:30 in Shanghai, midnight UTC is 8:00 there."""
    settings.QUIET_HOURS = (time(22), time(6))
    at_noon.move_to(datetime(2026, 11, 24, hour_utc, minute, tzinfo=UTC))
    assign(need_of(elder, hours_ahead=20))
    assert (Call.objects.count(), owed()) == ((1, []) if rings else (0, [Kind.TELL_ELDER]))


def test_time_critical_help_rings_at_night(twilio, elder, at_noon, settings):
    settings.QUIET_HOURS = (time(21), time(7))
    at_noon.move_to(datetime(2026, 11, 24, 14, 0, tzinfo=UTC))
    assign(need_of(elder, service_code="meal"))
    assert Call.objects.count() == 1


# --- keys ---------------------------------------------------------------------------------------------------------


def test_key_2_means_told_and_nothing_is_owed(ring, twilio, need):
    twilio.pick_up(ring)
    assert "谢谢您" in twilio.press(ring, "2")
    twilio.end(ring, "completed")
    clock.tick_texts()
    call = Call.objects.get()
    assert (call.keys, call.settled_at is not None, owed()) == ("2", True, [])


def test_key_1_reads_it_again(ring, twilio):
    first = twilio.pick_up(ring)
    assert [twilio.press(ring, "1") for _time in range(5)] == [first] * 5
    assert Call.objects.get().keys == "11111"


def test_key_0_owes_a_call_by_a_person_soon(ring, twilio, need):
    twilio.pick_up(ring)
    assert "10分钟之内" in twilio.press(ring, "0")
    twilio.end(ring, "completed")
    todo = Todo.objects.get()
    assert (todo.kind, todo.help_request, todo.inbound.sender) == (Kind.CALL_WANTED, need, need.elder.phone)
    assert todo.due_at == now() + timedelta(minutes=10)
    assert Call.objects.count() == 1


def test_key_brought_twice_owes_one_call(ring, twilio):
    twilio.pick_up(ring)
    action = ring.action
    for _delivery in range(2):
        ring.action = action
        twilio.press(ring, "0")
    assert (owed(), InboundMessage.objects.count()) == ([Kind.CALL_WANTED], 1)


def test_wish_for_a_person_outlives_the_help_request(ring, twilio, need):
    twilio.pick_up(ring)
    twilio.press(ring, "0")
    need.refresh_from_db()
    decisions.cancel(need, actor=SYSTEM, reason="mistake")
    assert Kind.CALL_WANTED in owed()


def test_silence_is_read_to_three_times_and_then_we_hang_up(ring, twilio):
    first = twilio.pick_up(ring)
    assert [twilio.press(ring), twilio.press(ring)] == [first, first]
    assert "<Hangup/>" in twilio.press(ring)


@pytest.mark.parametrize(
    ("digits", "speech", "key"),
    [
        ("2", "", Key.UNDERSTOOD),
        ("1", "找人工", Key.AGAIN),
        ("7", "", Key.OTHER),
        ("", "", Key.NONE),
        ("", "帮我转人工", Key.HUMAN),
        ("", "再说一遍", Key.AGAIN),
        ("", "明白了知道了", Key.NONE),
        ("", "您好，我现在不方便接电话，请留言", Key.NONE),
        ("", "救命啊", Key.DANGER),
        ("2", "我摔倒了起不来", Key.DANGER),
    ],
)
def test_meaning_of_a_key_or_word(digits, speech, key):
    assert key_of(digits, speech) is key


def test_cry_for_help_alarms_staff_and_names_120(ring, twilio, need):
    twilio.pick_up(ring)
    assert "120" in twilio.press(ring, speech="救命啊，我摔倒了")
    todo = Todo.objects.get()
    assert (todo.kind, todo.help_request, todo.inbound.text) == (Kind.DANGER, need, "救命啊，我摔倒了")


# --- nobody hears it ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["no-answer", "busy", "completed"])
def test_elder_who_is_not_told_is_rung_three_times_and_then_called_by_a_person(twilio, need, at_noon, end):
    assign(need)
    for number in (1, 2, 3):
        ring = dialled(twilio)
        assert (len(twilio.calls), owed()) == (number, [])
        if end == "completed":
            twilio.pick_up(ring)
        twilio.end(ring, end)
        twilio.end(ring, end)
        clock.tick_texts()
        assert len(twilio.calls) == number
        at_noon.shift(timedelta(minutes=5))
    clock.tick_texts()
    assert (len(twilio.calls), owed()) == (3, [Kind.TELL_ELDER])


def test_key_on_the_third_ring_counts(twilio, need, at_noon):
    assign(need)
    for end in ("no-answer", "busy"):
        twilio.end(dialled(twilio), end)
        at_noon.shift(timedelta(minutes=5))
    ring = dialled(twilio)
    twilio.pick_up(ring)
    twilio.press(ring, "2")
    twilio.end(ring, "completed")
    assert owed() == []


def test_nobody_is_rung_again_when_the_visit_is_near(twilio, elder):
    assign(need_of(elder, hours_ahead=0.25))
    twilio.end(dialled(twilio), "no-answer")
    todo = Todo.objects.get()
    assert (todo.kind, todo.due_at) == (Kind.TELL_ELDER, now() + timedelta(minutes=15))


def test_refused_number_is_owed_by_a_person_at_once(twilio, need):
    twilio.refuse[need.elder.phone] = 21211
    assign(need)
    clock.tick_texts(now() + timedelta(seconds=3))
    assert owed() == [Kind.TELL_ELDER]


def test_callback_that_never_comes_is_made_up_for(ring, twilio, at_noon):
    ring.status = "no-answer"
    at_noon.shift(timedelta(minutes=3))
    clock.tick_texts()
    assert [call.ring for call in Call.objects.all()] == [1, 2]


def test_gateway_that_is_down_hands_the_call_to_a_person(need, settings, at_noon):
    settings.VOICE_GATEWAY, settings.TWILIO_API_URL = "twilio", "http://127.0.0.1:9"
    settings.TWILIO_ACCOUNT_SID = settings.TWILIO_AUTH_TOKEN = "x"
    assign(need)
    for _minute in range(11):
        at_noon.shift(timedelta(minutes=1))
        clock.tick_texts()
    assert owed() == [Kind.TELL_ELDER]


def test_calls_switched_off_meanwhile_are_owed_by_a_person(twilio, need, settings):
    assign(need)
    settings.VOICE_GATEWAY = ""
    clock.tick_texts(now() + timedelta(seconds=3))
    assert (owed(), len(twilio.calls)) == ([Kind.TELL_ELDER], 0)


# --- what is no longer true ---------------------------------------------------------------------------------------


def test_elder_who_picks_up_too_late_hears_that_plans_have_changed(ring, twilio, need):
    assignments.release(need.assignments.get(), actor=SYSTEM, why="cannot_come")
    spoken = twilio.pick_up(ring)
    assert "有变化" in spoken
    assert need.assignments.first().door_word not in spoken


def test_elder_not_told_yet_need_not_hear_that_we_look_again(ring, twilio, need):
    assignments.release(need.assignments.get(), actor=SYSTEM, why="cannot_come")
    assert Kind.TELL_ELDER_LOOKING not in owed()


def test_elder_who_was_told_hears_from_a_person_that_we_look_again(ring, twilio, need):
    twilio.pick_up(ring)
    twilio.press(ring, "2")
    assignments.release(need.assignments.get(), actor=SYSTEM, why="cannot_come")
    assert Kind.TELL_ELDER_LOOKING in owed()


def test_second_volunteer_is_told_with_a_new_door_word_alone(ring, twilio, need):
    assignments.release(need.assignments.get(), actor=SYSTEM, why="cannot_come")
    twilio.end(ring, "no-answer")
    need.refresh_from_db()
    assign(need, "李强")
    second = dialled(twilio)
    assert "李强" in twilio.pick_up(second)
    assert len(twilio.calls) == 2


def test_call_off_is_told_by_a_call(twilio, need):
    decisions.cancel(need, actor=SYSTEM, reason="by-elder")
    assert "不会有人上门" in twilio.pick_up(dialled(twilio))


def test_that_nobody_was_found_is_told_by_a_person(twilio, need):
    decisions.give_up(need, actor=SYSTEM, reason="nobody-free")
    assert (owed(), Call.objects.count()) == ([Kind.TELL_ELDER_OFF], 0)


def test_nobody_is_rung_about_a_visit_that_has_begun(ring, twilio, need):
    assignments.arrive(need.assignments.get(), actor=SYSTEM)
    twilio.end(ring, "no-answer")
    clock.tick_texts()
    assert (Call.objects.count(), owed()) == (1, [])


def test_second_ring_is_not_made_once_the_visit_has_begun(ring, twilio, need, at_noon):
    twilio.end(ring, "no-answer")
    assignments.arrive(need.assignments.get(), actor=SYSTEM)
    at_noon.shift(timedelta(minutes=6))
    clock.tick_texts()
    assert (len(twilio.calls), Call.objects.last().state, owed()) == (1, State.CANCELLED, [])


def test_who_picks_up_after_the_visit_has_begun_hears_no_alarming_news(ring, twilio, need):
    assignments.arrive(need.assignments.get(), actor=SYSTEM)
    assert "有变化" not in twilio.pick_up(ring)


def test_help_requests_story_tells_how_the_calls_ended(desk, ring, twilio, need, at_noon):
    twilio.end(ring, "no-answer")
    at_noon.shift(timedelta(minutes=5))
    second = dialled(twilio)
    twilio.pick_up(second)
    twilio.press(second, "2")
    twilio.end(second, "completed")
    page = desk.get(f"/requests/{need.ref}/").content.decode()
    assert "Called the elder: nobody picked up" in page
    assert "Called the elder: understood" in page


# --- over real sockets --------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_whole_call_goes_round_over_real_sockets(need, live_server, settings):
    with FakeTwilioVoice() as twilio:
        twilio.configure(settings, app_url=live_server.url)
        assign(need)
        ring = dialled(twilio)
        twilio.pick_up(ring)
        twilio.press(ring, "2")
        assert twilio.end(ring, "completed") == 200
    assert owed() == []
    assert Message.objects.filter(to=need.elder.phone).count() == 0
    assert HelpRequest.objects.get().status == "assigned"


def test_words_of_a_call_are_what_is_read(ring, need):
    call = elder_calls.pick_up(Call.objects.get())
    assert need.assignments.get().door_word in words(call.saying, call.params, call.language)
