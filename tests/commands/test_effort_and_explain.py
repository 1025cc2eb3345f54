"""--effort of clean and explain, and what explain tells of fields and of each block."""

import json
import re
import signal
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crawler.cli import main
from crawler.commands.run_options import config_of
from pipelines.extract import Extraction
from pipelines.manifest import load_manifest
from pipelines.model import load_model
from pipelines.process import examine_page
from schemas.config import Effort, ExtractionConfig, PipelineConfig
from schemas.page import Page
from tests.conftest import SEED, MakePage

TITLE = "Town band wins back its rehearsal room"
FIRST = (
    "The town band may rehearse in the old fire station again, the council decided on "
    "Thursday after a year in which it had practised in a garage."
)
SECOND = (
    "The room had been let to a courier company, whose vans blocked the yard on every "
    "evening that the band had been promised."
)
THIRD = (
    "“Forty people with instruments do not fit between two lawn mowers,” said its "
    "conductor, Alma Reyes. A concert of thanks is planned for the spring."
)
BODY = (FIRST, SECOND, THIRD)
PAGE = f"""\
<html lang="en"><head><title>{TITLE} | Valley Courier</title>
<meta property="og:title" content="Band wins back its room">
<meta property="og:site_name" content="Valley Courier">
<meta name="author" content="Jana Mala"><meta property="article:section" content="Town">
<meta name="date" content="31/02/2019"><meta name="date" content="2019-03-01"></head>
<body><header><nav><ul><li><a href="/">Home</a></li><li><a href="/sport">Sport</a></li>
<li><a href="/weather">Weather</a></li></ul></nav></header>
<article><h1>{TITLE}</h1>{"".join(f"<p>{text}</p>" for text in BODY)}</article>
<footer><ul><li><a href="/imprint">Imprint</a></li><li><a href="/jobs">Jobs</a></li>
</ul></footer></body></html>
"""
EFFORTS = [str(effort) for effort in Effort]
DEFAULT = str(ExtractionConfig().effort)

JUDGED = re.compile(r"^[+-] (\S+) +(.*?)  \[(\d\.\d\d)(?:: (.+))?\]$")
"""A line of explain: role or rule, text, probability, and features if one spoke."""

FEATURE = re.compile(r"(.+)=(\S+) ([+-]\d+\.\d)")
"""A feature with its value and its share."""

RULE_WIDTH = len("+ ") + 18 + len(" ")
"""Columns before the text of a block's line."""


@pytest.fixture(autouse=True)
def _own_sigterm() -> Iterator[None]:
    """What SIGTERM does is given back."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A page of our paper."""
    path = tmp_path / "page.html"
    path.write_text(PAGE, "utf-8")
    return path


