"""Transfer and content codings: right ones, wrong ones, cut ones, and bombs."""

import gzip
import itertools
import tracemalloc
import zlib
from collections.abc import Callable

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from pipelines.read.http_payload import (
    MAX_CODINGS,
    MISMATCH,
    TRUNCATED,
    Payload,
    decode_payload,
    is_html,
)

LIMIT = 1_000_000
# Different words, so that no coding holds all of it back in one block.
BODY = b"<html>" + b" ".join(b"%x" % (n * n * 7919) for n in range(20_000)) + b"</html>"


def deflate_raw(content: bytes) -> bytes:
    """Deflate without zlib's header, as some servers send it."""
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(content) + compressor.flush()


def zstd_streamed(content: bytes) -> bytes:
    """A frame that does not tell its size, as servers send it."""
    compressor = zstandard.ZstdCompressor().compressobj()
    return compressor.compress(content) + compressor.flush()


def chunked(content: bytes, size: int = 1_000) -> bytes:
    """The content in chunks, the first with an extension, with a trailer."""
    chunks = [content[at : at + size] for at in range(0, len(content), size)]
    lines = [b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks]
    lines[:1] = [lines[0].replace(b"\r\n", b" ; name=value\r\n", 1)] if lines else []
    return b"".join(lines) + b"0\r\nTrailer: x\r\n\r\n"


ENCODERS: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("gzip", gzip.compress),
    ("x-gzip", gzip.compress),
    ("deflate", zlib.compress),
    ("deflate", deflate_raw),
    ("br", brotli.compress),
    ("zstd", zstd_streamed),
    ("zstd", zstandard.ZstdCompressor().compress),
]
IDS = ["gzip", "x-gzip", "zlib", "deflate", "br", "zstd-streamed", "zstd"]
each_coding = pytest.mark.parametrize(("coding", "encode"), ENCODERS, ids=IDS)


def decode(raw: bytes, *codings: str, limit: int = LIMIT) -> Payload:
    """The payload of a response with these content codings."""
    headers = [("Content-Encoding", coding) for coding in codings]
    return decode_payload(headers, raw, max_bytes=limit)


@each_coding
def test_decodes(coding: str, encode: Callable[[bytes], bytes]) -> None:
    """What was encoded comes back, without a warning."""
    assert decode(encode(BODY), coding) == Payload(BODY, ())


@each_coding
def test_decodes_chunks_and_coding(
    coding: str, encode: Callable[[bytes], bytes]
) -> None:
    """Chunks are taken apart before the content is decoded."""
    headers = [("transfer-encoding", "Chunked"), ("content-encoding", coding.upper())]
    raw = chunked(encode(BODY))
    assert decode_payload(headers, raw, max_bytes=LIMIT) == Payload(BODY, ())


@each_coding
def test_decodes_an_empty_body(coding: str, encode: Callable[[bytes], bytes]) -> None:
    """Nothing, encoded, is nothing; and so is nothing at all."""
    assert decode(encode(b""), coding) == Payload(b"", ())
    assert decode(b"", coding) == Payload(b"", ())
    assert decode(encode(b""), f"{coding}, {coding}") == Payload(b"", ())


