"""Worker processes: they raise, die and hang, and the pool goes on."""

import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from pipelines import workers
from pipelines.workers import ORPHAN_SECONDS, WorkerPool, _work
from schemas.errors import UsageError
from schemas.page import Page
from schemas.rejection import Failure, FailureReason
from tests.conftest import ROOT, MakePage
from tests.stages import echo_late, process_id

LIMIT = 60.0


@contextmanager
def pool_of(
    handler: Callable[[Page], object], *, number: int = 1, limit: float = LIMIT
) -> Iterator[WorkerPool[Page, object]]:
    """A pool that is closed at the end."""
    pool = WorkerPool(handler, workers=number, limit_seconds=limit)
    try:
        yield pool
    finally:
        pool.close()


def is_alive(pid: int) -> bool:
    """Whether there is such a process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_futures_belong_to_their_pages(text_page: MakePage) -> None:
    """Although the second page is done before the first."""
    with pool_of(echo_late, number=2) as pool:
        bodies = [bytes([late]) for late in (30, 0, 10, 0)]
        futures = [pool.submit(text_page(body)) for body in bodies]

        assert [future.result(LIMIT) for future in futures] == bodies


def test_work_is_done_in_other_processes_that_end_with_the_pool(
    text_page: MakePage,
) -> None:
    """When `close` returns, what was submitted is done and no child is left."""
    with pool_of(process_id, number=2) as pool:
        futures = [pool.submit(text_page("")) for _ in range(6)]
    pids = {future.result(0) for future in futures}

    assert 1 <= len(pids) <= 2
    assert os.getpid() not in pids
    assert not any(is_alive(pid) for pid in pids if isinstance(pid, int))
    assert not any(each.name.startswith("worker-") for each in threading.enumerate())


def test_a_pool_that_was_never_used_can_be_closed() -> None:
    """No process is started before there is a page."""
    before = multiprocessing.active_children()

    with pool_of(process_id, number=3):
        assert multiprocessing.active_children() == before


def test_an_error_is_a_failure_and_the_worker_goes_on(text_page: MakePage) -> None:
    """With type, text, place and page; the same process takes the next page."""
    with pool_of(process_id) as pool:
        before = pool.submit(text_page("")).result(LIMIT)
        page = text_page("[raise]", url="https://paper.example/x")
        failure = pool.submit(page).result(LIMIT)
        after = pool.submit(text_page("")).result(LIMIT)

    assert isinstance(failure, Failure)
    assert failure.reason is FailureReason.EXCEPTION
    assert (failure.error, failure.message) == ("ValueError", "a bug in this stage")
    assert failure.traceback[-1].startswith("stages.py:")
    assert not any("/" in place for place in failure.traceback)
    assert (failure.url, failure.source) == (page.url, page.source)
    assert before == after


def test_a_worker_that_dies_is_replaced(text_page: MakePage) -> None:
    """Its page is a failure with the exit code; the next page has another process."""
    with pool_of(process_id) as pool:
        before = pool.submit(text_page("")).result(LIMIT)
        failure = pool.submit(text_page("[die]")).result(LIMIT)
        after = pool.submit(text_page("")).result(LIMIT)

    assert isinstance(failure, Failure)
    assert failure.reason is FailureReason.WORKER_DIED
    assert "exit code 7" in failure.message
    assert failure.traceback == ()
    assert isinstance(after, int)
    assert before != after


@pytest.mark.parametrize("body", ["[sleep]", "[busy]"])
def test_a_page_that_hangs_is_given_up_in_time(body: str, text_page: MakePage) -> None:
    """Whether it sleeps or turns; its worker is killed and replaced."""
    with pool_of(process_id, limit=0.5) as pool:
        before = pool.submit(text_page("")).result(LIMIT)
        started = time.monotonic()
        failure = pool.submit(text_page(body)).result(LIMIT)
        took = time.monotonic() - started
        after = pool.submit(text_page("")).result(LIMIT)

    assert isinstance(failure, Failure)
    assert failure.reason is FailureReason.TIMEOUT
    assert failure.message == "took longer than 0.5 seconds"
    assert 0.5 <= took < 10
    assert isinstance(before, int)
    assert isinstance(after, int)
    assert before != after
    assert not is_alive(before)


def test_a_page_is_not_lost_where_no_process_can_be_had(text_page: MakePage) -> None:
    """Here no file descriptor is left; the next page finds one again."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with pool_of(process_id) as pool:
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
        try:
            failure = pool.submit(text_page("")).result(LIMIT)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        after = pool.submit(text_page("")).result(LIMIT)

    assert isinstance(failure, Failure)
    assert (failure.reason, failure.error) == (FailureReason.WORKER_DIED, "OSError")
    assert "Too many open files" in failure.message
    assert isinstance(after, int)


def test_one_that_hangs_does_not_hold_up_the_others(text_page: MakePage) -> None:
    """The other worker takes all other pages."""
    with pool_of(process_id, number=2, limit=3) as pool:
        hung = pool.submit(text_page("[sleep]"))
        others = [pool.submit(text_page("")) for _ in range(4)]

        assert all(isinstance(each.result(LIMIT), int) for each in others)
        assert isinstance(hung.result(LIMIT), Failure)


