"""Models: what a file may hold, and what its trees say of a row."""

import hashlib
import json
import math
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.model import Model, Tree, load_model, probability, read_model

WIDTH = 3
FEATURES = [f"feature {place}" for place in range(WIDTH)]
NUMBERS = st.floats(-4, 4)
TREES = st.recursive(
    NUMBERS,
    lambda inner: st.tuples(st.integers(0, WIDTH - 1), NUMBERS, inner, inner),
    max_leaves=8,
)
ROWS = st.lists(NUMBERS, min_size=WIDTH, max_size=WIDTH)

PARTS: Mapping[str, object] = {
    "features": FEATURES,
    "medians": [0, 0.5, 1],
    "checks": [],
    "trees": [[0, 0.5, -1, [1, 2, 0.25, 2]], [2, 0, 0.5, -0.5]],
}
SHIPPED = sorted(
    path.stem
    for path in (Path(__file__).parents[3] / "pipelines" / "models").glob("*.json")
)


def content_of(**changed: object) -> bytes:
    """A file whose parts are those of `PARTS`, or others."""
    return json.dumps({**PARTS, **changed}).encode()


def model_of(**changed: object) -> Model:
    """The model of such a file."""
    return read_model(content_of(**changed))


def answer(node: Tree, row: list[float]) -> float:
    """What a tree says, by a recursion that is as plain as can be."""
    if not isinstance(node, tuple):
        return node
    place, limit, low, high = node
    return answer(low if row[place] <= limit else high, row)


def test_a_file_is_read_as_it_stands() -> None:
    """Names, medians, checks and trees are those of the file; the digest is its own."""
    content = content_of(checks=[[1, -2]])
    assert read_model(content) == Model(
        features=tuple(FEATURES),
        trees=((0, 0.5, -1.0, (1, 2.0, 0.25, 2.0)), (2, 0.0, 0.5, -0.5)),
        medians=(0.0, 0.5, 1.0),
        checks=((1, -2.0),),
        digest=hashlib.sha256(content).hexdigest(),
    )


@pytest.mark.parametrize(
    "changed",
    [
        {"trees": [[WIDTH, 0, 1, 2]]},
        {"trees": [[-1, 0, 1, 2]]},
        {"trees": [[0.5, 0, 1, 2]]},
        {"trees": [["0", 0, 1, 2]]},
        {"trees": [[0, "0", 1, 2]]},
        {"trees": [[0, 0, "1", 2]]},
        {"trees": [[0, 0, 1, None]]},
        {"trees": [[0, 0, 1]]},
        {"trees": [[]]},
        {"trees": ["a leaf"]},
        {"trees": [math.nan]},
        {"trees": [math.inf]},
        {"trees": [10**400]},
        {"trees": 1},
        {"trees": None},
        {"features": None},
        {"features": ["only one"]},
        {"medians": [0, 0]},
        {"medians": "123"},
        {"medians": [0, "0", 0]},
        {"medians": [0, math.nan, 0]},
        {"checks": [[1]]},
        {"checks": [["1", 0]]},
        {"checks": [[1, "0"]]},
        {"checks": [[0.5, 0]]},
        {"checks": [[-1, 0]]},
        {"checks": [[3, 0]]},
        {"checks": [[2, 0], [1, 0]]},
        {"checks": [[1.0, 0]]},
        {"checks": 1},
        {"checks": [[[], 0]]},
    ],
)
def test_a_part_that_is_none_is_refused(changed: Mapping[str, object]) -> None:
    """Places out of range, strings, no numbers: each is an error when it is read."""
    with pytest.raises(ValueError, match=r"^no "):
        model_of(**changed)


@pytest.mark.parametrize("part", PARTS)
def test_a_missing_part_is_named(part: str) -> None:
    """The error says which part the file lacks."""
    rest = {name: value for name, value in PARTS.items() if name != part}
    with pytest.raises(ValueError, match=rf"no model: KeyError\('{part}'\)"):
        read_model(json.dumps(rest).encode())


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff\xfe\xff", b"[]", b"1", b'"text"', b"null", b"[" * 100_000],
)
def test_a_file_that_is_no_model_is_refused(content: bytes) -> None:
    """No JSON, no object, or nested without end."""
    with pytest.raises(ValueError, match=r"."):
        read_model(content)


