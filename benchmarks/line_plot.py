"""A small line plot as SVG: a few curves over the same places on the x axis."""

import math
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import NamedTuple

WIDTH, HEIGHT = 760, 470
LEFT, RIGHT, TOP, BOTTOM = 70, 24, 56, 140
STEP = 0.01
"""Of the values, between grid lines."""

COLOURS = ("#1f5fa8", "#b8500b", "#2b7a3d", "#7a3d8f")


class Curve(NamedTuple):
    """Values by place on the x axis."""

    name: str
    values: Mapping[int, float]
    colour: int
    """Number of its colour."""

    is_dashed: bool


def line_plot(title: str, x_title: str, curves: Sequence[Curve]) -> str:
    """An SVG document with a grid line every `STEP`.

    Args:
        title: What the y axis shows.
        x_title: What the x axis shows; its places are set at equal distances.
        curves: At least one, with at least one value.
    """
    places = sorted({place for curve in curves for place in curve.values})
    values = [value for curve in curves for value in curve.values.values()]
    low = math.floor(min(values) / STEP - 1) * STEP
    high = math.ceil(max(values) / STEP + 1) * STEP
    gap = (WIDTH - LEFT - RIGHT) / len(places)
    x = {place: LEFT + gap * (at + 0.5) for at, place in enumerate(places)}

    def y(value: float) -> float:
        return TOP + (high - value) / (high - low) * (HEIGHT - TOP - BOTTOM)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"',
        '  font-family="sans-serif" font-size="14" fill="#222">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        _text(LEFT, 28, title, "start", 'font-weight="bold" font-size="16"'),
    ]
    for number in range(round((high - low) / STEP) + 1):
        value = low + number * STEP
        parts.append(
            f'<path d="M{LEFT} {y(value):.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>'
        )
        parts.append(_text(LEFT - 8, y(value) + 5, f"{value:.2f}", "end"))
    parts += [_text(x[each], HEIGHT - BOTTOM + 22, str(each)) for each in places]
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(_text(middle, HEIGHT - BOTTOM + 42, x_title))
    for number, curve in enumerate(curves):
        points = [(x[place], y(value)) for place, value in sorted(curve.values.items())]
        parts += _curve(curve, points)
        parts += _legend(curve, number)
    return "\n".join((*parts, "</svg>", ""))


def _curve(curve: Curve, points: Sequence[tuple[float, float]]) -> Iterator[str]:
    where = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    yield f'<polyline points="{where}" fill="none" {_stroke(curve)}/>'
    for x, y in points:
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{_colour(curve)}"/>'


def _legend(curve: Curve, number: int) -> Iterator[str]:
    """Two columns below the axis."""
    x = LEFT + number % 2 * (WIDTH - LEFT - RIGHT) / 2
    y = HEIGHT - 72 + number // 2 * 22
    yield f'<path d="M{x:.1f} {y}h34" {_stroke(curve)}/>'
    yield _text(x + 42, y + 5, curve.name, "start")


def _text(x: float, y: float, text: str, anchor: str = "middle", more: str = "") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {more}>'
        f"{escape(text)}</text>"
    )


def _stroke(curve: Curve) -> str:
    dashes = ' stroke-dasharray="6 5"' if curve.is_dashed else ""
    return f'stroke="{_colour(curve)}" stroke-width="2.5"{dashes}'


def _colour(curve: Curve) -> str:
    return COLOURS[curve.colour % len(COLOURS)]
