"""All scenarios under all policies, against the goals of the order of asking; and what one decision costs.

    .venv/bin/python benchmarks/order.py                      # 10 cities of 28 days for every scenario: long
    .venv/bin/python benchmarks/order.py --days 14            # shorter, said so in the table

The section of benchmarks/README.md is renewed. Seeds 101-110 were used for tuning; here they are refused.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import statistics
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

from report import renew_section
from tqdm import tqdm

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from linzhu.dispatch.policy import Experience, Neighbour, Record, Situation, Tally, plan  # noqa: E402
from linzhu.dispatch.simulation.askers import POLICIES, SIMPLE, WEEKLY_CAP  # noqa: E402
from linzhu.dispatch.simulation.measures import Row  # noqa: E402
from linzhu.dispatch.simulation.runs import Job, jobs_of, play_all  # noqa: E402
from linzhu.dispatch.simulation.scenarios import SCENARIOS  # noqa: E402
from linzhu.dispatch.simulation.table import markdown, means  # noqa: E402

Means = dict[tuple[str, str], dict[str, Any]]


class Verdict(NamedTuple):
    goal: str
    what: str
    measured: str
    passed: bool


def main() -> None:
    options = arguments()
    rows = play_missing(jobs_of(SCENARIOS, options.seeds, POLICIES, options.days), known_rows(options))
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")
    by_key = {(mean["scenario"], mean["policy"]): mean for mean in means(rows)}
    verdicts = [*beside_the_best_simple(by_key), *beside_nearest_3(by_key), *beside_broadcast(by_key), speed()]
    section = report(by_key, verdicts, options)
    print(section)
    if not options.dry_run:
        renew_section("order of asking", section, HEADING)


def known_rows(options: argparse.Namespace) -> dict[Job, Row]:
    """Rows of an earlier run of as many days, but Linzhu's own: the others stay the same while the policy is tuned."""
    if not options.reuse:
        return {}
    rows = [row for row in json.loads(options.reuse.read_text()) if row["policy"] != "linzhu"]
    return {Job(row["scenario"], row["seed"], row["policy"], options.days): row for row in rows}


def play_missing(jobs: list[Job], known: dict[Job, Row]) -> list[Row]:
    """Return the rows of all jobs in their order; the longest are played first, so that no core is idle at the end."""
    missing = [job for job in jobs if job not in known]
    missing.sort(key=lambda job: (job.scenario != "dense", job.policy != "linzhu"))
    played = tqdm(play_all(missing), total=len(missing), unit="run")
    known |= dict(zip(missing, played, strict=True))
    return [known[job] for job in jobs]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=seeds, default=list(range(1, 11)), help="such as 1,2,3; default: 1 to 10")
    parser.add_argument("--days", type=int, default=28)
    parser.add_argument("--json", type=Path, help="write all rows here")
    parser.add_argument("--reuse", type=Path, help="a file that --json has written with as many days")
    parser.add_argument("--dry-run", action="store_true", help="leave benchmarks/README.md alone")
    return parser.parse_args()


def seeds(text: str) -> list[int]:
    numbers = [int(number) for number in text.split(",")]
    if any(101 <= number <= 110 for number in numbers):
        raise argparse.ArgumentTypeError("seeds 101-110 were used for tuning")
    return numbers


def best_simple(by_key: Means, scenario: str) -> dict[str, Any]:
    """Return the best simple policy of a scenario in hindsight: the quickest of those with about the fewest unmatched.

    A help request that nobody takes is worse than any wait, so the unmatched come first. P9 itself takes a point of
    them for a tie, and among equals an office would take the quickest. The other reading is ``fewest_unmatched``.
    """
    simple = [by_key[scenario, policy] for policy in SIMPLE]
    enough = fewest_unmatched(by_key, scenario)["unmatched"] + 0.01
    return min((mean for mean in simple if mean["unmatched"] <= enough), key=lambda mean: mean["median_min"])


def fewest_unmatched(by_key: Means, scenario: str) -> dict[str, Any]:
    """Return the simple policy that leaves the fewest unmatched, however slow it is."""
    return min((by_key[scenario, policy] for policy in SIMPLE), key=lambda mean: mean["unmatched"])


def beside_the_best_simple(by_key: Means) -> list[Verdict]:
    """P9 in every scenario; in both readings where they choose different policies."""
    verdicts = []
    for scenario in SCENARIOS:
        best, fewest = best_simple(by_key, scenario), fewest_unmatched(by_key, scenario)
        verdicts.append(beside(by_key[scenario, "linzhu"], best, f"P9 {scenario}"))
        if fewest is not best:
            verdicts.append(beside(by_key[scenario, "linzhu"], fewest, f"P9b {scenario}"))
    return verdicts


