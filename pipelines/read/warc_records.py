"""A stream cut into WARC records, whole ones and damaged ones.

warcio parses what a record says of itself; where it begins and whether it is whole is
decided here, since after a bad record warcio and FastWARC end the file, or go on
without a word. Source: WARC 1.1 (ISO 28500:2017), sections 4 and 5.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

from warcio.recordloader import ArcWarcRecordLoader
from warcio.statusandheaders import (
    StatusAndHeadersParser,
    StatusAndHeadersParserException,
)

from pipelines.read.byte_stream import ByteStream, FileStream
from pipelines.read.gzip_members import DamagedGzipError, Member, find_member

HEAD_BYTES = 1_048_576
"""Bytes of the headers of a record, or of its HTTP message, at most."""

_MARK = b"WARC/"
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_LENGTH = re.compile(r"[0-9]{1,18}")
_QUOTED_BYTES = 40

_PARSER = StatusAndHeadersParser(ArcWarcRecordLoader.WARC_TYPES)


@dataclass(frozen=True, slots=True)
class WarcRecord:
    """A record whose end is where its headers say."""

    offset: int
    """Where it begins in the file; compressed, where its gzip member begins."""

    headers: dict[str, str]
    """Its named fields, by lower-case name; of repeated ones the first."""

    block: bytes
    """All that follows the headers, `Content-Length` bytes."""


@dataclass(frozen=True, slots=True)
class WarcDamage:
    """A stretch of the file that is no whole record."""

    offset: int
    """Where it begins, as in `WarcRecord`."""

    message: str
    """What is wrong with it."""


Found = WarcRecord | WarcDamage


@dataclass(eq=False)
class _BrokenRecordError(Exception):
    """What is read is no record."""

    message: str
    is_skipped: bool = False
    """The stream stands behind the record already."""


def iter_plain(stream: FileStream, max_bytes: int) -> Iterator[Found]:
    """All records of an uncompressed archive.

    After damage, reading goes on at the next line that begins with `WARC/1.`.
    """
    while _has_record(stream):
        start = stream.offset
        try:
            yield WarcRecord(start, *_read_record(stream, max_bytes))
        except _BrokenRecordError as error:
            yield WarcDamage(start, f"{error.message}, at byte {start}")
            if not error.is_skipped:
                stream.go_to(start + 1)
                _find_record(stream)


def iter_gzip(source: FileStream, max_bytes: int) -> Iterator[Found]:
    """All records of a compressed archive, with one or more records in a member.

    After damage, reading goes on at the next gzip member that begins with a record.
    """
    while source.peek(1):
        start = source.offset
        member = Member(source)
        try:
            yield from _iter_member(member, max_bytes)
        except DamagedGzipError as error:
            yield WarcDamage(start, str(error))
            source.go_to(start + 1)
            find_member(source)


def _iter_member(member: Member, max_bytes: int) -> Iterator[Found]:
    while _has_record(member):
        try:
            record = WarcRecord(member.start, *_read_record(member, max_bytes))
        except _BrokenRecordError as error:
            # What went before the damage is known to be whole only when the member is.
            if not error.is_skipped:
                _find_record(member)
            place = f"in the gzip member at byte {member.start}"
            yield WarcDamage(member.start, f"{error.message}, {place}")
        else:
            yield record


def _has_record(stream: ByteStream) -> bool:
    stream.skip_blank_lines()
    return bool(stream.peek(1))


def _find_record(stream: ByteStream) -> None:
    if stream.find(b"\nWARC/1."):
        stream.skip(1)


def _read_record(stream: ByteStream, max_bytes: int) -> tuple[dict[str, str], bytes]:
    """Headers and block of the record that begins here.

    Raises:
        _BrokenRecordError: It is damaged, or larger than `max_bytes`.
    """
    headers = _parse_head(_read_head(stream))
    length_text = headers.get("content-length", "")
    if not _LENGTH.fullmatch(length_text):
        raise _BrokenRecordError(f"the record's Content-Length is {length_text!r}")
    length = int(length_text)
    is_too_large = length > max_bytes
    if is_too_large:
        block, block_bytes = b"", stream.skip(length)
    else:
        block = stream.read(length)
        block_bytes = len(block)
    if block_bytes < length:
        raise _BrokenRecordError(
            f"the record is cut short: {block_bytes} of its {length} bytes are there"
        )
    if not _ends_here(stream):
        raise _BrokenRecordError(
            f"the record does not end where its Content-Length of {length} says"
        )
    if is_too_large:
        raise _BrokenRecordError(
            f"the record has {length} bytes, the limit is {max_bytes}", is_skipped=True
        )
    return headers, block


def _read_head(stream: ByteStream) -> bytes:
    start = stream.peek(_QUOTED_BYTES)
    if not start.startswith(_MARK):
        raise _BrokenRecordError(f"no WARC record begins here, but {start!r}")
    size = 2_048
    while (end := _BLANK_LINE.search(window := stream.peek(size))) is None:
        if len(window) < size:
            raise _BrokenRecordError("the headers of the record are cut short")
        if size >= HEAD_BYTES:
            raise _BrokenRecordError(f"the record has over {HEAD_BYTES} header bytes")
        size *= 2
    return stream.read(end.end())


def _parse_head(head: bytes) -> dict[str, str]:
    try:
        parsed = _PARSER.parse(BytesIO(head))
    except StatusAndHeadersParserException:
        line = head.partition(b"\n")[0].rstrip()[:_QUOTED_BYTES]
        message = f"the WARC version {line!r} is not known"
        raise _BrokenRecordError(message) from None
    headers: dict[str, str] = {}
    for name, value in parsed.headers:
        headers.setdefault(name.lower(), value.strip())
    if not headers.get("warc-type"):
        raise _BrokenRecordError("the record has no WARC-Type")
    return headers


def _ends_here(stream: ByteStream) -> bool:
    """Two line ends follow (section 4), or at least nothing else than a record.

    This looks past them: only at the end of a gzip member its checksum is known.
    """
    is_ended = stream.peek(4).startswith((b"\r\n\r\n", b"\n\n"))
    stream.skip_blank_lines()
    following = stream.peek(len(_MARK))
    return is_ended or following in {b"", _MARK}
