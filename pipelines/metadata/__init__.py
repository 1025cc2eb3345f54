"""What a page says of its article: each value from the first source that has it."""

from dataclasses import dataclass

from pipelines.blocks import Element
from pipelines.drafts import Draft
from pipelines.metadata.fields import (
    read_access,
    read_authors,
    read_description,
    read_language_declared,
    read_page_type,
    read_publisher,
    read_section,
    read_source_url,
    read_tags,
)
from pipelines.metadata.head import Candidate, Head, read_head
from pipelines.metadata.published import PublishedDate, read_modified, read_published
from pipelines.metadata.title import line_candidates, title_candidates, title_index
from schemas.article import Access, PageType
from schemas.page import Page, PageKind
from schemas.site import SiteDefinition

__all__ = [
    "Candidate",
    "Head",
    "Metadata",
    "PublishedDate",
    "read_head",
    "read_metadata",
    "title_index",
]


@dataclass(frozen=True, slots=True)
class Metadata:
    """All that a page says of its article."""

    title: str | None
    titles: tuple[Candidate, ...]
    """All possible titles, the most trusted first."""

    publisher: str | None
    source_url: str | None
    description: str | None
    authors: tuple[str, ...]
    published: PublishedDate
    date_modified: str | None
    section: str | None
    tags: tuple[str, ...]
    language_declared: str | None
    access: Access
    page_type: PageType


def read_metadata(
    page: Page,
    draft: Draft,
    head: Head,
    tree: Element | None,
    site: SiteDefinition | None,
) -> Metadata:
    """The metadata of a page whose ribbons and fixed phrases are cut already.

    Args:
        page: The page.
        draft: Its blocks after pruning.
        head: Its head, empty for a text dump.
        tree: Its tree, from which what was cut is blanked out; None for a text dump.
        site: Its site definition, if there is one.
    """
    if page.kind is PageKind.TEXT:
        titles = line_candidates(draft)
    else:
        titles = title_candidates(draft, head)
    return Metadata(
        title=titles[0].value if titles else None,
        titles=titles,
        publisher=read_publisher(draft, head, site),
        source_url=read_source_url(draft, head),
        description=read_description(head),
        authors=tuple(read_authors(draft, head, tree)),
        published=read_published(page, draft, head, tree),
        date_modified=read_modified(head, page.fetched_at),
        section=read_section(draft, head),
        tags=read_tags(head),
        language_declared=read_language_declared(head),
        access=read_access(head, tree),
        page_type=read_page_type(head),
    )
