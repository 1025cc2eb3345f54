"""Floors: figures that later changes must not fall below, for each labelled set.

Lowering one needs a line in CHANGELOG.md that says why.
"""

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.labelled import BenchmarkError
from benchmarks.scoring import SHARES_TO_KEEP_LOW

PATH = Path(__file__).with_name("floors.json")

STEPS = 1000
"""Floors have three digits; the last is rounded to the lenient side."""

TOLERANCE = 1e-9
"""For what binary fractions lose; far below a floor's last digit."""


def pinned(figures: Mapping[str, float]) -> dict[str, float]:
    """Figures as floors, rounded down; the shares to keep low are rounded up."""
    return {
        name: math.ceil(value * STEPS - TOLERANCE) / STEPS
        if name in SHARES_TO_KEEP_LOW
        else math.floor(value * STEPS + TOLERANCE) / STEPS
        for name, value in figures.items()
    }


def write(
    path: Path, versions: Mapping[str, str], sets: Mapping[str, dict[str, Any]]
) -> None:
    """Write the floors of the measured sets; those of other sets stay.

    Args:
        path: The file; it need not exist.
        versions: Of what the figures depend on.
        sets: For each set its `digest` and its `figures`.
    """
    known = read(path)["sets"] if path.exists() else {}
    for name, each in sets.items():
        known[name] = {"digest": each["digest"], "floors": pinned(each["figures"])}
    content = {"versions": dict(versions), "sets": known}
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def read(path: Path) -> dict[str, Any]:
    """The floors of a file: `versions`, and for each of `sets` `digest` and `floors`.

    Raises:
        BenchmarkError: There is no such file.
    """
    if not path.is_file():
        raise BenchmarkError(f"no floors in {path}")
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def broken(
    content: Mapping[str, Any], sets: Mapping[str, dict[str, Any]]
) -> Iterator[str]:
    """A line for each figure that is worse than its floor.

    Raises:
        BenchmarkError: A set has no floors, or its pages are not those of the floors.
    """
    for name, each in sets.items():
        pins = content["sets"].get(name)
        if pins is None:
            raise BenchmarkError(f"no floors for the set {name}")
        if pins["digest"] != each["digest"]:
            raise BenchmarkError(
                f"the set {name} is not the one that its floors were measured on "
                f"(digest {each['digest'][:12]}, pinned {pins['digest'][:12]})"
            )
        yield from _broken(name, pins["floors"], each["figures"])


def _broken(
    name: str, pins: Mapping[str, float], figures: Mapping[str, float]
) -> Iterator[str]:
    for figure, pin in pins.items():
        if figure not in figures:
            yield f"{name} {figure}: not measured, floor {pin:.3f}"
            continue
        value = figures[figure]
        is_low_good = figure in SHARES_TO_KEEP_LOW
        if value > pin + TOLERANCE if is_low_good else value < pin - TOLERANCE:
            side = "above its limit" if is_low_good else "below its floor"
            yield f"{name} {figure}: {value:.4f} is {side} {pin:.3f}"
