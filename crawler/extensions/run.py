"""The run: opens archive, database and records of an output folder, and closes them.

It is the one place where they meet. A response goes to the archive, then a page's row
says `archived`; an outcome goes to the store, and at a checkpoint the parts and the
settled rows are committed together. After a kill the next session repairs the newest
archive file and goes on from the rows.

All of that is done in one thread, the ledger's, in the order in which it was asked for:
compressing, writing and syncing would hold up all downloads if the reactor did it. What
is `async` here is done there, and is done when it returns.
"""

import asyncio
import json
import logging
import re
import sqlite3
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self, TypeVar

from scrapy import Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.settings import SETTINGS_PRIORITIES, BaseSettings
from scrapy.utils.defer import deferred_from_coro
from scrapy.utils.misc import load_object

from crawler.catalog import Catalog
from crawler.conclusion import Conclusion, conclude
from crawler.politeness import BUSY, Manners, Site, Sites
from crawler.shared_frontier import SharedFrontier, machine_of
from crawler.state import (
    STATE_NAME,
    CrawlState,
    Memory,
    NewPage,
    PendingPage,
    Settled,
)
from crawler.summary import FieldCoverage, site_activities
from pipelines.archive import (
    ArchiveWriter,
    Fetch,
    Purpose,
    RevisitOf,
    RevisitProfile,
    payload_digest,
    repair_archive,
)
from pipelines.dedup import ExactIndex, Outcome
from pipelines.manifest import current_versions, load_manifest, write_manifest
from pipelines.sites import host_of
from pipelines.store import Store, locked
from pipelines.template_files import (
    TEMPLATES_FOLDER,
    TemplateFolder,
    add_missing,
    open_folder,
    promote_next,
)
from pipelines.template_use import TemplateUses
from schemas.article import Article
from schemas.config import PipelineConfig
from schemas.errors import ArchiveError, CopydeskError, StoreError, UsageError
from schemas.manifest import Counts, Disposition, Manifest, RunState
from schemas.page import ArchivedPage
from schemas.rejection import FailureReason, Rejection, RejectionReason
from schemas.site import SiteDefinition, file_digests
from schemas.summary import CrawlSummary

logger = logging.getLogger(__name__)

ARCHIVE_FOLDER = "archive"
SPOOL_FOLDER = "spool"
PROGRESS_SECONDS = 1.0
ERROR_REASON = "copydesk_error"
"""Why the spider was closed when the output folder could not be written."""

NOT_MODIFIED = 304

_SYNCED = "archive_synced"
"""What is kept in the database of the archive: name and size at the last checkpoint."""

RETRY_AFTER_HOURS = (1, 4, 24, 72)
"""When a page that could not be had is asked for again, by how often it failed; then it
is given up."""

_LATER = {
    FailureReason.FETCH_ERROR,
    RejectionReason.ROBOTS_UNREACHABLE,
}
_NOT_IN_NAME = re.compile(r"[^a-z0-9.-]+")
_STORAGE_ERRORS = (OSError, sqlite3.Error, CopydeskError)

Result = TypeVar("Result")


@dataclass(frozen=True)
class Answer:
    """A response that is to be archived."""

    fetch: Fetch
    memory: Memory
    """What is remembered of the address."""

    is_redirect: bool
    number: int | None
    """The page's row, which is marked in the same step, so that a kill between the two
    cannot have it fetched again; None: whoever gets the response marks it, or it is no
    page."""


@dataclass(frozen=True)
class Archived:
    """Where a response lies."""

    page: ArchivedPage
    memory: Memory
    """What is to be remembered of it."""

    is_revisit: bool
    """Whether it said, or was, what is in the archive already."""

    is_marked: bool
    """Whether the page's row says so."""


def utc_now() -> datetime:
    """The clock of a crawl, unless `COPYDESK_CLOCK` names another one."""
    return datetime.now(UTC)


def new_record_id() -> uuid.UUID:
    """The name of a WARC record, unless `COPYDESK_NEW_ID` names another source."""
    return uuid.uuid4()


