"""The standfirst: what is one, and what stands in its place but is none."""

from typing import NamedTuple

import pytest

from pipelines.blocks import Block, segment
from pipelines.html import parse
from pipelines.lead import MAX_LEAD_CHARS, MIN_LEAD_CHARS, NEAR_BLOCKS, find_lead

TITLE = "The mill opens again"
LEAD = "After ten years of repairs, flour is ground in the valley once more."
TEXT = (
    "The wheel turned for the first time on Monday, before the eyes of a few hundred "
    "people who had come from the villages around."
)
NEXT = (
    "The miller says that three farms have already promised their wheat, and that the "
    "bakery across the bridge will take whatever he can grind."
)
BODY = f"<div><p>{TEXT}</p><p>{NEXT}</p></div>"


class Page(NamedTuple):
    """A page, and where its headline and text stand."""

    blocks: tuple[Block, ...]
    chosen: frozenset[int]
    title_at: int | None

    def leads(self, description: str = "", skipped: tuple[str, ...] = ()) -> list[str]:
        """Texts of the standfirst; those of these texts are cut before."""
        indices = [i for i, b in enumerate(self.blocks) if b.text not in skipped]
        found = find_lead(self.blocks, indices, self.chosen, self.title_at, description)
        return [self.blocks[index].text for index in found]


def page_of(body: str, text: tuple[str, ...] = (TEXT, NEXT)) -> Page:
    """A page of which these paragraphs were taken for the text."""
    tree = parse(f"<html><body>{body}</body></html>")
    assert tree is not None
    blocks = segment(tree)
    titles = [i for i, block in enumerate(blocks) if block.text == TITLE]
    chosen = frozenset(i for i, block in enumerate(blocks) if block.text in text)
    return Page(blocks, chosen, titles[0] if titles else None)


def leads_of(before: str, description: str = "") -> list[str]:
    """The standfirst of a page with this between headline and text."""
    return page_of(f"<h1>{TITLE}</h1>{before}{BODY}").leads(description)


@pytest.mark.parametrize(
    "before",
    [
        f'<p class="standfirst">{LEAD}</p>',
        f'<div class="lead"><p>{LEAD}</p></div>',
        f'<h2 class="article-dek">{LEAD}</h2>',
        f'<p itemprop="description">{LEAD}</p>',
        f'<p>By A. Miller</p><p class="lead">{LEAD}</p><p>5 June 2014</p>',
        f'<p class="lead">{LEAD} <a href="/mill">Mill</a></p>',
    ],
)
def test_what_the_page_calls_a_lead_is_one(before: str) -> None:
    """A class of it or of an element near it is enough, whatever stands around."""
    assert [text.removesuffix(" Mill") for text in leads_of(before)] == [LEAD]


