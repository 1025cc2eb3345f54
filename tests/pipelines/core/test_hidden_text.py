"""Articles in scripts: which strings are one, and what hostile scripts cost."""

import json
import re
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from pipelines.blocks import Element
from pipelines.hidden_text import (
    _STRING,
    MAX_SCRIPT_CHARS,
    MIN_LETTERS,
    json_ld_text,
    letter_count,
    script_text,
)
from pipelines.metadata.head import Head

PARAGRAPHS = tuple(
    f"On day {number} the river rose by a hand, and the millers carried their flour "
    "up to the loft, where the cats of the whole street had met before them, as they "
    "do whenever the water comes."
    for number in range(4)
)
MARKUP = "".join(f"<p>{text}</p>" for text in PARAGRAPHS)
SHORT = "<p>The page is loading, please wait for a moment.</p>"
CODE = "render();" * 60
"""Code without quotes, longer than a paragraph."""

PIECES = st.sampled_from(['"', "\\", '\\"', '":', "\n", "a", "a" * 400, CODE, MARKUP])
"""Of such a script may be made."""


def page_of(*scripts: str) -> Element:
    """A tree with scripts of this text, as they stand in a page."""
    root = etree.Element("html")
    for script in scripts:
        etree.SubElement(root, "script").text = script
    return root


def texts_of(*scripts: str) -> tuple[str, ...]:
    """The paragraphs that are found in such scripts."""
    return tuple(block.text for block in script_text(page_of(*scripts)))


def literal(markup: str) -> str:
    """As a string of a script."""
    return json.dumps(markup)


@pytest.mark.parametrize(
    "script",
    [
        literal(MARKUP),
        f'state = {{"id": 7, "body": {literal(MARKUP)}, "next": ""}};',
        "x = " + literal(MARKUP).replace("/", r"\/"),
        "x = " + literal(MARKUP).replace("<", r"\u003c").replace(">", r"\u003E"),
        "x = " + literal("\n  " + MARKUP),
        f"x = {literal(SHORT)}; y = {literal(MARKUP)};",
        f'x = "a"; {CODE} y = {literal(MARKUP)};',
        f"x = {literal('a' * 500)}; {CODE} y = {literal(MARKUP)};",
        f'x = "\\""; {CODE} y = {literal(MARKUP)}; {CODE} z = "b";',
        f"x = {literal(MARKUP)}; y = {literal(MARKUP[: len(MARKUP) // 2])};",
    ],
)
def test_the_article_in_a_script_is_found(script: str) -> None:
    """Escaped or not, whatever code or other string stands before or after it."""
    assert texts_of(script) == PARAGRAPHS


