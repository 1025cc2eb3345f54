"""The archive: written as received, read back the same, whole after a kill."""

import base64
import gzip
import hashlib
import io
import itertools
import os
import re
import resource
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

from pipelines.archive import (
    ArchiveWriter,
    Fetch,
    Purpose,
    RevisitOf,
    RevisitProfile,
    encode,
    payload_digest,
    repair_archive,
)
from pipelines.read import OtherRecord, Reading, read_page_at, read_path
from pipelines.read.fetch_metadata import (
    FetchMetadata,
    parse_fetch_metadata,
)
from schemas.config import LimitsConfig
from schemas.errors import ArchiveError
from schemas.page import ArchivedPage, Discovery, Page, SourceKind
from schemas.provenance import InputKind
from schemas.rejection import Failure

LIMITS = LimitsConfig()
CLOCK = datetime(2026, 1, 2, 3, 4, 5, 678_901, tzinfo=UTC)
HTML = b"<html><p>Bonjour</p></html>"
FETCH = Fetch(
    requested_url="http://news.test/old",
    url="http://news.test/1?a=b",
    method="GET",
    request_headers=(("User-Agent", "Copydesk"), ("Accept", "text/html")),
    status=200,
    reason="OK",
    protocol="HTTP/1.1",
    response_headers=(("Content-Type", "text/html; charset=utf-8"),),
    body=HTML,
    fetched_at=CLOCK,
    purpose=Purpose.PAGE,
    ip_address="192.0.2.7",
    discovery=Discovery(
        source=SourceKind.FEED,
        source_url="http://news.test/rss",
        title="Un titre",
        date_raw="Thu, 20 Sep 2018 08:15:00 GMT",
    ),
)


def ids() -> Callable[[], uuid.UUID]:
    """Ids that count."""
    numbers = itertools.count(1)
    return lambda: uuid.UUID(int=next(numbers))


def writer(folder: Path, max_file_bytes: int = 10**9) -> ArchiveWriter:
    """A writer whose every byte is known."""
    return ArchiveWriter(
        folder,
        prefix="crawl",
        software="copydesk/0.1",
        now=lambda: CLOCK,
        new_id=ids(),
        max_file_bytes=max_file_bytes,
    )


def archive(folder: Path, *fetches: Fetch) -> list[ArchivedPage]:
    """Where the fetches lie."""
    with writer(folder) as archive_writer:
        return [archive_writer.write(fetch) for fetch in fetches]


def read(folder: Path) -> list[Reading]:
    """What the folder holds, but for the records before a response."""
    before = {"warcinfo", "metadata", "request"}
    return [
        reading
        for reading in read_path(str(folder), LIMITS)
        if not (isinstance(reading, OtherRecord) and reading.kind in before)
    ]


def read_one(folder: Path, fetch: Fetch) -> Page:
    """The page of a fetch that is written and read."""
    archive(folder, fetch)
    (page,) = read(folder)
    assert isinstance(page, Page)
    return page


def text_of(folder: Path) -> str:
    """All that stands in the first file."""
    content = gzip.decompress((folder / "crawl-00001.warc.gz").read_bytes())
    return content.decode("latin-1")


# What is written


def test_what_is_archived_is_read_back(tmp_path: Path) -> None:
    """Everything that a page can tell comes out of the archive."""
    page = read_one(tmp_path, FETCH)
    assert page.body == FETCH.body
    assert page.url == FETCH.url
    assert page.requested_url == FETCH.requested_url
    assert page.http_status == 200
    assert page.content_type == "text/html; charset=utf-8"
    assert page.discovery == FETCH.discovery
    assert page.fetched_at == CLOCK.replace(microsecond=0)
    assert page.warnings == ()


def test_two_writers_give_equal_bytes(tmp_path: Path) -> None:
    """With the same clock and ids there is nothing of the machine in the file."""
    for name in ("a", "b"):
        archive(tmp_path / name, FETCH, replace(FETCH, status=404))
    first, second = (
        (tmp_path / name / "crawl-00001.warc.gz").read_bytes() for name in ("a", "b")
    )
    assert first == second


