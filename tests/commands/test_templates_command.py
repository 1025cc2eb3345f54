"""copydesk templates: what was learnt, for people."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler import exit_codes
from crawler.cli import main
from pipelines.template_files import write_template
from schemas.site import PhraseElement
from schemas.template import DatedLine, LearntPhrase, SiteName, SiteTemplate
from tests.learn.pages import learnt, site_pages
from tests.pipelines.store.site_archives import ONE, TWO


@pytest.fixture(autouse=True)
def _own_sigterm() -> Iterator[None]:
    """What SIGTERM does is given back."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture(scope="module")
def template() -> SiteTemplate:
    """What is learnt of a site."""
    found = learnt(site_pages(range(5), host=ONE), ONE)
    assert isinstance(found, SiteTemplate)
    return found


def changed(template: SiteTemplate, **fields: object) -> SiteTemplate:
    """The same but for these fields."""
    return SiteTemplate.model_validate({**template.model_dump(), **fields})


@pytest.fixture
def folder(template: SiteTemplate, tmp_path: Path) -> Path:
    """A folder with the templates of two sites."""
    write_template(tmp_path, template)
    write_template(tmp_path, changed(template, site=TWO))
    return tmp_path


def shown(
    capsys: pytest.CaptureFixture[str], *arguments: str | Path, code: int = 0
) -> list[str]:
    """The lines that the command prints."""
    assert main(["templates", *map(str, arguments)]) == code
    return capsys.readouterr().out.splitlines()


