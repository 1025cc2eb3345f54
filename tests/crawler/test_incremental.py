"""Crawls that are repeated: what is asked again, when, and what becomes of it."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.crawler.news_server import (
    Answer,
    NewsServer,
    article,
    feed,
    serving,
    versioned,
)
from tests.crawler.runner import Finished, crawl, records, start_crawl

SITE = """\
name = "loopback"
hosts = ["{host}"]
delay_seconds = 0
sources = [{{ kind = "feed", url = "{url}/feed" }}]
{more}
"""
EDITS = "[revisit]\narticles_after_hours = [1]"


@pytest.fixture
def server() -> Iterator[NewsServer]:
    """A server on loopback."""
    with serving() as running:
        yield running


def site(
    folder: Path, server: NewsServer, more: str = "", name: str = "loopback"
) -> Path:
    """A catalogue of one site; its folder."""
    folder.mkdir(exist_ok=True)
    host = server.url.split("//")[1].partition(":")[0]
    text = SITE.format(host=host, url=server.url, more=more)
    (folder / f"{name}.toml").write_text(text.replace('"loopback"', f'"{name}"'))
    return folder


def publish(server: NewsServer, count: int) -> None:
    """That many stories, and a feed of them."""
    server.routes["/feed"] = Answer(
        feed(*(f"{server.url}/story-{n}" for n in range(count))).body,
        content_type="application/rss+xml",
        headers={"ETag": f'"feed-{count}"'},
    )
    for number in range(count):
        server.routes[f"/story-{number}"] = versioned(article(number), f'"{number}"')


def run_site(out: Path, sites: Path, **options: Any) -> dict[str, Any]:  # noqa: ANN401
    """A crawl of the one site."""
    return crawl(out, site="loopback", sites=sites, **options).manifest


def stories_asked(server: NewsServer) -> list[str]:
    """The stories that were asked for, in order; forgotten then."""
    asked = [path for _, path in server.times if path.startswith("/story")]
    server.times.clear()
    return asked


def test_unchanged_site_is_left_alone(tmp_path: Path, server: NewsServer) -> None:
    """The feed is not due yet; when it is asked all the same, it says 304."""
    sites = site(tmp_path / "sites", server)
    publish(server, 4)
    run_site(tmp_path / "out", sites)
    assert len(stories_asked(server)) == 4
    before = server.hits["/feed"]
    manifest = run_site(tmp_path / "out", sites)
    assert server.hits["/feed"] == before
    assert manifest["state"] == "finished"
    manifest = run_site(tmp_path / "out", sites, recheck=True)
    assert server.hits["/feed"] == before + 1
    assert server.headers["/feed"]["If-None-Match"] == '"feed-4"'
    assert manifest["other_records"]["revisit"] == 1
    assert stories_asked(server) == []
    assert manifest["counts"]["articles"] == manifest["counts"]["seen"] == 4


def test_new_stories_are_found(tmp_path: Path, server: NewsServer) -> None:
    """And nothing else is asked for."""
    sites = site(tmp_path / "sites", server)
    publish(server, 2)
    run_site(tmp_path / "out", sites)
    stories_asked(server)
    publish(server, 3)
    manifest = run_site(tmp_path / "out", sites, recheck=True)
    assert stories_asked(server) == ["/story-2"]
    assert manifest["counts"]["articles"] == 3


def test_edits_are_new_versions(tmp_path: Path, server: NewsServer) -> None:
    """A site that asks for it is looked through; what is as it was is not sent."""
    sites = site(tmp_path / "sites", server, EDITS)
    publish(server, 3)
    run_site(tmp_path / "out", sites)
    server.routes["/story-1"] = versioned(article(101), '"edited"')
    make_all_due(tmp_path / "out")
    manifest = run_site(tmp_path / "out", sites)
    assert server.headers["/story-0"]["If-None-Match"] == '"0"'
    assert manifest["other_records"]["revisit"] == 2
    articles = records(tmp_path / "out", "articles")
    first, second = (each for each in articles if each["url"].endswith("/story-1"))
    assert first["id"] == second["id"]
    assert first["text_sha256"] != second["text_sha256"]
    assert manifest["counts"]["seen"] == manifest["counts"]["articles"] == 4
    stories_asked(server)
    run_site(tmp_path / "out", sites)
    assert stories_asked(server) == []


def test_same_payload_without_validators_is_a_revisit(
    tmp_path: Path, server: NewsServer
) -> None:
    """A server that knows no conditions sends the same bytes: no second record."""
    sites = site(tmp_path / "sites", server, EDITS)
    publish(server, 1)
    server.routes["/story-0"] = Answer(article(0))
    run_site(tmp_path / "out", sites)
    make_all_due(tmp_path / "out")
    manifest = run_site(tmp_path / "out", sites)
    assert len(stories_asked(server)) == 2
    assert manifest["other_records"]["revisit"] == 1
    assert manifest["counts"]["seen"] == 1


def test_page_that_could_not_be_had_is_asked_for_another_day(
    tmp_path: Path, server: NewsServer
) -> None:
    """Hours later, and then it is a page like any other."""
    sites = site(tmp_path / "sites", server)
    publish(server, 1)
    server.routes["/story-0"] = Answer(status=500)
    manifest = run_site(tmp_path / "out", sites)
    assert manifest["rejected_by_reason"] == {"http-status": 1}
    publish(server, 1)
    stories_asked(server)
    run_site(tmp_path / "out", sites)
    assert stories_asked(server) == []
    make_all_due(tmp_path / "out")
    manifest = run_site(tmp_path / "out", sites)
    assert stories_asked(server) == ["/story-0"]
    assert manifest["counts"]["articles"] == 1
    assert manifest["counts"]["seen"] == 2


def make_all_due(out: Path) -> None:
    """As if days had passed."""
    connection = sqlite3.connect(out / "state.sqlite")
    with connection:
        (found,) = connection.execute(
            "SELECT count(*) FROM urls WHERE next_visit IS NOT NULL"
        ).fetchone()
        assert found
        connection.execute("UPDATE urls SET next_visit = 1 WHERE next_visit NOT NULL")
    connection.close()


def test_retry_after_is_honoured(tmp_path: Path, server: NewsServer) -> None:
    """Nothing at all is asked of the site until then, and no page is lost."""
    sites = site(tmp_path / "sites", server)
    publish(server, 4)
    busy = iter([Answer(status=429, headers={"Retry-After": "2"})])
    ready = server.routes["/story-1"]
    assert isinstance(ready, Answer)
    server.routes["/story-1"] = lambda: next(busy, ready)
    manifest = run_site(tmp_path / "out", sites, site_concurrency=2)
    moments = [moment for moment, path in server.times if path.startswith("/story")]
    gaps = [after - before for before, after in pairwise(moments)]
    assert max(gaps) >= 1.5
    assert manifest["counts"]["articles"] == 4
    assert manifest["other_records"]["retried"] == 1


def test_site_that_asks_for_a_long_pause_is_left_for_another_session(
    tmp_path: Path, server: NewsServer
) -> None:
    """Its pages are pending, the session ends, and the next one knows of it."""
    sites = site(tmp_path / "sites", server)
    publish(server, 3)
    ready = server.routes["/story-0"]
    server.routes["/story-0"] = Answer(status=503, headers={"Retry-After": "7200"})
    manifest = run_site(tmp_path / "out", sites)
    assert manifest["state"] == "finished"
    assert manifest["counts"]["pending"] == 3
    assert stories_asked(server) == ["/story-0"]
    server.routes["/story-0"] = ready
    run_site(tmp_path / "out", sites, recheck=True)
    assert server.times == []
    connection = sqlite3.connect(tmp_path / "out" / "state.sqlite")
    with connection:
        connection.execute("UPDATE hosts SET not_before = 1")
    connection.close()
    manifest = run_site(tmp_path / "out", sites)
    assert manifest["counts"]["articles"] == 3


def test_page_that_stays_busy_is_given_up(tmp_path: Path, server: NewsServer) -> None:
    """After three answers in a session it is rejected with its status."""
    sites = site(tmp_path / "sites", server)
    publish(server, 2)
    server.routes["/story-0"] = Answer(status=503)
    manifest = run_site(tmp_path / "out", sites)
    assert stories_asked(server).count("/story-0") == 3
    assert manifest["rejected_by_reason"] == {"http-status": 1}
    assert manifest["counts"]["articles"] == 1


def test_sitemaps_of_a_front_page_that_redirects_are_asked_again(
    tmp_path: Path, server: NewsServer
) -> None:
    """Also in a session in which the front page is as it was."""
    with serving("127.0.0.2") as old:
        old.routes["/"] = Answer(status=301, headers={"Location": f"{server.url}/"})
        server.routes["/"] = versioned(b"<html><p>Front</p></html>", '"front"')
        server.routes["/robots.txt"] = Answer(
            f"User-agent: *\nSitemap: {server.url}/map.xml\n".encode()
        )
        publish(server, 2)
        for count in (1, 2):
            urls = (f"{server.url}/story-{number}" for number in range(count))
            server.routes["/map.xml"] = sitemap(*urls)
            ended = crawl(tmp_path / "out", f"{old.url}/", recheck=True)
            assert ended.manifest["counts"]["articles"] == count
    assert server.headers["/"]["If-None-Match"] == '"front"'


def sitemap(*urls: str) -> Answer:
    """A sitemap of those addresses."""
    entries = "".join(f"<url><loc>{url}</loc></url>" for url in urls)
    xml = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}'
    return Answer(f"{xml}</urlset>".encode(), content_type="application/xml")


def test_pages_that_fail_do_not_hold_up_the_others(
    tmp_path: Path, server: NewsServer
) -> None:
    """Rejected after three tries, though the site is left alone in between."""
    sites = site(tmp_path / "sites", server)
    publish(server, 4)
    for number in range(3):
        server.routes[f"/story-{number}"] = Answer(status=500)
    settings = {"RETRY_TIMES": 2, "COPYDESK_BACKOFF_SECONDS": 0.01}
    manifest = run_site(tmp_path / "out", sites, settings=settings)
    assert manifest["counts"]["articles"] == 1
    assert manifest["rejected_by_reason"] == {"http-status": 3}
    assert [server.hits[f"/story-{number}"] for number in range(4)] == [3, 3, 3, 1]
    assert manifest["other_records"]["retried"] == 6
    summary = json.loads((tmp_path / "out" / "summary.json").read_text("utf-8"))
    assert summary["sites"][0]["retries"] >= 2


def test_page_whose_redirect_leads_to_a_closed_site_waits_for_it(
    tmp_path: Path, server: NewsServer
) -> None:
    """It is not asked for over and over: its own site would be worn out."""
    with serving("127.0.0.2") as other:
        more = 'hosts = ["127.0.0.1", "127.0.0.2"]\ndelay_seconds = 0\n'
        folder = tmp_path / "sites"
        folder.mkdir()
        (folder / "loopback.toml").write_text(
            f'name = "loopback"\n{more}'
            f'sources = [{{ kind = "feed", url = "{server.url}/feed" }}]\n'
        )
        publish(server, 3)
        busy = Answer(status=503, headers={"Retry-After": "7200"})
        other.routes["/story"] = busy
        for number in range(2):
            server.routes[f"/story-{number}"] = Answer(
                status=302, headers={"Location": f"{other.url}/story"}
            )
        manifest = run_site(tmp_path / "out", folder)
    assert manifest["state"] == "finished"
    assert manifest["counts"]["articles"] == 1
    assert manifest["counts"]["pending"] == 2
    assert server.hits["/story-0"] <= 2
    assert server.hits["/story-1"] == 1


@pytest.mark.parametrize(
    ("budget", "asked"),
    [("pages = 2", 2), ("megabytes = 0.0005", 0)],
)
def test_budget_of_a_site_is_kept_to(
    tmp_path: Path, server: NewsServer, budget: str, asked: int
) -> None:
    """The rest is pending, for the next session."""
    sites = site(tmp_path / "sites", server, f"[budget]\n{budget}")
    publish(server, 5)
    manifest = run_site(tmp_path / "out", sites)
    assert len(stories_asked(server)) == asked
    assert manifest["state"] == "finished"
    assert manifest["counts"]["pending"] == 5 - asked


def test_pages_wait_in_the_archive(tmp_path: Path, server: NewsServer) -> None:
    """`fetch_only` cleans nothing; the next session asks for nothing and cleans."""
    sites = site(tmp_path / "sites", server)
    publish(server, 5)
    manifest = run_site(tmp_path / "out", sites, fetch_only=True)
    assert manifest["counts"] == {
        "seen": 5, "pending": 5,
        "articles": 0, "duplicates": 0, "rejected": 0, "failed": 0,
    }  # fmt: skip
    assert manifest["state"] == "finished"
    stories_asked(server)
    manifest = run_site(tmp_path / "out", sites)
    assert stories_asked(server) == []
    assert manifest["counts"]["articles"] == 5


def test_sites_of_a_catalogue_are_crawled_together(tmp_path: Path) -> None:
    """Three machines share it: every page once, and none missing."""
    catalogue, out = tmp_path / "sites", tmp_path / "out"
    with ExitStack() as stack:
        servers = [
            stack.enter_context(serving(f"127.0.0.{number}")) for number in range(1, 13)
        ]
        for number, server in enumerate(servers):
            publish(server, 3)
            site(catalogue, server, name=f"site{number}")
        shards = [
            start_crawl(
                out / f"shard-{number}",
                sites=catalogue,
                shard=[number, 3],
            )
            for number in (1, 2, 3)
        ]
        manifests = [Finished(each).manifest for each in shards]
        hits = [
            hits
            for server in servers
            for path, hits in server.hits.items()
            if path.startswith("/story")
        ]
    assert hits == [1] * 36
    found = [
        record["url"]
        for number in (1, 2, 3)
        for record in records(out / f"shard-{number}", "articles")
    ]
    assert len(set(found)) == len(found) == 36
    assert all(manifest["counts"]["articles"] for manifest in manifests)
    assert json.dumps([each["site"] for each in manifests]) == "[null, null, null]"
    shutil.rmtree(out)
