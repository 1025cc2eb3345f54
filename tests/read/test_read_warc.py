"""WARC and WET: what is a page, what is told of it, and what damage does."""

import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.read import OtherRecord, read_path
from pipelines.read.byte_stream import HISTORY_BYTES
from schemas.config import LimitsConfig
from schemas.page import Page, PageKind
from schemas.provenance import InputKind, Source
from schemas.rejection import Failure, FailureReason
from tests.read.warc_samples import (
    HTML,
    LIMITS,
    URL,
    bodies,
    failures,
    gz,
    http,
    kinds,
    page_record,
    pages,
    pipe,
    read_bytes,
    warc_record,
)

RECORD_ID = "<urn:uuid:00000000-0000-0000-0000-000000000001>"
NAMES = ("a.warc", "a.warc.gz")
SMALL = LimitsConfig(max_page_bytes=500, max_record_bytes=2_000)


def packed(name: str, *records: bytes) -> bytes:
    """The records as a file of that name holds them."""
    return gz(*records) if name.endswith(".gz") else b"".join(records)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("version", ["WARC/1.0", "WARC/1.1"])
def test_tells_all_of_a_page(tmp_path: Path, name: str, version: str) -> None:
    """A response with HTML is a page, with everything that the record says of it."""
    first = warc_record(b"software: x\r\n", type_="warcinfo", version=version)
    second = warc_record(http(), version=version)

    readings = read_bytes(tmp_path, name, packed(name, first, second))

    assert readings == [
        OtherRecord("warcinfo"),
        Page(
            kind=PageKind.HTML,
            body=HTML,
            source=Source(
                input=InputKind.WARC,
                input_file=name,
                warc_file=name,
                warc_offset=len(packed(name, first)),
                warc_record_id=RECORD_ID,
            ),
            requested_url=URL,
            url=URL,
            http_status=200,
            content_type="text/html; charset=utf-8",
            fetched_at=datetime(2018, 9, 20, 8, 15, 30, tzinfo=UTC),
        ),
    ]


@pytest.mark.parametrize(
    ("block", "kind"),
    [
        (
            http(
                status="HTTP/1.1 301 Moved Permanently",
                headers="Content-Type: text/html\r\nlocation: /new\r\n",
            ),
            "redirect",
        ),
        (http(headers="Content-Type: image/png\r\n"), "not-html"),
        (http(headers="Content-Type: application/json\r\n"), "not-html"),
        (http(b"\x89PNG", headers=""), "not-html"),
    ],
)
def test_counts_responses_that_are_no_pages(
    tmp_path: Path, block: bytes, kind: str
) -> None:
    """Redirects and what is not HTML are counted by their kind."""
    assert read_bytes(tmp_path, "a.warc", warc_record(block)) == [OtherRecord(kind)]


@pytest.mark.parametrize(
    ("type_", "kind"),
    [
        ("request", "request"),
        ("metadata", "metadata"),
        ("warcinfo", "warcinfo"),
        ("revisit", "revisit"),
        ("resource", "resource"),
        ("continuation", "continuation"),
        ("Request", "request"),
        ("made-up", "unknown-record"),
    ],
)
def test_counts_records_of_other_types(tmp_path: Path, type_: str, kind: str) -> None:
    """Each type of the standard has its own count, all others share one."""
    record = warc_record(http(), type_=type_)
    assert read_bytes(tmp_path, "a.warc", record) == [OtherRecord(kind)]


@pytest.mark.parametrize("url", ["dns:news.test", "ftp://news.test/a", ""])
def test_counts_responses_of_other_protocols(tmp_path: Path, url: str) -> None:
    """A response to a DNS query is no page."""
    record = warc_record(b"20180920081530\r\nnews.test.", url=url)
    assert read_bytes(tmp_path, "a.warc", record) == [OtherRecord("not-http")]


def test_keeps_pages_whatever_the_status(tmp_path: Path) -> None:
    """An error page is a page; the pipeline judges it."""
    record = warc_record(http(status="HTTP/1.1 404 Not Found"))
    (page,) = pages(read_bytes(tmp_path, "a.warc", record))
    assert page.http_status == 404


