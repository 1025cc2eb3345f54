"""`state.sqlite`: the authority on a crawl, whatever kills it.

Of each address that was ever named there is a row in `urls`: what was known before it
was fetched, what came of it last, and when it is asked for again. A row in `pages` is a
visit that is not done: pending (to be fetched) or archived (its response lies in a
WARC). A visit ends when its record is in a closed part: the row goes, the tally of its
site grows, and the names of the parts are committed in the same transaction, after the
parts are on disk: database and records cannot tell two stories. `sources` has feeds,
sitemaps and sections, and when they are due. `manifest.json` is derived from all this.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from schemas.errors import StoreError
from schemas.manifest import Counts, Disposition, Part, Session
from schemas.page import ArchivedPage, Discovery, SourceKind

STATE_NAME = "state.sqlite"

_SCHEMA_VERSION = 2
_SCHEMA = """
CREATE TABLE urls (
    url_key TEXT PRIMARY KEY,
    host TEXT NOT NULL,
    requested_url TEXT NOT NULL,
    discovery TEXT NOT NULL,
    visits INTEGER NOT NULL DEFAULT 0,
    first_visit REAL,
    last_visit REAL,
    status INTEGER,
    etag TEXT,
    last_modified TEXT,
    payload_digest TEXT,
    record_id TEXT,
    record_url TEXT,
    record_date TEXT,
    disposition TEXT,
    reason TEXT,
    text_sha256 TEXT,
    failures INTEGER NOT NULL DEFAULT 0,
    next_visit REAL
) STRICT, WITHOUT ROWID;
CREATE INDEX urls_due ON urls (next_visit) WHERE next_visit IS NOT NULL;
CREATE TABLE pages (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    url_key TEXT NOT NULL UNIQUE,
    host TEXT NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    archived_number INTEGER,
    archived_page TEXT
) STRICT;
CREATE INDEX pages_pending ON pages (host, number) WHERE archived_number IS NULL;
CREATE INDEX pages_archived ON pages (archived_number)
    WHERE archived_number IS NOT NULL;
