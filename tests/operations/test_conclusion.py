"""At the end of a session all accounts say the same."""

import argparse
from dataclasses import replace
from pathlib import Path

import pytest
from scrapy.settings import Settings

from crawler import exit_codes, extras
from crawler.commands.conclusion_options import (
    add_conclusion_options,
    conclusion_settings,
)
from crawler.conclusion import Conclusion, conclude, load_monitor_config
from crawler.state import STATE_NAME, CrawlState
from crawler.summary import load_summary, read_history
from pipelines.manifest import load_manifest
from schemas.errors import UsageError
from schemas.manifest import RunState
from schemas.monitor import MonitorConfig
from tests.operations.samples import manifest, site


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A folder with an empty database."""
    folder = tmp_path / "out"
    folder.mkdir()
    CrawlState(folder / STATE_NAME).close()
    return folder


def test_alarm_is_in_all_accounts(out: Path) -> None:
    """Manifest, summary, history and metrics tell of a monitor that failed."""
    metrics = out.parent / "copydesk.prom"
    asked = Conclusion(MonitorConfig(), metrics)
    whole = manifest(articles=9, rejected=11)
    sites = [site(articles=9, rejected={"too-short": 11})]
    judged, summary = conclude(out, whole, sites, {}, asked)
    assert [each.name for each in judged.monitors if not each.passed] == ["rejected"]
    assert summary.exit_code == exit_codes.MONITORS_FAILED
    assert load_manifest(out) == judged
    assert load_summary(out) == summary
    assert [each.exit_code for each in read_history(out)] == [summary.exit_code]
    assert 'copydesk_monitor_passed{monitor="rejected"} 0.0' in metrics.read_text()


def test_monitors_are_only_run_if_asked(out: Path) -> None:
    """Without them a summary is written all the same, and nothing else."""
    whole = manifest(articles=1, rejected=1)
    judged, summary = conclude(out, whole, [site(articles=1)], {}, Conclusion())
    assert (judged, summary.monitors, summary.exit_code) == (whole, (), 0)
    assert load_manifest(out) is None
    assert load_summary(out) == summary


@pytest.mark.parametrize(
    ("state", "is_strict", "code"),
    [
        (RunState.FINISHED, True, exit_codes.FINDINGS),
        (RunState.INTERRUPTED, True, exit_codes.INTERRUPTED),
        (RunState.FINISHED, False, exit_codes.OK),
    ],
)
def test_summary_has_the_exit_code(
    out: Path, *, state: RunState, is_strict: bool, code: int
) -> None:
    """It is the one that the command answers."""
    whole = manifest(state=state, articles=1, rejected=1)
    sites = [site(articles=1)]
    _, summary = conclude(out, whole, sites, {}, Conclusion(is_strict=is_strict))
    assert summary.exit_code == code


def test_what_is_missing_is_told_before_the_crawl(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A library that is not installed, or a folder that is not there, is misuse."""
    Conclusion(MonitorConfig(), tmp_path / "a.prom").check()
    with pytest.raises(UsageError, match="no such folder"):
        Conclusion(prometheus=tmp_path / "none" / "a.prom").check()
    monkeypatch.setattr(extras, "find_spec", lambda _name: None)
    for asked in (Conclusion(MonitorConfig()), Conclusion(None, tmp_path / "a.prom")):
        with pytest.raises(UsageError, match=r"pip install 'copydesk\[monitor\]'"):
            asked.check()
    Conclusion().check()


def test_thresholds_are_read(tmp_path: Path) -> None:
    """What a file names is set, the rest is as it was; nonsense is refused."""
    path = tmp_path / "monitors.toml"
    path.write_text("stale_days = 2\n[field_coverage]\nauthors = 0.5\n")
    config = load_monitor_config(path)
    assert config == MonitorConfig(stale_days=2, field_coverage={"authors": 0.5})
    for wrong in ("stale_weeks = 1\n", "= \n", "max_failed_ratio = 2\n"):
        path.write_text(wrong)
        with pytest.raises(UsageError, match=r"monitors\.toml"):
            load_monitor_config(path)
    with pytest.raises(UsageError, match=r"none\.toml"):
        load_monitor_config(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        ((), Conclusion()),
        (("--monitors", "--strict"), Conclusion(MonitorConfig(), is_strict=True)),
        (("--thresholds", "{}/m.toml"), Conclusion(MonitorConfig(stale_days=2))),
        (("--prometheus", "{}/a.prom"), Conclusion(None, Path("{}/a.prom"))),
    ],
)
def test_options_become_settings(
    tmp_path: Path, words: tuple[str, ...], asked: Conclusion
) -> None:
    """What is asked on the command line reaches the crawl as settings."""
    (tmp_path / "m.toml").write_text("stale_days = 2\n")
    parser = argparse.ArgumentParser()
    parser.add_argument("--strict", action="store_true")
    add_conclusion_options(parser)
    arguments = parser.parse_args([word.format(tmp_path) for word in words])
    found = Conclusion.from_settings(Settings(dict(conclusion_settings(arguments))))
    metrics = asked.prometheus and Path(str(asked.prometheus).format(tmp_path))
    assert found == replace(asked, prometheus=metrics)
