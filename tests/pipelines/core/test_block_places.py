"""Where a block stands: its ancestors, its article, their marks, and pictures."""

import pytest

from pipelines.blocks import Block, letters, segment
from pipelines.html import parse
from pipelines.marks import NAMES, bit

PROSE = (
    "The library on the market square opens on Sundays from next month, the first "
    "time since the reading room lost its heating."
)
BY_HAND = ("button", "dialog", "map", "object")
"""Elements that a parser ends at their end tag only, whatever follows."""


def blocks_of(body: str) -> tuple[Block, ...]:
    """The blocks of a page with this body."""
    tree = parse(f"<html><head><title>T</title></head><body>{body}</body></html>")
    assert tree is not None
    return segment(tree)


def names_of(marks: int) -> set[str]:
    """The marks that these bits stand for."""
    return {name for name in NAMES if marks & bit(name)}


def shared(first: Block, second: Block) -> int:
    """How many elements two blocks both stand in."""
    return len(set(first.ancestors) & set(second.ancestors))


@pytest.mark.parametrize(
    ("body", "common"),
    [
        # Below html and body: a paragraph each, one for both, nested ones.
        ("<p>a</p><p>b</p>", 2),
        ("<p>a<br>b</p>", 3),
        ("<div><p>a</p><p>b</p></div>", 3),
        ("<div><p>a</p></div><div><p>b</p></div>", 2),
        ("<div>a<p>b</p></div>", 3),
        ("<main><div><p>a</p></div><div><p>b</p></div></main>", 3),
        # Inline elements are no places.
        ("<p><b><i>a</i></b><br><i>b</i></p>", 3),
    ],
)
def test_two_blocks_share_the_elements_that_hold_both(body: str, common: int) -> None:
    """From the root down, so that what they share is where both begin."""
    first, second = blocks_of(body)
    assert shared(first, second) == common
    assert first.ancestors[:common] == second.ancestors[:common]


def test_ancestors_go_down_as_the_path_does() -> None:
    """One number for each step, rising, and none stands for two elements."""
    blocks = blocks_of("<div><h1>a</h1><section><p>b</p><p>c</p></section></div><p>d")
    for block in blocks:
        assert len(block.ancestors) == len(block.path.split("/"))
        assert list(block.ancestors) == sorted(set(block.ancestors))
    assert len({block.ancestors for block in blocks}) == 4


@pytest.mark.parametrize(
    ("body", "articles"),
    [
        ("<p>a</p><article><p>b</p></article><p>c</p>", [0, 1, 0]),
        ("<article><h1>a</h1><div><p>b</p></div></article>", [1, 1]),
        ("<article>a</article><article>b</article>", [1, 2]),
        # Of nested ones the outermost.
        ("<article>a<article>b</article>c</article>", [1, 1, 1]),
        ("<main><article>a</article><p>b</p><article>c</article></main>", [1, 0, 2]),
        ("<div class='article'>a</div>", [0]),
    ],
)
def test_a_block_knows_its_article(body: str, articles: list[int]) -> None:
    """The same number for one article, another for the next, 0 for none."""
    numbers: dict[int, int] = {0: 0}
    for block in blocks_of(body):
        numbers.setdefault(block.article, len(numbers))
    assert [numbers[block.article] for block in blocks_of(body)] == articles
    for block in blocks_of(body):
        assert block.article in {0, *block.ancestors}


