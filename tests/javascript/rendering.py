"""Renders pages in a process of its own: the reactor can be run only once.

`python -m tests.javascript.rendering` reads URLs and settings as JSON from standard
input and prints what came of each page, what was archived, and the stats.
"""

import json
import sys
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request, Spider
from scrapy.crawler import Crawler, CrawlerProcess
from scrapy.http import Response
from scrapy.settings import Settings

from crawler import settings as project_settings
from crawler.javascript import JAVASCRIPT, RENDERED, javascript_settings
from crawler.middlewares.addresses import AddressMiddleware
from crawler.middlewares.archive import PURPOSE, ArchiveMiddleware


class OnlyTheServer(AddressMiddleware):
    """Lets private addresses pass at one host and port only."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._netloc = crawler.settings["TEST_NETLOC"]

    def process_request(self, request: Request) -> None:
        """Return if it is the test's server; else as ever."""
        if urlsplit(request.url).netloc != self._netloc:
            super().process_request(request)


class NotedArchive(ArchiveMiddleware):
    """Notes what would be archived."""

    async def process_request(self, request: Request) -> None:
        """Nothing is stale here."""

    async def process_response(self, request: Request, response: Response) -> Response:
        """Note the purpose, the path, the body, and how it was rendered."""
        spider: Any = self._crawler.spider
        spider.archived.append(
            [
                str(request.meta.get(PURPOSE, "page")),
                urlsplit(request.url).path,
                response.text if "html" in str(response.headers) else "",
                request.meta.get(RENDERED),
            ]
        )
        return response


class RenderingSpider(Spider):
    """Asks for each page, one after the other, rendered."""

    name = "rendering"

    def __init__(self, urls: list[str]) -> None:
        super().__init__()
        self.urls = urls
        self.pages: dict[str, dict[str, object]] = {}
        self.archived: list[list[str | None]] = []

    async def start(self) -> Any:  # noqa: ANN401 - an iterator of requests
        """One request for each URL."""
        for number, url in enumerate(self.urls):
            yield Request(
                url,
                self.parse,
                errback=self.fail,
                meta={JAVASCRIPT: True},
                priority=-number,
                dont_filter=True,
            )

    def parse(self, response: Any, **_arguments: object) -> None:  # noqa: ANN401
        """Note the page."""
        self.pages[urlsplit(response.url).path] = {
            "text": response.text,
            "status": response.status,
            "headers": {k.decode(): str(v) for k, v in response.headers.items()},
        }

    def fail(self, failure: Any) -> None:  # noqa: ANN401 - Twisted's `Failure`
        """Note the error."""
        path = urlsplit(failure.request.url).path
        self.pages[path] = {"error": f"{type(failure.value).__name__}: {failure.value}"}


def _main() -> None:
    given = json.load(sys.stdin)
    ours = {
        name: value
        for name, value in vars(project_settings).items()
        if name.startswith("COPYDESK_")
    }
    settings = Settings(
        {
            **ours,
            "DOWNLOADER_MIDDLEWARES": {
                "tests.javascript.rendering.OnlyTheServer": 90,
                "crawler.middlewares.robots.RobotsMiddleware": 100,
                "scrapy.downloadermiddlewares.httpcompression"
                ".HttpCompressionMiddleware": None,
                "tests.javascript.rendering.NotedArchive": 950,
            },
            "TEST_NETLOC": urlsplit(given["urls"][0]).netloc,
            "USER_AGENT": "Copydesk/test",
            "HTTPERROR_ALLOW_ALL": True,
            "TELNETCONSOLE_ENABLED": False,
            "REMOTE_CONTROL_ENABLED": False,
            "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
            "DOWNLOAD_DELAY": 0,
            "RETRY_ENABLED": False,
            **given["settings"],
        }
    )
    settings.update(javascript_settings(settings))
    process = CrawlerProcess(settings)
    crawler = process.create_crawler(RenderingSpider)
    process.crawl(crawler, given["urls"])
    process.start()
    spider: Any = crawler.spider
    stats = {
        k: v
        for k, v in crawler.stats.get_stats().items()
        if "script/" in k or "browser" in k
    }
    found = {"pages": spider.pages, "archived": spider.archived, "stats": stats}
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    _main()
