"""JSON-LD as sites write it: damaged, nested, and of every shape."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.html import parse
from pipelines.metadata.jsonld import (
    MAX_DEPTH,
    article_of,
    read_json_ld,
    strings_of,
    types_of,
)
from tests.pipelines.metadata.metadata_of import json_ld, metadata_of

ARTICLE = '{"@type": "NewsArticle", "headline": "The old pier"}'


def headline_of(content: str) -> object:
    """The headline in a page with that script."""
    tree = parse(f"<html><head>{json_ld(content)}</head><body>x</body></html>")
    assert tree is not None
    return article_of(read_json_ld(tree.iter("script"))).get("headline")


@pytest.mark.parametrize(
    "content",
    [
        ARTICLE,
        f"{ARTICLE};",
        f"\n\t{ARTICLE} ; \n",
        f"<!-- {ARTICLE} -->",
        f"//<![CDATA[\n{ARTICLE}\n//]]>",
        f"// <![CDATA[\n{ARTICLE};\n// ]]>",
        f"/* <![CDATA[ */ {ARTICLE} /* ]]> */",
        '{"@type": "NewsArticle", "headline": "The old pier", "x": "a\nb\tc"}',
        f"[{ARTICLE}]",
        f'[{{"@type": "WebSite"}}, {ARTICLE}]',
        f'{{"@context": "https://schema.org", "@graph": [{ARTICLE}]}}',
        f'{{"@type": "WebPage", "mainEntity": {ARTICLE}}}',
        f'{{"@type": "WebPage", "mainEntityOfPage": {ARTICLE}}}',
        f'[[[{{"@graph": {{"mainEntity": [{ARTICLE}]}}}}]]]',
        '{"@type": ["Thing", "http://schema.org/Article"], "headline": "The old pier"}',
        '{"@type": "schema:BlogPosting", "headline": "The old pier"}',
        # Of several articles the first that has a headline.
        f'[{{"@type": "Article"}}, {ARTICLE}, {{"@type":"Article","headline":"Z"}}]',
    ],
)
def test_finds_the_article_however_it_is_wrapped(content: str) -> None:
    """Comment marks, control characters, a semicolon, lists, graphs do not hide it."""
    assert headline_of(content) == "The old pier"


@pytest.mark.parametrize(
    "content",
    [
        "",
        "null",
        "7",
        '"text"',
        "{",
        '{"@type": "NewsArticle", "headline": "The old pier"',
        "{'@type': 'NewsArticle'}",
        '{"headline": "no type"}',
        '{"@type": "Organization", "headline": "The old pier"}',
        '{"@type": 7, "headline": "The old pier"}',
        '{"@type": null, "headline": "The old pier"}',
        "[" * 100_000,
        "9" * 5_000,
        "[" * (MAX_DEPTH + 1) + ARTICLE + "]" * (MAX_DEPTH + 1),
    ],
    ids=lambda content: content[:20],
)
def test_passes_over_what_is_no_article(content: str) -> None:
    """What is not JSON, not an object or nested too deeply is nothing, and no error."""
    assert headline_of(content) is None


def test_one_damaged_script_does_not_hide_the_next() -> None:
    """Each script is read on its own; others than JSON-LD are not."""
    tree = parse(
        f"<html>{json_ld('{broken')}<script>{ARTICLE}</script>{json_ld(ARTICLE)}x</html>"
    )
    assert tree is not None

    assert len(read_json_ld(tree.iter("script"))) == 1


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(
                    "@type @graph headline author name datePublished image url "
                    "publisher keywords isAccessibleForFree description".split()
                ),
                inner | st.just("NewsArticle"),
                max_size=6,
            )
        ),
        max_leaves=20,
    )
)
def test_metadata_never_raises_on_any_json(value: object) -> None:
    """Whatever a site puts into a field, the page is read, and strings are strings."""
    content = json.dumps(value).replace("<", "\\u003c")

    metadata = metadata_of(json_ld(content))

    assert all(isinstance(name, str) and name for name in metadata.authors)
    assert metadata.title is None or metadata.title.encode()


def test_half_a_surrogate_pair_can_be_written() -> None:
    """A headline cut in the middle of an emoji does not stop the run that writes it."""
    half = (
        '{"@type": "NewsArticle", "headline": "The pier \\ud83d", "author": "\\ude00"}'
    )

    metadata = metadata_of(json_ld(half))

    assert metadata.title == "The pier \ufffd"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a", ["a"]),
        (" ", []),
        (None, []),
        (7, []),
        ({"name": "a"}, ["a"]),
        ({"url": "a"}, []),
        (["a", {"name": ["b", "c"]}, None, [{"name": {"name": "d"}}]], list("abcd")),
    ],
)
def test_takes_strings_out_of_any_shape(value: object, expected: list[str]) -> None:
    """A string, an object with a name, or lists of either."""
    assert strings_of(value) == expected


def test_types_lose_their_vocabulary() -> None:
    """`https://schema.org/Article`, `schema:Article` and `Article` are one type."""
    declared = ["https://schema.org/Article", "schema:WebPage", "Report", 7]

    assert types_of({"@type": declared}) == {"Article", "WebPage", "Report"}
