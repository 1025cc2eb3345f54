"""The frontier: whose turn it is, site by site.

Sources that are due come before pages; pages come in the order in which they were
discovered. The database has them all, memory a few of each site. A site has only so
many requests out as it takes at a time, so that one that asks for a pause is left alone
at once, and a slow one does not hold up the others.
"""

import math
from collections import deque
from dataclasses import dataclass, field, replace

from crawler.extensions.run import Run
from crawler.politeness import Site
from crawler.state import PendingPage, Source

PAGES_AT_HAND = 64
"""Pages of a site that are asked of the database at a time."""

Task = PendingPage | Source


@dataclass
class _Queue:
    """What is to be asked of one site."""

    sources: deque[Source] = field(default_factory=deque)
    pages: deque[PendingPage] = field(default_factory=deque)
    cursor: int = 0
    """Number of the last page that was taken from the database."""

    is_drained: bool = False
    """Whether the database has no page behind the cursor."""

    out: int = 0
    """Requests that are under way."""


class Frontier:
    """What is left to ask in this session.

    Args:
        run: The run, whose database it reads and whose sites it heeds.
        max_out: Requests under way at a time, over all sites.
        budget: Pages that may be asked for; None: any number.
    """

    def __init__(self, run: Run, *, max_out: int, budget: int | None) -> None:
        self._run = run
        self._max_out = max_out
        self.budget = budget
        self._queues: dict[str, _Queue] = {}
        self._ready: dict[str, None] = {}
        self._out = 0

    async def load(self) -> None:
        """Take up the pages that are pending."""
        for host in await self._run.call(self._run.state.pending_hosts):
            self.expect_pages(host)

    def expect_pages(self, host: str) -> None:
        """The site has new pages in the database."""
        self._queue_of(host).is_drained = False

    def add_source(self, source: Source) -> None:
        """The source is to be asked."""
        self._queue_of(source.host).sources.append(source)

    def done(self, task: Task, *, was_asked: bool = True) -> None:
        """What was taken is not under way any more.

        Args:
            task: What it was.
            was_asked: False: nothing was sent for it, so it costs no budget.
        """
        self._queue_of(task.host).out -= 1
        self._out -= 1
        if self.budget is not None and not was_asked and isinstance(task, PendingPage):
            self.budget += 1
            # Whoever had nothing to ask for want of budget has now.
            self._ready.update(dict.fromkeys(self._queues))

    def put_back(self, task: Task, *, host: str | None = None) -> None:
        """It was not answered, which costs no budget; it is the next one of its site.

        Args:
            task: What it was.
            host: The site that it waits for, where a redirect led to another one: its
                own would be asked over and over, to be sent on to one that is closed.
        """
        self.done(task, was_asked=False)
        if host is not None:
            task = replace(task, host=host)
        queue = self._queue_of(task.host)
        if isinstance(task, Source):
            queue.sources.appendleft(task)
        else:
            queue.pages.appendleft(task)

    @property
    def is_waiting(self) -> bool:
        """Whether requests are under way."""
        return self._out > 0

    @property
    def wants_pages(self) -> bool:
        """Whether it has room for more than the database has."""
        queues = self._queues.values()
        is_full = any(queue.pages or not queue.is_drained for queue in queues)
        return self.budget != 0 and self._out < self._max_out and not is_full

    async def take(self) -> list[Task]:
        """What can be asked now; `done` or `put_back` has to be told of each."""
        taken: list[Task] = []
        for host in tuple(self._ready):
            queue, site = self._queues[host], self._run.sites.of(host)
            wait = self._run.sites.wait_of(site)
            while not wait and queue.out < _window(site) and self._out < self._max_out:
                task = await self._next(host, queue)
                if task is None:
                    break
                queue.out += 1
                self._out += 1
                taken.append(task)
            # Who was served comes last the next time; who has nothing, or cannot be
            # asked more, is ready again when one of its requests is done.
            del self._ready[host]
            is_paused = 0 < wait < math.inf
            has_room = not wait and queue.out < _window(site)
            if (is_paused or has_room) and self._has_work(queue):
                self._ready[host] = None
        return taken

    def seconds_to_wait(self) -> float | None:
        """Until a site may be asked that has something to ask; None: none waits.

        0: one may be asked that could not when `take` looked. A pause ends, and the
        last request of another site is answered, while `take` waits for the database.
        """
        if self._out >= self._max_out:
            return None
        waits = [
            self._run.sites.wait_of(self._run.sites.of(host)) for host in self._ready
        ]
        return min((each for each in waits if each < math.inf), default=None)

    def _queue_of(self, host: str) -> _Queue:
        self._ready.setdefault(host)
        return self._queues.setdefault(host, _Queue())

    def _has_work(self, queue: _Queue) -> bool:
        if queue.sources:
            return True
        return self.budget != 0 and bool(queue.pages or not queue.is_drained)

    async def _next(self, host: str, queue: _Queue) -> Task | None:
        if queue.sources:
            return queue.sources.popleft()
        if self.budget == 0:
            return None
        if not queue.pages and not queue.is_drained:
            queue.is_drained = True
            pages = await self._run.pending(host, queue.cursor, PAGES_AT_HAND)
            queue.is_drained = queue.is_drained and len(pages) < PAGES_AT_HAND
            queue.pages.extend(pages)
            if pages:
                queue.cursor = pages[-1].number
        if not queue.pages:
            return None
        if self.budget is not None:
            self.budget -= 1
        return queue.pages.popleft()


def _window(site: Site) -> int:
    """Requests of a site that are handed to the downloader at a time.

    Not one more than it takes at a time: those that wait in the downloader would still
    go out after the site asked to be left alone. Where there is no pause and many are
    sent at a time, speed is what is wanted.
    """
    is_hurried = not site.delay_seconds and site.concurrency > 1
    return 2 * site.concurrency if is_hurried else site.concurrency
