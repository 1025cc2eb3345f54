"""The test site: what it serves, what goes wrong on demand, and what it tells."""

import gzip
import http.client
import json
import socket
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import NamedTuple

import feedparser
import pytest
from lxml import etree, html

from benchmarks.news_site import NewsSite, SiteOptions, host_name
from benchmarks.news_site_faults import Fault, Kind

PAGES = 60


class Got(NamedTuple):
    """An answer."""

    status: int
    headers: dict[str, str]
    body: bytes


def get(url: str, headers: dict[str, str] | None = None, timeout: float = 5) -> Got:
    """Ask once; redirects are not followed."""
    connection = http.client.HTTPConnection(url.split("/")[2], timeout=timeout)
    try:
        path = "/" + "/".join(url.split("/")[3:])
        connection.request("GET", path, headers=headers or {})
        response = connection.getresponse()
        found = {name.lower(): text for name, text in response.getheaders()}
        return Got(response.status, found, response.read())
    finally:
        connection.close()


@pytest.fixture(scope="module")
def served() -> Iterator[NewsSite]:
    """A site with two hosts."""
    with NewsSite(SiteOptions(pages=PAGES, hosts=2, page_kb=20, calendar=True)) as it:
        yield it


@pytest.fixture
def site(served: NewsSite) -> NewsSite:
    """The same, without faults and hits."""
    served.clear()
    return served


def test_articles_differ_and_are_as_large_as_asked(site: NewsSite) -> None:
    """Each page has its own title and text, and about the size that was given."""
    pages = [get(url).body for url in site.article_urls()]
    titles = [html.fromstring(page).findtext(".//h1") for page in pages]
    texts = {
        page.partition(b"<article>")[2].partition(b"</article>")[0] for page in pages
    }
    assert len(pages) == 2 * PAGES
    assert len(texts) == len(pages)
    assert len(set(titles)) > len(titles) * 0.9
    assert {round(len(page) / 1000) for page in pages} <= set(range(16, 25))


def test_the_same_seed_gives_the_same_site() -> None:
    """Two runs serve the same bytes, but for the port; another seed gives others."""
    bodies = []
    for seed in (1, 1, 2):
        with NewsSite(SiteOptions(pages=3, page_kb=3, seed=seed)) as site:
            port = site.url.rpartition(":")[2]
            url = site.article_urls()[1]
            bodies.append(get(url).body.replace(port.encode(), b"PORT"))
    assert bodies[0] == bodies[1] != bodies[2]


def test_feeds_and_sitemaps_name_the_articles(site: NewsSite) -> None:
    """Three feeds have the newest, the sitemaps all, each with its dates."""
    urls = site.article_urls(host_name(site.url))
    newest = urls[::-1][: site.options.feed_entries]
    for path in ("/feed.rss", "/feed.atom"):
        feed = feedparser.parse(get(site.url + path).body)
        assert [entry.link for entry in feed.entries] == newest
    items = json.loads(get(f"{site.url}/feed.json").body)["items"]
    assert [item["url"] for item in items] == newest

    index = etree.fromstring(get(f"{site.url}/sitemap.xml").body)
    children = index.xpath("//*[local-name()='sitemap']/*[local-name()='loc']/text()")
    assert isinstance(children, list)
    listed: list[object] = []
    for child in children:
        tree = etree.fromstring(gzip.decompress(get(str(child)).body))
        found = tree.xpath("//*[local-name()='loc']/text()")
        assert isinstance(found, list)
        listed += found
    assert listed == urls
    assert get(f"{site.url}/news-sitemap.xml").body.count(b"<news:title>") == PAGES
    assert (
        f"Sitemap: {site.url}/sitemap.xml"
        in get(f"{site.url}/robots.txt").body.decode()
    )


def test_section_pages_lead_to_the_next_until_the_last(site: NewsSite) -> None:
    """All articles of a section are found by its links to the next page."""
    with NewsSite(SiteOptions(pages=130, page_kb=3)) as long:
        path: str | None = "/politics"
        found: list[str] = []
        pages = 0
        while path:
            tree = html.fromstring(get(long.url + path).body)
            found += [str(link.get("href")) for link in tree.findall(".//h3/a")]
            following = tree.find(".//a[@rel='next']")
            path = None if following is None else following.get("href")
            pages += 1
        wanted = [url for url in long.article_urls() if "/politics/" in url]
        assert pages == 2
        assert [long.url + each for each in found] == wanted[::-1]


