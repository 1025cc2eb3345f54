"""Marks: what elements call themselves, and what they do not."""

import pytest
from lxml import etree

from pipelines.marks import ATTRIBUTES, GROUPS, NAMES, TAG_GROUPS, bit, marks_of


def marks(tag: str, **attributes: str) -> set[str]:
    """Names of the marks of an element; `_` in a name stands for `-`."""
    named = {name.replace("_", "-"): value for name, value in attributes.items()}
    bits = marks_of(etree.Element(tag, named))
    return {name for name in NAMES if bits & bit(name)}


def test_each_mark_has_a_bit_of_its_own() -> None:
    """No two names share a bit, and no bit lies outside of `NAMES`."""
    assert sorted(bit(name) for name in NAMES) == [1 << i for i in range(len(NAMES))]


@pytest.mark.parametrize(
    ("word", "group"),
    [
        ("article-body", "body"),
        ("story", "content"),
        ("Standfirst", "lead"),
        ("breadcrumb", "nav"),
        ("copyright", "footer"),
        ("aside", "side"),
        ("RECOMMENDED", "related"),
        ("disqus", "comment"),
        ("whatsapp", "share"),
        ("newsletter", "signup"),
        ("byline", "byline"),
        ("keyword", "topics"),
        ("top ad", "ad"),
        ("figcaption", "media"),
        ("cookie", "dialog"),
    ],
)
def test_a_word_is_of_its_group(word: str, group: str) -> None:
    """Each group is found by one of its words, in whatever case."""
    assert group in marks("div", **{"class": word})


@pytest.mark.parametrize(
    ("word", "group"),
    [
        ("adage", "ad"),
        ("load", "ad"),
        ("tabset", "nav"),
        ("above", "signup"),
        ("x7f3", "content"),
    ],
)
def test_a_word_that_holds_another_is_not_of_its_group(word: str, group: str) -> None:
    """Short words count only where no letter follows or stands before them."""
    assert group not in marks("div", **{"class": word})


def test_all_groups_of_an_element_are_named() -> None:
    """Words of several groups give the marks of all, and no others."""
    named = marks("div", **{"class": "subscribe", "id": "footer"})
    assert named == {"signup", "footer"}


@pytest.mark.parametrize("attribute", sorted(ATTRIBUTES))
def test_attributes_that_name_are_read(attribute: str) -> None:
    """Every attribute of `ATTRIBUTES` is read."""
    assert marks("div", **{attribute: "byline"}) == {"byline"}


@pytest.mark.parametrize("attribute", ["title", "href", "data-x"])
def test_other_attributes_are_not_read(attribute: str) -> None:
    """What an address or a tooltip says names no element."""
    assert marks("div", **{attribute: "byline newsletter"}) == set()


@pytest.mark.parametrize("tag", TAG_GROUPS)
def test_a_tag_is_a_mark(tag: str) -> None:
    """Elements whose name says what they are have that mark, and only that."""
    assert marks(tag) == {f"<{tag}>"}


def test_an_element_that_says_nothing_has_no_marks() -> None:
    """A bare element, and a comment, have none."""
    assert marks("div") == set()
    assert marks_of(etree.Comment("newsletter")) == 0


@pytest.mark.parametrize(
    ("attribute", "value", "is_hidden"),
    [
        ("hidden", "", True),
        ("aria-hidden", "true", True),
        ("aria-hidden", "false", False),
        ("style", "color:red; DISPLAY : none", True),
        ("style", "visibility:hidden", True),
        ("style", "display:block", False),
        ("data-style", "display:none", False),
    ],
)
def test_what_is_not_shown_is_marked(
    attribute: str, value: str, *, is_hidden: bool
) -> None:
    """Whether an element hides itself is told by its attributes only."""
    assert ("invisible" in marks("p", **{attribute: value})) is is_hidden


def test_names_are_groups_tags_and_invisible() -> None:
    """A model that names a mark finds it: words, tags, and what is not shown."""
    tags = [f"<{tag}>" for tag in TAG_GROUPS]
    assert [*NAMES] == [*GROUPS, *tags, "invisible"]
