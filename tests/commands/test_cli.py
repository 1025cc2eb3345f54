"""The command as a whole: help, exit codes, signals, and what it imports."""

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler import cli, exit_codes
from crawler.cli import COMMANDS, EPILOG, build_parser, main
from crawler.commands.run_options import config_of
from schemas.config import OptOutKind
from schemas.errors import (
    ArchiveError,
    CopydeskError,
    InputError,
    ManifestError,
    SiteDefinitionError,
    StoreError,
    TemplateError,
    UsageError,
)
from tests.commands.running import copydesk
from tests.conftest import ROOT, SEED

NAMES = (
    "crawl discover status clean explain learn templates verify sites schema demo "
    "demo-site"
).split()
HEAVY = "scrapy twisted trafilatura lxml langdetect htmldate rich warcio feedparser"


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    """The command changes what SIGTERM does; the tests' process gets it back."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        *([name] for name in NAMES),
        *(["sites", action] for action in ("list", "show", "check")),
        *(["templates", action] for action in ("list", "show", "diff")),
    ],
    ids=" ".join,
)
def test_every_command_has_help(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """It says how it is called, and exits with 0."""
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "--help"])

    assert ended.value.code == exit_codes.OK
    out = capsys.readouterr().out
    assert out.startswith(f"usage: {' '.join(['copydesk', *arguments])} ")
    assert "show this help message" in out


def test_help_names_all_commands_and_exit_codes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """None is missing from the list."""
    with pytest.raises(SystemExit):
        main(["--help"])

    out = capsys.readouterr().out
    assert len(COMMANDS) == len(NAMES)
    assert all(f"\n    {name}" in out for name in NAMES)
    assert EPILOG.strip() in out
    for code in range(7):
        assert f"\n  {code}  " in EPILOG


def test_tells_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    """As the package has it."""
    with pytest.raises(SystemExit) as ended:
        main(["--version"])

    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("copydesk ")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["bake"],
        ["clean"],
        ["clean", "x", "--workers", "two"],
        ["clean", "x", "--colour"],
        ["crawl", "maghress"],
        ["crawl", "maghress", "--out", "x", "--delay", "soon"],
        ["clean", "x", "--obey-opt-outs", "robots,bread"],
        ["explain"],
        ["explain", "a", "b"],
        ["learn", "x"],
        ["learn", "--out", "x"],
        ["templates"],
        ["templates", "diff", "x"],
        ["verify"],
        ["sites"],
        ["sites", "bake"],
        ["sites", "show"],
        ["schema", "bread"],
        ["demo-site", "--today", "tomorrow"],
        ["demo-site", "--port", "x"],
    ],
    ids=" ".join,
)
def test_what_cannot_be_parsed_is_misuse(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, and the usage on standard error."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)

    assert ended.value.code == exit_codes.MISUSE
    assert "usage: copydesk" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["crawl", "--out", "x"], "name a site"),
        (["crawl", "--all", "maghress", "--out", "x"], "--all crawls all sites"),
        (["crawl", "--shard", "1/2", "--out", "x"], "give --all too"),
        (["crawl", "--all", "--catalog", "none", "--out", "x"], "no such folder"),
        (["crawl", "maghress", "turess", "--out", "x"], "one site, not 2"),
        (["crawl", "nowhere", "--out", "x"], "no site 'nowhere'; there are: "),
        (
            ["crawl", "https://a.example", "--site", "nowhere", "--out", "x"],
            "no site 'nowhere'",
        ),
        (["demo-site", "--root", "nowhere"], "nowhere: has no sample site"),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, list) else each,
)
def test_what_makes_no_sense_is_misuse(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, and why, in one line."""
    assert main(arguments) == exit_codes.MISUSE

    err = capsys.readouterr().err
    assert err.startswith("copydesk: ")
    assert says in err
    assert err.count("\n") == 1


