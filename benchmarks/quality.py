"""python -m benchmarks.quality: how good the extraction is, beside other tools.

Runs the real process_page() over the labelled sets of a folder and prints one table.
docs/quality.md says how to read it.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from platform import python_version

from benchmarks import floors
from benchmarks.labelled import BenchmarkError, LabelledSet, load_sets
from benchmarks.report import (
    Measured,
    as_data,
    groups,
    pooled,
    table,
    worst,
    write_predictions,
)
from benchmarks.scoring import Judge, figures
from benchmarks.show import show
from benchmarks.tools import (
    BASELINE,
    OURS,
    STANDARD,
    Peers,
    Tool,
    copydesk,
    trafilatura_tools,
    versions,
)

ROOT = Path(__file__).parents[1]

PEERS_PYTHON = ROOT / ".venv-peers" / "bin" / "python"

PINNED = (BASELINE, "lxml", "langdetect")
"""Distributions whose versions are written beside the floors."""

WARM_UP_PAGES = 5
"""Pages that each tool sees first, untimed: imports, caches, language profiles."""


def main(argv: Sequence[str] | None = None) -> int:
    """Measure what the arguments say; the exit code.

    0: done; 1: a figure is worse than its floor; 2: the sets cannot be compared with
    the floors, or cannot be read.
    """
    arguments = _parser().parse_args(argv)
    try:
        sets = load_sets(arguments.folder, _words(arguments.sets))
        if arguments.show is not None:
            return _show(sets, arguments)
        return _measure(sets, arguments)
    except BenchmarkError as error:
        _tell(str(error))
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.quality",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("folder", type=Path, help="the folder that holds the labelled sets")
    add("--sets", metavar="A,B", default="", help="only these; else all there are")
    add("--efforts", metavar="A,B", default=STANDARD, help="ours; else standard")
    add(
        "--folds",
        metavar="FOLDER",
        type=Path,
        help="ours by models of a cross-validation",
    )
    add("--no-peers", action="store_true", help="measure no other tool")
    add("--peers-python", metavar="PATH", type=Path, default=PEERS_PYTHON)
    add("--by", metavar="KEY", help="also by lang, site, publisher, ...")
    add("--worst", metavar="N", type=int, default=0, help="our N worst pages a set")
    add("--show", metavar="ID", help="only this page: its true text beside ours")
    add("--json", action="store_true", help="print JSON")
    add("--predictions", metavar="FOLDER", type=Path, help="write all answers there")
    add("--check", action="store_true", help="fail below the floors")
    add("--write-floors", action="store_true", help="what is measured is the floor")
    add("--floors", metavar="PATH", type=Path, default=floors.PATH)
    return parser


def _measure(sets: Sequence[LabelledSet], arguments: argparse.Namespace) -> int:
    with ExitStack() as stack:
        tools: list[Tool] = [
            copydesk(effort, arguments.folds) for effort in _words(arguments.efforts)
        ]
        named = {"Python": python_version(), **versions((OURS, *PINNED))}
        if not arguments.no_peers:
            tools += trafilatura_tools()
            peers = _peers(arguments.peers_python, stack)
            if peers is not None:
                tools += peers.tools()
                named |= peers.versions
        measured = list(_answers(sets, tools))
    _report(measured, named, arguments)
    return _floors(measured, arguments)


def _peers(python: Path, stack: ExitStack) -> Peers | None:
    """The other environment's tools, if there are any; else it is told why not."""
    if not python.is_file():
        _tell(f"no other tools: {python} is missing; `make peers` builds it")
        return None
    peers = stack.enter_context(Peers(python))
    if not peers.tools():
        _tell(f"no other tools: {python} cannot run them; `make peers` builds it")
    return peers


def _answers(sets: Sequence[LabelledSet], tools: Sequence[Tool]) -> Iterator[Measured]:
    """Each set measured. On each page each tool has its turn, and another one begins.

    So what slows the machine, and what one tool leaves in the caches of a library that
    another uses too, is the same for all.
    """
    for page in sets[0].pages[:WARM_UP_PAGES]:
        for tool in tools:
            tool.answer(page, page.read())
    for labelled in sets:
        measured = Measured(
            labelled,
            fields={tool.name: tool.fields for tool in tools},
            scores={tool.name: [] for tool in tools},
        )
        for number, page in enumerate(labelled.pages):
            body = page.read()
            judge = Judge(page, labelled.name)
            first = number % len(tools)
            for tool in (*tools[first:], *tools[:first]):
                score = judge.score(tool.answer(page, body), tool.fields)
                measured.scores[tool.name].append(score)
        yield measured


def _report(
    measured: Sequence[Measured],
    named: Mapping[str, str],
    arguments: argparse.Namespace,
) -> None:
    if arguments.predictions is not None:
        for each in measured:
            write_predictions(each, arguments.predictions)
    if arguments.json:
        print(json.dumps({"versions": named, "sets": as_data(measured)}, indent=1))
        return
    print(", ".join(f"{name} {version}" for name, version in named.items()))
    for line in (*table(measured), *pooled(measured)):
        print(line)
    for each in measured:
        for line in (*groups(each, arguments.by), *worst(each, arguments.worst)):
            print(line)


def _floors(measured: Sequence[Measured], arguments: argparse.Namespace) -> int:
    """Write or check the floors, which are those of our standard effort."""
    if not (arguments.write_floors or arguments.check):
        return 0
    tool = f"{OURS} {STANDARD}"
    if STANDARD not in _words(arguments.efforts):
        raise BenchmarkError(f"floors are of the effort {STANDARD}")
    found = {
        each.labelled.name: {
            "digest": each.labelled.digest,
            "figures": figures(each.scores[tool]),
        }
        for each in measured
    }
    if arguments.write_floors:
        floors.write(arguments.floors, versions(PINNED), found)
        return 0
    content = floors.read(arguments.floors)
    if content["versions"] != versions(PINNED):
        _tell(f"the floors were measured with {content['versions']}")
    broken = list(floors.broken(content, found))
    for line in broken:
        _tell(line)
    return 1 if broken else 0


def _show(sets: Sequence[LabelledSet], arguments: argparse.Namespace) -> int:
    pages = [
        (each.name, page)
        for each in sets
        for page in each.pages
        if page.id == arguments.show
    ]
    if not pages:
        raise BenchmarkError(f"no page {arguments.show} in {arguments.folder}")
    for set_name, page in pages:
        for line in show(page, set_name, _words(arguments.efforts)[0]):
            print(line)
    return 0


def _words(text: str) -> list[str]:
    return [word for word in text.split(",") if word]


def _tell(line: str) -> None:
    print(f"quality: {line}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
