"""Sources: when each is asked again, and who reads what it answers.

A source is parsed in a worker process: one of many megabytes must not hold up the
downloads. What it names comes back through a file, a few entries at a time.
"""

import asyncio
import itertools
import uuid
from collections.abc import AsyncIterator, Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from crawler.extensions.run import SPOOL_FOLDER, Run
from crawler.state import Memory, Source
from pipelines.discover import Entry
from pipelines.read_source import (
    SourceJob,
    SourceReading,
    iter_entries,
    read_source,
)
from pipelines.workers import WorkerPool
from schemas.page import ArchivedPage
from schemas.rejection import Failure
from schemas.site import Revisit, SiteDefinition

ENTRIES_AT_HAND = 200
"""Entries of a source that are taken in at a time."""

SHORTER, LONGER = 0.8, 1.4
"""What the time between two visits of a source is multiplied by when it had something
new, and when it had nothing: as the adaptive schedules of Apache Nutch and StormCrawler
do, by which Common Crawl's news crawler goes."""


@dataclass(frozen=True)
class SourceVisit:
    """What came of asking a source."""

    source: Source
    memory: Memory
    """What is to be remembered of its answer."""

    entries: int | None = None
    """Pages that it names; None if it was not read, or is as it was."""

    has_new: bool = False
    """Whether one of them was not known."""

    has_failed: bool = False
    """Whether it could not be had or read."""

    def schedule(self, rules: Revisit) -> tuple[float, float]:
        """Minutes between two visits as reckoned now, and until the next one.

        A source that fails is asked again after the shortest time, doubled each time
        in a row.
        """
        shortest, longest = rules.min_minutes, rules.max_days * 24 * 60
        before = min(max(self.source.interval_minutes, shortest), longest)
        if self.has_failed:
            wait = shortest * 2.0 ** min(self.source.failures, 20)
            return before, min(wait, longest)
        after = before * (SHORTER if self.has_new else LONGER)
        interval = min(max(after, shortest), longest)
        return interval, interval

    def after(self, rules: Revisit, now: float) -> Source:
        """The source as it is known from now on."""
        interval, wait = self.schedule(rules)
        return replace(
            self.source,
            memory=self.memory,
            last_visit=now,
            failures=self.source.failures + 1 if self.has_failed else 0,
            interval_minutes=interval,
            next_visit=now + wait * 60,
        )


class SourceReader:
    """Reads archived sources in a process of its own, which starts with the first one.

    Args:
        run: The run, whose folder has the archive.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._folder = run.out / SPOOL_FOLDER
        self._pool: WorkerPool[SourceJob, SourceReading | Failure] | None = None

    async def read(
        self, page: ArchivedPage, source: Source, site: SiteDefinition | None
    ) -> SourceReading | Failure:
        """What the response in the archive names; see `entries`."""
        if self._pool is None:
            self._folder.mkdir(exist_ok=True)
            self._pool = WorkerPool(
                read_source,
                workers=1,
                limit_seconds=self._run.config.limits.page_seconds,
            )
        spool = self._folder / f"{uuid.uuid4().hex}.jsonl"
        job = SourceJob(page, source.kind, site, spool, self._run.config.limits)
        reading = await asyncio.wrap_future(self._pool.submit(job))
        if isinstance(reading, Failure):
            spool.unlink(missing_ok=True)
        return reading

    async def entries(self, reading: SourceReading) -> AsyncIterator[list[Entry]]:
        """The pages that it names, a few at a time; their file is gone at the end."""
        entries = iter_entries(reading.spool)
        try:
            while batch := await self._run.call(_next_of, entries):
                yield batch
        finally:
            reading.spool.unlink(missing_ok=True)

    async def close(self) -> None:
        """End the process; its folder is gone, unless somebody put something there."""
        if self._pool is not None:
            await asyncio.to_thread(self._pool.close)
            with suppress(OSError):
                self._folder.rmdir()


def _next_of(entries: Iterator[Entry]) -> list[Entry]:
    return list(itertools.islice(entries, ENTRIES_AT_HAND))


def led_to(sources: Iterable[Source], given: Collection[str]) -> set[str]:
    """The addresses of sources that are given, or named by one that is."""
    by_parent: dict[str | None, list[Source]] = {}
    queue = []
    for source in sources:
        by_parent.setdefault(source.named_by, []).append(source)
        if source.url in given:
            queue.append(source)
    live: set[str] = set()
    while queue:
        source = queue.pop()
        if source.url not in live:
            live.add(source.url)
            queue.extend(by_parent.get(source.url, ()))
    return live
