"""The benchmark of speed: it runs as a whole, and its stopwatches tell stages apart."""

import os
import time
from pathlib import Path

import pytest

from benchmarks import speed
from benchmarks.site_pages import main as make_pages
from benchmarks.speed import SCRIPT, STAGES, WITH, WITHOUT, main
from benchmarks.stopwatch import Stopwatch
from pipelines.sites import host_of

HERE = __name__

SITES, PAGES = 3, 6


def spin(seconds: float) -> None:
    """Take so much processor time."""
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass


def outer() -> str:
    """Ten milliseconds of its own, and ten of `inner`."""
    spin(0.01)
    inner()
    return "done"


def inner() -> None:
    """Ten milliseconds."""
    spin(0.01)


def slowly(value: str) -> str:
    """The value, after ten milliseconds."""
    spin(0.01)
    return value


def failing() -> None:
    """Ten milliseconds in vain."""
    spin(0.01)
    raise KeyError


class TestStopwatch:
    """Each stage's own time."""

    def test_a_stage_is_without_those_inside_it(self) -> None:
        """The time of a call inside another is counted once."""
        watch = Stopwatch()
        with watch.installed({"a": [f"{HERE}:outer"], "b": [f"{HERE}:inner"]}):
            assert outer() == "done"
        spent = watch.take()
        assert 0.009 < spent["a"] < 0.019
        assert 0.009 < spent["b"] < 0.019
        assert watch.take() == {}

    def test_some_stages_are_taken_whole(self) -> None:
        """What runs inside such a stage is its own; what runs beside it is not."""
        watch = Stopwatch(whole={"a"})
        with watch.installed({"a": [f"{HERE}:outer"], "b": [f"{HERE}:inner"]}):
            outer()
            assert set(watch.take()) == {"a"}
            inner()
        assert set(watch.take()) == {"b"}

    def test_an_error_stops_the_watch(self) -> None:
        """It is raised on, and the stage after it is measured alone."""
        watch = Stopwatch(whole={"a"})
        with watch.installed({"a": [f"{HERE}:failing"], "b": [f"{HERE}:inner"]}):
            with pytest.raises(KeyError):
                failing()
            inner()
        assert set(watch.take()) == {"a", "b"}

    def test_functions_are_put_back(self) -> None:
        """After the context nothing is measured."""
        watch = Stopwatch()
        with watch.installed({"b": [f"{HERE}:inner"]}):
            pass
        inner()
        assert watch.take() == {}

    def test_getting_a_value_belongs_to_its_stage(self) -> None:
        """Not what is done with it."""
        watch = Stopwatch()
        values = map(slowly, "abc")
        for found in watch.iterate("read", values):
            assert found in "abc"
            spin(0.01)
        assert 0.029 < watch.take()["read"] < 0.045

    def test_a_function_that_is_gone_is_an_error(self) -> None:
        """A stage is never left out in silence."""
        with (
            pytest.raises(AttributeError),
            Stopwatch().installed({"a": [f"{HERE}:nothing"]}),
        ):
            pytest.fail("nothing was measured")


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """The arguments that name a small archive."""
    folder = tmp_path_factory.mktemp("speed")
    file, truth = str(folder / "a.warc.gz"), str(folder / "truth.jsonl")
    make_pages([file, "--truth", truth, "--sites", str(SITES), "--pages", str(PAGES)])
    return "--archive", file, "--truth", truth


def _rows(lines: list[str], name: str) -> list[str]:
    """The cells of the line that begins with this name."""
    return next(line[len(name) :].split() for line in lines if line.startswith(name))


class TestSpeed:
    """The benchmark, as it is run."""

    def test_all_ways_read_all_pages(
        self, archive: tuple[str, ...], capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Each way's pages, records and quality; then learning, and each stage."""
        cores = os.sched_getaffinity(0)
        assert main([*archive, "--profile"]) == 0
        assert os.sched_getaffinity(0) == cores
        lines = capsys.readouterr().out.splitlines()
        pages = str(SITES * PAGES)
        for name in (SCRIPT, WITH, WITHOUT):
            cells = _rows(lines, name)
            assert cells[0] == pages
            assert SITES <= int(cells[3]) <= int(pages)
            assert 0.8 < float(cells[5]) <= 1
        assert _rows(lines, "floor")[0] == pages
        assert "fits" in " ".join(_rows(lines, "template_check:"))
        assert _rows(lines, "learning:")[:2] == [str(SITES), "templates"]
        by_stage = {stage: _rows(lines, stage) for stage in (*STAGES, "read", "rest")}
        assert all(len(cells) == 2 for cells in by_stage.values())
        assert any("function calls" in line for line in lines)

    def test_labelled_sites_are_read_after_it(
        self,
        archive: tuple[str, ...],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        """Those with enough pages, of a set whose addresses name the site only."""
        sites = tmp_path / speed.SET_NAME
        make_pages(["--folder", str(sites), "--sites", "2", "--pages", "5"])
        monkeypatch.setattr(speed, "SET_PAGES", 5)
        assert main([*archive, "--sets", str(tmp_path)]) == 0
        told = capsys.readouterr().out
        assert f"{speed.SET_NAME}, 2 sites of 5 pages and more" in told
        assert "have seen these pages" in told

    def test_sites_are_made_where_no_archive_is_given(self, tmp_path: Path) -> None:
        """A page of each in turn, all of them with their truth."""
        arguments = speed._parser().parse_args(["--sites", "2", "--pages", "3"])
        (made,) = speed._archives(arguments, tmp_path)
        readings = speed._pages(speed._readings(made))
        urls = [page.url or "" for page in readings]
        assert sorted(urls) == sorted(made.truth)
        hosts = [host_of(url) for url in urls]
        assert hosts == hosts[:2] * 3

    @pytest.mark.parametrize(
        ("arguments", "why"),
        [
            (["--archive", "a.warc.gz"], "--archive needs --truth"),
            (["--sites", "1", "--pages", "1", "--sets", "nowhere"], "no set"),
        ],
    )
    def test_what_cannot_be_measured_is_told(
        self,
        arguments: list[str],
        why: str,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        """On standard error; the exit code is 2."""
        monkeypatch.setattr(speed, "_lines", lambda *_, **__: ())
        assert main(arguments) == 2
        assert why in capsys.readouterr().err
