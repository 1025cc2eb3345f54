"""The database of a crawl."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawler.state import CrawlState, NewPage, PageState, Settled
from schemas.errors import StoreError
from schemas.manifest import Disposition, Part
from schemas.page import ArchivedPage, Discovery, SourceKind
from schemas.provenance import InputKind, Source

NOON = datetime(2024, 9, 3, 12, tzinfo=UTC)


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


def new_page(name: str) -> NewPage:
    """A page of a feed."""
    discovery = Discovery(source=SourceKind.FEED, title=name)
    return NewPage(f"paper.example/{name}", f"https://paper.example/{name}", discovery)


def archived_page(name: str, offset: int, archive: str = "a.warc.gz") -> ArchivedPage:
    """Where a page lies."""
    return ArchivedPage(
        archive=f"somewhere/{archive}",
        group_offset=offset,
        source=Source(input=InputKind.LIVE, warc_file=archive, warc_offset=offset),
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


def test_page_is_known_by_its_key(state: CrawlState) -> None:
    """A second source that names a page changes nothing."""
    assert state.discover([new_page("a"), new_page("b"), new_page("a")]) == 2
    assert state.discover([new_page("a")]) == 0
    first, second = state.pending(after=0, limit=10)
    assert (first.requested_url, second.number) == ("https://paper.example/a", 2)
    assert first.discovery.title == "a"
    assert state.pending(after=1, limit=10) == (second,)


def test_page_goes_from_pending_to_archived_to_settled(state: CrawlState) -> None:
    """Each step is seen by the queries that the crawl asks."""
    state.discover([new_page("a")])
    assert state.state_of("paper.example/a") is PageState.PENDING
    page = archived_page("a", 7)
    state.mark_archived(1, page)
    assert state.archived() == ((1, page),)
    assert state.pending(0, 10) == ()
    state.settle([Settled(1, Disposition.REJECTED, "too-short")], [])
    assert state.state_of("paper.example/a") is PageState.SETTLED
    assert state.archived() == ()
    assert state.by_reason(Disposition.REJECTED) == {"too-short": 1}
    assert state.counts().rejected == 1


def test_archived_pages_come_in_the_order_of_the_archive(state: CrawlState) -> None:
    """By file, then by offset, not by discovery."""
    state.discover([new_page(name) for name in "abc"])
    state.mark_archived(1, archived_page("a", 5, "crawl-00002.warc.gz"))
    state.mark_archived(2, archived_page("b", 9, "crawl-00001.warc.gz"))
    state.mark_archived(3, archived_page("c", 2, "crawl-00001.warc.gz"))
    assert [number for number, _ in state.archived()] == [3, 2, 1]


def test_torn_pages_are_pending_again(state: CrawlState) -> None:
    """They are asked for again, and nothing of the old response is left."""
    state.discover([new_page("a")])
    state.mark_archived(1, archived_page("a", 7))
    state.mark_pending([1])
    assert len(state.pending(0, 10)) == 1
    assert state.archived() == ()


def test_forgotten_address_is_no_page(state: CrawlState) -> None:
    """A feed that was given as an address is not counted."""
    state.discover([new_page("feed")])
    state.forget(1)
    assert state.state_of("paper.example/feed") is None
    assert state.counts().seen == 0


def test_settled_rows_and_parts_are_one_transaction(
    state: CrawlState, path: Path
) -> None:
    """If the rows cannot be marked, the parts are not named either."""
    state.discover([new_page("a"), new_page("b")])
    too_large = 2**63  # SQLite takes no such number
    settled = [
        Settled(1, Disposition.ARTICLES, None),
        Settled(too_large, Disposition.ARTICLES, None),
    ]
    with pytest.raises(OverflowError):
        state.settle(settled, [part(1)])
    assert state.parts() == ()
    assert state.counts().pending == 2
    state.settle(settled[:1], [part(1), part(2)])
    state.close()
    again = CrawlState(path)
    assert again.parts() == (part(1), part(2))
    assert again.counts().articles == 1
    again.close()


def test_sessions_inputs_and_other_records_are_kept(state: CrawlState) -> None:
    """All sessions, each input once, other records by kind."""
    first = state.begin_session(NOON, workers=2)
    state.begin_session(NOON, workers=1)
    state.end_session(first, NOON)
    assert [(each.finished_at, each.workers) for each in state.sessions()] == [
        (NOON, 2),
        (None, 1),
    ]
    state.add_inputs(["b", "a"])
    state.add_inputs(["a", "c"])
    assert state.inputs() == ("b", "a", "c")
    for kind in ("robots", "discovery", "robots"):
        state.count_other(kind)
    assert state.other_records() == {"discovery": 1, "robots": 2}


def test_folder_keeps_to_what_it_was_made_for(state: CrawlState) -> None:
    """The same identity passes, another one is told by name."""
    state.claim({"site": None, "config_digest": "x"})
    state.claim({"site": None, "config_digest": "x"})
    with pytest.raises(StoreError, match='with site null, not "paper"'):
        state.claim({"site": "paper"})


def test_second_process_is_turned_away(state: CrawlState, path: Path) -> None:
    """The database is held by one process, and free again after it."""
    state.discover([new_page("a")])
    script = (
        "import sys; from pathlib import Path; from crawler.state import CrawlState\n"
        "from schemas.errors import StoreError\n"
        "try: CrawlState(Path(sys.argv[1]))\n"
        "except StoreError as error: print(error)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, str(path)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert "another crawl is at work" in ended.stdout


def test_file_that_is_no_database_is_refused(path: Path) -> None:
    """Garbage under our name is told, not overwritten."""
    path.write_bytes(b"this is no database" * 100)
    with pytest.raises(StoreError, match="not a database"):
        CrawlState(path)
    assert path.read_bytes().startswith(b"this is no database")


def test_database_of_another_version_is_refused(state: CrawlState, path: Path) -> None:
    """A form that this code does not know is not touched."""
    state.close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreError, match="version 99, this code reads 1"):
        CrawlState(path)
