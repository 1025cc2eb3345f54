"""What a session did: built at its end, kept for schedulers and later sessions."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from crawler.politeness import Site
from pipelines.language import UNCERTAIN
from pipelines.store import write_atomically
from schemas.article import Article
from schemas.errors import StoreError
from schemas.manifest import Counts, Disposition, Manifest, MonitorResult
from schemas.summary import CrawlSummary, PastSession, SiteActivity, SourceActivity

SUMMARY_NAME = "summary.json"
HISTORY_NAME = "summaries.jsonl"
HISTORY_SESSIONS = 500
"""Sessions that are remembered: three weeks of a crawl that is run every hour."""

COVERED_FIELDS = ("title", "text", "date_published", "authors", "language")

Tallies = Iterable[tuple[str, Disposition, str, int]]
"""Visits by site, disposition and reason, as `CrawlState.tallies` gives them."""


class FieldCoverage:
    """In how many articles of a session a field is filled."""

    def __init__(self) -> None:
        self._filled: Counter[str] = Counter()

    def count(self, article: Article) -> None:
        """One more article."""
        values = {name: getattr(article, name) for name in COVERED_FIELDS}
        self._filled.update(
            name for name, value in values.items() if value and value != UNCERTAIN
        )

    @property
    def counts(self) -> dict[str, int]:
        """Articles that have the field, by field; all fields are there."""
        return {name: self._filled[name] for name in COVERED_FIELDS}


def site_activities(
    sites: Iterable[Site], before: Tallies, after: Tallies
) -> tuple[SiteActivity, ...]:
    """What was asked of each site in a session and what came of it, by name.

    Args:
        sites: What the session asked for.
        before: The tallies at its beginning.
        after: Those at its end.
    """
    outcomes = Counter({(*key, reason): n for *key, reason, n in after})
    outcomes.subtract({(*key, reason): n for *key, reason, n in before})
    asked = {site.host: site for site in sites}
    hosts = sorted({*asked, *(host for (host, _, _), n in outcomes.items() if n)})
    return tuple(
        SiteActivity(
            site=host,
            articles=outcomes[host, Disposition.ARTICLES, ""],
            duplicates=outcomes[host, Disposition.DUPLICATES, ""],
            rejected=_by_reason(outcomes, host, Disposition.REJECTED),
            failed=_by_reason(outcomes, host, Disposition.FAILED),
            **_traffic(asked[host]) if host in asked else {},
        )
        for host in hosts
    )


def _by_reason(
    outcomes: Mapping[tuple[str, ...], int], host: str, disposition: Disposition
) -> dict[str, int]:
    return {
        reason: pages
        for (site, where, reason), pages in sorted(outcomes.items())
        if (site, where) == (host, disposition) and pages
    }


def _traffic(site: Site) -> dict[str, object]:
    paused = datetime.fromtimestamp(site.not_before, UTC) if site.not_before else None
    return {
        "requests": site.requests,
        "pages": site.pages,
        "not_modified": site.not_modified,
        "bytes_received": site.bytes_received,
        "statuses": dict(sorted(site.statuses.items())),
        "errors": dict(sorted(site.errors.items())),
        "retries": site.retries,
        "paused_until": paused,
        "closed_by": site.closed,
    }


def build_summary(
    *,
    manifest: Manifest,
    sites: Sequence[SiteActivity],
    sources: Sequence[SourceActivity] = (),
    fields: Mapping[str, int] | None = None,
    waiting: int = 0,
) -> CrawlSummary:
    """The summary of the last session of a manifest that was written at its end.

    `exit_code` is 0 and `monitors` are those of the manifest: who calls puts in what
    is found out by the summary (`model_copy`).

    Args:
        manifest: How the run stands.
        sites: What was asked of each site (`site_activities`).
        sources: How each source stands.
        fields: `FieldCoverage.counts`.
        waiting: Pending pages whose response is in the archive.
    """
    session = manifest.sessions[-1]
    return CrawlSummary(
        started_at=session.started_at,
        finished_at=session.finished_at or session.started_at,
        finish_reason=manifest.finish_reason,
        state=manifest.state,
        counts=manifest.counts,
        session=_session_counts(sites, manifest.counts.pending),
        waiting=waiting,
        requests=sum(site.requests for site in sites),
        bytes_received=sum(site.bytes_received for site in sites),
        other_records=manifest.other_records,
        fields=dict(fields or {}),
        sites=tuple(sites),
        sources=tuple(sources),
        monitors=manifest.monitors,
        versions=manifest.versions,
    )


def _session_counts(sites: Sequence[SiteActivity], pending: int) -> Counts:
    ends = {
        "articles": sum(site.articles for site in sites),
        "duplicates": sum(site.duplicates for site in sites),
        "rejected": sum(sum(site.rejected.values()) for site in sites),
        "failed": sum(sum(site.failed.values()) for site in sites),
    }
    return Counts(seen=sum(ends.values()) + pending, pending=pending, **ends)


def concluded(
    summary: CrawlSummary, monitors: tuple[MonitorResult, ...], exit_code: int
) -> CrawlSummary:
    """The summary with what was found out by it."""
    return summary.model_copy(update={"monitors": monitors, "exit_code": exit_code})


def write_summary(out: Path, summary: CrawlSummary) -> None:
    """`summary.json` is this one, and `summaries.jsonl` has a line of it.

    Both are whole, or what they were before, whatever happens. A session that was
    written already is replaced.
    """
    content = summary.model_dump_json(indent=2) + "\n"
    write_atomically(out / SUMMARY_NAME, content.encode())
    past = [each for each in read_history(out) if each.started_at != summary.started_at]
    kept = [*past, past_session(summary)][-HISTORY_SESSIONS:]
    lines = "".join(each.to_json_line() + "\n" for each in kept)
    write_atomically(out / HISTORY_NAME, lines.encode())


def past_session(summary: CrawlSummary) -> PastSession:
    """What later sessions are compared with."""
    return PastSession(
        started_at=summary.started_at,
        finished_at=summary.finished_at,
        finish_reason=summary.finish_reason,
        exit_code=summary.exit_code,
        session=summary.session,
        requests=summary.requests,
        articles={site.site: site.articles for site in summary.sites},
    )


def load_summary(out: Path) -> CrawlSummary | None:
    """The summary of an output folder, None if it has none.

    Raises:
        StoreError: It cannot be read, or is of another form.
    """
    path = out / SUMMARY_NAME
    if not path.exists():
        return None
    try:
        return CrawlSummary.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise StoreError(f"{path}: {error}") from error


def read_history(out: Path) -> tuple[PastSession, ...]:
    """The sessions before, in order; lines that are not valid are left out.

    Nothing but monitors depends on them: they must not stop a crawl.
    """
    path = out / HISTORY_NAME
    if not path.exists():
        return ()
    found = []
    for line in path.read_bytes().splitlines():
        try:
            found.append(PastSession.model_validate_json(line))
        except ValidationError:
            continue
    return tuple(found)
