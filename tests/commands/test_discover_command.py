"""copydesk discover: what is drafted of a site on loopback, and what is refused."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest

from crawler import exit_codes
from crawler.catalog import load_site_file
from crawler.commands.discover import Judged, draft_of, judge, name_of
from crawler.spiders.discover import FoundSource, Survey
from pipelines.discover import Entry
from schemas.page import SourceKind
from tests.commands.running import copydesk
from tests.conftest import ROOT
from tests.crawler.news_server import Answer, NewsServer, feed, serving

NOW = datetime(2024, 9, 3, 12, tzinfo=UTC)
POLITE = ("--allow-private-addresses", "--delay", "0")
ARTICLES = [f"/news/{1_000 + number}/harbour-part-{number}" for number in range(24)]
MENU = "<nav><a href='/sport'>Sport</a><a href='/login'>Log in</a></nav>"


def page(paths: list[str], head: str = "") -> Answer:
    """A page with a menu and links to articles."""
    links = "".join(f"<a href='{path}'>The harbour, as it was</a>" for path in paths)
    return Answer(
        f"<html lang='fr-FR'><head>{head}</head><body>{MENU}{links}</body>".encode()
    )


def fresh_feed(paths: list[str]) -> Answer:
    """A feed whose entries are of today."""
    old = b"Tue, 03 Sep 2024 08:15:00 +0200"
    today = format_datetime(datetime.now(UTC)).encode()
    return Answer(feed(*paths).body.replace(old, today))


@pytest.fixture
def server() -> Iterator[NewsServer]:
    """A site with a feed, a section that has more, a sitemap of all, and robots.txt."""
    offer = "<link rel='alternate' type='application/rss+xml' href='/rss' title='Une'>"
    with serving() as running:
        sitemap = "".join(f"<url><loc>{running.url}{a}</loc></url>" for a in ARTICLES)
        robots = f"User-agent: *\nDisallow: /private\nSitemap: {running.url}/all.xml\n"
        running.routes.update(
            {
                "/": page(ARTICLES[:12], offer),
                "/sport": page(ARTICLES[12:]),
                "/rss": fresh_feed(ARTICLES[:12]),
                "/all.xml": Answer(f"<urlset>{sitemap}</urlset>".encode()),
                "/robots.txt": Answer(robots.encode()),
            }
        )
        yield running


def test_draft_of_a_site_loads_and_names_its_sources(
    server: NewsServer, tmp_path: Path
) -> None:
    """Feed and section are there, the archive is commented out, the shape is found."""
    path = tmp_path / "paper.toml"
    done = copydesk("discover", f"{server.url}/", *POLITE, "--write", path)
    assert done.returncode == 0, done.stderr
    (site,) = load_site_file(path)
    assert [(each.kind, each.url) for each in site.sources] == [
        ("feed", f"{server.url}/rss"),
        ("section", f"{server.url}/sport"),
    ]
    assert site.hosts == ("127.0.0.1",)
    assert site.article_urls == ("/news/#/*",)
    assert site.languages == ("fr",)
    text = path.read_text(encoding="utf-8")
    assert "'Une': 12 articles, newest" in text
    assert f'# {{ kind = "sitemap", url = "{server.url}/all.xml" }}' in text
    assert b"4 requests, 3 of 4 sources kept" in done.stderr
    assert server.hits["/login"] == server.hits["/sitemap.xml"] == 0


def test_draft_is_printed_and_requests_are_bounded(server: NewsServer) -> None:
    """Two requests: the front page and the sitemap, which is not commented out then."""
    done = copydesk("discover", f"{server.url}/", *POLITE, "--max-requests", "2")
    assert done.returncode == 0, done.stderr
    assert b'    { kind = "section", url = ' in done.stdout
    assert sum(server.hits.values()) == 3, "robots.txt beside the two"


def test_usual_places_are_asked_where_nothing_is_named(server: NewsServer) -> None:
    """Until one answers: `/rss` does, so `/rss.xml` is not asked."""
    server.routes["/"] = page(ARTICLES[:1])
    del server.routes["/robots.txt"]
    done = copydesk("discover", f"{server.url}/", *POLITE)
    assert f'"{server.url}/rss"' in done.stdout.decode()
    assert server.hits["/sitemap.xml"] == server.hits["/feed"] == 1
    assert server.hits["/rss.xml"] == 0


def test_site_without_articles_is_told(server: NewsServer) -> None:
    """Nothing is printed, exit code 1."""
    server.routes.clear()
    server.routes["/"] = page([])
    done = copydesk("discover", f"{server.url}/", *POLITE)
    assert (done.returncode, done.stdout) == (1, b"")


@pytest.mark.parametrize(
    ("path", "answer", "expected"),
    [
        ("/robots.txt", Answer(b"User-agent: *\nDisallow: /"), b"robots.txt forbids"),
        ("/robots.txt", Answer(status=500), b"status 500"),
        ("/", Answer(status=503), b"status 503"),
    ],
    ids=["forbidden", "robots.txt cannot be read", "busy"],
)
def test_site_that_cannot_be_asked_is_told(
    server: NewsServer, path: str, answer: Answer, expected: bytes
) -> None:
    """Exit code 3, with the reason; robots.txt fails closed."""
    server.routes[path] = answer
    done = copydesk("discover", f"{server.url}/", *POLITE)
    assert (done.returncode, done.stdout) == (3, b"")
    assert expected in done.stderr


def test_busy_site_is_asked_nothing_more(server: NewsServer) -> None:
    """A 429 ends the survey; what was found before it is drafted."""
    server.routes["/all.xml"] = Answer(status=429)
    done = copydesk("discover", f"{server.url}/", *POLITE)
    assert done.returncode == 0
    assert server.hits["/rss"] == server.hits["/sport"] == 0


def test_index_of_news_sitemaps_is_one_source(server: NewsServer) -> None:
    """Its sitemaps are read, three at most, but the index is what the draft names."""
    today = datetime.now(UTC).date().isoformat()
    index = "".join(f"<sitemap><loc>/{n}.xml</loc></sitemap>" for n in "abcde")
    index += "<sitemap><loc>/news.xml</loc></sitemap>"
    entries = "".join(
        f"<url><loc>{path}</loc><n:news><n:publication_date>{today}"
        "</n:publication_date></n:news></url>"
        for path in ARTICLES
    )
    server.routes["/all.xml"] = Answer(f"<sitemapindex>{index}</sitemapindex>".encode())
    server.routes["/news.xml"] = Answer(
        f"<urlset xmlns:n='x'>{entries}</urlset>".encode()
    )
    done = copydesk("discover", f"{server.url}/", *POLITE)
    assert (
        f"# 24 articles and more, newest {today}, 50% also in those before\n"
        f'    {{ kind = "news-sitemap", url = "{server.url}/all.xml" }},'
    ) in done.stdout.decode()
    assert sum(server.hits[f"/{n}.xml"] for n in ("a", "b", "c", "d", "e")) == 2


def test_pause_that_robots_txt_asks_for_is_kept_and_drafted(
    server: NewsServer,
) -> None:
    """The front page comes so much later than robots.txt."""
    server.routes["/robots.txt"] = Answer(b"User-agent: *\nCrawl-delay: 3")
    begun = time.monotonic()
    done = copydesk("discover", f"{server.url}/", *POLITE, "--max-requests", "2")
    assert time.monotonic() - begun >= 3
    assert b"delay_seconds = 3.0" in done.stdout


def test_survey_that_is_stopped_drafts_nothing(server: NewsServer) -> None:
    """SIGTERM while the site is asked: half a survey is none."""
    begin = [sys.executable, "-m", "crawler.cli", "discover", f"{server.url}/"]
    with subprocess.Popen(
        [*begin, "--allow-private-addresses"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        server.wait_for_hits(1, prefix="/all.xml")
        child.send_signal(signal.SIGTERM)
        printed, said = child.communicate(timeout=60)
    assert (child.returncode, printed) == (exit_codes.INTERRUPTED, b"")
    assert b"interrupted" in said


def test_misuse_is_refused_before_anything_is_asked(
    server: NewsServer, tmp_path: Path
) -> None:
    """Private hosts, what is no address, files that exist or have no site's name."""
    there = tmp_path / "there.toml"
    there.write_text("mine", encoding="utf-8")
    for arguments in (
        [server.url],
        ["ftp://paper.example/"],
        ["paper.example", "--write", there],
        ["paper.example", "--write", tmp_path / "No Name.toml"],
    ):
        done = copydesk("discover", *arguments)
        assert (done.returncode, done.stdout) == (2, b""), arguments
    assert there.read_text(encoding="utf-8") == "mine"
    assert not server.hits


