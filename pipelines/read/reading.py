"""What the readers give: pages, failures, and records that are only counted."""

from dataclasses import dataclass
from datetime import UTC, datetime

from schemas.page import Page
from schemas.provenance import InputKind, Source
from schemas.rejection import Failure, FailureReason

_MESSAGE_CHARS = 1_000


@dataclass(frozen=True, slots=True)
class OtherRecord:
    """A record or a file of the input that is no page."""

    kind: str
    """`request`, `redirect`, `not-html`, `unknown-file`, …: what is counted."""


Reading = Page | Failure | OtherRecord
"""What an input holds is one of these, and nothing of it is left out."""


def damage(
    source: Source,
    message: str,
    *,
    url: str | None = None,
    fetched_at: datetime | None = None,
) -> Failure:
    """A record that could not be read; `message` may quote the input."""
    printable = message.encode("utf-8", "backslashreplace").decode()
    return Failure(
        reason=FailureReason.DAMAGED_RECORD,
        error=FailureReason.DAMAGED_RECORD,
        message=printable[:_MESSAGE_CHARS],
        url=url,
        requested_url=url,
        fetched_at=fetched_at,
        source=source,
    )


def file_source(kind: InputKind, name: str, *, line: int | None = None) -> Source:
    """The source of what was read from the file `name`."""
    return Source(input=kind, input_file=name, input_line=line)


def parse_moment(value: object, *, default_utc: bool = False) -> datetime | None:
    """A moment in UTC, to the second; None if `value` does not tell one.

    Args:
        value: ISO 8601 with time and zone; a bare day is no moment.
        default_utc: Read a time without zone as UTC (WARC-Date is always UTC).
    """
    if not isinstance(value, str) or len(value) <= len("2018-09-20T"):
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
        if moment.tzinfo is None:
            if not default_utc:
                return None
            moment = moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError):
        return None
