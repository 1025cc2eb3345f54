"""Cleaning behind the crawl: pages wait in the archive, not in memory.

Fetching does not wait for it. Pages are taken from the database in the order in which
they were archived, a few at a time, so that equal crawls give equal files and a
backlog of any size takes no memory.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from crawler.extensions.run import Run
from pipelines.item_pipelines import PageItem

logger = logging.getLogger(__name__)

PAGES_AT_HAND = 32
"""Pages that are asked of the database at a time."""


class Cleaning:
    """Settles archived pages until there are no more and none will come.

    Args:
        run: Whose pages.
        settle: What takes a page through the item pipelines.
        at_once: Pages that are at work at a time, at most.
    """

    def __init__(
        self, run: Run, settle: Callable[[PageItem], Awaitable[None]], *, at_once: int
    ) -> None:
        self._run = run
        self._settle = settle
        self._room = asyncio.Semaphore(at_once)
        self._wake = asyncio.Event()
        self._at_work: set[asyncio.Task[None]] = set()
        self._task: asyncio.Task[None] | None = None
        self._no_more = False

    def begin(self) -> None:
        """Take up what waits, and what comes."""
        self._run.on_archived = self._wake.set
        self._task = asyncio.ensure_future(self._work())

    async def finish(self) -> None:
        """Nothing more comes: return when all is settled."""
        self._no_more = True
        self._wake.set()
        if self._task is not None:
            await self._task

    async def _work(self) -> None:
        after = 0
        while not self._run.is_closing:
            self._wake.clear()
            pages = await self._run.archived(after, PAGES_AT_HAND)
            for order, number, page in pages:
                after = order
                await self._room.acquire()
                if self._run.is_closing or self._run.error is not None:
                    return
                task = asyncio.ensure_future(self._settle(PageItem(number, page)))
                self._at_work.add(task)
                task.add_done_callback(self._done)
            if pages:
                continue
            if self._no_more:
                break
            await self._wake.wait()
        if self._at_work:
            await asyncio.wait(self._at_work)

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._at_work.discard(task)
        self._room.release()
        error = None if task.cancelled() else task.exception()
        if error is not None and self._run.error is None:
            logger.error("a page could not be settled", exc_info=error)
