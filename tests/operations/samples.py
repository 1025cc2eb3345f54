"""Summaries and manifests by hand."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from schemas.config import PipelineConfig
from schemas.manifest import (
    Counts,
    Disposition,
    Manifest,
    MonitorResult,
    Part,
    RunState,
    Session,
    Versions,
)
from schemas.page import SourceKind
from schemas.summary import CrawlSummary, PastSession, SiteActivity, SourceActivity

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
VERSIONS = Versions(copydesk="1", trafilatura="2", langdetect="3", lxml="4")
DAY = timedelta(days=1)


def counts(**ends: int) -> Counts:
    """Counts that balance."""
    return Counts(seen=sum(ends.values()), **ends)


def site(name: str = "a.example", **fields: object) -> SiteActivity:
    """What was asked of a site."""
    return SiteActivity.model_validate({"site": name, "requests": 1, **fields})


def source(**fields: object) -> SourceActivity:
    """A feed that is asked every 90 minutes."""
    return SourceActivity.model_validate(
        {
            "url": "https://a.example/feed",
            "site": "a.example",
            "kind": SourceKind.FEED,
            "last_visit": NOON,
            "interval_minutes": 90,
            **fields,
        }
    )


def summary(**fields: object) -> CrawlSummary:
    """A session of ten minutes."""
    return CrawlSummary.model_validate(
        {
            "started_at": NOON,
            "finished_at": NOON + timedelta(minutes=10),
            "finish_reason": "finished",
            "state": RunState.FINISHED,
            "counts": counts(articles=1),
            "session": counts(articles=1),
            "requests": 1,
            "versions": VERSIONS,
            **fields,
        }
    )


def past(
    started_at: datetime, articles: int, by_site: Mapping[str, int] | None = None
) -> PastSession:
    """An earlier session."""
    return PastSession(
        started_at=started_at,
        finished_at=started_at + timedelta(minutes=10),
        finish_reason="finished",
        exit_code=0,
        session=counts(articles=articles),
        requests=articles,
        articles=dict(by_site or {"a.example": articles}),
    )


def manifest(
    *,
    state: RunState = RunState.FINISHED,
    monitors: tuple[MonitorResult, ...] = (),
    command: str = "crawl",
    started_at: datetime = NOON,
    pending: int = 0,
    **ends: int,
) -> Manifest:
    """A manifest of one session of ten minutes."""
    parts = tuple(
        Part(
            path=f"{each}/part-00001.jsonl",
            disposition=each,
            records=ends[each],
            size_bytes=1,
            sha256="",
        )
        for each in Disposition
        if ends.get(each)
    )
    finished = None if state is RunState.RUNNING else started_at + 10 * DAY / 1440
    fields = {
        "command": command,
        "inputs": (),
        "site": None,
        "site_digests": {},
        "config": PipelineConfig(),
        "config_digest": PipelineConfig().digest(),
        "versions": VERSIONS,
        "state": state,
        "finish_reason": "finished" if state is RunState.FINISHED else "shutdown",
        "monitors": monitors,
        "counts": counts(pending=pending, **ends),
        "rejected_by_reason": _all_in("too-short", ends.get("rejected", 0)),
        "failed_by_reason": _all_in("timeout", ends.get("failed", 0)),
        "other_records": {"revisit": 2},
        "parts": parts,
        "sessions": (Session(started_at=started_at, finished_at=finished, workers=1),),
    }
    return Manifest.model_validate(fields)


def _all_in(reason: str, pages: int) -> dict[str, int]:
    return {reason: pages} if pages else {}
