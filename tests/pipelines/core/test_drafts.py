"""Drafts: fixed phrases as blocks of their own, and the account of kept and cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.blocks import Block, Role, fold_blanks, letters, segment_lines
from pipelines.drafts import (
    Cut,
    Draft,
    build_draft,
    gap_pieces,
    is_prose,
    prose_span,
)
from tests.pipelines.core.drafts_of import (
    CONFIG,
    DUMPS,
    GAP,
    HEADLINES,
    PROMO,
    PROSE,
    PUBLISHED,
    RESS,
    SOURCE_LINK,
    WIDGET,
    draft_of_html,
    draft_of_lines,
)


def pieces(draft: Draft) -> list[tuple[str, str | None]]:
    """Each block's text with the element it is a phrase of."""
    return [
        (block.text, draft.phrases[index].element if index in draft.phrases else None)
        for index, block in enumerate(draft.blocks)
    ]


def block_of(raw: str) -> Block:
    """A block that stands so in a page."""
    return Block(text=fold_blanks(raw), raw=raw, path="p", tag="p")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([PUBLISHED], [(PUBLISHED, "published-line")]),
        ([*WIDGET], [(WIDGET[0], "image-widget"), (WIDGET[1], "image-widget")]),
        # A phrase over two lines makes each of them one.
        (
            ["Merci d'avoir", "signalé!"],
            [("Merci d'avoir", "image-widget"), ("signalé!", "image-widget")],
        ),
        # Glued: at the start, at the end, several one after the other.
        (
            [f"{SOURCE_LINK} {PROSE[0]}"],
            [(SOURCE_LINK, "source-link"), (PROSE[0], None)],
        ),
        (
            [f"{PROSE[0]} {SOURCE_LINK}"],
            [(PROSE[0], None), (SOURCE_LINK, "source-link")],
        ),
        (
            [f"{PROSE[0]} {WIDGET[0]} {WIDGET[1]}"],
            [
                (PROSE[0], None),
                (WIDGET[0], "image-widget"),
                (WIDGET[1], "image-widget"),
            ],
        ),
        (
            [f"{WIDGET[0]} {WIDGET[1]} {PROSE[0]}"],
            [
                (WIDGET[0], "image-widget"),
                (WIDGET[1], "image-widget"),
                (PROSE[0], None),
            ],
        ),
        # In a sentence it is the article's own.
        (
            [f"Il écrit : {SOURCE_LINK} Puis il part."],
            [(f"Il écrit : {SOURCE_LINK} Puis il part.", None)],
        ),
        (
            ["Merci d'avoir signalé ce bruit au gardien."],
            [("Merci d'avoir signalé ce bruit au gardien.", None)],
        ),
        # A published line that is glued to headline and text.
        (
            [f"Titre {PUBLISHED} {PROSE[0]}"],
            [("Titre", None), (PUBLISHED, "published-line"), (PROSE[0], None)],
        ),
        # But not if there is one that stands alone, or prose before it.
        (
            [PUBLISHED, f"Texte {PUBLISHED} suite"],
            [(PUBLISHED, "published-line"), (f"Texte {PUBLISHED} suite", None)],
        ),
        (
            [PROSE[0], f"Texte {PUBLISHED} suite"],
            [(PROSE[0], None), (f"Texte {PUBLISHED} suite", None)],
        ),
        (
            [f"Titre {PUBLISHED} suite", PROSE[0], f"Texte {PUBLISHED} suite"],
            [
                ("Titre", None),
                (PUBLISHED, "published-line"),
                ("suite", None),
                (PROSE[0], None),
                (f"Texte {PUBLISHED} suite", None),
            ],
        ),
        # The promo among the headlines of a line belongs to their line.
        (
            [f"{GAP.join(HEADLINES)}{GAP}{PROMO}{GAP}{HEADLINES[0]}"],
            [(f"{' '.join(HEADLINES)} {PROMO} {HEADLINES[0]}", None)],
        ),
    ],
)
def test_a_phrase_becomes_a_block_where_it_is_the_sites(
    lines: list[str], expected: list[tuple[str, str | None]]
) -> None:
    """Whole blocks, ends of blocks, and never a sentence of the article."""
    assert pieces(draft_of_lines(*lines)) == expected


