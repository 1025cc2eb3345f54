"""Features: what is told of each block, and that any page has all of them."""

from math import isfinite, log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.blocks import Block, segment, segment_lines
from pipelines.features import (
    FAMILIES,
    FAR,
    FEATURES,
    KEPT,
    MARKS,
    MAX_REPEATS,
    MAX_STEPS,
    Evidence,
    feature_names,
    feature_rows,
    is_paragraph,
    size_of,
)
from pipelines.html import parse
from tests.pipelines.core.drafts_of import DUMPS

PROSE = (
    "The wheel of the mill turned for the first time on Monday, before the eyes of a "
    "few hundred people who had come from the villages around."
)
HAN = "水车在星期一早上第一次转动"
TAGS = ("p", "div", "h1", "h2", "li", "a", "article", "aside", "img", "span", "ul")
TEXTS = ("", "x", ".", "12,3", PROSE, HAN, "By: A. Miller", "\u200b", "İ", "more…")
CLASSES = ("", "lead", "newsletter", "article-body", "related")


@st.composite
def pages(draw: st.DrawFn) -> tuple[Block, ...]:
    """The blocks of any page, or of a text dump."""
    if draw(st.booleans()):
        return segment_lines(draw(DUMPS))
    steps = st.tuples(*map(st.sampled_from, (TAGS, CLASSES, TEXTS)), st.booleans())
    markup = ""
    for tag, words, text, ends in draw(st.lists(steps, max_size=15)):
        markup += f'<{tag} class="{words}">{text}' + (f"</{tag}>" if ends else "")
    return blocks_of(markup)


@st.composite
def questions(draw: st.DrawFn) -> tuple[tuple[Block, ...], list[int], Evidence]:
    """Blocks, those of them that are judged, and whatever may be known."""
    blocks = draw(pages())
    numbers = st.sets(st.integers(0, max(len(blocks) - 1, 0)))
    title_at = draw(st.none() | st.integers(0, len(blocks) + FAR))
    known = st.sampled_from(TEXTS)
    evidence = Evidence(
        kept_by={name: draw(numbers) for name in draw(st.sets(st.sampled_from("ab")))},
        title=draw(known),
        title_at=title_at,
        title_ancestors=draw(st.sampled_from([(), (1,), (1, 2), (1, 2, 9)])),
        description=draw(known),
        article_body=draw(known),
    )
    indices = [index for index in sorted(draw(numbers)) if index < len(blocks)]
    return blocks, indices, evidence


def blocks_of(body: str) -> tuple[Block, ...]:
    """The blocks of a page."""
    tree = parse(f"<html><body>{body}</body></html>")
    return segment(tree) if tree is not None else ()


def table(
    blocks: tuple[Block, ...],
    evidence: Evidence | None = None,
    indices: list[int] | None = None,
) -> list[dict[str, float]]:
    """The numbers of each block, by name."""
    evidence = evidence or Evidence()
    indices = [*range(len(blocks))] if indices is None else indices
    names = feature_names(evidence.kept_by)
    rows = feature_rows(blocks, indices, evidence)
    return [dict(zip(names, row, strict=True)) for row in rows]


def column(name: str, body: str, evidence: Evidence | None = None) -> list[float]:
    """One number of each block of a page."""
    return [row[name] for row in table(blocks_of(body), evidence)]


@given(questions())
def test_each_judged_block_has_a_row(
    question: tuple[tuple[Block, ...], list[int], Evidence],
) -> None:
    """A finite number for each name, whatever the page, and the same each time."""
    blocks, indices, evidence = question
    rows = feature_rows(blocks, indices, evidence)
    assert len(rows) == len(indices)
    assert {len(row) for row in rows} <= {len(feature_names(evidence.kept_by))}
    assert all(isfinite(number) for row in rows for number in row)
    assert feature_rows(blocks, indices, evidence) == rows


@given(pages(), pages())
def test_blocks_that_are_not_judged_are_as_if_not_there(
    judged: tuple[Block, ...], others: tuple[Block, ...]
) -> None:
    """What stands after those that are asked for does not change their rows."""
    indices = [*range(len(judged))]
    rows = feature_rows(judged, indices, Evidence())
    assert feature_rows((*judged, *others), indices, Evidence()) == rows


def test_names_are_told_once() -> None:
    """Those of families and marks, then those of each extractor, all different."""
    names = feature_names(["one", "two"])
    assert len(set(names)) == len(names)
    assert len(FEATURES) == sum(map(len, FAMILIES.values())) + len(MARKS)
    assert names[len(FEATURES) :] == tuple(
        f"{name} {each}" for name in ("one", "two") for each in KEPT
    )


