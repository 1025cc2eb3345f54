"""Fetch in, WARC records out: the response as received, before anything is done to it.

A fetch is a *group* of three records, each a gzip member of its own: `metadata` (what
was known before, see `pipelines.read.fetch_metadata`), `request`, `response`. The
offset of the group is all that a worker needs to read the page
(`pipelines.read.read_page_at`).

What is not written: `Authorization`, `Proxy-Authorization` and `Cookie` of the
request, and the user and password of a URL, since archives are passed on.
`Set-Cookie` of the response is kept: it is what the server answered, to a client that
had not told who it is. Source: WARC 1.1 (ISO 28500:2017).
"""

import os
import re
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self
from urllib.parse import quote

from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders
from warcio.utils import Digester
from warcio.warcwriter import WARCWriter

from pipelines.read.byte_stream import FileStream
from pipelines.read.fetch_metadata import CONTENT_TYPE, FetchMetadata, Purpose, fold
from pipelines.read.gzip_members import DamagedGzipError, Member, find_member
from pipelines.store import sync_folder
from schemas.errors import ArchiveError
from schemas.page import ArchivedPage, Discovery
from schemas.provenance import InputKind, Source

__all__ = ["ArchiveWriter", "Fetch", "Headers", "Purpose", "repair_archive"]

MAX_FILE_BYTES = 1_000_000_000
"""Size after which the next file is begun (WARC 1.1, annex C, recommends 1 GB)."""

Headers = tuple[tuple[str, str], ...]

_VERSION = "WARC/1.1"
_SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie"})
_PREFIX = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_NOT_IN_URL = re.compile(r"[\x00-\x20\x7f]+")
_NOT_IN_TOKEN = re.compile(r"[^!#$%&'*+.^_`|~0-9A-Za-z-]")
_USER_INFO = re.compile(r"^((?:[A-Za-z][A-Za-z0-9+.-]*:)?//)[^/?#]*@")
_HOST_AND_TARGET = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://([^/?#]*)([^#]*)")


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
        file = self._writable()
        group_offset = self._size
        response_id, request_id, metadata_id = (self._new_id() for _ in range(3))
        before = self._to_bytes(
            _metadata(fetch, metadata_id, response_id),
            _request(fetch, request_id, response_id),
        )
        response = self._to_bytes(_response(fetch, response_id))
        try:
            self._append(file, before + response)
        except OSError as error:
            raise ArchiveError(f"{self._path}: cannot be written: {error}") from error
        return ArchivedPage(
            archive=str(self._path),
            group_offset=group_offset,
            source=Source(
                input=InputKind.LIVE,
                warc_file=self._path.name,
                warc_offset=group_offset + len(before),
                warc_record_id=f"<urn:uuid:{response_id}>",
            ),
            requested_url=_clean_url(fetch.requested_url),
            url=_clean_url(fetch.url),
            fetched_at=_to_second(fetch.fetched_at),
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
                self._append(file, self._to_bytes(self._warcinfo()))
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

    def _warcinfo(self) -> ArcWarcRecord:
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
        return _record(headers, lines.encode(), CONTENT_TYPE)

    @staticmethod
    def _to_bytes(*records: ArcWarcRecord) -> bytes:
        buffer = BytesIO()
        writer = WARCWriter(buffer, gzip=True, warc_version="1.1")
        for record in records:
            writer.write_record(record)
        return buffer.getvalue()


def repair_archive(path: Path) -> int:
    """The file ends with a whole gzip member; how many bytes were cut for that.

    For an archive whose writer was killed. A file in which no member is whole is
    removed.

    Raises:
        ArchiveError: The file cannot be changed, or it is damaged before its end: then
            nothing is cut, since whole records lie behind.
    """
    try:
        with path.open("rb") as file:
            whole_bytes = _whole_bytes(FileStream(file))
        cut_bytes = path.stat().st_size - whole_bytes
        if whole_bytes == 0:
            path.unlink()
        elif cut_bytes:
            os.truncate(path, whole_bytes)
    except OSError as error:
        raise ArchiveError(f"{path}: cannot be repaired: {error}") from error
    except DamagedGzipError as error:
        raise ArchiveError(f"{path}: {error}; whole records lie behind") from error
    return cut_bytes


def _whole_bytes(stream: FileStream) -> int:
    """Where the last whole member ends."""
    end = 0
    try:
        while stream.peek(1):
            Member(stream).drain()
            end = stream.offset
    except DamagedGzipError:
        stream.go_to(end + 1)
        if find_member(stream):
            raise
    return end


def _highest_number(folder: Path, prefix: str) -> int:
    name = re.compile(re.escape(prefix) + r"-(\d{5,})\.warc\.gz")
    matches = (name.fullmatch(path.name) for path in folder.iterdir())
    return max((int(match[1]) for match in matches if match), default=0)


def _metadata(
    fetch: Fetch, record_id: uuid.UUID, response_id: uuid.UUID
) -> ArcWarcRecord:
    discovery = fetch.discovery
    if discovery is not None and discovery.source_url is not None:
        via = _clean_url(discovery.source_url)
        discovery = discovery.model_copy(update={"source_url": via})
    block = FetchMetadata(
        _clean_url(fetch.requested_url), fetch.purpose, discovery
    ).to_block()
    headers = _record_headers(fetch, "metadata", record_id)
    headers.append(("WARC-Refers-To", f"<urn:uuid:{response_id}>"))
    return _record(headers, block, CONTENT_TYPE)


def _request(
    fetch: Fetch, record_id: uuid.UUID, response_id: uuid.UUID
) -> ArcWarcRecord:
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
    return _record(headers, head, "application/http; msgtype=request", payload=b"")


def _response(fetch: Fetch, record_id: uuid.UUID) -> ArcWarcRecord:
    protocol = fold(fetch.protocol)
    headers = _record_headers(fetch, "response", record_id)
    if fetch.ip_address is not None:
        headers.append(("WARC-IP-Address", fold(fetch.ip_address)))
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
    return _record(
        headers,
        head + fetch.body,
        "application/http; msgtype=response",
        payload=fetch.body,
    )


def _record_headers(
    fetch: Fetch, record_type: str, record_id: uuid.UUID
) -> list[tuple[str, str]]:
    return [
        ("WARC-Type", record_type),
        ("WARC-Record-ID", f"<urn:uuid:{record_id}>"),
        ("WARC-Date", _warc_date(fetch.fetched_at)),
        ("WARC-Target-URI", _clean_url(fetch.url)),
    ]


def _record(
    headers: list[tuple[str, str]],
    block: bytes,
    content_type: str,
    *,
    payload: bytes | None = None,
) -> ArcWarcRecord:
    """A record with the block as it is: warcio would re-code the HTTP headers."""
    if payload is not None:
        digester = Digester("sha1")
        digester.update(payload)
        headers.append(("WARC-Payload-Digest", str(digester)))
    rec_headers = StatusAndHeaders("", headers, protocol=_VERSION)
    return ArcWarcRecord(
        "warc",
        rec_headers["WARC-Type"],
        rec_headers,
        BytesIO(block),
        None,
        content_type,
        len(block),
    )


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