CREATE TABLE sources (
    url TEXT PRIMARY KEY,
    host TEXT NOT NULL,
    kind TEXT NOT NULL,
    depth INTEGER NOT NULL,
    max_depth INTEGER NOT NULL,
    named_by TEXT,
    last_visit REAL,
    last_new REAL,
    status INTEGER,
    etag TEXT,
    last_modified TEXT,
    payload_digest TEXT,
    record_id TEXT,
    record_url TEXT,
    record_date TEXT,
    entries INTEGER,
    failures INTEGER NOT NULL DEFAULT 0,
    interval_minutes REAL NOT NULL,
    next_visit REAL NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sources_named ON sources (named_by);
CREATE TABLE hosts (
    host TEXT PRIMARY KEY, not_before REAL NOT NULL, failures INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE articles (key BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TABLE tallies (
    host TEXT NOT NULL,
    disposition TEXT NOT NULL,
    reason TEXT NOT NULL,
    pages INTEGER NOT NULL,
    PRIMARY KEY (host, disposition, reason)
) STRICT, WITHOUT ROWID;
CREATE TABLE parts (number INTEGER PRIMARY KEY, part TEXT NOT NULL) STRICT;
CREATE TABLE sessions (
    number INTEGER PRIMARY KEY,
    started_at TEXT NOT NULL,
    finished_at TEXT,
    workers INTEGER NOT NULL
) STRICT;
CREATE TABLE inputs (number INTEGER PRIMARY KEY, input TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE other_records (kind TEXT PRIMARY KEY, records INTEGER NOT NULL) STRICT;
CREATE TABLE run (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
"""


class PageState(StrEnum):
    """How far a page has come."""

    PENDING = "pending"
    ARCHIVED = "archived"
    SETTLED = "settled"


@dataclass(frozen=True)
class NewPage:
    """A page that was discovered."""

    url_key: str
    """Normal form of its address: a page is known by it."""

    host: str
    """Its site, as `pipelines.sites.host_of` names it."""

    requested_url: str
    """Address to ask for."""

    discovery: Discovery
    """What is known of it."""

    modified_at: float | None = None
    """When it changed last by what the source says, seconds since 1970: a page that
    was fetched before that is asked for again."""


@dataclass(frozen=True)
class Memory:
    """What is remembered of the last answer of an address."""

    status: int | None = None
    etag: str | None = None
    last_modified: str | None = None
    payload_digest: str | None = None
    record_id: str | None = None
    record_url: str | None = None
    record_date: str | None = None
    """Of the last record in the archive that has the body; a `revisit` refers to it."""

    @classmethod
    def of_row(cls, row: Sequence[object]) -> Self:
        """From the seven columns, in the order of the fields."""
        return cls(*row)  # type: ignore[arg-type]  # STRICT tables keep the types

    @property
    def conditions(self) -> dict[str, str]:
        """Headers that ask for the body only if it changed (RFC 9110 section 13.1).

        None of them where no record has the body that a 304 would stand for.
        """
        if self.record_id is None:
            return {}
        named = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in named.items() if value}


_MEMORY = (
    "status, etag, last_modified, payload_digest, record_id, record_url, record_date"
)


@dataclass(frozen=True)
class PendingPage:
    """A page that is to be fetched."""

    number: int
    host: str
    requested_url: str
    discovery: Discovery
    tries: int
    memory: Memory


@dataclass(frozen=True)
class Source:
    """A feed, sitemap or section that is to be asked."""

    url: str
    host: str
    kind: SourceKind
    interval_minutes: float
    """Time between two visits."""

    depth: int = 0
    """Sitemap indexes, or earlier pages of a section, above it."""

    max_depth: int = 0
    """How deep those may lie that it leads to."""

    named_by: str | None = None
    """Address of what named it; None for what was given or stands in a site file."""

    last_visit: float | None = None
    failures: int = 0
    """How often in a row it could not be had."""

    next_visit: float = 0.0
    """When it is due, seconds since 1970."""

    memory: Memory = Memory()


@dataclass(frozen=True)
class Settled:
    """Where a visit ended."""

    number: int
    disposition: Disposition
    reason: str | None
    """Reason of a rejection or failure."""

    text_sha256: str | None = None
    """Of the article's text."""

    failures: int = 0
    """How often in a row the page could not be had."""

    next_visit: float | None = None
    """When it is asked for again; None: never."""


@dataclass(frozen=True)
class Pause:
    """A site that wants to be left alone."""

    not_before: float
    """Seconds since 1970."""

    failures: int
    """How often in a row it did not serve us."""


class CrawlState:
    """The database of one output folder; one process writes it at a time.

    Who calls sees to that (`pipelines.store.locked`); others may read meanwhile. Used
    by one thread at a time, not always the same.

    Args:
        path: The file; made if it is absent.

    Raises:
        StoreError: It is not such a database, or of another version.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection = sqlite3.connect(
            path, isolation_level=None, timeout=10.0, check_same_thread=False
        )
        try:
            self._connection.execute("PRAGMA journal_mode = WAL")
            # A lost last transaction (power) is made good: its pages are still open.
            self._connection.execute("PRAGMA synchronous = NORMAL")
            with self._transaction():
                self._prepare()
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise StoreError(f"{path}: {error}") from error
        except StoreError:
            self._connection.close()
            raise
        self._archived_number = self._one("SELECT max(archived_number) FROM pages") or 0

    def close(self) -> None:
        """Release the file; what was committed stays."""
        self._connection.close()

    # -- the run --------------------------------------------------------------------

    def claim(self, identity: dict[str, str | None]) -> None:
        """This run is the one that the folder was made for.

        Args:
            identity: What must be the same in each session, by name.

        Raises:
            StoreError: The folder was made for another site or configuration.
        """
        with self._transaction():
            for name, value in identity.items():
                wanted = json.dumps(value)
                self._connection.execute(
                    "INSERT OR IGNORE INTO run VALUES (?, ?)", (name, wanted)
                )
                kept = self._one("SELECT value FROM run WHERE key = ?", name)
                if kept != wanted:
                    raise StoreError(
                        f"{self._path}: the folder was made with {name} {kept}, "
                        f"not {wanted}: use another folder"
                    )

    def keep(self, name: str, value: str) -> None:
        """The value is kept under that name."""
        self._connection.execute(
            "INSERT OR REPLACE INTO run VALUES (?, ?)", (name, value)
        )

    def kept(self, name: str) -> str | None:
        """What is kept under that name, None if nothing is."""
        value: str | None = self._one("SELECT value FROM run WHERE key = ?", name)
        return value

    def add_inputs(self, inputs: Iterable[str]) -> None:
        """The inputs are remembered, each once, in the order they were first given."""
        with self._transaction():
            self._connection.executemany(
                "INSERT OR IGNORE INTO inputs (input) VALUES (?)",
                [(each,) for each in inputs],
            )

    def inputs(self) -> tuple[str, ...]:
        """All inputs of all sessions."""
        rows = self._connection.execute("SELECT input FROM inputs ORDER BY number")
        return tuple(value for (value,) in rows)

    def begin_session(self, started_at: datetime, workers: int) -> int:
        """The number of a new session."""
        cursor = self._connection.execute(
            "INSERT INTO sessions (started_at, workers) VALUES (?, ?)",
            (started_at.isoformat(), workers),
        )
        return cursor.lastrowid or 0

    def end_session(self, number: int, finished_at: datetime) -> None:
        """The session ended by itself, or on request."""
        self._connection.execute(
            "UPDATE sessions SET finished_at = ? WHERE number = ?",
            (finished_at.isoformat(), number),
        )

    def sessions(self) -> tuple[Session, ...]:
        """All sessions, in order."""
        rows = self._connection.execute(
            "SELECT started_at, finished_at, workers FROM sessions ORDER BY number"
        )
        return tuple(
            Session(
                started_at=datetime.fromisoformat(started),
                finished_at=None if ended is None else datetime.fromisoformat(ended),
                workers=workers,
            )
            for started, ended, workers in rows
        )

    # -- pages ----------------------------------------------------------------------

    def discover(self, pages: Iterable[NewPage]) -> int:
        """The pages have rows, new ones are to be visited; how many visits are new.

        A page that was visited, and changed since by what its source says, is visited
        again.
        """
        before = self._connection.total_changes
        known = 0
        with self._transaction():
            for page in pages:
                inserted = self._connection.execute(
                    "INSERT OR IGNORE INTO urls (url_key, host, requested_url,"
                    " discovery) VALUES (?, ?, ?, ?)",
                    (
                        page.url_key,
                        page.host,
                        page.requested_url,
                        page.discovery.to_json_line(),
                    ),
                ).rowcount
                known += inserted
                if inserted or self._has_changed(page):
                    self._open_visit(page.url_key)
        return self._connection.total_changes - before - known

    def open_due(self, now: float) -> int:
        """Pages whose time has come are to be visited again; how many."""
        with self._transaction():
            opened = self._connection.execute(
                "INSERT OR IGNORE INTO pages (url_key, host)"
                " SELECT url_key, host FROM urls WHERE next_visit <= ?"
                " ORDER BY next_visit, url_key",
                (now,),
            ).rowcount
            self._connection.execute(
                "UPDATE urls SET next_visit = NULL WHERE next_visit <= ?", (now,)
            )
        return opened

    def state_of(self, url_key: str) -> PageState | None:
        """How far a page has come, None if it is not known."""
        if self._one("SELECT 1 FROM urls WHERE url_key = ?", url_key) is None:
            return None
        row = self._connection.execute(
            "SELECT archived_number FROM pages WHERE url_key = ?", (url_key,)
        ).fetchone()
        if row is None:
            return PageState.SETTLED
        return PageState.PENDING if row[0] is None else PageState.ARCHIVED

    def pending_hosts(self) -> tuple[str, ...]:
        """Sites with pages to fetch, in the order of their first one."""
        rows = self._connection.execute(
            "SELECT host FROM pages WHERE archived_number IS NULL"
            " GROUP BY host ORDER BY min(number)"
        )
        return tuple(host for (host,) in rows)

    def pending(self, host: str, after: int, limit: int) -> tuple[PendingPage, ...]:
        """The first `limit` pending pages of a site whose number is above `after`."""
        rows = self._connection.execute(
            "SELECT number, pages.host, requested_url, discovery, tries,"  # noqa: S608
            f" {_MEMORY} FROM pages JOIN urls USING (url_key)"
            " WHERE pages.host = ? AND archived_number IS NULL AND number > ?"
            " ORDER BY number LIMIT ?",
            (host, after, limit),
        )
        return tuple(
            PendingPage(
                number,
                host,
                url,
                Discovery.model_validate_json(discovery),
                tries,
                Memory.of_row(memory),
            )
            for number, host, url, discovery, tries, *memory in rows
        )

    def count_try(self, number: int) -> None:
        """The page was asked for once more, and has to be asked for again."""
        self._connection.execute(
            "UPDATE pages SET tries = tries + 1 WHERE number = ?", (number,)
        )

    def archived(self, after: int, limit: int) -> tuple[tuple[int, int, str], ...]:
        """Visits whose response waits to be cleaned, in the order of the archive.

        Args:
            after: The archived number above which they are.
            limit: How many at most.

        Returns:
            Archived number, number, and the `ArchivedPage` as JSON.
        """
        rows = self._connection.execute(
            "SELECT archived_number, number, archived_page FROM pages"
            " WHERE archived_number > ? ORDER BY archived_number LIMIT ?",
            (after, limit),
        )
        return tuple(rows)

    def all_archived(self) -> Iterator[tuple[int, ArchivedPage]]:
        """The visits whose response lies in the archive, and where."""
        rows = self._connection.execute(
            "SELECT number, archived_page FROM pages WHERE archived_number IS NOT NULL"
        )
        for number, page in rows:
            yield number, ArchivedPage.model_validate_json(page)

    def mark_archived(self, number: int, page: ArchivedPage, memory: Memory) -> None:
        """The page's response lies in the archive, and is remembered."""
        self._archived_number += 1
        with self._transaction():
            self._connection.execute(
                "UPDATE pages SET archived_number = ?, archived_page = ?"
                " WHERE number = ?",
                (self._archived_number, page.to_json_line(), number),
            )
            self._remember(number, memory, page.fetched_at.timestamp())

    def revisited(
        self, number: int, memory: Memory, now: float, next_visit: float | None
    ) -> None:
        """The page is what it was: the visit is done, and leaves no record."""
        with self._transaction():
            self._remember(number, memory, now)
            self._connection.execute(
                "UPDATE urls SET failures = 0, next_visit = ?"
                " WHERE url_key = (SELECT url_key FROM pages WHERE number = ?)",
                (next_visit, number),
            )
            self._connection.execute("DELETE FROM pages WHERE number = ?", (number,))

    def mark_pending(self, numbers: Iterable[int]) -> None:
        """The pages are to be fetched again: their responses are gone.

        With them goes what a conditional request would be answered by.
        """
        with self._transaction():
            for number in numbers:
                self._connection.execute(
                    "UPDATE pages SET archived_number = NULL, archived_page = NULL"
                    " WHERE number = ?",
                    (number,),
                )
                self._remember(number, Memory(), None)

    def forget(self, number: int) -> None:
        """The address is no page after all, but a source."""
        with self._transaction():
            self._connection.execute(
                "DELETE FROM urls WHERE url_key ="
                " (SELECT url_key FROM pages WHERE number = ?)",
                (number,),
            )
            self._connection.execute("DELETE FROM pages WHERE number = ?", (number,))

    def visits_of(self, number: int) -> tuple[float | None, int]:
        """When the page of an open visit was first fetched, and its failures so far."""
        row = self._connection.execute(
            "SELECT first_visit, failures FROM pages JOIN urls USING (url_key)"
            " WHERE number = ?",
            (number,),
        ).fetchone()
        return (None, 0) if row is None else (row[0], row[1])

    # -- what a shared frontier is told ----------------------------------------------

    def settled_keys(self) -> Iterator[str]:
        """The pages of which a visit is done, by their keys."""
        rows = self._connection.execute(
            "SELECT url_key FROM urls WHERE disposition IS NOT NULL"
        )
        return (url_key for (url_key,) in rows)

    def first_visits(self) -> tuple[tuple[int, NewPage], ...]:
        """Open visits of pages that have no outcome yet: number and page."""
        rows = self._connection.execute(
            "SELECT number, url_key, urls.host, requested_url, discovery"
            " FROM pages JOIN urls USING (url_key) WHERE disposition IS NULL"
        )
        return tuple(
            (
                number,
                NewPage(key, host, url, Discovery.model_validate_json(discovery)),
            )
            for number, key, host, url, discovery in rows
        )

    def url_keys_of(self, numbers: Iterable[int]) -> tuple[str, ...]:
        """The keys of the pages of open visits."""
        query = "SELECT url_key FROM pages WHERE number = ?"
        return tuple(self._one(query, number) for number in numbers)

    # -- outcomes -------------------------------------------------------------------

    def has_article(self, key: bytes) -> bool:
        """Whether an article of that key (`pipelines.dedup`) is in a closed part."""
        return self._one("SELECT 1 FROM articles WHERE key = ?", key) is not None

    def settle(
        self,
        settled: Sequence[Settled],
        parts: Sequence[Part],
        articles: Iterable[bytes] = (),
    ) -> None:
        """The visits are done and the parts belong to the run: both, or neither.

        Args:
            settled: Visits whose records are in `parts`.
            parts: Parts whose bytes and names are on disk.
            articles: Keys of the articles in them.
        """
        with self._transaction():
            self._connection.executemany(
                "INSERT INTO parts (part) VALUES (?)",
                [(part.to_json_line(),) for part in parts],
            )
            self._connection.executemany(
                "INSERT OR IGNORE INTO articles VALUES (?)",
                [(key,) for key in articles],
            )
            for each in settled:
                self._settle(each)

    def _settle(self, settled: Settled) -> None:
        execute = self._connection.execute
        execute(
            "UPDATE urls SET disposition = ?, reason = ?,"
            " text_sha256 = coalesce(?, text_sha256), failures = ?, next_visit = ?"
            " WHERE url_key = (SELECT url_key FROM pages WHERE number = ?)",
            (
                settled.disposition,
                settled.reason,
                settled.text_sha256,
                settled.failures,
                settled.next_visit,
                settled.number,
            ),
        )
        execute(
            "INSERT INTO tallies SELECT host, ?, ?, 1 FROM pages WHERE number = ?"
            " ON CONFLICT DO UPDATE SET pages = pages + 1",
            (settled.disposition, settled.reason or "", settled.number),
        )
        execute("DELETE FROM pages WHERE number = ?", (settled.number,))

    def count_other(self, kind: str) -> None:
        """One more archived response that is no page."""
        self._connection.execute(
            "INSERT INTO other_records VALUES (?, 1)"
            " ON CONFLICT (kind) DO UPDATE SET records = records + 1",
            (kind,),
        )

    def other_records(self) -> dict[str, int]:
        """Archived responses that are no pages, by kind."""
        return dict(
            self._connection.execute("SELECT * FROM other_records ORDER BY kind")
        )

    def parts(self) -> tuple[Part, ...]:
        """All parts of the run, in the order they were closed."""
        rows = self._connection.execute("SELECT part FROM parts ORDER BY number")
        return tuple(Part.model_validate_json(part) for (part,) in rows)

    def counts(self) -> Counts:
        """How many visits there are, and where they ended."""
        rows = self._connection.execute(
            "SELECT disposition, sum(pages) FROM tallies GROUP BY disposition"
        )
        ends = dict(rows)
        pending = self._one("SELECT count(*) FROM pages")
        return Counts(seen=sum(ends.values()) + pending, pending=pending, **ends)

    def by_reason(self, disposition: Disposition) -> dict[str, int]:
        """Visits of that disposition by reason, the words in order."""
        rows = self._connection.execute(
            "SELECT reason, sum(pages) FROM tallies WHERE disposition = ?"
            " GROUP BY reason ORDER BY reason",
            (disposition,),
        )
        return dict(rows)

    # -- sources --------------------------------------------------------------------

    def add_source(self, source: Source, *, changed_at: float | None = None) -> None:
        """The source is known; it is due at once if it is new.

        Args:
            source: As who names it knows it.
            changed_at: When it changed by what that says, seconds since 1970: if it was
                last visited before, it is due at once.
        """
        with self._transaction():
            self._connection.execute(
                "INSERT INTO sources (url, host, kind, interval_minutes,"
                " depth, max_depth, named_by, next_visit)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, 0)"
                # Whoever names it now counts: an index that was moved must not take its
                # sitemaps with it. Not from further below, or two that name each other
                # would hang on nothing.
                " ON CONFLICT (url) DO UPDATE SET named_by = excluded.named_by,"
                " depth = excluded.depth, max_depth = excluded.max_depth"
                " WHERE excluded.depth <= depth"
                " AND excluded.url IS NOT excluded.named_by",
                (
                    source.url,
                    source.host,
                    source.kind,
                    source.interval_minutes,
                    source.depth,
                    source.max_depth,
                    source.named_by,
                ),
            )
            if changed_at is not None:
                self._connection.execute(
                    "UPDATE sources SET next_visit = 0"
                    " WHERE url = ? AND last_visit < ?",
                    (source.url, changed_at),
                )

    def sources(self) -> tuple[Source, ...]:
        """All sources, in the order in which they are due."""
        return self._sources("ORDER BY next_visit, url")

    def sources_named_by(self, url: str) -> tuple[Source, ...]:
        """The sources that another one has named, in the order of their addresses."""
        return self._sources("WHERE named_by = ? ORDER BY url", url)

    def _sources(self, which: str, *values: object) -> tuple[Source, ...]:
        rows = self._connection.execute(
            "SELECT url, host, kind, interval_minutes, depth, max_depth, named_by,"  # noqa: S608
            f" last_visit, failures, next_visit, {_MEMORY} FROM sources {which}",
            values,
        )
        return tuple(map(_source_of, rows))

    def visit_source(
        self, source: Source, *, entries: int | None, has_new: bool
    ) -> None:
        """The source was asked, at its `last_visit`.

        Args:
            source: As it is known from now on.
            entries: Pages that it names; None if it was not read, or is as it was.
            has_new: Whether one of them was not known.
        """
        columns = ", ".join(f"{name.strip()} = ?" for name in _MEMORY.split(","))
        self._connection.execute(
            f"UPDATE sources SET {columns}, last_visit = ?,"  # noqa: S608
            " last_new = CASE WHEN ? THEN ? ELSE last_new END, failures = ?,"
            " interval_minutes = ?, next_visit = ?, entries = coalesce(?, entries)"
            " WHERE url = ?",
            (
                *_columns(source.memory),
                source.last_visit,
                has_new,
                source.last_visit,
                source.failures,
                source.interval_minutes,
                source.next_visit,
                entries,
                source.url,
            ),
        )

    # -- sites ----------------------------------------------------------------------

    def pauses(self) -> dict[str, Pause]:
        """The sites that want to be left alone until then."""
        rows = self._connection.execute("SELECT host, not_before, failures FROM hosts")
        return {host: Pause(until, failures) for host, until, failures in rows}

    def pause(self, host: str, pause: Pause | None) -> None:
        """The site is left alone until then; None: it serves us again."""
        if pause is None:
            self._connection.execute("DELETE FROM hosts WHERE host = ?", (host,))
            return
        self._connection.execute(
            "INSERT OR REPLACE INTO hosts VALUES (?, ?, ?)",
            (host, pause.not_before, pause.failures),
        )

    def tallies(self) -> tuple[tuple[str, Disposition, str, int], ...]:
        """Visits by site, disposition and reason ("" for none)."""
        rows = self._connection.execute("SELECT * FROM tallies")
        return tuple(
            (host, Disposition(disposition), reason, pages)
            for host, disposition, reason, pages in rows
        )

    # -- below ----------------------------------------------------------------------

    def _has_changed(self, page: NewPage) -> bool:
        if page.modified_at is None:
            return False
        return (
            self._one(
                "SELECT 1 FROM urls WHERE url_key = ? AND last_visit < ?",
                page.url_key,
                page.modified_at,
            )
            is not None
        )

    def _open_visit(self, url_key: str) -> None:
        self._connection.execute(
            "INSERT OR IGNORE INTO pages (url_key, host)"
            " SELECT url_key, host FROM urls WHERE url_key = ?",
            (url_key,),
        )

    def _remember(self, number: int, memory: Memory, now: float | None) -> None:
        columns = ", ".join(f"{name.strip()} = ?" for name in _MEMORY.split(","))
        self._connection.execute(
            f"UPDATE urls SET {columns}, last_visit = ?,"  # noqa: S608
            " first_visit = coalesce(first_visit, ?), visits = visits + ?"
            " WHERE url_key = (SELECT url_key FROM pages WHERE number = ?)",
            (*_columns(memory), now, now, now is not None, number),
        )

    def _one(self, query: str, *values: object) -> Any:  # noqa: ANN401 - a column
        row = self._connection.execute(query, values).fetchone()
        return None if row is None else row[0]

    def _prepare(self) -> None:
        version = self._one("PRAGMA user_version")
        if version == 0:
            for statement in filter(str.strip, _SCHEMA.split(";")):
                self._connection.execute(statement)
            self._connection.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")
        elif version != _SCHEMA_VERSION:
            raise StoreError(
                f"{self._path}: version {version}, this code reads {_SCHEMA_VERSION}: "
                "crawl into a new folder; `copydesk clean` reads this one's archive"
            )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All that is executed inside is committed, or none of it."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")


def _source_of(row: Sequence[Any]) -> Source:
    url, host, kind, interval, depth, max_depth, named_by, *rest = row
    last_visit, failures, next_visit, *memory = rest
    return Source(
        url=url,
        host=host,
        kind=SourceKind(kind),
        interval_minutes=interval,
        depth=depth,
        max_depth=max_depth,
        named_by=named_by,
        last_visit=last_visit,
        failures=failures,
        next_visit=next_visit,
        memory=Memory.of_row(memory),
    )


def _columns(memory: Memory) -> tuple[object, ...]:
    return (
        memory.status,
        memory.etag,
        memory.last_modified,
        memory.payload_digest,
        memory.record_id,
        memory.record_url,
        memory.record_date,
    )
