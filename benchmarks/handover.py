"""How long people wait for a text (P3, promise 4) while 1,000 help requests an hour come in, all processes running.

    .venv/bin/python benchmarks/handover.py                                               # SQLite, a new file
    .venv/bin/python benchmarks/handover.py --database-url postgres://127.0.0.1/handover  # an empty database

Web server, queue and clock run as in production; the gateway is a fake Twilio on a socket that takes 100 ms for each
text. A help request is logged every 3.6 s; as soon as an offer stands at the gateway its volunteer says yes by a signed
webhook. *Saved → handed over* is from the row of the help request to the note that the gateway has taken its first
offers, *yes → confirmation* from the yes that came in to the same note of name, address and door word. Beside them: how
long the bare queue takes to start a task that does nothing. The table in benchmarks/README.md is renewed.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import race
from report import ROOT, database_version, machine, p95, renew_section

GOAL_S = 1.5
TASK_RAN = "task_ran"  # the bare queue's task touches this file


def main() -> None:
    options = arguments()
    sys.path.insert(0, str(ROOT))
    from tests.fake_twilio import FakeTwilio

    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        twilio = stack.enter_context(FakeTwilio())
        twilio.callbacks = "none"
        twilio.before_storing = lambda: time.sleep(options.takes_ms / 1000)
        prepare_environment(options, Path(folder), twilio)
        race.manage("migrate", "--verbosity", "0", "--skip-checks")
        (Path(folder) / "static").mkdir()
        race.django_setup()
        community = race.create_people(options.volunteers)
        stack.enter_context(race.web_server(options))
        for command in ("qcluster", "clock"):
            stack.enter_context(process(command))
        bare_task(Path(folder) / TASK_RAN)  # the queue is up
        bare = [bare_task(Path(folder) / TASK_RAN) for _task in range(50)]
        live(community, options)
        write_table(options, bare)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--an-hour", type=int, default=1000, help="help requests")
    parser.add_argument("--volunteers", type=int, default=300)
    parser.add_argument("--takes-ms", type=int, default=100, help="how long the gateway thinks about each text")
    parser.add_argument("--web-processes", type=int, default=1)
    parser.add_argument("--port", type=int, default=8199)
    parser.add_argument("--database-url", default="", help="an empty database; default: a new SQLite file")
    options = parser.parse_args()
    options.racers = 10
    return options


def prepare_environment(options: argparse.Namespace, folder: Path, twilio: Any) -> None:
    from tests.fake_twilio import ACCOUNT_SID, SENDER

    race.prepare_environment(options, folder)
    os.environ |= {
        "SMS_CAP_ALL": "1000000", "SMS_CAP_COMMUNITY": "1000000", "SMS_CAP_NUMBER": "1000000",
        "TWILIO_ACCOUNT_SID": ACCOUNT_SID, "TWILIO_API_URL": twilio.url, "TWILIO_FROM": SENDER,
        "TWILIO_AUTH_TOKEN": "token-of-the-fake",
    }  # fmt: skip
    race.TOKEN = "token-of-the-fake"


@contextmanager
def process(command: str) -> Iterator[None]:
    """A process of production, in a session of its own: at the end its leader is told, and then the rest ended."""
    running = subprocess.Popen([sys.executable, "-m", "django", command], cwd=ROOT, start_new_session=True)
    try:
        yield
    finally:
        running.terminate()
        try:
            running.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)
            running.wait()


def bare_task(ran: Path) -> float:
    """Return how many seconds the queue takes to start a task."""
    from django_q.tasks import async_task

    began = time.time()
    async_task("pathlib.Path.touch", ran)
    while not ran.exists():
        if time.time() - began > 60:
            sys.exit("The queue does not work.")
        time.sleep(0.002)
    ran.unlink()
    return time.time() - began


def live(community: Any, options: argparse.Namespace) -> None:
    """Log a help request every now and then, and let somebody say yes to each."""
    began, pause, waiting = time.monotonic(), 3600 / options.an_hour, []
    for number in range(int(options.seconds / pause)):
        due = began + number * pause
        while (left := due - time.monotonic()) > 0:
            waiting = [pk for pk in waiting if not say_yes(pk, options)]
            time.sleep(min(0.1, max(left, 0)))
        waiting.append(log(community, number + 1))
    patience = time.monotonic() + 30
    while waiting and time.monotonic() < patience:
        waiting = [pk for pk in waiting if not say_yes(pk, options)]
        time.sleep(0.1)
    time.sleep(5)


def log(community: Any, days_ahead: int) -> int:
    """Log a help request as a form does: the search is woken by the queue. Each has its own day."""
    from datetime import timedelta

    from linzhu.communities.clock import now
    from linzhu.requests.lifecycle import SYSTEM, log_request
    from linzhu.requests.models import Elder

    elder = Elder.objects.create(community=community, name=f"Elder {days_ahead}", lat=39.12, lng=117.2)
    start = now() + timedelta(days=days_ahead)
    return log_request(elder, "parcel", actor=SYSTEM, window_start=start, window_end=start + timedelta(hours=2)).pk


def say_yes(help_request: int, options: argparse.Namespace) -> bool:
    """Let the first volunteer whose offer has gone out say yes; False if there is none yet."""
    import threading

    from linzhu.dispatch.models import Offer

    offer = Offer.objects.filter(help_request=help_request, message__handed_at__isnull=False).order_by("pk").first()
    if offer is None:
        return False
    post = race.signed_post(offer.phone, f"接{offer.code}")
    ((status, _took),) = race.run([post], threading.Barrier(1), options.port)
    return status == 200


# --- what came of it ----------------------------------------------------------------------------------------------


def waits() -> tuple[list[float], list[float], int]:
    """Return the seconds from saved to the first offers handed over, from each yes to its confirmation, and how many
    texts of both kinds have not gone out."""
    from linzhu.dispatch.models import Offer
    from linzhu.notifications.models import InboundMessage, Message

    offers = Offer.objects.filter(wave__number=1).select_related("help_request", "message")
    first = [(offer.message, offer.help_request.created_at) for offer in offers if offer.message]
    yeses = dict(InboundMessage.objects.values_list("about", "received_at"))
    confirmations = [(text, yeses[text.about]) for text in Message.objects.filter(template="visit_yours")]
    withdrawn = Message.State.EXPIRED  # somebody was quicker: it need not go out
    waiting = sum(text.handed_at is None and text.state != withdrawn for text, _since in first + confirmations)

    def seconds(rows: list[tuple[Message, Any]]) -> list[float]:
        return [(text.handed_at - since).total_seconds() for text, since in rows if text.handed_at]

    return seconds(first), seconds(confirmations), waiting


def write_table(options: argparse.Namespace, bare: list[float]) -> None:
    database = database_version()
    saved, yes, waiting = waits()
    how = f"{options.seconds} s, {options.an_hour} help requests an hour, a gateway that takes {options.takes_ms} ms"
    verdict = "PASS" if max(p95(saved), p95(yes)) <= GOAL_S else "FAIL"
    lines = [
        f"{database}, {how}, {options.web_processes} web process; {machine()}",
        "",
        "| what | times | median s | p95 s | most s |",
        "|---|---|---|---|---|",
        *(
            f"| {what} | {len(rows)} | {median(rows):.2f} | {p95(rows):.2f} | {max(rows):.2f} |"
            for what, rows in (
                ("saved → offer handed over", saved),
                ("yes → confirmation handed over", yes),
                ("the bare queue starts a task", bare),
            )
        ),
        "",
        f"Not handed over in the end: {waiting}. P3 asks for p95 ≤ {GOAL_S} s: {verdict}.",
    ]
    print("\n".join(lines))
    renew_section(f"handover {database.split()[0]}", "\n".join(lines))


if __name__ == "__main__":
    main()
