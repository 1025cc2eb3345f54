"""The spider and its run, as far as they work without a network."""

import asyncio
import gzip
import json
import logging
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import ValidationError
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest, NotConfigured
from scrapy.http import HtmlResponse, Response
from scrapy.settings import Settings
from scrapy.spiders import Spider
from scrapy.utils.test import get_crawler, get_reactor_settings

from crawler.catalog import Catalog
from crawler.extensions.run import ARCHIVE_FOLDER, Run, default_out
from crawler.middlewares.archive import (
    ARCHIVED_PAGE,
    PURPOSE,
    REQUESTED_URL,
    ArchiveMiddleware,
)
from crawler.spiders.news import NewsSpider
from pipelines.item_pipelines import PageItem
from pipelines.manifest import load_manifest, write_manifest
from pipelines.read import read_path
from pipelines.read.fetch_metadata import Purpose
from schemas.config import LimitsConfig
from schemas.errors import SiteDefinitionError, StoreError, UsageError
from schemas.manifest import Disposition, Manifest, RunState
from schemas.page import Page, SourceKind
from schemas.rejection import Rejection, RejectionReason
from schemas.site import SiteDefinition
from tests.crawler.news_server import article, feed

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
    spider.ledger._archive.close()
    spider.ledger._store.discard()
    spider.ledger.state.close()


def close(spider: NewsSpider, reason: str = "finished") -> Manifest:
    """Close the run of a spider; its manifest."""
    spider.ledger.close(spider, reason)
    manifest = load_manifest(spider.ledger.out)
    assert manifest is not None
    return manifest


def outputs(spider: NewsSpider) -> list[Any]:
    """All that `start()` gives."""

    async def collect() -> list[Any]:
        return [output async for output in spider.start()]

    return asyncio.run(collect())


def read_source(
    spider: NewsSpider, response: Response, kind: SourceKind, depth: int = 0
) -> list[Any]:
    """All that the spider makes of a source."""

    async def collect() -> list[Any]:
        parsed = spider.parse_source(response, kind, depth)
        return [output async for output in parsed]

    return asyncio.run(collect())


def read_feed(spider: NewsSpider, *urls: str) -> list[Any]:
    """What the spider makes of a feed with those links."""
    response = Response(FEED, body=feed(*urls).body, request=Request(FEED))
    return read_source(spider, response, SourceKind.FEED)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "name a site"),
        ({"urls": " , "}, "name a site"),
        ({"urls": "paper.example"}, "not an http"),
        ({"urls": "file:///x"}, "not an http"),
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


def test_sources_of_the_site_are_asked_in_order(open_spider: Opener) -> None:
    """Paths are joined to `https://` and the first host; each is asked once."""
    sources = (
        {"kind": "feed", "url": "/rss"},
        {"kind": "section", "url": "http://paper.example/front"},
        {"kind": "feed", "url": "/rss"},
    )
    spider = open_spider(definition=definition(sources=sources))
    asked = outputs(spider)
    assert [request.url for request in asked] == [
        "https://paper.example/rss",
        "http://paper.example/front",
    ]
    assert all(request.meta[PURPOSE] is Purpose.DISCOVERY for request in asked)


def test_root_of_a_host_is_a_source_and_no_page(open_spider: Opener) -> None:
    """A front page is never an article, whatever the extractor would make of it."""
    (request,) = outputs(open_spider(targets=("https://paper.example",)))
    assert request.meta[PURPOSE] is Purpose.DISCOVERY


def test_addresses_replace_the_sources_of_the_site(open_spider: Opener) -> None:
    """With both, the site's rules hold and its own sources are left alone."""
    sources = ({"kind": "feed", "url": "/rss"},)
    spider = open_spider(
        definition=definition(sources=sources), targets=("https://paper.example/a",)
    )
    (request,) = outputs(spider)
    assert request.url == "https://paper.example/a"
    assert request.meta[PURPOSE] is Purpose.PAGE


def test_pause_of_the_site_is_kept_unless_one_is_given(open_spider: Opener) -> None:
    """The definition's delay counts, a delay on the command line counts more."""
    slow = definition(delay_seconds=7.0)
    spider = open_spider(definition=slow, targets=(FEED,))
    assert spider.crawler.settings.getfloat("DOWNLOAD_DELAY") == 7.0
    assert spider.crawler.settings.getint("CONCURRENT_REQUESTS") == 2
    release(spider)
    given = {"DOWNLOAD_DELAY": 1.0}
    spider = open_spider(given, definition=slow, targets=(FEED,))
    assert spider.crawler.settings.getfloat("DOWNLOAD_DELAY") == 1.0


def test_address_of_a_known_site_brings_its_pause(open_spider: Opener) -> None:
    """Also without `site`, the catalogue's definition of the host is kept to."""
    catalog = Catalog((definition(delay_seconds=9.0),))
    spider = open_spider(targets=(FEED,), catalog=catalog)
    assert spider.crawler.settings.getfloat("DOWNLOAD_DELAY") == 9.0


