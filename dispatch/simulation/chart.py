"""One chart for each scenario: minutes against texts, the unmatched beside each policy. SVG, by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 760, 480
LEFT, RIGHT, TOP, BOTTOM = 70, 200, 56, 62
COLOURS = {
    "broadcast": "#b3372f",
    "sequential": "#6a51a3",
    "nearest-3": "#8c6d1f",
    "nearest-5": "#c17d11",
    "nearest-8": "#d95f02",
    "linzhu": "#00695c",
    "clairvoyant": "#767676",
}


def chart(scenario: str, mean_rows: Sequence[dict[str, Any]], *, seeds: int, days: int) -> str:
    """Return the SVG of one scenario: x texts per filled help request, y median minutes; lower left is better."""
    x_ticks = ticks(max(row["texts_per_filled"] for row in mean_rows))
    y_ticks = ticks(max(row["median_min"] for row in mean_rows))
    plane = Plane(x_ticks[-1], y_ticks[-1])
    title = f"Scenario {scenario}: mean of {seeds} cities, {days} days"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"',
            f'  aria-label="{escape(title)}" font-family="sans-serif" font-size="13" fill="#222">',
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
            f'<text x="{LEFT}" y="24" font-size="16" font-weight="bold">{escape(title)}</text>',
            f'<text x="{LEFT}" y="43" fill="#555">Beside each policy: help requests unmatched after 2 hours</text>',
            *_axes(plane, x_ticks, y_ticks),
            *_points(plane, mean_rows),
            *_legend(mean_rows),
            "</svg>\n",
        ]
    )


class Plane:
    """From figures to pixels."""

    def __init__(self, x_end: float, y_end: float) -> None:
        self._x_end, self._y_end = x_end, y_end

    def x(self, value: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * value / self._x_end, 1)

    def y(self, value: float) -> float:
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / self._y_end, 1)


def ticks(highest: float) -> list[float]:
    """Return about six round numbers from 0 to past the highest value."""
    raw = max(highest, 1e-9) / 5
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * nice for nice in (1, 2, 5, 10) if power * nice >= raw)
    return [number * step for number in range(math.floor(highest / step) + 2)]


def _axes(plane: Plane, x_ticks: Sequence[float], y_ticks: Sequence[float]) -> list[str]:
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    marks = []
    for value in x_ticks:
        x = plane.x(value)
        marks.append(f'<path d="M{x} {TOP}V{bottom}" stroke="#e4e4e4"/>')
        marks.append(f'<text x="{x}" y="{bottom + 20}" text-anchor="middle">{value:g}</text>')
    for value in y_ticks:
        y = plane.y(value)
        marks.append(f'<path d="M{LEFT} {y}H{right}" stroke="#e4e4e4"/>')
        marks.append(f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{value:g}</text>')
    middle = (TOP + bottom) / 2
    return [
        *marks,
        f'<path d="M{LEFT} {TOP}V{bottom}H{right}" fill="none" stroke="#222"/>',
        f'<text x="{(LEFT + right) / 2}" y="{HEIGHT - 16}" text-anchor="middle">Texts per filled help request</text>',
        f'<text transform="translate(20 {middle}) rotate(-90)" text-anchor="middle">Median minutes until a yes</text>',
    ]


def _points(plane: Plane, mean_rows: Sequence[dict[str, Any]]) -> list[str]:
    marks: list[str] = []
    taken: list[tuple[float, float]] = []
    for row in sorted(mean_rows, key=lambda row: row["median_min"]):
        x, y = plane.x(row["texts_per_filled"]), plane.y(row["median_min"])
        label = y + 4
        while any(abs(label - other_y) < 14 and abs(x - other_x) < 62 for other_x, other_y in taken):
            label -= 3  # upwards until it covers no other label
        taken.append((x, label))
        colour = COLOURS.get(row["policy"], "#222")
        marks.append(f'<circle cx="{x}" cy="{y}" r="{8 if row["policy"] == "linzhu" else 6}" fill="{colour}"/>')
        marks.append(f'<text x="{x + 12}" y="{label:.1f}" fill="{colour}">{row["unmatched"]:.1%}</text>')
    return marks


def _legend(mean_rows: Sequence[dict[str, Any]]) -> list[str]:
    marks, x = [], WIDTH - RIGHT + 40
    for place, row in enumerate(mean_rows):
        y = TOP + 16 + 24 * place
        marks.append(f'<circle cx="{x}" cy="{y - 4}" r="6" fill="{COLOURS.get(row["policy"], "#222")}"/>')
        marks.append(f'<text x="{x + 16}" y="{y}">{escape(row["policy"])}</text>')
    return marks