def test_a_piece_keeps_the_gaps_of_the_page() -> None:
    """So that a ribbon is known by its shape when a phrase is glued to it."""
    ribbon, promo = draft_of_lines(f"{GAP.join(HEADLINES)}{GAP}{PROMO}").blocks
    assert gap_pieces(ribbon, CONFIG.ribbon) == HEADLINES
    assert promo.text == PROMO


def test_a_piece_has_only_the_links_in_it() -> None:
    """The source link is not the first link of a paragraph it is glued to."""
    draft = draft_of_html(
        f"<p>{PROSE[0]} <a href='/a'>ici</a> et <a href='/b'>là</a>. "
        f"<a href='/source'>{SOURCE_LINK}</a></p>"
    )
    text, phrase = draft.blocks
    assert [link.href for link in text.links] == ["/a", "/b"]
    assert [link.href for link in phrase.links] == ["/source"]
    assert text.nodes == phrase.nodes


def test_a_link_over_several_pieces_is_in_each() -> None:
    """A whole paragraph may be one link."""
    draft = draft_of_html(f"<p><a href='/a'>{PROSE[0]} {SOURCE_LINK}</a></p>")
    hrefs = [[link.href for link in block.links] for block in draft.blocks]
    assert hrefs == [["/a"], ["/a"]]


def test_a_link_that_begins_inside_a_letter_is_in_no_piece() -> None:
    """An accent in a link, its letter before it: the text of the link is nowhere."""
    body = f"<p>{PROSE[0]} caf<b>e</b><a href='/a'>\u0301 noir</a> {SOURCE_LINK}</p>"
    text, phrase = draft_of_html(body).blocks
    assert text.text.endswith("café noir")
    assert text.links == phrase.links == ()


def test_a_page_without_phrases_keeps_its_blocks() -> None:
    """The very same objects."""
    blocks = segment_lines("a\nb")
    draft = build_draft(blocks, (), CONFIG.ribbon)
    assert draft.blocks == blocks
    assert draft.phrases == {}
    assert build_draft((), RESS.phrases, CONFIG.ribbon).blocks == ()


@given(text=DUMPS)
def test_splitting_at_phrases_loses_no_letter(text: str) -> None:
    """The pieces are the blocks, in order; each piece's text is its raw text."""
    blocks = segment_lines(text)
    draft = build_draft(blocks, RESS.phrases, CONFIG.ribbon)
    before = "".join(letters(block.text) for block in blocks)
    assert "".join(letters(block.text) for block in draft.blocks) == before
    for block in draft.blocks:
        assert letters(fold_blanks(block.raw)) == letters(block.text)
        assert block.text.strip() == block.text != ""


@pytest.mark.parametrize(
    ("raw", "pieces"),
    [
        ("a b", ("a b",)),
        ("a  b", ("a b",)),
        ("a   b", ("a", "b")),
        (f"a{GAP}b{GAP}c", ("a", "b", "c")),
        ("a\u2003\xa0 b", ("a", "b")),
        ("a \xa0 \xa0 b", ("a", "b")),
        ("a\n        b", ("a b",)),
        ("a   \n   b", ("a b",)),
        ("a\t\t\t\tb", ("a b",)),
        ("a\xa0\xa0\xa0|\xa0\xa0\xa0b", ("a", "b")),
        (f"{GAP}a{GAP}", ("a",)),
    ],
)
def test_wide_gaps_part_headlines(raw: str, pieces: tuple[str, ...]) -> None:
    """Three blanks that are shown; not how markup is indented, and no empty pieces."""
    assert gap_pieces(block_of(raw), CONFIG.ribbon) == pieces


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (f"<p>{PROSE[0]}</p>", True),
        ("<p>Trop court pour une phrase.</p>", False),
        (f"<p><a href='/'>{PROSE[0]}</a></p>", False),
        (f"<p>{PROSE[0]} <a href='/'>Un lien</a></p>", True),
        (f"<p>{GAP.join(HEADLINES)}</p>", False),
        (f"<p>{GAP.join((*PROSE, *PROSE))}</p>", True),
    ],
)
def test_prose_is_long_and_no_list(body: str, *, expected: bool) -> None:
    """A paragraph with a few gaps or links is prose all the same."""
    (block,) = draft_of_html(body).blocks
    assert is_prose(block, CONFIG.ribbon) is expected


