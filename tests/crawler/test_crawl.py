"""Crawls of a loopback site, each in a process of its own."""

import gzip
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.read import read_path
from schemas.config import LimitsConfig
from schemas.page import Page
from tests.crawler.news_server import Answer, NewsServer, article, feed, serving
from tests.crawler.runner import REPOSITORY, Finished, crawl, records, start_crawl

XML = "application/xml"


@pytest.fixture
def server() -> Iterator[NewsServer]:
    """A site without any page."""
    with serving() as running:
        yield running


def urlset(*urls: str) -> bytes:
    """A plain sitemap."""
    locations = "".join(f"<url><loc>{url}</loc></url>" for url in urls)
    return (
        "<?xml version='1.0'?><urlset xmlns='http://www.sitemaps.org/schemas/"
        f"sitemap/0.9'>{locations}</urlset>"
    ).encode()


def news_sitemap(url: str) -> bytes:
    """A news sitemap of one page."""
    return (
        "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' "
        "xmlns:news='http://www.google.com/schemas/sitemap-news/0.9'>"
        f"<url><loc>{url}</loc><news:news><news:publication_date>2024-09-03"
        "</news:publication_date><news:title>From the sitemap</news:title>"
        "</news:news></url></urlset>"
    ).encode()


def sitemap_index(url: str) -> bytes:
    """An index of one sitemap."""
    return (
        "<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>"
        f"<sitemap><loc>{url}</loc></sitemap></sitemapindex>"
    ).encode()


def write_site(folder: Path, server: NewsServer, *sources: tuple[str, str]) -> Path:
    """A folder with one site file, `loopback`."""
    listed = ", ".join(
        f'{{ kind = "{kind}", url = "{server.url}{path}" }}' for kind, path in sources
    )
    folder.mkdir()
    (folder / "loopback.toml").write_text(
        'name = "loopback"\nhosts = ["127.0.0.1"]\ndelay_seconds = 0\n'
        f'article_urls = ["/story-#", "/old", "/away"]\nsources = [{listed}]\n'
    )
    return folder


def archived_pages(out: Path) -> list[Page]:
    """The pages in the archive, read again from the files."""
    readings = read_path(str(out / "archive"), LimitsConfig())
    return [each for each in readings if isinstance(each, Page)]


class SiteCrawl:
    """One crawl of a whole site definition, looked at by many tests."""

    def __init__(self, server: NewsServer, folder: Path) -> None:
        url = server.url
        stories = {n: f"{url}/story-{n}" for n in range(10)}
        for number in range(8):
            server.routes[f"/story-{number}"] = Answer(article(number))
        self.zipped = gzip.compress(article(2))
        server.routes["/story-2"] = Answer(
            self.zipped, headers={"Content-Encoding": "gzip"}
        )
        server.routes["/old"] = Answer(status=301, headers={"Location": "/story-1"})
        server.routes["/away"] = Answer(
            status=302, headers={"Location": f"http://localhost:{url.split(':')[2]}/x"}
        )
        server.routes["/feed"] = feed(
            stories[0], stories[1], stories[2], f"{url}/old", f"{url}/away",
            "http://elsewhere.example/story-1", stories[8],
        )  # fmt: skip
        server.routes["/news.xml"] = Answer(news_sitemap(stories[3]), content_type=XML)
        server.routes["/index.xml"] = Answer(
            sitemap_index(f"{url}/map.xml.gz"), content_type=XML
        )
        server.routes["/map.xml.gz"] = Answer(
            gzip.compress(urlset(stories[4], stories[0], f"{url}/imprint")),
            content_type="application/gzip",
        )
        server.routes["/section"] = Answer(
            b"<html><body><a href='/story-5'>Five</a><a href='/about'>About us</a>"
            b"</body></html>"
        )
        server.routes["/broken"] = Answer(b"no feed at all", content_type="text/plain")
        sites = write_site(
            folder / "sites",
            server,
            ("feed", "/feed"),
            ("news-sitemap", "/news.xml"),
            ("sitemap", "/index.xml"),
            ("section", "/section"),
            ("feed", "/broken"),
            ("feed", "/missing"),
        )
        self.out = folder / "out"
        self.server = server
        self.sites = sites
        self.finished = crawl(
            self.out, site="loopback", sites=sites, count_progress=True
        )

    def by_url(self, disposition: str) -> dict[str, dict[str, Any]]:
        """Records by the path that was asked for."""
        return {
            record["requested_url"].removeprefix(self.server.url): record
            for record in records(self.out, disposition)
        }


