"""The news spider: from sources to pages.

`scrapy crawl news -a site=NAME`, `-a urls=URL[,URL…]`, or both: then the addresses
follow that site's definition, and its own sources are not used.

`start()` is the one place that asks for anything: it takes what the frontier gives and
waits for answers until nothing is left. A page has a row in the run's database from the
moment it is discovered: neither a sitemap of a million pages nor an interruption loses
one. The content of a response decides what it is; it is parsed in a worker process.
"""

import asyncio
import gc
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import (
    DownloadCancelledError,
    DropItem,
    IgnoreRequest,
)
from scrapy.http import Response
from twisted.python.failure import Failure as TwistedFailure

from crawler.catalog import SITES_FOLDER, Catalog, load_catalog
from crawler.cleaning import Cleaning
from crawler.extensions.run import Archived, Run
from crawler.frontier import Frontier, Task
from crawler.javascript import JAVASCRIPT, javascript_settings
from crawler.logformat import log_fields
from crawler.middlewares.addresses import (
    ALLOWED_HOSTS,
    OffsiteRedirectError,
    RefusedAddressError,
    is_allowed_host,
)
from crawler.middlewares.archive import (
    ARCHIVED,
    DISCOVERY,
    MEMORY,
    PAGE_NUMBER,
    PURPOSE,
    REQUESTED_URL,
)
from crawler.middlewares.politeness import LAST_TRY, SiteBusyError, SiteClosedError
from crawler.middlewares.reservations import OptedOutError
from crawler.middlewares.robots import (
    RobotsDisallowedError,
    RobotsMiddleware,
    RobotsUnreachableError,
)
from crawler.sources import SourceReader, SourceVisit, led_to
from crawler.state import NewPage, PageState, PendingPage, Source
from pipelines.discover import Entry, SourceFormat, is_slug
from pipelines.item_pipelines import JOBS_PER_WORKER, DroppedPage, PageItem
from pipelines.read.fetch_metadata import Purpose
from pipelines.read.reading import parse_moment
from pipelines.read_source import SourceReading
from pipelines.sites import host_of, is_article_url, url_key
from schemas.errors import UsageError
from schemas.manifest import Disposition
from schemas.page import Discovery, SourceKind
from schemas.rejection import Failure, FailureReason, Rejection, RejectionReason
from schemas.site import Revisit, SiteDefinition

MAX_SITEMAP_DEPTH = 2
"""Sitemap indexes above a sitemap that are followed."""

MAX_TRIES = 3
"""How often a page is asked for that a busy site (429, 503) refuses, or whose failures
had its site left alone."""

SOURCE_PRIORITY = 100

POLL_SECONDS = 1.0
"""How often a machine with nothing to do looks whether others left it something."""

