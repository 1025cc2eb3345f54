"""python -m benchmarks.quality, end to end on labelled sets that the tests write."""

import gzip
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks import tools
from benchmarks.floors import pinned
from benchmarks.quality import main

LEAD = "The old bridge over the Lenne closes for two years."
_PROSE = """
The town council of Altena voted on Monday to close the old bridge over the Lenne,
because engineers had found cracks in three of its seven piers.

Drivers will have to take the road past the paper mill, which adds about nine minutes
to the way into the centre of the town, said the mayor.

The work is to begin in the spring, after the floods, and will cost eleven million
euros, of which the state pays more than half.
"""
BODY = [" ".join(each.split()) for each in _PROSE.split("\n\n")]

TITLE = "Cracked bridge closes for two years"

PAGE = f"""<!doctype html><html lang="en"><head><title>{TITLE}</title>
<meta property="og:type" content="article">
<meta property="og:title" content="{TITLE}">
<meta property="article:published_time" content="2024-03-05T08:00:00Z">
<meta name="author" content="Ada Moss"></head>
<body><nav><a href="/a">Home</a><a href="/b">Sport</a></nav>
<main><article><h1>{TITLE}</h1>
{"".join(f"<p>{each}</p>" for each in BODY)}</article></main>
<footer>All rights reserved</footer></body></html>"""

EMPTY = "<!doctype html><html><head><title>Nothing</title></head><body></body></html>"

TRUTH = {
    "kind": "body",
    "body": "\n".join(BODY),
    "title": TITLE,
    "authors": ["Ada Moss"],
    "date": "2024-03-05",
    "lang": "en",
    "with": ["cracks in three of its seven piers"],
    "without": ["All rights reserved"],
}

Run = Callable[..., tuple[int, str, str]]


