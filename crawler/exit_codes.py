"""What the command line answers to a scheduler (docs/operations.md)."""

from schemas.manifest import Manifest, RunState
from schemas.summary import CrawlSummary

OK = 0
"""All went well; also where nothing was due."""

FINDINGS = 1
"""Something was found: `verify` or `sites check` found faults, or, with `--strict`, a
page was rejected or failed."""

MISUSE = 2
"""The command cannot be carried out as it was given."""

FAILED = 3
"""The run failed: look at the log."""

NOTHING_SCRAPED = 4
"""Pages were asked for, and neither an article nor a 304 came."""

MONITORS_FAILED = 5
"""A monitor found the crawl wanting; the records are complete all the same."""

INTERRUPTED = 6
"""The run was stopped before it was done; the same command goes on from there."""


def crawl_exit_code(
    manifest: Manifest, summary: CrawlSummary, *, is_strict: bool
) -> int:
    """What a crawl answers: the first that holds of the codes, the gravest first."""
    counts = manifest.counts
    if manifest.state is RunState.INTERRUPTED:
        return INTERRUPTED
    if counts.seen and counts.failed == counts.seen:
        return FAILED
    if is_nothing_scraped(summary):
        return NOTHING_SCRAPED
    if not all(monitor.passed for monitor in manifest.monitors):
        return MONITORS_FAILED
    if is_strict and (counts.rejected or counts.failed):
        return FINDINGS
    return OK


def is_nothing_scraped(summary: CrawlSummary) -> bool:
    """Whether a session got nothing although there was something to get.

    A quiet hour is none of that: sources were read, and named no new page. Pages that
    wait in the archive to be cleaned have come.
    """
    if not summary.requests and not any(site.closed_by for site in summary.sites):
        return False  # nothing was due, or other machines have all there is
    session = summary.session
    has_come = (
        session.articles
        or session.duplicates
        or summary.waiting
        or any(site.not_modified for site in summary.sites)
    )
    was_asked = session.rejected or session.failed or session.pending
    return not has_come and bool(was_asked or not summary.counts.articles)
