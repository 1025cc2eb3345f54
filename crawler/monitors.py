"""Monitors of a crawl, run by Spidermon at its end.

A check is a function from a summary, the sessions before it and thresholds to a
`MonitorResult`. `CrawlMonitors` is a Spidermon suite of all of them: a suite of one's
own may have it among its monitors, and actions (mail, chat) beside it.
"""

import statistics
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from spidermon import Monitor, MonitorSuite
from spidermon.runners import MonitorRunner

from crawler.summary import load_summary, past_session, read_history
from schemas.errors import StoreError
from schemas.manifest import MonitorResult
from schemas.monitor import MonitorConfig
from schemas.page import SourceKind
from schemas.summary import CrawlSummary, PastSession, SiteActivity

BLOCKING = (403, 429)
"""Statuses by which a site says that it does not want us."""

ENDING_KINDS = {SourceKind.SITEMAP}
"""Sources that may name no news any more: a sitemap may be one of a year long past."""

NAMED = 5
"""Cases that a message names; the rest is counted."""


@dataclass(frozen=True)
class Watch:
    """What monitors look at."""

    summary: CrawlSummary
    """The session that has ended."""

    history: Sequence[PastSession]
    """The sessions before it, in order."""

    config: MonitorConfig
    """The thresholds."""


def run_monitors(
    summary: CrawlSummary,
    history: Sequence[PastSession],
    config: MonitorConfig,
) -> tuple[MonitorResult, ...]:
    """What all monitors found, in the order of their names.

    Args:
        summary: The session that has ended.
        history: Sessions, among which those that began before it count.
        config: The thresholds.
    """
    found: dict[int, MonitorResult] = {}
    result = MonitorRunner().run(
        CrawlMonitors(),
        summary=summary,
        history=history,
        config=config,
        found=found,
    )
    return tuple(_result(each, found) for each in result.monitor_results)


# -- checks -------------------------------------------------------------------------


def check_finish_reason(watch: Watch) -> MonitorResult:
    """The session ended by itself."""
    reason, allowed = watch.summary.finish_reason, watch.config.finish_reasons
    return MonitorResult(
        name="finish-reason",
        passed=reason in allowed,
        message=f"{reason}; expected: {', '.join(allowed)}",
    )


def check_articles(watch: Watch) -> MonitorResult:
    """There are not many fewer articles than there were."""
    medians = _medians(watch, lambda session: {"all": session.session.articles})
    bad, judged = _too_few(watch, medians)
    found = [f"{now} (median {median:g})" for _, now, median in bad or judged]
    return MonitorResult(
        name="articles",
        passed=not bad,
        message=f"{', '.join(found) or 'not enough to compare with'}; {_window(watch)}",
    )


def check_site_articles(watch: Watch) -> MonitorResult:
    """No site gives many fewer articles than it did."""
    asked = {site.site for site in watch.summary.sites if site.requests}
    medians = _medians(watch, lambda session: session.articles)
    bad, judged = _too_few(watch, {k: v for k, v in medians.items() if k in asked})
    found = [f"{site} {now} (median {median:g})" for site, now, median in bad]
    return MonitorResult(
        name="site-articles",
        passed=not bad,
        message=_told(found, f"{len(judged)} sites judged; {_window(watch)}"),
    )


def check_field_coverage(watch: Watch) -> MonitorResult:
    """Fields are filled as often as they should be."""
    articles = watch.summary.session.articles
    if articles < watch.config.min_articles:
        return _not_judged("field-coverage", articles, "articles")
    shares = {
        field: (watch.summary.fields.get(field, 0) / articles, limit)
        for field, limit in watch.config.field_coverage.items()
    }
    bad = {field: pair for field, pair in shares.items() if pair[0] < pair[1]}
    told = [
        f"{field} {share:.0%} (at least {limit:.0%})"
        for field, (share, limit) in (bad or shares).items()
    ]
    return MonitorResult(name="field-coverage", passed=not bad, message=", ".join(told))


def check_failures(watch: Watch) -> MonitorResult:
    """Few pages were lost to errors."""
    return _check_share(watch, "failed", watch.config.max_failed_ratio)


def check_rejections(watch: Watch) -> MonitorResult:
    """Not too many pages were rejected."""
    return _check_share(watch, "rejected", watch.config.max_rejected_ratio)


def check_stale_sources(watch: Watch) -> MonitorResult:
    """Sources that were asked name new pages now and then."""
    limit = timedelta(days=watch.config.stale_days)
    lasting = [each for each in watch.summary.sources if each.kind not in ENDING_KINDS]
    stale = [
        f"{each.url} since {each.last_new_at:%Y-%m-%d}"
        for each in lasting
        if each.last_visit is not None
        and each.last_new_at is not None
        and each.last_visit - each.last_new_at > limit
    ]
    return MonitorResult(
        name="stale-sources",
        passed=not stale,
        message=_told(stale, f"{len(lasting)} sources judged"),
    )


def check_blocked_sites(watch: Watch) -> MonitorResult:
    """No site turns us away."""
    shares = {
        site.site: _blocked_share(site)
        for site in watch.summary.sites
        if sum(site.statuses.values()) >= watch.config.min_responses
    }
    blocked = [
        f"{site} {share:.0%}"
        for site, share in shares.items()
        if share > watch.config.max_blocked_ratio
    ]
    statuses = " or ".join(map(str, BLOCKING))
    return MonitorResult(
        name="blocked-sites",
        passed=not blocked,
        message=_told(blocked, f"{len(shares)} sites judged by {statuses}"),
    )