def raised(error: BaseException) -> argparse.Namespace:
    """The arguments of a command that ends like this."""

    def run(_arguments: argparse.Namespace) -> int:
        raise error

    return argparse.Namespace(run=run)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("why"), exit_codes.MISUSE),
        (InputError("why"), exit_codes.MISUSE),
        (SiteDefinitionError("why"), exit_codes.MISUSE),
        (StoreError("why"), exit_codes.MISUSE),
        (TemplateError("why"), exit_codes.MISUSE),
        (ArchiveError("why"), exit_codes.FAILED),
        (ManifestError("why"), exit_codes.FAILED),
        (CopydeskError("why"), exit_codes.FAILED),
        (OSError(28, "No space left on device", "why"), exit_codes.FAILED),
    ],
    ids=lambda each: type(each).__name__,
)
def test_errors_have_exit_codes(
    error: BaseException,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Misuse is 2, what went wrong on the way 3; never 1, which is for findings."""
    parser = argparse.ArgumentParser
    monkeypatch.setattr(parser, "parse_args", lambda *_: raised(error))

    assert main([]) == code
    assert "why" in capsys.readouterr().err


def test_an_interrupted_command_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """SIGTERM, with which a scheduler stops a job, is Ctrl-C."""

    def run(_arguments: argparse.Namespace) -> int:
        os.kill(os.getpid(), signal.SIGTERM)
        signal.pause()
        return exit_codes.OK

    namespace = argparse.Namespace(run=run)
    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", lambda *_: namespace)

    assert main([]) == exit_codes.INTERRUPTED
    assert capsys.readouterr().err == "copydesk: interrupted\n"


def test_help_imports_nothing_heavy() -> None:
    """Which would take longer than all else: this guards the time to start."""
    code = (
        "import sys\nfrom crawler.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )

    modules = set(done.stderr.split())
    assert "crawler.commands.clean" in modules
    assert modules.isdisjoint(HEAVY.split())


@pytest.mark.parametrize(
    "command",
    [
        "schema --markdown",
        "sites list",
        f"clean --workers 1 {SEED}",
        f"explain {SEED}",
    ],
)
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_goes_away_is_no_error(command: str, unbuffered: str) -> None:
    """`| head -c 1`: nothing on standard error, and exit code 0."""
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    ours, theirs = os.pipe()
    os.close(ours)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "crawler.cli", *command.split()],
            stdout=theirs,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            env=environment,
            check=False,
            timeout=60,
        )
    finally:
        os.close(theirs)

    assert (done.returncode, done.stderr) == (exit_codes.OK, b"")


def test_the_module_is_the_command() -> None:
    """`python -m crawler.cli` does what the console script does."""
    done = copydesk("sites", "list")

    assert done.returncode == exit_codes.OK
    assert b"maghress.com" in done.stdout
    assert done.stderr == b""


def test_a_terminated_command_says_so(tmp_path: Path) -> None:
    """It waits for standard input when SIGTERM comes."""
    with subprocess.Popen(
        [sys.executable, "-m", "crawler.cli", "clean", "--out", tmp_path, "-"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
    ) as child:
        assert child.stdin is not None
        while not (tmp_path / "manifest.json").exists():
            assert child.poll() is None
        child.terminate()
        assert child.wait(60) == exit_codes.INTERRUPTED
        assert child.stderr is not None
        assert child.stderr.read() == b"copydesk: interrupted\n"


@pytest.mark.parametrize(
    ("text", "kinds"),
    [("robots,meta", ("robots", "meta")), ("all", tuple(OptOutKind))],
)
def test_opt_outs_to_obey_are_configuration(text: str, kinds: tuple[str, ...]) -> None:
    """So that records name by which they were made."""
    arguments = build_parser().parse_args(["clean", "a", "--obey-opt-outs", text])
    assert config_of(arguments).opt_outs.obey == kinds


def test_defaults_are_those_of_the_help() -> None:
    """A worker for each core that the process may use."""
    arguments = build_parser().parse_args(["clean", "a", "b"])

    assert arguments.paths == ["a", "b"]
    assert arguments.workers == len(os.sched_getaffinity(0))
    assert (arguments.site, arguments.out) == (None, None)
    assert not arguments.strict
    assert not arguments.quiet


def test_bug_of_ours_is_a_failed_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python's own exit code for a traceback is 1: schedulers would read findings."""
    monkeypatch.setattr(cli, "_run", _raise_a_bug)
    assert cli.main(["sites", "list"]) == exit_codes.FAILED


def _raise_a_bug(_arguments: object) -> int:
    raise RuntimeError("a bug")


@pytest.mark.parametrize(
    "options",
    [
        ("--delay", "-1"),
        ("--delay", "nan"),
        ("--delay", "soon"),
        ("--concurrency", "0"),
        ("--max-pages", "-1"),
        ("--max-pages", "0"),
        ("--workers", "0"),
        ("--log-level", "FOO"),
    ],
    ids=" ".join,
)
def test_impossible_option_of_a_crawl_is_misuse(
    options: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """It is told before anything is started."""
    with pytest.raises(SystemExit) as ended:
        main(["crawl", "maghress", "--out", "unused", *options])
    assert ended.value.code == exit_codes.MISUSE
    assert options[0] in capsys.readouterr().err
