"""python -m benchmarks.speed: how fast pages become records, beside the usual script.

One process on one core reads one archive in several ways, some pages at a time in
turn, so that what slows the machine slows all: as the straightforward script does
(`benchmarks.straightforward`), as we do with learnt templates and without, and the
floor, which reads and parses the pages and no more. docs/quality.md says what came of
it.
"""

import argparse
import cProfile
import gc
import io
import json
import os
import pstats
import sys
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path
from platform import python_version
from tempfile import TemporaryDirectory
from typing import NamedTuple, TextIO, TypeAlias

from benchmarks import straightforward
from benchmarks.held_out import held_out
from benchmarks.labelled import BenchmarkError, LabelledPage, load_sets
from benchmarks.scoring import Judge, PageScore, figures
from benchmarks.site_pages import (
    Capture,
    iter_pages,
    plans,
    with_truth,
    write_archive,
)
from benchmarks.stopwatch import Stopwatch
from benchmarks.straightforward import Record
from benchmarks.tools import OUR_FIELDS, OURS, Answer, answer_of, versions
from pipelines.html import decode, parse
from pipelines.learn import Observation, TooFew, learn, observe
from pipelines.learn.sample import SiteRule, draw_sample, iter_sample
from pipelines.process import process_page
from pipelines.read import Reading, read_path
from pipelines.sites import host_of
from schemas.article import Article
from schemas.config import PipelineConfig
from schemas.page import Page
from schemas.provenance import TemplateCheck
from schemas.rejection import Rejection
from schemas.template import SiteTemplate

CONFIG = PipelineConfig()
EVERY_SITE = SiteRule(site=None, definitions=())

SCRIPT, FLOOR = "straightforward script", "floor"
WITH, WITHOUT = f"{OURS} with templates", f"{OURS} without"
FIELDS: Mapping[str, frozenset[str]] = {
    SCRIPT: frozenset({"title", "authors", "date", "language"}),
    WITH: OUR_FIELDS,
    WITHOUT: OUR_FIELDS,
}
FIGURES = ("f1", "precision", "recall", "title", "authors", "date", "language")

CHUNK_PAGES = 100
"""Pages that one way reads before the next has its turn."""

WARM_UP_PAGES = 10
"""Pages that each way reads first, untimed: imports, models, language profiles."""

SET_NAME, SET_PAGES = "multilingual", 20
"""The labelled set that is read too, and the pages of a site that is."""

SET_CAPTURED_AT = datetime(2030, 1, 1, tzinfo=UTC)
"""Labelled pages do not say when they were captured: after all that they date."""

PROFILED = 40
"""Functions that a profile shows."""

GENERIC = "generic path"
STAGES: Mapping[str, Sequence[str]] = {
    "decode": ("pipelines.process:decode",),
    "parse": ("pipelines.process:parse",),
    "head": ("pipelines.process:read_head",),
    "segment": ("pipelines.process:segment_outside",),
    "regions": ("pipelines.process:cut_regions",),
    "prune": tuple(
        f"pipelines.process:{name}"
        for name in ("build_draft", "prune", "blank_out", "cut_structure")
    ),
    "metadata": ("pipelines.process:read_metadata", "pipelines.process:title_index"),
    "template reading": tuple(
        f"pipelines.process:{name}"
        for name in ("template_for", "cut_repeated", "signs_of", "read_by_template")
    ),
    "clean": ("pipelines.process:clean",),
    "validate": ("pipelines.process:listing_signs", "pipelines.process:broken_rules"),
    "language": ("pipelines.process:detect_language", "pipelines.process:count_words"),
    "article": (
        "pipelines.process:_Bench.article",
        "pipelines.process:_Bench.rejection",
    ),
    "json": ("schemas.model:FrozenModel.to_json_line",),
    GENERIC: ("pipelines.process:_examine_generic",),
}
"""Functions of each stage; all else is `rest`."""

Outcome: TypeAlias = Article | Rejection | Record | None
Outcomes: TypeAlias = Iterator[tuple[str, Outcome]]
Truth: TypeAlias = Mapping[str, LabelledPage]
Judged: TypeAlias = Callable[[str], AbstractContextManager[None]]


class Archive(NamedTuple):
    """An archive, and what is true of its pages, by their address."""

    path: Path
    name: str
    truth: Truth
    set_name: str = ""
    """The labelled set that the truth is of, if it is of one."""

    judged: Judged = lambda _url: nullcontext()
    """The context in which the page at an address is read."""