def load_config(settings: BaseSettings) -> PipelineConfig:
    """The pipeline's configuration, from the setting `COPYDESK_CONFIG`.

    Raises:
        pydantic.ValidationError: A field is unknown or out of range.
    """
    given = settings.get("COPYDESK_CONFIG") or {}
    if isinstance(given, str):
        return PipelineConfig.model_validate_json(given)
    return PipelineConfig.model_validate(given)


class Run:
    """One session on one output folder; the ledger of all pages.

    Args:
        crawler: The crawler, whose spider knows site, inputs and catalogue.

    Raises:
        StoreError: The folder is of another run, is in use, or cannot be written.
        ArchiveError: The archive cannot be opened.
    """

    def __init__(self, crawler: Crawler) -> None:
        spider: Any = crawler.spider
        settings = crawler.settings
        self._crawler = crawler
        self.site: SiteDefinition | None = spider.definition
        self.catalog: Catalog = spider.catalog
        self.config = load_config(settings)
        self.now: Callable[[], datetime] = load_object(settings["COPYDESK_CLOCK"])
        self.out = Path(settings["COPYDESK_OUT"] or default_out(spider))
        self.error: Exception | None = None
        self.manifest: Manifest | None = None
        self.summary: CrawlSummary | None = None
        self.asked = 0
        self.sources_read = 0
        self.pages_fetched = 0
        self.is_closing = False
        self.on_archived: Callable[[], None] = lambda: None
        self._checkpoint_pages = settings.getint("COPYDESK_CHECKPOINT_PAGES")
        self._on_progress: Callable[[Counts], None] | None = settings.get(
            "COPYDESK_ON_PROGRESS"
        )
        self._progress_at = time.monotonic()
        self._staged: list[Settled] = []
        self._reason: str | None = None
        self._session = 0
        self._lease: asyncio.Task[None] | None = None
        self._resources = ExitStack()
        self._conclusion = Conclusion.from_settings(settings)
        self._fields = FieldCoverage()
        self._open(settings, spider)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ledger")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """The run of a news crawl, opened; other spiders have none."""
        if not hasattr(crawler.spider, "definition"):
            raise NotConfigured
        run = cls(crawler)
        crawler.signals.connect(run.keep_leases, signal=signals.spider_opened)
        crawler.signals.connect(run.close, signal=signals.spider_closed)
        return run

    @classmethod
    def of(cls, crawler: Crawler) -> Self:
        """The run of this crawler.

        Raises:
            NotConfigured: It has none.
        """
        run = crawler.get_extension(cls)
        if run is None:
            raise NotConfigured("crawler.extensions.run.Run is not among EXTENSIONS")
        return run

    @property
    def definitions(self) -> tuple[SiteDefinition, ...]:
        """All site definitions, among which a page's host may be looked up."""
        return self.catalog.definitions

    def site_of(self, url: str) -> SiteDefinition | None:
        """The definition that an address follows, None if it follows none."""
        return self.site or self.catalog.of_host(url)

    def counts(self) -> Counts:
        """How many pages there are and where they are, those not yet on disk too."""
        ends = {each.value: self._ends[each] for each in Disposition}
        pending = max(self._seen, sum(ends.values())) - sum(ends.values())
        return Counts(seen=pending + sum(ends.values()), pending=pending, **ends)

    async def archive(self, answer: Answer) -> Archived:
        """The response lies in the archive, and its page's row says so.

        Raises:
            ArchiveError: It could not be written; the crawl is being closed.
        """
        archived = await self._do(self._archive_answer, answer)
        if archived.is_revisit:
            self.sites.of(host_of(answer.fetch.url) or "").not_modified += 1
        if archived.is_marked:
            self._note_fetched(is_revisit=archived.is_revisit)
        return archived

    def _note_fetched(self, *, is_revisit: bool) -> None:
        """A page has its answer."""
        self.pages_fetched += 1
        if is_revisit:
            self._tell_progress()
        else:
            self.on_archived()

    async def mark_archived(self, number: int, archived: Archived) -> None:
        """The page has a response, which waits to be cleaned."""
        await self._do(self._mark, number, archived)
        self._note_fetched(is_revisit=archived.is_revisit)

    async def discover(self, pages: Iterable[NewPage]) -> int:
        """The pages have rows, or wait for any machine; how many are new."""
        if self.shared is not None:
            return await self._do(self._discover_for_all, tuple(pages))
        new = await self._do(self.state.discover, tuple(pages))
        self._seen += new
        self._tell_progress()
        return new

    async def open_due(self) -> int:
        """Pages whose time has come are to be visited again; how many."""
        opened = await self._do(self.state.open_due, self.now().timestamp())
        self._seen += opened
        return opened

    async def pending(
        self, host: str, after: int, limit: int
    ) -> tuple[PendingPage, ...]:
        """The first `limit` pages of a site to fetch whose number is above `after`."""
        return await self._do(self.state.pending, host, after, limit)

    async def call(
        self, method: Callable[..., Result], *arguments: object, **named: object
    ) -> Result:
        """What a method of `state` gives, called in the ledger's thread."""
        return await self._do(method, *arguments, **named)

    async def forget(self, number: int) -> None:
        """The address is no page, but a source."""
        await self._do(self.state.forget, number)
        self._seen -= 1

    async def count_other(self, kind: str) -> None:
        """One more archived response that is no page."""
        await self._do(self.state.count_other, kind)
        self._crawler.stats.inc_value(f"news/fetch/other/{kind}")

    async def keep_pause(self, site: Site) -> None:
        """The next session, and each machine, knows until when to leave the site."""
        await self._do(self.state.pause, site.host, self.sites.pause_of(site))
        pause = site.not_before - self.now().timestamp()
        if self.shared is not None and pause > 0:
            await self._do(self.shared.pause, site.host, pause)

    def keep_leases(self) -> None:
        """What was leased of a shared frontier stays ours while the session lasts."""
        if self.shared is not None:
            self._lease = asyncio.ensure_future(self._keep_leases(self.shared))

    async def _keep_leases(self, shared: SharedFrontier) -> None:
        while self.error is None:
            await asyncio.sleep(shared.lease_seconds / 4)
            with suppress(CopydeskError):  # which has ended the crawl
                await self._do(shared.hold)

    async def take_shared(self) -> tuple[str, ...]:
        """Hosts of the pages that a shared frontier gave: they have rows now."""
        if self.shared is None:
            return ()
        hosts = await self._do(self.shared.take, self.state)
        self._seen += len(hosts)
        return hosts

    async def is_shared_work_left(self) -> bool:
        """Whether other machines may leave us something to do.

        They wait for us too, so what is settled here is on disk before we wait.
        """
        return self.shared is not None and await self._do(self._is_work_left)

    async def settle(self, number: int, outcome: Outcome) -> Disposition:
        """The outcome is in the store; it is on disk after the next checkpoint.

        Raises:
            OSError, sqlite3.Error, CopydeskError: It could not be written; the crawl
                is being closed, and the page waits for the next session.
        """
        disposition = await self._do(self._settle, number, outcome)
        reason = None if isinstance(outcome, Article) else outcome.reason.value
        key = f"news/store/{disposition}"
        self._crawler.stats.inc_value(f"{key}/{reason}" if reason else key)
        self._tell_progress()
        return disposition

    async def _do(
        self, function: Callable[..., Result], *arguments: object, **named: object
    ) -> Result:
        """What the function gives in the ledger's thread.

        Whoever cannot write or read the folder ends the crawl, and hears of it.
        """
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(
                self._thread, lambda: self._call(function, *arguments, **named)
            )
        except _STORAGE_ERRORS as error:
            if error is self.error:  # not one of those that it has led to
                self._end_crawl()
            raise

    # -- in the ledger's thread -----------------------------------------------------

    def _call(
        self, function: Callable[..., Result], *arguments: object, **named: object
    ) -> Result:
        """What the function gives, unless an earlier one has failed.

        After a checkpoint that failed half-way the next one would commit pages whose
        parts it does not know of.
        """
        if self.error is not None:
            raise StoreError(f"{self.out}: the crawl is being closed: {self.error}")
        try:
            return function(*arguments, **named)
        except _STORAGE_ERRORS as error:
            self.error = error
            raise

    def _discover_for_all(self, pages: tuple[NewPage, ...]) -> int:
        """Pages known here may have changed; the others are for any machine."""
        known = [
            page
            for page in pages
            if page.modified_at is not None and self.state.state_of(page.url_key)
        ]
        changed = self.state.discover(known)
        self._seen += changed
        return changed + (self.shared.discover(pages) if self.shared else 0)

    def _is_work_left(self) -> bool:
        if self._staged and not self.counts().pending:
            self._checkpoint(RunState.RUNNING)
        return self.shared is not None and self.shared.is_work_left()

    def _archive_answer(self, answer: Answer) -> Archived:
        fetch = _as_revisit(answer.fetch, answer.memory)
        is_revisit = fetch.revisit_of is not None
        page = self._archive.write(fetch)
        remembered = _remember(fetch, page, answer.memory if is_revisit else None)
        is_marked = answer.number is not None and not answer.is_redirect
        archived = Archived(page, remembered, is_revisit, is_marked)
        if answer.is_redirect:
            self.state.count_other("redirect")
        elif is_revisit:
            self.state.count_other("revisit")
        elif fetch.purpose is not Purpose.PAGE:
            self.state.count_other(fetch.purpose)
        if answer.number is not None and is_marked:
            self._mark(answer.number, archived)
        return archived

    def _mark(self, number: int, archived: Archived) -> None:
        page = archived.page
        if not archived.is_revisit:
            self.state.mark_archived(number, page, archived.memory)
            return
        now = page.fetched_at.timestamp()
        first, _ = self.state.visits_of(number)
        next_visit = self._next_edit_check(page.url, first, now)
        self.state.revisited(number, archived.memory, now, next_visit)
        self._seen -= 1

    def _settle(self, number: int, outcome: Outcome) -> Disposition:
        disposition = self._store.add(outcome)
        self._uses.count(outcome)
        self._staged.append(self._settled(number, disposition, outcome))
        self._ends[disposition] += 1
        if isinstance(outcome, Article) and disposition is Disposition.ARTICLES:
            self._fields.count(outcome)
        if len(self._staged) >= self._checkpoint_pages:
            self._checkpoint(RunState.RUNNING)
        return disposition

    def _settled(
        self, number: int, disposition: Disposition, outcome: Outcome
    ) -> Settled:
        first, failures = self.state.visits_of(number)
        now = self.now().timestamp()
        if isinstance(outcome, Article):
            return Settled(
                number,
                disposition,
                None,
                outcome.text_sha256,
                next_visit=self._next_edit_check(outcome.url or "", first, now),
            )
        reason = outcome.reason.value
        if not _may_pass(outcome) or failures >= len(RETRY_AFTER_HOURS):
            return Settled(number, disposition, reason, failures=failures)
        next_visit = now + RETRY_AFTER_HOURS[failures] * 3_600
        return Settled(
            number, disposition, reason, failures=failures + 1, next_visit=next_visit
        )

    def _next_edit_check(
        self, url: str, first: float | None, now: float
    ) -> float | None:
        """When the article is asked for again; None: never."""
        site = self.site_of(url)
        if site is None or first is None:
            return None
        times = (first + hours * 3_600 for hours in site.revisit.articles_after_hours)
        return next((time for time in times if time > now), None)

    # -- the end --------------------------------------------------------------------

    def _end_crawl(self) -> None:
        """The folder cannot be written or read: the crawl is closed."""
        logger.error("%s: the crawl is closed: %s", self.out, self.error)
        closing = deferred_from_coro(
            self._crawler.engine.close_spider_async(reason=ERROR_REASON)
        )
        closing.addErrback(lambda failure: logger.error("%s", failure))

    async def close(self, spider: Spider, reason: str) -> None:
        """All outcomes are on disk, and the manifest says how the run stands."""
        self.is_closing = True
        self.on_archived()  # who waits for more need not
        if self._lease is not None:
            self._lease.cancel()
        try:
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._thread, self._close, spider, reason)
        finally:
            self._thread.shutdown()
        self._log_summary(reason)
        if self._on_progress is not None:
            self._on_progress(self.counts())

    def _close(self, spider: Any, reason: str) -> None:  # noqa: ANN401 - a NewsSpider
        try:
            self._archive.close()
            if self.error is not None:
                self._store.discard()
                return
            self.state.end_session(self._session, self.now())
            self._reason = reason
            is_done = reason == "finished" and (
                not self.counts().pending or spider.may_leave_pages()
            )
            self._conclude(
                self._checkpoint(RunState.FINISHED if is_done else RunState.INTERRUPTED)
            )
        except _STORAGE_ERRORS as error:
            self.error = self.error or error
            logger.exception("%s: the run could not be closed", self.out)
        finally:
            self._resources.close()

    def _conclude(self, manifest: Manifest) -> None:
        """The summary, and what the monitors say, are on disk."""
        sites = site_activities(self.sites, self._tallies, self.state.tallies())
        self.manifest, self.summary = conclude(
            self.out, manifest, sites, self._fields.counts, self._conclusion
        )

    def _open(self, settings: BaseSettings, spider: Any) -> None:  # noqa: ANN401
        _check_shared(settings, spider)
        try:
            self.out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{self.out}: cannot be made: {error}") from error
        manifest = load_manifest(self.out)
        if manifest is not None and manifest.command != "crawl":
            raise StoreError(f"{self.out}: holds the output of `{manifest.command}`")
        if manifest is not None and not (self.out / STATE_NAME).exists():
            raise StoreError(
                f"{self.out}: {STATE_NAME} is gone, which knows what was fetched: "
                "crawl into a new folder; `copydesk clean` reads this one's archive"
            )
        with ExitStack() as opened:
            opened.enter_context(locked(self.out))
            self.state = CrawlState(self.out / STATE_NAME)
            opened.callback(self.state.close)
            self.state.claim(
                {
                    "site": spider.scope,
                    "config_digest": self.config.digest(),
                }
            )
            self._parts = self.state.parts()
            self._index = ExactIndex(self.state.has_article)
            self._store = Store(self.out, parts=self._parts, index=self._index)
            self._open_archive(settings)
            for spooled in (self.out / SPOOL_FOLDER).glob("*.jsonl"):
                spooled.unlink()  # of sources that will be asked again
            self.templates = self._open_templates(settings, manifest)
            self.shared = self._open_shared(settings, spider)
            if self.shared is not None:
                opened.callback(self.shared.close)
            self._resources = opened.pop_all()
        self._tallies = self.state.tallies()
        counts = self.state.counts()
        self._seen = counts.seen
        self._ends = Counter({each: getattr(counts, each) for each in Disposition})
        self.sites = Sites(
            (*self.definitions, *(() if self.site is None else (self.site,))),
            manners_of(settings),
            self.state.pauses(),
            self.now,
        )
        self.state.add_inputs(spider.inputs)
        self._session = self.state.begin_session(
            self.now(), settings.getint("COPYDESK_WORKERS")
        )
        self._write_manifest(RunState.RUNNING)

    def _open_shared(
        self,
        settings: BaseSettings,
        spider: Any,  # noqa: ANN401 - a NewsSpider
    ) -> SharedFrontier | None:
        """The frontier that is shared with other machines, if one was named."""
        if not settings["COPYDESK_FRONTIER"]:
            return None
        shared = SharedFrontier(
            settings["COPYDESK_FRONTIER"],
            scope=spider.scope,
            machine=machine_of(self.state),
            lease_seconds=settings.getfloat("COPYDESK_LEASE_SECONDS"),
        )
        lost = shared.begin(self.state)
        if lost:
            logger.warning("%s: %d pages are with other machines now", self.out, lost)
        return shared

    def _open_templates(
        self, settings: BaseSettings, manifest: Manifest | None
    ) -> TemplateFolder:
        """What was learnt before, and what is given of sites that nothing is known of.

        It stays as it is for the whole session: a template that is learnt at its end
        is one of the next.
        """
        folder = self.out / TEMPLATES_FOLDER
        promote_next(self.out)
        given = settings["COPYDESK_TEMPLATES"]
        if given:
            add_missing(folder, Path(given))
        found = open_folder(folder) if folder.is_dir() else TemplateFolder(folder, {})
        before = manifest.templates if manifest is not None else {}
        uses = manifest.template_use if manifest is not None else {}
        same = {
            site: use
            for site, use in uses.items()
            if before.get(site) == found.digests.get(site)
        }
        self._uses = TemplateUses(found, same, self.config.template)
        return found

    def _open_archive(self, settings: BaseSettings) -> None:
        folder = self.out / ARCHIVE_FOLDER
        existing = sorted(folder.glob("*.warc.gz"))
        if existing:
            try:
                cut_bytes = repair_archive(
                    existing[-1], whole_until=self._synced_bytes(existing[-1])
                )
            except ArchiveError as error:
                # Each page in it that cannot be read becomes a failure of its own.
                logger.warning("%s", error)
            else:
                if cut_bytes:
                    logger.warning("%s: %d bytes cut off", existing[-1], cut_bytes)
        self._refetch_torn(folder)
        self._archive = ArchiveWriter(
            folder,
            prefix="crawl",
            software=f"Copydesk/{version('copydesk')}",
            now=self.now,
            new_id=load_object(settings["COPYDESK_NEW_ID"]),
        )
        self._archive.open()
        self._keep_synced(0)  # What was kept may be of another file of this name.

    def _keep_synced(self, size: int) -> None:
        self.state.keep(_SYNCED, json.dumps([self._archive.path.name, size]))

    def _synced_bytes(self, archive: Path) -> int:
        """How much of the file is known to be whole, so that it is not read again."""
        name, size = json.loads(self.state.kept(_SYNCED) or '["", 0]')
        return int(size) if name == archive.name else 0

    def _refetch_torn(self, folder: Path) -> None:
        """Pages whose response is not (wholly) there any more are pending again.

        The newest file may have been torn by a kill, and any may have been taken away.
        """
        sizes = {path.name: path.stat().st_size for path in folder.glob("*.warc.gz")}
        torn = [
            number
            for number, page in self.state.all_archived()
            if (page.source.warc_offset or 0) >= sizes.get(Path(page.archive).name, 0)
        ]
        if torn:
            logger.warning("%s: %d pages are not there any more", folder, len(torn))
        self.state.mark_pending(torn)

    async def archived(
        self, after: int, limit: int
    ) -> tuple[tuple[int, int, ArchivedPage], ...]:
        """Pages that wait to be cleaned: archived number, number, page.

        Args:
            after: The archived number above which they are.
            limit: How many at most.
        """
        rows = await self._do(self.state.archived, after, limit)
        return tuple(
            (order, number, self._moved(ArchivedPage.model_validate_json(page)))
            for order, number, page in rows
        )

    def _moved(self, page: ArchivedPage) -> ArchivedPage:
        """The folder may have been moved since."""
        archive = self.out / ARCHIVE_FOLDER / Path(page.archive).name
        return page.model_copy(update={"archive": str(archive)})

    def _checkpoint(self, run_state: RunState) -> Manifest:
        self._archive.sync()
        self._keep_synced(self._archive.size)
        keys = self._leased_keys()
        parts = self._store.checkpoint()
        self.state.settle(self._staged, parts, self._index.take_new())
        self._staged.clear()
        self._parts += parts
        if self.shared is not None:
            self.shared.settle(keys)
        return self._write_manifest(run_state)

    def _leased_keys(self) -> tuple[str, ...]:
        """Pages that are about to be settled, which are ours still."""
        if self.shared is None:
            return ()
        self.shared.hold()
        return self.state.url_keys_of(each.number for each in self._staged)

    def _write_manifest(self, run_state: RunState) -> Manifest:
        self.manifest = Manifest(
            command="crawl",
            inputs=self.state.inputs(),
            inputs_digest=None,
            site=self.site.name if self.site else None,
            site_digests=self._site_digests(),
            templates=dict(self.templates.digests),
            template_use=self._uses.judged(),
            config=self.config,
            config_digest=self.config.digest(),
            versions=current_versions(),
            state=run_state,
            finish_reason=self._reason,
            counts=self.state.counts(),
            rejected_by_reason=self.state.by_reason(Disposition.REJECTED),
            failed_by_reason=self.state.by_reason(Disposition.FAILED),
            other_records=self.state.other_records(),
            parts=self._parts,
            sessions=self.state.sessions(),
        )
        write_manifest(self.out, self.manifest)
        return self.manifest

    def _site_digests(self) -> dict[str, str]:
        """Those at hand, and that of a file which was named for this run only."""
        named = () if self.site is None else (self.site,)
        return file_digests((*self.definitions, *named))

    def _tell_progress(self) -> None:
        if self._on_progress is None:
            return
        moment = time.monotonic()
        if moment - self._progress_at >= PROGRESS_SECONDS:
            self._progress_at = moment
            self._on_progress(self.counts())

    def _log_summary(self, reason: str) -> None:
        counts = self.counts()
        logger.info(
            "%s: %s: %d pages seen: %d articles, %d duplicates, %d rejected, "
            "%d failed, %d pending",
            self.out,
            reason,
            counts.seen,
            counts.articles,
            counts.duplicates,
            counts.rejected,
            counts.failed,
            counts.pending,
        )


