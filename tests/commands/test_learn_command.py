"""copydesk learn, and clean with what was learnt."""

import json
import signal
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crawler import exit_codes
from crawler.cli import main
from crawler.commands.run_options import config_of, host_name
from pipelines.manifest import load_manifest
from pipelines.template_files import load_templates
from schemas.config import Effort
from tests.commands.running import copydesk
from tests.learn.pages import site_pages
from tests.pipelines.store.records import files_of
from tests.pipelines.store.site_archives import (
    ONE,
    SMALL,
    TWO,
    archived_sites,
    redesigned,
    write_warc,
)


@pytest.fixture(autouse=True)
def _own_sigterm() -> Iterator[None]:
    """What SIGTERM does is given back."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture(scope="module")
def warc(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sites of six articles, one of two."""
    return write_warc(tmp_path_factory.mktemp("in") / "a.warc.gz", archived_sites())


@pytest.fixture(scope="module")
def learnt(warc: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the command learns from it."""
    out = tmp_path_factory.mktemp("learnt")
    done = copydesk("learn", warc, "--out", out, "--workers", "1")
    assert (done.returncode, done.stderr) == (0, b"")
    return out


def records(shown: str) -> list[dict[str, Any]]:
    """Records that were printed."""
    return [json.loads(line) for line in shown.splitlines()]


def test_tells_of_each_site_in_a_line(
    warc: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also of one that there is too little of; a file for each other one."""
    code = main(["learn", str(warc), "--out", str(tmp_path), "--workers", "2"])

    one, small, two = capsys.readouterr().out.splitlines()
    assert code == exit_codes.OK
    assert small == f"{SMALL}: at most 2 articles, 3 are needed: nothing learnt"
    for line, host, name in ((one, ONE, "tide-body"), (two, TWO, "fern-body")):
        assert line.startswith(f"{host}: 6 articles on 6 pages: ")
        assert f"layout-1 in div.{name} (6 articles, usually " in line
    assert sorted(files_of(tmp_path)) == [f"{ONE}.json", f"{TWO}.json"]


def test_the_number_of_workers_does_not_matter(
    warc: Path, learnt: Path, tmp_path: Path
) -> None:
    """The files are the same."""
    main(["learn", str(warc), "--out", str(tmp_path), "--workers", "2"])

    assert files_of(tmp_path) == files_of(learnt)


def test_a_file_of_an_earlier_run_is_replaced(learnt: Path, tmp_path: Path) -> None:
    """Those of other sites stay."""
    for name, content in files_of(learnt).items():
        (tmp_path / name).write_bytes(content)
    pages = write_warc(tmp_path / "b.warc.gz", site_pages(range(10, 14), host=ONE))

    main(["learn", str(pages), "--out", str(tmp_path), "--workers", "1"])

    one, two = load_templates(tmp_path)
    assert (one.articles, two.articles) == (4, 6)


def test_the_effort_is_that_which_was_asked_for(warc: Path, tmp_path: Path) -> None:
    """A template names the configuration that it was learnt with."""
    for effort in (Effort.FAST, Effort.STANDARD):
        out = str(tmp_path / effort)
        main(["learn", str(warc), "--out", out, "--effort", effort, "--workers", "1"])

        found = {each.config_digest for each in load_templates(tmp_path / effort)}
        assert found == {config_of(Namespace(effort=effort)).digest()}


def test_pages_without_an_address_need_a_host(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is said, if nothing else is learnt; `www.` and scheme are no part of it."""
    for number, page in enumerate(site_pages(range(4))):
        (tmp_path / f"{number}.html").write_bytes(page.body)
    command = ["learn", str(tmp_path), "--out", str(tmp_path / "t"), "--workers", "1"]

    assert main(command) == exit_codes.OK
    assert "no page tells its site; --host" in capsys.readouterr().err
    assert not (tmp_path / "t").exists()
    assert main([*command, "--host", "https://www.ONE.example/x"]) == exit_codes.OK
    assert [each.site for each in load_templates(tmp_path / "t")] == [ONE]


def test_a_run_in_which_all_pages_are_lost_failed(
    warc: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Exit code 3; each page is told of."""
    monkeypatch.setattr("pipelines.workers.WorkerPool._serve", lose_all_pages)

    assert main(["learn", str(warc), "--out", str(tmp_path)]) == exit_codes.FAILED

    told = capsys.readouterr().err.splitlines()
    assert len(told) == 12
    assert all(line.startswith("failed: https://") for line in told)


def lose_all_pages(pool: Any) -> None:  # noqa: ANN401 - a pool of the code
    """A thread of a pool whose workers all die."""
    from pipelines.failures import failure_of
    from schemas.rejection import FailureReason

    while (job := pool._jobs.get()) is not None:
        page, future = job
        future.set_result(failure_of(page, FailureReason.WORKER_DIED, "gone"))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["learn", "-", "--out", "{}"], "-: cannot be read twice"),
        (["clean", "-", "--learn"], "-: cannot be read twice"),
        (["clean", "-", "--learn", "--out", "{}/out"], "-: cannot be read twice"),
        (["learn", "{}/gone", "--out", "{}"], "gone: cannot be read: No such file"),
        (["learn", "{}", "--out", "{}", "--site", "nowhere"], "no site 'nowhere'"),
        (["clean", "{}", "--templates", "{}/gone"], "gone: is no folder of templates"),
        (["clean", "{}", "--templates", "{}"], "bad.json: site: Field required"),
        (["explain", "{}", "--template", "{}/gone"], "gone: cannot be read: "),
        (["templates", "list", "{}/gone"], "gone: is no folder of templates"),
        (["templates", "show", "{}/bad.json"], "bad.json: site: Field required"),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, list) else each,
)
def test_misuse_is_told_in_a_line(
    arguments: list[str],
    says: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit code 2, no traceback, nothing printed, nothing written."""
    (tmp_path / "bad.json").write_text("{}", "utf-8")

    code = main([each.format(tmp_path) for each in arguments])

    out, err = capsys.readouterr()
    assert (code, out, err.count("\n")) == (exit_codes.MISUSE, "", 1)
    assert err.startswith("copydesk: ")
    assert says in err
    assert [path.name for path in tmp_path.iterdir()] == ["bad.json"]


@pytest.mark.parametrize("host", ["", "https://", "ftp://one.example", "[::1"])
def test_a_host_that_is_none_is_misuse(
    host: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is told before anything is read."""
    with pytest.raises(SystemExit) as ended:
        main(["learn", "x", "--out", "y", f"--host={host}"])

    assert ended.value.code == exit_codes.MISUSE
    assert "is no host" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "host"),
    [
        ("one.example", ONE),
        ("WWW.One.Example:8080", ONE),
        ("http://one.example/a/b", ONE),
        ("[::1]", "::1"),
    ],
)
def test_a_host_is_written_as_templates_have_it(given: str, host: str) -> None:
    """As it is read from addresses."""
    assert host_name(given) == host


