"""WARC records as bytes, written by hand, so that readers are not tested by writers."""

import gzip
import io
from collections.abc import Iterator
from pathlib import Path

from pipelines.read import OtherRecord, Reading, read_path
from schemas.config import LimitsConfig
from schemas.page import Page
from schemas.rejection import Failure

LIMITS = LimitsConfig()
URL = "http://news.test/1"
HTML = b"<html><body><p>Bonjour</p></body></html>"


def warc_record(  # noqa: PLR0913 - each part of a record may be wrong in a test
    block: bytes,
    *,
    type_: str = "response",
    headers: str = "",
    url: str = URL,
    version: str = "WARC/1.0",
    length: int | str | None = None,
    end: bytes = b"\r\n\r\n",
) -> bytes:
    """A record; `length` may lie."""
    head = (
        f"{version}\r\nWARC-Type: {type_}\r\nWARC-Target-URI: {url}\r\n"
        "WARC-Date: 2018-09-20T08:15:30Z\r\n"
        "WARC-Record-ID: <urn:uuid:00000000-0000-0000-0000-000000000001>\r\n"
        f"{headers}Content-Length: {len(block) if length is None else length}\r\n\r\n"
    )
    return head.encode() + block + end


def http(
    body: bytes = HTML,
    *,
    status: str = "HTTP/1.1 200 OK",
    headers: str = "Content-Type: text/html; charset=utf-8\r\n",
) -> bytes:
    """The block of a response."""
    return f"{status}\r\n{headers}\r\n".encode() + body


def page_record(number: int = 1, body: bytes | None = None) -> bytes:
    """A response with a page of its own."""
    html = f"<html>page {number}</html>".encode() if body is None else body
    return warc_record(http(html), url=f"http://news.test/{number}")


def gz(*records: bytes) -> bytes:
    """Each record a gzip member of its own."""
    return b"".join(gzip.compress(record, mtime=0) for record in records)


class Pipe(io.RawIOBase):
    """Standard input that cannot seek."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self._stream = io.BytesIO(content)

    def readable(self) -> bool:
        """It is for reading."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Some bytes at a time, as a pipe gives them."""
        chunk = self._stream.read(min(len(buffer), 1000))
        buffer[: len(chunk)] = chunk
        return len(chunk)


def pipe(content: bytes) -> io.BufferedReader:
    """A buffered pipe, as `sys.stdin.buffer` is."""
    return io.BufferedReader(Pipe(content))


def read_bytes(
    folder: Path, name: str, content: bytes, limits: LimitsConfig = LIMITS
) -> list[Reading]:
    """What the readers give for a file of this name and content."""
    path = folder / name
    path.write_bytes(content)
    return list(read_path(str(path), limits))


def pages(readings: list[Reading]) -> list[Page]:
    """The pages of them."""
    return [reading for reading in readings if isinstance(reading, Page)]


def failures(readings: list[Reading]) -> list[Failure]:
    """The failures of them."""
    return [reading for reading in readings if isinstance(reading, Failure)]


def kinds(readings: list[Reading]) -> list[str]:
    """The kinds of the other records."""
    return list(_kinds(readings))


def _kinds(readings: list[Reading]) -> Iterator[str]:
    for reading in readings:
        if isinstance(reading, OtherRecord):
            yield reading.kind


def bodies(readings: list[Reading]) -> list[bytes]:
    """The bodies of the pages."""
    return [page.body for page in pages(readings)]