def manners_of(settings: BaseSettings) -> Manners:
    """What the settings say of all sites."""

    def is_given(name: str) -> bool:
        return (settings.getpriority(name) or 0) >= SETTINGS_PRIORITIES["cmdline"]

    return Manners(
        delay_seconds=settings.getfloat("DOWNLOAD_DELAY"),
        concurrency=settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN"),
        is_delay_given=is_given("DOWNLOAD_DELAY"),
        is_concurrency_given=is_given("CONCURRENT_REQUESTS_PER_DOMAIN"),
        backoff_seconds=settings.getfloat("COPYDESK_BACKOFF_SECONDS"),
        max_wait_seconds=settings.getfloat("COPYDESK_MAX_WAIT_SECONDS"),
    )


def _check_shared(
    settings: BaseSettings,
    spider: Any,  # noqa: ANN401 - a NewsSpider
) -> None:
    """Nothing, if a frontier can be shared, or none was named."""
    if not settings["COPYDESK_FRONTIER"]:
        return
    if spider.definition is None or spider.inputs:
        raise UsageError("--frontier shares one site: name it, and no addresses")
    if settings.getbool("COPYDESK_FETCH_ONLY"):
        raise UsageError("--frontier: what was fetched only would be fetched again")


def _as_revisit(fetch: Fetch, memory: Memory) -> Fetch:
    """The fetch as one that refers to what the archive has, if it has the body."""
    if memory.record_id is None or memory.record_date is None:
        return fetch
    if fetch.status == NOT_MODIFIED:
        profile = RevisitProfile.SERVER_NOT_MODIFIED
    elif (fetch.status, payload_digest(fetch.body)) == (
        memory.status,
        memory.payload_digest,
    ):
        profile = RevisitProfile.IDENTICAL_PAYLOAD_DIGEST
    else:
        return fetch
    return replace(
        fetch,
        revisit_of=RevisitOf(
            profile,
            memory.record_id,
            memory.record_url or fetch.url,
            datetime.fromisoformat(memory.record_date),
        ),
    )


