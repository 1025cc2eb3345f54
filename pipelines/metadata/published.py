"""The publication date: where it was read, how fine it is, and why others lost."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from lxml import etree

from pipelines.blocks import Element, text_of
from pipelines.dates import ReadDate, date_in_url, is_after, parse_date, parse_day_first
from pipelines.drafts import Draft
from pipelines.metadata.head import Candidate, Head
from pipelines.metadata.jsonld import strings_of
from schemas.article import DatePrecision, DateSource
from schemas.page import Page, SourceKind

OUTSIDE_ARTICLE = ("aside", "nav", "footer", "li")
"""Elements whose dates are those of other stories, or of the page."""

DATE_LABEL = "date"
"""Label of blocks in an element that a layout names as date."""

PUBLISHED_META = (
    "article:published_time",
    "og:article:published_time",
    "article:published",
    "datepublished",
    "parsely-pub-date",
    "sailthru.date",
    "dc.date.issued",
    "dcterms.created",
    "dc.date",
    "publishdate",
    "pubdate",
    "date",
)
NO_TEXT = ("head", "meta", "link", "script", "style", "time", *OUTSIDE_ARTICLE)
MODIFIED_META = ("article:modified_time", "og:updated_time", "datemodified")

DATED_SOURCES = {
    SourceKind.FEED: DateSource.FEED,
    SourceKind.NEWS_SITEMAP: DateSource.SITEMAP,
}


@dataclass(frozen=True, slots=True)
class PublishedDate:
    """The publication date, or that there is none."""

    iso: str | None = None
    raw: str | None = None
    precision: DatePrecision | None = None
    source: DateSource | None = None
    candidates: tuple[Candidate, ...] = ()
    warnings: tuple[str, ...] = ()


def read_published(
    page: Page, draft: Draft, head: Head, tree: Element | None
) -> PublishedDate:
    """The publication date of a page, from the first source that has a possible one.

    The published line; JSON-LD; meta elements; the layout's date and `<time>`; the
    address; the feed or news sitemap. A date that is impossible or later than the fetch
    is passed over with a warning. The text itself is searched last, and only where the
    page has no published line: a date in the text is seldom the article's own.
    """
    found: list[Candidate] = []
    warnings: list[str] = []
    for source, raw, read in _candidates(page, draft, head, tree):
        found.append(Candidate(source, raw))
        problem = _problem(read, page.fetched_at)
        if problem is not None:
            warnings.append(f"{problem}:{source}")
        elif read is not None:
            return PublishedDate(
                read.iso, raw, read.precision, source, tuple(found), tuple(warnings)
            )
    first = found[0].value if found else None
    return PublishedDate(raw=first, candidates=tuple(found), warnings=tuple(warnings))


def read_modified(head: Head, fetched_at: datetime | None) -> str | None:
    """When the article was last changed, as the metadata says; None if it does not."""
    for raw in [
        *strings_of(head.article.get("dateModified")),
        *head.all(*MODIFIED_META),
    ]:
        read = parse_date(raw)
        if read is not None and not is_after(read, fetched_at):
            return read.iso
    return None


def _problem(read: ReadDate | None, fetched_at: datetime | None) -> str | None:
    if read is None:
        return "date-invalid"
    return "date-in-future" if is_after(read, fetched_at) else None


def _candidates(
    page: Page, draft: Draft, head: Head, tree: Element | None
) -> Iterator[tuple[DateSource, str, ReadDate | None]]:
    published = draft.published_index()
    if published is not None:
        raw = draft.phrases[published].date_raw or ""
        yield DateSource.PUBLISHED_LINE, raw, parse_day_first(raw)
    for raw in strings_of(head.article.get("datePublished")):
        yield DateSource.JSON_LD, raw, parse_date(raw)
    for raw in head.all(*PUBLISHED_META):
        yield DateSource.META, raw, parse_date(raw)
    for raw in _printed(draft, tree):
        yield DateSource.TIME_ELEMENT, raw, parse_date(raw)
    dated = date_in_url(page.url or head.canonical_url or "")
    if dated is not None:
        yield DateSource.URL, *dated
    known = page.discovery
    if known is not None and known.date_raw and known.source in DATED_SOURCES:
        yield DATED_SOURCES[known.source], known.date_raw, parse_date(known.date_raw)
    if published is None and tree is not None:
        yield from _in_text(tree, page.fetched_at)


def _printed(draft: Draft, tree: Element | None) -> Iterator[str]:
    """What the layout names as date, then the first `<time>` of the article's kind."""
    for block in draft.blocks:
        if DATE_LABEL in block.labels:
            yield block.text
    if tree is None:
        return
    for element in tree.iter("time"):
        itemprop = (element.get("itemprop") or "").lower()
        if "modified" in itemprop or not _is_in_article(element):
            continue
        raw = (element.get("datetime") or text_of(element)).strip()
        if raw:
            yield raw
            return


def _is_in_article(element: Element) -> bool:
    """Whether an element is outside of asides, lists and the page's own footer."""
    return not any(parent.tag in OUTSIDE_ARTICLE for parent in element.iterancestors())


def _in_text(
    tree: Element, fetched_at: datetime | None
) -> Iterator[tuple[DateSource, str, ReadDate | None]]:
    """What htmldate finds; it is told the latest day, else it would look at a clock."""
    from htmldate import find_date

    text = _body_text(tree)
    latest = fetched_at.date().isoformat() if fetched_at else "2100-01-01"
    found = find_date(text, original_date=True, extensive_search=False, max_date=latest)
    if found:
        yield DateSource.TEXT, found, parse_date(found)


def _body_text(tree: Element) -> Element:
    """A copy of the body less what is not its text, or not the article's.

    Htmldate would take the day of the last change for the publication date, and find
    again in metadata and `<time>` what was passed over for a reason.
    """
    body = tree.find("body")
    copied = copy.deepcopy(tree if body is None else body)
    etree.strip_elements(copied, *NO_TEXT, with_tail=False)
    return copied