def test_entries_of_relatives_pass_and_others_are_offsite(open_spider: Opener) -> None:
    """Without a site, a feed may name pages of its own host and its relatives."""
    spider = open_spider(targets=(FEED,))
    first, second = read_feed(
        spider, "https://news.paper.example/a", "https://other.example/b"
    )
    assert isinstance(first, Request)
    assert isinstance(second, PageItem)
    assert isinstance(second.result, Rejection)
    assert second.result.reason is RejectionReason.OFFSITE


def test_window_bounds_what_is_asked_at_a_time(open_spider: Opener) -> None:
    """Of 150 entries 100 are asked for; each answer makes room for one more."""
    spider = open_spider(targets=(FEED,))
    asked = read_feed(spider, *(f"https://paper.example/{n}" for n in range(150)))
    assert len(asked) == 100
    assert spider._fill() == []
    request = asked[0]
    failure = failed(request, IgnoreRequest("x"))
    item, following = list[Any](spider.fail_page(failure))
    assert isinstance(item, PageItem)
    assert isinstance(following, Request)
    assert following.url == "https://paper.example/100"


def failed(request: Request, error: Exception) -> Any:  # noqa: ANN401
    """A failure as Scrapy gives it to an errback."""
    from twisted.python.failure import Failure

    failure = Failure(error)  # type: ignore[no-untyped-call] # Twisted has no types here
    failure.request = request  # type: ignore[attr-defined]
    return failure


def test_page_that_was_never_asked_for_costs_no_budget(open_spider: Opener) -> None:
    """`max_pages` counts what was fetched: a refusal makes room for another page."""
    spider = open_spider({"COPYDESK_MAX_PAGES": 1}, targets=(FEED,))
    (request,) = read_feed(spider, "https://paper.example/a", "https://paper.example/b")
    _, following = list[Any](spider.fail_page(failed(request, IgnoreRequest("robots"))))
    assert following.url == "https://paper.example/b"
    only_item = list(spider.fail_page(failed(following, OSError("gone"))))
    assert [type(each) for each in only_item] == [PageItem]


def test_page_refused_at_a_redirect_was_asked_for(open_spider: Opener) -> None:
    """Its redirect was fetched, so it counts."""
    spider = open_spider({"COPYDESK_MAX_PAGES": 1}, targets=(FEED,))
    (request,) = read_feed(spider, "https://paper.example/a", "https://paper.example/b")
    request.meta["redirect_times"] = 1
    (item,) = list[Any](spider.fail_page(failed(request, IgnoreRequest("offsite"))))
    assert item.number == 1


@pytest.mark.parametrize(
    ("url", "is_read_again"),
    [
        ("https://paper.example/sport", True),
        ("https://paper.example/news/7", False),
        ("https://other.example/front", True),
        ("https://other.example/the-mayor-and-the-harbour", False),
    ],
)
def test_front_pages_are_read_again(
    open_spider: Opener, url: str, *, is_read_again: bool
) -> None:
    """In a second session a settled front page is a source, an article is not."""
    catalog = Catalog((definition(article_urls=("/news/#",)),))
    spider = open_spider(targets=(url,), catalog=catalog)
    outputs(spider)
    spider.ledger.settle(1, rejection())
    close(spider)
    again = outputs(open_spider(targets=(url,), catalog=catalog))
    assert [request.meta[PURPOSE] for request in again] == [
        Purpose.DISCOVERY
    ] * is_read_again


def test_without_our_robots_middleware_no_sitemaps_are_known(
    open_spider: Opener,
) -> None:
    """Who takes the middleware out gets a crawl without it, not an error."""
    spider = open_spider(targets=(FEED,))
    downloader = SimpleNamespace(middleware=SimpleNamespace(middlewares=()))
    engine: Any = SimpleNamespace(downloader=downloader)
    spider.crawler.engine = engine
    assert asyncio.run(spider._sitemaps_of("https://paper.example/")) == ()


def test_answer_that_scrapy_cannot_decode_goes_to_the_worker(
    open_spider: Opener,
) -> None:
    """It is in the archive, so our own reader decides what it is."""
    spider = open_spider(targets=(FEED,))
    (request,) = read_feed(spider, "https://paper.example/a")
    archive_response(spider, request, b"\x1f\x8bbroken")
    (item,) = list[Any](spider.fail_page(failed(request, ValueError("bad gzip"))))
    assert item.result is request.meta[ARCHIVED_PAGE]
    assert close(spider).counts.pending == 1