@pytest.mark.parametrize("headers", ["", "Content-Type: application/octet-stream\r\n"])
def test_does_not_lose_html_that_begins_with_a_script(
    tmp_path: Path, headers: str
) -> None:
    """Guessing by content takes such pages for JavaScript; here a tag decides."""
    body = b"\n <script>var a = 1;</script><html><body>text</body></html>"
    record = warc_record(http(body, headers=headers))
    assert bodies(read_bytes(tmp_path, "a.warc", record)) == [body]


def test_strips_angle_brackets_of_an_address(tmp_path: Path) -> None:
    """Writers of WARC/1.0 put the address into `<>`, which is not part of it."""
    (page,) = pages(read_bytes(tmp_path, "a.warc", warc_record(http(), url=f"<{URL}>")))
    assert page.url == URL


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("2018-09-20T08:15:30.999999Z", datetime(2018, 9, 20, 8, 15, 30, tzinfo=UTC)),
        ("2018-09-20T08:15:30", datetime(2018, 9, 20, 8, 15, 30, tzinfo=UTC)),
        ("2018-09-20T08:15Z", datetime(2018, 9, 20, 8, 15, tzinfo=UTC)),
        ("2018-09-20", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("some time in 2018", None),
    ],
)
def test_keeps_of_the_date_what_it_tells(
    tmp_path: Path, date: str, expected: datetime | None
) -> None:
    """Fractions of a second are dropped, and no time is invented for a bare day."""
    record = warc_record(http()).replace(b"2018-09-20T08:15:30Z", date.encode())
    (page,) = pages(read_bytes(tmp_path, "a.warc", record))
    assert page.fetched_at == expected


def test_says_that_the_crawler_cut_the_page(tmp_path: Path) -> None:
    """`WARC-Truncated` becomes a warning."""
    record = warc_record(http(), headers="WARC-Truncated: length\r\n")
    (page,) = pages(read_bytes(tmp_path, "a.warc", record))
    assert page.warnings == ("warc-truncated",)


def test_gives_one_byte_over_the_limit_of_a_large_page(tmp_path: Path) -> None:
    """So the pipeline sees that it is too large; nothing is dropped in silence."""
    record = page_record(body=b"<html>" + b"x" * 900)
    (page,) = pages(read_bytes(tmp_path, "a.warc", record, SMALL))
    assert len(page.body) == SMALL.max_page_bytes + 1


def test_metadata_of_other_producers_says_nothing(tmp_path: Path) -> None:
    """Only a record of our form, for this response, tells the requested address."""
    ours = b"requested-url: http://other.test/\r\npurpose: page\r\n"
    refers = f"WARC-Refers-To: {RECORD_ID}\r\n"
    fields = "Content-Type: application/warc-fields\r\n"
    strangers = [
        warc_record(b"fetchTimeMs: 7\r\n", type_="metadata", headers=refers + fields),
        warc_record(ours, type_="metadata", headers=refers),
        warc_record(ours, type_="metadata", headers=fields),
        warc_record(
            ours, type_="metadata", headers=fields + "WARC-Refers-To: <urn:x>\r\n"
        ),
    ]
    for stranger in strangers:
        content = stranger + warc_record(http())
        (page,) = pages(read_bytes(tmp_path, "a.warc", content))
        assert page.requested_url == URL


# WET


@pytest.mark.parametrize("name", ["a.wet", "a.warc.wet", "a.warc.wet.gz"])
def test_reads_wet(tmp_path: Path, name: str) -> None:
    """A conversion to plain text is a page of text, its bytes as they are."""
    text = "Le Maroc a récemment intégré\nle programme".encode()
    record = warc_record(
        text, type_="conversion", headers="Content-Type: text/plain\r\n"
    )
    (page,) = pages(read_bytes(tmp_path, name, packed(name, record)))
    assert (page.kind, page.body, page.url) == (PageKind.TEXT, text, URL)
    assert page.source.input is InputKind.WET
    assert page.source.warc_record_id == RECORD_ID
    assert page.fetched_at == datetime(2018, 9, 20, 8, 15, 30, tzinfo=UTC)


def test_counts_conversions_to_other_forms(tmp_path: Path) -> None:
    """A conversion to PDF is no page."""
    record = warc_record(
        b"%PDF", type_="conversion", headers="Content-Type: application/pdf\r\n"
    )
    assert kinds(read_bytes(tmp_path, "a.warc", record)) == ["conversion"]


# Damage


