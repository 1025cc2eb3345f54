"""Thin Scrapy adapters: the only place where the pipeline knows of Scrapy.

`CleanPipeline` hands archived pages to worker processes, so that the reactor never
waits for a parser; `StorePipeline` stores outcomes in the order in which the pages
came, whatever their workers took, so that equal crawls give equal files.
"""

import asyncio
import functools
import importlib
from collections.abc import Awaitable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol, Self, cast

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem
from scrapy.exporters import BaseItemExporter

from pipelines.dedup import Outcome
from pipelines.learn.sample import SiteRule
from pipelines.sites import site_of_host
from pipelines.template_files import TemplateFolder
from pipelines.workers import WorkerPool
from schemas.article import Article
from schemas.config import PipelineConfig
from schemas.manifest import Disposition
from schemas.page import ArchivedPage, Page, PageKind
from schemas.provenance import InputKind
from schemas.rejection import BrokenRule, Failure, Rejection, RejectionReason
from schemas.site import SiteDefinition
from schemas.template import SiteTemplate

JOBS_PER_WORKER = 4
"""Pages that wait or are worked on, for each worker: enough to keep it busy."""


class Ledger(Protocol):
    """Who keeps the account of the run; `spider.ledger`."""

    @property
    def config(self) -> PipelineConfig:
        """The configuration."""

    @property
    def site(self) -> SiteDefinition | None:
        """The definition for all pages; None: it is looked up for each."""

    @property
    def definitions(self) -> tuple[SiteDefinition, ...]:
        """Where it is looked up."""

    @property
    def templates(self) -> TemplateFolder | None:
        """What was learnt of sites before this session; None if nothing was."""

    async def settle(self, number: int, outcome: Outcome) -> Disposition:
        """Store the outcome of a page."""


@dataclass(frozen=True)
class PageItem:
    """What the spider gives: a page in the archive, or what became of it before."""

    number: int
    """The page's number in the ledger."""

    result: ArchivedPage | Rejection | Failure


@dataclass(frozen=True)
class PageAtWork:
    """What `CleanPipeline` gives to `StorePipeline`."""

    number: int
    outcome: Awaitable[Outcome]
    free: asyncio.Semaphore | None
    """Released once the outcome is stored; None: no worker has the page, and it waits
    for no other."""


class DroppedPage(DropItem):
    """A page that gave no new article; told in one line."""

    def __init__(self, disposition: Disposition, outcome: Outcome) -> None:
        self.disposition = disposition
        self.outcome = outcome
        reason = "" if isinstance(outcome, Article) else f" {outcome.reason}"
        url = outcome.url or outcome.requested_url
        super().__init__(
            f"{disposition}{reason}: {url} {_record_id(outcome)}", log_level="INFO"
        )


class DuplicatePage(DroppedPage):
    """The run has its article already."""


class RejectedPage(DroppedPage):
    """It was dropped with a reason."""


class FailedPage(DroppedPage):
    """It was lost to an error."""


_DROPS: dict[Disposition, type[DroppedPage]] = {
    Disposition.DUPLICATES: DuplicatePage,
    Disposition.REJECTED: RejectedPage,
    Disposition.FAILED: FailedPage,
}


class Process(Protocol):
    """What cleans a page: `pipelines.process.process_page`, or a test's."""

    def __call__(
        self,
        page: Page,
        site: SiteDefinition | None,
        template: SiteTemplate | None,
        config: PipelineConfig,
    ) -> Article | Rejection:
        """The article, or why there is none."""


def clean_archived_page(
    page: ArchivedPage,
    *,
    process: str,
    rule: SiteRule,
    templates: TemplateFolder | None,
    config: PipelineConfig,
) -> Outcome:
    """Read a page from the archive and clean it; called in a worker process.

    Args:
        page: Where it lies.
        process: Dotted path of what cleans it (`Process`).
        rule: Which site it is of, as in a replay.
        templates: What was learnt of sites.
        config: All thresholds.

    Returns:
        An article; a rejection, `not-html` where the payload is something else; or a
        failure if the archive cannot be read there.
    """
    from pipelines.read import read_page_at
    from pipelines.recognize import recognize_site

    reading = read_page_at(
        Path(page.archive), page.group_offset, config.limits, input=InputKind.LIVE
    )
    if isinstance(reading, Failure):
        return reading
    if isinstance(reading, Page):
        known = rule.site or recognize_site(reading, rule.definitions)
        template = templates.get(rule.host_of(reading)) if templates else None
        return _load_process(process)(reading, known, template, config)
    known = rule.site or site_of_host(page.url, rule.definitions)
    return _reject_other(page, reading.kind, known, config)


