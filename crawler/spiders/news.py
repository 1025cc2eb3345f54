"""The news spider: from sources to pages.

`scrapy crawl news -a site=NAME`, `-a urls=URL[,URL…]`, or both: then the addresses
follow that site's definition, and its own sources are not used.

A page has a row in the run's database from the moment it is discovered. Rows are asked
for in the order of discovery, a window at a time: neither a sitemap of a million pages
nor an interruption loses one. The content of a response decides what it is.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import (
    DownloadCancelledError,
    DropItem,
    IgnoreRequest,
)
from scrapy.http import Response, TextResponse
from twisted.python.failure import Failure as TwistedFailure

from crawler.catalog import SITES_FOLDER, Catalog, load_catalog
from crawler.extensions.run import Run
from crawler.middlewares.addresses import (
    ALLOWED_HOSTS,
    OffsiteRedirectError,
    RefusedAddressError,
    is_allowed_host,
)
from crawler.middlewares.archive import (
    ARCHIVED_PAGE,
    DISCOVERY,
    PAGE_NUMBER,
    PURPOSE,
    REQUESTED_URL,
)
from crawler.middlewares.robots import (
    RobotsDisallowedError,
    RobotsMiddleware,
    RobotsUnreachableError,
)
from crawler.state import NewPage, PageState, PendingPage
from pipelines.discover import (
    Discovered,
    SourceFormat,
    detect_format,
    find_feeds,
    find_links,
    is_slug,
    parse_feed,
    parse_sitemap,
)
from pipelines.item_pipelines import JOBS_PER_WORKER, PageItem
from pipelines.read.fetch_metadata import Purpose
from pipelines.sites import host_of, is_article_url, site_of_host, url_key
from schemas.errors import UsageError
from schemas.page import ArchivedPage, Discovery, SourceKind
from schemas.rejection import Failure, FailureReason, Rejection, RejectionReason
from schemas.site import SiteDefinition

WINDOW = 100
"""Pages that are asked for at a time; the database keeps all others."""

MAX_SITEMAP_DEPTH = 2
"""Sitemap indexes above a sitemap that are followed."""

SOURCE_PRIORITY = 100

_REFUSALS: tuple[tuple[type[Exception], RejectionReason], ...] = (
    (RobotsDisallowedError, RejectionReason.ROBOTS_DISALLOWED),
    (RobotsUnreachableError, RejectionReason.ROBOTS_UNREACHABLE),
    (RefusedAddressError, RejectionReason.PRIVATE_ADDRESS),
    (OffsiteRedirectError, RejectionReason.OFFSITE),
    (DownloadCancelledError, RejectionReason.TOO_LARGE),
)
_MESSAGE_CHARS = 1_000

Output = Request | PageItem


class NewsSpider(Spider):
    """Reads sources, asks for the pages they name, and hands both to the run.

    Args:
        site: Name of a site definition.
        urls: Addresses to begin with, separated by commas.
        definition: A site definition that is not in the catalogue, instead of `site`.
        catalog: All site definitions.
        targets: Addresses to begin with, instead of `urls`.

    Raises:
        UsageError: There is nothing to begin with, or an address is not http(s).
        SiteDefinitionError: There is no such site.
    """

    name = "news"

    def __init__(
        self,
        site: str | None = None,
        urls: str | None = None,
        *,
        definition: SiteDefinition | None = None,
        catalog: Catalog | None = None,
        targets: tuple[str, ...] = (),
        **kwargs: Any,  # noqa: ANN401 - Scrapy's signature
    ) -> None:
        super().__init__(**kwargs)
        self.catalog = catalog or load_catalog()
        self.definition = definition or (self.catalog.get(site) if site else None)
        named = targets or tuple(url.strip() for url in (urls or "").split(","))
        self.inputs = tuple(dict.fromkeys(url for url in named if url))
        self._check_inputs()
        hosts = self.definition.hosts if self.definition else ()
        given = (host_of(url) for url in self.inputs)
        self._start_hosts = frozenset(host for host in given if host is not None)
        self._site_hosts = frozenset(hosts)
        self._cursor = 0
        self._outstanding = 0
        self._sources_asked: set[str] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:  # noqa: ANN401
        """As Scrapy asks for it; the site's pause becomes the crawl's."""
        folder = crawler.settings.get("COPYDESK_SITES") or SITES_FOLDER
        kwargs.setdefault("catalog", load_catalog(folder))
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.be_polite()
        spider.budget = crawler.settings.getint("COPYDESK_MAX_PAGES") or None
        return spider

    budget: int | None = None
    """Pages that may still be fetched in this session; None: any number."""

    @property
    def ledger(self) -> Run:
        """The run, which keeps the account of all pages."""
        return Run.of(self.crawler)

    def be_polite(self) -> None:
        """Take the longest pause of the sites at hand, and say who we are."""
        known = [site_of_host(url, self.catalog.definitions) for url in self.inputs]
        delays = [each.delay_seconds for each in (self.definition, *known) if each]
        settings = self.crawler.settings
        if delays:
            settings.set("DOWNLOAD_DELAY", max(delays), priority="spider")
        # Few at a time per host: what has been started is waited for at a stop.
        hosts = max(len(self._start_hosts), 1)
        at_a_time = min(2 * hosts, settings.getint("CONCURRENT_REQUESTS"))
        settings.set("CONCURRENT_REQUESTS", at_a_time, priority="spider")
        contact = " ".join(str(settings["COPYDESK_CONTACT"] or "").split())
        if contact:
            agent = f"{settings['USER_AGENT']} (+{contact})"
            settings.set("USER_AGENT", agent, priority="spider")

    async def start(self) -> AsyncIterator[Output]:
        """Settle what an earlier session left in the archive, then go on."""
        await self._settle_archived()
        for request in self._start_requests():
            yield request
        for output in self._fill():
            yield output

    async def parse_source(
        self, response: Response, kind: SourceKind, depth: int
    ) -> AsyncIterator[Output]:
        """Pages that a feed, a sitemap, a section or a front page names."""
        if _is_success(response):
            for request in self._read_source(response, kind, depth):
                yield request
            if kind is SourceKind.START and _is_root(response.url):
                for request in await self._sitemaps_of(response.url):
                    yield request
        else:
            self._count(f"discover/unread/status-{response.status}")
        for output in self._fill():
            yield output

    def fail_source(self, failure: TwistedFailure) -> Iterator[Output]:
        """A source that could not be had; the others go on."""
        self._count(f"discover/unread/{type(failure.value).__name__}")
        self.logger.warning(
            "%s: source not read: %s",
            _request_of(failure).url,
            failure.getErrorMessage(),
        )
        yield from self._fill()

    async def parse_start(
        self, response: Response, number: int
    ) -> AsyncIterator[Output]:
        """An address that was given: a source, a page, or both."""
        self._outstanding -= 1
        names_pages = detect_format(response.body) in {
            SourceFormat.FEED,
            SourceFormat.SITEMAP,
        }
        if _is_success(response):
            for request in self._read_source(response, SourceKind.START, 0):
                yield request
        # Last, so that a page that is not pending any more has named all its links.
        if _is_success(response) and names_pages:
            self._turn_into_source(number)
        else:
            yield self._hand_in(_asked(response), number)
        for output in self._fill():
            yield output

    def parse_page(self, response: Response, number: int) -> Iterator[Output]:
        """A page that a source named: it is in the archive, and goes to a worker."""
        self._outstanding -= 1
        yield self._hand_in(_asked(response), number)
        yield from self._fill()

    def fail_page(self, failure: TwistedFailure) -> Iterator[Output]:
        """A page without a response, or with one that Scrapy cannot decode."""
        self._outstanding -= 1
        request = _request_of(failure)
        number: int = request.cb_kwargs["number"]
        if ARCHIVED_PAGE in request.meta:
            yield self._hand_in(request, number)
        elif self.ledger.error is None:
            if self.budget is not None and _was_never_asked(request, failure):
                self.budget += 1
            yield PageItem(number, _outcome_of(request, failure))
        yield from self._fill()

    def _check_inputs(self) -> None:
        if self.definition is None and not self.inputs:
            raise UsageError("news: name a site (-a site=NAME) or addresses (-a urls=)")
        for url in self.inputs:
            if host_of(url) is None:
                raise UsageError(f"{url}: not an http(s) address")
        if self.inputs or self.definition is None:
            return
        if not self.definition.sources or not self.definition.hosts:
            raise UsageError(
                f"site {self.definition.name}: no hosts or no sources: name addresses"
            )

    async def _settle_archived(self) -> None:
        """Clean the pages that an earlier session fetched and did not settle."""
        pages = self.ledger.archived_pages()
        size = JOBS_PER_WORKER * self.crawler.settings.getint("COPYDESK_WORKERS")
        for begin in range(0, len(pages), size):
            batch = pages[begin : begin + size]
            await asyncio.gather(*(self._settle(PageItem(*each)) for each in batch))

    async def _settle(self, item: PageItem) -> None:
        """One page through the item pipelines.

        Not as an item of `start()`: Scrapy counts those as being processed, and does
        not look again at a stop, which then never ends.
        """
        item_pipelines = self.crawler.engine.scraper.itemproc
        try:
            article = await item_pipelines.process_item_async(item)
        except DropItem as drop:
            self.logger.info("%s", drop)
            return
        self.logger.info("articles: %s", article.url)
        await self.crawler.signals.send_catch_log_async(
            signals.item_scraped, item=article, response=None, spider=self
        )

    def _start_requests(self) -> Iterator[Request]:
        site = self.definition
        if site is not None and not self.inputs:
            for source in site.sources:
                url = urljoin(f"https://{site.host}", source.url)
                yield from self._ask_source(url, SourceKind(source.kind), 0)
        for url in self.inputs:
            if _is_root(url):
                # A front page is never an article, and is read for links each time.
                yield from self._ask_source(url, SourceKind.START, 0)
                continue
            page = NewPage(
                url_key(url, self._site_of(url)),
                url,
                Discovery(source=SourceKind.START),
            )
            self.ledger.discover([page])
            is_settled = self.ledger.state.state_of(page.url_key) is PageState.SETTLED
            if is_settled and self._is_front(url):
                yield from self._ask_source(url, SourceKind.START, 0)

    def _is_front(self, url: str) -> bool:
        """Whether the page lists others, so that it is read again for new links."""
        site = self._site_of(url)
        if site is not None and site.article_urls:
            return not is_article_url(url, site)
        return not is_slug(url)

    def _ask_source(self, url: str, kind: SourceKind, depth: int) -> Iterator[Request]:
        """The request for a source, none if it was asked for in this session."""
        if url in self._sources_asked:
            return
        self._sources_asked.add(url)
        self.ledger.asked += 1
        yield Request(
            url,
            callback=self.parse_source,
            errback=self.fail_source,
            cb_kwargs={"kind": kind, "depth": depth},
            meta={PURPOSE: Purpose.DISCOVERY, REQUESTED_URL: url},
            priority=SOURCE_PRIORITY,
            dont_filter=True,
        )

    def _read_source(
        self, response: Response, kind: SourceKind, depth: int
    ) -> Iterator[Request]:
        """Rows for the pages that it names; requests for further sources."""
        source_format = detect_format(response.body)
        found = Discovered(damaged=True)
        further: tuple[str, ...] = ()
        if source_format is SourceFormat.FEED:
            found = parse_feed(response.body, response.url)
        elif source_format is SourceFormat.SITEMAP:
            found = parse_sitemap(response.body, response.url)
            further = found.sitemaps if depth < MAX_SITEMAP_DEPTH else ()
        elif source_format is SourceFormat.HTML and kind in {
            SourceKind.SECTION,
            SourceKind.START,
        }:
            encoding = response.encoding if isinstance(response, TextResponse) else None
            site = self._site_of(response.url)
            found = find_links(response.body, response.url, site, encoding)
            if kind is SourceKind.START:
                further = find_feeds(response.body, response.url, encoding)
        self._discover(found, response.url, kind)
        for url in further:
            yield from self._ask_source(url, SourceKind.SITEMAP, depth + 1)

    def _discover(self, found: Discovered, source_url: str, kind: SourceKind) -> None:
        if found.damaged:
            self._count(f"discover/damaged/{kind}")
            self.logger.warning("%s: damaged, or no source", source_url)
        if found.entries or not found.damaged:
            self.ledger.sources_read += 1
        pages = []
        for entry in found.entries:
            site = self._site_of(entry.url)
            discovery = Discovery(
                source=entry.source,
                source_url=source_url,
                title=entry.title,
                date_raw=entry.date_raw,
            )
            if self._is_onsite(entry.url, discovery) and not is_article_url(
                entry.url, site
            ):
                self._count(f"discover/excluded/{entry.source}")
                continue
            pages.append(NewPage(url_key(entry.url, site), entry.url, discovery))
        self._count(f"discover/named/{kind}", len(pages))
        self._count(f"discover/new/{kind}", self.ledger.discover(pages))

    async def _sitemaps_of(self, url: str) -> tuple[Request, ...]:
        """Requests for the sitemaps that the origin's robots.txt names."""
        robots = self.crawler.get_downloader_middleware(RobotsMiddleware)
        if robots is None:
            return ()
        rules = await robots.rules_for(url)
        named = rules.parser.sitemaps if rules.parser is not None else ()
        return tuple(
            request
            for each in named
            if host_of(each)
            for request in self._ask_source(each, SourceKind.SITEMAP, 0)
        )

    def _fill(self) -> list[Output]:
        """The next pages, so many that the window is full.

        Made at once: of several generators at work each would begin at the same row.
        """
        outputs: list[Output] = []
        while (room := self._room()) > 0:
            pages = self.ledger.pending(self._cursor, room)
            if not pages:
                break
            self._cursor = pages[-1].number
            outputs.extend(self._ask_page(page) for page in pages)
        return outputs

    def _room(self) -> int:
        room = WINDOW - self._outstanding
        return room if self.budget is None else min(room, self.budget)

    def _ask_page(self, page: PendingPage) -> Output:
        url, discovery = page.requested_url, page.discovery
        if not self._is_onsite(url, discovery):
            return PageItem(page.number, _offsite(url, discovery))
        self._outstanding += 1
        self.ledger.asked += 1
        if self.budget is not None:
            self.budget -= 1
        is_start = discovery.source is SourceKind.START
        return Request(
            url,
            callback=self.parse_start if is_start else self.parse_page,
            errback=self.fail_page,
            cb_kwargs={"number": page.number},
            meta={
                PURPOSE: Purpose.PAGE,
                DISCOVERY: discovery,
                REQUESTED_URL: url,
                ALLOWED_HOSTS: self._allowed_hosts(discovery),
                # A start page is marked once its links have rows, see parse_start.
                PAGE_NUMBER: None if is_start else page.number,
            },
            dont_filter=True,
        )

    def _hand_in(self, request: Request, number: int) -> PageItem:
        page: ArchivedPage = request.meta[ARCHIVED_PAGE]
        self.ledger.mark_archived(number, page)
        self.ledger.pages_fetched += 1
        return PageItem(number, page)

    def _turn_into_source(self, number: int) -> None:
        """What was given is a feed or sitemap: no page, and asked for each time."""
        self.ledger.forget(number)
        self.ledger.count_other("not-html")
        if self.budget is not None:
            self.budget += 1

    def _allowed_hosts(self, discovery: Discovery) -> frozenset[str] | None:
        """Hosts that a page, and redirects of it, may have; None: any."""
        if self.definition is not None:
            return self._site_hosts | self._start_hosts
        host = host_of(discovery.source_url)
        return None if host is None else frozenset({f".{host}"})

    def _is_onsite(self, url: str, discovery: Discovery) -> bool:
        allowed = self._allowed_hosts(discovery)
        return allowed is None or is_allowed_host(url, allowed)

    def _site_of(self, url: str) -> SiteDefinition | None:
        return self.definition or site_of_host(url, self.catalog.definitions)

    def _count(self, key: str, count: int = 1) -> None:
        self.crawler.stats.inc_value(f"news/{key}", count)


