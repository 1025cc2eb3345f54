"""One site on several machines: real processes, a real Redis, a site on loopback."""

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

import pytest
from redis import ConnectionError as RedisConnectionError
from redis import Redis

from crawler.shared_frontier import (
    PAGES_AT_ONCE,
    PASSWORD_VARIABLE,
    SharedFrontier,
    SharedFrontierError,
)
from crawler.state import CrawlState, Memory, NewPage, Settled, Source
from schemas.errors import UsageError
from schemas.manifest import Disposition
from schemas.page import Discovery, SourceKind
from tests.crawler.news_server import Answer, NewsServer, serving
from tests.crawler.runner import Finished, start_crawl
from tests.crawler.test_incremental import publish, site

HOST = "127.0.0.1"
LEASE_SECONDS = 2.0
PASSWORD = "hush-hush"  # noqa: S105 - of a server that lives for a test
Crawl = subprocess.Popen[str]


@dataclass(frozen=True)
class Machine:
    """What one machine has."""

    state: CrawlState
    shared: SharedFrontier

    def begun(self) -> Self:
        """The same, with a session that has begun."""
        self.shared.begin(self.state)
        return self


class RedisServer:
    """A Redis on loopback, with its dump in a folder."""

    def __init__(self, program: str, folder: Path) -> None:
        self._program = program
        self._folder = folder
        with socket.socket() as free:
            free.bind((HOST, 0))
            self._port = free.getsockname()[1]
        self.address = f"redis://:{PASSWORD}@{HOST}:{self._port}/0"
        self.start()

    def start(self) -> None:
        """Serve what the dump has."""
        self._process = subprocess.Popen(
            [self._program, "--port", str(self._port), "--bind", HOST,
             "--dir", self._folder, "--save", "", "--requirepass", PASSWORD],
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        with Redis.from_url(self.address) as client:
            wait_until(lambda: can_ping(client))

    def stop(self, *, keeps: bool = False) -> None:
        """End it; its data is gone unless it keeps a dump."""
        with Redis.from_url(self.address) as client:
            client.shutdown(save=keeps, nosave=not keeps)
        self._process.wait()
        if not keeps:
            (self._folder / "dump.rdb").unlink(missing_ok=True)


def can_ping(client: Redis) -> bool:
    """Whether it serves."""
    try:
        return bool(client.ping())
    except RedisConnectionError:  # also: its dump is being loaded
        return False


def wait_until(is_reached: Callable[[], bool], seconds: float = 60) -> None:
    """Return once it is."""
    end = time.monotonic() + seconds
    while not is_reached():
        assert time.monotonic() < end, "waited for in vain"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A Redis; without the program the tests say so, or fail where it is required."""
    program = shutil.which("redis-server")
    if program is None:
        if os.environ.get("COPYDESK_REQUIRE_REDIS") == "1":
            pytest.fail("COPYDESK_REQUIRE_REDIS=1, and there is no redis-server")
        pytest.skip("no redis-server: the shared frontier is not tested")
    redis = RedisServer(program, tmp_path_factory.mktemp("redis"))
    yield redis
    redis.stop()


@pytest.fixture
def redis(server: RedisServer) -> RedisServer:
    """The same, with nothing in it."""
    with Redis.from_url(server.address) as client:
        client.flushall()
    return server


@pytest.fixture
def news() -> Iterator[NewsServer]:
    """A site."""
    with serving() as running:
        yield running


# -- what Redis is told, without a crawl -----------------------------------------


@pytest.fixture
def machine(tmp_path: Path, redis: RedisServer) -> Iterator[Callable[[str], Machine]]:
    """Makes machines with a database of their own."""
    made: list[Machine] = []

    def make(name: str, lease_seconds: float = 30.0) -> Machine:
        state = CrawlState(tmp_path / f"{name}.sqlite")
        shared = SharedFrontier(
            redis.address, scope="paper", machine=name, lease_seconds=lease_seconds
        )
        made.append(Machine(state, shared))
        return made[-1]

    yield make
    for each in made:
        each.shared.close()
        each.state.close()


def page(number: int) -> NewPage:
    """A page that a feed named."""
    url = f"https://paper.example/story-{number}"
    return NewPage(url, "paper.example", url, Discovery(source=SourceKind.FEED))


def source(name: str = "feed", *, next_visit: float = 0.0) -> Source:
    """A feed."""
    url = f"https://paper.example/{name}"
    return Source(
        url, "paper.example", SourceKind.FEED, 90.0, next_visit=next_visit,
        memory=Memory(status=200, etag='"1"'),
    )  # fmt: skip


def waiting(state: CrawlState) -> list[str]:
    """The pages that have a row and no outcome."""
    return sorted(each.requested_url for _, each in state.first_visits())


def settle(state: CrawlState) -> None:
    """All open visits are done, as if their records were on disk."""
    done = [
        Settled(number, Disposition.ARTICLES, None)
        for number, _ in state.first_visits()
    ]
    state.settle(done, ())


def test_page_is_leased_by_one_machine(machine: Callable[..., Machine]) -> None:
    """In the order in which the pages were named, and each of them once."""
    first, second = machine("a").begun(), machine("b").begun()
    assert first.shared.discover([page(n) for n in range(30)]) == 30
    assert second.shared.discover([page(n) for n in range(31)]) == 1
    assert len(first.shared.take(first.state)) == PAGES_AT_ONCE
    assert len(second.shared.take(second.state)) == 31 - PAGES_AT_ONCE
    assert first.shared.take(first.state) == ()
    named = sorted(page(n).requested_url for n in range(31))
    assert sorted(waiting(first.state) + waiting(second.state)) == named
    assert page(0).requested_url in waiting(first.state)


def test_work_is_left_until_the_others_have_settled(
    machine: Callable[..., Machine],
) -> None:
    """What waits or is with another machine is work; what is with us is not."""
    first, second = machine("a").begun(), machine("b").begun()
    assert not second.shared.is_work_left()
    first.shared.discover([page(1)])
    assert second.shared.is_work_left()
    first.shared.take(first.state)
    assert second.shared.is_work_left()
    assert not first.shared.is_work_left()
    first.shared.settle([page(1).url_key])
    assert not second.shared.is_work_left()


def test_silent_machine_loses_its_pages_and_may_write_nothing(
    machine: Callable[..., Machine],
) -> None:
    """Another one takes them over; the next session of the first one forgets them."""
    silent, other = machine("a", 0.2).begun(), machine("b").begun()
    silent.shared.discover([page(1), page(2)])
    silent.shared.take(silent.state)
    silent.shared.settle([page(2).url_key])
    assert other.shared.take(other.state) == ()
    time.sleep(0.3)
    assert other.shared.take(other.state) == ("paper.example",)
    assert waiting(other.state) == [page(1).requested_url]
    with pytest.raises(SharedFrontierError, match="lease has run out"):
        silent.shared.hold()
    with pytest.raises(SharedFrontierError):
        silent.shared.take(silent.state)
    assert silent.shared.begin(silent.state) == 2
    assert waiting(silent.state) == []
    assert silent.state.other_records() == {"lease-lost": 2}
    silent.shared.hold()


def test_machine_that_was_late_but_lost_nothing_goes_on(
    machine: Callable[..., Machine],
) -> None:
    """A lease that has run out is still a lease while nobody took it."""
    late = machine("a", 0.1).begun()
    late.shared.discover([page(1)])
    late.shared.take(late.state)
    time.sleep(0.2)
    late.shared.hold()


def test_leased_pages_survive_a_kill_before_they_have_rows(
    machine: Callable[..., Machine], tmp_path: Path
) -> None:
    """The next session of the same machine has them."""
    killed = machine("a").begun()
    killed.shared.discover([page(1), page(2)])
    never_written = CrawlState(tmp_path / "never-written.sqlite")
    killed.shared.take(never_written)
    never_written.close()
    assert waiting(killed.state) == []
    assert killed.shared.begin(killed.state) == 0
    assert waiting(killed.state) == [page(1).requested_url, page(2).requested_url]


def test_kill_between_the_records_and_redis_is_made_good(
    machine: Callable[..., Machine],
) -> None:
    """What the database says is done is done."""
    killed, other = machine("a").begun(), machine("b").begun()
    killed.shared.discover([page(1)])
    killed.shared.take(killed.state)
    settle(killed.state)
    assert other.shared.is_work_left()
    assert killed.shared.begin(killed.state) == 0
    assert waiting(killed.state) == []
    assert not other.shared.is_work_left()


def test_page_that_is_looked_at_again_stays_with_its_machine(
    machine: Callable[..., Machine],
) -> None:
    """It was settled once, so no lease tells that it is ours."""
    only = machine("a").begun()
    only.shared.discover([page(1)])
    only.shared.take(only.state)
    ((number, _),) = only.state.first_visits()
    only.state.settle([Settled(number, Disposition.FAILED, "x", next_visit=1.0)], ())
    only.shared.settle([page(1).url_key])
    assert only.state.open_due(2.0) == 1
    assert only.shared.begin(only.state) == 0
    assert len(only.state.pending("paper.example", 0, 10)) == 1


def test_backup_of_redis_that_is_too_old_holds_nobody_up(
    machine: Callable[..., Machine], redis: RedisServer
) -> None:
    """It has leases of pages that are settled elsewhere: they are nobody's work."""
    first, second, third = (machine(name, 0.2).begun() for name in "abc")
    first.shared.discover([page(1), page(2)])
    first.shared.take(first.state)
    settle(first.state)
    with Redis.from_url(redis.address) as client:
        kept = client.smembers("copydesk:{paper}:leased:a")
        first.shared.begin(first.state)
        client.sadd("copydesk:{paper}:leased:b", *kept)
    time.sleep(0.3)
    assert third.shared.is_work_left()
    assert third.shared.take(third.state) == ()
    assert not third.shared.is_work_left()
    with Redis.from_url(redis.address) as client:
        client.sadd("copydesk:{paper}:leased:b", *kept)
    assert second.shared.begin(second.state) == 0
    assert waiting(second.state) == []
    assert not third.shared.is_work_left()


def test_emptied_redis_is_filled_from_the_databases(
    machine: Callable[..., Machine], redis: RedisServer
) -> None:
    """Settled pages are known, open ones are ours, and the session cannot go on."""
    first, second = machine("a").begun(), machine("b").begun()
    first.shared.discover([page(1)])
    first.shared.take(first.state)
    settle(first.state)
    first.shared.discover([page(2)])
    first.shared.take(first.state)
    with Redis.from_url(redis.address) as client:
        client.flushall()
    with pytest.raises(SharedFrontierError, match="Redis was emptied"):
        first.shared.hold()
    assert first.shared.begin(first.state) == 0
    assert waiting(first.state) == [page(2).requested_url]
    second.shared.begin(second.state)
    assert second.shared.discover([page(1), page(2), page(3)]) == 1
    second.shared.take(second.state)
    assert waiting(second.state) == [page(3).requested_url]


def test_second_process_of_one_machine_stops_the_first(
    machine: Callable[..., Machine],
) -> None:
    """Two with a copy of one output folder would fetch everything twice."""
    first = machine("a").begun()
    copy = machine("a").begun()
    copy.shared.hold()
    with pytest.raises(SharedFrontierError, match="another process"):
        first.shared.hold()


def test_source_is_read_by_one_machine_when_it_is_due(
    machine: Callable[..., Machine],
) -> None:
    """The next reader knows what the last one was told."""
    first, second = machine("a").begun(), machine("b").begun()
    first.shared.add_source(source())
    second.shared.add_source(source())
    assert first.shared.take_sources() == (source(),)
    assert second.shared.take_sources() == ()
    assert second.shared.is_work_left()
    first.shared.visited(source(next_visit=time.time() + 3_600))
    assert second.shared.take_sources() == first.shared.take_sources() == ()
    assert not second.shared.is_work_left()
    second.shared.make_due([source().url])
    (found,) = second.shared.take_sources()
    assert found.memory == Memory(status=200, etag='"1"')


def test_source_of_a_silent_machine_is_read_by_another(
    machine: Callable[..., Machine],
) -> None:
    """Nothing that it names is missing because its reader died."""
    silent, other = machine("a", 0.1).begun(), machine("b").begun()
    silent.shared.add_source(source())
    silent.shared.take_sources()
    time.sleep(0.2)
    assert other.shared.take_sources() == (source(),)


def test_source_that_changed_is_due(machine: Callable[..., Machine]) -> None:
    """A sitemap index says when a sitemap changed."""
    only = machine("a").begun()
    only.shared.add_source(source())
    only.shared.take_sources()
    only.shared.visited(
        replace(source(), last_visit=1_000.0, next_visit=time.time() + 3_600)
    )
    only.shared.add_source(source(), changed_at=900.0)
    assert only.shared.take_sources() == ()
    only.shared.add_source(source(), changed_at=1_100.0)
    assert [each.url for each in only.shared.take_sources()] == [source().url]


def test_source_hangs_on_whoever_named_it_last(
    machine: Callable[..., Machine],
) -> None:
    """Not from further below; what was remembered of it stays."""
    only = machine("a").begun()
    read = replace(source(), last_visit=1_000.25, next_visit=5e9, depth=1)
    only.shared.add_source(source())
    only.shared.visited(replace(read, named_by="old"))
    only.shared.add_source(replace(source(), named_by="new", depth=1, max_depth=2))
    only.shared.add_source(replace(source(), named_by="below", depth=2))
    assert only.shared.sources() == (replace(read, named_by="new", max_depth=2),)


def test_source_that_is_no_more_is_not_asked(machine: Callable[..., Machine]) -> None:
    """It was taken out of the site file."""
    only = machine("a").begun()
    only.shared.add_source(source("old"))
    only.shared.add_source(source("feed"))
    only.shared.remove_sources([source("old").url])
    assert only.shared.sources() == only.shared.take_sources() == (source("feed"),)


def test_turns_are_apart_by_the_pause(machine: Callable[..., Machine]) -> None:
    """Machines wait for each other, and for a site that wants to be left alone."""
    first, second = machine("a").begun(), machine("b").begun()
    assert first.shared.turn("paper.example", 5.0) == (0, 0)
    assert first.shared.turn("other.example", 5.0) == (0, 0)
    pause, wait = second.shared.turn("paper.example", 0.0)
    assert (pause, 4 < wait <= 5) == (0, True)
    first.shared.pause("paper.example", 60.0)
    first.shared.pause("paper.example", 10.0)
    pause, wait = second.shared.turn("paper.example", 0.0)
    assert (50 < pause <= 60, wait) == (True, 0)


def test_password_is_told_to_nobody(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Neither by an address that is none, nor by a Redis that is not there."""
    options: dict[str, Any] = {"scope": "s", "machine": "m", "lease_seconds": 1.0}
    with pytest.raises(UsageError) as misuse:
        SharedFrontier("redis://:se/cret@host:1", **options)
    monkeypatch.setenv(PASSWORD_VARIABLE, "secret")
    shared = SharedFrontier(f"redis://{HOST}:1/0", **options)
    state = CrawlState(tmp_path / "state.sqlite")
    with pytest.raises(SharedFrontierError, match="refused") as missing:
        shared.begin(state)
    state.close()
    assert "cret" not in f"{misuse.value}{missing.value}{shared._redis!r}"


# -- crawls ----------------------------------------------------------------------


def start(
    out: Path,
    sites: Path,
    redis: RedisServer,
    settings: Mapping[str, object] | None = None,
    **options: object,
) -> Crawl:
    """One machine, which reports often and is missed soon."""
    given = {
        "COPYDESK_LEASE_SECONDS": LEASE_SECONDS,
        "COPYDESK_CHECKPOINT_PAGES": 10,
        "COPYDESK_PROCESS": "tests.crawler.processes.reject_all",
        "AUTOTHROTTLE_ENABLED": False,  # pauses are as given, on busy machines too
    }
    return start_crawl(
        out,
        site="loopback",
        sites=sites,
        frontier=redis.address,
        settings={**given, **(settings or {})},
        **options,
    )


def stories(*machines: Path) -> list[str]:
    """Addresses of all records of these machines; what they are does not matter.

    A machine that was killed may have closed a part that its database does not name:
    that is no part of its run, and would be gone after a restart.
    """
    return sorted(
        json.loads(line)["url"]
        for out in machines
        for name in _committed(out)
        for line in (out / name).read_text("utf-8").splitlines()
    )


def _committed(out: Path) -> list[str]:
    """The parts that the machine's database names."""
    if not any(out.glob("rejected/part-*.jsonl")):
        return []
    with closing(sqlite3.connect(out / "state.sqlite")) as connection:
        rows = connection.execute("SELECT part FROM parts").fetchall()
    return [json.loads(part)["path"] for (part,) in rows]


def all_stories(news: NewsServer, count: int) -> list[str]:
    """What they have to be."""
    return sorted(f"{news.url}/story-{number}" for number in range(count))


def asked(news: NewsServer) -> Counter[str]:
    """How often each story was asked for."""
    return Counter({
        path: hits for path, hits in news.hits.items() if path.startswith("/story")
    })  # fmt: skip


def kill(crawl: Crawl) -> None:
    """It does nothing more, nor do its workers."""
    crawl.send_signal(signal.SIGKILL)
    crawl.communicate()


def test_three_machines_share_a_site(
    tmp_path: Path, news: NewsServer, redis: RedisServer
) -> None:
    """Each page once and none missing; one pause for all, also a site's own."""
    delay, pages = 0.05, 120
    sites = site(tmp_path / "sites", news)
    publish(news, pages)
    all_begun = threading.Event()
    feed_answer, ready = news.routes["/feed"], news.routes["/story-30"]
    assert isinstance(feed_answer, Answer)
    assert isinstance(ready, Answer)
    news.routes["/feed"] = replace(feed_answer, wait=all_begun)
    busy = iter([Answer(status=429, headers={"Retry-After": "2"})])
    news.routes["/story-30"] = lambda: next(busy, ready)
    outs = [tmp_path / name for name in "abc"]
    # None gets as many as make a checkpoint: each waits for what the others settle.
    rarely = {"COPYDESK_CHECKPOINT_PAGES": 500}
    crawls = [start(out, sites, redis, rarely, delay_seconds=delay) for out in outs]
    with Redis.from_url(redis.address) as client:
        wait_until(lambda: client.hlen("copydesk:{loopback}:sessions") == len(outs))
    all_begun.set()
    finished = [Finished(crawl) for crawl in crawls]
    manifests = [each.manifest for each in finished]
    assert not any(PASSWORD in each.log + each.stdout for each in finished)
    assert [each["state"] for each in manifests] == ["finished"] * 3
    assert all(each["counts"]["rejected"] for each in manifests)
    assert stories(*outs) == all_stories(news, pages)
    assert asked(news) == Counter(dict.fromkeys(asked(news), 1)) + Counter(
        {"/story-30": 1}
    )
    assert news.hits["/feed"] == 1
    moments = [moment for moment, path in news.times if path.startswith("/story")]
    assert max(after - before for before, after in pairwise(moments)) >= 1.8
    # A busy machine is late now and then, so many pauses are looked at together.
    spans = [b - a for a, b in zip(moments, moments[40:], strict=False)]
    assert min(spans) >= 36 * delay


def test_machine_that_dies_for_good_is_made_good(
    tmp_path: Path, news: NewsServer, redis: RedisServer
) -> None:
    """Another one fetches what it had not settled; coming back it gives way."""
    sites = site(tmp_path / "sites", news)
    publish(news, 60)
    dead, other = tmp_path / "dead", tmp_path / "other"
    crawl = start(dead, sites, redis, delay_seconds=0.05)
    wait_until(lambda: bool(_committed(dead)))
    kill(crawl)
    settled = stories(dead)
    assert 0 < len(settled) < 60
    Finished(start(other, sites, redis)).manifest["state"]
    assert sorted(settled + stories(other)) == all_stories(news, 60)
    assert sum(asked(news).values()) < 60 + 2 * PAGES_AT_ONCE
    before = asked(news)
    manifest = Finished(start(dead, sites, redis)).manifest
    assert asked(news) == before
    assert stories(dead) == settled
    assert manifest["other_records"]["lease-lost"] > 0
    assert manifest["counts"]["seen"] == len(settled)


def test_kills_of_machine_and_redis_cost_nothing(
    tmp_path: Path, news: NewsServer, redis: RedisServer
) -> None:
    """Restarts fetch nothing twice but what was under way; an empty Redis is filled."""
    sites, out = site(tmp_path / "sites", news), tmp_path / "out"
    publish(news, 60)
    crawl = start(out, sites, redis, delay_seconds=0.05)
    news.wait_for_hits(15, prefix="/story")
    kill(crawl)
    crawl = start(out, sites, redis, delay_seconds=0.05)
    news.wait_for_hits(35, prefix="/story")
    redis.stop(keeps=True)
    error = Finished(crawl).error
    assert "CrawlError" in error
    assert "shared frontier: ConnectionError" in error
    redis.start()
    manifest = Finished(start(out, sites, redis)).manifest
    assert stories(out) == all_stories(news, 60)
    assert manifest["counts"]["seen"] == manifest["counts"]["rejected"] == 60
    assert sum(asked(news).values()) <= 62
    redis.stop()
    redis.start()
    publish(news, 62)
    before = asked(news)
    Finished(start(out, sites, redis)).manifest["state"]
    assert set(asked(news) - before) == {"/story-60", "/story-61"}
    assert stories(out) == all_stories(news, 62)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"site": None, "targets": ["http://127.0.0.1/"]}, "shares one site"),
        ({"fetch_only": True}, "would be fetched again"),
        ({"frontier": "http://127.0.0.1/"}, "not a redis://"),
    ],
)
def test_what_cannot_be_shared_is_refused(
    options: dict[str, Any], message: str, tmp_path: Path, news: NewsServer
) -> None:
    """With a word for the one who asked, and nothing is made."""
    given = {"site": "loopback", "frontier": f"redis://{HOST}:1", **options}
    targets = given.pop("targets", [])
    sites = site(tmp_path / "sites", news)
    error = Finished(
        start_crawl(tmp_path / "out", *targets, sites=sites, **given)
    ).error
    assert message in error
    assert error.startswith("UsageError")
