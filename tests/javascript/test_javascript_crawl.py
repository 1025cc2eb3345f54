"""Crawls of a loopback site whose articles are built by scripts."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from warcio.archiveiterator import ArchiveIterator

from pipelines.verify import verify_output
from tests.crawler.news_server import Answer, NewsServer, article, feed, serving
from tests.crawler.runner import REPOSITORY, Finished, crawl, records

OF_THE_FETCH = ("fetched_at", "provenance")
"""Fields that say where a record comes from: only they may differ on replay."""

SHELL = b"<html><head>%s</head><body><script src=/app.js></script></body></html>"
BROKEN = b"<html><script>location.href='about:blank'</script></html>"
SCRIPT = b"""
fetch('/data' + location.pathname).then(r => r.json()).then(d => {
  document.title = d.title; document.body.innerHTML = d.body;
})"""


def publish(server: NewsServer, number: int, *, head: bytes = b"") -> str:
    """A story: an empty document, a script and data; its address."""
    path = f"/story-{number}"
    _, title, body = re.split(
        "<title>|</title>.*?<body>", article(number).decode().split("</body>")[0]
    )
    data = json.dumps({"title": title, "body": body}).encode()
    server.routes[path] = Answer(SHELL % head)
    server.routes["/app.js"] = Answer(SCRIPT, content_type="text/javascript")
    server.routes[f"/data{path}"] = Answer(data, content_type="application/json")
    return server.url + path


def crawl_site(folder: Path, server: NewsServer, **options: object) -> Finished:
    """A crawl of the server, as of a site that needs scripts, into `folder/out`."""
    (folder / "sites").mkdir(exist_ok=True)
    (folder / "sites" / "loopback.toml").write_text(
        'name = "loopback"\nhosts = ["127.0.0.1", "127.0.0.2"]\ndelay_seconds = 0\n'
        "javascript = true\n"
        f'sources = [{{ kind = "feed", url = "{server.url}/feed" }}]\n'
    )
    sites = folder / "sites"
    return crawl(folder / "out", site="loopback", sites=sites, **options)


def story_hits(server: NewsServer) -> dict[str, int]:
    """How often each story, and what it is built from, was asked for."""
    return {path: n for path, n in server.hits.items() if "story" in path}


@dataclass(frozen=True)
class Crawled:
    """Two sessions on one folder."""

    folder: Path
    url: str
    first: dict[str, Any]
    second: dict[str, Any]
    busy_hits: dict[str, int]
    first_hits: dict[str, int]
    second_hits: dict[str, int]

    @property
    def out(self) -> Path:
        """The output folder."""
        return self.folder / "out"


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    """Three stories, of which one cannot be rendered; then the same again.

    The third one is at another host, which asks for two seconds of rest meanwhile.
    """
    folder = tmp_path_factory.mktemp("crawl")
    with serving() as server, serving("127.0.0.2") as busy:
        urls = [publish(server, 0), publish(server, 1)]
        urls.append(publish(busy, 2, head=b"<script async src=/busy.js></script>"))
        refusals = iter((Answer(status=503, headers={"Retry-After": "2"}),))
        busy.routes["/busy.js"] = lambda: next(refusals, Answer())
        server.routes["/story-1"] = Answer(BROKEN)
        server.routes["/feed"] = feed(*urls)
        first = crawl_site(folder, server).manifest
        hits, busy_hits = story_hits(server), story_hits(busy)
        second = crawl_site(folder, server, recheck=True).manifest
        assert server.hits["/feed"] == 2
        assert story_hits(busy) == busy_hits
        yield Crawled(
            folder, server.url, first, second, busy_hits, hits, story_hits(server)
        )


def article_lines(out: Path) -> list[str]:
    """The articles, but for where they come from."""
    return [
        json.dumps({key: record[key] for key in record if key not in OF_THE_FETCH})
        for record in records(out, "articles")
    ]


def test_articles_that_scripts_build_are_stored(crawled: Crawled) -> None:
    """With their text and title; what they were built from is counted."""
    titles = {record["title"] for record in records(crawled.out, "articles")}
    assert titles == {f"Lighthouse story number {number}" for number in (0, 2)}
    # Two documents, a script and data; one document twice, two scripts, one of them
    # twice, and data.
    assert crawled.first["other_records"]["subresource"] == 4 + 6
    assert list(verify_output(crawled.out)) == []


def test_a_page_that_cannot_be_rendered_is_a_failed_one(crawled: Crawled) -> None:
    """It says why, and the crawl has gone on."""
    assert crawled.first["state"] == "finished"
    assert crawled.first["failed_by_reason"] == {"fetch-error": 1}
    (failed,) = records(crawled.out, "failed")
    assert failed["url"] == f"{crawled.url}/story-1"
    assert failed["error"] == "RenderError"


def test_the_archive_has_the_document_and_the_rendered_page(crawled: Crawled) -> None:
    """As received, then as it was cleaned, both as responses of the address.

    The record before each says which is which.
    """
    bodies, marks = [], []
    for path in sorted((crawled.out / "archive").glob("*.warc.gz")):
        with path.open("rb") as file:
            for record in ArchiveIterator(file):
                if record.rec_headers["WARC-Target-URI"] != f"{crawled.url}/story-0":
                    continue
                if record.rec_type == "metadata":
                    marks.append(b"rendered: settled" in record.content_stream().read())
                elif record.rec_type == "response":
                    bodies.append(record.content_stream().read())
    assert marks == [False, True]
    received, rendered = bodies
    assert received == SHELL % b""
    assert b"Lighthouse story number 0" in rendered


def test_a_replay_gives_the_records_of_the_crawl(crawled: Crawled) -> None:
    """Byte for byte but for provenance and fetch, without a browser."""
    out = crawled.folder / "again"
    site = crawled.folder / "sites" / "loopback.toml"
    command = ["clean", str(crawled.out / "archive"), "--site", str(site)]
    subprocess.run(
        [sys.executable, "-m", "crawler.cli", *command, "--out", str(out)],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
    )
    assert article_lines(out) == article_lines(crawled.out)
    assert len(article_lines(out)) == 2


def test_a_second_session_renders_nothing_again(crawled: Crawled) -> None:
    """The feed is asked; the stories are known, and so is what they are built from."""
    assert crawled.second_hits == crawled.first_hits
    assert crawled.second["counts"] == crawled.first["counts"]
    assert len(crawled.second["sessions"]) == 2


def test_a_page_whose_site_wants_to_be_left_alone_waits(crawled: Crawled) -> None:
    """It is not stored half built, but rendered once the site may be asked again."""
    assert crawled.busy_hits == {"/story-2": 2, "/data/story-2": 1}