class Learnt(NamedTuple):
    """The templates of an archive's sites, and what they cost."""

    templates: Mapping[str, SiteTemplate]
    pages: int
    too_few: int
    seconds: float


NOTHING = Learnt({}, 0, 0, 0.0)


@dataclass
class Way:
    """A way to read the archive, and what came of it so far."""

    name: str
    outcomes: Outcomes
    seconds: float = 0.0
    pages: int = 0
    records: int = 0
    scores: list[PageScore] = field(default_factory=list)
    checks: Counter[str] = field(default_factory=Counter)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure what the arguments say; 0, or 2 if it cannot be measured."""
    arguments = _parser().parse_args(argv)
    try:
        with TemporaryDirectory() as folder, _one_core():
            for archive in _archives(arguments, Path(folder)):
                for line in _lines(
                    archive, Path(folder), with_profile=arguments.profile
                ):
                    print(line, flush=True)
    except BenchmarkError as error:
        print(f"speed: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.speed",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--sites", type=int, default=50, help="that are made, else 50")
    add("--pages", type=int, default=104, help="of each of them, else 104")
    add("--archive", metavar="FILE", type=Path, help="instead of making one")
    add("--truth", metavar="FILE", type=Path, help="what is true of its pages")
    add(
        "--sets",
        metavar="FOLDER",
        type=Path,
        help=f"also the {SET_NAME} sites of {SET_PAGES} pages and more",
    )
    add("--folds", metavar="FOLDER", type=Path, help="models of a cross-validation")
    add("--profile", action="store_true", help="print which functions take longest")
    return parser


@contextmanager
def _one_core() -> Iterator[None]:
    """This process on one core only, where the system can do that."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


# What is read


def _archives(arguments: argparse.Namespace, folder: Path) -> Iterator[Archive]:
    if arguments.archive is None:
        yield _made(arguments.sites, arguments.pages, folder)
    elif arguments.truth is None:
        raise BenchmarkError("--archive needs --truth")
    else:
        truth = _truth_of(arguments.truth)
        yield Archive(arguments.archive, arguments.archive.name, truth)
    if arguments.sets is not None:
        yield _from_set(arguments.sets, arguments.folds, folder)


def _made(sites: int, pages: int, folder: Path) -> Archive:
    """Generated sites, a page of each in turn, as a polite crawler gets them."""
    path, truth = folder / "generated.warc.gz", folder / "truth.jsonl"
    turns = zip(*map(iter_pages, plans(sites, pages)), strict=True)
    write_archive(path, with_truth(chain.from_iterable(turns), truth))
    name = f"{sites} generated sites of {pages} pages"
    return Archive(path, name, _truth_of(truth))


def _truth_of(path: Path) -> Truth:
    with path.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return {row["url"]: LabelledPage(path.parent / row["file"], row) for row in rows}


def _from_set(sets: Path, folds: Path | None, folder: Path) -> Archive:
    """Labelled pages, each at an address of its own, sites in turn."""
    (labelled,) = load_sets(sets, [SET_NAME])
    by_host: dict[str, list[LabelledPage]] = defaultdict(list)
    for page in labelled.pages:
        by_host[host_of(page.url) or ""].append(page)
    turns = sorted(
        (turn, f"http://{host}/page/{page.id}", page)
        for host, pages in by_host.items()
        if len(pages) >= SET_PAGES
        for turn, page in enumerate(pages)
    )
    truth = {url: page for _, url, page in turns}
    captures = (
        Capture(url, page.read(), "text/html", SET_CAPTURED_AT)
        for url, page in truth.items()
    )
    path = folder / f"{SET_NAME}.warc.gz"
    write_archive(path, captures)

    name = f"{SET_NAME}, {{}} sites of {SET_PAGES} pages and more (our models {{}})"
    count = sum(len(pages) >= SET_PAGES for pages in by_host.values())
    if folds is None:
        known = "have seen these pages: no fair F1"
        return Archive(path, name.format(count, known), truth, SET_NAME)
    return Archive(
        path,
        name.format(count, "have not seen these sites"),
        truth,
        SET_NAME,
        lambda url: held_out(folds, truth[url]),
    )


# The ways to read it


def _clean(
    readings: Iterable[Reading],
    templates: Mapping[str, SiteTemplate],
    lines: TextIO,
    judged: Judged,
) -> Outcomes:
    """Our records; those of articles are written."""
    for page in _pages(readings):
        url = page.url or ""
        template = templates.get(host_of(url) or "")
        with judged(url):
            outcome = process_page(page, None, template, CONFIG)
        if isinstance(outcome, Article):
            lines.write(outcome.to_json_line() + "\n")
        yield url, outcome