def source(
    *paths: str, kind: SourceKind = SourceKind.FEED, date: str | None = None
) -> FoundSource:
    """A source that names those paths."""
    return FoundSource(
        kind,
        f"https://paper.example/{kind}",
        tuple(
            Entry(f"https://paper.example{path}", None, date, kind) for path in paths
        ),
    )


@pytest.mark.parametrize(
    ("found", "fault"),
    [
        (source(*ARTICLES[:3], date="2024-09-03"), None),
        (source(*ARTICLES[:3], date="2024-08-06"), None),
        (source(*ARTICLES[:3]), None),
        (source(*ARTICLES[:2]), "2 of 2 entries read like articles"),
        (source(*ARTICLES[:3], "/a", "/b", "/c", "/d"), "3 of 7 entries"),
        (source(*ARTICLES[:3], date="2024-08-01"), "stale, newest entry of 2024-08-01"),
    ],
)
def test_source_is_judged(found: FoundSource, fault: str | None) -> None:
    """Enough entries, of the site, that read like articles, not older than a month."""
    (judged,) = judge(Survey("https://paper.example/", sources=[found]), NOW)
    assert (judged.fault is None) if fault is None else fault in str(judged.fault)


def test_entries_of_other_hosts_are_not_the_site_s() -> None:
    """A subdomain is the site's own."""
    found = source(*ARTICLES[:3])
    for start, is_kept in (
        ("https://other.example/", False),
        ("https://www.paper.example/", True),
        ("https://example/", True),
    ):
        (judged,) = judge(Survey(start, sources=[found]), NOW)
        assert (judged.fault is None) is is_kept


