"""From an error to its record: what it tells, and what it must not tell."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.failures import MESSAGE_CHARS, TRACEBACK_PLACES, failure_of
from schemas.rejection import Failure, FailureReason
from tests.conftest import MakePage

MOMENT = datetime(2024, 5, 6, tzinfo=UTC)


def raised(depth: int = 0, message: str = "no such thing") -> ValueError:
    """An error with a traceback of that many calls."""
    try:
        _fall(depth, message)
    except ValueError as error:
        return error
    raise AssertionError


def _fall(depth: int, message: str) -> None:
    if depth == 0:
        raise ValueError(message)
    _fall(depth - 1, message)


def test_a_failure_tells_where_the_page_lies(html_page: MakePage) -> None:
    """So that it can be tried again."""
    page = html_page(
        "<p>", url="https://a.example/2", requested_url="https://a.example/1"
    )
    page = page.model_copy(update={"fetched_at": MOMENT})
    failure = failure_of(page, FailureReason.EXCEPTION, raised())
    assert failure.source == page.source
    assert failure.url == "https://a.example/2"
    assert failure.requested_url == "https://a.example/1"
    assert failure.fetched_at == MOMENT
    assert failure.reason is FailureReason.EXCEPTION
    assert (failure.error, failure.message) == ("ValueError", "no such thing")


def test_a_failure_without_an_exception_is_named_by_its_reason(
    html_page: MakePage,
) -> None:
    """A killed worker raises nothing."""
    failure = failure_of(html_page(""), FailureReason.TIMEOUT, "took 31 seconds")
    assert (failure.error, failure.message) == ("timeout", "took 31 seconds")
    assert failure.traceback == ()


def test_the_innermost_places_are_told_without_folders(html_page: MakePage) -> None:
    """Two machines write the same record."""
    failure = failure_of(html_page(""), FailureReason.EXCEPTION, raised(100))
    assert len(failure.traceback) == TRACEBACK_PLACES
    assert failure.traceback[-1].endswith(" _fall")
    assert failure.traceback[0].startswith(f"{Path(__file__).name}:")
    assert not any("/" in place for place in failure.traceback)


def test_a_long_message_is_cut(html_page: MakePage) -> None:
    """A parser may quote the whole page."""
    error = raised(message="x" * 5_000)
    failure = failure_of(html_page(""), FailureReason.EXCEPTION, error)
    assert failure.message == "x" * MESSAGE_CHARS


@pytest.mark.parametrize("message", ["bad \udcff name", "\ud83d", "line\nend \x00 é"])
def test_any_message_can_be_written(html_page: MakePage, message: str) -> None:
    """A failure whose record could not be written would be lost."""
    failure = failure_of(
        html_page(""), FailureReason.EXCEPTION, raised(message=message)
    )
    line = failure.to_json_line()
    assert Failure.model_validate_json(line) == failure
    assert "\n" not in line


def test_an_error_that_was_never_raised_has_no_places(html_page: MakePage) -> None:
    """Its type and text are told all the same."""
    failure = failure_of(html_page(""), FailureReason.FETCH_ERROR, OSError("gone"))
    assert (failure.error, failure.message) == ("OSError", "gone")
    assert failure.traceback == ()
