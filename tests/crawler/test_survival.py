"""Crawls that are killed, stopped, or lose their disk: nothing is lost, or twice."""

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest

from benchmarks.crawl import definition, descendants, settled
from benchmarks.crawl_peers import SITE
from benchmarks.news_site import NewsSite, SiteOptions
from crawler import exit_codes
from tests.crawler.news_server import Answer, NewsServer, article, feed, serving
from tests.crawler.runner import REPOSITORY, Finished, crawl, records, start_crawl

PAGES = 150
CONCURRENCY = 8
ENDS = ("articles", "duplicates", "rejected", "failed")


# -- kill -9 -----------------------------------------------------------------------


class Killing(NamedTuple):
    """One way to kill a crawl again and again."""

    kills: int
    checkpoint_pages: int
    fetched_before: bool = False
    """Whether all is in the archive before the first kill."""


@pytest.fixture(scope="module")
def news_site() -> Iterator[NewsSite]:
    """A site with `PAGES` articles, in a process of its own."""
    with NewsSite(SiteOptions(pages=PAGES, page_kb=3)) as site:
        yield site


def start_site_crawl(
    site: NewsSite,
    folder: Path,
    *,
    checkpoint_pages: int = 500,
    fetch_only: bool = False,
) -> "subprocess.Popen[str]":
    """A crawl of all of the site, as fast as it goes."""
    sites = folder / "sites"
    sites.mkdir(exist_ok=True)
    (sites / f"{SITE}.toml").write_text(definition(site))
    return start_crawl(
        folder / "out",
        site=SITE,
        sites=sites,
        settings={
            "COPYDESK_CHECKPOINT_PAGES": checkpoint_pages,
            "AUTOTHROTTLE_ENABLED": False,
        },
        concurrency=CONCURRENCY,
        site_concurrency=CONCURRENCY,
        log_level="WARNING",
        fetch_only=fetch_only,
    )


def has_come(moment: int, site: NewsSite, out: Path) -> bool:
    """Whether so many requests and settled pages are behind us."""
    return len(site.hits()) + settled(out) >= moment


def kill_at(
    process: "subprocess.Popen[str]", is_time: Callable[[], bool], *, whole_tree: bool
) -> bool:
    """Kill the crawl when it is time; False if it had ended before."""
    while process.poll() is None and not is_time():
        time.sleep(0.002)
    if process.poll() is not None:
        Finished(process)
        return False
    children = list(descendants(process.pid))
    process.kill()
    for pid in children if whole_tree else ():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.communicate()
    wait_until_gone(children)
    return True


def wait_until_gone(pids: list[int], seconds: float = 5) -> None:
    """Return once all processes have ended."""
    until = time.monotonic() + seconds
    while left := [pid for pid in pids if is_running(pid)]:
        assert time.monotonic() < until, left
        time.sleep(0.02)


