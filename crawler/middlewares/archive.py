"""Archive: the response as received is in a WARC before anything is done to it.

A downloader middleware next to the downloader: bodies are still content-encoded, and
redirects, error statuses, robots.txt and each retry pass here. On return
`request.meta["archived"]` says where the response lies; it is there only if this
very request got an answer that is no redirect.
"""

from datetime import datetime
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Headers, Response
from twisted.web.http import RESPONSES

from crawler.extensions.run import Answer, Run
from crawler.javascript import RENDERED
from crawler.politeness import BUSY
from crawler.state import Memory
from pipelines.archive import Fetch
from pipelines.read.fetch_metadata import Purpose
from pipelines.read.http_payload import is_redirect
from schemas.errors import ArchiveError

ARCHIVED = "archived"
"""Key of `request.meta`: where the response lies, an `Archived`."""

PURPOSE = "purpose"
"""Key of `request.meta`: why it is fetched, a `Purpose`; without it, for a page."""

DISCOVERY = "discovery"
"""Key of `request.meta`: the `Discovery`, if there is one."""

OPT_OUTS = "opt_outs"
"""Key of `request.meta`: what robots.txt and tdmrep.json say of the page, a tuple of
words (`pipelines.opt_outs`); set by `ReservationsMiddleware`."""

REQUESTED_URL = "requested_url"
"""Key of `request.meta`: the address before redirects; set here if it is absent."""

PAGE_NUMBER = "page_number"
"""Key of `request.meta`: the page's row, which is marked together with the archiving,
so that a kill between the two cannot have it fetched again. Absent or None: whoever
gets the response marks it."""


MEMORY = "memory"
"""Key of `request.meta`: what is remembered of the address, a `Memory`."""


_CONDITIONS = ("If-None-Match", "If-Modified-Since")


class ArchiveMiddleware:
    """Writes each request and its response, and asks for what is not known only."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._retried = {
            *map(int, crawler.settings.getlist("RETRY_HTTP_CODES")),
            *BUSY,
        }

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """As Scrapy asks for it."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Forget the response of an earlier try, which was copied with the request."""
        stale = request.meta.pop(ARCHIVED, None)
        if stale is not None and purpose_of(request) is Purpose.PAGE:
            await Run.of(self._crawler).count_other("retried")
        request.meta.setdefault(REQUESTED_URL, request.url)
        for name in _CONDITIONS:
            request.headers.pop(name, None)  # of the address that redirected to here
        request.headers.update(_memory(request).conditions)

    async def process_response(self, request: Request, response: Response) -> Response:
        """Archive the response.

        Raises:
            IgnoreRequest: It could not be archived, so it must not be used either.
        """
        run = Run.of(self._crawler)
        fetch = _fetch_of(request, response, run.now())
        names = (name.decode("latin-1") for name in response.headers)
        is_redirected = is_redirect(response.status, names)
        answer = Answer(
            fetch,
            memory=_memory(request),
            is_redirect=is_redirected,
            number=None
            if response.status in self._retried
            else request.meta.get(PAGE_NUMBER),
        )
        try:
            archived = await run.archive(answer)
        except ArchiveError as error:
            raise IgnoreRequest(str(error)) from error
        if not is_redirected:
            request.meta[ARCHIVED] = archived
        return response


def purpose_of(request: Request) -> Purpose:
    """Why the request is made: for a page, if it does not say."""
    return Purpose(request.meta.get(PURPOSE, Purpose.PAGE))


def _memory(request: Request) -> Memory:
    """What is remembered of this very address.

    A redirect may lead to another one now, whose `304` would say nothing of the body
    in the archive.
    """
    memory: Memory = request.meta.get(MEMORY) or Memory()
    return memory if memory.record_url == request.url else Memory()


def _fetch_of(request: Request, response: Response, now: datetime) -> Fetch:
    return Fetch(
        requested_url=request.meta[REQUESTED_URL],
        url=request.url,
        method=request.method,
        request_headers=header_pairs(request.headers),
        status=response.status,
        # Scrapy does not keep the phrase that the server sent.
        reason=RESPONSES.get(response.status, b"").decode("latin-1"),
        protocol=response.protocol or "HTTP/1.1",
        response_headers=header_pairs(response.headers),
        body=response.body,
        ip_address=str(response.ip_address) if response.ip_address else None,
        fetched_at=now.replace(microsecond=0),
        purpose=purpose_of(request),
        discovery=request.meta.get(DISCOVERY),
        opt_outs=request.meta.get(OPT_OUTS, ()),
        rendered=request.meta.get(RENDERED),
    )


def header_pairs(headers: Headers) -> tuple[tuple[str, str], ...]:
    """The headers as they came, one character for each byte."""
    return tuple(
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, values in headers.items()
        for value in values
    )
