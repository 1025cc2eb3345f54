"""What rules of shape, repetition and words cut, and the near miss that each spares."""

from collections.abc import Sequence

import pytest

from pipelines.blocks import Role, letters
from pipelines.boilerplate import BoilerplateRule, boilerplate_rules
from pipelines.clean import (
    MAX_HEADLINE_CHARS,
    MAX_NOTE_CHARS,
    author_notes,
    clean,
    cut_boilerplate,
    cut_boxes,
    cut_captions,
    cut_other_articles,
    cut_printed_headlines,
    cut_repeated_lines,
)
from pipelines.drafts import Draft
from tests.pipelines.core.drafts_of import (
    CONFIG,
    cut_texts,
    draft_of_html,
    draft_of_lines,
    open_texts,
)

TITLE = "Ferry to the outer islands sails again"
FIRST = (
    "The ferry to the outer islands sailed again on Tuesday, nine weeks after a fire "
    "in its engine room had left four villages without a boat."
)
SECOND = (
    "Two dozen passengers, a mail van and a crate of seedlings were on board when it "
    "left the harbour at seven, the captain said."
)
THIRD = (
    "The yard replaced both generators and most of the wiring below deck, at a cost "
    "that the county puts at two million crowns."
)
FOURTH = (
    "A second crossing in the afternoon will return in May, when the school on the "
    "largest of the islands opens its boarding house."
)
BODY = (FIRST, SECOND, THIRD, FOURTH)
NOTICE = "Timetables may change at short notice in rough weather"


def paragraphs(texts: Sequence[str] = BODY) -> str:
    """Paragraphs as markup."""
    return "".join(f"<p>{text}</p>" for text in texts)


def titled(body: str) -> Draft:
    """The draft of a page whose first `h1` is its headline."""
    draft = draft_of_html(body)
    first = next(i for i, block in enumerate(draft.blocks) if block.tag == "h1")
    return draft.with_role([first], Role.TITLE)


def texts_of(draft: Draft, indices: Sequence[int]) -> list[str]:
    """Texts of some blocks, in order."""
    return [draft.blocks[index].text for index in sorted(indices)]


@pytest.mark.parametrize(
    ("body", "cut"),
    [
        (f"<h1>Island Post</h1>{paragraphs()}", ["Island Post"]),
        (f"<h1>Isles</h1><p>Tue</p><h1>A boat</h1>{paragraphs()}", ["Isles", "A boat"]),
        # Below the first paragraph it is a heading of the text.
        (f"{paragraphs(BODY[:1])}<h1>A new engine</h1>{paragraphs(BODY[1:])}", []),
        # A page that sets its text as a heading.
        (f"<h1>{'x' * (MAX_HEADLINE_CHARS + 1)}</h1>{paragraphs()}", []),
        (f"<h2>Island Post</h2>{paragraphs()}", []),
    ],
)  # fmt: skip
def test_a_heading_above_the_text_is_no_text(body: str, cut: list[str]) -> None:
    """An `h1` before the first paragraph is the headline, or the site's name."""
    draft = draft_of_html(body)
    assert texts_of(draft, [*cut_printed_headlines(draft, CONFIG)]) == cut


def test_the_headline_itself_is_kept_as_such() -> None:
    """Only what is still open can be cut."""
    draft = titled(f"<h1>{TITLE}</h1><h1>Island Post</h1>{paragraphs()}")
    cleaned = clean(draft, CONFIG)
    assert cut_texts(cleaned) == {"headline": ["Island Post"]}
    assert cleaned.texts(Role.TITLE) == [TITLE]


