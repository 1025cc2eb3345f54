"""Politeness: no request to a site that wants to be left alone, or has given enough.

Stands between Scrapy's retries and the downloader, and sees what really goes over the
wire. A refused page is not lost: it is pending again, for later or another session.
"""

import asyncio
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadCancelledError, IgnoreRequest
from scrapy.extensions.throttle import AutoThrottle
from scrapy.http import Response

from crawler.extensions.run import Run
from crawler.middlewares.archive import purpose_of
from crawler.politeness import BUSY, Site
from pipelines.read.fetch_metadata import Purpose
from pipelines.sites import host_of

LAST_TRY = "last_try"
"""Key of `request.meta`: whether a refusal (429, 503) is the answer, since the address
was asked often enough; absent: it is."""

TURNS_MISSED = 3
"""How often another machine may be quicker before a request is put back."""


class SiteClosedError(IgnoreRequest):
    """Nothing is asked of the site now; nothing was sent.

    Args:
        message: Why.
        host: The site, which a redirect may have led to.
    """

    def __init__(self, message: str, host: str | None = None) -> None:
        super().__init__(message)
        self.host = host


class SiteBusyError(IgnoreRequest):
    """The site asked us to come back later (429, 503)."""


class PolitenessMiddleware:
    """Asks `Run.sites` before each request, and tells it what came back."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """As Scrapy asks for it."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Return if the site may be asked now; its pause is the downloader's then.

        Raises:
            SiteClosedError: It may not.
        """
        sites = Run.of(self._crawler).sites
        site = _site_of(self._crawler, request)
        slots = self._crawler.engine.downloader.per_slot_settings
        kept = slots.get(site.host, {})
        # A longer pause is one that robots.txt asks for.
        site.delay_seconds = max(site.delay_seconds, kept.get("delay", 0.0))
        if not sites.wait_of(site):
            await self._wait_for_turn(site)
        # A page that was begun is finished, also with the last page of a budget.
        is_part = purpose_of(request) is Purpose.SUBRESOURCE
        if (sites.pause_left(site) if is_part else sites.wait_of(site)) > 0:
            raise SiteClosedError(f"{site.host}: {site.closed or 'paused'}", site.host)
        sites.ask(site, is_page=purpose_of(request) is Purpose.PAGE)
        site.retries += "retry_times" in request.meta
        request.meta["download_slot"] = site.host
        slots[site.host] = {
            "delay": site.delay_seconds,
            "concurrency": site.concurrency,
        }

    async def _wait_for_turn(self, site: Site) -> None:
        """Return when no other machine asks the site meanwhile.

        Raises:
            SiteClosedError: Others were quicker each time: what waits in here for long
                would hold up a stop.
        """
        run = Run.of(self._crawler)
        if run.shared is None:
            return
        slot = self._crawler.engine.downloader.slots.get(site.host)
        delay = max(site.delay_seconds, slot.delay if slot else 0.0)
        for _ in range(TURNS_MISSED):
            pause, wait = await run.call(run.shared.turn, site.host, delay)
            if pause:
                site.not_before = max(site.not_before, run.now().timestamp() + pause)
            if pause or not wait:
                return
            await asyncio.sleep(wait)
        raise SiteClosedError(f"{site.host}: other machines ask it", site.host)

    async def process_response(self, request: Request, response: Response) -> Response:
        """Hand the answer on, unless the site is to be asked again later.

        Raises:
            SiteBusyError: It said so.
        """
        run = Run.of(self._crawler)
        site = _site_of(self._crawler, request)
        retry_after = (response.headers.get("Retry-After") or b"").decode("latin-1")
        if run.sites.hear(site, response.status, len(response.body), retry_after):
            await run.keep_pause(site)
        if response.status in BUSY and not request.meta.get(LAST_TRY, True):
            if purpose_of(request) is Purpose.PAGE:
                await run.count_other("retried")
            raise SiteBusyError(f"{request.url}: status {response.status}")
        return response

    async def process_exception(self, request: Request, exception: Exception) -> None:
        """Count what went wrong on the wire; a refusal of ours did not."""
        if isinstance(exception, IgnoreRequest | DownloadCancelledError):
            return
        run = Run.of(self._crawler)
        site = _site_of(self._crawler, request)
        if run.sites.miss(site, type(exception).__name__):
            await run.keep_pause(site)


class SiteThrottle(AutoThrottle):
    """Scrapy's AutoThrottle, which never goes below the pause of a site."""

    def _min_delay(self) -> float:
        return 0.0

    def _start_delay(self) -> float:
        return float(self.crawler.engine.downloader._delay)  # noqa: SLF001

    def _response_downloaded(self, response, request, spider):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
        super()._response_downloaded(response, request, spider)
        key, slot = self._get_slot(request, spider)
        if slot is not None and key is not None:
            floor = Run.of(self.crawler).sites.of(key).delay_seconds
            slot.delay = max(slot.delay, floor)


def _site_of(crawler: Crawler, request: Request) -> Site:
    return Run.of(crawler).sites.of(host_of(request.url) or "")
