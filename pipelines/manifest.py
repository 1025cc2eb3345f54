"""`manifest.json`, read and written."""

from pathlib import Path

from pydantic import ValidationError

from pipelines.store import write_atomically
from pipelines.versions import version_of
from schemas.errors import ManifestError
from schemas.manifest import Manifest, Versions

MANIFEST_NAME = "manifest.json"


def load_manifest(out: Path) -> Manifest | None:
    """The manifest of an output folder, None if it has none.

    Raises:
        ManifestError: It cannot be read, is of another form, or does not balance.
    """
    path = out / MANIFEST_NAME
    if not path.exists():
        return None
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise ManifestError(f"{path}: {error}") from error


def write_manifest(out: Path, manifest: Manifest) -> None:
    """The folder's manifest is this one, or the one before, whatever happens."""
    content = manifest.model_dump_json(indent=2) + "\n"
    write_atomically(out / MANIFEST_NAME, content.encode())


def current_versions() -> Versions:
    """The versions of the code at work."""
    return Versions(
        copydesk=version_of("copydesk"),
        trafilatura=version_of("trafilatura"),
        langdetect=version_of("langdetect"),
        lxml=version_of("lxml"),
    )
