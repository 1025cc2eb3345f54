"""Runs to a folder: the same bytes whatever happens in between, and nothing lost."""

import dataclasses
import io
import json
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines import batch
from pipelines.batch import CleanRun, clean_page, clean_to_folder, iter_records
from pipelines.learn.sample import SiteRule
from pipelines.manifest import load_manifest
from pipelines.read import OtherRecord
from pipelines.verify import verify_output
from schemas.config import LimitsConfig, PipelineConfig
from schemas.errors import InputError, ManifestError, StoreError, UsageError
from schemas.manifest import Counts, Disposition, Manifest, RunState
from schemas.site import SiteDefinition
from tests.conftest import ROOT, SEED, MakePage
from tests.pipelines.store.records import files_of
from tests.stages import CHECKPOINT, NOON, clean_run, noon

STORY = (
    "The council of the harbour town voted on Monday to rebuild the old pier number "
    "{}, which a storm had damaged in the winter before last.\n"
    "Work is to begin in the spring, and fishermen will moor at the new quay until "
    "the last of the planks has been laid.\n"
)
HTML = (
    "<html><head><title>Pier {0}</title></head><body><h1>Pier {0}</h1>"
    "<article><p>{1}</p><p>{2}</p></article></body></html>"
)


def story(number: int) -> str:
    """An article of a text dump: a headline and two paragraphs."""
    return f"Pier number {number}\n{STORY.format(number)}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Good, bad, duplicate and damaged pages of three kinds, and other files."""
    folder = tmp_path / "input"
    (folder / "deep").mkdir(parents=True)
    lines = [json.dumps({"text": story(number)}) for number in (1, 2, 1, 3)]
    (folder / "a.jsonl").write_text("\n".join([*lines, "{torn"]), "utf-8")
    first, second = STORY.format(4).splitlines()
    (folder / "b.html").write_text(HTML.format(4, first, second), "utf-8")
    (folder / "c.txt").write_text("Pier\ntoo short", "utf-8")
    (folder / "d.png").write_bytes(b"no page")
    (folder / "deep" / "e.txt").write_text(story(2), "utf-8")
    (folder / "deep" / "f.html").write_text(" ", "utf-8")
    (folder / "deep" / "g.txt").write_text(story(5), "utf-8")
    return folder


def cleaned(
    run: CleanRun, out: Path, on_progress: Callable[[Counts], None] | None = None
) -> Manifest:
    """The run, with a clock that stands still."""
    return clean_to_folder(run, out, now=noon, on_progress=on_progress)


def bytes_of(out: Path) -> dict[str, object]:
    """All of a folder; of the manifest all but `sessions`."""
    files: dict[str, object] = dict(files_of(out))
    manifest = json.loads((out / "manifest.json").read_bytes())
    del manifest["sessions"]
    return files | {"manifest.json": json.dumps(manifest)}


def test_each_page_is_in_one_place_and_the_manifest_balances(
    folder: Path, tmp_path: Path
) -> None:
    """Counts, reasons and other records are those of the input."""
    out = tmp_path / "out"
    manifest = cleaned(clean_run(folder), out)

    assert manifest.counts == Counts(
        seen=10, articles=5, duplicates=2, rejected=2, failed=1
    )
    assert manifest.rejected_by_reason == {"empty": 1, "too-short": 1}
    assert manifest.failed_by_reason == {"damaged-record": 1}
    assert manifest.other_records == {"unknown-file": 1}
    assert manifest.state is RunState.FINISHED
    assert manifest.inputs == (str(folder),)
    assert [(each.started_at, each.finished_at) for each in manifest.sessions] == [
        (NOON, NOON)
    ]
    assert list(verify_output(out)) == []
    assert load_manifest(out) == manifest


