"""The store: parts that are complete or absent, whatever happens to the writer."""

import hashlib
import multiprocessing
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.dedup import ExactIndex, Outcome
from pipelines.store import Store, locked, write_atomically
from schemas.article import Article, Duplicate
from schemas.errors import StoreError
from schemas.manifest import Disposition, Part
from schemas.rejection import Failure, Rejection
from tests.pipelines.store.records import article, failure, files_of
from tests.stages import rejection, write_and_die

FIRST = "articles/part-00001.jsonl"


def test_a_part_has_its_name_only_once_it_is_whole(tmp_path: Path) -> None:
    """While it is open it is called `.part`; a checkpoint closes it."""
    store = Store(tmp_path)

    assert store.add(article("one")) is Disposition.ARTICLES
    assert list(files_of(tmp_path)) == [f"{FIRST}.part"]

    (part,) = store.checkpoint()
    content = (tmp_path / FIRST).read_bytes()
    assert list(files_of(tmp_path)) == [FIRST]
    assert content == article("one").to_json_line().encode() + b"\n"
    assert part == Part(
        path=FIRST,
        disposition=Disposition.ARTICLES,
        records=1,
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )


def test_an_empty_store_has_folders_and_no_parts(tmp_path: Path) -> None:
    """No part is empty."""
    out = tmp_path / "new" / "out"

    assert Store(out).checkpoint() == ()
    assert sorted(path.name for path in out.iterdir()) == sorted(Disposition)


def test_each_outcome_goes_to_its_folder(tmp_path: Path) -> None:
    """Articles, duplicates, rejections and failures."""
    store = Store(tmp_path)

    went = [
        store.add(each)
        for each in (
            article("one"),
            article("one"),
            article("two"),
            article("one", "b"),
            rejection("x"),
            failure("y"),
        )
    ]

    assert went == ["articles", "duplicates", *["articles"] * 2, "rejected", "failed"]
    parts = {part.disposition: part.records for part in store.checkpoint()}
    assert parts == {"articles": 3, "duplicates": 1, "rejected": 1, "failed": 1}


def test_a_duplicate_names_the_article(tmp_path: Path) -> None:
    """Same id and text; where this page lies is told, the text is not repeated."""
    store = Store(tmp_path)
    store.add(article("one"))
    store.add(article("one"))
    store.checkpoint()

    line = (tmp_path / "duplicates/part-00001.jsonl").read_bytes()
    duplicate = Duplicate.model_validate_json(line)
    first = article("one")
    assert (duplicate.id, duplicate.text_sha256) == (first.id, first.text_sha256)
    assert duplicate.provenance == first.provenance
    assert duplicate.fetched_at == first.fetched_at


def test_a_full_part_is_closed_and_the_next_begun(tmp_path: Path) -> None:
    """A checkpoint reports all that were closed since the last one, in order."""
    store = Store(tmp_path, records_per_part=2)
    for number in range(5):
        store.add(rejection(str(number)))
    names = list(files_of(tmp_path))

    closed = store.checkpoint()

    assert names == [
        "rejected/part-00001.jsonl",
        "rejected/part-00002.jsonl",
        "rejected/part-00003.jsonl.part",
    ]
    assert [(part.path, part.records) for part in closed] == [
        ("rejected/part-00001.jsonl", 2),
        ("rejected/part-00002.jsonl", 2),
        ("rejected/part-00003.jsonl", 1),
    ]
    assert store.checkpoint() == ()


def test_discard_drops_what_is_open(tmp_path: Path) -> None:
    """What was closed by a checkpoint stays."""
    store = Store(tmp_path)
    store.add(article("one"))
    store.checkpoint()
    store.add(article("two"))

    store.discard()

    assert list(files_of(tmp_path)) == [FIRST]
    assert store.checkpoint() == ()


def test_goes_on_where_the_named_parts_end(tmp_path: Path) -> None:
    """Numbers go on, articles are known again, and remains are removed."""
    store = Store(tmp_path)
    store.add(article("one"))
    store.add(rejection("x"))
    parts = store.checkpoint()
    store.add(article("lost"))
    store.checkpoint()
    (tmp_path / "failed/part-00001.jsonl.part").write_bytes(b"torn")

    again = Store(tmp_path, parts=parts)

    assert sorted(files_of(tmp_path)) == [FIRST, "rejected/part-00001.jsonl"]
    assert again.add(article("one")) is Disposition.DUPLICATES
    assert again.add(article("lost")) is Disposition.ARTICLES
    assert [part.path for part in again.checkpoint()] == [
        "duplicates/part-00001.jsonl",
        "articles/part-00002.jsonl",
    ]


def test_removes_nothing_but_parts(tmp_path: Path) -> None:
    """What somebody else put there, or made of a part, is not ours."""
    kept = ["notes.txt", FIRST + ".gz", "articles/mine.jsonl"]
    (tmp_path / "articles").mkdir()
    for name in [*kept, FIRST, FIRST + ".part"]:
        (tmp_path / name).write_bytes(b"x")

    Store(tmp_path)

    assert sorted(files_of(tmp_path)) == sorted(kept)


def test_a_named_part_that_is_gone_is_an_error(tmp_path: Path) -> None:
    """The run cannot go on as if nothing were missing."""
    store = Store(tmp_path)
    store.add(article("one"))
    parts = store.checkpoint()
    (tmp_path / FIRST).unlink()

    with pytest.raises(StoreError, match=f"{FIRST}: .* gone"):
        Store(tmp_path, parts=parts)


