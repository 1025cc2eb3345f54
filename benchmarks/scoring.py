"""Answers against what is true: figures of a page, and of many."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from benchmarks import metrics
from benchmarks.labelled import LabelledPage
from benchmarks.metrics import Overlap, TextScore
from benchmarks.tools import Answer

HEADLINE_IN_BODY = frozenset({"multilingual"})
"""Sets whose true bodies begin with the headline."""

SHARES_TO_KEEP_LOW = frozenset({"rejected", "stored"})
"""Figures that are better the lower they are."""


@dataclass(frozen=True, slots=True)
class PageScore:
    """One tool's answer on one page; None where nothing true is known to compare."""

    answer: Answer
    text: TextScore | None
    snippets: Overlap | None
    title: bool | None
    authors: float | None
    date: bool | None
    language: bool | None


class Judge:
    """What is true of one page, made ready to be compared with several answers."""

    def __init__(self, page: LabelledPage, set_name: str) -> None:
        self._page = page
        self._set_name = set_name
        self._shingles = metrics.shingles(page.body)

    def score(self, answer: Answer, fields: frozenset[str]) -> PageScore:
        """The figures of an answer; only fields that the tool has at all count.

        The language counts only where the tool named one, so that a rejected page,
        which counts as an empty text, does not count as a wrong language too.
        """
        page = self._page
        text = compared_text(answer, fields, self._set_name)
        found = metrics.overlap(self._shingles, metrics.shingles(text))
        day = metrics.day(page.date)
        named = answer.language
        title = authors = date = language = None
        if page.title and "title" in fields:
            title = metrics.words(page.title) == metrics.words(answer.title)
        if page.authors and "authors" in fields:
            authors = metrics.names_f1(page.authors, answer.authors)
        if day and "date" in fields:
            date = metrics.day(answer.date) == day
        if page.language and named:
            language = named.lower().split("-")[0] == page.language
        return PageScore(
            answer=answer,
            text=metrics.text_score(found) if page.is_article else None,
            snippets=metrics.snippets(text, *page.snippets) if page.snippets else None,
            title=title,
            authors=authors,
            date=date,
            language=language,
        )


def compared_text(answer: Answer, fields: frozenset[str], set_name: str) -> str:
    """What is compared with the true body: lead and text.

    Where that body begins with the headline, so does this, but not if the tool leaves
    the headline in its text.
    """
    with_title = set_name in HEADLINE_IN_BODY and "lead" in fields
    parts = (answer.title if with_title else None, answer.lead, answer.text)
    return "\n\n".join(part for part in parts if part)


def figures(scores: Sequence[PageScore]) -> dict[str, float]:
    """The figures of some pages by name, in the order they are shown.

    `f1`, `precision`, `recall` are of the text, `snippets` is an F1, `title` and
    `date` are shares of exact ones, `authors` a mean F1, `language` a share.
    `rejected` is the share of article pages without an answer, `stored` the share of
    other pages with one. A figure that no page has is left out.
    """
    texts = [score.text for score in scores if score.text is not None]
    named: dict[str, float | None] = {}
    if texts:
        whole = metrics.macro(texts)
        named |= {"f1": whole.f1, "precision": whole.precision or 0.0}
        named |= {"recall": whole.recall or 0.0}
    kept = [score.snippets for score in scores if score.snippets is not None]
    named["snippets"] = metrics.micro_f1(kept) if kept else None
    for name in ("title", "authors", "date", "language"):
        named[name] = _mean(getattr(score, name) for score in scores)
    named["rejected" if texts else "stored"] = _mean(
        (score.answer.error is not None) is bool(texts) for score in scores
    )
    return {name: value for name, value in named.items() if value is not None}


def text_f1_gain(
    ours: Sequence[PageScore], theirs: Sequence[PageScore]
) -> tuple[float, float, float]:
    """How much higher our text F1 is on the same pages: gain, and its 95 % interval."""
    rows = [
        (mine.text, other.text)
        for mine, other in zip(ours, theirs, strict=True)
        if mine.text is not None and other.text is not None
    ]

    def gain(sample: Sequence[tuple[TextScore, TextScore]]) -> float:
        mine, other = zip(*sample, strict=True)
        return metrics.macro(mine).f1 - metrics.macro(other).f1

    return (gain(rows), *metrics.interval(rows, gain))


def reasons(scores: Iterable[PageScore]) -> Mapping[str, int]:
    """How many pages have no answer, by reason, most frequent first."""
    counts: dict[str, int] = {}
    for score in scores:
        if score.answer.error is not None:
            counts[score.answer.error] = counts.get(score.answer.error, 0) + 1
    return dict(sorted(counts.items(), key=lambda each: (-each[1], each[0])))


def _mean(values: Iterable[float | None]) -> float | None:
    known = [float(value) for value in values if value is not None]
    return fmean(known) if known else None
