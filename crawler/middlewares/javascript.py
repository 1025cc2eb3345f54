"""JavaScript: a browser runs the scripts of a page, and we answer all that it asks.

The document comes as any page does: robots.txt, pauses, redirects and retries are
those of every page. It is archived as received; then the browser gets it from us, runs
its scripts, and what stands in the window is the page: archived in its turn, and
cleaned, live and in a replay alike.

The browser never uses the network. Each request of the page is answered through
Scrapy's downloader, so the address guard, robots.txt, pauses, budgets and limits apply
to it, and it is archived. Whatever slips past that finds no way out
(`crawler.javascript`). A page has a context (cookies, storage) for itself, which is
closed after it; a browser is replaced after some pages, and after any that failed.
"""

import asyncio
import logging
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from typing import Any, Self
from urllib.parse import urlsplit

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page as Tab
from playwright.async_api import Request as Asked
from playwright.async_api import Route, WebSocketRoute
from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.http import Headers, HtmlResponse, Response
from scrapy.http.request import NO_CALLBACK
from scrapy_playwright.handler import ScrapyPlaywrightDownloadHandler

from crawler.javascript import JAVASCRIPT, RENDERED
from crawler.middlewares.addresses import RefusedAddressError
from crawler.middlewares.archive import (
    PURPOSE,
    REQUESTED_URL,
    ArchiveMiddleware,
    header_pairs,
)
from crawler.middlewares.politeness import SiteClosedError
from crawler.middlewares.robots import RobotsDisallowedError, RobotsUnreachableError
from pipelines.read.fetch_metadata import Purpose, Rendering
from pipelines.read.http_payload import decode_payload
from pipelines.sites import host_of

logger = logging.getLogger(__name__)

MAX_DOM_BYTES = 16_000_000
"""A page that has grown larger than this is not read."""

MAX_SUBRESOURCE_BYTES = 4_000_000
"""A script or an answer for one that is larger is refused."""

MAX_KEPT_BYTES = 32_000_000
"""Scripts that are kept, since the pages of a site share them."""

QUIET_SECONDS = 0.5
"""A page that has asked for nothing so long has settled."""

CLOSE_SECONDS = 10.0
"""Time that a browser has to end."""

_FETCHED = frozenset({"script", "xhr", "fetch"})
_PASSED_ON = frozenset({"content-type", "content-security-policy"})
_NOT_SENT = frozenset(
    "accept-encoding connection content-length cookie host referer user-agent".split()
)


class RenderError(Exception):
    """The browser could not render the page."""


