"""The summary of a session as metrics, for the textfile collector of node_exporter.

Names and units follow Prometheus' conventions. Labels are bounded: reasons and
dispositions are closed sets, statuses those that are registered, and sites beyond
`MAX_SITES` are one, `other`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from pathlib import Path

from prometheus_client import CollectorRegistry, write_to_textfile
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from schemas.manifest import Counts, Disposition
from schemas.summary import CrawlSummary, SiteActivity

MAX_SITES = 200
"""Sites with series of their own: those of which most was asked."""

OTHER = "other"

Labels = tuple[str, ...]


def write_prometheus(path: Path, summary: CrawlSummary) -> None:
    """The file holds these metrics, or what it held before, whatever happens.

    Raises:
        OSError: It cannot be written.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(SummaryCollector(summary))
    write_to_textfile(str(path), registry)


class SummaryCollector(Collector):
    """The metrics of one summary."""

    def __init__(self, summary: CrawlSummary) -> None:
        self._summary = summary

    def collect(self) -> Iterator[Metric]:
        """All metrics, in a fixed order."""
        yield from self._run()
        yield from self._session()
        yield from self._sources()

    def _run(self) -> Iterator[Metric]:
        counts = self._summary.counts
        yield _counter(
            "copydesk_pages",
            "Pages of the whole run, by where they ended.",
            ("disposition",),
            _ends(counts),
        )
        yield _gauge("copydesk_pending_pages", "Pages to do.", value=counts.pending)
        yield _counter(
            "copydesk_other_records",
            "Archived responses of the whole run that are no pages.",
            ("kind",),
            {(kind,): n for kind, n in self._summary.other_records.items()},
        )

    def _session(self) -> Iterator[Metric]:
        summary = self._summary
        started = summary.started_at.timestamp()
        finished = summary.finished_at.timestamp()
        for name, text, value in (
            ("start_timestamp_seconds", "When the last session began.", started),
            ("finish_timestamp_seconds", "When the last session ended.", finished),
            ("duration_seconds", "How long it took.", finished - started),
            ("exit_code", "What the command answered.", summary.exit_code),
            ("requests", "Requests that it made.", summary.requests),
            ("received_bytes", "Bytes that it received.", summary.bytes_received),
        ):
            yield _gauge(f"copydesk_session_{name}", text, value=value)
        yield _gauge(
            "copydesk_monitor_passed",
            "Whether what the monitor looked at was well.",
            ("monitor",),
            {(each.name,): int(each.passed) for each in summary.monitors},
        )
        yield from self._reasons()
        yield from _site_metrics(_bounded(summary.sites))

    def _reasons(self) -> Iterator[Metric]:
        for name in (Disposition.REJECTED, Disposition.FAILED):
            pages: Counter[Labels] = Counter()
            for site in self._summary.sites:
                pages.update({(key,): n for key, n in getattr(site, name).items()})
            yield _gauge(
                f"copydesk_session_{name}_pages",
                f"Pages of the last session that were {name}.",
                ("reason",),
                pages,
            )

    def _sources(self) -> Iterator[Metric]:
        sources = self._summary.sources
        newest: dict[Labels, float] = {}
        for source in sources:
            if source.last_new_at is not None:
                key, at = (source.site,), source.last_new_at.timestamp()
                newest[key] = max(newest.get(key, 0.0), at)
        newest = dict(sorted(newest.items(), key=lambda each: -each[1])[:MAX_SITES])
        yield _gauge("copydesk_sources", "Known sources.", value=len(sources))
        yield _gauge(
            "copydesk_site_last_new_timestamp_seconds",
            "When a source of the site last named a new page.",
            ("site",),
            newest,
        )


def _site_metrics(sites: dict[str, list[SiteActivity]]) -> Iterator[Metric]:
    pages: Counter[Labels] = Counter()
    responses: Counter[Labels] = Counter()
    for label, members in sites.items():
        for site in members:
            responses.update({(label, _code(s)): n for s, n in site.statuses.items()})
            pages[label, Disposition.ARTICLES] += site.articles
            pages[label, Disposition.DUPLICATES] += site.duplicates
            pages[label, Disposition.REJECTED] += sum(site.rejected.values())
            pages[label, Disposition.FAILED] += sum(site.failed.values())
    yield _gauge(
        "copydesk_session_pages",
        "Pages that the last session settled.",
        ("site", "disposition"),
        pages,
    )
    yield _gauge(
        "copydesk_session_responses",
        "Answers of the last session by HTTP status.",
        ("site", "code"),
        responses,
    )
    for name, text in (
        ("not_modified", "Answers that were as before."),
        ("retries", "Requests that were made again."),
        ("bytes_received", "Bytes that were received."),
    ):
        yield _gauge(
            f"copydesk_session_site_{_METRIC_NAMES.get(name, name)}",
            text,
            ("site",),
            {
                (label,): sum(getattr(site, name) for site in members)
                for label, members in sites.items()
            },
        )


_METRIC_NAMES = {"not_modified": "unchanged", "bytes_received": "received_bytes"}


def _bounded(sites: Iterable[SiteActivity]) -> dict[str, list[SiteActivity]]:
    """Sites by label, the greatest first; those beyond the bound are one."""
    ordered = sorted(sites, key=lambda site: (-site.requests, site.site))
    labelled = {site.site: [site] for site in ordered[:MAX_SITES]}
    if rest := ordered[MAX_SITES:]:
        labelled[OTHER] = rest
    return labelled


def _code(status: int) -> str:
    """The status if it is registered, else its class: a server may send any number."""
    return str(status) if status in set(HTTPStatus) else f"{status // 100}xx"


def _ends(counts: Counts) -> dict[Labels, float]:
    return {(each,): getattr(counts, each) for each in Disposition}


def _gauge(
    name: str,
    text: str,
    labels: Labels = (),
    values: Mapping[Labels, float] | None = None,
    *,
    value: float | None = None,
) -> Metric:
    return _filled(GaugeMetricFamily(name, text, labels=labels), values or {}, value)


def _counter(
    name: str, text: str, labels: Labels, values: Mapping[Labels, float]
) -> Metric:
    return _filled(CounterMetricFamily(name, text, labels=labels), values, None)


def _filled(
    family: GaugeMetricFamily | CounterMetricFamily,
    values: Mapping[Labels, float],
    value: float | None,
) -> Metric:
    if value is not None:
        values = {(): value}
    for key, each in sorted(values.items()):
        family.add_metric(list(key), each)
    return family
