"""Which blocks are the article: the site's layout, else a model; says which won.

trafilatura answers with text of its own making. Here its answer is one of many things
that are known of the page's blocks, which keep their place and all their characters.
"""

import copy
import functools
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import accumulate
from typing import cast

from cssselect import SelectorError
from lxml import etree
from lxml.cssselect import CSSSelector

from pipelines.blocks import Block, Element, Role, letters, segment
from pipelines.clean import REMOVE_LABEL
from pipelines.drafts import Cut, Draft
from pipelines.features import Evidence, feature_rows, is_paragraph
from pipelines.hidden_text import (
    MIN_LETTERS,
    json_ld_text,
    letter_count,
    script_text,
)
from pipelines.html import parse
from pipelines.lead import find_lead
from pipelines.metadata.fields import AUTHOR_LABEL, SECTION_LABEL, read_description
from pipelines.metadata.head import Head
from pipelines.metadata.jsonld import strings_of
from pipelines.metadata.published import DATE_LABEL
from pipelines.metadata.title import TITLE_LABEL
from pipelines.model import Model, load_model
from pipelines.versions import version_of
from schemas.config import Effort
from schemas.errors import SiteDefinitionError
from schemas.site import Layout, SiteDefinition

NOT_MAIN_RULE = "not-main-content"
"""Rule of what was not found to be the article's."""

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

MIN_SHOWN_SHARE = 0.5
"""Share of the text in JSON-LD that a page shows at least, if it shows its article."""

KEEP_ABOVE = -0.3
"""Log odds above which a block is kept, a little below one in two: a paragraph that is
lost is worse than a line too many."""

FEW_BLOCKS = 8
"""Blocks below which a page has no menus, teasers and notices to speak of: of 1,972
pages of the web that were measured 8 had so few."""

NEAR_LINES = 5
"""How far on in trafilatura's answer a short block is looked for: further on the same
few words are somebody else's."""


