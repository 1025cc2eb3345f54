"""Fetch in, WARC records out: the response as received, before anything is done to it.

A fetch is a *group* of three records, each a gzip member of its own: `metadata` (what
was known before, see `pipelines.read.fetch_metadata`), `request`, `response`. The
offset of the group is all that a worker needs to read the page
(`pipelines.read.read_page_at`). What the archive has already is written as a
`revisit`, without its body, instead of the `response`.

What is not written: `Authorization`, `Proxy-Authorization` and `Cookie` of the
request, and the user and password of a URL, since archives are passed on.
`Set-Cookie` of the response is kept: it is what the server answered, to a client that
had not told who it is. Source: WARC 1.1 (ISO 28500:2017).
"""

import hashlib
import os
import re
import uuid
import zlib
from base64 import b32encode
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self
from urllib.parse import quote

from isal import isal_zlib

from pipelines.read.byte_stream import FileStream
from pipelines.read.fetch_metadata import (
    CONTENT_TYPE,
    FetchMetadata,
    Purpose,
    Rendering,
    fold,
)
from pipelines.read.gzip_members import (
    GZIP_WINDOW,
    DamagedGzipError,
    Member,
    find_member,
)
from pipelines.store import sync_folder
from schemas.errors import ArchiveError
from schemas.page import ArchivedPage, Discovery
from schemas.provenance import InputKind, Source

__all__ = [
    "ArchiveWriter",
    "EncodedFetch",
    "Fetch",
    "Headers",
    "Purpose",
    "RevisitOf",
    "RevisitProfile",
    "encode",
    "payload_digest",
    "repair_archive",
]

MAX_FILE_BYTES = 1_000_000_000
"""Size after which the next file is begun (WARC 1.1, annex C, recommends 1 GB)."""

Headers = tuple[tuple[str, str], ...]

_LEVEL = 2
"""Of isal, which shares two cores with the crawl. Of 116 news pages of 389 kB, zlib's
levels 4 and 1 leave 14.6 and 16.9 % in 2.4 and 1.6 ms, isal's 1, 2 and 3 leave 16.5,
16.3 and 15.6 % in 0.36, 0.38 and 0.82 ms."""

_STORED = 0
"""The level for a body that is content-encoded: of a fetch with 60 kB of gzip, packing
it again would save 1 %, mostly headers, and take 1.0 ms instead of 0.2."""

_SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie"})
_PREFIX = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_NOT_IN_URL = re.compile(r"[\x00-\x20\x7f]+")
_NOT_IN_TOKEN = re.compile(r"[^!#$%&'*+.^_`|~0-9A-Za-z-]")
_USER_INFO = re.compile(r"^((?:[A-Za-z][A-Za-z0-9+.-]*:)?//)[^/?#]*@")
_HOST_AND_TARGET = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://([^/?#]*)([^#]*)")


class RevisitProfile(StrEnum):
    """How it is known that the archive has the payload (WARC 1.1, section 6.7)."""

    IDENTICAL_PAYLOAD_DIGEST = "identical-payload-digest"
    """The body is the same, byte for byte, as received."""

    SERVER_NOT_MODIFIED = "server-not-modified"
    """The server says so: status 304."""


@dataclass(frozen=True, slots=True)
class RevisitOf:
    """The record that has the payload of a fetch already."""

    profile: RevisitProfile
    """How that is known."""

    record_id: str
    """Name of the record, as `Source.warc_record_id` gives it."""

    url: str
    """Address that the record is of."""

    date: datetime
    """When that response was received; aware."""


