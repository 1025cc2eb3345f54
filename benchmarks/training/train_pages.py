"""Train the model that tells pages that are no articles.

    python -m benchmarks.training.train_pages SETS_FOLDER [--only-validate]
        [--without SET]

Reads the labelled sets (docs/quality.md) with the pipeline as it stands, the block
model of the standard effort included, prints what a cross-validation grouped by site
reaches at several limits, and writes pipelines/models/page.json. With --without it only
says how many pages of a set are rejected by a model that has seen nothing of that set.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import lightgbm
import numpy as np

from benchmarks.held_out import held_out
from benchmarks.labelled import LabelledPage, LabelledSet, load_sets, site_of
from benchmarks.tools import as_page
from benchmarks.training.boosting import (
    PARAMETERS,
    Examples,
    Numbers,
    cross_validate,
    train,
)
from pipelines.blocks import Role
from pipelines.html import decode, parse
from pipelines.metadata import read_head
from pipelines.model import probability
from pipelines.page_features import (
    ADDRESS_NUMBERS,
    DECLARED_NUMBERS,
    UNKNOWN,
    PageView,
    page_numbers,
)
from pipelines.process import examine_page
from schemas.config import PipelineConfig, ValidateConfig
from schemas.rejection import Rejection

MODEL = Path(__file__).parents[2] / "pipelines" / "models" / "page.json"

SET_WEIGHTS = {"news": 6.0, "multilingual": 1.0, "articles": 1.0}
"""A page of news counts for more: there are few, and none of them may be lost."""

OTHER_WEIGHT = 2.0

WITHOUT_ADDRESS = 0.5
"""Weight of each page once more, with its address unknown: else the model learns that
archives, which know no addresses, hold nothing but articles."""

WITHOUT_METADATA = 0.3
"""The same with address and metadata unknown: pages of before 2012 declare nothing."""

ROUNDS = 300

PAGE_PARAMETERS = {
    **PARAMETERS,
    "learning_rate": 0.05,
    "num_leaves": 8,
    "min_data_in_leaf": 15,
    "feature_fraction": 0.5,
}
"""Smaller trees than for blocks, of which there are two hundred times as many."""

LIMITS = (0.5, 0.6, 0.65, 0.7, 0.75, 0.8, 0.9, 1.0)
"""At 1 the rules alone decide."""


@dataclass(frozen=True)
class MeasuredPage:
    """A page as the model sees it, and what is true of it."""

    set_name: str
    kind: str
    """The set, or the type of a page that is no article."""

    group: str
    is_article: bool
    numbers: Mapping[str, float]
    is_rejected: bool
    """By a rule, whatever the model says."""

    is_judged: bool
    """There is text to judge."""


def main(argv: Sequence[str] | None = None) -> int:
    """Train, or only validate; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--folds",
        type=Path,
        required=True,
        help="models of train_blocks' cross-validation; ours are put beside them",
    )
    parser.add_argument("--only-validate", action="store_true")
    parser.add_argument("--without", help="a set that the model may not see")
    arguments = parser.parse_args(argv)
    sets = load_sets(arguments.folder)
    pages = list(_measured(sets, arguments.folds))
    if arguments.without:
        print("\n".join(_left_out(pages, arguments.without)))
        return 0
    examples = _examples(pages)
    scores = cross_validate(
        examples,
        ROUNDS,
        lambda fold: arguments.folds / f"page-{fold}.json",
        PAGE_PARAMETERS,
    )
    print(f"{len(examples.names)} features, {len(pages)} pages")
    print("\n".join(_reached(pages, scores[: len(pages)])))
    if not arguments.only_validate:
        about = {"data": {each.name: each.digest for each in sets}}
        train(examples, ROUNDS, MODEL, about, PAGE_PARAMETERS)
    return 0


def _measured(sets: Sequence[LabelledSet], folds: Path) -> Iterator[MeasuredPage]:
    jobs = [
        (each.name, page, folds)
        for each in sets
        for page in each.pages
        if page.body or not page.is_article
    ]
    with ProcessPoolExecutor() as pool:
        for page in pool.map(_measure, *zip(*jobs, strict=True), chunksize=8):
            if page is not None:
                yield page


