"""copydesk demo-site: the sample site of data/demo-site, on loopback."""

import argparse
from datetime import UTC, date, datetime
from pathlib import Path

from crawler import exit_codes
from crawler.commands import Subparsers
from schemas.errors import UsageError

DEMO_SITE = Path(__file__).parents[2] / "data" / "demo-site"


def add_parser(subparsers: Subparsers) -> None:
    """Add this command."""
    parser = subparsers.add_parser(
        "demo-site",
        help="serve the sample site on loopback",
        description="Serve the sample site of data/demo-site on loopback until Ctrl-C.",
    )
    parser.add_argument("--port", type=int, default=8017, help="default: %(default)s")
    parser.add_argument(
        "--root", type=Path, default=DEMO_SITE, help="default: data/demo-site"
    )
    parser.add_argument(
        "--today",
        type=date.fromisoformat,
        default=None,
        metavar="YYYY-MM-DD",
        help="day that the ribbons speak of (default: today)",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Serve until Ctrl-C; the exit code."""
    from crawler.demo_site import run_demo_site

    require_demo_site(arguments.root)
    today = arguments.today or datetime.now(UTC).date()
    run_demo_site(arguments.root, arguments.port, today)
    return exit_codes.OK


def require_demo_site(root: Path) -> None:
    """The sample site is there.

    Raises:
        UsageError: It is not: it comes with the repository, not with the package.
    """
    if not (root / "site.toml").is_file():
        raise UsageError(f"{root}: has no sample site; it is part of the repository")