def test_the_bytes_are_known(tmp_path: Path) -> None:
    """The whole file, so that a change of form is seen."""
    archive(tmp_path, FETCH)
    text = re.sub(r"sha1:\w+", "sha1:…", text_of(tmp_path))
    head = "WARC/1.1\r\nWARC-Type: {}\r\nWARC-Record-ID: <urn:uuid:{}>\r\n".format
    zeros = "00000000-0000-0000-0000-00000000000"
    at = "WARC-Date: 2026-01-02T03:04:05Z\r\n"
    uri = "WARC-Target-URI: http://news.test/1?a=b\r\n"
    both = "WARC-Payload-Digest: sha1:…\r\nWARC-Block-Digest: sha1:…\r\n"
    assert text == (
        head("warcinfo", zeros + "1")
        + at
        + "WARC-Filename: crawl-00001.warc.gz\r\nWARC-Block-Digest: sha1:…\r\n"
        "Content-Type: application/warc-fields\r\nContent-Length: 146\r\n\r\n"
        "software: copydesk/0.1\r\nformat: WARC File Format 1.1\r\n"
        "conformsTo: http://iipc.github.io/warc-specifications/"
        "specifications/warc-format/warc-1.1/\r\n\r\n\r\n"
        + head("metadata", zeros + "4")
        + at
        + uri
        + f"WARC-Refers-To: <urn:uuid:{zeros}2>\r\n{both}"
        "Content-Type: application/warc-fields\r\nContent-Length: 176\r\n\r\n"
        "requested-url: http://news.test/old\r\npurpose: page\r\n"
        "discovered-by: feed\r\nvia: http://news.test/rss\r\n"
        "discovered-title: Un titre\r\n"
        "discovered-date: Thu, 20 Sep 2018 08:15:00 GMT\r\n\r\n\r\n"
        + head("request", zeros + "3")
        + at
        + uri
        + f"WARC-Concurrent-To: <urn:uuid:{zeros}2>\r\n{both}"
        "Content-Type: application/http; msgtype=request\r\nContent-Length: 81\r\n\r\n"
        "GET /1?a=b HTTP/1.1\r\nHost: news.test\r\nUser-Agent: Copydesk\r\n"
        "Accept: text/html\r\n\r\n\r\n\r\n"
        + head("response", zeros + "2")
        + at
        + uri
        + f"WARC-IP-Address: 192.0.2.7\r\n{both}"
        "Content-Type: application/http; msgtype=response\r\nContent-Length: 86\r\n\r\n"
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
        "<html><p>Bonjour</p></html>\r\n\r\n"
    )


def test_warcio_finds_all_digests_right(tmp_path: Path) -> None:
    """A reader that is not ours verifies every record."""
    archive(tmp_path, FETCH, replace(FETCH, body=b"\x00\xff" * 1_000, protocol="h2"))
    with (tmp_path / "crawl-00001.warc.gz").open("rb") as file:
        records = []
        for record in ArchiveIterator(file, check_digests="raise"):
            record.content_stream().read()
            records.append(record.rec_type)
    assert records == ["warcinfo", *["metadata", "request", "response"] * 2]


def test_the_payload_digest_is_that_of_the_body(tmp_path: Path) -> None:
    """As the standard defines it, without the HTTP headers."""
    archive(tmp_path, FETCH)
    digest = base64.b32encode(hashlib.sha1(HTML, usedforsecurity=False).digest())
    assert f"WARC-Payload-Digest: sha1:{digest.decode()}" in text_of(tmp_path)


def test_secrets_are_not_archived(tmp_path: Path) -> None:
    """Credentials of requests and URLs; what the server sent is kept."""
    secret = replace(
        FETCH,
        requested_url="http://user:s3cret@news.test/old",
        url="http://user:s3cret@news.test/1",
        request_headers=(
            ("Authorization", "Basic s3cret"),
            ("COOKIE", "id=s3cret"),
            ("Proxy-Authorization", "s3cret"),
            (" cookie ", "s3cret"),
            ("Referer", "http://user:s3cret@news.test/"),
            ("User-Agent", "kept"),
        ),
        response_headers=(*FETCH.response_headers, ("Set-Cookie", "id=kept")),
        discovery=Discovery(
            source=SourceKind.SITEMAP, source_url="https://u:s3cret@news.test/sitemap"
        ),
    )
    page = read_one(tmp_path, secret)
    text = text_of(tmp_path)
    assert "s3cret" not in text
    assert "user" not in text
    assert "User-Agent: kept" in text
    assert "Set-Cookie: id=kept" in text
    assert page.url == "http://news.test/1"


def test_an_at_sign_in_the_path_is_kept(tmp_path: Path) -> None:
    """Only before the host it stands behind a password."""
    url = "https://news.test/@author/1?mail=a@b"
    assert read_one(tmp_path, replace(FETCH, url=url)).url == url