def beside(ours: dict[str, Any], best: dict[str, Any], goal: str) -> Verdict:
    points = 100 * (ours["unmatched"] - best["unmatched"])
    slower = ours["median_min"] / best["median_min"]
    texts = ours["texts_per_filled"] / best["texts_per_filled"]
    return Verdict(
        goal,
        f"unmatched ≤ +1 point, median ≤ 1.05×, texts ≤ 1× of {best['policy']}",
        f"{points:+.1f} points, {slower:.2f}×, {texts:.2f}×",
        points <= 1 and slower <= 1.05 and texts <= 1,
    )


def beside_nearest_3(by_key: Means) -> list[Verdict]:
    def ratio(figure: str) -> float:
        ours, theirs = (sum(by_key[name, policy][figure] for name in SCENARIOS) for policy in ("linzhu", "nearest-3"))
        return float(ours / theirs)

    p95 = {policy: statistics.mean(by_key[name, policy]["p95_texts_week"] for name in SCENARIOS) for policy in POLICIES}
    return [
        verdict("P10", "texts per filled ≤ 0.75× of nearest-3, all scenarios", ratio("texts_per_filled"), 0.75),
        verdict("P10", "unmatched ≤ 0.85×", ratio("unmatched"), 0.85),
        verdict("P10", "Gini of texts ≤ 0.75×", ratio("gini_texts"), 0.75),
        Verdict(
            "P10",
            "p95 texts a week ≤ 6 (mean of the scenarios)",
            f"{p95['linzhu']:.1f} (nearest-3 {p95['nearest-3']:.1f})",
            p95["linzhu"] <= 6,
        ),
    ]


def beside_broadcast(by_key: Means) -> list[Verdict]:
    ours, theirs = by_key["base", "linzhu"], by_key["base", "broadcast"]
    return [
        verdict("P11", "base: texts ≤ 0.30× of broadcast", ours["texts_per_filled"] / theirs["texts_per_filled"], 0.30),
        verdict("P11", "base: unmatched ≤ 0.40×", ours["unmatched"] / theirs["unmatched"], 0.40),
    ]


def verdict(goal: str, what: str, ratio: float, most: float) -> Verdict:
    return Verdict(goal, what, f"{ratio:.2f}×", ratio <= most)


def speed() -> Verdict:
    """Processor milliseconds of one decision among 1,000 candidates: median of 101, everybody with a record."""
    rng = random.Random(1)
    people = [
        Neighbour(
            key,
            rng.uniform(0, 4000),
            texts_by_day=[rng.randrange(2) for _ in range(7)],
            visits_lately=rng.randrange(4),
            record=Record(Tally(rng.uniform(0, 9), rng.uniform(0, 9), 1.0)),
        )
        for key in range(1000)
    ]
    situation, experience = Situation(minutes_left=110, day=30, texts_per_head=2), Experience()
    times = []
    for _ in range(101):
        begin = time.process_time()
        plan(situation, people, [], experience)
        times.append(1000 * (time.process_time() - begin))
    median = statistics.median(times)
    return Verdict("P12", "a wave for 1,000 candidates ≤ 5 ms", f"{median:.1f} ms", median <= 5)


def report(by_key: Means, verdicts: list[Verdict], options: argparse.Namespace) -> str:
    machine = f"Python {platform.python_version()}, {os.cpu_count()} cores {platform.machine()}, {platform.system()}"
    listed = ", ".join(map(str, options.seeds))
    lines = [
        f"Cities with seeds {listed}, {options.days} days each; Linzhu's weekly cap {WEEKLY_CAP}; {machine}",
        "",
        "| goal | what | measured | |",
        "|---|---|---|---|",
        *(f"| {one.goal} | {one.what} | {one.measured} | {'PASS' if one.passed else 'FAIL'} |" for one in verdicts),
    ]
    for scenario in SCENARIOS:
        lines += ["", f"### {scenario}", "", markdown([by_key[scenario, policy] for policy in POLICIES])]
    return "\n".join(lines)


HEADING = """
## The order of asking: a simulated city

[`order.py`](order.py): the product's own policy module against simple ones and a bound that reads minds, in nine
made-up cities ([`dispatch/simulation`](../dispatch/simulation)). A help request that nobody takes within 2 hours
counts as unmatched, and as 120 minutes. P9 compares with the best simple policy of each scenario, chosen in hindsight:
the quickest of those within one point of the fewest unmatched. Where that is not the policy with the fewest unmatched,
P9b compares with the latter as well. The world is invented: read the ratios, not the minutes.
"""


if __name__ == "__main__":
    main()