def test_unchanged_pages_are_answered_with_304_until_they_are_edited() -> None:
    """ETag and Last-Modified of an answer are good until the article is edited."""
    with NewsSite(SiteOptions(pages=3, page_kb=3)) as site:
        url = site.article_urls()[1]
        first = get(url)
        tag = {"If-None-Match": first.headers["etag"]}
        day = {"If-Modified-Since": first.headers["last-modified"]}
        assert [get(url, each).status for each in (tag, day)] == [304, 304]
        site.edit([1])
        edited = [get(url, each) for each in (tag, day)]
        assert [each.status for each in edited] == [200, 200]
        assert edited[0].body == edited[1].body != first.body
        assert [hit.is_conditional for hit in site.hits()] == [False, *[True] * 4]


def test_validators_can_be_left_out() -> None:
    """Without them every answer is a whole page."""
    with NewsSite(SiteOptions(pages=1, page_kb=3, validators=False)) as site:
        got = get(site.article_urls()[0], {"If-None-Match": "*"})
    assert got.status == 200
    assert not {"etag", "last-modified"} & set(got.headers)


def test_published_articles_are_in_feeds_and_sitemaps_at_once(site: NewsSite) -> None:
    """`publish` adds articles that can be fetched, on the host that is named."""
    with NewsSite(SiteOptions(pages=5, page_kb=3, hosts=2)) as fresh:
        get(f"{fresh.url}/feed.rss")
        fresh.publish(2, host_name(fresh.url))
        newest = fresh.article_urls(host_name(fresh.url))[-1]
        assert newest.encode() in get(f"{fresh.url}/feed.rss").body
        assert get(newest).status == 200
        assert len(fresh.article_urls()) == 5 + 2 + 5


def test_bodies_are_compressed_where_the_client_accepts_it() -> None:
    """A gzip body is one valid member with the same page in it."""
    with NewsSite(SiteOptions(pages=2, page_kb=30, gzip=True)) as site:
        url = site.article_urls()[0]
        plain = get(url)
        packed = get(url, {"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert len(packed.body) < len(plain.body) / 3


def test_the_calendar_has_no_end(site: NewsSite) -> None:
    """Each month links to one that was not seen yet."""
    assert b'"/calendar/2026/11"' in get(site.url).body
    path, seen = "/calendar/2026/11", []
    for _ in range(30):
        seen.append(path)
        link = html.fromstring(get(site.url + path).body).find(".//a[@rel='next']")
        assert link is not None
        path = str(link.get("href"))
    assert len(set(seen)) == 30
    assert "/calendar/2027/1" in seen


@pytest.mark.parametrize(
    ("kind", "status", "location"),
    [
        ("redirect", 302, "http://169.254.1.1/"),
        ("redirect-loop", 302, "?again"),
        ("redirect-chain", 302, "?hop=1"),
    ],
)
def test_redirects(site: NewsSite, kind: Kind, status: int, location: str) -> None:
    """An address leads elsewhere, for ever or a number of times."""
    url = site.article_urls()[0]
    site.fault(Fault(kind, "/*-0.html"))
    got = get(url)
    assert got.status == status
    assert got.headers["location"].endswith(location)
    assert get(site.article_urls()[1]).status == 200


def test_a_chain_of_redirects_ends_at_the_page(site: NewsSite) -> None:
    """After so many hops the page is there."""
    url = site.article_urls()[0]
    site.fault(Fault("redirect-chain", hops=2))
    assert [get(f"{url}{query}").status for query in ("", "?hop=1", "?hop=2")] == [
        302,
        302,
        200,
    ]


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_refusals_say_when_to_come_back(site: NewsSite, form: str) -> None:
    """429 has Retry-After in one of its two forms, so often as was asked."""
    url = site.article_urls()[0]
    fault = Fault("status", times=1, status=429, seconds=120)
    site.fault(Fault(**{**vars(fault), "retry_after": form}))
    got, again = get(url), get(url)
    said = got.headers["retry-after"]
    wait = (
        int(said)
        if form == "seconds"
        else (parsedate_to_datetime(said).timestamp() - time.time())
    )
    assert (got.status, again.status) == (429, 200)
    assert 110 < wait <= 120


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("hang", TimeoutError),
        ("reset", ConnectionResetError),
        ("reset-midway", (ConnectionResetError, http.client.IncompleteRead)),
        ("truncated", http.client.IncompleteRead),
        ("broken-chunks", (http.client.IncompleteRead, ValueError)),
        ("drip", TimeoutError),
    ],
)
def test_broken_answers(
    site: NewsSite, kind: Kind, error: type[Exception] | tuple[type[Exception], ...]
) -> None:
    """A client sees the fault that was asked for, and none before or after it."""
    url = site.article_urls()[0]
    assert get(url).status == 200
    site.fault(Fault(kind, seconds=60))
    with pytest.raises(error):
        get(url, timeout=0.3)
    site.clear()
    assert get(url).status == 200


