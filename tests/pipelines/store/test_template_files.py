"""Templates on disk: names that stay inside, contents that are what they were."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines import template_files
from pipelines.template_files import (
    TemplateFolder,
    file_name,
    load_template,
    load_templates,
    open_folder,
    write_template,
)
from schemas.errors import TemplateError
from schemas.template import SiteTemplate
from tests.learn.pages import learnt, site_pages
from tests.pipelines.store.site_archives import ONE

HOSTILE = [
    "",
    ".",
    "..",
    "...",
    "../one.example",
    "/etc/passwd",
    "a/b",
    "a\\b",
    "a\0b",
    "a%2Fb",
    "~",
    "a~b",
    "one.example.json",
    ".one.example",
    "ONE.example",
    "münchen.example",
    "نيوز.example",
    "::1",
    "2001:db8::1",
    "-",
    "\ud800",
    "a" * 300,
    "a" * 301,
    "é" * 90,
    "é" * 91,
    "\n",
    " ",
    "*",
]


@pytest.fixture(scope="module")
def template() -> SiteTemplate:
    """What is learnt of a site."""
    found = learnt(site_pages(range(4), host=ONE), ONE)
    assert isinstance(found, SiteTemplate)
    return found


def of_site(template: SiteTemplate, site: str) -> SiteTemplate:
    """The same of another site."""
    return SiteTemplate.model_validate({**template.model_dump(), "site": site})


@pytest.mark.parametrize("host", HOSTILE)
def test_a_file_never_leaves_its_folder(host: str, tmp_path: Path) -> None:
    """Nor is it hidden, nor can it not be made."""
    path = tmp_path / file_name(host)

    path.write_bytes(b"")

    assert path.resolve().parent == tmp_path.resolve()
    assert not path.name.startswith(".")
    assert list(tmp_path.glob("*.json")) == [path]
    assert path.name.isascii()


def test_no_two_hosts_share_a_file() -> None:
    """Not even where a file system takes capitals for small letters."""
    names = {file_name(host).casefold() for host in HOSTILE}

    assert len(names) == len(HOSTILE)


@given(
    st.lists(st.text(max_size=80) | st.text("a.%~é/", max_size=8), max_size=8),
)
def test_any_hosts_have_files_of_their_own(hosts: list[str]) -> None:
    """What is escaped can be told from what is not."""
    assert len({file_name(host) for host in hosts}) == len(set(hosts))


@pytest.mark.parametrize("host", ["one.example", "a-1.b2.example", "127.0.0.1"])
def test_plain_hosts_are_names_as_they_are(host: str) -> None:
    """Files are to be found by people."""
    assert file_name(host) == f"{host}.json"


def test_what_is_written_is_read_again(template: SiteTemplate, tmp_path: Path) -> None:
    """With the same digest; a file is replaced as a whole."""
    folder = tmp_path / "deep" / "templates"

    path = write_template(folder, template)

    assert path == folder / "one.example.json"
    assert load_template(path) == template
    assert load_template(path).file_digest == template.file_digest
    changed = template.model_copy(update={"pages": template.pages + 1})
    assert write_template(folder, changed) == path
    assert [each.pages for each in load_templates(folder)] == [template.pages + 1]
    assert list(folder.iterdir()) == [path]


def test_a_file_is_to_be_read_and_compared(
    template: SiteTemplate, tmp_path: Path
) -> None:
    """A line for each line or path, however long; nothing is escaped."""
    accented = template.lines[0].model_copy(update={"text": "Été à “Münster”"})
    told = SiteTemplate.model_validate(
        {**template.model_dump(), "lines": (accented, *template.lines[1:])}
    )

    text = write_template(tmp_path, told).read_text("utf-8")

    lines = text.splitlines()
    (shown,) = (line for line in lines if "Été" in line)
    assert json.loads(shown.strip().rstrip(",")) == accented.model_dump(mode="json")
    for path in told.layouts[0].text_paths:
        assert sum(f'"path": "{path.path}"' in line for line in lines) == 1
    assert text.endswith("}\n")
    assert '"regions": [' in text


def test_other_formatting_is_the_same_template(
    template: SiteTemplate, tmp_path: Path
) -> None:
    """The digest is that of the content."""
    path = tmp_path / file_name(ONE)
    path.write_text(json.dumps(json.loads(template.to_json_line()), indent=8), "utf-8")

    folder = TemplateFolder(tmp_path, {ONE: template.file_digest})

    assert folder.get(ONE) == template


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "template: Invalid JSON"),
        (b"no json", "template: Invalid JSON"),
        (b"[]", "template: Input should be an object"),
        (b"{}", "site: Field required"),
        (b"\xff\xfe", "template: Invalid JSON"),
        (b'{"schema_version": 1, "site": ""}', "site: String should have"),
        (b'{"colour": "red"}', "site: Field required"),
    ],
)
def test_a_file_that_is_none_is_told_with_path_and_field(
    content: bytes, says: str, tmp_path: Path
) -> None:
    """One sentence."""
    path = tmp_path / "a.json"
    path.write_bytes(content)

    with pytest.raises(TemplateError) as caught:
        load_template(path)

    assert str(caught.value).startswith(f"{path}: {says}")
    assert "\n" not in str(caught.value)


def test_what_cannot_be_read_or_written_is_an_error(
    template: SiteTemplate, tmp_path: Path
) -> None:
    """A path that is not there, a folder, a file where the folder should be."""
    (tmp_path / "file").write_bytes(b"")
    for path in (tmp_path / "gone.json", tmp_path):
        with pytest.raises(TemplateError, match="cannot be read: "):
            load_template(path)
    with pytest.raises(TemplateError, match="cannot be written: "):
        write_template(tmp_path / "file", template)
    with pytest.raises(TemplateError, match="is no folder of templates"):
        load_templates(tmp_path / "gone")


def test_a_file_that_is_too_large_is_not_read(
    template: SiteTemplate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It could hold anything."""
    path = write_template(tmp_path, template)
    size = path.stat().st_size
    monkeypatch.setattr(template_files, "MAX_TEMPLATE_BYTES", size)
    assert load_template(path) == template
    monkeypatch.setattr(template_files, "MAX_TEMPLATE_BYTES", size - 1)

    with pytest.raises(TemplateError, match=f"has more than {size - 1} bytes"):
        load_template(path)


