"""How fast a crawl is, how much memory it takes, and what is left of it after kill -9.

    python -m benchmarks.crawl --pages 3000 --page-kb 250 --repeat 3
    python -m benchmarks.crawl --flat 200000
    python -m benchmarks.crawl --kill 20 --pages 3000

The first compares crawls of the same site (`benchmarks.news_site`) on loopback without
pauses: a spider that only counts bytes, Copydesk's fetch side, spiders that call
trafilatura, and Copydesk as a whole. docs/crawl-performance.md has the figures.
"""

import argparse
import contextlib
import json
import os
import platform
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from statistics import median
from typing import Any, NamedTuple

from benchmarks.crawl_peers import SITE
from benchmarks.news_site import NewsSite, SiteOptions
from benchmarks.tools import versions

ROOT = Path(__file__).parents[1]
CRAWLER_CPU, SITE_CPU = 0, 1
LABELS = {
    "bare": "Scrapy, counting bytes",
    "fetch": "Copydesk, fetch only",
    "inline": "Scrapy, trafilatura inline",
    "pool": "Scrapy, trafilatura in 2 processes",
    "whole": "Copydesk, 2 workers",
    "learnt": "Copydesk, 2 workers, learnt template",
}
COLUMNS = (
    "crawl",
    "pages",
    "pages/s",
    "to bare",
    "MB/s",
    "CPU s, self / others",
    "peak MB, self / others",
    "late ms, longest / p99",
    "busy ms, longest",
)
ONE_CORE = {"bare", "fetch"}
SAMPLE_SECONDS = 0.2
KILL_CONCURRENCY = 8
PAGES_TO_LEARN = 60
"""Pages of an earlier crawl from which the template of `learnt` is learnt."""


class Memory(NamedTuple):
    """Resident bytes of a process and of all that it started."""

    seconds: float
    """Since the start."""

    main_bytes: int
    others_bytes: int


@dataclass(frozen=True)
class Measured:
    """What one crawl took."""

    mode: str
    pages: int
    sent_bytes: int
    """Bytes of bodies, as they were on the wire."""

    seconds: float
    """Wall clock, without imports."""

    cpu_seconds: float
    others_cpu_seconds: float
    """Of the processes that it started, as last seen."""

    memory: tuple[Memory, ...]
    watchdog: dict[str, float]

    @property
    def pages_per_second(self) -> float:
        """The speed."""
        return self.pages / self.seconds

    @property
    def peak_main_bytes(self) -> int:
        """Most resident memory of the crawling process."""
        return max((each.main_bytes for each in self.memory), default=0)

    @property
    def peak_others_bytes(self) -> int:
        """Most resident memory of its children together."""
        return max((each.others_bytes for each in self.memory), default=0)


# -- one crawl -------------------------------------------------------------------------


@dataclass(frozen=True)
class Workplace:
    """Where crawls of one site find their input."""

    site: NewsSite
    folder: Path
    concurrency: int

    def prepare(self) -> None:
        """Write the addresses for the peers and the site definition for us."""
        self.site.clear()
        urls = self.site.article_urls()
        (self.folder / "urls.txt").write_text("\n".join(urls), "utf-8")
        sites = self.folder / "sites"
        sites.mkdir(exist_ok=True)
        (sites / f"{SITE}.toml").write_text(definition(self.site), "utf-8")

    def command(self, mode: str, out: Path, *, cpu: int | None) -> list[str]:
        """What runs such a crawl."""
        pinned = [] if cpu is None else [f"--cpu={cpu}"]
        return [
            *(sys.executable, "-m", "benchmarks.crawl_peers", mode, *pinned),
            *("--urls", str(self.folder / "urls.txt")),
            *("--sites", str(self.folder / "sites"), "--out", str(out)),
            *("--report", str(out.with_suffix(".json"))),
            *("--concurrency", str(self.concurrency)),
            *(("--templates", str(self.templates)) if mode == "learnt" else ()),
        ]

    @property
    def templates(self) -> Path:
        """Where `learn` puts what it learns."""
        return self.folder / "templates"

    def learn(self) -> None:
        """As an earlier session would: some pages, and the template of the site.

        Raises:
            subprocess.CalledProcessError: It failed.
        """
        out = self.folder / "earlier"
        fetch = [*self.command("fetch", out, cpu=None), f"--max-pages={PAGES_TO_LEARN}"]
        learn = [
            *(sys.executable, "-m", "crawler.cli", "learn", str(out / "archive")),
            *("--out", str(self.templates)),
        ]
        for command in (fetch, learn):
            subprocess.run(command, cwd=ROOT, check=True)  # noqa: S603 - our own command


