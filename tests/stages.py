"""Stages that worker processes can import, and runs that end badly."""

import os
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from pipelines import batch
from pipelines.batch import CleanRun, clean_page, clean_to_folder
from pipelines.learn.sample import SiteRule
from pipelines.store import Store
from schemas.article import Article
from schemas.config import PipelineConfig
from schemas.manifest import Counts
from schemas.page import Page
from schemas.rejection import Rejection, RejectionReason

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
CHECKPOINT = 3
"""Records between two checkpoints of the runs that are stopped."""


def noon() -> datetime:
    """A clock that stands still."""
    return NOON


def misbehave(page: Page) -> Article | Rejection:
    """`clean_page`, but for pages that name what should go wrong with them."""
    if b"[die]" in page.body:
        os._exit(7)
    if b"[sleep]" in page.body:
        time.sleep(600)
    if b"[raise]" in page.body:
        raise ValueError("a bug in this stage")
    while b"[busy]" in page.body:
        pass
    return clean_page(page, rule=SiteRule(None, ()), config=PipelineConfig())


def process_id(page: Page) -> int:
    """Which process the page was worked on in; dies, sleeps or raises if told to."""
    if page.body:
        misbehave(page)
    return os.getpid()


def echo_late(page: Page) -> bytes:
    """The page's body, the later the larger its first byte is."""
    time.sleep(page.body[0] / 100)
    return page.body


def rejection(detail: str) -> Rejection:
    """A record that is told from others by its detail."""
    return Rejection(
        reason=RejectionReason.EMPTY,
        detail=detail,
        url=None,
        requested_url=None,
        site=None,
        fetched_at=None,
        provenance=None,
    )


def write_and_die(out: Path) -> None:
    """A writer that is killed with one part closed and one open."""
    store = Store(out, records_per_part=2)
    for number in range(3):
        store.add(rejection(str(number)))
    for part in store._open.values():
        part._file.flush()
    os._exit(9)


def clean_run(*paths: Path, workers: int = 1) -> CleanRun:
    """A run over these paths with no site."""
    return CleanRun(
        inputs=tuple(map(str, paths)),
        site=None,
        definitions=(),
        config=PipelineConfig(),
        workers=workers,
        handler=misbehave,
    )


def learning_run(*paths: Path, workers: int = 1) -> CleanRun:
    """A run over these paths that learns from them first."""
    run = clean_run(*paths, workers=workers)
    return replace(run, handler=None, learns=True)


def clean_until_killed(run: CleanRun, out: Path, records: int) -> None:
    """A run that says so after some records, and then waits for its end."""
    batch.CHECKPOINT_RECORDS = CHECKPOINT

    def on_progress(counts: Counts) -> None:
        if counts.seen == records:
            print("waiting", flush=True)  # noqa: T201 - read by the parent
            time.sleep(600)

    clean_to_folder(run, out, now=noon, on_progress=on_progress)
