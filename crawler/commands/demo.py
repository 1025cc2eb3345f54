"""copydesk demo: the main job on real input, from a page to a replayed crawl."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crawler import exit_codes
from crawler.commands import Subparsers
from crawler.commands.demo_site import DEMO_SITE, require_demo_site
from crawler.terminal import printable
from schemas.errors import CopydeskError

SEED = DEMO_SITE.parent / "seed.txt"

SOURCES = ("/rss", "/fr/rss", "/en/rss", "/news-sitemap.xml", "/")

CRAWL_OPTIONS = ("--site", "ress", "--delay", "0", "--allow-private-addresses")
"""Loopback may be asked, and needs no pause; neither is for the web."""

SHOWN = ("title", "publisher", "date_published", "date_source", "language", "site")

OF_THE_FETCH = ("fetched_at", "provenance")
"""Fields of a record that say where the page came from."""


class DemoError(CopydeskError):
    """The demonstration did not show what it promises."""


def add_parser(subparsers: Subparsers) -> None:
    """Add this command."""
    parser = subparsers.add_parser(
        "demo",
        help="show the whole flow on the sample page and the sample site",
        description="Clean the page this project began with; serve the sample site on "
        "loopback, crawl, archive and clean it; replay the archive, by the site's "
        "definition and by what its pages teach, and compare.",
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="where to (default: data/runs/…)"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Show all of it; the exit code."""
    from crawler.demo_site import serve_demo_site

    require_demo_site(DEMO_SITE)
    out = arguments.out or _new_folder(DEMO_SITE.parent / "runs")
    _show_seed()
    crawl, replay, learnt = out / "crawl", out / "replay", out / "learnt"
    print("\n== A small site: crawled, archived, cleaned ==\n", flush=True)
    with serve_demo_site(DEMO_SITE, today=datetime.now(UTC).date()) as server:
        # The whole family's definition: the sample site has its shape, not its hosts.
        sources = [f"{server.base_url}{path}" for path in SOURCES]
        _copydesk("crawl", *sources, *CRAWL_OPTIONS, "--out", str(crawl))
    _show_articles(crawl)
    print("\n== The archive, cleaned again ==\n", flush=True)
    archive = str(crawl / "archive")
    _copydesk("clean", archive, "--site", "ress", "--out", str(replay))
    count = _compare(crawl, replay, OF_THE_FETCH)
    print(f"  {count} articles, the same in crawl and replay")
    print("\n== The same, knowing nothing of the site but what its pages teach ==\n")
    _copydesk("clean", archive, "--learn", "--out", str(learnt))
    count = _compare(crawl, learnt, (*OF_THE_FETCH, "cleaning"))
    print(f"  {count} articles, the same by learnt template and by site definition")
    for folder in (crawl, replay, learnt):
        _copydesk("verify", str(folder))
    print(f"\nAll of it is in {out}")
    return exit_codes.OK


def _new_folder(runs: Path) -> Path:
    runs.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="demo-", dir=runs))
    return Path(os.path.relpath(folder))


def _copydesk(*arguments: str) -> str:
    """Run one command as a user would, shown as it is typed; its standard output.

    Raises:
        DemoError: It did not exit with 0.
    """
    print("$ copydesk", " ".join(arguments), flush=True)
    command = [sys.executable, "-m", "crawler.cli", *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603 - our own command
    if done.returncode != exit_codes.OK:
        raise DemoError(f"copydesk {arguments[0]} exited with {done.returncode}")
    if arguments[0] == "verify":
        print(done.stdout, end="", flush=True)
    return done.stdout


def _show_seed() -> None:
    print("== The page this project began with ==\n", flush=True)
    lines = _copydesk("clean", "--site", "maghress", os.path.relpath(SEED)).splitlines()
    (record,) = map(json.loads, lines)
    for field in SHOWN:
        print(f"  {field:<15} {record[field]}")
    paragraphs = record["text"].split("\n\n")
    print(f"  {'text':<15} {len(paragraphs)} paragraphs, {record['word_count']} words")
    print(f"  {'':<15} {paragraphs[0][:76]}…")
    for removed in record["cleaning"]["removed"]:
        print(f"  {'cut':<15} {removed['count']:>2} {removed['rule']}")


def _records(folder: Path, kind: str) -> Iterator[dict[str, Any]]:
    for path in sorted((folder / kind).glob("*.jsonl")):
        with path.open(encoding="utf-8") as lines:
            yield from map(json.loads, lines)


def _show_articles(folder: Path) -> None:
    for record in _records(folder, "articles"):
        day, title = record["date_published"] or "no date", record["title"]
        publisher = record["publisher"]
        print(printable(f"  {record['language']}  {day:<10}  {publisher}: {title}"))
    for record in _records(folder, "rejected"):
        print(f"  rejected ({record['reason']}): {record['url']}")


def _compare(crawl: Path, again: Path, but_for: Collection[str]) -> int:
    """How many articles both have: the same ones, but for some fields.

    Raises:
        DemoError: They are not the same.
    """
    first, second = (
        [
            json.dumps({key: record[key] for key in record if key not in but_for})
            for record in _records(folder, "articles")
        ]
        for folder in (crawl, again)
    )
    if first != second or not first:
        raise DemoError(f"{again} does not hold the articles of the crawl")
    return len(first)
