"""Runs over archives with templates: learnt first, frozen, and the same ever after."""

import dataclasses
import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from pipelines import batch
from pipelines.batch import CleanRun, clean_to_folder, freeze_templates, iter_records
from pipelines.learn.archive import LearnRun, Learnt
from pipelines.manifest import load_manifest
from pipelines.read import OtherRecord
from pipelines.template_files import load_templates, open_folder, write_template
from pipelines.verify import verify_output
from schemas.config import PipelineConfig, TemplateConfig
from schemas.errors import StoreError, TemplateError, UsageError
from schemas.manifest import Counts, Disposition, Manifest, RunState
from schemas.page import Page
from schemas.template import SiteTemplate
from tests.conftest import ROOT
from tests.learn.pages import site_pages
from tests.pipelines.store.records import files_of
from tests.pipelines.store.site_archives import (
    ONE,
    TWO,
    archived_sites,
    redesigned,
    write_warc,
)
from tests.stages import CHECKPOINT, clean_run, learning_run, noon


@pytest.fixture(scope="module")
def warc(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages of some sites, and one that is no article."""
    pages = archived_sites()
    return write_warc(tmp_path_factory.mktemp("sites") / "a.warc.gz", pages)


@pytest.fixture(scope="module")
def whole(warc: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output of an undisturbed run over it, with checkpoints."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch, "CHECKPOINT_RECORDS", CHECKPOINT)
        out = tmp_path_factory.mktemp("whole")
        clean_to_folder(learning_run(warc), out, now=noon)
    return out


@pytest.fixture
def _checkpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts are closed after a few records."""
    monkeypatch.setattr(batch, "CHECKPOINT_RECORDS", CHECKPOINT)


def bytes_of(out: Path) -> dict[str, object]:
    """All of a folder; of the manifest all but `sessions`."""
    files: dict[str, object] = dict(files_of(out))
    manifest = json.loads((out / "manifest.json").read_bytes())
    del manifest["sessions"]
    return files | {"manifest.json": json.dumps(manifest)}


def articles_of(out: Path) -> list[dict[str, object]]:
    """The articles of an output, in order."""
    return [
        json.loads(line)
        for path in sorted((out / "articles").glob("*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
    ]


def given(run: CleanRun, folder: Path) -> CleanRun:
    """The run with the templates of a folder, learning nothing."""
    return dataclasses.replace(run, templates=open_folder(folder), learns=False)


def interrupted(run: CleanRun, out: Path, records: int = 4) -> Manifest:
    """The manifest of a run that is stopped after some records."""

    def stop(counts: Counts) -> None:
        if counts.seen == records:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        clean_to_folder(run, out, now=noon, on_progress=stop)
    manifest = load_manifest(out)
    assert manifest is not None
    return manifest


def test_templates_are_in_the_output_and_its_manifest(whole: Path) -> None:
    """Each record names the one that made it; what came of them is counted."""
    manifest = load_manifest(whole)

    assert manifest is not None
    templates = load_templates(whole / "templates")
    assert [each.site for each in templates] == [ONE, TWO]
    assert manifest.templates == {each.site: each.file_digest for each in templates}
    assert (manifest.learns, manifest.templates_given) == (True, {})
    assert {site: use.fits for site, use in manifest.template_use.items()} == {
        ONE: 6,
        TWO: 6,
    }
    for record in articles_of(whole):
        made = record["provenance"]
        assert isinstance(made, dict)
        assert made["template_digest"] == manifest.templates.get(str(record["site"]))
    assert list(verify_output(whole)) == []


@pytest.mark.usefixtures("_checkpoints")
def test_workers_do_not_matter(whole: Path, warc: Path, tmp_path: Path) -> None:
    """Byte for byte, templates and manifest too."""
    clean_to_folder(learning_run(warc, workers=2), tmp_path, now=noon)

    assert bytes_of(tmp_path) == bytes_of(whole)


def test_records_do_not_depend_on_the_order_of_the_input(
    whole: Path, tmp_path: Path
) -> None:
    """Shuffled pages give the same templates, and the same records in another order."""
    shuffled = write_warc(tmp_path / "a.warc.gz", archived_sites()[::-1])
    out = tmp_path / "out"

    clean_to_folder(learning_run(shuffled), out, now=noon)

    for name, content in files_of(whole / "templates").items():
        assert (out / "templates" / name).read_bytes() == content
    texts = [(each["id"], each["cleaning"]) for each in articles_of(out)]
    assert (
        texts == [(each["id"], each["cleaning"]) for each in articles_of(whole)][::-1]
    )


def test_the_same_records_can_be_had_without_a_folder(
    whole: Path, warc: Path, tmp_path: Path
) -> None:
    """`freeze_templates` learns, and `iter_records` uses what it gives."""
    frozen = freeze_templates(learning_run(warc), tmp_path)

    records = [
        each[1].to_json_line()
        for each in iter_records(frozen)
        if not isinstance(each, OtherRecord) and each[0] is Disposition.ARTICLES
    ]

    assert not frozen.learns
    assert [json.loads(each) for each in records] == articles_of(whole)


def never_learn(_run: LearnRun) -> Learnt:
    """For runs that have what they need."""
    raise AssertionError("learnt twice")


@pytest.mark.usefixtures("_checkpoints")
def test_an_interrupted_run_goes_on_with_its_templates(
    whole: Path, warc: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is learnt twice, and the bytes are those of an undisturbed run."""
    stopped = interrupted(learning_run(warc), tmp_path)
    monkeypatch.setattr(batch, "learn_archive", never_learn)

    clean_to_folder(learning_run(warc, workers=2), tmp_path, now=noon)

    assert stopped.templates
    assert stopped.template_use[ONE].fits == CHECKPOINT
    assert bytes_of(tmp_path) == bytes_of(whole)
    assert list(verify_output(tmp_path)) == []


@pytest.mark.usefixtures("_checkpoints")
def test_a_killed_run_goes_on_with_its_templates(
    whole: Path, warc: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The manifest names them before the first record is written."""
    code = (
        "import sys; from pathlib import Path; from tests.stages import *;"
        "clean_until_killed(learning_run(Path(sys.argv[1])), Path(sys.argv[2]), 1)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(warc), str(tmp_path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"waiting\n"
        child.kill()
    killed = load_manifest(tmp_path)
    monkeypatch.setattr(batch, "learn_archive", never_learn)

    clean_to_folder(learning_run(warc), tmp_path, now=noon)

    assert killed is not None
    assert (killed.state, len(killed.templates)) == (RunState.RUNNING, 2)
    assert bytes_of(tmp_path) == bytes_of(whole)


def test_a_run_that_goes_on_wants_its_templates_unchanged(
    warc: Path, tmp_path: Path
) -> None:
    """Half of the records with one and half with another would be neither."""
    interrupted(learning_run(warc), tmp_path)
    (first, _) = load_templates(tmp_path / "templates")
    write_template(tmp_path / "templates", first.model_copy(update={"pages": 99}))

    with pytest.raises(TemplateError, match="is not what it was"):
        clean_to_folder(learning_run(warc), tmp_path, now=noon)


@pytest.mark.parametrize("field", ["learns", "templates_given", "host"])
def test_another_use_of_templates_is_another_run(
    field: str, whole: Path, warc: Path, tmp_path: Path
) -> None:
    """It does not go on in the same folder."""
    run = clean_run(warc)
    interrupted(run, tmp_path / "out")
    changed = {
        "learns": learning_run(warc),
        "templates_given": given(run, whole / "templates"),
        "host": dataclasses.replace(run, host=ONE),
    }

    with pytest.raises(StoreError, match=f"other {field};"):
        clean_to_folder(changed[field], tmp_path / "out", now=noon)


def test_templates_of_earlier_runs_are_used_and_kept(
    whole: Path, warc: Path, tmp_path: Path
) -> None:
    """The output holds copies, so that it tells by itself what made it."""
    run = given(learning_run(warc), whole / "templates")

    manifest = clean_to_folder(run, tmp_path, now=noon)

    assert not manifest.learns
    assert manifest.templates_given == manifest.templates
    assert files_of(tmp_path / "templates") == files_of(whole / "templates")
    assert articles_of(tmp_path) == articles_of(whole)


def test_what_is_learnt_now_is_preferred_to_what_was_given(
    whole: Path, warc: Path, tmp_path: Path
) -> None:
    """Of sites that the input has too little of, what was given is used."""
    one = write_warc(
        tmp_path / "a.warc.gz",
        [*site_pages(range(10, 14), host=ONE), *site_pages([60], host=TWO)],
    )
    earlier = open_folder(whole / "templates")
    run = dataclasses.replace(learning_run(one), templates=earlier)

    manifest = clean_to_folder(run, tmp_path / "out", now=noon)

    assert manifest.templates_given == dict(earlier.digests)
    assert manifest.templates[TWO] == earlier.digests[TWO]
    assert manifest.templates[ONE] != earlier.digests[ONE]
    assert list(verify_output(tmp_path / "out")) == []


def test_a_page_without_an_address_has_the_template_of_its_host(
    tmp_path: Path,
) -> None:
    """By `host`, in learning and in use; without it there is none."""
    for number, page in enumerate(site_pages(range(4))):
        (tmp_path / f"{number}.html").write_bytes(page.body)
    run = learning_run(tmp_path)
    named = dataclasses.replace(run, host=ONE)

    without = clean_to_folder(run, tmp_path / "without", now=noon)
    with_it = clean_to_folder(named, tmp_path / "named", now=noon)

    assert (without.templates, without.template_use) == ({}, {})
    assert with_it.host == ONE
    assert with_it.template_use[ONE].fits == 4


def test_learning_from_standard_input_is_misuse(tmp_path: Path) -> None:
    """And leaves nothing behind."""
    run = dataclasses.replace(learning_run(), inputs=("-",))

    with pytest.raises(UsageError, match="twice"):
        clean_to_folder(run, tmp_path / "out", now=noon)

    assert not (tmp_path / "out").exists()


def stale_run(pages: Iterable[Page], folder: Path, templates: Path) -> Manifest:
    """A run over pages with templates that were learnt before, all of them checked."""
    config = PipelineConfig(template=TemplateConfig(check_ratio=1))
    run = given(clean_run(write_warc(folder / "a.warc.gz", pages)), templates)
    run = dataclasses.replace(run, handler=None, config=config)
    return clean_to_folder(run, folder / "out", now=noon)


def test_a_site_that_changed_makes_its_template_stale(
    whole: Path, tmp_path: Path
) -> None:
    """After a new design nothing fits; before, nothing is told."""
    for name in ("old", "new"):
        (tmp_path / name).mkdir()

    new = stale_run(redesigned(range(12)), tmp_path / "new", whole / "templates")
    same = site_pages(range(20, 26), host=ONE)
    old = stale_run(same, tmp_path / "old", whole / "templates")

    assert new.template_use[ONE].stale
    assert new.template_use[ONE].why == "12 of 12 articles do not fit"
    assert not old.template_use[ONE].stale
    assert old.template_use[ONE].checked == 6


@pytest.mark.parametrize("fault", ["gone", "changed", "stray", "foreign"])
def test_verify_finds_what_is_wrong_with_templates(
    fault: str, whole: Path, tmp_path: Path
) -> None:
    """One that is missing, or another; one too many; a record of none of them."""
    for name, content in files_of(whole).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    path = tmp_path / "templates" / f"{ONE}.json"
    match fault:
        case "gone":
            path.unlink()
        case "changed":
            content = json.loads(path.read_bytes())
            path.write_text(json.dumps({**content, "pages": 99}), "utf-8")
        case "stray":
            (path.parent / "notes.txt").write_bytes(b"")
        case "foreign":
            manifest = json.loads((tmp_path / "manifest.json").read_bytes())
            del manifest["templates"][ONE]
            (tmp_path / "manifest.json").write_text(json.dumps(manifest), "utf-8")

    faults = " ".join(verify_output(tmp_path))

    expected = {
        "gone": "cannot be read: No such file",
        "changed": "is not what it was",
        "stray": "templates/notes.txt: is not in the manifest",
        "foreign": "template_digest: is none of the run's",
    }
    assert expected[fault] in faults


def test_a_template_that_changed_under_way_fails_its_pages(
    whole: Path, warc: Path, tmp_path: Path
) -> None:
    """They are in `failed`, not cleaned in another way; other sites go on."""
    folder = tmp_path / "templates"
    for template in load_templates(whole / "templates"):
        write_template(folder, template)
    run = given(learning_run(warc), folder)
    frozen = open_folder(folder)
    (one, _) = load_templates(folder)
    write_template(
        folder, SiteTemplate.model_validate({**one.model_dump(), "pages": 9})
    )

    outcomes = list(iter_records(dataclasses.replace(run, templates=frozen)))

    places = [each[0] for each in outcomes if not isinstance(each, OtherRecord)]
    assert places.count(Disposition.FAILED) == 6
    assert places.count(Disposition.ARTICLES) == 8
