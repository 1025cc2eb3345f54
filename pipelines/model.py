"""A trained model as data: boosted trees, read from a file and walked in Python.

Trained by benchmarks/training; nothing is learnt here, and no library is needed. Each
tree asks a few questions of a row of numbers; the sum of all answers is a score, which
is above zero where the answer is more likely yes than no.
"""

import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from math import exp, isfinite
from typing import Any, TypeAlias

Tree: TypeAlias = "float | tuple[int, float, Tree, Tree]"
"""An answer; or a question: whether the number at this place is at most so much, the
tree to go on with if it is, and the one if not."""


@dataclass(frozen=True, slots=True)
class Model:
    """What benchmarks/training wrote."""

    features: tuple[str, ...]
    """Names of the numbers in a row."""

    trees: tuple[Tree, ...]

    medians: tuple[float, ...]
    """The middle value of each feature in the training pages."""

    checks: tuple[tuple[int, float], ...]
    """After so many trees, the score below which it is final: in training next to no
    row rose above zero from there."""

    digest: str
    """sha256 of the file."""

    def score(self, row: Sequence[float]) -> float:
        """The sum of all trees, or of those up to a check that it fails: log odds."""
        total = 0.0
        start = 0
        for end, limit in (*self.checks, (len(self.trees), 0.0)):
            total += _sum(self.trees[start:end], row)
            if total < limit:
                break
            start = end
        return total

    def reasons(self, row: Sequence[float], count: int = 3) -> list[tuple[str, float]]:
        """The features that spoke loudest for the score of a row, each with its share.

        A share is how much the score would fall if that number were the median of the
        training pages: above zero it spoke for yes, below for no.
        """
        answers = [_answer(tree, row) for tree in self.trees]
        full = sum(answers)  # Sums that end early can't be compared.
        shares = []
        for place, numbers in self._asking(row).items():
            other = [*row[:place], self.medians[place], *row[place + 1 :]]
            changed = answers.copy()
            for number in numbers:
                changed[number] = _answer(self.trees[number], other)
            shares.append((self.features[place], round(full - sum(changed), 3)))
        loudest = sorted(shares, key=lambda share: (-abs(share[1]), share[0]))
        return [share for share in loudest[:count] if share[1]]

    def _asking(self, row: Sequence[float]) -> dict[int, list[int]]:
        """The trees that ask a row for each number that is not the median."""
        asking: dict[int, list[int]] = {}
        for number, tree in enumerate(self.trees):
            node = tree
            asked = set()
            while isinstance(node, tuple):
                asked.add(node[0])
                node = node[2] if row[node[0]] <= node[1] else node[3]
            for place in asked:
                if row[place] != self.medians[place]:
                    asking.setdefault(place, []).append(number)
        return asking


def _answer(tree: Tree, row: Sequence[float]) -> float:
    while isinstance(tree, tuple):
        tree = tree[2] if row[tree[0]] <= tree[1] else tree[3]
    return tree


def _sum(trees: Sequence[Tree], row: Sequence[float]) -> float:
    total = 0.0
    for tree in trees:
        node = tree
        while isinstance(node, tuple):
            node = node[2] if row[node[0]] <= node[1] else node[3]
        total += node
    return total


def probability(score: float) -> float:
    """Log odds as a probability, 0 to 1."""
    return 1 / (1 + exp(-max(-50.0, min(50.0, score))))


@functools.cache
def load_model(name: str) -> Model:
    """A model that ships with Copydesk; read once, it never changes.

    Raises:
        FileNotFoundError: There is none of that name.
    """
    return read_model(
        resources.files("pipelines").joinpath("models", f"{name}.json").read_bytes()
    )


def read_model(content: bytes) -> Model:
    """The model in a file of benchmarks/training.

    Raises:
        ValueError: It is not one, or asks for a number that its rows do not have.
    """
    try:
        model = _model(json.loads(content), hashlib.sha256(content).hexdigest())
    except (KeyError, TypeError, OverflowError, RecursionError) as error:
        raise ValueError(f"no model: {error!r}") from error
    if len(model.medians) != len(model.features):
        raise ValueError("no model: not a median for each feature")
    ends = [end for end, _ in model.checks]
    if ends != sorted(ends):
        raise ValueError("no model: checks out of order")
    return model


def _model(data: Mapping[str, Any], digest: str) -> Model:
    features = tuple(data["features"])
    return Model(
        features=features,
        trees=tuple(_tree(tree, len(features)) for tree in data["trees"]),
        medians=tuple(map(_number, data["medians"])),
        checks=tuple(_check(check, len(data["trees"])) for check in data["checks"]),
        digest=digest,
    )


def _tree(node: object, width: int) -> Tree:
    match node:
        case [int(place), limit, low, high] if 0 <= place < width:
            return place, _number(limit), _tree(low, width), _tree(high, width)
        case _:
            return _number(node)


def _check(check: object, trees: int) -> tuple[int, float]:
    match check:
        case [int(end), limit] if 0 <= end <= trees:
            return end, _number(limit)
        case _:
            raise ValueError(f"no check: {str(check)[:80]}")


def _number(value: object) -> float:
    if not isinstance(value, int | float) or not isfinite(value):
        raise ValueError(f"no number: {str(value)[:80]}")
    return float(value)
