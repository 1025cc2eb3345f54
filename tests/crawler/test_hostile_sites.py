"""Sites that break promises: each costs its own pages, and nobody else's."""

import json
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

import pytest
from scrapy import Request
from scrapy.http import Response

from benchmarks.crawl import descendants, resident_bytes
from crawler.spiders.news import NewsSpider
from tests.crawler.hostile_server import (
    MEGABYTE,
    NOT_FOUND,
    Behaviour,
    HostileServer,
    bomb,
    by_path,
    drip,
    endless,
    further,
    hang,
    head,
    polite,
    redirecting,
    reset,
    saying,
    serving_badly,
    whole,
)
from tests.crawler.news_server import Answer, article, serving
from tests.crawler.runner import Finished, crawl, records, start_crawl

PAGE = article(7)
SECRET = "hunter2"  # noqa: S105 - that it is told nowhere is what is tested
GOOD_PAGES = 5
ENDS = ("articles", "duplicates", "rejected", "failed")
MOST_BYTES = 2 * MEGABYTE
XML = "application/xml"

LARGEST_BYTES = 400 * MEGABYTE
"""Memory of each process of the crawl, of which a good part is its imports."""


class Case(NamedTuple):
    """A host, and what becomes of its page."""

    behaviour: Behaviour
    disposition: str
    reason: str | None


def pages() -> dict[str, Case]:
    """By host: one page each, `/story-1`."""
    text = PAGE.decode()
    lost = ("failed", "fetch-error")
    large = ("rejected", "too-large")
    private = ("rejected", "private-address")
    return {
        "hang": Case(polite(hang), *lost),
        "drip": Case(polite(drip), *lost),
        "endless": Case(polite(endless()), *large),
        "declared": Case(polite(endless("Content-Length: 10000000000")), *large),
        "bomb": Case(polite(bomb(1_000, PAGE)), *large),
        "loop": Case(polite(redirecting("/story-1")), *lost),
        "chain": Case(polite(further), *lost),
        "reset": Case(polite(reset), *lost),
        "truncated": Case(
            polite(saying(head("Content-Length: 90000") + PAGE[:900])), *lost
        ),
        "short-length": Case(
            polite(saying(head(f"Content-Length: {len(PAGE) - 9}") + PAGE)),
            "articles",
            None,
        ),
        "chunks": Case(
            polite(
                saying(head("Transfer-Encoding: chunked") + b"5\r\nhello\r\nno\r\n")
            ),
            *lost,
        ),
        "charset": Case(
            polite(saying(whole(text.encode("utf-16"), "X: charset=koi8-r"))),
            "articles",
            None,
        ),
        "long-header": Case(polite(saying(whole(PAGE, "X: " + "y" * MEGABYTE))), *lost),
        "many-headers": Case(
            polite(saying(whole(PAGE, *(f"X{n}: y" for n in range(100_000))))),
            *("failed", "damaged-record"),
        ),
        "no-status": Case(polite(saying(b"HELLO WORLD\r\n\r\n" + PAGE)), *lost),
        "to-loopback": Case(polite(redirecting("http://127.0.0.1/")), *private),
        "to-metadata": Case(
            polite(redirecting("http://169.254.169.254/latest")), *private
        ),
        "to-file": Case(polite(redirecting("file:///etc/passwd")), *private),
        "to-ftp": Case(polite(redirecting("ftp://x.example/y")), *private),
        "to-script": Case(polite(redirecting("javascript:alert(1)")), *lost),
        "to-nowhere": Case(polite(redirecting("http://[::bad")), *lost),
        "robots-bomb": Case(
            polite(saying(whole(PAGE)), robots=bomb(1_000, kind="text/plain")),
            "articles",
            None,
        ),
        "robots-large": Case(
            polite(saying(whole(PAGE)), robots=saying(whole(b"# no\n" * 200_000))),
            "articles",
            None,
        ),
        "robots-endless": Case(
            polite(saying(whole(PAGE)), robots=endless()),
            "rejected",
            "robots-unreachable",
        ),
        "robots-hang": Case(
            polite(saying(whole(PAGE)), robots=hang), "rejected", "robots-unreachable"
        ),
    }


def to_itself_with_password(server: HostileServer) -> Behaviour:
    """A redirect that has a password in its address, then the page."""
    url = server.url("password", "/story-2")
    location = url.replace("://", f"://editor:{SECRET}@")
    return by_path({"/story-2": saying(whole(PAGE))}, redirecting(location))


def feed_of(*urls: str) -> bytes:
    """An RSS feed."""
    items = "".join(f"<item><link>{escape(url)}</link></item>" for url in urls)
    return (
        f"<rss version='2.0'><channel><title>t</title>{items}</channel></rss>".encode()
    )


