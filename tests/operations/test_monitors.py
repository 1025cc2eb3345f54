"""What the monitors find, each by a case that is well and one that is not."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from spidermon.runners import MonitorRunner

from crawler import monitors
from crawler.monitors import CrawlMonitors, run_monitors
from crawler.summary import write_summary
from schemas.manifest import MonitorResult
from schemas.monitor import MonitorConfig
from schemas.summary import CrawlSummary, PastSession
from tests.operations.samples import DAY, NOON, counts, past, site, source, summary

WEEK = tuple(past(NOON - day * DAY, 100) for day in range(7, 0, -1))
HOURLY = tuple(
    past(NOON - hour * DAY / 24, 20 if (NOON - hour * DAY / 24).hour > 6 else 0)
    for hour in range(24 * 5, 0, -1)
)

Found = dict[str, MonitorResult]


def monitored(
    told: CrawlSummary,
    history: tuple[PastSession, ...] = (),
    config: MonitorConfig | None = None,
) -> Found:
    """What each monitor found, by name."""
    found = run_monitors(told, history, config or MonitorConfig())
    return {each.name: each for each in found}


def session(articles: int, **fields: object) -> CrawlSummary:
    """A session with so many articles of one site."""
    return summary(
        session=counts(articles=articles),
        sites=[site(articles=articles)],
        **fields,
    )


def test_a_first_crawl_passes_all() -> None:
    """Where there is nothing to compare with, nothing is an alarm."""
    found = monitored(summary())
    assert len(found) == 8
    assert [each.name for each in found.values() if not each.passed] == []


BAD: list[tuple[str, CrawlSummary, tuple[PastSession, ...], str]] = [
    ("finish-reason", summary(finish_reason="shutdown"), (), "shutdown"),
    ("articles", session(19), WEEK, "19 (median 100)"),
    ("site-articles", session(0), WEEK, "a.example 0 (median 100)"),
    (
        "field-coverage",
        session(10, fields={"title": 10, "text": 10, "language": 10}),
        (),
        "date_published 0% (at least 80%)",
    ),
    (
        "failed",
        summary(session=counts(articles=17, failed=3)),
        (),
        "3 of 20 pages; at most 10%",
    ),
    (
        "rejected",
        summary(session=counts(articles=9, rejected=11)),
        (),
        "11 of 20 pages; at most 50%",
    ),
    (
        "stale-sources",
        summary(sources=[source(last_new_at=NOON - 15 * DAY)]),
        (),
        "https://a.example/feed since 2026-02-23",
    ),
    (
        "blocked-sites",
        summary(sites=[site(statuses={200: 2, 403: 2, 429: 1})]),
        (),
        "a.example 60%",
    ),
]


@pytest.mark.parametrize(("name", "told", "history", "message"), BAD)
def test_alarm(
    name: str, told: CrawlSummary, history: tuple[PastSession, ...], message: str
) -> None:
    """The monitor fails, and says what was measured."""
    found = monitored(told, history)[name]
    assert not found.passed
    assert message in found.message


GOOD: list[tuple[str, CrawlSummary, tuple[PastSession, ...]]] = [
    ("articles", session(20), WEEK),
    ("articles", session(0), WEEK[-2:]),
    ("articles", session(0), tuple(past(NOON - d * DAY, 9) for d in (3, 2, 1))),
    ("site-articles", summary(sites=[site("b.example")]), WEEK),
    ("field-coverage", session(9, fields={}), ()),
    ("failed", summary(session=counts(articles=16, failed=3)), ()),
    ("failed", summary(session=counts(articles=18, failed=2)), ()),
    ("rejected", summary(session=counts(articles=10, rejected=10)), ()),
    ("stale-sources", summary(sources=[source(last_new_at=NOON - 13 * DAY)]), ()),
    ("stale-sources", summary(sources=[source(last_new_at=None)]), ()),
    (
        "stale-sources",
        summary(sources=[source(kind="sitemap", last_new_at=NOON - 99 * DAY)]),
        (),
    ),
    ("blocked-sites", summary(sites=[site(statuses={403: 4})]), ()),
]


@pytest.mark.parametrize(("name", "told", "history"), GOOD)
def test_no_alarm(
    name: str, told: CrawlSummary, history: tuple[PastSession, ...]
) -> None:
    """At the limit, or with too few cases to judge, all is well."""
    found = monitored(told, history)[name]
    assert found.passed, found.message


def test_a_quiet_night_is_no_alarm() -> None:
    """Hourly sessions are compared by the day, and so sleep at night."""
    at_night = session(0, started_at=NOON - DAY / 2, finished_at=NOON)
    assert monitored(at_night, HOURLY)["articles"].passed


def test_a_silent_day_is_an_alarm() -> None:
    """Hourly sessions that have given nothing for a day are found."""
    silent = tuple(past(NOON - hour * DAY / 24, 0) for hour in range(23, 0, -1))
    assert not monitored(session(0), (*HOURLY[:-24], *silent))["articles"].passed


def test_later_sessions_do_not_count() -> None:
    """History may hold the session itself, as it does under Spidermon's extension."""
    history = (*WEEK, past(NOON, 100))
    assert not monitored(session(19), history)["articles"].passed


def test_monitor_with_a_bug_fails_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says so, and all others are run."""
    monkeypatch.setattr(monitors, "check_articles", lambda watch: watch.nothing)
    found = run_monitors(summary(), (), MonitorConfig())
    assert len(found) == 8
    (broken,) = [each for each in found if not each.passed]
    assert broken.name == "CrawlMonitor/test_articles"
    assert broken.message.startswith("AttributeError")


def test_suite_runs_under_spidermons_extension(tmp_path: Path) -> None:
    """There the summary is read from the output folder."""
    write_summary(tmp_path, summary(finish_reason="shutdown"))
    spider = SimpleNamespace(ledger=SimpleNamespace(out=tmp_path))
    result: Any = MonitorRunner().run(CrawlMonitors(), spider=spider, stats={})
    failed = [each for each in result.monitor_results if each.status == "FAIL"]
    assert [each.reason for each in failed] == ["shutdown; expected: finished"]


def test_extension_without_a_summary_is_told(tmp_path: Path) -> None:
    """A crawl that failed has none: its monitors fail."""
    spider = SimpleNamespace(ledger=SimpleNamespace(out=tmp_path))
    result: Any = MonitorRunner().run(CrawlMonitors(), spider=spider, stats={})
    assert {each.status for each in result.monitor_results} == {"ERROR"}
