"""Judging labelled pages by models that have not seen their sites.

The models that ship were trained on the labelled sets, so that what they reach there
says nothing of other sites. `benchmarks/training` keeps the models of its
cross-validation: five of each kind, each trained without a fifth of the sites.
"""

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from benchmarks.labelled import BenchmarkError, LabelledPage, fold_of, site_of
from pipelines import extract, page_kind
from pipelines.model import Model, read_model


@contextmanager
def held_out(folds: Path, page: LabelledPage) -> Iterator[None]:
    """Judge pages by the models of `folds` that have not seen the site of this one.

    Args:
        folds: Files `NAME-FOLD.json`, as the scripts of `benchmarks/training` write.
        page: The page that is judged in this context.

    Raises:
        BenchmarkError: In use: a model is missing.
    """
    fold = fold_of(site_of(page))

    def load(name: str) -> Model:
        return _fold_model(folds / f"{name}-{fold}.json")

    with (
        mock.patch.object(extract, "load_model", load),
        mock.patch.object(page_kind, "load_model", load),
    ):
        yield


@functools.cache
def _fold_model(path: Path) -> Model:
    try:
        return read_model(path.read_bytes())
    except FileNotFoundError as error:
        raise BenchmarkError(f"no model {path}; train with --folds") from error
