"""python -m benchmarks.templates: what learnt templates give on labelled pages.

As `copydesk clean --learn` does, each site's template is learnt from a sample of its
pages and used on all of them; beside it all pages are read without. docs/quality.md
says what came of it.
"""

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from benchmarks.held_out import held_out
from benchmarks.labelled import BenchmarkError, LabelledPage, LabelledSet, load_sets
from benchmarks.line_plot import Curve, line_plot
from benchmarks.metrics import macro
from benchmarks.scoring import Judge, PageScore
from benchmarks.tools import (
    BASELINE,
    OUR_FIELDS,
    Answer,
    LocalTool,
    answer_of,
    as_page,
    trafilatura_tools,
)
from pipelines.blocks import Block, Role, letters
from pipelines.learn import Observation, TooFew, learn, observe, page_order
from pipelines.process import Examination, examine_page, process_page
from pipelines.sites import host_of
from schemas.config import PipelineConfig
from schemas.provenance import TemplateCheck
from schemas.template import SiteTemplate

CONFIG = PipelineConfig()

GROUPS = {"10 and more": 10, "5 to 9": 5, "3 to 4": 3, "1 to 2": 1}
"""Names of groups of sites, with the pages that each of them has at least."""

GROWTH = (3, 5, 10, 20, 50)
"""Numbers of pages that are learnt from at most, to see how F1 grows."""

CURVES = {
    "20 and more": range(20, sys.maxsize),
    "10 to 19": range(10, 20),
    "5 to 9": range(5, 10),
}
"""Names of groups of sites that are the same all along a curve, with their sizes."""

AS_MANY = "as many and more"
"""The sites that have as many pages as are learnt from: others at each point."""

LOSS = 0.005
"""Fall in F1 from which on a site is listed."""

SHOWN_CHARS = 80

WARM_UP_PAGES = 5
"""Pages that are read once more, before: imports, models, language profiles."""

APART = 50
"""Pages between two readings of one page: their texts are out of our caches then."""


@dataclass(frozen=True, slots=True)
class Site:
    """The labelled pages of one host, and what the first of them teach."""

    host: str
    set_name: str
    pages: tuple[LabelledPage, ...]
    seen: tuple[Observation | None, ...]
    """In the order that samples are drawn in; None: no article was found."""

    def learn(self, pages: int) -> SiteTemplate | None:
        """The template of so many pages, None if they are too few."""
        learnt = learn(filter(None, self.seen[:pages]), self.host, CONFIG)
        return None if isinstance(learnt, TooFew) else learnt


class Row(NamedTuple):
    """One page, read in all ways."""

    site: Site
    page: LabelledPage
    theirs: PageScore | None
    plain: PageScore
    learnt: PageScore
    check: TemplateCheck | None


class Point(NamedTuple):
    """F1 of some sites, without templates and with those of so many pages."""

    learnt_from: int
    sites: int
    pages: int
    plain: float
    learnt: float


