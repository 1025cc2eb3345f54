"""The run: opens archive, database and records of an output folder, and closes them.

It is the one place where they meet. A response goes to the archive, then a page's row
says `archived`; an outcome goes to the store, and at a checkpoint the parts and the
settled rows are committed together. After a kill the next session repairs the newest
archive file and goes on from the rows.
"""

import logging
import re
import sqlite3
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self

from scrapy import Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.settings import BaseSettings
from scrapy.utils.defer import deferred_from_coro
from scrapy.utils.misc import load_object

from crawler.catalog import Catalog
from crawler.state import STATE_NAME, CrawlState, NewPage, PendingPage, Settled
from pipelines.archive import ArchiveWriter, Fetch, repair_archive
from pipelines.dedup import Outcome
from pipelines.manifest import current_versions, load_manifest, write_manifest
from pipelines.store import Store
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
from schemas.errors import ArchiveError, CopydeskError, StoreError
from schemas.manifest import Counts, Disposition, Manifest, RunState
from schemas.page import ArchivedPage
from schemas.site import SiteDefinition, file_digests

logger = logging.getLogger(__name__)

ARCHIVE_FOLDER = "archive"
PROGRESS_SECONDS = 1.0
ERROR_REASON = "copydesk_error"
"""Why the spider was closed when the output folder could not be written."""

