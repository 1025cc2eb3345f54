"""Records on disk: JSONL parts that are complete or absent.

A part is written as `NAME.jsonl.part` and takes its name when it is closed, after its
bytes are on disk: whoever finds `NAME.jsonl` finds all of it. Which parts belong to a
run is told by the caller (`parts`), who has it from a manifest or a database that was
written after the parts were closed; files that it does not name are remains of a
killed run, and are removed.
"""

import fcntl
import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from pydantic import ValidationError

from pipelines.dedup import ExactIndex, Outcome
from schemas.article import Article
from schemas.errors import StoreError
from schemas.manifest import Disposition, Part

RECORDS_PER_PART = 10_000

_PART_PATH = re.compile(r"(?P<disposition>[a-z]+)/part-(?P<number>[0-9]{5,9})\.jsonl")


class Store:
    """The records of one output folder; not safe for threads.

    Args:
        out: The output folder; made if it is absent.
        parts: The closed parts of the same run; all others are removed.
        index: The articles that they hold; None: it is read from them.
        records_per_part: Lines after which a part is full.

    Raises:
        StoreError: A listed part is missing or damaged, or the folder cannot be
            written.
    """

    def __init__(
        self,
        out: Path,
        *,
        parts: Sequence[Part] = (),
        index: ExactIndex | None = None,
        records_per_part: int = RECORDS_PER_PART,
    ) -> None:
        self._out = out
        self._records_per_part = records_per_part
        self._open: dict[Disposition, _OpenPart] = {}
        self._closed: list[Part] = []
        self._sequence = dict.fromkeys(Disposition, 0)
        self._index = index or ExactIndex()
        try:
            for disposition in Disposition:
                (out / disposition).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{out}: cannot be written: {error.strerror}") from error
        self._remove_remains({part.path for part in parts})
        self._resume(parts, is_indexed=index is not None)

    def add(self, outcome: Outcome) -> Disposition:
        """Write one outcome; say where it went.

        An article whose `id` and `text_sha256` the run has already becomes a line of
        `duplicates/`. The line is in the file's buffer when this returns, and on disk
        after `checkpoint`.
        """
        disposition, record = self._index.dispose(outcome)
        part = self._open.get(disposition)
        if part is None:
            self._sequence[disposition] += 1
            part = _OpenPart(self._out, disposition, self._sequence[disposition])
            self._open[disposition] = part
        part.write(record.to_json_line())
        if part.records >= self._records_per_part:
            self._close(disposition)
        return disposition

    def checkpoint(self) -> tuple[Part, ...]:
        """Close all open parts; all parts closed since the last call, in order.

        When this returns, the bytes and names of those parts are on disk.
        """
        for disposition in tuple(self._open):
            self._close(disposition)
        closed = tuple(self._closed)
        self._closed.clear()
        for disposition in {part.disposition for part in closed}:
            sync_folder(self._out / disposition)
        return closed

    def discard(self) -> None:
        """Drop what was added since the last checkpoint."""
        for part in self._open.values():
            part.discard()
        self._open.clear()

    def _close(self, disposition: Disposition) -> None:
        self._closed.append(self._open.pop(disposition).close())

    def _remove_remains(self, known: set[str]) -> None:
        for disposition in Disposition:
            folder = self._out / disposition
            for pattern in ("part-*.jsonl", "part-*.jsonl.part"):
                for path in folder.glob(pattern):
                    if f"{disposition}/{path.name}" not in known:
                        path.unlink()

    def _resume(self, parts: Iterable[Part], *, is_indexed: bool) -> None:
        for part in parts:
            path = self._out / part.path
            name = _PART_PATH.fullmatch(part.path)
            if name is None or name["disposition"] != part.disposition:
                raise StoreError(f"{part.path}: is no name of a part")
            if not path.is_file():
                raise StoreError(f"{path}: the run's manifest names it, but it is gone")
            self._sequence[part.disposition] = max(
                self._sequence[part.disposition], int(name["number"])
            )
            if part.disposition is Disposition.ARTICLES and not is_indexed:
                self._index_articles(path)

    def _index_articles(self, path: Path) -> None:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                try:
                    self._index.dispose(Article.model_validate_json(line))
                except ValidationError as error:
                    raise StoreError(f"{path}:{number}: is no article") from error


class _OpenPart:
    """A part while it is written."""

    def __init__(self, out: Path, disposition: Disposition, number: int) -> None:
        self._disposition = disposition
        self._relative = f"{disposition}/part-{number:05d}.jsonl"
        self._path = out / self._relative
        self._part_path = self._path.with_name(self._path.name + ".part")
        self._file: BinaryIO = self._part_path.open("xb")
        self._sha256 = hashlib.sha256()
        self._size = 0
        self.records = 0

    def write(self, line: str) -> None:
        encoded = line.encode() + b"\n"
        self._file.write(encoded)
        self._sha256.update(encoded)
        self._size += len(encoded)
        self.records += 1

    def close(self) -> Part:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._part_path.rename(self._path)
        return Part(
            path=self._relative,
            disposition=self._disposition,
            records=self.records,
            size_bytes=self._size,
            sha256=self._sha256.hexdigest(),
        )

    def discard(self) -> None:
        self._file.close()
        self._part_path.unlink()


@contextmanager
def locked(out: Path) -> Iterator[None]:
    """Nobody else works on the output folder; the lock ends with the process at latest.

    The folder is made if it is absent, and gone again if nothing was put into it.

    Raises:
        StoreError: Somebody does, or the folder cannot be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(out, os.O_RDONLY)
    except OSError as error:
        raise StoreError(f"{out}: cannot be written: {error.strerror}") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StoreError(f"{out}: another run is at work there") from error
        yield
    finally:
        os.close(descriptor)
        with suppress(OSError):
            out.rmdir()


def write_atomically(path: Path, content: bytes) -> None:
    """`path` holds all of `content`, or what it held before, whatever happens."""
    partial = path.with_name(path.name + ".part")
    with partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """The names in `folder` are on disk (a rename alone is not, after a power loss)."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