@pytest.mark.parametrize(
    ("body", "marks"),
    [
        ("<nav><p>a</p></nav>", {"<nav>"}),
        ("<div class='Sidebar'><p>a</p></div>", {"side"}),
        ("<div id='newsletter-box'><p>a</p></div>", {"signup", "content"}),
        ("<div role='navigation'><p>a</p></div>", {"nav"}),
        ("<div itemprop='articleBody'><p>a</p></div>", {"body", "content"}),
        ("<div data-testid='share'><p>a</p></div>", {"share"}),
        ("<div hidden><p>a</p></div>", {"invisible"}),
        ("<div style='color: red; display:none'><p>a</p></div>", {"invisible"}),
        ("<div aria-hidden='true'><p>a</p></div>", {"invisible"}),
        ("<div aria-hidden='false' style='color: red'><p>a</p></div>", set()),
        ("<div title='sidebar' data-x='share'><p>a</p></div>", set()),
        ("<div class='threads loads'><p>a</p></div>", {"content"}),
        ("<p>a</p>", set()),
    ],
)
def test_elements_say_what_they_are(body: str, marks: set[str]) -> None:
    """By tag, class, id, role and the like; not by any attribute, nor by any part."""
    (block,) = blocks_of(body)
    assert names_of(block.marks) == names_of(block.near_marks) == marks


def test_near_marks_forget_what_is_far_above() -> None:
    """The block's own element and the two round it; all marks keep the rest."""
    body = "<nav><div class='sidebar'>{}</div></nav>"
    (deep,) = blocks_of(body.format("<div><div class='share'><p>a</p></div></div>"))
    (shallow,) = blocks_of(body.format("<p>a</p>"))
    assert names_of(deep.marks) == {"<nav>", "side", "share"}
    assert names_of(deep.near_marks) == {"share"}
    assert names_of(shallow.near_marks) == {"<nav>", "side"}


def test_marks_end_with_their_element() -> None:
    """What follows a sidebar is not in it."""
    inside, after = blocks_of("<div class='sidebar'>a</div><p>b</p>")
    assert names_of(inside.marks) == {"side"}
    assert names_of(after.marks) == set()


@pytest.mark.parametrize(
    ("body", "follows"),
    [
        ("<p>a</p><img src='i'><p>b</p><p>c</p>", [False, True, False]),
        ("<p>a</p><figure><picture><img></picture></figure><p>b</p>", [False, True]),
        ("<iframe src='v'></iframe><p>a</p><p>b</p>", [True, False]),
        ("<p>a</p><video><p>x</p></video><p>b</p>", [False, True]),
        # An element without text between them does not make it forget.
        ("<img src='i'><div> </div><p>a</p>", [True]),
        ("<p>a</p><hr><p>b</p>", [False, False]),
        ("<p>a</p><p>b</p><img src='i'>", [False, False]),
    ],
)
def test_a_block_knows_that_a_picture_stands_before_it(
    body: str, follows: list[bool]
) -> None:
    """Between it and the block before; only the first block after it says so."""
    assert [block.follows_media for block in blocks_of(body)] == follows


@pytest.mark.parametrize("tag", BY_HAND)
@pytest.mark.parametrize("holder", ["main", "article"])
def test_an_element_that_was_never_closed_does_not_hide_the_page(
    tag: str, holder: str
) -> None:
    """A parser puts all that follows it inside; what is closed is still passed over."""
    page = (
        f"<{tag} class='menu'>Menu"
        f"<div><{holder}><h1>Sunday reading</h1><p>{PROSE}</p></{holder}></div>"
    )
    texts = [block.text for block in blocks_of(page)]
    assert texts == ["Menu", "Sunday reading", PROSE]

    closed = page.replace("Menu", f"Menu</{tag}>")
    texts = [block.text for block in blocks_of(closed)]
    assert texts == ["Sunday reading", PROSE]


@pytest.mark.parametrize("tag", BY_HAND)
def test_one_that_holds_no_article_stays_hidden(tag: str) -> None:
    """A button's label, or the text of a dialog, is no part of the page."""
    texts = [block.text for block in blocks_of(f"<p>a</p><{tag}><p>x</p></{tag}>b")]
    assert texts == ["a", "b"]


@pytest.mark.parametrize("count", [1, 10, 300])
def test_long_texts_and_classes_are_read_like_short_ones(count: int) -> None:
    """They are kept in no cache, which they would fill; what is found is the same."""
    assert letters("Le Pont, " * count) == "lepont" * count
    tree = parse(f"<p class='{'x-caption ' * count}'>a</p>")
    assert tree is not None
    assert segment(tree)[0].marks & bit("media")
