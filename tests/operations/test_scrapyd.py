"""A real Scrapyd on loopback takes the project and runs its spider."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.manifest import load_manifest
from schemas.manifest import RunState
from tests.conftest import ROOT
from tests.crawler.news_server import Answer, article, feed, serving

SECONDS = 120
PAGES = 4
BIN = Path(sys.executable).parent
PROJECT = ("schemas", "pipelines", "crawler")
PROJECT_FILES = ("pyproject.toml", "scrapy.cfg", "README.md", "LICENSE")
CONFIG = """
[scrapyd]
bind_address = 127.0.0.1
http_port = {port}
poll_interval = 0.2
"""


def ask(base: str, service: str, **fields: object) -> dict[str, Any]:
    """What a service answers; fields are sent as a form."""
    form = urllib.parse.urlencode(fields, doseq=True).encode() if fields else None
    url = f"{base}/{service}.json"
    with urllib.request.urlopen(url, data=form, timeout=30) as answer:  # noqa: S310
        parsed: dict[str, Any] = json.load(answer)
    return parsed


def wait_for_jobs(base: str) -> list[dict[str, Any]]:
    """The finished jobs of the project, as soon as there are any."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        jobs = ask(base, "listjobs")
        if jobs["finished"]:
            finished: list[dict[str, Any]] = jobs["finished"]
            return finished
        time.sleep(0.3)
    raise TimeoutError(jobs)


@pytest.fixture
def scrapyd(tmp_path: Path) -> Iterator[str]:
    """The address of a Scrapyd whose files are in a folder of its own."""
    home = tmp_path / "scrapyd"
    home.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (home / "scrapyd.conf").write_text(CONFIG.format(port=port))
    base = f"http://127.0.0.1:{port}"
    with (home / "scrapyd.log").open("wb") as log:
        process = subprocess.Popen(
            [BIN / "scrapyd"],
            cwd=home,
            stdout=log,
            stderr=log,
            env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"},
        )
    try:
        wait_until_up(base, process, home / "scrapyd.log")
        yield base
    finally:
        process.terminate()
        process.wait(30)


def wait_until_up(base: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Return once Scrapyd answers."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        try:
            ask(base, "daemonstatus")
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise TimeoutError(log.read_text())


def deploy(project: Path, base: str) -> str:
    """Build the egg in a copy of the project and send it; what the tool says."""
    project.mkdir()
    for name in PROJECT:
        shutil.copytree(
            ROOT / name, project / name, ignore=shutil.ignore_patterns("__pycache__")
        )
    for name in PROJECT_FILES:
        shutil.copy(ROOT / name, project / name)
    config = project / "scrapy.cfg"
    config.write_text(config.read_text().replace("http://localhost:6800", base))
    done = subprocess.run(
        [BIN / "scrapyd-deploy"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_scrapyd_runs_the_spider(scrapyd: str, tmp_path: Path) -> None:
    """Deployed, scheduled and finished: the output is that of any crawl."""
    assert '"status": "ok"' in deploy(tmp_path / "project", scrapyd)
    out = tmp_path / "out"
    with serving() as server:
        paths = [f"/story-{number}" for number in range(PAGES)]
        server.routes["/robots.txt"] = Answer(b"", content_type="text/plain")
        server.routes["/feed.xml"] = feed(*(server.url + path for path in paths))
        for number, path in enumerate(paths):
            server.routes[path] = Answer(article(number))
        scheduled = ask(
            scrapyd,
            "schedule",
            project="copydesk",
            spider="news",
            urls=f"{server.url}/feed.xml",
            setting=[
                f"COPYDESK_OUT={out}",
                "COPYDESK_ALLOW_PRIVATE_ADDRESSES=1",
                "DOWNLOAD_DELAY=0",
            ],
        )
        (job,) = wait_for_jobs(scrapyd)
    assert job["id"] == scheduled["jobid"]
    manifest = load_manifest(out)
    log = (tmp_path / "scrapyd" / job["log_url"].lstrip("/")).read_text()
    assert manifest is not None, log
    assert (manifest.state, manifest.counts.articles) == (RunState.FINISHED, PAGES), log