def _write_set(folder: Path, pages: dict[str, tuple[str, dict[str, Any]]]) -> None:
    (folder / "pages").mkdir(parents=True)
    lines = []
    for name, (markup, truth) in pages.items():
        file = f"pages/{name}.html.gz"
        (folder / file).write_bytes(gzip.compress(markup.encode(), mtime=0))
        url = f"https://news.example/2024/{name}"
        lines.append(json.dumps({"id": name, "url": url, "file": file, **truth}))
    (folder / "truth.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture
def sets(tmp_path: Path) -> Path:
    """A folder with a set of two articles, one without text, and one of no articles."""
    folder = tmp_path / "sets"
    pages = {"bridge": (PAGE, TRUTH), "blank": (EMPTY, TRUTH)}
    _write_set(folder / "news", pages)
    _write_set(folder / "multilingual", {"bridge": (PAGE, TRUTH)})
    other = {"kind": "page_type", "page_type": "service"}
    _write_set(folder / "other", {"blank": (EMPTY, other), "stored": (PAGE, other)})
    return folder


@pytest.fixture
def run(sets: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """A function from options to the exit code and what was printed where."""

    def call(*options: str) -> tuple[int, str, str]:
        code = main([str(sets), *options])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return call


def _figures(out: str, set_name: str, tool: str = "copydesk standard") -> Any:  # noqa: ANN401 - JSON
    return json.loads(out)["sets"][set_name]["tools"][tool]["figures"]


def test_figures_of_our_pages(run: Run) -> None:
    """A right page and a rejected one: half of all, and whole precision."""
    code, out, _ = run("--no-peers", "--json")
    assert code == 0
    assert _figures(out, "news") == {
        "f1": pytest.approx(2 / 3),
        "precision": 1.0,
        "recall": 0.5,
        "snippets": pytest.approx(2 / 3),
        "title": 0.5,
        "authors": 0.5,
        "date": 0.5,
        "language": 1.0,
        "rejected": 0.5,
    }
    assert _figures(out, "other") == {"stored": 0.5}


def test_headline_counts_where_the_truth_has_it(run: Run) -> None:
    """In `multilingual` our title is part of the compared text, elsewhere not."""
    _, out, _ = run("--no-peers", "--json")
    assert _figures(out, "multilingual")["recall"] == 1.0
    assert _figures(out, "multilingual")["precision"] < 1.0


def test_table_beside_trafilatura(run: Run, tmp_path: Path) -> None:
    """Our row has the time and the gain relative to the baseline measured with it."""
    none = tmp_path / "none" / "python"
    code, out, err = run("--sets", "news", "--peers-python", str(none))
    rows = {line[20:42].strip(): line.split() for line in out.splitlines()}
    assert code == 0
    assert "trafilatura" in out.splitlines()[0]
    assert rows["trafilatura"][-1] == "1.00"
    gain, low, high = (cell.strip("[]") for cell in rows["copydesk standard"][-3:])
    assert float(low) <= float(gain) <= float(high)
    assert rows["trafilatura precision"]
    assert "50.00% of 2 article pages rejected: " in out
    assert f"no other tools: {none} is missing; `make peers` builds it" in err


def test_groups_and_worst_pages(run: Run) -> None:
    """Groups have rows of their own; the worst page of ours is named with its error."""
    _, out, _ = run("--no-peers", "--by", "lang", "--worst", "1")
    assert "  en (2) " in out
    worst = out.split("worst of news", 1)[1].splitlines()[1].split()
    assert worst[:2] == ["blank", "en"]
    assert worst[-2] == "0.000"
    stored = out.split("worst of other", 1)[1].splitlines()[1].split()
    assert stored == ["stored", "?", "service"]


def test_predictions_are_written(run: Run, tmp_path: Path) -> None:
    """Each page has a line in the documented format, a rejected one with its reason."""
    run("--no-peers", "--sets", "news", "--predictions", str(tmp_path / "out"))
    path = tmp_path / "out" / "news.copydesk-standard.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines()
    bridge, blank = map(json.loads, lines)
    assert bridge == {
        "id": "bridge",
        "text": "\n\n".join(BODY),
        "title": TITLE,
        "authors": ["Ada Moss"],
        "date": "2024-03-05T08:00:00Z",
        "language": "en",
        "error": None,
    }
    assert (blank["id"], blank["text"]) == ("blank", "")
    assert blank["error"]


def test_show_one_page(sets: Path, run: Run) -> None:
    """Missing paragraphs are told with the rule that cut them, extra ones marked."""
    truth = {**TRUTH, "body": "\n".join((LEAD, *BODY[:2], "All rights reserved"))}
    _write_set(sets / "shown", {"shown": (PAGE, truth)})
    code, out, _ = run("--show", "shown")
    assert code == 0
    marked = out.splitlines()[-5:]
    assert f"- {LEAD}  [in no block]" in marked
    assert f"  {BODY[0]}" in marked
    assert f"+ {BODY[2]}" in marked
    assert any(
        line.startswith("- All rights reserved  [") and "no block" not in line
        for line in marked
    )


def test_show_a_rejected_page(run: Run) -> None:
    """The reason stands above the text, all of which is missing."""
    code, out, _ = run("--sets", "news", "--show", "blank")
    assert code == 0
    assert "rejected: " in out
    assert f"- {BODY[0]}  [in no block]" in out


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--sets", "nws"], "no set nws"),
        (["--show", "nobody"], "no page nobody"),
        (["--efforts", "heroic"], "no effort 'heroic'"),
        (["--check", "--no-peers"], "no floors in"),
    ],
)
def test_what_cannot_be_measured(
    run: Run, tmp_path: Path, options: list[str], told: str
) -> None:
    """One line says why, and the exit code is 2."""
    code, _, err = run(*options, "--floors", str(tmp_path / "none.json"))
    assert (code, len(err.splitlines())) == (2, 1)
    assert told in err


def test_floors_are_rounded_to_the_lenient_side() -> None:
    """A figure never fails its own floor, and the shares to keep low are ceilings."""
    figures = {"f1": 0.95678, "title": 0.95, "rejected": 0.00712, "stored": 0.15}
    assert pinned(figures) == {
        "f1": 0.956,
        "title": 0.95,
        "rejected": 0.008,
        "stored": 0.15,
    }