@pytest.mark.parametrize(
    "forged",
    [
        "x\r\nContent-Type: image/png",
        "x\r\n\r\n<html>",
        "x\r\n\r\n\r\nWARC/1.1\r\nWARC-Type: response",
        "x\n\nWARC/1.0",
        "x\0\x0b\x0c",
    ],
)
def test_a_value_cannot_forge_a_header_or_a_record(tmp_path: Path, forged: str) -> None:
    """Line ends in values that come from outside end no line of ours."""
    hostile = Fetch(
        requested_url="http://news.test/" + forged,
        url="http://news.test/" + forged,
        method="GET " + forged,
        request_headers=((forged, forged), ("X", forged)),
        status=200,
        reason=forged,
        protocol=forged,
        response_headers=((forged, forged), ("X", forged), *FETCH.response_headers),
        body=HTML,
        fetched_at=CLOCK,
        purpose=Purpose.PAGE,
        ip_address=forged,
        discovery=Discovery(
            source=SourceKind.FEED, source_url=forged, title=forged, date_raw=forged
        ),
    )
    archive(tmp_path, hostile, FETCH)
    first, second = read(tmp_path)
    assert isinstance(first, Page)
    assert isinstance(second, Page)
    assert (first.body, first.content_type) == (HTML, second.content_type)
    assert len(list(read_path(str(tmp_path), LIMITS))) == 7
    for line in text_of(tmp_path).split("\r\n"):
        assert not line.startswith(("Content-Type: image", "WARC/1.0"))


def test_headers_are_written_byte_for_byte(tmp_path: Path) -> None:
    """A header is bytes; what is no Latin-1 is written as UTF-8, and breaks nothing."""
    utf8_as_latin1 = "Å é".encode().decode("latin-1")
    odd = replace(
        FETCH,
        reason="Trouvé",
        response_headers=(
            ("X-Bytes", utf8_as_latin1),
            ("X-Latin", "é\xff\x85"),
            ("X-Wide", "مغرس"),
            ("X-Half", "\udc80"),
            ("", "no name"),
            ("X Y:", "no token"),
            *FETCH.response_headers,
        ),
    )
    assert read_one(tmp_path, odd).content_type == "text/html; charset=utf-8"
    text = text_of(tmp_path)
    assert f"X-Bytes: {utf8_as_latin1}\r\n" in text
    assert "X-Latin: é\xff\x85\r\n" in text
    assert f"X-Wide: {'مغرس'.encode().decode('latin-1')}\r\n" in text
    assert "X-Half: ?\r\n_: no name\r\nX_Y_: no token\r\n" in text
    assert "HTTP/1.1 200 Trouvé\r\n" in text


def test_chunks_are_not_claimed_for_a_body_without(tmp_path: Path) -> None:
    """The client has taken the chunks apart; the body may look like chunks."""
    body = b"4\r\n<ht>\r\n0\r\n\r\n"
    chunked = replace(
        FETCH,
        response_headers=(*FETCH.response_headers, ("transfer-encoding", "chunked")),
        body=body,
    )
    assert read_one(tmp_path, chunked).body == body
    assert "X-Crawler-transfer-encoding: chunked" in text_of(tmp_path)


def test_a_body_is_archived_encoded_and_read_decoded(tmp_path: Path) -> None:
    """The archive holds what was sent, the page what it means."""
    packed = gzip.compress(HTML, mtime=0)
    encoded = replace(
        FETCH,
        response_headers=(*FETCH.response_headers, ("Content-Encoding", "gzip")),
        body=packed,
    )
    assert read_one(tmp_path, encoded).body == HTML
    assert packed.decode("latin-1") in text_of(tmp_path)


@pytest.mark.parametrize(
    ("protocol", "line", "named"),
    [
        ("HTTP/1.0", "HTTP/1.0 200 OK", False),
        ("HTTP/1.1", "HTTP/1.1 200 OK", False),
        ("h2", "HTTP/1.1 200 OK", True),
        ("", "HTTP/1.1 200 OK", False),
    ],
)
def test_the_status_line_is_that_of_http_1(
    tmp_path: Path, protocol: str, line: str, *, named: bool
) -> None:
    """HTTP/2 has no text form: what was spoken is told by `WARC-Protocol`."""
    read_one(tmp_path, replace(FETCH, protocol=protocol))
    assert f"{line}\r\n" in text_of(tmp_path)
    assert ("WARC-Protocol: h2" in text_of(tmp_path)) == named


