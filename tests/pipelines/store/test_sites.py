"""Addresses: their normal form, their host, and the patterns of a site."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.catalog import Catalog
from pipelines.sites import host_of, is_article_url, site_of_host, url_key
from schemas.site import SiteDefinition

STORY = "paper.example/news/story"

SAME = [
    "https://paper.example/news/story",
    "http://paper.example/news/story",
    "HTTPS://WWW.Paper.Example/news/story",
    "https://paper.example./news/story",
    "https://paper.example:443/news/story",
    "http://paper.example:80/news/story",
    "https://paper.example/news/story/",
    "https://paper.example/news/story#comments",
    "https://paper.example/news/story?",
    "https://paper.example/news/story?utm_source=x&fbclid=1&at_medium=2&xtor=RSS-1",
    "https://reader:secret@paper.example/news/story",
    "https://paper.example/n%65ws/st%6Fry",
    "  https://paper.example/news/story\n",
]


@pytest.mark.parametrize("url", SAME)
def test_what_does_not_tell_pages_apart_is_not_in_the_key(url: str) -> None:
    """Scheme, `www.`, default port, fragment, tracking, final slash, encoding."""
    assert url_key(url) == STORY


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://paper.example", "paper.example"),
        ("https://paper.example/", "paper.example"),
        ("https://paper.example:8080/a", "paper.example:8080/a"),
        ("https://paper.example/A", "paper.example/A"),
        ("https://paper.example/fr/a/123", "paper.example/fr/a/123"),
        ("https://paper.example/a?id=2&b=&a=1", "paper.example/a?a=1&b=&id=2"),
        ("https://paper.example/a?id=2&utm_id=3", "paper.example/a?id=2"),
        ("https://paper.example/a?q=é", "paper.example/a?q=%C3%A9"),
        ("https://paper.example/a?q=%C3%A9", "paper.example/a?q=%C3%A9"),
        ("https://paper.example/é b", "paper.example/%C3%A9%20b"),
        ("https://paper.example/%c3%a9%20b", "paper.example/%C3%A9%20b"),
        ("https://paper.example/a+b", "paper.example/a+b"),
        ("https://paper.example/100%25", "paper.example/100%25"),
        ("https://paper.example/a%3Fb", "paper.example/a%3Fb"),
        ("https://[::1]:8080/a", "[::1]:8080/a"),
        ("http://[::1]/a", "[::1]/a"),
        ("https://paper.example/%C7%E1", "paper.example/%C7%E1"),
        ("https://paper.example/?q=%E9", "paper.example?q=%E9"),
        # What is no http(s) address is its own key.
        ("https://paper.example:99999/", "https://paper.example:99999/"),
        ("https://paper.example:x/", "https://paper.example:x/"),
        ("http://[::1/a", "http://[::1/a"),
        ("https:///a", "https:///a"),
        ("http://.../a", "http://.../a"),
        ("ftp://paper.example/a", "ftp://paper.example/a"),
        ("mailto:desk@paper.example", "mailto:desk@paper.example"),
        (" /news/story ", "/news/story"),
        ("", ""),
    ],
)
def test_gives_the_normal_form(url: str, key: str) -> None:
    """Case of the path, language prefix, other ports and parameters count."""
    assert url_key(url) == key


@pytest.mark.parametrize(
    "urls",
    [
        ("https://p.example/%C7%E1", "https://p.example/%C8%E1"),
        ("https://p.example/?q=%E9", "https://p.example/?q=%E8"),
        ("https://p.example/a/12", "https://p.example/fr/a/12"),
        ("https://p.example/a/123", "https://p.example/a/1234567890"),
        ("https://p.example/a%23b", "https://p.example/a#b"),
        ("https://p.example/a?b=1", "https://p.example/a?b=2"),
        ("https://p.example:8080/a", "https://p.example/a"),
    ],
)
def test_two_pages_never_have_one_key(urls: tuple[str, str]) -> None:
    """Else the second would be taken for the first, and lost."""
    first, second = map(url_key, urls)

    assert first != second


@pytest.mark.parametrize("number", ["344", "47507", "1206050600"])
@pytest.mark.parametrize("path", ["/alkahera/", "/fr/alkahera/"])
def test_an_article_of_the_family_has_one_key(
    number: str, path: str, maghress: SiteDefinition
) -> None:
    """Ids of 3 to 10 digits; bare host or www, http or https, and any query."""
    forms = (
        f"https://www.maghress.com{path}{number}",
        f"http://maghress.com{path}{number}/",
        f"https://maghress.com{path}{number}?page=2#top",
    )

    assert {url_key(form, maghress) for form in forms} == {
        f"maghress.com{path}{number}"
    }
    assert all(is_article_url(form, maghress) for form in forms)


ADDRESSES = st.one_of(
    st.text(max_size=40),
    st.builds(
        "{}://{}{}{}{}".format,
        st.sampled_from(["http", "https", "HTTP", "ftp"]),
        st.sampled_from(
            "h.example www.h.example www.www.h WWW.H. [::1] 127.0.0.1 www. . é.example "
            "u:p@h.example".split()
        ),
        st.sampled_from(["", ":80", ":443", ":8080", ":0", ":99999", ":"]),
        st.text(st.sampled_from("/ab%2Fé?#&=+;. \t\\~0C7"), max_size=20).map(
            lambda path: f"/{path}"
        ),
        st.sampled_from(["", "?a=%E9&utm_x=1", "?b&a=1;2#f", "#x"]),
    ),
)


@given(ADDRESSES, st.sampled_from(["http", "https"]))
def test_the_key_of_a_key_is_the_key(url: str, scheme: str) -> None:
    """With either scheme before it; and nothing raises."""
    key = url_key(url)

    if host_of(url) is not None and key != url.strip():
        assert url_key(f"{scheme}://{key}") == key
    assert url_key(key) == key or host_of(key) is not None


@given(ADDRESSES)
def test_a_host_is_lower_case_without_www(url: str) -> None:
    """Or there is none."""
    host = host_of(url)

    assert host is None or (host and not host.startswith("www.") and "/" not in host)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://WWW.Paper.example:8080/a", "paper.example"),
        ("https://fr.paper.example/", "fr.paper.example"),
        ("https://wwwpaper.example", "wwwpaper.example"),
        ("https://www.www.paper.example", "paper.example"),
        ("paper.example/a", None),
        ("ftp://paper.example", None),
        ("http://[x", None),
        ("http://", None),
        ("http://..", None),
        ("", None),
        (None, None),
    ],
)
def test_names_the_host(url: str | None, host: str | None) -> None:
    """Of http(s) addresses only."""
    assert host_of(url) == host


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/barlamane/61507", True),
        ("/fr/barlamane/61507/", True),
        ("/en/ahram/344", True),
        ("/de/barlamane/61507", False),
        ("/barlamane/x61507", False),
        ("/barlamane/61507/comments", False),
        ("/barlamane", False),
        ("/", False),
        ("", False),
        ("/author/123", False),
        ("/fr/author/Rachid+D", False),
        ("/topics/12", False),
        ("/barlamane/rss", False),
        ("/rss", False),
        ("/a/b/rss", False),
    ],
)
def test_the_site_s_patterns_tell_articles_from_other_pages(
    path: str, maghress: SiteDefinition, *, expected: bool
) -> None:
    """`*` is one segment, `**` any number, `#` digits; what is excluded wins."""
    url = f"https://www.maghress.com{path}"

    assert is_article_url(url, maghress) is expected
    assert is_article_url(url, None)


def test_patterns_are_no_regular_expressions(maghress: SiteDefinition) -> None:
    """A dot is a dot; without patterns every path may be an article."""
    exact = maghress.model_copy(update={"article_urls": ("/a.b+(c)",)})
    free = maghress.model_copy(update={"article_urls": (), "exclude_urls": ("/x",)})

    assert is_article_url("https://h/a.b+(c)", exact)
    assert not is_article_url("https://h/aXbb(c)", exact)
    assert is_article_url("https://h/anything/at/all?q=1", free)
    assert not is_article_url("https://h/x", free)
    assert not is_article_url("http://[x", free)


def test_finds_the_definition_of_a_host(catalog: Catalog) -> None:
    """Whatever the form of the address; a family has no host of its own."""
    definitions = catalog.definitions

    found = site_of_host("http://www.turess.com/assabah/68561", definitions)

    assert found is not None
    assert found.name == "turess"
    assert site_of_host("https://fr.turess.com/", definitions) is None
    assert site_of_host("https://other.example/", definitions) is None
    assert site_of_host(None, definitions) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.example/x?ref=12", "https://a.example/x?ref=13"),
        ("https://a.example/a%2Fb", "https://a.example/a/b"),
    ],
)
def test_different_articles_keep_different_keys(one: str, other: str) -> None:
    """One row for two addresses would lose an article without a count."""
    assert url_key(one) != url_key(other)