@pytest.mark.parametrize(
    "description",
    [
        LEAD,
        LEAD.upper(),
        f"{LEAD} Read more in our paper.",
        LEAD[: len(LEAD) // 2] + "...",
    ],
)
def test_what_the_description_repeats_is_a_lead(description: str) -> None:
    """The one may go on where the other ends; case and punctuation do not count."""
    assert leads_of(f"<h2>{LEAD}</h2>", description) == [LEAD]


@pytest.mark.parametrize("description", ["", "The", "!", "Ten stories of the valley."])
def test_without_class_or_description_there_is_none(description: str) -> None:
    """A word that both have says nothing, nor does the place."""
    assert leads_of(f"<h2>{LEAD}</h2>", description) == []


@pytest.mark.parametrize(
    "before",
    [
        '<p class="lead">By A. Miller, 5 June</p>',
        f'<p class="lead">{LEAD * 20}</p>',
        f'<p class="lead"><a href="/1">{LEAD}</a></p>',
        f'<h1 class="lead">{LEAD}</h1>',
        "",
    ],
)
def test_what_is_called_a_lead_may_be_none(before: str) -> None:
    """Bylines are too short, whole texts too long; headlines and links are neither."""
    assert leads_of(before, LEAD) == []


@pytest.mark.parametrize(
    ("size", "is_lead"),
    [
        (MIN_LEAD_CHARS - 1, False),
        (MIN_LEAD_CHARS, True),
        (MAX_LEAD_CHARS, True),
        (MAX_LEAD_CHARS + 1, False),
    ],
)
def test_a_lead_is_a_sentence_or_a_few(size: int, *, is_lead: bool) -> None:
    """The limits themselves are within."""
    assert bool(leads_of(f'<p class="lead">{"x" * size}</p>')) is is_lead


@pytest.mark.parametrize(
    ("text", "is_lead"),
    [
        ("A - b - c - d - e - f - g - h - i - j", False),
        ("A sentence of twenty letters", True),
    ],
)
def test_few_letters_agree_by_chance(text: str, *, is_lead: bool) -> None:
    """A block agrees with the description by its letters, not by its signs."""
    padded = text.ljust(MIN_LEAD_CHARS, ".")
    assert bool(leads_of(f"<h2>{padded}</h2>", f"{text}. {TEXT}")) is is_lead


def test_the_first_of_like_paragraphs_is_no_lead() -> None:
    """Sites whose description is the first paragraph have no standfirst."""
    body = f"<p>{LEAD} {TEXT}</p><p>{NEXT}</p><p>{TEXT}</p>"
    page = page_of(f"<h1>{TITLE}</h1>{body}", (f"{LEAD} {TEXT}", NEXT, TEXT))
    assert page.leads(LEAD) == []


def test_the_first_paragraph_may_be_a_lead_that_was_taken_for_text() -> None:
    """It is, if it is set otherwise than the next."""
    lead = f"{LEAD} {LEAD}"
    page = page_of(f'<h1>{TITLE}</h1><p class="lead">{lead}</p>{BODY}', (lead, TEXT))
    assert page.leads() == [lead]


def test_several_blocks_may_be_the_lead() -> None:
    """In their order."""
    items = f"<li>{LEAD}</li><li>{LEAD[::-1]}</li>"
    assert leads_of(f'<ul class="summary">{items}</ul>') == [LEAD, LEAD[::-1]]


@pytest.mark.parametrize(
    "body",
    [
        f'<p class="lead">{LEAD}</p><h1>{TITLE}</h1>{BODY}',
        f'<h1>{TITLE}</h1>{BODY}<p class="lead">{LEAD}</p>',
    ],
)
def test_what_stands_elsewhere_is_no_lead(body: str) -> None:
    """Above the headline, or after the text."""
    assert page_of(body).leads() == []


@pytest.mark.parametrize(("between", "is_lead"), [(0, True), (-1, False)])
def test_a_lead_is_near_the_text(between: int, *, is_lead: bool) -> None:
    """Among the last blocks up to the first paragraph, itself one of them."""
    small = "<p>x</p>" * (NEAR_BLOCKS - 2 - between)
    assert bool(leads_of(f'<p class="lead">{LEAD}</p>{small}')) is is_lead


@pytest.mark.parametrize(
    "body",
    [
        f'<p>{NEXT}</p><h1>{TITLE}</h1><p class="lead">{LEAD}</p><div>{TEXT}</div>',
        f'<h1>{TITLE}</h1><p>{LEAD * 2}</p><p class="lead">{LEAD}</p>{BODY}',
    ],
)
def test_a_lead_stands_before_the_first_paragraph_of_the_text(body: str) -> None:
    """Neither one above the headline nor one that was not taken is the first."""
    assert page_of(body).leads() == [LEAD]


def test_a_page_without_headline_may_have_a_lead() -> None:
    """It stands between the top of the page and the text."""
    assert page_of(f'<p class="lead">{LEAD}</p>{BODY}').leads() == [LEAD]


def test_what_is_cut_is_no_lead() -> None:
    """Only blocks that are not cut are asked."""
    page = page_of(f'<h1>{TITLE}</h1><p class="lead">{LEAD}</p>{BODY}')
    assert page.leads(skipped=(LEAD,)) == []


@pytest.mark.parametrize("text", [(), ("The wheel turns.",)])
def test_a_page_without_paragraphs_has_no_lead(text: tuple[str, ...]) -> None:
    """There is nothing that it could sum up, and short lines are no text."""
    body = f'<h1>{TITLE}</h1><p class="lead">{LEAD}</p><div>The wheel turns.</div>'
    assert page_of(body, text).leads() == []
