"""Segmentation: what is a paragraph, what is no text, and where it came from."""

from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from pipelines.blocks import (
    SKIPPED_TAGS,
    Block,
    Element,
    Link,
    blank_out,
    fold_blanks,
    letters,
    segment,
    segment_lines,
    text_of,
)
from pipelines.html import parse

TAGS = "div p span a b br ul li table td script style svg section em h1 data".split()
WORDS = st.sampled_from(["", "a", " b", "c ", "d\n e", "\xa0f", "ج د", "\u200b", "1"])


@st.composite
def trees(draw: st.DrawFn) -> Element:
    """Any tree of a few elements, comments and processing instructions."""
    root = etree.Element("html")
    places = [root]
    for _ in range(draw(st.integers(0, 15))):
        parent = draw(st.sampled_from(places))
        kind = draw(st.sampled_from([*TAGS, "<!-- -->", "<? ?>"]))
        if kind == "<!-- -->":
            child: Element = etree.Comment("hidden")
        elif kind == "<? ?>":
            child = etree.ProcessingInstruction("php", "hidden")
        else:
            child = etree.Element(kind)
            child.text = draw(WORDS)
            places.append(child)
        child.tail = draw(WORDS)
        parent.append(child)
    return root


def visible_text(element: Element) -> str:
    """What is read of a tree, by a recursion that is as plain as can be."""
    shows = isinstance(element.tag, str) and element.tag not in SKIPPED_TAGS
    inside = (
        (element.text or "") + "".join(visible_text(child) for child in element)
        if shows
        else ""
    )
    return inside + (element.tail or "")


def tree_of(body: str) -> Element:
    """The tree of a page with this body."""
    tree = parse(f"<html><body>{body}</body></html>")
    assert tree is not None
    return tree


def blocks_of(body: str) -> list[str]:
    """Texts of the blocks of a body."""
    return [block.text for block in segment(tree_of(body))]


@pytest.mark.parametrize(
    ("body", "blocks"),
    [
        ("", []),
        ("<p> \n\xa0</p>", []),
        ("plain", ["plain"]),
        ("<p>a</p><p>b</p>", ["a", "b"]),
        ("<p>a <b>b</b> c</p>", ["a b c"]),
        ("<p>a<em>b</em>c</p>", ["abc"]),
        ("a<br>b<br/><br>c", ["a", "b", "c"]),
        ("<p>a<br>b <i>c<br>d</i> e</p>", ["a", "b c", "d e"]),
        ("<div>a<div>b<div>c</div>d</div>e</div>", ["a", "b", "c", "d", "e"]),
        ("<ul><li>a<li>b<ul><li>c</ul>d</ul>", ["a", "b", "c", "d"]),
        ("<table><tr><td>a<td>b<tr><td>c</table>", ["a", "b", "c"]),
        ("<p>a<script>x()</script>b</p>", ["ab"]),
        ("<p>a<style>p {}</style> b</p>", ["a b"]),
        ("<p>a<noscript>x</noscript>b</p>", ["ab"]),
        ("<p>a<template><p>x</p></template>b</p>", ["ab"]),
        ("<p>a<svg><text>x</text></svg>b</p>", ["a", "b"]),
        ("<p>a<button>x</button>b</p>", ["a", "b"]),
        ("<select><option>x</select>b", ["b"]),
        ("<iframe>x</iframe>b", ["b"]),
        ("<p>a <data value='1'>one</data> b</p>", ["a one b"]),
        ("<p>a<!-- x -->b</p>", ["ab"]),
        ("<p>a<!-- x --></p><!-- y -->b", ["a", "b"]),
        ("<p>a\n  \t b\xa0\xa0c</p>", ["a b c"]),
        ("<p>a\xadb\ufeffc\x07d</p>", ["abcd"]),
        ("<p>e\u0301</p>", ["é"]),
        ("<p>&lt;b&gt; &amp;amp; &eacute;</p>", ["<b> &amp; é"]),
        ("<h1>a</h1>b<blockquote>c</blockquote>d", ["a", "b", "c", "d"]),
        ("<my-element>a</my-element>b", ["a", "b"]),
    ],
)
def test_a_block_is_what_is_read_as_a_paragraph(body: str, blocks: list[str]) -> None:
    """Inline elements do not end one, all others do, and hidden ones are not in one."""
    assert blocks_of(body) == blocks


def test_the_head_is_not_read() -> None:
    """A title element is metadata, no paragraph."""
    tree = parse("<html><head><title>T</title></head><body>b</body></html>")
    assert tree is not None
    assert [block.text for block in segment(tree)] == ["b"]