# -- the suite ----------------------------------------------------------------------


class CrawlMonitor(Monitor):  # type: ignore[misc]  # Spidermon is not typed
    """One method for each check."""

    def test_finish_reason(self) -> None:
        """As `check_finish_reason`."""
        self._judge(check_finish_reason)

    def test_articles(self) -> None:
        """As `check_articles`."""
        self._judge(check_articles)

    def test_site_articles(self) -> None:
        """As `check_site_articles`."""
        self._judge(check_site_articles)

    def test_field_coverage(self) -> None:
        """As `check_field_coverage`."""
        self._judge(check_field_coverage)

    def test_failures(self) -> None:
        """As `check_failures`."""
        self._judge(check_failures)

    def test_rejections(self) -> None:
        """As `check_rejections`."""
        self._judge(check_rejections)

    def test_stale_sources(self) -> None:
        """As `check_stale_sources`."""
        self._judge(check_stale_sources)

    def test_blocked_sites(self) -> None:
        """As `check_blocked_sites`."""
        self._judge(check_blocked_sites)

    def _judge(self, check: Callable[[Watch], MonitorResult]) -> None:
        result = check(_watch_of(self.data))
        # unittest tells nothing of what passes.
        self.data.get("found", {})[id(self)] = result
        if not result.passed:
            self.fail(result.message)


class CrawlMonitors(MonitorSuite):  # type: ignore[misc]  # Spidermon is not typed
    """All monitors; also for Scrapy's setting `SPIDERMON_ENGINE_STOP_MONITORS`."""

    monitors = (CrawlMonitor,)


def _watch_of(given: Mapping[str, Any]) -> Watch:
    """What `run_monitors` gives; under Spidermon's extension it is on disk."""
    if "summary" in given:
        return Watch(given["summary"], given["history"], given["config"])
    out = given["spider"].ledger.out
    summary = load_summary(out)
    if summary is None:
        raise StoreError(f"{out}: no summary of the crawl")
    return Watch(summary, read_history(out), MonitorConfig())


def _result(each: Any, found: Mapping[int, MonitorResult]) -> MonitorResult:  # noqa: ANN401
    """What was found; of a monitor that has a bug, what Spidermon says of it."""
    if (own := found.get(id(each.item))) is not None:
        return own
    why = (each.error or each.status).strip().rpartition("\n")[2]
    return MonitorResult(name=each.item.name, passed=False, message=why)


# -- numbers ------------------------------------------------------------------------


def _medians(
    watch: Watch, articles_of: Callable[[PastSession], Mapping[str, int]]
) -> dict[str, tuple[int, float]]:
    """Articles of the last window and the median of earlier ones, by site.

    Windows in which no session began, and sites that too few windows know, are left
    out.
    """
    config, now = watch.config, watch.summary.started_at
    window = timedelta(hours=config.window_hours)
    earlier = [each for each in watch.history if each.started_at < now]
    windows: dict[int, Counter[str]] = {}
    for session in (*earlier, past_session(watch.summary)):
        age = (now - session.started_at) // window
        windows.setdefault(age, Counter()).update(articles_of(session))
    last = windows.pop(0)
    compared = [windows[age] for age in sorted(windows)[: config.max_windows]]
    return {
        key: (last[key], statistics.median(counted))
        for key in sorted({key for counts in compared for key in counts})
        if len(counted := [counts[key] for counts in compared if key in counts])
        >= config.min_windows
    }


Judged = list[tuple[str, int, float]]
"""Site, articles now, and their median."""


def _too_few(
    watch: Watch, medians: Mapping[str, tuple[int, float]]
) -> tuple[Judged, Judged]:
    """Those with too few articles, and all that were judged."""
    config = watch.config
    judged = [
        (key, now, median)
        for key, (now, median) in medians.items()
        if median >= config.min_median_articles
    ]
    bad = [each for each in judged if each[1] < config.min_articles_ratio * each[2]]
    return bad, judged


def _check_share(watch: Watch, name: str, limit: float) -> MonitorResult:
    session = watch.summary.session
    settled = session.seen - session.pending
    if settled < watch.config.min_pages:
        return _not_judged(name, settled, "pages")
    pages = getattr(session, name)
    return MonitorResult(
        name=name,
        passed=pages <= limit * settled,
        message=f"{pages} of {settled} pages; at most {limit:.0%}",
    )


def _blocked_share(site: SiteActivity) -> float:
    blocked = sum(site.statuses.get(status, 0) for status in BLOCKING)
    return blocked / sum(site.statuses.values())


def _not_judged(name: str, cases: int, of_what: str) -> MonitorResult:
    return MonitorResult(
        name=name, passed=True, message=f"not judged: {cases} {of_what}"
    )


def _window(watch: Watch) -> str:
    return f"windows of {watch.config.window_hours:g} hours"


def _told(found: Sequence[str], otherwise: str) -> str:
    if not found:
        return otherwise
    more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
    return ", ".join(found[:NAMED]) + more