def archive_response(
    spider: NewsSpider,
    request: Request,
    body: bytes,
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Response:
    """Send an answer through the archive middleware."""
    middleware = ArchiveMiddleware.from_crawler(spider.crawler)
    middleware.process_request(request)
    response = Response(request.url, status=status, body=body, headers=headers)
    return middleware.process_response(request, response)


def test_stale_answer_does_not_count(open_spider: Opener) -> None:
    """A retry or a redirect starts without the answer of the try before."""
    spider = open_spider(targets=(FEED,))
    request = Request("https://paper.example/a", meta={PURPOSE: Purpose.PAGE})
    archive_response(spider, request, b"busy", status=503)
    first = request.meta[ARCHIVED_PAGE]
    again = request.copy()
    archive_response(spider, again, b"", status=302, headers={"Location": "/b"})
    assert ARCHIVED_PAGE not in again.meta
    redirected = again.replace(url="https://paper.example/b")
    archive_response(
        spider, redirected, article(1), headers={"Content-Type": "text/html"}
    )
    page = redirected.meta[ARCHIVED_PAGE]
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


def test_start_page_names_feeds_and_is_handed_in(open_spider: Opener) -> None:
    """An HTML page that was given is a page, and its feeds are asked for."""
    start = "https://paper.example/story-about-2024"
    spider = open_spider(targets=(start,))
    (request,) = outputs(spider)
    head = "<link rel='alternate' type='application/rss+xml' href='/feed'>"
    archive_response(spider, request, b"")
    response = HtmlResponse(
        start, body=article(1, head=head), encoding="utf-8", request=request
    )

    async def collect() -> list[Any]:
        return [each async for each in spider.parse_start(response, 1)]

    source, item = asyncio.run(collect())
    assert source.url == FEED
    assert isinstance(item, PageItem)


def test_given_feed_is_no_page(open_spider: Opener) -> None:
    """It is forgotten as a page, counted apart, and costs no budget."""
    spider = open_spider({"COPYDESK_MAX_PAGES": 1}, targets=(FEED,))
    (request,) = outputs(spider)
    archive_response(spider, request, b"")
    body = feed("https://paper.example/a").body
    response = Response(FEED, body=body, request=request)

    async def collect() -> list[Any]:
        return [each async for each in spider.parse_start(response, 1)]

    (page,) = asyncio.run(collect())
    assert page.url == "https://paper.example/a"
    manifest = close(spider)
    assert manifest.other_records == {"not-html": 1}
    assert manifest.counts.seen == 1
    assert manifest.counts.pending == 1
    assert manifest.state is RunState.FINISHED


def test_sitemap_indexes_are_followed_two_levels(open_spider: Opener) -> None:
    """An index of an index of an index is not read any more."""
    spider = open_spider(targets=(FEED,))
    index = b"<sitemapindex><sitemap><loc>/%d.xml</loc></sitemap></sitemapindex>"
    asked = []
    for depth in range(3):
        response = Response(FEED, body=index % depth, request=Request(FEED))
        asked.append(len(read_source(spider, response, SourceKind.SITEMAP, depth)))
    assert asked == [1, 1, 0]


def test_unread_sources_are_counted(open_spider: Opener) -> None:
    """A status, an error and a page that is no feed each have a stat of their own."""
    spider = open_spider(targets=(FEED,))
    request = Request(FEED)
    gone = Response(FEED, status=410, request=request)
    html = Response(FEED, body=b"<html>sorry</html>", request=request)
    for response in (gone, html):
        assert read_source(spider, response, SourceKind.FEED) == []
    assert list(spider.fail_source(failed(request, OSError("gone")))) == []
    stats = spider.crawler.stats.get_stats()
    assert stats["news/discover/unread/status-410"] == 1
    assert stats["news/discover/unread/OSError"] == 1
    assert stats["news/discover/damaged/feed"] == 1
    assert spider.ledger.sources_read == 0


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
    read_feed(spider, *(f"https://paper.example/{n}" for n in range(3)))
    run = spider.ledger
    run._progress_at -= 60
    for number in (1, 2, 3):
        assert run.settle(number, rejection()) is Disposition.REJECTED
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
    (request,) = read_feed(spider, "https://paper.example/a")
    archive_response(spider, request, article(1))
    list(spider.parse_page(Response(request.url, request=request), 1))
    close(spider, "shutdown")
    (tmp_path / "out").rename(tmp_path / "moved")
    again = open_spider({"COPYDESK_OUT": str(tmp_path / "moved")}, targets=(FEED,))
    ((number, page),) = again.ledger.archived_pages()
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
    close(spider, "shutdown")
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
    read_feed(spider, "https://other.example/b")
    spider.ledger.settle(1, rejection())
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
    read_feed(spider, "https://paper.example/a")
    assert close(spider).state is RunState.INTERRUPTED


def test_error_leaves_pages_for_the_next_session(
    open_spider: Opener, caplog: pytest.LogCaptureFixture
) -> None:
    """What could not be stored is not settled, and nothing is stored behind it."""
    spider = open_spider(targets=(FEED,))
    read_feed(spider, "https://other.example/a", "https://other.example/b")
    run = spider.ledger
    run.error = OSError("disk full")
    with pytest.raises(StoreError, match="is being closed: disk full"):
        run.settle(1, rejection())
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
    read_feed(spider, "https://other.example/a")
    spider.ledger.settle(1, rejection())
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
    record_id = request.meta[ARCHIVED_PAGE].source.warc_record_id
    assert uuid.UUID(record_id.removeprefix("<urn:uuid:").rstrip(">")).version == 4