def main(argv: Sequence[str] | None = None) -> int:
    """Measure what the arguments say; 0, or 2 if it cannot be measured."""
    arguments = _parser().parse_args(argv)
    try:
        (labelled,) = load_sets(arguments.folder, [arguments.set])
        for line in _lines(labelled, arguments):
            print(line, flush=True)
    except BenchmarkError as error:
        print(f"templates: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.templates",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("folder", type=Path, help="the folder that holds the labelled sets")
    add("--set", metavar="NAME", default="multilingual", help="else multilingual")
    add("--folds", metavar="FOLDER", type=Path, help="models of a cross-validation")
    add("--min-pages", metavar="N", type=int, default=1, help="of a site, else 1")
    add("--no-baseline", action="store_true", help=f"do not measure {BASELINE}")
    add("--show", metavar="SITE", help="only this site: what a template changes")
    add("--plot", metavar="PATH", type=Path, help="how F1 grows: a table, and an SVG")
    return parser


def _lines(labelled: LabelledSet, arguments: argparse.Namespace) -> Iterator[str]:
    folds, plot = arguments.folds, arguments.plot
    sample = CONFIG.template.sample_pages
    wanted = max(sample, *GROWTH) if plot else sample
    by_host = _pages_by_host(labelled, arguments.min_pages)
    if arguments.show is not None:
        by_host = {host: by_host[host] for host in by_host if host == arguments.show}
    if not by_host:
        raise BenchmarkError("no site has so many pages, or that name")
    sites = [
        Site(host, labelled.name, pages, tuple(_observed(host, pages, wanted, folds)))
        for host, pages in by_host.items()
    ]
    if arguments.show is not None:
        yield from _changes(sites[0], folds)
        return
    baseline = None if arguments.no_baseline else trafilatura_tools()[0]
    rows = _read_all(sites, baseline, folds)
    yield from (*_table(rows), *_checks(rows), *_losses(rows))
    if plot:
        curves = _growth([row for row in rows if row.site.seen], folds)
        for name, points in curves.items():
            yield from (f"sites with {name} pages:", *_point_lines(points))
        plot.write_text(_plot(curves), encoding="utf-8")


def _pages_by_host(
    labelled: LabelledSet, fewest: int
) -> Mapping[str, tuple[LabelledPage, ...]]:
    """The articles of a set by host, of the hosts with so many."""
    by_host: dict[str, list[LabelledPage]] = defaultdict(list)
    for page in filter(lambda each: each.is_article, labelled.pages):
        host = host_of(page.url)
        if host is not None:
            by_host[host].append(_with_address(page))
    return {
        host: tuple(pages) for host, pages in by_host.items() if len(pages) >= fewest
    }


def _with_address(page: LabelledPage) -> LabelledPage:
    """The page with an address of its own.

    Where a set knows the site only, all its pages have the site's root: one article, as
    learning sees it, and no article by its address.
    """
    parts = urlsplit(page.url or "")
    if parts.path.strip("/") or parts.query:
        return page
    url = parts._replace(path=f"/page/{page.id}").geturl()
    return replace(page, truth={**page.truth, "url": url})


def _observed(
    host: str, pages: Sequence[LabelledPage], wanted: int, folds: Path | None
) -> Iterator[Observation | None]:
    """What the first pages teach, in the order of hashes; too few teach nothing."""
    if len(pages) < CONFIG.template.min_articles:
        return
    ordered = sorted(
        ((page, as_page(page, page.read())) for page in pages),
        key=lambda each: page_order(each[1], None),
    )
    for page, read in ordered[:wanted]:
        with _judged(folds, page):
            yield observe(read, host, None, CONFIG)


def _judged(folds: Path | None, page: LabelledPage) -> AbstractContextManager[None]:
    return nullcontext() if folds is None else held_out(folds, page)


def _read_all(
    sites: Sequence[Site], baseline: LocalTool | None, folds: Path | None
) -> list[Row]:
    """All pages read in all ways, in turns, so that what slows the machine slows all.

    The readings of one page are `APART` pages apart: else the second would find the
    page's texts in the caches.
    """
    sample = CONFIG.template.sample_pages
    templates = {site.host: site.learn(sample) for site in sites}
    pages = [(site, page) for site in sites for page in site.pages]
    theirs: dict[int, PageScore] = {}
    plain: dict[int, PageScore] = {}
    learnt: dict[int, tuple[PageScore, TemplateCheck | None]] = {}
    for number in range(-WARM_UP_PAGES, len(pages)):
        ours, later, last = ((number + turn * APART) % len(pages) for turn in range(3))
        site, page = pages[ours]
        learnt[ours] = _score(site, page, templates[site.host], folds)
        plain[later], _ = _score(*pages[later], None, folds)
        if baseline is not None:
            site, page = pages[last]
            answer = baseline.answer(page, page.read())
            theirs[last] = Judge(page, site.set_name).score(answer, baseline.fields)
    return [
        Row(site, page, theirs.get(number), plain[number], *learnt[number])
        for number, (site, page) in enumerate(pages)
    ]


def _score(
    site: Site, page: LabelledPage, template: SiteTemplate | None, folds: Path | None
) -> tuple[PageScore, TemplateCheck | None]:
    """How well we read a page with a template, or with none, and if it fitted."""
    check = None

    def extract(page: LabelledPage, body: bytes) -> Answer:
        nonlocal check
        outcome = process_page(as_page(page, body), None, template, CONFIG)
        made = outcome.provenance
        check = made.template_check if made is not None else None
        return answer_of(outcome)

    tool = LocalTool("", OUR_FIELDS, extract)
    body = page.read()
    with _judged(folds, page):
        answer = tool.answer(page, body)
    return Judge(page, site.set_name).score(answer, OUR_FIELDS), check


def _f1(scores: Iterable[PageScore | None]) -> float:
    texts = [each.text for each in scores if each is not None and each.text is not None]
    return macro(texts).f1


def _seconds(scores: Iterable[PageScore | None]) -> float:
    return sum(each.answer.seconds for each in scores if each is not None)


def _group(row: Row) -> str:
    size = len(row.site.pages)
    return next(name for name, fewest in GROUPS.items() if size >= fewest)


def _table(rows: Sequence[Row]) -> Iterator[str]:
    """Groups of sites by size; times are shares of the baseline's on the same pages."""
    heads = "sites pages trafilat. without with fits with/w-out without/tr. with/tr."
    yield f"{'pages a site':<14}" + "".join(f"{head:>12}" for head in heads.split())
    for name in (*GROUPS, "all"):
        chosen = [row for row in rows if name in {_group(row), "all"}]
        if chosen:
            yield f"{name:<14}" + "".join(f"{cell:>12}" for cell in _cells(chosen))


def _cells(rows: Sequence[Row]) -> Iterator[str]:
    theirs, plain, learnt = (
        [getattr(row, name) for row in rows] for name in ("theirs", "plain", "learnt")
    )
    yield str(len({row.site.host for row in rows}))
    yield str(len(rows))
    whole = _seconds(theirs)
    yield f"{_f1(theirs):.4f}" if whole else "-"
    yield f"{_f1(plain):.4f}"
    yield f"{_f1(learnt):.4f}"
    yield f"{sum(row.check is TemplateCheck.FITS for row in rows) / len(rows):.3f}"
    yield f"{_seconds(learnt) / _seconds(plain):.3f}"
    for ours in (plain, learnt):
        yield f"{_seconds(ours) / whole:.3f}" if whole else "-"


def _checks(rows: Sequence[Row]) -> Iterator[str]:
    counts = Counter(str(row.check or "no template") for row in rows)
    yield ", ".join(f"{name} {count}" for name, count in counts.most_common())


def _by_site(rows: Sequence[Row]) -> Mapping[str, list[Row]]:
    by_site: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_site[row.site.host].append(row)
    return by_site


def _losses(rows: Sequence[Row]) -> Iterator[str]:
    """How many of the sites that were learnt gain and lose, and which lose."""
    changes = sorted(
        (after - before, host, len(own), before, after)
        for host, own in _by_site(rows).items()
        if own[0].site.seen
        for before in [_f1(row.plain for row in own)]
        for after in [_f1(row.learnt for row in own)]
    )
    worse = [change for change in changes if change[0] < -LOSS]
    yield (
        f"of {len(changes)} sites learnt {len(worse)} lose more than {LOSS}, "
        f"{sum(change[0] > LOSS for change in changes)} gain as much"
    )
    for change, host, pages, before, after in worse:
        yield f"  {host:<30}{pages:>4} {before:.4f} {after:.4f} {change:+.4f}"


def _growth(rows: Sequence[Row], folds: Path | None) -> Mapping[str, Sequence[Point]]:
    """F1 by the number of pages that are learnt from, while there are more of them."""
    curves: dict[str, list[Point]] = {name: [] for name in (*CURVES, AS_MANY)}
    for before, count in pairwise((0, *GROWTH)):
        templates = {row.site.host: row.site.learn(count) for row in rows}
        learnt = [
            _score(row.site, row.page, templates[row.site.host], folds)[0]
            for row in rows
        ]
        for name, points in curves.items():
            sizes = CURVES.get(name, range(count, sys.maxsize))
            at = [n for n, row in enumerate(rows) if len(row.site.pages) in sizes]
            hosts = {rows[n].site.host for n in at if len(rows[n].site.pages) > before}
            if hosts:
                points.append(
                    Point(
                        learnt_from=count,
                        sites=len({rows[n].site.host for n in at}),
                        pages=len(at),
                        plain=_f1(rows[n].plain for n in at),
                        learnt=_f1(learnt[n] for n in at),
                    )
                )
    return curves


def _point_lines(points: Iterable[Point]) -> Iterator[str]:
    heads = "learnt-from sites pages without with".split()
    yield "".join(f"{head:>12}" for head in heads)
    for point in points:
        yield (
            f"{point.learnt_from:>12}{point.sites:>12}{point.pages:>12}"
            f"{point.plain:>12.4f}{point.learnt:>12.4f}"
        )


def _plot(curves: Mapping[str, Sequence[Point]]) -> str:
    """For each group of sites a line with templates, and one without."""
    lines = [
        Curve(f"{way}, sites with {name} pages", values, colour, way == "without")
        for colour, (name, points) in enumerate(curves.items())
        if name in CURVES
        for way, values in (
            ("with", {each.learnt_from: each.learnt for each in points}),
            ("without", {each.learnt_from: each.plain for each in points}),
        )
        if values
    ]
    return line_plot("F1 of the text", "learnt from so many pages at most", lines)


def _changes(site: Site, folds: Path | None) -> Iterator[str]:
    """For each page that is changed, the blocks that went and came.

    Of each is said whether it is in the true text, and by which rule it is cut.
    """
    template = site.learn(CONFIG.template.sample_pages)
    if template is None:
        yield f"{site.host}: too few articles"
        return
    for page in site.pages:
        read = as_page(page, page.read())
        with _judged(folds, page):
            plain = examine_page(read, None, None, CONFIG)
            learnt = examine_page(read, None, template, CONFIG)
        made = learnt.outcome.provenance
        lines = [*_moved("-", plain, learnt, page), *_moved("+", learnt, plain, page)]
        if lines:
            yield f"{page.id} {made and made.template_check}"
            yield from lines


def _moved(
    sign: str, one: Examination, other: Examination, page: LabelledPage
) -> Iterator[str]:
    """The blocks of the text that only one of two readings has."""
    true = letters(page.body)
    kept = Counter(letters(block.text) for block in _kept(other))
    for block in _kept(one):
        key = letters(block.text)
        kept[key] -= 1
        if kept[key] < 0 and key:
            told = "true" if key in true else "not"
            where = block.path[-SHOWN_CHARS:]
            yield (
                f"  {sign} {told:<4} {_rule(other, key)} | {where} | "
                f"{block.text[:SHOWN_CHARS]}"
            )


def _kept(examined: Examination) -> list[Block]:
    draft = examined.draft
    return [*draft.kept_blocks(Role.LEAD), *draft.kept_blocks(Role.TEXT)]


def _rule(examined: Examination, key: str) -> str:
    draft = examined.draft
    return next(
        (
            cut.rule
            for index, cut in draft.cuts.items()
            if key in letters(draft.blocks[index].text)
        ),
        "-",
    )


if __name__ == "__main__":
    sys.exit(main())