def _measure(set_name: str, page: LabelledPage, folds: Path) -> MeasuredPage | None:
    body = page.read()
    tree = parse(decode(body).text)
    unjudged = PipelineConfig(validation=ValidateConfig(max_not_article=1.0))
    # Else the model learns how well a text is found that the block model has seen.
    with held_out(folds, page):
        seen = examine_page(as_page(page, body), None, None, unjudged)
    if tree is None or seen.metadata is None:
        return None
    judgement = seen.extraction.judgement if seen.extraction else None
    scores = judgement.scores if judgement is not None else {}
    head = read_head(tree, page.url)
    view = PageView(seen.draft, head, seen.metadata, tree, page.url, scores)
    return MeasuredPage(
        set_name=set_name,
        kind=page.truth.get("page_type") or set_name,
        group=site_of(page),
        is_article=page.is_article,
        numbers=page_numbers(view),
        is_rejected=isinstance(seen.outcome, Rejection),
        is_judged=Role.TEXT in seen.draft.roles.values(),
    )


def _examples(pages: Sequence[MeasuredPage]) -> Examples:
    """Each page three times: as it is, without address, without metadata as well."""
    names = tuple(pages[0].numbers)
    rows = np.array([[page.numbers[name] for name in names] for page in pages])
    weights = np.array([_weight(page) for page in pages])
    unplaced = rows.copy()
    unplaced[:, [names.index(name) for name in ADDRESS_NUMBERS]] = UNKNOWN
    undeclared = unplaced.copy()
    undeclared[:, [names.index(name) for name in DECLARED_NUMBERS]] = 0.0
    return Examples(
        names=names,
        rows=np.concatenate([rows, unplaced, undeclared]),
        answers=np.array([float(not page.is_article) for page in pages] * 3),
        weights=np.concatenate(
            [weights, weights * WITHOUT_ADDRESS, weights * WITHOUT_METADATA]
        ),
        groups=[page.group for page in pages] * 3,
    )


def _weight(page: MeasuredPage) -> float:
    if not page.is_judged:
        return 0.0
    return SET_WEIGHTS.get(page.set_name, OTHER_WEIGHT)


def _reached(pages: Sequence[MeasuredPage], scores: Numbers) -> Iterator[str]:
    """For each limit, the share of each kind of page that is rejected by all rules."""
    kinds = {
        "articles, all": [page.is_article for page in pages],
        "others, all": [not page.is_article for page in pages],
        **{kind: [each.kind == kind for each in pages] for kind in _kinds(pages)},
    }
    yield f"{'rejected at limit':20}" + "".join(f"{limit:8.2f}" for limit in LIMITS)
    for name, chosen in kinds.items():
        if not any(chosen):
            continue
        shares = (_rejected(pages, scores, chosen, limit) for limit in LIMITS)
        yield f"{name:20}" + "".join(f"{share:8.4f}" for share in shares)


def _kinds(pages: Sequence[MeasuredPage]) -> list[str]:
    return list(dict.fromkeys(page.kind for page in pages))


def _rejected(
    pages: Sequence[MeasuredPage], scores: Numbers, chosen: Sequence[bool], limit: float
) -> float:
    verdicts = [
        page.is_rejected or (page.is_judged and probability(score) > limit)
        for page, score, is_chosen in zip(pages, scores, chosen, strict=True)
        if is_chosen
    ]
    return sum(verdicts) / len(verdicts)


def _left_out(pages: Sequence[MeasuredPage], set_name: str) -> Iterator[str]:
    """What a model that has not seen a set says of it."""
    examples = _examples(pages)
    inside = np.array([page.set_name != set_name for page in pages] * 3)
    booster = lightgbm.train(dict(PAGE_PARAMETERS), examples.where(inside), ROUNDS)
    outside = [page for page in pages if page.set_name == set_name]
    rows = examples.rows[: len(pages)][~inside[: len(pages)]]
    return _reached(outside, booster.predict(rows, raw_score=True))


if __name__ == "__main__":
    sys.exit(main())
