"""The headline: candidates in the order in which they are trusted."""

import html
import re
from collections.abc import Iterator

from pipelines.blocks import fold_blanks, letters
from pipelines.drafts import Draft
from pipelines.metadata.head import Candidate, Head
from pipelines.metadata.jsonld import strings_of

TITLE_LABEL = "title"
"""Label of blocks in an element that a layout names as title."""

SEPARATOR = re.compile(r"\s+[|–—·•»:/-]+\s+|\s*\|\s*")
"""What stands between a headline and the name of a site."""

NEAR_PUBLISHED_LINE = 3
"""Blocks before the published line among which an `h1` or `h2` is the headline."""

MAX_HEADLINE_CHARS = 300
"""A line of a dump that is longer is no headline."""


def title_candidates(draft: Draft, head: Head) -> tuple[Candidate, ...]:
    """Possible headlines, the most trusted first.

    The site's layout; the line above the published line; JSON-LD; `og:title`; the first
    `h1`; `<title>`. The site's own name is taken off the end of those that stand in the
    head; a candidate that is nothing but that name is none.
    """
    names = _site_names(head)
    printed = (*_of_layout(draft), *_above_published_line(draft))
    declared = (
        Candidate(each.source, _without_site_name(each.value, names))
        for each in _declared(draft, head)
    )
    return tuple(
        each
        for each in (*printed, *declared)
        if each.value and letters(each.value) not in names
    )


def line_candidates(draft: Draft) -> tuple[Candidate, ...]:
    """Possible headlines of a text dump: above the published line, else the first."""
    first = (
        Candidate("first-line", draft.blocks[index].text)
        for index in draft.open_indices()[:1]
    )
    candidates = (*_above_published_line(draft), *first)
    return tuple(each for each in candidates if len(each.value) <= MAX_HEADLINE_CHARS)


def title_index(draft: Draft, title: str) -> int | None:
    """The first block that is the headline and nothing else."""
    wanted = letters(title)
    return next(
        (
            index
            for index in draft.open_indices()
            if letters(draft.blocks[index].text) == wanted
        ),
        None,
    )


def _of_layout(draft: Draft) -> Iterator[Candidate]:
    for index in draft.open_indices():
        if TITLE_LABEL in draft.blocks[index].labels:
            yield Candidate("layout", draft.blocks[index].text)


def _above_published_line(draft: Draft) -> Iterator[Candidate]:
    published = draft.published_index()
    if published is None:
        return
    above = [index for index in draft.open_indices() if index < published]
    near = above[-NEAR_PUBLISHED_LINE:]
    headings = [index for index in near if draft.blocks[index].tag in {"h1", "h2"}]
    for index in [*headings[-1:], *above[-1:]]:
        yield Candidate("published-line", draft.blocks[index].text)


def _declared(draft: Draft, head: Head) -> Iterator[Candidate]:
    for text in strings_of(head.article.get("headline")):
        yield Candidate("json-ld", fold_blanks(html.unescape(text)))
    for name in ("og:title", "twitter:title"):
        for text in head.all(name):
            yield Candidate(name, text)
    for index in draft.open_indices():
        if draft.blocks[index].tag == "h1":
            yield Candidate("h1", draft.blocks[index].text)
    yield Candidate("title-element", head.title)


def _site_names(head: Head) -> frozenset[str]:
    names = [
        *head.all("og:site_name", "application-name"),
        *strings_of(head.article.get("publisher")),
    ]
    return frozenset(letters(name) for name in names)


def _without_site_name(title: str, names: frozenset[str]) -> str:
    """The title less a last part that is the site's name, with or without its kind."""
    separators = list(SEPARATOR.finditer(title))
    for separator in separators:
        if letters(title[separator.end() :]) in names:
            return title[: separator.start()].strip()
    return title
