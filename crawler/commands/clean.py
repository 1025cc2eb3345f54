"""copydesk clean: pages of archives, folders and dumps to records."""

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from crawler.catalog import load_catalog
from crawler.commands import Subparsers
from crawler.commands.run_options import (
    add_host,
    add_run_options,
    config_of,
    exit_code,
    tell_stale,
)
from crawler.commands.sites import named_site
from crawler.progress import Progress
from crawler.terminal import printable
from schemas.manifest import Counts, Disposition, TemplateUse
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

With --learn the templates of the sites are learnt from the input before it is cleaned
with them (docs/templates.md); they are in DIR/templates.
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
    add_host(parser)
    parser.add_argument("--out", metavar="DIR", type=Path, help="output folder")
    parser.add_argument(
        "--learn", action="store_true", help="learn from the input first"
    )
    parser.add_argument(
        "--templates",
        metavar="DIR",
        type=Path,
        help="folder of templates of earlier runs; with --learn those learnt now are "
        "preferred",
    )
    add_run_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Clean what was named; the exit code."""
    from pipelines.batch import clean_to_folder

    clean_run = _clean_run(arguments)
    progress = Progress(sys.stderr, is_shown=not arguments.quiet)
    if arguments.out is None:
        counts, uses = _print_records(clean_run)
    else:
        manifest = clean_to_folder(
            clean_run,
            arguments.out,
            now=lambda: datetime.now(UTC),
            on_progress=progress.update,
        )
        counts, uses = manifest.counts, manifest.template_use
    progress.finish(counts)
    tell_stale(uses)
    return exit_code(counts, is_strict=arguments.strict)


def _clean_run(arguments: argparse.Namespace) -> "CleanRun":
    from pipelines.batch import CleanRun
    from pipelines.template_files import open_folder

    catalog = load_catalog()
    given = arguments.templates
    return CleanRun(
        inputs=tuple(arguments.paths),
        site=named_site(arguments.site, catalog),
        definitions=catalog.definitions,
        config=config_of(arguments),
        workers=arguments.workers,
        stdin=sys.stdin.buffer,
        host=arguments.host,
        templates=open_folder(given) if given is not None else None,
        learns=arguments.learn,
    )


def _print_records(clean_run: "CleanRun") -> tuple[Counts, Mapping[str, TemplateUse]]:
    """Articles to standard output, all else to standard error."""
    from pipelines.batch import freeze_templates, iter_records
    from pipelines.read import OtherRecord
    from pipelines.template_files import TemplateFolder
    from pipelines.template_use import TemplateUses

    counts: Counter[Disposition] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        if clean_run.learns:
            clean_run = freeze_templates(clean_run, Path(folder))
        known = clean_run.templates or TemplateFolder(Path(folder), {})
        uses = TemplateUses(known, {}, clean_run.config.template)
        for each in iter_records(clean_run):
            if isinstance(each, OtherRecord):
                continue
            disposition, record = each
            counts[disposition] += 1
            uses.count(record)
            _print_record(disposition, record)
    ends = {each.value: counts[each] for each in Disposition}
    return Counts(seen=counts.total(), **ends), uses.judged()


def _print_record(disposition: Disposition, record: "Record") -> None:
    if disposition is Disposition.ARTICLES:
        sys.stdout.buffer.write(record.to_json_line().encode() + b"\n")
        sys.stdout.buffer.flush()
    else:
        print(printable(_told(disposition, record)), file=sys.stderr)


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
