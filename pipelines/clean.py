"""Cleaning passes over blocks: what is cut, by which rule, in which order.

`PRUNING` runs over the whole page before the main text is looked for, so that neither
trafilatura nor a date finder ever sees what it cuts. `CLEANING` runs over the blocks
that were found. A pass is a function from a draft to cuts; what an earlier pass cut
stays cut. docs/rules.md has a line for each rule.
"""

import functools
import re
from collections import Counter
from collections.abc import Mapping, Sequence

from pipelines.blocks import Role, letters
from pipelines.boilerplate import boilerplate_rule
from pipelines.drafts import ARTICLE_BLOCKS, Cut, Draft, is_prose
from pipelines.ribbon import cut_ribbon
from schemas.config import PipelineConfig
from schemas.site import PhraseElement

REMOVE_LABEL = "remove"
"""Label of blocks in an element that a layout says to remove."""

CAPTION = re.compile(
    r"/figcaption(?=[/.#]|$)|[.#][^/]*caption[^/]*(?:/[^/]*)?$", re.IGNORECASE
)

BOX = re.compile(
    r"[.#][^/]*(?:fact-?s?-?box|info-?box|ai-?summary|"
    r"social-?(?:placeholder|embed)|embed-?(?:consent|placeholder))|"
    r"^(?>.*?/article(?=[./#])).*/aside(?=[./#]|$)",
    re.IGNORECASE,
)
"""Boxes in an article, by the names that their elements bear in all languages; an
`<aside>` inside of an `<article>` is one by its definition (WHATWG HTML, section
4.3.5)."""

MIN_REPEATED_LETTERS = 25
"""Letters from which on the same line twice is no chance."""

WIDGET_REPEATS = 3

MAX_HEADLINE_CHARS = 250

NOTE_BLOCKS = 3
"""Blocks at the end of a text among which the authors are presented."""

MAX_NOTE_CHARS = 500
MIN_NAME = 6
"""Letters of a name that stands for one person."""

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


def cut_structure(draft: Draft, config: PipelineConfig) -> Draft:
    """The draft less what its place or its repetition gives away: `STRUCTURE`."""
    for cut_pass in STRUCTURE:
        draft = draft.with_cuts(cut_pass(draft, config))
    return draft


def clean(draft: Draft, config: PipelineConfig, authors: Sequence[str] = ()) -> Draft:
    """The draft less what stands round the article: `CLEANING`, in order."""
    for cut_pass in CLEANING:
        draft = draft.with_cuts(cut_pass(draft, config))
    return draft.with_cuts(author_notes(draft, authors, config))


@functools.lru_cache(maxsize=1_000)
def _is_caption(path: str) -> bool:
    """A pure function, so that the cache cannot change a result: paths repeat."""
    return CAPTION.search(path) is not None


@functools.lru_cache(maxsize=1_000)
def _is_box(path: str) -> bool:
    return BOX.search(path) is not None


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
        if _is_caption(draft.blocks[index].path)
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


def cut_repeated_lines(draft: Draft, _config: PipelineConfig) -> Mapping[int, Cut]:
    """Lines that the text has already: copies for another screen.

    Of a line that stands there three times and more, alone each time, no copy is kept:
    it is what a widget says wherever it stands.
    """
    keys = {index: letters(draft.blocks[index].text) for index in draft.open_indices()}
    counts = Counter(key for key in keys.values() if len(key) >= MIN_REPEATED_LETTERS)
    order = list(keys)
    seen: set[str] = set()
    cuts: dict[int, Cut] = {}
    for place, (index, key) in enumerate(keys.items()):
        around = [*order[max(0, place - 1) : place], *order[place + 1 : place + 2]]
        is_alone = all(counts[keys[each]] < WIDGET_REPEATS for each in around)
        if key in seen or (counts[key] >= WIDGET_REPEATS and is_alone):
            cuts[index] = Cut("repeated-line", (draft.blocks[index].text,))
        if len(key) >= MIN_REPEATED_LETTERS:
            seen.add(key)
    return cuts


def cut_printed_headlines(draft: Draft, config: PipelineConfig) -> Mapping[int, Cut]:
    """An `h1` before the first paragraph: the headline in other words, or the site."""
    cuts: dict[int, Cut] = {}
    for index in draft.open_indices():
        block = draft.blocks[index]
        if block.tag == "h1" and len(block.text) <= MAX_HEADLINE_CHARS:
            cuts[index] = Cut("headline", (block.text,))
        elif is_prose(block, config.ribbon):
            break
    return cuts


def cut_boxes(draft: Draft, config: PipelineConfig) -> Mapping[int, Cut]:
    """Boxes that the page sets beside its text, if there is a text without them."""
    indices = draft.open_indices()
    boxed = {i for i in indices if _is_box(draft.blocks[i].path)}
    outside = [
        index
        for index in indices
        if index not in boxed and is_prose(draft.blocks[index], config.ribbon)
    ]
    if len(outside) < ARTICLE_BLOCKS:
        return {}
    return {index: Cut("box", (draft.blocks[index].text,)) for index in sorted(boxed)}


def cut_other_articles(draft: Draft, config: PipelineConfig) -> Mapping[int, Cut]:
    """Articles that follow on endless pages: each an `<article>` with a headline.

    Only where the page's own headline and paragraphs share an `<article>`.
    """
    titles = [i for i, role in draft.roles.items() if role is Role.TITLE]
    own = draft.blocks[min(titles)].article if titles else 0
    paragraphs = [
        index
        for index in draft.open_indices()
        if draft.blocks[index].article == own
        and is_prose(draft.blocks[index], config.ribbon)
    ]
    if not own or len(paragraphs) < ARTICLE_BLOCKS:
        return {}
    headed = {
        block.article
        for block in draft.blocks[paragraphs[-1] :]
        if block.tag in {"h1", "h2"} and block.article not in {0, own}
    }
    return {
        index: Cut("other-article", (draft.blocks[index].text,))
        for index in draft.open_indices()
        if draft.blocks[index].article in headed
    }


def cut_boilerplate(draft: Draft, _config: PipelineConfig) -> Mapping[int, Cut]:
    """Fixed lines of newspapers, by their words (`pipelines.boilerplate`)."""
    cuts = {}
    for index in draft.open_indices():
        block = draft.blocks[index]
        rule = boilerplate_rule(block.text)
        if rule is not None:
            cuts[index] = Cut(rule, (block.text,))
    return cuts


def author_notes(
    draft: Draft, authors: Sequence[str], config: PipelineConfig
) -> Mapping[int, Cut]:
    """What is said of the authors below the text: it begins with the name of one."""
    names = tuple(letters(name) for name in authors if len(letters(name)) >= MIN_NAME)
    cuts: dict[int, Cut] = {}
    indices = draft.open_indices()
    if sum(is_prose(draft.blocks[i], config.ribbon) for i in indices) < ARTICLE_BLOCKS:
        return {}
    for index in indices[-NOTE_BLOCKS:]:
        text = draft.blocks[index].text
        if names and len(text) <= MAX_NOTE_CHARS and letters(text).startswith(names):
            cuts[index] = Cut("author-note", (text,))
    return cuts


PRUNING = (cut_layout_removals, cut_ribbons, cut_phrases)
STRUCTURE = (cut_captions,)
CLEANING = (
    cut_before_headline,
    cut_repeated_headline,
    cut_printed_headlines,
    cut_repeated_lines,
    cut_boxes,
    cut_other_articles,
    cut_boilerplate,
    cut_after_source_link,
)
