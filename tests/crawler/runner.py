"""Runs one crawl in a process of its own: the reactor can be run only once.

`python -m tests.crawler.runner` reads `CrawlOptions` as JSON from standard input, and
prints the manifest, or the error's type and text with exit code 3.
"""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[2]


def start_crawl(
    out: Path,
    *targets: str,
    site: str | None = None,
    sites: Path | None = None,
    settings: dict[str, object] | None = None,
    **options: object,
) -> subprocess.Popen[str]:
    """A crawl at work, on loopback and without pauses unless told otherwise."""
    given = {
        "out": str(out),
        "targets": list(targets),
        "site": site,
        "sites": str(sites) if sites else None,
        "settings": {
            "RETRY_TIMES": 1,
            "DOWNLOAD_TIMEOUT": 20,
            "COPYDESK_BACKOFF_SECONDS": 0.1,
            **(settings or {}),
        },
        "options": {
            "delay_seconds": 0,
            "allow_private_addresses": True,
            "workers": 1,
            "log_level": "INFO",
            **options,
        },
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.crawler.runner"],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONWARNINGS": "default"},
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps(given))
    process.stdin.close()
    process.stdin = None
    return process


class Finished:
    """A crawl that has ended."""

    def __init__(self, process: subprocess.Popen[str], seconds: float = 90) -> None:
        try:
            self.stdout, self.log = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
        self.code = process.returncode

    @property
    def manifest(self) -> dict[str, Any]:
        """The manifest it returned."""
        assert self.code == 0, self.log[-4000:]
        manifest: dict[str, Any] = json.loads(self.stdout)["manifest"]
        return manifest

    @property
    def error(self) -> str:
        """The error it raised, `Type: text`."""
        assert self.code == 3, self.log[-4000:]
        error: str = json.loads(self.stdout)["error"]
        return error


def crawl(out: Path, *targets: str, **options: Any) -> Finished:  # noqa: ANN401
    """A crawl from beginning to end; options as for `start_crawl`."""
    return Finished(start_crawl(out, *targets, **options))


def records(out: Path, disposition: str) -> list[dict[str, Any]]:
    """All records of one kind, in the order of the parts."""
    parts: Sequence[Path] = sorted((out / disposition).glob("part-*.jsonl"))
    return [
        json.loads(line)
        for part in parts
        for line in part.read_text("utf-8").splitlines()
    ]


def _main() -> int:
    from crawler.catalog import load_catalog
    from crawler.crawl import CrawlOptions, run_crawl
    from schemas.config import PipelineConfig
    from schemas.errors import CopydeskError

    given = json.load(sys.stdin)
    catalog = load_catalog(Path(given["sites"])) if given["sites"] else load_catalog()
    options = dict(given["options"])
    progress: list[int] = []
    if options.pop("count_progress", False):
        options["on_progress"] = lambda counts: progress.append(counts.seen)
    shard = options.pop("shard", None)
    config = PipelineConfig.model_validate(options.pop("config", {}))
    if max_file_bytes := options.pop("max_file_bytes", None):
        # As if the disk were full: no file may grow beyond this.
        resource.setrlimit(resource.RLIMIT_FSIZE, (max_file_bytes, max_file_bytes))
    try:
        manifest = run_crawl(
            CrawlOptions(
                out=Path(given["out"]),
                targets=tuple(given["targets"]),
                site=catalog.get(given["site"]) if given["site"] else None,
                sites=catalog.shard(*shard) if shard else (),
                scope=f"shard {shard[0]}/{shard[1]}" if shard else None,
                catalog=catalog,
                config=config,
                settings=tuple(given["settings"].items()),
                **options,
            )
        )
    except CopydeskError as error:
        json.dump({"error": f"{type(error).__name__}: {error}"}, sys.stdout)
        return 3
    json.dump(
        {"manifest": manifest.model_dump(mode="json"), "progress": progress}, sys.stdout
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(_main())