@pytest.mark.parametrize(
    ("lines", "kept"),
    [
        # A copy for another screen: the first stays.
        ([FIRST, SECOND, FIRST], [FIRST, SECOND]),
        ([FIRST, SECOND, FIRST.upper() + "!", THIRD], [FIRST, SECOND, THIRD]),
        # A widget between the paragraphs: no copy stays.
        (
            [NOTICE, FIRST, NOTICE, SECOND, NOTICE, THIRD],
            [FIRST, SECOND, THIRD],
        ),
        # Twice may be a copy of the text's own line.
        ([NOTICE, FIRST, NOTICE, SECOND], [NOTICE, FIRST, SECOND]),
        # A body that stands three times is still there once.
        ([*BODY, *BODY, *BODY], list(BODY)),
        ([FIRST, FIRST, FIRST], [FIRST]),
        ([FIRST, *BODY[1:3], *BODY[1:3], *BODY[1:3], FOURTH], list(BODY)),
        # Short lines repeat by chance: answers, scores, rhymes.
        (["No.", FIRST, "No.", SECOND, "No."], ["No.", FIRST, "No.", SECOND, "No."]),
        (["* *", FIRST, "* *", SECOND, "* *"], ["* *", FIRST, "* *", SECOND, "* *"]),
    ],
)  # fmt: skip
def test_a_line_stands_in_the_text_once(lines: list[str], kept: list[str]) -> None:
    """And not at all where it comes back alone three times and more."""
    draft = draft_of_lines(*lines)
    cleaned = draft.with_cuts(cut_repeated_lines(draft, CONFIG))
    assert open_texts(cleaned) == kept
    assert set(cut_texts(cleaned)) <= {"repeated-line"}


BOX = f"<p>{NOTICE}</p><p>{FOURTH}</p>"


@pytest.mark.parametrize(
    "box",
    [
        f"<div class='fact-box'>{BOX}</div>",
        f"<div class='Factbox__inner wide'>{BOX}</div>",
        f"<section id='infobox-3'><div>{BOX}</div></section>",
        f"<div class='ai-summary'>{BOX}</div>",
        f"<div class='social-embed-placeholder'>{BOX}</div>",
        f"<article><aside>{BOX}</aside></article>",
        f"<article class='story'><div><aside class='x'>{BOX}</aside></div></article>",
        f"<article><aside>{NOTICE}<br>{FOURTH}</aside></article>",
    ],
)
def test_a_box_is_cut_where_there_is_a_text_beside_it(box: str) -> None:
    """By its class, or as an `<aside>` of an article; all that stands in it."""
    draft = draft_of_html(paragraphs(BODY[:3]) + box)
    assert texts_of(draft, [*cut_boxes(draft, CONFIG)]) == [NOTICE, FOURTH]


@pytest.mark.parametrize(
    "body",
    [
        # The aside, or the box, is the whole text, or all but two paragraphs of it.
        f"<article><aside>{paragraphs()}</aside></article>",
        f"<div class='infobox'>{paragraphs()}</div>",
        f"<article>{paragraphs(BODY[:2])}<aside>{paragraphs(BODY[2:])}</aside></article>",
        # An aside of the page, not of the article; one that holds the article.
        f"{paragraphs()}<aside><p>{NOTICE}</p></aside>",
        f"<aside><article>{paragraphs()}</article></aside>",
        # Other elements that begin like it, other classes.
        f"<article>{paragraphs()}<aside-note><p>{NOTICE}</p></aside-note></article>",
        f"{paragraphs()}<div class='boxed facts'><p>{NOTICE}</p></div>",
    ],
)
def test_what_only_resembles_a_box_is_no_box(body: str) -> None:
    """A page may well write its text into such an element."""
    assert cut_boxes(draft_of_html(body), CONFIG) == {}


OWN = f"<article><h1>{TITLE}</h1>{paragraphs(BODY[:3])}</article>"
NEXT = f"<article><h2>Bakery moves</h2><p>{FOURTH}</p></article>"


def test_the_next_article_of_an_endless_page_is_cut() -> None:
    """Headline and text, of each that follows; what stands between them stays."""
    draft = titled(f"{OWN}<p>{NOTICE}</p>{NEXT}{NEXT.replace('h2', 'h1')}")
    cut = texts_of(draft, [*cut_other_articles(draft, CONFIG)])
    assert cut == ["Bakery moves", FOURTH] * 2


