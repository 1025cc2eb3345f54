"""copydesk learn: what each site repeats, and where its articles sit."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from crawler import exit_codes
from crawler.catalog import load_catalog
from crawler.commands import Subparsers
from crawler.commands.run_options import add_effort, add_host, add_workers, config_of
from crawler.commands.sites import named_site
from crawler.terminal import printable
from schemas.template import SiteTemplate

if TYPE_CHECKING:
    from pipelines.learn import TooFew
    from pipelines.learn.archive import LearnRun

DESCRIPTION = """\
Learn a template of each site from the pages of WARC files, folders and dumps, and write
it to DIR, one file for each site; one of an earlier run is replaced. Nothing is learnt
of a site with too few different articles.
"""


def add_parser(subparsers: Subparsers) -> None:
    """Add this command."""
    parser = subparsers.add_parser(
        "learn",
        help="learn templates of sites from their pages",
        description=DESCRIPTION,
    )
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="PATH",
        help="what `copydesk clean` reads, but for standard input",
    )
    parser.add_argument(
        "--out", metavar="DIR", type=Path, required=True, help="folder of templates"
    )
    parser.add_argument("--site", metavar="NAME", help="as for `copydesk clean`")
    add_host(parser)
    add_workers(parser)
    add_effort(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Learn from what was named, and tell of each site; the exit code."""
    from pipelines.learn.archive import LearnRun
    from pipelines.learn.sample import SiteRule

    catalog = load_catalog()
    site = named_site(arguments.site, catalog)
    job = LearnRun(
        inputs=tuple(arguments.paths),
        rule=SiteRule(site, catalog.definitions, arguments.host),
        config=config_of(arguments),
        workers=arguments.workers,
    )
    return learn_into(arguments.out, job)


def learn_into(folder: Path, job: "LearnRun") -> int:
    """The templates of a job's inputs are in a folder, and are told of; the exit code.

    Failed if all pages that were looked at were lost to errors.

    Raises:
        UsageError, InputError: As `learn_archive`.
        TemplateError: The folder cannot be written.
    """
    from pipelines.learn.archive import learn_archive
    from pipelines.template_files import write_template

    learnt = learn_archive(job)
    for template in learnt.templates:
        write_template(folder, template)
    for each in learnt.sites:
        print(printable(_told(each)))
    if not learnt.sites:
        why = "no page tells its site; --host names that of pages without an address"
        print(f"copydesk: {why}", file=sys.stderr)
    for failure in learnt.failures:
        why = f"failed: {failure.url or '?'}: {failure.reason}: {failure.message}"
        print(printable(why), file=sys.stderr)
    is_lost = learnt.failures and not learnt.templates
    return exit_codes.FAILED if is_lost else exit_codes.OK


def _told(learnt: "SiteTemplate | TooFew") -> str:
    """One line about a site."""
    if not isinstance(learnt, SiteTemplate):
        return (
            f"{learnt.site}: at most {learnt.articles} articles, {learnt.wanted} are "
            "needed: nothing learnt"
        )
    layouts = ", ".join(
        f"{layout.name} in {layout.container.rpartition('/')[2]} "
        f"({layout.articles} articles, usually {layout.usual_letters} letters)"
        for layout in learnt.layouts
    )
    lines = len(learnt.lines) + len(learnt.dated_lines) + len(learnt.phrases)
    return (
        f"{learnt.site}: {learnt.articles} articles on {learnt.pages} pages: "
        f"{lines} lines, {len(learnt.regions)} regions, {layouts or 'no layout'}"
    )
