"""Boosted trees: trained with LightGBM, written as `pipelines.model` reads them."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

from benchmarks.labelled import FOLDS, fold_of

Numbers = NDArray[np.float64]

CHECKED_AFTER = (10, 25, 60, 120)
"""Trees after which a low score is final: most blocks of a page are plainly none."""

MISSED_SHARE = 0.0005
"""Share, by weight, of the rows that would rise above zero that each check may miss."""

PARAMETERS: Mapping[str, Any] = {
    "objective": "binary",
    "learning_rate": 0.08,
    "num_leaves": 24,
    "min_data_in_leaf": 100,
    "lambda_l2": 5.0,
    "feature_fraction": 0.2,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "seed": 1,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbose": -1,
}


@dataclass(frozen=True)
class Examples:
    """What is learnt from: a row of numbers each, and whether the answer is yes."""

    names: tuple[str, ...]
    rows: Numbers
    """Examples by features."""

    answers: Numbers
    """1 for yes, 0 for no."""

    weights: Numbers
    groups: Sequence[str]
    """The site of each: no site is on both sides of a cross-validation."""

    def where(self, wanted: NDArray[np.bool_]) -> lightgbm.Dataset:
        """Those examples, as LightGBM takes them."""
        return lightgbm.Dataset(
            self.rows[wanted], label=self.answers[wanted], weight=self.weights[wanted]
        )


def cross_validate(
    examples: Examples,
    rounds: int,
    path: Callable[[int], Path],
    parameters: Mapping[str, Any] = PARAMETERS,
) -> Numbers:
    """The score of each example by a model that has seen nothing of its site.

    The model that judges a fold is written to `path(fold)`.
    """
    scores = np.zeros(len(examples.answers))
    folds = np.array([fold_of(group) for group in examples.groups])
    for fold in range(FOLDS):
        outside = folds == fold
        about = {"trained_without_fold": fold, "rounds": rounds}
        booster = _train(examples, ~outside, path(fold), about, parameters)
        scores[outside] = booster.predict(examples.rows[outside], raw_score=True)
    return scores


def train(
    examples: Examples,
    rounds: int,
    path: Path,
    about: Mapping[str, Any],
    parameters: Mapping[str, Any] = PARAMETERS,
) -> None:
    """Train on all examples and write the model, with what it was made from."""
    everything = np.ones(len(examples.answers), dtype=bool)
    _train(examples, everything, path, {**about, "rounds": rounds}, parameters)


def _train(
    examples: Examples,
    wanted: NDArray[np.bool_],
    path: Path,
    about: Mapping[str, Any],
    parameters: Mapping[str, Any],
) -> lightgbm.Booster:
    data = examples.where(wanted)
    booster = lightgbm.train(dict(parameters), data, about["rounds"])
    rows = examples.rows[wanted]
    model = {
        "about": {**about, "lightgbm": lightgbm.__version__},
        "features": examples.names,
        "medians": [round(float(each), 4) for each in np.median(rows, axis=0)],
        "checks": _checks(booster, examples, wanted),
        "trees": [
            _tree(each["tree_structure"]) for each in booster.dump_model()["tree_info"]
        ],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(_lines(model)) + "\n", encoding="utf-8")
    return booster


def _checks(
    booster: lightgbm.Booster, examples: Examples, wanted: NDArray[np.bool_]
) -> list[tuple[int, float]]:
    """After so many trees, the score below which a row will not rise above zero."""
    rows = examples.rows[wanted]
    rising = booster.predict(rows, raw_score=True) > 0
    weights = examples.weights[wanted][rising]
    checks = []
    for count in CHECKED_AFTER:
        early = booster.predict(rows[rising], raw_score=True, num_iteration=count)
        order = np.argsort(early)
        missed = np.cumsum(weights[order]) <= MISSED_SHARE * weights.sum()
        checks.append((count, round(float(early[order][missed.sum()]), 3)))
    return checks


def _tree(node: Mapping[str, Any]) -> object:
    if "leaf_value" in node:
        return round(node["leaf_value"], 4)
    return [
        node["split_feature"],
        float(f"{node['threshold']:.6g}"),
        _tree(node["left_child"]),
        _tree(node["right_child"]),
    ]


def _lines(model: Mapping[str, Any]) -> Iterator[str]:
    """JSON with a line for each tree, so that a change can be read as one."""
    yield "{"
    for name, value in model.items():
        if name != "trees":
            yield f"{json.dumps(name)}: {json.dumps(value)},"
    yield '"trees": ['
    trees = [json.dumps(tree, separators=(",", ":")) for tree in model["trees"]]
    yield ",\n".join(trees)
    yield "]}"
