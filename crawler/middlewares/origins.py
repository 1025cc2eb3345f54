"""What is asked of an origin once a day: robots.txt, tdmrep.json."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar
from urllib.parse import urlsplit

from crawler.middlewares.politeness import SiteClosedError

KEPT_SECONDS = 86_400.0
"""Time after which an origin is asked again (RFC 9309 section 2.4)."""

Answer = TypeVar("Answer")


class OncePerOrigin(Generic[Answer]):
    """Answers of origins; requests that come meanwhile wait for the one under way.

    Args:
        fetch: Asks an origin (`https://paper.example`), and makes an answer of whatever
            comes; it raises `SiteClosedError` alone.
    """

    def __init__(self, fetch: Callable[[str], Awaitable[Answer]]) -> None:
        self._fetch = fetch
        self._asked: dict[str, tuple[float, asyncio.Task[Answer]]] = {}

    async def of(self, url: str) -> Answer:
        """What the URL's origin says.

        Raises:
            SiteClosedError: It may not be asked now. It is asked another time.
        """
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        asked_at, task = self._asked.get(origin, (-math.inf, None))
        moment = time.monotonic()
        if task is None or moment - asked_at > KEPT_SECONDS:
            task = asyncio.ensure_future(self._ask(origin))
            self._asked[origin] = (moment, task)
        # One request that is cancelled must not take the others' answer away.
        return await asyncio.shield(task)

    async def _ask(self, origin: str) -> Answer:
        try:
            return await self._fetch(origin)
        except SiteClosedError:
            # Nothing was sent; the page is for another time, and so is this.
            del self._asked[origin]
            raise
