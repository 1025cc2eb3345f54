"""copydesk verify: is an output folder what its manifest says?"""

import argparse
from pathlib import Path

from crawler import exit_codes
from crawler.commands import Subparsers
from crawler.terminal import printable

DESCRIPTION = """\
Check an output folder against its manifest: digests and sizes of all parts, each record
against its schema and its own digest, counts that balance, nothing left over. Prints a
line for each fault and exits with 1 if there is any.
"""


def add_parser(subparsers: Subparsers) -> None:
    """Add this command."""
    parser = subparsers.add_parser(
        "verify", help="check an output folder", description=DESCRIPTION
    )
    parser.add_argument("out", metavar="DIR", type=Path)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print all faults; the exit code."""
    from pipelines.manifest import load_manifest
    from pipelines.verify import verify_output

    faults = 0
    for finding in verify_output(arguments.out):
        print(printable(finding))
        faults += 1
    if faults:
        return exit_codes.FINDINGS
    manifest = load_manifest(arguments.out)
    if manifest is not None:
        counts = ", ".join(f"{count} {name}" for name, count in manifest.counts)
        print(f"{arguments.out}: {len(manifest.parts)} parts are right; {counts}")
    return exit_codes.OK