@pytest.fixture(scope="module")
def site_crawl(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SiteCrawl]:
    """The crawl of a site with every kind of source."""
    with serving() as running:
        yield SiteCrawl(running, tmp_path_factory.mktemp("site"))


def test_every_kind_of_source_gives_articles(site_crawl: SiteCrawl) -> None:
    """Feed, news sitemap, sitemap index and section each name an article."""
    assert site_crawl.finished.manifest["state"] == "finished"
    assert set(site_crawl.by_url("articles")) == {f"/story-{n}" for n in range(6)}


def test_every_page_ends_in_one_place(site_crawl: SiteCrawl) -> None:
    """The counts say where all pages are, and sources are counted apart."""
    manifest = site_crawl.finished.manifest
    assert manifest["counts"] == {
        "seen": 10, "articles": 6, "duplicates": 1, "rejected": 3, "failed": 0,
        "pending": 0,
    }  # fmt: skip
    assert manifest["rejected_by_reason"] == {"http-status": 1, "offsite": 2}
    assert manifest["other_records"] == {
        "discovery": 7, "redirect": 2, "robots": 1, "tdmrep": 1,
    }  # fmt: skip


def test_redirect_to_a_known_page_is_a_duplicate(site_crawl: SiteCrawl) -> None:
    """The page keeps the address that was asked for and the one it ended at."""
    duplicate = site_crawl.by_url("duplicates")["/old"]
    assert duplicate["url"] == f"{site_crawl.server.url}/story-1"


def test_offsite_pages_are_rejected_unasked(site_crawl: SiteCrawl) -> None:
    """Neither an entry nor a redirect leads the crawl to another host."""
    rejected = site_crawl.by_url("rejected")
    assert rejected["/away"]["reason"] == "offsite"
    assert rejected["http://elsewhere.example/story-1"]["reason"] == "offsite"
    assert "/x" not in site_crawl.server.hits


def test_missing_page_is_rejected_with_its_status(site_crawl: SiteCrawl) -> None:
    """A 404 reaches the pipeline, which says so."""
    assert site_crawl.by_url("rejected")["/story-8"]["measured"] == 404


def test_pages_that_are_no_articles_by_their_address_are_left_out(
    site_crawl: SiteCrawl,
) -> None:
    """The patterns of the site decide which sitemap entries and links are asked for."""
    assert not {"/imprint", "/about"} & set(site_crawl.server.hits)


def test_what_a_source_knows_is_archived_with_the_page(site_crawl: SiteCrawl) -> None:
    """Title and date of the news sitemap stand beside the response."""
    pages = {page.requested_url: page for page in archived_pages(site_crawl.out)}
    discovery = pages[f"{site_crawl.server.url}/story-3"].discovery
    assert discovery is not None
    assert (discovery.title, discovery.date_raw) == ("From the sitemap", "2024-09-03")


def test_archive_holds_the_body_as_received(site_crawl: SiteCrawl) -> None:
    """The gzip bytes of the server are in the archive, byte for byte."""
    (archive,) = (site_crawl.out / "archive").iterdir()
    assert site_crawl.zipped in gzip.decompress(archive.read_bytes())


def test_archive_has_each_page_once_in_the_order_of_the_records(
    site_crawl: SiteCrawl,
) -> None:
    """Articles stand in the order in which their responses were archived."""
    offsets = [
        record["provenance"]["warc_offset"]
        for record in records(site_crawl.out, "articles")
    ]
    assert offsets == sorted(offsets)
    counts = site_crawl.finished.manifest["counts"]
    assert len(archived_pages(site_crawl.out)) == counts["seen"] - 2  # offsite ones


def test_each_address_is_asked_once(site_crawl: SiteCrawl) -> None:
    """Two sources that name one page cost one request."""
    asked_again = {
        path for path, hits in site_crawl.server.hits.items()
        if hits > 1 and path != "/story-1"  # once by its name, once as `/old`
    }  # fmt: skip
    assert asked_again == set()


def test_we_say_who_we_are(site_crawl: SiteCrawl) -> None:
    """The user agent is honest; no cookie, no referrer, no language is sent."""
    headers = site_crawl.server.headers["/story-1"]
    assert headers["User-Agent"].startswith("Copydesk/")
    assert not {"Referer", "Cookie", "Accept-Language"} & set(headers)


