"""copydesk explain, sites and schema; the catalogue, golden pages and progress."""

import io
import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crawler import progress
from crawler.catalog import SITES_FOLDER, Catalog, load_catalog, load_site_file
from crawler.cli import main
from crawler.commands.schema import MODELS
from crawler.commands.sites import named_site
from crawler.progress import Progress
from schemas.errors import SiteDefinitionError
from schemas.manifest import Counts
from tests.commands.running import copydesk, copydesk_on_terminal
from tests.conftest import SEED

PROSE = (
    "The council of the harbour town voted on Monday to rebuild the old pier, which "
    "a storm had damaged in the winter before last."
)
PAGE = f"""\
<html lang=en><head><title>The old pier | Harbour Mail</title>
<meta property=og:site_name content="Harbour Mail">
<meta name=date content="31/02/2019"><meta name=date content="2019-03-01"></head>
<body><nav><a href=/>Home</a></nav><article><h1>The old pier</h1>
<p>{PROSE}</p><p>Work is to begin in the spring, and fishermen will moor at the new
quay until the last of the planks has been laid.</p></article></body></html>
"""
SITE = """\
name = "{name}"
hosts = ["harbour.example"]
[[layouts]]
name = "now"
main = ["{selector}"]
"""


PHRASE = """\
name = "harbour"
hosts = ["a.example"]
[[phrases]]
element = "{}"
language = "en"
grade = "seen"
text = "{}"
"""


