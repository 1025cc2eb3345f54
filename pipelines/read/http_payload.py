"""An HTTP body as it was sent in, the bytes of the page out; never more than asked for.

Every step is bounded, so that a page of a few kilobytes which unpacks to gigabytes
costs no more than the limit. Sources: RFC 9112 section 7.1 (chunked), RFC 9110
section 8.4 (codings), RFC 9659 (window of zstd), WHATWG MIME Sniffing section 7.1.
"""

import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from zstandard import ZstdDecompressor

MISMATCH = "content-encoding-mismatch"
"""The header names a coding that the body does not have, or that is not known."""

TRUNCATED = "content-truncated"
"""The body ends, or is corrupt, before its coding says that it is complete."""

MAX_CODINGS = 5

_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]{0,4096})?\r?\n")
_LINE_END = re.compile(rb"\r?\n")
_STEP_BYTES = 65_536
_ZSTD_WINDOW_BYTES = 8 * 1024 * 1024

_SNIFFED_BYTES = 4_096
_NO_HTML_TYPE = frozenset(
    {
        "",
        "*/*",
        "application/octet-stream",
        "application/unknown",
        "binary/octet-stream",
        "text/plain",
        "unknown/unknown",
    }
)
_HTML_START = re.compile(
    rb"<!--|(?:<\?xml[^>]*>\s*)?"
    rb"<(?:!doctype\s+html|html|head|script|iframe|h1|div|font|table|a|style|title|b|"
    rb"body|br|p|meta|link)(?=[\s>/])",
    re.IGNORECASE,
)


class Payload(NamedTuple):
    """The decoded body."""

    body: bytes
    """One byte more than the limit if it is larger than that."""

    warnings: tuple[str, ...]
    """`MISMATCH`, `TRUNCATED`."""


class _Decoded(NamedTuple):
    body: bytes
    complete: bool


class _CodingError(Exception):
    """Nothing could be decoded."""


REDIRECTS = frozenset({301, 302, 303, 307, 308})


def decode_payload(
    headers: Iterable[tuple[str, str]], raw: bytes, *, max_bytes: int
) -> Payload:
    """The body after transfer and content decoding.

    A body that is not what its headers say is given as it is, or as far as it could
    be decoded, with a warning. Of one larger than `max_bytes`, the first
    `max_bytes + 1` bytes are given.

    Args:
        headers: Of the response.
        raw: The body as received, or already de-chunked.
        max_bytes: The limit of the page.
    """
    headers = tuple(headers)
    transfer = _codings(headers, "transfer-encoding")
    body, complete = raw, True
    if "chunked" in transfer:
        body, complete = _dechunk(raw)
        transfer.remove("chunked")
    warnings = [] if complete else [TRUNCATED]
    codings = _codings(headers, "content-encoding") + transfer
    body, found = _decode_all(body, codings, max_bytes + 1)
    warnings += (warning for warning in found if warning not in warnings)
    return Payload(body[: max_bytes + 1], tuple(warnings))


def is_redirect(status: int, header_names: Iterable[str]) -> bool:
    """Whether a response only sends the client on (RFC 9110 section 15.4).

    A status like 300 or 304, or one without `Location`, is an answer, if an odd one.
    """
    return status in REDIRECTS and "location" in map(str.lower, header_names)


def is_html(content_type: str | None, body: bytes) -> bool:
    """Whether a response is a page of HTML.

    The header decides. Where it says nothing, or nothing that means anything, the body
    does: HTML begins with a tag of HTML. (Guessers that look for the language of the
    content take pages which begin with a script for JavaScript.)
    """
    media_type = (content_type or "").partition(";")[0].strip().lower()
    if media_type in {"text/html", "application/xhtml+xml"}:
        return True
    return media_type in _NO_HTML_TYPE and _begins_as_html(body)