@pytest.mark.parametrize(
    "path",
    [
        "../articles/part-00001.jsonl",
        "articles/../../part-00001.jsonl",
        "/articles/part-00001.jsonl",
        "rejected/part-00001.jsonl",
        "articles/part-x.jsonl",
        "articles/part-00001.jsonl.part",
    ],
)
def test_goes_on_with_parts_of_this_folder_only(path: str, tmp_path: Path) -> None:
    """A manifest from somewhere else may name any path."""
    part = Part(
        path=path,
        disposition=Disposition.ARTICLES,
        records=1,
        size_bytes=1,
        sha256="0" * 64,
    )

    with pytest.raises(StoreError, match="is no name of a part"):
        Store(tmp_path, parts=[part])


def test_a_damaged_part_is_an_error(tmp_path: Path) -> None:
    """Which articles the run has could not be told from it."""
    store = Store(tmp_path)
    store.add(article("one"))
    parts = store.checkpoint()
    with (tmp_path / FIRST).open("ab") as part:
        part.write(b"{torn")

    with pytest.raises(StoreError, match=f"{FIRST}:2: is no article"):
        Store(tmp_path, parts=parts)


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    """For instance where a file of that name is."""
    file = tmp_path / "file"
    file.write_bytes(b"")

    with pytest.raises(StoreError, match="file: cannot be written"):
        Store(file)


def test_never_overwrites_a_part_that_is_open_elsewhere(tmp_path: Path) -> None:
    """Two writers in one folder are found out, not mixed."""
    Store(tmp_path).discard()
    two = Store(tmp_path)
    (tmp_path / f"{FIRST}.part").write_bytes(b"another writer's")

    with pytest.raises(FileExistsError):
        two.add(article("one"))


def test_a_killed_writer_leaves_whole_parts_and_remains(tmp_path: Path) -> None:
    """The next run removes what no manifest names, and works as in a new folder."""
    context = multiprocessing.get_context("spawn")
    child = context.Process(target=write_and_die, args=(tmp_path,))
    child.start()
    child.join(30)

    left = files_of(tmp_path)
    store = Store(tmp_path)
    store.add(rejection("again"))

    assert child.exitcode == 9
    assert sorted(left) == [
        "rejected/part-00001.jsonl",
        "rejected/part-00002.jsonl.part",
    ]
    assert left["rejected/part-00001.jsonl"].count(b"\n") == 2
    assert [part.path for part in store.checkpoint()] == ["rejected/part-00001.jsonl"]
    assert len(files_of(tmp_path)) == 1


@contextmanager
def a_folder() -> Iterator[Path]:
    """A folder for one example of a property."""
    with TemporaryDirectory() as name:
        yield Path(name)


TEXTS = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from('\n\r\u2028\x85\0"\\'),
    max_size=30,
)
OUTCOMES = st.lists(
    st.builds(article, TEXTS, st.sampled_from("ab"))
    | st.builds(rejection, TEXTS)
    | st.builds(failure, TEXTS),
    max_size=12,
)
MODELS: dict[Disposition, type[Article | Duplicate | Rejection | Failure]] = {
    Disposition.ARTICLES: Article,
    Disposition.DUPLICATES: Duplicate,
    Disposition.REJECTED: Rejection,
    Disposition.FAILED: Failure,
}


@settings(max_examples=40, deadline=None)
@given(OUTCOMES, st.integers(1, 4), st.integers(0, 12))
def test_what_is_added_is_read_back(
    outcomes: list[Outcome], records_per_part: int, checkpoint_after: int
) -> None:
    """A line each, in order, whatever characters are in it and wherever parts end."""
    index = ExactIndex()
    expected = [index.dispose(each) for each in outcomes]
    with a_folder() as folder:
        store = Store(folder, records_per_part=records_per_part)
        parts: list[Part] = []
        for number, outcome in enumerate(outcomes):
            if number == checkpoint_after:
                parts += store.checkpoint()
                store = Store(folder, parts=parts, records_per_part=records_per_part)
            store.add(outcome)
        parts += store.checkpoint()
        for disposition in Disposition:
            lines = b"".join(
                (folder / part.path).read_bytes()
                for part in parts
                if part.disposition is disposition
            ).split(b"\n")
            read = [
                MODELS[disposition].model_validate_json(each) for each in lines[:-1]
            ]
            assert read == [each for where, each in expected if where is disposition]
            assert lines[-1] == b""
        assert set(files_of(folder)) == {part.path for part in parts}


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    """No `.part` is left; readers of the old file still have all of it."""
    path = tmp_path / "manifest.json"
    write_atomically(path, b"old")
    with path.open("rb") as old:
        write_atomically(path, b"new and longer")
        assert old.read() == b"old"

    assert files_of(tmp_path) == {"manifest.json": b"new and longer"}


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    """Here the name is taken by a folder."""
    path = tmp_path / "taken"
    path.mkdir()

    with pytest.raises(OSError, match="taken"):
        write_atomically(path, b"new")

    assert path.is_dir()
    assert os.listdir(path) == []  # noqa: PTH208 - names only


def test_folder_in_use_is_refused(tmp_path: Path) -> None:
    """Two runs at once would each remove what the other has not committed yet."""
    with (
        locked(tmp_path / "out"),
        pytest.raises(StoreError, match="another run"),
        locked(tmp_path / "out"),
    ):
        pass
    with locked(tmp_path / "out"):
        assert (tmp_path / "out").is_dir()
    assert not (tmp_path / "out").exists()


def test_lock_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "out").write_text("a file")
    with pytest.raises(StoreError, match="cannot be written"), locked(tmp_path / "out"):
        pass