def test_the_longest_string_of_all_scripts_is_taken() -> None:
    """Scripts without any, and shorter texts, do not hinder."""
    half = MARKUP[: len(MARKUP) // 2]
    assert texts_of("", literal(half), literal(MARKUP), literal(half)) == PARAGRAPHS


@pytest.mark.parametrize(
    "script",
    [
        "",
        CODE,
        literal(SHORT),
        literal(f"<p>{'. ' * 400}</p>"),
        literal(" ".join(PARAGRAPHS)),
        literal(f"{PARAGRAPHS[0]} {MARKUP}"),
        literal(f"<text>{PARAGRAPHS[0] * 4}</text>"),
        literal(json.dumps({"body": MARKUP})),
        literal(f'<div data="{{"a": "":1}}">{MARKUP}</div>'),
        f'"{MARKUP}',
        f"x = '{MARKUP}';",
        f'"{MARKUP}\\x"',
        f'"a"; {MARKUP}; "b"',
    ],
)
def test_what_is_no_article_is_not_taken(script: str) -> None:
    """Teasers, plain text, drawings, JSON in JSON, what has no end, what is code."""
    assert texts_of(script) == ()


def test_a_page_without_scripts_has_none() -> None:
    """Not even if the page itself says it: that is no hidden text."""
    tree = etree.Element("html")
    etree.SubElement(tree, "p").text = literal(MARKUP)
    assert script_text(tree) == ()


def test_scripts_are_searched_up_to_a_limit() -> None:
    """All scripts together, so that many are no way round it."""
    blank = " " * (MAX_SCRIPT_CHARS - 10)
    assert texts_of(blank[: -len(MARKUP)], literal(MARKUP)) == PARAGRAPHS
    assert texts_of(blank, literal(MARKUP)) == ()


@pytest.mark.parametrize(
    "piece",
    [
        '"',
        "\\",
        '\\"',
        '\\\\"',
        '"a',
        '"' + "a" * 399,
        '"' + "a" * 500 + "\\\n",
        '"' + "a" * 500 + "\n",
        '"' + "<p>" * 150 + '\\"',
    ],
)
@pytest.mark.parametrize("start", ["", '"', '"<p>'])
def test_a_hostile_script_costs_no_more_than_its_length(start: str, piece: str) -> None:
    """Quotes, backslashes and strings without end: each is looked at a few times.

    A look from each quote at all that follows would take minutes.
    """
    script = start + piece * (200_000 // len(piece))
    began = process_time()
    assert texts_of(script) == ()
    assert process_time() - began < 5


@given(st.lists(PIECES, max_size=12).map("".join))
def test_any_script_is_read(script: str) -> None:
    """Nothing is an error, no string holds a bare quote, no short text is taken."""
    for match in _STRING.finditer(script):
        inside = match.group()[1:].replace(r"\\", "")
        assert re.search(r'(?<!\\)"', inside) is None
        assert script[match.end()] == '"'
    blocks = script_text(page_of(script))
    assert not blocks or letter_count(blocks) >= MIN_LETTERS


def body_texts(body: object) -> list[str]:
    """The paragraphs of an article whose JSON-LD has this body."""
    return [block.text for block in json_ld_text(Head(article={"articleBody": body}))]


@pytest.mark.parametrize(
    ("body", "texts"),
    [
        ("One line.\n\nAnd another.", ["One line.", "And another."]),
        ("One line.<br>And another.", ["One line.", "And another."]),
        ("<P>One line.</P><p>Another.</p>", ["One line.", "Another."]),
        ("&lt;p&gt;One line.&lt;/p&gt;", ["One line."]),
        ("Salt &amp; flour, 5 < 6", ["Salt & flour, 5 < 6"]),
        (["One line.", "And another."], ["One line."]),
        ("", []),
        (" ", []),
        (None, []),
        (7, []),
        ({}, []),
    ],
)
def test_the_body_of_json_ld_is_text_or_markup(body: object, texts: list[str]) -> None:
    """Lines are paragraphs, and so are elements; references are what they stand for."""
    assert body_texts(body) == texts


def test_an_article_without_a_body_has_no_text() -> None:
    """A page may have no JSON-LD at all."""
    assert json_ld_text(Head()) == ()


def test_what_is_round_marked_up_paragraphs_is_left_out() -> None:
    """Placeholders of a template are no text beside paragraphs that say most."""
    assert body_texts(f"<div>slot-1</div>{MARKUP}<div>slot-2</div>") == [*PARAGRAPHS]


def test_without_marked_up_paragraphs_all_is_text() -> None:
    """Where `<div>` stands for paragraphs, a note in `<p>` is not the text."""
    divs = "".join(f"<div>{text}</div>" for text in PARAGRAPHS)
    assert body_texts(f"{divs}<p>A note.</p>") == [*PARAGRAPHS, "A note."]


def test_letters_of_blocks_are_counted_without_blanks() -> None:
    """Letters and digits count, and nothing else."""
    blocks = json_ld_text(Head(article={"articleBody": "a b, c!\n1 2 - 3"}))
    assert letter_count(blocks) == 6
