"""What a run comes to: one row of figures."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import TypedDict

from linzhu.dispatch.simulation.city import WEEK
from linzhu.dispatch.simulation.engine import Run
from linzhu.dispatch.simulation.search import DEADLINE_MIN, Search


class Row(TypedDict):
    scenario: str
    policy: str
    seed: int
    median_min: float
    """Over all help requests; one that was not filled counts as 120."""
    p90_min: float
    filled_2h: float
    texts_per_filled: float
    p95_texts_week: float
    """Over all volunteers and weeks."""
    gini_texts: float
    gini_visits: float
    opt_outs: int
    filled_worst_tenth: float
    """Share filled in the tenth of the neighbourhoods that is served worst."""
    never_asked: float


def measure(run: Run, policy: str) -> Row:
    """Return the figures of a run that has been played."""
    minutes = [search.filled_at - search.at if search.filled_at else DEADLINE_MIN for search in run.searches]
    filled = sum(search.filled_at is not None for search in run.searches)
    residents = run.city.residents
    texts = [len(resident.texts) for resident in residents]
    return {
        "scenario": run.scenario.name,
        "policy": policy,
        "seed": run.seed,
        "median_min": round(quantile(minutes, 0.5), 2),
        "p90_min": round(quantile(minutes, 0.9), 2),
        "filled_2h": round(filled / max(len(minutes), 1), 4),
        "texts_per_filled": round(sum(texts) / max(filled, 1), 2),
        "p95_texts_week": quantile(_weekly(run), 0.95),
        "gini_texts": round(gini(texts), 3),
        "gini_visits": round(gini([len(resident.visits) for resident in residents]), 3),
        "opt_outs": sum(resident.left for resident in residents),
        "filled_worst_tenth": round(_worst_tenth(run.searches), 4),
        "never_asked": round(texts.count(0) / len(texts), 4),
    }


def quantile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that ``share`` of all do not exceed; 0 of nothing."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0


def gini(values: Sequence[float]) -> float:
    """Return 0 if all have the same, near 1 if one has it all (Gini's coefficient)."""
    total, count = sum(values), len(values)
    if not total:
        return 0.0
    ranked = sum(rank * value for rank, value in enumerate(sorted(values), 1))
    return 2 * ranked / (count * total) - (count + 1) / count


def _weekly(run: Run) -> list[float]:
    """Texts of every volunteer in every whole week (at least the first)."""
    weeks = max(1, run.days // 7)
    counts: list[float] = []
    for resident in run.city.residents:
        by_week = Counter(int(at // WEEK) for at in resident.texts)
        counts.extend(float(by_week[week]) for week in range(weeks))
    return counts


def _worst_tenth(searches: Sequence[Search]) -> float:
    by_place: dict[int, list[bool]] = defaultdict(list)
    for search in searches:
        by_place[search.elder.neighbourhood].append(search.filled_at is not None)
    places = sorted(by_place.values(), key=lambda filled: sum(filled) / len(filled))
    worst = [one for filled in places[: max(1, len(places) // 10)] for one in filled]
    return sum(worst) / max(len(worst), 1)
