"""What explain tells of a learnt template: the check, and each cut with its count."""

import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.cli import main
from pipelines.template_files import write_template
from schemas.template import SiteTemplate
from tests.learn.pages import FOOTER, learnt, site_pages
from tests.pipelines.store.site_archives import ONE, TWO, redesigned, write_warc

COUNT = re.compile(r"  \[on (\d+) of 5 articles of this site\]$")


@pytest.fixture(autouse=True)
def _own_sigterm() -> Iterator[None]:
    """What SIGTERM does is given back."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a template of five articles."""
    found = learnt(site_pages(range(5), host=ONE), ONE)
    assert isinstance(found, SiteTemplate)
    return write_template(tmp_path_factory.mktemp("templates"), found)


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """Another article of the site."""
    return write_warc(tmp_path / "a.warc.gz", site_pages([20], host=ONE))


def explained(
    capsys: pytest.CaptureFixture[str], *arguments: str | Path
) -> tuple[str, ...]:
    """The lines of explain, which went well."""
    assert main(["explain", *map(str, arguments)]) == 0
    return tuple(capsys.readouterr().out.splitlines())


def test_cuts_by_template_tell_on_how_many_articles(
    page: Path, template: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each of them, and no others."""
    lines = explained(capsys, page, "--template", template)

    cuts = [line for line in lines if line.startswith("- template:")]
    assert any(FOOTER in line for line in cuts)
    assert all(COUNT.search(line) for line in cuts)
    assert [line for line in lines if COUNT.search(line)] == cuts


def test_the_check_is_told_among_the_fields(
    page: Path, template: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder gives the template of the page's site; a file is it."""
    told = f"  template   of {ONE}, 5 articles: fits"

    assert told in explained(capsys, page, "--template", template)
    assert told in explained(capsys, page, "--template", template.parent)


def test_why_a_template_does_not_fit_is_told(
    tmp_path: Path, template: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And that the generic path was taken."""
    page = write_warc(tmp_path / "a.warc.gz", redesigned([20]))

    lines = explained(capsys, page, "--template", template)

    said = f"  template   of {ONE}, 5 articles: no-layout, read on the generic path"
    assert said in lines


def test_a_template_of_another_site_is_not_used(
    tmp_path: Path, template: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file says so; a folder has none for the page."""
    page = write_warc(tmp_path / "a.warc.gz", site_pages([20], host=TWO))

    named = explained(capsys, page, "--template", template)

    told = f"  template   of another site, {ONE}: not used"
    assert told in named
    assert [line for line in named if line != told] == [
        *explained(capsys, page, "--template", template.parent)
    ]
    assert explained(capsys, page, "--template", template.parent) == (
        explained(capsys, page)
    )


def test_a_page_without_an_address_is_of_the_site_of_the_file(
    tmp_path: Path, template: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder does not tell which of its sites."""
    (page,) = site_pages([20])
    path = tmp_path / "page.html"
    path.write_bytes(page.body)

    fits = f"  template   of {ONE}, 5 articles: fits"
    assert fits in explained(capsys, path, "--template", template)
    assert fits not in explained(capsys, path, "--template", template.parent)


def test_of_a_text_dump_only_lines_are_known(
    tmp_path: Path, template: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No layout is asked for."""
    path = tmp_path / "page.txt"
    body = "A line of a text that says nothing new. " * 9
    path.write_text(f"A headline\n{body}\n{FOOTER}\n", "utf-8")

    lines = explained(capsys, path, "--template", template)

    assert f"  template   of {ONE}, 5 articles: no layout was asked for" in lines
    assert any(line.startswith("- template:line") for line in lines)


def test_the_table_tells_the_counts_too(
    page: Path,
    template: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In its last column."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "400")

    table = "\n".join(explained(capsys, page, "--template", template))

    plain = re.sub(r"\x1b\[[0-9;]*m", "", table)
    assert re.search(r"template:\w+ *│ on 5 of 5 articles of this site *│", plain)


def test_a_page_that_was_not_read_tells_so(
    tmp_path: Path, template: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A rejected page has no layout that fits."""
    (page,) = site_pages([20], host=ONE)
    empty = page.model_copy(update={"body": b" "})

    lines = explained(
        capsys, write_warc(tmp_path / "a.warc.gz", [empty]), "--template", template
    )

    assert lines[0].startswith("rejected: empty")
    assert f"  template   of {ONE}, 5 articles: no layout was asked for" in lines
