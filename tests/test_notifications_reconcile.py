"""What no webhook told us is read from the gateway's own list; and the texts that Linzhu sends to itself."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command

from linzhu.notifications import reconcile as reconcile_module
from linzhu.notifications import selftest
from linzhu.notifications.gateways import gateway
from linzhu.notifications.gateways import twilio as twilio_gateway
from linzhu.notifications.models import GatewayLine, InboundMessage, Message
from linzhu.notifications.reconcile import reconcile, reconcile_due
from linzhu.notifications.relay import relay, relay_due
from tests import factories
from tests.fake_twilio import FakeTwilio, signed

State = Message.State
PHONE, OWN = "+8619920000001", "+8619920009999"


pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def clock(stopped_clock):
    return stopped_clock


def now() -> datetime:
    return datetime.now(UTC)


def an_hour_ago() -> datetime:
    return now() - timedelta(hours=1)


# --- one reading --------------------------------------------------------------------------------------------------


def test_text_whose_webhook_never_came_is_stored_and_handled(twilio):
    sid = twilio.keep_inbound(PHONE, "YES 47")
    assert reconcile(gateway(), an_hour_ago()).received == 1
    row = InboundMessage.objects.get()
    assert (row.gateway_ref, row.sender, row.text) == (sid, PHONE, "YES 47")
    assert row.handled_at == now()


def test_text_is_stored_once_however_often_the_list_is_read(twilio):
    twilio.keep_inbound(PHONE, "YES 47")
    readings = [reconcile(gateway(), an_hour_ago()).received for _n in range(3)]
    assert (readings, InboundMessage.objects.count()) == ([1, 0, 0], 1)


def test_text_that_a_webhook_has_brought_is_not_news(twilio, live_server, settings):
    twilio.configure(settings, app_url=live_server.url)
    assert twilio.deliver_inbound(PHONE, "YES 47") == 200
    assert reconcile(gateway(), an_hour_ago()).received == 0
    assert InboundMessage.objects.count() == 1


def test_texts_are_handled_in_the_order_in_which_they_were_sent(twilio, clock):
    for words in ("YES 47", "cannot come 47", "YES 52"):
        twilio.keep_inbound(PHONE, words)
        clock.shift(1)
    reconcile(gateway(), an_hour_ago())
    assert list(InboundMessage.objects.order_by("pk").values_list("text", flat=True)) == [
        "YES 47",
        "cannot come 47",
        "YES 52",
    ]


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("delivered", State.DELIVERED),
        ("undelivered", State.UNDELIVERED),
        ("sent", State.SENT),
        ("queued", State.ACCEPTED),
    ],
)
def test_receipt_that_got_lost_is_made_good(twilio, community, status, state):
    message = factories.MessageFactory(community=community, to=PHONE)
    relay(message.pk)
    twilio.messages[0].status = status
    reconcile(gateway(), an_hour_ago())
    message.refresh_from_db()
    assert message.state == state


def test_list_moves_a_text_only_up(twilio, community):
    message = factories.MessageFactory(community=community, to=PHONE)
    relay(message.pk)
    Message.objects.update(state=State.DELIVERED)
    twilio.messages[0].status = "sent"
    assert reconcile(gateway(), an_hour_ago()).reported == 0
    message.refresh_from_db()
    assert message.state == State.DELIVERED


def test_older_texts_are_left_alone(twilio, clock):
    twilio.keep_inbound(PHONE, "old")
    clock.shift(timedelta(hours=2))
    assert reconcile(gateway(), an_hour_ago()).seen == 0


def test_texts_of_strangers_to_us_change_nothing(twilio, community):
    """The account sends other texts, too."""
    message = factories.MessageFactory(community=community, to=PHONE)
    relay(message.pk)
    twilio.messages[0].status, twilio.messages[0].sid = "delivered", "SM" + "9" * 32
    assert reconcile(gateway(), an_hour_ago()).reported == 0


def test_list_is_read_in_pages_as_far_as_needed(twilio, clock, monkeypatch):
    monkeypatch.setattr(twilio_gateway, "PAGE", 10)
    for n in range(84):
        twilio.keep_inbound(PHONE, f"text {n}")
        clock.shift(timedelta(minutes=30))
    reading = reconcile(gateway(), now() - timedelta(hours=6))
    assert (reading.received, InboundMessage.objects.count()) == (12, 12)
    # Of five that the day's filter leaves: six hours, and ten more, as a text may wait in Twilio's queue.
    assert twilio.lists_read == 4


def test_reading_has_a_limit_and_says_so(twilio, monkeypatch, caplog):
    monkeypatch.setattr(reconcile_module, "MOST", 3)
    for n in range(5):
        twilio.keep_inbound(PHONE, f"text {n}")
    assert reconcile(gateway(), an_hour_ago()).seen == 3
    assert "longer than 3" in caplog.text


def test_known_texts_cost_two_questions_however_many(twilio, django_assert_num_queries):
    for n in range(30):
        twilio.keep_inbound(PHONE, f"text {n}")
    reconcile(gateway(), an_hour_ago())
    with django_assert_num_queries(2):
        reconcile(gateway(), an_hour_ago())


@pytest.mark.parametrize("seed", range(5))
def test_webhooks_and_readings_in_any_order_end_the_same(twilio, live_server, settings, community, seed):
    twilio.configure(settings, app_url=live_server.url)
    twilio.callbacks = "held"
    message = factories.MessageFactory(community=community, to=PHONE)
    relay(message.pk)
    sid = twilio.keep_inbound(PHONE, "YES 47")
    dice = random.Random(seed)
    twilio.messages[0].status = "delivered"
    steps = [
        lambda: twilio.deliver_inbound(PHONE, "YES 47", sid=sid),
        lambda: reconcile(gateway(), an_hour_ago()),
        lambda: twilio.post_callbacks(shuffle=dice, times=2),
    ] * 2
    dice.shuffle(steps)
    for step in steps:
        step()
    message.refresh_from_db()
    assert (message.state, InboundMessage.objects.count()) == (State.DELIVERED, 1)


# --- on time ------------------------------------------------------------------------------------------------------


def test_list_is_read_every_five_minutes(twilio, clock):
    for _minute in range(11):
        reconcile_due(now())
        clock.shift(60)
    assert twilio.lists_read == 3


def test_outage_of_ours_is_read_up_afterwards(twilio, clock):
    reconcile_due(now())
    clock.shift(timedelta(minutes=1))
    twilio.keep_inbound(PHONE, "YES 47")
    clock.shift(timedelta(hours=30))
    reconcile_due(now())
    assert InboundMessage.objects.get().text == "YES 47"


def test_gateway_that_does_not_answer_is_asked_again_from_the_same_moment(twilio, clock, caplog):
    reconcile_due(now())
    clock.shift(timedelta(minutes=1))
    twilio.keep_inbound(PHONE, "YES 47")
    twilio.down = True
    for _n in range(6):
        clock.shift(timedelta(hours=1))
        reconcile_due(now())
    assert "its list could not be read" in caplog.text
    twilio.down = False
    clock.shift(timedelta(minutes=5))
    reconcile_due(now())
    assert InboundMessage.objects.get().text == "YES 47"


def test_late_receipt_is_found_by_the_daily_reading(twilio, clock, community):
    reconcile_due(now())
    clock.shift(60)
    message = factories.MessageFactory(community=community, to=PHONE)
    relay(message.pk)
    twilio.messages[0].status = "sent"
    for _hour in range(20):
        clock.shift(timedelta(hours=1))
        reconcile_due(now())
    twilio.messages[0].status = "delivered"
    for _hour in range(4):
        clock.shift(timedelta(hours=1))
        reconcile_due(now())
    message.refresh_from_db()
    assert message.state == State.DELIVERED


def test_two_clocks_read_the_list_once(twilio):
    line = reconcile_module.breakers.lines(["twilio"])[0]
    assert [reconcile_module._claim(line, now()), reconcile_module._claim(line, now())] == [True, False]


def test_local_gateway_keeps_no_list(db):
    reconcile_due(now())
    assert GatewayLine.objects.count() == 0


# --- by hand ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("since", ["2026-11-23T11:00", "48h", None])
def test_command_reads_since_a_moment(twilio, capsys, since):
    twilio.keep_inbound(PHONE, "YES 47")
    call_command("reconcile_texts", *([f"--since={since}"] if since else []))
    assert capsys.readouterr().out == "twilio: 1 texts read, 1 had not come in, 0 reports were new.\n"


@pytest.mark.parametrize("since", ["yesterday", "2026-13-45T11:00", "h"])
def test_command_refuses_a_moment_that_is_none(twilio, since):
    with pytest.raises(CommandError, match="local time"):
        call_command("reconcile_texts", f"--since={since}")


def test_command_says_when_the_gateway_does_not_answer(twilio):
    twilio.down = True
    with pytest.raises(CommandError, match="Nothing is lost"):
        call_command("reconcile_texts")


# --- texts to ourselves -------------------------------------------------------------------------------------------


@pytest.fixture
def own(settings, twilio, community):
    settings.SMS_SELF_TEST_NUMBER = OWN
    return OWN


def come_back(twilio: FakeTwilio, client) -> None:
    """What the world does with a text to our second number: it comes in."""
    text = twilio.messages[-1]
    form = {"MessageSid": f"SM-echo-{text.sid}", "From": "+12025550100", "To": OWN, "Body": text.body}
    url = "http://testserver/sms/twilio/inbound/"
    assert client.post("/sms/twilio/inbound/", form, headers=signed(url, form)).status_code == 200


def test_self_test_is_off_by_default(twilio, community):
    selftest.run(now())
    assert (Message.objects.count(), selftest.failing_since(now())) == (0, None)


def test_self_test_goes_out_every_two_minutes(own, twilio, clock):
    for _second in range(0, 300, 10):
        selftest.run(now())
        relay_due(now() + timedelta(seconds=3))
        clock.shift(10)
    assert [sent.to for sent in twilio.messages] == [OWN] * 3


def test_self_test_that_comes_back_is_answered_by_nobody(own, twilio, clock, client):
    selftest.run(now())
    relay(Message.objects.get().pk)
    come_back(twilio, client)
    row = InboundMessage.objects.get()
    assert (row.reading, row.about, row.handled_at) == ("self-test", Message.objects.get().about, now())
    assert Message.objects.count() == 1


def test_self_test_fails_after_two_misses_and_not_before(own, twilio, clock, client):
    selftest.run(now())
    relay(Message.objects.get().pk)
    come_back(twilio, client)
    failing = []
    began = now()
    for _minute in range(7):
        clock.shift(60)
        selftest.run(now())
        relay_due(now() + timedelta(seconds=3))
        failing.append(selftest.failing_since(now()))
    assert failing == [None] * 5 + [began + timedelta(minutes=2)] * 2


def test_self_test_that_comes_back_ends_the_alarm(own, twilio, clock, client):
    for _n in range(4):
        selftest.run(now())
        relay_due(now() + timedelta(seconds=3))
        clock.shift(timedelta(minutes=2))
    assert selftest.failing_since(now()) is not None
    selftest.run(now())
    relay_due(now() + timedelta(seconds=3))
    come_back(twilio, client)
    clock.shift(timedelta(minutes=2))
    assert selftest.failing_since(now()) is None


def test_self_tests_of_yesterday_are_forgotten(own, twilio, clock):
    selftest.run(now())
    clock.shift(timedelta(hours=25))
    selftest.run(now())
    clock.shift(timedelta(minutes=3))
    selftest.run(now())
    assert Message.objects.count() == 2


def test_stranger_cannot_pass_for_a_self_test(own, twilio, client):
    selftest.run(now())
    inbound = factories.InboundMessageFactory(text=f"self-test {Message.objects.get().about}", recipient=PHONE)
    assert selftest.recognise(inbound) is False