def definition(site: NewsSite) -> str:
    """A site file whose sources are the sitemaps of all hosts."""
    hosts = [url.split("/")[2].split(":")[0] for url in site.urls]
    sources = "\n".join(
        f'[[sources]]\nkind = "sitemap"\nurl = "{url}/sitemap.xml"' for url in site.urls
    )
    return f'name = "{SITE}"\nhosts = {json.dumps(hosts)}\n\n{sources}\n'


def measure(mode: str, workplace: Workplace, out: Path) -> Measured:
    """Run a crawl to its end and look at it from outside.

    Raises:
        subprocess.CalledProcessError: It failed.
    """
    cpu = CRAWLER_CPU if mode in ONE_CORE and len(os.sched_getaffinity(0)) > 1 else None
    command = workplace.command(mode, out, cpu=cpu)
    workplace.site.clear()
    process = subprocess.Popen(command, cwd=ROOT)  # noqa: S603 - our own command
    cpu_seconds: dict[int, float] = {}
    memory = tuple(watch(process.pid, cpu_seconds))
    if process.wait():
        raise subprocess.CalledProcessError(process.returncode, command)
    report = json.loads(out.with_suffix(".json").read_text("utf-8"))
    watchdog = json.loads(out.with_suffix(".watchdog").read_text("utf-8"))
    return Measured(
        mode=mode,
        pages=report["pages"],
        sent_bytes=sum(hit.sent_bytes for hit in workplace.site.hits()),
        seconds=report["seconds"],
        cpu_seconds=report["cpu_seconds"],
        others_cpu_seconds=sum(cpu_seconds.values()),
        memory=memory,
        watchdog=watchdog,
    )


def watch(pid: int, cpu_seconds: dict[int, float]) -> Iterator[Memory]:
    """The memory of a process and its descendants, now and then until it ends.

    Args:
        pid: A child of this process.
        cpu_seconds: Is given what each descendant has computed: those that a fork
            server started are in nobody's account of children.
    """
    started = time.perf_counter()
    while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        others = list(descendants(pid))
        cpu_seconds |= {each: taken for each in others if (taken := cpu_of(each))}
        memory = sum(map(resident_bytes, others))
        yield Memory(time.perf_counter() - started, resident_bytes(pid), memory)
        time.sleep(SAMPLE_SECONDS)


def descendants(pid: int) -> Iterator[int]:
    """The processes that a process started, and those that they did."""
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text("ascii").split():
                yield int(child)
                yield from descendants(int(child))


