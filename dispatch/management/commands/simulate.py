"""Try out the order of asking in a made-up city: ``manage.py simulate --scenario base --seeds 1,2,3``."""

from __future__ import annotations

import json
from argparse import ArgumentTypeError
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from tqdm import tqdm

from linzhu.dispatch.simulation.askers import POLICIES
from linzhu.dispatch.simulation.chart import chart
from linzhu.dispatch.simulation.measures import Row
from linzhu.dispatch.simulation.runs import jobs_of, play_all
from linzhu.dispatch.simulation.scenarios import SCENARIOS
from linzhu.dispatch.simulation.table import markdown, means


class Command(BaseCommand):
    help = "Compare ways of asking volunteers in a simulated city. Needs and touches no database."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--scenario", type=names(SCENARIOS), default=["base"], help=f"all, or {listed(SCENARIOS)}")
        parser.add_argument("--seeds", type=numbers, default=[1, 2, 3], help="cities to try, such as 1,2,3")
        parser.add_argument("--days", type=days, default=28)
        parser.add_argument(
            "--policies", type=names(POLICIES), default=list(POLICIES), help=f"all, or {listed(POLICIES)}"
        )
        parser.add_argument("--json", type=Path, metavar="FILE", help="write all rows here")
        parser.add_argument("--out", type=Path, metavar="DIR", help="write the tables and one chart a scenario here")

    def handle(self, **options: Any) -> None:
        jobs = jobs_of(options["scenario"], options["seeds"], options["policies"], options["days"])
        # None: a bar only where somebody is looking
        bar_off = None if options["verbosity"] else True
        rows = list(tqdm(play_all(jobs), total=len(jobs), unit="run", disable=bar_off))
        mean_rows = means(rows)
        tables = {name: markdown([row for row in mean_rows if row["scenario"] == name]) for name in options["scenario"]}
        for name, table in tables.items():
            self.stdout.write(f"\n{name}\n{table}")
        if options["json"]:
            options["json"].parent.mkdir(parents=True, exist_ok=True)
            options["json"].write_text(json.dumps(rows, indent=1) + "\n")
        if options["out"]:
            write_results(options["out"], rows, tables, seeds=len(options["seeds"]), days=options["days"])


def write_results(folder: Path, rows: list[Row], tables: dict[str, str], *, seeds: int, days: int) -> None:
    """Write ``tables.md`` and ``<scenario>.svg`` into a folder, which is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    text = "\n".join(f"## {name}\n\n{table}\n" for name, table in tables.items())
    (folder / "tables.md").write_text(f"# Simulated orders of asking: {seeds} cities, {days} days\n\n{text}")
    for name in tables:
        here = [row for row in means(rows) if row["scenario"] == name]
        (folder / f"{name}.svg").write_text(chart(name, here, seeds=seeds, days=days))


def names(known: Iterable[str]) -> Callable[[str], list[str]]:
    """Return a parser of ``all`` or a list of known names, separated by commas."""
    known = list(known)

    def parse(text: str) -> list[str]:
        chosen = known if text == "all" else list(dict.fromkeys(text.split(",")))
        if unknown := [name for name in chosen if name not in known]:
            raise ArgumentTypeError(f"{', '.join(unknown)}: choose from all, {listed(known)}")
        return chosen

    return parse


def numbers(text: str) -> list[int]:
    """Parse ``1,2,3``; raises ArgumentTypeError on anything else."""
    try:
        return list(dict.fromkeys(int(number) for number in text.split(",")))
    except ValueError:
        raise ArgumentTypeError(f"{text}: give whole numbers such as 1,2,3") from None


def days(text: str) -> int:
    """Parse a number of days, at least one; raises ArgumentTypeError on anything else."""
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text}: give a whole number of days, at least 1")
    return int(text)


def listed(known: Iterable[str]) -> str:
    return ", ".join(known)