@each_coding
def test_gives_what_a_cut_body_holds(
    coding: str, encode: Callable[[bytes], bytes]
) -> None:
    """The beginning of the page, and a warning that it is not all."""
    encoded = encode(BODY)
    body, warnings = decode(encoded[: len(encoded) * 4 // 5], coding)
    assert warnings == (TRUNCATED,)
    assert 0 < len(body) < len(BODY)
    assert BODY.startswith(body)


@each_coding
def test_gives_what_stands_before_corrupt_bytes(
    coding: str, encode: Callable[[bytes], bytes]
) -> None:
    """An error in the middle costs what follows, not what went before."""
    encoded = bytearray(encode(BODY))
    middle = len(encoded) * 4 // 5
    encoded[middle:] = b"\xff" * (len(encoded) - middle)
    body, warnings = decode(bytes(encoded), coding)
    assert warnings == (TRUNCATED,)
    assert body.startswith(BODY[:10_000])


@each_coding
@pytest.mark.parametrize("body", [BODY, b"{plain text}", b"\x00\x01\x02\x03"])
def test_gives_a_mislabelled_body_as_it_is(
    coding: str, encode: Callable[[bytes], bytes], body: bytes
) -> None:
    """The header says that it is encoded, but it is not: nothing is lost."""
    assert decode(body, coding) == Payload(body, (MISMATCH,))


@each_coding
def test_a_page_over_the_limit_is_cut_one_byte_after_it(
    coding: str, encode: Callable[[bytes], bytes]
) -> None:
    """So the pipeline knows it as too large; exactly at the limit it is whole."""
    encoded = encode(BODY)
    size = len(BODY)
    assert decode(encoded, coding, limit=size - 1) == Payload(BODY, ())
    assert decode(encoded, coding, limit=size) == Payload(BODY, ())
    assert decode(encoded, coding, limit=size + 1) == Payload(BODY, ())
    assert decode(encoded, coding, limit=1_000) == Payload(BODY[:1_001], ())


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
def test_a_bomb_is_not_unpacked(coding: str) -> None:
    """1 GB of zeros: no more memory is used than for a page of the limit."""
    bomb = make_bomb(coding)
    assert len(bomb) < 2_000_000
    tracemalloc.start()

    body, _ = decode(bomb, coding)

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(body) == LIMIT + 1
    assert peak < 10 * LIMIT


def make_bomb(coding: str) -> bytes:
    """1 GB of zeros, compressed."""
    block = bytes(10_000_000)
    if coding == "gzip":
        return gzip.compress(block, mtime=0) * 100
    if coding == "br":
        compressor = brotli.Compressor(quality=1)
        packed: bytes = b"".join(compressor.process(block) for _ in range(100))
        packed += compressor.finish()
        return packed
    zstd = zstandard.ZstdCompressor().compressobj()
    return b"".join(zstd.compress(block) for _ in range(100)) + zstd.flush()


def test_a_bomb_in_a_bomb_is_not_unpacked() -> None:
    """Each step is bounded, not only the last one."""
    bomb = gzip.compress(gzip.compress(bytes(100_000_000)))
    body, _ = decode(bomb, "gzip, gzip")
    assert body == bytes(LIMIT + 1)


@pytest.mark.parametrize("codings", [("gzip, br",), ("gzip", "br")])
def test_decodes_several_codings_in_a_row(codings: tuple[str, ...]) -> None:
    """The last one applied is the first one undone, however they are listed."""
    assert decode(brotli.compress(gzip.compress(BODY)), *codings) == Payload(BODY, ())


def test_decodes_a_transfer_coding_under_chunks() -> None:
    """`Transfer-Encoding: gzip, chunked` is rare, but allowed."""
    headers = [("Transfer-Encoding", "gzip, chunked")]
    raw = chunked(gzip.compress(BODY))
    assert decode_payload(headers, raw, max_bytes=LIMIT) == Payload(BODY, ())


def test_reads_all_members_and_frames() -> None:
    """Both may be sent in several pieces; bytes behind gzip are ignored."""
    half = len(BODY) // 2
    for coding, encode in (("gzip", gzip.compress), ("zstd", zstd_streamed)):
        encoded = encode(BODY[:half]) + encode(BODY[half:])
        assert decode(encoded, coding) == Payload(BODY, ())
    assert decode(gzip.compress(BODY) + b"\n", "gzip") == Payload(BODY, ())


@pytest.mark.parametrize("coding", ["identity", "", "Identity, "])
def test_identity_is_no_coding(coding: str) -> None:
    """`identity` says that there is nothing to do."""
    assert decode(BODY, coding) == Payload(BODY, ())


def test_an_unknown_coding_gives_the_body_as_it_is() -> None:
    """A charset in the header of the coding, as some servers send it."""
    assert decode(BODY, "utf-8") == Payload(BODY, (MISMATCH,))


def test_a_long_list_of_codings_is_not_followed() -> None:
    """More codings than any server uses are an attack or an error."""
    body = BODY
    for _ in range(MAX_CODINGS + 1):
        body = gzip.compress(body)
    decoded, warnings = decode(body, ", ".join(["gzip"] * (MAX_CODINGS + 1)))
    assert decoded == gzip.compress(BODY, mtime=0) or gzip.decompress(decoded) == BODY
    assert warnings == (MISMATCH,)


@pytest.mark.parametrize("body", [BODY, b"zz\r\nno chunk", b"face to face", b""])
def test_a_body_without_chunks_is_given_as_it_is(body: bytes) -> None:
    """Crawlers keep the header and store the body de-chunked."""
    headers = [("Transfer-Encoding", "chunked")]
    assert decode_payload(headers, body, max_bytes=LIMIT) == Payload(body, ())


@pytest.mark.parametrize(
    ("raw", "body"),
    [
        (b"3\r\nabc\r\n5\r\nde", b"abcde"),
        (b"3\r\nabc\r\n", b"abc"),
        (b"3\r\nabc", b"abc"),
        (b"3\r\nabc\r\nno size\r\n", b"abc"),
        (b"3\r\nabc\r\n2\r\nlonger than two", b"abc"),
    ],
)
def test_gives_the_chunks_that_are_there(raw: bytes, body: bytes) -> None:
    """A body that is cut in or behind a chunk is given up to there, with a warning."""
    headers = [("Transfer-Encoding", "chunked")]
    expected = Payload(body, (TRUNCATED,))
    assert decode_payload(headers, raw, max_bytes=LIMIT) == expected


def test_warns_once_of_a_body_that_is_cut_in_chunk_and_coding() -> None:
    """Both layers are cut by the same loss."""
    headers = [("Transfer-Encoding", "chunked"), ("Content-Encoding", "gzip")]
    raw = chunked(gzip.compress(BODY))[:-4_000]
    assert decode_payload(headers, raw, max_bytes=LIMIT).warnings == (TRUNCATED,)


@given(raw=st.binary(max_size=300), codings=st.lists(st.sampled_from(IDS), max_size=3))
def test_never_raises_nor_gives_too_much(raw: bytes, codings: list[str]) -> None:
    """Any bytes under any header give a body within the limit."""
    headers = [("Content-Encoding", coding) for coding in codings]
    headers.append(("Transfer-Encoding", "chunked"))
    payload = decode_payload(headers, raw, max_bytes=100)
    assert len(payload.body) <= 101


@given(body=st.binary(max_size=2_000), size=st.integers(1, 500))
def test_what_is_chunked_comes_back(body: bytes, size: int) -> None:
    """Any body, in chunks of any size."""
    headers = [("Transfer-Encoding", "chunked")]
    decoded = decode_payload(headers, chunked(body, size), max_bytes=LIMIT)
    assert decoded == Payload(body, ())


HTML_STARTS = [
    b"<!doctype html>",
    b"<!DOCTYPE HTML PUBLIC",
    b"\xef\xbb\xbf<html>",
    b"\n\t <Head>",
    b"<body class=x>",
    b"<script>",
    b"<!-- a comment --><html>",
    b'<?xml version="1.0"?>\n<!DOCTYPE html>',
    "<html>".encode("utf-16"),
]
OTHER_STARTS = [
    b"",
    b"plain",
    b"{}",
    b"<rss version='2.0'>",
    b'<?xml version="1.0"?><urlset>',
    b"<htmlx>",
    b"\x89PNG",
    b"\xff\xfe",
]


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        *itertools.product(
            ["text/html", "TEXT/HTML;charset=x", "application/xhtml+xml ; a=b"],
            [b"", b"{}"],
        ),
        *itertools.product(
            [None, "", " ", "text/plain; charset=utf-8", "application/octet-stream"],
            HTML_STARTS,
        ),
    ],
)
def test_knows_html(content_type: str | None, body: bytes) -> None:
    """By the header, and if it means nothing by a tag at the beginning."""
    assert is_html(content_type, body)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        *itertools.product(["image/png", "text/xml", "text/css"], HTML_STARTS[:1]),
        *itertools.product([None, "text/plain"], OTHER_STARTS),
    ],
)
def test_knows_what_is_not_html(content_type: str | None, body: bytes) -> None:
    """A header that says something else is believed."""
    assert not is_html(content_type, body)
