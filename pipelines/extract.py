"""Which blocks are the article: the site's layout, else trafilatura; says which won.

trafilatura answers with text of its own making. Here its answer only chooses among the
page's blocks, which keep their place in the tree and all their characters.
"""

import functools
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from typing import cast

from cssselect import SelectorError
from lxml import etree
from lxml.cssselect import CSSSelector

from pipelines.blocks import Element, Role, letters, segment
from pipelines.clean import REMOVE_LABEL
from pipelines.drafts import Cut, Draft
from pipelines.metadata.fields import AUTHOR_LABEL, SECTION_LABEL
from pipelines.metadata.published import DATE_LABEL
from pipelines.metadata.title import TITLE_LABEL
from pipelines.versions import version_of
from schemas.errors import SiteDefinitionError
from schemas.site import Layout, SiteDefinition

MAIN_LABEL = "main"
LEAD_LABEL = "lead"

LABELLED_FIELDS = {
    "main": MAIN_LABEL,
    "title": TITLE_LABEL,
    "lead": LEAD_LABEL,
    "authors": AUTHOR_LABEL,
    "date": DATE_LABEL,
    "section": SECTION_LABEL,
    "remove": REMOVE_LABEL,
}
"""Lists of selectors of a layout, and the label of the elements they find."""

LONG_LETTERS = 25
"""Letters from which on a text is unlikely to stand twice on a page by chance."""

SHORT_LETTERS = 4
"""Letters below which a text says nothing unless it is a whole line."""

NEAR_LINES = 5
"""How far on in trafilatura's answer a short block is looked for: further on the same
few words are somebody else's."""