def test_list_has_a_line_for_each_site(
    folder: Path, template: SiteTemplate, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the beginning of the digest that records name."""
    one, two = shown(capsys, "list", folder)

    counts = (
        f"5 articles, 1 layouts, {len(template.lines)} lines, "
        f"{len(template.regions)} regions"
    )
    assert one == f"{ONE:<32} {counts}  {template.file_digest[:12]}"
    assert two.startswith(TWO)


def test_show_tells_where_articles_sit_and_what_repeats(
    folder: Path, template: SiteTemplate, capsys: pytest.CaptureFixture[str]
) -> None:
    """Container, period, paths, regions, and the most frequent lines."""
    lines = shown(capsys, "show", folder, ONE)

    text = "\n".join(lines)
    (layout,) = template.layouts
    assert lines[0] == f"{ONE}: 5 articles on 5 pages"
    assert f"  digest      {template.file_digest}" in lines
    assert "layout-1: 5 articles, captured 2024-03-01 to 2024-03-01" in lines
    assert f"  container   {layout.container}" in lines
    assert f"  usual size  {layout.usual_letters} letters" in lines
    for path in (*layout.text_paths, *template.regions):
        assert path.path in text
    assert template.lines[0].text[:90] in text


def test_show_takes_a_file_without_a_host(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It holds one template."""
    assert shown(capsys, "show", folder / f"{ONE}.json") == (
        shown(capsys, "show", folder, f"www.{ONE}")
    )


@pytest.mark.parametrize("host", [(), ("three.example",)])
def test_show_needs_one_site(
    host: tuple[str, ...], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says which there are."""
    assert main(["templates", "show", str(folder), *host]) == exit_codes.MISUSE

    assert capsys.readouterr().err == (
        f"copydesk: {folder}: name one site of those here: {ONE}, {TWO}\n"
    )


def test_show_obeys_no_text_of_a_page(
    template: SiteTemplate, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A line may hold what a terminal would act on; a long one is cut."""
    line = template.lines[0].model_copy(update={"text": "\x1b[31m" + "crimson " * 20})
    path = write_template(tmp_path, changed(template, lines=(line,)))

    lines = shown(capsys, "show", path)

    (told,) = (each for each in lines if "crimson" in each)
    assert "\x1b" not in told
    assert told.endswith("…")


def test_show_tells_how_many_lines_are_left_out(
    template: SiteTemplate, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Phrases and dated lines come first."""
    many = tuple(
        template.lines[0].model_copy(update={"letters": f"{number:016x}"})
        for number in range(30)
    )
    source = LearntPhrase(
        element=PhraseElement.SOURCE_LINK, text="Read it there", articles=4
    )
    dated = DatedLine(text="Printed on {date}", articles=3)
    name = SiteName(text="The Harbour Tide", articles=4)
    told = changed(
        template, lines=many, phrases=(source,), dated_lines=(dated,), names=(name,)
    )

    lines = shown(capsys, "show", write_template(tmp_path, told))

    assert lines[1] == "  known as    The Harbour Tide"
    assert f"      4  [{PhraseElement.SOURCE_LINK}] Read it there" in lines
    assert "      3  Printed on {date}" in lines
    assert lines[-1] == "         and 12 more"


def test_show_of_a_site_of_dumps_has_no_layout(
    template: SiteTemplate, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nor does one that was captured at no known time tell a period."""
    layout = template.layouts[0].model_dump()
    undated = {**layout, "first_captured": None, "last_captured": None}
    bare = write_template(tmp_path, changed(template, layouts=(), regions=(), lines=()))
    assert len(shown(capsys, "show", bare)) == 3 + len(template.names)
    path = write_template(tmp_path, changed(template, layouts=(undated,)))
    assert "layout-1: 5 articles, captured unknown to unknown" in (
        shown(capsys, "show", path)
    )


def test_equal_templates_have_no_differences(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 0, and nothing is printed."""
    assert shown(capsys, "diff", folder, folder) == []
    path = folder / f"{ONE}.json"
    assert shown(capsys, "diff", path, path) == []


def test_diff_tells_what_came_went_and_changed(
    template: SiteTemplate, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 1: a line for each difference, below the site."""
    first, second, *others = template.lines
    region = template.regions[0]
    new = changed(
        template,
        pages=7,
        lines=(second.model_copy(update={"articles": 3}), *others),
        dated_lines=(DatedLine(text="Printed on {date}", articles=3),),
        regions=(region.model_copy(update={"path": "html/body/nav"}),),
    )
    old_path = write_template(tmp_path / "old", template)
    new_path = write_template(tmp_path / "new", new)

    lines = shown(capsys, "diff", old_path, new_path, code=exit_codes.FINDINGS)

    assert lines[0] == ONE
    assert "  ~ pages: 5 -> 7" in lines
    name = f"lines: {second.letters} {second.text}"
    went = [line for line in lines if line.startswith("  - lines: ")]
    (change,) = (line for line in lines if line.startswith(f"  ~ {name}: articles 5"))
    assert [first.letters in line for line in went] == [True]
    assert " -> articles 3" in change
    assert "  + dated_lines: Printed on {date}: articles 3" in lines
    assert any(line.startswith(f"  - regions: {region.path}: ") for line in lines)
    assert any(line.startswith("  + regions: html/body/nav: ") for line in lines)


CHANGES = [
    {"usual_letters": 7},
    {"agreement": 0.1234},
    {"first_captured": "2024-03-01T07:00:00Z"},
    {"container": "html/body/main"},
    {"fields": {"title": "html/h1"}},
    {"text_paths": ()},
]


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_no_difference_of_a_layout_is_passed_over(
    change: dict[str, object],
    template: SiteTemplate,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """However small it is."""
    layout = {**template.layouts[0].model_dump(), **change}
    old = write_template(tmp_path / "old", template)
    new = write_template(tmp_path / "new", changed(template, layouts=(layout,)))

    assert len(shown(capsys, "diff", old, new, code=exit_codes.FINDINGS)) >= 2


def test_layouts_are_compared_by_their_container(
    template: SiteTemplate, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not by their numbers, which say only which has more articles."""
    one = template.layouts[0].model_dump()
    other = {**one, "name": "layout-2", "container": "html/body/section"}
    third = {**one, "name": "layout-3", "usual_letters": 1}
    swapped = ({**other, "name": "layout-1"}, {**one, "name": "layout-2"})
    paths = [
        write_template(tmp_path / str(number), changed(template, layouts=layouts))
        for number, layouts in enumerate(((one, other), swapped, (one, other, third)))
    ]

    moved = shown(capsys, "diff", paths[0], paths[1], code=exit_codes.FINDINGS)
    assert moved == [ONE]
    added = shown(capsys, "diff", paths[0], paths[2], code=exit_codes.FINDINGS)
    assert all(line.startswith("  + layout in ") for line in added[1:])
    assert any(f"{one['container']} (2): articles: 5" in line for line in added)


def test_sites_come_and_go(
    folder: Path, template: SiteTemplate, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Between two folders, in both directions."""
    less = tmp_path_factory.mktemp("less")
    write_template(less, template)

    assert main(["templates", "diff", str(folder), str(less)]) == exit_codes.FINDINGS
    assert main(["templates", "diff", str(less), str(folder)]) == exit_codes.FINDINGS
