"""Dumps: a text file is one page, and so is each line of a JSONL file."""

import json
import re
from collections.abc import Iterator

from pipelines.read.byte_stream import ByteStream, FileStream
from pipelines.read.gzip_members import MAGIC, DamagedGzipError, concatenated
from pipelines.read.reading import Reading, damage, file_source, parse_moment
from schemas.config import LimitsConfig
from schemas.page import Page, PageKind
from schemas.provenance import InputKind, Source
from schemas.rejection import Failure

_BOM = b"\xef\xbb\xbf"
_SURROGATE = re.compile("[\ud800-\udfff]")


class _LineError(Exception):
    """What is wrong with a line."""


def read_text(stream: FileStream, name: str, limits: LimitsConfig) -> Iterator[Reading]:
    """The one page of a text file, its bytes as they are.

    Of a file larger than `max_page_bytes` one byte more than that is given, by which
    the pipeline knows it as too large.
    """
    yield Page(
        kind=PageKind.TEXT,
        body=stream.read(limits.max_page_bytes + 1),
        source=file_source(InputKind.TEXT, name),
    )


def read_jsonl(
    stream: FileStream, name: str, limits: LimitsConfig
) -> Iterator[Reading]:
    """A page for each line that is not blank; a failure for each that is no page.

    A line is an object with `text` (or `html`), and perhaps `url` and `fetched_at` or
    `timestamp`. Such a time counts only if it is ISO 8601 with a zone: of any other
    one cannot know what it means.

    Args:
        stream: UTF-8, or gzip of it.
        name: What the records call the file.
        limits: `max_record_bytes` bounds a line.
    """
    lines: ByteStream = stream
    if stream.peek(len(MAGIC)) == MAGIC or name.lower().endswith(".gz"):
        lines = concatenated(stream)
    number = 0
    try:
        while lines.peek(1):
            number += 1
            source = file_source(InputKind.JSONL, name, line=number)
            line = lines.read_line(limits.max_record_bytes)
            if line is None:
                message = f"line {number}: longer than {limits.max_record_bytes} bytes"
                yield damage(source, message)
            elif line.strip():
                yield _read_line(line, source, limits)
    except DamagedGzipError as error:
        source = file_source(InputKind.JSONL, name, line=number or None)
        yield damage(source, f"line {number}: {error}")


def _read_line(line: bytes, source: Source, limits: LimitsConfig) -> Page | Failure:
    try:
        if source.input_line == 1:
            line = line.removeprefix(_BOM)
        return _parse_line(line, source, limits)
    except _LineError as error:
        return damage(source, f"line {source.input_line}: {error}")


def _parse_line(line: bytes, source: Source, limits: LimitsConfig) -> Page:
    try:
        fields = json.loads(line.decode())
    except UnicodeDecodeError as error:
        raise _LineError(f"no UTF-8: {error.reason} at byte {error.start}") from error
    except (ValueError, RecursionError) as error:
        raise _LineError(f"no JSON: {error}") from error
    if not isinstance(fields, dict):
        raise _LineError("no JSON object")
    kind, content = _content(fields)
    warnings = ("lone-surrogates",) if _SURROGATE.search(content) else ()
    fetched_at = parse_moment(fields.get("fetched_at"))
    return Page(
        kind=kind,
        body=_encode(content)[: limits.max_page_bytes + 1],
        source=source,
        url=_url(fields),
        # Characters, not bytes, stood in the dump: what the page declares of its
        # encoding does not hold any more.
        content_type="text/html; charset=utf-8" if kind is PageKind.HTML else None,
        fetched_at=fetched_at or parse_moment(fields.get("timestamp")),
        warnings=warnings,
    )


def _content(fields: dict[str, object]) -> tuple[PageKind, str]:
    for name, kind in (("text", PageKind.TEXT), ("html", PageKind.HTML)):
        value = fields.get(name)
        if isinstance(value, str):
            return kind, value
        if value is not None:
            raise _LineError(f"the field {name!r} is no string")
    raise _LineError("neither a field 'text' nor 'html'")


def _url(fields: dict[str, object]) -> str | None:
    url = fields.get("url")
    if url is None:
        return None
    if not isinstance(url, str):
        raise _LineError("the field 'url' is no string")
    return _encode(url).decode()


def _encode(value: str) -> bytes:
    """UTF-8; half a surrogate pair, which JSON can hold, becomes U+FFFD."""
    return _SURROGATE.sub("\ufffd", value).encode()
