"""copydesk crawl: a site, or addresses, to an archive and records."""

import argparse
import sys
from pathlib import Path

from crawler import exit_codes
from crawler.catalog import Catalog, load_catalog
from crawler.commands import Subparsers
from crawler.commands.learn import learn_into
from crawler.commands.run_options import (
    add_run_options,
    config_of,
    exit_code,
    positive_number,
    seconds,
    tell_stale,
)
from crawler.commands.sites import named_site
from crawler.progress import Progress
from schemas.errors import UsageError
from schemas.manifest import RunState
from schemas.site import SiteDefinition

DESCRIPTION = """\
Crawl one site by its definition, or the addresses given: articles, sections, feeds or
sitemaps. Every response is archived as received in DIR/archive before anything else is
done with it; records go to DIR/articles, DIR/duplicates, DIR/rejected and DIR/failed,
with DIR/manifest.json. A second run on the same DIR goes on where the first ended, and
fetches no article twice.

Learnt templates in DIR/templates are used. With --learn they are learnt at the end,
from all that DIR/archive holds, for the next run.
"""


LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


def add_parser(subparsers: Subparsers) -> None:
    """Add this command."""
    parser = subparsers.add_parser(
        "crawl",
        help="crawl a site or addresses",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "targets",
        nargs="+",
        metavar="SITE|URL",
        help="a name from `copydesk sites list` or a TOML file; or http(s) addresses",
    )
    parser.add_argument(
        "--site", metavar="NAME", help="definition that the addresses follow"
    )
    parser.add_argument(
        "--out", metavar="DIR", type=Path, required=True, help="output folder"
    )
    parser.add_argument(
        "--delay",
        metavar="SECONDS",
        type=seconds,
        help="pause between two requests to a host (default: the site's, else 2)",
    )
    parser.add_argument(
        "--concurrency",
        metavar="N",
        type=positive_number,
        help="requests at a time, over all hosts",
    )
    parser.add_argument(
        "--max-pages",
        metavar="N",
        type=positive_number,
        help="pages to fetch this time at most; the rest stays pending",
    )
    parser.add_argument(
        "--allow-private-addresses",
        action="store_true",
        help="loopback and private hosts may be asked; they are refused otherwise",
    )
    parser.add_argument(
        "--contact",
        metavar="URL|EMAIL",
        help="how the site's owner reaches you; sent in the user agent",
    )
    parser.add_argument(
        "--templates",
        metavar="DIR",
        type=Path,
        help="folder of learnt templates; those of sites that the output folder has "
        "none of are copied there",
    )
    parser.add_argument(
        "--learn", action="store_true", help="learn templates at the end"
    )
    parser.add_argument(
        "--log-level",
        metavar="LEVEL",
        choices=LOG_LEVELS,
        default="WARNING",
        help=f"one of {', '.join(LOG_LEVELS)} (default: %(default)s)",
    )
    add_run_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Crawl what was named; the exit code."""
    from crawler.crawl import CrawlOptions, run_crawl

    catalog = load_catalog()
    site, urls = _split(arguments.targets, arguments.site, catalog)
    progress = Progress(sys.stderr, is_shown=not arguments.quiet)
    manifest = run_crawl(
        CrawlOptions(
            targets=urls,
            site=site,
            out=arguments.out,
            catalog=catalog,
            delay_seconds=arguments.delay,
            concurrency=arguments.concurrency,
            max_pages=arguments.max_pages,
            workers=arguments.workers,
            allow_private_addresses=arguments.allow_private_addresses,
            contact=arguments.contact,
            templates=arguments.templates,
            on_progress=progress.update,
            log_level=arguments.log_level,
            config=config_of(arguments),
        )
    )
    progress.finish(manifest.counts)
    tell_stale(manifest.template_use)
    if manifest.state is RunState.INTERRUPTED:
        print("copydesk: interrupted", file=sys.stderr)
        return exit_codes.FAILED
    if arguments.learn:
        _learn(arguments, site, catalog)
    return exit_code(manifest.counts, is_strict=arguments.strict)


def _learn(
    arguments: argparse.Namespace, site: SiteDefinition | None, catalog: Catalog
) -> None:
    """The templates of all that was archived wait for the next session."""
    from crawler.extensions.run import ARCHIVE_FOLDER
    from pipelines.learn.archive import LearnRun
    from pipelines.learn.sample import SiteRule
    from pipelines.template_files import NEXT_FOLDER

    job = LearnRun(
        inputs=(str(arguments.out / ARCHIVE_FOLDER),),
        rule=SiteRule(site, catalog.definitions),
        config=config_of(arguments),
        workers=arguments.workers,
    )
    learn_into(arguments.out / NEXT_FOLDER, job)


def _split(
    targets: list[str], site_name: str | None, catalog: Catalog
) -> tuple[SiteDefinition | None, tuple[str, ...]]:
    """The site that is named, and the addresses.

    Raises:
        UsageError: More than one site is named.
    """
    urls = tuple(each for each in targets if each.startswith(("http://", "https://")))
    names = [each for each in targets if each not in urls]
    if site_name is not None:
        names.append(site_name)
    if len(names) > 1:
        raise UsageError(f"a crawl has one site, not {len(names)}: {', '.join(names)}")
    return named_site(names[0] if names else None, catalog), urls
