"""`state.sqlite`: the authority on a crawl, whatever kills it.

One row a page: pending (known, not fetched), archived (its response lies in a WARC) or
settled (its record is in a closed part). Settled marks and the names of the parts that
hold their records are committed in one transaction, after the parts are on disk: the
database and the records cannot tell two stories. `manifest.json` is derived from it.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from schemas.errors import StoreError
from schemas.manifest import Counts, Disposition, Part, Session
from schemas.page import ArchivedPage, Discovery

STATE_NAME = "state.sqlite"

_SCHEMA_VERSION = 1
_SCHEMA = """
CREATE TABLE pages (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    url_key TEXT NOT NULL UNIQUE,
    requested_url TEXT NOT NULL,
    state TEXT NOT NULL,
    discovery TEXT NOT NULL,
    archived_page TEXT,
    disposition TEXT,
    reason TEXT
) STRICT;
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

    requested_url: str
    """Address to ask for."""

    discovery: Discovery
    """What is known of it."""


@dataclass(frozen=True)
class PendingPage:
    """A page that is to be fetched."""

    number: int
    requested_url: str
    discovery: Discovery


@dataclass(frozen=True)
class Settled:
    """Where a page ended."""

    number: int
    disposition: Disposition
    reason: str | None
    """Reason of a rejection or failure."""


class CrawlState:
    """The database of one output folder; held by one process at a time.

    Args:
        path: The file; made if it is absent.

    Raises:
        StoreError: Another process holds it, or it is not such a database.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection = sqlite3.connect(path, isolation_level=None, timeout=1.0)
        try:
            # Held until closed, and by the system also after a kill: two crawls can
            # never write into one folder.
            self._connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")
            with self._transaction():
                self._prepare()
        except sqlite3.OperationalError as error:
            self._connection.close()
            raise StoreError(f"{path}: another crawl is at work: {error}") from error
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise StoreError(f"{path}: {error}") from error
        except StoreError:
            self._connection.close()
            raise

    def close(self) -> None:
        """Release the file; what was committed stays."""
        self._connection.close()

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
                (kept,) = self._connection.execute(
                    "SELECT value FROM run WHERE key = ?", (name,)
                ).fetchone()
                if kept != wanted:
                    raise StoreError(
                        f"{self._path}: the folder was made with {name} {kept}, "
                        f"not {wanted}: use another folder"
                    )

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

    def discover(self, pages: Iterable[NewPage]) -> int:
        """The pages have rows, new ones as pending; how many are new."""
        before = self._connection.total_changes
        with self._transaction():
            self._connection.executemany(
                "INSERT OR IGNORE INTO pages (url_key, requested_url, state, discovery)"
                " VALUES (?, ?, 'pending', ?)",
                [
                    (page.url_key, page.requested_url, page.discovery.to_json_line())
                    for page in pages
                ],
            )
        return self._connection.total_changes - before

    def state_of(self, url_key: str) -> PageState | None:
        """How far a page has come, None if it is not known."""
        row = self._connection.execute(
            "SELECT state FROM pages WHERE url_key = ?", (url_key,)
        ).fetchone()
        return None if row is None else PageState(row[0])

    def pending(self, after: int, limit: int) -> tuple[PendingPage, ...]:
        """The first `limit` pending pages whose number is above `after`."""
        rows = self._connection.execute(
            "SELECT number, requested_url, discovery FROM pages"
            " WHERE state = 'pending' AND number > ? ORDER BY number LIMIT ?",
            (after, limit),
        )
        return tuple(
            PendingPage(number, url, Discovery.model_validate_json(discovery))
            for number, url, discovery in rows
        )

    def archived(self) -> tuple[tuple[int, ArchivedPage], ...]:
        """Pages whose response waits to be cleaned, in the order of the archive."""
        rows = self._connection.execute(
            "SELECT number, archived_page FROM pages WHERE state = 'archived'"
        )
        pages = [
            (number, ArchivedPage.model_validate_json(page)) for number, page in rows
        ]
        pages.sort(key=lambda each: (Path(each[1].archive).name, each[1].group_offset))
        return tuple(pages)

    def mark_archived(self, number: int, page: ArchivedPage) -> None:
        """The page's response lies in the archive."""
        self._connection.execute(
            "UPDATE pages SET state = 'archived', archived_page = ? WHERE number = ?",
            (page.to_json_line(), number),
        )

    def mark_pending(self, numbers: Iterable[int]) -> None:
        """The pages are to be fetched again: their responses are gone."""
        with self._transaction():
            self._connection.executemany(
                "UPDATE pages SET state = 'pending', archived_page = NULL"
                " WHERE number = ?",
                [(number,) for number in numbers],
            )

    def forget(self, number: int) -> None:
        """The address is no page after all, but a source."""
        self._connection.execute("DELETE FROM pages WHERE number = ?", (number,))

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

    def settle(self, settled: Sequence[Settled], parts: Sequence[Part]) -> None:
        """The pages are settled and the parts belong to the run: both, or neither.

        Args:
            settled: Pages whose records are in `parts`.
            parts: Parts whose bytes and names are on disk.
        """
        with self._transaction():
            self._connection.executemany(
                "INSERT INTO parts (part) VALUES (?)",
                [(part.to_json_line(),) for part in parts],
            )
            self._connection.executemany(
                "UPDATE pages SET state = 'settled', disposition = ?, reason = ?"
                " WHERE number = ?",
                [(each.disposition, each.reason, each.number) for each in settled],
            )

    def parts(self) -> tuple[Part, ...]:
        """All parts of the run, in the order they were closed."""
        rows = self._connection.execute("SELECT part FROM parts ORDER BY number")
        return tuple(Part.model_validate_json(part) for (part,) in rows)

    def counts(self) -> Counts:
        """How many pages there are, and where they are."""
        rows = self._connection.execute(
            "SELECT coalesce(disposition, 'pending'), count(*) FROM pages"
            " GROUP BY disposition"
        )
        ends = dict(rows)
        return Counts(seen=sum(ends.values()), **ends)

    def by_reason(self, disposition: Disposition) -> dict[str, int]:
        """Pages of that disposition by reason, the words in order."""
        rows = self._connection.execute(
            "SELECT reason, count(*) FROM pages WHERE disposition = ?"
            " GROUP BY reason ORDER BY reason",
            (disposition,),
        )
        return dict(rows)

    def _prepare(self) -> None:
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        if version == 0:
            for statement in filter(str.strip, _SCHEMA.split(";")):
                self._connection.execute(statement)
            self._connection.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")
        elif version != _SCHEMA_VERSION:
            raise StoreError(
                f"{self._path}: version {version}, this code reads {_SCHEMA_VERSION}"
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
