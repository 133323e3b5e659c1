"""Small charts as the coordinates of their bars: drawn by the server, so they need no script and can be printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise

WIDTH, HEIGHT, FOOT = 320, 120, 16
"""Units of the drawing; the page scales it. The foot holds the names of the columns."""
GAP = 0.25
"""The part of a column's width that stays empty."""


@dataclass(frozen=True)
class Part:
    """One block of a column. ``tone`` names its colour."""

    y: float
    height: float
    tone: str


@dataclass(frozen=True)
class Column:
    name: str | Promise
    x: float
    width: float
    parts: list[Part]
    values: list[int]
    is_named: bool
    """Whether its name is written beneath it: of a month's days only some are."""

    @property
    def total(self) -> int:
        return sum(self.values)

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 1)


@dataclass(frozen=True)
class Chart:
    """Columns side by side, each of one or several blocks on top of each other, and the same as a table."""

    key: str
    title: str | Promise
    series: list[tuple[str | Promise, str]]
    """Name and tone of each block, from the bottom up."""
    columns: list[Column]
    highest: int
    name_of_columns: str | Promise

    @property
    def is_empty(self) -> bool:
        return self.highest == 0

    @property
    def totals(self) -> list[tuple[str | Promise, int]]:
        return [
            (name, sum(column.values[at] for column in self.columns)) for at, (name, _tone) in enumerate(self.series)
        ]

    @property
    def floor(self) -> int:
        return HEIGHT - FOOT

    @property
    def box(self) -> str:
        return f"0 0 {WIDTH} {HEIGHT}"


def draw(
    key: str,
    title: str | Promise,
    series: Sequence[tuple[str | Promise, str]],
    rows: Sequence[tuple[str | Promise, Sequence[int]]],
    *,
    name_of_columns: str | Promise,
    every: int = 1,
) -> Chart:
    """Return a chart of these rows (name, one value for each series); every so-many-th column is named."""
    highest = max((sum(values) for _name, values in rows), default=0)
    step = WIDTH / max(1, len(rows))
    columns = [
        Column(
            name=name,
            x=round(at * step + step * GAP / 2, 1),
            width=round(step * (1 - GAP), 1),
            parts=_stack(values, [tone for _name, tone in series], highest),
            values=list(values),
            is_named=at % every == 0,
        )
        for at, (name, values) in enumerate(rows)
    ]
    return Chart(key, title, list(series), columns, highest, name_of_columns)


def _stack(values: Sequence[int], tones: Sequence[str], highest: int) -> list[Part]:
    parts, top = [], float(HEIGHT - FOOT)
    for value, tone in zip(values, tones, strict=True):
        if not value:
            continue
        height = (HEIGHT - FOOT) * value / highest
        top -= height
        parts.append(Part(round(top, 1), round(height, 1), tone))
    return parts
