"""Texts under faults: relays and the web server are killed, the gateways misbehave, and no text may be lost.

    .venv/bin/python benchmarks/faults.py                                              # SQLite, a new file
    .venv/bin/python benchmarks/faults.py --database-url postgres://127.0.0.1/faults   # an empty database
    .venv/bin/python benchmarks/faults.py --restart-every 5                            # a PostgreSQL of its own

Two gateways on real sockets answer a seeded share of requests with 429, 5xx before or after they have stored the text,
garbled pages, or silence; each is away altogether for a while; their reports come shuffled and twice, and not while the
web server is dead. Phones text in all the while, and some webhooks never come. Relays are separate processes, killed
with SIGKILL one after the other; a PostgreSQL of the run's own is stopped, or crashed, and started again. In the end
everything that was written must stand at exactly one gateway, once, and everything that phones said must be stored
once. The table in benchmarks/README.md is renewed.
"""

from __future__ import annotations

import argparse
import os
import random
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from faults_postgres import OwnPostgres
from faults_world import World, stubbornly
from race import django_setup, manage
from report import database_version, machine, renew_section

ROOT = Path(__file__).resolve().parent.parent
SETTLED_WITHIN_S = 400


def main() -> None:
    options = arguments()
    if options.nursery:
        nursery(options)
        return
    sys.path.insert(0, str(ROOT))
    from tests.fake_twilio import FakeTwilio

    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        cluster = stack.enter_context(OwnPostgres()) if options.restart_every else None
        options.database_url = cluster.url if cluster else options.database_url
        gateways = [stack.enter_context(FakeTwilio(name)) for name in ("twilio", "twilio2")]
        prepare_environment(options, Path(folder), gateways)
        manage("migrate", "--verbosity", "0", "--skip-checks")
        (Path(folder) / "static").mkdir()
        django_setup()
        result = run(options, gateways, cluster)
        write_table(options, result)
    sys.exit(0 if result["lost"] == result["not kept"] == result["not stored"] == 0 else 1)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=2000)
    parser.add_argument("--seconds", type=int, default=120, help="how long texts are written and things are killed")
    parser.add_argument("--relays", type=int, default=4)
    parser.add_argument("--kill-every", type=float, default=0.5, help="seconds between two SIGKILLs of relays")
    parser.add_argument("--fault-rate", type=float, default=0.1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--port", type=int, default=8179)
    parser.add_argument("--database-url", default="", help="an empty database; default: a new SQLite file")
    parser.add_argument(
        "--restart-every", type=float, default=0, help="seconds between two restarts of a PostgreSQL made for this run"
    )
    parser.add_argument("--nursery", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.web_processes = 1
    return options


def prepare_environment(options: argparse.Namespace, folder: Path, gateways: list[Any]) -> None:
    from tests.fake_twilio import ACCOUNT_SID, AUTH_TOKEN, SENDER

    url = f"http://127.0.0.1:{options.port}"
    for gateway in gateways:
        gateway.app_url, gateway.callbacks = url, "held"
        os.environ |= {
            f"{gateway.gateway.upper()}_{name}": value
            for name, value in {
                "ACCOUNT_SID": ACCOUNT_SID, "AUTH_TOKEN": AUTH_TOKEN, "FROM": SENDER, "API_URL": gateway.url,
            }.items()
        }  # fmt: skip
    os.environ |= {
        "DATABASE_URL": options.database_url or f"sqlite:///{folder / 'faults.sqlite3'}",
        "DJANGO_SETTINGS_MODULE": "linzhu.settings",
        "LOG_LEVEL": "CRITICAL",
        "PUBLIC_BASE_URL": url,
        "REDIS_URL": "",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "SMS_CAP_NUMBER": "0",
        "SMS_CAP_COMMUNITY": "0",
        "SMS_CAP_ALL": "0",
        "SMS_GATEWAY": "twilio",
        "SMS_GATEWAY_FALLBACK": "twilio2",
        "SMS_RATE": "60",
        "TWILIO_TIMEOUT_S": "2",
        "VAR_DIR": str(folder),
    }


# --- what is killed -----------------------------------------------------------------------------------------------


def nursery(options: argparse.Namespace) -> None:
    """Fork relays, kill one after the other and fork another in its place, until SIGTERM; print how many were killed.

    It has no threads and no open connection, so that what it forks is as good as a new process; and it has loaded what
    a process loads with its first text, or most would be killed while they do so.
    """
    django_setup()
    from django.urls import reverse

    reverse("sms-status", args=["twilio"])
    dice, stop = random.Random(options.seed), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_args: stop.set())
    relays, killed = [fork_relay() for _n in range(options.relays)], 0
    print("ready", flush=True)
    sys.stdin.readline()  # now it begins
    until = time.monotonic() + options.seconds
    while not stop.is_set():
        time.sleep(options.kill_every)
        if time.monotonic() < until:
            victim = relays.pop(dice.randrange(len(relays)))
            os.kill(victim, signal.SIGKILL)
            os.waitpid(victim, 0)
            killed += 1
            relays.append(fork_relay())
    for relay in relays:
        os.kill(relay, signal.SIGKILL)
        os.waitpid(relay, 0)
    print(killed, flush=True)


def fork_relay() -> int:
    pid = os.fork()
    if pid:
        return pid
    from django.db import DatabaseError, InterfaceError, connection

    from linzhu.notifications.relay import relay_due

    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    while True:
        try:
            relay_due()
        except (DatabaseError, InterfaceError):
            connection.close()
        time.sleep(0.05)


# --- the run ------------------------------------------------------------------------------------------------------


def run(options: argparse.Namespace, gateways: list[Any], cluster: OwnPostgres | None) -> dict[str, Any]:
    command = [sys.executable, __file__, "--nursery", *sys.argv[1:]]
    relays = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert relays.stdin is not None
    assert relays.stdout is not None
    relays.stdout.readline()  # they are there
    world = World(options, gateways, cluster)
    world.live(lambda: print("begin", file=relays.stdin, flush=True))
    print("the faults are over; waiting for the rest", flush=True)
    settled_after = settle()
    world.end()
    relays.terminate()
    killed = {"relay kills": int(relays.communicate()[0]), "web kills": world.web_kills}
    if cluster:
        killed["database restarts"] = world.restarts
    for gateway in gateways:
        gateway.post_callbacks()  # the web server is gone: these stand in the list alone
    read_lists(gateways)
    return killed | {"settled after": settled_after} | count(world, gateways)


def settle(help_along: Callable[[], object] = lambda: None) -> int:
    """Wait until nothing is on its way any more; return the seconds."""
    from linzhu.notifications.models import Message

    began, said_at = time.monotonic(), time.monotonic()
    on_their_way = Message.objects.filter(state__in=Message.IN_FLIGHT)
    while (left := stubbornly(on_their_way.count)) and time.monotonic() - began < SETTLED_WITHIN_S:
        help_along()
        if time.monotonic() - said_at > 10:
            said_at = time.monotonic()
            print(f"{left} on their way", flush=True)
        time.sleep(0.5)
    return round(time.monotonic() - began)


def read_lists(gateways: list[Any]) -> None:
    """Read up what no webhook brought, then send what that has set in motion."""
    from datetime import timedelta

    from linzhu.communities.clock import now
    from linzhu.notifications.gateways import gateway
    from linzhu.notifications.reconcile import reconcile
    from linzhu.notifications.relay import relay_due

    for there in gateways:
        reconcile(gateway(there.gateway), now() - timedelta(hours=1))
    settle(relay_due)


def count(world: World, gateways: list[Any]) -> dict[str, Any]:
    from linzhu.notifications.models import InboundMessage, Message

    sent = Counter((text.to, text.body) for gateway in gateways for text in gateway.messages)
    rows = list(Message.objects.values_list("to", "text", "state"))
    states = Counter(state for _to, _text, state in rows)
    kept = {params.get("service") for params in Message.objects.values_list("params", flat=True)}
    stored = Counter(InboundMessage.objects.values_list("gateway_ref", flat=True))
    return {
        "texts": len(rows),
        "reports posted": sum(len(gateway.callback_statuses) for gateway in gateways),
        "by the second gateway": len(gateways[1].messages),
        "not kept": len(world.promised - kept),
        "lost": sum(not sent[to, text] for to, text, _state in rows),
        "sent twice": sum(times - 1 for times in sent.values() if times > 1),
        "texts in": len(world.said),
        "not stored": sum(stored[sid] != 1 for sid in world.said),
        "states": ", ".join(f"{count} {state}" for state, count in states.most_common()),
    }


def write_table(options: argparse.Namespace, result: dict[str, Any]) -> None:
    database = database_version()
    how = (
        f"{options.relays} relays, {options.seconds} s, {options.fault_rate:.0%} of requests fail, seed {options.seed}"
    )
    lines = [
        f"{database}, {how}; {machine()}",
        "",
        "| what | count |",
        "|---|---|",
        *(f"| {name} | {value}{' s' if name == 'settled after' else ''} |" for name, value in result.items()),
    ]
    print("\n".join(lines))
    renew_section(f"faults {database.split()[0]}", "\n".join(lines))


if __name__ == "__main__":
    main()
