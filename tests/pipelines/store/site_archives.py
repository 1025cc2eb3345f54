"""Archives with the pages of whole sites, for what is learnt from them."""

from collections.abc import Iterable
from pathlib import Path

from schemas.page import Page
from tests.learn.pages import Frame, markup, page, site_pages, story
from tests.read.warc_samples import gz, http, warc_record

ONE, TWO, SMALL = "one.example", "two.example", "small.example"
WARC_DATE = b"WARC-Date: 2018-09-20T08:15:30Z"


def archived_sites(articles: int = 6) -> list[Page]:
    """Two sites of some articles, one of two."""
    return [
        *site_pages(range(articles), host=ONE),
        *site_pages(range(50, 50 + articles), Frame(name="fern"), host=TWO),
        *site_pages(range(90, 92), host=SMALL),
    ]


def redesigned(numbers: Iterable[int], host: str = ONE) -> list[Page]:
    """Articles of a site in elements that it did not have before."""
    return [
        page(
            markup(story(number), Frame(name="moss")).replace("<main", "<article"),
            f"story/{number}",
            host,
        )
        for number in numbers
    ]


def write_warc(path: Path, pages: Iterable[Page]) -> Path:
    """The pages as the responses of a WARC file, in this order."""
    path.write_bytes(gz(*map(_record, pages)))
    return path


def _record(archived: Page) -> bytes:
    record = warc_record(http(archived.body), url=archived.url or "")
    if archived.fetched_at is None:
        return record
    moment = archived.fetched_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return record.replace(WARC_DATE, f"WARC-Date: {moment}".encode())
