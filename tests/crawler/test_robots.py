"""robots.txt: what its answers mean, and how often it is asked."""

import asyncio
import gzip
import math
from types import SimpleNamespace
from typing import Any

import pytest
from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.settings import Settings
from scrapy.statscollectors import MemoryStatsCollector
from scrapy.utils.test import get_crawler

from crawler.middlewares import origins
from crawler.middlewares.addresses import RefusedAddressError
from crawler.middlewares.archive import PURPOSE
from crawler.middlewares.politeness import SiteClosedError
from crawler.middlewares.robots import (
    MAX_CRAWL_DELAY_SECONDS,
    MAX_ROBOTS_BYTES,
    RobotsDisallowedError,
    RobotsMiddleware,
    RobotsUnreachableError,
    read_rules,
)
from pipelines.read.fetch_metadata import Purpose

URL = "https://paper.example/news/1"


def answer(status: int = 200, body: bytes = b"") -> Response:
    """An answer for robots.txt."""
    return Response("https://paper.example/robots.txt", status=status, body=body)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
def test_unavailable_robots_allow_everything(status: int) -> None:
    """RFC 9309 section 2.3.1.3."""
    rules = read_rules(answer(status))
    assert rules.parser is None
    assert rules.unreachable is None


@pytest.mark.parametrize("status", [429, 500, 503, 599, 301, 304, 100])
def test_unreachable_robots_forbid_everything(status: int) -> None:
    """RFC 9309 section 2.3.1.4; a redirect that leads nowhere counts as that."""
    assert read_rules(answer(status)).unreachable is not None


def test_rules_behind_the_limit_do_not_count() -> None:
    """500 KiB are read, a byte order mark and bad UTF-8 do no harm."""
    body = b"\xef\xbb\xbfUser-agent: *\nDisallow: /a\n# \xff\n"
    body += b"#" * MAX_ROBOTS_BYTES + b"\nDisallow: /b\n"
    parser = read_rules(answer(body=body)).parser
    assert parser is not None
    assert not parser.can_fetch("https://paper.example/a", "Copydesk")
    assert parser.can_fetch("https://paper.example/b", "Copydesk")


class Downloader:
    """As much of Scrapy's downloader as a crawl delay touches."""

    def __init__(self) -> None:
        self.slots = {"paper.example": SimpleNamespace(delay=2.0)}
        self.per_slot_settings: dict[str, dict[str, Any]] = {}

    def get_slot_key(self, request: Request) -> str:
        """As Scrapy names it."""
        return request.url.split("/")[2]


class Engine:
    """Answers robots.txt as told, and counts."""

    def __init__(self, result: Response | Exception) -> None:
        self.result = result
        self.asked: list[Request] = []
        self.downloader = Downloader()

    async def download_async(self, request: Request) -> Response:
        """As the engine does, after a while."""
        self.asked.append(request)
        await asyncio.sleep(0)
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


def make(result: Response | Exception) -> tuple[RobotsMiddleware, Engine]:
    """A middleware whose network gives `result`."""
    engine = Engine(result)
    settings = Settings({"COPYDESK_ROBOTS_AGENT": "Copydesk", "DOWNLOAD_DELAY": 2.0})
    crawler: Any = SimpleNamespace(settings=settings, engine=engine)
    crawler.stats = MemoryStatsCollector(get_crawler())
    return RobotsMiddleware.from_crawler(crawler), engine


def ask(middleware: RobotsMiddleware, *requests: Request) -> list[BaseException | None]:
    """What becomes of requests that come at the same time."""

    async def together() -> list[BaseException | None]:
        waiting = (middleware.process_request(request) for request in requests)
        return await asyncio.gather(*waiting, return_exceptions=True)

    return asyncio.run(together())


def test_requests_that_come_together_cost_one_fetch() -> None:
    """All wait for the one answer of their origin; another port is another origin."""
    middleware, engine = make(answer(404))
    requests = [Request(f"{URL}{number}") for number in range(5)]
    assert (
        ask(middleware, *requests, Request("https://paper.example:444/")) == [None] * 6
    )
    assert [request.url for request in engine.asked] == [
        "https://paper.example/robots.txt",
        "https://paper.example:444/robots.txt",
    ]