def expect_one_failure(readings: list[object], *numbers: int) -> Failure:
    """The readings are those pages, and one failure, which is returned."""
    found = [reading for reading in readings if isinstance(reading, Failure)]
    texts = [reading.body for reading in readings if isinstance(reading, Page)]
    assert texts == [f"<html>page {number}</html>".encode() for number in numbers]
    assert len(found) == 1, [failure.message for failure in found]
    assert found[0].reason is FailureReason.DAMAGED_RECORD
    assert found[0].source is not None
    assert len(readings) == len(numbers) + 1
    return found[0]


def test_reports_a_gzip_member_that_is_cut_short(tmp_path: Path) -> None:
    """What gzip, warcio and FastWARC pass over: the file ends within a record."""
    whole = gz(page_record(1))
    last = gz(page_record(2))
    for cut in (1, 4, 9, len(last) // 2, len(last) - 3):
        content = whole + last[:-cut]
        failure = expect_one_failure([*read_bytes(tmp_path, "a.warc.gz", content)], 1)
        assert "cut short" in failure.message
        assert failure.source is not None
        assert failure.source.warc_offset == len(whole)
        assert failure.source.input_file == "a.warc.gz"


@pytest.mark.parametrize("place", [3, 30, -6])
def test_goes_on_after_a_corrupt_gzip_member(tmp_path: Path, place: int) -> None:
    """Header, content or checksum corrupt: one failure, and the rest is read."""
    members = [bytearray(gz(page_record(number))) for number in (1, 2, 3)]
    start = len(members[0])
    members[1][place] ^= 0xFF
    content = b"".join(members)

    failure = expect_one_failure([*read_bytes(tmp_path, "a.warc.gz", content)], 1, 3)

    assert f"at byte {start}" in failure.message
    assert failure.source is not None
    assert failure.source.warc_offset == start


def test_goes_on_after_a_hole_in_a_compressed_file(tmp_path: Path) -> None:
    """Bytes missing within a member, so that it runs into the next one."""
    first, second, third = (
        gz(page_record(number, None if number != 2 else b"<html>" + bytes(range(256))))
        for number in (1, 2, 3)
    )
    content = first + second[: len(second) // 2] + third
    expect_one_failure([*read_bytes(tmp_path, "a.warc.gz", content)], 1, 3)


@pytest.mark.parametrize(
    "junk", [b"junk", b"\0" * 512, b"\x1f\x8b\x08junk", gzip.compress(b"no record")]
)
def test_reports_garbage_at_the_end_of_a_compressed_file(
    tmp_path: Path, junk: bytes
) -> None:
    """Whatever follows the last record is one failure."""
    content = gz(page_record(1)) + junk
    expect_one_failure([*read_bytes(tmp_path, "a.warc.gz", content)], 1)


def test_reports_garbage_between_gzip_members(tmp_path: Path) -> None:
    """Garbage between members is one failure at its place."""
    first = gz(page_record(1))
    content = first + b"garbage \x1f\x8b\x08 garbage" + gz(page_record(2))
    failure = expect_one_failure([*read_bytes(tmp_path, "a.warc.gz", content)], 1, 2)
    assert failure.message.endswith(f"no gzip member begins at byte {len(first)}")


def test_reads_a_file_that_is_compressed_as_a_whole(tmp_path: Path) -> None:
    """Many records in one member, more of them than one record may have bytes."""
    numbers = range(1, 101)
    content = gzip.compress(b"".join(map(page_record, numbers)))
    readings = read_bytes(tmp_path, "a.warc.gz", content, SMALL)
    assert len(pages(readings)) == len(readings) == 100
    assert {page.source.warc_offset for page in pages(readings)} == {0}


def test_goes_on_after_a_bad_record_in_a_member(tmp_path: Path) -> None:
    """In a file compressed as a whole a bad record does not end the reading."""
    bad = warc_record(http(), length="many")
    content = gzip.compress(page_record(1) + bad + page_record(2))
    expect_one_failure([*read_bytes(tmp_path, "a.warc.gz", content)], 1, 2)


@pytest.mark.parametrize("name", NAMES)
def test_skips_a_record_over_the_limit(tmp_path: Path, name: str) -> None:
    """A record that is too large is a failure, and the next one is read."""
    large = page_record(2, b"<html>" + b"x" * 5_000)
    content = packed(name, page_record(1), large, page_record(3))
    readings = read_bytes(tmp_path, name, content, SMALL)
    failure = expect_one_failure([*readings], 1, 3)
    assert "the limit is 2000" in failure.message


def test_a_bomb_costs_no_more_than_the_limit(tmp_path: Path) -> None:
    """100 MB of zeros behind a record's headers are passed over, not stored."""
    import tracemalloc

    size = 100_000_000
    head = warc_record(b"", length=size, end=b"")
    bomb = gzip.compress(head + b"\0" * size + b"\r\n\r\n", compresslevel=1)
    path = tmp_path / "a.warc.gz"
    path.write_bytes(bomb + gz(page_record(1)))
    del bomb
    tracemalloc.start()

    readings = list(read_path(str(path), SMALL))

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    expect_one_failure([*readings], 1)
    assert peak < 10_000_000


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (b"garbage\r\n\r\nmore garbage\r\n", "no WARC record begins here"),
        (warc_record(http(), length="many"), "Content-Length is 'many'"),
        (warc_record(http(), length=""), "Content-Length is ''"),
        (warc_record(http(), length=-5), "Content-Length is '-5'"),
        (warc_record(http(), length=7), "does not end where"),
        (warc_record(http(), length=len(http()) + 30), "does not end where"),
        (warc_record(http(), length=1_000_000), "is cut short"),
        (warc_record(http(), length=10**15), "is cut short"),
        (warc_record(http(), version="WARC/7.0"), "version b'WARC/7.0' is not known"),
        (warc_record(http(), type_=""), "no WARC-Type"),
        (warc_record(http(b"<html>a"))[:-20] + b"\r\n", "does not end where"),
    ],
)
def test_goes_on_after_damage_in_a_plain_file(
    tmp_path: Path, bad: bytes, message: str
) -> None:
    """One failure that says what and where, then the next record."""
    first = page_record(1)
    content = first + bad + page_record(2)
    failure = expect_one_failure([*read_bytes(tmp_path, "a.warc", content)], 1, 2)
    assert message in failure.message
    assert failure.message.endswith(f"at byte {len(first)}")
    assert failure.source is not None
    assert failure.source.warc_offset == len(first)