@dataclass(frozen=True, slots=True)
class Fit:
    """A layout that fits a page, and the names it gives to elements."""

    layout: Layout
    labels: Mapping[Element, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Judgement:
    """A model, and the numbers that it judged each block by."""

    model: Model
    rows: Mapping[int, Sequence[float]]
    scores: Mapping[int, float]
    """What the model said of each: log odds, kept above `KEEP_ABOVE`."""


@dataclass(frozen=True, slots=True)
class Extraction:
    """A draft whose open blocks are those that were found to be the text."""

    draft: Draft
    extractor: str
    extractor_version: str | None
    judgement: Judgement | None = None
    """What the model looked at, if one decided."""

    @property
    def is_by_place(self) -> bool:
        """Whether the site's own knowledge of where articles stand found it."""
        return self.extractor.startswith(("layout:", "template:"))

    @property
    def model_digest(self) -> str | None:
        """sha256 of the model that decided, None if none did."""
        return self.judgement.model.digest if self.judgement is not None else None


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


def extract_by_model(
    draft: Draft, tree: Element, title: str | None, head: Head, effort: Effort
) -> Extraction:
    """The blocks that a trained model takes for the text (docs/quality.md).

    It judges each open block by its shape and place, and by what the extractors keep
    that are asked for this effort (`EXTRACTORS`).

    Args:
        draft: The blocks of `tree`; those cut are blanked out in it.
        tree: The page; it is not changed.
        title: The headline.
        head: The metadata of the page.
        effort: Which model and which extractors.
    """
    indices = draft.open_indices()
    evidence = gather_evidence(draft, tree, title, head, effort)
    rows = feature_rows(draft.blocks, indices, evidence)
    model = load_model(effort)
    scores = [model.score(row) for row in rows]
    chosen = {
        index
        for index, score in zip(indices, scores, strict=True)
        if score > KEEP_ABOVE
    }
    if len(indices) < FEW_BLOCKS:
        chosen |= _kept_of_few(draft, indices, evidence)
    judgement = Judgement(
        model,
        rows=dict(zip(indices, rows, strict=True)),
        scores=dict(zip(indices, scores, strict=True)),
    )
    version = version_of("trafilatura") if EXTRACTORS[effort] else None
    leads = find_lead(
        draft.blocks, indices, chosen, evidence.title_at, evidence.description
    )
    draft = _chosen(draft.with_role(leads, Role.LEAD), chosen - set(leads))
    return Extraction(draft, f"model:{effort}", version, judgement)


def _kept_of_few(draft: Draft, indices: Sequence[int], evidence: Evidence) -> set[int]:
    """On a page that is little more than its text, also what else seems to be text.

    The models know whole pages of the web, where a lone paragraph is a notice; here it
    is what somebody has left of an article.
    """
    paragraphs = {index for index in indices if is_paragraph(draft.blocks[index])}
    return paragraphs.union(*evidence.kept_by.values())


def recover_hidden_text(
    extraction: Extraction, tree: Element, head: Head
) -> Extraction:
    """The text from JSON-LD or a script, where the page itself shows little of it.

    What the page shows is cut then, and the hidden paragraphs follow as blocks of their
    own, `extractor` says `json-ld` or `script-data`.
    """
    draft = extraction.draft
    shown = letter_count([draft.blocks[i] for i in draft.open_indices()])
    for name, hidden in _hidden_texts(tree, head, shown):
        if max(MIN_LETTERS, shown / MIN_SHOWN_SHARE) <= letter_count(hidden):
            emptied = _chosen(draft, set())
            # Without nodes and ancestors: they stand in another tree.
            blocks = [
                replace(each, path=f"{name}/{each.path}", nodes=(), ancestors=())
                for each in hidden
            ]
            whole = replace(emptied, blocks=(*emptied.blocks, *blocks))
            return Extraction(whole, name, None)
    return extraction


def _hidden_texts(
    tree: Element, head: Head, shown: int
) -> Iterator[tuple[str, Sequence[Block]]]:
    yield "json-ld", json_ld_text(head)
    if shown < MIN_LETTERS:  # Looking through all scripts takes its time.
        yield "script-data", script_text(tree)


def gather_evidence(
    draft: Draft, tree: Element, title: str | None, head: Head, effort: Effort
) -> Evidence:
    """What is known of the page beside its blocks; the extractors are asked here."""
    bodies = strings_of(head.article.get("articleBody"))
    title_at = min(draft.roles, default=None)
    return Evidence(
        kept_by={
            name: _align(draft, _ASKED[name](tree)) for name in EXTRACTORS[effort]
        },
        title=title or "",
        title_at=title_at,
        title_ancestors=() if title_at is None else draft.blocks[title_at].ancestors,
        description=read_description(head) or "",
        article_body=" ".join(bodies),
    )


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
        index: Cut(NOT_MAIN_RULE, (draft.blocks[index].text,))
        for index in draft.open_indices()
        if index not in chosen
    }
    return draft.with_cuts(cuts)


def _ask_trafilatura(
    tree: Element, *, fast: bool = False, favor_precision: bool = False
) -> list[str]:
    """What trafilatura takes for the text, a line a paragraph; empty if nothing."""
    import trafilatura

    document = trafilatura.bare_extraction(
        tree,
        with_metadata=False,
        include_comments=False,
        include_tables=True,
        fast=fast,
        favor_precision=favor_precision,
    )
    text = getattr(document, "text", None)
    return text.splitlines() if text else []


def _ask_readability(tree: Element) -> list[str]:
    """What the readability that comes with trafilatura takes for the text."""
    from trafilatura.readability_lxml import Document

    summary = Document(copy.deepcopy(tree)).summary()
    found = parse(summary) if summary.strip() else None
    return [block.text for block in segment(found)] if found is not None else []


_ASKED: Mapping[str, Callable[[Element], list[str]]] = {
    "trafilatura-fast": functools.partial(_ask_trafilatura, fast=True),
    "trafilatura": _ask_trafilatura,
    "trafilatura-precision": functools.partial(_ask_trafilatura, favor_precision=True),
    "readability": _ask_readability,
}

EXTRACTORS: Mapping[Effort, tuple[str, ...]] = {
    Effort.FAST: (),
    Effort.STANDARD: ("trafilatura-fast",),
    Effort.BEST: ("trafilatura", "trafilatura-precision", "readability"),
}
"""Whose answers the model of an effort looks at, in the order of its features."""


def _align(draft: Draft, lines: Sequence[str]) -> set[int]:
    """The open blocks that stand in `lines`, which follow the order of the page."""
    answer = LineFinder(lines)
    return {
        index
        for index in draft.open_indices()
        if answer.has(letters(draft.blocks[index].text))
    }


class LineFinder:
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
        """Whether a block with these letters is in the answer, in the page's order."""
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
