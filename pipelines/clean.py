"""Cleaning passes over blocks: what is cut, by which rule, in which order.

`PRUNING` runs over the whole page before the main text is looked for, so that neither
trafilatura nor a date finder ever sees what it cuts. `CLEANING` runs over the blocks
that were found. A pass is a function from a draft to cuts; what an earlier pass cut
stays cut. docs/rules.md has a line for each rule.
"""

import re
from collections.abc import Mapping

from pipelines.blocks import Role, letters
from pipelines.drafts import Cut, Draft, is_prose
from pipelines.ribbon import cut_ribbon
from schemas.config import PipelineConfig
from schemas.site import PhraseElement

REMOVE_LABEL = "remove"
"""Label of blocks in an element that a layout says to remove."""

CAPTION = re.compile(r"/figcaption(?=[/.#]|$)")

PHRASE_RULES = {
    PhraseElement.PUBLISHED_LINE: "published-line",
    PhraseElement.IMAGE_WIDGET: "image-widget",
    PhraseElement.SOURCE_LINK: "source-link",
    PhraseElement.PROMO: "ribbon",
}
"""Rule that cuts a phrase; a promo stands among the headlines of a ribbon."""


def prune(draft: Draft, config: PipelineConfig) -> Draft:
    """The draft less what is no article text on any page: `PRUNING`, in order."""
    for cut_pass in PRUNING:
        draft = draft.with_cuts(cut_pass(draft, config))
    return draft


def clean(draft: Draft, config: PipelineConfig) -> Draft:
    """The draft less what stands round the article: `CLEANING`, in order."""
    for cut_pass in CLEANING:
        draft = draft.with_cuts(cut_pass(draft, config))
    return draft


def cut_layout_removals(draft: Draft, _config: PipelineConfig) -> Mapping[int, Cut]:
    """Blocks in elements that the site's layout says to remove."""
    return {
        index: Cut("layout-remove", (block.text,))
        for index, block in enumerate(draft.blocks)
        if REMOVE_LABEL in block.labels
    }


def cut_phrases(draft: Draft, _config: PipelineConfig) -> Mapping[int, Cut]:
    """The site's fixed phrases."""
    return {
        index: Cut(PHRASE_RULES[phrase.element], (draft.blocks[index].text,))
        for index, phrase in draft.phrases.items()
    }


def cut_ribbons(draft: Draft, config: PipelineConfig) -> Mapping[int, Cut]:
    """Runs of headlines before or beside the article (`pipelines.ribbon`)."""
    return cut_ribbon(draft, config.ribbon)


def cut_before_headline(draft: Draft, _config: PipelineConfig) -> Mapping[int, Cut]:
    """What stands before the headline, where a published line confirms it as such."""
    title = min(
        (index for index, role in draft.roles.items() if role is Role.TITLE),
        default=None,
    )
    if title is None or draft.published_index() is None:
        return {}
    return {
        index: Cut("before-headline", (draft.blocks[index].text,))
        for index in draft.open_indices()
        if index < title
    }


def cut_repeated_headline(draft: Draft, config: PipelineConfig) -> Mapping[int, Cut]:
    """The headline again, before the article's first paragraph.

    Further down the same words are the article's own.
    """
    titles = {letters(title) for title in draft.texts(Role.TITLE)}
    cuts: dict[int, Cut] = {}
    for index in draft.open_indices():
        block = draft.blocks[index]
        if letters(block.text) in titles:
            cuts[index] = Cut("repeated-headline", (block.text,))
        elif is_prose(block, config.ribbon):
            break
    return cuts


def cut_captions(draft: Draft, _config: PipelineConfig) -> Mapping[int, Cut]:
    """Captions of pictures: they are kept with their picture (`images[].caption`)."""
    return {
        index: Cut("caption", (draft.blocks[index].text,))
        for index in draft.open_indices()
        if CAPTION.search(draft.blocks[index].path)
    }


def cut_after_source_link(draft: Draft, config: PipelineConfig) -> Mapping[int, Cut]:
    """What follows the last source link, if the article stands before it."""
    last = max(
        (
            index
            for index, phrase in draft.phrases.items()
            if phrase.element is PhraseElement.SOURCE_LINK
        ),
        default=None,
    )
    indices = draft.open_indices()
    if last is None or not any(
        index < last and is_prose(draft.blocks[index], config.ribbon)
        for index in indices
    ):
        return {}
    return {
        index: Cut("after-source-link", (draft.blocks[index].text,))
        for index in indices
        if index > last
    }


PRUNING = (cut_layout_removals, cut_ribbons, cut_phrases)
CLEANING = (
    cut_before_headline,
    cut_repeated_headline,
    cut_captions,
    cut_after_source_link,
)