def test_log_has_one_line_a_page(site_crawl: SiteCrawl) -> None:
    """No record is dumped into the log."""
    log = site_crawl.finished.log
    assert log.count("/story-3 ") == 1
    assert "lighthouse will be painted" not in log
    assert "10 pages seen: 6 articles, 1 duplicates, 3 rejected" in log


def test_progress_is_told(site_crawl: SiteCrawl) -> None:
    """The caller hears how the pages stand, at least at the end."""
    assert json.loads(site_crawl.finished.stdout)["progress"][-1] == 10


def test_second_run_reads_sources_and_asks_for_new_pages_only(
    site_crawl: SiteCrawl,
) -> None:
    """What is settled stays; a new entry of the feed is fetched."""
    server = site_crawl.server
    server.routes["/feed"] = feed(f"{server.url}/story-1", f"{server.url}/story-6")
    before = Counter(server.hits)
    manifest = crawl(
        site_crawl.out, site="loopback", sites=site_crawl.sites, recheck=True
    ).manifest
    asked = Counter(server.hits) - before
    assert [path for path in asked if path.startswith("/story")] == ["/story-6"]
    assert asked["/feed"] == 1
    assert manifest["counts"]["articles"] == 7
    assert len(manifest["sessions"]) == 2


def test_front_page_is_a_source(tmp_path: Path, server: NewsServer) -> None:
    """Its feed, its links and robots' sitemaps are read; it is no page itself."""
    server.routes["/robots.txt"] = Answer(
        f"User-agent: *\nDisallow: /private\nSitemap: {server.url}/map.xml\n".encode(),
        content_type="text/plain",
    )
    server.routes["/"] = Answer(
        article(
            0,
            head="<link rel='alternate' type='application/rss+xml' href='/feed'>",
            links="<a href='/harbour-board-will-paint'>More</a><a href='/jobs'>Jobs</a>"
            "<a href='/private-note-on-the-mayor'>Private</a>",
        )
    )
    server.routes["/feed"] = feed(f"{server.url}/from-feed")
    server.routes["/map.xml"] = Answer(
        urlset(f"{server.url}/from-map"), content_type=XML
    )
    for path in ("/harbour-board-will-paint", "/from-feed", "/from-map"):
        server.routes[path] = Answer(article(len(path)))
    finished = crawl(tmp_path / "out", f"{server.url}/")
    assert finished.manifest["counts"]["seen"] == 4
    assert finished.manifest["rejected_by_reason"]["robots-disallowed"] == 1
    assert "/private-note-on-the-mayor" not in server.hits
    assert "/jobs" not in server.hits
    # Again: the front page is read for its links, and is no second page.
    again = crawl(tmp_path / "out", f"{server.url}/")
    assert server.hits["/"] == 2
    assert server.hits["/from-map"] == 1
    assert again.manifest["counts"] == finished.manifest["counts"]


@pytest.mark.parametrize(
    ("robots", "reason"),
    [
        (Answer(status=503), "robots-unreachable"),
        (Answer(status=429), "robots-unreachable"),
        (Answer(b"User-agent: copydesk\nDisallow: /\n"), "robots-disallowed"),
        (Answer(status=301, headers={"Location": "/robots.txt"}), "robots-unreachable"),
    ],
)
def test_robots_that_forbid_or_fail_close_the_site(
    tmp_path: Path, server: NewsServer, robots: Answer, reason: str
) -> None:
    """Nothing but robots.txt is asked for, and the page says why."""
    server.routes["/robots.txt"] = robots
    server.routes["/story-1"] = Answer(article(1))
    finished = crawl(tmp_path, f"{server.url}/story-1", settings={"RETRY_TIMES": 0})
    assert finished.error.startswith("CrawlError")
    assert [record["reason"] for record in records(tmp_path, "rejected")] == [reason]
    assert set(server.hits) == {"/robots.txt"}
    assert server.hits["/robots.txt"] <= 6  # the first, and five redirects


def test_target_that_is_no_address_is_a_misuse(tmp_path: Path) -> None:
    """Only http(s) addresses can be crawled."""
    assert crawl(tmp_path, "ftp://paper.example/").error.startswith("UsageError")


def test_bug_in_the_start_fails_the_run(tmp_path: Path) -> None:
    """An error of another kind is a `CrawlError` that names it."""
    settings = {"COPYDESK_CLOCK": "tests.crawler.clocks.no_such_clock"}
    error = crawl(tmp_path, "https://paper.example/", settings=settings).error
    assert error.startswith("CrawlError: NameError")


