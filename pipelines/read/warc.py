"""WARC and WET in, pages out; the live crawl reads its own archive by the same code.

A `response` with HTML is a page, and so is a `conversion` of plain text (WET, Common
Crawl). All other records are counted by their kind. Source: WARC 1.1, section 6.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from warcio.recordloader import ArcWarcRecordLoader
from warcio.statusandheaders import (
    StatusAndHeadersParser,
    StatusAndHeadersParserException,
)

from pipelines.opt_outs import add_header_opt_outs
from pipelines.read.byte_stream import FileStream
from pipelines.read.fetch_metadata import (
    CONTENT_TYPE,
    FetchMetadata,
    Purpose,
    Rendering,
    parse_fetch_metadata,
)
from pipelines.read.gzip_members import MAGIC
from pipelines.read.http_payload import decode_payload, is_html, is_redirect
from pipelines.read.reading import OtherRecord, Reading, damage, parse_moment
from pipelines.read.warc_records import (
    HEAD_BYTES,
    Found,
    WarcDamage,
    WarcRecord,
    iter_gzip,
    iter_plain,
)
from schemas.config import LimitsConfig
from schemas.page import Page, PageKind
from schemas.provenance import InputKind, Source
from schemas.rejection import Failure

_STDIN = "-"
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_OTHER_TYPES = frozenset(
    {"continuation", "metadata", "request", "resource", "revisit", "warcinfo"}
)
_NO_RESPONSE = frozenset({"metadata", "request", "warcinfo"})
_HTTP_PARSER = StatusAndHeadersParser(ArcWarcRecordLoader.HTTP_TYPES, verify=False)


def read_warc(stream: FileStream, name: str, limits: LimitsConfig) -> Iterator[Reading]:
    """One reading for each record, and one for each stretch that is damaged.

    Args:
        stream: The archive, compressed or not.
        name: What the records call the file.
        limits: `max_record_bytes` bounds a record, `max_page_bytes` a page.
    """
    is_stdin = name == _STDIN
    origin = _Origin(
        InputKind.WARC, name, None if is_stdin else PurePosixPath(name).name
    )
    if not stream.peek(1):
        yield damage(origin.source_at(0), f"{name}: the file is empty")
        return
    yield from _iter_readings(stream, origin, limits)


def read_group(
    archive: Path, group_offset: int, limits: LimitsConfig, kind: InputKind
) -> Page | Failure | OtherRecord:
    """The response of the fetch whose records begin at `group_offset`."""
    is_live = kind is InputKind.LIVE
    origin = _Origin(kind, None if is_live else archive.name, archive.name)
    try:
        with archive.open("rb") as file:
            file.seek(group_offset)
            stream = FileStream(file, offset=group_offset)
            reading = _response_of_group(_iter_readings(stream, origin, limits))
    except OSError as error:
        message = f"{archive.name}: cannot be read: {error.strerror}"
        return damage(origin.source_at(group_offset), message)
    if reading is None:
        message = f"no fetch lies at byte {group_offset} of {archive.name}"
        return damage(origin.source_at(group_offset), message)
    return reading


def _response_of_group(readings: Iterator[Reading]) -> Reading | None:
    for expected in (OtherRecord("metadata"), OtherRecord("request")):
        reading = next(readings, None)
        if reading != expected:
            return reading if isinstance(reading, Failure) else None
    reading = next(readings, None)
    if isinstance(reading, OtherRecord) and reading.kind in _NO_RESPONSE:
        return None
    return reading


@dataclass(frozen=True, slots=True)
class _Origin:
    """What all sources of one archive have in common."""

    kind: InputKind
    input_file: str | None
    warc_file: str | None

    def source_at(self, offset: int, record_id: str | None = None) -> Source:
        return Source(
            input=self.kind,
            input_file=self.input_file,
            warc_file=self.warc_file,
            warc_offset=offset,
            warc_record_id=record_id,
        )


class _Http(NamedTuple):
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def content_type(self) -> str | None:
        for name, value in self.headers:
            if name.lower() == "content-type":
                return value
        return None


class HttpError(Exception):
    """The block of a response is no HTTP message."""


def _iter_readings(
    stream: FileStream, origin: _Origin, limits: LimitsConfig
) -> Iterator[Reading]:
    known: dict[str, FetchMetadata] = {}
    for found in _iter_found(stream, origin, limits):
        if isinstance(found, WarcDamage):
            name = origin.input_file or origin.warc_file
            yield damage(origin.source_at(found.offset), f"{name}: {found.message}")
            continue
        record_type = found.headers["warc-type"].lower()
        if record_type == "response":
            before = known.pop(found.headers.get("warc-record-id", ""), None)
            yield _read_response(found, before, origin, limits)
        elif record_type == "conversion":
            yield _read_conversion(found, origin, limits)
        else:
            if record_type == "metadata":
                known = _known_by_response(found)
            yield OtherRecord(
                record_type if record_type in _OTHER_TYPES else "unknown-record"
            )


def _iter_found(
    stream: FileStream, origin: _Origin, limits: LimitsConfig
) -> Iterator[Found]:
    """By the first bytes; only where these are damaged the name counts."""
    start = stream.peek(5)
    is_named_gzip = (origin.input_file or "").lower().endswith(".gz")
    if start.startswith(MAGIC) or (is_named_gzip and start != b"WARC/"):
        return iter_gzip(stream, limits.max_record_bytes)
    return iter_plain(stream, limits.max_record_bytes)


def _known_by_response(record: WarcRecord) -> dict[str, FetchMetadata]:
    """What a record of ours tells of the one response that follows it."""
    refers_to = record.headers.get("warc-refers-to")
    if not refers_to or record.headers.get("content-type") != CONTENT_TYPE:
        return {}
    metadata = parse_fetch_metadata(record.block)
    return {} if metadata is None else {refers_to: metadata}


def _read_response(
    record: WarcRecord,
    before: FetchMetadata | None,
    origin: _Origin,
    limits: LimitsConfig,
) -> Reading:
    if before is not None and before.purpose is not Purpose.PAGE:
        return OtherRecord(before.purpose)
    url, fetched_at, source = _located(record, origin)
    if url is None or not url.lower().startswith(("http:", "https:")):
        return OtherRecord("not-http")
    try:
        http = parse_http(record.block)
    except HttpError as error:
        message = f"the response at byte {record.offset}: {error}"
        return damage(source, message, url=url, fetched_at=fetched_at)
    if is_redirect(http.status, (name for name, _ in http.headers)):
        return OtherRecord("redirect")
    payload = decode_payload(http.headers, http.body, max_bytes=limits.max_page_bytes)
    if not is_html(http.content_type, payload.body):
        return OtherRecord("not-html")
    return Page(
        kind=PageKind.HTML,
        body=payload.body,
        source=source,
        requested_url=before.requested_url if before else url,
        url=url,
        http_status=http.status,
        content_type=http.content_type,
        fetched_at=fetched_at,
        discovery=before.discovery if before else None,
        opt_outs=add_header_opt_outs(before.opt_outs if before else (), http.headers),
        warnings=payload.warnings + _cut_by_crawler(record) + _unsettled(before),
    )


def _read_conversion(
    record: WarcRecord, origin: _Origin, limits: LimitsConfig
) -> Reading:
    media_type = record.headers.get("content-type", "").partition(";")[0]
    if media_type.strip().lower() != "text/plain":
        return OtherRecord("conversion")
    url, fetched_at, source = _located(record, origin)
    return Page(
        kind=PageKind.TEXT,
        body=record.block[: limits.max_page_bytes + 1],
        source=source.model_copy(update={"input": InputKind.WET}),
        requested_url=url,
        url=url,
        fetched_at=fetched_at,
        warnings=_cut_by_crawler(record),
    )


def _located(
    record: WarcRecord, origin: _Origin
) -> tuple[str | None, datetime | None, Source]:
    headers = record.headers
    url = headers.get("warc-target-uri")
    if url and url.startswith("<") and url.endswith(">"):
        # The grammar of WARC 1.0 asked for these; 1.1 took them back (section 5.12).
        url = url[1:-1]
    fetched_at = parse_moment(headers.get("warc-date"), default_utc=True)
    source = origin.source_at(record.offset, headers.get("warc-record-id"))
    return url or None, fetched_at, source


def _cut_by_crawler(record: WarcRecord) -> tuple[str, ...]:
    """`WARC-Truncated` (section 5.13): the crawler kept a part of the body only."""
    return ("warc-truncated",) if "warc-truncated" in record.headers else ()


def _unsettled(before: FetchMetadata | None) -> tuple[str, ...]:
    is_unsettled = before is not None and before.rendered is Rendering.UNSETTLED
    return ("rendering-unsettled",) if is_unsettled else ()


def parse_http(block: bytes) -> _Http:
    """The HTTP message that is the block of a response.

    Raises:
        HttpError: It is none.
    """
    end = _BLANK_LINE.search(block, 0, HEAD_BYTES)
    if end is None and len(block) > HEAD_BYTES:
        raise HttpError(f"over {HEAD_BYTES} bytes of HTTP headers")
    head_bytes = end.end() if end else len(block)
    try:
        parsed = _HTTP_PARSER.parse(BytesIO(block[:head_bytes]))
    except (EOFError, StatusAndHeadersParserException) as error:
        raise HttpError("no HTTP message") from error
    status = parsed.get_statuscode()
    if not parsed.protocol.upper().startswith("HTTP/") or not _is_status(status):
        raise HttpError("no HTTP status line")
    return _Http(int(status), tuple(parsed.headers), block[head_bytes:])


def _is_status(text: str) -> bool:
    return len(text) == 3 and text.isascii() and text.isdigit()  # noqa: PLR2004
