"""copydesk clean: to standard output and to a folder."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crawler.cli import main
from crawler.commands.clean import _place, _told
from crawler.commands.run_options import exit_code
from pipelines.manifest import load_manifest
from schemas.article import Duplicate
from schemas.manifest import Counts, Disposition
from schemas.provenance import InputKind, Source
from schemas.rejection import Rejection, RejectionReason
from tests.commands.running import copydesk
from tests.conftest import SEED
from tests.pipelines.store.records import files_of, provenance

STORY = (
    "Pier number {0}\nThe council of the harbour town voted on Monday to rebuild the "
    "old pier number {0}, which a storm had damaged in the winter before last.\n"
)
SITE = """\
name = "{}"
hosts = ["harbour.example"]
languages = ["en"]
"""

TORN = (
    "no JSON: Expecting property name enclosed in double quotes: "
    "line 1 column 2 (char 1)"
)

pytestmark = pytest.mark.usefixtures("_own_sigterm")


@pytest.fixture
def _own_sigterm() -> Iterator[None]:
    """What SIGTERM does is given back."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    """Two articles, a duplicate, a page that is too short, and a torn line."""
    lines = [json.dumps({"text": STORY.format(number)}) for number in (1, 2, 1)]
    lines += [json.dumps({"text": "Pier\ntoo short", "url": "https://a.example/x"})]
    path = tmp_path / "dump.jsonl"
    path.write_text("\n".join([*lines, "{torn"]), "utf-8")
    return path


def told(text: str) -> list[str]:
    """The lines that tell of pages, without the one that counts them."""
    return text.splitlines()[:-1]


def test_prints_articles_and_tells_of_the_rest(
    dump: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """JSONL on standard output, everything else on standard error."""
    code = main(["clean", str(dump), "--workers", "2"])

    out, err = capfd.readouterr()
    records = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert [record["title"] for record in records] == ["Pier number 1", "Pier number 2"]
    assert told(err) == [
        f"duplicates: dump.jsonl:3: of article {records[0]['id']}",
        "rejected: https://a.example/x: too-short (measured 9, limit 100)",
        f"failed: dump.jsonl:5: damaged-record: line 5: {TORN}",
    ]
    assert err.splitlines()[-1].startswith(
        "5 pages: 2 articles, 1 duplicates, 1 rejected, 1 failed, 0 pending ("
    )


def test_writes_a_folder_with_a_manifest(
    dump: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The same records; nothing on standard output; `verify` finds no fault."""
    out = tmp_path / "out"

    code = main(["clean", str(dump), "--workers", "1", "--out", str(out), "--quiet"])

    shown, err = capfd.readouterr()
    manifest = load_manifest(out)
    assert (code, shown) == (0, "")
    assert len(err.splitlines()) == 1
    assert manifest is not None
    assert manifest.counts == Counts(
        seen=5, articles=2, duplicates=1, rejected=1, failed=1
    )
    assert main(["verify", str(out)]) == 0
    assert capfd.readouterr().out == (
        f"{out}: 4 parts are right; 5 seen, 2 articles, 1 duplicates, 1 rejected, "
        "1 failed, 0 pending\n"
    )