_NOT_IN_NAME = re.compile(r"[^a-z0-9.-]+")
_STORAGE_ERRORS = (OSError, sqlite3.Error, CopydeskError)


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
        self.asked = 0
        self.sources_read = 0
        self.pages_fetched = 0
        self._checkpoint_pages = settings.getint("COPYDESK_CHECKPOINT_PAGES")
        self._on_progress: Callable[[Counts], None] | None = settings.get(
            "COPYDESK_ON_PROGRESS"
        )
        self._progress_at = time.monotonic()
        self._staged: list[Settled] = []
        self._open(settings, spider.inputs)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """The run of a news crawl, opened; other spiders have none."""
        if not hasattr(crawler.spider, "definition"):
            raise NotConfigured
        run = cls(crawler)
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

    def counts(self) -> Counts:
        """How many pages there are and where they are, those not yet on disk too."""
        ends = {each.value: self._ends[each] for each in Disposition}
        pending = self._seen - sum(ends.values())
        return Counts(seen=self._seen, pending=pending, **ends)

    def archive(self, fetch: Fetch) -> ArchivedPage:
        """The response lies in the archive.

        Raises:
            ArchiveError: It could not be written; the crawl is being closed.
        """
        with self._storage():
            return self._archive.write(fetch)

    def discover(self, pages: Iterable[NewPage]) -> int:
        """The pages have rows; how many of them are new."""
        with self._storage():
            new = self.state.discover(pages)
        self._seen += new
        self._tell_progress()
        return new

    def pending(self, after: int, limit: int) -> tuple[PendingPage, ...]:
        """The first `limit` pages to fetch whose number is above `after`."""
        with self._storage():
            return self.state.pending(after, limit)

    def mark_archived(self, number: int, page: ArchivedPage) -> None:
        """The page has a response, which waits to be cleaned."""
        with self._storage():
            self.state.mark_archived(number, page)

    def forget(self, number: int) -> None:
        """The address is no page, but a source."""
        with self._storage():
            self.state.forget(number)
        self._seen -= 1

    def count_other(self, kind: str) -> None:
        """One more archived response that is no page."""
        with self._storage():
            self.state.count_other(kind)
        self._crawler.stats.inc_value(f"news/fetch/other/{kind}")

    def settle(self, number: int, outcome: Outcome) -> Disposition:
        """The outcome is in the store; it is on disk after the next checkpoint.

        Raises:
            OSError, sqlite3.Error, CopydeskError: It could not be written; the crawl
                is being closed, and the page waits for the next session.
        """
        if self.error is not None:
            raise StoreError(f"{self.out}: the crawl is being closed: {self.error}")
        reason = None if isinstance(outcome, Article) else outcome.reason.value
        with self._storage():
            disposition = self._store.add(outcome)
            self._uses.count(outcome)
            self._staged.append(Settled(number, disposition, reason))
            self._ends[disposition] += 1
            if len(self._staged) >= self._checkpoint_pages:
                self._checkpoint(RunState.RUNNING)
        key = f"news/store/{disposition}"
        self._crawler.stats.inc_value(f"{key}/{reason}" if reason else key)
        self._tell_progress()
        return disposition

    def fail(self, error: Exception) -> None:
        """The crawl cannot go on: it is closed, and the first error is kept."""
        if self.error is not None:
            return
        self.error = error
        logger.error("%s: the crawl is closed: %s", self.out, error)
        closing = deferred_from_coro(
            self._crawler.engine.close_spider_async(reason=ERROR_REASON)
        )
        closing.addErrback(lambda failure: logger.error("%s", failure))

    def close(self, spider: Spider, reason: str) -> None:
        """All outcomes are on disk, and the manifest says how the run stands."""
        try:
            self._archive.close()
            if self.error is not None:
                self._store.discard()
                return
            self.state.end_session(self._session, self.now())
            # With pages left over, only a crawl that had used up its budget is done.
            ended = reason == "finished" and (
                not self.counts().pending or getattr(spider, "budget", None) == 0
            )
            self._checkpoint(RunState.FINISHED if ended else RunState.INTERRUPTED)
        except _STORAGE_ERRORS as error:
            self.error = self.error or error
            logger.exception("%s: the run could not be closed", self.out)
        finally:
            self.state.close()
        self._log_summary(reason)
        if self._on_progress is not None:
            self._on_progress(self.counts())

    @contextmanager
    def _storage(self) -> Iterator[None]:
        """Whoever cannot write or read the folder ends the crawl, and hears of it."""
        try:
            yield
        except _STORAGE_ERRORS as error:
            self.fail(error)
            raise

    def _open(self, settings: BaseSettings, inputs: tuple[str, ...]) -> None:
        try:
            self.out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{self.out}: cannot be made: {error}") from error
        manifest = load_manifest(self.out)
        if manifest is not None and manifest.command != "crawl":
            raise StoreError(f"{self.out}: holds the output of `{manifest.command}`")
        self.state = CrawlState(self.out / STATE_NAME)
        try:
            self.state.claim(
                {
                    "site": self.site.name if self.site else None,
                    "config_digest": self.config.digest(),
                }
            )
            self._store = Store(self.out, parts=self.state.parts())
            self._open_archive(settings)
            self.templates = self._open_templates(settings, manifest)
        except BaseException:
            self.state.close()
            raise
        counts = self.state.counts()
        self._seen = counts.seen
        self._ends = Counter({each: getattr(counts, each) for each in Disposition})
        self.state.add_inputs(inputs)
        self._session = self.state.begin_session(
            self.now(), settings.getint("COPYDESK_WORKERS")
        )
        self._write_manifest(RunState.RUNNING)

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
                cut_bytes = repair_archive(existing[-1])
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

    def _refetch_torn(self, folder: Path) -> None:
        """Pages whose response is not (wholly) there any more are pending again."""
        sizes = {path.name: path.stat().st_size for path in folder.glob("*.warc.gz")}
        torn = [
            number
            for number, page in self.state.archived()
            if (page.source.warc_offset or 0) >= sizes.get(Path(page.archive).name, 0)
        ]
        self.state.mark_pending(torn)

    def archived_pages(self) -> tuple[tuple[int, ArchivedPage], ...]:
        """Pages that an earlier session fetched and did not settle."""
        folder = self.out / ARCHIVE_FOLDER
        return tuple(
            (
                number,
                # The folder may have been moved since.
                page.model_copy(
                    update={"archive": str(folder / Path(page.archive).name)}
                ),
            )
            for number, page in self.state.archived()
        )

    def _checkpoint(self, run_state: RunState) -> None:
        self._archive.sync()
        parts = self._store.checkpoint()
        self.state.settle(self._staged, parts)
        self._staged.clear()
        self._write_manifest(run_state)

    def _write_manifest(self, run_state: RunState) -> None:
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
            counts=self.state.counts(),
            rejected_by_reason=self.state.by_reason(Disposition.REJECTED),
            failed_by_reason=self.state.by_reason(Disposition.FAILED),
            other_records=self.state.other_records(),
            parts=self.state.parts(),
            sessions=self.state.sessions(),
        )
        write_manifest(self.out, self.manifest)

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


def default_out(spider: Any) -> Path:  # noqa: ANN401 - any spider with a run
    """`data/runs/` and the name of the site, or the host of the first address."""
    from pipelines.sites import host_of

    if spider.definition is not None:
        return Path("data/runs", spider.definition.name)
    host = host_of(spider.inputs[0]) or ""
    # What a stranger named must not lead out of the folder.
    return Path("data/runs", _NOT_IN_NAME.sub("_", host).strip(".") or "unnamed")
