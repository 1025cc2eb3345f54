"""The spider and its run, as far as they work without a network."""

import asyncio
import gzip
import json
import logging
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Response
from scrapy.settings import Settings
from scrapy.spiders import Spider
from scrapy.utils.test import get_crawler, get_reactor_settings

from crawler.catalog import Catalog
from crawler.extensions.run import ARCHIVE_FOLDER, Run, default_out
from crawler.frontier import Frontier
from crawler.middlewares.archive import (
    ARCHIVED,
    MEMORY,
    PAGE_NUMBER,
    PURPOSE,
    REQUESTED_URL,
    ArchiveMiddleware,
)
from crawler.spiders.news import NewsSpider
from crawler.state import Memory, NewPage, PendingPage
from pipelines.manifest import load_manifest, write_manifest
from pipelines.read import read_path
from pipelines.read.fetch_metadata import Purpose
from schemas.config import LimitsConfig
from schemas.errors import SiteDefinitionError, StoreError, UsageError
from schemas.manifest import Disposition, Manifest, RunState
from schemas.page import Discovery, Page, SourceKind
from schemas.rejection import Rejection, RejectionReason
from schemas.site import SiteDefinition
from tests.crawler.news_server import article

FEED = "https://paper.example/feed"


def definition(**fields: object) -> SiteDefinition:
    """A site of one host."""
    return SiteDefinition.model_validate(
        {
            "name": "paper",
            "family": "paper",
            "file_digest": "0",
            "hosts": ["paper.example"],
            **fields,
        }
    )


Opener = Callable[..., NewsSpider]


@pytest.fixture
def open_spider(tmp_path: Path) -> Iterator[Opener]:
    """Opens spiders with a run in `tmp_path/out`; closes what is open at the end."""
    opened: list[NewsSpider] = []

    def open_one(settings: dict[str, object] | None = None, **arguments: Any) -> Any:  # noqa: ANN401
        merged = Settings()
        merged.setmodule("crawler.settings", priority="project")
        given = {"COPYDESK_OUT": str(tmp_path / "out"), **(settings or {})}
        for name, value in {**get_reactor_settings(), **given}.items():
            merged.set(name, value, priority="cmdline")
        crawler = Crawler(NewsSpider, merged)
        arguments.setdefault("catalog", Catalog(()))
        crawler.spider = spider = NewsSpider.from_crawler(crawler, **arguments)
        crawler._apply_settings()
        opened.append(spider)
        return spider

    yield open_one
    for spider in opened:
        release(spider)


def release(spider: NewsSpider) -> None:
    """Let go of the folder as a killed process does."""
    run = spider.ledger
    run._thread.shutdown()
    run._archive.close()
    run._store.discard()
    run._resources.close()


def close(spider: NewsSpider, reason: str = "finished") -> Manifest:
    """Close the run of a spider; its manifest."""
    spider.frontier = Frontier(spider.ledger, max_out=1, budget=None)
    asyncio.run(spider.ledger.close(spider, reason))
    manifest = load_manifest(spider.ledger.out)
    assert manifest is not None
    return manifest


def discover(spider: NewsSpider, *names: str) -> None:
    """The pages have rows; the first one of a new folder is number 1."""
    pages = [
        NewPage(
            f"paper.example/{name}",
            "paper.example",
            f"https://paper.example/{name}",
            Discovery(source=SourceKind.FEED),
        )
        for name in names
    ]
    asyncio.run(spider.ledger.discover(pages))


def settle(spider: NewsSpider, number: int) -> Disposition:
    """The page was rejected."""
    return asyncio.run(spider.ledger.settle(number, rejection()))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "name a site"),
        ({"urls": " , "}, "name a site"),
        ({"urls": "paper.example"}, "not an http"),
        ({"urls": "file:///x"}, "not an http"),
        ({"urls": "https://me:secret@paper.example/"}, "user names and passwords"),
        ({"definition": definition()}, "no hosts or no sources"),
        (
            {
                "definition": definition(
                    hosts=(), sources=({"kind": "feed", "url": "/rss"},)
                )
            },
            "no hosts or no sources",
        ),
    ],
)
def test_spider_says_what_it_lacks(arguments: dict[str, Any], message: str) -> None:
    """Misuse is told before anything is asked."""
    with pytest.raises(UsageError, match=message):
        NewsSpider(catalog=Catalog(()), **arguments)