def test_verify_prints_each_fault(
    dump: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """And exits with 1, also where there is no run at all."""
    out = tmp_path / "out"
    main(["clean", str(dump), "--workers", "1", "--out", str(out)])
    (out / "articles/part-00001.jsonl.part").write_bytes(b"")
    (out / "failed/part-00001.jsonl").write_bytes(b"{}\n")
    capfd.readouterr()

    assert main(["verify", str(out)]) == 1
    assert len(capfd.readouterr().out.splitlines()) >= 3
    assert main(["verify", str(tmp_path / "gone")]) == 1
    assert capfd.readouterr().out.endswith("has no manifest.json\n")


def test_a_finished_folder_is_refused(
    dump: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, and nothing in it is changed."""
    command = ["clean", str(dump), "--workers", "1", "--out", str(tmp_path / "out")]
    main(command)
    before = files_of(tmp_path / "out")
    capfd.readouterr()

    assert main(command) == 2
    assert "holds a finished run" in capfd.readouterr().err
    assert files_of(tmp_path / "out") == before


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--out", "{}/dump.jsonl"], "cannot be written"),
        (["--site", "nowhere"], "no site 'nowhere'"),
        (["--site", "{}/nowhere.toml"], "nowhere.toml: "),
        (["{}/gone.txt"], "gone.txt: cannot be read: No such file"),
    ],
    ids=lambda each: each[0] if isinstance(each, list) else each,
)
def test_misuse_is_told_in_a_line(options: list[str], says: str, dump: Path) -> None:
    """Exit code 2, no traceback, nothing printed."""
    given = [option.format(dump.parent) for option in options]

    done = copydesk("clean", dump, *given)

    lines = done.stderr.decode().splitlines()
    assert (done.returncode, done.stdout) == (2, b"")
    assert lines[-1].startswith("copydesk: ")
    assert says in lines[-1]
    assert len(lines) == 1


@pytest.mark.parametrize(
    ("counts", "lenient", "strict"),
    [
        (Counts(), 0, 0),
        (Counts(seen=2, articles=2), 0, 0),
        (Counts(seen=2, articles=1, duplicates=1), 0, 0),
        (Counts(seen=2, articles=1, pending=1), 0, 0),
        (Counts(seen=2, articles=1, rejected=1), 0, 1),
        (Counts(seen=2, articles=1, failed=1), 0, 1),
        (Counts(seen=2, rejected=2), 0, 1),
        (Counts(seen=2, failed=2), 3, 3),
    ],
)
def test_the_exit_code_tells_how_it_went(
    counts: Counts, lenient: int, strict: int
) -> None:
    """1 only with --strict; 3 where nothing but failures came of it."""
    assert exit_code(counts, is_strict=False) == lenient
    assert exit_code(counts, is_strict=True) == strict


def test_strict_makes_rejections_count(
    dump: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """For both ways of output; without any the code is 0."""
    out = str(tmp_path / "out")
    good = tmp_path / "good.txt"
    good.write_text(STORY.format(7), "utf-8")

    assert main(["clean", str(dump), "--workers", "1", "--strict"]) == 1
    assert main(["clean", str(dump), "--workers", "1", "--strict", "--out", out]) == 1
    assert main(["clean", str(good), "--workers", "1", "--strict"]) == 0
    assert capfd.readouterr().out.count("Pier number 7") == 1


def test_a_run_of_failures_only_failed(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Exit code 3: something is wrong with the input, or with us."""
    path = tmp_path / "torn.jsonl"
    path.write_text("{torn\n{torn", "utf-8")

    assert main(["clean", str(path), "--workers", "1"]) == 3
    assert capfd.readouterr().out == ""


def test_reads_standard_input() -> None:
    """`-`; its records name it so."""
    done = copydesk("clean", "-", "--workers", "1", stdin=STORY.format(1).encode())

    record = json.loads(done.stdout)
    assert done.returncode == 0
    assert record["provenance"]["input_file"] == "-"
    assert record["title"] == "Pier number 1"


def test_a_site_may_be_named_or_given_as_a_file(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The record tells which definition was used, and in which state."""
    page = tmp_path / "page.txt"
    page.write_text(STORY.format(1), "utf-8")
    file = tmp_path / "harbour.toml"
    file.write_text(SITE.format("harbour"), "utf-8")

    def record(*options: str) -> dict[str, Any]:
        assert main(["clean", str(page), "--workers", "1", *options]) == 0
        fields = json.loads(capfd.readouterr().out)
        assert isinstance(fields, dict)
        return fields

    own, family, none = record("--site", str(file)), record("--site", "ress"), record()

    assert own["site"] == "harbour.example"
    assert own["provenance"]["site_definition"] == "harbour"
    assert family["site"] is None
    assert family["provenance"]["site_definition"] == "ress"
    assert none["provenance"]["site_digest"] is None


def test_the_seed_is_known_without_a_site_but_for_its_name(
    capfd: pytest.CaptureFixture[str],
) -> None:
    """With `--site` only `site` differs."""
    records = []
    for options in ([], ["--site", "maghress"]):
        main(["clean", str(SEED), "--workers", "1", *options])
        records.append(json.loads(capfd.readouterr().out))

    without, named = records
    assert (without.pop("site"), named.pop("site")) == (None, "maghress.com")
    assert without == named
    assert named["publisher"] == "Barlamane"


def test_other_files_are_not_told_of(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """They are no pages."""
    (tmp_path / "a.png").write_bytes(b"x")

    assert main(["clean", str(tmp_path), "--workers", "1"]) == 0
    assert capfd.readouterr().err.startswith("0 pages: ")


def rejection(**fields: Any) -> Rejection:  # noqa: ANN401 - fields of the model
    """A rejection with these fields."""
    empty = dict.fromkeys(("url", "requested_url", "site", "fetched_at", "provenance"))
    return Rejection(**{"reason": RejectionReason.TOO_SHORT, **empty, **fields})


def test_a_page_is_told_by_its_best_name() -> None:
    """Its address, else its place in a file, else nothing is known."""
    archived = Source(input=InputKind.WARC, warc_file="a.warc.gz", warc_offset=7)
    duplicate = Duplicate(
        id="a" * 32,
        text_sha256="0" * 64,
        url=None,
        requested_url=None,
        fetched_at=None,
        provenance=provenance(),
    )

    assert _place(archived) == "a.warc.gz:7"
    assert _place(None) == "?"
    assert _told(Disposition.REJECTED, rejection(detail="teasers", measured=3)) == (
        "rejected: ?: too-short (measured 3, limit 0): teasers"
    )
    assert _told(Disposition.REJECTED, rejection(detail="teasers")) == (
        "rejected: ?: too-short: teasers"
    )
    assert _told(Disposition.DUPLICATES, duplicate) == (
        f"duplicates: page.txt: of article {'a' * 32}"
    )