def test_reads_what_a_damaged_record_seemed_to_hold_from_a_pipe() -> None:
    """A pipe is gone back in: the record behind the damage is not lost."""
    bad = warc_record(http(), length=10**15)
    content = page_record(1) + bad + page_record(2)
    readings = list(read_path("-", LIMITS, stdin=pipe(content)))
    expect_one_failure([*readings], 1, 2)


def test_a_pipe_is_gone_back_in_as_far_as_it_is_kept() -> None:
    """Memory for a pipe is bounded; what is near the point of failure is read."""
    bad = warc_record(http(b"x" * (HISTORY_BYTES + 1_000_000)), length=10**15)
    readings = list(read_path("-", LIMITS, stdin=pipe(bad + page_record(1))))
    expect_one_failure([*readings], 1)


@pytest.mark.parametrize("cut", [5, 50, 200])
def test_reports_a_plain_file_that_is_cut_short(tmp_path: Path, cut: int) -> None:
    """In the headers or in the block of the last record."""
    last = page_record(2)
    content = page_record(1) + last[:cut]
    failure = expect_one_failure([*read_bytes(tmp_path, "a.warc", content)], 1)
    assert "cut short" in failure.message or "no WARC record" in failure.message


def test_line_ends_that_are_missing_at_the_end_are_no_damage(tmp_path: Path) -> None:
    """A record whose block is whole counts, also if the file ends with it."""
    records = page_record(1)[:-2] + page_record(2)[:-4]
    assert len(pages(read_bytes(tmp_path, "a.warc", records))) == 2


@pytest.mark.parametrize("name", NAMES)
def test_a_page_that_quotes_an_archive_is_one_page(tmp_path: Path, name: str) -> None:
    """A whole record ends where it says, whatever stands in it."""
    body = b"<html>\n" + page_record(7) + gz(page_record(8)) + b"\r\n\r\n</html>"
    content = packed(name, page_record(1), page_record(2, body), page_record(3))
    readings = read_bytes(tmp_path, name, content)
    assert len(readings) == 3
    assert bodies(readings)[1] == body