@pytest.mark.parametrize(
    ("url", "line"),
    [
        ("http://news.test", "GET / HTTP/1.1"),
        ("http://news.test?a=b#c", "GET /?a=b HTTP/1.1"),
        ("http://[::1]:80/a b", "GET /a%20b HTTP/1.1"),
        ("no address", "GET / HTTP/1.1"),
    ],
)
def test_the_request_line_follows_from_the_address(
    tmp_path: Path, url: str, line: str
) -> None:
    """Path and query, percent-encoded where it would break the line."""
    archive(tmp_path, replace(FETCH, url=url, request_headers=(("host", "a.test"),)))
    text = text_of(tmp_path)
    assert f"{line}\r\nhost: a.test\r\n\r\n" in text
    assert "Host:" not in text


def test_the_time_is_written_in_utc(tmp_path: Path) -> None:
    """Whatever zone the caller's clock has."""
    zone = timezone(timedelta(hours=5, minutes=30))
    page = read_one(tmp_path, replace(FETCH, fetched_at=CLOCK.astimezone(zone)))
    assert page.fetched_at == CLOCK.replace(microsecond=0)
    assert "2026-01-02T03:04:05Z" in text_of(tmp_path)


# What is read of it


@pytest.mark.parametrize("purpose", [Purpose.DISCOVERY, Purpose.ROBOTS])
@pytest.mark.parametrize("status", [200, 301])
def test_responses_that_are_no_pages_are_counted(
    tmp_path: Path, purpose: Purpose, status: int
) -> None:
    """A section page is HTML, but it was not fetched as an article."""
    places = archive(tmp_path, replace(FETCH, purpose=purpose, status=status))
    assert read(tmp_path) == [OtherRecord(purpose)]
    path = Path(places[0].archive)
    found = read_page_at(path, places[0].group_offset, LIMITS, input=InputKind.LIVE)
    assert found == OtherRecord(purpose)


def revisit(profile: RevisitProfile, place: ArchivedPage, **fields: Any) -> Fetch:  # noqa: ANN401
    """What comes later for the page that lies there."""
    assert place.source.warc_record_id is not None
    known = RevisitOf(profile, place.source.warc_record_id, place.url, place.fetched_at)
    return replace(
        FETCH, fetched_at=CLOCK + timedelta(hours=1), revisit_of=known, **fields
    )


SERVER_SAYS = {"status": 304, "reason": "Not Modified", "body": b""}


@pytest.mark.parametrize("purpose", [Purpose.PAGE, Purpose.DISCOVERY])
@pytest.mark.parametrize(
    ("profile", "fields", "digest", "truncated"),
    [
        (RevisitProfile.SERVER_NOT_MODIFIED, SERVER_SAYS, None, None),
        (
            RevisitProfile.IDENTICAL_PAYLOAD_DIGEST,
            {},
            payload_digest(HTML),
            "length",
        ),
    ],
)
def test_what_the_archive_has_is_a_revisit(  # noqa: PLR0913 - the columns of the table
    tmp_path: Path,
    *,
    profile: RevisitProfile,
    fields: dict[str, Any],
    digest: str | None,
    truncated: str | None,
    purpose: Purpose,
) -> None:
    """It names the first record, keeps the headers, and is never taken for a page."""
    with writer(tmp_path) as archive_writer:
        first = archive_writer.write(FETCH)
        again = archive_writer.write(revisit(profile, first, purpose=purpose, **fields))
    assert (first.is_revisit, first.payload_digest) == (False, payload_digest(HTML))
    assert (again.is_revisit, again.payload_digest) == (True, digest)

    with Path(again.archive).open("rb") as file:
        records = [
            (record, record.content_stream().read())
            for record in ArchiveIterator(file, no_record_parse=True)
        ]
    record, block = records[-1]
    get = record.rec_headers.get_header
    assert record.rec_type == "revisit"
    assert get("WARC-Record-ID") == again.source.warc_record_id
    assert get("WARC-Profile") == f"http://netpreserve.org/warc/1.1/revisit/{profile}"
    assert get("WARC-Refers-To") == first.source.warc_record_id
    assert get("WARC-Refers-To-Target-URI") == FETCH.url
    assert get("WARC-Refers-To-Date") == "2026-01-02T03:04:05Z"
    assert get("WARC-Date") == "2026-01-02T04:04:05Z"
    assert get("WARC-Payload-Digest") == digest
    assert get("WARC-Truncated") == truncated
    assert block.startswith(f"HTTP/1.1 {fields.get('status', 200)} ".encode())
    assert block.endswith(b"Content-Type: text/html; charset=utf-8\r\n\r\n")

    page, counted = read(tmp_path)
    assert isinstance(page, Page)
    assert counted == OtherRecord("revisit")
    for kind in (InputKind.LIVE, InputKind.WARC):
        path = Path(again.archive)
        found = read_page_at(path, again.group_offset, LIMITS, input=kind)
        assert found == OtherRecord("revisit")


