"""The item pipelines: order, drops, and what happens to a page in a worker."""

import asyncio
import io
import logging
import uuid
from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from scrapy.exceptions import DropItem
from scrapy.spiders import Spider

from crawler.logformat import OneLineLogFormatter
from pipelines.archive import ArchiveWriter, Fetch
from pipelines.dedup import Outcome
from pipelines.item_pipelines import (
    CleanPipeline,
    DroppedPage,
    DuplicatePage,
    FailedPage,
    PageAtWork,
    PageItem,
    RecordExporter,
    RejectedPage,
    StorePipeline,
    clean_archived_page,
)
from pipelines.learn.sample import SiteRule
from pipelines.read.fetch_metadata import Purpose
from schemas.article import Article
from schemas.config import PipelineConfig
from schemas.manifest import Disposition
from schemas.page import ArchivedPage
from schemas.rejection import Failure, FailureReason, Rejection, RejectionReason
from schemas.site import SiteDefinition
from tests.crawler.clocks import noon
from tests.crawler.news_server import article

URL = "https://paper.example/story"
PROCESS = "pipelines.process.process_page"
REJECT = "tests.crawler.processes.reject_all"


def archive(
    folder: Path,
    body: bytes,
    *,
    content_type: str = "text/html; charset=utf-8",
    status: int = 200,
) -> ArchivedPage:
    """A response in a new archive."""
    with ArchiveWriter(
        folder, prefix="t", software="test", now=noon, new_id=uuid.uuid4
    ) as writer:
        return writer.write(
            Fetch(
                requested_url=URL,
                url=URL,
                method="GET",
                request_headers=(),
                status=status,
                reason="",
                protocol="HTTP/1.1",
                response_headers=(("Content-Type", content_type),),
                body=body,
                fetched_at=datetime(2024, 9, 3, 12, tzinfo=UTC),
                purpose=Purpose.PAGE,
            )
        )


def clean(page: ArchivedPage, process: str = PROCESS, **fields: Any) -> Outcome:  # noqa: ANN401
    """What a worker makes of a page."""
    arguments: dict[str, Any] = {
        "rule": SiteRule(None, ()),
        "templates": None,
        "config": PipelineConfig(),
        **fields,
    }
    return clean_archived_page(page, process=process, **arguments)


def site(name: str, *hosts: str) -> SiteDefinition:
    """A site definition that only has hosts."""
    return SiteDefinition(name=name, family=name, file_digest="0", hosts=hosts)


def rejection(reason: RejectionReason = RejectionReason.OFFSITE) -> Rejection:
    """A page that was never fetched."""
    return Rejection(
        reason=reason,
        url=URL,
        requested_url=URL,
        site=None,
        fetched_at=None,
        provenance=None,
    )


def failure() -> Failure:
    """A page without an answer."""
    return Failure(
        reason=FailureReason.FETCH_ERROR,
        error="OSError",
        message="gone",
        url=None,
        requested_url=URL,
        source=None,
    )


def test_archived_article_is_read_and_cleaned(tmp_path: Path) -> None:
    """The record names the archive it was read from, as a live page."""
    outcome = clean(archive(tmp_path, article(7)))
    assert isinstance(outcome, Article)
    assert outcome.title == "Lighthouse story number 7"
    assert outcome.provenance.warc_file == "t-00001.warc.gz"
    assert outcome.provenance.input == "live"


def test_site_is_the_given_one_or_that_of_the_host(tmp_path: Path) -> None:
    """A page is cleaned with the spider's site, else with the catalogue's."""
    page = archive(tmp_path, article(1))
    known = (site("other", "other.example"), site("paper", "paper.example"))
    by_host = clean(page, REJECT, rule=SiteRule(None, known))
    given = clean(page, REJECT, rule=SiteRule(known[0], known))
    unknown = clean(page, REJECT)
    details = [each.detail for each in (by_host, given, unknown)]  # type: ignore[union-attr] # all rejections
    assert details == ["paper", "other", None]


def test_payload_that_is_no_page_is_rejected(tmp_path: Path) -> None:
    """A PDF is `not-html`, and its record says where it lies."""
    page = archive(tmp_path, b"%PDF-1.4", content_type="application/pdf")
    outcome = clean(page)
    assert isinstance(outcome, Rejection)
    assert outcome.reason is RejectionReason.NOT_HTML
    assert outcome.provenance is not None
    assert outcome.provenance.warc_record_id == page.source.warc_record_id
    assert outcome.provenance.http_status == 200


