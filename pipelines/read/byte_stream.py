"""Bytes that are read forwards, looked at before they are taken, and counted."""

from collections import deque
from collections.abc import Callable
from typing import BinaryIO

CHUNK_BYTES = 65_536

HISTORY_BYTES = 16_000_000
"""How far one can go back in an input that cannot seek (a pipe)."""

_REREAD_FACTOR = 4
_REREAD_SLACK_BYTES = 256_000_000
"""Bytes that may be read again in all: some times the input, and this. Without such a
limit a crafted file, whose every line begins a record that turns out to be cut, would
take quadratic time."""


class ByteStream:
    """A stream over chunks.

    Args:
        fill: Gives the next chunk, b"" at the end; it may raise.
        offset: What the first byte counts as.
    """

    def __init__(self, fill: Callable[[], bytes], *, offset: int = 0) -> None:
        self._fill = fill
        self._buffer = bytearray()
        self._at = 0
        self.offset = offset

    def peek(self, size: int) -> bytes:
        """The next `size` bytes, fewer at the end; they are not taken."""
        while len(self._buffer) - self._at < size and self._extend():
            pass
        return bytes(memoryview(self._buffer)[self._at : self._at + size])

    def read(self, size: int) -> bytes:
        """The next `size` bytes, fewer at the end."""
        taken = self.peek(size)
        self._take(len(taken))
        return taken

    def skip(self, size: int) -> int:
        """Pass over `size` bytes without storing them; how many there were."""
        left = size
        while left and (step := len(self.peek(min(left, CHUNK_BYTES)))):
            self._take(step)
            left -= step
        return size - left

    def drain(self) -> None:
        """Pass over all that is left."""
        while self.skip(CHUNK_BYTES):
            pass

    def skip_blank_lines(self) -> None:
        """Pass over carriage returns and line feeds."""
        while window := self.peek(256):
            blank = len(window) - len(window.lstrip(b"\r\n"))
            self._take(blank)
            if blank < len(window):
                return

    def find(self, needle: bytes) -> bool:
        """Go to the next `needle`, or to the end: then False."""
        while True:
            window = self.peek(CHUNK_BYTES)
            place = window.find(needle)
            if place >= 0:
                self._take(place)
                return True
            if len(window) < CHUNK_BYTES:
                self._take(len(window))
                return False
            self._take(CHUNK_BYTES - len(needle) + 1)

    def read_line(self, limit: int) -> bytes | None:
        """The next line with its end, or None if it is longer than `limit` bytes.

        A line that is too long is passed over. At the end of the stream the line is
        empty. Lines that stand before the place where the stream fails are given.
        """
        searched = 0
        while True:
            end = self._buffer.find(b"\n", self._at + searched, self._at + limit)
            if end >= 0:
                return self.read(end + 1 - self._at)
            searched = len(self._buffer) - self._at
            if searched >= limit:
                if self.find(b"\n"):
                    self._take(1)
                return None
            if not self._extend():
                return self.read(searched)

    def _extend(self) -> bool:
        """One chunk more is in the buffer; False at the end."""
        chunk = self._fill()
        del self._buffer[: self._at]
        self._at = 0
        self._buffer += chunk
        return bool(chunk)

    def _take(self, size: int) -> None:
        self._at += size
        self.offset += size


class FileStream(ByteStream):
    """A stream over a file or a pipe, in which one can go back.

    Args:
        file: Read from where it stands.
        offset: What the first byte counts as.
    """

    def __init__(self, file: BinaryIO, *, offset: int = 0) -> None:
        super().__init__(self._read_chunk, offset=offset)
        self._file = file
        self._shift = file.tell() - offset if file.seekable() else None
        self._history: deque[bytes] = deque()
        self._history_bytes = 0
        self._read_to = self._furthest = offset
        self._reread_bytes = 0

    def go_to(self, offset: int) -> None:
        """Go back, or on, to `offset`, or as near to it as is possible.

        A pipe goes back `HISTORY_BYTES` at most, and a stream that has gone back very
        often stays where it is.
        """
        distance = self.offset - offset
        if distance <= 0:
            self.skip(-distance)
            return
        self._reread_bytes += distance
        budget = _REREAD_FACTOR * self._furthest + _REREAD_SLACK_BYTES
        if self._reread_bytes > budget:
            return
        if self._shift is not None:
            self._file.seek(offset + self._shift)
            self._read_to = offset
            self._buffer, self._at, self.offset = bytearray(), 0, offset
            return
        kept = bytearray().join(self._history)
        start = self._read_to - len(kept)
        self.offset = max(offset, start)
        self._buffer, self._at = kept, self.offset - start

    def _read_chunk(self) -> bytes:
        chunk = self._file.read(CHUNK_BYTES)
        self._read_to += len(chunk)
        self._furthest = max(self._furthest, self._read_to)
        if self._shift is None:
            self._history.append(chunk)
            self._history_bytes += len(chunk)
            while self._history_bytes - len(self._history[0]) > HISTORY_BYTES:
                self._history_bytes -= len(self._history.popleft())
        return chunk