def test_private_target_is_a_misuse(tmp_path: Path, server: NewsServer) -> None:
    """Without leave a private address is refused before anything is made."""
    finished = crawl(tmp_path / "out", server.url, allow_private_addresses=False)
    assert finished.error.startswith("UsageError")
    assert not (tmp_path / "out").exists()


def test_private_address_is_refused_at_connect_time(
    tmp_path: Path, server: NewsServer
) -> None:
    """A name that resolves to loopback is refused though its URL looks public."""
    finished = crawl(
        tmp_path,
        f"http://news.example:{server.url.rpartition(':')[2]}/story-1",
        allow_private_addresses=False,
        settings={"TWISTED_DNS_RESOLVER": "tests.crawler.fake_dns.LoopbackDns"},
    )
    assert finished.error.startswith("CrawlError")
    assert not server.hits
    (record,) = records(tmp_path, "rejected")
    assert record["reason"] == "private-address"


def test_misbehaving_pages_do_not_stop_the_others(
    tmp_path: Path, server: NewsServer
) -> None:
    """A worker that dies, one that hangs and one that raises cost one page each."""
    paths = ("/one", "/die", "/two", "/hang", "/raise", "/three")
    server.routes["/feed"] = feed(*(f"{server.url}{path}" for path in paths))
    for path in paths:
        server.routes[path] = Answer(article(1))
    manifest = crawl(
        tmp_path,
        f"{server.url}/feed",
        settings={"COPYDESK_PROCESS": "tests.crawler.processes.misbehave"},
        config={"limits": {"page_seconds": 1.0}},
    ).manifest
    assert manifest["failed_by_reason"] == {
        "exception": 1, "timeout": 1, "worker-died": 1,
    }  # fmt: skip
    assert manifest["counts"]["rejected"] == 3
    rejected = [record["url"] for record in records(tmp_path, "rejected")]
    assert rejected == [f"{server.url}{path}" for path in ("/one", "/two", "/three")]


def test_pages_that_cannot_be_had_are_told(tmp_path: Path, server: NewsServer) -> None:
    """No answer is a failure, too much of it a rejection, a PDF is not HTML."""
    never = threading.Event()
    server.routes["/feed"] = feed(
        *(f"{server.url}{path}" for path in ("/slow", "/huge", "/pdf", "/busy"))
    )
    server.routes["/slow"] = Answer(wait=never)
    server.routes["/huge"] = Answer(b"x" * 30_000)
    server.routes["/pdf"] = Answer(b"%PDF-1.4", content_type="application/pdf")
    busy = iter((Answer(status=503), Answer(article(1))))
    server.routes["/busy"] = lambda: next(busy)
    finished = crawl(
        tmp_path,
        f"{server.url}/feed",
        settings={"DOWNLOAD_TIMEOUT": 1, "DOWNLOAD_MAXSIZE": 20_000},
    )
    never.set()
    manifest = finished.manifest
    assert manifest["failed_by_reason"] == {"fetch-error": 1}
    assert manifest["rejected_by_reason"] == {"not-html": 1, "too-large": 1}
    assert manifest["counts"]["articles"] == 1
    assert manifest["other_records"]["retried"] == 1
    (not_html,) = (
        each for each in records(tmp_path, "rejected") if each["reason"] == "not-html"
    )
    assert not_html["provenance"]["http_status"] == 200


def stories(server: NewsServer, count: int) -> None:
    """A feed with that many stories."""
    server.routes["/feed"] = feed(*(f"{server.url}/story-{n}" for n in range(count)))
    for number in range(count):
        server.routes[f"/story-{number}"] = Answer(article(number))


def story_hits(server: NewsServer) -> dict[str, int]:
    """How often each story was asked for."""
    return {path: n for path, n in server.hits.items() if path.startswith("/story")}


def test_max_pages_is_exact_and_the_rest_follows(
    tmp_path: Path, server: NewsServer
) -> None:
    """Three pages now, the other five later, none twice."""
    stories(server, 8)
    first = crawl(tmp_path, f"{server.url}/feed", max_pages=3).manifest
    assert sum(story_hits(server).values()) == 3
    assert first["state"] == "finished"
    assert first["counts"]["pending"] == 5
    second = crawl(tmp_path, f"{server.url}/feed").manifest
    assert second["state"] == "finished"
    assert second["counts"]["articles"] == 8
    assert set(story_hits(server).values()) == {1}


