"""Templates on disk: one file for each site, to be read by people and compared.

What names a template is the digest of its content, not of the file: it may be
formatted in another way, and is still the same.
"""

import functools
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from pipelines.store import write_atomically
from schemas.errors import TemplateError
from schemas.template import SiteTemplate

TEMPLATES_FOLDER = "templates"

NEXT_FOLDER, OLD_FOLDER = "templates-next", "templates-old"
"""Beside it in a crawl's output: what was learnt at the end of a session, for the next
one; and what earlier sessions used, since records name it."""
"""Folder of an output that holds the templates which made its records."""

SUFFIX = ".json"

MAX_TEMPLATE_BYTES = 20_000_000
"""Bytes of a template's file; one with all lines of a site is below 1 MB."""

MAX_NAME_CHARS = 200
"""Characters of an escaped host in a file's name (a name has 255 bytes at most)."""

KEPT_NAME_CHARS = 100
"""Characters of a longer one that its file's name begins with."""

_ESCAPED = re.compile(rb"^\.|[^a-z0-9.-]")
"""What does not stand in a file's name as it is: a hidden file is none of ours."""


@dataclass(frozen=True, slots=True)
class TemplateFolder:
    """The templates of a run, each read when a page of its site comes."""

    folder: Path
    digests: Mapping[str, str]
    """`SiteTemplate.file_digest` by site: what the run was started with."""

    def get(self, site: str | None) -> SiteTemplate | None:
        """The template of a site, read once for many pages; None if there is none.

        Raises:
            TemplateError: As `read`.
        """
        digest = self.digests.get(site) if site is not None else None
        if site is None or digest is None:
            return None
        return _read_once(self.folder, site, digest)

    def read(self, site: str) -> SiteTemplate:
        """The template of a site that has one, as its file is now.

        Raises:
            TemplateError: The file cannot be read, or is another than it was.
        """
        path = self.folder / file_name(site)
        template = load_template(path)
        if template.file_digest != self.digests[site]:
            raise TemplateError(f"{path}: is not what it was when the run was started")
        return template


def file_name(site: str) -> str:
    """The name of a site's file: another for each, and never outside of its folder.

    All but small letters, digits, dots and hyphens is escaped as in an address (`%`
    and two digits for each byte); of a long one the end is a digest.
    """
    host = site.encode("utf-8", "surrogatepass")
    name = _ESCAPED.sub(lambda match: b"%%%02X" % match[0][0], host).decode()
    if not name or len(name) > MAX_NAME_CHARS:
        # No escaped name has a tilde.
        name = f"{name[:KEPT_NAME_CHARS]}~{hashlib.sha256(host).hexdigest()}"
    return name + SUFFIX


def write_template(folder: Path, template: SiteTemplate) -> Path:
    """The folder holds the template, or what it held before; the path of its file.

    Raises:
        TemplateError: The folder cannot be written.
    """
    path = folder / file_name(template.site)
    lines = "".join(_lines(template.model_dump(mode="json")))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(path, f"{lines}\n".encode())
    except OSError as error:
        raise TemplateError(f"{path}: cannot be written: {error.strerror}") from error
    return path


def load_template(path: Path) -> SiteTemplate:
    """The template of a file.

    Raises:
        TemplateError: It cannot be read, is larger than `MAX_TEMPLATE_BYTES`, or is
            no template; the text names the field.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_TEMPLATE_BYTES + 1)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise TemplateError(f"{path}: cannot be read: {why}") from error
    if len(content) > MAX_TEMPLATE_BYTES:
        raise TemplateError(f"{path}: has more than {MAX_TEMPLATE_BYTES} bytes")
    try:
        return SiteTemplate.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "template"
        raise TemplateError(f"{path}: {field}: {first['msg']}") from error


def load_templates(folder: Path) -> tuple[SiteTemplate, ...]:
    """All templates of a folder, sorted by site; other files are passed over.

    Raises:
        TemplateError: There is no such folder, a file is no template, or has not the
            name of its site.
    """
    if not folder.is_dir():
        raise TemplateError(f"{folder}: is no folder of templates")
    templates = []
    for path in sorted(folder.glob(f"[!.]*{SUFFIX}")):
        template = load_template(path)
        if path.name != file_name(template.site):
            wanted = file_name(template.site)
            raise TemplateError(
                f"{path}: site: {template.site!r} belongs into {wanted}"
            )
        templates.append(template)
    return tuple(sorted(templates, key=lambda each: each.site))


def open_folder(folder: Path) -> TemplateFolder:
    """The templates that a folder holds now.

    Raises:
        TemplateError: As `load_templates`.
    """
    return TemplateFolder(folder, digests_of(load_templates(folder)))


def promote_next(out: Path) -> None:
    """What was learnt at the end of the last session is what this one uses.

    Templates that it replaces are kept, under their digest: records name them.

    Raises:
        TemplateError: A template cannot be read or written.
    """
    folder, waiting = out / TEMPLATES_FOLDER, out / NEXT_FOLDER
    for template in load_templates(waiting) if waiting.is_dir() else ():
        path = folder / file_name(template.site)
        if path.exists():
            old = load_template(path)
            if old.file_digest != template.file_digest:
                write_template(out / OLD_FOLDER / old.file_digest, old)
        write_template(folder, template)
        (waiting / file_name(template.site)).unlink(missing_ok=True)


def add_missing(folder: Path, given: Path) -> None:
    """The folder has a template of each site that another folder has, its own first.

    Raises:
        TemplateError: A template cannot be read or written.
    """
    for template in load_templates(given):
        if not (folder / file_name(template.site)).exists():
            write_template(folder, template)


def digests_of(templates: Iterable[SiteTemplate]) -> dict[str, str]:
    """`SiteTemplate.file_digest` by site, sorted."""
    return dict(sorted((each.site, each.file_digest) for each in templates))


@functools.lru_cache(maxsize=100)
def _read_once(folder: Path, site: str, digest: str) -> SiteTemplate:
    """The cache cannot change a result: the digest says what is in the file."""
    return TemplateFolder(folder, {site: digest}).read(site)


def _lines(value: object, indent: str = "") -> Iterator[str]:
    """JSON in which whatever holds no object stands on a line of its own."""
    entries: list[tuple[str, object]] = []
    if isinstance(value, dict):
        entries = [(f"{json.dumps(name)}: ", each) for name, each in value.items()]
    elif isinstance(value, list):
        entries = [("", each) for each in value]
    if not any(_is_of_objects(each) for _, each in entries):
        yield json.dumps(value, ensure_ascii=False)
        return
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    yield opening
    for number, (name, each) in enumerate(entries):
        yield f"{',' if number else ''}\n{indent}  {name}"
        yield from _lines(each, f"{indent}  ")
    yield f"\n{indent}{closing}"


def _is_of_objects(value: object) -> bool:
    in_list = isinstance(value, list) and any(map(_is_of_objects, value))
    return in_list or isinstance(value, dict)
