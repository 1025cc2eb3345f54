"""Gzip, member by member: where each begins, and whether it is whole.

Python's `gzip`, and warcio and FastWARC with it, read over a member that is cut short
at the end of a file, or stop there without a word. Here that is an error with its
place. Source: RFC 1952.
"""

import zlib

from pipelines.read.byte_stream import CHUNK_BYTES, ByteStream, FileStream

MAGIC = b"\x1f\x8b\x08"
"""Two bytes of identification, then the only compression method (section 2.3)."""

_OUTPUT_BYTES = 1_048_576
"""Inflated at a time: 64 kB of zeros would give 67 MB."""

GZIP_WINDOW = zlib.MAX_WBITS | 16
"""`wbits` of zlib for gzip."""


class DamagedGzipError(Exception):
    """A gzip member is cut short or corrupt; the text says which, and where."""


class Member(ByteStream):
    """What is in the member that begins where `source` stands, streamed.

    Its end is reached only if length and checksum are right. When it is, `source`
    stands behind the member.

    Raises (from each reading method):
        DamagedGzipError: No member begins there, or it is not whole.
    """

    def __init__(self, source: FileStream) -> None:
        super().__init__(self.inflate)
        self.start = source.offset
        self._source = source
        self._inflater = zlib.decompressobj(GZIP_WINDOW)

    def inflate(self) -> bytes:
        """The next chunk, b"" at the end."""
        while not self._inflater.eof:
            packed = self._source.peek(CHUNK_BYTES)
            if not packed:
                raise DamagedGzipError(
                    f"the gzip member at byte {self.start} is cut short: the file "
                    f"ends in it, at byte {self._source.offset}"
                )
            try:
                chunk = self._inflater.decompress(packed, _OUTPUT_BYTES)
            except zlib.error as error:
                raise self._damage(error) from error
            rest = self._inflater.unconsumed_tail or self._inflater.unused_data
            self._source.skip(len(packed) - len(rest))
            if chunk:
                return chunk
        return b""

    def _damage(self, error: zlib.error) -> DamagedGzipError:
        if self._source.offset == self.start and self._source.peek(3) != MAGIC:
            return DamagedGzipError(f"no gzip member begins at byte {self.start}")
        return DamagedGzipError(
            f"the gzip member at byte {self.start} is corrupt: {error}"
        )


def concatenated(source: FileStream) -> ByteStream:
    """All members of `source` as one stream (RFC 1952, section 2.2)."""
    member: Member | None = None

    def fill() -> bytes:
        nonlocal member
        while member is not None or source.peek(1):
            member = member or Member(source)
            if chunk := member.inflate():
                return chunk
            member = None
        return b""

    return ByteStream(fill)


def find_member(source: FileStream, *, beginning: bytes = b"WARC/") -> bool:
    """Go to the next member whose content begins so, or to the end: then False."""
    while source.find(MAGIC):
        inflater = zlib.decompressobj(GZIP_WINDOW)
        try:
            content = inflater.decompress(source.peek(CHUNK_BYTES), len(beginning))
        except zlib.error:
            content = b""
        if content == beginning:
            return True
        source.skip(1)
    return False
