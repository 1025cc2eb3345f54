"""What the commands that run over pages have in common: options, and their answer."""

import argparse
import math
import os
import sys
from collections.abc import Mapping

from crawler import exit_codes
from crawler.terminal import printable
from schemas.config import (
    Effort,
    ExtractionConfig,
    OptOutKind,
    OptOutsConfig,
    PipelineConfig,
)
from schemas.manifest import Counts, TemplateUse


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """Add `--workers`, `--effort`, `--obey-opt-outs`, `--strict` and `--quiet`."""
    add_workers(parser)
    add_effort(parser)
    parser.add_argument(
        "--obey-opt-outs",
        metavar="KIND[,KIND…]",
        type=opt_outs,
        default=(),
        help="reject pages that are reserved against AI training or data mining: "
        f"{', '.join(OptOutKind)}, or all",
    )
    parser.add_argument(
        "--strict",
        action="store_true",
        help="exit with 1 if any page was rejected or failed",
    )
    parser.add_argument("--quiet", action="store_true", help="no progress line")


def add_workers(parser: argparse.ArgumentParser) -> None:
    """Add `--workers`."""
    parser.add_argument(
        "--workers",
        metavar="N",
        type=positive_number,
        default=available_cores(),
        help="worker processes that clean (default: %(default)s, one for each core)",
    )


def add_host(parser: argparse.ArgumentParser) -> None:
    """Add `--host`."""
    parser.add_argument(
        "--host",
        metavar="HOST",
        type=host_name,
        help="site that pages without an address are of, as templates name it "
        "(default: that of --site)",
    )


def add_effort(parser: argparse.ArgumentParser) -> None:
    """Add `--effort`."""
    parser.add_argument(
        "--effort",
        choices=[str(effort) for effort in Effort],
        default=str(ExtractionConfig().effort),
        help="time spent on finding the article (default: %(default)s)",
    )


def config_of(arguments: argparse.Namespace) -> PipelineConfig:
    """The configuration that the options ask for."""
    effort = Effort(arguments.effort)
    # `explain` and `learn` have no such option.
    obeyed = getattr(arguments, "obey_opt_outs", ())
    return PipelineConfig(
        extraction=ExtractionConfig(effort=effort),
        opt_outs=OptOutsConfig(obey=obeyed),
    )


def opt_outs(text: str) -> tuple[OptOutKind, ...]:
    """Kinds of opt-outs, parted by commas; `all` names them all.

    Raises:
        argparse.ArgumentTypeError: One is not known.
    """
    if text == "all":
        return tuple(OptOutKind)
    try:
        return tuple(OptOutKind(each) for each in text.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def positive_number(text: str) -> int:
    """A whole number of 1 and more.

    Raises:
        argparse.ArgumentTypeError: It is none.
    """
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number above 0")
    return int(text)


def host_name(text: str) -> str:
    """The host of an address, or a bare host, as templates name it.

    Raises:
        argparse.ArgumentTypeError: It is none.
    """
    from pipelines.sites import host_of

    host = host_of(text if "://" in text else f"http://{text}")
    if host is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no host")
    return host


def seconds(text: str) -> float:
    """A time of 0 seconds and more.

    Raises:
        argparse.ArgumentTypeError: It is none.
    """
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= 0):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds")
    return value


def available_cores() -> int:
    """Cores that this process may use, at least 1."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def exit_code(counts: Counts, *, is_strict: bool) -> int:
    """What a run answers: failed if there was no page that did not fail."""
    if counts.seen and counts.failed == counts.seen:
        return exit_codes.FAILED
    if is_strict and (counts.rejected or counts.failed):
        return exit_codes.FINDINGS
    return exit_codes.OK


def tell_stale(uses: Mapping[str, TemplateUse]) -> None:
    """Name the templates that do not serve their sites any more, on standard error."""
    for site, use in uses.items():
        if use.stale:
            print(printable(f"stale template: {site}: {use.why}"), file=sys.stderr)
