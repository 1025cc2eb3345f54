"""The spider `discover`: what a site offers to a crawl, in a few requests.

One request after the other, each with the pause of a crawl. Nothing is archived and
nothing stored: the findings are in `Survey`, for `copydesk discover` to judge.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from urllib.parse import urljoin

from scrapy import Request, Spider
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK

from crawler.middlewares.addresses import ALLOWED_HOSTS
from crawler.middlewares.archive import header_pairs
from crawler.middlewares.robots import (
    RobotsDisallowedError,
    RobotsMiddleware,
)
from pipelines.dates import parse_date
from pipelines.discover import (
    Entry,
    SitemapLink,
    SitemapReader,
    SourceFormat,
    declared_language,
    detect_format,
    find_feeds,
    find_links,
    find_sections,
    parse_feed,
)
from pipelines.read.http_payload import decode_payload
from pipelines.sites import host_of, url_key
from schemas.page import SourceKind

WELL_KNOWN_SITEMAPS = ("/sitemap.xml", "/sitemap_index.xml", "/news-sitemap.xml")
"""Asked one after the other, until one answers, where robots.txt names none."""

WELL_KNOWN_FEEDS = ("/feed", "/rss", "/rss.xml", "/feed.xml", "/atom.xml", "/feed.json")
"""Asked one after the other, until one answers, where the front page offers none."""

MAX_SITEMAPS = 5
MAX_INDEXED_SITEMAPS = 3
MAX_FEEDS = 6
MAX_SECTIONS = 4
"""Sources of each kind that are read at most."""

MAX_SITEMAP_ENTRIES = 10_000
"""Entries of a sitemap that are looked at."""

MAX_PAYLOAD_BYTES = 10_000_000
"""Bytes of an answer that are looked at."""

MAX_SECONDS = 900.0
"""Time after which nothing more is asked."""

_BUSY = frozenset({429, 503})
_OK = 200


@dataclass(frozen=True)
class FoundSource:
    """A source that was read."""

    kind: SourceKind
    url: str
    entries: tuple[Entry, ...]
    title: str | None = None
    """What the site calls it."""

    is_part: bool = False
    """Whether more is there than was read."""


@dataclass
class Survey:
    """What was found out about a site."""

    start_url: str
    """The page to begin with; after the first request, where that led to."""

    problem: str | None = None
    """Why nothing can be said: the site cannot be had, or forbids it."""

    sources: list[FoundSource] = field(default_factory=list)
    language: str | None = None
    """What the front page declares."""

    crawl_delay_seconds: float | None = None
    """What robots.txt asks for."""

    sections: tuple[str, ...] = ()
    """Where the menus lead to."""

    requests: int = 0
    """How many were made, less those for robots.txt."""


class DiscoverSpider(Spider):
    """Fills a survey.

    Args:
        survey: Where to begin, and the place of what is found.
        max_requests: Requests that are made at most.
    """

    name = "discover"

    def __init__(
        self,
        *arguments: Any,  # noqa: ANN401 - Scrapy's signature
        survey: Survey,
        max_requests: int,
        **keywords: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(*arguments, **keywords)
        self.survey = survey
        self._max_requests = max_requests
        self._ends_at = time.monotonic() + MAX_SECONDS
        self._is_refused = False
        self._asked: set[str] = set()

    async def start(self) -> AsyncIterator[Any]:
        """Ask all there is to ask; nothing is left to the scheduler."""
        home = await self._fetch(self.survey.start_url)
        if home is not None:
            self.survey.problem = None
            self.survey.start_url = home.url
            await self._look_round(home)
        nothing: tuple[Any, ...] = ()
        for each in nothing:
            yield each

    async def _look_round(self, home: Response) -> None:
        body = _body_of(home)
        if detect_format(body) is not SourceFormat.HTML:
            await self._read(home.url)
            return
        self.survey.language = declared_language(body)
        self.survey.sections = find_sections(body, home.url)
        self._keep_section(home)
        await self._read_sitemaps(home.url)
        feeds = find_feeds(body, home.url)
        titles = {each.url: each.title for each in feeds}
        await self._read_feeds(titles, home.url)
        for url in self.survey.sections[:MAX_SECTIONS]:
            section = await self._fetch(url)
            if section is not None:
                self._keep_section(section)

    async def _read_sitemaps(self, home_url: str) -> None:
        """Those that robots.txt names, else the first that is at a usual place."""
        robots = self.crawler.get_downloader_middleware(RobotsMiddleware)
        rules = None if robots is None else await robots.rules_for(home_url)
        named: list[str] = []
        if rules is not None and rules.parser is not None:
            agent = self.crawler.settings["COPYDESK_ROBOTS_AGENT"]
            self.survey.crawl_delay_seconds = rules.parser.crawl_delay(agent)
            named = [each for each in rules.parser.sitemaps if host_of(each)]
        # News sitemaps say more, and are often named last.
        for url in sorted(named, key=lambda each: "news" not in each)[:MAX_SITEMAPS]:
            await self._read(url)
        if not named:
            await self._read_first(WELL_KNOWN_SITEMAPS, home_url)

    async def _read_feeds(self, titles: dict[str, str | None], home_url: str) -> None:
        for url, title in islice(titles.items(), MAX_FEEDS):
            await self._read(url, title)
        if not titles:
            await self._read_first(WELL_KNOWN_FEEDS, home_url)

    async def _read_first(self, paths: Iterable[str], home_url: str) -> None:
        for path in paths:
            if await self._read(urljoin(home_url, path)):
                return

    async def _read(self, url: str, title: str | None = None) -> bool:
        """Read a feed or sitemap; whether it was one."""
        response = await self._fetch(url)
        if response is None:
            return False
        body = _body_of(response)
        source_format = detect_format(body)
        if source_format is SourceFormat.FEED:
            entries = parse_feed(body, response.url).entries
            self.survey.sources.append(
                FoundSource(SourceKind.FEED, url, entries, title)
            )
        elif source_format is SourceFormat.SITEMAP:
            await self._read_sitemap(url, SitemapReader(body, response.url))
        return source_format in {SourceFormat.FEED, SourceFormat.SITEMAP}

    async def _read_sitemap(self, url: str, reader: SitemapReader) -> None:
        """Read a sitemap or, of an index, some of the sitemaps that it names."""
        entries, links = _taken(reader)
        chosen = sorted(links, key=_by_promise)[:MAX_INDEXED_SITEMAPS]
        for link in chosen:
            response = await self._fetch(link.url)
            if response is not None:
                inner = SitemapReader(_body_of(response), response.url)
                entries += _taken(inner)[0]
        has_news = any(each.source is SourceKind.NEWS_SITEMAP for each in entries)
        kind = SourceKind.NEWS_SITEMAP if has_news else SourceKind.SITEMAP
        is_part = len(links) > len(chosen) or len(entries) >= MAX_SITEMAP_ENTRIES
        self.survey.sources.append(
            FoundSource(kind, url, tuple(entries), is_part=is_part)
        )

    def _keep_section(self, page: Response) -> None:
        found = find_links(_body_of(page), page.url, None)
        self.survey.sources.append(
            FoundSource(
                SourceKind.SECTION,
                page.url,
                found.entries,
                is_part=found.next_page is not None,
            )
        )

    async def _fetch(self, url: str) -> Response | None:
        """The answer, None if there is none of use; each address is asked once.

        A site that asks us to come back later (429, 503) is asked nothing more.
        """
        is_over = time.monotonic() > self._ends_at or self._is_refused
        if is_over or self.survey.requests >= self._max_requests:
            return None
        key = url_key(url)
        if key in self._asked:
            return None
        self._asked.add(key)
        self.survey.requests += 1
        allowed = {f".{host_of(url)}", f".{host_of(self.survey.start_url)}"}
        request = Request(url, callback=NO_CALLBACK, meta={ALLOWED_HOSTS: allowed})
        try:
            response = await self.crawler.engine.download_async(request)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, there is no answer
            self._note(url, error)
            return None
        self._is_refused = response.status in _BUSY
        if response.status != _OK:
            self._note(url, f"status {response.status}")
            return None
        return response

    def _note(self, url: str, error: Exception | str) -> None:
        """What is wrong with the first page is wrong with the site."""
        if self.survey.requests == 1:
            is_forbidden = isinstance(error, RobotsDisallowedError)
            name = type(error).__name__ if isinstance(error, Exception) else ""
            said = str(error) if is_forbidden or not name else f"{name}: {error}"
            self.survey.problem = f"{url}: {said}"
        self.logger.info("%s: %s", url, error)


def _taken(reader: SitemapReader) -> tuple[list[Entry], list[SitemapLink]]:
    entries: list[Entry] = []
    links: list[SitemapLink] = []
    for each in islice(reader, MAX_SITEMAP_ENTRIES):
        if isinstance(each, Entry):
            entries.append(each)
        else:
            links.append(each)
    return entries, links


def _by_promise(link: SitemapLink) -> tuple[bool, float]:
    """News first, then what changed last."""
    changed = parse_date(link.modified_raw) if link.modified_raw else None
    age = -changed.earliest.timestamp() if changed else 0.0
    return "news" not in link.url, age


def _body_of(response: Response) -> bytes:
    headers = header_pairs(response.headers)
    return decode_payload(headers, response.body, max_bytes=MAX_PAYLOAD_BYTES).body
