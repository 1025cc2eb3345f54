"""Golden pages: a folder a case, with a page and the fields its record must have."""

import json
from collections.abc import Iterator
from pathlib import Path

from pipelines.process import process_page
from pipelines.read import read_path
from schemas.config import PipelineConfig
from schemas.errors import UsageError
from schemas.page import Page
from schemas.site import SiteDefinition

EXPECTED_NAME = "expected.json"


def check_golden(
    site: SiteDefinition, folder: Path
) -> Iterator[tuple[str, str, bool, str]]:
    """Each case below `folder`, field by field: case, field, is it right, value.

    A case is a folder with `page.html` or `page.txt` and `expected.json`: an object
    with `url` (may be null) and `record`, the fields that are compared.

    Raises:
        UsageError: There is no case, or one is not complete.
    """
    cases = sorted(path.parent for path in folder.rglob(EXPECTED_NAME))
    if not cases:
        raise UsageError(f"{folder}: has no folder with an {EXPECTED_NAME}")
    for case in cases:
        url, fields = _expected(case / EXPECTED_NAME)
        outcome = process_page(_page(case, url), site, None, PipelineConfig())
        record = outcome.model_dump(mode="json")
        for field, value in fields.items():
            got = record.get(field)
            yield case.name, field, got == value, json.dumps(got, ensure_ascii=False)


def _expected(path: Path) -> tuple[str | None, dict[str, object]]:
    """The page's address and the fields of its record."""
    try:
        expected = json.loads(path.read_bytes())
        url, fields = expected.get("url"), expected["record"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{path}: {type(error).__name__}: {error}") from error
    if not isinstance(fields, dict) or not isinstance(url, str | None):
        raise UsageError(f"{path}: needs `url`, a string or null, and `record`")
    return url, fields


def _page(case: Path, url: str | None) -> Page:
    pages = sorted(case.glob("page.*"))
    if len(pages) != 1:
        raise UsageError(f"{case}: has {len(pages)} files named page.*, not one")
    config = PipelineConfig()
    page = next(read_path(str(pages[0]), config.limits))
    if not isinstance(page, Page):
        raise UsageError(f"{pages[0]}: is not one page")
    return page.model_copy(update={"url": url})
