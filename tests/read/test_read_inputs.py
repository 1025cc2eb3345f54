"""Which reader is taken, and how folders are walked."""

import gzip
import io
import os
from pathlib import Path

import pytest

from pipelines.read import OtherRecord, read_path
from schemas.config import LimitsConfig
from schemas.errors import InputError
from schemas.page import PageKind
from schemas.provenance import InputKind
from tests.read.warc_samples import (
    LIMITS,
    failures,
    gz,
    kinds,
    page_record,
    pages,
    pipe,
    read_bytes,
)

SNIFFED = [
    (page_record(), InputKind.WARC),
    (gz(page_record()), InputKind.WARC),
    (gzip.compress(page_record()), InputKind.WARC),
    (b' \n{"text": "a"}\n', InputKind.JSONL),
    (b'\xef\xbb\xbf{"text": "a"}\n', InputKind.JSONL),
    (gzip.compress(b'{"text": "a"}\n'), InputKind.JSONL),
    (b"\r\n <html>", InputKind.HTML),
    (b"\xef\xbb\xbf<p>", InputKind.HTML),
    (b"Le Maroc", InputKind.TEXT),
    (b"", InputKind.TEXT),
    ("ﻻ".encode(), InputKind.TEXT),
]


@pytest.mark.parametrize(("content", "kind"), SNIFFED)
def test_standard_input_is_known_by_its_first_bytes(
    content: bytes, kind: InputKind
) -> None:
    """From a pipe and from a file; the records name it `-`."""
    for stdin in (pipe(content), io.BytesIO(content)):
        (page,) = pages(list(read_path("-", LIMITS, stdin=stdin)))
        assert page.source.input is kind
        assert page.source.input_file == "-"
        assert page.source.warc_file is None


@pytest.mark.parametrize(("content", "kind"), SNIFFED)
def test_a_file_of_unknown_suffix_is_known_by_its_first_bytes(
    tmp_path: Path, content: bytes, kind: InputKind
) -> None:
    """If it was named by the user, it is to be read."""
    (page,) = pages(read_bytes(tmp_path, "dump.bin", content))
    assert page.source.input is kind
    assert page.source.input_file == "dump.bin"


def test_gzip_of_nothing_known_is_read_as_an_archive() -> None:
    """The failure says what is wrong with it."""
    (failure,) = failures(
        list(read_path("-", LIMITS, stdin=pipe(b"\x1f\x8b\x08\xff" + b"x" * 99)))
    )
    assert failure.message.startswith("-: ")


def test_standard_input_is_bounded() -> None:
    """A text without end costs no more than the limit of a page."""
    limits = LimitsConfig(max_page_bytes=1_000)
    (page,) = pages(list(read_path("-", limits, stdin=pipe(b"x" * 1_000_000))))
    assert page.kind is PageKind.TEXT
    assert len(page.body) == 1_001


def test_standard_input_is_read_from_where_it_stands() -> None:
    """Offsets count from there, and going back works."""
    stdin = io.BytesIO(b"0123456789" + page_record(1) + b"junk\n" + page_record(2))
    stdin.seek(10)
    readings = list(read_path("-", LIMITS, stdin=stdin))
    assert [page.source.warc_offset for page in pages(readings)] == [
        0,
        len(page_record(1)) + 5,
    ]


def test_there_may_be_no_standard_input() -> None:
    """Then `-` is misuse."""
    with pytest.raises(InputError, match="no standard input"):
        read_path("-", LIMITS)


@pytest.mark.parametrize("path", ["missing.html", "a\0b", ""])
def test_a_path_that_cannot_be_read_is_misuse(tmp_path: Path, path: str) -> None:
    """It is told when the function is called, with the path."""
    with pytest.raises(InputError, match="cannot be read"):
        read_path(str(tmp_path / path) if path else "", LIMITS)