def _parse_only(readings: Iterable[Reading]) -> Outcomes:
    for page in _pages(readings):
        parse(decode(page.body, page.content_type).text)
        yield page.url or "", None


def _pages(readings: Iterable[Reading]) -> Iterator[Page]:
    return (reading for reading in readings if isinstance(reading, Page))


def _readings(archive: Archive) -> Iterator[Reading]:
    return read_path(str(archive.path), CONFIG.limits)


def _learn(archive: Archive) -> Learnt:
    """The templates of all sites, as `copydesk clean --learn` has them."""
    begun = time.process_time()
    sample = draw_sample(_readings(archive), EVERY_SITE, CONFIG)
    seen: dict[str, list[Observation]] = {host: [] for host in sample}
    for host, page in iter_sample(_readings(archive), EVERY_SITE, CONFIG, sample):
        with archive.judged(page.url or ""):
            observation = observe(page, host, None, CONFIG)
        if observation is not None:
            seen[host].append(observation)
    learnt = {host: learn(some, host, CONFIG) for host, some in seen.items()}
    seconds = time.process_time() - begun
    templates = {
        host: each for host, each in learnt.items() if not isinstance(each, TooFew)
    }
    pages = sum(map(len, sample.values()))
    return Learnt(templates, pages, len(learnt) - len(templates), seconds)


@contextmanager
def _ways(archive: Archive, learnt: Learnt, folder: Path) -> Iterator[list[Way]]:
    """All ways, at the archive's beginning."""
    with (
        (folder / "script.jsonl").open("w", encoding="utf-8") as script,
        (folder / "with.jsonl").open("w", encoding="utf-8") as learnt_lines,
        (folder / "without.jsonl").open("w", encoding="utf-8") as lines,
    ):
        judged, templates = archive.judged, learnt.templates
        yield [
            Way(SCRIPT, straightforward.write_records(archive.path, script)),
            Way(WITH, _clean(_readings(archive), templates, learnt_lines, judged)),
            Way(WITHOUT, _clean(_readings(archive), {}, lines, judged)),
            Way(FLOOR, _parse_only(_readings(archive))),
        ]


def _run(archive: Archive, ways: Sequence[Way]) -> None:
    """Let each way read the whole archive, in turns; each time another one begins."""
    turn, has_more = 0, True
    while has_more:
        first = turn % len(ways)
        turn += 1
        order = (*ways[first:], *ways[:first])
        has_more = max([_advance(way, archive) for way in order])


def _advance(way: Way, archive: Archive) -> bool:
    """Whether there was another chunk; it is judged when the clock has stopped."""
    gc.collect()  # What others left is not this one's work.
    begun = time.process_time()
    chunk = list(islice(way.outcomes, CHUNK_PAGES))
    way.seconds += time.process_time() - begun
    way.pages += len(chunk)
    for url, outcome in chunk:
        way.records += isinstance(outcome, Article | Record)
        if way.name in FIELDS:
            judge = Judge(archive.truth[url], archive.set_name)
            way.scores.append(judge.score(_answer(outcome), FIELDS[way.name]))
        way.checks[str(_check_of(outcome) or "no template")] += 1
    return bool(chunk)


def _check_of(outcome: Outcome) -> TemplateCheck | None:
    made = outcome.provenance if isinstance(outcome, Article | Rejection) else None
    return made.template_check if made is not None else None


def _answer(outcome: Outcome) -> Answer:
    if isinstance(outcome, Article | Rejection):
        return answer_of(outcome)
    if outcome is None:
        return Answer(error="no-text")
    return Answer(
        text=outcome.text,
        title=outcome.title,
        authors=tuple((outcome.author or "").split("; ")),
        date=outcome.date,
        language=outcome.language,
    )


# What is told


def _lines(archive: Archive, folder: Path, *, with_profile: bool) -> Iterator[str]:
    packages = (OURS, *straightforward.PACKAGES)
    named = {"Python": python_version(), **versions(packages)}
    yield ", ".join(f"{name} {version}" for name, version in named.items())
    yield f"{archive.name}: {len(archive.truth)} pages"
    with _ways(archive, NOTHING, folder) as ways:
        for way in ways:
            deque(islice(way.outcomes, WARM_UP_PAGES), maxlen=0)
    learnt = _learn(archive)
    with _ways(archive, learnt, folder) as ways:
        _run(archive, ways)
    yield from (*_table(ways), *_learning(learnt, ways), *_stages(archive, learnt))
    if with_profile:
        yield from _profile(archive, learnt)


