"""1,000 volunteers say yes at the same moment, through the real door: signed webhooks to a running web server.

    .venv/bin/python benchmarks/race.py                                              # SQLite, a new file
    .venv/bin/python benchmarks/race.py --database-url postgres://127.0.0.1/race     # an empty database

Each round logs one help request, asks every volunteer in one wave, and lets all of them answer at once. What must come
out: one winner, a kind "already taken" for everybody else, no error. The table in benchmarks/README.md is renewed.
"""

from __future__ import annotations

import argparse
import http.client
import os
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

from report import database_version, machine, renew_section

ROOT = Path(__file__).resolve().parent.parent
TOKEN = "the-race-has-no-secrets"
PATH = "/sms/twilio/inbound/"


class Round(NamedTuple):
    winners: int
    kind_replies: int
    confirmations: int
    refused: int
    """Answers of the web server other than 200."""
    unhandled: int
    """Texts that were stored but not acted upon."""
    seconds: float
    p95_ms: float


def main() -> None:
    options = arguments()
    with tempfile.TemporaryDirectory() as folder:
        prepare_environment(options, Path(folder))
        manage("migrate", "--verbosity", "0", "--skip-checks")
        (Path(folder) / "static").mkdir()
        django_setup()
        community = create_people(options.racers)
        with web_server(options):
            rounds = [race(community, options, number) for number in range(1, options.rounds + 1)]
        for number, result in enumerate(rounds, 1):
            print(f"round {number}: {result}")
        write_table(options, rounds)
    wrong = [result for result in rounds if result[:5] != (1, options.racers - 1, 1, 0, 0)]
    sys.exit(f"{len(wrong)} of {len(rounds)} rounds went wrong" if wrong else 0)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--racers", type=int, default=1000)
    parser.add_argument("--clients", type=int, default=64, help="connections that are open at the same time")
    parser.add_argument("--web-processes", type=int, default=2)
    parser.add_argument("--port", type=int, default=8169)
    parser.add_argument("--database-url", default="", help="an empty database; default: a new SQLite file")
    return parser.parse_args()


def prepare_environment(options: argparse.Namespace, folder: Path) -> None:
    os.environ.update(
        {
            "DATABASE_URL": options.database_url or f"sqlite:///{folder / 'race.sqlite3'}",
            "DATABASE_POOL": "0",
            "DJANGO_SETTINGS_MODULE": "linzhu.settings",
            "LOG_LEVEL": "ERROR",
            "PUBLIC_BASE_URL": f"http://127.0.0.1:{options.port}",
            "QUIET_HOURS": "off",
            "REDIS_URL": "",
            "SECRET_KEY": secrets.token_urlsafe(50),
            "SMS_GATEWAY": "twilio",
            "TWILIO_ACCOUNT_SID": "AC0",
            "TWILIO_API_URL": "http://127.0.0.1:9",  # nobody sends: the outbox is what is counted
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_FROM": "+15005550006",
            "VAR_DIR": str(folder),
            "WAVE_SECONDS": "3600",
            "WAVE_SIZE": str(options.racers),
            "WEEKLY_TEXT_CAP": "1000000",
        }
    )


def manage(*command: str) -> None:
    subprocess.run([sys.executable, "-m", "django", *command], cwd=ROOT, check=True)


def django_setup() -> None:
    sys.path.insert(0, str(ROOT))
    import django

    django.setup()


def create_people(racers: int, first: int = 0, lat: float = 39.12, lng: float = 117.2) -> Any:
    """Write a community and its volunteers, the first with this number: always free, cleared, within a kilometre."""
    from datetime import date

    from linzhu.communities.models import Community
    from linzhu.communities.people import Language, Skill
    from linzhu.volunteers.availability import Week, slots
    from linzhu.volunteers.models import Volunteer

    code = f"race-{secrets.token_hex(4)}"
    community = Community.objects.create(code=code, name="Race", path=f"{code}/", lat=lat, lng=lng)
    for number in range(racers):
        volunteer = Volunteer(
            community=community,
            name=f"Racer {first + number}",
            phone=phone_of(first + number),
            lat=lat + number % 50 * 0.0001,
            lng=lng + number // 50 * 0.0001,
            skills=frozenset(Skill.values),
            languages=frozenset({Language.MANDARIN}),
            cleared_until=date(2999, 1, 1),
        )
        volunteer.week = Week(*[slots(0, 24 * 60)] * 7)
        volunteer.save()
    return community


def phone_of(number: int) -> str:
    return f"+86199{number:08d}"