@pytest.fixture(autouse=True)
def _own_sigterm() -> Iterator[None]:
    """What SIGTERM does is given back."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def site_file(tmp_path: Path) -> Path:
    """A definition that is right."""
    path = tmp_path / "harbour.toml"
    path.write_text(SITE.format(name="harbour", selector="article p"), "utf-8")
    return path


def test_explains_the_seed_line_by_line(capsys: pytest.CaptureFixture[str]) -> None:
    """48 headlines, the widget, the published line and the source link are cut."""
    assert main(["explain", str(SEED), "--site", "maghress"]) == 0

    lines = capsys.readouterr().out.splitlines()
    marks = [" ".join(line.split()[:2]) for line in lines]
    assert lines[0].startswith("article  ")
    assert {mark: marks.count(mark) for mark in marks if mark[0] in "+-"} == {
        "- ribbon": 48,
        "- image-widget": 2,
        "- published-line": 1,
        "- source-link": 1,
        "+ title": 1,
        "+ text": 9,
    }
    assert "  publisher          Barlamane  [published-line]" in lines
    assert "  published          20 - 09 - 2018  [published-line: 2018-09-20]" in lines
    assert max(map(len, lines)) < 200


def test_explains_a_page_of_html(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Which titles and dates there were, and which was not usable."""
    path = tmp_path / "page.html"
    path.write_text(PAGE, "utf-8")

    assert main(["explain", str(path)]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert "    or               The old pier  [title-element]" in lines
    assert "    or               The old pier  [h1]" in lines
    assert "  published          31/02/2019  [meta: not usable]" in lines
    assert "  published          2019-03-01  [meta: 2019-03-01]" in lines
    assert any(line.startswith("- not-main-content") for line in lines)
    assert any("by model:standard" in line for line in lines)
    assert any(line.startswith("  language   en (") for line in lines)


def test_explains_why_a_page_was_rejected(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """All broken rules with their numbers; a page that was not read has no more."""
    path = tmp_path / "pages.jsonl"
    pages = [
        {"text": "Pier\ntoo short", "url": "https://a.example/x"},
        {"text": " "},
        {"html": "<html><body><p>x</p></body></html>"},
    ]
    path.write_text("\n".join(map(json.dumps, pages)) + "\n{torn", "utf-8")

    assert main(["explain", str(path)]) == 0

    out = capsys.readouterr().out
    assert "rejected: too-short  https://a.example/x\n  too-short measured 9" in out
    assert "rejected: empty\n  empty\n" in out
    assert "  headline-missing\n" in out
    assert "failed: damaged-record: line 4" in out


@pytest.mark.parametrize(
    ("number", "code", "said"),
    [
        ("1", 0, "number 1"),
        ("2", 0, "number 2"),
        ("3", 2, ""),
        ("0", 2, ""),
        ("-1", 2, ""),
    ],
)
def test_explains_one_page_of_many(
    number: str,
    code: int,
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Counted from 1; one that is not there is misuse."""
    path = tmp_path / "pages.jsonl"
    texts = [{"text": f"Pier number {each}\n{PROSE}"} for each in (1, 2)]
    path.write_text("\n".join(map(json.dumps, texts)), "utf-8")
    (tmp_path / "z.png").write_bytes(b"")

    assert main(["explain", str(tmp_path), f"--page={number}"]) == code

    out, err = capsys.readouterr()
    assert [line for line in out.splitlines() if line.startswith("  title")] == (
        [f"  title              Pier {said}  [first-line]"] if said else []
    )
    assert err == ("" if said else "copydesk: there are 2 pages\n")


def test_explain_of_nothing_is_misuse(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An empty folder has no page to explain; a path that is not there neither."""
    assert main(["explain", str(tmp_path)]) == 2
    assert main(["explain", str(tmp_path / "gone")]) == 2
    assert "gone: cannot be read" in capsys.readouterr().err


def test_explains_standard_input() -> None:
    """As `clean` reads it."""
    done = copydesk("explain", "-", stdin=f"Pier\n{PROSE}".encode())

    assert done.returncode == 0
    assert b"  title              Pier  [first-line]" in done.stdout


def test_a_terminal_shows_kept_and_cut_side_by_side() -> None:
    """In colour; `--lines` gives lines there too."""
    code, table = copydesk_on_terminal("explain", SEED)
    plain_code, lines = copydesk_on_terminal("explain", SEED, "--lines")

    assert (code, plain_code) == (0, 0)
    assert "kept" in table
    assert "┃" in table
    assert "\x1b[32m" in table
    assert "\x1b[31m" in table
    assert "┃" not in lines
    assert "- image-widget" in lines


def test_the_table_has_a_row_for_each_piece(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With its rule, or with what it became; nothing is shortened away."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "300")

    assert main(["explain", str(SEED)]) == 0

    out = capsys.readouterr().out
    assert out.count("ribbon") == 48
    assert out.count("image-widget") == 2
    assert "Cliquez ici pour lire l'article depuis sa source." in out


def test_lists_all_sites(capsys: pytest.CaptureFixture[str]) -> None:
    """Name, family, country, languages and host; the family has no host."""
    assert main(["sites", "list"]) == 0

    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["maghress", "ress", "MA", "ar,fr", "maghress.com"] in rows
    assert ["ress", "ress", "-", "-", "(family)"] in rows
    assert len(rows) == len(load_catalog().definitions)


def test_shows_one_site_as_json(
    site_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of the catalogue or of a file, as the pipeline uses it."""
    assert main(["sites", "show", "djazairess"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert main(["sites", "show", str(site_file)]) == 0
    own = json.loads(capsys.readouterr().out)

    assert (shown["hosts"], shown["aggregator"]) == (["djazairess.com"], True)
    assert own["layouts"][0]["main"] == ["article p"]
    assert main(["sites", "show", "nowhere"]) == 2


def test_all_definitions_that_ship_are_valid(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each file, and each by its name."""
    names = sorted(path.stem for path in SITES_FOLDER.glob("*.toml"))

    assert main(["sites", "check"]) == 0
    assert capsys.readouterr().out.split(": valid\n") == [*names, ""]
    assert main(["sites", "check", "maghress"]) == 0


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("name = ", "harbour.toml: "),
        ('name = "harbour"', "file: Value error, a site file has either hosts"),
        ('name = "other"\nhosts = ["a.example"]', "is 'other', but the file is"),
        (
            'name = "harbour"\nhosts = ["a.example"]\ncolour = "red"',
            "colour: Extra inputs",
        ),
        (
            'name = "harbour"\nhosts = ["a.example"]\ndelay_seconds = -1',
            "delay_seconds",
        ),
        (SITE.format(name="harbour", selector="p["), "selector 'p['"),
        (
            'name = "harbour"\n[[members]]\nname = "harbour"\nhosts = ["a.example"]',
            "a name stands twice among harbour, harbour",
        ),
        (
            PHRASE.format("published-line", "Published in {publisher}"),
            "phrases.0: Value error, a published-line phrase has {date} exactly once",
        ),
        (
            PHRASE.format("source-link", "Read it in {publisher}"),
            "a source-link phrase has {publisher} not at all",
        ),
    ],
)
def test_a_broken_definition_is_a_finding(
    content: str, says: str, site_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 1, and which field of which file is wrong."""
    site_file.write_text(content, "utf-8")

    assert main(["sites", "check", str(site_file)]) == 1

    out, err = capsys.readouterr()
    assert out == ""
    assert says in err


@pytest.mark.parametrize("content", [b"\xff", None])
def test_a_file_that_cannot_be_read_is_an_error(
    content: bytes | None, tmp_path: Path
) -> None:
    """Not UTF-8, or not there."""
    path = tmp_path / "harbour.toml"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(SiteDefinitionError, match=r"harbour\.toml: "):
        load_site_file(path)


def golden(folder: Path, name: str, expected: str, page: str | None = PAGE) -> None:
    """A case below `folder`."""
    case = folder / name
    case.mkdir(parents=True)
    (case / "expected.json").write_text(expected, "utf-8")
    if page is not None:
        (case / "page.html").write_text(page, "utf-8")


def test_golden_pages_are_compared_field_by_field(
    site_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is wrong is shown as it is; exit code 1."""
    url = "https://harbour.example/a"
    record = {"url": url, "title": "The old pier", "date_published": "2019-03-01"}
    right = json.dumps({"url": url, "record": record})
    golden(tmp_path / "golden", "one", right)

    command = ["sites", "check", str(site_file), "--golden", str(tmp_path / "golden")]
    assert main(command) == 0
    assert capsys.readouterr().out.splitlines() == [
        "harbour: valid",
        *(f"ok    {'one':<24} {field}" for field in record),
    ]

    golden(tmp_path / "golden", "two", '{"record": {"title": "x", "colour": 1}}')
    assert main(command) == 1
    lines = capsys.readouterr().out.splitlines()
    assert f'WRONG {"two":<24} title: "The old pier"' in lines
    assert f"WRONG {'two':<24} colour: null" in lines


@pytest.mark.parametrize(
    ("expected", "page"),
    [
        ("no json", PAGE),
        ("[]", PAGE),
        ("{}", PAGE),
        ('{"url": 7, "record": {}}', PAGE),
        ('{"record": []}', PAGE),
        ('{"record": {}}', None),
    ],
)
def test_a_golden_page_that_is_not_complete_is_misuse(
    expected: str,
    page: str | None,
    site_file: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The text names the case."""
    golden(tmp_path / "golden", "one", expected, page)

    code = main(
        ["sites", "check", str(site_file), "--golden", str(tmp_path / "golden")]
    )

    assert code == 2
    assert "golden/one" in capsys.readouterr().err


def test_a_golden_folder_without_pages_is_misuse(
    site_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else a wrong path would look as if all were right."""
    (tmp_path / "golden" / "one").mkdir(parents=True)
    case = tmp_path / "golden" / "one"

    command = ["sites", "check", str(site_file), "--golden", str(tmp_path / "golden")]
    assert main(command) == 2
    (case / "expected.json").write_text('{"record": {}}', "utf-8")
    (case / "page.jsonl").write_text("{torn", "utf-8")
    assert main(command) == 2
    assert "is not one page" in capsys.readouterr().err


@pytest.mark.parametrize("name", MODELS)
def test_prints_the_schema_of_each_record(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """JSON Schema 2020-12, closed, with a text for each field."""
    assert main(["schema", name]) == 0

    schema = json.loads(capsys.readouterr().out)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["additionalProperties"] is False
    assert set(schema["properties"]) == set(MODELS[name].model_fields)
    objects = [schema, *schema.get("$defs", {}).values()]
    fields = {
        f"{each['title']}.{field}": about.get("description")
        for each in objects
        for field, about in each.get("properties", {}).items()
    }
    assert [field for field, description in fields.items() if not description] == []


def test_the_schema_is_that_of_the_article_unless_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """All of a record's fields are always written."""
    assert main(["schema"]) == 0

    schema = json.loads(capsys.readouterr().out)
    assert schema["title"] == "Article"
    assert {*schema["required"], "schema_version"} == set(schema["properties"])


def test_the_schema_as_markdown_has_every_field(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each model once, each field with its type and meaning."""
    assert main(["schema", "--markdown"]) == 0

    out = capsys.readouterr().out
    for name, model in MODELS.items():
        assert out.count(f"\n## {name}\n") == 1
        assert all(f"| `{field}` | " in out for field in model.model_fields)
    assert "| `authors` | list of string | " in out
    assert "| `fetched_at` | string (date-time) or null | " in out
    assert "One of `too-short`" not in out
    assert out.count("### Provenance\n") == 1


def test_a_site_is_known_by_name_host_and_file(
    catalog: Catalog, site_file: Path
) -> None:
    """A file need not be in the catalogue."""
    own = named_site(str(site_file), catalog)

    assert named_site(None, catalog) is None
    assert named_site("turess", catalog) == catalog.get("turess")
    assert own is not None
    assert own.host == "harbour.example"
    assert catalog.digests()["ress"] == catalog.get("maghress").file_digest
    with pytest.raises(SiteDefinitionError, match="no site 'x'; there are: djazairess"):
        catalog.get("x")


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"hosts": ("b.example",)}, "two sites are named harbour"),
        ({"name": "other"}, "harbour.example belongs to harbour and to other"),
    ],
)
def test_names_and_hosts_belong_to_one_site(
    changed: dict[str, Any], says: str, site_file: Path
) -> None:
    """Else it would depend on the order of files which one is used."""
    (own,) = load_site_file(site_file)

    with pytest.raises(SiteDefinitionError, match=says):
        Catalog([own, own.model_copy(update=changed)])


class Terminal(io.StringIO):
    """A stream that says it is one."""

    def isatty(self) -> bool:
        """As a terminal answers."""
        return True


COUNTS = Counts(seen=1234, articles=1000, rejected=200, failed=4, pending=30)
LINE = "1,234 pages: 1,000 articles, 0 duplicates, 200 rejected, 4 failed, 30 pending ("


def test_progress_moves_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line, written over and over, and not more often than can be read."""
    monkeypatch.setattr(progress, "TERMINAL_SECONDS", 0)
    shown, slow = Terminal(), Terminal()
    moving = Progress(shown)
    monkeypatch.setattr(progress, "TERMINAL_SECONDS", 60)
    still = Progress(slow)
    for each in (moving, still):
        each.update(COUNTS)
        each.update(COUNTS)
        each.finish(COUNTS)

    assert shown.getvalue().count(f"\r\x1b[K{LINE}") == 3
    assert shown.getvalue().count("\n") == 1
    assert slow.getvalue().count(LINE) == 1


def test_progress_under_cron_is_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """No control characters; with `--quiet` only the last one."""
    monkeypatch.setattr(progress, "PLAIN_SECONDS", 0)
    shown, quiet = io.StringIO(), io.StringIO()
    for told in (Progress(shown), Progress(quiet, is_shown=False)):
        told.update(COUNTS)
        told.finish(COUNTS)

    assert [line.startswith(LINE) for line in shown.getvalue().splitlines()] == [
        True
    ] * 2
    assert len(quiet.getvalue().splitlines()) == 1
    assert "\x1b" not in shown.getvalue() + quiet.getvalue()
    assert shown.getvalue().endswith("/s)\n")