def test_unknown_site_is_told() -> None:
    """The catalogue's own error, which lists those that there are."""
    with pytest.raises(SiteDefinitionError, match="no site 'nowhere'"):
        NewsSpider(site="nowhere")


def test_site_is_taken_from_the_catalogue_that_ships() -> None:
    """`-a site=NAME` needs nothing else; addresses are each taken once."""
    spider = NewsSpider(site="maghress", urls="https://a.example/, https://a.example/")
    assert spider.definition is not None
    assert spider.definition.host == "maghress.com"
    assert spider.inputs == ("https://a.example/",)


def test_passwords_are_not_told() -> None:
    """The text of an error ends in a log."""
    with pytest.raises(UsageError) as caught:
        NewsSpider(catalog=Catalog(()), urls="https://me:secret@paper.example/")
    assert "secret" not in str(caught.value)


def archive_response(
    spider: NewsSpider,
    request: Request,
    body: bytes,
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Response:
    """Send an answer through the archive middleware."""

    async def pass_through() -> Response:
        middleware = ArchiveMiddleware.from_crawler(spider.crawler)
        await middleware.process_request(request)
        response = Response(request.url, status=status, body=body, headers=headers)
        return await middleware.process_response(request, response)

    return asyncio.run(pass_through())


def test_stale_answer_does_not_count(open_spider: Opener) -> None:
    """A retry or a redirect starts without the answer of the try before."""
    spider = open_spider(targets=(FEED,))
    request = Request("https://paper.example/a", meta={PURPOSE: Purpose.PAGE})
    archive_response(spider, request, b"busy", status=503)
    first = request.meta[ARCHIVED].page
    again = request.copy()
    archive_response(spider, again, b"", status=302, headers={"Location": "/b"})
    assert ARCHIVED not in again.meta
    redirected = again.replace(url="https://paper.example/b")
    archive_response(
        spider, redirected, article(1), headers={"Content-Type": "text/html"}
    )
    page = redirected.meta[ARCHIVED].page
    assert page != first
    assert (page.requested_url, page.url) == (
        "https://paper.example/a",
        "https://paper.example/b",
    )
    assert close(spider).other_records == {"redirect": 1, "retried": 1}


def test_body_is_archived_before_it_is_decoded(
    open_spider: Opener, tmp_path: Path
) -> None:
    """Bytes, status, headers and purpose are in the file when the answer is used."""
    spider = open_spider(targets=(FEED,))
    body = gzip.compress(article(1))
    request = Request("https://paper.example/a", meta={REQUESTED_URL: "https://x/"})
    headers = {"Content-Encoding": "gzip", "Content-Type": "text/html"}
    archive_response(spider, request, body, status=404, headers=headers)
    path = tmp_path / "out" / ARCHIVE_FOLDER
    (page,) = (
        each for each in read_path(str(path), LimitsConfig()) if isinstance(each, Page)
    )
    assert (page.body, page.http_status) == (article(1), 404)
    assert page.requested_url == "https://x/"


HEADERS = {"ETag": '"v1"', "Content-Type": "text/html"}


def visit(spider: NewsSpider, memory: Memory, **answer: Any) -> Request:  # noqa: ANN401
    """Page 1 is answered; its request."""
    request = Request("https://paper.example/a", meta={PAGE_NUMBER: 1, MEMORY: memory})
    archive_response(spider, request, **answer)
    return request


@pytest.mark.parametrize(
    ("answer", "is_revisit"),
    [
        ({"body": b"", "status": 304}, True),
        ({"body": article(1), "headers": HEADERS}, True),
        ({"body": article(2), "headers": HEADERS}, False),
        ({"body": article(1), "status": 404}, False),
    ],
)
def test_answer_that_is_known_is_a_revisit(
    open_spider: Opener, answer: dict[str, Any], *, is_revisit: bool
) -> None:
    """By status or by payload: it leaves no record, and is counted."""
    spider = open_spider(targets=(FEED,))
    discover(spider, "a")
    first = visit(spider, Memory(), body=article(1), headers=HEADERS).meta[ARCHIVED]
    assert first.memory.conditions == {"If-None-Match": '"v1"'}
    again = visit(spider, first.memory, **answer).meta[ARCHIVED]
    assert again.is_revisit is is_revisit
    if is_revisit:
        assert again.memory == first.memory
    manifest = close(spider)
    assert manifest.other_records == ({"revisit": 1} if is_revisit else {})
    assert manifest.counts.pending == (not is_revisit)


def test_answer_to_an_unconditional_request_is_never_a_revisit(
    open_spider: Opener,
) -> None:
    """A server that answers 304 unasked has told us nothing."""
    spider = open_spider(targets=(FEED,))
    discover(spider, "a")
    archived = visit(spider, Memory(), body=b"", status=304).meta[ARCHIVED]
    assert not archived.is_revisit
    assert archived.memory.conditions == {}
    assert close(spider).counts.pending == 1


def test_conditions_are_for_the_address_that_has_the_body(
    open_spider: Opener,
) -> None:
    """A redirect may lead elsewhere now: a 304 of that page would hide it."""
    spider = open_spider(targets=(FEED,))
    discover(spider, "a")
    known = visit(spider, Memory(), body=article(1), headers=HEADERS).meta[ARCHIVED]
    asked = Request("https://paper.example/a", meta={MEMORY: known.memory})
    middleware = ArchiveMiddleware(spider.crawler)
    asyncio.run(middleware.process_request(asked))
    assert asked.headers["If-None-Match"] == b'"v1"'
    led = asked.replace(url="https://paper.example/b")
    archive_response(spider, led, body=b"", status=304)
    assert "If-None-Match" not in led.headers
    assert not led.meta[ARCHIVED].is_revisit


@pytest.mark.parametrize(
    ("modified", "is_told"),
    [
        ("2024-09-03T11:00:00Z", True),
        ("2099-09-03T11:00:00Z", False),
        ("soon", False),
        (None, False),
    ],
)
def test_change_that_is_yet_to_come_is_none(
    open_spider: Opener, modified: str | None, *, is_told: bool
) -> None:
    """Else each look at the sitemap would have the page fetched again."""
    revisit = {"articles_after_hours": [1]}
    spider = open_spider(
        definition=definition(revisit=revisit), targets=("https://paper.example/",)
    )
    discovery = Discovery(source=SourceKind.SITEMAP, modified_raw=modified)
    page = spider._page("https://paper.example/a", discovery)
    assert (page.modified_at is not None) is is_told


def test_crawl_does_not_end_as_a_pause_does(open_spider: Opener) -> None:
    """A site whose pause is over since the frontier looked is asked, not forgotten."""
    spider = open_spider(targets=(FEED,))
    discover(spider, "a")
    frontier = Frontier(spider.ledger, max_out=1, budget=None)
    paper = spider.ledger.sites.of("paper.example")
    paper.not_before = spider.ledger.now().timestamp() + 60

    async def crawl() -> None:
        assert frontier.seconds_to_wait() is None
        await frontier.load()
        assert await frontier.take() == []
        assert 59 < (frontier.seconds_to_wait() or 0) <= 60
        paper.not_before = 0.0
        assert frontier.seconds_to_wait() == 0
        (page,) = await frontier.take()
        assert isinstance(page, PendingPage)
        assert frontier.seconds_to_wait() is None

    asyncio.run(crawl())


def test_nothing_is_written_after_an_error(
    open_spider: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A checkpoint behind one that failed would settle pages without their parts."""
    spider = open_spider({"COPYDESK_CHECKPOINT_PAGES": 1}, targets=(FEED,))
    discover(spider, "a", "b")
    run = spider.ledger
    ended: list[bool] = []
    monkeypatch.setattr(run, "_end_crawl", lambda: ended.append(True))
    write = run.state.settle

    def refuse_once(*arguments: Any) -> None:  # noqa: ANN401
        monkeypatch.setattr(run.state, "settle", write)
        raise OSError("disk full")

    monkeypatch.setattr(run.state, "settle", refuse_once)

    async def settle_both() -> list[object]:
        return await asyncio.gather(
            *(run.settle(number, rejection()) for number in (1, 2)),
            return_exceptions=True,
        )

    errors = asyncio.run(settle_both())
    assert [type(error) for error in errors] == [OSError, StoreError]
    assert ended == [True]
    assert run.state.counts().pending == 2


def rejection() -> Rejection:
    """Any rejection."""
    return Rejection(
        reason=RejectionReason.OFFSITE,
        url=None,
        requested_url=None,
        site=None,
        fetched_at=None,
        provenance=None,
    )


def test_checkpoint_comes_after_so_many_outcomes(open_spider: Opener) -> None:
    """Parts and counts are on disk while the run is at work."""
    told: list[int] = []
    spider = open_spider(
        {
            "COPYDESK_CHECKPOINT_PAGES": 2,
            "COPYDESK_ON_PROGRESS": lambda counts: told.append(counts.rejected),
        },
        targets=(FEED,),
    )
    discover(spider, "a", "b", "c")
    run = spider.ledger
    run._progress_at -= 60
    for number in (1, 2, 3):
        assert settle(spider, number) is Disposition.REJECTED
    manifest = load_manifest(run.out)
    assert manifest is not None
    assert (manifest.state, manifest.counts.rejected) == (RunState.RUNNING, 2)
    assert manifest.rejected_by_reason == {"offsite": 2}
    assert run.counts().rejected == 3
    assert close(spider).state is RunState.FINISHED
    assert told == [1, 3]


def test_next_session_goes_on_with_what_was_archived(
    open_spider: Opener, tmp_path: Path
) -> None:
    """Also after the folder was moved: pages are found beside the database."""
    spider = open_spider(targets=(FEED,))
    discover(spider, "a")
    visit(spider, Memory(), body=article(1))
    close(spider, "shutdown")
    (tmp_path / "out").rename(tmp_path / "moved")
    again = open_spider({"COPYDESK_OUT": str(tmp_path / "moved")}, targets=(FEED,))
    ((_, number, page),) = asyncio.run(again.ledger.archived(0, 10))
    assert number == 1
    assert Path(page.archive).parent == tmp_path / "moved" / ARCHIVE_FOLDER
    assert Path(page.archive).is_file()


def test_archive_that_is_damaged_in_the_middle_does_not_stop_the_crawl(
    open_spider: Opener, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is told; pages behind the damage are still there."""
    spider = open_spider(targets=(FEED,))
    for name in "abc":
        archive_response(spider, Request(f"https://paper.example/{name}"), article(1))
    release(spider)
    (path,) = (tmp_path / "out" / ARCHIVE_FOLDER).iterdir()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    with caplog.at_level(logging.WARNING):
        open_spider(targets=(FEED,))
    assert path.name in caplog.text


def test_folder_of_a_clean_run_is_refused(open_spider: Opener, tmp_path: Path) -> None:
    """Two commands do not mix their records."""
    spider = open_spider(targets=(FEED,))
    manifest = close(spider)
    other = tmp_path / "other"
    other.mkdir()
    write_manifest(other, manifest.model_copy(update={"command": "clean"}))
    with pytest.raises(StoreError, match="holds the output of `clean`"):
        open_spider({"COPYDESK_OUT": str(other)}, targets=(FEED,))


def test_folder_that_cannot_be_made_is_told(
    open_spider: Opener, tmp_path: Path
) -> None:
    """The error names the path."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be made"):
        open_spider({"COPYDESK_OUT": str(tmp_path / "file" / "x")}, targets=(FEED,))


def test_missing_part_is_told_and_the_folder_is_free_again(
    open_spider: Opener, tmp_path: Path
) -> None:
    """Records that vanished are not passed over; the lock does not stay."""
    spider = open_spider(targets=(FEED,))
    discover(spider, "b")
    settle(spider, 1)
    close(spider)
    (part,) = (tmp_path / "out" / "rejected").iterdir()
    part.rename(tmp_path / "aside")
    with pytest.raises(StoreError, match="it is gone"):
        open_spider(targets=(FEED,))
    (tmp_path / "aside").rename(part)
    open_spider(targets=(FEED,))


def test_configuration_is_taken_from_a_setting(open_spider: Opener) -> None:
    """As JSON or as a table; unknown fields are errors."""
    config = {"validation": {"min_text_chars": 7}}
    spider = open_spider({"COPYDESK_CONFIG": json.dumps(config)}, targets=(FEED,))
    assert spider.ledger.config.validation.min_text_chars == 7
    with pytest.raises(ValidationError):
        open_spider({"COPYDESK_CONFIG": {"no_such": 1}}, targets=(FEED,))


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"definition": definition(), "targets": (FEED,)}, "paper"),
        ({"targets": ("https://www.Paper.example/x",)}, "paper.example"),
        ({"targets": ("http://[::1]:8000/",)}, "_1"),
        ({"targets": ("http://../",)}, "unnamed"),
        ({"targets": ("http://..%2f..%2fetc/",)}, "2f..2fetc"),
    ],
)
def test_default_folder_stays_below_runs(arguments: dict[str, Any], name: str) -> None:
    """Whatever host is given, the folder is one name below `data/runs`."""
    spider = NewsSpider.__new__(NewsSpider)
    spider.definition = arguments.get("definition")
    spider.inputs = arguments["targets"]
    out = default_out(spider)
    assert out.parent == Path("data/runs")
    assert ".." not in out.parts
    assert out.name.replace("_", "") == name.replace("_", "")


def test_other_spiders_have_no_run() -> None:
    """The extension keeps out of their way, and says so when it is asked for."""
    crawler = get_crawler(Spider)
    with pytest.raises(NotConfigured):
        Run.from_crawler(crawler)
    with pytest.raises(NotConfigured, match="not among EXTENSIONS"):
        Run.of(crawler)


def test_run_with_pages_left_over_is_interrupted(open_spider: Opener) -> None:
    """However it ended: `finished` means that there is nothing to do, or to be done."""
    spider = open_spider(targets=(FEED,))
    discover(spider, "a")
    assert close(spider).state is RunState.INTERRUPTED


def test_error_leaves_pages_for_the_next_session(
    open_spider: Opener, caplog: pytest.LogCaptureFixture
) -> None:
    """What could not be stored is not settled, and nothing is stored behind it."""
    spider = open_spider(targets=(FEED,))
    discover(spider, "a", "b")
    run = spider.ledger
    run.error = OSError("disk full")
    with pytest.raises(StoreError, match="is being closed: disk full"):
        settle(spider, 1)
    manifest = close(spider)
    assert (manifest.state, manifest.counts.pending) == (RunState.RUNNING, 0)
    assert "disk full" not in caplog.text
    with pytest.raises(Exception, match="closed database"):
        run.state.counts()


def test_archive_that_cannot_be_closed_is_an_error(
    open_spider: Opener, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The run keeps the error for its caller, and the folder is free again."""
    spider = open_spider(targets=(FEED,))
    discover(spider, "a")
    settle(spider, 1)
    (tmp_path / "out" / "rejected" / "part-00001.jsonl.part").unlink()
    close(spider)
    assert isinstance(spider.ledger.error, OSError)
    assert "could not be closed" in caplog.text
    again = open_spider(targets=(FEED,))
    assert again.ledger.counts().pending == 1


def test_ids_are_random_uuids(open_spider: Opener) -> None:
    """Unless a setting names another source of ids."""
    spider = open_spider(targets=(FEED,))
    request = Request("https://paper.example/a")
    archive_response(spider, request, b"")
    record_id = request.meta[ARCHIVED].page.source.warc_record_id
    assert uuid.UUID(record_id.removeprefix("<urn:uuid:").rstrip(">")).version == 4
