"""Feeds: RSS, Atom (RFC 4287) and JSON Feed 1.1."""

import io
import json
import re
from collections.abc import Iterator
from typing import Any

from pipelines.discover.entries import Discovered, Entry, each_once, make_entry
from pipelines.discover.formats import MAX_FEED_BYTES, unpack
from schemas.page import SourceKind

_ITEMS = re.compile(r'"items"\s*:\s*\[')
_BETWEEN_ITEMS = re.compile(r"[\s,]*")


def parse_feed(body: bytes, base_url: str) -> Discovered:
    """The entries of a feed.

    A date of publication that is not given is the date of the last change, where that
    is: an Atom entry must have the latter only.

    Args:
        body: The feed after content decoding; gzip is undone.
        base_url: Address of the feed; relative links are joined to it.
    """
    body, is_whole = unpack(body, MAX_FEED_BYTES)
    if not body.strip():
        return Discovered(damaged=True)
    is_json = body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
    parse = _parse_json if is_json else _parse_xml
    entries, damaged = parse(body, base_url)
    return Discovered(each_once(entries), damaged=damaged or not is_whole)


def _parse_xml(body: bytes, base_url: str) -> tuple[Iterator[Entry | None], bool]:
    import feedparser

    # A stream, never the bytes: feedparser takes those for a file name first.
    parsed = feedparser.parse(
        io.BytesIO(body),
        response_headers={"content-location": base_url},
        resolve_relative_uris=False,
        sanitize_html=False,
    )
    # `bozo` is also set for a mere mismatch of declared and real encoding.
    is_malformed = bool(parsed.bozo) and not isinstance(
        parsed.get("bozo_exception"),
        (
            feedparser.CharacterEncodingOverride,
            feedparser.NonXMLContentType,
        ),
    )
    language = _text(parsed.feed.get("language"))
    entries = (_xml_entry(item, base_url, language) for item in parsed.entries)
    return entries, is_malformed or not parsed.version


def _xml_entry(
    item: Any,  # noqa: ANN401 - feedparser's dictionaries are not typed
    base_url: str,
    feed_language: str | None,
) -> Entry | None:
    # Feedparser's own `get` gives the date of publication for the one of the change.
    updated = dict.get(item, "updated")
    inherited = item.get("title_detail", {}).get("language")
    return make_entry(
        item.get("link"),
        base_url,
        source=SourceKind.FEED,
        title=item.get("title"),
        date_raw=item.get("published") or updated,
        modified_raw=updated,
        language=_text(item.get("language")) or inherited or feed_language,
    )


def _parse_json(body: bytes, base_url: str) -> tuple[Iterator[Entry | None], bool]:
    text = body.decode("utf-8-sig", "replace")
    try:
        feed = json.loads(text)
        items = feed.get("items")
        damaged = not isinstance(items, list)
    except (ValueError, RecursionError):
        feed, items, damaged = {}, list(_whole_items(text)), True
    language = _text(feed.get("language"))
    listed = items if isinstance(items, list) else []
    entries = (
        _json_entry(item, base_url, language)
        for item in listed
        if isinstance(item, dict)
    )
    return entries, damaged


def _whole_items(text: str) -> Iterator[object]:
    """The items of a feed that is cut or broken, up to there."""
    begin = _ITEMS.search(text)
    decoder = json.JSONDecoder()
    at = begin.end() if begin else len(text)
    try:
        while gap := _BETWEEN_ITEMS.match(text, at):
            item, at = decoder.raw_decode(text, gap.end())
            yield item
    except (ValueError, RecursionError):
        return


def _json_entry(
    item: dict[str, object], base_url: str, feed_language: str | None
) -> Entry | None:
    published = _text(item.get("date_published"))
    modified = _text(item.get("date_modified"))
    return make_entry(
        _text(item.get("url")) or _text(item.get("external_url")),
        base_url,
        source=SourceKind.FEED,
        title=_text(item.get("title")),
        date_raw=published or modified,
        modified_raw=modified,
        language=_text(item.get("language")) or feed_language,
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
