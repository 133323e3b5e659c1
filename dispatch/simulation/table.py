"""The means of all seeds, as a table that both a terminal and Markdown show well."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from linzhu.dispatch.simulation.measures import Row

FIGURES = (
    "median_min",
    "p90_min",
    "filled_2h",
    "texts_per_filled",
    "p95_texts_week",
    "gini_texts",
    "gini_visits",
    "opt_outs",
    "filled_worst_tenth",
    "never_asked",
)
COLUMNS = (
    ("policy", "policy", "{}"),
    ("median min", "median_min", "{:.1f}"),
    ("p90 min", "p90_min", "{:.1f}"),
    ("unmatched at 2 h", "unmatched", "{:.1%}"),
    ("texts per filled", "texts_per_filled", "{:.1f}"),
    ("p95 texts a week", "p95_texts_week", "{:.1f}"),
    ("Gini of texts", "gini_texts", "{:.2f}"),
    ("Gini of visits", "gini_visits", "{:.2f}"),
    ("opt-outs", "opt_outs", "{:.0f}"),
    ("filled in worst tenth", "filled_worst_tenth", "{:.0%}"),
    ("never asked", "never_asked", "{:.0%}"),
)


def means(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return one mean row for each scenario and policy, in the order of their first rows, with ``unmatched`` added."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row["scenario"], row["policy"]), []).append(row)
    return [_mean(scenario, policy, group) for (scenario, policy), group in groups.items()]


def _mean(scenario: str, policy: str, group: Sequence[Row]) -> dict[str, Any]:
    mean: dict[str, Any] = {"scenario": scenario, "policy": policy}
    for figure in FIGURES:
        mean[figure] = sum(row[figure] for row in group) / len(group)  # type: ignore[literal-required]
    return mean | {"unmatched": 1 - mean["filled_2h"]}


def markdown(mean_rows: Sequence[dict[str, Any]]) -> str:
    """Return an aligned Markdown table of mean rows (of one scenario)."""
    lines = [[title for title, _, _ in COLUMNS]]
    lines += [[form.format(row[figure]) for _, figure, form in COLUMNS] for row in mean_rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(COLUMNS))]
    rendered = ["| " + " | ".join(_cells(line, widths)) + " |" for line in lines]
    rule = "|" + "|".join("-" * (width + 1) + ("-" if not column else ":") for column, width in enumerate(widths)) + "|"
    return "\n".join([rendered[0], rule, *rendered[1:]])


def _cells(line: Sequence[str], widths: Sequence[int]) -> list[str]:
    first, *others = zip(line, widths, strict=True)
    return [first[0].ljust(first[1]), *(text.rjust(width) for text, width in others)]
