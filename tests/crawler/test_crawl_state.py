"""The database of a crawl."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawler.state import (
    CrawlState,
    Memory,
    NewPage,
    PageState,
    Pause,
    Settled,
    Source,
)
from schemas.errors import StoreError
from schemas.manifest import Counts, Disposition, Part
from schemas.page import ArchivedPage, Discovery, SourceKind
from schemas.provenance import InputKind
from schemas.provenance import Source as Place

NOON = datetime(2024, 9, 3, 12, tzinfo=UTC)
NOON_SECONDS = NOON.timestamp()
HOST = "paper.example"
ANSWER = Memory(
    200, '"v1"', "Tue, 03 Sep 2024 12:00:00 GMT", "digest", "<urn:1>", "url", "date"
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database lies."""
    return tmp_path / "state.sqlite"


@pytest.fixture
def state(path: Path) -> Iterator[CrawlState]:
    """A new database."""
    opened = CrawlState(path)
    yield opened
    opened.close()


def new_page(name: str, host: str = HOST, modified_at: float | None = None) -> NewPage:
    """A page of a feed."""
    discovery = Discovery(source=SourceKind.FEED, title=name)
    url = f"https://{host}/{name}"
    return NewPage(f"{host}/{name}", host, url, discovery, modified_at)


def archived_page(name: str, offset: int, archive: str = "a.warc.gz") -> ArchivedPage:
    """Where a page lies."""
    return ArchivedPage(
        archive=f"somewhere/{archive}",
        group_offset=offset,
        source=Place(input=InputKind.LIVE, warc_file=archive, warc_offset=offset),
        requested_url=f"https://paper.example/{name}",
        url=f"https://paper.example/{name}",
        fetched_at=NOON,
    )


def part(number: int) -> Part:
    """A closed part of articles."""
    return Part(
        path=f"articles/part-{number:05d}.jsonl",
        disposition=Disposition.ARTICLES,
        records=1,
        size_bytes=1,
        sha256="0",
    )


def numbers(state: CrawlState, host: str = HOST) -> list[int]:
    """The pages that are to be fetched."""
    return [page.number for page in state.pending(host, 0, 100)]


def test_page_is_known_by_its_key(state: CrawlState) -> None:
    """Whatever names it again, it is visited once."""
    assert state.discover([new_page("a"), new_page("b"), new_page("a")]) == 2
    assert state.discover([new_page("b"), new_page("c")]) == 1
    assert [page.discovery.title for page in state.pending(HOST, 0, 10)] == [
        "a",
        "b",
        "c",
    ]
    assert state.state_of("paper.example/none") is None


def test_pending_pages_come_site_by_site(state: CrawlState) -> None:
    """In the order of discovery, from where one asked before."""
    state.discover([new_page("a"), new_page("x", "other.example"), new_page("b")])
    assert state.pending_hosts() == (HOST, "other.example")
    first, second = state.pending(HOST, 0, 10)
    assert state.pending(HOST, first.number, 10) == (second,)
    assert state.pending(HOST, 0, 1) == (first,)


def test_page_goes_from_pending_to_archived_to_settled(state: CrawlState) -> None:
    """And the account balances at each step."""
    state.discover([new_page("a")])
    (number,) = numbers(state)
    assert state.state_of("paper.example/a") is PageState.PENDING
    state.mark_archived(number, archived_page("a", 7), ANSWER)
    assert state.state_of("paper.example/a") is PageState.ARCHIVED
    assert numbers(state) == []
    assert state.counts() == Counts(seen=1, pending=1)
    state.settle([Settled(number, Disposition.ARTICLES, None, "0")], [part(1)])
    assert state.state_of("paper.example/a") is PageState.SETTLED
    assert state.counts() == Counts(seen=1, articles=1)
    assert state.archived(0, 10) == ()


def test_archived_pages_come_in_the_order_of_the_archive(state: CrawlState) -> None:
    """Also in another session, from where one asked before."""
    state.discover([new_page("a"), new_page("b"), new_page("c")])
    one, two, three = numbers(state)
    for number in (three, one, two):
        state.mark_archived(number, archived_page("x", number), ANSWER)
    rows = state.archived(0, 10)
    assert [number for _, number, _ in rows] == [three, one, two]
    assert [number for _, number, _ in state.archived(rows[0][0], 1)] == [one]


