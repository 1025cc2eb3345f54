"""How each site is treated: pauses, budgets, and being left alone.

A site is a host as `pipelines.sites.host_of` names it: `www.` and port do not make
another one. `Sites` knows of each what its definition asks for, what this session took
from it, and until when it wants to be left alone. It sends nothing and waits for
nothing: the middleware asks it before a request goes out and tells it what came back,
the spider asks it whose turn it is.
"""

import email.utils
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from crawler.state import Pause
from schemas.site import Budget, SiteDefinition

MAX_PAUSE_SECONDS = 86_400.0
"""No site is left alone for longer, or one header would end a crawl for years."""

FAILURES_BEFORE_PAUSE = 3
"""Failures in a row (time-outs, resets, 5xx) from which on a site is left alone."""

BUSY = frozenset({429, 503})
"""Statuses that ask us to come back later (RFC 6585 section 4, RFC 9110 section
15.6.4)."""


@dataclass(frozen=True, kw_only=True)
class Manners:
    """What holds for all sites; a definition may ask for more."""

    delay_seconds: float
    """Pause between two requests."""

    concurrency: int
    """Requests at a time."""

    is_delay_given: bool = False
    """Whether the pause was given for this crawl, and so holds for each site."""

    is_concurrency_given: bool = False
    """The same of the requests at a time."""

    backoff_seconds: float
    """First pause after a failure or a refusal that names none; doubled each time."""

    max_wait_seconds: float
    """A site that wants a longer pause is not waited for in this session."""


@dataclass
class Site:
    """One site in this session."""

    host: str
    delay_seconds: float
    concurrency: int
    budget: Budget
    not_before: float = 0.0
    """Until when it is left alone, seconds since 1970."""

    failures: int = 0
    """How often in a row it did not serve us."""

    closed: str | None = None
    """Why nothing more is asked of it in this session."""

    began_at: float | None = None
    requests: int = 0
    pages: int = 0
    """Requests that were for pages."""

    bytes_received: int = 0
    not_modified: int = 0
    retries: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)


class Sites:
    """All sites of a session.

    Args:
        definitions: What is known of sites.
        manners: What holds for all.
        pauses: What an earlier session left, by host.
        now: The clock.
    """

    def __init__(
        self,
        definitions: Iterable[SiteDefinition],
        manners: Manners,
        pauses: Mapping[str, Pause],
        now: Callable[[], datetime],
    ) -> None:
        self._definitions = {host: each for each in definitions for host in each.hosts}
        self.manners = manners
        self._pauses = pauses
        self._now = now
        self._sites: dict[str, Site] = {}

    def __iter__(self) -> Iterator[Site]:
        return iter(self._sites.values())

    def of(self, host: str) -> Site:
        """The site of that host."""
        site = self._sites.get(host)
        if site is None:
            site = self._sites[host] = self._new(host)
        return site

    def _new(self, host: str) -> Site:
        manners, known = self.manners, self._definitions.get(host)
        site = Site(host, manners.delay_seconds, manners.concurrency, Budget())
        if known is not None:
            site.budget = known.budget
            if not manners.is_delay_given:
                site.delay_seconds = known.delay_seconds
            if not manners.is_concurrency_given:
                site.concurrency = known.concurrency
        pause = self._pauses.get(host)
        if pause is not None:
            site.not_before, site.failures = pause.not_before, pause.failures
        return site

    def wait_of(self, site: Site) -> float:
        """Seconds until the site may be asked: 0 now, infinity not in this session."""
        self._close_if_spent(site)
        if site.closed is not None:
            return math.inf
        wait = self.pause_left(site)
        if wait > self.manners.max_wait_seconds:
            site.closed = "paused"
            return math.inf
        return wait

    def pause_left(self, site: Site) -> float:
        """Seconds for which the site still wants to be left alone."""
        return max(site.not_before - self._now().timestamp(), 0.0)

    def ask(self, site: Site, *, is_page: bool) -> None:
        """A request goes out to the site."""
        if site.began_at is None:
            site.began_at = self._now().timestamp()
        site.requests += 1
        site.pages += is_page

    def hear(self, site: Site, status: int, size: int, retry_after: str | None) -> bool:
        """An answer came; whether the site's pauses have changed.

        Args:
            site: Who answered.
            status: With which status.
            size: Bytes of the body, as received.
            retry_after: The header `Retry-After`, if there was one.
        """
        site.statuses[status] += 1
        site.bytes_received += size
        if status in BUSY:
            now = self._now()
            asked = retry_seconds(retry_after, now)
            self._pause(site, now.timestamp(), asked)
            return True
        if status >= 500:  # noqa: PLR2004 - RFC 9110 section 15.6
            return self._fail(site)
        return self._recover(site)

    def miss(self, site: Site, error: str) -> bool:
        """No answer came; whether the site's pauses have changed."""
        site.errors[error] += 1
        return self._fail(site)

    def pause_of(self, site: Site) -> Pause | None:
        """What the next session has to know; None: nothing."""
        if not site.failures and site.not_before <= self._now().timestamp():
            return None
        return Pause(site.not_before, site.failures)

    def _fail(self, site: Site) -> bool:
        if site.failures + 1 < FAILURES_BEFORE_PAUSE:
            site.failures += 1
        else:
            self._pause(site, self._now().timestamp(), 0.0)
        return True

    def _recover(self, site: Site) -> bool:
        had_failed = bool(site.failures)
        site.failures = 0
        return had_failed

    def _pause(self, site: Site, now: float, asked: float) -> None:
        own = self.manners.backoff_seconds * 2.0 ** min(site.failures, 20)
        site.failures += 1
        pause = min(max(asked, own), MAX_PAUSE_SECONDS)
        site.not_before = max(site.not_before, now + pause)

    def _close_if_spent(self, site: Site) -> None:
        budget = site.budget
        if site.closed is not None:
            return
        spent = {
            "pages": (site.pages, budget.pages),
            "megabytes": (site.bytes_received / 1e6, budget.megabytes),
            "minutes": (self._minutes_of(site), budget.minutes),
        }
        for name, (taken, limit) in spent.items():
            if limit is not None and taken >= limit:
                site.closed = f"budget of {limit:g} {name}"

    def _minutes_of(self, site: Site) -> float:
        if site.began_at is None:
            return 0.0
        return (self._now().timestamp() - site.began_at) / 60


def retry_seconds(header: str | None, now: datetime) -> float:
    """Seconds that a `Retry-After` asks for (RFC 9110 section 10.2.3); 0 if none.

    Args:
        header: Seconds, or an HTTP date.
        now: The moment at which it was received.
    """
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text), MAX_PAUSE_SECONDS)
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max((moment - now).total_seconds(), 0.0), MAX_PAUSE_SECONDS)