@pytest.mark.parametrize("tag", ["article", "main", "section", "header", "p"])
def test_a_page_that_leaves_out_its_body_tag_is_read(tag: str) -> None:
    """HTML allows that; the parser puts what it does not know into the head."""
    tree = parse(f"<!DOCTYPE html><title>T</title><meta name='a'><{tag}>b</{tag}>c")
    assert tree is not None
    assert [block.text for block in segment(tree)] == ["b", "c"]


def test_comments_and_instructions_of_any_tree_are_not_read() -> None:
    """Our parser drops them; a tree from elsewhere may have them."""
    tree = etree.fromstring(
        "<p>a<!-- x -->b<?php y ?>c<script><!-- z -->s</script>d</p>"
    )
    assert [block.text for block in segment(tree)] == ["abcd"]


def test_five_thousand_levels_are_no_recursion() -> None:
    """A page nested that deeply is read like any other."""
    depth = 5_000
    root = etree.Element("html")
    place = root
    for _ in range(depth):
        place = etree.SubElement(place, "div")
    place.text = "deep"
    place.tail = "near the ground"
    first, second = segment(root)
    assert (first.text, second.text) == ("deep", "near the ground")
    assert first.path.count("/") == depth


def test_a_thousand_levels_of_markup_are_read() -> None:
    """Deeper than any page by a person, and than the parser's own default."""
    markup = "<p>before</p>" + "<div>" * 1_000 + "deep" + "</div>" * 1_000 + "<p>after"
    assert blocks_of(markup) == ["before", "deep", "after"]


def test_a_block_knows_its_place() -> None:
    """Tags with first class and id, digits masked, no positions."""
    tree = tree_of(
        '<div class="post-17 x" id=" n12 "><p>a <b class="c">b</b></p></div>'
    )
    (block,) = segment(tree)
    assert block.path == "html/body/div.post-0#n0/p"
    assert block.tag == "p"


def test_an_endless_class_is_cut() -> None:
    """A path is written again at each level below it."""
    deep, _ = segment(tree_of(f"<div class='{'x' * 9_000}'><p>a</p></div>b"))
    assert len(deep.path) < 200


def test_text_after_a_line_break_belongs_to_the_element_around_it() -> None:
    """Both halves of a broken paragraph have one place."""
    first, second = segment(tree_of("<p>a<br>b</p>"))
    assert (first.path, first.tag) == (second.path, second.tag) == ("html/body/p", "p")


@pytest.mark.parametrize(
    ("body", "links"),
    [
        ("<p>a <a href='/x'>b c</a> d</p>", [[Link("/x", "b c")]]),
        (
            "<p><a href='/x'>b</a><a href='/y'> c </a></p>",
            [[Link("/x", "b"), Link("/y", "c")]],
        ),
        ("<a href='/x'>a<br>b</a>c", [[Link("/x", "a")], [Link("/x", "b")]]),
        (
            "<a href='/x'><h2>a</h2><p>b</p></a><p>c</p>",
            [[Link("/x", "a")], [Link("/x", "b")], []],
        ),
        ("z<a href='/x'> a<p>b</p></a>", [[Link("/x", "a")], [Link("/x", "b")]]),
        ("<p>a<a name='top'>b</a></p>", [[Link("", "b")]]),
        ("<p>a<a href='/x'><img src='i'></a></p>", [[]]),
        ("<p>a<a href='/x'><svg><a>q</a></svg></a></p>b", [[], []]),
        ("<button><a href='/x'>q</a></button><p>a</p>", [[]]),
    ],
)
def test_links_belong_to_the_blocks_they_stand_in(
    body: str, links: list[list[Link]]
) -> None:
    """A link over several blocks is in each of them with its part of the text."""
    assert [list(block.links) for block in segment(tree_of(body))] == links


@pytest.mark.parametrize(
    ("body", "ratio"),
    [
        ("<p>abcd</p>", 0.0),
        ("<p>ab<a>cd</a></p>", 0.5),
        ("<p><a>abcd</a></p>", 1.0),
        ("<p><a>a</a> <a>b</a></p>", 2 / 3),
    ],
)
def test_the_share_of_links_is_measured_in_characters(body: str, ratio: float) -> None:
    """Blanks between two links are not part of them."""
    (block,) = segment(tree_of(body))
    assert block.link_ratio == pytest.approx(ratio)


def test_a_label_makes_a_block_and_is_handed_down() -> None:
    """An inline element of a layout is a block, and all that it holds is labelled."""
    tree = tree_of("a <span>b <b>c</b><p>d</p></span> e")
    span, bold = tree.find(".//span"), tree.find(".//b")
    assert span is not None
    assert bold is not None
    labels = {span: frozenset({"main"}), bold: frozenset({"lead"})}
    labelled = [(block.text, set(block.labels)) for block in segment(tree, labels)]
    assert labelled == [
        ("a", set()),
        ("b", {"main"}),
        ("c", {"main", "lead"}),
        ("d", {"main"}),
        ("e", set()),
    ]


