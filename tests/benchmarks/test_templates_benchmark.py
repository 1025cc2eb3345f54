"""python -m benchmarks.templates, end to end on a labelled set that the tests write."""

import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from benchmarks.labelled import LabelledPage
from benchmarks.line_plot import Curve, line_plot
from benchmarks.templates import _with_address, main

NOTICE = (
    "The bakers of this valley lend their names to our paper, and whoever takes it by "
    "post gets the Saturday pages two days before the shops have them."
)
"""Prose that stands in each article: one page alone cannot tell it from the text."""

PLACES = (
    ("mill", "Altena", "a wheel of larch wood", "carpenters"),
    ("ferry", "Werdohl", "a cable across the river", "boatmen"),
    ("library", "Plettenberg", "nine thousand old volumes", "readers"),
    ("theatre", "Neuenrade", "a stage of black oak", "players"),
    ("station", "Balve", "a roof of green glass", "travellers"),
)

Run = Callable[..., tuple[int, str, str]]


_PROSE = """
The council of {1} voted on Monday to rebuild the old {0}, which has been shut since the
flood carried away {2} eleven years ago.

For the {3} of {1} it was a long wait, said the mayor, and the money for the {0} comes
from the state, from a lottery, and from four hundred families.

The work on the {0} begins in the spring; {2} will be made by hand in a yard near {1},
where {3} may watch on the first Sunday of each month.
"""


def _paragraphs(place: Sequence[str]) -> list[str]:
    return [" ".join(each.split()) for each in _PROSE.format(*place).split("\n\n")]


def _markup(place: Sequence[str]) -> str:
    title = f"{place[1]} rebuilds its {place[0]}"
    text = "".join(f"<p>{each}</p>" for each in _paragraphs(place))
    return f"""<!doctype html><html lang="en"><head><title>{title}</title>
<meta property="og:type" content="article"></head>
<body><nav><a href="/a">Home</a> <a href="/b">Sport</a></nav>
<div class="page"><h1>{title}</h1><div class="story">{text}<p>{NOTICE}</p></div></div>
<footer><a href="/c">Imprint</a></footer></body></html>"""