def test_stop_on_request_settles_what_was_fetched(
    tmp_path: Path, server: NewsServer
) -> None:
    """SIGTERM: exit in order, `interrupted`; what was fetched is not fetched again."""
    stories(server, 30)
    process = start_crawl(tmp_path, f"{server.url}/feed", delay_seconds=0.3)
    server.wait_for_hits(3, prefix="/story")
    process.send_signal(signal.SIGTERM)
    manifest = Finished(process).manifest
    assert manifest["state"] == "interrupted"
    assert manifest["finish_reason"] == "shutdown"
    assert manifest["counts"]["pending"] > 0
    manifest = crawl(tmp_path, f"{server.url}/feed").manifest
    assert manifest["counts"]["articles"] == manifest["counts"]["seen"] == 30
    assert set(story_hits(server).values()) == {1}


def kill_in_mid_crawl(out: Path, server: NewsServer, *, before: str) -> None:
    """Kill a crawl with SIGKILL while it waits for the page `before`."""
    held = threading.Event()
    ready = server.routes[before]
    server.routes[before] = Answer(b"", wait=held)
    process = start_crawl(
        out, f"{server.url}/feed", settings={"COPYDESK_CHECKPOINT_PAGES": 3}
    )
    server.wait_for_hits(1, prefix=before)
    process.kill()
    process.communicate()
    held.set()
    server.routes[before] = ready


@pytest.mark.parametrize("torn_bytes", [0, 40])
def test_killed_crawl_goes_on_without_loss(
    tmp_path: Path, server: NewsServer, torn_bytes: int
) -> None:
    """After SIGKILL, and with a torn archive, every page is there once."""
    stories(server, 12)
    kill_in_mid_crawl(tmp_path, server, before="/story-8")
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest["state"] == "running"
    (archive,) = (tmp_path / "archive").iterdir()
    os.truncate(archive, archive.stat().st_size - torn_bytes)
    manifest = crawl(tmp_path, f"{server.url}/feed").manifest
    assert manifest["state"] == "finished"
    assert manifest["counts"]["articles"] == manifest["counts"]["seen"] == 12
    urls = sorted(record["url"] for record in records(tmp_path, "articles"))
    assert urls == sorted(f"{server.url}/story-{n}" for n in range(12))
    assert manifest["sessions"][0]["finished_at"] is None
    again = {path for path, hits in story_hits(server).items() if hits > 1}
    assert again == ({"/story-8", "/story-7"} if torn_bytes else {"/story-8"})
    assert len(archived_pages(tmp_path)) == 12


def test_stop_while_the_archive_is_read_again(
    tmp_path: Path, server: NewsServer
) -> None:
    """SIGTERM in a resumed crawl ends it, and the pages wait for the next one."""
    paths = ("/one", "/hang", "/two")
    server.routes["/feed"] = feed(*(f"{server.url}{path}" for path in paths))
    for path in paths:
        server.routes[path] = Answer(article(1))
    options: dict[str, Any] = {
        "settings": {"COPYDESK_PROCESS": "tests.crawler.processes.misbehave"},
        "config": {"limits": {"page_seconds": 3.0}},
    }
    killed = start_crawl(tmp_path, f"{server.url}/feed", **options)
    wait_for_log(killed, "rejected not-article")
    server.wait_for_hits(1, prefix="/two")
    killed.kill()
    killed.wait()
    assert killed.stdout is not None
    assert killed.stderr is not None
    killed.stdout.close()
    killed.stderr.close()
    stopped = start_crawl(tmp_path, f"{server.url}/feed", **options)
    wait_for_log(stopped, "rejected not-article")
    stopped.send_signal(signal.SIGTERM)
    assert Finished(stopped).manifest["state"] == "interrupted"
    manifest = crawl(tmp_path, f"{server.url}/feed", **options).manifest
    assert manifest["counts"]["rejected"] == 2
    assert manifest["failed_by_reason"] == {"timeout": 1}
    assert {server.hits[path] for path in paths[:2]} == {1}


def wait_for_log(process: subprocess.Popen[str], text: str) -> None:
    """Return once a line of the log has `text`; a crawl that is silent is ended."""
    assert process.stderr is not None
    watchdog = threading.Timer(60, process.kill)
    watchdog.start()
    try:
        assert any(text in line for line in iter(process.stderr.readline, ""))
    finally:
        watchdog.cancel()


def test_two_crawls_cannot_share_a_folder(tmp_path: Path, server: NewsServer) -> None:
    """The second one is turned away, and the first one is not disturbed."""
    stories(server, 2)
    held = threading.Event()
    server.routes["/story-1"] = Answer(article(1), wait=held)
    first = start_crawl(tmp_path, f"{server.url}/feed")
    server.wait_for_hits(1, prefix="/story-1")
    assert "another run is at work" in crawl(tmp_path, f"{server.url}/feed").error
    held.set()
    assert Finished(first).manifest["counts"]["articles"] == 2


