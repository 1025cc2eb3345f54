"""Opt-outs: what a page and its site say against AI training and data mining."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from protego import Protego

from pipelines.archive import ArchiveWriter, Fetch
from pipelines.opt_outs import (
    AGENTS,
    add_header_opt_outs,
    add_meta_opt_outs,
    is_reserved,
    obeyed,
    opted_out_agents,
    read_tdmrep,
)
from pipelines.process import process_page
from pipelines.read import read_path
from pipelines.read.fetch_metadata import (
    FetchMetadata,
    Purpose,
    parse_fetch_metadata,
)
from schemas.article import Article
from schemas.config import OptOutKind, OptOutsConfig, PipelineConfig
from schemas.page import Page
from schemas.rejection import Rejection, RejectionReason

URL = "https://news.example/2024/story"


@pytest.mark.parametrize(
    ("robots", "agents"),
    [
        ("", ()),
        ("User-agent: GPTBot\nDisallow: /", ("GPTBot",)),
        ("User-agent: GPTBot\nDisallow: /2023/", ()),
        ("User-agent: ccbot\nUser-agent: GPTBot\nDisallow: /", ("CCBot", "GPTBot")),
        ("User-agent: *\nDisallow: /", tuple(sorted(AGENTS))),
        ("User-agent: Otherbot\nDisallow: /", ()),
    ],
)
def test_agents_that_robots_txt_forbids_the_page(
    robots: str, agents: tuple[str, ...]
) -> None:
    """Only those count that the rules keep from this very address."""
    assert opted_out_agents(Protego.parse(robots), URL) == agents


@pytest.mark.parametrize(
    ("known", "headers", "expected"),
    [
        ((), (), ()),
        (("robots:GPTBot",), (), ("robots:GPTBot",)),
        ((), (("X-Robots-Tag", "noai,nofollow"),), ("header:noai",)),
        ((), (("x-robots-tag", "*: NoImageAI"),), ("header:noimageai",)),
        ((), (("x-robots-tag", "gptbot: noindex, noai"),), ("header:noai",)),
        ((), (("x-robots-tag", "otherbot: noindex, noai"),), ()),
        ((), (("x-robots-tag", "otherbot: noindex, ccbot: noai"),), ("header:noai",)),
        ((), (("x-robots-tag", "max-snippet: 9, noai"),), ("header:noai",)),
        (
            (),
            (("x-robots-tag", "unavailable_after: Mon, 1 Jul 2024 08:15:00, noai"),),
            ("header:noai",),
        ),
        ((), (("Robots", "noai"),), ()),
        ((), (("TDM-Reservation", "1"),), ("tdm-reservation",)),
        (("tdm-reservation",), (("tdm-reservation", "0"),), ()),
        (("tdm-reservation",), (("tdm-reservation", "x"),), ("tdm-reservation",)),
    ],
)
def test_opt_outs_of_the_headers(
    known: tuple[str, ...],
    headers: tuple[tuple[str, str], ...],
    expected: tuple[str, ...],
) -> None:
    """Directives count for all agents or those of AI, and go before tdmrep.json."""
    assert add_header_opt_outs(known, headers) == expected


@pytest.mark.parametrize(
    ("known", "meta", "expected"),
    [
        ((), {}, ()),
        (("robots:CCBot",), {"robots": ["noai"]}, ("meta:noai", "robots:CCBot")),
        ((), {"robots": ["noindex, NoAI"]}, ("meta:noai",)),
        ((), {"gptbot": ["noimageai"]}, ("meta:noimageai",)),
        ((), {"description": ["noai"]}, ()),
        ((), {"tdm-reservation": [" 1 "]}, ("tdm-reservation",)),
        (("tdm-reservation",), {"tdm-reservation": ["0"]}, ()),
    ],
)
def test_opt_outs_of_the_page_itself(
    known: tuple[str, ...], meta: dict[str, list[str]], expected: tuple[str, ...]
) -> None:
    """They come to what is known already, or take a reservation back."""
    assert add_meta_opt_outs(known, meta) == expected


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        ((), ()),
        ((OptOutKind.META,), ("meta:noai",)),
        ((OptOutKind.ROBOTS,), ("robots:CCBot", "robots:GPTBot")),
        (
            (OptOutKind.TDM_RESERVATION, OptOutKind.HEADER),
            ("header:noimageai", "tdm-reservation"),
        ),
    ],
)
def test_opt_outs_that_are_obeyed(
    kinds: tuple[OptOutKind, ...], expected: tuple[str, ...]
) -> None:
    """By where they stand."""
    words = "header:noimageai meta:noai robots:CCBot robots:GPTBot tdm-reservation"
    assert obeyed(words.split(), kinds) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'[{"location": "/", "tdm-reservation": 1}]', True),
        (b'[{"location": "/2024/*", "tdm-reservation": "1"}]', True),
        (b'[{"location": "/2024$", "tdm-reservation": 1}]', False),
        (
            (
                b'[{"location": "/2024/", "tdm-reservation": 0}, {"location": "/", '
                b'"tdm-reservation": 1}]'
            ),
            False,
        ),
        (b'[{"location": "/x\\nDisallow: /", "tdm-reservation": 1}]', False),
        (b'[null, {"location": 1}, {"location": "/"}]', False),
        (b'{"location": "/"}', False),
        (b"<html>", False),
        (b"[" * 100_000, False),
    ],
)
def test_what_tdmrep_json_says_of_the_page(body: bytes, *, expected: bool) -> None:
    """The first rule that is for the address counts; what is no rule says nothing."""
    assert is_reserved(read_tdmrep(body), URL) is expected


@pytest.mark.parametrize("opt_outs", [(), ("robots:GPTBot", "tdm-reservation")])
def test_what_the_crawl_found_is_archived(opt_outs: tuple[str, ...]) -> None:
    """The `metadata` record gives it back, so that a replay knows it too."""
    metadata = FetchMetadata(URL, Purpose.PAGE, opt_outs=opt_outs)
    assert parse_fetch_metadata(metadata.to_block()) == metadata


STORY = (
    "<html><head><title>The lighthouse is painted again</title>"
    '<meta name="robots" content="noai"></head><body><article>'
    "<h1>The lighthouse is painted again</h1>"
    + "".join(
        f"<p>Part {part}: the harbour board said that the lighthouse will be painted "
        "again before the autumn, after three summers without money.</p>"
        for part in range(4)
    )
    + "</article></body></html>"
)


def archived_story(folder: Path) -> Page:
    """The story as the archive gives it, with opt-outs in three places."""
    moment = datetime(2024, 9, 3, 8, tzinfo=UTC)
    fetch = Fetch(
        requested_url=URL,
        url=URL,
        method="GET",
        request_headers=(),
        status=200,
        reason="OK",
        protocol="HTTP/1.1",
        response_headers=(
            ("Content-Type", "text/html"),
            ("X-Robots-Tag", "noimageai"),
        ),
        body=STORY.encode(),
        fetched_at=moment,
        purpose=Purpose.PAGE,
        opt_outs=("robots:GPTBot", "tdm-reservation"),
    )
    with ArchiveWriter(
        folder,
        prefix="crawl",
        software="test",
        now=lambda: moment,
        new_id=lambda: UUID(int=1),
    ) as writer:
        writer.write(fetch)
    readings = read_path(str(folder), PipelineConfig().limits)
    (page,) = (each for each in readings if isinstance(each, Page))
    return page


def test_opt_outs_go_from_the_archive_into_the_record(tmp_path: Path) -> None:
    """Those of the site, of the headers and of the page, together."""
    page = archived_story(tmp_path)
    assert page.opt_outs == ("header:noimageai", "robots:GPTBot", "tdm-reservation")
    outcome = process_page(page, None, None, PipelineConfig())
    assert isinstance(outcome, Article)
    assert outcome.opt_outs == (
        "header:noimageai",
        "meta:noai",
        "robots:GPTBot",
        "tdm-reservation",
    )


@pytest.mark.parametrize("kind", OptOutKind)
def test_page_is_rejected_for_opt_outs_that_are_obeyed(
    tmp_path: Path, kind: OptOutKind
) -> None:
    """Wherever they stand, and with no other words than those."""
    config = PipelineConfig(opt_outs=OptOutsConfig(obey=(kind,)))
    outcome = process_page(archived_story(tmp_path), None, None, config)
    assert isinstance(outcome, Rejection)
    assert outcome.reason is RejectionReason.OPTED_OUT
    assert str(outcome.detail).startswith(kind)
    assert outcome.also == ()
