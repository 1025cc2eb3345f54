"""Figures of extraction quality, each a function of what is true and what was answered.

The text's figures are those of the Zyte article-extraction benchmark (2019): multisets
of four consecutive tokens, precision and recall as means over the pages, F1 as the
harmonic mean of these two. Snippets are counted as in the evaluation of trafilatura:
a page's text holds them or not.
"""

import random
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date
from statistics import fmean
from typing import NamedTuple, TypeVar

SHINGLE_TOKENS = 4

_SPACELESS = (
    "\u3040-\u30ff"  # hiragana, katakana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # Han
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f"  # Burmese
    "\u1780-\u17ff"  # Khmer
)
"""Scripts without blanks between words: each character counts as a token."""

_TOKEN = re.compile(rf"[{_SPACELESS}]|[^\W{_SPACELESS}]+")
_WORD = re.compile(r"\w+")
_DAY = re.compile(r"\s*(\d{4}-\d{2}-\d{2})")

Row = TypeVar("Row")

Shingles = Counter[tuple[str, ...]]


class Overlap(NamedTuple):
    """Pieces that are right, too many, and missing."""

    right: int
    extra: int
    missing: int


class TextScore(NamedTuple):
    """One page: its share of right pieces among the answered and the true ones."""

    precision: float | None
    """None where nothing was answered."""
    recall: float | None
    """None where nothing is true."""
    f1: float


def tokens(text: str) -> list[str]:
    """Words, and the single characters of scripts without blanks, in order."""
    return _TOKEN.findall(text)


def shingles(text: str) -> Shingles:
    """How often each run of four tokens occurs; a shorter text is one run."""
    found = tokens(text)
    if len(found) < SHINGLE_TOKENS:
        return Counter([tuple(found)] if found else [])
    starts = (found[start:] for start in range(SHINGLE_TOKENS))
    return Counter(zip(*starts, strict=False))


def overlap(true: Shingles, answered: Shingles) -> Overlap:
    """What two multisets share, and what only the second or the first has."""
    right = (true & answered).total()
    return Overlap(right, answered.total() - right, true.total() - right)


def text_score(found: Overlap) -> TextScore:
    """Precision, recall and F1 of one page; F1 is 1 where both sides are empty."""
    right, extra, missing = found
    return TextScore(
        right / (right + extra) if right + extra else None,
        right / (right + missing) if right + missing else None,
        2 * right / (2 * right + extra + missing) if any(found) else 1.0,
    )


def macro(pages: Iterable[TextScore]) -> TextScore:
    """Means of precision and of recall over the pages that have them; 0 if none has.

    Pages without an answer count in recall only: a tool that answers little can be
    precise, but not complete.
    """
    pages = list(pages)
    precision = _mean(page.precision for page in pages)
    recall = _mean(page.recall for page in pages)
    total = precision + recall
    return TextScore(precision, recall, 2 * precision * recall / total if total else 0)


def snippets(text: str, wanted: Collection[str], unwanted: Collection[str]) -> Overlap:
    """Which snippets a text holds, blanks folded."""
    hay = _folded(text)
    right = sum(_folded(each) in hay for each in wanted) if hay else 0
    extra = sum(_folded(each) in hay for each in unwanted) if hay else 0
    return Overlap(right, extra, len(wanted) - right)


def micro_f1(pages: Iterable[Overlap]) -> float:
    """F1 over the pieces of all pages together; 0 if there is none."""
    right, extra, missing = map(sum, zip(*pages, strict=True))
    total = 2 * right + extra + missing
    return 2 * right / total if total else 0.0


def words(text: str | None) -> str:
    """What is compared of titles and names: words, NFKC, case folded."""
    return " ".join(_WORD.findall(unicodedata.normalize("NFKC", text or "").casefold()))


def names_f1(true: Iterable[str], answered: Iterable[str]) -> float:
    """F1 of two sets of names; 1 where both are empty."""
    expected = {words(name) for name in true} - {""}
    given = {words(name) for name in answered} - {""}
    count = len(expected) + len(given)
    return 2 * len(expected & given) / count if count else 1.0


def day(value: str | None) -> date | None:
    """The calendar day that an ISO date begins with; None if it begins otherwise."""
    match = _DAY.match(value or "")
    try:
        return date.fromisoformat(match[1]) if match else None
    except ValueError:
        return None


def interval(
    rows: Sequence[Row],
    figure: Callable[[Sequence[Row]], float],
    resamples: int = 1000,
    seed: int = 1,
) -> tuple[float, float]:
    """The 95 % bootstrap interval of a figure (percentiles over resampled pages).

    Rows that hold two tools' scores of one page make it a paired one. The same
    arguments give the same interval.
    """
    chance = random.Random(seed)  # noqa: S311 - statistics, no secret
    drawn = sorted(figure(chance.choices(rows, k=len(rows))) for _ in range(resamples))
    tail = round(resamples * 0.025)
    return drawn[tail], drawn[-tail - 1]


def _mean(values: Iterable[float | None]) -> float:
    known = [value for value in values if value is not None]
    return fmean(known) if known else 0.0


def _folded(text: str) -> str:
    return " ".join(text.split())
