"""Replies a second (P2): the product's webhook beside the least that one must do, in one web server on one database.

    .venv/bin/python benchmarks/inbound.py                                              # SQLite, a new file
    .venv/bin/python benchmarks/inbound.py --database-url postgres://127.0.0.1/inbound  # an empty database

Up to five volunteers say yes to each help request: the first gets the place, the others are told that it is taken. The
bare webhook checks the signature, stores the text and updates one row. Both are measured in turns. The table in
benchmarks/README.md is renewed.
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import tempfile
from pathlib import Path
from typing import Any

import race
from report import database_version, machine, rates_beside_bare, renew_section

BARE = "/bare/inbound/"  # bare_webhook.py
GOAL = 0.6


def main() -> None:
    options = arguments()
    with tempfile.TemporaryDirectory() as folder:
        race.prepare_environment(options, Path(folder))
        os.environ |= {"DJANGO_SETTINGS_MODULE": "bare_settings", "PYTHONPATH": str(Path(__file__).parent)}
        race.manage("migrate", "--verbosity", "0", "--skip-checks")
        (Path(folder) / "static").mkdir()
        race.django_setup()
        with race.web_server(options):
            measure(options, 0)  # the first of everything is slower
            rounds = [measure(options, number) for number in range(1, options.rounds + 1)]
        write_table(options, rounds, count_answers())


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--racers", type=int, default=5, help="volunteers who answer one help request")
    parser.add_argument("--help-requests", type=int, default=40, help="answered in one round")
    parser.add_argument("--clients", type=int, default=16, help="connections that are open at the same time")
    parser.add_argument("--web-processes", type=int, default=2)
    parser.add_argument("--port", type=int, default=8189)
    parser.add_argument("--database-url", default="", help="an empty database; default: a new SQLite file")
    return parser.parse_args()


def measure(options: argparse.Namespace, number: int) -> tuple[float, float]:
    """Return how many replies a second the bare webhook and the product's have taken."""
    return (
        replies_a_second(options, 2 * number, BARE),
        replies_a_second(options, 2 * number + 1, race.PATH),
    )


def replies_a_second(options: argparse.Namespace, turn: int, path: str) -> float:
    asked = [ask(turn * options.help_requests + number, options.racers) for number in range(options.help_requests)]
    open_offers = [offer for request in asked for offer in request.offers.open()]
    posts = [race.signed_post(offer.phone, f"接{offer.code}", path) for offer in open_offers]
    secrets.SystemRandom().shuffle(posts)
    answers, seconds = race.post_at_once(posts, options, path)
    if {status for status, _took in answers} != {200}:
        sys.exit("The web server has refused replies.")
    if path == race.PATH and any(request.assignments.current().count() != 1 for request in asked):
        sys.exit("Not every help request has one winner.")
    return len(posts) / seconds


def ask(number: int, racers: int) -> Any:
    """Log a help request far from all others, where its own few volunteers live, and ask them all, wave after wave."""
    from linzhu.communities.rules import rules_of
    from linzhu.dispatch.matching import find_pool
    from linzhu.dispatch.waves import end_wave

    north, east = number % 100, number // 100
    community = race.create_people(racers, number * racers, 20 + 0.2 * north, 100 + 0.3 * east)
    help_request, _offers = race.ask_everybody(community, 1)
    while find_pool(help_request, rules_of(community), enough=50).candidates:
        end_wave(help_request.waves.get(ended_at=None))
    return help_request


def count_answers() -> str:
    """Return what the product has answered in all: a yes that wins costs several times as much as one that is late."""
    from linzhu.notifications.models import Message

    won, late = (Message.objects.filter(template=name).count() for name in ("visit_yours", "late_taken"))
    return f"{won} yeses won, {late} were late"


def write_table(options: argparse.Namespace, rounds: list[tuple[float, float]], answers: str) -> None:
    database = database_version()
    how = f"{options.rounds} rounds over {options.clients} connections, {answers}"
    lines = [
        f"{database}, {how}, {options.web_processes} web processes; {machine()}",
        "",
        *rates_beside_bare("replies", rounds, "P2", GOAL),
    ]
    print("\n".join(lines))
    renew_section(f"inbound {database.split()[0]}", "\n".join(lines))


if __name__ == "__main__":
    main()