_REFUSALS: tuple[tuple[type[Exception], RejectionReason], ...] = (
    (RobotsDisallowedError, RejectionReason.ROBOTS_DISALLOWED),
    (RobotsUnreachableError, RejectionReason.ROBOTS_UNREACHABLE),
    (OptedOutError, RejectionReason.OPTED_OUT),
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
        sites: Several definitions, whose sources are read, instead of `site`.
        scope: What a folder of several sites belongs to, for good.
        targets: Addresses to begin with, instead of `urls`.

    Raises:
        UsageError: There is nothing to begin with, or an address is not http(s).
        SiteDefinitionError: There is no such site.
    """

    name = "news"

    def __init__(  # noqa: PLR0913 - Scrapy gives each `-a` by name
        self,
        site: str | None = None,
        urls: str | None = None,
        *,
        definition: SiteDefinition | None = None,
        catalog: Catalog | None = None,
        sites: tuple[SiteDefinition, ...] = (),
        scope: str | None = None,
        targets: tuple[str, ...] = (),
        **kwargs: Any,  # noqa: ANN401 - Scrapy's signature
    ) -> None:
        super().__init__(**kwargs)
        self.catalog = catalog or load_catalog()
        self.definition = definition or (self.catalog.get(site) if site else None)
        self.sites = sites or ((self.definition,) if self.definition else ())
        self._scope = scope
        named = targets or tuple(url.strip() for url in (urls or "").split(","))
        self.inputs = tuple(dict.fromkeys(url for url in named if url))
        self._check_inputs()
        hosts = self.definition.hosts if self.definition else ()
        given = (host_of(url) for url in self.inputs)
        self._start_hosts = frozenset(host for host in given if host is not None)
        self._site_hosts = frozenset(hosts)
        self._changed = asyncio.Event()
        self._sources_asked: set[str] = set()
        self._source_tries: Counter[str] = Counter()

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:  # noqa: ANN401
        """As Scrapy asks for it."""
        folder = crawler.settings.get("COPYDESK_SITES") or SITES_FOLDER
        kwargs.setdefault("catalog", load_catalog(Path(folder)))
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.be_polite()
        spider.use_browser()
        crawler.signals.connect(spider.close_reader, signal=signals.spider_closed)
        crawler.signals.connect(spider.leave, signal=signals.spider_error)
        return spider

    @property
    def ledger(self) -> Run:
        """The run, which keeps the account of all pages."""
        return Run.of(self.crawler)

    @property
    def scope(self) -> str | None:
        """What a folder belongs to, for good: the site, or the share of a catalogue."""
        return self._scope or (self.definition.name if self.definition else None)

    def may_leave_pages(self) -> bool:
        """Whether a session that ended by itself may have left pages behind.

        Its budget or that of a site was used up, a site wants to be left alone for
        longer than we wait, or pages were only to be fetched.
        """
        return (
            self.frontier.budget == 0
            or self.crawler.settings.getbool("COPYDESK_FETCH_ONLY")
            or any(site.closed for site in self.ledger.sites)
        )

    def be_polite(self) -> None:
        """Say who we are, and how to reach the operator."""
        settings = self.crawler.settings
        contact = " ".join(str(settings["COPYDESK_CONTACT"] or "").split())
        if contact:
            agent = f"{settings['USER_AGENT']} (+{contact})"
            settings.set("USER_AGENT", agent, priority="spider")

    def use_browser(self) -> None:
        """Render pages, if a site of this crawl needs it.

        Raises:
            UsageError: The extra or a browser is missing.
        """
        given = (self._site_of(url) for url in self.inputs)
        if any(site is not None and site.javascript for site in (*self.sites, *given)):
            settings = self.crawler.settings
            for name, value in javascript_settings(settings).items():
                settings.set(name, value, priority="cmdline")

    async def start(self) -> AsyncIterator[Request]:
        """Requests, as there is room for them, until there is nothing left to ask."""
        # What was imported stays: to look through it for garbage stops all for 60 ms.
        gc.freeze()
        settings, run = self.crawler.settings, self.ledger
        self.reader = SourceReader(run)
        self.frontier = Frontier(
            run,
            max_out=2 * settings.getint("CONCURRENT_REQUESTS"),
            budget=settings.getint("COPYDESK_MAX_PAGES") or None,
        )
        workers = settings.getint("COPYDESK_WORKERS")
        cleaning = Cleaning(run, self._settle, at_once=2 * JOBS_PER_WORKER * workers)
        if not settings.getbool("COPYDESK_FETCH_ONLY"):
            cleaning.begin()
        await self._begin()
        while run.error is None:
            self._changed.clear()
            tasks = await self.frontier.take()
            for task in tasks:
                request = await self._ask(task)
                if request is not None:
                    yield request
            if tasks or await self._take_shared():
                continue
            wait = self.frontier.seconds_to_wait()
            if wait is None and not self.frontier.is_waiting:
                if not await self._may_others_leave_work():
                    break
                wait = POLL_SECONDS
            await self._wait(wait)
        await cleaning.finish()

    async def close_reader(self) -> None:
        """End the process that reads sources."""
        if hasattr(self, "reader"):
            await self.reader.close()

    async def _wait(self, seconds: float | None) -> None:
        """Until something has changed, or that long."""
        try:
            await asyncio.wait_for(self._changed.wait(), seconds)
        except TimeoutError:
            return

    # -- answers --------------------------------------------------------------------

    async def parse_source(self, response: Response, task: Source) -> None:
        """Pages that a feed, a sitemap, a section or a front page names."""
        archived = _archived(response)
        if archived.is_revisit:
            self.ledger.sources_read += 1
            await self._visited(SourceVisit(task, archived.memory))
        elif _is_success(response):
            await self._read(archived, task)
        else:
            self._count(f"discover/unread/status-{response.status}")
            await self._visited(SourceVisit(task, archived.memory, has_failed=True))
        self._done(task)

    async def fail_source(self, failure: TwistedFailure) -> None:
        """A source that could not be had; the others go on."""
        request = _request_of(failure)
        task: Source = request.cb_kwargs["task"]
        if isinstance(failure.value, SiteClosedError | SiteBusyError):
            self._put_back(task, failure.value)
            return
        self._count(f"discover/unread/{type(failure.value).__name__}")
        self.logger.warning(
            "%s: source not read: %s", _masked(request.url), failure.getErrorMessage()
        )
        await self._visited(SourceVisit(task, task.memory, has_failed=True))
        self._done(task)

    async def parse_start(self, response: Response, task: PendingPage) -> None:
        """An address that was given: a source, a page, or both."""
        archived = _archived(response)
        is_source, entries = False, None
        if _is_success(response) and not archived.is_revisit:
            source = self._source(task.requested_url, SourceKind.START)
            site = self._site_of(response.url)
            reading = await self.reader.read(archived.page, source, site)
            if isinstance(reading, SourceReading):
                entries = reading.entries
                is_source = reading.format in {SourceFormat.FEED, SourceFormat.SITEMAP}
                # First, so that a page that is not pending has named all its links.
                await self._take_in(reading, source, response.url)
        if is_source:
            await self.ledger.forget(task.number)
            await self.ledger.count_other("not-html")
            await self._add_source(source)
            await self._visited(
                SourceVisit(source, archived.memory, entries=entries, has_new=True)
            )
        else:
            await self.ledger.mark_archived(task.number, archived)
        self.frontier.done(task, was_asked=not is_source)
        self._changed.set()

    async def parse_page(self, response: Response, task: PendingPage) -> None:
        """A page that a source named: it is in the archive, and waits to be cleaned."""
        archived = _archived(response)
        if not archived.is_marked:
            await self.ledger.mark_archived(task.number, archived)
        self._done(task)

    async def fail_page(self, failure: TwistedFailure) -> None:
        """A page without a response, or with one that Scrapy cannot handle."""
        request = _request_of(failure)
        task: PendingPage = request.cb_kwargs["task"]
        error = failure.value
        if isinstance(error, SiteClosedError | SiteBusyError):
            # A site that was closed by failures of this very page counts them too, or
            # the page would be the first one of its site for ever.
            if isinstance(error, SiteBusyError) or "retry_times" in request.meta:
                await self.ledger.call(self.ledger.state.count_try, task.number)
                task = replace(task, tries=task.tries + 1)
            if isinstance(error, SiteClosedError) and ARCHIVED in request.meta:
                await self.ledger.count_other("retried")
            self._put_back(task, error)
            return
        archived: Archived | None = request.meta.get(ARCHIVED)
        if archived is None and self.ledger.error is None:
            outcome = _outcome_of(request, failure)
            await self._settle(PageItem(task.number, outcome))
        elif archived is not None and not archived.is_marked:
            await self.ledger.mark_archived(task.number, archived)
        is_refused = archived is None and _was_never_asked(request, failure)
        self.frontier.done(task, was_asked=not is_refused)
        self._changed.set()

    def leave(self, response: Response | TwistedFailure) -> None:
        """A bug of ours: what was asked is left for another session, not waited for."""
        request = response.request  # type: ignore[union-attr]  # as for `_request_of`
        if request is not None and "task" in request.cb_kwargs:
            self._done(request.cb_kwargs["task"])

    def _done(self, task: Task) -> None:
        self.frontier.done(task)
        self._changed.set()

    def _put_back(self, task: Task, error: SiteClosedError | SiteBusyError) -> None:
        host = error.host if isinstance(error, SiteClosedError) else None
        self.frontier.put_back(task, host=host)
        self._changed.set()

    def _check_inputs(self) -> None:
        if not self.sites and not self.inputs:
            raise UsageError("news: name a site (-a site=NAME) or addresses (-a urls=)")
        for url in self.inputs:
            if host_of(url) is None:
                raise UsageError(f"{_masked(url)}: not an http(s) address")
            if urlsplit(url).username is not None:
                raise UsageError(
                    f"{_masked(url)}: user names and passwords in addresses would be "
                    "written to archive and records"
                )
        for site in () if self.inputs else self.sites:
            if not site.sources or not site.hosts:
                raise UsageError(
                    f"site {site.name}: no hosts or no sources: name addresses"
                )

    async def _settle(self, item: PageItem) -> None:
        """One page through the item pipelines.

        Not as an item of `start()`: Scrapy counts those as being processed, and does
        not look again at a stop, which then never ends.
        """
        item_pipelines = self.crawler.engine.scraper.itemproc
        try:
            article = await item_pipelines.process_item_async(item)
        except DroppedPage as drop:
            fields = log_fields(drop.disposition, drop.outcome)
            self.logger.info("%s", drop, extra=fields)
            return
        except DropItem:
            # The crawl is being closed; the page waits in the archive, as all others.
            self.ledger.is_closing = True
            return
        line = self.crawler.logformatter.scraped(article, None, self)
        fields = log_fields(Disposition.ARTICLES, article)
        self.logger.log(line["level"], line["msg"], *line["args"], extra=fields)
        await self.crawler.signals.send_catch_log_async(
            signals.item_scraped, item=article, response=None, spider=self
        )

    # -- what there is to ask -------------------------------------------------------

    async def _begin(self) -> None:
        """Take up what is pending or due, and what was given."""
        run = self.ledger
        await run.open_due()
        given = [each async for each in self._given_sources()]
        for source in given:
            await self._add_source(source)
        await self._ask_due({each.url for each in given})
        await self.frontier.load()

    async def _take_shared(self) -> bool:
        """Whether a shared frontier had something for us."""
        shared = self.ledger.shared
        if shared is None or not self.frontier.wants_pages or self.may_leave_pages():
            return False
        sources = await self.ledger.call(shared.take_sources)
        for source in sources:
            await self.ledger.call(self.ledger.state.add_source, source)
            self.frontier.add_source(source)
        hosts = await self.ledger.take_shared()
        for host in set(hosts):
            self.frontier.expect_pages(host)
        return bool(sources or hosts)

    async def _may_others_leave_work(self) -> bool:
        return not self.may_leave_pages() and await self.ledger.is_shared_work_left()

    async def _given_sources(self) -> AsyncIterator[Source]:
        """Those of the sites, or the addresses that are read for links each time."""
        for site in () if self.inputs else self.sites:
            for each in site.sources:
                url = urljoin(f"https://{site.host}", each.url)
                yield self._source(url, SourceKind(each.kind), max_pages=each.max_pages)
        known = await self.ledger.call(self.ledger.state.sources)
        named = {source.url for source in known}
        for url in self.inputs:
            # A front page is never an article, nor is what was a feed last time.
            if not _is_root(url) and url not in named:
                page = self._page(url, Discovery(source=SourceKind.START))
                await self.ledger.discover([page])
                state = await self.ledger.call(self.ledger.state.state_of, page.url_key)
                if state is not PageState.SETTLED or not self._is_front(url):
                    continue
            yield self._source(url, SourceKind.START)

    async def _ask_due(self, given: set[str]) -> None:
        """Sources whose time has come, of those that what was given leads to."""
        now = self.ledger.now().timestamp()
        ask_all = self.crawler.settings.getbool("COPYDESK_RECHECK")
        run = self.ledger
        known = await run.call((run.shared or run.state).sources)
        live = led_to(known, given)
        if run.shared is not None:
            # Which machine asks for one is seen when there is room.
            gone = [source.url for source in known if source.url not in live]
            await run.call(run.shared.remove_sources, gone)
            await run.call(run.shared.make_due, live if ask_all else ())
            return
        for source in known:
            if source.url not in live:
                continue
            if ask_all or source.url in self.inputs or source.next_visit <= now:
                self._expect_source(source)
            else:
                self._count("discover/not-due")

    def _source(  # noqa: PLR0913 - what a row of a source begins with
        self,
        url: str,
        kind: SourceKind,
        *,
        max_pages: int = 1,
        depth: int = 0,
        max_depth: int | None = None,
        named_by: str | None = None,
    ) -> Source:
        """A source that has never been asked."""
        if max_depth is None:
            is_section = kind is SourceKind.SECTION
            max_depth = max_pages - 1 if is_section else MAX_SITEMAP_DEPTH
        return Source(
            url,
            host_of(url) or "",
            kind,
            self._rules_of(url).min_minutes,
            depth,
            max_depth,
            named_by,
        )

    def _rules_of(self, url: str) -> Revisit:
        site = self._site_of(url)
        return Revisit() if site is None else site.revisit

    async def _add_source(
        self, source: Source, *, changed_at: float | None = None
    ) -> None:
        """The source has a row, or waits for any machine."""
        owner = self.ledger.shared or self.ledger.state
        await self.ledger.call(owner.add_source, source, changed_at=changed_at)

    def _expect_source(self, source: Source) -> None:
        """Ask for the source, once in a session."""
        if source.url not in self._sources_asked:
            self._sources_asked.add(source.url)
            self.frontier.add_source(source)

    async def _ask(self, task: Task) -> Request | None:
        self.ledger.asked += 1
        try:
            if isinstance(task, Source):
                return self._source_request(task)
            if self._is_onsite(task.requested_url, task.discovery):
                return self._page_request(task)
        except ValueError as error:
            await self._give_up(task, error)
        else:
            outcome = _offsite(task.requested_url, task.discovery)
            await self._settle(PageItem(task.number, outcome))
        self.frontier.done(task, was_asked=False)
        return None

    async def _give_up(self, task: Task, error: ValueError) -> None:
        """The address looks like one, and cannot be asked."""
        if isinstance(task, Source):
            self.logger.warning("%s: source not read: %s", task.url, error)
            await self._visited(SourceVisit(task, task.memory, has_failed=True))
            return
        outcome = _failure(error, task.requested_url, task.requested_url)
        await self._settle(PageItem(task.number, outcome))

    def _source_request(self, task: Source) -> Request:
        self._source_tries[task.url] += 1
        return Request(
            task.url,
            callback=self.parse_source,
            errback=self.fail_source,
            cb_kwargs={"task": task},
            meta={
                PURPOSE: Purpose.DISCOVERY,
                REQUESTED_URL: task.url,
                MEMORY: task.memory,
                LAST_TRY: self._source_tries[task.url] >= MAX_TRIES,
            },
            priority=SOURCE_PRIORITY,
            dont_filter=True,
        )

    def _page_request(self, task: PendingPage) -> Request:
        is_start = task.discovery.source is SourceKind.START
        site = self._site_of(task.requested_url)
        is_last_try = task.tries + 1 >= MAX_TRIES
        return Request(
            task.requested_url,
            callback=self.parse_start if is_start else self.parse_page,
            errback=self.fail_page,
            cb_kwargs={"task": task},
            meta={
                PURPOSE: Purpose.PAGE,
                DISCOVERY: task.discovery,
                REQUESTED_URL: task.requested_url,
                ALLOWED_HOSTS: self._allowed_hosts(task.discovery),
                # A start page is marked once its links have rows, see parse_start.
                PAGE_NUMBER: None if is_start else task.number,
                MEMORY: task.memory,
                LAST_TRY: is_last_try,
                "dont_retry": is_last_try,
                JAVASCRIPT: site is not None and site.javascript,
            },
            dont_filter=True,
        )

    # -- what sources name ----------------------------------------------------------

    async def _read(self, archived: Archived, task: Source) -> None:
        site = self._site_of(archived.page.url)
        reading = await self.reader.read(archived.page, task, site)
        if isinstance(reading, Failure):
            self._count(f"discover/unread/{reading.reason}")
            self.logger.warning("%s: source not read: %s", task.url, reading.message)
            await self._visited(SourceVisit(task, task.memory, has_failed=True))
            return
        new = await self._take_in(reading, task, archived.page.url)
        if task.kind is SourceKind.START and _is_root(archived.page.url):
            await self._add_robots_sitemaps(archived.page.url, task)
        await self._visited(
            SourceVisit(task, archived.memory, entries=reading.entries, has_new=new > 0)
        )

    async def _take_in(self, reading: SourceReading, task: Source, url: str) -> int:
        """Rows for the pages that it names, and for further sources; new pages."""
        if reading.damaged:
            self._count(f"discover/damaged/{task.kind}")
            self.logger.warning("%s: damaged, or no source", url)
        if reading.entries or not reading.damaged:
            self.ledger.sources_read += 1
        new = 0
        async for entries in self.reader.entries(reading):
            pages = await self.ledger.call(self._pages_of, entries, url)
            self._count(f"discover/named/{task.kind}", len(pages))
            self._count(f"discover/excluded/{task.kind}", len(entries) - len(pages))
            new += await self.ledger.discover(pages)
            for host in {page.host for page in pages}:
                self.frontier.expect_pages(host)
            self._changed.set()
        self._count(f"discover/new/{task.kind}", new)
        await self._add_further(reading, task)
        return new

    def _pages_of(self, entries: Iterable[Entry], source_url: str) -> list[NewPage]:
        """Rows for those that may be articles by their address."""
        pages = []
        for entry in entries:
            discovery = Discovery(
                source=entry.source,
                source_url=source_url,
                title=entry.title,
                date_raw=entry.date_raw,
                modified_raw=entry.modified_raw,
                language=entry.language,
            )
            site = self._site_of(entry.url)
            if is_article_url(entry.url, site) or not self._is_onsite(
                entry.url, discovery
            ):
                pages.append(self._page(entry.url, discovery))
        return pages

    def _page(self, url: str, discovery: Discovery) -> NewPage:
        site = self._site_of(url)
        looks_for_edits = site is not None and site.revisit.articles_after_hours
        modified = discovery.modified_raw if looks_for_edits else None
        return NewPage(
            url_key(url, site),
            host_of(url) or "",
            url,
            discovery,
            self._changed_at(modified),
        )

    def _changed_at(self, modified_raw: str | None) -> float | None:
        """When something changed by what names it, seconds since 1970.

        None for what is yet to come: it would be asked for again at each look.
        """
        moment = parse_moment(modified_raw, default_utc=True)
        if moment is None or moment > self.ledger.now():
            return None
        return moment.timestamp()

    async def _add_further(self, reading: SourceReading, task: Source) -> None:
        """Sitemaps of an index, feeds of a front page, the next page of a section."""
        for url, kind, modified_raw in _further(reading, task):
            source = self._source(
                url,
                kind,
                depth=task.depth + 1,
                max_depth=task.max_depth,
                named_by=task.url,
            )
            changed_at = self._changed_at(modified_raw)
            await self._add_source(source, changed_at=changed_at)
        await self._expect_named_by(task.url)

    async def _expect_named_by(self, url: str) -> None:
        """The sources that this one has named, as far as they are due."""
        if self.ledger.shared is not None:
            return
        now = self.ledger.now().timestamp()
        for source in await self.ledger.call(self.ledger.state.sources_named_by, url):
            if source.next_visit <= now:
                self._expect_source(source)
        self._changed.set()

    async def _add_robots_sitemaps(self, url: str, task: Source) -> None:
        """The sitemaps that the origin's robots.txt names are the front page's.

        Named by the address that was asked, which may have redirected to `url`: it is
        the one that later sessions begin with.
        """
        robots = self.crawler.get_downloader_middleware(RobotsMiddleware)
        if robots is None:
            return
        rules = await robots.rules_for(url)
        for each in rules.parser.sitemaps if rules.parser is not None else ():
            if host_of(each):
                source = self._source(each, SourceKind.SITEMAP, named_by=task.url)
                await self._add_source(source)
        await self._expect_named_by(task.url)

    async def _visited(self, visit: SourceVisit) -> None:
        rules, run = self._rules_of(visit.source.url), self.ledger
        now = run.now().timestamp()
        after = visit.after(rules, now)
        await run.call(
            run.state.visit_source, after, entries=visit.entries, has_new=visit.has_new
        )
        if run.shared is not None:
            await run.call(run.shared.visited, after)

    def _is_front(self, url: str) -> bool:
        """Whether the page lists others, so that it is read again for new links."""
        site = self._site_of(url)
        if site is not None and site.article_urls:
            return not is_article_url(url, site)
        return not is_slug(url)

    def _allowed_hosts(self, discovery: Discovery) -> frozenset[str] | None:
        """Hosts that a page, and redirects of it, may have; None: any."""
        if self.definition is not None:
            return self._site_hosts | self._start_hosts
        host = host_of(discovery.source_url)
        if host is None:
            return None
        site = self._site_of(discovery.source_url or "")
        return frozenset({f".{host}"} if site is None else {f".{host}", *site.hosts})

    def _is_onsite(self, url: str, discovery: Discovery) -> bool:
        allowed = self._allowed_hosts(discovery)
        return allowed is None or is_allowed_host(url, allowed)

    def _site_of(self, url: str) -> SiteDefinition | None:
        return self.definition or self.catalog.of_host(url)

    def _count(self, key: str, count: int = 1) -> None:
        self.crawler.stats.inc_value(f"news/{key}", count)


def _masked(url: str) -> str:
    """An address as it may be shown: without what stands before the host."""
    return re.sub(r"//[^/@]*@", "//…@", url)


def _is_root(url: str) -> bool:
    parts = urlsplit(url)
    return parts.path in {"", "/"} and not parts.query


def _is_success(response: Response) -> bool:
    return 200 <= response.status < 300  # noqa: PLR2004 - RFC 9110 section 15.3


def _archived(response: Response) -> Archived:
    """Where the response lies; its request is the last one of a chain of redirects."""
    if response.request is None:
        raise ValueError(f"{response.url}: a response without its request")
    archived: Archived = response.request.meta[ARCHIVED]
    return archived


def _further(
    reading: SourceReading, task: Source
) -> Iterator[tuple[str, SourceKind, str | None]]:
    """Sources that a source names: address, kind, and when it changed."""
    if task.depth < task.max_depth:
        for link in reading.sitemaps:
            yield link.url, SourceKind.SITEMAP, link.modified_raw
        if task.kind is SourceKind.SECTION and reading.next_page:
            yield reading.next_page, SourceKind.SECTION, None
    if task.kind is SourceKind.START:
        for feed in reading.feeds:
            yield feed, SourceKind.FEED, None


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
    url = _masked(request.url)  # where a redirect led
    for kind, reason in _REFUSALS:
        if isinstance(error, kind):
            return Rejection(
                reason=reason,
                detail=str(error)[:_MESSAGE_CHARS],
                url=url,
                requested_url=requested_url,
                site=host_of(request.url),
                fetched_at=None,
                provenance=None,
            )
    return _failure(error, url, requested_url)


def _failure(error: BaseException | None, url: str, requested_url: str) -> Failure:
    return Failure(
        reason=FailureReason.FETCH_ERROR,
        error=type(error).__name__,
        message=str(error)[:_MESSAGE_CHARS],
        url=url,
        requested_url=requested_url,
        source=None,
    )
