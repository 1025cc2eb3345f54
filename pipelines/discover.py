"""Discover: from a feed, sitemap or section page to the articles it names.

Input: the bytes of a source; output: `Discovered`, entries in the order of the source.
Nothing raises on damaged input: what could be read is given, with `damaged` set.
Entities of the source are never expanded from a DTD, nothing is fetched, and no more
than `MAX_SOURCE_BYTES` are looked at, also after decompression.

Sources: RSS 2.0, RFC 4287 (Atom), sitemaps.org 0.9 and its news extension.
"""

import io
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urldefrag, urljoin, urlsplit

from lxml import etree, html

from pipelines.sites import host_of, is_article_url, url_key
from schemas.page import SourceKind
from schemas.site import SiteDefinition

MAX_SOURCE_BYTES = 52_428_800
"""Bytes of a sitemap, uncompressed: the limit of sitemaps.org 0.9."""

MAX_FEED_BYTES = 10_000_000
"""Bytes of a feed: parsing keeps all of it, and is done beside the downloads."""

MIN_LINK_CHARS = 20
"""Characters of a link's text from which on it reads like a headline."""

MIN_SLUG_HYPHENS = 3
MIN_SLUG_DIGITS = 4
"""What the last path segment of an article's address has, where no pattern says."""

_HEAD_BYTES = 4_096
_FEED_TYPES = {"application/rss+xml", "application/atom+xml"}
_GZIP_MAGIC = b"\x1f\x8b"
_FIRST_ELEMENT = re.compile(
    # Possessive: without an element behind them, blanks must not be tried in all ways.
    rb"\A(?:\s|<\?.*?\?>|<!--.*?-->)*+<(!doctype\s+)?(?:[\w.-]+:)?([\w.-]+)",
    re.IGNORECASE | re.DOTALL,
)


class SourceFormat(StrEnum):
    """What a payload is, seen from its first element."""

    FEED = "feed"
    SITEMAP = "sitemap"
    HTML = "html"
    OTHER = "other"


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


@dataclass(frozen=True)
class Discovered:
    """What a source names."""

    entries: tuple[Entry, ...] = ()
    """Pages, each address once, in the order of the source."""

    sitemaps: tuple[str, ...] = ()
    """Sitemaps that a sitemap index names."""

    damaged: bool = False
    """Whether the source is malformed, cut, too large, or of another format."""


def detect_format(body: bytes) -> SourceFormat:
    """What `body` is by its first element, whatever its headers said."""
    head = _head_of(body)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head.decode("utf-16", errors="replace").encode()
    found = _FIRST_ELEMENT.match(head.removeprefix(b"\xef\xbb\xbf"))
    if found is None:
        return SourceFormat.OTHER
    name = found[2].lower().decode()
    if name in {"rss", "feed", "rdf"}:
        return SourceFormat.FEED
    if name in {"urlset", "sitemapindex"}:
        return SourceFormat.SITEMAP
    known = {"html", "head", "body", "title", "meta", "link", "script", "div", "p"}
    return SourceFormat.HTML if name in known else SourceFormat.OTHER


def parse_feed(body: bytes, base_url: str) -> Discovered:
    """The entries of an RSS or Atom feed.

    Args:
        body: The feed after content decoding; gzip is undone.
        base_url: Address of the feed; relative links are joined to it.
    """
    import feedparser

    body, whole = _unpacked(body, MAX_FEED_BYTES)
    if not body.strip():
        return Discovered(damaged=True)
    # A stream, never the bytes: feedparser takes those for a file name first.
    parsed = feedparser.parse(
        io.BytesIO(body),
        response_headers={"content-location": base_url},
        resolve_relative_uris=False,
        sanitize_html=False,
    )
    entries = (
        _entry(
            item.get("link"),
            base_url,
            title=item.get("title"),
            date_raw=item.get("published") or dict.get(item, "updated"),
            source=SourceKind.FEED,
        )
        for item in parsed.entries
    )
    # `bozo` is also set for a mere mismatch of declared and real encoding.
    malformed = bool(parsed.bozo) and not isinstance(
        parsed.get("bozo_exception"),
        (
            feedparser.CharacterEncodingOverride,
            feedparser.NonXMLContentType,
        ),
    )
    damaged = malformed or not whole or not parsed.version
    return Discovered(_each_once(entries), damaged=damaged)


def parse_sitemap(body: bytes, base_url: str) -> Discovered:
    """The pages of a sitemap or news sitemap, or the sitemaps of an index.

    A `lastmod` is no publication date, and is not given as one.

    Args:
        body: The sitemap after content decoding; gzip (`sitemap.xml.gz`) is undone.
        base_url: Address of the sitemap; relative addresses, which the protocol does
            not allow, are joined to it.
    """
    body, whole = _unpacked(body, MAX_SOURCE_BYTES)
    entries: list[Entry | None] = []
    sitemaps: list[str] = []
    try:
        damaged = not whole
        for kind, element in _sitemap_elements(body):
            if kind == "url":
                entries.append(_sitemap_entry(element, base_url))
            elif location := _joined(base_url, _child_text(element, "loc")):
                sitemaps.append(location)
            else:
                damaged = True
            element.clear()
            _forget_siblings(element)
    except (etree.XMLSyntaxError, ValueError):
        damaged = True
    return Discovered(
        _each_once(entries),
        tuple(dict.fromkeys(sitemaps)),
        damaged=damaged,
    )


