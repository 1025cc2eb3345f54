"""The publication date: where it was read, how fine it is, and why others lost."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from operator import itemgetter

from lxml import etree

from pipelines.blocks import Element, text_of
from pipelines.dates import (
    ReadDate,
    date_in_url,
    find_dates,
    is_after,
    parse_date,
    parse_day_first,
)
from pipelines.drafts import Draft
from pipelines.metadata.head import Candidate, Head
from pipelines.metadata.jsonld import ARTICLE_TYPES, strings_of, types_of
from pipelines.metadata.printed import OUTSIDE_ARTICLE, elements_of, lines_by_headline
from schemas.article import DatePrecision, DateSource
from schemas.page import Page, SourceKind

PAGE_TYPES = ARTICLE_TYPES | frozenset(
    "WebPage ItemPage MedicalWebPage FAQPage AboutPage VideoObject".split()
)
"""JSON-LD types of objects whose dates are the page's."""

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
PUBLISHED_NAME = re.compile(
    r"(?:^|[^a-z])(?:publi(?:sh|shed|cation)[^a-z]*(?:date|time|on|at)|"
    r"dates?[^a-z]*(?:published|issued)|pub[^a-z]?date|(?<!\w)published)$"
)
"""What other names of meta elements for the day of publication end with."""

MODIFIED_META = (
    "article:modified_time",
    "og:updated_time",
    "og:modified_time",
    "datemodified",
    "article:modified",
    "dcterms.modified",
    "last-modified",
)

CHANGED = re.compile(
    r"(?:updat|modifi|chang|review|edited|revis|aktualisier|geändert|mise? à jour|"
    r"actualiz|atualiz|modificad|aggiornat|bijgewerkt|oppdatert|uppdaterad|opdateret|"
    r"zaktualizowan|обновл|змінен|ενημερ|güncel|تحديث|更新|수정)",
    re.IGNORECASE,
)
"""Words before a printed date that is that of a change."""

PUBLISHED_ON = re.compile(
    r"(?:publi|poste?d|veröffentlicht|erschienen|erstellt|pubblicat|gepubliceerd|"
    r"publisert|publicerad|opublikowan|опубликован|опубліковано|δημοσιεύ|نشر|발행|등록|公開)",
    re.IGNORECASE,
)
"""How a line begins that says when the article was published."""

MAX_REST_CHARS = 60
"""Characters that a line has beside its date: a name, a label, a time to read."""

_DATED = etree.XPath(
    "descendant::time | descendant::*[@itemprop[. = 'datePublished']][not(self::meta)]"
)

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
    page: Page, draft: Draft, head: Head, tree: Element | None, title: str | None
) -> PublishedDate:
    """The publication date of a page, from the first source that has a possible one.

    The published line; JSON-LD of the article, then of the page; meta elements; the
    layout's date, `<time>` and `itemprop=datePublished`; the address; the feed or news
    sitemap; last, where the page has no published line, a line by the headline that is
    a date with a few words. The text itself is never searched: a date in it is seldom
    the article's own. A date that is impossible or later than the fetch is passed over
    with a warning.
    """
    found: list[Candidate] = []
    warnings: list[str] = []
    for source, raw, read in _candidates(page, draft, head, tree, title):
        found.append(Candidate(source, raw))
        if read is None:
            warnings.append(f"date-invalid:{source}")
        elif is_after(read, page.fetched_at):
            warnings.append(f"date-in-future:{source}")
        else:
            return PublishedDate(
                read.iso, raw, read.precision, source, tuple(found), tuple(warnings)
            )
    first = found[0].value if found else None
    return PublishedDate(raw=first, candidates=tuple(found), warnings=tuple(warnings))


def read_modified(head: Head, fetched_at: datetime | None) -> str | None:
    """When the article was last changed, as the metadata says; None if it does not."""
    for raw in [*_declared(head, "dateModified"), *head.all(*MODIFIED_META)]:
        read = parse_date(raw)
        if read is not None and not is_after(read, fetched_at):
            return read.iso
    return None


