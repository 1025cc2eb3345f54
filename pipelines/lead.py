"""The standfirst: what stands between headline and text and sums the article up."""

from collections.abc import Collection, Sequence

from pipelines.blocks import Block, letters
from pipelines.marks import bit

MIN_LEAD_CHARS = 30
MAX_LEAD_CHARS = 900
MAX_LEAD_LINK_RATIO = 0.3

AGREEING_LETTERS = 20
"""Letters from which on a text and the page's description agree by no chance."""

NEAR_BLOCKS = 15
"""Blocks between the headline and the text, at most, that may be its standfirst."""

MIN_PARAGRAPH_CHARS = 80

_CALLED_LEAD = bit("lead")


def find_lead(
    blocks: Sequence[Block],
    indices: Sequence[int],
    chosen: Collection[int],
    title_at: int | None,
    description: str,
) -> list[int]:
    """The blocks of the standfirst, in order; empty if there is none.

    One that the page calls so (class `lead`, `standfirst`), or that its description
    repeats; and that is set otherwise than the paragraph after it, else it is the
    first of them.

    Args:
        blocks: All blocks of the page.
        indices: Those that are not cut.
        chosen: Those of them that were taken for the text.
        title_at: The headline.
        description: What the page's metadata says of it.
    """
    first = title_at + 1 if title_at is not None else 0
    paragraphs = [
        index
        for index in indices
        if index in chosen
        and index >= first
        and len(blocks[index].text) >= MIN_PARAGRAPH_CHARS
    ]
    if not paragraphs:
        return []
    known = letters(description)
    start = paragraphs[0]
    before = [index for index in indices if first <= index <= start][-NEAR_BLOCKS:]
    return [
        index
        for index in before
        if _is_lead(blocks[index], known)
        and _is_apart(blocks, index, [each for each in paragraphs if each > index])
    ]


def _is_lead(block: Block, description: str) -> bool:
    if not MIN_LEAD_CHARS <= len(block.text) <= MAX_LEAD_CHARS:
        return False
    if block.link_ratio > MAX_LEAD_LINK_RATIO or block.tag == "h1":
        return False
    key = letters(block.text)
    agrees = len(key) >= AGREEING_LETTERS and (
        key in description
        or (len(description) >= AGREEING_LETTERS and description in key)
    )
    return agrees or bool(block.near_marks & _CALLED_LEAD)


def _is_apart(blocks: Sequence[Block], index: int, after: Sequence[int]) -> bool:
    """Whether it is set otherwise than the paragraph that follows."""
    return bool(after) and blocks[after[0]].path != blocks[index].path
