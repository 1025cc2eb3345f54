"""What was known of a response before it was fetched, as a WARC `metadata` record.

The record stands before the request and the response of the same fetch, so that a
reader that never goes back knows it in time. Its block is `application/warc-fields`
(WARC 1.1, section 6.6): one `name: value` a line, in UTF-8.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from schemas.page import Discovery, SourceKind

CONTENT_TYPE = "application/warc-fields"

_BREAKS = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029]+")


class Purpose(StrEnum):
    """Why a response was fetched."""

    PAGE = "page"
    """It may hold an article."""

    DISCOVERY = "discovery"
    """It names pages: a feed, a sitemap, a section page."""

    ROBOTS = "robots"
    """It is a site's robots.txt."""

    SUBRESOURCE = "subresource"
    """A browser needed it for a page: the document as received, a script, data."""

    RESERVATIONS = "tdmrep"
    """It is a site's tdmrep.json."""


class Rendering(StrEnum):
    """How a browser came to a page that it made of what the server sent."""

    SETTLED = "settled"
    """Its scripts had nothing more to ask for."""

    UNSETTLED = "unsettled"
    """They went on asking, and the page was taken as it stood."""


@dataclass(frozen=True, slots=True)
class FetchMetadata:
    """The fields of the record."""

    requested_url: str
    purpose: Purpose
    discovery: Discovery | None = None
    opt_outs: tuple[str, ...] = ()
    """Those of robots.txt and tdmrep.json (`pipelines.opt_outs`)."""
    rendered: Rendering | None = None
    """Set if the response is what a browser made; None: it is as the server sent it."""

    def to_block(self) -> bytes:
        """The block of the record; each value is folded to one line."""
        lines = (f"{name}: {fold(value)}\r\n" for name, value in self._fields())
        return "".join(lines).encode()

    def _fields(self) -> Iterator[tuple[str, str]]:
        yield "requested-url", self.requested_url
        yield "purpose", self.purpose
        if self.opt_outs:
            yield "opt-outs", " ".join(self.opt_outs)
        if self.rendered is not None:
            yield "rendered", self.rendered
        if self.discovery is None:
            return
        yield "discovered-by", self.discovery.source
        for name, value in (
            ("via", self.discovery.source_url),
            ("discovered-title", self.discovery.title),
            ("discovered-date", self.discovery.date_raw),
            ("discovered-modified", self.discovery.modified_raw),
            ("discovered-language", self.discovery.language),
        ):
            if value is not None:
                yield name, value


def parse_fetch_metadata(block: bytes) -> FetchMetadata | None:
    """The fields of a `metadata` record, or None if another producer wrote it."""
    fields: dict[str, str] = {}
    for line in block.decode("utf-8", "replace").split("\r\n"):
        name, colon, value = line.partition(":")
        if colon:
            fields.setdefault(name, value.strip(" "))
    if "requested-url" not in fields or fields.get("purpose") not in set(Purpose):
        return None
    rendered = fields.get("rendered")
    return FetchMetadata(
        requested_url=fields["requested-url"],
        purpose=Purpose(fields["purpose"]),
        discovery=_discovery(fields),
        opt_outs=tuple(fields.get("opt-outs", "").split()),
        rendered=Rendering(rendered) if rendered in set(Rendering) else None,
    )


def _discovery(fields: dict[str, str]) -> Discovery | None:
    if fields.get("discovered-by") not in set(SourceKind):
        return None
    return Discovery(
        source=SourceKind(fields["discovered-by"]),
        source_url=fields.get("via"),
        title=fields.get("discovered-title"),
        date_raw=fields.get("discovered-date"),
        modified_raw=fields.get("discovered-modified"),
        language=fields.get("discovered-language"),
    )


def fold(value: str) -> str:
    """The value on one line, encodable as UTF-8: it can't begin a line of its own."""
    return _BREAKS.sub(" ", value).encode("utf-8", "replace").decode().strip(" ")
