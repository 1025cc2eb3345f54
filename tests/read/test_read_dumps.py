"""Text files, JSONL dumps and saved pages."""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.read import read_path
from schemas.config import LimitsConfig
from schemas.page import Page, PageKind
from schemas.provenance import InputKind, Source
from tests.read.warc_samples import (
    LIMITS,
    bodies,
    failures,
    pages,
    pipe,
    read_bytes,
)

SMALL = LimitsConfig(max_page_bytes=50, max_record_bytes=200)
GOOD = b'{"text": "good"}\n'


def source(line: int, name: str = "a.jsonl") -> Source:
    """Where a line of a dump lies."""
    return Source(input=InputKind.JSONL, input_file=name, input_line=line)


def test_a_text_file_is_one_page(tmp_path: Path) -> None:
    """Its bytes are the body as they are."""
    body = "a\r\nب \xa0".encode()
    assert read_bytes(tmp_path, "a.TXT", body) == [
        Page(
            kind=PageKind.TEXT,
            body=body,
            source=Source(input=InputKind.TEXT, input_file="a.TXT"),
        )
    ]


@pytest.mark.parametrize("name", ["a.html", "a.htm", "a.xhtml"])
def test_an_html_file_is_one_page(tmp_path: Path, name: str) -> None:
    """Neither address nor time is invented for it."""
    assert read_bytes(tmp_path, name, b"<p>\xe9") == [
        Page(
            kind=PageKind.HTML,
            body=b"<p>\xe9",
            source=Source(input=InputKind.HTML, input_file=name),
        )
    ]


@pytest.mark.parametrize("name", ["a.txt", "a.html"])
def test_a_file_over_the_limit_is_cut_one_byte_after_it(
    tmp_path: Path, name: str
) -> None:
    """So the pipeline knows it as too large."""
    assert bodies(read_bytes(tmp_path, name, b"x" * 60, SMALL)) == [b"x" * 51]


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson", "a.jsonl.gz", "a.ndjson.gz"])
def test_each_line_is_a_page(tmp_path: Path, name: str) -> None:
    """Text or HTML, with address and time where they are given."""
    lines = [
        {
            "text": "un",
            "url": "http://a.test/1",
            "fetched_at": "2018-09-20T10:00+02:00",
        },
        {"html": "<p>deux é", "timestamp": "2018-09-20T08:00:00.5Z", "text": None},
        {"text": "trois", "html": "<p>", "date": "2018-09-20T08:00:00Z", "url": None},
    ]
    content = "\r\n".join(json.dumps(line) for line in lines).encode()
    if name.endswith(".gz"):
        # A line may go over from one member to the next.
        content = gzip.compress(content[:30]) + gzip.compress(content[30:])
    eight = datetime(2018, 9, 20, 8, tzinfo=UTC)
    assert read_bytes(tmp_path, name, content) == [
        Page(
            kind=PageKind.TEXT,
            body=b"un",
            source=source(1, name),
            url="http://a.test/1",
            fetched_at=eight,
        ),
        Page(
            kind=PageKind.HTML,
            body="<p>deux é".encode(),
            source=source(2, name),
            content_type="text/html; charset=utf-8",
            fetched_at=eight,
        ),
        Page(kind=PageKind.TEXT, body=b"trois", source=source(3, name)),
    ]


@pytest.mark.parametrize(
    "moment", ["2018-09-20", "2018-09-20T08:00:00", "20/09/2018 08:00:00 Z", 1537430400]
)
def test_a_time_that_may_mean_several_moments_is_not_read(
    tmp_path: Path, moment: object
) -> None:
    """Only ISO 8601 with a zone tells a moment."""
    line = json.dumps({"text": "a", "fetched_at": moment}).encode()
    (page,) = pages(read_bytes(tmp_path, "a.jsonl", line))
    assert page.fetched_at is None


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b'{"text": "torn', "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b'{"text": ' + b"9" * 5_000 + b"}", "no JSON"),
        (b'["text"]', "no JSON object"),
        (b'{"text": 7}', "'text' is no string"),
        (b'{"html": []}', "'html' is no string"),
        (b'{"body": "a"}', "neither"),
        (b'{"text": "a", "url": 7}', "'url' is no string"),
        (b'{"text": "\xe9"}', "no UTF-8"),
        (b'{"text": "' + b"x" * 200_000 + b'"}', "longer than"),
        (b"\xef\xbb\xbf" + GOOD.strip(), "no JSON"),
    ],
)
def test_a_bad_line_is_a_failure_with_its_number(
    tmp_path: Path, line: bytes, message: str
) -> None:
    """And all other lines are read."""
    limits = LimitsConfig(max_record_bytes=150_000)
    content = GOOD + b"\n \n" + line + b"\n" + GOOD
    readings = read_bytes(tmp_path, "a.jsonl", content, limits)
    assert [page.source for page in pages(readings)] == [source(1), source(5)]
    (failure,) = failures(readings)
    assert failure.source == source(4)
    assert failure.message.startswith("line 4: ")
    assert message in failure.message


