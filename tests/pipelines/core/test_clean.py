"""The cleaning passes, one table for each."""

from collections.abc import Callable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.blocks import Role, letters
from pipelines.clean import (
    CLEANING,
    PHRASE_RULES,
    PRUNING,
    STRUCTURE,
    clean,
    cut_after_source_link,
    cut_before_headline,
    cut_captions,
    cut_layout_removals,
    cut_repeated_headline,
    prune,
)
from pipelines.drafts import Cut, Draft
from schemas.config import PipelineConfig
from schemas.site import PhraseElement
from tests.pipelines.core.drafts_of import (
    CONFIG,
    DUMPS,
    GAP,
    HEADLINES,
    PROMO,
    PROSE,
    PUBLISHED,
    SOURCE_LINK,
    WIDGET,
    cut_texts,
    draft_of_html,
    draft_of_lines,
    open_texts,
)

Pass = Callable[[Draft, PipelineConfig], Mapping[int, Cut]]


def with_title(draft: Draft, title: str = "Un titre") -> Draft:
    """The first line that is the title, kept as such."""
    index = next(i for i, block in enumerate(draft.blocks) if block.text == title)
    return draft.with_role([index], Role.TITLE)


def cut_by(cut_pass: Pass, draft: Draft) -> list[str]:
    """Texts of what one pass cuts."""
    cuts = cut_pass(draft, CONFIG)
    return [draft.blocks[index].text for index in sorted(cuts)]


def test_what_a_layout_removes_is_cut_with_all_below_it() -> None:
    """Block by block, and nothing beside it."""
    draft = draft_of_html(
        "<p>a</p><aside>b<p>c</p></aside>d", {"aside": frozenset({"remove"})}
    )
    assert cut_by(cut_layout_removals, draft) == ["b", "c"]


@pytest.mark.parametrize(
    ("lines", "rule"),
    [
        ([PUBLISHED], "published-line"),
        ([*WIDGET], "image-widget"),
        (["Merci d’avoir", "signalé !"], "image-widget"),
        ([SOURCE_LINK, SOURCE_LINK], "source-link"),
        ([PROMO], "ribbon"),
    ],
)
def test_a_fixed_phrase_is_cut_by_the_rule_of_its_element(
    lines: list[str], rule: str
) -> None:
    """Wherever it stands: here between two paragraphs."""
    draft = prune(draft_of_lines(PROSE[0], *lines, PROSE[1]), CONFIG)
    assert cut_texts(draft) == {rule: lines}
    assert open_texts(draft) == list(PROSE)


def test_every_element_has_a_rule() -> None:
    """A new kind of phrase cannot be found and then kept."""
    assert set(PHRASE_RULES) == set(PhraseElement)


@pytest.mark.parametrize(
    ("lines", "cut"),
    [
        (["Fil", "Menu", "Un titre", PUBLISHED, PROSE[0]], ["Fil", "Menu"]),
        (["Un titre", PUBLISHED, "Fil", PROSE[0]], []),
        (["Fil", "Un titre", PROSE[0]], []),
    ],
)
def test_what_stands_before_the_headline_is_cut(
    lines: list[str], cut: list[str]
) -> None:
    """If a published line says that it is the headline."""
    assert cut_by(cut_before_headline, with_title(draft_of_lines(*lines))) == cut


def test_without_a_headline_in_the_page_nothing_stands_before_it() -> None:
    """A title of the head has no place."""
    assert cut_by(cut_before_headline, draft_of_lines("Fil", PUBLISHED)) == []


@pytest.mark.parametrize(
    ("lines", "cut"),
    [
        (["Un titre", "Un titre", PROSE[0]], ["Un titre"]),
        (["Un titre", "Fil", "UN TITRE !", PROSE[0]], ["UN TITRE !"]),
        (["Un titre", PROSE[0], "Un titre"], []),
        (["Un titre", "Un titre bis", PROSE[0]], []),
    ],
)
def test_the_headline_is_not_repeated_above_the_text(
    lines: list[str], cut: list[str]
) -> None:
    """Below the first paragraph the same words are the article's own."""
    assert cut_by(cut_repeated_headline, with_title(draft_of_lines(*lines))) == cut