def test_the_output_does_not_depend_on_the_number_of_workers(
    folder: Path, tmp_path: Path
) -> None:
    """Nor on the day: byte for byte, but for `sessions`."""
    for name, workers in (("one", 1), ("two", 2), ("again", 2)):
        cleaned(clean_run(folder, workers=workers), tmp_path / name)

    one = bytes_of(tmp_path / "one")
    assert one == bytes_of(tmp_path / "two")
    assert one == bytes_of(tmp_path / "again")
    assert len(one) == 5


def test_records_can_be_had_without_a_folder(folder: Path, tmp_path: Path) -> None:
    """The same ones, in the order of the input."""
    out = tmp_path / "out"
    cleaned(clean_run(folder), out)

    each = list(iter_records(clean_run(folder, workers=2)))

    others = [one for one in each if isinstance(one, OtherRecord)]
    records = [one for one in each if not isinstance(one, OtherRecord)]
    assert others == [OtherRecord("unknown-file")]
    for disposition in Disposition:
        lines = (out / disposition / "part-00001.jsonl").read_text("utf-8")
        assert [
            one.to_json_line() for where, one in records if where == disposition
        ] == [*lines.split("\n")[:-1]]


def test_pages_that_kill_or_hang_their_worker_end_in_failed(tmp_path: Path) -> None:
    """With their reason; all other pages are done."""
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    bodies = [story(1), "[die]", story(2), "[sleep]", "[raise]", story(3)]
    for number, body in enumerate(bodies):
        (folder / f"{number}.txt").write_text(body, "utf-8")
    config = PipelineConfig(limits=LimitsConfig(page_seconds=2))
    run = dataclasses.replace(clean_run(folder, workers=2), config=config)

    manifest = cleaned(run, out)

    assert manifest.counts == Counts(seen=6, articles=3, failed=3)
    assert manifest.failed_by_reason == {
        "exception": 1,
        "timeout": 1,
        "worker-died": 1,
    }
    lines = (out / "failed/part-00001.jsonl").read_text("utf-8").splitlines()
    assert [
        (json.loads(line)["reason"], json.loads(line)["source"]["input_file"])
        for line in lines
    ] == [("worker-died", "1.txt"), ("timeout", "3.txt"), ("exception", "4.txt")]


def test_progress_is_told_after_each_record(folder: Path, tmp_path: Path) -> None:
    """Other records do not count as pages."""
    told: list[Counts] = []

    cleaned(clean_run(folder), tmp_path / "out", told.append)

    assert [counts.seen for counts in told] == [1, 2, 3, 4, 5, 6, 7, 7, 8, 9, 10]
    assert told[-1].articles == 5