def test_a_label_inside_what_is_skipped_shows_nothing() -> None:
    """A layout cannot make a script readable."""
    tree = etree.fromstring("<div>a<svg><g>x</g></svg>b</div>")
    inner = tree.find(".//g")
    assert inner is not None
    texts = [block.text for block in segment(tree, {inner: frozenset({"main"})})]
    assert texts == ["a", "b"]


def test_the_blocks_of_a_part_of_a_tree_can_be_read() -> None:
    """The text after that part is not in it."""
    part = tree_of("<div>a<p>b</p></div>c").find(".//div")
    assert part is not None
    assert [block.text for block in segment(part)] == ["a", "b"]


@given(tree=trees())
def test_no_letter_of_a_page_is_lost_or_read_twice(tree: Element) -> None:
    """The blocks' letters are those of the visible text, in order."""
    blocks = segment(tree)
    read = "".join(letters(block.text) for block in blocks)
    assert read == letters(visible_text(tree))
    for block in blocks:
        assert block.text == fold_blanks(block.raw) != ""
        assert 0 <= block.link_ratio <= 1


@given(tree=trees(), data=st.data())
def test_what_is_cut_is_gone_and_all_else_stays(
    tree: Element, data: st.DataObject
) -> None:
    """Blanking out takes the characters of the cut blocks, and no element."""
    blocks = segment(tree)
    chosen = [data.draw(st.booleans()) for _ in blocks]
    cut = [block for block, is_cut in zip(blocks, chosen, strict=True) if is_cut]
    kept = [block for block, is_cut in zip(blocks, chosen, strict=True) if not is_cut]
    tags = [element.tag for element in tree.iter()]
    blank_out(cut, kept)
    left = [letters(block.text) for block in segment(tree)]
    assert "".join(left) == "".join(letters(block.text) for block in kept)
    assert [element.tag for element in tree.iter()] == tags


@given(tree=trees())
def test_segmentation_leaves_the_tree_as_it_is(tree: Element) -> None:
    """It may be run twice, with the same answer."""
    before = etree.tostring(deepcopy(tree))
    assert segment(tree) == segment(tree)
    assert etree.tostring(tree) == before


def test_a_node_that_a_kept_block_shares_stays() -> None:
    """Two pieces of one node: if one is kept, the other's characters stay too."""
    tree = tree_of("<p>kept cut</p>")
    (block,) = segment(tree)
    cut = Block(text="cut", raw="cut", path="", tag="p", nodes=block.nodes)
    kept = Block(text="kept", raw="kept", path="", tag="p", nodes=block.nodes)
    blank_out([cut], [kept])
    assert blocks_of("<p>kept cut</p>") == [text_of(tree)]
    blank_out([cut, kept], [])
    assert text_of(tree) == ""


def test_lines_of_a_dump_are_its_blocks() -> None:
    """Blank lines are none; gaps are folded in the text and kept in the raw line."""
    first, second = segment_lines("\n a\xa0\xa0\xa0 b \r\n\t\n\ufeffc\n")
    assert (first.text, first.raw) == ("a b", " a\xa0\xa0\xa0 b ")
    assert (second.text, second.path, second.tag) == ("c", "line", "line")
    assert segment_lines(" \n\xad\ufeff\n\xa0") == ()


@given(text=st.text())
def test_no_letter_of_a_dump_is_lost(text: str) -> None:
    """Whatever ends its lines."""
    shown = fold_blanks("\n".join(text.splitlines()))
    read = "".join(letters(block.text) for block in segment_lines(text))
    assert read == letters(shown)


@given(text=st.text())
def test_folding_blanks_twice_changes_nothing(text: str) -> None:
    """Idempotent: the folded text is the normal form."""
    folded = fold_blanks(text)
    assert fold_blanks(folded) == folded
    assert folded == folded.strip()
    assert "  " not in folded


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("L'Été à Noël !", "létéànoël"),
        ("STRASSE Straße", "strassestrasse"),
        ("«الخبر» 12", "الخبر12"),
        ("… — !", ""),
    ],
)
def test_letters_are_all_that_is_compared(text: str, key: str) -> None:
    """Case, blanks and punctuation do not tell two texts apart."""
    assert letters(text) == key


@pytest.mark.parametrize("blank", ["\u2028", "\f", "\v", "\x1c", "\x85"], ids=repr)
def test_only_line_ends_part_the_lines_of_a_dump(blank: str) -> None:
    """Other blanks stand inside a paragraph, as they do in HTML."""
    blocks = segment_lines(f"one{blank}two\r\nthree\rfour\n")
    assert [letters(block.text) for block in blocks] == ["onetwo", "three", "four"]