def sitemap_of(*urls: str, prolog: str = "", kind: str = "urlset") -> bytes:
    """A sitemap, or an index of sitemaps."""
    entry = "url" if kind == "urlset" else "sitemap"
    entries = "".join(f"<{entry}><loc>{url}</loc></{entry}>" for url in urls)
    return f"<?xml version='1.0'?>{prolog}<{kind}>{entries}</{kind}>".encode()


ENTITIES = "".join(
    f"<!ENTITY e{n} '{f'&e{n - 1};' * 10 if n else 'lol'}'>" for n in range(10)
)


def sources(server: HostileServer, cases: dict[str, Case]) -> dict[str, Behaviour]:
    """By path, on the host `paper`: the good pages, and sources of every kind."""
    named = [server.url(host, "/story-1") for host in (*cases, "password")]
    good = [server.url("paper", f"/story-{n}") for n in range(GOOD_PAGES)]
    strange = (
        server.url("paper", "/story-9" + "x" * 60_000),
        server.url("paper", "/story-9%00\n&#10;y"),
        "http://\u0440\u0430\u0440\u0435\u0440.example/story-9",
        "http://paper.example:99999/story-9",
        "http://[::1/story-9",
        f"http://editor:{SECRET}@paper.example/story-9",
    )
    xml_bomb = f"<!DOCTYPE urlset [{ENTITIES}]>"
    xxe = "<!DOCTYPE urlset [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"
    return {
        "/feed": saying(whole(feed_of(*named, *good), kind=XML)),
        "/strange": saying(whole(feed_of(*strange), kind=XML)),
        "/feed-bomb": bomb(
            1_000, feed_of(good[0]).removesuffix(b"</channel></rss>"), kind=XML
        ),
        "/feed-hang": hang,
        "/feed-endless": endless(),
        "/map-bomb.xml.gz": bomb(
            1_000, sitemap_of(good[0]).removesuffix(b"</urlset>"), kind=XML
        ),
        "/map-itself.xml": saying(
            whole(
                sitemap_of(server.url("paper", "/map-itself.xml"), kind="sitemapindex"),
                kind=XML,
            )
        ),
        "/map-lol.xml": saying(
            whole(sitemap_of("&e9;", good[0], prolog=xml_bomb), kind=XML)
        ),
        "/map-xxe.xml": saying(
            whole(sitemap_of("http://paper.example/&x;", prolog=xxe), kind=XML)
        ),
        **{url[url.index("/story") :]: saying(whole(article(n)))
           for n, url in enumerate(good)},
    }  # fmt: skip


def calendar(connection: Any, path: str) -> None:  # noqa: ANN401 - a socket
    """A page of a section that has always one more."""
    number = int(path.rpartition("=")[2]) if "=" in path else 1
    body = (
        f"<html><head><link rel='next' href='/section?page={number + 1}'></head><body>"
        f"<a href='/section/day-{number}'>Tomorrow</a></body></html>"
    )
    connection.sendall(whole(body.encode()))


def site_file(server: HostileServer, hosts: list[str], paths: list[str]) -> str:
    """One site definition, for all hosts."""
    listed = ", ".join(
        f'{{ kind = "{"sitemap" if "map" in path else "feed"}", '
        f'url = "{server.url("paper", path)}" }}'
        for path in paths
    )
    section = server.url("paper", "/section")
    return (
        'name = "hostile"\ndelay_seconds = 0\narticle_urls = ["/story-#", "/story-*"]\n'
        f"hosts = {json.dumps([f'{host}.example' for host in hosts])}\n"
        f"sources = [{listed}, "
        f'{{ kind = "section", url = "{section}", max_pages = 3 }}]'
    )


