"""What a session of a crawl did: for schedulers, dashboards and `copydesk status`."""

from pydantic import AwareDatetime, Field

from schemas.manifest import Counts, MonitorResult, RunState, Versions
from schemas.model import FrozenModel
from schemas.page import SourceKind


class SiteActivity(FrozenModel):
    """What one session asked of one site, and what came of it."""

    site: str
    """Its host."""

    requests: int = Field(default=0, ge=0)
    """All requests, those for sources and robots.txt too."""

    pages: int = Field(default=0, ge=0)
    """Requests that were for pages."""

    articles: int = Field(default=0, ge=0)
    """Pages that gave an article."""

    duplicates: int = Field(default=0, ge=0)
    """Pages that gave an article which the run has already."""

    rejected: dict[str, int] = Field(default_factory=dict)
    """Pages that were rejected, by reason."""

    failed: dict[str, int] = Field(default_factory=dict)
    """Pages that failed, by reason."""

    not_modified: int = Field(default=0, ge=0)
    """Answers, of pages and sources, that were the same as before."""

    bytes_received: int = Field(default=0, ge=0)
    """Bytes of all bodies, as they were received."""

    statuses: dict[int, int] = Field(default_factory=dict)
    """Answers by HTTP status."""

    errors: dict[str, int] = Field(default_factory=dict)
    """Requests without an answer, by type of error."""

    retries: int = Field(default=0, ge=0)
    """Requests that were made again."""

    paused_until: AwareDatetime | None = None
    """Until when the site wants to be left alone; null if it does not."""

    closed_by: str | None = None
    """Why nothing more was asked of it in this session: its budget, or a long pause."""


class SourceActivity(FrozenModel):
    """How one feed, sitemap or section stands."""

    url: str
    """Its address."""

    site: str
    """Its host."""

    kind: SourceKind
    """What it is."""

    last_visit: AwareDatetime | None = None
    """When it was last asked."""

    last_status: int | None = None
    """HTTP status of that answer; null if there was none."""

    last_new_at: AwareDatetime | None = None
    """When it last named a page that was not known."""

    next_visit: AwareDatetime | None = None
    """When it is due."""

    interval_minutes: float
    """Time between two visits, as it is reckoned now."""

    entries: int | None = None
    """Pages that it named when it was last read."""


class CrawlSummary(FrozenModel):
    """`summary.json`: the last session of a crawl."""

    schema_version: int = 1
    """Version of this form."""

    started_at: AwareDatetime
    """When the session began, UTC."""

    finished_at: AwareDatetime
    """When it ended, UTC."""

    finish_reason: str | None
    """Why it ended, in Scrapy's words: `finished`, `shutdown`, …"""

    state: RunState
    """How the run stands."""

    exit_code: int = Field(default=0, ge=0)
    """What the command answered."""

    counts: Counts
    """Pages of the whole run, as in the manifest."""

    session: Counts
    """Pages that this session settled, and those that are pending at its end."""

    waiting: int = Field(default=0, ge=0)
    """Pending pages whose response is in the archive already."""

    requests: int = Field(default=0, ge=0)
    """Requests of this session."""

    bytes_received: int = Field(default=0, ge=0)
    """Bytes of all bodies of this session, as they were received."""

    other_records: dict[str, int] = Field(default_factory=dict)
    """Archived responses of the whole run that are no pages, by kind."""

    fields: dict[str, int] = Field(default_factory=dict)
    """In how many of this session's articles a field is filled, by field."""

    sites: tuple[SiteActivity, ...] = ()
    """What was asked of each site in this session."""

    sources: tuple[SourceActivity, ...] = ()
    """How each source stands."""

    monitors: tuple[MonitorResult, ...] = ()
    """What the monitors found, if any were asked."""

    versions: Versions
    """Versions of the code."""


class PastSession(FrozenModel):
    """One line of `summaries.jsonl`: what later sessions are compared with."""

    started_at: AwareDatetime
    """When it began, UTC."""

    finished_at: AwareDatetime
    """When it ended, UTC."""

    finish_reason: str | None
    """Why it ended."""

    exit_code: int
    """What the command answered."""

    session: Counts
    """Pages that it settled."""

    requests: int = Field(ge=0)
    """Its requests."""

    articles: dict[str, int]
    """Its articles by site, of each site that was asked."""


class CrawlStatus(FrozenModel):
    """What `copydesk status` tells of an output folder."""

    command: str
    """What made the output: `crawl` or `clean`."""

    state: str
    """`running`, `killed`, `interrupted` or `finished`."""

    started_at: AwareDatetime | None
    """When the last session began."""

    finished_at: AwareDatetime | None
    """When it ended; null if it is at work, or was killed."""

    finish_reason: str | None
    """Why it ended."""

    counts: Counts
    """How many pages there are, and where they are."""

    waiting: int = 0
    """Pending pages whose response is in the archive already."""

    pages_per_minute: float | None = None
    """Pages that the last session fetched (`clean`: read), by its time; null if that
    is not known."""

    pending: dict[str, int] = Field(default_factory=dict)
    """Pending pages by site."""

    paused: dict[str, AwareDatetime] = Field(default_factory=dict)
    """Sites that want to be left alone, and until when."""

    sources: tuple[SourceActivity, ...] = ()
    """How each source stands, those first that are due first."""

    last_session: PastSession | None = None
    """The last session that ended in order."""

    monitors: tuple[MonitorResult, ...] = ()
    """What its monitors found."""