def test_torn_pages_are_pending_again_and_asked_for_whole(state: CrawlState) -> None:
    """What would be answered by 304 is forgotten with the body."""
    state.discover([new_page("a"), new_page("b")])
    one, two = numbers(state)
    state.mark_archived(one, archived_page("a", 1), ANSWER)
    state.mark_archived(two, archived_page("b", 2, "b.warc.gz"), ANSWER)
    at = {number: page.archive for number, page in state.all_archived()}
    assert list(at) == [one, two]
    assert at[two].endswith("b.warc.gz")
    state.mark_pending([two])
    (page,) = state.pending(HOST, 0, 10)
    assert (page.number, page.memory.conditions) == (two, {})


def test_forgotten_address_is_no_page(state: CrawlState) -> None:
    """As if it had never been named."""
    state.discover([new_page("a")])
    (number,) = numbers(state)
    state.forget(number)
    assert state.counts() == Counts()
    assert state.state_of("paper.example/a") is None


def test_due_pages_are_visited_again_with_conditions(state: CrawlState) -> None:
    """Once their time has come, and not before; an open visit is not doubled."""
    state.discover([new_page("a")])
    (number,) = numbers(state)
    state.mark_archived(number, archived_page("a", 1), ANSWER)
    later = NOON_SECONDS + 3_600
    state.settle(
        [Settled(number, Disposition.ARTICLES, None, "0", next_visit=later)], [part(1)]
    )
    assert state.open_due(later - 1) == 0
    assert state.open_due(later) == 1
    assert state.open_due(later + 1) == 0
    (page,) = state.pending(HOST, 0, 10)
    assert page.memory == ANSWER
    assert page.memory.conditions == {
        "If-None-Match": '"v1"',
        "If-Modified-Since": "Tue, 03 Sep 2024 12:00:00 GMT",
    }
    assert state.counts() == Counts(seen=2, articles=1, pending=1)


def test_unchanged_page_leaves_no_record(state: CrawlState) -> None:
    """Its visit is done, and it is asked for again when it is due."""
    state.discover([new_page("a")])
    (number,) = numbers(state)
    state.revisited(number, ANSWER, NOON_SECONDS, NOON_SECONDS + 60)
    assert state.counts() == Counts()
    assert state.state_of("paper.example/a") is PageState.SETTLED
    assert state.open_due(NOON_SECONDS + 60) == 1


@pytest.mark.parametrize(
    ("modified_at", "visits"),
    [(NOON_SECONDS + 1, 1), (NOON_SECONDS - 1, 0), (None, 0)],
)
def test_page_that_changed_by_its_source_is_visited_again(
    state: CrawlState, modified_at: float | None, visits: int
) -> None:
    """If that was after the last visit."""
    state.discover([new_page("a")])
    (number,) = numbers(state)
    state.mark_archived(number, archived_page("a", 1), ANSWER)
    state.settle([Settled(number, Disposition.ARTICLES, None, "0")], [part(1)])
    assert state.discover([new_page("a", modified_at=modified_at)]) == visits
    assert len(numbers(state)) == visits


def test_settled_rows_and_parts_are_one_transaction(
    state: CrawlState, path: Path
) -> None:
    """Neither is there without the other, whatever goes wrong between them."""
    state.discover([new_page("a")])
    (number,) = numbers(state)
    broken = Settled(number, None, None)  # type: ignore[arg-type]
    with pytest.raises(Exception, match="NOT NULL"):
        state.settle([broken], [part(1)], [b"key"])
    state.close()
    again = CrawlState(path)
    assert (again.parts(), again.counts()) == ((), Counts(seen=1, pending=1))
    assert not again.has_article(b"key")
    again.settle(
        [Settled(number, Disposition.REJECTED, "not-html")], [part(1)], [b"key"]
    )
    assert again.parts() == (part(1),)
    assert again.has_article(b"key")
    assert again.by_reason(Disposition.REJECTED) == {"not-html": 1}
    assert again.tallies() == ((HOST, Disposition.REJECTED, "not-html", 1),)
    again.close()


def test_tries_are_counted(state: CrawlState) -> None:
    """A page that a busy site refuses is not asked for without end."""
    state.discover([new_page("a")])
    (number,) = numbers(state)
    state.count_try(number)
    state.count_try(number)
    (page,) = state.pending(HOST, 0, 10)
    assert page.tries == 2


