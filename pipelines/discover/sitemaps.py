"""Sitemaps of sitemaps.org 0.9, their news extension, indexes, and plain text.

Read in pieces: neither the tree nor the entries of a sitemap are ever there as a whole.
"""

import re
from collections.abc import Iterator

from lxml import etree

from pipelines.discover.entries import (
    Discovered,
    Entry,
    SitemapLink,
    each_once,
    folded,
    joined,
    make_entry,
)
from pipelines.discover.formats import MAX_SOURCE_BYTES, Chunks
from schemas.page import SourceKind

MAX_ENTRIES = 200_000
"""Entries of a sitemap that are read: four times what the protocol allows."""

MAX_WAITING = 20_000
"""Elements that are kept until their entry ends; a thousand pictures have fewer."""

MAX_LINE_BYTES = 8_192
"""Bytes of a line of a plain-text sitemap; the protocol has addresses of 2,048."""

_MAX_HELD_BYTES = 1_000_000
_BARE_AMPERSAND = re.compile(
    rb"(<!\[CDATA\[.*?(?:\]\]>|\Z))|&(?!\w+;|#[0-9]+;|#x[0-9a-f]+;)",
    re.DOTALL | re.IGNORECASE,
)


class SitemapReader:
    """What a sitemap names, in the order it stands there; see `damaged` at the end.

    A `lastmod` is no publication date, and is not given as one.

    Args:
        body: The sitemap after content decoding; gzip (`sitemap.xml.gz`) is undone.
        base_url: Address of the sitemap; relative addresses, which the protocol does
            not allow, are joined to it.
    """

    def __init__(self, body: bytes, base_url: str) -> None:
        self._chunks = Chunks(body, MAX_SOURCE_BYTES)
        self._base_url = base_url
        self._waiting = 0
        self.damaged = False
        """Whether it is malformed, cut, or too large."""

    def __iter__(self) -> Iterator[Entry | SitemapLink]:
        chunks = iter(self._chunks)
        first = next(chunks, b"")
        is_text = first.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"http")
        named = (self._of_text if is_text else self._of_xml)(first, chunks)
        for count, each in enumerate(named):
            if count == MAX_ENTRIES:
                self.damaged = True
                return
            yield each
        self.damaged |= not self._chunks.is_whole

    def _of_xml(
        self, first: bytes, chunks: Iterator[bytes]
    ) -> Iterator[Entry | SitemapLink]:
        parser = etree.XMLPullParser(
            events=("end",),
            resolve_entities=False,
            load_dtd=False,
            no_network=True,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
            recover=True,
        )
        try:
            for piece in _mended(first, chunks):
                parser.feed(piece)
                yield from self._read_events(parser)
                if self._waiting > MAX_WAITING:
                    self.damaged = True
                    return
            # What ends only now, because the parser is closed, is not read: it is cut.
            parser.close()
        except etree.XMLSyntaxError:
            self.damaged = True
        self.damaged |= bool(parser.feed_error_log)

    def _read_events(
        self, parser: etree.XMLPullParser
    ) -> Iterator[Entry | SitemapLink]:
        for _, element in parser.read_events():
            self._waiting += 1
            if isinstance(element, etree._Element):  # noqa: SLF001 - its only name
                yield from self._named_by(element)

    def _named_by(self, element: etree._Element) -> Iterator[Entry | SitemapLink]:
        name = _local(element)
        if name == "url":
            entry = _sitemap_entry(element, self._base_url)
            if entry is not None:
                yield entry
        elif name == "sitemap":
            url = joined(self._base_url, _child_text(element, "loc"))
            if url is not None:
                yield SitemapLink(url, folded(_child_text(element, "lastmod")))
            else:
                self.damaged = True
        else:
            return
        self._waiting = 0
        element.clear()
        _forget_siblings(element)

    def _of_text(
        self, first: bytes, chunks: Iterator[bytes]
    ) -> Iterator[Entry | SitemapLink]:
        for line in _lines(first, chunks):
            text = line.decode("utf-8-sig", "replace").strip()
            is_address = text.startswith(("http://", "https://")) and " " not in text
            entry = make_entry(
                text if is_address else None, self._base_url, source=SourceKind.SITEMAP
            )
            if entry is not None:
                yield entry
            elif text:
                self.damaged = True


def parse_sitemap(body: bytes, base_url: str) -> Discovered:
    """All that a sitemap names, at once; arguments as of `SitemapReader`."""
    reader = SitemapReader(body, base_url)
    named = tuple(reader)
    return Discovered(
        each_once(each for each in named if isinstance(each, Entry)),
        tuple(
            {each.url: each for each in named if isinstance(each, SitemapLink)}.values()
        ),
        damaged=reader.damaged,
    )


def _mended(first: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Ampersands that begin no reference escaped, the usual fault of sitemaps.

    Without that an address would lose what stands behind one. Pieces end before an
    end tag, so that no reference and no CDATA section is parted.
    """
    if first.startswith((b"\xff\xfe", b"\xfe\xff")):  # UTF-16
        yield first
        yield from chunks
        return
    held = first
    for chunk in chunks:
        held += chunk
        end = held.rfind(b"</")
        if end <= 0 and len(held) > _MAX_HELD_BYTES:
            end = len(held)
        if end > 0:
            yield _BARE_AMPERSAND.sub(_escaped, held[:end])
            held = held[end:]
    yield _BARE_AMPERSAND.sub(_escaped, held)


def _escaped(found: re.Match[bytes]) -> bytes:
    return found[1] or b"&amp;"


def _lines(first: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    held = first
    for chunk in chunks:
        *whole, held = (held + chunk).split(b"\n")
        yield from whole
        # A line without end is no address: what of it is kept shows that.
        held = held if len(held) <= MAX_LINE_BYTES else b"-" * MAX_LINE_BYTES
    yield from held.splitlines()


def _sitemap_entry(element: etree._Element, base_url: str) -> Entry | None:
    location = _child_text(element, "loc")
    modified = _child_text(element, "lastmod")
    news = next((each for each in element if _local(each) == "news"), None)
    if news is None:
        return make_entry(
            location, base_url, source=SourceKind.SITEMAP, modified_raw=modified
        )
    publication = next((each for each in news if _local(each) == "publication"), None)
    return make_entry(
        location,
        base_url,
        source=SourceKind.NEWS_SITEMAP,
        title=_child_text(news, "title"),
        date_raw=_child_text(news, "publication_date"),
        modified_raw=modified,
        language=None if publication is None else _child_text(publication, "language"),
    )


def _child_text(element: etree._Element, name: str) -> str | None:
    for child in element:
        if _local(child) == name:
            return (child.text or "").strip() or None
    return None


def _local(element: etree._Element) -> str | None:
    """The name without its namespace; None for what is no element (an entity).

    Where the prefix was never declared, which is common, it stands in the name.
    """
    if not isinstance(element.tag, str):
        return None
    return element.tag.rpartition("}")[2].rpartition(":")[2]


def _forget_siblings(element: etree._Element) -> None:
    """Memory stays flat: what was read before an element is dropped with it."""
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]