def test_warcio_finds_the_digests_of_revisits_right(tmp_path: Path) -> None:
    """Also when it reads their headers as HTTP, as it does by default."""
    with writer(tmp_path) as archive_writer:
        first = archive_writer.write(FETCH)
        archive_writer.write(
            revisit(RevisitProfile.SERVER_NOT_MODIFIED, first, **SERVER_SAYS)
        )
        archive_writer.write(revisit(RevisitProfile.IDENTICAL_PAYLOAD_DIGEST, first))
    statuses = []
    with Path(first.archive).open("rb") as file:
        for record in ArchiveIterator(file, check_digests="raise"):
            record.content_stream().read()
            if record.rec_type == "revisit":
                statuses.append(record.http_headers.get_statuscode())
    assert statuses == ["304", "200"]


def test_what_is_encoded_elsewhere_is_archived_alike(tmp_path: Path) -> None:
    """Encoding needs no writer, so that another thread can do it."""
    written = archive(tmp_path / "a", FETCH, FETCH)
    new_id = ids()
    with ArchiveWriter(
        tmp_path / "b",
        prefix="crawl",
        software="copydesk/0.1",
        now=lambda: CLOCK,
        new_id=new_id,
    ) as archive_writer:
        encoded = [encode(FETCH, new_id) for _ in range(2)]
        appended = [archive_writer.append(group) for group in encoded]
    first, second = ((tmp_path / n / "crawl-00001.warc.gz").read_bytes() for n in "ab")
    assert first == second
    assert [p.source for p in appended] == [p.source for p in written]


KINDS_OF_FETCHES = (
    FETCH,
    replace(FETCH, discovery=None, ip_address=None),
    replace(FETCH, status=301),
    replace(FETCH, response_headers=(("Content-Type", "image/png"),)),
    replace(FETCH, status=404, body=b""),
    replace(FETCH, purpose=Purpose.ROBOTS),
    replace(FETCH, response_headers=(("Content-Encoding", "br"),)),
)


def test_a_live_page_is_its_replay(tmp_path: Path) -> None:
    """Each response, read at its place, is what the whole archive gives for it."""
    places = archive(tmp_path, *KINDS_OF_FETCHES)
    for place, replayed in zip(places, read(tmp_path), strict=True):
        path = Path(place.archive)
        live = read_page_at(path, place.group_offset, LIMITS, input=InputKind.LIVE)
        again = read_page_at(path, place.group_offset, LIMITS, input=InputKind.WARC)
        assert again == replayed
        if isinstance(live, Page):
            assert isinstance(replayed, Page)
            assert live.source == place.source
            live_source = {"input": InputKind.LIVE, "input_file": None}
            source = replayed.source.model_copy(update=live_source)
            assert live == replayed.model_copy(update={"source": source})
            assert (live.url, live.requested_url) == (place.url, place.requested_url)
            assert live.fetched_at == place.fetched_at
        else:
            assert live == replayed


def test_a_place_without_a_fetch_is_a_failure(tmp_path: Path) -> None:
    """Within a record, at another record, behind the end, in no file."""
    (place, other) = archive(tmp_path, FETCH, FETCH)
    path = Path(place.archive)
    assert place.source.warc_offset is not None
    wrong = [0, place.group_offset + 1, place.source.warc_offset, 10**9, -1]
    for offset in wrong:
        found = read_page_at(path, offset, LIMITS, input=InputKind.LIVE)
        assert isinstance(found, Failure), offset
    gone = read_page_at(tmp_path / "gone.warc.gz", 0, LIMITS, input=InputKind.LIVE)
    assert isinstance(gone, Failure)
    assert "No such file" in gone.message
    assert gone.source is not None
    assert gone.source.warc_file == "gone.warc.gz"

    # A group that was cut and then repaired: the next one is not taken for its rest.
    content = path.read_bytes()
    group = content[place.group_offset : place.source.warc_offset]
    path.write_bytes(group + content[other.group_offset :])
    torn = read_page_at(path, 0, LIMITS, input=InputKind.LIVE)
    assert isinstance(torn, Failure)


