"""Many help requests at once: the best assignment against one by one.

    .venv/bin/python -m benchmarks.assignment            # needs SciPy
    .venv/bin/python -m benchmarks.assignment --write    # ... and renews the table in benchmarks/README.md

A made-up town: places and volunteers lie at random in a square. Every place knows its 20 nearest; the chance of a yes
is the policy's first guess at that distance. *One by one* takes the likeliest pair first.
"""

from __future__ import annotations

import argparse
import math
import statistics
import time
from collections.abc import Callable
from random import Random

from benchmarks.report import machine, renew_section
from linzhu.dispatch.best_assignment import Option, assign_best, assign_one_by_one

SIZES = ((100, 300), (1000, 3000), (10_000, 30_000))
SCARCE = ((1000, 1000), (1000, 700))
LISTED = 20
DENSITY_PER_KM2 = 60.0


def town(places: int, volunteers: int, seed: int) -> list[Option]:
    """Return the options of every place: its 20 nearest volunteers and their chances."""
    chance = Random(seed)
    side_m = 1000 * math.sqrt(volunteers / DENSITY_PER_KM2)
    people = [(chance.random() * side_m, chance.random() * side_m) for _ in range(volunteers)]
    cell_m = 250.0
    cells: dict[tuple[int, int], list[int]] = {}
    for number, (x, y) in enumerate(people):
        cells.setdefault((int(x / cell_m), int(y / cell_m)), []).append(number)
    options = []
    for place in range(places):
        home = chance.random() * side_m, chance.random() * side_m
        for metres, number in nearest(home, people, cells, cell_m):
            options.append(Option(place, number, 1 / (1 + math.exp(metres / 1000))))
    return options


def nearest(
    home: tuple[float, float], people: list[tuple[float, float]], cells: dict[tuple[int, int], list[int]], cell_m: float
) -> list[tuple[float, int]]:
    middle = int(home[0] / cell_m), int(home[1] / cell_m)
    ring = 2
    while True:
        around = range(-ring, ring + 1)
        near = [number for dx in around for dy in around for number in cells.get((middle[0] + dx, middle[1] + dy), ())]
        if len(near) >= 2 * LISTED or ring > 60:
            return sorted((math.dist(home, people[number]), number) for number in near)[:LISTED]
        ring += 2


def timed(assign: Callable[[list[Option]], dict[int, int]], options: list[Option]) -> tuple[float, dict[int, int]]:
    began = time.perf_counter()
    assigned = assign(options)
    return (time.perf_counter() - began) * 1000, assigned


def measure(places: int, volunteers: int, seeds: range) -> str:
    """Return one row of the table: means over some towns, medians of the times."""
    figures: dict[str, list[tuple[float, float, float]]] = {"greedy": [], "best": []}
    for seed in seeds:
        options = town(places, volunteers, seed)
        chances = {(option.place, option.volunteer): option.chance for option in options}
        for name, assign in (("greedy", assign_one_by_one), ("best", assign_best)):
            took, assigned = timed(assign, options)
            yeses = sum(chances[pair] for pair in assigned.items())
            figures[name].append((len(assigned) / places, yeses, took))
    greedy, best = ([list(column) for column in zip(*figures[name], strict=True)] for name in ("greedy", "best"))
    mean, median = statistics.fmean, statistics.median
    return (
        f"| {places:,} / {volunteers:,} | {mean(greedy[0]):.1%} | {mean(best[0]):.1%} | "
        f"{mean(best[1]) / mean(greedy[1]):.3f} | {median(greedy[2]):.1f} | {median(best[2]):.1f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    rows = []
    for places, volunteers in (*SIZES, *SCARCE):
        rows.append(measure(places, volunteers, range(1, 2 if places >= 10_000 else 6)))
        print(rows[-1])
    head = "*Filled* counts places with somebody proposed; *best ÷ one by one* compares the expected yeses."
    text = "\n".join(
        [
            machine(),
            "",
            head,
            "",
            "| places / volunteers | filled, one by one | best | best ÷ one by one | one by one, ms | best, ms |",
            "|---|---:|---:|---:|---:|---:|",
            *rows,
        ]
    )
    if options.write:
        renew_section("assignment", text, "\n## Many help requests at once (`benchmarks/assignment.py`)\n")


if __name__ == "__main__":
    main()