@pytest.mark.parametrize("name", NAMES)
def test_html_that_calls_itself_an_archive_is_a_failure(
    tmp_path: Path, name: str
) -> None:
    """A saved error page named `.warc.gz` says so, and raises nothing."""
    (failure,) = failures(read_bytes(tmp_path, name, b"<!DOCTYPE html><html></html>"))
    assert "begins" in failure.message
    assert failure.message.startswith(name)


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_file_is_a_failure(tmp_path: Path, name: str) -> None:
    """An archive without a byte is no archive without pages."""
    (failure,) = failures(read_bytes(tmp_path, name, b""))
    assert failure.message == f"{name}: the file is empty"


def test_the_suffix_may_be_wrong_about_compression(tmp_path: Path) -> None:
    """The first bytes decide whether an archive is compressed."""
    assert len(pages(read_bytes(tmp_path, "a.warc.gz", page_record(1)))) == 1
    assert len(pages(read_bytes(tmp_path, "a.warc", gz(page_record(1))))) == 1


@pytest.mark.parametrize(
    "block",
    [
        b"",
        b"no message at all",
        b"HTTP/1.1 ok\r\n\r\n<html>",
        b"HTTP/1.1 \xd9\xa2\xd9\xa0\xd9\xa0 OK\r\n\r\n<html>",
        b"\r\n\r\n<html>",
    ],
)
def test_a_response_without_http_is_a_failure(tmp_path: Path, block: bytes) -> None:
    """It names the page, since the record tells it."""
    (failure,) = failures(read_bytes(tmp_path, "a.warc", warc_record(block)))
    assert failure.url == URL
    assert failure.fetched_at is not None
    assert failure.source is not None
    assert failure.source.warc_record_id == RECORD_ID


def test_headers_without_end_are_failures(tmp_path: Path) -> None:
    """A megabyte of headers, of HTTP or of a record, is not parsed."""
    endless = b"X: y\r\n" * 200_000
    records = [
        warc_record(b"HTTP/1.1 200 OK\r\n" + endless),
        b"WARC/1.0\r\n" + endless + b"\r\n",
        page_record(1),
    ]
    readings = read_bytes(tmp_path, "a.warc", b"".join(records))
    assert [len(failures(readings)), len(pages(readings))] == [2, 1]


def test_a_response_may_have_headers_only(tmp_path: Path) -> None:
    """A body of no bytes is a page of no bytes."""
    record = warc_record(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n")
    assert bodies(read_bytes(tmp_path, "a.warc", record)) == [b""]


def test_damage_upon_damage_is_read_in_linear_time(tmp_path: Path) -> None:
    """Thousands of records that claim the rest of the file do not read it each time."""
    bad = warc_record(b"", length=10_000_000, end=b"\r\n")
    path = tmp_path / "a.warc"
    path.write_bytes(bad * 4_000 + b"x" * 9_000_000)
    readings = list(read_path(str(path), LIMITS))
    # 300 MB at most are read again: without that limit there were 4,000 failures.
    assert 0 < len(readings) < 100


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
    max_examples=150,
)
@given(
    tail=st.one_of(
        st.binary(max_size=400),
        st.tuples(st.integers(0, 600), st.integers(0, 255), st.integers(0, 600)).map(
            lambda edit: _edited(*edit)
        ),
    ),
    name=st.sampled_from(NAMES),
)
def test_never_raises_on_what_follows_a_good_record(
    tmp_path: Path, tail: bytes, name: str
) -> None:
    """Any bytes after a record: it is given, and what follows is accounted for."""
    readings = read_bytes(tmp_path, name, packed(name, page_record(1)) + tail)
    counted = (pages(readings), failures(readings), kinds(readings))
    assert sum(len(part) for part in counted) == len(readings)
    if tail.strip(b"\r\n"):
        assert len(readings) >= 2 or not name.endswith(".gz")
    assert b"<html>page 1</html>" in bodies(readings) or failures(readings)


def _edited(place: int, value: int, cut: int) -> bytes:
    """Two records with one byte changed and some cut off, plain and compressed."""
    records = bytearray(page_record(2) + gz(page_record(3), page_record(4)))
    records[place % len(records)] = value
    return bytes(records[: max(1, len(records) - cut)])


@pytest.mark.parametrize("status", ["300 Multiple Choices", "302 Found"])
def test_odd_answer_that_leads_nowhere_is_a_page(tmp_path: Path, status: str) -> None:
    """Without `Location` nothing follows it: it must not vanish from the account."""
    block = http(status=f"HTTP/1.1 {status}")
    (page,) = pages(read_bytes(tmp_path, "a.warc", warc_record(block)))
    assert page.http_status == int(status[:3])
