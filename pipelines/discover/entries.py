"""What sources name: pages, further sitemaps, feeds."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urldefrag, urljoin, urlsplit

from pipelines.sites import host_of
from schemas.page import SourceKind


@dataclass(frozen=True)
class Entry:
    """One page that a source names."""

    url: str
    """Absolute http(s) address, without fragment."""

    title: str | None
    """Its title there, blanks folded."""

    date_raw: str | None
    """Its publication date there, as it stands."""

    source: SourceKind
    """What kind of source named it."""

    modified_raw: str | None = None
    """Date of its last change there, as it stands."""

    language: str | None = None
    """Its language by what the source says, as it stands."""


@dataclass(frozen=True)
class SitemapLink:
    """A sitemap that an index names."""

    url: str
    modified_raw: str | None = None
    """When it changed last, as it stands there."""


@dataclass(frozen=True)
class FeedLink:
    """A feed that a page offers."""

    url: str
    title: str | None = None
    """What the page calls it."""


@dataclass(frozen=True)
class Discovered:
    """What a source names."""

    entries: tuple[Entry, ...] = ()
    """Pages, each address once, in the order of the source."""

    sitemaps: tuple[SitemapLink, ...] = ()
    """Sitemaps that a sitemap index names, each address once."""

    next_page: str | None = None
    """Where a section goes on."""

    damaged: bool = False
    """Whether the source is malformed, cut, too large, or of another format."""


def make_entry(  # noqa: PLR0913 - the fields of an entry
    link: str | None,
    base_url: str,
    *,
    source: SourceKind,
    title: str | None = None,
    date_raw: str | None = None,
    modified_raw: str | None = None,
    language: str | None = None,
) -> Entry | None:
    """The entry of a link; None if it leads to no page of the web."""
    url = joined(base_url, link)
    if url is None:
        return None
    return Entry(
        url,
        folded(title),
        folded(date_raw),
        source,
        folded(modified_raw),
        folded(language),
    )


def joined(base_url: str, link: str | None) -> str | None:
    """The absolute http(s) address of a link, None if it has none."""
    if link is None or not link.strip():
        return None
    try:
        url = urldefrag(urljoin(base_url, link.strip())).url
        has_credentials = urlsplit(url).username is not None
    except ValueError:
        return None
    # A stranger's user name in an address is a trick, not a page.
    return url if host_of(url) and not has_credentials else None


def folded(text: str | None) -> str | None:
    """The text with each run of blanks as one; None if nothing is left."""
    return " ".join(text.split()) or None if text else None


def each_once(entries: Iterable[Entry | None]) -> tuple[Entry, ...]:
    """The first entry of each address, in order."""
    first: dict[str, Entry] = {}
    for entry in entries:
        if entry is not None:
            first.setdefault(entry.url, entry)
    return tuple(first.values())