def _candidates(
    page: Page, draft: Draft, head: Head, tree: Element | None, title: str | None
) -> Iterator[tuple[DateSource, str, ReadDate | None]]:
    published = draft.published_index()
    if published is not None:
        raw = draft.phrases[published].date_raw or ""
        yield DateSource.PUBLISHED_LINE, raw, parse_day_first(raw)
    for raw in _declared(head, "datePublished"):
        yield DateSource.JSON_LD, raw, parse_date(raw)
    others = (name for name in head.meta if PUBLISHED_NAME.search(name))
    for raw in head.all(*dict.fromkeys([*PUBLISHED_META, *others])):
        yield DateSource.META, raw, parse_date(raw)
    for raw in _in_elements(draft, tree, title):
        yield DateSource.TIME_ELEMENT, raw, parse_date(raw)
    dated = date_in_url(page.url or head.canonical_url or "")
    if dated is not None:
        yield DateSource.URL, *dated
    known = page.discovery
    if known is not None and known.date_raw and known.source in DATED_SOURCES:
        yield DATED_SOURCES[known.source], known.date_raw, parse_date(known.date_raw)
    if published is None:
        yield from _in_lines(draft, title)


def _declared(head: Head, name: str) -> Iterator[str]:
    """What JSON-LD says: of the article, else of the page that it is on."""
    own = strings_of(head.article.get(name))
    yield from own
    if not own:
        for thing in head.things:
            if types_of(thing) & PAGE_TYPES:
                yield from strings_of(thing.get(name))


def _in_elements(
    draft: Draft, tree: Element | None, title: str | None
) -> Iterator[str]:
    """What the layout names as date, then `<time>`: the headline's, else the first."""
    for block in draft.blocks:
        if DATE_LABEL in block.labels:
            yield block.text
    if tree is None:
        return
    times = [each for each in elements_of(_DATED, tree) if _raw(each)]
    if times:
        near = {
            element: None
            for block in lines_by_headline(draft, title)
            if CHANGED.search(block.text) is None
            for element, _ in block.nodes
        }
        ranked = [
            *(each for each in near if each in times),
            *filter(_is_in_article, times),
        ]
        yield from map(_raw, ranked[:1])


def _raw(element: Element) -> str:
    """A `<time>`'s moment, else its text; "" for that of the last change."""
    text = text_of(element)
    if _is_of_change(element, text):
        return ""
    return (element.get("datetime") or element.get("content") or text).strip()


def _is_of_change(element: Element, text: str) -> bool:
    """Whether it, or what it stands in, says so in words; else in class or itemprop."""
    marks = f"{element.get('itemprop', '')} {element.get('class', '')}"
    is_published = "publish" in marks.lower()
    for parent in islice(element.iterancestors(), 1):
        text = f"{parent.text or ''} {text}"
        marks = f"{parent.get('class', '')} {marks}"
    return CHANGED.search(text if is_published else f"{text} {marks}") is not None


def _is_in_article(element: Element) -> bool:
    """Whether an element is outside of asides, lists and the page's own footer."""
    return not any(parent.tag in OUTSIDE_ARTICLE for parent in element.iterancestors())


def _in_lines(
    draft: Draft, title: str | None
) -> Iterator[tuple[DateSource, str, ReadDate | None]]:
    """The first line by the headline that is a date, else one that says "published".

    The date of a change is passed over, as far as the line says that it is one.
    """
    labelled = (
        draft.blocks[index]
        for index in draft.open_indices()
        if PUBLISHED_ON.match(draft.blocks[index].text)
    )
    for block in (*lines_by_headline(draft, title), *labelled):
        if any(each.tag == "time" and not _raw(each) for each, _ in block.nodes):
            continue
        for start, end, read in sorted(find_dates(block.text), key=itemgetter(0)):
            rest = len(block.text) - (end - start)
            if rest <= MAX_REST_CHARS and not CHANGED.search(block.text[:start]):
                yield DateSource.TEXT, block.text[start:end], read
                return