@dataclass(frozen=True)
class RenderLimits:
    """What one page may take."""

    seconds: float
    """Until the page is given up. Half of it is left for scripts that keep asking:
    then the page is read as it stands, and is marked as unsettled."""

    requests: int
    """Requests of the page that are answered, the document not counted."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """As the settings say."""
        settings = crawler.settings
        return cls(
            seconds=settings.getfloat("COPYDESK_JAVASCRIPT_SECONDS"),
            requests=settings.getint("COPYDESK_JAVASCRIPT_REQUESTS"),
        )


@dataclass(frozen=True)
class Answer:
    """What the browser is told."""

    status: int
    headers: dict[str, str]
    body: bytes


class JavaScriptMiddleware:
    """Replaces HTML pages that need it by what a browser makes of them."""

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        self._crawler = crawler
        self._limits = RenderLimits.from_crawler(crawler)
        self._turns = asyncio.Semaphore(settings.getint("COPYDESK_JAVASCRIPT_TABS"))
        self._tabs_per_browser = settings.getint("COPYDESK_JAVASCRIPT_RECYCLE")
        self._browser: _Browser | None = None
        self._downloads = Downloads(crawler)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """As Scrapy asks for it."""
        middleware = cls(crawler)
        crawler.signals.connect(middleware.close, signals.engine_stopped)
        return middleware

    async def process_response(self, request: Request, response: Response) -> Response:
        """The rendered page, if the request asks for one and the answer is HTML.

        Raises:
            RenderError: It took too long, grew too large, or the browser failed.
            SiteClosedError: Its site may not be asked for what the page needs now.
            IgnoreRequest: The document could not be archived.
        """
        content_type = (response.headers.get("Content-Type") or b"").lower()
        if (
            not request.meta.get(JAVASCRIPT)
            or response.status != 200  # noqa: PLR2004
            or b"html" not in content_type
        ):
            return response
        await self._archive(request, response)
        async with self._turns:
            body = await self._render(request, response)
        return _rendered(response, body)

    async def close(self) -> None:
        """End the browser, if there is one."""
        browser, self._browser = self._browser, None
        if browser is not None:
            await browser.close()

    async def _archive(self, request: Request, response: Response) -> None:
        """The document as received, as a record that is no page."""
        archive = self._crawler.get_downloader_middleware(ArchiveMiddleware)
        if archive is None:
            return
        meta = {
            PURPOSE: Purpose.SUBRESOURCE,
            REQUESTED_URL: request.meta.get(REQUESTED_URL, request.url),
        }
        await archive.process_response(request.replace(meta=meta), response)

    async def _render(self, request: Request, document: Response) -> bytes:
        # What was asked for first is what waits until its site may be asked again.
        host = host_of(request.meta.get(REQUESTED_URL, request.url))
        visit = Visit(self._downloads, self._limits, await _read(document), host)
        browser = self._take_browser()
        try:
            async with asyncio.timeout(self._limits.seconds):
                body = await browser.render(request, document.url, visit)
        except SiteClosedError:
            raise
        except Exception as error:
            # Whatever it was: the next page gets a new one.
            browser.is_retired = True
            said = str(error).partition("\n")[0]
            raise RenderError(f"{document.url}: {type(error).__name__}: {said}") from (
                error
            )
        finally:
            await self._leave(browser)
        if not visit.is_served:
            raise RenderError(f"{document.url}: the browser did not ask for it")
        if len(body) > MAX_DOM_BYTES:
            raise RenderError(f"{document.url}: {len(body)} bytes after its scripts")
        request.meta[RENDERED] = visit.rendered
        return body

    def _take_browser(self) -> "_Browser":
        if self._browser is None or self._browser.is_retired:
            self._browser = _Browser(self._crawler)
        browser = self._browser
        browser.busy += 1
        browser.used += 1
        browser.is_retired = browser.used >= self._tabs_per_browser
        return browser

    async def _leave(self, browser: "_Browser") -> None:
        browser.busy -= 1
        if browser.is_retired and not browser.busy:
            if self._browser is browser:
                self._browser = None
            await browser.close()


class _Browser:
    """One Chromium with the process that drives it."""

    def __init__(self, crawler: Crawler) -> None:
        self._handler = ScrapyPlaywrightDownloadHandler(crawler)
        # A page is asked for once: its visit knows what it was answered.
        self._handler.config.target_closed_max_retries = 0
        self._numbers = count()
        self._launching: asyncio.Task[None] | None = None
        self.used = 0
        self.busy = 0
        self.is_retired = False

    async def render(self, request: Request, url: str, visit: "Visit") -> bytes:
        """What stands in the window, in UTF-8, once the visit has settled."""
        await self._launch()
        name = str(next(self._numbers))
        agent = (request.headers.get("User-Agent") or b"").decode("latin-1")
        rendering = Request(url, meta=_playwright_meta(name, agent, visit))
        try:
            await self._handler.download_request(rendering)
            tab: Tab = rendering.meta["playwright_page"]
            await visit.settle(tab)
            text = await tab.content()
            if _origin(tab.url) != _origin(url):
                raise RenderError(f"the page went to {tab.url}")
        finally:
            await self._close_context(name)
        return text.encode("utf-8", "replace")

    async def close(self) -> None:
        """End the browser and the process that drives it."""
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._handler.close()
        except Exception as error:  # noqa: BLE001 - it may be dead already
            logger.debug("the browser did not end in order: %r", error)

    async def _launch(self) -> None:
        if self._launching is None:
            # The handler would do so at the start of the crawl, needed or not.
            self._launching = asyncio.ensure_future(self._handler._launch())  # noqa: SLF001
        await asyncio.shield(self._launching)

    async def _close_context(self, name: str) -> None:
        """Close the page with all that it opened, however it ended."""
        wrapper = self._handler.context_wrappers.get(name)
        if wrapper is None:
            return
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await wrapper.context.close()
        except (PlaywrightError, TimeoutError):
            self.is_retired = True


def _origin(url: str) -> tuple[str, str]:
    """A page may write another path into its address, but no other origin."""
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def _playwright_meta(name: str, agent: str, visit: "Visit") -> dict[str, Any]:
    return {
        "playwright": True,
        "playwright_context": name,
        "playwright_context_kwargs": {
            "accept_downloads": False,
            "service_workers": "block",
            "user_agent": agent or None,
        },
        "playwright_page_init_callback": visit.begin,
        "playwright_page_goto_kwargs": {
            # No later state is reached by a page whose next navigation was refused.
            "wait_until": "commit",
            "timeout": visit.limits.seconds * 1_000,
        },
        # The tab stays open: it is read once it has settled.
        "playwright_include_page": True,
    }


@dataclass
class Visit:
    """One page in the browser: what it asks for, and what it is told."""

    downloads: "Downloads"
    limits: RenderLimits
    document: Answer
    host: str | None
    """The page's host; what others do not answer does not hold it up."""

    is_served: bool = False
    """Whether the browser has had the document."""

    asked: int = 0
    answered: int = 0
    rendered: Rendering = Rendering.SETTLED
    closed: SiteClosedError | None = None
    """Set if the page's own site did not answer what the page needs."""

    async def begin(self, tab: Tab, _request: Request) -> None:
        """Stand between the page and all that it can ask for or open."""
        # Dialogs are dismissed by Playwright, as nobody listens for them.
        tab.on("popup", self._close_popup)
        await tab.context.route("**/*", self._refuse_other)
        await tab.context.route_web_socket("**/*", self._refuse_socket)
        await tab.route("**/*", self._answer)

    async def settle(self, tab: Tab) -> None:
        """Return when it is loaded and asks for nothing, or at half of the time.

        Playwright's load states will not do: the page whose navigation was refused
        never reaches them.

        Raises:
            SiteClosedError: The page's own site may not be asked now.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + self.limits.seconds / 2
        quiet_since, answered = loop.time(), self.answered
        while self.closed is None and loop.time() < quiet_since + QUIET_SECONDS:
            if loop.time() > end:
                self.rendered = Rendering.UNSETTLED
                break
            await asyncio.sleep(QUIET_SECONDS / 5)
            is_busy = self.asked > self.answered or self.answered > answered
            if is_busy or await tab.evaluate("document.readyState") != "complete":
                quiet_since, answered = loop.time(), self.answered
        if self.closed is not None:
            raise self.closed

    async def _answer(self, route: Route, asked: Asked) -> None:
        try:
            answer = await self._answer_to(asked)
            if answer is None:
                # "aborted" leaves the page as it is; after any other error it would
                # give way to an error page of the browser's own.
                await route.abort("aborted")
            else:
                await route.fulfill(
                    status=answer.status, headers=answer.headers, body=answer.body
                )
        except PlaywrightError:
            pass  # The page is gone.
        except Exception:
            logger.exception("%s: not answered", asked.url)
            with suppress(PlaywrightError):
                await route.abort()

    async def _answer_to(self, asked: Asked) -> Answer | None:
        if asked.is_navigation_request() and not self.is_served:
            self.is_served = True
            return self.document
        if asked.resource_type == "stylesheet":
            # No text comes from it, but some scripts wait for theirs.
            return Answer(200, {"content-type": "text/css"}, b"")
        reason = self._refusal(asked)
        if reason is not None:
            self.downloads.refuse(asked.url, reason)
            return None
        self.asked += 1
        try:
            return await self.downloads.get(asked, self.limits.seconds)
        except SiteClosedError as error:
            if host_of(asked.url) == self.host:
                self.closed = error
            self.downloads.refuse(asked.url, "closed")
            return None
        finally:
            self.answered += 1

    def _refusal(self, asked: Asked) -> str | None:
        if asked.is_navigation_request():
            return "navigation"  # A frame, or the page wants to be another one.
        if asked.resource_type not in _FETCHED:
            return "type"
        if asked.method != "GET":
            return "method"
        if self.asked < self.limits.requests:
            return None
        self.rendered = Rendering.UNSETTLED
        return "count"

    async def _refuse_other(self, route: Route) -> None:
        self.downloads.refuse(route.request.url, "popup")
        with suppress(PlaywrightError):
            await route.abort()

    async def _refuse_socket(self, socket: WebSocketRoute) -> None:
        self.downloads.refuse(socket.url, "websocket")
        with suppress(PlaywrightError):
            await socket.close()

    async def _close_popup(self, popup: Tab) -> None:
        with suppress(PlaywrightError):
            await popup.close()


class Downloads:
    """Scrapy's downloader, as a page in the browser sees it."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._scripts: OrderedDict[str, Answer] = OrderedDict()
        self._kept_bytes = 0

    def refuse(self, url: str, reason: str) -> None:
        """Count a request that is not answered."""
        logger.debug("%s: refused to a page: %s", url, reason)
        self._crawler.stats.inc_value(f"news/javascript/refused/{reason}")

    async def get(self, asked: Asked, seconds: float) -> Answer | None:
        """What the address answers, redirects followed; None if it is refused.

        Raises:
            SiteClosedError: Its site may not be asked now.
        """
        if asked.resource_type == "script" and asked.url in self._scripts:
            return self._scripts[asked.url]
        self._crawler.stats.inc_value("news/javascript/requests")
        try:
            request = _subrequest(asked, seconds)
            answer = await _read(await self._crawler.engine.download_async(request))
        except SiteClosedError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the page goes on
            self.refuse(asked.url, _reason_of(error))
            return None
        if 300 <= answer.status < 400:  # noqa: PLR2004
            # The browser would follow it by itself.
            self.refuse(asked.url, "redirect")
            return None
        if asked.resource_type == "script" and answer.status == 200:  # noqa: PLR2004
            self._keep(asked.url, answer)
        return answer

    def _keep(self, url: str, answer: Answer) -> None:
        before = self._scripts.pop(url, None)
        self._kept_bytes += len(answer.body) - (len(before.body) if before else 0)
        self._scripts[url] = answer
        while self._kept_bytes > MAX_KEPT_BYTES:
            _, oldest = self._scripts.popitem(last=False)
            self._kept_bytes -= len(oldest.body)


