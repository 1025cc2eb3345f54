"""What several tests share: pages written by hand, and the definitions that ship."""

from collections.abc import Callable
from pathlib import Path

import pytest

from crawler.catalog import Catalog, load_catalog
from schemas.config import PipelineConfig
from schemas.page import Page, PageKind
from schemas.provenance import InputKind, Source
from schemas.site import SiteDefinition

ROOT = Path(__file__).parents[1]
SEED = ROOT / "data" / "seed.txt"
DEMO_SITE = ROOT / "data" / "demo-site"

MakePage = Callable[..., Page]


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    """The site definitions that ship."""
    return load_catalog()


@pytest.fixture
def config() -> PipelineConfig:
    """The default configuration."""
    return PipelineConfig()


@pytest.fixture(scope="session")
def ress(catalog: Catalog) -> SiteDefinition:
    """The family of the seed, without a host."""
    return catalog.get("ress")


@pytest.fixture(scope="session")
def maghress(catalog: Catalog) -> SiteDefinition:
    """The site of the seed."""
    return catalog.get("maghress")


@pytest.fixture(scope="session")
def html_page() -> MakePage:
    """A function from markup (str or bytes) and fields of `Page` to a page of HTML."""

    def make(markup: str | bytes, **fields: object) -> Page:
        body = markup.encode() if isinstance(markup, str) else markup
        source = Source(input=InputKind.HTML, input_file="page.html")
        return Page(kind=PageKind.HTML, body=body, source=source, **fields)

    return make


@pytest.fixture(scope="session")
def text_page() -> MakePage:
    """A function from text (str or bytes) and fields of `Page` to a text dump."""

    def make(text: str | bytes, **fields: object) -> Page:
        body = text.encode() if isinstance(text, str) else text
        source = Source(input=InputKind.TEXT, input_file="page.txt")
        return Page(kind=PageKind.TEXT, body=body, source=source, **fields)

    return make