class web_server:  # noqa: N801 (used as a context manager, like a function)
    """uvicorn with the settings of production: several processes, and on PostgreSQL a pool in each."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options

    def __enter__(self) -> None:
        pool = "1" if self.options.database_url.startswith("postgres") else "0"
        command = [sys.executable, "-m", "uvicorn", "linzhu.asgi:application", "--log-level", "error"]
        command += ["--no-access-log", "--port", str(self.options.port), "--workers", str(self.options.web_processes)]
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "DATABASE_POOL": pool},
        )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            connection = http.client.HTTPConnection("127.0.0.1", self.options.port)
            try:
                connection.request("GET", "/health")
                if connection.getresponse().status == 200:
                    return
            except OSError:
                time.sleep(0.2)
        self.__exit__()
        sys.exit("The web server does not start.")

    def __exit__(self, *error: object) -> None:
        self.process.terminate()
        self.process.wait()


def race(community: Any, options: argparse.Namespace, number: int) -> Round:
    """Ask everybody, let everybody say yes at once, count what came of it."""
    help_request, offers = ask_everybody(community, number)
    assert len(offers) == options.racers, f"{len(offers)} were asked"
    posts = [signed_post(phone, f"接{code}") for phone, code in offers]
    secrets.SystemRandom().shuffle(posts)
    answers, seconds = post_at_once(posts, options)
    return count(help_request, answers, seconds)


def post_at_once(
    posts: list[tuple[str, dict[str, str]]], options: argparse.Namespace, path: str = PATH
) -> tuple[list[tuple[int, float]], float]:
    """Post these over all connections at once; return status and seconds of each, and the seconds of all."""
    gun = threading.Barrier(options.clients + 1)
    with ThreadPoolExecutor(options.clients) as pool:
        lanes = [posts[lane :: options.clients] for lane in range(options.clients)]
        runs = [pool.submit(run, lane, gun, options.port, path) for lane in lanes]
        gun.wait()
        began = time.perf_counter()
        answers = [answer for lane in runs for answer in lane.result()]
        return answers, time.perf_counter() - began


def ask_everybody(community: Any, days_ahead: int) -> tuple[Any, list[tuple[str, str]]]:
    """Log a help request and ask in one wave. Each round has its own day: who has won one is busy at that time."""
    from datetime import timedelta

    from linzhu.communities.clock import now
    from linzhu.dispatch.waves import start_wave
    from linzhu.requests.lifecycle import SYSTEM, log_request
    from linzhu.requests.models import Elder

    elder = Elder.objects.create(community=community, name=secrets.token_hex(4), lat=community.lat, lng=community.lng)
    start = now() + timedelta(days=days_ahead)
    help_request = log_request(elder, "parcel", actor=SYSTEM, window_start=start, window_end=start + timedelta(hours=2))
    start_wave(help_request)
    return help_request, list(help_request.offers.open().values_list("phone", "code"))


def signed_post(phone: str, text: str, path: str = PATH) -> tuple[str, dict[str, str]]:
    """Return body and headers of the webhook that Twilio would send to ``path`` for this text."""
    from twilio.request_validator import RequestValidator

    fields = {"MessageSid": f"SM{secrets.token_hex(16)}", "From": phone, "To": "+15005550006", "Body": text}
    signature = RequestValidator(TOKEN).compute_signature(os.environ["PUBLIC_BASE_URL"] + path, fields)
    headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature}
    return urlencode(fields), headers


def run(
    posts: list[tuple[str, dict[str, str]]], gun: threading.Barrier, port: int, path: str = PATH
) -> list[tuple[int, float]]:
    """Send these over one connection after the start; return status and seconds of each."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.connect()
    gun.wait()
    answers = []
    for body, headers in posts:
        began = time.perf_counter()
        connection.request("POST", path, body, headers)
        response = connection.getresponse()
        response.read()
        answers.append((response.status, time.perf_counter() - began))
    connection.close()
    return answers


def count(help_request: Any, answers: list[tuple[int, float]], seconds: float) -> Round:
    from linzhu.notifications.models import InboundMessage, Message

    texts = Message.objects.filter(about=help_request.ref)
    times = sorted(took for _status, took in answers)
    return Round(
        winners=help_request.assignments.current().count(),
        kind_replies=texts.filter(template="late_taken").count(),
        confirmations=texts.filter(template="visit_yours").count(),
        refused=sum(status != 200 for status, _took in answers),
        unhandled=InboundMessage.objects.filter(handled_at=None).count(),
        seconds=round(seconds, 2),
        p95_ms=round(times[int(len(times) * 0.95)] * 1000),
    )


def write_table(options: argparse.Namespace, rounds: list[Round]) -> None:
    """Put this run's table between the two marks of its database in benchmarks/README.md."""
    database = database_version()
    name = database.split()[0]
    run = f"{len(rounds)} rounds × {options.racers} yeses over {options.clients} connections"
    lines = [
        f"{database}, {run}, {options.web_processes} web processes; {machine()}",
        "",
        "| round | winners | kind replies | confirmations | refused | unhandled | seconds | p95 of an answer |",
        "|---|---|---|---|---|---|---|---|",
        *(f"| {number} | {' | '.join(map(str, row[:6]))} | {row.p95_ms} ms |" for number, row in enumerate(rounds, 1)),
    ]
    renew_section(f"race {name}", "\n".join(lines))


if __name__ == "__main__":
    main()