@pytest.mark.parametrize("stopped_after", [1, CHECKPOINT, 5, 8])
def test_an_interrupted_run_goes_on_and_ends_with_the_same_bytes(
    stopped_after: int,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was not at a checkpoint is pending until then."""
    monkeypatch.setattr(batch, "CHECKPOINT_RECORDS", CHECKPOINT)
    cleaned(clean_run(folder), tmp_path / "whole")
    out = tmp_path / "out"

    def stop(counts: Counts) -> None:
        if counts.seen == stopped_after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cleaned(clean_run(folder), out, stop)
    stopped = load_manifest(out)
    left = files_of(out)
    manifest = cleaned(clean_run(folder, workers=2), out)

    assert stopped is not None
    assert stopped.state is RunState.INTERRUPTED
    assert stopped.counts.seen == stopped_after
    assert stopped.counts.pending <= stopped_after % CHECKPOINT + 1
    assert set(left) - {"manifest.json"} == {part.path for part in stopped.parts}
    assert bytes_of(out) == bytes_of(tmp_path / "whole")
    assert [each.workers for each in manifest.sessions] == [1, 2]
    assert list(verify_output(out)) == []


@pytest.mark.parametrize("records", [1, 5])
def test_a_killed_run_goes_on_and_ends_with_the_same_bytes(
    records: int, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SIGKILL in mid-run: the manifest says `running`, and parts are whole."""
    out = tmp_path / "out"
    code = (
        "import sys; from pathlib import Path; from tests.stages import *;"
        "run = clean_run(Path(sys.argv[1]));"
        "clean_until_killed(run, Path(sys.argv[2]), int(sys.argv[3]))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(folder), str(out), str(records)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"waiting\n"
        child.kill()
    killed = load_manifest(out)
    torn = list(out.glob("*/*.part"))
    monkeypatch.setattr(batch, "CHECKPOINT_RECORDS", CHECKPOINT)
    cleaned(clean_run(folder), tmp_path / "whole")

    manifest = cleaned(clean_run(folder), out)

    assert killed is not None
    assert killed.state is RunState.RUNNING
    assert killed.counts.seen == records - records % CHECKPOINT
    assert torn
    assert bytes_of(out) == bytes_of(tmp_path / "whole")
    assert [each.finished_at for each in manifest.sessions] == [None, NOON]
    assert list(verify_output(out)) == []


def unfinished(run: CleanRun, out: Path) -> None:
    """A run that is stopped after its first record."""

    def stop(_counts: Counts) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cleaned(run, out, stop)


def other_inputs(run: CleanRun, _ress: SiteDefinition) -> CleanRun:
    """The same path twice."""
    return dataclasses.replace(run, inputs=run.inputs * 2)


def other_config(run: CleanRun, _ress: SiteDefinition) -> CleanRun:
    """Another limit."""
    config = PipelineConfig(limits=LimitsConfig(page_seconds=7))
    return dataclasses.replace(run, config=config)


def other_site(run: CleanRun, ress: SiteDefinition) -> CleanRun:
    """A site where there was none."""
    return dataclasses.replace(run, site=ress)


def other_definitions(run: CleanRun, ress: SiteDefinition) -> CleanRun:
    """Another file among those that pages are looked up in."""
    return dataclasses.replace(run, definitions=(ress,))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (other_inputs, "inputs"),
        (other_config, "config"),
        (other_site, "site"),
        (other_definitions, "site_digests"),
    ],
)
def test_another_run_does_not_go_on_in_the_same_folder(
    change: Callable[[CleanRun, SiteDefinition], CleanRun],
    field: str,
    folder: Path,
    tmp_path: Path,
    ress: SiteDefinition,
) -> None:
    """Half of one run and half of another would be neither; nothing is changed."""
    out = tmp_path / "out"
    unfinished(clean_run(folder), out)
    before = files_of(out)

    with pytest.raises(StoreError, match=f"other {field};"):
        cleaned(change(clean_run(folder), ress), out)

    assert files_of(out) == before


def test_a_site_file_that_was_edited_is_another_run(
    folder: Path, tmp_path: Path, ress: SiteDefinition
) -> None:
    """Its digest is in the manifest, also where it is none of the catalogue."""
    named = ress.model_copy(update={"name": "own", "family": "own"})
    run = dataclasses.replace(clean_run(folder), site=named)
    edited = named.model_copy(update={"file_digest": "0" * 64})
    out = tmp_path / "out"
    unfinished(run, out)
    manifest = load_manifest(out)

    assert manifest is not None
    assert manifest.site_digests == {"own": ress.file_digest}
    with pytest.raises(StoreError, match="other site_digests"):
        cleaned(dataclasses.replace(run, site=edited), out)


def test_a_finished_run_is_never_added_to(folder: Path, tmp_path: Path) -> None:
    """The folder stays as it is."""
    out = tmp_path / "out"
    cleaned(clean_run(folder), out)
    before = files_of(out)

    with pytest.raises(StoreError, match="holds a finished run"):
        cleaned(clean_run(folder), out)

    assert files_of(out) == before


def test_records_without_a_manifest_are_not_touched(
    folder: Path, tmp_path: Path
) -> None:
    """Nobody knows whose they are."""
    out = tmp_path / "out"
    cleaned(clean_run(folder), out)
    (out / "manifest.json").unlink()
    before = files_of(out)

    with pytest.raises(StoreError, match="no manifest"):
        cleaned(clean_run(folder), out)

    assert files_of(out) == before