@dataclass(frozen=True, slots=True)
class Fit:
    """A layout that fits a page, and the names it gives to elements."""

    layout: Layout
    labels: Mapping[Element, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Extraction:
    """A draft whose open blocks are those that were found to be the text."""

    draft: Draft
    extractor: str
    extractor_version: str | None


def fit_layout(
    tree: Element, site: SiteDefinition | None, on: date | None
) -> Fit | None:
    """The first layout of the site whose main text is on the page, None if none is.

    Args:
        tree: The page.
        site: Its definition.
        on: Day of the capture; layouts that ended before are not tried. None: all are.
    """
    for layout in site.layouts if site is not None else ():
        if on is not None and layout.valid_until and on > layout.valid_until:
            continue
        if _first_match(tree, layout.main):
            return Fit(layout, _labels(tree, layout))
    return None


def extract_by_layout(draft: Draft, fit: Fit) -> Extraction:
    """The blocks in the layout's main elements are the text."""
    chosen = {
        index
        for index in draft.open_indices()
        if MAIN_LABEL in draft.blocks[index].labels
    }
    leads = {
        index
        for index in draft.open_indices()
        if LEAD_LABEL in draft.blocks[index].labels
    }
    draft = draft.with_role(sorted(leads), Role.LEAD)
    return Extraction(_chosen(draft, chosen - leads), f"layout:{fit.layout.name}", None)


def extract_by_trafilatura(draft: Draft, tree: Element) -> Extraction:
    """The blocks that trafilatura finds in the tree are the text.

    Args:
        draft: The blocks of `tree`; those cut are blanked out in it.
        tree: The page; trafilatura may change it, so it is of no use afterwards.
    """
    chosen = _align(draft, _answer(tree))
    return Extraction(_chosen(draft, chosen), "trafilatura", version_of("trafilatura"))


def extract_all(draft: Draft) -> Extraction:
    """All that is not cut is the text: a dump has no boilerplate that markup tells."""
    return Extraction(draft, "text-dump", None)


def check_selectors(site: SiteDefinition) -> None:
    """All selectors of the site can be used.

    Raises:
        SiteDefinitionError: One cannot; the text names it.
    """
    for layout in site.layouts:
        for selector in _selectors(layout):
            _compiled(selector)


def _chosen(draft: Draft, chosen: set[int]) -> Draft:
    """All open blocks but the chosen ones are cut as not main content."""
    cuts = {
        index: Cut("not-main-content", (draft.blocks[index].text,))
        for index in draft.open_indices()
        if index not in chosen
    }
    return draft.with_cuts(cuts)


def _answer(tree: Element) -> list[str]:
    """What trafilatura takes for the text, a line a paragraph; empty if nothing."""
    import trafilatura

    document = trafilatura.bare_extraction(
        tree, with_metadata=False, include_comments=False, include_tables=True
    )
    text = getattr(document, "text", None)
    return text.splitlines() if text else []


def _align(draft: Draft, lines: Sequence[str]) -> set[int]:
    """The open blocks that stand in `lines`, which follow the order of the page."""
    answer = _Answer(lines)
    return {
        index
        for index in draft.open_indices()
        if answer.has(letters(draft.blocks[index].text))
    }


class _Answer:
    """trafilatura's text as letters, and the place up to which it has been found.

    A long block may stand anywhere in it, as a part of a line or over several. A short
    one must be a whole line (or cell of a table) soon after that place, or go on right
    there. A block of which trafilatura dropped a part counts if a long line is left.
    """

    def __init__(self, lines: Sequence[str]) -> None:
        cells = (letters(cell) for line in lines for cell in line.split("|"))
        self._keys = [key for key in cells if key]
        self._text = "".join(self._keys)
        self._ends = list(accumulate(map(len, self._keys)))
        self._place = 0

    def has(self, key: str) -> bool:
        if not key:
            return False
        if len(key) < LONG_LETTERS:
            end = self._end_of_short(key)
        else:
            end = self._end_of_long(key)
        self._place = max(self._place, end or 0)
        return end is not None

    def _end_of_short(self, key: str) -> int | None:
        if len(key) >= SHORT_LETTERS and self._text.startswith(key, self._place):
            return self._place + len(key)
        first = self._line()
        for number in range(first, min(first + NEAR_LINES, len(self._keys))):
            if self._keys[number] == key:
                return self._ends[number]
        return None

    def _end_of_long(self, key: str) -> int | None:
        start = self._text.find(key, self._place)
        if start < 0:
            start = self._text.find(key)
        if start >= 0:
            return start + len(key)
        for number in range(self._line(), len(self._keys)):
            line = self._keys[number]
            if len(line) >= LONG_LETTERS and line in key:
                return self._ends[number]
        return None

    def _line(self) -> int:
        return bisect_right(self._ends, self._place)


def _labels(tree: Element, layout: Layout) -> dict[Element, frozenset[str]]:
    labels: dict[Element, frozenset[str]] = {}
    for field, label in LABELLED_FIELDS.items():
        selectors = getattr(layout, field)
        found = (
            [each for selector in selectors for each in _select(tree, selector)]
            if label == REMOVE_LABEL
            else _first_match(tree, selectors)
        )
        for element in found:
            labels[element] = labels.get(element, frozenset()) | {label}
    return labels


def _first_match(tree: Element, selectors: Sequence[str]) -> list[Element]:
    """What the first selector finds that finds any text."""
    for selector in selectors:
        found = _select(tree, selector)
        if any(segment(element) for element in found):
            return found
    return []


def _select(tree: Element, selector: str) -> list[Element]:
    # Typed as any result of an XPath; a translated CSS selector finds elements.
    return cast("list[Element]", _compiled(selector)(tree))


def _selectors(layout: Layout) -> list[str]:
    return [each for field in LABELLED_FIELDS for each in getattr(layout, field)]


@functools.cache
def _compiled(selector: str) -> CSSSelector:
    """A pure function of its argument, so that the cache cannot change a result."""
    try:
        compiled = CSSSelector(selector)
        # A namespace prefix, of which HTML has none, is found out only in use.
        compiled(etree.Element("html"))
    except (SelectorError, etree.XPathError) as error:
        raise SiteDefinitionError(f"selector {selector!r}: {error}") from error
    return compiled
