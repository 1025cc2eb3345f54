"""What a page says of its article: each value chosen among candidates with sources."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from pipelines.blocks import Element
from pipelines.drafts import LINE_RULE, Draft
from pipelines.metadata.authors import author_candidates
from pipelines.metadata.fields import (
    access_candidates,
    language_candidates,
    page_type_candidates,
    publisher_candidates,
    read_description,
    read_source_url,
    read_tags,
    section_candidates,
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
    candidates: Mapping[str, tuple[Candidate, ...]] = dataclasses.field(
        default_factory=dict
    )
    """For each field its possible values, the one that won, if one did, first."""

    @property
    def titles(self) -> tuple[Candidate, ...]:
        """All possible titles, the best first."""
        return self.candidates.get("title", ())


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
    # A byline may be one of the lines that the site repeats.
    shown = draft.without_cuts(LINE_RULE)
    if page.kind is PageKind.TEXT:
        titles = line_candidates(draft)
    else:
        titles = title_candidates(draft, head, tree)
    title = titles[0].value if titles else None
    authors = author_candidates(shown, head, tree, title)
    published = read_published(page, shown, head, tree, title)
    candidates = {
        "title": titles,
        "authors": tuple(each for each, _ in authors),
        "published": _winner_first(published),
        "publisher": publisher_candidates(draft, head, site),
        "section": section_candidates(draft, head),
        "language_declared": language_candidates(head, page.discovery),
        "access": access_candidates(head, tree),
        "page_type": page_type_candidates(head, page.url),
    }
    best = {field: found[0].value for field, found in candidates.items() if found}
    return Metadata(
        title=title,
        publisher=best.get("publisher"),
        source_url=read_source_url(draft, head),
        description=read_description(head),
        authors=authors[0][1] if authors else (),
        published=published,
        date_modified=read_modified(head, page.fetched_at),
        section=best.get("section"),
        tags=read_tags(head),
        language_declared=best.get("language_declared"),
        access=Access(best.get("access", Access.UNKNOWN)),
        page_type=PageType(best.get("page_type", PageType.ARTICLE)),
        candidates=candidates,
    )


def _winner_first(published: PublishedDate) -> tuple[Candidate, ...]:
    """The sources that were asked for a date: the last is the one that was used."""
    tried = published.candidates
    return tried if published.iso is None else (*tried[-1:], *tried[:-1])
