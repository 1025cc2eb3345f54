"""How an output folder stands, read beside whoever works on it.

Nothing is written and nobody is held up: the database is opened for reading only, and
the folder's lock is tried only where the manifest says that a run is at work.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from crawler.state import STATE_NAME
from crawler.summary import load_summary, past_session
from pipelines.manifest import load_manifest
from schemas.errors import ManifestError, StoreError
from schemas.manifest import Counts, Manifest, RunState
from schemas.page import SourceKind
from schemas.summary import CrawlStatus, SourceActivity

KILLED = "killed"


def read_status(out: Path, now: datetime) -> CrawlStatus:
    """How the run of an output folder stands.

    Args:
        out: A folder of `crawl` or of `clean`, at work or not.
        now: The moment, for the pace of a run that is at work.

    Raises:
        StoreError: There is no run in the folder, or its files cannot be read.
    """
    try:
        manifest = load_manifest(out)
    except ManifestError as error:
        raise StoreError(str(error)) from error
    if manifest is None:
        raise StoreError(f"{out}: no run here: it has no manifest.json")
    state = str(manifest.state)
    if manifest.state is RunState.RUNNING and not is_locked(out):
        state = KILLED
    if manifest.command == "clean":
        return _clean_status(manifest, state, now)
    return _crawl_status(out, manifest, state, now)


def is_locked(out: Path) -> bool:
    """Whether somebody works on the folder (`pipelines.store.locked`).

    A lock that is held is not touched. Where there is none, ours is shared, so that two
    who ask do not hinder each other, and is gone when this returns.
    """
    descriptor = os.open(out, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def read_sources(out: Path) -> tuple[SourceActivity, ...]:
    """How each source of a crawl stands, those first that are due first.

    Raises:
        StoreError: The database cannot be read.
    """
    with reading_state(out) as state:
        return _sources(state)


def count_waiting(out: Path) -> int:
    """Pages whose response waits in the archive to be cleaned.

    Raises:
        StoreError: The database cannot be read.
    """
    with reading_state(out) as state:
        return _waiting(state)


@contextmanager
def reading_state(out: Path) -> Iterator[sqlite3.Connection]:
    """The database of a crawl, for reading only.

    Raises:
        StoreError: There is none, or it is damaged or of another version.
    """
    path = out / STATE_NAME
    if not path.is_file():
        raise StoreError(f"{path}: no such file")
    uri = f"file:{quote(str(path.resolve()))}?mode=ro"
    if not path.with_name(f"{STATE_NAME}-wal").exists():
        # Closed in order: SQLite need not put files of its own beside it.
        uri += "&immutable=1"
    try:
        with closing(sqlite3.connect(uri, uri=True, timeout=10.0)) as connection:
            yield connection
    except sqlite3.Error as error:
        raise StoreError(f"{path}: cannot be read: {error}") from error


def _clean_status(manifest: Manifest, state: str, now: datetime) -> CrawlStatus:
    counts = manifest.counts
    session = manifest.sessions[-1] if manifest.sessions else None
    # Of several sessions nobody knows which one read how many.
    pace = None
    if session is not None and len(manifest.sessions) == 1 and state != KILLED:
        done = counts.seen - counts.pending
        pace = _pace(done, session.started_at, session.finished_at or now)
    return CrawlStatus(
        command=manifest.command,
        state=state,
        started_at=session and session.started_at,
        finished_at=session and session.finished_at,
        finish_reason=manifest.finish_reason,
        counts=counts,
        pages_per_minute=pace,
    )


def _crawl_status(
    out: Path, manifest: Manifest, state: str, now: datetime
) -> CrawlStatus:
    summary = load_summary(out)
    with reading_state(out) as database:
        started, finished = _last_session(database)
        pace = None
        if started is not None and state != KILLED:
            fetched = _fetched_since(database, started)
            pace = _pace(fetched, started, finished or now)
        return CrawlStatus(
            command=manifest.command,
            state=state,
            started_at=started,
            finished_at=finished,
            finish_reason=manifest.finish_reason,
            counts=_counts(database),
            waiting=_waiting(database),
            pages_per_minute=pace,
            pending=_pending(database),
            paused=_paused(database, now),
            sources=_sources(database),
            last_session=None if summary is None else past_session(summary),
            monitors=() if summary is None else summary.monitors,
        )


def _pace(pages: int, started: datetime, ended: datetime) -> float:
    minutes = max((ended - started).total_seconds(), 1.0) / 60
    return round(pages / minutes, 1)


def _last_session(
    database: sqlite3.Connection,
) -> tuple[datetime | None, datetime | None]:
    row = database.execute(
        "SELECT started_at, finished_at FROM sessions ORDER BY number DESC LIMIT 1"
    ).fetchone()
    started, finished = row or (None, None)
    return (
        started and datetime.fromisoformat(started),
        finished and datetime.fromisoformat(finished),
    )


def _fetched_since(database: sqlite3.Connection, started: datetime) -> int:
    query = "SELECT count(*) FROM urls WHERE last_visit >= ?"
    (fetched,) = database.execute(query, (started.timestamp(),)).fetchone()
    return int(fetched)


def _counts(database: sqlite3.Connection) -> Counts:
    rows = database.execute(
        "SELECT disposition, sum(pages) FROM tallies GROUP BY disposition"
    )
    ends = dict(rows)
    (pending,) = database.execute("SELECT count(*) FROM pages").fetchone()
    return Counts(seen=sum(ends.values()) + pending, pending=pending, **ends)


def _waiting(database: sqlite3.Connection) -> int:
    query = "SELECT count(*) FROM pages WHERE archived_number IS NOT NULL"
    (waiting,) = database.execute(query).fetchone()
    return int(waiting)


def _pending(database: sqlite3.Connection) -> dict[str, int]:
    rows = database.execute(
        "SELECT host, count(*) FROM pages GROUP BY host ORDER BY 2 DESC, host"
    )
    return dict(rows)


def _paused(database: sqlite3.Connection, now: datetime) -> dict[str, datetime]:
    rows = database.execute(
        "SELECT host, not_before FROM hosts WHERE not_before > ? ORDER BY host",
        (now.timestamp(),),
    )
    return {host: datetime.fromtimestamp(until, UTC) for host, until in rows}


def _sources(database: sqlite3.Connection) -> tuple[SourceActivity, ...]:
    rows = database.execute(
        "SELECT url, host, kind, last_visit, status, last_new, next_visit,"
        " interval_minutes, entries FROM sources ORDER BY next_visit, url"
    )
    return tuple(
        SourceActivity(
            url=url,
            site=host,
            kind=SourceKind(kind),
            last_visit=_moment(last_visit),
            last_status=status,
            last_new_at=_moment(last_new),
            next_visit=_moment(next_visit),
            interval_minutes=interval,
            entries=entries,
        )
        for (
            url,
            host,
            kind,
            last_visit,
            status,
            last_new,
            next_visit,
            interval,
            entries,
        ) in rows
    )


def _moment(seconds: float | None) -> datetime | None:
    """A time of the database, null for those that are not set."""
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