def resident_bytes(pid: int) -> int:
    """Memory of a process that is its own or shared; 0 once it has ended."""
    try:
        pages = Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]
    except (OSError, IndexError):
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def cpu_of(pid: int) -> float:
    """Seconds that a process has computed; 0 once it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# -- the comparison --------------------------------------------------------------------


def compare(
    options: SiteOptions, modes: Sequence[str], *, repeat: int, concurrency: int
) -> list[Measured]:
    """All crawls, in turns, on one site."""
    with tempfile.TemporaryDirectory() as folder, NewsSite(options) as site:
        workplace = Workplace(site, Path(folder), concurrency)
        workplace.prepare()
        if "learnt" in modes:
            workplace.learn()
        return [
            measure(mode, workplace, Path(folder) / f"{mode}-{turn}")
            for turn in range(repeat)
            for mode in modes
        ]


def table(measured: Sequence[Measured]) -> str:
    """One line for each crawl, of the medians of its turns."""
    by_mode: dict[str, list[Measured]] = {}
    for each in measured:
        by_mode.setdefault(each.mode, []).append(each)
    speeds = {
        mode: median(each.pages_per_second for each in turns)
        for mode, turns in by_mode.items()
    }
    bare = speeds.get("bare")
    lines = [
        f"| {' | '.join(COLUMNS)} |",
        "|---" * len(COLUMNS) + "|",
    ]
    for mode, turns in by_mode.items():
        ratio = f"{speeds[mode] / bare:.2f}" if bare else ""
        lines.append(
            f"| {LABELS[mode]} | {turns[0].pages} | {speeds[mode]:.0f} | {ratio} "
            f"| {_mb_per_second(turns):.0f} | {_costs(turns)} |"
        )
    return "\n".join(lines)


def _mb_per_second(turns: Sequence[Measured]) -> float:
    return median(each.sent_bytes / each.seconds for each in turns) / 1e6


def _costs(turns: Sequence[Measured]) -> str:
    def middle(value: Callable[[Measured], float]) -> str:
        return f"{median(map(value, turns)):.1f}"

    def most_mb(value: Callable[[Measured], int]) -> str:
        return f"{max(map(value, turns)) / 1e6:.0f}"

    def longest(name: str) -> str:
        return f"{max(each.watchdog[name] for each in turns):.0f}"

    cpu = middle(lambda each: each.cpu_seconds)
    others_cpu = middle(lambda each: each.others_cpu_seconds)
    peak = most_mb(lambda each: each.peak_main_bytes)
    others_peak = most_mb(lambda each: each.peak_others_bytes)
    return (
        f"{cpu} / {others_cpu} | {peak} / {others_peak} "
        f"| {longest('longest_ms')} / {longest('p99_ms')} "
        f"| {longest('longest_busy_ms')}"
    )


def flat_table(measured: Measured, rows: int = 20) -> str:
    """The memory of a long crawl over time."""
    samples = measured.memory
    shown = samples[:: max(len(samples) // rows, 1)]
    lines = ["| second | MB, crawl | MB, workers |", "|---|---|---|"]
    lines += [
        f"| {each.seconds:.0f} | {each.main_bytes / 1e6:.0f} "
        f"| {each.others_bytes / 1e6:.0f} |"
        for each in shown
    ]
    pace = f"{measured.pages} pages in {measured.seconds:.0f} s"
    return "\n".join([*lines, "", pace])


# -- kill -9 ---------------------------------------------------------------------------


class AfterKills(NamedTuple):
    """What a crawl that was killed again and again came to."""

    kills: int
    """How often it was killed; it may have ended before the last."""

    pages: int
    """Articles on the site."""

    articles: int
    """Different articles in the records."""

    doubles: int
    """Lines of articles beyond one for each."""

    missing: int
    """Pages of the site that have no article."""

    refetched: int
    """Requests for articles beyond one for each."""

    in_flight: int
    """Requests that can have been in flight at the kills, at most."""

    is_balanced: bool
    """Whether the counts of the manifest add up, with nothing pending."""

    @property
    def is_clean(self) -> bool:
        """Whether nothing is lost, doubled, or fetched again needlessly."""
        is_exact = not self.doubles and not self.missing and self.is_balanced
        return is_exact and self.refetched <= self.in_flight


def kill_and_resume(
    site: NewsSite, folder: Path, *, kills: int, seed: int = 0
) -> AfterKills:
    """Crawl a site, with SIGKILL at random moments, until the crawl ends by itself.

    A moment is a sum of requests and settled pages, so that kills fall into the
    fetching and the cleaning alike, and a slow machine meets the same ones.
    """
    workplace = Workplace(site, folder, KILL_CONCURRENCY)
    workplace.prepare()
    out = folder / "killed"
    command = workplace.command("whole", out, cpu=None)
    pages = len(site.article_urls())
    chance = Random(seed)  # noqa: S311 (no secret)
    moments = sorted(chance.sample(range(1, 2 * pages), kills))
    done = 0
    for moment in moments:
        if not _run_until(command, partial(_has_come, moment, site, out)):
            break
        done += 1
    subprocess.run(command, cwd=ROOT, check=True)  # noqa: S603 - our own command
    return _after_kills(site, out, done)


def _run_until(command: list[str], is_time: Callable[[], bool]) -> bool:
    """Run it, and kill it when it is time; whether it was killed.

    Raises:
        subprocess.CalledProcessError: It failed by itself.
    """
    process = subprocess.Popen(command, cwd=ROOT)  # noqa: S603 - our own command
    while process.poll() is None:
        if is_time():
            process.send_signal(signal.SIGKILL)
            process.wait()
            return True
        time.sleep(0.002)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return False


def _has_come(moment: int, site: NewsSite, out: Path) -> bool:
    requests = sum(each.requests for each in site.reports().values())
    return requests + settled(out) >= moment


def settled(out: Path) -> int:
    """Pages whose records are on disk; 0 while there is no database yet."""
    uri = f"file:{out / 'state.sqlite'}?mode=ro"
    try:
        with contextlib.closing(sqlite3.connect(uri, uri=True)) as database:
            row = database.execute("SELECT sum(pages) FROM tallies").fetchone()
    except sqlite3.Error:
        return 0
    return int(row[0] or 0)


def _after_kills(site: NewsSite, out: Path, kills: int) -> AfterKills:
    records: Counter[str] = Counter(iter_urls(out))
    wanted = set(site.article_urls())
    fetched = [
        url
        for host, origin in zip(site.reports(), site.urls, strict=True)
        for url in (f"{origin}{hit.path}" for hit in site.hits(host))
        if url in wanted
    ]
    counts = json.loads((out / "manifest.json").read_text("utf-8"))["counts"]
    ends = sum(counts[end] for end in ("articles", "duplicates", "rejected", "failed"))
    return AfterKills(
        kills=kills,
        pages=len(wanted),
        articles=len(records),
        doubles=records.total() - len(records),
        missing=len(wanted - set(records)),
        refetched=len(fetched) - len(set(fetched)),
        in_flight=kills * KILL_CONCURRENCY,
        is_balanced=counts["seen"] == ends and not counts["pending"],
    )


def iter_urls(out: Path) -> Iterator[str]:
    """The address of each article in the records of a run."""
    for part in sorted((out / "articles").glob("part-*.jsonl")):
        for line in part.read_text("utf-8").splitlines():
            record: dict[str, Any] = json.loads(line)
            yield str(record["url"])


# -- command line ----------------------------------------------------------------------


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, and print tables."""
    arguments = _parser().parse_args(argv)
    print(machine())
    if arguments.kill:
        return _print_kills(arguments)
    if arguments.flat:
        return _print_flat(arguments)
    for encoding in arguments.encodings.split(","):
        options = _options(
            arguments, arguments.pages, arguments.page_kb, gzip=encoding == "gzip"
        )
        measured = compare(
            options,
            arguments.modes.split(","),
            repeat=arguments.repeat,
            concurrency=arguments.concurrency,
        )
        size = "an archive" if arguments.bodies else f"{arguments.page_kb:.0f} kB"
        print(f"\nBodies of {size}, {encoding}:\n")
        print(table(measured), flush=True)
    return 0


