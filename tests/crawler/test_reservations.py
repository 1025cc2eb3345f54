"""Opt-outs of a site in a crawl: asked once, recorded with the page, obeyed if told."""

import asyncio
import gzip
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from scrapy import Request
from scrapy.http import Response
from scrapy.settings import Settings
from scrapy.statscollectors import MemoryStatsCollector
from scrapy.utils.test import get_crawler

from crawler.extensions.run import Run
from crawler.middlewares.archive import OPT_OUTS, PURPOSE
from crawler.middlewares.politeness import SiteClosedError
from crawler.middlewares.reservations import (
    MAX_TDMREP_BYTES,
    TDMREP_PATH,
    OptedOutError,
    ReservationsMiddleware,
    read_answer,
)
from crawler.middlewares.robots import RobotsMiddleware, RobotsRules, read_rules
from pipelines.opt_outs import is_reserved
from pipelines.process import process_page
from pipelines.read import read_path
from pipelines.read.fetch_metadata import Purpose
from schemas.config import OptOutKind, OptOutsConfig, PipelineConfig
from schemas.page import Page
from tests.crawler.news_server import Answer, NewsServer, article, serving
from tests.crawler.runner import crawl, records

ORIGIN = "https://paper.example"
URL = f"{ORIGIN}/news/1"
RESERVED = b'[{"location": "/news/", "tdm-reservation": 1}]'
ROBOTS = b"User-agent: GPTBot\nDisallow: /\n\nUser-agent: CCBot\nDisallow: /news/2\n"


def answer(
    body: bytes = RESERVED, status: int = 200, coding: str = "identity"
) -> Response:
    """An answer for tdmrep.json."""
    headers = {"Content-Encoding": coding}
    return Response(f"{ORIGIN}{TDMREP_PATH}", status, headers, body)


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (answer(), True),
        (answer(gzip.compress(RESERVED), coding="gzip"), True),
        (answer(status=404), False),
        (answer(status=503), False),
        (answer(status=301), False),
        (answer(b"<html>not found</html>"), False),
        (answer(RESERVED + b" " * MAX_TDMREP_BYTES), True),
        (answer(b" " * MAX_TDMREP_BYTES + RESERVED), False),
    ],
)
def test_what_an_answer_for_tdmrep_json_reserves(
    response: Response, *, expected: bool
) -> None:
    """Only what a 2xx answer says within the limit of bytes."""
    assert is_reserved(read_answer(response), URL) is expected


class Engine:
    """Answers as told, and counts."""

    def __init__(self, result: Response | Exception) -> None:
        self.result = result
        self.asked: list[Request] = []

    async def download_async(self, request: Request) -> Response:
        """As the engine does, after a while."""
        self.asked.append(request)
        await asyncio.sleep(0)
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


class Robots:
    """A robots middleware that knows its rules."""

    async def rules_for(self, _url: str) -> RobotsRules:
        """The rules of every origin."""
        return read_rules(Response(f"{ORIGIN}/robots.txt", body=ROBOTS))


def make(
    result: Response | Exception, *obey: OptOutKind, reads_tdmrep: bool = True
) -> tuple[ReservationsMiddleware, Engine]:
    """A middleware whose network gives `result`."""
    engine = Engine(result)
    config = PipelineConfig(opt_outs=OptOutsConfig(obey=obey))
    parts = {RobotsMiddleware: Robots(), Run: SimpleNamespace(config=config)}
    crawler: Any = SimpleNamespace(
        settings=Settings({"COPYDESK_READ_TDMREP": reads_tdmrep}),
        engine=engine,
        stats=MemoryStatsCollector(get_crawler()),
        get_downloader_middleware=parts.get,
        get_extension=parts.get,
    )
    return ReservationsMiddleware.from_crawler(crawler), engine


def ask(
    middleware: ReservationsMiddleware, *requests: Request
) -> list[BaseException | None]:
    """What becomes of requests that come at the same time."""

    async def together() -> list[BaseException | None]:
        waiting = (middleware.process_request(request) for request in requests)
        return await asyncio.gather(*waiting, return_exceptions=True)

    return asyncio.run(together())


def test_each_origin_is_asked_once() -> None:
    """By a request that says what it is for, and is not told what a page may weigh."""
    middleware, engine = make(answer())
    requests = [Request(f"{ORIGIN}/news/{number}") for number in (1, 2)]
    other = Request("https://paper.example:444/sport/1")
    assert ask(middleware, *requests, other) == [None] * 3
    assert [request.url for request in engine.asked] == [
        f"{ORIGIN}{TDMREP_PATH}",
        f"https://paper.example:444{TDMREP_PATH}",
    ]
    assert engine.asked[0].meta[PURPOSE] is Purpose.RESERVATIONS
    assert engine.asked[0].meta["download_maxsize"] == MAX_TDMREP_BYTES
    assert [request.meta[OPT_OUTS] for request in (*requests, other)] == [
        ("robots:GPTBot", "tdm-reservation"),
        ("robots:CCBot", "robots:GPTBot", "tdm-reservation"),
        ("robots:GPTBot",),
    ]


def test_opt_outs_after_a_redirect_are_those_of_its_target() -> None:
    """What was known of the first address does not follow the request."""
    middleware, _ = make(answer())
    request = Request(f"{ORIGIN}/a", meta={OPT_OUTS: ("robots:CCBot",)})
    assert ask(middleware, request) == [None]
    assert request.meta[OPT_OUTS] == ("robots:GPTBot",)


