"""Saved pages: one file, one page."""

from collections.abc import Iterator

from pipelines.read.byte_stream import FileStream
from pipelines.read.reading import Reading, file_source
from schemas.config import LimitsConfig
from schemas.page import Page, PageKind
from schemas.provenance import InputKind


def read_html(stream: FileStream, name: str, limits: LimitsConfig) -> Iterator[Reading]:
    """The one page of a file of HTML.

    Of a file larger than `max_page_bytes` one byte more than that is given, by which
    the pipeline knows it as too large.
    """
    yield Page(
        kind=PageKind.HTML,
        body=stream.read(limits.max_page_bytes + 1),
        source=file_source(InputKind.HTML, name),
    )