@dataclass(frozen=True, slots=True)
class Fetch:
    """A request and its answer."""

    requested_url: str
    """Address that was asked for first, before redirects."""

    url: str
    """Address of this request."""

    method: str
    """Method of this request."""

    request_headers: Headers
    """As sent; a `Host` is added if it is not there."""

    status: int
    """Status code."""

    reason: str
    """Reason phrase, which may be empty."""

    protocol: str
    """`HTTP/1.1`, `h2`, …: what was spoken. In the archive the status line is always
    that of HTTP/1.x, the only form that `application/http` has."""

    response_headers: Headers
    """As received, one character for each byte (ISO 8859-1); other characters are
    written as UTF-8."""

    body: bytes
    """As received: still content-encoded, but no longer chunked."""

    fetched_at: datetime
    """When the response was received; aware."""

    purpose: Purpose
    """Why it was fetched."""

    ip_address: str | None = None
    """Address of the server, if it is known."""

    discovery: Discovery | None = None
    """What named the page."""

    opt_outs: tuple[str, ...] = ()
    """What robots.txt and tdmrep.json say of it (`pipelines.opt_outs`)."""

    rendered: Rendering | None = None
    """Set if a browser made the body of what the server sent."""

    revisit_of: RevisitOf | None = None
    """What the archive has already, so that the body is not written again."""


@dataclass(frozen=True, slots=True)
class EncodedFetch:
    """The records of a fetch as they will stand in a file."""

    group: bytes
    """All of them, each a gzip member."""

    response_offset: int
    """Where in `group` the response, or the revisit, begins."""

    record_id: str
    """Name of the response, or of the revisit."""

    payload_digest: str | None
    """`payload_digest` of the body; None if the server did not send it again."""

    fetch: Fetch
    """What was encoded."""


def payload_digest(body: bytes) -> str:
    """What `WARC-Payload-Digest` says of a body, as it was received.

    Equal pages that a server compresses in two ways are not equal here: to tell that,
    each body would have to be decoded.
    """
    return _sha1(body)


def encode(fetch: Fetch, new_id: Callable[[], uuid.UUID]) -> EncodedFetch:
    """The bytes that archive a fetch; safe for threads.

    Nearly all of the time goes into digests and compression of the whole body, which
    other threads do not wait for.

    Args:
        fetch: What was received.
        new_id: Names the records: response, request, metadata, in this order.
    """
    response_id, request_id, metadata_id = (new_id() for _ in range(3))
    revisit_of = fetch.revisit_of
    is_sent = (
        revisit_of is None or revisit_of.profile != RevisitProfile.SERVER_NOT_MODIFIED
    )
    digest = payload_digest(fetch.body) if is_sent else None
    before = _metadata(fetch, metadata_id, response_id)
    before += _request(fetch, request_id, response_id)
    return EncodedFetch(
        group=before + _response(fetch, response_id, digest),
        response_offset=len(before),
        record_id=f"<urn:uuid:{response_id}>",
        payload_digest=digest,
        fetch=fetch,
    )


