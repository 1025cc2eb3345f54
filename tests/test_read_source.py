"""Read source: from a response in the archive to a file of what it names."""

import gzip
import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.archive import ArchiveWriter, Fetch
from pipelines.discover import SitemapLink, SourceFormat
from pipelines.read.fetch_metadata import Purpose
from pipelines.read_source import SourceJob, SourceReading, iter_entries, read_source
from schemas.config import LimitsConfig
from schemas.page import SourceKind
from schemas.rejection import Failure

URL = "https://paper.example/source"
MOMENT = datetime(2024, 9, 3, 12, tzinfo=UTC)

MakeJob = Callable[..., SourceJob]


@pytest.fixture
def archived(tmp_path: Path) -> MakeJob:
    """A function from a body, its headers and its kind to the job of reading it."""

    def make(
        body: bytes, kind: SourceKind, headers: tuple[tuple[str, str], ...] = ()
    ) -> SourceJob:
        fetch = Fetch(
            requested_url=URL,
            url=URL,
            method="GET",
            request_headers=(),
            status=200,
            reason="OK",
            protocol="HTTP/1.1",
            response_headers=headers,
            body=body,
            fetched_at=MOMENT,
            purpose=Purpose.DISCOVERY,
        )
        with ArchiveWriter(
            tmp_path,
            prefix="test",
            software="test",
            now=lambda: MOMENT,
            new_id=uuid.uuid4,
        ) as writer:
            page = writer.write(fetch)
        return SourceJob(page, kind, None, tmp_path / "spool.jsonl", LimitsConfig())

    return make


def test_half_a_character_is_no_harm(archived: MakeJob) -> None:
    """Titles of JSON feeds that were cut within one are common; the feed is read."""
    item = {"id": "1", "url": "https://paper.example/a", "title": "Flood \ud83c"}
    feed = {"version": "https://jsonfeed.org/version/1.1", "items": [item]}
    job = archived(json.dumps(feed).encode(), SourceKind.FEED)
    (entry,) = iter_entries(reading_of(job).spool)
    assert (entry.url, entry.title) == ("https://paper.example/a", "Flood ?")


def reading_of(job: SourceJob) -> SourceReading:
    """What a job gives that must not fail."""
    reading = read_source(job)
    assert isinstance(reading, SourceReading)
    return reading


def test_entries_go_through_a_file(archived: MakeJob) -> None:
    """All fields come back, in the order of the source; content encoding is undone."""
    feed = """<rss version='2.0'><channel><language>ar</language>
    <item><link>/a</link><title>الميناء</title><pubDate>2024-09-03</pubDate></item>
    <item><link>/b</link></item></channel></rss>""".encode()
    headers = (("Content-Encoding", "gzip"),)
    reading = reading_of(archived(gzip.compress(feed), SourceKind.FEED, headers))
    first, second = iter_entries(reading.spool)
    assert (reading.format, reading.entries) == (SourceFormat.FEED, 2)
    assert (first.url, first.title) == ("https://paper.example/a", "الميناء")
    assert (first.date_raw, first.language) == ("2024-09-03", "ar")
    assert first.source is SourceKind.FEED
    assert second.url == "https://paper.example/b"


def test_zipped_index_gives_sitemaps_with_their_dates(archived: MakeJob) -> None:
    """`lastmod` of each is there for who decides which one to read."""
    index = b"""<sitemapindex><sitemap><loc>/a.xml.gz</loc><lastmod>2024-09-03</lastmod>
    </sitemap><sitemap><loc>/b.xml</loc></sitemap></sitemapindex>"""
    reading = reading_of(archived(gzip.compress(index), SourceKind.SITEMAP))
    assert reading.sitemaps == (
        SitemapLink("https://paper.example/a.xml.gz", "2024-09-03"),
        SitemapLink("https://paper.example/b.xml"),
    )
    assert (reading.entries, reading.damaged) == (0, False)


PAGE = """<link rel='alternate' type='application/rss+xml' href='/rss'>
<link rel='next' href='/source?page=2'>
<a href='/x'>Über den Häfen: ein neues Licht</a>""".encode("windows-1252")


@pytest.mark.parametrize(
    ("kind", "feeds"),
    [(SourceKind.START, ("https://paper.example/rss",)), (SourceKind.SECTION, ())],
)
def test_page_gives_links_next_page_and_feeds(
    archived: MakeJob, kind: SourceKind, feeds: tuple[str, ...]
) -> None:
    """In the encoding that the header says; feeds of the page to begin with only."""
    headers = (("Content-Type", "text/html; charset=windows-1252"),)
    reading = reading_of(archived(b"<html>" + PAGE, kind, headers))
    (entry,) = iter_entries(reading.spool)
    assert entry.title == "Über den Häfen: ein neues Licht"
    assert reading.next_page == "https://paper.example/source?page=2"
    assert reading.feeds == feeds


def test_page_instead_of_a_feed_is_damage(archived: MakeJob) -> None:
    """What was asked as a feed is not read for links."""
    reading = reading_of(archived(b"<html>" + PAGE, SourceKind.FEED))
    assert (reading.entries, reading.damaged) == (0, True)
    assert list(iter_entries(reading.spool)) == []


def test_archive_that_is_gone_is_a_failure(archived: MakeJob) -> None:
    """It names the source; nothing is raised."""
    job = archived(b"<rss/>", SourceKind.FEED)
    Path(job.page.archive).unlink()
    failure = read_source(job)
    assert isinstance(failure, Failure)
    assert "cannot be read" in failure.message


@pytest.mark.parametrize("offset", [0, 10])
def test_place_without_a_response_is_a_failure(archived: MakeJob, offset: int) -> None:
    """Another record, or the middle of one."""
    job = archived(b"<rss/>", SourceKind.FEED)
    page = job.page.model_copy(
        update={"source": job.page.source.model_copy(update={"warc_offset": offset})}
    )
    failure = read_source(SourceJob(page, job.kind, job.site, job.spool, job.limits))
    assert isinstance(failure, Failure)
    assert "no response lies at" in failure.message
