"""One crawl in this process, watched: ours, or a spider as everybody writes it first.

    python -m benchmarks.crawl_peers bare --urls urls.txt --out OUT --report report.json

`bare` counts bytes; `inline` and `pool` extract with trafilatura in an item pipeline,
in the reactor's thread or in two processes; `fetch` and `whole` are Copydesk on the
site definition in `--sites`, archive only or with two workers, and `learnt` has the
templates of `--templates` besides.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import resource
import sys
import time
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, Self

import scrapy
from scrapy import signals
from scrapy.crawler import Crawler, CrawlerProcess
from scrapy.http import Response
from twisted.internet.task import LoopingCall

TICK_SECONDS = 0.005
BLOCK_MS = 20.0
"""Later than this is a block that is counted."""

WORKERS = 2
MODES = ("bare", "fetch", "pool", "inline", "whole", "learnt")
SITE = "benchmark"


class Watchdog:
    """Notes how late a call comes that is due every 5 ms, while the spider is open.

    The time that the reactor's own thread computed within such a gap tells work on it
    (a block that we make) from waiting for a core, the lock of Python or the disk.
    """

    def __init__(self, report: Path) -> None:
        self._report = report
        self._calls: Any = LoopingCall(self._tick)
        self._last = self._last_cpu = 0.0
        self.late_ms: list[float] = []
        self.busy_ms: list[float] = []

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """One that writes to the file of the setting BENCHMARK_WATCHDOG."""
        watchdog = cls(Path(crawler.settings["BENCHMARK_WATCHDOG"]))
        crawler.signals.connect(watchdog.start, signals.spider_opened)
        crawler.signals.connect(watchdog.stop, signals.spider_closed)
        return watchdog

    def start(self) -> None:
        """Begin to look."""
        self._last, self._last_cpu = time.perf_counter(), time.thread_time()
        self._calls.start(TICK_SECONDS, now=False)

    def stop(self) -> None:
        """Write what was seen."""
        self._calls.stop()
        late = sorted(self.late_ms)
        seen = {
            "longest_ms": max(late, default=0.0),
            "p99_ms": late[int(len(late) * 0.99)] if late else 0.0,
            "blocks": sum(each > BLOCK_MS for each in late),
            "longest_busy_ms": max(self.busy_ms, default=0.0),
            "busy_blocks": sum(each > BLOCK_MS for each in self.busy_ms),
        }
        self._report.write_text(json.dumps(seen), "utf-8")

    def _tick(self) -> None:
        now, cpu = time.perf_counter(), time.thread_time()
        self.late_ms.append((now - self._last - TICK_SECONDS) * 1000)
        self.busy_ms.append((cpu - self._last_cpu) * 1000)
        self._last, self._last_cpu = now, cpu


class PeerSpider(scrapy.Spider):
    """Asks for each address of a file; gives items, or only counts.

    Args:
        urls: One address a line.
        gives_items: Whether a body is handed to the item pipeline.
    """

    name = "peer"

    def __init__(self, urls: Path, *, gives_items: bool) -> None:
        super().__init__()
        self._urls = urls.read_text("utf-8").split()
        self._gives_items = gives_items
        self.pages = self.body_bytes = 0

    async def start(self) -> AsyncIterator[Any]:
        """All pages."""
        for url in self._urls:
            yield scrapy.Request(url)

    def parse(self, response: Response) -> Any:  # noqa: ANN401
        """Count, and pass on."""
        self.pages += 1
        self.body_bytes += len(response.body)
        if self._gives_items:
            yield {"url": response.url, "body": response.body}


def extract(body: bytes, url: str) -> str | None:
    """The article as trafilatura has it, as JSON."""
    import trafilatura

    found = trafilatura.extract(body, url=url, output_format="json", with_metadata=True)
    return None if found is None else str(found)


class InlinePipeline:
    """Extracts where it is called, and writes lines."""

    def __init__(self, out: Path) -> None:
        self._lines = out.open("w", encoding="utf-8")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """One that writes to the file of the setting BENCHMARK_LINES."""
        return cls(Path(crawler.settings["BENCHMARK_LINES"]))

    async def process_item(self, item: dict[str, Any]) -> dict[str, Any]:
        """Write the article of the page."""
        line = await self.extract(item)
        if line is not None:
            self._lines.write(line + "\n")
        return {"url": item["url"]}

    async def extract(self, item: dict[str, Any]) -> str | None:
        """The article."""
        return extract(item["body"], item["url"])

    def close_spider(self) -> None:
        """End the file."""
        self._lines.close()


class PoolPipeline(InlinePipeline):
    """Extracts in two processes."""

    def __init__(self, out: Path) -> None:
        super().__init__(out)
        # Not forked: the reactor's threads may hold locks that a child would never get.
        self._pool = ProcessPoolExecutor(
            WORKERS, mp_context=multiprocessing.get_context("forkserver")
        )

    async def extract(self, item: dict[str, Any]) -> str | None:
        """The article, from another process."""
        future = self._pool.submit(extract, item["body"], item["url"])
        return await asyncio.wrap_future(future)

    def close_spider(self) -> None:
        """End file and processes."""
        super().close_spider()
        self._pool.shutdown()


def run_peer(arguments: argparse.Namespace) -> dict[str, float]:
    """Crawl as a plain spider does; what was received, and how long it took."""
    here = "benchmarks.crawl_peers"
    pipelines = {"inline": "InlinePipeline", "pool": "PoolPipeline"}
    process = CrawlerProcess(
        {
            "CONCURRENT_REQUESTS": arguments.concurrency,
            "CONCURRENT_REQUESTS_PER_DOMAIN": arguments.concurrency,
            "TELNETCONSOLE_ENABLED": False,
            "REMOTE_CONTROL_ENABLED": False,
            "LOG_LEVEL": "WARNING",
            "EXTENSIONS": {f"{here}.Watchdog": 0},
            "ITEM_PIPELINES": {
                f"{here}.{name}": 100
                for mode, name in pipelines.items()
                if mode == arguments.mode
            },
            "BENCHMARK_WATCHDOG": str(arguments.report.with_suffix(".watchdog")),
            "BENCHMARK_LINES": str(arguments.out / "articles.jsonl"),
        }
    )
    crawler = process.create_crawler(PeerSpider)
    is_plain = arguments.mode not in pipelines
    process.crawl(crawler, urls=arguments.urls, gives_items=not is_plain)
    started = time.perf_counter()
    process.start()
    seconds = time.perf_counter() - started
    spider = crawler.spider
    if not isinstance(spider, PeerSpider):
        raise TypeError(spider)
    return {"pages": spider.pages, "seconds": seconds}


def run_copydesk(arguments: argparse.Namespace) -> dict[str, float]:
    """Crawl as Copydesk does, without pauses; pages, and how long it took."""
    from crawler.catalog import load_catalog
    from crawler.crawl import CrawlOptions, run_crawl
    from crawler.settings import EXTENSIONS

    catalog = load_catalog(arguments.sites)
    extensions = {**EXTENSIONS, "benchmarks.crawl_peers.Watchdog": 0}
    started = time.perf_counter()
    manifest = run_crawl(
        CrawlOptions(
            site=catalog.get(SITE),
            catalog=catalog,
            out=arguments.out,
            delay_seconds=0,
            concurrency=arguments.concurrency,
            site_concurrency=arguments.concurrency,
            fetch_only=arguments.mode == "fetch",
            max_pages=arguments.max_pages,
            templates=arguments.templates,
            workers=WORKERS,
            allow_private_addresses=True,
            log_level="WARNING",
            settings=(
                ("AUTOTHROTTLE_ENABLED", False),
                ("EXTENSIONS", extensions),
                ("BENCHMARK_WATCHDOG", str(arguments.report.with_suffix(".watchdog"))),
            ),
        )
    )
    seconds = time.perf_counter() - started
    return {"pages": manifest.counts.seen, "seconds": seconds}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one crawl and write what it took."""
    parser = argparse.ArgumentParser(
        prog="benchmarks.crawl_peers",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("mode", choices=MODES)
    parser.add_argument("--urls", type=Path, help="one address a line")
    parser.add_argument("--sites", type=Path, help="folder with benchmark.toml")
    parser.add_argument("--templates", type=Path, help="folder of learnt templates")
    parser.add_argument("--max-pages", type=int, help="of Copydesk; default: all")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--report", type=Path, required=True)
    parser.add_argument("--concurrency", type=int, default=16)
    parser.add_argument("--cpu", type=int, help="the core to run on")
    arguments = parser.parse_args(argv)
    if arguments.cpu is not None:
        os.sched_setaffinity(0, {arguments.cpu})
    arguments.out.mkdir(parents=True, exist_ok=True)
    run = run_copydesk if arguments.mode in {"fetch", "whole", "learnt"} else run_peer
    done = run(arguments)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    done["cpu_seconds"] = usage.ru_utime + usage.ru_stime
    arguments.report.write_text(json.dumps(done), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
