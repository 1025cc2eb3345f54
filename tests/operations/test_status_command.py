"""copydesk status tells how a run stands, and holds nobody up."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crawler import exit_codes
from crawler.cli import main
from crawler.state import STATE_NAME, CrawlState, Memory, NewPage, Pause, Source
from crawler.status import is_locked, read_status
from crawler.summary import write_summary
from pipelines.manifest import MANIFEST_NAME, write_manifest
from pipelines.store import locked
from schemas.errors import StoreError
from schemas.manifest import Disposition, MonitorResult, RunState
from schemas.page import Discovery, SourceKind
from tests.operations.samples import NOON, manifest, summary

LATER = NOON + timedelta(minutes=5)
HOLD = """
import sys
from pathlib import Path
from pipelines.store import locked
with locked(Path(sys.argv[1])):
    print("locked", flush=True)
    sys.stdin.read()
"""


def make_crawl(out: Path, state: RunState, *, pages: int = 3) -> None:
    """A crawl with pages of two sites, one of them paused, and a feed."""
    database = CrawlState(out / STATE_NAME)
    session = database.begin_session(NOON, 2)
    database.discover(
        NewPage(f"a.example/{n}", "a.example", f"https://a.example/{n}", DISCOVERY)
        for n in range(pages)
    )
    database.discover(
        [NewPage("b.example/", "b.example", "https://b.example/", DISCOVERY)]
    )
    feed = Source("https://a.example/feed", "a.example", SourceKind.FEED, 90.0)
    database.add_source(feed)
    visited = replace(
        feed,
        memory=Memory(status=200),
        last_visit=NOON.timestamp(),
        interval_minutes=180.0,
        next_visit=(NOON + timedelta(hours=3)).timestamp(),
    )
    database.visit_source(visited, entries=4, has_new=True)
    database.pause("b.example", Pause((NOON + timedelta(hours=1)).timestamp(), 2))
    if state is not RunState.RUNNING:
        database.end_session(session, NOON + timedelta(minutes=10))
    database.close()
    write_manifest(out, manifest(state=state, pending=pages + 1))


DISCOVERY = Discovery(source=SourceKind.FEED)


def told(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    """What the command prints, which must succeed."""
    assert main(["status", *map(str, arguments)]) == exit_codes.OK
    return capsys.readouterr().out


def test_interrupted_crawl(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """State, counts, pending pages by site, pauses and sources are told."""
    make_crawl(tmp_path, RunState.INTERRUPTED)
    status = read_status(tmp_path, LATER)
    assert (status.state, status.finish_reason) == ("interrupted", "shutdown")
    assert status.counts.pending == 4
    assert status.pending == {"a.example": 3, "b.example": 1}
    assert status.paused == {"b.example": NOON + timedelta(hours=1)}
    (feed,) = status.sources
    assert feed.next_visit == NOON + timedelta(hours=3)
    assert (feed.last_new_at, feed.last_status, feed.entries) == (NOON, 200, 4)
    lines = told(capsys, tmp_path).splitlines()
    assert lines[0].endswith(": crawl, interrupted (shutdown)")
    assert "  pending   a.example: 3" in lines
    assert lines[-1].startswith(
        "  source    https://a.example/feed: next 2026-03-10 15:00Z"
    )


def test_pace_is_that_of_the_last_session(tmp_path: Path) -> None:
    """Pages that were fetched since it began, by its time."""
    make_crawl(tmp_path, RunState.FINISHED)
    database = CrawlState(tmp_path / STATE_NAME)
    for page in database.pending("a.example", 0, 2):
        database.revisited(page.number, Memory(), LATER.timestamp(), None)
    database.close()
    assert read_status(tmp_path, LATER).pages_per_minute == 0.2


def test_pages_that_wait_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Those that are settled are counted where they ended."""
    make_crawl(tmp_path, RunState.INTERRUPTED)
    database = CrawlState(tmp_path / STATE_NAME)
    first, second, _ = database.pending("a.example", 0, 3)
    execute = database._connection.execute
    execute("UPDATE pages SET archived_number = 1 WHERE number = ?", (first.number,))
    execute(
        "INSERT INTO tallies VALUES ('a.example', ?, '', 1)", (Disposition.ARTICLES,)
    )
    execute("DELETE FROM pages WHERE number = ?", (second.number,))
    database.close()
    status = read_status(tmp_path, LATER)
    assert (status.counts.articles, status.counts.pending, status.waiting) == (1, 3, 1)
    assert "  waiting   1 are fetched" in told(capsys, tmp_path)


