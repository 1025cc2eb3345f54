"""run_crawl(): one crawl in this process, from options to manifest.

Twisted's reactor can be run once: a process has one crawl.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scrapy.crawler import Crawler, CrawlerProcess
from scrapy.settings import Settings
from twisted.python.failure import Failure as TwistedFailure

from crawler.catalog import Catalog
from crawler.extensions.run import Run
from crawler.json_logs import configure_json_logging
from crawler.middlewares.addresses import is_private_url
from crawler.spiders.news import NewsSpider
from pipelines.sites import host_of
from schemas.config import PipelineConfig
from schemas.errors import CopydeskError, UsageError
from schemas.manifest import Counts, Manifest, RunState
from schemas.site import SiteDefinition


class CrawlError(CopydeskError):
    """A crawl that failed as a whole: nothing could be read, or nothing stored."""


@dataclass(frozen=True, kw_only=True)
class CrawlOptions:
    """What a crawl is asked to do."""

    out: Path
    """The output folder; a crawl that was interrupted there goes on."""

    targets: tuple[str, ...] = ()
    """Addresses to begin with: articles, front pages, feeds or sitemaps."""

    site: SiteDefinition | None = None
    """The site; without targets its own sources are read."""

    sites: tuple[SiteDefinition, ...] = ()
    """Several sites, whose sources are read, instead of `site`."""

    scope: str | None = None
    """What the folder of several sites belongs to, for good: `shard 1/3`."""

    catalog: Catalog | None = None
    """All site definitions; None: those that ship."""

    delay_seconds: float | None = None
    """Pause between two requests to a host; None: that of the site definition."""

    concurrency: int | None = None
    """Requests at a time, over all hosts; None: Scrapy's 16."""

    site_concurrency: int | None = None
    """Requests at a time to each host; None: that of the site definition, else 1."""

    fetch_only: bool = False
    """Whether pages are archived only, and left for a later session to clean."""

    recheck: bool = False
    """Whether all sources are asked, those that are not due too."""

    frontier: str | None = None
    """`redis://` address of a frontier that is shared with other machines."""

    max_pages: int | None = None
    """Pages that are fetched in this session, at most; None: all. The rest stays
    pending, and the manifest says `finished` all the same."""

    workers: int = 2
    """Worker processes that clean pages."""

    allow_private_addresses: bool = False
    """Whether loopback and private addresses may be asked."""

    config: PipelineConfig = field(default_factory=PipelineConfig)
    """All thresholds of the pipeline."""

    templates: Path | None = None
    """Folder of learnt templates, for sites that the output folder has none of."""

    contact: str | None = None
    """Address or page where the owner of a site finds who crawls; in the user agent."""

    on_progress: Callable[[Counts], None] | None = None
    """Told how the pages stand, at most once a second, and at the end."""

    log_level: str | None = None
    """Level of Scrapy's log on standard error; None: the log is left as it is."""

    has_json_log: bool = False
    """Whether the log is one JSON object a line."""

    settings: tuple[tuple[str, object], ...] = ()
    """Further Scrapy settings, the last word."""


def run_crawl(options: CrawlOptions) -> Manifest:
    """Crawl until all is done, `max_pages` is reached, or the process is told to stop.

    The manifest that is returned is also in the output folder.

    SIGINT and SIGTERM end it in order: what was fetched is settled, the manifest says
    `interrupted`, and the same call goes on from there.

    Raises:
        UsageError: A target is no http(s) address, or a private one without leave.
        StoreError: The output folder is of another run, or in use.
        CrawlError: No source could be read and nothing was fetched, or an error ended
            the crawl; what had been settled before is on disk.
    """
    _check_targets(options)
    process = CrawlerProcess(_settings(options))
    if options.has_json_log:
        configure_json_logging(options.log_level or "INFO", sys.stderr)
    crawler = process.create_crawler(NewsSpider)
    errors: list[BaseException] = []
    crawling: Any = process.crawl(
        crawler,
        targets=options.targets,
        definition=options.site,
        sites=options.sites,
        scope=options.scope,
        **({} if options.catalog is None else {"catalog": options.catalog}),
    )
    crawling.addErrback(lambda failure: errors.append(_error_of(failure)))
    process.start()
    return _result(crawler, errors)


def _check_targets(options: CrawlOptions) -> None:
    for url in options.targets:
        if host_of(url) is None:
            raise UsageError(f"{url}: not an http(s) address")
        if not options.allow_private_addresses and is_private_url(url):
            raise UsageError(f"{url}: a private address, and those are not allowed")


def _settings(options: CrawlOptions) -> Settings:
    settings = Settings()
    settings.setmodule("crawler.settings", priority="project")
    given: dict[str, object] = {
        "COPYDESK_OUT": str(options.out),
        "COPYDESK_CONFIG": options.config.model_dump(),
        "COPYDESK_WORKERS": options.workers,
        "COPYDESK_MAX_PAGES": options.max_pages or 0,
        "COPYDESK_ALLOW_PRIVATE_ADDRESSES": options.allow_private_addresses,
        "COPYDESK_ON_PROGRESS": _plain_function(options.on_progress),
        "COPYDESK_CONTACT": options.contact,
        "COPYDESK_TEMPLATES": options.templates and str(options.templates),
        "DOWNLOAD_DELAY": options.delay_seconds,
        "CONCURRENT_REQUESTS": options.concurrency,
        "CONCURRENT_REQUESTS_PER_DOMAIN": options.site_concurrency,
        "COPYDESK_FETCH_ONLY": options.fetch_only,
        "COPYDESK_RECHECK": options.recheck,
        "COPYDESK_FRONTIER": options.frontier,
        "LOG_LEVEL": options.log_level,
        "LOG_INSTALL_ROOT_HANDLER": (
            options.log_level is not None and not options.has_json_log
        ),
        **dict(options.settings),
    }
    for name, value in given.items():
        if value is not None:
            settings.set(name, value, priority="cmdline")
    return settings


def _plain_function(
    callback: Callable[[Counts], None] | None,
) -> Callable[[Counts], None] | None:
    """The callback as a function: Scrapy copies settings deeply, methods with them."""
    if callback is None:
        return None

    def tell(counts: Counts) -> None:
        callback(counts)

    return tell


def _error_of(failure: TwistedFailure) -> BaseException:
    return failure.value or CrawlError("the crawl ended without a reason")


def _result(crawler: Crawler, errors: list[BaseException]) -> Manifest:
    """The manifest, or the error that makes it worthless."""
    for error in errors:
        if isinstance(error, CopydeskError | KeyboardInterrupt):
            raise error
        raise CrawlError(f"{type(error).__name__}: {error}") from error
    run = Run.of(crawler)
    if run.error is not None:
        raise CrawlError(f"{run.out}: {run.error}") from run.error
    reason = crawler.stats.get_value("finish_reason")
    if reason == "start_error" or run.manifest is None:
        raise CrawlError(f"{run.out}: the crawl could not begin; see the log")
    if run.manifest.state is RunState.RUNNING:
        # Told twice to stop, it was not closed: the folder is as after a kill.
        return run.manifest.model_copy(update={"state": RunState.INTERRUPTED})
    is_over = run.manifest.state is RunState.FINISHED
    if is_over and run.asked and not run.sources_read and not run.pages_fetched:
        raise CrawlError(f"{run.out}: no source could be read, and no page fetched")
    return run.manifest
