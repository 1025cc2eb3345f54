"""Discover: from a feed, sitemap or section page to the articles it names.

Input: the bytes of a source; output: entries in the order of the source. Nothing raises
on damaged input: what could be read is given, with `damaged` set. Entities of the
source are never expanded from a DTD, nothing is fetched, and no more than
`MAX_SOURCE_BYTES` (of feeds and pages `MAX_FEED_BYTES`) are looked at, also after
decompression. docs/discovery.md says
what is recognised.
"""

from pipelines.discover.entries import Discovered, Entry, FeedLink, SitemapLink
from pipelines.discover.feeds import parse_feed
from pipelines.discover.formats import (
    MAX_FEED_BYTES,
    MAX_SOURCE_BYTES,
    SourceFormat,
    detect_format,
)
from pipelines.discover.links import (
    MIN_LINK_CHARS,
    declared_language,
    find_feeds,
    find_links,
    find_sections,
    is_slug,
    reads_like_news,
)
from pipelines.discover.patterns import derive_patterns
from pipelines.discover.sitemaps import SitemapReader, parse_sitemap

__all__ = [
    "MAX_FEED_BYTES",
    "MAX_SOURCE_BYTES",
    "MIN_LINK_CHARS",
    "Discovered",
    "Entry",
    "FeedLink",
    "SitemapLink",
    "SitemapReader",
    "SourceFormat",
    "declared_language",
    "derive_patterns",
    "detect_format",
    "find_feeds",
    "find_links",
    "find_sections",
    "is_slug",
    "parse_feed",
    "parse_sitemap",
    "reads_like_news",
]
