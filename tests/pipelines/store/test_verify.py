"""Whether an output folder is what its manifest says: each kind of fault is found."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines.batch import clean_to_folder
from pipelines.verify import MAX_BAD_LINES, verify_output
from tests.stages import clean_run, noon

ARTICLES = "articles/part-00001.jsonl"
REJECTED = "rejected/part-00001.jsonl"
STORY = (
    "Pier number {0}\nThe council of the harbour town voted on Monday to rebuild the "
    "old pier number {0}, which a storm had damaged in the winter before last.\n"
)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A folder with two articles, a duplicate, a rejection and a failure."""
    lines = [json.dumps({"text": STORY.format(number)}) for number in (1, 2, 1)]
    lines += [json.dumps({"text": "Pier\ntoo short"}), "{torn"]
    path = tmp_path / "dump.jsonl"
    path.write_text("\n".join(lines), "utf-8")
    clean_to_folder(clean_run(path), tmp_path / "out", now=noon)
    return tmp_path / "out"


def edit_manifest(out: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    """Change the manifest."""
    path = out / "manifest.json"
    manifest = json.loads(path.read_bytes())
    edit(manifest)
    path.write_text(json.dumps(manifest), "utf-8")


def edit_record(out: Path, name: str, edit: Callable[[dict[str, Any]], object]) -> None:
    """Change the first record of a part, and what the manifest says of the part."""
    path = out / name
    first, *others = path.read_text("utf-8").splitlines()
    record = json.loads(first)
    edit(record)
    lines = [json.dumps(record), *others]
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")

    def describe(manifest: dict[str, Any]) -> None:
        (part,) = (each for each in manifest["parts"] if each["path"] == name)
        content = path.read_bytes()
        part["size_bytes"] = len(content)
        part["sha256"] = hashlib.sha256(content).hexdigest()

    edit_manifest(out, describe)


def part_of(manifest: dict[str, Any], name: str = ARTICLES) -> dict[str, Any]:
    """What a manifest says of a part."""
    (part,) = (each for each in manifest["parts"] if each["path"] == name)
    assert isinstance(part, dict)
    return part


def test_a_good_folder_has_no_faults(out: Path) -> None:
    """As it was written, and moved elsewhere."""
    assert list(verify_output(out)) == []
    assert list(verify_output(out.rename(out.with_name("elsewhere")))) == []


def test_finds_a_flipped_byte(out: Path) -> None:
    """Here in the text of an article."""
    content = bytearray((out / ARTICLES).read_bytes())
    content[content.index(b"harbour")] ^= 1
    (out / ARTICLES).write_bytes(content)

    assert list(verify_output(out)) == [
        f"{ARTICLES}: sha256 is not the one in the manifest",
        f"{ARTICLES}:1: text_sha256: is not that of text",
    ]


def test_finds_a_truncated_part(out: Path) -> None:
    """Torn in the middle of its last record."""
    content = (out / ARTICLES).read_bytes()
    (out / ARTICLES).write_bytes(content[:-20])

    digest, size, line = verify_output(out)

    assert digest == f"{ARTICLES}: sha256 is not the one in the manifest"
    assert size == (
        f"{ARTICLES}: 2 records in {len(content) - 20} bytes, where the manifest says "
        f"2 in {len(content)}"
    )
    assert line.startswith(f"{ARTICLES}:2: line: Invalid JSON")


def test_finds_a_part_with_a_line_less(out: Path) -> None:
    """Cut at the end of a line, where no JSON is torn."""
    first = (out / ARTICLES).read_bytes().splitlines(keepends=True)[0]
    (out / ARTICLES).write_bytes(first)

    assert any("1 records in" in fault for fault in verify_output(out))


def test_finds_a_missing_part(out: Path) -> None:
    """And what of the counts is missing with it."""
    (out / REJECTED).unlink()

    assert list(verify_output(out)) == [
        f"{REJECTED}: No such file or directory",
        "manifest.json: rejected by reason are {'too-short': 1}, in the parts {}",
    ]


@pytest.mark.parametrize(
    "name", ["articles/part-00002.jsonl", f"{REJECTED}.part", "failed/notes.txt"]
)
def test_finds_a_file_that_is_not_named(name: str, out: Path) -> None:
    """A part of another run, remains of a killed one, or anything else."""
    (out / name).write_bytes(b"")

    assert list(verify_output(out)) == [f"{name}: is not in the manifest"]


@pytest.mark.parametrize(
    "path", ["../secret.jsonl", "articles/../../secret.jsonl", "{absolute}"]
)
def test_reads_nothing_outside_of_the_folder(path: str, out: Path) -> None:
    """A manifest from somewhere else may name any path."""
    secret = out.parent / "secret.jsonl"
    (out / ARTICLES).rename(secret)
    path = path.format(absolute=secret)
    edit_manifest(out, lambda manifest: part_of(manifest).update(path=path))

    assert list(verify_output(out)) == [f"{path}: lies outside of the folder"]


def test_follows_no_link_out_of_the_folder(out: Path) -> None:
    """The link itself lies in it."""
    secret = out.parent / "secret.jsonl"
    (out / ARTICLES).rename(secret)
    (out / ARTICLES).symlink_to(secret)

    assert list(verify_output(out)) == [f"{ARTICLES}: lies outside of the folder"]


@pytest.mark.parametrize("path", ["articles/\0", "loop"])
def test_a_path_that_cannot_be_one_is_a_fault(path: str, out: Path) -> None:
    """No character or link makes the check itself fail."""
    (out / "loop").symlink_to(out / "loop")
    edit_manifest(out, lambda manifest: part_of(manifest).update(path=path))

    faults = list(verify_output(out))

    assert any(fault.startswith(f"{path}: ") for fault in faults)


def test_finds_counts_that_are_not_those_of_the_parts(out: Path) -> None:
    """Also where they balance among themselves."""

    def edit(manifest: dict[str, Any]) -> None:
        manifest["counts"].update(seen=9, articles=6)

    edit_manifest(out, edit)

    (fault,) = verify_output(out)

    assert "6 articles counted, 2 in parts" in fault


def test_finds_counts_that_do_not_balance(out: Path) -> None:
    """Then nothing else of the manifest is believed."""
    edit_manifest(out, lambda manifest: manifest["counts"].update(seen=9))

    (fault,) = verify_output(out)

    assert "do not balance: 9 seen" in fault


def test_finds_wrong_numbers_of_parts(out: Path) -> None:
    """Also where their sum is right."""

    def edit(manifest: dict[str, Any]) -> None:
        part_of(manifest).update(records=1)
        part_of(manifest, REJECTED).update(disposition="articles")
        manifest["counts"].update(seen=4, rejected=0)
        manifest["rejected_by_reason"] = {}

    edit_manifest(out, edit)

    assert any("2 records in" in fault for fault in verify_output(out))


@pytest.mark.parametrize(
    ("field", "reasons", "found"),
    [
        ("rejected_by_reason", {"empty": 1}, "{'too-short': 1}"),
        ("failed_by_reason", {"timeout": 1}, "{'damaged-record': 1}"),
    ],
)
def test_finds_reasons_that_are_not_those_of_the_records(
    field: str, reasons: dict[str, int], found: str, out: Path
) -> None:
    """Of rejections and of failures."""
    edit_manifest(out, lambda manifest: manifest.update({field: reasons}))

    (fault,) = verify_output(out)

    assert fault.endswith(f"by reason are {reasons}, in the parts {found}")


@pytest.mark.parametrize(
    ("name", "field", "value", "fault"),
    [
        (ARTICLES, "text", "Other text", "text_sha256: is not that of text"),
        (ARTICLES, "word_count", -1, "word_count: Input should be greater"),
        (ARTICLES, "colour", "red", "colour: Extra inputs are not permitted"),
        (ARTICLES, "id", "x", "id: String should match"),
        ("duplicates/part-00001.jsonl", "id", None, "id: Input should be a valid"),
        (REJECTED, "reason", "bad-luck", "reason: Input should be"),
        ("failed/part-00001.jsonl", "error", 7, "error: Input should be a valid"),
    ],
)
def test_finds_a_record_that_is_not_valid(
    name: str, field: str, value: object, fault: str, out: Path
) -> None:
    """Although its part has the digest that the manifest names."""
    edit_record(out, name, lambda record: record.update({field: value}))

    assert next(verify_output(out)).startswith(f"{name}:1: {fault}")


@pytest.mark.parametrize("name", [ARTICLES, "duplicates/part-00001.jsonl", REJECTED])
def test_finds_a_record_of_another_configuration(name: str, out: Path) -> None:
    """Each record names the one that made it."""
    edit_record(
        out, name, lambda record: record["provenance"].update(config_digest="0" * 64)
    )

    assert list(verify_output(out)) == [
        f"{name}:1: provenance.config_digest: is not the run's"
    ]


def test_a_page_that_was_never_fetched_has_no_provenance(out: Path) -> None:
    """Then there is nothing to compare."""
    edit_record(out, REJECTED, lambda record: record.update(provenance=None))

    assert list(verify_output(out)) == []


def test_finds_a_configuration_that_is_not_the_one_of_its_digest(out: Path) -> None:
    """A threshold was changed afterwards."""
    edit_manifest(
        out, lambda manifest: manifest["config"]["limits"].update(page_seconds=7)
    )

    assert list(verify_output(out)) == [
        "manifest.json: config_digest is not that of config"
    ]


def test_finds_reasons_that_do_not_add_up(out: Path) -> None:
    """Before any record is read."""
    edit_manifest(out, lambda manifest: manifest.update(rejected_by_reason={}))

    (fault,) = verify_output(out)

    assert "rejected by reason do not add up" in fault


@pytest.mark.parametrize("state", ["running", "interrupted"])
def test_a_run_that_is_not_finished_is_a_fault(state: str, out: Path) -> None:
    """There is more to come."""
    edit_manifest(out, lambda manifest: manifest.update(state=state))

    assert list(verify_output(out)) == [
        f"manifest.json: the run is {state}, not finished"
    ]


def test_many_bad_lines_are_counted(out: Path) -> None:
    """Not told one by one."""
    with (out / ARTICLES).open("ab") as part:
        part.write(b"{}\n" * (MAX_BAD_LINES + 3))

    faults = list(verify_output(out))

    assert sum("schema_version" in each or "id: Field" in each for each in faults) == 5
    assert faults[-1] == f"{ARTICLES}: 3 more lines like these"


def test_a_folder_without_a_manifest_is_a_fault(tmp_path: Path) -> None:
    """Nor is a folder that is not there one of ours."""
    for folder in (tmp_path, tmp_path / "gone"):
        assert list(verify_output(folder)) == [f"{folder}: has no manifest.json"]
