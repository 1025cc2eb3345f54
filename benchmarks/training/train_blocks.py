"""Train the models that choose the blocks of the article, one for each effort.

    python -m benchmarks.training.train_blocks SETS_FOLDER [--only-validate]

Reads the labelled sets (docs/quality.md), prints what each model reaches in a
cross-validation grouped by site, keeps the models of that (`--folds`), and writes
pipelines/models/EFFORT.json. A block is the article's if most of its 4-grams of words
stand in the true text; a short one if it is a line of it, in its place.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.labelled import LabelledPage, LabelledSet, load_sets, site_of
from benchmarks.metrics import TextScore, macro, overlap, shingles, text_score, tokens
from benchmarks.tools import as_page
from benchmarks.training.boosting import Examples, Numbers, cross_validate, train
from pipelines.blocks import letters
from pipelines.extract import EXTRACTORS, KEEP_ABOVE, LineFinder, gather_evidence
from pipelines.features import (
    FAMILIES,
    FEATURES,
    MARKS,
    feature_names,
    feature_rows,
)
from pipelines.html import decode, parse
from pipelines.process import prepare
from schemas.config import Effort, PipelineConfig

MODELS = Path(__file__).parents[2] / "pipelines" / "models"

SETS = ("news", "multilingual", "articles")

SET_WEIGHTS = {"news": 4.0, "multilingual": 1.0, "articles": 1.0}
"""A page of news counts for more: there are few, and they are what the model is for."""

NO_LEADS = frozenset({"articles"})
"""Sets whose true text leaves out the standfirst, which for us is the article's."""

WEIGHT_POWER = 0.75
"""A block weighs as its share of the page, but long ones less than in proportion."""

LONG_WORDS = 8
"""Words from which on 4-grams tell whether a block is in the true text."""

MIN_TRUE_WORDS = 30

MOSTLY = 0.5
"""Share of a block from which on it is the article's."""

ROUNDS = 220


@dataclass(frozen=True)
class JudgedPage:
    """A page's open blocks with the numbers of every effort, and what is true."""

    set_name: str
    group: str
    body: str
    title: str
    texts: tuple[str, ...]
    rows: dict[Effort, list[list[float]]]
    is_lead: tuple[bool, ...]
    """Of each block, whether it may be the standfirst."""

    shares: tuple[float, ...]
    """Of each block, how much is the article's: 0 to 1."""