def _remember(fetch: Fetch, page: ArchivedPage, before: Memory | None) -> Memory:
    """What is to be remembered of an answer; `before`: it is as it was then."""
    headers = {name.lower(): value for name, value in fetch.response_headers}
    etag, last_modified = headers.get("etag"), headers.get("last-modified")
    if before is not None:
        return replace(
            before,
            etag=etag or before.etag,
            last_modified=last_modified or before.last_modified,
        )
    if not 200 <= fetch.status < 300:  # noqa: PLR2004 - RFC 9110 section 15.3
        return Memory(status=fetch.status)
    return Memory(
        fetch.status,
        etag,
        last_modified,
        payload_digest=page.payload_digest,
        record_id=page.source.warc_record_id,
        record_url=page.url,
        record_date=page.fetched_at.isoformat(),
    )


def _may_pass(outcome: Outcome) -> bool:
    """Whether what went wrong may be right another day."""
    if isinstance(outcome, Article):
        return False
    if isinstance(outcome, Rejection) and outcome.reason is RejectionReason.HTTP_STATUS:
        status = outcome.provenance.http_status if outcome.provenance else None
        return status in {408, *BUSY} or (status or 0) >= 500  # noqa: PLR2004
    return outcome.reason in _LATER


def default_out(spider: Any) -> Path:  # noqa: ANN401 - any spider with a run
    """`data/runs/` and the name of the site, or the host of the first address."""
    if spider.definition is not None:
        return Path("data/runs", spider.definition.name)
    host = host_of(spider.inputs[0]) or ""
    # What a stranger named must not lead out of the folder.
    return Path("data/runs", _NOT_IN_NAME.sub("_", host).strip(".") or "unnamed")