def _reason_of(error: Exception) -> str:
    if isinstance(error, RefusedAddressError):
        return "address"
    if isinstance(error, RobotsDisallowedError | RobotsUnreachableError):
        return "robots"
    return f"failed/{type(error).__name__}"


def _subrequest(asked: Asked, seconds: float) -> Request:
    headers = {
        name: value
        for name, value in asked.headers.items()
        if name not in _NOT_SENT and not name.startswith("sec-")
    }
    meta = {
        PURPOSE: Purpose.SUBRESOURCE,
        "dont_retry": True,
        "download_maxsize": MAX_SUBRESOURCE_BYTES,
        "download_timeout": seconds,
    }
    return Request(asked.url, headers=headers, meta=meta, callback=NO_CALLBACK)


async def _read(response: Response) -> Answer:
    """The response, decoded, with the headers that a page may see."""
    headers = tuple(
        (name.lower(), value) for name, value in header_pairs(response.headers)
    )
    # Not in the reactor: megabytes of a script take their time.
    payload = await asyncio.to_thread(
        decode_payload, headers, response.body, max_bytes=MAX_DOM_BYTES
    )
    passed = {
        name: value
        for name, value in headers
        if name in _PASSED_ON or name.startswith("access-control-")
    }
    return Answer(response.status, passed, payload.body)


def _rendered(document: Response, body: bytes) -> HtmlResponse:
    """The page as an answer of its server.

    Its validators are left out: they speak of the document, not of what the scripts
    fetched, and would have an edited article look unchanged.
    """
    headers = Headers(document.headers)
    for (
        name
    ) in "Content-Encoding Content-Length ETag Last-Modified Transfer-Encoding".split():
        headers.pop(name, None)
    headers["Content-Type"] = "text/html; charset=utf-8"
    return HtmlResponse(
        document.url,
        status=document.status,
        headers=headers,
        body=body,
        flags=[*document.flags, "rendered"],
        request=document.request,
        ip_address=document.ip_address,
        protocol=document.protocol,
        encoding="utf-8",
    )
