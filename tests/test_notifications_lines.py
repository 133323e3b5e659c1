"""How fast, how much, by which gateway: rates, caps, breakers, failover."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from linzhu.notifications import breakers, caps, rates
from linzhu.notifications.models import GatewayLine, Message
from linzhu.notifications.relay import relay, relay_contained, relay_due
from tests import factories
from tests.fake_twilio import FakeTwilio, Fault

State, Priority = Message.State, Message.Priority
PHONE = "+8619920000001"


@pytest.fixture
def clock(stopped_clock):
    return stopped_clock


@pytest.fixture
def text(community, clock):
    """Write a text that is due now, each to another phone unless a number is given."""
    numbers = iter(range(10_000))

    def write(**fields) -> Message:
        defaults = {"community": community, "to": f"+86199300{next(numbers):05}", "template": "no_thanks"}
        return factories.MessageFactory(**{**defaults, **fields})

    return write


def now() -> datetime:
    return datetime.now(UTC)


def state_of(message: Message) -> str:
    message.refresh_from_db()
    return message.state


def line(name: str = "twilio") -> GatewayLine:
    return GatewayLine.objects.get(pk=name)


# --- rates --------------------------------------------------------------------------------------------------------


def test_texts_beyond_the_rate_wait_without_counting_a_try(text, twilio, settings):
    settings.SMS_RATE = 1
    offers = [text(priority=Priority.OFFER) for _n in range(6)]
    for offer in offers:
        relay(offer.pk)
    states = [state_of(offer) for offer in offers]
    # Three seconds ahead, and the one that fills the last of them.
    assert states == [State.ACCEPTED] * 4 + [State.QUEUED] * 2
    assert offers[-1].attempts == 0
    assert offers[-1].next_attempt_at == now() + timedelta(seconds=1)


def test_backlog_goes_out_at_the_rate_and_not_faster(text, twilio, settings, clock):
    settings.SMS_RATE = 2
    for _n in range(20):
        text(parts=2, priority=Priority.REMINDER)
    handed = []
    for _second in range(20):
        relay_due(now() + timedelta(seconds=2), budget_s=60)
        handed.append(len(twilio.messages))
        clock.shift(1)
    assert handed == list(range(1, 21))


def test_confirmation_overtakes_a_backlog_of_offers(text, twilio, settings):
    settings.SMS_RATE = 1
    for _n in range(5):
        relay(text(priority=Priority.OFFER).pk)
    confirmation = text(priority=Priority.CONFIRMATION)
    relay(confirmation.pk)
    assert state_of(confirmation) == State.ACCEPTED


def test_reminder_waits_until_nobody_else_wants_to(text, twilio, settings, clock):
    settings.SMS_RATE = 1
    relay(text(priority=Priority.OFFER).pk)
    reminder = text(priority=Priority.REMINDER)
    relay(reminder.pk)
    assert state_of(reminder) == State.QUEUED
    clock.shift(1)
    relay(reminder.pk)
    assert state_of(reminder) == State.ACCEPTED


def test_sweep_stops_at_the_first_text_that_finds_no_place(text, twilio, settings, clock):
    settings.SMS_RATE = 1
    offers = [text(priority=Priority.OFFER) for _n in range(50)]
    clock.shift(5)
    assert relay_due(now(), budget_s=60) == 5
    assert Message.objects.filter(next_attempt_at__gt=now()).count() == 1
    assert len(offers) == 50


def test_look_up_needs_no_place_on_the_line(text, twilio, settings):
    settings.SMS_RATE = 1
    breakers.lines(["twilio"])
    GatewayLine.objects.update(busy_until=now() + timedelta(hours=1))
    message = text(state=State.UNKNOWN, gateway="twilio", attempts=1)
    relay(message.pk)
    assert state_of(message) == State.QUEUED  # it was not there; sending it again needs a place


def test_local_gateway_knows_no_rate_and_no_cap(text, settings):
    settings.SMS_RATE, settings.SMS_CAP_ALL, settings.SMS_COUNTRIES = 0.001, 1, ["1"]
    messages = [text() for _n in range(3)]
    for message in messages:
        relay(message.pk)
    assert {state_of(message) for message in messages} == {State.DELIVERED}
    assert GatewayLine.objects.count() == 0


def test_place_is_taken_once_by_many_at_once(transactional_db, settings):
    settings.SMS_RATE = 0.01
    message = factories.MessageFactory(priority=Priority.REMINDER)
    breakers.lines(["twilio"])
    at = now()
    GatewayLine.objects.update(busy_until=at)
    gun = Barrier(8)

    def take(_n: int) -> bool:
        gun.wait()
        try:
            return rates.take_place("twilio", message, at)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(take, range(8))) == 1
    assert line().busy_until == at + timedelta(seconds=100)


# --- caps ---------------------------------------------------------------------------------------------------------


def test_text_to_a_country_that_is_not_listed_is_held_back(text, twilio):
    message = text(to="+12025550123")
    relay(message.pk)
    assert (state_of(message), message.error_code) == (State.FAILED, "country")
    assert (message.attempts, message.finished_at, twilio.tries) == (0, now(), 0)


@pytest.mark.parametrize(
    ("countries", "phone", "allowed"),
    [
        ([], "+8619920000001", True),
        ([], "+85291234567", False),
        (["+86", "852"], "+85291234567", True),
        (["+1202"], "+12025550123", True),
        (["+1202"], "+18765550123", False),
    ],
)
def test_countries_are_prefixes(settings, countries, phone, allowed):
    settings.SMS_COUNTRIES = countries
    assert caps.is_allowed_country(phone) is allowed


def test_cap_of_a_number_holds_back_the_next_text_to_it_only(text, twilio, settings):
    settings.SMS_CAP_NUMBER = 2
    messages = [text(to=PHONE) for _n in range(3)] + [text()]
    for message in messages:
        relay(message.pk)
    assert [state_of(message) for message in messages] == [*[State.ACCEPTED] * 2, State.FAILED, State.ACCEPTED]
    assert messages[2].error_code == "cap-number"


def test_cap_of_a_community_counts_its_parts_only(text, twilio, settings):
    settings.SMS_CAP_COMMUNITY = 5
    elsewhere = factories.CommunityFactory()
    messages = [text(parts=3), text(parts=3), text(parts=2), text(parts=3, community=elsewhere)]
    for message in messages:
        relay(message.pk)
    assert [state_of(m) for m in messages] == [State.ACCEPTED, State.FAILED, State.ACCEPTED, State.ACCEPTED]
    assert messages[1].error_code == "cap-community"


def test_spend_breaker_counts_everybodys_parts(text, twilio, settings):
    settings.SMS_CAP_ALL = 4
    messages = [text(parts=3, community=factories.CommunityFactory()) for _n in range(2)]
    for message in messages:
        relay(message.pk)
    assert (state_of(messages[1]), messages[1].error_code) == (State.FAILED, "cap-all")


def test_caps_count_anew_after_local_midnight(text, twilio, settings, clock):
    settings.SMS_CAP_NUMBER = 1
    relay(text(to=PHONE).pk)
    clock.shift(timedelta(hours=12))  # noon in Shanghai was 04:00 UTC
    tomorrow = text(to=PHONE)
    relay(tomorrow.pk)
    assert state_of(tomorrow) == State.ACCEPTED


@pytest.mark.parametrize("template", ["danger", "opt_out_done", "opt_in_done"])
def test_safety_text_passes_every_cap_but_not_the_countries(text, twilio, settings, template):
    settings.SMS_CAP_NUMBER = settings.SMS_CAP_COMMUNITY = settings.SMS_CAP_ALL = 1
    relay(text(to=PHONE).pk)
    near, far = text(to=PHONE, template=template), text(to="+12025550123", template=template)
    relay(near.pk)
    relay(far.pk)
    assert (state_of(near), state_of(far)) == (State.ACCEPTED, State.FAILED)


def test_cap_asks_one_question_that_an_index_answers(text, twilio, settings, django_assert_num_queries):
    settings.SMS_CAP_NUMBER = settings.SMS_CAP_COMMUNITY = settings.SMS_CAP_ALL = 10
    message = text()
    with django_assert_num_queries(1):
        assert caps.refusal(message, now()) == ""


# --- breakers -----------------------------------------------------------------------------------------------------


def fail(twilio: FakeTwilio, text, times: int = breakers.FAILURES) -> list[Message]:
    messages = [text() for _n in range(times)]
    twilio.down = True
    for message in messages:
        relay(message.pk)
    return messages


def test_fifth_failure_in_a_row_lets_the_gateway_rest(text, twilio):
    fail(twilio, text)
    waiting = text()
    relay(waiting.pk)
    assert (state_of(waiting), waiting.attempts) == (State.QUEUED, 0)
    assert waiting.next_attempt_at == line().rests_until == now() + timedelta(seconds=30)
    assert (line().down_since, twilio.tries) == (now(), 5)


def test_text_in_doubt_at_the_second_gateway_is_looked_up_there(text, twilio, second, clock):
    fail(twilio, text)
    message = text()
    second.fail_next(Fault.ERROR_AFTER)
    relay(message.pk)
    assert (state_of(message), message.gateway) == (State.UNKNOWN, "twilio2")
    twilio.down = False
    clock.shift(15)
    relay(message.pk)
    assert state_of(message) == State.ACCEPTED
    assert [sent.sid for sent in second.messages] == [message.gateway_ref]


def test_success_in_between_starts_the_count_anew(text, twilio):
    fail(twilio, text, 4)
    twilio.down = False
    relay(text().pk)
    fail(twilio, text, 4)
    assert (line().failures, line().rests_until) == (4, None)


def test_success_of_a_gateway_that_was_well_writes_nothing_about_it(text, twilio):
    """SQLite has one pen for all: what is known already is not worth waiting for it."""
    message = text()
    with CaptureQueriesContext(connection) as captured:
        relay(message.pk)
    written = [query["sql"] for query in captured if query["sql"].startswith("UPDATE")]
    assert (state_of(message), len(written)) == (State.ACCEPTED, 2)  # leased, and handed over


@pytest.mark.parametrize("code", [21211, 21610, 30007, 21408])
def test_refusal_of_one_text_says_that_the_gateway_is_well(text, twilio, code):
    fail(twilio, text, 4)
    twilio.down = False
    message = text(to=PHONE)
    twilio.refuse[PHONE] = code
    relay(message.pk)
    assert line().failures == 0


def test_429_is_no_outage(text, twilio):
    for _n in range(breakers.FAILURES):
        twilio.fail_next(Fault.TOO_MANY)
        relay(text().pk)
    assert line().rests_until is None


def test_wrong_token_is_an_outage_in_which_nothing_is_given_up(text, twilio, settings, clock):
    right, settings.TWILIO_AUTH_TOKEN = settings.TWILIO_AUTH_TOKEN, "wrong"
    messages = [text() for _n in range(8)]
    for _minute in range(120):
        clock.shift(60)
        relay_due(now(), budget_s=60)
    assert {state_of(message) for message in messages} == {State.QUEUED}
    settings.TWILIO_AUTH_TOKEN = right
    for _minute in range(12):
        clock.shift(60)
        relay_due(now(), budget_s=60)
    assert {state_of(message) for message in messages} == {State.ACCEPTED}
    assert len(twilio.messages) == 8


def test_after_the_rest_one_text_tries_and_the_others_wait(text, twilio, clock):
    fail(twilio, text)
    first, other = text(), text()
    clock.shift(30)
    relay(first.pk)
    relay(other.pk)
    assert (twilio.tries, state_of(other)) == (6, State.QUEUED)
    assert line().rests_until == now() + timedelta(seconds=60)


def test_half_open_gateway_lets_one_of_many_relays_through(text, twilio, clock):
    fail(twilio, text)
    clock.shift(30)
    seen = line()
    assert [breakers.may_try(seen, now()), breakers.may_try(seen, now())] == [True, False]


def test_gateway_that_answers_again_carries_everything(text, twilio, clock):
    fail(twilio, text)
    waiting = [text() for _n in range(4)]
    for message in waiting:
        relay(message.pk)
    twilio.down = False
    clock.shift(31)
    relay_due(now(), budget_s=60)
    relay_due(now(), budget_s=60)
    assert {state_of(message) for message in waiting} == {State.ACCEPTED}
    assert (line().failures, line().down_since, line().rests_until) == (0, None, None)


def test_look_ups_wait_while_the_gateway_rests(text, twilio, clock):
    unknown = fail(twilio, text)[0]
    clock.shift(16)
    relay_due(now(), budget_s=60)
    assert (state_of(unknown), unknown.next_attempt_at) == (State.UNKNOWN, line().rests_until)
    assert twilio.lists_read == 0


@pytest.mark.parametrize(("failures", "seconds"), [(5, 30), (6, 60), (7, 120), (8, 240), (9, 300), (4000, 300)])
def test_rest_grows_and_is_bounded(failures, seconds):
    assert breakers.rest_after(failures) == timedelta(seconds=seconds)


# --- failover -----------------------------------------------------------------------------------------------------


def test_second_gateway_carries_what_the_first_cannot(text, twilio, second):
    fail(twilio, text)
    message = text()
    relay(message.pk)
    assert (state_of(message), message.gateway) == (State.ACCEPTED, "twilio2")
    assert [sent.body for sent in second.messages] == [message.text]
    assert second.messages[0].form["StatusCallback"].startswith("http://testserver/sms/twilio2/status/")


def test_unknown_text_goes_by_the_second_only_after_the_first_has_said_no(text, twilio, second, clock):
    (message, *_others) = fail(twilio, text)
    for _second in range(25):
        clock.shift(1)
        relay_due(now(), budget_s=60)
    assert (state_of(message), len(second.messages)) == (State.UNKNOWN, 0)  # nobody can say whether the first has it
    twilio.down = False
    twilio.fail_next(*[Fault.ERROR_BEFORE] * 20)  # its list answers again; its door does not
    for _second in range(120):
        clock.shift(1)
        relay_due(now(), budget_s=60)
    assert (state_of(message), message.gateway) == (State.ACCEPTED, "twilio2")


def test_text_that_the_first_has_taken_never_goes_by_the_second(text, twilio, second, clock):
    message = text()
    twilio.fail_next(Fault.ERROR_AFTER)
    relay(message.pk)
    fail(twilio, text, 4)
    twilio.down = False
    for _second in range(120):
        clock.shift(1)
        relay_due(now(), budget_s=60)
    assert (state_of(message), message.gateway) == (State.ACCEPTED, "twilio")
    assert message.text not in [sent.body for sent in second.messages if sent.to == message.to]


def test_first_gateway_is_used_again_when_it_is_well(text, twilio, second, clock):
    fail(twilio, text)
    twilio.down = False
    clock.shift(31)
    messages = [text(), text()]
    for message in messages:
        relay(message.pk)
    assert {state_of(message) for message in messages} == {State.ACCEPTED}
    assert {message.gateway for message in messages} == {"twilio"}


def test_second_gateway_helps_out_when_the_first_line_is_full(text, twilio, second, settings):
    settings.SMS_RATE = 0.1
    messages = [text(), text()]
    for message in messages:
        relay(message.pk)
    assert [state_of(message) for message in messages] == [State.ACCEPTED, State.ACCEPTED]
    assert (len(twilio.messages), len(second.messages)) == (1, 1)


def test_both_down_waits_for_whichever_comes_back_first(text, twilio, second, clock):
    fail(twilio, text)
    clock.shift(10)
    fail(second, text)
    message = text()
    relay(message.pk)
    assert message.attempts == 0
    assert (state_of(message), message.next_attempt_at) == (State.QUEUED, line("twilio").rests_until)


def test_webhooks_of_the_second_gateway_are_its_own(twilio, second, client):
    assert client.post("/sms/twilio2/inbound/", {"MessageSid": "SM1"}).status_code == 403
    assert client.post("/sms/twilio3/inbound/", {"MessageSid": "SM1"}).status_code == 404
    assert client.post("/sms/local/inbound/", {"MessageSid": "SM1"}).status_code == 404


# --- many relays --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [0, 400])
def test_relays_that_race_send_every_text_once(transactional_db, twilio, settings, rate):
    """Threads stand for machines: they share the database alone."""
    settings.SMS_RATE = rate
    community = factories.CommunityFactory()
    long_ago = datetime.now(UTC) - timedelta(minutes=1)
    messages = [
        factories.MessageFactory(
            community=community,
            to=f"+86199200{n % 20:05}",
            text=f"text {n}",
            created_at=long_ago,
            next_attempt_at=long_ago,
        )
        for n in range(60)
    ]
    gun = Barrier(4)

    def sweep(worker: int) -> None:
        gun.wait()
        try:
            for _round in range(40):
                relay_due(budget_s=5)
                relay_contained(messages[worker].pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(sweep, range(4)))
    assert sorted(sent.body for sent in twilio.messages) == sorted(message.text for message in messages)
    assert set(Message.objects.values_list("state", "attempts")) == {(State.ACCEPTED, 1)}