@pytest.mark.parametrize(
    "body",
    [
        # A live blog: entries beside a headline that stands in none of them,
        f"<h1>{TITLE}</h1>{NEXT * 4}",
        # beside one with a short summary,
        f"<article><h1>{TITLE}</h1>{paragraphs(BODY[:2])}</article>{NEXT * 4}",
        # or inside the article that holds them all.
        f"<article><h1>{TITLE}</h1>{paragraphs(BODY[:3])}{NEXT * 4}</article>",
        # A quotation or a card without a headline of its own.
        f"{OWN}<article><p>{FOURTH}</p></article>",
        f"{OWN}<article><h3>Bakery moves</h3><p>{FOURTH}</p></article>",
        # Before the text: a card at the top, with the headline in an article or not.
        f"{NEXT}{OWN}",
        f"<h1>{TITLE}</h1>{NEXT}<article>{paragraphs(BODY[:3])}</article>",
        f"<article>{paragraphs(BODY[:3])}</article><h1>{TITLE}</h1>{NEXT}",
        # A page that is cut into several articles by hand, its text outside of them.
        f"<div><h1>{TITLE}</h1>{paragraphs(BODY[:3])}</div>{NEXT}",
    ],
)
def test_articles_that_are_the_page_itself_stay(body: str) -> None:
    """Live blogs have many; the rule needs a text in the headline's own one."""
    assert cut_other_articles(titled(body), CONFIG) == {}


def test_without_a_headline_on_the_page_no_article_is_another() -> None:
    """A title of the head stands in none."""
    assert cut_other_articles(draft_of_html(OWN + NEXT), CONFIG) == {}


AUTHOR = "Ingrid Dahl"
NOTE = f"{AUTHOR} reports on the islands and has lived on one of them since 2011."


@pytest.mark.parametrize(
    ("lines", "authors", "cut"),
    [
        ([*BODY, NOTE], [AUTHOR], [NOTE]),
        ([*BODY, NOTE.upper(), "More", "End"], [AUTHOR], [NOTE.upper()]),
        ([*BODY, NOTE], ["Ola Berg", AUTHOR], [NOTE]),
        # A paragraph about the author in the middle of the text is the text's own.
        ([FIRST, NOTE, *BODY[1:]], [AUTHOR], []),
        # Somebody else; a name inside of a sentence; nobody known.
        ([*BODY, NOTE], ["Ola Berg"], []),
        ([*BODY, f"The text is by {AUTHOR}."], [AUTHOR], []),
        ([*BODY, NOTE], [], []),
        # A short name stands for many people.
        ([*BODY, "Ingrid waved when the boat came in."], ["Ingri"], []),
        # No note is as long as this; no text is as short.
        ([*BODY, NOTE + " x" * MAX_NOTE_CHARS], [AUTHOR], []),
        ([FIRST, NOTE], [AUTHOR], []),
    ],
)
def test_what_is_said_of_an_author_below_the_text_is_cut(
    lines: list[str], authors: list[str], cut: list[str]
) -> None:
    """It begins with a name that the page gives as its author's."""
    draft = draft_of_lines(*lines)
    assert texts_of(draft, [*author_notes(draft, authors, CONFIG)]) == cut
    rules = cut_texts(clean(draft, CONFIG, authors))
    assert rules == ({"author-note": cut} if cut else {})


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("Read more: how the ferry burnt", "read-also"),
        ("READ ALSO – “The bakery moves”", "read-also"),
        ("Lire aussi : le bac repart", "read-also"),
        ("Lesen Sie auch: Die Fähre fährt wieder", "read-also"),
        ("اقرأ أيضا: العبارة تعود إلى الجزر", "read-also"),
        ("関連記事:島へ渡る船", "read-also"),
        ("Sign up for our island letter", "newsletter"),
        ("Abonnez-vous à notre lettre", "newsletter"),
        ("Share this article", "share"),
        ("All rights reserved.", "legal"),
        ("© Todos los derechos reservados", "legal"),
        ("Already a subscriber? Log in", "paywall-notice"),
    ],
)
def test_a_fixed_line_is_cut_by_the_rule_that_knows_it(line: str, rule: str) -> None:
    """Whatever its case and punctuation; the paragraphs round it stay."""
    draft = draft_of_lines(FIRST, line, SECOND)
    cleaned = draft.with_cuts(cut_boilerplate(draft, CONFIG))
    assert cut_texts(cleaned) == {rule: [line]}
    assert open_texts(cleaned) == [FIRST, SECOND]


