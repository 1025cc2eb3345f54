"""Whether an output folder is what its manifest says."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from pipelines.dedup import Record
from pipelines.manifest import MANIFEST_NAME, load_manifest
from pipelines.template_files import TEMPLATES_FOLDER, TemplateFolder, file_name
from schemas.article import Article, Duplicate
from schemas.errors import ManifestError, TemplateError
from schemas.manifest import Disposition, Manifest, Part, RunState
from schemas.rejection import Failure, Rejection

RECORD_MODELS: dict[Disposition, type[Record]] = {
    Disposition.ARTICLES: Article,
    Disposition.DUPLICATES: Duplicate,
    Disposition.REJECTED: Rejection,
    Disposition.FAILED: Failure,
}

MAX_BAD_LINES = 5
"""Findings of one kind that are told of one part; the rest is counted."""


def verify_output(out: Path) -> Iterator[str]:
    """What is wrong with an output folder, one sentence each; nothing if all is well.

    The manifest is there and balances; the run is finished; each part has its digest,
    its size and its number of records; each record is valid, its text has the digest
    that it names, and was made with the run's configuration and templates, which are
    there; reasons are as counted; nothing lies there that the manifest does not name.
    """
    try:
        manifest = load_manifest(out)
    except ManifestError as error:
        yield str(error)
        return
    if manifest is None:
        yield f"{out}: has no {MANIFEST_NAME}"
        return
    if manifest.state is not RunState.FINISHED:
        yield f"{MANIFEST_NAME}: the run is {manifest.state}, not finished"
    if manifest.config.digest() != manifest.config_digest:
        yield f"{MANIFEST_NAME}: config_digest is not that of config"
    reasons: dict[Disposition, Counter[str]] = {
        Disposition.REJECTED: Counter(),
        Disposition.FAILED: Counter(),
    }
    for part in manifest.parts:
        yield from _verify_part(out, part, manifest, reasons)
    yield from _verify_reasons(manifest, reasons)
    yield from _verify_templates(out, manifest)
    yield from _strays(out, manifest)


def _verify_part(
    out: Path,
    part: Part,
    manifest: Manifest,
    reasons: dict[Disposition, Counter[str]],
) -> Iterator[str]:
    try:
        path = (out / part.path).resolve()
    except (OSError, RuntimeError, ValueError) as error:
        # A name that no file can have, or a link to itself.
        yield f"{part.path}: {error}"
        return
    if not path.is_relative_to(out.resolve()):
        yield f"{part.path}: lies outside of the folder"
        return
    try:
        file = path.open("rb")
    except OSError as error:
        yield f"{part.path}: {error.strerror}"
        return
    sha256 = hashlib.sha256()
    records = 0
    problems: list[str] = []
    with file:
        for number, line in enumerate(file, start=1):
            sha256.update(line)
            records += 1
            problem = _line_problem(line, part, manifest, reasons)
            if problem is not None:
                problems.append(f"{part.path}:{number}: {problem}")
        size = file.tell()
    if sha256.hexdigest() != part.sha256:
        yield f"{part.path}: sha256 is not the one in the manifest"
    if (size, records) != (part.size_bytes, part.records):
        yield (
            f"{part.path}: {records} records in {size} bytes, where the manifest says "
            f"{part.records} in {part.size_bytes}"
        )
    yield from problems[:MAX_BAD_LINES]
    if len(problems) > MAX_BAD_LINES:
        yield f"{part.path}: {len(problems) - MAX_BAD_LINES} more lines like these"


def _line_problem(
    line: bytes,
    part: Part,
    manifest: Manifest,
    reasons: dict[Disposition, Counter[str]],
) -> str | None:
    """What is wrong with one line; its reason is counted."""
    try:
        record = RECORD_MODELS[part.disposition].model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc'])) or 'line'}: {first['msg']}"
    if isinstance(record, Rejection | Failure):
        reasons[part.disposition][record.reason.value] += 1
    provenance = None if isinstance(record, Failure) else record.provenance
    if provenance is not None and provenance.config_digest != manifest.config_digest:
        return "provenance.config_digest: is not the run's"
    made_by = provenance.template_digest if provenance is not None else None
    known = {None, *manifest.templates.values()}
    # A crawl learns again between its sessions, and names only the newest.
    if manifest.command == "clean" and made_by not in known:
        return "provenance.template_digest: is none of the run's"
    if isinstance(record, Article):
        digest = hashlib.sha256(record.text.encode()).hexdigest()
        if digest != record.text_sha256:
            return "text_sha256: is not that of text"
    return None


def _verify_reasons(
    manifest: Manifest, reasons: dict[Disposition, Counter[str]]
) -> Iterator[str]:
    for disposition, counted in (
        (Disposition.REJECTED, manifest.rejected_by_reason),
        (Disposition.FAILED, manifest.failed_by_reason),
    ):
        if dict(reasons[disposition]) != counted:
            yield (
                f"{MANIFEST_NAME}: {disposition} by reason are {counted}, "
                f"in the parts {dict(sorted(reasons[disposition].items()))}"
            )


def _verify_templates(out: Path, manifest: Manifest) -> Iterator[str]:
    folder = TemplateFolder(out / TEMPLATES_FOLDER, manifest.templates)
    for site in manifest.templates:
        try:
            folder.read(site)
        except TemplateError as error:
            yield str(error)


def _strays(out: Path, manifest: Manifest) -> Iterator[str]:
    known = {part.path for part in manifest.parts}
    known |= {f"{TEMPLATES_FOLDER}/{file_name(site)}" for site in manifest.templates}
    for folder in (*Disposition, TEMPLATES_FOLDER):
        for path in sorted((out / folder).glob("*")):
            if f"{folder}/{path.name}" not in known:
                yield f"{folder}/{path.name}: is not in the manifest"
