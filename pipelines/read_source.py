"""From an archived source to a file of what it names; called in a worker process.

The entries go through a file, one JSON object a line: a sitemap names 50,000 pages, and
the crawl takes them in a few at a time.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from email.message import Message
from pathlib import Path
from typing import TextIO

from pipelines.discover import (
    MAX_SOURCE_BYTES,
    Discovered,
    Entry,
    FeedLink,
    SitemapLink,
    SitemapReader,
    SourceFormat,
    detect_format,
    find_feeds,
    find_links,
    parse_feed,
)
from pipelines.read.responses import Response, read_response_at
from schemas.config import LimitsConfig
from schemas.page import ArchivedPage, SourceKind
from schemas.provenance import Source
from schemas.rejection import Failure
from schemas.site import SiteDefinition


@dataclass(frozen=True)
class SourceJob:
    """A source that was fetched."""

    page: ArchivedPage
    """Where its answer lies in the archive."""

    kind: SourceKind
    """What it was asked as."""

    site: SiteDefinition | None
    """The definition that its links follow."""

    spool: Path
    """The file for its entries."""

    limits: LimitsConfig

    @property
    def url(self) -> str | None:
        """Final address."""
        return self.page.url

    @property
    def requested_url(self) -> str | None:
        """Address that was asked for."""
        return self.page.requested_url

    @property
    def fetched_at(self) -> datetime | None:
        """When the response was received."""
        return self.page.fetched_at

    @property
    def source(self) -> Source:
        """Where the response lies."""
        return self.page.source


@dataclass(frozen=True)
class SourceReading:
    """What a source names; its entries are in a file (`iter_entries`)."""

    spool: Path
    format: SourceFormat
    entries: int
    """How many there are."""

    damaged: bool = False
    """Whether it is malformed, cut, too large, or of another format."""

    sitemaps: tuple[SitemapLink, ...] = ()
    """Sitemaps that a sitemap index names."""

    feeds: tuple[str, ...] = ()
    """Feeds that a front page offers."""

    next_page: str | None = None
    """Where a section goes on."""


def read_source(job: SourceJob) -> SourceReading | Failure:
    """What the response names; its entries are in `job.spool` then.

    Returns:
        The reading, or a failure if the archive cannot be read there.
    """
    response = read_response_at(job.page, job.limits, max_bytes=MAX_SOURCE_BYTES)
    if isinstance(response, Failure):
        return response
    source_format = detect_format(response.body)
    if source_format is SourceFormat.SITEMAP:
        return _spool_sitemap(response.body, job)
    found, feeds = _found_in(response, source_format, job)
    with _writing(job.spool) as spool:
        for entry in found.entries:
            spool.write(_line(entry))
    return SourceReading(
        spool=job.spool,
        format=source_format,
        entries=len(found.entries),
        damaged=found.damaged,
        feeds=tuple(each.url for each in feeds),
        next_page=found.next_page,
    )


def iter_entries(spool: Path) -> Iterator[Entry]:
    """The entries of a reading, in the order of the source."""
    with spool.open(encoding="utf-8") as lines:
        for line in lines:
            fields = json.loads(line)
            yield Entry(**{**fields, "source": SourceKind(fields["source"])})


def _spool_sitemap(body: bytes, job: SourceJob) -> SourceReading:
    """Entry by entry: a sitemap's never are in memory together."""
    reader = SitemapReader(body, job.page.url)
    sitemaps: dict[str, SitemapLink] = {}
    entries = 0
    with _writing(job.spool) as spool:
        for named in reader:
            if isinstance(named, SitemapLink):
                sitemaps.setdefault(named.url, named)
            else:
                spool.write(_line(named))
                entries += 1
    return SourceReading(
        spool=job.spool,
        format=SourceFormat.SITEMAP,
        entries=entries,
        damaged=reader.damaged,
        sitemaps=tuple(sitemaps.values()),
    )


def _writing(spool: Path) -> TextIO:
    # Half a character, as JSON feeds have where they cut a title, would be refused by
    # all that comes after.
    return spool.open("w", encoding="utf-8", errors="replace")


def _line(entry: Entry) -> str:
    return json.dumps(asdict(entry), ensure_ascii=False) + "\n"


def _found_in(
    response: Response, source_format: SourceFormat, job: SourceJob
) -> tuple[Discovered, tuple[FeedLink, ...]]:
    body, url = response.body, job.page.url
    if source_format is SourceFormat.FEED:
        return parse_feed(body, url), ()
    links = {SourceKind.SECTION, SourceKind.START}
    if source_format is SourceFormat.HTML and job.kind in links:
        encoding = _declared_encoding(response.content_type)
        is_start = job.kind is SourceKind.START
        feeds = find_feeds(body, url, encoding) if is_start else ()
        return find_links(body, url, job.site, encoding), feeds
    return Discovered(damaged=True), ()


def _declared_encoding(content_type: str | None) -> str | None:
    """The `charset` of a `Content-Type`."""
    message = Message()
    message["Content-Type"] = content_type or ""
    charset = message.get_param("charset")
    return charset if isinstance(charset, str) else None