@pytest.mark.parametrize(
    ("text", "size"), [("", 0), ("abc", 3), ("été", 3), ("水车", 5), ("a水", 3.5)]
)
def test_wide_letters_say_more(text: str, size: float) -> None:
    """A size is in letters of an alphabet."""
    assert size_of(text) == size


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (f"<p>{PROSE}</p>", True),
        (f"<p>{HAN * 3}</p>", True),
        (f"<p>{HAN}</p>", False),
        ("<p>Short.</p>", False),
        (f'<p><a href="/1">{PROSE}</a></p>', False),
        (f'<p>{PROSE} <a href="/1">More</a></p>', True),
    ],
)
def test_a_paragraph_is_long_and_no_links(body: str, *, expected: bool) -> None:
    """In any script, and links within do not matter while they are few."""
    assert is_paragraph(blocks_of(body)[0]) is expected


@pytest.mark.parametrize(
    ("name", "body", "expected"),
    [
        ("size", "<p>abc</p>", log2(4)),
        ("link_ratio", '<p>abc <a href="/1">def</a>.</p>', 3 / 8),
        ("links", '<p>a<a href="/1">b</a></p>', 1),
        ("links", "<p>" + '<a href="/1">b</a> ' * 30 + "</p>", 20),
        ("tag", "<p>a</p>", 0),
        ("tag", "<h4>a</h4>", 3),
        ("tag", "<main>a</main>", 11),
        ("tag", "<address>a</address>", 14),
        ("ends_with", "<p>a</p>", 0),
        ("ends_with", "<p>句。</p>", 1),
        ("ends_with", "<p>سؤال؟</p>", 3),
        ("ends_with", "<p>«a»</p>", 6),
        ("commas", "<p>a, b</p>", 1 / 4),
        ("digits", "<p>1a</p>", 1 / 2),
        ("capitals", "<p>A Mill here now</p>", 1 / 2),
        ("capitals", "<p>12</p>", -1),
        ("starts_small", "<p>a</p>", 1),
        ("starts_small", "<p>A</p>", 0),
        ("label", "<p>Photo: A. Miller</p>", 1),
        ("label", "<p>The mill opens. Photo: none</p>", 0),
        ("symbols", "<p>A | B</p>", 1),
        ("symbols", "<p>||||||||</p>", 5),
        ("follows_media", '<img src="/1"><p>a</p>', 1),
        ("follows_media", "<p>a</p>", 0),
    ],
)
def test_what_a_block_is(name: str, body: str, expected: float) -> None:
    """Its own numbers need no other block."""
    assert column(name, body) == [pytest.approx(expected)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("position", [0, 0.2, 0.4, 0.6, 0.8]),
        ("after_heading", [FAR, 1, 2, 3, 4]),
        ("prose_before", [0, 0, 0, 1, 1]),
        ("prose_after", [2, 2, 1, 1, 0]),
        ("to_prose_before", [FAR + 1, FAR + 1, FAR + 1, 1, 2]),
        ("to_prose_after", [2, 1, 2, 1, FAR + 1]),
        ("after_title", [FAR + 1] * 5),
        ("up_to_title", [2 * MAX_STEPS] * 5),
        ("parent_blocks", [log2(6)] * 5),
        ("parent_prose", [1] * 5),
        ("main_share", [1] * 5),
        ("in_main", [1] * 5),
        ("same_path", [0, log2(3), log2(3), 0, log2(3)]),
        ("path_prose", [0, 1, 1, 0, 1]),
        ("repeats", [1, 1, 2, 1, 2]),
        ("same_before", [0, 0, 1, 0, 0]),
        ("same_after", [0, 1, 0, 0, 0]),
        ("size_before", [0, 1, log2(3), log2(81), log2(4)]),
        ("links_before", [-1, 0, 0, 0, 0]),
        ("links_after", [0, 0, 0, 0, -1]),
        ("page_blocks", [log2(6)] * 5),
        ("page_prose", [log2(161)] * 5),
        ("page_links", [0] * 5),
        ("in_description", [-1] * 5),
        ("in_title", [-1] * 5),
    ],
)
def test_where_a_block_stands(name: str, expected: list[float]) -> None:
    """Place, container, path and neighbours, on one small page."""
    prose = "x" * 80
    body = f"<h1>T</h1><p>ab</p><p>{prose}</p><h3>sub</h3><p>{prose}</p>"
    assert column(name, body) == pytest.approx(expected)


def test_repeats_and_steps_are_counted_up_to_a_limit() -> None:
    """Beyond it a page differs no more from others."""
    assert column("repeats", "<p>More</p>" * 9) == [MAX_REPEATS] * 9
    deep = "<div>" * (2 * MAX_STEPS) + "<p>a</p>"
    assert column("up_to_title", deep, Evidence(title_at=0, title_ancestors=(1,))) == [
        MAX_STEPS
    ]


