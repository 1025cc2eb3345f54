"""From the sample site to records and back from the archive: the whole flow, for real.

One crawl of the sample site, by the command line, serves all tests of this file.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from crawler.demo_site import DemoArticle, DemoSite, load_demo_site, serve_demo_site
from pipelines.blocks import fold_blanks
from pipelines.manifest import load_manifest
from pipelines.verify import verify_output
from schemas.manifest import Manifest, RunState
from tests.conftest import DEMO_SITE, SEED

TODAY = date(2025, 9, 18)

SOURCES = ("/rss", "/fr/rss", "/en/rss", "/news-sitemap.xml", "/")

OF_THE_FETCH = ("fetched_at", "provenance")
"""Fields that say where a record comes from: only they may differ on replay."""


@dataclass(frozen=True)
class Crawled:
    """A crawl of the sample site, its replays, and the truth."""

    site: DemoSite
    base_url: str
    out: Path
    first_requests: list[str]
    second_requests: list[str]

    def manifest(self) -> Manifest:
        """What the crawl says of itself."""
        manifest = load_manifest(self.out)
        assert manifest is not None
        return manifest


def copydesk(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    command = [sys.executable, "-m", "crawler.cli", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=120
    )


def records(out: Path, kind: str) -> list[dict[str, Any]]:
    """All records of a kind, in the order of the parts."""
    return [
        json.loads(line)
        for path in sorted((out / kind).glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    """The sample site crawled, and crawled a second time into the same folder."""
    out = tmp_path_factory.mktemp("crawl")
    with serve_demo_site(DEMO_SITE, today=TODAY) as server:
        command = (
            "crawl",
            *(f"{server.base_url}{path}" for path in SOURCES),
            *("--site", "ress", "--out", str(out), "--delay", "0", "--workers", "2"),
            "--allow-private-addresses",
        )
        first = copydesk(*command)
        assert first.returncode == 0, first.stderr
        asked = list(server.requests)
        second = copydesk(*command)
        assert second.returncode == 0, second.stderr
        yield Crawled(
            site=load_demo_site(DEMO_SITE, today=TODAY),
            base_url=server.base_url,
            out=out,
            first_requests=asked,
            second_requests=list(server.requests)[len(asked) :],
        )


@pytest.fixture(scope="module")
def replayed(crawled: Crawled, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The archive of the crawl cleaned twice with one worker, once with two."""
    folders = []
    for name, workers in (("one", "1"), ("again", "1"), ("two", "2")):
        out = tmp_path_factory.mktemp(name) / "out"
        archive = str(crawled.out / "archive")
        done = copydesk(
            "clean", archive, "--site", "ress", "--out", str(out), "--workers", workers
        )
        assert done.returncode == 0, done.stderr
        folders.append(out)
    return folders


def expected(article: DemoArticle) -> dict[str, Any]:
    """The fields of the record, as the article's file has them."""
    return {
        "title": article.title,
        "text": "\n\n".join(map(fold_blanks, article.paragraphs)),
        "publisher": article.publisher,
        "date_published": article.date_published,
        "date_published_raw": article.date_published_raw,
        "authors": list(article.authors),
        "language": article.language,
        "source_url": article.source_url,
    }


def test_every_article_gives_the_exact_record(crawled: Crawled) -> None:
    """All that was written comes out, and nothing else."""
    got = {record["url"]: record for record in records(crawled.out, "articles")}
    wanted = {
        f"{crawled.base_url}{article.path}": expected(article)
        for article in crawled.site.articles
        if article.is_article
    }
    assert got.keys() == wanted.keys()
    for url, fields in wanted.items():
        assert {field: got[url][field] for field in fields} == fields, url


def test_ribbons_widgets_and_lines_are_what_was_cut(crawled: Crawled) -> None:
    """Each record says that its ribbon was cut, and its published line once."""
    for record in records(crawled.out, "articles"):
        cut = {each["rule"]: each["count"] for each in record["cleaning"]["removed"]}
        assert cut["ribbon"] >= 24, record["url"]
        assert cut["published-line"] == 1, record["url"]
        assert cut["image-widget"] >= 2, record["url"]


def test_impossible_date_is_null_with_a_warning(crawled: Crawled) -> None:
    """31 February is told as it stands, and is no date."""
    (record,) = [
        record
        for record in records(crawled.out, "articles")
        if record["date_published"] is None
    ]
    assert record["date_published_raw"] == "31 - 02 - 2019"
    assert record["warnings"] == ["date-invalid:published-line"]