class CleanPipeline:
    """`PageItem` in, `PageAtWork` out; other items pass."""

    def __init__(self, ledger: Ledger, *, process: str, workers: int) -> None:
        self._ledger = ledger
        self._process = process
        self._workers = workers
        self._free = asyncio.Semaphore(JOBS_PER_WORKER * workers)
        self._is_closing = False

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """As Scrapy asks for it."""
        return cls(
            _ledger_of(crawler),
            process=crawler.settings["COPYDESK_PROCESS"],
            workers=crawler.settings.getint("COPYDESK_WORKERS"),
        )

    def open_spider(self) -> None:
        """Start the worker processes."""
        handler = functools.partial(
            clean_archived_page,
            process=self._process,
            rule=SiteRule(self._ledger.site, self._ledger.definitions),
            templates=self._ledger.templates,
            config=self._ledger.config,
        )
        self._pool: WorkerPool[ArchivedPage, Outcome] = WorkerPool(
            handler,
            workers=self._workers,
            limit_seconds=self._ledger.config.limits.page_seconds,
        )

    async def process_item(self, item: object) -> object:
        """Begin to clean the page, as soon as there is room for it.

        Raises:
            DropItem: The spider is being closed; the page waits in the archive.
        """
        if not isinstance(item, PageItem):
            return item
        if not isinstance(item.result, ArchivedPage):
            return PageAtWork(item.number, _settled(item.result), None)
        await self._free.acquire()
        if self._is_closing:
            self._free.release()
            raise DropItem(f"left for the next session: {item.result.url}", "INFO")
        submitted = asyncio.wrap_future(self._pool.submit(item.result))
        # A cancelled wait must not cancel the future: its worker will set it.
        return PageAtWork(item.number, asyncio.shield(submitted), self._free)

    async def close_spider(self) -> None:
        """End the worker processes once what they have is stored."""
        self._is_closing = True
        for _ in range(JOBS_PER_WORKER * self._workers):
            await self._free.acquire()
        await asyncio.to_thread(self._pool.close)
        for _ in range(JOBS_PER_WORKER * self._workers):
            self._free.release()


class StorePipeline:
    """`PageAtWork` in, the article out; what is no new article is dropped."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        # First come, first served: asyncio's lock is fair, and so keeps the order.
        self._turn = asyncio.Lock()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """As Scrapy asks for it."""
        return cls(_ledger_of(crawler))

    async def process_item(self, item: object) -> object:
        """Store the outcome once it is the page's turn.

        Raises:
            DuplicatePage: The run has the article already.
            RejectedPage: The page was rejected.
            FailedPage: The page failed.
        """
        if not isinstance(item, PageAtWork):
            return item
        turn = self._turn if item.free is not None else nullcontext()
        try:
            async with turn:
                outcome = await item.outcome
                disposition = await self._ledger.settle(item.number, outcome)
        finally:
            if item.free is not None:
                item.free.release()
        if disposition is Disposition.ARTICLES:
            return outcome
        raise _DROPS[disposition](disposition, outcome)


class RecordExporter(BaseItemExporter):
    """Feed export of articles as they stand in `articles/` (`-O file.jsonl`)."""

    def __init__(self, file: BinaryIO, **options: object) -> None:
        super().__init__(dont_fail=True, **options)
        self._file = file

    def export_item(self, item: object) -> None:
        """Write the record as one line; what is no article is left out."""
        if isinstance(item, Article):
            self._file.write(item.to_json_line().encode() + b"\n")


def _ledger_of(crawler: Crawler) -> Ledger:
    return cast("Ledger", crawler.spider.ledger)  # type: ignore[union-attr]


async def _settled(outcome: Rejection | Failure) -> Outcome:
    return outcome


@functools.cache
def _load_process(path: str) -> Process:
    module, _, name = path.rpartition(".")
    return cast("Process", getattr(importlib.import_module(module), name))


def _record_id(outcome: Outcome) -> str:
    source = outcome.source if isinstance(outcome, Failure) else outcome.provenance
    return (source and source.warc_record_id) or "-"


def _reject_other(
    page: ArchivedPage, kind: str, site: SiteDefinition | None, config: PipelineConfig
) -> Rejection | Failure:
    """A response that is no page, though something named it as one."""
    from pipelines.process import reject_page
    from pipelines.read.responses import read_response_at

    limits = config.limits
    found = read_response_at(page, limits, max_bytes=limits.max_page_bytes)
    if isinstance(found, Failure):
        return found
    response = Page(
        kind=PageKind.HTML,
        body=found.body[: limits.max_page_bytes],
        source=page.source,
        requested_url=page.requested_url,
        url=page.url,
        http_status=found.status,
        fetched_at=page.fetched_at,
    )
    broken = BrokenRule(reason=RejectionReason.NOT_HTML, detail=kind)
    return reject_page(response, broken, site, config)