@pytest.mark.parametrize(
    ("lines", "cut"),
    [
        ([PROSE[0], SOURCE_LINK, "a", PROSE[1]], ["a", PROSE[1]]),
        ([PROSE[0], SOURCE_LINK], []),
        ([SOURCE_LINK, PROSE[0], "a"], []),
        (["Court", SOURCE_LINK, PROSE[0]], []),
        ([PROSE[0], SOURCE_LINK, PROSE[1], SOURCE_LINK, "a"], ["a"]),
        ([PROSE[0], "a"], []),
    ],
)
def test_what_follows_the_source_link_is_cut(lines: list[str], cut: list[str]) -> None:
    """If the article stands before it; of several links the last one counts."""
    assert cut_by(cut_after_source_link, draft_of_lines(*lines)) == cut


def test_a_caption_is_cut_with_all_that_stands_in_it() -> None:
    """It is told with its picture; the paragraph beside it stays."""
    draft = draft_of_html(
        "<p>a</p><figure><img src='i'><figcaption>b<p>c</p></figcaption></figure>"
    )
    assert cut_by(cut_captions, draft) == ["b", "c"]


def test_pruning_keeps_the_first_rule_that_cuts_a_block() -> None:
    """A phrase in what the layout removes is counted once, as removed."""
    draft = draft_of_html(
        f"<aside><p>{WIDGET[0]}</p></aside><p>{PROSE[0]}</p>",
        {"aside": frozenset({"remove"})},
    )
    assert cut_texts(prune(draft, CONFIG)) == {"layout-remove": [WIDGET[0]]}


def test_a_whole_page_is_cleaned_in_order() -> None:
    """Ribbon, widget, published line, source link; then what stands round them."""
    draft = draft_of_lines(
        GAP.join(HEADLINES),
        *WIDGET,
        "Accueil",
        "Un titre",
        PUBLISHED,
        "Un titre",
        *PROSE,
        SOURCE_LINK,
        "Mentions",
    )
    cleaned = clean(with_title(prune(draft, CONFIG)), CONFIG)
    assert cut_texts(cleaned) == {
        "ribbon": [" ".join(HEADLINES)],
        "image-widget": list(WIDGET),
        "before-headline": ["Accueil"],
        "published-line": [PUBLISHED],
        "repeated-headline": ["Un titre"],
        "source-link": [SOURCE_LINK],
        "after-source-link": ["Mentions"],
    }
    assert open_texts(cleaned) == list(PROSE)


@given(text=DUMPS, title=st.integers(0, 11))
@pytest.mark.parametrize("cut_pass", [*PRUNING, *STRUCTURE, *CLEANING])
def test_every_pass_is_idempotent_and_never_fails(
    cut_pass: Pass, text: str, title: int
) -> None:
    """Run again on what it left, it cuts nothing more."""
    draft = draft_of_lines(text)
    if title < len(draft.blocks):
        draft = draft.with_role([title], Role.TITLE)
    once = draft.with_cuts(cut_pass(draft, CONFIG))
    assert once.with_cuts(cut_pass(once, CONFIG)) == once
    assert once.blocks == draft.blocks


@given(text=DUMPS)
def test_what_a_cut_tells_stands_in_the_block_it_cut(text: str) -> None:
    """Pieces are never made up."""
    draft = prune(draft_of_lines(text), CONFIG)
    for index, cut in draft.cuts.items():
        key = letters(draft.blocks[index].text)
        assert cut.pieces
        for piece in cut.pieces:
            assert letters(piece) in key


def test_the_passes_are_the_ones_that_are_tested() -> None:
    """A new pass needs a table here."""
    names = [each.__name__ for each in (*PRUNING, *STRUCTURE, *CLEANING)]
    assert names == [
        "cut_layout_removals",
        "cut_ribbons",
        "cut_phrases",
        "cut_captions",
        "cut_before_headline",
        "cut_repeated_headline",
        "cut_printed_headlines",
        "cut_repeated_lines",
        "cut_boxes",
        "cut_other_articles",
        "cut_boilerplate",
        "cut_after_source_link",
    ]