class TestFloors:
    """`--write-floors` and `--check`."""

    @pytest.fixture
    def floors(self, run: Run, tmp_path: Path) -> Path:
        """Floors of what is measured now."""
        path = tmp_path / "floors.json"
        code, _, _ = run("--no-peers", "--write-floors", "--floors", str(path))
        assert code == 0
        return path

    def test_hold(self, run: Run, floors: Path) -> None:
        """What was measured passes."""
        code, _, err = run("--no-peers", "--check", "--floors", str(floors))
        assert (code, err) == (0, "")

    @pytest.mark.parametrize(
        ("figure", "floor", "told"),
        [
            ("news date", 0.501, "news date: 0.5000 is below its floor 0.501"),
            ("news rejected", 0.499, "rejected: 0.5000 is above its limit 0.499"),
            ("other stored", 0.1, "other stored: 0.5000 is above its limit 0.100"),
            ("other f1", 0.1, "other f1: not measured, floor 0.100"),
        ],
    )
    def test_broken(
        self,
        run: Run,
        floors: Path,
        figure: str,
        floor: float,
        told: str,
    ) -> None:
        """A figure on the wrong side fails with a line that has the numbers."""
        content = json.loads(floors.read_text(encoding="utf-8"))
        set_name, name = figure.split()
        content["sets"][set_name]["floors"][name] = floor
        floors.write_text(json.dumps(content), encoding="utf-8")
        code, _, err = run("--no-peers", "--check", "--floors", str(floors))
        assert code == 1
        assert told in err

    def test_of_other_pages(self, run: Run, floors: Path, sets: Path) -> None:
        """A set that has changed is not compared."""
        page = sets / "news" / "pages" / "blank.html.gz"
        page.write_bytes(gzip.compress(EMPTY.encode() + b"<!-- -->", mtime=0))
        code, _, err = run("--no-peers", "--check", "--floors", str(floors))
        assert code == 2
        assert "the set news is not the one that its floors were measured on" in err

    def test_of_other_versions(self, run: Run, floors: Path) -> None:
        """Other versions are told, and decide nothing."""
        content = json.loads(floors.read_text(encoding="utf-8"))
        content["versions"]["trafilatura"] = "0.1"
        floors.write_text(json.dumps(content), encoding="utf-8")
        code, _, err = run("--no-peers", "--check", "--floors", str(floors))
        assert code == 0
        assert "the floors were measured with {'trafilatura': '0.1'" in err

    def test_of_new_sets(self, run: Run, floors: Path, sets: Path) -> None:
        """A set without floors cannot pass; writing some leaves the others alone."""
        before = json.loads(floors.read_text(encoding="utf-8"))["sets"]
        _write_set(sets / "fresh", {"bridge": (PAGE, TRUTH)})
        options = ("--no-peers", "--sets", "fresh", "--floors", str(floors))
        code, _, err = run(*options, "--check")
        assert code == 2
        assert "no floors for the set fresh" in err
        run(*options, "--write-floors")
        after = json.loads(floors.read_text(encoding="utf-8"))["sets"]
        assert after.pop("fresh")["floors"]["f1"] == 1.0
        assert after == before


PEERS = """
import json, sys, time
print(json.dumps({"versions": {"parrot": "7"}, "fields": {"parrot": ["title"]}}))
for line in sys.stdin:
    sys.stdout.flush()
    path = json.loads(line)["path"]
    %s
    print(json.dumps({"parrot": {"text": path, "title": "Me", "seconds": 9}}))
    sys.stdout.flush()
"""


class TestPeers:
    """The tools of another environment, with a script in place of theirs."""

    @pytest.fixture
    def peers(
        self, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> Callable[[str], tuple[int, str, str]]:
        """A function from what the script does on each page to what is printed."""

        def call(step: str) -> tuple[int, str, str]:
            script = tmp_path / "parrot.py"
            script.write_text(PEERS % step, encoding="utf-8")
            monkeypatch.setattr(tools, "PEERS_SCRIPT", script)
            monkeypatch.setattr(tools, "PAGE_SECONDS", 3.0)
            python = ("--peers-python", sys.executable)
            return run("--sets", "news", "--json", *python)

        return call

    def test_answer(self, peers: Callable[[str], tuple[int, str, str]]) -> None:
        """They have figures for what they have, and their versions are told."""
        code, out, _ = peers("pass")
        assert code == 0
        assert json.loads(out)["versions"]["parrot"] == "7"
        assert _figures(out, "news", "parrot")["title"] == 0
        assert "date" not in _figures(out, "news", "parrot")
        told = json.loads(out)["sets"]["news"]["tools"]["parrot"]
        assert told["seconds"] == 18

    @pytest.mark.parametrize("step", ["sys.exit(3)", "time.sleep(60)"])
    def test_end(self, peers: Callable[[str], tuple[int, str, str]], step: str) -> None:
        """A process that ends, or hangs and is ended, answers no more pages."""
        code, out, _ = peers(step)
        assert code == 0
        told = json.loads(out)["sets"]["news"]["tools"]["parrot"]
        assert told["reasons"] == {"no-answer": 2}

    def test_cannot_run(self, run: Run) -> None:
        """An environment without the tools is told, and all else is measured."""
        python = ("--peers-python", sys.executable)
        code, out, err = run("--sets", "news", *python)
        assert code == 0
        assert "cannot run them" in err
        assert "trafilatura precision" in out
