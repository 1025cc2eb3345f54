"""What is printed round the headline: the lines that date and sign the article."""

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from lxml import etree

from pipelines.blocks import (
    INLINE_TAGS,
    INVISIBLE_TAGS,
    SKIPPED_TAGS,
    Block,
    Element,
    fold_blanks,
    letters,
)
from pipelines.drafts import LONG_CHARS, MAX_PROSE_LINK_RATIO, Draft

BEFORE, AFTER = 3, 12
"""Blocks before and after the headline that may date or sign it."""

MAX_PROSE = 2
"""Blocks of prose after the headline, standfirst and first paragraph, among which the
lines stand; what comes later is the article."""

MAX_LINE_CHARS = 120
"""A line that dates or signs is no longer."""

MAX_SHOWN_PIECES = 200
"""Pieces of text in an element that is read; one with more is no headline or byline."""

OUTSIDE_ARTICLE = frozenset({"aside", "nav", "footer", "li"})
"""Elements whose dates are those of other stories, or of the page."""


def lines_by_headline(draft: Draft, title: str | None) -> Iterator[Block]:
    """Short blocks near the headline: those after it, then those before, from it on.

    Without a headline among the blocks its place is before the first of prose. What
    stands before it, in a list or an aside is not given: it is the page's, or another
    story's.
    """
    indices = draft.open_indices()
    headline = _headline(draft, indices, title)
    start = headline if headline is not None else _first_prose(draft, indices)
    prose = 0
    for index in indices[start + 1 if headline is not None else start :][:AFTER]:
        block = draft.blocks[index]
        prose += _is_prose(block)
        if prose > MAX_PROSE:
            break
        if len(block.text) <= MAX_LINE_CHARS and (
            (headline is not None and not prose) or not is_outside(block)
        ):
            yield block
    for index in reversed(indices[max(0, start - BEFORE) : start]):
        block = draft.blocks[index]
        if len(block.text) <= MAX_LINE_CHARS and not is_outside(block):
            yield block


def is_outside(block: Block) -> bool:
    """Whether a block is in an aside, a list or the page's own footer."""
    tags = [re.split("[.#]", step, maxsplit=1)[0] for step in block.path.split("/")]
    if "article" in tags:
        tags = [tag for tag in tags if tag != "footer"]
    return not OUTSIDE_ARTICLE.isdisjoint(tags)


def elements_of(query: etree.XPath, tree: Element) -> list[Element]:
    """The elements that an expression finds in a tree, in its order."""
    found = query(tree)
    elements = found if isinstance(found, list) else []
    return [each for each in elements if isinstance(each, etree._Element)]  # noqa: SLF001 - lxml names its type so


def shown_text(
    element: Element, gap: str, apart: AbstractSet[str] = frozenset()
) -> str:
    """The text of a small element as it is read, blanks folded; "" for a large one.

    Args:
        element: The element.
        gap: What is put where a block or a line ends in it.
        apart: Tags of inline elements that count as blocks.
    """
    pieces: list[str] = []
    for piece in _pieces(element, gap, INLINE_TAGS - apart):
        pieces.append(piece)
        if len(pieces) > MAX_SHOWN_PIECES:
            return ""
    return fold_blanks("".join(pieces))


def _pieces(root: Element, gap: str, inline: AbstractSet[str]) -> Iterator[str]:
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        tag = str(element.tag)
        if tag not in inline and tag not in INVISIBLE_TAGS:
            yield gap
        if event == "end":
            yield (element.tail or "") if element is not root else ""
        elif tag in SKIPPED_TAGS:
            walk.skip_subtree()
        else:
            yield element.text or ""


def _headline(draft: Draft, indices: list[int], title: str | None) -> int | None:
    """Place among `indices` of the heading that is the title, else a line that is."""
    wanted = letters(title or "")
    length = len(title or "")
    found = [
        place
        for place, index in enumerate(indices)
        if length / 2 <= len(draft.blocks[index].text) <= 2 * length
        and letters(draft.blocks[index].text) == wanted
    ]
    headings = [place for place in found if draft.blocks[indices[place]].tag == "h1"]
    first_heading = (
        place for place, index in enumerate(indices) if draft.blocks[index].tag == "h1"
    )
    return next(iter([*headings, *found]), None) if found else next(first_heading, None)


def _first_prose(draft: Draft, indices: list[int]) -> int:
    return next(
        (place for place, i in enumerate(indices) if _is_prose(draft.blocks[i])), 0
    )


def _is_prose(block: Block) -> bool:
    return len(block.text) >= LONG_CHARS and block.link_ratio < MAX_PROSE_LINK_RATIO