def _write_set(folder: Path, sites: Mapping[str, Sequence[Sequence[str]]]) -> None:
    """A set of sites whose addresses are roots; one of them has the notice as true."""
    (folder / "pages").mkdir(parents=True)
    lines = []
    for host, places in sites.items():
        for number, place in enumerate(places):
            name = f"{host}-{number}"
            file = f"pages/{name}.html.gz"
            (folder / file).write_bytes(gzip.compress(_markup(place).encode(), mtime=0))
            true = [*_paragraphs(place), *([NOTICE] if "kept" in host else [])]
            truth: dict[str, Any] = {"kind": "body", "body": "\n".join(true)}
            url = f"https://www.{host}/"
            lines.append(json.dumps({"id": name, "url": url, "file": file, **truth}))
    (folder / "truth.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """A function from options to the exit code and what was printed where."""
    folder = tmp_path / "sets"
    sites = {
        "cut.example": PLACES,
        "kept.example": PLACES[:4],
        "two.example": PLACES[:2],
    }
    _write_set(folder / "valley", sites)

    def call(*options: str) -> tuple[int, str, str]:
        code = main([str(folder), "--set", "valley", *options])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return call


def _cells(out: str, group: str) -> list[str]:
    line = next(each for each in out.splitlines() if each.startswith(group))
    return line.removeprefix(group).split()


def test_sites_by_size(run: Run) -> None:
    """A site with enough pages is read by its template, one with two as without."""
    code, out, _ = run("--no-baseline")
    assert code == 0
    sites, pages, theirs, before, after, fits, *_ = _cells(out, "5 to 9")
    assert (sites, pages, theirs, fits) == ("1", "5", "-", "1.000")
    assert float(before) < float(after)
    sites, pages, _, before, after, fits, *_ = _cells(out, "1 to 2")
    assert (sites, pages, fits) == ("1", "2", "0.000")
    assert before == after
    assert "fits 9, no template 2" in out


def test_sites_that_lose(run: Run) -> None:
    """The one in whose true text the repeated line stands is listed; figures agree."""
    _, out, _ = run("--no-baseline", "--min-pages", "3")
    assert "of 2 sites learnt 1 lose more than 0.005, 1 gain as much" in out
    host, pages, before, after, change = out.splitlines()[-1].split()
    assert (host, pages) == ("kept.example", "4")
    assert float(after) - float(before) == pytest.approx(float(change), abs=2e-4)
    assert float(change) < -0.005
    assert "two.example" not in out


def test_beside_trafilatura(run: Run) -> None:
    """Times are shares of its time on the same pages, and consistent with another."""
    _, out, _ = run("--min-pages", "3")
    _, _, theirs, *_, ratio, plain, learnt = _cells(out, "5 to 9")
    assert 0 < float(theirs) <= 1
    assert float(learnt) / float(plain) == pytest.approx(float(ratio), abs=0.02)


def test_what_a_template_changes(run: Run) -> None:
    """For each page the lines that went, with the rule, and whether they are true."""
    code, out, _ = run("--show", "cut.example")
    lines = out.splitlines()
    assert code == 0
    assert lines[0::2] == [f"cut.example-{number} fits" for number in range(5)]
    assert {line.split("|")[0].strip() for line in lines[1::2]} == {
        "- not  template:line"
    }
    assert all(line.endswith(f"| {NOTICE[:80]}") for line in lines[1::2])


def test_site_with_too_few_pages(run: Run) -> None:
    """There is nothing to show, and it says so."""
    code, out, _ = run("--show", "two.example")
    assert (code, out) == (0, "two.example: too few articles\n")


@pytest.mark.parametrize(
    ("options", "told"),
    [(["--show", "no.example"], "no site"), (["--set", "hill"], "no set hill")],
)
def test_what_cannot_be_measured(run: Run, options: list[str], told: str) -> None:
    """One line says why, and the exit code is 2."""
    code, _, err = run(*options)
    assert (code, len(err.splitlines())) == (2, 1)
    assert told in err


def test_growth(run: Run, tmp_path: Path) -> None:
    """A point for each number of pages while sites have more; the plot shows them."""
    path = tmp_path / "growth.svg"
    _, out, _ = run("--no-baseline", "--plot", str(path))
    points = out.split("sites with 5 to 9 pages:")[1].splitlines()[2:4]
    assert [line.split()[:3] for line in points] == [["3", "1", "5"], ["5", "1", "5"]]
    *_, before, after = _cells(out, "5 to 9")[:5]
    assert points[1].split()[3:] == [before, after]
    assert _texts(path.read_text(encoding="utf-8")) >= {
        "with, sites with 5 to 9 pages",
        "without, sites with 5 to 9 pages",
    }


def _texts(svg: str) -> set[str]:
    root = ET.fromstring(svg)  # noqa: S314 - written by us
    return {each.text or "" for each in root.iter() if each.tag.endswith("text")}


def test_plot_sets_values_in_their_places() -> None:
    """Places in their order from left to right, higher values above lower ones."""
    curves = [
        Curve("a < b", {50: 0.93, 3: 0.91}, 0, is_dashed=False),
        Curve("flat", {3: 0.91, 50: 0.91}, 1, is_dashed=True),
    ]
    svg = line_plot("F1", "pages", curves)
    root = ET.fromstring(svg)  # noqa: S314 - written by us
    lines = [each for each in root.iter() if each.tag.endswith("polyline")]
    rising, flat = (
        [tuple(map(float, pair.split(","))) for pair in line.attrib["points"].split()]
        for line in lines
    )
    assert rising[0] == flat[0]
    assert rising[0][0] < rising[1][0]
    assert rising[1][1] < rising[0][1] == flat[1][1]
    assert "stroke-dasharray" not in lines[0].attrib
    assert "stroke-dasharray" in lines[1].attrib
    assert _texts(svg) >= {"3", "50", "F1", "pages", "a < b", "flat", "0.91"}


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("http://news.example/", "http://news.example/page/x7"),
        ("http://news.example", "http://news.example/page/x7"),
        ("http://news.example/a", "http://news.example/a"),
        ("http://news.example/?id=3", "http://news.example/?id=3"),
    ],
)
def test_root_addresses_become_addresses_of_their_own(url: str, own: str) -> None:
    """A page of which only the site is known is no other page's capture."""
    page = LabelledPage(Path("x7.html.gz"), {"id": "x7", "url": url})
    assert _with_address(page).url == own