class ArchiveWriter:
    """Writes `PREFIX-00001.warc.gz` and so on; not safe for threads.

    Args:
        folder: Where the files go; made if it is absent.
        prefix: How their names begin: letters, digits, `.`, `_`, `-`.
        software: Name and version of the program, for the `warcinfo` record.
        now: The clock; it dates the `warcinfo` records only.
        new_id: Names the records; called for a fetch in the order response, request,
            metadata.
        max_file_bytes: Size from which on the next fetch goes into the next file.

    Raises:
        ArchiveError: The prefix is not a plain name.
    """

    def __init__(  # noqa: PLR0913 - clock and ids are passed in, as all over pipelines
        self,
        folder: Path,
        *,
        prefix: str,
        software: str,
        now: Callable[[], datetime],
        new_id: Callable[[], uuid.UUID],
        max_file_bytes: int = MAX_FILE_BYTES,
    ) -> None:
        if not _PREFIX.fullmatch(prefix):
            raise ArchiveError(f"{prefix!r} cannot begin the name of an archive")
        self._folder = folder
        self._prefix = prefix
        self._software = software
        self._now = now
        self._new_id = new_id
        self._max_file_bytes = max_file_bytes
        self._path = folder
        self._number = 0
        self._file: BinaryIO | None = None
        self._size = 0

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def path(self) -> Path:
        """The file that is written at present; the folder before `open`."""
        return self._path

    @property
    def size(self) -> int:
        """Bytes that were written to that file, whole records all."""
        return self._size

    def open(self) -> None:
        """Begin the next free file; nothing happens if one is open.

        Raises:
            ArchiveError: The file cannot be made.
        """
        if self._file is None:
            self._begin()

    def write(self, fetch: Fetch) -> ArchivedPage:
        """Archive a fetch; where it lies.

        When this returns, the bytes are with the operating system: they outlive our
        process, and another one can read them. For a power loss see `sync`.

        Raises:
            ArchiveError: The writer is closed, or the bytes cannot be written; the
                file then ends as it did before.
        """
        return self.append(encode(fetch, self._new_id))

    def append(self, encoded: EncodedFetch) -> ArchivedPage:
        """Archive what is encoded; where it lies. As `write` otherwise.

        Raises:
            ArchiveError: As `write`.
        """
        file = self._writable()
        group_offset = self._size
        try:
            self._append(file, encoded.group)
        except OSError as error:
            raise ArchiveError(f"{self._path}: cannot be written: {error}") from error
        fetch = encoded.fetch
        return ArchivedPage(
            archive=str(self._path),
            group_offset=group_offset,
            source=Source(
                input=InputKind.LIVE,
                warc_file=self._path.name,
                warc_offset=group_offset + encoded.response_offset,
                warc_record_id=encoded.record_id,
            ),
            requested_url=_clean_url(fetch.requested_url),
            url=_clean_url(fetch.url),
            fetched_at=_to_second(fetch.fetched_at),
            payload_digest=encoded.payload_digest,
            is_revisit=fetch.revisit_of is not None,
        )

    def sync(self) -> None:
        """All that was written is on disk, also after a power loss.

        Raises:
            ArchiveError: The disk refuses.
        """
        if self._file is None:
            return
        try:
            os.fsync(self._file.fileno())
            sync_folder(self._folder)
        except OSError as error:
            raise ArchiveError(f"{self._path}: cannot be synced: {error}") from error

    def close(self) -> None:
        """Sync and close the file; nothing happens if none is open."""
        if self._file is None:
            return
        try:
            self.sync()
        finally:
            self._file.close()
            self._file = None

    def _writable(self) -> BinaryIO:
        if self._file is None:
            raise ArchiveError(f"{self._path}: the archive is closed")
        if self._size < self._max_file_bytes:
            return self._file
        self.close()
        return self._begin()

    def _begin(self) -> BinaryIO:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            file = self._next_file()
            try:
                self._size = 0
                self._append(file, self._warcinfo())
            except OSError:
                file.close()
                self._path.unlink()
                raise
        except OSError as error:
            raise ArchiveError(f"{self._path}: cannot be written: {error}") from error
        self._file = file
        return file

    def _next_file(self) -> BinaryIO:
        if self._number == 0:
            self._number = _highest_number(self._folder, self._prefix)
        while True:
            self._number += 1
            path = self._folder / f"{self._prefix}-{self._number:05d}.warc.gz"
            try:
                # Unbuffered: what `write` has returned for is no longer with us.
                file = path.open("xb", buffering=0)
            except FileExistsError:
                continue
            self._path = path
            return file

    def _append(self, file: BinaryIO, group: bytes) -> None:
        """All of `group` or nothing of it stands at the end of the file."""
        rest = memoryview(group)
        try:
            while rest:
                rest = rest[file.write(rest) :]
        except OSError:
            file.truncate(self._size)
            file.seek(self._size)
            raise
        self._size += len(group)

    def _warcinfo(self) -> bytes:
        lines = (
            f"software: {fold(self._software)}\r\n"
            "format: WARC File Format 1.1\r\n"
            "conformsTo: http://iipc.github.io/warc-specifications/"
            "specifications/warc-format/warc-1.1/\r\n"
        )
        headers = [
            ("WARC-Type", "warcinfo"),
            ("WARC-Record-ID", f"<urn:uuid:{self._new_id()}>"),
            ("WARC-Date", _warc_date(self._now())),
            ("WARC-Filename", self._path.name),
        ]
        return _member(headers, lines.encode(), CONTENT_TYPE)