def test_other_pages_end_with_their_reason(crawled: Crawled) -> None:
    """The paywall, the missing, forbidden and foreign page, and the home page."""
    reasons = {
        record["requested_url"].removeprefix(crawled.base_url): record["reason"]
        for record in records(crawled.out, "rejected")
    }
    (teaser,) = [each for each in crawled.site.articles if not each.is_article]
    assert reasons[teaser.path] == "paywalled"
    for private in crawled.site.private:
        assert reasons[private.path] == "robots-disallowed"
    assert reasons[crawled.site.missing_path] == "http-status"
    assert reasons[crawled.site.offsite_url] == "offsite"


def test_forbidden_page_is_never_asked_for(crawled: Crawled) -> None:
    """robots.txt is obeyed, not only recorded."""
    asked = [*crawled.first_requests, *crawled.second_requests]
    assert crawled.site.private
    assert not {each.path for each in crawled.site.private} & set(asked)


def test_second_crawl_fetches_no_article_again(crawled: Crawled) -> None:
    """It reads the sources again, finds nothing new, and leaves the records alone."""
    articles = {article.path for article in crawled.site.articles}
    assert articles <= set(crawled.first_requests)
    assert not articles & set(crawled.second_requests)
    assert "/rss" in crawled.second_requests
    assert len(crawled.manifest().sessions) == 2


def test_manifest_balances_and_verifies(crawled: Crawled) -> None:
    """What was seen is all there, and the folder is what its manifest says."""
    manifest = crawled.manifest()
    counts = manifest.counts
    ends = counts.articles + counts.duplicates + counts.rejected + counts.failed
    assert manifest.state is RunState.FINISHED
    assert counts.seen == ends + counts.pending
    assert counts.pending == 0
    assert list(verify_output(crawled.out)) == []


def test_replay_gives_the_articles_of_the_crawl(
    crawled: Crawled, replayed: list[Path]
) -> None:
    """Same articles, same order, byte for byte but for provenance and fetch."""

    def lines(out: Path) -> list[str]:
        return [
            json.dumps({key: record[key] for key in record if key not in OF_THE_FETCH})
            for record in records(out, "articles")
        ]

    assert lines(replayed[0]) == lines(crawled.out)


def test_replay_finds_each_page_where_the_crawl_put_it(
    crawled: Crawled, replayed: list[Path]
) -> None:
    """Even the provenance is the same, but for how and under which path it was read."""
    differing = {"input", "input_file"}
    for live, again in zip(
        records(crawled.out, "articles"), records(replayed[0], "articles"), strict=True
    ):
        first, second = live["provenance"], again["provenance"]
        assert {key for key in first if first[key] != second[key]} <= differing
        assert live["fetched_at"] == again["fetched_at"]


def test_workers_and_repetition_change_no_byte(replayed: list[Path]) -> None:
    """One worker, one worker again and two give identical folders."""
    one, *others = [
        {
            path.relative_to(out): path.read_bytes()
            for path in sorted(out.rglob("*.jsonl"))
        }
        for out in replayed
    ]
    assert one
    assert all(other == one for other in others)
    manifests = [load_manifest(out) for out in replayed]
    told = [
        each.model_copy(update={"sessions": ()})
        for each in manifests
        if each is not None
    ]
    assert len(told) == 3
    assert told[0] == told[1] == told[2]


def test_seed_is_printed_as_one_line() -> None:
    """The command of the README prints the record of the seed, and nothing else."""
    done = copydesk("clean", "--site", "maghress", str(SEED))
    assert done.returncode == 0
    (line,) = done.stdout.splitlines()
    assert json.loads(line)["publisher"] == "Barlamane"


def test_demo_shows_what_it_promises(tmp_path: Path) -> None:
    """`make demo`: the seed's record, a crawl, and two replays that equal it."""
    done = copydesk("demo", "--out", str(tmp_path / "demo"))
    assert done.returncode == 0, done.stderr
    assert "48 ribbon" in done.stdout
    assert "23 articles, the same in crawl and replay" in done.stdout
    assert "23 articles, the same by learnt template and by site" in done.stdout
    assert done.stdout.count("parts are right") == 3