def test_a_damaged_response_is_a_failure_at_its_place(tmp_path: Path) -> None:
    """A byte flipped on the disk is seen, since the checksum does not fit."""
    (place,) = archive(tmp_path, FETCH)
    path = Path(place.archive)
    content = bytearray(path.read_bytes())
    content[-20] ^= 0xFF
    path.write_bytes(content)
    found = read_page_at(path, place.group_offset, LIMITS, input=InputKind.LIVE)
    assert isinstance(found, Failure)
    assert found.source is not None
    assert found.source.warc_offset == place.source.warc_offset


# Files


def test_what_was_written_can_be_read_at_once(tmp_path: Path) -> None:
    """Another process reads while the file is open for writing."""
    with writer(tmp_path) as archive_writer:
        for number in range(3):
            fetch = replace(FETCH, url=f"http://news.test/{number}")
            place = archive_writer.write(fetch)
            page = read_page_at(
                Path(place.archive), place.group_offset, LIMITS, input=InputKind.LIVE
            )
            assert isinstance(page, Page)
            assert page.url == fetch.url


def test_a_full_file_is_followed_by_the_next(tmp_path: Path) -> None:
    """A fetch is never parted, and each file begins with a warcinfo record."""
    with writer(tmp_path, max_file_bytes=1_000) as archive_writer:
        places = [archive_writer.write(FETCH) for _ in range(3)]
        assert archive_writer.path == Path(places[-1].archive)
    names = [f"crawl-0000{number}.warc.gz" for number in (1, 2, 3)]
    assert [Path(place.archive).name for place in places] == names
    assert [place.source.warc_file for place in places] == names
    assert [type(reading) for reading in read(tmp_path)] == [Page] * 3
    for name in names:
        content = gzip.decompress((tmp_path / name).read_bytes())
        assert content.count(b"WARC/1.1\r\n") == 4
        assert f"WARC-Filename: {name}".encode() in content


def test_files_that_are_there_are_not_overwritten(tmp_path: Path) -> None:
    """A second run goes on behind the highest number."""
    kept = {"crawl-00007.warc.gz": b"kept", "crawl-x.warc.gz": b"", "a.warc.gz": b""}
    for name, content in kept.items():
        (tmp_path / name).write_bytes(content)
    (place,) = archive(tmp_path, FETCH)
    assert Path(place.archive).name == "crawl-00008.warc.gz"
    assert (tmp_path / "crawl-00007.warc.gz").read_bytes() == b"kept"


def test_a_name_that_another_writer_takes_is_left_to_it(tmp_path: Path) -> None:
    """Two writers in one folder never share a file."""
    with (
        writer(tmp_path, max_file_bytes=1) as first,
        writer(tmp_path, max_file_bytes=1) as second,
    ):
        assert first.path.name == "crawl-00001.warc.gz"
        assert second.path.name == "crawl-00002.warc.gz"
        names = [Path(first.write(FETCH).archive).name for _ in range(2)]
        names += [Path(second.write(FETCH).archive).name for _ in range(2)]
    assert names == [f"crawl-0000{number}.warc.gz" for number in (3, 4, 5, 6)]


@pytest.mark.parametrize("prefix", ["", "../a", "a/b", ".hidden", "a\0b", "a\n"])
def test_a_prefix_does_not_lead_out_of_the_folder(tmp_path: Path, prefix: str) -> None:
    """It is a plain name."""
    with pytest.raises(ArchiveError, match="cannot begin the name"):
        ArchiveWriter(
            tmp_path, prefix=prefix, software="x", now=lambda: CLOCK, new_id=ids()
        )