def is_running(pid: int) -> bool:
    """Whether there is such a process, and it has not ended."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "XZ"


@pytest.mark.parametrize(
    "killing",
    [
        pytest.param(Killing(5, 20), id="in-mid-crawl"),
        pytest.param(Killing(1, 3, fetched_before=True), id="while-cleaning-is-behind"),
    ],
)
def test_killed_again_and_again_it_has_every_article_once(
    tmp_path: Path, news_site: NewsSite, killing: Killing
) -> None:
    """After each SIGKILL the same command goes on; what was in flight is asked again.

    A moment is a sum of requests and settled pages: so kills fall into fetching and
    cleaning alike, whatever the speed of the machine.
    """
    news_site.clear()
    out = tmp_path / "out"
    begin = 1
    if killing.fetched_before:
        Finished(start_site_crawl(news_site, tmp_path, fetch_only=True))
        begin = len(news_site.hits())
    chance = Random(killing.kills)  # noqa: S311 - no secret
    moments = chance.sample(range(begin, 2 * PAGES), killing.kills)
    done = 0
    for turn, moment in enumerate(sorted(moments)):
        process = start_site_crawl(
            news_site, tmp_path, checkpoint_pages=killing.checkpoint_pages
        )
        done += kill_at(
            process,
            partial(has_come, moment, news_site, out),
            whole_tree=turn % 2 == 0,
        )
    manifest = Finished(start_site_crawl(news_site, tmp_path)).manifest
    assert done == killing.kills
    check_each_once(news_site, out, manifest)
    asked = Counter(hit.path for hit in news_site.hits())
    again = sum(asked[path] - 1 for path in article_paths(news_site))
    assert again <= (0 if killing.fetched_before else done * CONCURRENCY)


def article_paths(site: NewsSite) -> list[str]:
    """The paths of all articles."""
    return [url.removeprefix(site.url) for url in site.article_urls()]


def check_each_once(site: NewsSite, out: Path, manifest: dict[str, Any]) -> None:
    """Each article of the site has one record, and the counts say so."""
    found = Counter(record["url"] for record in records(out, "articles"))
    assert found == Counter(site.article_urls())
    counts = manifest["counts"]
    assert manifest["state"] == "finished"
    assert counts["pending"] == 0
    assert counts["seen"] == sum(counts[end] for end in ENDS) == len(found)
    assert counts["articles"] == len(found)


# -- told to stop ------------------------------------------------------------------


def quick(server: NewsServer) -> None:
    """Thirty stories."""
    stories(server, 30)


def pausing(server: NewsServer) -> None:
    """The first story asks that the site is left alone for half a minute."""
    stories(server, 30)
    server.routes["/story-0"] = Answer(status=429, headers={"Retry-After": "30"})


def hanging(server: NewsServer) -> None:
    """The first story is never answered."""
    stories(server, 30)
    server.routes["/story-0"] = Answer(wait=server.closed)


class Stop(NamedTuple):
    """How a crawl is told to stop."""

    signals: tuple[signal.Signals, ...]
    publish: Callable[[NewsServer], None]
    finish_reason: str | None = "shutdown"


@pytest.mark.parametrize(
    "stop",
    [
        pytest.param(Stop((signal.SIGINT,), quick), id="ctrl-c"),
        pytest.param(Stop((signal.SIGTERM,), pausing), id="while-a-site-is-paused"),
        pytest.param(Stop((signal.SIGTERM,) * 2, hanging, None), id="twice"),
    ],
)
def test_stop_on_request_is_prompt_and_clean(
    tmp_path: Path, server: NewsServer, stop: Stop
) -> None:
    """`interrupted`; no process is left, and the same command goes on."""
    stop.publish(server)
    process = start_crawl(tmp_path, f"{server.url}/feed", delay_seconds=0.1)
    server.wait_for_hits(1, prefix="/story-0")
    time.sleep(0.3)  # the answer has come, where there is one
    children = list(descendants(process.pid))
    began = time.monotonic()
    for each in stop.signals:
        process.send_signal(each)
        time.sleep(0.1)
    ended = Finished(process)
    assert time.monotonic() - began < 10
    assert ended.manifest["state"] == "interrupted"
    assert ended.manifest["finish_reason"] == stop.finish_reason
    assert "it is pending" not in ended.log
    wait_until_gone(children)
    stories(server, 30)
    make_all_due(tmp_path)
    check_stories(tmp_path, server, 30)


def make_all_due(out: Path) -> None:
    """As if no site wanted to be left alone."""
    with contextlib.closing(sqlite3.connect(out / "state.sqlite")) as database:
        database.execute("UPDATE hosts SET not_before = 1")
        database.commit()


def test_stop_before_anything_is_asked(tmp_path: Path, server: NewsServer) -> None:
    """Whatever is being made when SIGTERM comes: interrupted, and nothing is lost."""
    stories(server, 10)
    server.routes["/robots.txt"] = Answer(wait=server.closed)
    out = tmp_path / "out"
    command = [
        *(sys.executable, "-m", "crawler.cli", "crawl", f"{server.url}/feed"),
        *("--out", str(out), "--allow-private-addresses", "--quiet"),
    ]
    for path in ("manifest.json", "state.sqlite", "archive", "articles"):
        shutil.rmtree(out, ignore_errors=True)
        process = subprocess.Popen(command, cwd=REPOSITORY)
        while not (out / path).exists():
            time.sleep(0.001)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == exit_codes.INTERRUPTED
    server.routes["/robots.txt"] = Answer(status=404)
    check_stories(out, server, 10)


# -- a disk, a worker or a file that fails -------------------------------------------


@pytest.fixture
def server() -> Iterator[NewsServer]:
    """A site without any page."""
    with serving() as running:
        yield running


def stories(server: NewsServer, count: int) -> None:
    """A feed with that many stories."""
    server.routes["/feed"] = feed(*(f"{server.url}/story-{n}" for n in range(count)))
    for number in range(count):
        server.routes[f"/story-{number}"] = Answer(article(number))


def check_stories(out: Path, server: NewsServer, count: int) -> dict[str, Any]:
    """The same command comes to a good end, with each story once; the manifest."""
    manifest = crawl(out, f"{server.url}/feed").manifest
    found = Counter(record["url"] for record in records(out, "articles"))
    assert found == Counter(f"{server.url}/story-{n}" for n in range(count))
    counts = manifest["counts"]
    assert counts["seen"] == counts["articles"] == count
    assert manifest["state"] == "finished"
    return manifest


@pytest.mark.parametrize("max_file_bytes", [1_000, 20_000, 70_000, 120_000])
def test_full_disk_costs_nothing_but_time(
    tmp_path: Path, server: NewsServer, max_file_bytes: int
) -> None:
    """Whichever file cannot grow, the crawl says so; with room again it goes on."""
    stories(server, 60)
    full = crawl(
        tmp_path / "out",
        f"{server.url}/feed",
        max_file_bytes=max_file_bytes,
        settings={"COPYDESK_CHECKPOINT_PAGES": 10, "AUTOTHROTTLE_ENABLED": False},
    )
    assert full.error.startswith(("CrawlError: ", "StoreError: "))
    check_stories(tmp_path / "out", server, 60)


def test_killed_processes_cost_one_page(tmp_path: Path, server: NewsServer) -> None:
    """Out of memory, the kernel kills workers, or what they are forked from."""
    paths = ["/one", "/server-killed", "/two", "/killed", "/three"]
    server.routes["/feed"] = feed(*(f"{server.url}{path}" for path in paths))
    for path in paths:
        server.routes[path] = Answer(article(1))
    manifest = crawl(
        tmp_path,
        f"{server.url}/feed",
        settings={"COPYDESK_PROCESS": "tests.crawler.processes.misbehave"},
    ).manifest
    assert manifest["failed_by_reason"] == {"worker-died": 1}
    assert manifest["counts"]["rejected"] == 4


def damaged_database(out: Path) -> None:
    """A page in the middle of the database is garbage."""
    with (out / "state.sqlite").open("r+b") as file:
        file.seek(100)
        file.write(b"garbage " * 400)


def no_database(out: Path) -> None:
    """Somebody took it for a cache."""
    for path in out.glob("state.sqlite*"):
        path.unlink()


def half_a_database(out: Path) -> None:
    """Copied while the disk was full."""
    os.truncate(out / "state.sqlite", 8_000)


@pytest.mark.parametrize("damage", [damaged_database, no_database, half_a_database])
def test_crawl_without_its_database_is_refused(
    tmp_path: Path, server: NewsServer, damage: Callable[[Path], None]
) -> None:
    """It says so before anything is asked, and leaves archive and records alone."""
    stories(server, 5)
    crawl(tmp_path, f"{server.url}/feed")
    before = {path: path.read_bytes() for path in files_of(tmp_path)}
    hits = server.hits.total()
    damage(tmp_path)
    error = crawl(tmp_path, f"{server.url}/feed").error
    assert error.startswith("StoreError")
    assert "state.sqlite" in error
    assert server.hits.total() == hits
    assert {path: path.read_bytes() for path in files_of(tmp_path)} == before


def files_of(out: Path) -> list[Path]:
    """Archive and records."""
    return [*(out / "archive").iterdir(), *(out / "articles").iterdir()]


def test_page_whose_archive_was_taken_away_is_fetched_again(
    tmp_path: Path, server: NewsServer
) -> None:
    """As far as it has no record yet; the others stay as they are."""
    stories(server, 4)
    crawl(tmp_path, f"{server.url}/feed")
    stories(server, 8)
    crawl(tmp_path, f"{server.url}/feed", fetch_only=True)
    shutil.rmtree(tmp_path / "archive")
    check_stories(tmp_path, server, 8)
    asked = [server.hits[f"/story-{number}"] for number in range(8)]
    assert asked == [1] * 4 + [2] * 4