def test_folder_of_another_site_is_refused(tmp_path: Path, server: NewsServer) -> None:
    """A folder keeps to one site and one configuration."""
    stories(server, 1)
    crawl(tmp_path / "out", f"{server.url}/feed")
    sites = write_site(tmp_path / "sites", server, ("feed", "/feed"))
    finished = crawl(tmp_path / "out", site="loopback", sites=sites)
    assert finished.error.startswith("StoreError")


def test_full_disk_ends_the_run_and_loses_nothing(
    tmp_path: Path, server: NewsServer
) -> None:
    """The crawl stops with an error; with room again it goes on."""
    stories(server, 12)
    server.routes["/story-2"] = Answer(os.urandom(600_000))
    full = crawl(tmp_path, f"{server.url}/feed", max_file_bytes=500_000)
    assert full.error.startswith("CrawlError")
    assert "cannot be written" in full.error
    assert len(story_hits(server)) < 12
    manifest = crawl(tmp_path, f"{server.url}/feed").manifest
    assert manifest["counts"]["seen"] == 12
    assert manifest["counts"]["articles"] == 11
    assert set(story_hits(server).values()) <= {1, 2}


def test_unreachable_site_fails_the_run(tmp_path: Path) -> None:
    """A crawl that could read nothing is an error, and its folder says so too."""
    with serving() as server:
        url = server.url
    assert crawl(tmp_path, f"{url}/a").error.startswith("CrawlError")
    assert [each["reason"] for each in records(tmp_path, "rejected")] == [
        "robots-unreachable"
    ]


def test_scrapy_command_works_and_exports_records(
    tmp_path: Path, server: NewsServer
) -> None:
    """`scrapy crawl news -a urls=… -O FILE` writes the same lines as the store."""
    stories(server, 2)
    command = [
        sys.executable, "-m", "scrapy", "crawl", "news",
        "-a", f"urls={server.url}/feed,{server.url}/story-1",
        "-O", str(tmp_path / "export.jsonl"),
    ]  # fmt: skip
    for setting in (
        f"COPYDESK_OUT={tmp_path / 'out'}",
        "COPYDESK_ALLOW_PRIVATE_ADDRESSES=1",
        "COPYDESK_CONTACT=https://crawler.example/about",
        "DOWNLOAD_DELAY=0",
        'COPYDESK_CONFIG={"validation": {"min_text_chars": 50}}',
    ):
        command += ["-s", setting]
    ended = subprocess.run(
        command, cwd=REPOSITORY, capture_output=True, text=True, timeout=90, check=False
    )
    assert ended.returncode == 0, ended.stderr
    (part,) = (tmp_path / "out" / "articles").iterdir()
    assert (tmp_path / "export.jsonl").read_bytes() == part.read_bytes()
    agent = server.headers["/story-1"]["User-Agent"]
    assert agent.endswith("(+https://crawler.example/about)")


def test_clock_and_ids_may_be_fixed(tmp_path: Path, server: NewsServer) -> None:
    """With a fixed clock two crawls give the same records, byte for byte."""
    stories(server, 3)
    settings = {
        "COPYDESK_CLOCK": "tests.crawler.clocks.noon",
        "COPYDESK_NEW_ID": "tests.crawler.clocks.counted_id",
    }
    files: list[bytes] = []
    for name in ("first", "second"):
        out = tmp_path / name
        crawl(out, f"{server.url}/feed", settings=settings, workers=2)
        files.append((out / "articles" / "part-00001.jsonl").read_bytes())
    assert files[0] == files[1]


def test_database_agrees_with_the_manifest(site_crawl: SiteCrawl) -> None:
    """Rows, parts and counts tell one story."""
    manifest = json.loads((site_crawl.out / "manifest.json").read_text())
    connection = sqlite3.connect(site_crawl.out / "state.sqlite")
    rows = connection.execute(
        "SELECT disposition, sum(pages) FROM tallies GROUP BY disposition"
    )
    counts = {name: n for name, n in manifest["counts"].items() if n and name != "seen"}
    assert dict(rows) == counts
    (urls,) = connection.execute("SELECT count(*) FROM urls").fetchone()
    assert urls == manifest["counts"]["seen"]
    connection.close()