class HostileCrawl:
    """One crawl of all of them, looked at by many tests."""

    def __init__(self, server: HostileServer, folder: Path) -> None:
        self.server = server
        self.cases = pages()
        paper = sources(server, self.cases)
        routes = {**paper, "/section": calendar}
        routes |= {f"/section?page={n}": calendar for n in range(2, 20)}
        server.hosts = {
            **{host: case.behaviour for host, case in self.cases.items()},
            "password": polite(to_itself_with_password(server)),
            "paper": polite(by_path(routes, NOT_FOUND)),
        }
        not_sources = [path for path in paper if path.startswith("/story")]
        sites = folder / "sites"
        sites.mkdir()
        (sites / "hostile.toml").write_text(
            site_file(
                server, list(server.hosts), [p for p in paper if p not in not_sources]
            )
        )
        self.out = folder / "out"
        process = start_crawl(
            self.out,
            site="hostile",
            sites=sites,
            allow_private_addresses=False,
            concurrency=32,
            settings={
                "DOWNLOAD_TIMEOUT": 6,
                "DOWNLOAD_MAXSIZE": MOST_BYTES,
                "RETRY_TIMES": 0,
                "TWISTED_DNS_RESOLVER": "tests.crawler.hostile_server.HostileDns",
            },
        )

        self.peak_bytes = 0
        watch = threading.Thread(target=self._watch, args=(process,))
        watch.start()
        self.finished = Finished(process)
        watch.join()
        self.expected = {host: case[1:] for host, case in self.cases.items()}
        self.expected["password"] = ("rejected", "private-address")

    def _watch(self, process: "subprocess.Popen[str]") -> None:
        while process.poll() is None:
            for pid in (process.pid, *descendants(process.pid)):
                self.peak_bytes = max(self.peak_bytes, resident_bytes(pid))
            time.sleep(0.05)

    def outcome_of(self, host: str) -> tuple[str, str | None]:
        """Where the page of a host ended."""
        wanted = self.server.url(host, "/story-1")
        return next(
            (disposition, record.get("reason"))
            for disposition in ENDS
            for record in records(self.out, disposition)
            if record["requested_url"] == wanted
        )


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostileCrawl]:
    """The crawl."""
    with serving_badly() as server:
        yield HostileCrawl(server, tmp_path_factory.mktemp("hostile"))


def test_all_else_is_stored(hostile: HostileCrawl) -> None:
    """The good pages are articles, and the account is exact."""
    counts = hostile.finished.manifest["counts"]
    assert counts["pending"] == 0
    assert counts["seen"] == sum(counts[end] for end in ENDS)
    found = {record["url"] for record in records(hostile.out, "articles")}
    good = {hostile.server.url("paper", f"/story-{n}") for n in range(GOOD_PAGES)}
    assert good <= found


@pytest.mark.parametrize("host", [*pages(), "password"])
def test_hostile_page_ends_in_its_place(hostile: HostileCrawl, host: str) -> None:
    """With the reason that one looks for."""
    assert hostile.outcome_of(host) == hostile.expected[host]


def test_memory_stays_flat(hostile: HostileCrawl) -> None:
    """Neither a body without an end nor gigabytes of blanks are ever held."""
    assert hostile.peak_bytes < LARGEST_BYTES


def test_password_of_a_redirect_is_told_to_nobody(hostile: HostileCrawl) -> None:
    """It is not sent, and stands in no record and in no log."""
    assert hostile.server.hits["password", "/story-2"] == 0
    assert SECRET not in hostile.finished.log
    for path in hostile.out.rglob("*"):
        is_archive = path.parent.name == "archive"  # what a server says is kept there
        if path.is_file() and not is_archive:
            assert SECRET.encode() not in path.read_bytes(), path


@pytest.mark.parametrize(
    ("prefix", "times"),
    [("/map-itself.xml", 1), ("/section", 3), ("/story-0", 1), ("/feed-hang", 1)],
)
def test_endless_sources_end(hostile: HostileCrawl, prefix: str, times: int) -> None:
    """An index that names itself, and a section whose pages always name one more."""
    asked = (n for (_, path), n in hostile.server.hits.items() if prefix in path)
    assert sum(asked) == times


def test_entities_are_not_resolved(hostile: HostileCrawl) -> None:
    """No file of ours is asked for, and no gigabyte of laughter."""
    asked = [path for host, path in hostile.server.hits if host == "paper"]
    assert not [path for path in asked if "root:" in path or "lol" in path[9:]]


def test_address_that_cannot_be_asked_costs_nothing(hostile: HostileCrawl) -> None:
    """One of 60 kB is a page like any other; those with a password are left out."""
    asked = [path for _, path in hostile.server.hits if path.startswith("/story-9")]
    assert sorted(map(len, asked)) == [len("/story-9%00&"), 60_008]


def test_address_that_is_none_fails_alone(tmp_path: Path) -> None:
    """It passes for one until it is asked; the crawl goes on."""
    with serving() as server:
        server.routes["/story-1"] = Answer(PAGE)
        targets = ("http://[::1]x/story-1", f"{server.url}/story-1")
        manifest = crawl(tmp_path, *targets).manifest
    assert manifest["failed_by_reason"] == {"fetch-error": 1}
    assert manifest["counts"]["articles"] == 1


def test_bug_in_a_callback_is_not_waited_for() -> None:
    """The task is not under way any more, and its page is left pending."""
    spider = NewsSpider(urls="https://paper.example/")
    done: list[object] = []
    spider._done = done.append  # type: ignore[method-assign,assignment]
    request = Request("https://paper.example/a", cb_kwargs={"task": "of this page"})
    spider.leave(Response(request.url, request=request))
    spider.leave(Response(request.url))
    assert done == ["of this page"]
