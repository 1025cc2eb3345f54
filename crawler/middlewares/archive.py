"""Archive: the response as received is in a WARC before anything is done to it.

A downloader middleware next to the downloader: bodies are still content-encoded, and
redirects, error statuses, robots.txt and each retry pass here. On return
`request.meta["archived_page"]` says where the response lies; it is there only if this
very request got an answer that is no redirect.
"""

from datetime import datetime
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Headers, Response
from twisted.web.http import RESPONSES

from crawler.extensions.run import Run
from pipelines.archive import Fetch
from pipelines.read.fetch_metadata import Purpose
from pipelines.read.http_payload import is_redirect
from schemas.errors import ArchiveError

ARCHIVED_PAGE = "archived_page"
"""Key of `request.meta`: the `ArchivedPage` of the response."""

PURPOSE = "purpose"
"""Key of `request.meta`: why it is fetched, a `Purpose`; without it, for a page."""

DISCOVERY = "discovery"
"""Key of `request.meta`: the `Discovery`, if there is one."""

REQUESTED_URL = "requested_url"
"""Key of `request.meta`: the address before redirects; set here if it is absent."""

PAGE_NUMBER = "page_number"
"""Key of `request.meta`: the page's row, which is marked together with the archiving,
so that a kill between the two cannot have it fetched again. Absent or None: whoever
gets the response marks it."""


class ArchiveMiddleware:
    """Writes each request and its response."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._retried = set(map(str, crawler.settings.getlist("RETRY_HTTP_CODES")))

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """As Scrapy asks for it."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Forget the response of an earlier try, which was copied with the request."""
        stale = request.meta.pop(ARCHIVED_PAGE, None)
        if stale is not None and _purpose(request) is Purpose.PAGE:
            Run.of(self._crawler).count_other("retried")
        request.meta.setdefault(REQUESTED_URL, request.url)

    def process_response(self, request: Request, response: Response) -> Response:
        """Archive the response.

        Raises:
            IgnoreRequest: It could not be archived, so it must not be used either.
        """
        run = Run.of(self._crawler)
        purpose = _purpose(request)
        try:
            page = run.archive(_fetch_of(request, response, run.now()))
        except ArchiveError as error:
            raise IgnoreRequest(str(error)) from error
        names = (name.decode("latin-1") for name in response.headers)
        if is_redirect(response.status, names):
            run.count_other("redirect")
            return response
        request.meta[ARCHIVED_PAGE] = page
        if purpose is not Purpose.PAGE:
            run.count_other(purpose)
        number = request.meta.get(PAGE_NUMBER)
        if number is not None and str(response.status) not in self._retried:
            run.mark_archived(number, page)
        return response


def _purpose(request: Request) -> Purpose:
    return Purpose(request.meta.get(PURPOSE, Purpose.PAGE))


def _fetch_of(request: Request, response: Response, now: datetime) -> Fetch:
    return Fetch(
        requested_url=request.meta[REQUESTED_URL],
        url=request.url,
        method=request.method,
        request_headers=_as_pairs(request.headers),
        status=response.status,
        # Scrapy does not keep the phrase that the server sent.
        reason=RESPONSES.get(response.status, b"").decode("latin-1"),
        protocol=response.protocol or "HTTP/1.1",
        response_headers=_as_pairs(response.headers),
        body=response.body,
        ip_address=str(response.ip_address) if response.ip_address else None,
        fetched_at=now.replace(microsecond=0),
        purpose=_purpose(request),
        discovery=request.meta.get(DISCOVERY),
    )


def _as_pairs(headers: Headers) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, values in headers.items()
        for value in values
    )
