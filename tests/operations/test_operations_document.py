"""docs/operations.md says what is true, as far as that can be run here."""

import ast
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from crawler import exit_codes
from crawler.cli import EPILOG, build_parser
from crawler.monitors import run_monitors
from crawler.prometheus import SummaryCollector
from schemas.monitor import MonitorConfig
from tests.conftest import ROOT
from tests.operations.samples import summary

TEXT = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
BLOCKS = [
    (match["kind"], match["code"])
    for match in re.finditer(
        r"^```(?P<kind>\w*)\n(?P<code>.*?)^```$", TEXT, re.MULTILINE | re.DOTALL
    )
]
COMMANDS = [
    match.group().replace("[copydesk, ", "copydesk ").replace(", ", " ")
    for _, code in BLOCKS
    for match in re.finditer(r"\[?copydesk,? crawl,? --all[^|>;\]\n]*", code)
]


@pytest.mark.parametrize("command", COMMANDS)
def test_scheduled_command_is_one(command: str) -> None:
    """What schedulers are told to run is understood by the parser."""
    words = shlex.split(
        command.split(" 2", 1)[0].replace("$((JOB_COMPLETION_INDEX + 1))", "1")
    )
    assert callable(build_parser().parse_args(words[1:]).run)


def test_commands_are_found() -> None:
    """cron, systemd and both jobs of Kubernetes have one."""
    assert len(COMMANDS) == 4


@pytest.mark.parametrize("code", [code for kind, code in BLOCKS if kind == "python"])
def test_python_compiles(code: str) -> None:
    """The snippets for Airflow and Dagster are Python, and name our exit codes only."""
    assert ast.parse(code).body


def codes_in(text: str, pattern: str) -> set[int]:
    """The numbers that a pattern finds at the beginning of lines."""
    return {int(number) for number in re.findall(pattern, text, re.MULTILINE)}


def test_exit_codes_are_those_of_the_code() -> None:
    """Table and help name each exit code, and no other."""
    codes = {value for name, value in vars(exit_codes).items() if name.isupper()}
    assert codes_in(TEXT, r"^\| (\d) \|") == codes
    assert codes_in(EPILOG, r"^  (\d)  ") == codes


def test_monitors_are_those_of_the_code() -> None:
    """The table names each monitor, and no other."""
    table = TEXT.split("## Monitors")[1].split("## ")[0]
    named = set(re.findall(r"^\| `([a-z-]+)` \|", table, re.MULTILINE))
    assert named == {each.name for each in run_monitors(summary(), (), MonitorConfig())}


def test_alert_rules_name_metrics_that_there_are() -> None:
    """No rule waits for a metric that nobody writes."""
    written = {metric.name for metric in SummaryCollector(summary()).collect()}
    named = set(re.findall(r"\bcopydesk_[a-z_]+", TEXT))
    assert len(named) >= 6
    assert named - written == set()


@pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze"
)
def test_units_are_valid(tmp_path: Path) -> None:
    """Systemd finds nothing to complain of in service and timer."""
    units = [code for kind, code in BLOCKS if kind == "ini"]
    assert len(units) == 2
    paths = []
    for code in units:
        path = tmp_path / code.splitlines()[0].removeprefix("# ")
        program = str(Path(sys.executable))
        path.write_text(code.replace("/opt/copydesk/bin/copydesk", program))
        paths.append(path)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *paths],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    complaints = [line for line in done.stderr.splitlines() if "copydesk" in line]
    assert (complaints, done.returncode) == ([], 0), done.stderr
