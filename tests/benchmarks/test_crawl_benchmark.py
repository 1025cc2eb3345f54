"""The benchmark of crawls: each kind of crawl runs, and is measured as a whole."""

import json
from pathlib import Path

import pytest

from benchmarks.crawl import (
    LABELS,
    Measured,
    Memory,
    Workplace,
    flat_table,
    kill_and_resume,
    main,
    measure,
    table,
)
from benchmarks.news_site import NewsSite, SiteOptions

PAGES = 12


@pytest.mark.parametrize("mode", LABELS)
def test_each_crawl_gets_all_pages(mode: str, tmp_path: Path) -> None:
    """Every kind of crawl asks for each page once, and is watched while it does."""
    with NewsSite(SiteOptions(pages=PAGES, page_kb=20)) as site:
        workplace = Workplace(site, tmp_path, concurrency=4)
        workplace.prepare()
        if mode == "learnt":
            workplace.learn()
        measured = measure(mode, workplace, tmp_path / mode)
        asked = [hit.path for hit in site.hits() if hit.path.endswith(".html")]
    assert measured.pages == PAGES
    assert sorted(asked) == sorted(set(asked))
    assert len(asked) == PAGES
    assert measured.seconds > 0
    assert measured.peak_main_bytes > 10_000_000
    assert measured.watchdog["longest_ms"] > 0


@pytest.mark.parametrize("mode", ["inline", "pool"])
def test_peers_write_the_articles(mode: str, tmp_path: Path) -> None:
    """What trafilatura finds is written, one line for each page."""
    with NewsSite(SiteOptions(pages=PAGES, page_kb=20)) as site:
        workplace = Workplace(site, tmp_path, concurrency=4)
        workplace.prepare()
        measure(mode, workplace, tmp_path / mode)
        urls = set(site.article_urls())
    lines = (tmp_path / mode / "articles.jsonl").read_text("utf-8").splitlines()
    assert {json.loads(line)["source"] for line in lines} == urls


def test_a_crawl_that_is_killed_and_resumed_has_everything_once(tmp_path: Path) -> None:
    """Two kills, and then: each page an article, none twice, the balance exact."""
    with NewsSite(SiteOptions(pages=30, page_kb=5)) as site:
        after = kill_and_resume(site, tmp_path, kills=2)
    assert after.is_clean, after
    assert (after.pages, after.articles) == (30, 30)


def measured(mode: str, seconds: float) -> Measured:
    """What a crawl of 100 pages took."""
    return Measured(
        mode=mode,
        pages=100,
        sent_bytes=300_000_000,
        seconds=seconds,
        cpu_seconds=1.0,
        others_cpu_seconds=2.0,
        memory=(Memory(0.0, 50_000_000, 0), Memory(1.0, 60_000_000, 9_000_000)),
        watchdog={"longest_ms": 19.6, "p99_ms": 1.0, "longest_busy_ms": 4.0},
    )


def test_the_table_has_medians_and_the_ratio_to_the_bare_spider() -> None:
    """Of three turns the middle one is told, and the longest block of all."""
    turns = [measured("bare", seconds) for seconds in (1, 2, 50)]
    lines = table([*turns, measured("whole", 4)]).splitlines()
    rest = "1.0 / 2.0 | 60 / 9 | 20 / 1 | 4 |"
    assert lines[2:] == [
        f"| Scrapy, counting bytes | 100 | 50 | 1.00 | 150 | {rest}",
        f"| Copydesk, 2 workers | 100 | 25 | 0.50 | 75 | {rest}",
    ]


def test_memory_over_time_is_a_table() -> None:
    """One line for each of the samples shown, and what was fetched."""
    lines = flat_table(measured("whole", 4)).splitlines()
    assert lines[2:] == ["| 0 | 50 | 0 |", "| 1 | 60 | 9 |", "", "100 pages in 4 s"]


def test_the_command_prints_both_kinds_of_bodies(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The comparison runs from the command line."""
    given = "--pages 5 --page-kb 5 --repeat 1 --modes bare,pool".split()
    assert main(given) == 0
    printed = capsys.readouterr().out
    assert "scrapy 2." in printed
    assert printed.count("| Scrapy, counting bytes | 5 |") == 2
    assert "5 kB, gzip" in printed


def test_the_command_prints_memory_over_time(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """`--flat` crawls once and prints what it saw."""
    assert main("--flat 6 --fetch-only".split()) == 0
    printed = capsys.readouterr().out
    assert "| second | MB, crawl | MB, workers |" in printed
    assert "6 pages in" in printed


def test_the_command_kills_and_tells(capsys: pytest.CaptureFixture[str]) -> None:
    """`--kill` prints the account, and its code says whether it is clean."""
    assert main("--kill 1 --pages 10".split()) == 0
    assert "refetched" in capsys.readouterr().out