def _is_root(url: str) -> bool:
    parts = urlsplit(url)
    return parts.path in {"", "/"} and not parts.query


def _is_success(response: Response) -> bool:
    return 200 <= response.status < 300  # noqa: PLR2004 - RFC 9110 section 15.3


def _asked(response: Response) -> Request:
    """The request that got the response: the last one of a chain of redirects."""
    if response.request is None:
        raise ValueError(f"{response.url}: a response without its request")
    return response.request


def _request_of(failure: TwistedFailure) -> Request:
    request: Request = failure.request  # type: ignore[attr-defined] # set by Scrapy
    return request


def _was_never_asked(request: Request, failure: TwistedFailure) -> bool:
    """Whether nothing was sent for the page: it was refused, and not at a redirect."""
    is_refused = isinstance(failure.value, IgnoreRequest)
    return is_refused and "redirect_times" not in request.meta


def _offsite(url: str, discovery: Discovery) -> Rejection:
    return Rejection(
        reason=RejectionReason.OFFSITE,
        detail=f"named by {discovery.source_url}",
        url=url,
        requested_url=url,
        site=host_of(url),
        fetched_at=None,
        provenance=None,
    )


def _outcome_of(request: Request, failure: TwistedFailure) -> Rejection | Failure:
    """Why a page has no response: refused with a reason, or an error."""
    error = failure.value
    requested_url = request.meta[REQUESTED_URL]
    message = str(error)[:_MESSAGE_CHARS]
    for kind, reason in _REFUSALS:
        if isinstance(error, kind):
            return Rejection(
                reason=reason,
                detail=message,
                url=request.url,
                requested_url=requested_url,
                site=host_of(request.url),
                fetched_at=None,
                provenance=None,
            )
    return Failure(
        reason=FailureReason.FETCH_ERROR,
        error=type(error).__name__,
        message=message,
        url=request.url,
        requested_url=requested_url,
        source=None,
    )
