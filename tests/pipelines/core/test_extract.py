"""Which blocks are the article: by a layout, else by a model; where an answer lies."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.blocks import Element, Role, letters, segment, segment_lines
from pipelines.drafts import Cut, Draft, build_draft
from pipelines.extract import (
    Extraction,
    _align,
    check_selectors,
    extract_all,
    extract_by_layout,
    extract_by_model,
    fit_layout,
)
from pipelines.html import parse
from pipelines.metadata import Head
from pipelines.process import process_page
from schemas.article import Article, DateSource
from schemas.config import Effort, PipelineConfig
from schemas.errors import SiteDefinitionError
from schemas.site import Layout, SiteDefinition
from tests.conftest import MakePage
from tests.pipelines.core.stories import FRENCH

CONFIG = PipelineConfig()

OLD = Layout(name="old", main=("#story",), valid_until=date(2015, 12, 31))
NEW = Layout(
    name="new",
    main=("div.body p", "div.body"),
    title=("h2.head",),
    lead=("p.chapo",),
    authors=("span.by",),
    date=("span.when",),
    section=("a.rubric",),
    remove=(".more", "div.body .ad"),
)

PARAGRAPHS = "".join(f"<p>{text}</p>" for text in FRENCH.paragraphs)


def site_with(*layouts: Layout) -> SiteDefinition:
    """A site of our own."""
    return SiteDefinition(
        name="paper",
        family="paper",
        file_digest="0" * 64,
        hosts=("paper.example",),
        layouts=layouts,
    )


def tree_of(body: str) -> Element:
    """The tree of a page."""
    tree = parse(f"<html><head><title>T</title></head><body>{body}</body></html>")
    assert tree is not None
    return tree


def draft_of(tree: Element) -> Draft:
    """Its blocks."""
    return build_draft(segment(tree), (), CONFIG.ribbon)


def by_model(draft: Draft, tree: Element) -> Extraction:
    """What the model of the standard effort takes for the text."""
    return extract_by_model(draft, tree, None, Head(), Effort.STANDARD)


def chosen_of(draft: Draft) -> list[str]:
    """Texts of the blocks that were found."""
    return [draft.blocks[index].text for index in draft.open_indices()]


@pytest.fixture(scope="module")
def laid_out() -> str:
    """A page with all that the new layout knows."""
    return f"""<html><head><title>Autre titre | Journal</title>
    <meta property="og:title" content="Un titre pour les réseaux">
    <meta name="author" content="Rédaction"></head><body>
    <nav><a class="rubric" href="/ville">Ville</a> <a href="/sport">Sport</a></nav>
    <h2 class="head">Le titre imprimé</h2>
    <p class="chapo">Un chapeau <b>en gras</b>.</p>
    <span class="by">Awa Diallo</span> et <span class="by">Par Luis Ortega</span>
    <span class="when">le 3 février 2016 à 8h</span>
    <div class="body">{PARAGRAPHS}<p class="ad">Publicité payée</p>
    <p class="more">Lire aussi</p></div>
    <div class="more"><p>Encore un article</p></div></body></html>"""


@pytest.mark.parametrize(
    ("on", "name"),
    [
        (None, "old"),
        (date(2010, 1, 1), "old"),
        (date(2015, 12, 31), "old"),
        (date(2016, 1, 1), "new"),
    ],
)
def test_a_layout_is_tried_up_to_its_last_day(on: date | None, name: str) -> None:
    """A page that both would fit is read by the one of its time."""
    tree = tree_of(f"<div id='story'><div class='body'>{PARAGRAPHS}</div></div>")
    fit = fit_layout(tree, site_with(OLD, NEW), on)
    assert fit is not None
    assert fit.layout.name == name


def test_the_day_is_that_of_the_fetch(html_page: MakePage) -> None:
    """The record says which layout it was."""
    body = f"<h1>T</h1><div id='story'><div class='body'>{PARAGRAPHS}</div></div>"
    outcomes = [
        process_page(
            html_page(body, fetched_at=datetime(year, 6, 1, tzinfo=UTC)),
            site_with(OLD, NEW),
            None,
            CONFIG,
        )
        for year in (2015, 2016)
    ]
    extractors = [each.provenance and each.provenance.extractor for each in outcomes]
    assert extractors == ["layout:old", "layout:new"]


@pytest.mark.parametrize(
    "body",
    [
        PARAGRAPHS,
        f"<div class='body'></div>{PARAGRAPHS}",
        f"<div class='body'><p> \xa0</p></div>{PARAGRAPHS}",
        f"<div class='body'><script>x()</script></div>{PARAGRAPHS}",
    ],
)
def test_a_layout_without_its_text_does_not_fit(body: str) -> None:
    """An empty container, or one with a script, is no article."""
    assert fit_layout(tree_of(body), site_with(NEW), None) is None
    assert fit_layout(tree_of(body), None, None) is None


def test_the_first_selector_that_finds_text_wins() -> None:
    """And all that it finds is labelled."""
    fit = fit_layout(tree_of("<div class='body'>a<br>b</div>"), site_with(NEW), None)
    assert fit is not None
    assert [element.tag for element in fit.labels] == ["div"]
    fit = fit_layout(
        tree_of("<div class='body'><p>a</p><p>b</p>c</div>"), site_with(NEW), None
    )
    assert fit is not None
    assert [element.tag for element in fit.labels] == ["p", "p"]


def test_every_field_of_a_layout_is_read(html_page: MakePage, laid_out: str) -> None:
    """The printed page wins over its metadata."""
    article = process_page(html_page(laid_out), site_with(NEW), None, CONFIG)
    assert isinstance(article, Article)
    assert article.title == "Le titre imprimé"
    assert article.lead == "Un chapeau en gras."
    assert article.authors == ("Awa Diallo", "Luis Ortega")
    assert article.date_published == "2016-02-03"
    assert article.date_source is DateSource.TIME_ELEMENT
    assert article.section == "Ville"
    assert article.text == FRENCH.text
    assert article.provenance.extractor == "layout:new"
    assert article.provenance.extractor_version is None
    removed = {each.rule: each.count for each in article.cleaning.removed}
    assert removed["layout-remove"] == 3
    assert set(removed) == {"layout-remove", "not-main-content"}


def test_what_no_layout_fits_is_left_to_a_model(html_page: MakePage) -> None:
    """A new design of the site does not stop the crawl."""
    body = f"<article><h1>Un titre</h1>{PARAGRAPHS}</article>"
    article = process_page(html_page(body), site_with(NEW), None, CONFIG)
    assert isinstance(article, Article)
    assert article.provenance.extractor == "model:standard"
    assert article.provenance.extractor_version is not None
    assert article.text == FRENCH.text


def test_several_leads_are_paragraphs_of_the_lead() -> None:
    """None of them is text, even inside the main element."""
    body = (
        "<div class='body'><p class='chapo'>a</p><p class='chapo'>b</p><p>c</p></div>"
    )
    tree = tree_of(body)
    fit = fit_layout(tree, site_with(NEW), None)
    assert fit is not None
    draft = build_draft(segment(tree, fit.labels), (), CONFIG.ribbon)
    extraction = extract_by_layout(draft, fit)
    assert extraction.draft.texts(Role.LEAD) == ["a", "b"]
    assert chosen_of(extraction.draft) == ["c"]


def test_a_cut_block_is_never_chosen_again() -> None:
    """Neither by a layout nor by a model."""
    tree = tree_of(f"<div class='body'>{PARAGRAPHS}</div>")
    fit = fit_layout(tree, site_with(NEW), None)
    assert fit is not None
    draft = build_draft(segment(tree, fit.labels), (), CONFIG.ribbon)
    draft = draft.with_cuts({1: Cut("ribbon", ("x",))})
    wanted = [FRENCH.paragraphs[0], FRENCH.paragraphs[2]]
    assert chosen_of(extract_by_layout(draft, fit).draft) == wanted
    assert chosen_of(by_model(draft, tree).draft) == wanted


def test_a_model_only_chooses_blocks() -> None:
    """A paragraph with an inline link keeps all its characters and its link."""
    first, second, third = FRENCH.paragraphs
    body = (
        f"<div>Menu</div><article><h1>Un titre</h1><p>{first}</p>"
        f"<p>{second} <a href='/x'>Voir le plan</a>, <i>rive gauche</i>.</p>"
        f"<p>{third}</p></article><footer><a href='/'>Mentions légales</a></footer>"
    )
    tree = tree_of(body)
    extraction = by_model(draft_of(tree), tree)
    assert f"{second} Voir le plan, rive gauche." in chosen_of(extraction.draft)
    assert "Mentions légales" not in chosen_of(extraction.draft)
    rules = {cut.rule for cut in extraction.draft.cuts.values()}
    assert rules == {"not-main-content"}


def test_a_page_in_which_nothing_is_found_has_no_text() -> None:
    """All blocks are cut, none is lost."""
    tree = tree_of("<p>* * *</p>")
    extraction = by_model(draft_of(tree), tree)
    assert chosen_of(extraction.draft) == []
    assert len(extraction.draft.cuts) == 1


def test_of_a_dump_all_that_is_open_is_text() -> None:
    """A dump has no markup that tells more."""
    draft = build_draft(segment_lines("a\nb\nc"), (), CONFIG.ribbon)
    draft = draft.with_cuts({0: Cut("ribbon", ("a",))})
    extraction = extract_all(draft)
    assert chosen_of(extraction.draft) == ["b", "c"]
    assert (extraction.extractor, extraction.extractor_version) == ("text-dump", None)


LONG_A = "La première phrase est assez longue pour être unique"
LONG_B = "La deuxième phrase est elle aussi assez longue"


@pytest.mark.parametrize(
    ("blocks", "answer", "chosen"),
    [
        # Whole lines, in order.
        (["Menu", LONG_A, LONG_B, "Pied"], [LONG_A, LONG_B], [1, 2]),
        # A block over several lines, several blocks in one line.
        ([f"{LONG_A} {LONG_B}"], [LONG_A, LONG_B], [0]),
        ([LONG_A, LONG_B], [f"{LONG_A} {LONG_B}"], [0, 1]),
        # A dropped part of a block: a long line of it is left.
        ([f"{LONG_A} avec un lien"], [LONG_A], [0]),
        (["Un mot avec un lien tout aussi long que cela"], ["Un mot"], []),
        # Cells of a table, and marks of a list, do not count as letters.
        (["Rabat", "12 km", LONG_A], ["Rabat | 12 km", LONG_A], [0, 1, 2]),
        ([LONG_A], [f"- {LONG_A.upper()}!"], [0]),
        # A short block: a whole line near by, or what goes on right there.
        ([LONG_A, "Oui", LONG_B], [LONG_A, "Oui", LONG_B], [0, 1, 2]),
        ([LONG_A, "Suite du", "texte"], [f"{LONG_A} suite du texte"], [0, 1, 2]),
        ([LONG_A, "Non", LONG_B], [LONG_A, LONG_B], [0, 2]),
        (["Oui", *["x"] * 3], [*[f"ligne {n}" for n in range(9)], "Oui"], []),
        # The same words before and after the article are not the article's.
        (["Oui", LONG_A, "Oui"], ["Oui", LONG_A], [0, 1]),
        # A long block may stand anywhere, even twice.
        ([LONG_B, LONG_A, LONG_B], [LONG_A, LONG_B], [0, 1, 2]),
        # No letters, no answer.
        (["* * *", LONG_A], ["* * *", LONG_A], [1]),
        ([LONG_A], [], []),
        ([], [LONG_A], []),
    ],
)
def test_blocks_are_found_in_the_answer(
    blocks: list[str], answer: list[str], chosen: list[int]
) -> None:
    """By their letters, in the order of the page."""
    draft = build_draft(segment_lines("\n".join(blocks)), (), CONFIG.ribbon)
    assert sorted(_align(draft, answer)) == chosen


@given(
    lines=st.lists(
        st.sampled_from([LONG_A, LONG_B, "Oui", "Suite", "* *", "Ici | là"])
    ),
    answer=st.lists(st.sampled_from([LONG_A, LONG_B, "Oui", "Suite du", "b", ""])),
)
def test_alignment_never_fails_and_chooses_what_is_there(
    lines: list[str], answer: list[str]
) -> None:
    """An answer that is the page itself chooses every block that has letters."""
    draft = build_draft(segment_lines("\n".join(lines)), (), CONFIG.ribbon)
    assert _align(draft, answer) <= set(draft.open_indices())
    with_letters = {i for i, block in enumerate(draft.blocks) if letters(block.text)}
    assert _align(draft, [block.text for block in draft.blocks]) == with_letters


@pytest.mark.parametrize(
    "selector", ["", "p[", "p:no-such-class", "p::before", "svg|a", "p:nth-child("]
)
@pytest.mark.parametrize("field", ["main", "remove", "date"])
def test_a_selector_that_cannot_be_used_is_an_error_of_the_site(
    selector: str, field: str
) -> None:
    """It is named; no page is needed to find it out."""
    layout = Layout.model_validate({"name": "a", "main": ["p"], field: [selector]})
    with pytest.raises(SiteDefinitionError) as caught:
        check_selectors(site_with(layout))
    assert repr(selector) in str(caught.value)
    with pytest.raises(SiteDefinitionError):
        fit_layout(tree_of(PARAGRAPHS), site_with(layout), None)


def test_the_selectors_that_ship_can_be_used(
    maghress: SiteDefinition, ress: SiteDefinition
) -> None:
    """As those of the layouts above."""
    for site in (maghress, ress, site_with(OLD, NEW)):
        assert site.layouts
        check_selectors(site)