@pytest.mark.parametrize(
    "line",
    [
        "He asked them to read more of what the yard had written.",
        "The editor said that all rights reserved by the yard had lapsed.",
        "“Share it,” said the captain.",
        "Readers follow the ferry on a map.",
        "Most readers of the paper agree with the mayor.",
        "Les merveilles de la cave ont été vendues hier.",
        "Share one bowl and the evening is saved, the cook said.",
        "Read",
        "©",
        "…",
    ],
)
def test_the_words_of_a_fixed_line_may_stand_in_a_sentence(line: str) -> None:
    """Only what begins with them is one."""
    draft = draft_of_lines(FIRST, line, SECOND)
    assert cut_boilerplate(draft, CONFIG) == {}


@pytest.mark.parametrize("rule", boilerplate_rules(), ids=lambda rule: rule.name)
def test_a_paragraph_may_begin_like_a_fixed_line(rule: BoilerplateRule) -> None:
    """A block longer than such lines are is not looked at; one as long is."""
    phrase = max(rule.begins, key=len)
    longest = f"{phrase} " + "x" * (rule.max_letters - len(letters(phrase)))
    draft = draft_of_lines(longest, longest + "x")
    cut = cut_boilerplate(draft, CONFIG)
    assert texts_of(draft, [*cut]) == [longest]
    assert cut[0].rule == rule.name


def test_every_phrase_of_a_rule_has_letters() -> None:
    """One without would begin every block of every page."""
    rules = boilerplate_rules()
    assert len(rules) == len({rule.name for rule in rules})
    for rule in rules:
        assert rule.begins
        for phrase in rule.begins:
            assert letters(phrase)


@pytest.mark.parametrize(
    "caption",
    [
        "<figure><figcaption>A ferry</figcaption></figure>",
        "<figure><figcaption class='x'><div><p>A ferry</p></div></figcaption></figure>",
        "<p class='caption'>A ferry</p>",
        "<div class='wp-caption-text'>A ferry</div>",
        "<div id='photo-caption-12'><span>A ferry</span></div>",
        "<div class='ImageCaption wide'><p>A ferry</p></div>",
    ],
)
def test_a_caption_is_known_by_its_element_or_its_class(caption: str) -> None:
    """Its own class, or that of the element right round it."""
    draft = draft_of_html(paragraphs(BODY[:2]) + caption + paragraphs(BODY[2:]))
    assert texts_of(draft, [*cut_captions(draft, CONFIG)]) == ["A ferry"]


@pytest.mark.parametrize(
    "body",
    [
        # A class of the whole text says that it has captions, not that it is one.
        f"<div class='with-captions'><section>{paragraphs()}</section></div>",
        f"<figure>{paragraphs()}</figure>",
        "<table><caption>Crossings by month</caption><tr><td>May</td></tr></table>",
        "<p class='big caption'>A ferry</p>",
    ],
)
def test_what_stands_beside_a_caption_is_none(body: str) -> None:
    """Only the first class counts, as in every path; a table's caption is a line."""
    assert cut_captions(draft_of_html(body), CONFIG) == {}