@pytest.mark.parametrize("purpose", set(Purpose) - {Purpose.PAGE})
def test_only_pages_are_looked_at(purpose: Purpose) -> None:
    """Sources are not what a model is trained on, and the files ask for no others."""
    middleware, engine = make(answer(), *OptOutKind)
    request = Request(URL, meta={PURPOSE: purpose})
    assert ask(middleware, request) == [None]
    assert not engine.asked
    assert OPT_OUTS not in request.meta


def test_tdmrep_json_may_be_left_alone() -> None:
    """By a setting; robots.txt is there anyway."""
    middleware, engine = make(answer(), reads_tdmrep=False)
    request = Request(URL)
    ask(middleware, request)
    assert not engine.asked
    assert request.meta[OPT_OUTS] == ("robots:GPTBot",)


def test_what_cannot_be_had_reserves_nothing() -> None:
    """And is not asked for again."""
    middleware, engine = make(OSError("no route"))
    request = Request(URL)
    assert ask(middleware, request) == [None]
    assert ask(middleware, request) == [None]
    assert request.meta[OPT_OUTS] == ("robots:GPTBot",)
    assert len(engine.asked) == 1


def test_site_that_is_left_alone_is_asked_later() -> None:
    """Nothing was sent, so nothing is known: the page waits, too."""
    middleware, engine = make(SiteClosedError("paused"))
    request = Request(URL)
    assert [type(each) for each in ask(middleware, request)] == [SiteClosedError]
    engine.result = answer()
    assert ask(middleware, request) == [None]
    assert "tdm-reservation" in request.meta[OPT_OUTS]


@pytest.mark.parametrize(
    ("obey", "refusal"),
    [
        ((), None),
        ((OptOutKind.META, OptOutKind.HEADER), None),
        ((OptOutKind.ROBOTS,), "robots:GPTBot"),
        ((OptOutKind.TDM_RESERVATION,), "tdm-reservation"),
        (tuple(OptOutKind), "robots:GPTBot tdm-reservation"),
    ],
)
def test_pages_are_not_asked_for_if_that_is_obeyed(
    obey: tuple[OptOutKind, ...], refusal: str | None
) -> None:
    """With the words that were obeyed."""
    middleware, _ = make(answer(), *obey)
    (error,) = ask(middleware, Request(URL))
    assert (str(error) if isinstance(error, OptedOutError) else error) == refusal


@pytest.fixture
def server() -> Iterator[NewsServer]:
    """A site on loopback with opt-outs in all places."""
    with serving() as running:
        running.routes["/robots.txt"] = Answer(
            b"User-agent: GPTBot\nDisallow: /story\n"
        )
        running.routes[TDMREP_PATH] = Answer(
            b'[{"location": "/story-2", "tdm-reservation": 1}]'
        )
        running.routes["/story-1"] = Answer(
            article(1, head='<meta name="robots" content="noai">'),
            headers={"X-Robots-Tag": "noimageai"},
        )
        running.routes["/old-2"] = Answer(status=301, headers={"Location": "/story-2"})
        running.routes["/story-2"] = Answer(article(2))
        running.routes["/free-3"] = Answer(article(3))
        yield running


PATHS = ("/story-1", "/old-2", "/free-3")


def test_a_replay_gives_the_opt_outs_of_the_crawl(
    tmp_path: Path, server: NewsServer
) -> None:
    """Those of robots.txt and tdmrep.json stand in the archive, beside the page."""
    targets = [f"{server.url}{path}" for path in PATHS]
    manifest = crawl(tmp_path, *targets).manifest
    live = {each["id"]: each for each in records(tmp_path, "articles")}
    assert {
        each["url"].removeprefix(server.url): each["opt_outs"] for each in live.values()
    } == {
        "/story-1": ["header:noimageai", "meta:noai", "robots:GPTBot"],
        "/story-2": ["robots:GPTBot", "tdm-reservation"],
        "/free-3": [],
    }
    assert manifest["other_records"]["tdmrep"] == server.hits[TDMREP_PATH] == 1
    config = PipelineConfig()
    pages = read_path(str(tmp_path / "archive"), config.limits)
    for page in (each for each in pages if isinstance(each, Page)):
        again = process_page(page, None, None, config).model_dump(mode="json")
        once = live.pop(again["id"])
        assert again | {"provenance": None} == once | {"provenance": None}
    assert not live


def test_opt_outs_are_obeyed(tmp_path: Path, server: NewsServer) -> None:
    """What is known before is not asked for; the rest is rejected by what it says."""
    server.routes["/free-4"] = Answer(article(4), headers={"TDM-Reservation": "1"})
    targets = [f"{server.url}{path}" for path in (*PATHS, "/free-4")]
    config = {"opt_outs": {"obey": ["robots", "tdm-reservation"]}}
    manifest = crawl(tmp_path, *targets, config=config).manifest
    assert manifest["rejected_by_reason"] == {"opted-out": 3}
    assert {
        each["requested_url"].removeprefix(server.url): each["detail"]
        for each in records(tmp_path, "rejected")
    } == {
        "/story-1": "robots:GPTBot",
        "/old-2": "robots:GPTBot tdm-reservation",
        "/free-4": "tdm-reservation",
    }
    assert not {"/story-1", "/story-2"} & set(server.hits)
    assert manifest["counts"]["articles"] == 1