def test_rules_are_asked_again_after_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 9309 section 2.4: no cached version for more than 24 hours."""
    middleware, engine = make(answer(404))

    async def twice() -> None:
        await middleware.process_request(Request(URL))
        await middleware.process_request(Request(URL))
        assert len(engine.asked) == 1
        monkeypatch.setattr(origins, "KEPT_SECONDS", -1.0)
        await middleware.process_request(Request(URL))

    asyncio.run(twice())
    assert len(engine.asked) == 2


def test_robots_request_is_not_held_against_itself() -> None:
    """A request for robots.txt passes; it follows five redirects."""
    middleware, engine = make(answer(404))
    assert ask(middleware, Request(URL, meta={PURPOSE: Purpose.ROBOTS})) == [None]
    assert engine.asked == []
    ask(middleware, Request(URL))
    assert engine.asked[0].meta["redirect_ttl"] == 5
    assert engine.asked[0].meta[PURPOSE] is Purpose.ROBOTS


def test_forbidden_address_raises() -> None:
    """Our own group wins over the group for all."""
    body = b"User-agent: *\nDisallow:\n\nUser-agent: copydesk\nDisallow: /news\n"
    middleware, _ = make(answer(body=body))
    forbidden, allowed = ask(middleware, Request(URL), Request("https://paper.example"))
    assert isinstance(forbidden, RobotsDisallowedError)
    assert allowed is None


@pytest.mark.parametrize(
    ("result", "error"),
    [
        (answer(503), RobotsUnreachableError),
        (OSError("no route"), RobotsUnreachableError),
        (IgnoreRequest("max redirections reached"), RobotsUnreachableError),
        (RefusedAddressError("private"), RefusedAddressError),
    ],
)
def test_what_cannot_be_read_forbids(
    result: Response | Exception, error: type[Exception]
) -> None:
    """Errors of any kind close the origin; a private one says that it is private."""
    middleware, _ = make(result)
    (raised,) = ask(middleware, Request(URL))
    assert type(raised) is error


def test_rules_of_a_site_that_is_left_alone_are_asked_another_time() -> None:
    """Nothing was sent, so nothing is known."""
    middleware, engine = make(SiteClosedError("paused"))
    (raised,) = ask(middleware, Request(URL))
    assert type(raised) is SiteClosedError
    engine.result = answer(body=b"")
    assert ask(middleware, Request(URL)) == [None]


def test_compressed_rules_are_read() -> None:
    """The downloader decodes nothing."""
    body = gzip.compress(b"User-agent: *\nDisallow: /")
    response = answer(body=body)
    response.headers["Content-Encoding"] = "gzip"
    middleware, _ = make(response)
    (raised,) = ask(middleware, Request(URL))
    assert type(raised) is RobotsDisallowedError


@pytest.mark.parametrize(
    ("delay", "expected"),
    [
        ("10", 10.0),
        ("1", 2.0),
        ("inf", 2.0),
        ("soon", 2.0),
        ("1000000", MAX_CRAWL_DELAY_SECONDS),
    ],
)
def test_longer_pause_counts(delay: str, expected: float) -> None:
    """`Crawl-delay` can make us slower, never faster, and AutoThrottle keeps off."""
    body = f"User-agent: *\nCrawl-delay: {delay}\n".encode()
    middleware, engine = make(answer(body=body))
    request = Request(URL)
    assert ask(middleware, request) == [None]
    assert engine.downloader.slots["paper.example"].delay == expected
    kept = engine.downloader.per_slot_settings.get("paper.example", {})
    assert kept.get("delay", 2.0) == expected
    adjusted = "autothrottle_dont_adjust_delay" not in request.meta
    assert adjusted == math.isclose(expected, 2.0)


def test_pause_is_of_the_site_that_asks_for_it() -> None:
    """Not of the one that redirected to it."""
    middleware, engine = make(answer(body=b"User-agent: *\nCrawl-delay: 10\n"))
    led = Request(URL, meta={"download_slot": "other.example"})
    assert ask(middleware, led) == [None]
    assert engine.downloader.per_slot_settings == {"paper.example": {"delay": 10.0}}


def test_pause_is_kept_for_a_slot_that_is_made_later() -> None:
    """Scrapy drops idle slots: the next one begins with the site's pause."""
    middleware, engine = make(answer(body=b"User-agent: *\nCrawl-delay: 10\n"))
    engine.downloader.slots.clear()
    ask(middleware, Request(URL))
    assert engine.downloader.per_slot_settings == {"paper.example": {"delay": 10.0}}