def test_a_line_without_end_is_bounded() -> None:
    """A dump of one endless line from a pipe is one failure."""
    content = b'{"text": "' + b"x" * 1_000_000
    (failure,) = failures(list(read_path("-", SMALL, stdin=pipe(content))))
    assert failure.message == "line 1: longer than 200 bytes"


def test_a_line_at_the_limit_is_read(tmp_path: Path) -> None:
    """The limit includes the line's end; the page is cut one byte after its own."""
    line = json.dumps({"text": "x" * 187}).encode() + b"\n"
    assert len(line) == SMALL.max_record_bytes
    assert bodies(read_bytes(tmp_path, "a.jsonl", line, SMALL)) == [b"x" * 51]
    longer = line.replace(b"xx", b"xxx", 1)
    assert failures(read_bytes(tmp_path, "a.jsonl", longer, SMALL))


def test_a_mark_of_the_byte_order_is_no_part_of_the_first_line(tmp_path: Path) -> None:
    """Windows tools write one."""
    assert bodies(read_bytes(tmp_path, "a.jsonl", b"\xef\xbb\xbf" + GOOD)) == [b"good"]


def test_half_a_surrogate_pair_is_replaced(tmp_path: Path) -> None:
    """JSON can hold it, UTF-8 cannot; the page says so."""
    line = rb'{"text": "a\ud83d b \ud83d\ude00", "url": "http://a.test/\udc00"}'
    (page,) = pages(read_bytes(tmp_path, "a.jsonl", line))
    assert page.body == "a\ufffd b \U0001f600".encode()
    assert page.url == "http://a.test/\ufffd"
    assert page.warnings == ("lone-surrogates",)


@pytest.mark.parametrize("junk", [b"", b"\x1f\x8b\x08", b"garbage"])
def test_a_damaged_gzip_dump_ends_with_a_failure(tmp_path: Path, junk: bytes) -> None:
    """A dump that is cut short, or has garbage behind it, is read up to there."""
    content = gzip.compress(GOOD * 2)
    content = content + junk if junk else content[:-1]
    readings = read_bytes(tmp_path, "a.jsonl.gz", content)
    assert bodies(readings)[:1] == [b"good"]
    (failure,) = failures(readings)
    assert readings[-1] == failure
    assert "gzip member" in failure.message


def test_the_torn_line_of_a_cut_dump_is_no_page(tmp_path: Path) -> None:
    """Incompressible lines, so that whole ones come before the cut."""
    lines = b"".join(
        json.dumps({"text": str(n**90)}).encode() + b"\n" for n in range(5_000)
    )
    content = gzip.compress(lines)
    readings = read_bytes(tmp_path, "a.jsonl.gz", content[: len(content) // 2])
    (failure,) = failures(readings)
    assert 100 < len(pages(readings)) < 5_000
    assert bodies(readings) == [str(n**90).encode() for n in range(len(readings) - 1)]
    assert failure.source == source(len(readings), "a.jsonl.gz")


def test_a_dump_that_is_named_gzip_but_is_not(tmp_path: Path) -> None:
    """A plain file with the suffix of a compressed one is a failure without a line."""
    (failure,) = failures(read_bytes(tmp_path, "a.jsonl.gz", GOOD))
    assert failure.source == Source(input=InputKind.JSONL, input_file="a.jsonl.gz")
    assert "no gzip member begins at byte 0" in failure.message


@given(content=st.binary(max_size=300))
def test_never_raises_on_any_bytes(content: bytes) -> None:
    """Each line that is not blank is a page or a failure."""
    content = GOOD + content
    readings = list(read_path("-", LIMITS, stdin=pipe(content)))
    lines = [line for line in content.split(b"\n") if line.strip()]
    assert len(readings) == len(lines)