def _table(ways: Sequence[Way]) -> Iterator[str]:
    """Speed; then, of the articles alone, how good the records are."""
    script = ways[0].seconds / ways[0].pages
    heads = ("pages", "pages/s", "ratio", "records", "others", *FIGURES)
    yield f"{'':<24}" + "".join(f"{head:>10}" for head in heads)
    for way in ways:
        each = way.seconds / way.pages
        cells = [f"{way.pages}", f"{1 / each:.1f}", f"{script / each:.2f}"]
        if way.scores:
            cells += [str(way.records), *_quality(way.scores)]
        yield f"{way.name:<24}" + "".join(f"{cell:>10}" for cell in cells)
    checks = next(way.checks for way in ways if way.name == WITH)
    yield "template_check: " + ", ".join(
        f"{name} {count / checks.total():.1%}" for name, count in checks.most_common()
    )


def _quality(scores: Sequence[PageScore]) -> Iterator[str]:
    """Records of pages that are no articles, and the figures of those that are."""
    others = [score for score in scores if score.text is None]
    yield str(sum(score.answer.error is None for score in others))
    found = figures([score for score in scores if score.text is not None])
    for name in FIGURES:
        yield f"{found[name]:.4f}" if name in found else "-"


def _learning(learnt: Learnt, ways: Sequence[Way]) -> Iterator[str]:
    seconds = {way.name: way.seconds for way in ways}
    pages = ways[0].pages
    ours = seconds[WITH] + learnt.seconds
    yield (
        f"learning: {len(learnt.templates)} templates of {learnt.pages} pages "
        f"({learnt.too_few} sites have too few), {learnt.pages / learnt.seconds:.1f} "
        f"pages/s; it costs as much as cleaning "
        f"{learnt.seconds / seconds[WITH] * pages:.0f} pages with templates; with it, "
        f"all in all {seconds[SCRIPT] / ours:.2f} times the {SCRIPT}"
    )


def _stages(archive: Archive, learnt: Learnt) -> Iterator[str]:
    """Milliseconds a page by stage, measured in another reading of the archive.

    Of all pages, and of those alone that a template fits.
    """
    spent = {
        "all": defaultdict[str, float](float),
        "fits": defaultdict[str, float](float),
    }
    pages: Counter[str] = Counter()
    for check, stages in _stage_times(archive, learnt):
        for group in ("all", "fits") if check is TemplateCheck.FITS else ("all",):
            pages[group] += 1
            for stage in (*stages, "sum"):
                spent[group][stage] += stages.get(stage, sum(stages.values()))
    yield f"{'ms a page':<24}" + "".join(f"{group:>10}" for group in pages)
    for stage in sorted(spent["all"], key=lambda each: -spent["all"][each]):
        cells = (1000 * spent[group][stage] / pages[group] for group in pages)
        yield f"{stage:<24}" + "".join(f"{cell:>10.3f}" for cell in cells)


def _stage_times(
    archive: Archive, learnt: Learnt
) -> Iterator[tuple[TemplateCheck | None, dict[str, float]]]:
    """What a template said of each page, and the seconds of each stage."""
    watch = Stopwatch(whole={GENERIC})
    with Path(os.devnull).open("w", encoding="utf-8") as lines:
        readings = watch.iterate("read", _readings(archive))
        outcomes = _clean(readings, learnt.templates, lines, archive.judged)
        with watch.installed(STAGES):
            begun = time.process_time()
            for _, outcome in outcomes:
                whole = time.process_time() - begun
                stages = watch.take()
                stages["rest"] = whole - sum(stages.values())
                yield _check_of(outcome), stages
                begun = time.process_time()


def _profile(archive: Archive, learnt: Learnt) -> Iterator[str]:
    profile, told = cProfile.Profile(), io.StringIO()
    with Path(os.devnull).open("w", encoding="utf-8") as lines, profile:
        outcomes = _clean(_readings(archive), learnt.templates, lines, archive.judged)
        deque(outcomes, maxlen=0)
    pstats.Stats(profile, stream=told).sort_stats("tottime").print_stats(PROFILED)
    yield told.getvalue()


if __name__ == "__main__":
    sys.exit(main())