def test_a_closed_archive_takes_nothing(tmp_path: Path) -> None:
    """Writing is an error; syncing and closing again do nothing."""
    archive_writer = writer(tmp_path)
    archive_writer.sync()
    archive_writer.open()
    archive_writer.open()
    archive_writer.sync()
    archive_writer.close()
    archive_writer.close()
    with pytest.raises(ArchiveError, match="closed"):
        archive_writer.write(FETCH)
    assert len(list(tmp_path.iterdir())) == 1


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    """It names the path."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(ArchiveError, match="file"):
        writer(tmp_path / "file" / "folder").open()


def test_a_file_that_cannot_be_begun_is_not_left(tmp_path: Path) -> None:
    """An archive without a record would be a damaged one."""
    archive_writer = writer(tmp_path)
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limit[1]))
    try:
        with pytest.raises(ArchiveError, match="File too large"):
            archive_writer.open()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert list(tmp_path.iterdir()) == []


class FullDisk(io.FileIO):
    """A file on a disk that takes a hundred bytes more, in small pieces."""

    left = 100

    def write(self, content: object, /) -> int:
        """Some of the bytes, or an error when the disk is full."""
        if not self.left:
            raise OSError(28, "No space left on device")
        assert isinstance(content, memoryview)
        step = min(30, self.left, len(content))
        self.left -= step
        return super().write(content[:step])

    def fileno(self) -> int:
        """Syncing works as long as there is something to sync."""
        if self.left:
            return super().fileno()
        raise OSError(5, "Input/output error")


def test_a_full_disk_leaves_no_torn_record(tmp_path: Path) -> None:
    """The error is told, and the file ends as before: with whole records."""
    with writer(tmp_path) as archive_writer:
        archive_writer.write(FETCH)
        size = archive_writer.path.stat().st_size
        whole = archive_writer._file
        disk: BinaryIO = FullDisk(archive_writer.path, "r+b")
        disk.seek(0, os.SEEK_END)
        archive_writer._file = disk
        with pytest.raises(ArchiveError, match="No space left"):
            archive_writer.write(FETCH)
        assert archive_writer.path.stat().st_size == size
        with pytest.raises(ArchiveError, match="cannot be synced"):
            archive_writer.sync()
        disk.close()
        archive_writer._file = whole
    assert [type(reading) for reading in read(tmp_path)] == [Page]


# After a kill


KILLED = """
import sys, uuid
from pathlib import Path
sys.path.insert(0, {root!r})
from tests.test_archive import FETCH, writer
archive_writer = writer(Path({folder!r}))
archive_writer.open()
while True:
    place = archive_writer.write(FETCH)
    print(place.group_offset, flush=True)
