"""A fetched response, or a piece of a dump: what the pipeline starts from."""

from enum import StrEnum

from pydantic import AwareDatetime

from schemas.model import FrozenModel
from schemas.provenance import Source


class PageKind(StrEnum):
    """Which reader of `pipelines` a page needs."""

    HTML = "html"
    TEXT = "text"


class SourceKind(StrEnum):
    """What a page was discovered in."""

    START = "start"
    FEED = "feed"
    NEWS_SITEMAP = "news-sitemap"
    SITEMAP = "sitemap"
    SECTION = "section"


class Discovery(FrozenModel):
    """What was known of a page before it was fetched; archived beside it."""

    source: SourceKind
    """What named the page."""

    source_url: str | None = None
    """Address of the feed, sitemap or section page; null for a start URL."""

    title: str | None = None
    """Title that the source gives."""

    date_raw: str | None = None
    """Publication date that the source gives, as it stands there."""

    modified_raw: str | None = None
    """Date of the last change that the source gives, as it stands there."""

    language: str | None = None
    """Language that the source declares for the page, as it stands there."""


class Page(FrozenModel):
    """One page as it was received, with all that the pipeline may know about it."""

    kind: PageKind
    """HTML, or plain text of a dump."""

    body: bytes
    """The payload after transfer and content decoding; undecoded characters."""

    source: Source
    """Where the bytes came from."""

    requested_url: str | None = None
    """Address that was asked for; null if the input does not say."""

    url: str | None = None
    """Final address, after redirects; null if the input does not say."""

    http_status: int | None = None
    """Status code; null where there was no HTTP."""

    content_type: str | None = None
    """The `Content-Type` header as received."""

    fetched_at: AwareDatetime | None = None
    """When the response was received, UTC; null if the input does not say."""

    discovery: Discovery | None = None
    """What was known of the page before it was fetched."""

    opt_outs: tuple[str, ...] = ()
    """What is said against AI training and text and data mining, as far as it is known
    without the body: words as in `Article.opt_outs`."""

    warnings: tuple[str, ...] = ()
    """What the reader found odd, for instance `content-encoding-mismatch`."""


class ArchivedPage(FrozenModel):
    """A response that lies in the archive: all that a worker needs to read it there."""

    archive: str
    """Path of the WARC file."""

    group_offset: int
    """Where the records of this fetch begin in it, in bytes: the `metadata` record
    (what was known before), then the `request`, then the `response`."""

    source: Source
    """Where the response itself lies."""

    requested_url: str | None
    """Address that was asked for."""

    url: str
    """Final address, after redirects."""

    fetched_at: AwareDatetime
    """When the response was received, UTC."""

    payload_digest: str | None = None
    """`WARC-Payload-Digest` of the body as received; null if none was sent (304)."""

    is_revisit: bool = False
    """The record there is a `revisit`: the archive had the body already."""
