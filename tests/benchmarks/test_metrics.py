"""The figures of benchmarks/metrics.py, on cases small enough to count by hand."""

from collections.abc import Sequence
from datetime import date

import pytest

from benchmarks import metrics
from benchmarks.metrics import Overlap, TextScore


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("Stop! It's 5.30", ["Stop", "It", "s", "5", "30"]),
        ("Ça va_bien", ["Ça", "va_bien"]),
        ("今日は晴れ", ["今", "日", "は", "晴", "れ"]),
        ("新iPhone発売", ["新", "iPhone", "発", "売"]),
        ("한국 뉴스", ["한국", "뉴스"]),
        ("ข่าว", ["ข", "่", "า", "ว"]),
    ],
)
def test_tokens(text: str, expected: list[str]) -> None:
    """A token is a word, or one character of a script without blanks."""
    assert metrics.tokens(text) == expected


@pytest.mark.parametrize(
    ("true", "answered", "expected"),
    [
        ("a b c d e", "a b c d e", (2, 0, 0)),
        ("a b c d e", "a b c d", (1, 0, 1)),
        ("a b c d", "x a b c d", (1, 1, 0)),
        ("a b c d", "A b c d", (0, 1, 1)),
        # Two of the four runs of the answer are the same, and only one is true.
        ("a a a a", "a a a a a", (1, 1, 0)),
        # Less than four tokens are one run.
        ("a b", "a, b", (1, 0, 0)),
        ("a b", "a b c", (0, 1, 1)),
        ("a b", "", (0, 0, 1)),
        ("", "a b c d e", (0, 2, 0)),
    ],
)
def test_overlap(true: str, answered: str, expected: tuple[int, int, int]) -> None:
    """Runs of four tokens are right, too many or missing, each as often as it is."""
    found = metrics.overlap(metrics.shingles(true), metrics.shingles(answered))
    assert found == expected


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ((1, 0, 1), (1.0, 0.5, 2 / 3)),
        ((3, 1, 0), (0.75, 1.0, 6 / 7)),
        ((0, 2, 0), (0.0, None, 0.0)),
        ((0, 0, 2), (None, 0.0, 0.0)),
        ((0, 0, 0), (None, None, 1.0)),
    ],
)
def test_text_score(
    found: tuple[int, int, int], expected: tuple[float | None, float | None, float]
) -> None:
    """A share of nothing is no number; nothing where nothing is true is right."""
    assert metrics.text_score(Overlap(*found)) == expected


@pytest.mark.parametrize(
    ("pages", "expected"),
    [
        ([(1.0, 0.5), (0.5, 0.7)], (0.75, 0.6, 0.9 / 1.35)),
        # The page without an answer lowers recall and not precision.
        ([(1.0, 1.0), (None, 0.0)], (1.0, 0.5, 2 / 3)),
        ([(None, 0.0)], (0.0, 0.0, 0.0)),
        ([], (0.0, 0.0, 0.0)),
    ],
)
def test_macro(
    pages: Sequence[tuple[float | None, float | None]],
    expected: tuple[float, float, float],
) -> None:
    """F1 is the harmonic mean of the two means, and not a mean of F1."""
    found = metrics.macro(TextScore(*page, f1=0) for page in pages)
    assert found == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The bridge\n\nopens today.", (1, 0, 1)),
        ("The bridge opens today. Ferries stop.", (2, 0, 0)),
        ("Subscribe now", (0, 1, 2)),
        ("", (0, 0, 2)),
    ],
)
def test_snippets(text: str, expected: tuple[int, int, int]) -> None:
    """A snippet counts where it stands in the text, whatever the blanks."""
    wanted = ["bridge opens  today", "Ferries stop"]
    assert metrics.snippets(text, wanted, ["Subscribe", "Share"]) == expected


def test_micro_f1() -> None:
    """Pieces of all pages are counted together."""
    assert metrics.micro_f1([Overlap(3, 1, 0), Overlap(0, 0, 2)]) == 6 / 9
    assert metrics.micro_f1([Overlap(0, 0, 0)]) == 0


@pytest.mark.parametrize(
    ("one", "other", "are_same"),
    [
        ("“Nine” bridges – a story", "nine bridges: A story", True),
        ("ﬁre", "FIRE", True),
        ("Nine bridges", "Nine bridges | The Daily", False),
        ("Nine bridges", None, False),
    ],
)
def test_words(one: str, other: str | None, are_same: bool) -> None:  # noqa: FBT001
    """Titles are the same by their words, without case and punctuation."""
    assert (metrics.words(one) == metrics.words(other)) is are_same


@pytest.mark.parametrize(
    ("true", "answered", "expected"),
    [
        (["Ada Moss"], ["ADA MOSS", "Ada Moss"], 1.0),
        (["Ada Moss", "Ben Roe"], ["Ada Moss"], 2 / 3),
        (["Ada Moss"], ["Ada Moss", "Staff", "Desk"], 0.5),
        (["Ada Moss"], [""], 0.0),
        ([], [], 1.0),
    ],
)
def test_names_f1(true: list[str], answered: list[str], expected: float) -> None:
    """Names are compared as sets."""
    assert metrics.names_f1(true, answered) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2024-05-03", date(2024, 5, 3)),
        (" 2024-05-03T23:59:00-11:00", date(2024, 5, 3)),
        ("2024-05", None),
        ("2024-13-03", None),
        ("3 May 2024", None),
        (None, None),
    ],
)
def test_day(value: str | None, expected: date | None) -> None:
    """The day is the one that is written, in its own time zone."""
    assert metrics.day(value) == expected


def test_interval() -> None:
    """It holds the figure, is the same each time, and has no width without spread."""
    rows = [0.0, 1.0] * 50

    def mean(sample: Sequence[float]) -> float:
        return sum(sample) / len(sample)

    low, high = metrics.interval(rows, mean)
    # The standard error of this mean is 0.05: the interval spans nearly four of it.
    assert low == pytest.approx(0.40, abs=0.02)
    assert high == pytest.approx(0.60, abs=0.02)
    assert metrics.interval(rows, mean) == (low, high)
    assert metrics.interval([0.25] * 9, mean) == (0.25, 0.25)
