"""Logs as JSON: one object a line, with address and record, without secrets."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from scrapy.http import Request

from crawler.json_logs import MAX_CHARS, JsonFormatter, configure_json_logging
from crawler.logformat import log_fields
from pipelines.dedup import Outcome
from schemas.manifest import Disposition
from schemas.rejection import Rejection, RejectionReason
from tests.pipelines.store.records import article, failure, provenance

URL = "https://a.example/story"
ARTICLE = article("Text of the story.").model_copy(
    update={
        "url": URL,
        "site": "a.example",
        "provenance": provenance().model_copy(update={"warc_record_id": "urn:1"}),
    }
)
REJECTION = Rejection(
    reason=RejectionReason.OFFSITE,
    url=None,
    requested_url=URL,
    site=None,
    fetched_at=None,
    provenance=None,
)


def logged(
    message: str, *arguments: object, extra: dict[str, object] | None = None
) -> dict[str, Any]:
    """The object that a record is written as."""
    record = logging.getLogger("news").makeRecord(
        "news", logging.INFO, "f.py", 1, message, arguments, None, extra=extra
    )
    line = JsonFormatter().format(record)
    assert "\n" not in line
    parsed: dict[str, Any] = json.loads(line)
    return parsed


def test_line_has_all_keys() -> None:
    """A line says when, how bad, who and what; fields that are not known are null."""
    line = logged("%s pages", 3)
    assert list(line) == [
        "time",
        "level",
        "logger",
        "message",
        "event",
        "url",
        "record_id",
        "site",
        "reason",
    ]
    assert (line["level"], line["logger"], line["message"]) == (
        "INFO",
        "news",
        "3 pages",
    )
    assert line["time"].endswith("+00:00")
    assert line["url"] is None


OUTCOMES: list[tuple[Disposition, Outcome, list[str | None]]] = [
    (Disposition.ARTICLES, ARTICLE, ["articles", URL, "urn:1", "a.example", None]),
    (Disposition.DUPLICATES, ARTICLE, ["duplicates", URL, "urn:1", "a.example", None]),
    (
        Disposition.REJECTED,
        REJECTION,
        ["rejected", URL, None, "a.example", "offsite"],
    ),
    (
        Disposition.FAILED,
        failure("why").model_copy(update={"url": URL}),
        ["failed", URL, None, "a.example", "exception"],
    ),
]


@pytest.mark.parametrize(("disposition", "outcome", "fields"), OUTCOMES)
def test_page_has_address_and_record(
    disposition: Disposition, outcome: Outcome, fields: list[str | None]
) -> None:
    """What became of a page is told in fields, not only in words."""
    line = logged("%s", "words", extra=log_fields(disposition, outcome))
    assert list(line.values())[4:] == fields


def test_scrapys_own_lines_have_an_address() -> None:
    """An item in `extra`, or a request among the arguments, says of which page."""
    item = logged("scraped", extra={"item": ARTICLE})
    assert (item["url"], item["record_id"]) == (URL, "urn:1")
    crawled = logged("Crawled %(request)s", {"request": Request(URL)})
    assert crawled["url"] == URL


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://me:secret@a.example/x", "https://…@a.example/x"),
        ("https://me@a.example", "https://…@a.example"),
        ("ftp://a:b@c@a.example/", "ftp://…@a.example/"),
        ("see https://a.example/@me", "see https://a.example/@me"),
        ("me@a.example", "me@a.example"),
    ],
)
def test_credentials_are_masked(text: str, shown: str) -> None:
    """What stands before a host is in no field and no message."""
    line = logged("%s", text, extra={"url": text})
    assert (line["message"], line["url"]) == (shown, shown)


def test_messages_are_bounded() -> None:
    """Nobody finds a whole page in a log."""
    assert len(logged("%s", "x" * 99_999)["message"]) == MAX_CHARS + 1


def test_traceback_is_in_the_line() -> None:
    """An error's traceback is a field, its end kept, without credentials."""
    with pytest.raises(ValueError, match="secret") as caught:
        int("https://me:secret@a.example/")
    error = (caught.type, caught.value, caught.tb)
    record = logging.LogRecord("n", logging.ERROR, "f.py", 1, "bad", None, error)
    line = json.loads(JsonFormatter().format(record))
    assert line["exception"].endswith("'https://…@a.example/'")


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """A stream to which all logs go from INFO on, as JSON."""
    level, target = logging.root.level, io.StringIO()
    handler = configure_json_logging("INFO", target)
    yield target
    logging.root.removeHandler(handler)
    logging.root.setLevel(level)


def test_all_loggers_are_taken(stream: io.StringIO) -> None:
    """Each record of any logger is a line, those below the level are not."""
    logging.getLogger("one").debug("not told")
    logging.getLogger("one").info("first\nsecond")
    logging.getLogger("two").warning("\u2028 été")
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [(each["logger"], each["message"]) for each in lines] == [
        ("one", "first\nsecond"),
        ("two", "\u2028 été"),
    ]