def test_damaged_archive_is_a_failure(tmp_path: Path) -> None:
    """What cannot be read again is told, not lost."""
    page = archive(tmp_path, article(1))
    Path(page.archive).write_bytes(b"nothing left")
    outcome = clean(page)
    assert isinstance(outcome, Failure)
    assert outcome.reason is FailureReason.DAMAGED_RECORD


class Ledger:
    """Keeps what is settled, in order; answers as told."""

    config = PipelineConfig()
    site = None
    definitions = ()
    templates = None

    def __init__(self, disposition: Disposition = Disposition.REJECTED) -> None:
        self.disposition = disposition
        self.settled: list[int] = []

    async def settle(self, number: int, outcome: Outcome) -> Disposition:
        """As the run does."""
        assert isinstance(outcome, Article | Rejection | Failure)
        self.settled.append(number)
        return self.disposition


def crawler_with(ledger: Ledger) -> Any:  # noqa: ANN401
    """As much of a crawler as the pipelines ask for."""
    from scrapy.settings import Settings

    settings = Settings({"COPYDESK_PROCESS": REJECT, "COPYDESK_WORKERS": 1})
    return SimpleNamespace(spider=SimpleNamespace(ledger=ledger), settings=settings)


async def caught(action: Callable[[], Any]) -> BaseException | None:
    """The error of an awaited call, None if it raised none."""
    try:
        await action()
    except DroppedPage as error:
        return error
    return None


def test_outcomes_are_stored_in_the_order_of_the_pages() -> None:
    """A slow page holds the quick ones behind it back, and none gets lost."""
    ledger = Ledger()

    async def run() -> None:
        store = StorePipeline.from_crawler(crawler_with(ledger))
        free = asyncio.Semaphore(0)
        slow: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        quick: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        quick.set_result(rejection())
        items = [
            PageAtWork(number, slow if number == 1 else quick, free)
            for number in range(4)
        ]
        waiting = [
            asyncio.ensure_future(caught(partial(store.process_item, item)))
            for item in items
        ]
        for _ in range(10):
            await asyncio.sleep(0)
        assert ledger.settled == [0]
        slow.set_result(rejection())
        await asyncio.gather(*waiting)
        for _ in items:
            await asyncio.wait_for(free.acquire(), 1)

    asyncio.run(run())
    assert ledger.settled == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("disposition", "outcome", "drop", "text"),
    [
        (Disposition.REJECTED, rejection(), RejectedPage, f"rejected offsite: {URL} -"),
        (Disposition.FAILED, failure(), FailedPage, f"failed fetch-error: {URL} -"),
    ],
)
def test_what_is_no_article_is_dropped_in_one_line(
    disposition: Disposition, outcome: Outcome, drop: type[DroppedPage], text: str
) -> None:
    """The drop names disposition, reason and address; it is logged at INFO."""

    async def run() -> BaseException | None:
        ledger = Ledger(disposition)
        clean_pipeline = CleanPipeline(ledger, process=REJECT, workers=1)
        store = StorePipeline(ledger)
        item = await clean_pipeline.process_item(PageItem(1, outcome))  # type: ignore[arg-type] # never an article here
        return await caught(lambda: store.process_item(item))

    error = asyncio.run(run())
    assert type(error) is drop
    assert str(error) == text
    assert error.log_level == "INFO"


def test_article_passes_and_its_duplicate_is_dropped(tmp_path: Path) -> None:
    """What is returned is the record itself, so that feed exports see it."""
    outcome = clean(archive(tmp_path, article(1)))

    async def run(disposition: Disposition) -> object:
        done: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        done.set_result(outcome)
        item = PageAtWork(1, done, asyncio.Semaphore(0))
        return await StorePipeline(Ledger(disposition)).process_item(item)

    assert asyncio.run(run(Disposition.ARTICLES)) is outcome
    with pytest.raises(DuplicatePage, match=f"^duplicates: {URL} <urn:uuid:"):
        asyncio.run(run(Disposition.DUPLICATES))


def test_page_is_cleaned_by_a_worker(tmp_path: Path) -> None:
    """From the archive through a worker process into the ledger."""
    ledger = Ledger()
    page = archive(tmp_path, article(1))

    async def run() -> BaseException | None:
        clean_pipeline = CleanPipeline.from_crawler(crawler_with(ledger))
        store = StorePipeline(ledger)
        clean_pipeline.open_spider()
        try:
            item = await clean_pipeline.process_item(PageItem(5, page))
            return await caught(lambda: store.process_item(item))
        finally:
            await clean_pipeline.close_spider()

    assert str(asyncio.run(run())).startswith("rejected not-article")
    assert ledger.settled == [5]


