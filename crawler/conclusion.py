"""The end of a session: its summary, monitors, exit code and metrics, in that order."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pydantic import ValidationError
from scrapy.settings import BaseSettings

from crawler.exit_codes import crawl_exit_code
from crawler.extras import require_extra
from crawler.status import count_waiting, read_sources
from crawler.summary import build_summary, concluded, read_history, write_summary
from pipelines.manifest import write_manifest
from schemas.errors import UsageError
from schemas.manifest import Manifest
from schemas.monitor import MonitorConfig
from schemas.summary import CrawlSummary, SiteActivity

DEFAULT_THRESHOLDS = "default"


@dataclass(frozen=True)
class Conclusion:
    """What is asked for at the end of a session."""

    monitors: MonitorConfig | None = None
    """Thresholds of the monitors; None: none are run."""

    prometheus: Path | None = None
    """File of metrics; None: none is written."""

    is_strict: bool = False
    """Whether rejected and failed pages have an exit code of their own."""

    @classmethod
    def from_settings(cls, settings: BaseSettings) -> Self:
        """What `COPYDESK_MONITORS`, `_PROMETHEUS` and `_STRICT` ask for.

        The first names a file of thresholds, or is `default`.

        Raises:
            UsageError: The file cannot be read, or `check` fails.
        """
        monitors, metrics = (
            settings["COPYDESK_MONITORS"],
            settings["COPYDESK_PROMETHEUS"],
        )
        thresholds = None
        if monitors:
            is_default = monitors == DEFAULT_THRESHOLDS
            thresholds = (
                MonitorConfig() if is_default else load_monitor_config(Path(monitors))
            )
        asked = cls(
            thresholds,
            Path(metrics) if metrics else None,
            settings.getbool("COPYDESK_STRICT"),
        )
        asked.check()
        return asked

    def check(self) -> None:
        """Nothing, if it can be done; called before a session begins.

        Raises:
            UsageError: A library is missing, or the folder of the metrics.
        """
        if self.monitors is not None:
            require_extra("spidermon", "monitor", "--monitors")
        if self.prometheus is not None:
            require_extra("prometheus_client", "monitor", "--prometheus")
            if not self.prometheus.parent.is_dir():
                raise UsageError(f"--prometheus {self.prometheus}: no such folder")


def conclude(
    out: Path,
    manifest: Manifest,
    sites: Sequence[SiteActivity],
    fields: Mapping[str, int],
    asked: Conclusion,
) -> tuple[Manifest, CrawlSummary]:
    """Manifest and summary with all that was found out, as they are on disk now.

    Args:
        out: The output folder, whose database is closed or committed.
        manifest: How the run stands at the end of the session.
        sites: What was asked of each site (`crawler.summary.site_activities`).
        fields: `FieldCoverage.counts`.
        asked: What is to be done.

    Raises:
        OSError, StoreError: A file cannot be read or written.
    """
    summary = build_summary(
        manifest=manifest,
        sites=sites,
        sources=read_sources(out),
        fields=fields,
        waiting=count_waiting(out),
    )
    if asked.monitors is not None:
        from crawler.monitors import run_monitors

        found = run_monitors(summary, read_history(out), asked.monitors)
        manifest = manifest.model_copy(update={"monitors": found})
        write_manifest(out, manifest)
    code = crawl_exit_code(manifest, summary, is_strict=asked.is_strict)
    summary = concluded(summary, manifest.monitors, code)
    write_summary(out, summary)
    if asked.prometheus is not None:
        from crawler.prometheus import write_prometheus

        write_prometheus(asked.prometheus, summary)
    return manifest, summary


def load_monitor_config(path: Path) -> MonitorConfig:
    """The thresholds of a TOML file; those that it does not name are the defaults.

    Raises:
        UsageError: It cannot be read, or names what is no threshold.
    """
    try:
        return MonitorConfig.model_validate(tomllib.loads(path.read_text("utf-8")))
    except (OSError, ValueError, ValidationError) as error:
        raise UsageError(f"{path}: {error}") from error
