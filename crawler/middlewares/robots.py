"""Robots: robots.txt is obeyed, and what cannot be read forbids everything.

Scrapy's own middleware lets everything pass when robots.txt cannot be had; RFC 9309
says the contrary (section 2.3.1.4). Applies to each request, sources too. The rules of
an origin are asked once and kept for a day (section 2.4); requests that come
meanwhile wait for the answer.
"""

import asyncio
import logging
import math
from dataclasses import dataclass
from typing import Self

from protego import Protego
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK

from crawler.middlewares.addresses import RefusedAddressError
from crawler.middlewares.archive import PURPOSE, header_pairs
from crawler.middlewares.origins import OncePerOrigin
from crawler.middlewares.politeness import SiteClosedError
from pipelines.read.fetch_metadata import Purpose
from pipelines.read.http_payload import decode_payload
from pipelines.sites import host_of

logger = logging.getLogger(__name__)

MAX_CRAWL_DELAY_SECONDS = 300.0
"""No pause is longer, or one line of a stranger's would stop a crawl for weeks."""

MAX_ROBOTS_BYTES = 500 * 1024
"""Bytes of robots.txt that are read (RFC 9309 section 2.5: at least 500 KiB)."""

MAX_REDIRECTS = 5
"""Redirects that are followed (RFC 9309 section 2.3.1.2: at least five)."""

TOO_MANY_REQUESTS = 429


class RobotsDisallowedError(IgnoreRequest):
    """robots.txt forbids the address."""


class RobotsUnreachableError(IgnoreRequest):
    """robots.txt could not be had, so everything is forbidden."""


@dataclass(frozen=True)
class RobotsRules:
    """What an origin says."""

    parser: Protego | None
    """Its rules; None if all is allowed, or all is forbidden."""

    unreachable: str | None = None
    """Why all is forbidden."""

    private: bool = False
    """Whether the origin is at a private address."""


class RobotsMiddleware:
    """Refuses requests that robots.txt forbids."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._agent: str = crawler.settings["COPYDESK_ROBOTS_AGENT"]
        self._rules = OncePerOrigin(self._fetch)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """As Scrapy asks for it."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Return if robots.txt allows the request.

        Raises:
            RobotsDisallowedError: It is forbidden.
            RobotsUnreachableError: The rules could not be had.
            RefusedAddressError: The host turned out to be private.
            SiteClosedError: The site may not be asked for its rules now.
        """
        if request.meta.get(PURPOSE) == Purpose.ROBOTS:
            return
        rules = await self.rules_for(request.url)
        if rules.private:
            raise RefusedAddressError(rules.unreachable)
        if rules.unreachable is not None:
            self._crawler.stats.inc_value("news/fetch/refused/robots-unreachable")
            raise RobotsUnreachableError(rules.unreachable)
        if rules.parser is None:
            return
        if not rules.parser.can_fetch(request.url, self._agent):
            self._crawler.stats.inc_value("news/fetch/refused/robots-disallowed")
            raise RobotsDisallowedError(f"robots.txt forbids {request.url}")
        self._honour_delay(request, rules.parser.crawl_delay(self._agent))

    async def rules_for(self, url: str) -> RobotsRules:
        """The rules of the URL's origin; asked for at most once a day."""
        return await self._rules.of(url)

    async def _fetch(self, origin: str) -> RobotsRules:
        request = Request(
            f"{origin}/robots.txt",
            callback=NO_CALLBACK,
            priority=1_000,
            meta={PURPOSE: Purpose.ROBOTS, "redirect_ttl": MAX_REDIRECTS},
        )
        try:
            response = await self._crawler.engine.download_async(request)
        except RefusedAddressError as error:
            return RobotsRules(None, str(error), private=True)
        except SiteClosedError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, we may not go on
            return RobotsRules(None, f"{request.url}: {type(error).__name__}: {error}")
        # Rules of 500 KiB take a quarter of a second.
        return await asyncio.to_thread(read_rules, response)

    def _honour_delay(self, request: Request, delay_seconds: float | None) -> None:
        """The longer of the two pauses counts, and AutoThrottle must not shorten it.

        `Crawl-delay` is no part of RFC 9309, but who writes it means it.
        """
        if not delay_seconds or not math.isfinite(delay_seconds):
            return
        if delay_seconds > MAX_CRAWL_DELAY_SECONDS:
            logger.warning(
                "%s: robots.txt asks for a pause of %g seconds; it gets %g",
                request.url,
                delay_seconds,
                MAX_CRAWL_DELAY_SECONDS,
            )
            delay_seconds = MAX_CRAWL_DELAY_SECONDS
        downloader = self._crawler.engine.downloader
        # Not the slot of the request, which may be that of where a redirect came from.
        key = host_of(request.url) or downloader.get_slot_key(request)
        request.meta["download_slot"] = key
        kept = downloader.per_slot_settings.get(key, {})
        configured = self._crawler.settings.getfloat("DOWNLOAD_DELAY")
        if delay_seconds <= kept.get("delay", configured):
            return
        request.meta["autothrottle_dont_adjust_delay"] = True
        # For a slot that is made later (idle ones are dropped), then for this one.
        downloader.per_slot_settings[key] = {**kept, "delay": delay_seconds}
        if key in downloader.slots:
            slot = downloader.slots[key]
            slot.delay = max(slot.delay, delay_seconds)


def read_rules(response: Response) -> RobotsRules:
    """What an answer for robots.txt means (RFC 9309 section 2.3.1).

    2xx: its rules. 4xx: all is allowed, but 429, which says that the server is busy.
    All else: all is forbidden.
    """
    status = response.status
    if 200 <= status < 300:  # noqa: PLR2004
        headers = header_pairs(response.headers)
        # Pages are not decoded by the downloader, so neither is this.
        body = decode_payload(headers, response.body, max_bytes=MAX_ROBOTS_BYTES).body
        text = body[:MAX_ROBOTS_BYTES].decode("utf-8-sig", "replace")
        return RobotsRules(Protego.parse(text))
    if 400 <= status < 500 and status != TOO_MANY_REQUESTS:  # noqa: PLR2004
        return RobotsRules(None)
    return RobotsRules(None, f"{response.url}: status {status}")