class Pool:
    """Workers that never finish a page unless told to."""

    def __init__(self) -> None:
        self.futures: list[Future[Outcome]] = []
        self.is_closed = False

    def submit(self, _: ArchivedPage) -> "Future[Outcome]":
        """As `WorkerPool` does."""
        self.futures.append(Future())
        return self.futures[-1]

    def close(self) -> None:
        """As `WorkerPool` does."""
        self.is_closed = True


def pipeline_with(pool: Pool) -> CleanPipeline:
    """A pipeline of one worker."""
    pipeline = CleanPipeline(Ledger(), process=REJECT, workers=1)
    pipeline._pool = pool  # type: ignore[assignment] # as much of one as is asked for
    return pipeline


def test_only_so_many_pages_are_at_work(tmp_path: Path) -> None:
    """Four a worker: the fifth waits until one is stored; what has no answer passes."""
    page = archive(tmp_path, article(1))

    async def run() -> None:
        pool = Pool()
        pipeline = pipeline_with(pool)
        items = [await pipeline.process_item(PageItem(n, page)) for n in range(4)]
        fifth = asyncio.ensure_future(pipeline.process_item(PageItem(4, page)))
        refused = await pipeline.process_item(PageItem(5, rejection()))
        await asyncio.sleep(0)
        assert not fifth.done()
        with pytest.raises(RejectedPage):
            await StorePipeline(Ledger()).process_item(refused)
        pool.futures[0].set_result(rejection())
        with pytest.raises(RejectedPage):
            await StorePipeline(Ledger()).process_item(items[0])
        await asyncio.wait_for(fifth, 1)

    asyncio.run(run())


def test_pages_at_work_are_stored_before_the_end(tmp_path: Path) -> None:
    """Closing waits for them; pages that come later wait in the archive."""
    page = archive(tmp_path, article(1))

    async def run() -> None:
        pool = Pool()
        pipeline = pipeline_with(pool)
        item = await pipeline.process_item(PageItem(1, page))
        closing = asyncio.ensure_future(pipeline.close_spider())
        await asyncio.sleep(0)
        late = asyncio.ensure_future(pipeline.process_item(PageItem(2, page)))
        await asyncio.sleep(0)
        assert not closing.done()
        assert not pool.is_closed
        pool.futures[0].set_result(rejection())
        with pytest.raises(RejectedPage):
            await StorePipeline(Ledger()).process_item(item)
        await asyncio.wait_for(closing, 5)
        assert pool.is_closed
        with pytest.raises(DropItem, match="left for the next session"):
            await asyncio.wait_for(late, 5)
        assert len(pool.futures) == 1

    asyncio.run(run())


def test_foreign_items_pass() -> None:
    """Items of other spiders are not ours to judge."""

    async def run() -> None:
        pipeline = CleanPipeline(Ledger(), process=REJECT, workers=1)
        assert await pipeline.process_item({"a": 1}) == {"a": 1}
        assert await StorePipeline(Ledger()).process_item({"a": 1}) == {"a": 1}

    asyncio.run(run())


def test_export_writes_the_line_of_the_record(tmp_path: Path) -> None:
    """The feed export has the same bytes as the store, and only articles."""
    outcome = clean(archive(tmp_path, article(1)))
    file = io.BytesIO()
    exporter = RecordExporter(file, fields_to_export=None, indent=0)
    exporter.export_item({"a": 1})
    exporter.export_item(outcome)
    assert file.getvalue() == outcome.to_json_line().encode() + b"\n"


def test_log_lines_have_no_records_in_them(tmp_path: Path) -> None:
    """Article, drop and error are one short line each."""
    outcome = clean(archive(tmp_path, article(1)))
    spider = Spider(name="any")
    formatter = OneLineLogFormatter()
    lines = (
        formatter.scraped(outcome, None, spider),
        formatter.scraped({"a": 1}, None, spider),
        formatter.dropped(outcome, RejectedPage(Disposition.REJECTED, rejection()),
                          None, spider),
        formatter.item_error(outcome, ValueError("disk full"), None, spider),
    )  # fmt: skip
    levels = [line["level"] for line in lines]
    texts = [line["msg"] % line["args"] for line in lines]
    assert levels == [logging.INFO, logging.DEBUG, logging.INFO, logging.ERROR]
    assert texts[0].startswith(f"articles: {URL} <urn:uuid:")
    assert texts[1:] == [
        "dict",
        f"rejected offsite: {URL} -",
        "error while storing a page: disk full",
    ]