def test_clean_learns_first_and_prints_the_same_as_it_writes(
    warc: Path, learnt: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """With and without --out; and with what `learn` wrote before."""
    command = ["clean", str(warc), "--workers", "1", "--quiet"]

    assert main([*command, "--learn", "--out", str(tmp_path)]) == 0
    capfd.readouterr()
    assert main([*command, "--learn"]) == 0
    printed = records(capfd.readouterr().out)
    assert main([*command, "--templates", str(learnt)]) == 0
    given = records(capfd.readouterr().out)

    (part,) = (tmp_path / "articles").glob("*.jsonl")
    assert printed == given == records(part.read_text("utf-8"))
    assert files_of(tmp_path / "templates") == files_of(learnt)
    made_by = {each["site"]: each["provenance"]["extractor"] for each in printed}
    assert made_by[ONE] == made_by[TWO] == "template:layout-1"
    assert made_by[SMALL] == "model:standard"
    assert main(["verify", str(tmp_path)]) == 0


def test_a_stale_template_is_told_at_the_end(
    learnt: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """On standard error, with and without --out; the manifest says it too."""
    pages = write_warc(tmp_path / "new.warc.gz", redesigned(range(20, 32)))
    out = tmp_path / "out"
    command = ["clean", str(pages), "--workers", "2", "--templates", str(learnt)]
    said = f"stale template: {ONE}: 12 of 12 articles do not fit"

    assert main(command) == 0
    assert capfd.readouterr().err.splitlines()[-1] == said
    assert main([*command, "--out", str(out)]) == 0
    assert capfd.readouterr().err.splitlines()[-1] == said

    manifest = load_manifest(out)
    assert manifest is not None
    assert manifest.template_use[ONE].why == "12 of 12 articles do not fit"
