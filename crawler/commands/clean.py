"""copydesk clean: pages of archives, folders and dumps to records."""

import argparse
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from crawler.catalog import load_catalog
from crawler.commands import Subparsers
from crawler.commands.run_options import add_run_options, config_of, exit_code
from crawler.commands.sites import named_site
from crawler.progress import Progress
from crawler.terminal import printable
from schemas.manifest import Counts, Disposition
from schemas.provenance import Source
from schemas.rejection import Failure, Rejection

if TYPE_CHECKING:
    from pipelines.batch import CleanRun
    from pipelines.dedup import Record

DESCRIPTION = """\
Clean the pages of WARC files, saved HTML, text and JSONL dumps, or folders of them.

With --out DIR the records go to DIR/articles, DIR/duplicates, DIR/rejected and
DIR/failed, with DIR/manifest.json; a run that was stopped goes on with the same
command. Without it articles are printed as JSONL, and what became of other pages is
told on standard error.
"""


def add_parser(subparsers: Subparsers) -> None:
    """Add this command."""
    parser = subparsers.add_parser(
        "clean",
        help="clean archives, saved pages and dumps",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="PATH",
        help=".warc, .warc.gz, .wet.gz, .html, .txt, .jsonl, a folder, or - for "
        "standard input",
    )
    parser.add_argument(
        "--site",
        metavar="NAME",
        help="site of all pages: a name from `copydesk sites list`, or a TOML file; "
        "default: each page's own, by its host or its fixed phrases",
    )
    parser.add_argument("--out", metavar="DIR", type=Path, help="output folder")
    add_run_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Clean what was named; the exit code."""
    from pipelines.batch import CleanRun, clean_to_folder

    catalog = load_catalog()
    site = named_site(arguments.site, catalog)
    clean_run = CleanRun(
        inputs=tuple(arguments.paths),
        site=site,
        definitions=catalog.definitions,
        config=config_of(arguments),
        workers=arguments.workers,
        stdin=sys.stdin.buffer,
    )
    progress = Progress(sys.stderr, is_shown=not arguments.quiet)
    if arguments.out is None:
        counts = _print_records(clean_run)
    else:
        manifest = clean_to_folder(
            clean_run,
            arguments.out,
            now=lambda: datetime.now(UTC),
            on_progress=progress.update,
        )
        counts = manifest.counts
    progress.finish(counts)
    return exit_code(counts, is_strict=arguments.strict)


def _print_records(clean_run: "CleanRun") -> Counts:
    """Articles to standard output, all else to standard error."""
    from pipelines.batch import iter_records
    from pipelines.read import OtherRecord

    counts: Counter[Disposition] = Counter()
    for each in iter_records(clean_run):
        if isinstance(each, OtherRecord):
            continue
        disposition, record = each
        counts[disposition] += 1
        if disposition is Disposition.ARTICLES:
            sys.stdout.buffer.write(record.to_json_line().encode() + b"\n")
            sys.stdout.buffer.flush()
        else:
            print(printable(_told(disposition, record)), file=sys.stderr)
    return Counts(
        seen=counts.total(), **{each.value: counts[each] for each in Disposition}
    )


def _told(disposition: Disposition, record: "Record") -> str:
    """One line about a page that gave no article."""
    match record:
        case Rejection():
            source: Source | None = record.provenance
            why = str(record.reason)
            if record.measured is not None:
                why += f" (measured {record.measured:g}, limit {record.limit or 0:g})"
            if record.detail:
                why += f": {record.detail}"
        case Failure():
            source = record.source
            why = f"{record.reason}: {record.message}"
        case _:
            source = record.provenance
            why = f"of article {record.id}"
    return f"{disposition}: {record.url or _place(source)}: {why}"


def _place(source: Source | None) -> str:
    if source is None:
        return "?"
    places = (
        source.input_file or source.warc_file,
        source.input_line or source.warc_offset,
    )
    return ":".join(str(each) for each in places if each is not None)
