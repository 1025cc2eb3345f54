"""Worker processes that may die: one page at a time each, with a wall-clock limit.

trafilatura is not safe in threads, and some page can always make lxml hang, crash or
eat the memory. So each page is worked on in a process of its own group, which is
killed when it takes too long and replaced when it is gone; the page becomes a
`Failure`, and the run goes on.
"""

import atexit
import multiprocessing
import queue
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Generic, TypeVar

from pipelines.failures import Located, failure_of
from schemas.errors import UsageError
from schemas.rejection import Failure, FailureReason

Job = TypeVar("Job", bound=Located)
Result = TypeVar("Result")

RECYCLE_AFTER_PAGES = 2_000
"""Pages after which a worker is replaced: lxml and trafilatura keep memory."""

START_SECONDS = 60.0
"""How long a worker may take to import what it needs."""

ORPHAN_SECONDS = 5.0
"""How much longer than a page's limit a worker lives whose parent was killed."""


class WorkerPool(Generic[Job, Result]):
    """A fixed number of worker processes behind one queue.

    Args:
        handler: What is done to a page; picklable, called in a worker. It may raise:
            that is a failure with reason `exception`.
        workers: Number of processes, at least 1.
        limit_seconds: Wall-clock limit for one page.
    """

    def __init__(
        self,
        handler: Callable[[Job], Result],
        *,
        workers: int,
        limit_seconds: float,
    ) -> None:
        if workers < 1:
            raise UsageError(f"workers: {workers} given, at least 1 is needed")
        self._handler = handler
        self._limit_seconds = limit_seconds
        self._jobs: queue.SimpleQueue[tuple[Job, Future[Result | Failure]] | None] = (
            queue.SimpleQueue()
        )
        self._context = multiprocessing.get_context(_start_method())
        if self._context.get_start_method() == "forkserver":
            # A replaced worker is forked from a server that has imported all this.
            self._context.set_forkserver_preload(
                ["pipelines.fork_server", "pipelines.process"]
            )
        self._threads = [
            threading.Thread(target=self._serve, name=f"worker-{number}", daemon=True)
            for number in range(workers)
        ]
        self._starting = threading.Lock()
        atexit.register(self._abandon)
        for thread in self._threads:
            thread.start()

    def submit(self, page: Job) -> "Future[Result | Failure]":
        """A future of what becomes of `page`; it never holds an exception."""
        future: Future[Result | Failure] = Future()
        self._jobs.put((page, future))
        return future

    def close(self) -> None:
        """Finish what was submitted, then end all processes."""
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()
        atexit.unregister(self._abandon)

    def _abandon(self) -> None:
        """No worker keeps a process from ending that did not `close`.

        multiprocessing would ask them by SIGTERM, which they do not heed, and wait.
        """
        self._starting.acquire()  # for good: none is started any more
        for process in multiprocessing.active_children():
            process.kill()

    def _serve(self) -> None:
        worker: _Worker[Job, Result] | None = None
        while (job := self._jobs.get()) is not None:
            page, future = job
            result: Result | Failure
            try:
                if worker is None or not worker.is_alive():
                    with self._starting:
                        worker = _Worker(
                            self._context, self._handler, self._limit_seconds
                        )
                result = worker.run(page)
            except Exception as error:  # noqa: BLE001 - else the page waits for ever
                # No process to be had, or what cannot be sent to one or back.
                result = failure_of(page, FailureReason.WORKER_DIED, error)
                if worker is not None:
                    worker.stop()
            if worker is not None and worker.is_spent():
                worker.stop()
                worker = None
            future.set_result(result)
        if worker is not None:
            worker.stop()


class _Worker(Generic[Job, Result]):
    """One process, seen from the parent."""

    def __init__(
        self,
        context: multiprocessing.context.BaseContext,
        handler: Callable[[Job], Result],
        limit_seconds: float,
    ) -> None:
        self._limit_seconds = limit_seconds
        self._connection, theirs = context.Pipe()
        self._process: BaseProcess = context.Process(  # type: ignore[attr-defined]
            target=_work, args=(theirs, handler, limit_seconds), daemon=True
        )
        self._process.start()
        theirs.close()
        self._pages = 0
        self._started = False

    def run(self, page: Job) -> Result | Failure:
        self._pages += 1
        try:
            self._wait_until_ready()
            self._connection.send(page)
            if not self._connection.poll(self._limit_seconds):
                self._kill()
                return failure_of(
                    page,
                    FailureReason.TIMEOUT,
                    f"took longer than {self._limit_seconds:g} seconds",
                )
            result: Result | Failure = self._connection.recv()
        except (EOFError, OSError):
            self._kill()
            return failure_of(
                page,
                FailureReason.WORKER_DIED,
                f"the worker ended with exit code {self._process.exitcode}",
            )
        return result

    def _wait_until_ready(self) -> None:
        """The time to import is no page's: the worker says when it has."""
        if self._started:
            return
        if not self._connection.poll(START_SECONDS):
            raise EOFError
        self._connection.recv()
        self._started = True

    def is_alive(self) -> bool:
        """Whether it is there: a worker may be killed while it has no page."""
        return not self._connection.closed and self._process.is_alive()

    def is_spent(self) -> bool:
        return self._pages >= RECYCLE_AFTER_PAGES or self._connection.closed

    def stop(self) -> None:
        self._kill()

    def _kill(self) -> None:
        self._connection.close()
        self._process.kill()
        self._process.join()


def _work(
    connection: Connection, handler: Callable[[Job], object], limit_seconds: float
) -> None:
    """The life of a worker: a page in, an outcome out, until the parent hangs up."""
    # Ctrl-C, or a scheduler's SIGTERM, reaches the whole process group; when to stop is
    # the parent's to decide.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    # A parent that was killed does not listen any more: there is nobody to tell.
    with suppress(EOFError, ConnectionError):
        connection.send("ready")
        while True:
            page = connection.recv()
            _set_alarm(limit_seconds + ORPHAN_SECONDS)
            try:
                result = handler(page)
            except Exception as error:  # noqa: BLE001 - the one boundary, see design
                result = failure_of(page, FailureReason.EXCEPTION, error)
            _set_alarm(0)
            connection.send(result)


def _set_alarm(seconds: float) -> None:
    """A worker that hangs outlives a parent that was killed by seconds, not for ever.

    The alarm is the kernel's: it ends the process even where Python is stuck in C.
    """
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _start_method() -> str:
    """A way to start processes that is safe beside threads."""
    if "forkserver" in multiprocessing.get_all_start_methods():
        return "forkserver"
    return "spawn"
