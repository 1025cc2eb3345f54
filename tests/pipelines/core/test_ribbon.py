"""Ribbons by their shape: what is one, what is none, and where one may stand."""

import pytest
from hypothesis import given

from pipelines.ribbon import cut_ribbon
from tests.pipelines.core.drafts_of import (
    CONFIG,
    DUMPS,
    GAP,
    HEADLINES,
    PROMO,
    PROSE,
    PUBLISHED,
    SOURCE_LINK,
    draft_of_html,
    draft_of_lines,
)

ARTICLE = f"<h1>Un titre</h1>{''.join(f'<p>{text}</p>' for text in PROSE)}"
LINKS = [f"<a href='/{number}'>{text}</a>" for number, text in enumerate(HEADLINES)]
INDENTATION = "\n" + " " * 12
SHORT_LINKS = [f"<a href='/{number}'>Rubrique {number}</a>" for number in range(12)]


def headlines_of(body: str) -> list[str]:
    """What is cut as a ribbon from a page, piece by piece."""
    cuts = cut_ribbon(draft_of_html(body), CONFIG.ribbon)
    return [piece for _, cut in sorted(cuts.items()) for piece in cut.pieces]


def headlines_of_lines(*lines: str) -> list[str]:
    """The same for a dump."""
    cuts = cut_ribbon(draft_of_lines(*lines), CONFIG.ribbon)
    return [piece for _, cut in sorted(cuts.items()) for piece in cut.pieces]


def listed(items: list[str]) -> str:
    """A list."""
    return f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>"


@pytest.mark.parametrize(
    "ribbon",
    [
        f"<div>{GAP.join(HEADLINES)}</div>",
        f"<p>{GAP.join(HEADLINES)}</p>",
        f"<div>{'   '.join(HEADLINES)}</div>",
        f"<div>{' '.join(LINKS)}</div>",
        f"<div>{GAP.join(LINKS)}</div>",
        f"<div>{' | '.join(LINKS)}</div>",
        listed(LINKS),
        "".join(f"<p>{link}</p>" for link in LINKS),
        "".join(f"<h3>{link}</h3>" for link in LINKS),
        "<br>".join(LINKS),
        "".join(f"<a href='/'><div>{text}</div></a>" for text in HEADLINES),
    ],
)
@pytest.mark.parametrize("place", ["before", "after"])
def test_a_ribbon_is_cut_in_each_of_its_shapes(ribbon: str, place: str) -> None:
    """Before and after the article, headline by headline."""
    body = ribbon + ARTICLE if place == "before" else ARTICLE + ribbon
    assert headlines_of(body) == list(HEADLINES)


@pytest.mark.parametrize(
    "body",
    [
        # A menu: its links are shorter than headlines.
        f"<div>{' '.join(SHORT_LINKS)}</div>",
        listed(SHORT_LINKS),
        # Too few headlines.
        f"<div>{GAP.join(HEADLINES[:7])}</div>",
        f"<div>{' '.join(LINKS[:7])}</div>",
        listed(LINKS[:7]),
        # Indentation is no gap.
        f"<div>{INDENTATION.join(HEADLINES)}</div>",
        # Prose with links is prose.
        f"<p>{'. Et puis on lit ailleurs que '.join(LINKS)}</p>",
        # Bare headlines without links or gaps: their shape tells nothing.
        listed(list(HEADLINES)),
    ],
)
def test_what_has_not_the_shape_of_a_ribbon_is_left(body: str) -> None:
    """Other rules, and the search for the main text, deal with it."""
    assert headlines_of(body + ARTICLE) == []


def test_two_runs_are_not_added_up() -> None:
    """Five links, a line, five links: neither run is long enough."""
    body = listed(LINKS[:5]) + "<p>Une ligne</p>" + listed(LINKS[5:])
    assert headlines_of(body + ARTICLE) == []


@pytest.mark.parametrize("place", [0, 3, 10])
def test_the_promo_is_a_headline_among_others(place: int) -> None:
    """It has no link and does not end the run, nor does it hide a gap."""
    items = [*LINKS[:place], PROMO, *LINKS[place:]]
    texts = [*HEADLINES[:place], PROMO, *HEADLINES[place:]]
    assert headlines_of(listed(items) + ARTICLE) == texts
    cut = headlines_of_lines(GAP.join(texts), "Un titre", *PROSE)
    assert [each for each in cut if each != PROMO] == list(HEADLINES)


def test_another_phrase_ends_a_run() -> None:
    """A source link that stands among links is not a headline."""
    items = [*LINKS[:5], f"<a href='/s'>{SOURCE_LINK}</a>", *LINKS[5:]]
    assert headlines_of(listed(items) + ARTICLE) == []


def test_headlines_of_two_words_are_a_ribbon_by_their_gaps() -> None:
    """No length is asked of a single piece, nor of all."""
    words = ["هنا المغرب", "الفراغ العاطفي", "خبر عاجل", "صور"] * 3
    assert headlines_of_lines(GAP.join(words), "Un titre", *PROSE) == words


@pytest.mark.parametrize("blank", ["\xa0", " ", "\u2003", "\u3000", "\u200b "])
def test_any_blank_that_is_shown_makes_a_gap(blank: str) -> None:
    """Dumps were normalised in many ways."""
    line = (blank * 4).join(HEADLINES)
    assert len(headlines_of_lines(line, "Un titre", *PROSE)) == len(HEADLINES)


def test_a_paragraph_with_gaps_between_paragraphs_is_never_a_ribbon() -> None:
    """However many: it stands in the article."""
    table = GAP.join(f"ligne {number} du tableau des prix" for number in range(20))
    lines = ["Un titre", PROSE[0], table, PROSE[1]]
    assert headlines_of_lines(*lines) == []
    assert headlines_of_lines("Un titre", PUBLISHED, table, *PROSE) == []


def test_with_a_published_line_what_stands_before_it_is_not_the_article() -> None:
    """Even if a line of prose stands between ribbon and headline."""
    ribbon = GAP.join(HEADLINES)
    lines = [PROSE[0], ribbon, "Un titre", PUBLISHED, PROSE[1]]
    assert headlines_of_lines(*lines) == list(HEADLINES)


def test_a_page_that_is_nothing_but_a_ribbon_is_cut_whole() -> None:
    """Nothing shows where an article would begin."""
    assert headlines_of_lines(GAP.join(HEADLINES)) == list(HEADLINES)
    assert headlines_of(listed(LINKS)) == list(HEADLINES)


def test_two_ribbons_of_one_page_are_both_cut() -> None:
    """One before and one after the article."""
    ribbon = f"<div>{GAP.join(HEADLINES)}</div>"
    assert headlines_of(ribbon + ARTICLE + ribbon) == [*HEADLINES, *HEADLINES]


@given(text=DUMPS)
def test_cutting_ribbons_twice_cuts_nothing_more(text: str) -> None:
    """Idempotent, and it never fails."""
    draft = draft_of_lines(text)
    once = draft.with_cuts(cut_ribbon(draft, CONFIG.ribbon))
    twice = once.with_cuts(cut_ribbon(once, CONFIG.ribbon))
    assert twice.cuts == once.cuts
