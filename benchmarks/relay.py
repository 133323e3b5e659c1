"""Texts a second (P4): through outbox, relay and a gateway on a local socket, beside bare calls of Twilio's client.

    .venv/bin/python benchmarks/relay.py                                            # SQLite, a new file
    .venv/bin/python benchmarks/relay.py --database-url postgres://127.0.0.1/relay  # an empty database

As many threads as there are send as many texts, in turns bare and from rows: written into the outbox, leased, counted
against rate and caps, handed over, recorded. The gateway is a process of its own, and takes ``--takes-ms`` for each
text, as a real one does. The table in benchmarks/README.md is renewed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from report import ROOT, database_version, django_on_empty_database, machine, rates_beside_bare, renew_section

GOAL = 0.5


def main() -> None:
    options = arguments()
    if options.gateway:
        be_the_gateway(options)
        return
    with tempfile.TemporaryDirectory() as folder, gateway_process() as url:
        prepare_environment(url)
        django_on_empty_database(options.database_url, Path(folder))
        community = create_community()
        send_bare(options), send_by_relay(community, options)  # the first of everything is slower
        rounds = [(send_bare(options), send_by_relay(community, options)) for _round in range(options.rounds)]
        write_table(options, rounds)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--texts", type=int, default=300)
    parser.add_argument("--threads", type=int, default=16)
    parser.add_argument("--takes-ms", type=int, default=100, help="how long the gateway thinks about each text")
    parser.add_argument("--database-url", default="", help="an empty database; default: a new SQLite file")
    parser.add_argument("--gateway", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


# --- the gateway --------------------------------------------------------------------------------------------------


@contextmanager
def gateway_process() -> Iterable[str]:
    command = [sys.executable, __file__, "--gateway", *sys.argv[1:]]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    yield process.stdout.readline().strip()
    process.communicate("")  # its standard input ends: so does it


def be_the_gateway(options: argparse.Namespace) -> None:
    sys.path.insert(0, str(ROOT))
    from tests.fake_twilio import FakeTwilio

    with FakeTwilio() as twilio:
        twilio.callbacks = "none"
        twilio.before_storing = lambda: time.sleep(options.takes_ms / 1000)
        print(twilio.url, flush=True)
        sys.stdin.read()


def prepare_environment(url: str) -> None:
    sys.path.insert(0, str(ROOT))
    from tests.fake_twilio import ACCOUNT_SID, AUTH_TOKEN, SENDER

    os.environ |= {
        "REDIS_URL": "",
        "SMS_CAP_NUMBER": "1000000", "SMS_CAP_COMMUNITY": "1000000", "SMS_CAP_ALL": "1000000",
        "SMS_GATEWAY": "twilio",
        "SMS_RATE": "1000000",
        "TWILIO_ACCOUNT_SID": ACCOUNT_SID, "TWILIO_API_URL": url, "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
        "TWILIO_FROM": SENDER,
    }  # fmt: skip


def create_community() -> Any:
    from linzhu.communities.models import Community

    return Community.objects.create(code="relay", name="Relay", path="relay/")


# --- what is measured ---------------------------------------------------------------------------------------------


def phone_of(number: int) -> str:
    return f"+86199{number:08d}"


def send_bare(options: argparse.Namespace) -> float:
    """Return how many texts a second Twilio's client alone hands over."""
    from linzhu.notifications.gateways.twilio_account import TwilioAccount

    account = TwilioAccount.from_settings("twilio")
    client = account.client()

    def send(number: int) -> None:
        client.messages.create(to=phone_of(number), from_=account.sender, body="Linzhu: thank you")

    return a_second(options, send, range(options.texts))


def send_by_relay(community: Any, options: argparse.Namespace) -> float:
    """Return how many texts a second go the product's way, from the row to the note that they were taken."""
    from linzhu.notifications.models import Message
    from linzhu.notifications.outbox import queue
    from linzhu.notifications.relay import relay_contained

    def send(number: int) -> None:
        relay_contained(queue(phone_of(number), "no_thanks", {}, community=community, language="en").pk)

    rate = a_second(options, send, range(options.texts))
    if Message.objects.exclude(state=Message.State.ACCEPTED).exists():
        sys.exit("Not every text was taken.")
    return rate


def a_second(options: argparse.Namespace, send: Callable[[int], None], numbers: Iterable[int]) -> float:
    from django.db import connection

    def lane(own: list[int]) -> None:
        try:
            for number in own:
                send(number)
        finally:
            connection.close()

    numbers = list(numbers)
    with ThreadPoolExecutor(options.threads) as pool:
        began = time.perf_counter()
        for done in [pool.submit(lane, numbers[first :: options.threads]) for first in range(options.threads)]:
            done.result()
        return len(numbers) / (time.perf_counter() - began)


def write_table(options: argparse.Namespace, rounds: list[tuple[float, float]]) -> None:
    database = database_version()
    how = f"{options.texts} texts, {options.threads} threads, a gateway that takes {options.takes_ms} ms"
    lines = [
        f"{database}, {how}; {machine()}",
        "",
        *rates_beside_bare("texts", rounds, "P4", GOAL),
    ]
    print("\n".join(lines))
    renew_section(f"relay {database.split()[0]}", "\n".join(lines))


if __name__ == "__main__":
    main()