@pytest.mark.parametrize("content", [b"", b"{}", b"no json", b'{"seen": 1}'])
def test_a_manifest_that_cannot_be_read_is_an_error(
    content: bytes, folder: Path, tmp_path: Path
) -> None:
    """It is never overwritten."""
    (tmp_path / "manifest.json").write_bytes(content)

    with pytest.raises(ManifestError, match=r"manifest\.json"):
        cleaned(clean_run(folder), tmp_path)

    assert (tmp_path / "manifest.json").read_bytes() == content


def test_a_path_that_is_not_there_leaves_no_folder_behind(
    folder: Path, tmp_path: Path
) -> None:
    """Else the right command would be refused afterwards as another run."""
    out = tmp_path / "out"

    with pytest.raises(InputError, match="gone"):
        cleaned(clean_run(folder, tmp_path / "gone.txt"), out)
    assert not out.exists()

    cleaned(clean_run(folder), out)


def test_a_run_without_workers_is_misuse(folder: Path, tmp_path: Path) -> None:
    """And the same run can be asked for again with one."""
    out = tmp_path / "out"

    with pytest.raises(UsageError):
        cleaned(clean_run(folder, workers=0), out)

    assert cleaned(clean_run(folder), out).counts.seen == 10


def test_an_empty_input_is_a_finished_run(tmp_path: Path) -> None:
    """There is nothing to be done, and that was done."""
    (tmp_path / "in").mkdir()

    manifest = cleaned(clean_run(tmp_path / "in"), tmp_path / "out")

    assert manifest.counts == Counts()
    assert list(verify_output(tmp_path / "out")) == []


def test_standard_input_is_one_page(tmp_path: Path) -> None:
    """`-` reads what the caller gives as such."""
    run = dataclasses.replace(
        clean_run(Path("-")), stdin=io.BytesIO(story(1).encode()), handler=None
    )

    assert cleaned(run, tmp_path).counts == Counts(seen=1, articles=1)


def test_each_page_is_cleaned_with_its_own_site_unless_one_is_named(
    text_page: MakePage,
    ress: SiteDefinition,
    maghress: SiteDefinition,
    config: PipelineConfig,
) -> None:
    """The seed is recognised by its phrases; `site` is known only if named."""
    page = text_page(SEED.read_bytes())

    def site_of(site: SiteDefinition | None) -> tuple[str | None, str | None]:
        record = clean_page(page, rule=SiteRule(site, (ress, maghress)), config=config)
        assert record.provenance is not None
        return record.site, record.provenance.site_definition

    assert site_of(None) == (None, "ress")
    assert site_of(maghress) == ("maghress.com", "ress")


def test_no_worker_is_left_when_a_run_is_stopped(folder: Path, tmp_path: Path) -> None:
    """Not even while somebody still looks at the interruption."""

    def stop(_counts: Counts) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as stopped:
        cleaned(clean_run(folder, workers=2), tmp_path / "out", stop)

    assert stopped.traceback
    assert not any(each.name.startswith("worker-") for each in threading.enumerate())


def test_run_does_not_go_on_with_other_files(folder: Path, tmp_path: Path) -> None:
    """What was dealt with is counted, so a new file would make others be skipped."""
    out = tmp_path / "out"
    unfinished(clean_run(folder), out)
    (folder / "00-new.txt").write_text("A line that was not there.")

    with pytest.raises(StoreError, match="other inputs_digest"):
        cleaned(clean_run(folder), out)


def test_run_over_standard_input_does_not_go_on(tmp_path: Path) -> None:
    """It cannot be read again from where it was left."""
    out = tmp_path / "out"
    lines = b'{"text": "A headline"}\n' * 9
    run = dataclasses.replace(clean_run(), inputs=("-",), stdin=io.BytesIO(lines))
    unfinished(run, out)

    with pytest.raises(StoreError, match="standard input"):
        cleaned(dataclasses.replace(run, stdin=io.BytesIO(lines)), out)
