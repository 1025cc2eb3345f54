"""Archives, folders and dumps to the templates of the sites in them."""

import functools
from collections import deque
from collections.abc import Generator, Iterator, Mapping
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from pipelines.learn import Observation, TooFew, learn, observe
from pipelines.learn.sample import SiteRule, draw_sample, iter_sample
from pipelines.read import STDIN, Reading, read_path
from pipelines.recognize import recognize_site
from pipelines.workers import WorkerPool
from schemas.config import PipelineConfig
from schemas.errors import UsageError
from schemas.page import Page
from schemas.rejection import Failure
from schemas.template import SiteTemplate

SITES_AT_ONCE = 50
"""Sites that are learnt in one reading of the input: their observations wait in memory
for each other. The time to read is small beside that to observe so many."""

WINDOW_PAGES = 4
"""Pages in work or waiting, for each worker (as in `pipelines.batch`)."""


@dataclass(frozen=True, slots=True)
class LearnRun:
    """What is to be learnt from."""

    inputs: tuple[str, ...]
    """Paths that can be read twice."""

    rule: SiteRule
    """Which site a page is of."""

    config: PipelineConfig
    workers: int


@dataclass(frozen=True, slots=True)
class Learnt:
    """What came of it."""

    sites: tuple[SiteTemplate | TooFew, ...]
    """Of each site in the input, sorted by host."""

    failures: tuple[Failure, ...]
    """Pages that were drawn and lost to an error: nothing was learnt from them."""

    @property
    def templates(self) -> tuple[SiteTemplate, ...]:
        """The sites of which there was enough."""
        return tuple(each for each in self.sites if isinstance(each, SiteTemplate))


def learn_archive(run: LearnRun) -> Learnt:
    """What each site in the inputs repeats, and where its articles sit.

    The result depends on which pages there are, not on their order, nor on the number
    of workers. A site with fewer pages than `min_articles` is not looked at: its
    `TooFew.articles` says how many pages it has.

    Raises:
        UsageError: An input can be read only once.
        InputError: A path cannot be read at all.
    """
    for given in run.inputs:
        _check_can_be_read_twice(given)
    sample = draw_sample(_readings(run), run.rule, run.config)
    wanted = run.config.template.min_articles
    enough = {host: names for host, names in sample.items() if len(names) >= wanted}
    sites: list[SiteTemplate | TooFew] = [
        TooFew(host, len(names), wanted)
        for host, names in sample.items()
        if host not in enough
    ]
    failures: list[Failure] = []
    hosts = list(enough)
    for start in range(0, len(hosts), SITES_AT_ONCE):
        some = {host: enough[host] for host in hosts[start : start + SITES_AT_ONCE]}
        sites += _learn_sites(run, some, failures)
    failures.sort(key=lambda each: each.to_json_line())
    return Learnt(tuple(sorted(sites, key=lambda each: each.site)), tuple(failures))


def observe_page(
    page: Page, *, rule: SiteRule, config: PipelineConfig
) -> Observation | None:
    """`observe` with the page's own site and definition."""
    host = rule.host_of(page)
    if host is None:
        return None
    known = rule.site or recognize_site(page, rule.definitions)
    return observe(page, host, known, config)


def _check_can_be_read_twice(given: str) -> None:
    path = Path(given)
    is_stream = path.exists() and not (path.is_file() or path.is_dir())
    if given == STDIN or is_stream:
        raise UsageError(
            f"{given}: cannot be read twice, which learning needs; "
            "save it to a file first"
        )


def _readings(run: LearnRun) -> Iterator[Reading]:
    opened = [read_path(path, run.config.limits) for path in run.inputs]
    return (reading for readings in opened for reading in readings)


def _learn_sites(
    run: LearnRun, sample: Mapping[str, frozenset[str]], failures: list[Failure]
) -> Iterator[SiteTemplate | TooFew]:
    """The template of each site, once all its pages are in; then they are dropped."""
    left = {host: len(names) for host, names in sample.items()}
    seen: dict[str, list[Observation]] = {host: [] for host in sample}
    with closing(_observed(run, sample)) as observed:
        for host, result in observed:
            if isinstance(result, Failure):
                failures.append(result)
            elif result is not None:
                seen[host].append(result)
            left[host] -= 1
            if not left[host]:
                yield learn(seen.pop(host), host, run.config)
    # Pages that the input had no more when it was read again.
    for host, observations in seen.items():
        yield learn(observations, host, run.config)


def _observed(
    run: LearnRun, sample: Mapping[str, frozenset[str]]
) -> Generator[tuple[str, Observation | Failure | None]]:
    handler = functools.partial(observe_page, rule=run.rule, config=run.config)
    limit = run.config.limits.page_seconds
    pool = WorkerPool(handler, workers=run.workers, limit_seconds=limit)
    waiting: deque[tuple[str, Future[Observation | Failure | None]]] = deque()
    try:
        for host, page in iter_sample(_readings(run), run.rule, run.config, sample):
            waiting.append((host, pool.submit(page)))
            if len(waiting) >= WINDOW_PAGES * run.workers:
                yield _result(waiting)
        while waiting:
            yield _result(waiting)
    finally:
        pool.close()


def _result(
    waiting: "deque[tuple[str, Future[Observation | Failure | None]]]",
) -> tuple[str, Observation | Failure | None]:
    host, future = waiting.popleft()
    return host, future.result()