def record_of(capfd: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """The one record that was printed."""
    (line,) = capfd.readouterr().out.splitlines()
    record = json.loads(line)
    assert isinstance(record, dict)
    return record


def explained(
    capsys: pytest.CaptureFixture[str], *arguments: str | Path
) -> tuple[str, ...]:
    """The lines of explain, which went well."""
    assert main(["explain", *map(str, arguments)]) == 0
    return tuple(capsys.readouterr().out.splitlines())


def share_of(said: str) -> float:
    """How loudly a feature spoke."""
    match = FEATURE.fullmatch(said)
    assert match is not None
    return abs(float(match.group(3)))


def judged(lines: tuple[str, ...]) -> list[tuple[str, str, float, list[str]]]:
    """Role or rule, text, probability and features of each block that was judged."""
    found = [match for match in map(JUDGED.match, lines) if match]
    return [
        (rule, text, float(probability), said.split(", ") if said else [])
        for rule, text, probability, said in (match.groups() for match in found)
    ]


@pytest.mark.parametrize("effort", EFFORTS)
def test_clean_spends_the_effort_that_was_asked_for(
    effort: str, page: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The record names its model, and its configuration by the digest."""
    code = main(["clean", str(page), "--workers", "1", "--quiet", "--effort", effort])

    provenance = record_of(capfd)["provenance"]
    assert code == 0
    assert provenance["extractor"] == f"model:{effort}"
    assert provenance["extractor_model"] == load_model(effort).digest
    assert (provenance["extractor_version"] is None) is (effort == "fast")


def test_the_manifest_of_a_run_tells_its_effort(
    page: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """So that the run can be done again; records name the same configuration."""
    out = tmp_path / "out"
    command = ["clean", str(page), "--workers", "1", "--out", str(out), "--quiet"]

    assert main([*command, "--effort", "fast"]) == 0

    manifest = load_manifest(out)
    (part,) = (out / "articles").glob("*.jsonl")
    record = json.loads(part.read_text("utf-8"))
    assert manifest is not None
    assert manifest.config.extraction.effort is Effort.FAST
    assert record["provenance"]["config_digest"] == manifest.config.digest()


def test_without_the_option_the_effort_is_that_of_the_configuration(
    page: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """For clean and explain alike."""
    command = ["clean", str(page), "--workers", "1", "--quiet"]

    assert main(command) == 0
    unnamed = record_of(capfd)
    assert main([*command, "--effort", DEFAULT]) == 0
    assert record_of(capfd) == unnamed
    assert explained(capfd, page) == explained(capfd, page, "--effort", DEFAULT)


@pytest.mark.parametrize("command", ["clean", "explain", "crawl"])
@pytest.mark.parametrize("effort", ["slow", "FAST", "", "1"])
def test_an_unknown_effort_is_misuse(
    command: str, effort: str, page: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2; the message names the option and what it takes."""
    with pytest.raises(SystemExit) as caught:
        main([command, str(page), f"--effort={effort}"])

    out, err = capsys.readouterr()
    assert (caught.value.code, out) == (2, "")
    assert "argument --effort: invalid choice" in err
    for known in EFFORTS:
        assert known in err


@pytest.mark.parametrize("effort", EFFORTS)
def test_the_options_make_a_configuration(effort: str) -> None:
    """In which nothing but the effort differs from the one that ships."""
    config = config_of(Namespace(effort=effort))

    assert config.extraction == ExtractionConfig(effort=Effort(effort))
    assert config.model_copy(update={"extraction": ExtractionConfig()}) == (
        config_of(Namespace(effort=DEFAULT))
    )


@pytest.mark.parametrize("effort", EFFORTS)
def test_explain_spends_the_effort_that_was_asked_for(
    effort: str, page: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And says so; the features it names are those of that model."""
    lines = explained(capsys, page, "--effort", effort)

    features = {each.split("=")[0] for *_, said in judged(lines) for each in said}
    assert any(line.endswith(f"words, by model:{effort}") for line in lines)
    assert features
    assert features <= set(load_model(effort).features)


def test_explain_shows_the_candidates_of_each_field(
    page: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The one that won first, the others below it; each with its source."""
    lines = explained(capsys, page)

    fields = [line for line in lines if line.startswith("  ")]
    (title,) = (i for i, line in enumerate(fields) if line.startswith("  title "))
    others = [line for line in fields[title:] if line.startswith("    or ")]
    shown = [" ".join(line.split()) for line in fields]
    assert TITLE in fields[title]
    assert f"or {TITLE} [title-element]" in [" ".join(each.split()) for each in others]
    assert "or Band wins back its room [og:title]" in shown
    assert "authors Jana Mala [meta]" in shown
    assert "publisher Valley Courier [og:site_name]" in shown
    assert "section Town [meta]" in shown
    assert "language_declared en [html-lang]" in shown


def test_explain_says_which_date_was_not_usable(
    page: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the order in which they were tried; the last is the one that was used."""
    lines = explained(capsys, page)

    dates = [" ".join(line.split()) for line in lines if line.startswith("  publ")]
    assert dates[-2:] == [
        "published 31/02/2019 [meta: not usable]",
        "published 2019-03-01 [meta: 2019-03-01]",
    ]


def test_explain_shows_what_the_model_said_of_each_block(
    page: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Above one half it is kept, below it is cut, each with its loudest features."""
    lines = explained(capsys, page)

    blocks = judged(lines)
    by_text = {text: (rule, probability) for rule, text, probability, _ in blocks}
    assert set(BODY) <= set(by_text)
    assert {"Home", "Sport", "Weather", "Imprint", "Jobs"} <= set(by_text)
    for rule, probability in by_text.values():
        assert rule in {"text", "not-main-content"}
        assert (probability >= 0.5) is (rule == "text")
    assert any(said for *_, said in blocks)
    for *_, said in blocks:
        assert len(said) <= 3
        shares = [share_of(each) for each in said]
        assert shares == sorted(shares, reverse=True)
        assert len({each.split("=")[0] for each in said}) == len(said)


def test_each_feature_is_shown_with_its_value(
    page: Path, capsys: pytest.CaptureFixture[str], html_page: MakePage
) -> None:
    """That which the model looked at."""
    judgement = extraction_of(html_page(PAGE)).judgement
    assert judgement is not None
    columns = {name: place for place, name in enumerate(judgement.model.features)}
    blocks = judged(explained(capsys, page))

    for (*_, said), row in zip(blocks, judgement.rows.values(), strict=True):
        for name, value in (each.rsplit(" ", 1)[0].split("=") for each in said):
            assert value == f"{row[columns[name]]:.3g}"


@pytest.mark.parametrize("effort", EFFORTS)
def test_explain_leaves_no_bracket_half_filled(
    effort: str, page: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where no feature spoke louder than another the probability stands alone."""
    lines = explained(capsys, page, "--effort", effort)
    assert judged(lines)
    assert [line for line in lines if line.endswith(": ]")] == []


def test_a_block_that_no_model_judged_has_no_probability(
    page: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The headline is known before; of a text dump nothing is judged."""
    (title,) = (line for line in explained(capsys, page) if line.startswith("+ title"))
    assert title.endswith(TITLE)
    assert judged(explained(capsys, SEED)) == []


def test_text_that_looks_like_a_judgement_is_only_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A page cannot speak for the model, whose own words come last."""
    path = tmp_path / "page.html"
    forged = "[0.99: size=7 +9.0]"
    path.write_text(PAGE.replace(">Jobs<", f">Jobs  {forged} \x1b[31m<"), "utf-8")

    (line,) = (line for line in explained(capsys, path) if forged in line)

    assert line.startswith("- not-main-content   Jobs [0.99")
    assert line.index(forged) < line.rindex("  [")
    assert "\x1b" not in line


def rows_of(table: str) -> list[list[str]]:
    """Cells of each row of the table, colours off."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", table)
    rows = [line.strip("│").split("│") for line in plain.splitlines() if "│" in line]
    return [[cell.strip() for cell in row] for row in rows]


def extraction_of(page: Page) -> Extraction:
    """What was found on a page with the configuration that ships."""
    extraction = examine_page(page, None, None, PipelineConfig()).extraction
    assert extraction is not None
    return extraction


def as_row(line: str) -> list[str]:
    """The cells that stand for a block's line: kept, cut, rule, why."""
    text, _, why = line[RULE_WIDTH:].partition("  [")
    sides = [text, ""] if line[0] == "+" else ["", text]
    return [*sides, line[2:RULE_WIDTH].strip(), why.rstrip("]")]


def test_the_table_tells_the_same_as_the_lines(
    page: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row for each block: kept or cut, its role or rule, and why."""
    lines = explained(capsys, page)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "400")

    table = explained(capsys, page)

    rows = rows_of("\n".join(table))
    blocks = [line for line in lines if line[0] in "+-"]
    assert rows == [as_row(line) for line in blocks]
    fields = [line for line in lines if line[0] not in "+-"]
    assert list(table[: len(fields)]) == fields


def test_lines_may_be_asked_for_on_a_terminal_too(
    page: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are the same as in a file."""
    lines = explained(capsys, page)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)

    assert explained(capsys, page, "--lines") == lines
