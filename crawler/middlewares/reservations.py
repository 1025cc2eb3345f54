"""Reservations: what a site says against AI and data mining is recorded with each page.

Pages only, after robots.txt has allowed them. The words go into `request.meta`, from
there into the archive beside the page, and into its record: so a replay knows them too.
A `tdmrep.json` (TDM Reservation Protocol) is asked once a day of each origin; what is
not there or cannot be read reserves nothing.
"""

from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK

from crawler.extensions.run import Run
from crawler.middlewares.archive import (
    OPT_OUTS,
    PURPOSE,
    header_pairs,
    purpose_of,
)
from crawler.middlewares.origins import OncePerOrigin
from crawler.middlewares.politeness import SiteClosedError
from crawler.middlewares.robots import RobotsMiddleware
from pipelines.opt_outs import (
    TDM_RESERVATION,
    TdmRule,
    is_reserved,
    obeyed,
    opted_out_agents,
    read_tdmrep,
)
from pipelines.read.fetch_metadata import Purpose
from pipelines.read.http_payload import decode_payload

TDMREP_PATH = "/.well-known/tdmrep.json"

MAX_TDMREP_BYTES = 500 * 1024
"""A larger file is not read; robots.txt has the same limit."""


class OptedOutError(IgnoreRequest):
    """The page has an opt-out that is obeyed."""


class ReservationsMiddleware:
    """Gathers the opt-outs of a page that stand outside of it, and obeys if told so."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._reads_tdmrep = crawler.settings.getbool("COPYDESK_READ_TDMREP")
        self._rules = OncePerOrigin(self._fetch)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """As Scrapy asks for it."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """`OPT_OUTS` of a page are those of its very address, also after a redirect.

        Raises:
            OptedOutError: `opt_outs.obey` names one of them.
            SiteClosedError: The site may not be asked for tdmrep.json now.
        """
        if purpose_of(request) is not Purpose.PAGE:
            return
        words = [f"robots:{agent}" for agent in await self._agents(request.url)]
        if self._reads_tdmrep and is_reserved(
            await self._rules.of(request.url), request.url
        ):
            words.append(TDM_RESERVATION)
        request.meta[OPT_OUTS] = tuple(words)
        found = obeyed(words, Run.of(self._crawler).config.opt_outs.obey)
        if found:
            self._crawler.stats.inc_value("news/fetch/refused/opted-out")
            raise OptedOutError(" ".join(found))

    async def _agents(self, url: str) -> tuple[str, ...]:
        robots = self._crawler.get_downloader_middleware(RobotsMiddleware)
        if robots is None:
            return ()
        parser = (await robots.rules_for(url)).parser
        return () if parser is None else opted_out_agents(parser, url)

    async def _fetch(self, origin: str) -> tuple[TdmRule, ...]:
        """What tdmrep.json of the origin says."""
        request = Request(
            f"{origin}{TDMREP_PATH}",
            callback=NO_CALLBACK,
            meta={
                PURPOSE: Purpose.RESERVATIONS,
                "download_maxsize": MAX_TDMREP_BYTES,
                "dont_retry": True,
            },
        )
        try:
            return read_answer(await self._crawler.engine.download_async(request))
        except SiteClosedError:
            raise
        except Exception:  # noqa: BLE001 - most sites have none; it is no reason to stop
            return ()


def read_answer(response: Response) -> tuple[TdmRule, ...]:
    """The rules that an answer for tdmrep.json holds; none if it is not a 2xx one."""
    if not 200 <= response.status < 300:  # noqa: PLR2004 - RFC 9110 section 15.3
        return ()
    headers = header_pairs(response.headers)
    # Pages are not decoded by the downloader, so neither is this.
    payload = decode_payload(headers, response.body, max_bytes=MAX_TDMREP_BYTES)
    return read_tdmrep(payload.body)