NESTED = (
    f"<header><h1>T</h1></header><main><section><p>{PROSE}</p></section>"
    f"<section><p>{PROSE}</p><p>{PROSE}</p></section></main>"
    '<aside><p><a href="/1">more</a></p></aside>'
)
"""Headline, one paragraph, two in the main section, and a link."""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("depth", [4, 5, 5, 5, 4]),
        ("parent_prose", [0, 1 / 3, 2 / 3, 2 / 3, 0]),
        ("parent_links", [0, 0, 0, 0, 1]),
        ("outer_prose", [1, 1, 1, 1, 1]),
        ("outer_ratio", [0, 1 / 3, 2 / 3, 2 / 3, 0]),
        ("in_main", [0, 0, 1, 1, 0]),
        ("main_share", [2 / 3] * 5),
        ("main_distance", [3, 2.5, 1, 1, 3]),
        ("after_title", [0, 1, 2, 3, 4]),
        ("up_to_title", [0, 3, 3, 3, 2]),
        ("down_to_title", [0, 2, 2, 2, 2]),
    ],
)
def test_what_the_container_of_a_block_holds(name: str, expected: list[float]) -> None:
    """Sections share out the prose; the main one has most; the headline is apart."""
    blocks = blocks_of(NESTED)
    evidence = Evidence(title_at=0, title_ancestors=blocks[0].ancestors)
    assert column(name, NESTED, evidence) == pytest.approx(expected)


def test_the_main_element_of_equal_ones_is_the_outermost() -> None:
    """Two columns with as much prose each are main together."""
    column_of_text = f"<section><p>{PROSE}</p></section>"
    assert column("in_main", 2 * column_of_text) == [1, 1]


def test_a_page_without_prose_or_elements_says_so() -> None:
    """No main element, no container, no share of prose: -1 and 0 stand for that."""
    row = table(segment_lines("Short"))[0]
    assert [row[name] for name in ("parent_prose", "outer_prose", "outer_ratio")] == [
        -1.0
    ] * 3
    assert row["main_distance"] == 2 * MAX_STEPS
    assert row["in_main"] == row["main_share"] == row["depth"] == 0


def test_nothing_is_judged_of_nothing() -> None:
    """No index, no row."""
    assert feature_rows(blocks_of("<p>a</p>"), [], Evidence()) == []
    assert feature_rows((), [], Evidence()) == []


@pytest.mark.parametrize(
    ("evidence", "name", "expected"),
    [
        (Evidence(description=PROSE), "in_description", [1, 0]),
        (Evidence(description=f"{PROSE} And so on."), "in_description", [1, 0]),
        (Evidence(description=PROSE[:60]), "in_description", [1, 0]),
        (Evidence(description="Another story altogether"), "in_description", [0, 0]),
        (Evidence(description="A few more words"), "in_description", [0, 0]),
        (Evidence(article_body=PROSE.upper()), "in_article_body", [1, 0]),
        (Evidence(article_body="!"), "in_article_body", [-1, -1]),
        (Evidence(title="MORE of the mill"), "in_title", [3 / 22, 1]),
        (Evidence(title="12"), "in_title", [-1, -1]),
    ],
)
def test_what_agrees_with_a_block(
    evidence: Evidence, name: str, expected: list[float]
) -> None:
    """Metadata and headline, by their letters and words; -1 if they say nothing."""
    body = f"<p>{PROSE}</p><p>more</p>"
    assert column(name, body, evidence) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("kept", [0, 1, 0, 1, 0]),
        ("kept_before", [0, 0, 1, 0, 1]),
        ("kept_after", [1, 0, 1, 0, 0]),
        ("kept_inside", [0, 1, 1, 1, 0]),
        ("kept_in_parent", [0, 1, 1 / 2, 1 / 2, 0]),
        ("kept_of_path", [0, 2 / 3, 2 / 3, 2 / 3, 0]),
        ("kept_share", [2 * len(PROSE) / (3 * len(PROSE) + 5)] * 5),
    ],
)
def test_what_an_extractor_keeps(name: str, expected: list[float]) -> None:
    """What it says of a block, of its neighbours, and of those like it."""
    evidence = Evidence(kept_by={"none": (), "some": {1, 3, 99}})
    assert column(f"some {name}", NESTED, evidence) == pytest.approx(expected)
    assert column(f"none {name}", NESTED, evidence) == [0] * 5


def test_blocks_without_a_parent_are_in_none() -> None:
    """A text dump has no elements whose share could be kept."""
    rows = table(segment_lines("One\nTwo"), Evidence(kept_by={"some": {0}}))
    assert [row["some kept_in_parent"] for row in rows] == [0, 0]
    assert [row["some kept_of_path"] for row in rows] == [1 / 2, 1 / 2]


def test_indices_are_those_of_the_page() -> None:
    """What is kept, and where the headline is, is told by the number on the page."""
    evidence = Evidence(kept_by={"some": {3}}, title_at=1)
    rows = table(blocks_of(NESTED), evidence, [2, 3])
    assert [row["some kept"] for row in rows] == [0, 1]
    assert [row["after_title"] for row in rows] == [1, 2]
    assert [row["position"] for row in rows] == [0, 1 / 2]


def test_marks_are_told_near_and_far() -> None:
    """A word of an element far above counts among all, not among the near ones."""
    body = '<aside><div><div><div><p class="byline">a</p></div></div></div></aside>'
    row = table(blocks_of(body))[0]
    marks = {name for name in MARKS if row[name]}
    assert marks == {"near byline", "in byline", "in <aside>"}