def test_sources_remember_when_they_are_due(state: CrawlState) -> None:
    """A new one is due at once; naming it again changes nothing."""
    feed = Source("https://paper.example/feed", HOST, SourceKind.FEED, 90.0)
    state.add_source(feed)
    state.visit_source(
        replace(
            feed,
            memory=ANSWER,
            last_visit=NOON_SECONDS,
            interval_minutes=126.0,
            next_visit=NOON_SECONDS + 7_560,
        ),
        entries=12,
        has_new=False,
    )
    state.add_source(feed)
    (known,) = state.sources()
    assert (known.interval_minutes, known.next_visit) == (126.0, NOON_SECONDS + 7_560)
    assert (known.memory, known.last_visit) == (ANSWER, NOON_SECONDS)


@pytest.mark.parametrize(("changed_at", "is_due"), [(1.0, True), (-1.0, False)])
def test_source_that_changed_by_its_index_is_due(
    state: CrawlState, changed_at: float, *, is_due: bool
) -> None:
    """If that was after its last visit."""
    sitemap = Source(
        "https://paper.example/s.xml", HOST, SourceKind.SITEMAP, 90.0, 1, 2, "index"
    )
    state.add_source(sitemap)
    state.visit_source(
        replace(
            sitemap,
            memory=Memory(),
            last_visit=NOON_SECONDS,
            interval_minutes=90.0,
            next_visit=NOON_SECONDS + 5_400,
        ),
        entries=1,
        has_new=True,
    )
    state.add_source(sitemap, changed_at=NOON_SECONDS + changed_at)
    (known,) = state.sources_named_by("index")
    assert (known.next_visit == 0) is is_due
    assert (known.depth, known.max_depth) == (1, 2)


def source(name: str, named_by: str | None, depth: int) -> Source:
    """A sitemap."""
    return Source(name, HOST, SourceKind.SITEMAP, 90.0, depth, 2, named_by)


@pytest.mark.parametrize(
    ("first", "then", "named_by"),
    [
        (source("s", "old-index", 1), source("s", "new-index", 1), "new-index"),
        (source("s", "index", 1), source("s", None, 0), None),
        (source("s", None, 0), source("s", "index", 1), None),
        (source("s", None, 0), source("s", "s", 1), None),
        (source("s", "index", 1), source("s", "child", 2), "index"),
    ],
)
def test_source_is_of_who_names_it_now(
    state: CrawlState, first: Source, then: Source, named_by: str | None
) -> None:
    """A moved index keeps its sitemaps; what names its own index does not own it."""
    state.add_source(first)
    state.add_source(then)
    (known,) = state.sources()
    assert known.named_by == named_by
    assert known.depth == min(first.depth, then.depth)


def test_pauses_are_kept_until_the_site_serves_us(state: CrawlState) -> None:
    """Another session knows of them."""
    state.pause(HOST, Pause(NOON_SECONDS, 2))
    assert state.pauses() == {HOST: Pause(NOON_SECONDS, 2)}
    state.pause(HOST, None)
    assert state.pauses() == {}


def test_sessions_inputs_and_other_records_are_kept(state: CrawlState) -> None:
    """They stand in the manifest."""
    state.add_inputs(["a", "b"])
    state.add_inputs(["b", "c"])
    first = state.begin_session(NOON, 2)
    state.end_session(first, NOON)
    state.begin_session(NOON, 1)
    state.count_other("robots")
    state.count_other("robots")
    state.count_other("discovery")
    assert state.inputs() == ("a", "b", "c")
    assert [(each.finished_at, each.workers) for each in state.sessions()] == [
        (NOON, 2),
        (None, 1),
    ]
    assert state.other_records() == {"discovery": 1, "robots": 2}


def test_folder_keeps_to_what_it_was_made_for(state: CrawlState) -> None:
    """Another site or configuration needs another folder."""
    state.claim({"site": "paper", "config_digest": "1"})
    state.claim({"site": "paper", "config_digest": "1"})
    with pytest.raises(StoreError, match="made with config_digest"):
        state.claim({"site": "paper", "config_digest": "2"})


def test_file_that_is_no_database_is_refused(path: Path) -> None:
    """And stays as it is."""
    path.write_bytes(b"no database at all, but long enough" * 100)
    with pytest.raises(StoreError, match="not a database"):
        CrawlState(path)


def test_database_of_another_version_is_refused(state: CrawlState, path: Path) -> None:
    """What it holds would be misread."""
    state._connection.execute("PRAGMA user_version = 99")
    state.close()
    with pytest.raises(StoreError, match="version 99"):
        CrawlState(path)
