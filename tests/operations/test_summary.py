"""What a session did is built from tallies and traffic, and is kept."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawler import summary as summaries
from crawler.politeness import Site
from crawler.summary import (
    FieldCoverage,
    build_summary,
    concluded,
    load_summary,
    read_history,
    site_activities,
    write_summary,
)
from schemas.errors import StoreError
from schemas.manifest import Disposition, MonitorResult
from schemas.site import Budget
from tests.operations.samples import DAY, NOON, counts, manifest, site, summary
from tests.pipelines.store.records import article


def asked_site(host: str = "a.example") -> Site:
    """A site that was asked four times."""
    asked = Site(host, 0, 1, Budget())
    asked.requests, asked.pages, asked.bytes_received = 4, 2, 900
    asked.statuses.update({200: 3, 429: 1})
    asked.not_before, asked.closed = NOON.timestamp(), "paused"
    return asked


def test_tallies_of_earlier_sessions_are_taken_off() -> None:
    """A site's outcomes are those of this session, by reason."""
    before = [
        ("a.example", Disposition.ARTICLES, "", 5),
        ("a.example", Disposition.REJECTED, "too-short", 2),
        ("old.example", Disposition.ARTICLES, "", 9),
    ]
    after = [
        ("a.example", Disposition.ARTICLES, "", 8),
        ("a.example", Disposition.REJECTED, "too-short", 2),
        ("a.example", Disposition.REJECTED, "offsite", 1),
        ("b.example", Disposition.FAILED, "timeout", 1),
        ("old.example", Disposition.ARTICLES, "", 9),
    ]
    first, second = site_activities([asked_site()], before, after)
    assert (first.site, first.articles, first.rejected) == (
        "a.example",
        3,
        {"offsite": 1},
    )
    assert (second.site, second.failed, second.requests) == (
        "b.example",
        {"timeout": 1},
        0,
    )


def test_traffic_of_a_site_is_told() -> None:
    """Requests, bytes, statuses and pauses are as the politeness counted them."""
    (told,) = site_activities([asked_site()], [], [])
    assert (told.requests, told.pages, told.bytes_received) == (4, 2, 900)
    assert told.statuses == {200: 3, 429: 1}
    assert (told.paused_until, told.closed_by) == (NOON, "paused")


def test_summary_adds_up_the_session() -> None:
    """The session's counts are the sum over the sites and what is pending."""
    sites = [
        site(articles=3, rejected={"offsite": 1}, bytes_received=5, requests=7),
        site("b.example", duplicates=1, failed={"timeout": 2}, requests=1),
    ]
    whole = manifest(articles=9, duplicates=1, rejected=1, failed=2, pending=4)
    built = build_summary(manifest=whole, sites=sites, waiting=3)
    assert built.counts == whole.counts
    assert built.session == counts(
        articles=3, duplicates=1, rejected=1, failed=2, pending=4
    )
    assert (built.requests, built.bytes_received, built.waiting) == (8, 5, 3)
    assert built.finished_at - built.started_at == timedelta(minutes=10)


def test_summary_and_a_line_of_history_are_written(tmp_path: Path) -> None:
    """What is written is read again; a session that is written twice counts once."""
    first, second = summary(sites=[site(articles=1)]), summary(started_at=NOON + DAY)
    write_summary(tmp_path, first)
    write_summary(tmp_path, second)
    monitors = (MonitorResult(name="m", passed=False, message="few"),)
    write_summary(tmp_path, concluded(second, monitors, 5))
    kept = load_summary(tmp_path)
    assert kept is not None
    assert (kept.exit_code, kept.monitors) == (5, monitors)
    history = read_history(tmp_path)
    assert [each.exit_code for each in history] == [0, 5]
    assert history[0].articles == {"a.example": 1}


def test_history_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the newest sessions are kept."""
    monkeypatch.setattr(summaries, "HISTORY_SESSIONS", 2)
    for day in range(4):
        write_summary(tmp_path, summary(started_at=NOON + day * DAY))
    days = [(each.started_at - NOON).days for each in read_history(tmp_path)]
    assert days == [2, 3]


def test_damaged_history_stops_nobody(tmp_path: Path) -> None:
    """Lines that are no sessions are left out, and gone with the next session."""
    write_summary(tmp_path, summary())
    path = tmp_path / summaries.HISTORY_NAME
    path.write_bytes(b'{"torn\n\xff\n' + path.read_bytes())
    assert len(read_history(tmp_path)) == 1


def test_damaged_summary_is_an_error(tmp_path: Path) -> None:
    """A summary that cannot be read is told with its path; none is None."""
    assert load_summary(tmp_path) is None
    (tmp_path / summaries.SUMMARY_NAME).write_text("{}")
    with pytest.raises(StoreError, match=r"summary\.json"):
        load_summary(tmp_path)


def test_fields_are_counted_where_they_are_filled() -> None:
    """Empty authors, absent dates and an unknown language do not count."""
    coverage = FieldCoverage()
    bare = article("One.").model_copy(update={"authors": (), "date_published": None})
    full = article("Two.").model_copy(
        update={
            "authors": ("A. Writer",),
            "date_published": "2026-03-10",
            "language": "en",
        }
    )
    coverage.count(bare)
    coverage.count(full)
    assert coverage.counts == {
        "title": 2,
        "text": 2,
        "date_published": 1,
        "authors": 1,
        "language": 1,
    }


def test_times_are_in_utc() -> None:
    """A pause is a moment with an offset."""
    (told,) = site_activities([asked_site()], [], [])
    assert told.paused_until is not None
    assert told.paused_until == datetime.fromtimestamp(NOON.timestamp(), UTC)
    assert told.paused_until.utcoffset() == timedelta(0)