def test_a_tree_that_is_nested_too_deep_is_refused() -> None:
    """It would be walked by recursion when it is read."""
    tree = b"[0,0,0," * 20_000 + b"0" + b"]" * 20_000
    deep = content_of(trees=[]).replace(b'"trees": []', b'"trees": [%b]' % tree)
    with pytest.raises(ValueError, match="no model: RecursionError"):
        read_model(deep)


@given(st.lists(TREES, max_size=5), ROWS)
def test_a_score_is_the_sum_of_all_trees(trees: list[Tree], row: list[float]) -> None:
    """Where no check fires, each tree is asked once."""
    model = model_of(trees=trees, checks=[[len(trees) // 2, -1000]])
    assert model.score(row) == pytest.approx(sum(answer(tree, row) for tree in trees))


@pytest.mark.parametrize(
    ("checks", "score"),
    [
        ([], -0.5),
        ([[0, 0]], -0.5),
        ([[0, 1]], 0),
        ([[1, -1]], -0.5),
        ([[1, -0.5]], -1),
        ([[1, -2], [2, -2.5]], -3),
        ([[3, -0.4]], -0.5),
    ],
)
def test_a_score_is_final_where_it_fails_a_check(
    checks: list[list[float]], score: float
) -> None:
    """Trees after a check that it falls below are not asked; a tie goes on."""
    model = model_of(trees=[-1, -2, 2.5], checks=checks)
    assert model.score([0, 0, 0]) == score


@pytest.mark.parametrize(("number", "score"), [(0.4, 1), (0.5, 1), (0.6, 2)])
def test_a_number_equal_to_the_limit_goes_low(number: float, score: float) -> None:
    """A question is whether a number is at most so much."""
    assert model_of(trees=[[0, 0.5, 1, 2]]).score([number, 0, 0]) == score


def test_reasons_are_what_the_score_would_lose() -> None:
    """The loudest first, by name where they are equal; the silent are left out."""
    trees = [[0, 0, 0, -1], [1, 0, 0, 3], [2, 0, 0, 1]]
    model = model_of(trees=trees, medians=[0, 0, 0])
    quieter = [(FEATURES[0], -1.0), (FEATURES[2], 1.0)]
    assert model.reasons([1, 1, 1]) == [(FEATURES[1], 3.0), *quieter]
    assert model.reasons([1, 1, 1], count=1) == [(FEATURES[1], 3.0)]
    assert model.reasons([1, -1, 1]) == quieter
    assert model.reasons([0, 0, 0]) == []


def test_reasons_ask_all_trees() -> None:
    """A check that ends a score early leaves no feature out."""
    trees = [[0, 0, 0, -1], [1, 0, 0, 3]]
    model = model_of(trees=trees, medians=[0, 0, 0], checks=[[1, 0]])
    assert model.score([1, 1, 0]) == -1
    assert model.reasons([1, 1, 0]) == [(FEATURES[1], 3.0), (FEATURES[0], -1.0)]


@pytest.mark.parametrize(
    ("score", "expected"),
    [(0, 0.5), (math.log(3), 0.75), (-math.log(3), 0.25), (1e9, 1), (-1e9, 0)],
)
def test_a_score_is_log_odds(score: float, expected: float) -> None:
    """No score is too large to be a probability."""
    assert probability(score) == pytest.approx(expected)


@given(NUMBERS, NUMBERS)
def test_a_higher_score_is_more_likely(one: float, other: float) -> None:
    """The order of scores is that of probabilities, and one half is at zero."""
    low, high = sorted((one, other))
    assert 0 < probability(low) <= probability(high) < 1
    assert (probability(one) > 0.5) <= (one > 0)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_model_scores_any_row(name: str) -> None:
    """Whatever it learnt, its medians are a row, and it is read only once."""
    model = load_model(name)
    assert model.trees
    assert 0 < probability(model.score(model.medians)) < 1
    assert load_model(name) is model


def test_a_model_that_does_not_ship_is_an_error() -> None:
    """No other model takes its place."""
    with pytest.raises(FileNotFoundError):
        load_model("none-such")