def find_feeds(
    body: bytes, base_url: str, encoding: str | None = None
) -> tuple[str, ...]:
    """The feeds that an HTML page offers for itself, comment feeds left out.

    Args:
        body: The page after content decoding.
        base_url: Its address.
        encoding: Its character encoding, if known.
    """
    root = _html_root(body, encoding)
    if root is None:
        return ()
    base = _base_of(root, base_url)
    found = (
        _joined(base, link.get("href"))
        for link in root.iter("link")
        if "alternate" in (link.get("rel") or "").lower().split()
        and (link.get("type") or "").strip().lower() in _FEED_TYPES
    )
    feeds = (url for url in found if url is not None and "comment" not in url.lower())
    return tuple(dict.fromkeys(feeds))


def find_links(
    body: bytes,
    base_url: str,
    site: SiteDefinition | None,
    encoding: str | None = None,
) -> Discovered:
    """The links of a section page that look like articles of the same host.

    With a site definition that has `article_urls`, its patterns decide; else a link
    whose text reads like a headline, or whose last path segment looks like a slug.

    Args:
        body: The page after content decoding.
        base_url: Its address; links to it are left out.
        site: What is known of the site.
        encoding: The page's character encoding, if known.
    """
    root = _html_root(body, encoding)
    if root is None:
        return Discovered(damaged=True)
    base = _base_of(root, base_url)
    host, own_key = host_of(base_url), url_key(base_url, site)
    entries = (
        _entry(
            anchor.get("href"),
            base,
            title=anchor.text_content(),
            source=SourceKind.SECTION,
        )
        for anchor in root.iter("a")
    )
    return Discovered(
        tuple(
            entry
            for entry in _each_once(entries)
            if host_of(entry.url) == host
            and url_key(entry.url, site) != own_key
            and _looks_like_article(entry, site)
        )
    )


def is_slug(url: str) -> bool:
    """Whether the last path segment looks like the name of an article."""
    segment = urlsplit(url).path.rstrip("/").rpartition("/")[2]
    digits = sum(character.isdigit() for character in segment)
    return segment.count("-") >= MIN_SLUG_HYPHENS or digits >= MIN_SLUG_DIGITS


def _looks_like_article(entry: Entry, site: SiteDefinition | None) -> bool:
    if not is_article_url(entry.url, site):
        return False
    if site is not None and site.article_urls:
        return True
    return is_slug(entry.url) or len(entry.title or "") >= MIN_LINK_CHARS


def _entry(
    link: str | None,
    base_url: str,
    *,
    source: SourceKind,
    title: str | None = None,
    date_raw: str | None = None,
) -> Entry | None:
    url = _joined(base_url, link)
    if url is None:
        return None
    return Entry(url, _folded(title), _folded(date_raw), source)


def _joined(base_url: str, link: str | None) -> str | None:
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


def _folded(text: str | None) -> str | None:
    return " ".join(text.split()) or None if text else None


def _each_once(entries: Iterable[Entry | None]) -> tuple[Entry, ...]:
    """The first entry of each address, in order."""
    first: dict[str, Entry] = {}
    for entry in entries:
        if entry is not None:
            first.setdefault(entry.url, entry)
    return tuple(first.values())


def _head_of(body: bytes) -> bytes:
    return _unpacked(body[: 4 * _HEAD_BYTES], _HEAD_BYTES)[0][:_HEAD_BYTES]


def _unpacked(body: bytes, limit: int) -> tuple[bytes, bool]:
    """At most `limit` bytes of the payload, gzip undone; whether that is all of it."""
    if not body.startswith(_GZIP_MAGIC):
        return body[:limit], len(body) <= limit
    unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        unpacked = unpacker.decompress(body, limit)
    except zlib.error:
        return b"", False
    return unpacked, unpacker.eof


def _sitemap_elements(body: bytes) -> Iterator[tuple[str, etree._Element]]:
    """`url` and `sitemap` elements as they end; raises where the XML does."""
    events = etree.iterparse(
        io.BytesIO(body),
        events=("end",),
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    for _, element in events:
        name = etree.QName(element).localname
        if name in {"url", "sitemap"}:
            yield name, element


def _sitemap_entry(element: etree._Element, base_url: str) -> Entry | None:
    news = next((each for each in element if _local(each) == "news"), None)
    if news is None:
        return _entry(_child_text(element, "loc"), base_url, source=SourceKind.SITEMAP)
    return _entry(
        _child_text(element, "loc"),
        base_url,
        title=_child_text(news, "title"),
        date_raw=_child_text(news, "publication_date"),
        source=SourceKind.NEWS_SITEMAP,
    )


def _child_text(element: etree._Element, name: str) -> str | None:
    for child in element:
        if _local(child) == name:
            return (child.text or "").strip() or None
    return None


def _local(element: etree._Element) -> str | None:
    """The name without its namespace; None for what is no element (an entity)."""
    return etree.QName(element).localname if isinstance(element.tag, str) else None


def _forget_siblings(element: etree._Element) -> None:
    """Memory stays flat: what was read before an element is dropped with it."""
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


def _html_root(body: bytes, encoding: str | None) -> html.HtmlElement | None:
    for name in dict.fromkeys((encoding, None)):
        try:
            parser = html.HTMLParser(encoding=name, no_network=True, huge_tree=False)
            root = html.document_fromstring(body[:MAX_SOURCE_BYTES], parser=parser)
        except LookupError:  # an encoding that libxml2 does not know
            continue
        except (etree.ParserError, ValueError):
            return None
        return root
    return None


def _base_of(root: html.HtmlElement, base_url: str) -> str:
    """What links are joined to: `<base href>`, else the page's own address."""
    declared = next(root.iter("base"), None)
    if declared is None:
        return base_url
    return _joined(base_url, declared.get("href")) or base_url