def test_hostile_names_stay_inside_of_the_file(tmp_path: Path) -> None:
    """Quotes, line ends and escapes of strangers neither end a string nor a comment."""
    title = 'A "title"\n]\nname = "x" \x1b[31m'
    base = source(*ARTICLES[:3])
    hostile = FoundSource(
        SourceKind.FEED, 'https://paper.example/"]\\u0022\x7f', base.entries, title
    )
    survey = Survey("https://paper.example/", sources=[hostile], language="f\nr")
    path = tmp_path / "paper.toml"
    path.write_text(draft_of(survey, judge(survey, NOW), "paper"), encoding="utf-8")
    (site,) = load_site_file(path)
    assert (site.name, len(site.sources), site.languages) == ("paper", 1, ())


def test_pause_of_robots_txt_is_kept() -> None:
    """The longer of it and our own."""
    survey = Survey("https://paper.example/", crawl_delay_seconds=7)
    assert "delay_seconds = 7.0" in draft_of(survey, [], "paper")
    survey.crawl_delay_seconds = 0.5
    assert "delay_seconds = 2.0" in draft_of(survey, [], "paper")


def test_languages_of_entries_come_before_the_page_s() -> None:
    """Those of a tenth of the entries and more, the most frequent first."""
    entries = [
        Entry(f"https://paper.example{path}", None, None, SourceKind.FEED, None, code)
        for path, code in zip(
            ARTICLES, ["ar"] * 15 + ["fr-MA"] * 8 + ["en"], strict=True
        )
    ]
    found = FoundSource(SourceKind.FEED, "https://paper.example/rss", tuple(entries))
    survey = Survey("https://paper.example/", sources=[found], language="en")
    kept: list[Judged] = judge(survey, NOW)
    assert 'languages = ["ar", "fr"]' in draft_of(survey, kept, "paper")


@pytest.mark.parametrize(
    ("url", "name", "country"),
    [
        ("https://www.paper.example/", "paper", None),
        ("https://news.paper.co.uk/", "paper", "GB"),
        ("https://paper.ma/fr", "paper", "MA"),
        ("https://paper.io/", "paper", None),
        ("http://127.0.0.1:80/", "127-0-0-1", None),
    ],
)
def test_name_and_country_are_read_from_the_host(
    url: str, name: str, country: str | None
) -> None:
    """The country only where its domain is not used all over the world."""
    draft = draft_of(Survey(url), [], name_of(url))
    assert f'name = "{name}"' in draft
    assert (f'country = "{country}"' in draft) == (country is not None)