def machine() -> str:
    """What it runs on."""
    named = versions(("scrapy", "twisted", "trafilatura"))
    return ", ".join(
        (
            *(f"{name} {version}" for name, version in named.items()),
            f"Python {platform.python_version()}",
            f"{len(os.sched_getaffinity(0))} cores",
        )
    )


def _options(
    arguments: argparse.Namespace, pages: int, page_kb: float, *, gzip: bool = False
) -> SiteOptions:
    cpu = SITE_CPU if len(os.sched_getaffinity(0)) > 1 else -1
    return SiteOptions(
        pages=pages,
        page_kb=page_kb,
        bodies=arguments.bodies,
        hosts=arguments.hosts,
        gzip=gzip,
        cpu=cpu,
    )


def _print_flat(arguments: argparse.Namespace) -> int:
    pages = arguments.flat // arguments.hosts
    options = _options(arguments, pages, arguments.flat_kb)
    modes = ["fetch" if arguments.fetch_only else "whole"]
    (measured,) = compare(options, modes, repeat=1, concurrency=arguments.concurrency)
    print(flat_table(measured))
    return 0


def _print_kills(arguments: argparse.Namespace) -> int:
    options = _options(arguments, arguments.pages, arguments.flat_kb)
    with tempfile.TemporaryDirectory() as folder, NewsSite(options) as site:
        after = kill_and_resume(
            site, Path(folder), kills=arguments.kill, seed=arguments.seed
        )
    for name, value in after._asdict().items():
        print(f"{name:12} {value}")
    return 0 if after.is_clean else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="benchmarks.crawl",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--pages", type=int, default=3000)
    parser.add_argument("--page-kb", type=float, default=250)
    parser.add_argument(
        "--bodies", default="", help="WARC whose pages are served, whatever their size"
    )
    parser.add_argument("--hosts", type=int, default=1)
    parser.add_argument("--concurrency", type=int, default=16)
    parser.add_argument("--repeat", type=int, default=3, help="turns; medians are told")
    parser.add_argument("--modes", default=",".join(LABELS), help="which crawls")
    parser.add_argument(
        "--encodings", default="identity,gzip", help="of the bodies on the wire"
    )
    parser.add_argument("--flat", type=int, metavar="N", help="memory over N responses")
    parser.add_argument(
        "--flat-kb", type=float, default=5, help="size of a page for --flat and --kill"
    )
    parser.add_argument(
        "--fetch-only", action="store_true", help="with --flat: leave out the cleaning"
    )
    parser.add_argument("--kill", type=int, metavar="N", help="kill -9, N times")
    parser.add_argument("--seed", type=int, default=0, help="of the moments of --kill")
    return parser


if __name__ == "__main__":
    sys.exit(main())
