"""copydesk status: how does a run stand, at work or not?"""

import argparse
import itertools
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from crawler import exit_codes
from crawler.commands import Subparsers
from crawler.terminal import printable

if TYPE_CHECKING:
    from schemas.summary import CrawlStatus, SourceActivity

DESCRIPTION = """\
Tell how the run of an output folder stands: at work, killed, interrupted or finished,
its counts and pace, pending pages by site, when each source is asked next, and what the
monitors found. Reads only, and holds nobody up: it may be called while a crawl runs.
"""

Item = TypeVar("Item")

SHOWN = 20
"""Sites and sources that are listed; --json has all of them."""


def add_parser(subparsers: Subparsers) -> None:
    """Add this command."""
    parser = subparsers.add_parser(
        "status", help="how a run stands", description=DESCRIPTION
    )
    parser.add_argument("out", metavar="DIR", type=Path)
    parser.add_argument("--json", action="store_true", help="all of it, as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print how the folder stands; the exit code."""
    from crawler.status import read_status

    status = read_status(arguments.out, datetime.now(UTC))
    if arguments.json:
        print(status.model_dump_json(indent=2))
    else:
        for line in _lines(arguments.out, status):
            print(printable(line))
    return exit_codes.OK


def _lines(out: Path, status: "CrawlStatus") -> Iterator[str]:
    reason = status.finish_reason
    ending = f" ({reason})" if reason not in {None, status.state} else ""
    yield f"{out}: {status.command}, {status.state}{ending}"
    counts = ", ".join(f"{count:,} {name}" for name, count in status.counts)
    yield f"  pages     {counts}"
    if status.waiting:
        yield f"  waiting   {status.waiting:,} are fetched, and wait to be cleaned"
    if status.pages_per_minute is not None:
        yield f"  pace      {status.pages_per_minute:,.1f} pages a minute"
    yield f"  session   {_time(status.started_at)} to {_time(status.finished_at)}"
    if status.last_session is not None:
        yield f"  exit code {status.last_session.exit_code} of the last one that ended"
    for monitor in status.monitors:
        verdict = "passed" if monitor.passed else "FAILED"
        yield f"  monitor   {monitor.name}: {verdict}: {monitor.message}"
    for host, pages in _first(status.pending.items()):
        until = status.paused.get(host)
        pause = f", left alone until {_time(until)}" if until else ""
        yield f"  pending   {host}: {pages:,}{pause}"
    yield from map(_source_line, _first(status.sources))


def _source_line(source: "SourceActivity") -> str:
    status = source.last_status or "-"
    return (
        f"  source    {source.url}: next {_time(source.next_visit)}, last "
        f"{_time(source.last_visit)} ({status}), last new {_time(source.last_new_at)}"
    )


def _first(items: Iterable[Item]) -> Iterator[Item]:
    return itertools.islice(items, SHOWN)


def _time(moment: datetime | None) -> str:
    return "-" if moment is None else f"{moment:%Y-%m-%d %H:%M}Z"