def test_a_length_that_is_too_small_cuts_the_page(site: NewsSite) -> None:
    """More is sent than the header says."""
    url = site.article_urls()[0]
    whole = get(url).body
    site.fault(Fault("short-length"))
    assert whole.startswith(cut := get(url).body)
    assert len(cut) == int(len(whole) * 0.9)


def test_the_charset_of_the_header_is_a_lie(site: NewsSite) -> None:
    """The body is in another one."""
    site.fault(Fault("charset", says="utf-16", body_charset="utf-8"))
    got = get(site.article_urls()[0])
    assert got.headers["content-type"] == "text/html; charset=utf-16"
    assert "<article>" in got.body.decode("utf-8")


@pytest.mark.parametrize("kind", ["endless", "gzip-bomb"])
def test_bodies_without_an_end_are_streamed(site: NewsSite, kind: Kind) -> None:
    """A client that has had enough leaves; the site has little of it in memory."""
    site.fault(Fault(kind))
    host, port = site.url[7:].split(":")
    with socket.create_connection((host, int(port)), timeout=5) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        received = 0
        while received < 3_000_000:
            received += len(client.recv(1 << 20))
    site.clear()
    assert get(site.url).status == 200


def test_faults_at_a_rate_hit_the_same_pages_each_time(site: NewsSite) -> None:
    """A share of the addresses is concerned, always the same ones."""
    site.fault(Fault("status", rate=0.3, status=503))
    urls = site.article_urls(host_name(site.url))
    statuses = [[get(url).status for url in urls] for _ in range(2)]
    assert statuses[0] == statuses[1]
    assert 0.1 < statuses[0].count(503) / PAGES < 0.5


def test_the_log_has_every_request_by_host(site: NewsSite) -> None:
    """Path, status and size of each request, and how close they came."""
    one, other = site.urls
    sent = get(f"{one}/feed.rss?x=1")
    get(f"{other}/none")
    hits = site.hits()
    assert [(hit.host, hit.path, hit.status) for hit in hits] == [
        (host_name(one), "/feed.rss?x=1", 200),
        (host_name(other), "/none", 404),
    ]
    assert hits[0].sent_bytes == len(sent.body)
    reports = site.reports()
    assert reports[host_name(one)].requests == 1
    assert reports[host_name(one)].least_gap is None


def test_connections_and_requests_at_a_time_are_counted() -> None:
    """Two clients at once are two connections and, as answers take time, two hits."""
    with NewsSite(SiteOptions(pages=1, page_kb=3, latency=0.2)) as site:
        host, port = site.url[7:].split(":")
        with (
            socket.create_connection((host, int(port)), timeout=5) as one,
            socket.create_connection((host, int(port)), timeout=5) as other,
        ):
            for client in (one, other):
                client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            for client in (one, other):
                assert client.recv(100).startswith(b"HTTP/1.1 200 OK")
        report = site.reports()[host]
    assert (report.requests, report.most_connections, report.most_requests) == (2, 2, 2)
    assert report.least_gap is not None


def test_a_connection_is_kept_for_several_requests(site: NewsSite) -> None:
    """Requests one after the other, and two sent at once, are answered in order."""
    host, port = site.url[7:].split(":")
    with socket.create_connection((host, int(port)), timeout=5) as client:
        client.sendall(b"GET /none HTTP/1.1\r\n\r\nHEAD / HTTP/1.1\r\n\r\n")
        client.shutdown(socket.SHUT_WR)
        received = b""
        while piece := client.recv(1 << 16):
            received += piece
    assert received.count(b"HTTP/1.1 ") == 2
    assert received.index(b" 404 ") < received.index(b" 200 ")
    assert received.endswith(b"\r\n\r\n")