def test_a_worker_is_replaced_after_its_share_of_pages(
    text_page: MakePage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a library keeps in memory goes with it."""
    monkeypatch.setattr(workers, "RECYCLE_AFTER_PAGES", 2)
    with pool_of(process_id) as pool:
        pids = [pool.submit(text_page("")).result(LIMIT) for _ in range(5)]

    assert pids[0] == pids[1] != pids[2] == pids[3] != pids[4]


@pytest.mark.parametrize("number", [0, -1])
def test_a_pool_without_workers_is_misuse(number: int) -> None:
    """It would wait for ever."""
    with pytest.raises(UsageError, match="at least 1"):
        WorkerPool(process_id, workers=number, limit_seconds=1)


def test_a_worker_answers_until_its_parent_hangs_up(text_page: MakePage) -> None:
    """The life of a worker, seen from inside: here its parent is a thread."""
    ours, theirs = multiprocessing.Pipe()
    answers: list[object] = []

    def parent() -> None:
        answers.append(ours.recv())
        for body in ("", "[raise]"):
            ours.send(text_page(body))
            answers.append(ours.recv())
        ours.close()

    thread = threading.Thread(target=parent)
    thread.start()
    signals = pytest.MonkeyPatch()
    with signals.context() as patch:
        patch.setattr("signal.signal", lambda *_: None)
        _work(theirs, process_id, LIMIT)
    thread.join(LIMIT)
    theirs.close()

    assert answers[:2] == ["ready", os.getpid()]
    assert isinstance(answers[2], Failure)


@pytest.mark.parametrize("body", ["[sleep]", "[busy]"])
def test_a_worker_that_hangs_does_not_outlive_its_parent_for_long(
    body: str, text_page: MakePage
) -> None:
    """Nobody is left to kill it; the kernel's alarm ends it."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    limit = 0.5 - ORPHAN_SECONDS
    worker = context.Process(target=_work, args=(theirs, process_id, limit))
    worker.start()
    theirs.close()
    ready = ours.recv()
    ours.send(text_page(body))
    ours.close()

    worker.join(LIMIT)

    assert ready == "ready"
    assert worker.exitcode == -signal.SIGALRM


def test_processes_are_spawned_where_there_is_no_fork_server(
    monkeypatch: pytest.MonkeyPatch, text_page: MakePage
) -> None:
    """On Windows, for instance."""
    monkeypatch.setattr(multiprocessing, "get_all_start_methods", lambda: ["spawn"])

    with pool_of(process_id) as pool:
        assert isinstance(pool.submit(text_page("")).result(LIMIT), int)


def test_handler_that_cannot_be_sent_fails_its_pages(text_page: MakePage) -> None:
    """A closure is a mistake of the caller's, and must not leave it waiting."""
    pool: WorkerPool[Page, str] = WorkerPool(
        lambda _page: "", workers=1, limit_seconds=5
    )
    try:
        failure = pool.submit(text_page("x")).result(timeout=30)
    finally:
        pool.close()
    assert isinstance(failure, Failure)
    assert failure.reason is FailureReason.WORKER_DIED


def test_worker_killed_while_idle_costs_no_page(text_page: MakePage) -> None:
    """The next page never was in it, so it gets another one."""
    with pool_of(process_id) as pool:
        first = pool.submit(text_page("")).result(LIMIT)
        assert isinstance(first, int)
        os.kill(first, signal.SIGKILL)
        while is_alive(first):
            pass
        second = pool.submit(text_page("")).result(LIMIT)
    assert isinstance(second, int)
    assert second != first


def test_sigterm_is_the_parents_to_heed(text_page: MakePage) -> None:
    """A scheduler's SIGTERM for the group lets the pages at hand be finished."""
    with pool_of(process_id) as pool:
        first = pool.submit(text_page("")).result(LIMIT)
        assert isinstance(first, int)
        os.kill(first, signal.SIGTERM)
        assert pool.submit(text_page("")).result(LIMIT) == first


def test_fork_server_outlives_a_sigterm_for_the_group() -> None:
    """The group of a crawl gets the signal; new workers can still be had."""
    code = (
        "import os, signal\n"
        "from pipelines.workers import WorkerPool\n"
        "from schemas.page import Page\n"
        "from tests.stages import process_id\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "source = {'input': 'text'}\n"
        "page = Page(kind='text', body=b'', source=source)\n"
        "if __name__ == '__main__':\n"
        "    pool = WorkerPool(process_id, workers=1, limit_seconds=60)\n"
        "    first = pool.submit(page).result()\n"
        "    os.killpg(0, signal.SIGTERM)\n"
        "    os.kill(first, signal.SIGKILL)\n"
        "    results = [pool.submit(page).result() for _ in range(3)]\n"
        "    pool.close()\n"
        "    print(len({first, *results}), isinstance(results[-1], int))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=ROOT,
        start_new_session=True,
    )
    assert done.stdout.split()[-1] == "True", done.stderr
