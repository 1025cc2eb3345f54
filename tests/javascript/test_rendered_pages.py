"""Rendered pages in the archive: how they are told from what a server sent."""

import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.archive import ArchiveWriter, Fetch, Purpose
from pipelines.read import read_path
from pipelines.read.fetch_metadata import (
    FetchMetadata,
    Rendering,
    parse_fetch_metadata,
)
from schemas.config import LimitsConfig
from schemas.page import Page
from tests.crawler.news_server import article

URL = "http://paper.example/story-1"
NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def archived(folder: Path, rendered: Rendering | None) -> Page:
    """A page that was archived and is read again."""
    fetch = Fetch(
        requested_url=URL,
        url=URL,
        method="GET",
        request_headers=(),
        status=200,
        reason="OK",
        protocol="HTTP/1.1",
        response_headers=(("Content-Type", "text/html; charset=utf-8"),),
        body=article(1),
        fetched_at=NOON,
        purpose=Purpose.PAGE,
        rendered=rendered,
    )
    with ArchiveWriter(
        folder, prefix="news", software="test", now=lambda: NOON, new_id=uuid.uuid4
    ) as archive:
        archive.write(fetch)
    readings = read_path(str(folder), LimitsConfig())
    (page,) = (each for each in readings if isinstance(each, Page))
    return page


@pytest.mark.parametrize(
    ("rendered", "warnings"),
    [
        (None, ()),
        (Rendering.SETTLED, ()),
        (Rendering.UNSETTLED, ("rendering-unsettled",)),
    ],
)
def test_a_page_that_had_not_settled_has_a_warning(
    tmp_path: Path, rendered: Rendering | None, warnings: tuple[str, ...]
) -> None:
    """Read from the archive, so live and in each replay."""
    assert archived(tmp_path, rendered).warnings == warnings


@pytest.mark.parametrize("rendered", [None, *Rendering])
def test_how_a_page_was_rendered_comes_back(rendered: Rendering | None) -> None:
    """Block and fields are two forms of the same."""
    metadata = FetchMetadata(URL, Purpose.PAGE, rendered=rendered)
    assert parse_fetch_metadata(metadata.to_block()) == metadata


def test_an_unknown_word_for_it_is_passed_over() -> None:
    """A later version may know more."""
    block = FetchMetadata(URL, Purpose.PAGE).to_block() + b"rendered: by-magic\r\n"
    metadata = parse_fetch_metadata(block)
    assert metadata is not None
    assert metadata.rendered is None
