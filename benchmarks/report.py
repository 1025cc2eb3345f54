"""What was measured, as lines for people and as data."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.labelled import LabelledSet
from benchmarks.scoring import (
    PageScore,
    compared_text,
    figures,
    reasons,
    text_f1_gain,
)
from benchmarks.tools import BASELINE, OURS, Answer

TOLD_OF_LANGUAGE = frozenset({"news", "multilingual"})
"""Sets whose languages are counted together."""

COLUMNS = (
    "f1",
    "precision",
    "recall",
    "snippets",
    "title",
    "authors",
    "date",
    "language",
    "rejected",
    "stored",
)


@dataclass(frozen=True)
class Measured:
    """What the tools answered on one set, page by page in the set's order."""

    labelled: LabelledSet
    fields: Mapping[str, frozenset[str]]
    """What each tool answers besides the text."""

    scores: Mapping[str, list[PageScore]]

    def seconds(self, tool: str) -> float:
        """Processor time of a tool over the set."""
        return sum(score.answer.seconds for score in self.scores[tool])

    def time_ratio(self, tool: str) -> float | None:
        """Its time relative to the baseline's on the same pages."""
        if BASELINE not in self.scores:
            return None
        return self.seconds(tool) / self.seconds(BASELINE)


def table(measured: Sequence[Measured]) -> Iterator[str]:
    """Set, tool, figures, time, and the gain in F1 over the baseline."""
    yield _row("set", "tool", [*COLUMNS, "time"]) + "  f1 - " + BASELINE
    for each in measured:
        name = f"{each.labelled.name} ({len(each.labelled.pages)})"
        for tool, scores in each.scores.items():
            found = figures(scores)
            cells = [_cell(found.get(column)) for column in COLUMNS]
            time = each.time_ratio(tool)
            cells.append("-" if time is None else f"{time:.2f}")
            yield (_row(name, tool, cells) + _gain(each, tool)).rstrip()


def _gain(measured: Measured, tool: str) -> str:
    gain = _gain_data(measured, tool)
    return "" if gain is None else "  {:+.3f} [{:+.3f} {:+.3f}]".format(*gain)


def _gain_data(measured: Measured, tool: str) -> tuple[float, float, float] | None:
    theirs = measured.scores.get(BASELINE)
    if (
        theirs is None
        or not tool.startswith(OURS)
        or not measured.labelled.has_articles
    ):
        return None
    return text_f1_gain(measured.scores[tool], theirs)


def pooled(measured: Sequence[Measured]) -> Iterator[str]:
    """What is asked of several sets together."""
    of_articles = [each for each in measured if each.labelled.has_articles]
    languages = [each for each in measured if each.labelled.name in TOLD_OF_LANGUAGE]
    for tool in measured[0].scores:
        if tool.startswith(OURS):
            yield _rejected(tool, _together(of_articles, tool))
            right = figures(_together(languages, tool)).get("language")
            if right is not None:
                where = " + ".join(each.labelled.name for each in languages)
                yield f"{tool}: language right on {right:.4f} of {where}"
    if BASELINE in measured[0].scores:
        whole = sum(each.seconds(BASELINE) for each in measured)
        ratios = ", ".join(
            f"{tool} {sum(each.seconds(tool) for each in measured) / whole:.2f}"
            for tool in measured[0].scores
        )
        yield f"time over all sets, relative to {BASELINE}: {ratios}"


def _together(measured: Sequence[Measured], tool: str) -> list[PageScore]:
    return [score for each in measured for score in each.scores[tool]]


def _rejected(tool: str, scores: Sequence[PageScore]) -> str:
    why = ", ".join(f"{reason} {count}" for reason, count in reasons(scores).items())
    share = figures(scores).get("rejected", 0)
    return f"{tool}: {share:.2%} of {len(scores)} article pages rejected: {why or '-'}"


def groups(measured: Measured, key: str | None) -> Iterator[str]:
    """The figures of the pages that share a value in their truth, largest first."""
    if key is None:
        return
    by_group: dict[str, list[int]] = {}
    for number, page in enumerate(measured.labelled.pages):
        by_group.setdefault(page.group(key), []).append(number)
    for group, numbers in sorted(by_group.items(), key=lambda each: -len(each[1])):
        for tool, scores in measured.scores.items():
            found = figures([scores[number] for number in numbers])
            cells = [_cell(found.get(column)) for column in COLUMNS]
            yield _row(f"  {group} ({len(numbers)})", tool, cells)


def worst(measured: Measured, count: int) -> Iterator[str]:
    """Our worst pages: of an article set by F1, of another those that were stored."""
    tool, scores = next(iter(measured.scores.items()))
    ranked: list[tuple[float, str]] = []
    for page, score in zip(measured.labelled.pages, scores, strict=True):
        if score.text is None and score.answer.error is not None:
            continue
        cells = [_cell(value) for value in score.text or ()]
        told = score.answer.error or page.group("page_type").strip("?")
        line = "  ".join((f"  {page.id:<40}", page.language or "?", *cells, told))
        ranked.append((score.text.f1 if score.text else 0, line.rstrip()))
    if count:
        yield f"worst of {measured.labelled.name}, {tool}: id, language, P, R, F1"
    yield from (line for _, line in sorted(ranked)[:count])


def _row(name: str, tool: str, cells: Sequence[str]) -> str:
    return f"{name:<20} {tool:<22}" + "".join(f"{cell:>10}" for cell in cells)


def _cell(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def as_data(measured: Sequence[Measured]) -> dict[str, Any]:
    """For each set what it is, and for each tool all that the table shows."""
    return {
        each.labelled.name: {
            "pages": len(each.labelled.pages),
            "digest": each.labelled.digest,
            "tools": {
                tool: {
                    "figures": figures(scores),
                    "f1_gain": _gain_data(each, tool),
                    "reasons": reasons(scores),
                    "time_ratio": each.time_ratio(tool),
                    "seconds": each.seconds(tool),
                }
                for tool, scores in each.scores.items()
            },
        }
        for each in measured
    }


def write_predictions(measured: Measured, folder: Path) -> None:
    """Write each tool's answers as `SET.TOOL.jsonl`, in the format of predictions."""
    folder.mkdir(parents=True, exist_ok=True)
    for tool, scores in measured.scores.items():
        name = f"{measured.labelled.name}.{tool.replace(' ', '-')}.jsonl"
        with (folder / name).open("w", encoding="utf-8") as lines:
            for page, score in zip(measured.labelled.pages, scores, strict=True):
                line = {"id": page.id, **_prediction(measured, tool, score.answer)}
                lines.write(json.dumps(line) + "\n")


def _prediction(measured: Measured, tool: str, answer: Answer) -> dict[str, Any]:
    fields = measured.fields[tool]
    text = compared_text(answer, fields, measured.labelled.name)
    named = {name: getattr(answer, name) for name in sorted(fields - {"lead"})}
    return {"text": text, **named, "error": answer.error}
