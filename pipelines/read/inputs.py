"""Which reader an input needs: by its name, else by its first bytes."""

import os
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from pipelines.read.byte_stream import FileStream
from pipelines.read.dumps import read_jsonl, read_text
from pipelines.read.gzip_members import GZIP_WINDOW, MAGIC
from pipelines.read.html_files import read_html
from pipelines.read.reading import OtherRecord, Reading, damage, file_source
from pipelines.read.warc import read_group, read_warc
from schemas.config import LimitsConfig
from schemas.errors import InputError
from schemas.page import Page
from schemas.provenance import InputKind
from schemas.rejection import Failure

Reader = Callable[[FileStream, str, LimitsConfig], Iterator[Reading]]
"""Reads a stream; the records name their file as the second argument says."""

STDIN = "-"

_SUFFIXES: tuple[tuple[tuple[str, ...], Reader, InputKind], ...] = (
    ((".warc", ".warc.gz"), read_warc, InputKind.WARC),
    ((".wet", ".wet.gz"), read_warc, InputKind.WET),
    ((".html", ".htm", ".xhtml"), read_html, InputKind.HTML),
    ((".txt",), read_text, InputKind.TEXT),
    (
        (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz"),
        read_jsonl,
        InputKind.JSONL,
    ),
)
_SNIFFED_BYTES = 4_096
_UNKNOWN_FILE = OtherRecord("unknown-file")


def read_path(
    path: str, limits: LimitsConfig, *, stdin: BinaryIO | None = None
) -> Iterator[Reading]:
    """All that a file, a folder or standard input holds, in a fixed order.

    A folder is read with all below it, sorted by path. Symbolic links in it are not
    followed; they, hidden files and files whose name does not say what they hold are
    only counted.

    Args:
        path: A file, a folder, or `-`.
        limits: What one page and one record may cost.
        stdin: What `-` stands for.

    Raises:
        InputError: There is nothing at the path, or it cannot be read at all.
    """
    if path == STDIN:
        if stdin is None:
            raise InputError("-: there is no standard input to read")
        return _read_open(stdin, STDIN, limits)
    try:
        if os.path.isdir(path):  # noqa: PTH112 - Path("") would be this folder
            os.scandir(path).close()
            return _read_folder(Path(path), limits)
        file = Path(path).open("rb")  # noqa: SIM115 - closed where it is read
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise InputError(f"{path}: cannot be read: {why}") from error
    return _read_and_close(file, Path(path).name, limits)


def read_page_at(
    archive: Path,
    group_offset: int,
    limits: LimitsConfig,
    *,
    input: InputKind,  # noqa: A002 - the name that `Source` has for it
) -> Page | Failure | OtherRecord:
    """The response of the fetch whose records begin at `group_offset`.

    It is what `read_path` gives for that response, but for `source`, which says
    `input`: a live page and its replay cannot differ.

    Args:
        archive: A file that `pipelines.archive.ArchiveWriter` wrote.
        group_offset: `ArchivedPage.group_offset`.
        limits: What one page and one record may cost.
        input: What the page counts as read from.

    Returns:
        The page; an `OtherRecord` if the response is none; a `Failure` if no fetch
        can be read there.
    """
    return read_group(archive, group_offset, limits, input)


def _read_and_close(
    file: BinaryIO, name: str, limits: LimitsConfig
) -> Iterator[Reading]:
    with file:
        yield from _read_open(file, name, limits)


def _read_open(file: BinaryIO, name: str, limits: LimitsConfig) -> Iterator[Reading]:
    """What is left of a file that cannot be read further is one failure."""
    reader, kind = _by_name(name) or (None, InputKind.TEXT)
    try:
        stream = FileStream(file)
        reader = reader or _sniff(stream)
        yield from reader(stream, _printable(name), limits)
    except OSError as error:
        yield _unreadable(kind, name, error)


def _read_folder(folder: Path, limits: LimitsConfig) -> Iterator[Reading]:
    unreadable: list[OSError] = []
    for name in _files_below(folder, unreadable.append):
        path = folder / name
        known = _by_name(path.name)
        hidden = any(part.startswith(".") for part in Path(name).parts)
        # A named pipe would block, and a link may lead out of the folder.
        if known is None or hidden or path.is_symlink() or not path.is_file():
            yield _UNKNOWN_FILE
            continue
        try:
            file = path.open("rb")
        except OSError as error:
            yield _unreadable(known[1], name, error)
            continue
        yield from _read_and_close(file, name, limits)
    for failed in unreadable:
        name = os.path.relpath(str(failed.filename), folder)
        yield _unreadable(InputKind.TEXT, name, failed)


def _unreadable(kind: InputKind, name: str, error: OSError) -> Failure:
    printable = _printable(name)
    message = f"{printable}: cannot be read: {error.strerror}"
    return damage(file_source(kind, printable), message)


def _files_below(folder: Path, on_error: Callable[[OSError], None]) -> list[str]:
    """Paths of files below the folder, relative to it, with `/`, sorted."""
    return sorted(
        (Path(parent) / name).relative_to(folder).as_posix()
        for parent, folders, files in os.walk(folder, onerror=on_error)
        for name in files + [f for f in folders if (Path(parent) / f).is_symlink()]
    )


def _by_name(name: str) -> tuple[Reader, InputKind] | None:
    lowered = name.lower()
    for suffixes, reader, kind in _SUFFIXES:
        if lowered.endswith(suffixes):
            return reader, kind
    return None


def _sniff(stream: FileStream) -> Reader:
    """The reader for what the stream begins with."""
    start = stream.peek(_SNIFFED_BYTES)
    if start.startswith(b"WARC/"):
        return read_warc
    if not start.startswith(MAGIC):
        first = start.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
        return {b"{": read_jsonl, b"<": read_html}.get(first, read_text)
    try:
        first = zlib.decompressobj(GZIP_WINDOW).decompress(start, 1)
    except zlib.error:
        first = b""
    return read_jsonl if first == b"{" else read_warc


def _printable(name: str) -> str:
    """The name in UTF-8, whatever bytes the file system has."""
    return os.fsencode(name).decode("utf-8", "replace")
