"""One response of an archive of ours, whatever it holds: a feed, a sitemap, a page."""

from dataclasses import dataclass
from pathlib import Path

from pipelines.read.byte_stream import FileStream
from pipelines.read.http_payload import decode_payload
from pipelines.read.reading import damage
from pipelines.read.warc import HttpError, parse_http
from pipelines.read.warc_records import WarcRecord, iter_gzip
from schemas.config import LimitsConfig
from schemas.page import ArchivedPage
from schemas.rejection import Failure


@dataclass(frozen=True, slots=True)
class Response:
    """A response as it was received, but decoded."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    """The payload after content decoding; of a larger one the first `max_bytes + 1`
    bytes."""

    @property
    def content_type(self) -> str | None:
        """The `Content-Type` header, as it stands there."""
        return next((v for n, v in self.headers if n.lower() == "content-type"), None)


def read_response_at(
    page: ArchivedPage, limits: LimitsConfig, *, max_bytes: int
) -> Response | Failure:
    """The response that lies in the archive where `page` says.

    Args:
        page: Where it lies.
        limits: `max_record_bytes` bounds the record.
        max_bytes: Bytes of the payload, at most.

    Returns:
        The response, or a failure if no such record is there or it is damaged.
    """
    archive, offset = Path(page.archive), page.source.warc_offset or 0
    try:
        with archive.open("rb") as file:
            file.seek(offset)
            stream = FileStream(file, offset=offset)
            found = next(iter_gzip(stream, limits.max_record_bytes), None)
    except OSError as error:
        return damage(page.source, f"{archive.name}: cannot be read: {error.strerror}")
    if not isinstance(found, WarcRecord) or found.headers["warc-type"] != "response":
        message = f"no response lies at byte {offset} of {archive.name}"
        return damage(page.source, message)
    try:
        http = parse_http(found.block)
    except HttpError as error:
        return damage(page.source, f"the response at byte {offset}: {error}")
    body = decode_payload(http.headers, http.body, max_bytes=max_bytes).body
    return Response(http.status, http.headers, body)