"""


def test_what_write_returned_for_outlives_a_kill(tmp_path: Path) -> None:
    """After SIGKILL each fetch that was reported is in the file."""
    code = KILLED.format(
        root=str(Path(__file__).parent.parent), folder=str(tmp_path / "warc")
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        offsets = [int(process.stdout.readline()) for _ in range(20)]
        process.send_signal(signal.SIGKILL)
        offsets += [int(line) for line in process.stdout if line.endswith(b"\n")]
    path = tmp_path / "warc" / "crawl-00001.warc.gz"
    repair_archive(path)
    for offset in offsets:
        page = read_page_at(path, offset, LIMITS, input=InputKind.LIVE)
        assert isinstance(page, Page)
    assert len(read(tmp_path / "warc")) >= len(offsets)


def test_repair_cuts_a_torn_member_wherever_it_is_torn(tmp_path: Path) -> None:
    """After it the file ends with a whole record; what was whole is untouched."""
    (place,) = archive(tmp_path, FETCH)
    path = Path(place.archive)
    content = path.read_bytes()
    start = place.source.warc_offset
    assert start is not None
    for end in range(start + 1, len(content)):
        path.write_bytes(content[:end])
        assert repair_archive(path) == end - start
        assert path.read_bytes() == content[:start]
    assert repair_archive(path) == 0


def test_repair_leaves_a_whole_file_as_it_is(tmp_path: Path) -> None:
    """Nothing is cut, and nothing is written."""
    (place,) = archive(tmp_path, FETCH)
    path = Path(place.archive)
    before = path.stat()
    assert repair_archive(path) == 0
    assert path.stat().st_mtime_ns == before.st_mtime_ns


@pytest.mark.parametrize("junk", [b"\0" * 4_096, b"garbage", b"\x1f\x8b\x08\0"])
def test_repair_cuts_what_a_power_loss_leaves(tmp_path: Path, junk: bytes) -> None:
    """Blocks of zeros at the end are no records."""
    (place,) = archive(tmp_path, FETCH)
    path = Path(place.archive)
    content = path.read_bytes()
    path.write_bytes(content + junk)
    assert repair_archive(path) == len(junk)
    assert path.read_bytes() == content


def test_repair_cuts_the_pieces_of_records(tmp_path: Path) -> None:
    """A torn record behind a damaged one is no whole record."""
    place, other = archive(tmp_path, FETCH, FETCH)
    path = Path(place.archive)
    content = bytearray(path.read_bytes())
    assert other.source.warc_offset is not None
    start = other.group_offset
    content[start + 30 : other.source.warc_offset] = bytes(
        other.source.warc_offset - start - 30
    )
    path.write_bytes(content[:-1])
    assert repair_archive(path) == len(content) - 1 - start
    assert path.read_bytes() == content[:start]


def test_repair_reads_only_what_is_not_known_to_be_whole(tmp_path: Path) -> None:
    """What stands before the offset is left alone, even if it is damaged."""
    place, other = archive(tmp_path, FETCH, FETCH)
    path = Path(place.archive)
    content = bytearray(path.read_bytes())
    content[place.group_offset + 30] ^= 0xFF
    path.write_bytes(content + b"\0" * 100)
    assert repair_archive(path, whole_until=other.group_offset) == 100
    assert path.read_bytes() == content
    path.write_bytes(content[: other.group_offset] + b"\0" * 100)
    assert repair_archive(path, whole_until=other.group_offset) == 100
    assert path.read_bytes() == content[: other.group_offset]


def test_repair_reads_all_of_a_file_that_is_shorter_than_known(tmp_path: Path) -> None:
    """The disk has lost what it had promised."""
    (place,) = archive(tmp_path, FETCH)
    path = Path(place.archive)
    content = path.read_bytes()
    path.write_bytes(content + b"\0")
    assert repair_archive(path, whole_until=len(content) + 2) == 1
    assert path.read_bytes() == content


@pytest.mark.parametrize("content", [b"", b"\x1f\x8b\x08\0\0"])
def test_repair_removes_a_file_without_a_record(tmp_path: Path, content: bytes) -> None:
    """A writer that was killed at once leaves no archive."""
    path = tmp_path / "a.warc.gz"
    path.write_bytes(content)
    assert repair_archive(path) == len(content)
    assert not path.exists()


def test_repair_never_cuts_whole_records(tmp_path: Path) -> None:
    """Damage in the middle is no torn end: it is told, and nothing is changed."""
    place, _ = archive(tmp_path, FETCH, FETCH)
    path = Path(place.archive)
    content = bytearray(path.read_bytes())
    content[place.group_offset + 30] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(ArchiveError, match="whole records lie behind"):
        repair_archive(path)
    assert path.read_bytes() == content


def test_repair_tells_of_a_file_that_is_not_there(tmp_path: Path) -> None:
    """With its path."""
    with pytest.raises(ArchiveError, match=r"gone\.warc\.gz"):
        repair_archive(tmp_path / "gone.warc.gz")


# Properties

urls = st.from_regex(
    r"https?://[a-z0-9.]{1,20}(/[!-\"$-;=@-~é]{0,40})?", fullmatch=True
)
values = st.text(
    st.characters(min_codepoint=32, max_codepoint=126),
    max_size=30,
).map(str.strip)
lines = st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=40
).map(lambda line: line.strip(" "))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    url=urls,
    requested_url=urls,
    status=st.integers(200, 299) | st.integers(400, 599),
    body=st.binary(max_size=500),
    header=values,
    title=st.none() | lines,
    moment=st.datetimes(min_value=datetime(1990, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_write_then_read_is_identity(  # noqa: PLR0913 - the fields of a fetch
    tmp_path: Path,
    *,
    url: str,
    requested_url: str,
    status: int,
    body: bytes,
    header: str,
    title: str | None,
    moment: datetime,
) -> None:
    """Any page comes back as it was received."""
    for path in tmp_path.iterdir():
        path.unlink()
    discovery = Discovery(source=SourceKind.SECTION, title=title)
    page = read_one(
        tmp_path,
        replace(
            FETCH,
            url=url,
            requested_url=requested_url,
            status=status,
            body=body,
            response_headers=(("Content-Type", f"text/html; x={header}"),),
            fetched_at=moment,
            discovery=discovery,
        ),
    )
    assert (page.url, page.requested_url) == (url, requested_url)
    assert (page.http_status, page.body) == (status, body)
    assert page.content_type == f"text/html; x={header}"
    assert page.discovery == discovery
    assert page.fetched_at == moment.replace(microsecond=0)


@given(
    url=urls,
    purpose=st.sampled_from(Purpose),
    discovery=st.none()
    | st.builds(
        Discovery,
        source=st.sampled_from(SourceKind),
        source_url=st.none() | urls,
        title=st.none() | lines,
        date_raw=st.none() | lines,
    ),
)
def test_fetch_metadata_comes_back(
    url: str, purpose: Purpose, discovery: Discovery | None
) -> None:
    """Block and fields are two forms of the same."""
    metadata = FetchMetadata(url, purpose, discovery)
    assert parse_fetch_metadata(metadata.to_block()) == metadata


@given(block=st.binary(max_size=200))
def test_metadata_of_any_form_is_read_without_an_error(block: bytes) -> None:
    """Other producers write what they like."""
    assert parse_fetch_metadata(block) is None
    parse_fetch_metadata(b"purpose: page\r\nrequested-url: x\r\n" + block)