def test_running_crawl_is_one_that_holds_the_lock(tmp_path: Path) -> None:
    """The same folder is `running` while somebody holds it, else `killed`."""
    make_crawl(tmp_path, RunState.RUNNING)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        status = read_status(tmp_path, LATER)
        holder.communicate(b"")
    assert (status.state, status.finished_at) == ("running", None)
    assert status.pages_per_minute == 0.0
    assert read_status(tmp_path, LATER).state == "killed"


def test_running_crawl_is_read_while_it_writes(tmp_path: Path) -> None:
    """What a crawl committed is seen, and it can write on."""
    make_crawl(tmp_path, RunState.RUNNING)
    database = CrawlState(tmp_path / STATE_NAME)
    with locked(tmp_path):
        more = NewPage("c.example/", "c.example", "https://c.example/", DISCOVERY)
        database.discover([more])
        assert read_status(tmp_path, LATER).counts.pending == 5
        database.pause("c.example", None)
    database.close()


def test_asking_takes_no_lock_away(tmp_path: Path) -> None:
    """Whoever asks leaves the folder as it was, for a crawl and for others."""
    (tmp_path / "kept").touch()
    assert not is_locked(tmp_path)
    with locked(tmp_path):
        assert is_locked(tmp_path)
        assert is_locked(tmp_path)
    assert not is_locked(tmp_path)


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    """A folder that nobody works on has the same files as before."""
    make_crawl(tmp_path, RunState.FINISHED)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    read_status(tmp_path, LATER)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_json_is_all_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Monitors and the last session come from its summary."""
    make_crawl(tmp_path, RunState.FINISHED, pages=30)
    monitors = (MonitorResult(name="articles", passed=False, message="few"),)
    write_summary(tmp_path, summary(monitors=monitors, exit_code=5))
    parsed: dict[str, Any] = json.loads(told(capsys, tmp_path, "--json"))
    assert parsed["last_session"]["exit_code"] == 5
    assert parsed["monitors"][0]["message"] == "few"
    assert parsed["pending"] == {"a.example": 30, "b.example": 1}
    text = told(capsys, tmp_path)
    assert "  exit code 5 of the last one that ended" in text
    assert "  monitor   articles: FAILED: few" in text


def test_strangers_text_does_not_rule_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Control characters of an address are shown as such."""
    make_crawl(tmp_path, RunState.FINISHED)
    database = CrawlState(tmp_path / STATE_NAME)
    database.add_source(
        Source("https://a.example/\x1b[2J", "a.example", SourceKind.FEED, 9.0)
    )
    database.close()
    assert "\x1b" not in told(capsys, tmp_path)


def test_folder_of_clean(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It has counts, a state and a pace, and needs no database."""
    write_manifest(tmp_path, manifest(command="clean", articles=20, rejected=10))
    status = read_status(tmp_path, datetime.now(UTC))
    assert (status.state, status.pages_per_minute) == ("finished", 3.0)
    assert "20 articles, 0 duplicates, 10 rejected" in told(capsys, tmp_path)


BROKEN = [
    ("no run here", {}),
    (MANIFEST_NAME, {MANIFEST_NAME: "{"}),
    (STATE_NAME, {STATE_NAME: None}),
    (STATE_NAME, {STATE_NAME: "not a database, but long enough to be read as one"}),
    ("summary.json", {"summary.json": "[]"}),
]


@pytest.mark.parametrize(("named", "files"), BROKEN)
def test_damaged_folder(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    named: str,
    files: dict[str, str | None],
) -> None:
    """What is absent or cannot be read is named, with the exit code of misuse."""
    if files:
        make_crawl(tmp_path, RunState.FINISHED)
    for name, content in files.items():
        (tmp_path / name).unlink(missing_ok=True)
        if content is not None:
            (tmp_path / name).write_text(content)
    with pytest.raises(StoreError):
        read_status(tmp_path, LATER)
    assert main(["status", str(tmp_path)]) == exit_codes.MISUSE
    assert named in capsys.readouterr().err


def test_killed_crawl_is_read_with_its_last_transactions(tmp_path: Path) -> None:
    """What SQLite has not moved into the file yet counts."""
    out, killed = tmp_path / "out", tmp_path / "killed"
    out.mkdir()
    make_crawl(out, RunState.RUNNING)
    database = CrawlState(out / STATE_NAME)
    late = NewPage("late.example/", "late.example", "https://late.example/", DISCOVERY)
    database.discover([late])
    shutil.copytree(out, killed)
    database.close()
    status = read_status(killed, LATER)
    assert (status.state, status.pages_per_minute) == ("killed", None)
    assert status.pending["late.example"] == 1
