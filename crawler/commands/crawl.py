"""copydesk crawl: a site, or addresses, to an archive and records."""

import argparse
import sys
from pathlib import Path

from crawler import exit_codes
from crawler.catalog import Catalog, load_catalog
from crawler.commands import Subparsers
from crawler.commands.conclusion_options import (
    add_conclusion_options,
    conclusion_settings,
)
from crawler.commands.learn import learn_into
from crawler.commands.run_options import (
    add_run_options,
    config_of,
    positive_number,
    seconds,
    tell_stale,
)
from crawler.commands.sites import named_site
from crawler.progress import Progress
from schemas.errors import UsageError
from schemas.manifest import RunState
from schemas.site import SiteDefinition
from schemas.summary import CrawlSummary

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
        nargs="*",
        metavar="SITE|URL",
        help="a name from `copydesk sites list` or a TOML file; or http(s) addresses",
    )
    parser.add_argument(
        "--site", metavar="NAME", help="definition that the addresses follow"
    )
    parser.add_argument(
        "--all", action="store_true", help="crawl all sites of the catalogue"
    )
    parser.add_argument(
        "--catalog",
        metavar="DIR",
        type=Path,
        help="folder of site files (default: those that ship)",
    )
    parser.add_argument(
        "--shard",
        metavar="K/N",
        type=shard,
        help="with --all: the sites of machine K of N; output goes to DIR/shard-K-of-N",
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
        "--site-concurrency",
        metavar="N",
        type=positive_number,
        help="requests at a time to each host (default: the site's, else 1)",
    )
    parser.add_argument(
        "--fetch-only",
        action="store_true",
        help="archive only; the next run on DIR cleans what was fetched",
    )
    parser.add_argument(
        "--recheck",
        action="store_true",
        help="ask all sources now, those that are not due too",
    )
    parser.add_argument(
        "--frontier",
        metavar="redis://HOST",
        help="share the site with machines that name the same Redis; each has its DIR",
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
    add_conclusion_options(parser)
    add_run_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Crawl what was named; the exit code."""
    from crawler.crawl import CrawlOptions, run_crawl
    from crawler.summary import load_summary

    catalog = _catalog_of(arguments.catalog)
    site, urls = _split(arguments.targets, arguments.site, catalog)
    sites = _sites_of(arguments, catalog)
    if arguments.all and (arguments.targets or arguments.site):
        raise UsageError("--all crawls all sites: name none, and no address")
    if not (arguments.all or site or urls):
        raise UsageError("name a site, addresses, or --all")
    if arguments.all and not sites:
        # Of few sites and many machines some have none; that is no fault of theirs.
        print("copydesk: no site of the catalogue is in this share", file=sys.stderr)
        return exit_codes.OK
    out = arguments.out
    if arguments.shard is not None:
        out = out / f"shard-{arguments.shard[0]}-of-{arguments.shard[1]}"
    progress = Progress(sys.stderr, is_shown=not arguments.quiet)
    manifest = run_crawl(
        CrawlOptions(
            targets=urls,
            site=site,
            sites=sites,
            scope=_scope_of(arguments) if sites else None,
            out=out,
            catalog=catalog,
            delay_seconds=arguments.delay,
            concurrency=arguments.concurrency,
            site_concurrency=arguments.site_concurrency,
            fetch_only=arguments.fetch_only,
            recheck=arguments.recheck,
            max_pages=arguments.max_pages,
            workers=arguments.workers,
            allow_private_addresses=arguments.allow_private_addresses,
            contact=arguments.contact,
            templates=arguments.templates,
            frontier=arguments.frontier,
            on_progress=progress.update,
            log_level=arguments.log_level,
            has_json_log=arguments.log_format == "json",
            settings=conclusion_settings(arguments),
            config=config_of(arguments),
        )
    )
    progress.finish(manifest.counts)
    tell_stale(manifest.template_use)
    summary = load_summary(out)
    if manifest.state is RunState.INTERRUPTED:
        print("copydesk: interrupted", file=sys.stderr)
        return exit_codes.INTERRUPTED
    if summary is not None:
        _tell_if_nothing_was_due(summary)
    if arguments.learn:
        _learn(arguments, out, site, catalog)
    return exit_codes.FAILED if summary is None else summary.exit_code


def _tell_if_nothing_was_due(summary: CrawlSummary) -> None:
    """Say when the next source is, if nothing was asked."""
    due = [each.next_visit for each in summary.sources if each.next_visit is not None]
    if due and not summary.requests:
        print(
            f"nothing was due; the next source is at {min(due):%Y-%m-%d %H:%M}Z "
            "(--recheck asks all of them now)",
            file=sys.stderr,
        )


def _learn(
    arguments: argparse.Namespace,
    out: Path,
    site: SiteDefinition | None,
    catalog: Catalog,
) -> None:
    """The templates of all that was archived wait for the next session."""
    from crawler.extensions.run import ARCHIVE_FOLDER
    from pipelines.learn.archive import LearnRun
    from pipelines.learn.sample import SiteRule
    from pipelines.template_files import NEXT_FOLDER

    job = LearnRun(
        inputs=(str(out / ARCHIVE_FOLDER),),
        rule=SiteRule(site, catalog.definitions),
        config=config_of(arguments),
        workers=arguments.workers,
    )
    learn_into(out / NEXT_FOLDER, job)


def shard(text: str) -> tuple[int, int]:
    """Which machine, and of how many.

    Raises:
        argparse.ArgumentTypeError: It is not `K/N` with K from 1 to N.
    """
    number, slash, count = text.partition("/")
    if not (slash and number.isdecimal() and count.isdecimal()):
        raise argparse.ArgumentTypeError(f"{text!r} is not K/N, as in 1/3")
    if not 1 <= int(number) <= int(count):
        raise argparse.ArgumentTypeError(f"{text!r}: K goes from 1 to N")
    return int(number), int(count)


def _catalog_of(folder: Path | None) -> Catalog:
    if folder is None:
        return load_catalog()
    if not folder.is_dir():
        raise UsageError(f"--catalog {folder}: no such folder")
    return load_catalog(folder)


def _sites_of(
    arguments: argparse.Namespace, catalog: Catalog
) -> tuple[SiteDefinition, ...]:
    """The sites of `--all`, or of this machine's share of them.

    Raises:
        UsageError: A share is asked of something else.
    """
    if not arguments.all:
        if arguments.shard is not None:
            raise UsageError("--shard takes a share of a catalogue: give --all too")
        return ()
    return catalog.shard(*(arguments.shard or (1, 1)))


def _scope_of(arguments: argparse.Namespace) -> str:
    """What the folder belongs to: a share, or the whole catalogue."""
    number, count = arguments.shard or (1, 1)
    return f"shard {number}/{count}"


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
