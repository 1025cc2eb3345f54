"""The documents say what is true: commands, rules, reasons, fields, links."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from crawler.catalog import load_site_file
from crawler.cli import build_parser
from crawler.commands.schema import MODELS, json_schema, schema_markdown
from schemas.page import SourceKind
from schemas.provenance import TemplateCheck
from schemas.rejection import FailureReason, RejectionReason
from schemas.site import PhraseElement, PhraseGrade
from tests.conftest import ROOT, SEED

DOCUMENTS = (
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "data" / "demo-site" / "README.md",
)


def _text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _code_lines(path: Path) -> list[str]:
    """Lines of indented or fenced blocks, continuation lines joined to the first."""
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    return [line.strip() for line in text.splitlines() if line.startswith("    ")]


def _documented_commands() -> list[str]:
    return [
        line.removeprefix("$ ").split("|", 1)[0].split(" > ", 1)[0]
        for path in DOCUMENTS
        for line in _code_lines(path)
        if line.removeprefix("$ ").startswith("copydesk ")
    ]


@pytest.mark.parametrize("command", _documented_commands())
def test_documented_command_is_one(command: str) -> None:
    """Each command line in the documents is understood by the parser."""
    arguments = build_parser().parse_args(shlex.split(command)[1:])
    assert callable(arguments.run)


def test_every_command_is_in_the_readme_or_changelog() -> None:
    """Who reads on the project's pages learns of each command."""
    told = _text("README.md") + _text("CHANGELOG.md")
    (action,) = [each for each in build_parser()._actions if each.dest == "command"]
    assert action.choices is not None
    missing = [name for name in action.choices if f"`{name}`" not in told]
    assert [name for name in missing if f"copydesk {name}" not in told] == []


def test_readme_shows_what_explain_prints() -> None:
    """The lines of the tour are those that the command prints, cut for width."""
    printed = subprocess.run(
        [sys.executable, "-m", "crawler.cli", "explain", str(SEED)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    shown = [
        line
        for line in _code_lines(ROOT / "README.md")
        if line.startswith(("+ ", "- ", "article ", "publisher", "language "))
    ]
    assert len(shown) >= 9
    for line in shown:
        assert line.split(" …")[0] in printed


def test_schema_document_is_fresh() -> None:
    """`make docs` was run after the last change of a model."""
    assert _text("docs/schema.md") == schema_markdown()


@pytest.mark.parametrize("name", MODELS)
def test_every_field_says_what_it_means(name: str) -> None:
    """No field of a published form is without a description."""
    schema = json_schema(MODELS[name])
    definitions = schema.get("$defs", {})
    for model in (schema, *definitions.values()):
        for field, described in model.get("properties", {}).items():
            target = described.get("$ref", "").rsplit("/", 1)[-1]
            inherited = definitions.get(target, {}).get("description")
            assert described.get("description") or inherited, f"{name}.{field}"


@pytest.mark.parametrize("reason", [*RejectionReason, *FailureReason, *TemplateCheck])
def test_every_reason_is_explained(reason: str) -> None:
    """docs/rules.md has a line for each reason."""
    assert f"| `{reason}` |" in _text("docs/rules.md")


def _rules_in_code() -> set[str]:
    code = "\n".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "pipelines").rglob("*.py")
    )
    literal = set(re.findall(r'Cut\(\s*"([a-z-]+)"', code))
    named = set(re.findall(r'^(?:[A-Z]\w*_)?RULE = "([a-z:-]+)"', code, re.MULTILINE))
    table = set(re.findall(r'PhraseElement\.\w+: "([a-z-]+)"', code))
    return literal | named | table


def test_every_rule_that_cuts_is_explained_and_no_other() -> None:
    """docs/rules.md names the rules that the code has."""
    section = _text("docs/rules.md").split("## ")[1]
    documented = set(re.findall(r"^\| `([a-z:-]+)` \|", section, re.MULTILINE))
    assert documented == _rules_in_code()


@pytest.mark.parametrize("word", [*SourceKind, *PhraseElement, *PhraseGrade], ids=repr)
def test_words_of_site_files_are_documented(word: str) -> None:
    """Whoever writes a site file finds each word in a document."""
    told = "".join(path.read_text(encoding="utf-8") for path in DOCUMENTS)
    assert word in told


def test_site_file_of_the_walk_through_is_valid(tmp_path: Path) -> None:
    """The example of docs/add-a-site.md loads as it stands, phrases and all."""
    blocks = re.findall(r"```toml\n(.*?)```", _text("docs/add-a-site.md"), re.DOTALL)
    path = tmp_path / "paper.toml"
    path.write_text("\n".join(blocks), encoding="utf-8")
    (site,) = load_site_file(path)
    assert site.hosts == ("paper.example",)
    assert len(site.phrases) == 1


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    """Relative links of the documents name files that are there."""
    text = document.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        if not target.startswith("http"):
            assert (document.parent / target).exists(), target


def test_readme_is_short() -> None:
    """It is read from top to bottom, so it has fewer than 200 lines."""
    assert len(_text("README.md").splitlines()) < 200