def test_a_folder_is_read_as_a_whole(template: SiteTemplate, tmp_path: Path) -> None:
    """Sorted by site; files of other kinds are passed over."""
    for site in ("b.example", "::1", "a.example"):
        write_template(tmp_path, of_site(template, site))
    for name in ("notes.txt", ".hidden.json", "c.json.part"):
        (tmp_path / name).write_bytes(b"")

    sites = [each.site for each in load_templates(tmp_path)]

    assert sites == ["::1", "a.example", "b.example"]
    assert list(open_folder(tmp_path).digests) == sites


def test_a_file_with_the_name_of_another_site_is_refused(
    template: SiteTemplate, tmp_path: Path
) -> None:
    """Else there might be two templates of a site, and one of them be used."""
    write_template(tmp_path, template).rename(tmp_path / "two.example.json")

    with pytest.raises(TemplateError, match=r"belongs into one\.example\.json"):
        load_templates(tmp_path)


def test_a_file_that_changed_under_way_is_an_error(
    template: SiteTemplate, tmp_path: Path
) -> None:
    """Never a silent other result; what was read before is still what it was."""
    write_template(tmp_path, template)
    folder = open_folder(tmp_path)
    assert folder.get(ONE) == template
    write_template(tmp_path, template.model_copy(update={"pages": 99}))

    with pytest.raises(TemplateError, match="is not what it was"):
        folder.read(ONE)
    assert folder.get(ONE) == template
    with pytest.raises(TemplateError, match="is not what it was"):
        TemplateFolder(tmp_path, {ONE: "0" * 64}).get(ONE)


@pytest.mark.parametrize("site", [None, "", "two.example", "www.one.example"])
def test_other_sites_have_no_template(
    site: str | None, template: SiteTemplate, tmp_path: Path
) -> None:
    """A folder gives what it was opened with, by exact host."""
    write_template(tmp_path, template)

    assert open_folder(tmp_path).get(site) is None
