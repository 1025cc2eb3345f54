"""The metadata of a small page, read as `pipelines.process` reads it."""

from dataclasses import dataclass
from datetime import UTC, datetime

from pipelines.blocks import Element, blank_out, segment
from pipelines.clean import prune
from pipelines.drafts import Draft, build_draft
from pipelines.extract import fit_layout
from pipelines.html import parse
from pipelines.metadata import Head, Metadata, read_head, read_metadata
from pipelines.metadata.fields import read_images
from schemas.article import Image
from schemas.config import PipelineConfig
from schemas.page import Discovery, Page, PageKind
from schemas.provenance import InputKind, Source
from schemas.site import SiteDefinition

URL = "https://paper.example/news/story"
FETCHED = datetime(2025, 9, 18, 12, tzinfo=UTC)
PROSE = (
    "The council of the harbour town voted on Monday to rebuild the old pier, which "
    "a storm had damaged in the winter before last."
)


@dataclass(frozen=True)
class Told:
    """What a page tells, and what it was read from."""

    metadata: Metadata
    images: tuple[Image, ...]
    head: Head
    draft: Draft
    tree: Element


def page_of(
    head: str = "",
    body: str = f"<p>{PROSE}</p>",
    *,
    url: str | None = URL,
    fetched_at: datetime | None = FETCHED,
    discovery: Discovery | None = None,
) -> Page:
    """A page of HTML."""
    markup = f"<html><head>{head}</head><body>{body}</body></html>"
    return Page(
        kind=PageKind.HTML,
        body=markup.encode(),
        source=Source(input=InputKind.HTML, input_file="page.html"),
        url=url,
        fetched_at=fetched_at,
        discovery=discovery,
    )


def told_by(page: Page, site: SiteDefinition | None = None) -> Told:
    """All metadata of a page."""
    config = PipelineConfig()
    tree = parse(page.body.decode())
    assert tree is not None
    head = read_head(tree, page.url)
    fit = fit_layout(tree, site, None)
    blocks = segment(tree, fit.labels if fit is not None else None)
    phrases = site.phrases if site is not None else ()
    draft = prune(build_draft(blocks, phrases, config.ribbon), config)
    kept = [draft.blocks[index] for index in draft.open_indices()]
    blank_out((draft.blocks[index] for index in draft.cuts), kept)
    metadata = read_metadata(page, draft, head, tree, site)
    return Told(metadata, read_images(head, tree, kept), head, draft, tree)


def metadata_of(
    head: str = "", body: str = f"<p>{PROSE}</p>", site: SiteDefinition | None = None
) -> Metadata:
    """The metadata of a page with this head and body."""
    return told_by(page_of(head, body), site).metadata


def json_ld(content: str) -> str:
    """A script of JSON-LD."""
    return f'<script type="application/ld+json">{content}</script>'


def meta(name: str, content: str) -> str:
    """A `<meta>` element."""
    return f'<meta property="{name}" content="{content}">'