def _begins_as_html(body: bytes) -> bool:
    start = body[:_SNIFFED_BYTES]
    for mark in (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"):
        start = start.removeprefix(mark)
    # In UTF-16 every second byte of a tag is null.
    return _HTML_START.match(start.replace(b"\0", b"").lstrip()) is not None


def _codings(headers: Iterable[tuple[str, str]], name: str) -> list[str]:
    """The codings that headers of this name list, in the order they were applied."""
    listed = (value for header, value in headers if header.lower() == name)
    codings = (coding.strip().lower() for coding in ",".join(listed).split(","))
    return [coding for coding in codings if coding not in {"", "identity"}]


def _dechunk(raw: bytes) -> _Decoded:
    """The chunks put together; `raw` itself if it does not begin with a chunk."""
    chunks: list[bytes] = []
    at = 0
    while size_line := _CHUNK_LINE.match(raw, at):
        size = int(size_line[1], 16)
        if size == 0:
            return _Decoded(b"".join(chunks), complete=True)
        chunk = raw[size_line.end() : size_line.end() + size]
        at = size_line.end() + len(chunk)
        line_end = _LINE_END.match(raw, at)
        if line_end is None and at < len(raw):
            break
        chunks.append(chunk)
        at = line_end.end() if line_end else at
    if not chunks:
        return _Decoded(raw, complete=True)
    return _Decoded(b"".join(chunks), complete=False)


def _decode_all(
    body: bytes, codings: list[str], max_bytes: int
) -> tuple[bytes, list[str]]:
    warnings: list[str] = []
    for coding in reversed(codings[-MAX_CODINGS:]):
        if not body:
            return body, warnings
        decoder = _DECODERS.get(coding)
        if decoder is None or _begins_as_html(body):
            return body, [*warnings, MISMATCH]
        try:
            body, complete = decoder(body, max_bytes)
        except _CodingError:
            return body, [*warnings, MISMATCH]
        if not complete and len(body) < max_bytes:
            warnings.append(TRUNCATED)
    if len(codings) > MAX_CODINGS:
        warnings.append(MISMATCH)
    return body, warnings


def _collect(
    steps: Iterator[bytes], max_bytes: int, errors: type[Exception]
) -> _Decoded:
    """The steps put together, until they end, fail or reach the limit.

    Raises:
        _CodingError: They fail or end with nothing.
    """
    chunks: list[bytes] = []
    size = 0
    complete = True
    try:
        for chunk in steps:
            chunks.append(chunk)
            size += len(chunk)
            if size >= max_bytes:
                break
    except (EOFError, errors) as error:
        if not size:
            raise _CodingError from error
        complete = False
    return _Decoded(b"".join(chunks)[:max_bytes], complete)


def _inflate_steps(body: bytes, window: int) -> Iterator[bytes]:
    """Raises EOFError if the body ends too soon."""
    rest = body
    while True:
        inflater = zlib.decompressobj(window)
        while not inflater.eof:
            chunk = inflater.decompress(rest, _STEP_BYTES)
            rest = inflater.unconsumed_tail
            yield chunk
            if not chunk and not rest and not inflater.eof:
                raise EOFError
        rest = inflater.unused_data
        if window < zlib.MAX_WBITS + 1 or not rest.startswith(b"\x1f\x8b"):
            return


def _gunzip(body: bytes, max_bytes: int) -> _Decoded:
    return _collect(
        _inflate_steps(body, zlib.MAX_WBITS | 16), max_bytes, errors=zlib.error
    )


def _inflate(body: bytes, max_bytes: int) -> _Decoded:
    """Deflate is zlib's format by the RFC, and none by what some servers send."""
    try:
        return _collect(
            _inflate_steps(body, zlib.MAX_WBITS), max_bytes, errors=zlib.error
        )
    except _CodingError:
        return _collect(
            _inflate_steps(body, -zlib.MAX_WBITS), max_bytes, errors=zlib.error
        )


def _unbrotli(body: bytes, max_bytes: int) -> _Decoded:
    import brotli

    def steps() -> Iterator[bytes]:
        decompressor = brotli.Decompressor()
        chunk = decompressor.process(body, output_buffer_limit=_STEP_BYTES)
        while chunk or not decompressor.can_accept_more_data():
            yield chunk
            chunk = decompressor.process(b"", output_buffer_limit=_STEP_BYTES)
        if not decompressor.is_finished():
            raise EOFError

    return _collect(steps(), max_bytes, errors=brotli.error)


def _unzstd(body: bytes, max_bytes: int) -> _Decoded:
    import zstandard

    decompressor = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW_BYTES)

    def steps() -> Iterator[bytes]:
        reader = decompressor.stream_reader(body, read_across_frames=True)
        size = 0
        while chunk := reader.read(_STEP_BYTES):
            size += len(chunk)
            yield chunk
        # A reader does not tell a frame that is cut from one that is whole. This may
        # inflate without bounds, since it is known now how much there is.
        if size < max_bytes and not _is_whole_zstd(decompressor, body):
            raise EOFError

    return _collect(steps(), max_bytes, errors=zstandard.ZstdError)


def _is_whole_zstd(decompressor: "ZstdDecompressor", body: bytes) -> bool:
    rest = body
    while rest:
        frame = decompressor.decompressobj()
        frame.decompress(rest)
        if not frame.eof:
            return False
        rest = frame.unused_data
    return True


_DECODERS: dict[str, Callable[[bytes, int], _Decoded]] = {
    "gzip": _gunzip,
    "x-gzip": _gunzip,
    "deflate": _inflate,
    "br": _unbrotli,
    "zstd": _unzstd,
}
