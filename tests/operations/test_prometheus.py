"""The metrics file is one that Prometheus reads, and does not grow without end."""

from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from crawler.prometheus import MAX_SITES, write_prometheus
from schemas.manifest import MonitorResult
from schemas.summary import CrawlSummary
from tests.operations.samples import NOON, counts, site, source, summary

Sample = tuple[str, tuple[tuple[str, str], ...]]


def samples(folder: Path, told: CrawlSummary) -> dict[Sample, float]:
    """What Prometheus' parser reads in the file: name and labels to value."""
    path = folder / "copydesk.prom"
    write_prometheus(path, told)
    families = list(text_string_to_metric_families(path.read_text("utf-8")))
    assert all(family.documentation for family in families)
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


FULL = summary(
    exit_code=5,
    counts=counts(articles=7, rejected=2, pending=3),
    requests=12,
    bytes_received=3_400,
    other_records={"revisit": 4},
    monitors=[MonitorResult(name="articles", passed=False, message="few")],
    sites=[
        site(
            articles=2,
            rejected={"too-short": 1, "offsite": 1},
            statuses={200: 5, 799: 2},
            retries=1,
            not_modified=6,
            bytes_received=30,
        ),
        site("b.example", rejected={"offsite": 3}, failed={"timeout": 1}),
    ],
    sources=[source(last_new_at=NOON)],
)

VALUES: list[tuple[str, dict[str, str], float]] = [
    ("copydesk_pages_total", {"disposition": "articles"}, 7),
    ("copydesk_pages_total", {"disposition": "rejected"}, 2),
    ("copydesk_pending_pages", {}, 3),
    ("copydesk_other_records_total", {"kind": "revisit"}, 4),
    ("copydesk_session_start_timestamp_seconds", {}, NOON.timestamp()),
    ("copydesk_session_duration_seconds", {}, 600),
    ("copydesk_session_exit_code", {}, 5),
    ("copydesk_session_requests", {}, 12),
    ("copydesk_session_received_bytes", {}, 3_400),
    ("copydesk_monitor_passed", {"monitor": "articles"}, 0),
    ("copydesk_session_rejected_pages", {"reason": "offsite"}, 4),
    ("copydesk_session_failed_pages", {"reason": "timeout"}, 1),
    ("copydesk_session_pages", {"site": "a.example", "disposition": "rejected"}, 2),
    ("copydesk_session_pages", {"site": "a.example", "disposition": "articles"}, 2),
    ("copydesk_session_responses", {"site": "a.example", "code": "200"}, 5),
    ("copydesk_session_responses", {"site": "a.example", "code": "7xx"}, 2),
    ("copydesk_session_site_unchanged", {"site": "a.example"}, 6),
    ("copydesk_session_site_received_bytes", {"site": "a.example"}, 30),
    ("copydesk_session_site_retries", {"site": "a.example"}, 1),
    ("copydesk_sources", {}, 1),
    (
        "copydesk_site_last_new_timestamp_seconds",
        {"site": "a.example"},
        NOON.timestamp(),
    ),
]


@pytest.mark.parametrize(("name", "labels", "value"), VALUES)
def test_metric(
    tmp_path: Path, name: str, labels: dict[str, str], value: float
) -> None:
    """Each number of a summary is there under its name and labels."""
    assert samples(tmp_path, FULL)[name, tuple(sorted(labels.items()))] == value


def test_labels_are_escaped(tmp_path: Path) -> None:
    """What a stranger named cannot break the file."""
    odd = 'a"\n\\.example'
    found = samples(tmp_path, summary(sites=[site(odd, retries=2)]))
    assert found["copydesk_session_site_retries", (("site", odd),)] == 2


def test_sites_are_bounded(tmp_path: Path) -> None:
    """The sites of which least was asked are one, and nothing of them is lost."""
    many = [site(f"s{n}.example", requests=n, articles=1) for n in range(MAX_SITES + 3)]
    found = samples(tmp_path, summary(sites=many))
    articles = {
        dict(labels)["site"]: value
        for (name, labels), value in found.items()
        if name == "copydesk_session_pages" and ("disposition", "articles") in labels
    }
    assert len(articles) == MAX_SITES + 1
    assert articles["other"] == 3
    assert "s0.example" not in articles


def test_file_is_replaced_whole(tmp_path: Path) -> None:
    """A later session leaves its own numbers and no other file."""
    samples(tmp_path, FULL)
    found = samples(tmp_path, summary())
    assert found["copydesk_session_exit_code", ()] == 0
    assert [path.name for path in tmp_path.iterdir()] == ["copydesk.prom"]
