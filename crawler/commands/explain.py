"""copydesk explain: what was kept and cut on a page, and by which rule."""

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crawler import exit_codes
from crawler.catalog import load_catalog
from crawler.commands import Subparsers
from crawler.commands.run_options import add_effort, config_of
from crawler.commands.sites import named_site
from crawler.commands.templates import load_given
from crawler.terminal import printable
from schemas.article import Article
from schemas.page import Page
from schemas.provenance import TemplateCheck
from schemas.rejection import BrokenRule, Failure, Rejection
from schemas.template import SiteTemplate

if TYPE_CHECKING:
    from pipelines.process import Examination

DESCRIPTION = """\
Show for each page of PATH what was kept and what was cut, by which rule, in the order
of the page, and where each field of the record was read. On a terminal kept and cut
stand side by side, in colour; else (or with --lines) each is a line: + kept, - cut.
"""

LINE_CHARS = 160


@dataclass(frozen=True, slots=True)
class Explained:
    """A page with all that was decided, and what was known of its site."""

    examination: "Examination"
    template: SiteTemplate | None


def add_parser(subparsers: Subparsers) -> None:
    """Add this command."""
    parser = subparsers.add_parser(
        "explain",
        help="show what was kept and cut, by which rule",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("path", metavar="PATH", help="what `copydesk clean` reads")
    parser.add_argument("--site", metavar="NAME", help="as for `copydesk clean`")
    parser.add_argument(
        "--template",
        metavar="PATH",
        type=Path,
        help="a learnt template, or a folder of them; of a page without an address "
        "only a file says which",
    )
    add_effort(parser)
    parser.add_argument(
        "--lines", action="store_true", help="lines, also on a terminal"
    )
    parser.add_argument(
        "--page", metavar="N", type=int, help="only the Nth page, counted from 1"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Explain what was named; the exit code."""
    as_table = sys.stdout.isatty() and not arguments.lines
    number = 0
    pages = _explained(arguments)
    for number, explained in enumerate(pages, 1):
        if arguments.page not in {None, number}:
            continue
        if isinstance(explained, Failure):
            print(printable(f"failed: {explained.reason}: {explained.message}"))
            continue
        for line in _fields(explained):
            print(printable(line))
        if as_table:
            _print_table(explained)
        else:
            for line in _lines(explained):
                print(line)
    wanted = 1 if arguments.page is None else arguments.page
    if not 1 <= wanted <= number:
        print(f"copydesk: there are {number} pages", file=sys.stderr)
        return exit_codes.MISUSE
    return exit_codes.OK


def _explained(arguments: argparse.Namespace) -> Iterator[Explained | Failure]:
    """Each page of a path with all that was decided, each damaged record as it is."""
    from pipelines.process import examine_page
    from pipelines.read import read_path
    from pipelines.recognize import recognize_site

    catalog, config = load_catalog(), config_of(arguments)
    named = named_site(arguments.site, catalog)
    template_of = _templates(arguments.template)
    for reading in read_path(arguments.path, config.limits, stdin=sys.stdin.buffer):
        if isinstance(reading, Page):
            site = named or recognize_site(reading, catalog.definitions)
            template = template_of(reading)
            yield Explained(examine_page(reading, site, template, config), template)
        elif isinstance(reading, Failure):
            yield reading


def _templates(path: Path | None) -> Callable[[Page], SiteTemplate | None]:
    """What gives a page its template: that of its site, or the one that was named."""
    from pipelines.sites import host_of

    given = load_given(path) if path is not None else ()
    by_site = {each.site: each for each in given}
    named = given[0] if path is not None and path.is_file() else None
    return lambda page: by_site.get(host_of(page.url) or "", named)


def _fields(explained: Explained) -> Iterator[str]:
    """The outcome, and where title and date come from."""
    examination = explained.examination
    outcome = examination.outcome
    if isinstance(outcome, Article):
        yield f"article  {outcome.id}  {outcome.url or ''}".rstrip()
        made_by = outcome.provenance.extractor
        yield f"  text       {outcome.word_count} words, by {made_by}"
        score = f" ({outcome.language_score})" if outcome.language_score else ""
        yield f"  language   {outcome.language}{score}"
    else:
        yield f"rejected: {outcome.reason}  {outcome.url or ''}".rstrip()
        for broken in _broken_rules(outcome):
            numbers = (
                "" if broken.measured is None else f" measured {broken.measured:g}"
            )
            limit = "" if broken.limit is None else f", limit {broken.limit:g}"
            yield f"  {broken.reason}{numbers}{limit} {broken.detail or ''}".rstrip()
    if explained.template is not None:
        yield f"  template   {_template_use(outcome, explained.template)}"
    metadata = examination.metadata
    if metadata is None:
        return
    for field, candidates in metadata.candidates.items():
        if field == "published":
            continue
        for number, candidate in enumerate(candidates):
            name = field if number == 0 else "  or"
            yield f"  {name:<18} {_short(candidate.value)}  [{candidate.source}]"
    published = metadata.published
    for number, candidate in enumerate(published.candidates, start=1):
        # The search ends at the first that is usable.
        is_last = number == len(published.candidates)
        verdict = (published.iso if is_last else None) or "not usable"
        yield (
            f"  {'published':<18} {_short(candidate.value)}"
            f"  [{candidate.source}: {verdict}]"
        )


def _template_use(outcome: Article | Rejection, template: SiteTemplate) -> str:
    """What the template was good for."""
    made = outcome.provenance
    if made is None or made.template_digest is None:
        return f"of another site, {template.site}: not used"
    said = f"of {template.site}, {template.articles} articles"
    match made.template_check:
        case None:
            return f"{said}: no layout was asked for"
        case TemplateCheck.FITS:
            agreement = made.template_agreement
            checked = f" (agreement {agreement})" if agreement is not None else ""
            return f"{said}: {made.template_check}{checked}"
    return f"{said}: {made.template_check}, read on the generic path"


def _broken_rules(rejection: Rejection) -> tuple[BrokenRule, ...]:
    first = BrokenRule(
        reason=rejection.reason,
        measured=rejection.measured,
        limit=rejection.limit,
        detail=rejection.detail,
    )
    return (first, *rejection.also)


def _lines(explained: Explained) -> Iterator[str]:
    """`+` kept and its role, `-` cut and its rule, in the order of the page.

    A block that a model judged has the probability that it is the article's, and the
    features that spoke loudest for it (+) and against it (-); what a template cut, on
    how many articles it was known.
    """
    draft = explained.examination.draft
    for index, block in enumerate(draft.blocks):
        cut = draft.cuts.get(index)
        why = _why(explained, index)
        if cut is None:
            role = draft.roles.get(index, "open")
            yield f"+ {role:<18} {_short(block.text)}{why}"
            continue
        for piece in cut.pieces:
            yield f"- {cut.rule:<18} {_short(piece)}{why}"


def _why(explained: Explained, index: int) -> str:
    from pipelines.model import probability

    cut = explained.examination.draft.cuts.get(index)
    if cut is not None and cut.articles is not None and explained.template is not None:
        every = explained.template.articles
        return f"  [on {cut.articles} of {every} articles of this site]"
    extraction = explained.examination.extraction
    judgement = extraction.judgement if extraction is not None else None
    row = judgement.rows.get(index) if judgement is not None else None
    if judgement is None or row is None:
        return ""
    model = judgement.model
    said = ", ".join(
        f"{name}={row[model.features.index(name)]:.3g} {share:+.1f}"
        for name, share in model.reasons(row)
    )
    # Of some rows no single number would have changed the score.
    judged = f"{probability(judgement.scores[index]):.2f}"
    return f"  [{judged}: {said}]" if said else f"  [{judged}]"


def _print_table(explained: Explained) -> None:
    """Kept on the left, cut on the right, with its rule and what spoke for it."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("kept", "cut", "rule", "why", show_lines=False, expand=True)
    draft = explained.examination.draft
    for index, block in enumerate(draft.blocks):
        cut = draft.cuts.get(index)
        why = Text(_why(explained, index).strip(" []"), "dim")
        if cut is None:
            role = draft.roles.get(index, "open")
            kept = Text(printable(block.text), "green")
            table.add_row(kept, "", Text(role, "green"), why)
            continue
        for piece in cut.pieces:
            rule = Text(cut.rule, "dim red")
            table.add_row("", Text(printable(piece), "red"), rule, why)
    Console().print(table)


def _short(text: str) -> str:
    text = printable(text)
    return text if len(text) <= LINE_CHARS else text[: LINE_CHARS - 1] + "…"
