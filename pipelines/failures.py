"""From an error to the record of it."""

import traceback
from datetime import datetime
from pathlib import PurePath
from typing import Protocol

from schemas.provenance import Source
from schemas.rejection import Failure, FailureReason

MESSAGE_CHARS = 1_000
TRACEBACK_PLACES = 20


class Located(Protocol):
    """What a failure tells of a page: a `Page`, or an `ArchivedPage`."""

    @property
    def url(self) -> str | None:
        """Final address."""
        ...

    @property
    def requested_url(self) -> str | None:
        """Address that was asked for."""
        ...

    @property
    def fetched_at(self) -> datetime | None:
        """When the response was received."""
        ...

    @property
    def source(self) -> Source:
        """Where the page lies."""
        ...


def failure_of(page: Located, reason: FailureReason, error: Exception | str) -> Failure:
    """The record of what went wrong with a page.

    Args:
        page: The page; its source goes into the record, so that it can be tried again.
        reason: What went wrong.
        error: The error, or a text where there was no exception.
    """
    return Failure(
        reason=reason,
        error=reason if isinstance(error, str) else type(error).__name__,
        message=_encodable(str(error)[:MESSAGE_CHARS]),
        traceback=() if isinstance(error, str) else _places(error),
        url=page.url,
        requested_url=page.requested_url,
        fetched_at=page.fetched_at,
        source=page.source,
    )


def _encodable(text: str) -> str:
    """A text that UTF-8 can write; errors quote file names that it cannot."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _places(error: Exception) -> tuple[str, ...]:
    """File names without their folders.

    A record must not tell where we are installed, nor differ between two machines.
    """
    places = traceback.extract_tb(error.__traceback__)
    return tuple(
        f"{PurePath(place.filename).name}:{place.lineno} {place.name}"
        for place in places[-TRACEBACK_PLACES:]
    )
