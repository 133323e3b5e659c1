"""A real process is killed with SIGKILL at every point of a send: the text goes out exactly once all the same."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from linzhu.dispatch.models import Assignment, Offer
from linzhu.notifications.models import InboundMessage, Message
from linzhu.notifications.relay import relay_due
from tests import factories
from tests.fake_twilio import ACCOUNT_SID, AUTH_TOKEN, SENDER, FakeTwilio, signed
from tests.webhook_child import PATH

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

ROOT = Path(__file__).parent.parent
PHONE = "+8619920000001"
State = Message.State


def start_relay(twilio: FakeTwilio, message: Message, killed_before_query: int = 0) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.relay_child", str(message.pk), str(killed_before_query)]
    return subprocess.Popen(command, cwd=ROOT, env=environment(twilio.url))


def environment(twilio_url: str) -> dict[str, str]:
    """What another process needs to work on the test's database, with the test's gateway."""
    return {
        **os.environ,
        "DATABASE_URL": database_url(),
        "DJANGO_SETTINGS_MODULE": "linzhu.settings",
        "LOG_LEVEL": "CRITICAL",
        "PUBLIC_BASE_URL": "http://testserver",
        "SECRET_KEY": "of-a-process-that-is-killed",
        "SMS_GATEWAY": "twilio",
        "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
        "TWILIO_API_URL": twilio_url,
        "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
        "TWILIO_FROM": SENDER,
    }


def database_url() -> str:
    """Return the address of the test's own database, for another process."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    return "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**database).replace(":@", "@")


def clean_up_after(message: Message) -> None:
    """Let leases run out and whatever is due be done, as the clock of another machine would."""
    for seconds in (61, 62, 80, 160):
        with time_machine.travel(timezone.now() + timedelta(seconds=seconds), tick=True):
            relay_due(budget_s=10)
    message.refresh_from_db()


def assert_sent_once(twilio: FakeTwilio, message: Message, at: object) -> None:
    sent = [text.sid for text in twilio.messages if text.body == message.text]
    assert (at, message.state, sent) == (at, State.ACCEPTED, [message.gateway_ref])


def test_relay_killed_before_any_of_its_queries_sends_exactly_once(twilio, community):
    number, code = 0, -signal.SIGKILL
    while code:
        number += 1
        message = factories.MessageFactory(community=community, to=PHONE, text=f"killed before query {number}")
        code = start_relay(twilio, message, number).wait(60)
        assert code in {0, -signal.SIGKILL}
        clean_up_after(message)
        assert_sent_once(twilio, message, number)
    assert number > 8  # from the first look at the row to the note of what came of it


@pytest.mark.parametrize("moment", ["before_storing", "after_storing"])
def test_relay_killed_while_the_gateway_is_at_work_sends_exactly_once(twilio, community, moment):
    message = factories.MessageFactory(community=community, to=PHONE, text=moment)
    relay = start_relay(twilio, message)

    def end_it() -> None:
        setattr(twilio, moment, lambda: None)
        relay.kill()
        relay.wait()

    setattr(twilio, moment, end_it)
    assert relay.wait(60) == -signal.SIGKILL
    clean_up_after(message)
    assert_sent_once(twilio, message, moment)


def test_relay_in_a_process_of_its_own_sends(twilio, community):
    """The tests above would not notice a process that never gets as far as its first query."""
    message = factories.MessageFactory(community=community, to=PHONE, text="alive")
    assert start_relay(twilio, message).wait(60) == 0
    message.refresh_from_db()
    assert_sent_once(twilio, message, "alive")


def test_yes_whose_webhook_is_killed_before_any_query_counts_once(twilio, community):
    """All or nothing is committed; the gateway brings the text again, and then it has been said once."""
    offers = [asked(community, number) for number in range(150)]
    requests = [
        (form := {"MessageSid": f"SM{number:032x}", "From": offer.phone, "To": SENDER, "Body": f"yes {offer.code}"},
         signed(f"http://testserver{PATH}", form)["X-Twilio-Signature"])
        for number, offer in enumerate(offers)
    ]  # fmt: skip
    command = [sys.executable, "-m", "tests.webhook_child"]
    told = json.dumps(requests).encode()
    done = subprocess.run(command, check=False, cwd=ROOT, env=environment(twilio.url), input=told, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    queries = int(done.stdout)
    assert queries > 20  # from the look for the text to the commit of the confirmations
    for offer in offers[: queries + 1]:
        counts = (
            InboundMessage.objects.filter(sender=offer.phone).count(),
            Assignment.objects.filter(offer=offer).count(),
            Message.objects.filter(to=offer.phone, template="visit_yours").count(),
        )
        assert counts == (1, 1, 1)


def asked(community, number: int) -> Offer:
    need = factories.HelpRequestFactory(elder=factories.ElderFactory(community=community), **factories.window())
    volunteer = factories.VolunteerFactory(community=community)
    return factories.OfferFactory(
        help_request=need,
        wave=factories.WaveFactory(help_request=need),
        volunteer=volunteer,
        expires_at=need.window_start,
    )