def repair_archive(path: Path, *, whole_until: int = 0) -> int:
    """The file ends with a whole gzip member; how many bytes were cut for that.

    For an archive whose writer was killed, or lost its power: then the file may end in
    zeros or anything else. A file in which no member is whole is removed.

    Args:
        path: The archive.
        whole_until: Where a member begins before which all was synced, in bytes: what
            stands before it is not read, unless the file is shorter.

    Raises:
        ArchiveError: The file cannot be changed, or it is damaged before its end: then
            nothing is cut, since whole records lie behind.
    """
    try:
        size = path.stat().st_size
        start = whole_until if whole_until <= size else 0
        with path.open("rb") as file:
            file.seek(start)
            whole_bytes = _whole_bytes(FileStream(file, offset=start))
        if whole_bytes == 0:
            path.unlink()
        elif whole_bytes < size:
            os.truncate(path, whole_bytes)
    except OSError as error:
        raise ArchiveError(f"{path}: cannot be repaired: {error}") from error
    except DamagedGzipError as error:
        raise ArchiveError(f"{path}: {error}; whole records lie behind") from error
    return size - whole_bytes


def _whole_bytes(stream: FileStream) -> int:
    """Where the last whole member ends."""
    end = stream.offset
    try:
        while stream.peek(1):
            Member(stream).drain()
            end = stream.offset
    except DamagedGzipError:
        stream.go_to(end + 1)
        if _has_whole_member(stream):
            raise
    return end


def _has_whole_member(stream: FileStream) -> bool:
    while find_member(stream):
        start = stream.offset
        try:
            Member(stream).drain()
        except DamagedGzipError:
            stream.go_to(start + 1)
        else:
            return True
    return False


def _highest_number(folder: Path, prefix: str) -> int:
    name = re.compile(re.escape(prefix) + r"-(\d{5,})\.warc\.gz")
    matches = (name.fullmatch(path.name) for path in folder.iterdir())
    return max((int(match[1]) for match in matches if match), default=0)


def _metadata(fetch: Fetch, record_id: uuid.UUID, response_id: uuid.UUID) -> bytes:
    discovery = fetch.discovery
    if discovery is not None and discovery.source_url is not None:
        via = _clean_url(discovery.source_url)
        discovery = discovery.model_copy(update={"source_url": via})
    block = FetchMetadata(
        _clean_url(fetch.requested_url),
        fetch.purpose,
        discovery,
        fetch.opt_outs,
        fetch.rendered,
    ).to_block()
    headers = _record_headers(fetch, "metadata", record_id)
    headers.append(("WARC-Refers-To", f"<urn:uuid:{response_id}>"))
    return _member(headers, block, CONTENT_TYPE, digest=_sha1(block))


def _request(fetch: Fetch, record_id: uuid.UUID, response_id: uuid.UUID) -> bytes:
    match = _HOST_AND_TARGET.match(_clean_url(fetch.url))
    host, target = match.groups() if match else ("", "")
    if not target.startswith("/"):
        target = "/" + target
    sent: list[tuple[str, str]] = []
    if all(name.lower() != "host" for name, _ in fetch.request_headers):
        sent.append(("Host", host))
    for name, value in fetch.request_headers:
        if name.strip().lower() == "referer":
            sent.append((name, _clean_url(value)))
        elif _token(name).lower() not in _SECRET_HEADERS:
            sent.append((name, value))
    head = _http_head(f"{_token(fetch.method)} {target} HTTP/1.1", sent)
    headers = _record_headers(fetch, "request", record_id)
    headers.append(("WARC-Concurrent-To", f"<urn:uuid:{response_id}>"))
    return _member(
        headers,
        head,
        "application/http; msgtype=request",
        digest=_sha1(b""),
    )


def _response(fetch: Fetch, record_id: uuid.UUID, digest: str | None) -> bytes:
    """The response, or the revisit: that one keeps the head only."""
    revisit_of = fetch.revisit_of
    headers = _record_headers(
        fetch, "response" if revisit_of is None else "revisit", record_id
    )
    if revisit_of is not None:
        headers += _revisit_headers(revisit_of)
    if fetch.ip_address is not None:
        headers.append(("WARC-IP-Address", fold(fetch.ip_address)))
    protocol = fold(fetch.protocol)
    if protocol not in {"HTTP/1.0", "HTTP/1.1"}:
        if protocol:
            headers.append(("WARC-Protocol", protocol))
        protocol = "HTTP/1.1"
    received = (
        # The body is de-chunked: whoever believed this header would misread it.
        (f"X-Crawler-{name}", value)
        if name.strip().lower() == "transfer-encoding"
        else (name, value)
        for name, value in fetch.response_headers
    )
    head = _http_head(f"{protocol} {fetch.status} {fetch.reason}", received)
    return _member(
        headers,
        head + fetch.body if revisit_of is None else head,
        "application/http; msgtype=response",
        digest=digest,
        level=_STORED if _is_encoded(fetch) else _LEVEL,
    )


