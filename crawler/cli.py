"""The command `copydesk`. Heavy imports stand where they are used: help is quick."""

import argparse
import os
import signal
import sys
import traceback
from importlib.metadata import version
from types import FrameType

from crawler import exit_codes
from crawler.commands import (
    clean,
    crawl,
    demo,
    demo_site,
    discover,
    explain,
    learn,
    schema,
    sites,
    status,
    templates,
    verify,
)
from schemas.errors import (
    CopydeskError,
    InputError,
    SiteDefinitionError,
    StoreError,
    TemplateError,
    UsageError,
)

DESCRIPTION = """\
Copydesk fetches news pages, archives them as received, cuts everything that is not the
article, and writes validated article records as JSONL.
"""

EPILOG = """\
exit codes:
  0  all went well
  1  something was found: faults (verify, sites check), differences (templates diff),
     or rejected and failed pages where --strict was given
  2  the command cannot be carried out as it was given
  3  the run failed: the log says why
  4  crawl: pages were asked for, and neither an article nor a 304 came
  5  crawl --monitors: a monitor raised an alarm; the records are complete
  6  the run was stopped before it was done: the same command goes on from there

examples:
  copydesk clean --site maghress data/seed.txt
  copydesk crawl maghress --out data/runs/maghress
  copydesk clean data/runs/maghress/archive --out data/runs/again
  copydesk explain data/seed.txt
"""

MISUSES = (UsageError, InputError, SiteDefinitionError, TemplateError, StoreError)
"""What the caller can put right; any other error, a full disk for instance, is a failed
run."""

COMMANDS = (
    crawl,
    discover,
    clean,
    explain,
    learn,
    templates,
    verify,
    status,
    sites,
    schema,
    demo,
    demo_site,
)


def main(argv: list[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: The arguments; None: those of the process.

    Returns:
        The exit code (`crawler.exit_codes`).
    """
    arguments = build_parser().parse_args(argv)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return _run(arguments)
    except BrokenPipeError:
        # The reader of our output has gone, as `head` does: nothing is wrong.
        # What is still in the buffer goes nowhere, as Python's documentation of SIGPIPE
        # has it: else the process would complain of it at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return exit_codes.OK
    except (CopydeskError, OSError) as error:
        print(f"copydesk: {error}", file=sys.stderr)
        return exit_codes.MISUSE if isinstance(error, MISUSES) else exit_codes.FAILED
    except KeyboardInterrupt:
        print("copydesk: interrupted", file=sys.stderr)
        return exit_codes.INTERRUPTED
    except Exception:  # noqa: BLE001 - a scheduler must not read a bug as findings
        traceback.print_exc()
        return exit_codes.FAILED


def _run(arguments: argparse.Namespace) -> int:
    code = int(arguments.run(arguments))
    # Not left to the end of the process, where nobody could catch an error.
    sys.stdout.flush()
    return code


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="copydesk",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--version", action="version", version=f"copydesk {version('copydesk')}"
    )
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add_parser(subparsers)
    return parser


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    """SIGTERM is how a scheduler says Ctrl-C."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