@pytest.mark.parametrize(
    ("lines", "span"),
    [
        ([], (0, 0)),
        (["a", "b"], (2, 2)),
        (["a", PROSE[0], "b", PROSE[1], "c"], (1, 3)),
        (["a", PROSE[0], PUBLISHED, "b", PROSE[1], "c"], (2, 4)),
        ([PROSE[0], PUBLISHED, "b"], (1, 1)),
        ([GAP.join(HEADLINES), PROSE[0]], (1, 1)),
        ([WIDGET[1], "a"], (2, 2)),
    ],
)
def test_the_article_lies_between_its_first_and_last_prose(
    lines: list[str], span: tuple[int, int]
) -> None:
    """From the published line on, where there is one."""
    assert prose_span(draft_of_lines(*lines), CONFIG.ribbon) == span


def test_what_is_decided_stays_decided() -> None:
    """The first rule that cuts a block is the one that is told."""
    draft = draft_of_lines("a", "b", "c").with_cuts({1: Cut("first", ("b",))})
    draft = draft.with_role([2], Role.TITLE)
    again = draft.with_cuts({each: Cut("second", ("x",)) for each in (2, 1, 0)})
    assert {index: cut.rule for index, cut in again.cuts.items()} == {
        0: "second",
        1: "first",
    }
    assert again.roles == {2: Role.TITLE}
    assert again.open_indices() == []
    assert draft.with_cuts({1: Cut("second", ("x",))}) is draft


def test_the_account_names_rules_in_the_order_of_the_page() -> None:
    """With the number of pieces, and the first one cut at 120 characters."""
    draft = draft_of_lines("Titre", "reste", "x" * 121, "y" * 120, "texte")
    draft = draft.with_cuts(
        {
            3: Cut("late", ("y" * 120,)),
            2: Cut("long", ("x" * 121,)),
            1: Cut("late", ("r", "este")),
        }
    )
    draft = draft.with_role([0], Role.TITLE).with_role([4], Role.TEXT)
    account = draft.cleaning()
    assert [(each.rule, each.count) for each in account.removed] == [
        ("late", 3),
        ("long", 1),
    ]
    assert account.removed[0].sample == "r"
    assert account.removed[1].sample == "x" * 119 + "…"
    assert account.kept_chars == len("Titre") + len("texte")
    assert account.removed_chars == len("reste") + 121 + 120


def test_texts_of_a_role_come_in_the_order_of_the_page() -> None:
    """Whatever the order in which they were found."""
    draft = draft_of_lines("a", "b", "c").with_role([2, 0], Role.TEXT)
    assert draft.texts(Role.TEXT) == ["a", "c"]
    assert draft.texts(Role.LEAD) == []


@given(text=DUMPS, data=st.data())
def test_kept_and_cut_make_up_the_page(text: str, data: st.DataObject) -> None:
    """Every block is in the account once, whatever was decided."""
    draft = draft_of_lines(text)
    cut = [index for index in draft.open_indices() if data.draw(st.booleans())]
    draft = draft.with_cuts({index: Cut("rule", ("piece",)) for index in cut})
    draft = draft.with_role(draft.open_indices(), Role.TEXT)
    account = draft.cleaning()
    whole = sum(len(block.text) for block in draft.blocks)
    assert account.kept_chars + account.removed_chars == whole
    assert sum(each.count for each in account.removed) == len(cut)