def _is_encoded(fetch: Fetch) -> bool:
    """Whether a body is there, and packed already."""
    return fetch.revisit_of is None and any(
        name.strip().lower() == "content-encoding"
        and value.strip().lower() not in {"", "identity"}
        for name, value in fetch.response_headers
    )


def _revisit_headers(revisit_of: RevisitOf) -> Iterator[tuple[str, str]]:
    """As sections 6.7.2 and 6.7.3 ask for; a 304 has no body that could be cut off."""
    profile = revisit_of.profile
    yield "WARC-Profile", f"http://netpreserve.org/warc/1.1/revisit/{profile}"
    yield "WARC-Refers-To", fold(revisit_of.record_id)
    yield "WARC-Refers-To-Target-URI", _clean_url(revisit_of.url)
    yield "WARC-Refers-To-Date", _warc_date(revisit_of.date)
    if profile is RevisitProfile.IDENTICAL_PAYLOAD_DIGEST:
        yield "WARC-Truncated", "length"


def _record_headers(
    fetch: Fetch, record_type: str, record_id: uuid.UUID
) -> list[tuple[str, str]]:
    return [
        ("WARC-Type", record_type),
        ("WARC-Record-ID", f"<urn:uuid:{record_id}>"),
        ("WARC-Date", _warc_date(fetch.fetched_at)),
        ("WARC-Target-URI", _clean_url(fetch.url)),
    ]


def _member(
    headers: list[tuple[str, str]],
    block: bytes,
    content_type: str,
    *,
    digest: str | None = None,
    level: int = _LEVEL,
) -> bytes:
    """A record as a gzip member; `digest` is that of its payload.

    Each of the calls that take long has all of the record at once: a thread that gets
    the interpreter back for every chunk of it waits for others as often.
    """
    if digest is not None:
        headers.append(("WARC-Payload-Digest", digest))
    headers += (
        ("WARC-Block-Digest", _sha1(block)),
        ("Content-Type", content_type),
        ("Content-Length", str(len(block))),
    )
    head = "".join(f"{name}: {value}\r\n" for name, value in headers)
    record = b"".join((b"WARC/1.1\r\n", head.encode(), b"\r\n", block, b"\r\n\r\n"))
    if level == _STORED:
        return zlib.compress(record, _STORED, GZIP_WINDOW)
    return isal_zlib.compress(record, level, GZIP_WINDOW)


def _sha1(content: bytes) -> str:
    digest = hashlib.sha1(content, usedforsecurity=False).digest()
    return f"sha1:{b32encode(digest).decode()}"


def _http_head(first_line: str, headers: Iterable[tuple[str, str]]) -> bytes:
    lines = [_header_bytes(first_line)]
    lines += (_token(name).encode() + b": " + _header_bytes(v) for name, v in headers)
    return b"\r\n".join(lines) + b"\r\n\r\n"


def _header_bytes(value: str) -> bytes:
    # Narrower than `fold`: U+0085 is half of a letter in UTF-8 that is read as Latin-1.
    folded = _CONTROL.sub(" ", value).strip(" ")
    try:
        return folded.encode("latin-1")
    except UnicodeEncodeError:
        return folded.encode("utf-8", "replace")


def _token(name: str) -> str:
    """A header name or a method as RFC 9110, section 5.6.2, allows it."""
    return _NOT_IN_TOKEN.sub("_", name.strip()) or "_"


def _clean_url(url: str) -> str:
    """The URL without user and password, and with nothing that ends a line."""
    quoted = _NOT_IN_URL.sub(lambda match: quote(match[0]), url.strip())
    return fold(_USER_INFO.sub(r"\1", quoted))


def _to_second(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)


def _warc_date(moment: datetime) -> str:
    return _to_second(moment).isoformat().replace("+00:00", "Z")
