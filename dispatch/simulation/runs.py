"""Many runs on all cores: one process a run, rows in a fixed order."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from linzhu.dispatch.simulation.askers import POLICIES
from linzhu.dispatch.simulation.engine import Run
from linzhu.dispatch.simulation.measures import Row, measure
from linzhu.dispatch.simulation.scenarios import SCENARIOS


class Job(NamedTuple):
    scenario: str
    seed: int
    policy: str
    days: int


def jobs_of(scenarios: Iterable[str], seeds: Iterable[int], policies: Iterable[str], days: int) -> list[Job]:
    """Return every combination, scenario by scenario and policy by policy."""
    seeds, policies = list(seeds), list(policies)
    return [Job(scenario, seed, policy, days) for scenario in scenarios for policy in policies for seed in seeds]


def play(job: Job) -> Row:
    """Run one job from its beginning to its row of figures. The same job always gives the same row."""
    run = Run(SCENARIOS[job.scenario], job.seed, job.days, POLICIES[job.policy]())
    return measure(run.play(), job.policy)


def play_all(jobs: list[Job], *, processes: int | None = None) -> Iterator[Row]:
    """Yield the rows of all jobs in their order, as they become ready."""
    processes = min(processes or os.cpu_count() or 1, len(jobs))
    if processes <= 1:
        yield from map(play, jobs)
        return
    # spawn: a forked child would share the parent's database connection and its threads' locks
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        yield from pool.imap(play, jobs)