def main(argv: Sequence[str] | None = None) -> int:
    """Train, or only validate; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--efforts", default=",".join(Effort))
    parser.add_argument("--only-validate", action="store_true")
    parser.add_argument(
        "--folds",
        type=Path,
        default=Path("data/folds"),
        help="where the models of the cross-validation go",
    )
    parser.add_argument(
        "--ablate",
        action="store_true",
        help="only say what is reached without each family of features",
    )
    arguments = parser.parse_args(argv)
    sets = load_sets(arguments.folder, SETS)
    efforts = [Effort(name) for name in arguments.efforts.split(",")]
    pages = list(_judged(sets))
    about = {"data": {each.name: each.digest for each in sets}}
    if arguments.ablate:
        _ablate(pages)
        return 0
    for effort in efforts:
        examples = _examples(pages, effort)
        scores = cross_validate(
            examples, ROUNDS, partial(fold_path, arguments.folds, effort)
        )
        print(effort, f"{len(examples.names)} features, {len(examples.answers)} blocks")
        for line in _reached(pages, scores):
            print("   ", line)
        if not arguments.only_validate:
            train(examples, ROUNDS, MODELS / f"{effort}.json", about)
    return 0


def _ablate(pages: Sequence[JudgedPage]) -> None:
    examples = _examples(pages, Effort.STANDARD)
    for name, family in {"none": (), **FAMILIES, "marks": MARKS}.items():
        columns = [
            place
            for place, feature in enumerate(examples.names)
            if feature not in family
        ]
        fewer = replace(
            examples,
            names=tuple(examples.names[place] for place in columns),
            rows=examples.rows[:, columns],
        )
        with TemporaryDirectory() as folder:
            paths = partial(fold_path, Path(folder), Effort.STANDARD)
            scores = cross_validate(fewer, ROUNDS, paths)
        print(f"without {name}:", "; ".join(_reached(pages, scores)), flush=True)


def fold_path(folder: Path, effort: Effort, fold: int) -> Path:
    """Where the model lies that has not seen the sites of a fold."""
    return folder / f"{effort}-{fold}.json"


def _judged(sets: Sequence[LabelledSet]) -> Iterator[JudgedPage]:
    jobs = [(each.name, page) for each in sets for page in each.pages if page.body]
    with ProcessPoolExecutor() as pool:
        for page in pool.map(_judge, *zip(*jobs, strict=True), chunksize=8):
            if page is not None:
                yield page


def _judge(set_name: str, page: LabelledPage) -> JudgedPage | None:
    body = page.read()
    tree = parse(decode(body).text)
    if tree is None:
        return None
    ready = prepare(as_page(page, body), tree, None, PipelineConfig())
    indices = ready.draft.open_indices()
    if not indices:
        return None
    title = ready.metadata.title
    rows = {}
    for effort in Effort:
        evidence = gather_evidence(ready.draft, tree, title, ready.head, effort)
        rows[effort] = feature_rows(ready.draft.blocks, indices, evidence)
    texts = tuple(ready.draft.blocks[index].text for index in indices)
    return JudgedPage(
        set_name,
        site_of(page),
        page.body,
        title or "",
        texts,
        rows,
        tuple(_may_be_lead(row) for row in rows[Effort.FAST]),
        _shares(texts, page.body),
    )


def _may_be_lead(row: Sequence[float]) -> bool:
    return (
        bool(row[FEATURES.index("near lead")])
        or row[FEATURES.index("in_description")] > 0
    )


def _shares(texts: Sequence[str], body: str) -> tuple[float, ...]:
    true = shingles(body)
    lines = LineFinder(body.splitlines())
    return tuple(_share(text, true, lines) for text in texts)


def _share(text: str, true: "Counter[tuple[str, ...]]", lines: LineFinder) -> float:
    # The finder has to see every block: it follows the order of the page.
    is_line = lines.has(letters(text))
    if len(tokens(text)) < LONG_WORDS:
        return float(is_line)
    own = shingles(text)
    return sum(min(count, true[each]) for each, count in own.items()) / own.total()


def _examples(pages: Sequence[JudgedPage], effort: Effort) -> Examples:
    weights = np.concatenate([_weights(page) for page in pages])
    return Examples(
        names=feature_names(EXTRACTORS[effort]),
        rows=np.array(
            [row for page in pages for row in page.rows[effort]], dtype=float
        ),
        answers=np.array(
            [share >= MOSTLY for page in pages for share in page.shares], dtype=float
        ),
        weights=weights,
        groups=[page.group for page in pages for _ in page.texts],
    )


def _weights(page: JudgedPage) -> Numbers:
    words = np.array([max(1, len(tokens(text))) for text in page.texts], dtype=float)
    true = max(MIN_TRUE_WORDS, float(words @ np.array(page.shares)))
    shares = np.minimum(words / true, 1.0) * SET_WEIGHTS[page.set_name]
    if page.set_name in NO_LEADS:
        shares[np.array(page.is_lead)] = 0
    return np.asarray(shares**WEIGHT_POWER)


def _reached(pages: Sequence[JudgedPage], scores: Numbers) -> Iterator[str]:
    """F1 of each set, of the blocks that are kept, before any cleaning."""
    ends = np.cumsum([0, *(len(page.texts) for page in pages)])
    found: dict[str, list[TextScore]] = {}
    for page, (start, end) in zip(pages, pairwise(ends), strict=True):
        kept = [
            t
            for t, score in zip(page.texts, scores[start:end], strict=True)
            if score > KEEP_ABOVE
        ]
        titles = [page.title] if page.set_name == "multilingual" else []
        text = "\n\n".join([*titles, *kept])
        score = text_score(overlap(shingles(page.body), shingles(text)))
        found.setdefault(page.set_name, []).append(score)
    for name, each in found.items():
        reached = macro(each)
        yield (
            f"{name}: F1 {reached.f1:.4f}"
            f" P {reached.precision:.4f} R {reached.recall:.4f}"
        )


if __name__ == "__main__":
    sys.exit(main())
