"""What a payload is, and its bytes, never more than the limit."""

import re
import zlib
from collections.abc import Iterator
from enum import StrEnum

MAX_SOURCE_BYTES = 52_428_800
"""Bytes of a sitemap, uncompressed: the limit of sitemaps.org 0.9."""

MAX_FEED_BYTES = 10_000_000
"""Bytes of a feed: parsing keeps all of it in memory."""

_HEAD_BYTES = 4_096
_CHUNK_BYTES = 65_536
_GZIP_MAGIC = b"\x1f\x8b"
_FIRST_ELEMENT = re.compile(
    # Possessive: without an element behind them, blanks must not be tried in all ways.
    rb"\A(?:\s|<\?.*?\?>|<!--.*?-->)*+<(!doctype\s+)?(?:[\w.-]+:)?([\w.-]+)",
    re.IGNORECASE | re.DOTALL,
)
_JSON_FEED = re.compile(rb"\A\s*+\{.*?jsonfeed\.org\\?/version", re.DOTALL)
_FIRST_ADDRESS = re.compile(rb"\A\s*+https?://[^\s<>]+[^\S\n]*(?:\r?\n|\r|\Z)")
_HTML_STARTS = {"html", "head", "body", "title", "meta", "link", "script", "div", "p"}


class SourceFormat(StrEnum):
    """What a payload is, seen from how it begins."""

    FEED = "feed"
    """RSS, Atom or JSON Feed."""

    SITEMAP = "sitemap"
    """A sitemap or an index of sitemaps; also one that is plain text."""

    HTML = "html"
    OTHER = "other"


class Chunks:
    """The payload in pieces, gzip undone.

    Args:
        body: The payload after content decoding.
        limit: Bytes that are given, at most.
    """

    def __init__(self, body: bytes, limit: int) -> None:
        self._body = body
        self._limit = limit
        self.is_whole = False
        """Whether all of the payload was given; known at the end."""

    def __iter__(self) -> Iterator[bytes]:
        is_gzip = self._body.startswith(_GZIP_MAGIC)
        rest = self._limit
        for chunk in self._inflated() if is_gzip else self._plain():
            if len(chunk) > rest:
                self.is_whole = False
                yield chunk[:rest]
                return
            rest -= len(chunk)
            yield chunk

    def _plain(self) -> Iterator[bytes]:
        self.is_whole = True
        for at in range(0, len(self._body), _CHUNK_BYTES):
            yield self._body[at : at + _CHUNK_BYTES]

    def _inflated(self) -> Iterator[bytes]:
        inflater = zlib.decompressobj(16 + zlib.MAX_WBITS)
        for at in range(0, len(self._body), _CHUNK_BYTES):
            waiting = self._body[at : at + _CHUNK_BYTES]
            while waiting and not inflater.eof:
                try:
                    chunk = inflater.decompress(waiting, _CHUNK_BYTES)
                except zlib.error:
                    return
                waiting = inflater.unconsumed_tail
                self.is_whole = inflater.eof
                yield chunk
        # What the decoder still holds back.
        yield inflater.flush()
        self.is_whole = inflater.eof


def unpack(body: bytes, limit: int) -> tuple[bytes, bool]:
    """At most `limit` bytes of the payload, gzip undone; whether that is all of it."""
    chunks = Chunks(body, limit)
    unpacked = b"".join(chunks)
    return unpacked, chunks.is_whole


def detect_format(body: bytes) -> SourceFormat:
    """What `body` is by its first element, whatever its headers said."""
    head = unpack(body[: 4 * _HEAD_BYTES], _HEAD_BYTES)[0]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head.decode("utf-16", errors="replace").encode()
    head = head.removeprefix(b"\xef\xbb\xbf")
    if _JSON_FEED.match(head):
        return SourceFormat.FEED
    if _FIRST_ADDRESS.match(head):
        return SourceFormat.SITEMAP
    found = _FIRST_ELEMENT.match(head)
    if found is None:
        return SourceFormat.OTHER
    name = found[2].lower().decode()
    if name in {"rss", "feed", "rdf"}:
        return SourceFormat.FEED
    if name in {"urlset", "sitemapindex"}:
        return SourceFormat.SITEMAP
    return SourceFormat.HTML if name in _HTML_STARTS else SourceFormat.OTHER
