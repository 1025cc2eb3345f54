"""Ribbons by their shape: a run of headlines before or beside the article.

A ribbon's headlines are those of the hour of the crawl, so their words tell nothing;
its shape and place do. Three shapes:

- one block whose pieces are parted by three or more blanks that a browser would show
  (no-break spaces), or that stand on one line of a dump;
- one block that is nearly all links, each as long as a headline;
- a run of blocks that are links of that length.

A ribbon never stands among the paragraphs of the article. So a headline's twin in the
article, or a paragraph with wide gaps, is never taken for one.
"""

from collections.abc import Iterator, Mapping, Sequence
from statistics import median

from pipelines.blocks import LINE_TAG, Block
from pipelines.drafts import Cut, Draft, gap_pieces, prose_span
from schemas.config import RibbonConfig
from schemas.site import PhraseElement

RULE = "ribbon"


def cut_ribbon(draft: Draft, config: RibbonConfig) -> Mapping[int, Cut]:
    """Cuts for all ribbons of a page, each with its number of headlines."""
    cuts = dict(_only_line(draft.blocks, config))
    first, last = prose_span(draft, config)
    for start, end in ((0, first), (last + 1, len(draft.blocks))):
        cuts.update(_wide_gaps(draft.blocks, range(start, end), config))
        cuts.update(_link_lists(draft.blocks, range(start, end), config))
        cuts.update(_link_runs(draft, range(start, end), config))
    return cuts


def _only_line(
    blocks: Sequence[Block], config: RibbonConfig
) -> Iterator[tuple[int, Cut]]:
    """A dump that ends inside its ribbon: one line, with fewer headlines than most."""
    if [block.tag for block in blocks] == [LINE_TAG]:
        pieces = gap_pieces(blocks[0], config)
        if len(pieces) > 1:
            yield 0, Cut(RULE, pieces)


def _wide_gaps(
    blocks: Sequence[Block], indices: range, config: RibbonConfig
) -> Iterator[tuple[int, Cut]]:
    for index in indices:
        pieces = gap_pieces(blocks[index], config)
        if len(pieces) >= config.min_items:
            yield index, Cut(RULE, pieces)


def _link_lists(
    blocks: Sequence[Block], indices: range, config: RibbonConfig
) -> Iterator[tuple[int, Cut]]:
    for index in indices:
        if _is_link_list(blocks[index], config):
            yield index, Cut(RULE, tuple(link.text for link in blocks[index].links))


def _is_link_list(block: Block, config: RibbonConfig) -> bool:
    return (
        len(block.links) >= config.min_items
        and block.link_ratio >= config.min_link_ratio
        and median(len(link.text) for link in block.links) >= config.min_median_chars
    )


def _link_runs(
    draft: Draft, indices: range, config: RibbonConfig
) -> Iterator[tuple[int, Cut]]:
    run: list[int] = []
    for index in [*indices, None]:
        if index is not None and _is_headline_link(draft, index, config):
            run.append(index)
            continue
        lengths = [len(draft.blocks[each].text) for each in run]
        if len(run) >= config.min_items and median(lengths) >= config.min_median_chars:
            yield from ((each, Cut(RULE, (draft.blocks[each].text,))) for each in run)
        run = []


def _is_headline_link(draft: Draft, index: int, config: RibbonConfig) -> bool:
    """A block that is a link; or a line that the site sets among its headlines."""
    phrase = draft.phrases.get(index)
    if phrase is not None:
        return phrase.element is PhraseElement.PROMO
    return draft.blocks[index].link_ratio >= config.min_link_ratio