def test_a_folder_is_read_in_the_order_of_its_paths(tmp_path: Path) -> None:
    """The order of the file system does not matter, nor where the folder lies."""
    for name in ("b.txt", "a/z.html", "a/B.htm", "a.txt", "c/d/e.warc.gz", "ab/a.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gz(page_record()) if "warc" in name else b"<p>")

    found = pages(list(read_path(str(tmp_path), LIMITS)))

    assert [page.source.input_file for page in found] == [
        "a.txt",
        "a/B.htm",
        "a/z.html",
        "ab/a.txt",
        "b.txt",
        "c/d/e.warc.gz",
    ]
    assert found[-1].source.warc_file == "e.warc.gz"


def test_what_is_not_known_in_a_folder_is_counted(tmp_path: Path) -> None:
    """Unknown and hidden files, parts in work, links, pipes: none is opened."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text("secret")
    folder = tmp_path / "in"
    (folder / ".git").mkdir(parents=True)
    for name in ("a.pdf", "part-00001.jsonl.part", ".hidden.txt", ".git/a.txt"):
        (folder / name).write_text("x")
    (folder / "link.txt").symlink_to(outside / "secret.txt")
    (folder / "linked-folder").symlink_to(outside)
    os.mkfifo(folder / "pipe.txt")
    (folder / "z.txt").write_text("read")

    readings = list(read_path(str(folder), LIMITS))

    assert kinds(readings) == ["unknown-file"] * 7
    assert [page.source.input_file for page in pages(readings)] == ["z.txt"]
    assert len(readings) == 8


def test_an_empty_folder_holds_nothing(tmp_path: Path) -> None:
    """No pages are no error."""
    assert list(read_path(str(tmp_path), LIMITS)) == []


def test_a_link_that_the_user_names_is_followed(tmp_path: Path) -> None:
    """Only links that are found in a folder are not."""
    (tmp_path / "a.txt").write_text("x")
    (tmp_path / "b.txt").symlink_to(tmp_path / "a.txt")
    (page,) = pages(list(read_path(str(tmp_path / "b.txt"), LIMITS)))
    assert page.source.input_file == "b.txt"


def test_a_file_name_need_not_be_utf_8(tmp_path: Path) -> None:
    """File systems hold bytes; the record holds what can be shown of them."""
    path = os.path.join(os.fsencode(tmp_path), b"caf\xe9.txt")  # noqa: PTH118 - bytes
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY)
    os.close(descriptor)
    for readings in (
        read_path(str(tmp_path), LIMITS),
        read_path(os.fsdecode(path), LIMITS),
    ):
        (page,) = pages(list(readings))
        assert page.source.input_file == "caf\ufffd.txt"


class BrokenFile(io.BytesIO):
    """A disk that fails after some bytes."""

    def read(self, size: int | None = -1, /) -> bytes:
        """The first bytes, then an error."""
        if self.tell():
            raise OSError(5, "Input/output error")
        return super().read(size)


def test_a_disk_that_fails_is_a_failure() -> None:
    """What was read before is given."""
    records = page_record(1) + page_record(2, b"<html>" + b"x" * 100_000)
    readings = list(read_path("-", LIMITS, stdin=BrokenFile(records)))
    assert len(pages(readings)) == 1
    (failure,) = failures(readings)
    assert failure.message == "-: cannot be read: Input/output error"


def test_what_may_not_be_read_in_a_folder_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest of the folder is read."""
    for name in ("a.txt", "b/c.txt", "d.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    (tmp_path / "a.txt").chmod(0)
    (tmp_path / "b").chmod(0)
    tmp_path.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65_534)  # root may read everything
    try:
        readings = list(read_path(".", LIMITS))
    finally:
        os.seteuid(user)
        (tmp_path / "b").chmod(0o700)
    assert [page.source.input_file for page in pages(readings)] == ["d.txt"]
    assert [failure.message for failure in failures(readings)] == [
        "a.txt: cannot be read: Permission denied",
        "b: cannot be read: Permission denied",
    ]


def test_a_file_that_goes_while_the_folder_is_read_is_counted(tmp_path: Path) -> None:
    """It was seen, so it does not vanish without a trace."""
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("x")
    readings = read_path(str(tmp_path), LIMITS)
    next(readings)
    (tmp_path / "b.txt").unlink()
    assert list(readings) == [OtherRecord("unknown-file")]
