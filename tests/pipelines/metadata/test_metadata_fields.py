"""Publisher, authors, section, tags, images, access and addresses of a page."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.metadata.head import absolute_url
from schemas.article import Access, Image, PageType
from schemas.page import Discovery, SourceKind
from schemas.site import SiteDefinition
from tests.pipelines.metadata.metadata_of import (
    PROSE,
    json_ld,
    meta,
    metadata_of,
    page_of,
    told_by,
)

LINE = "<div>Publié dans Barlamane le 20 - 09 - 2018</div>"


def article_ld(fields: str) -> str:
    """A script that describes an article by these fields."""
    return json_ld(f'{{"@type": "NewsArticle", {fields}}}')


def test_the_publisher_is_the_newspaper_of_the_published_line(
    ress: SiteDefinition,
) -> None:
    """It wins over all that is declared."""
    head = article_ld('"publisher": {"name": "Maghress"}') + meta("og:site_name", "M")

    assert metadata_of(head, LINE + f"<p>{PROSE}</p>", ress).publisher == "Barlamane"


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (
            article_ld('"publisher": {"name": "Dunes &amp; Sons"}')
            + meta("og:site_name", "dunes.example"),
            "Dunes & Sons",
        ),
        (meta("og:site_name", " Dunes   Daily "), "Dunes Daily"),
        (article_ld('"publisher": {"logo": "x"}'), None),
        ("", None),
    ],
)
def test_the_publisher_is_what_the_page_declares(
    head: str, expected: str | None
) -> None:
    """JSON-LD, then `og:site_name`."""
    assert metadata_of(head).publisher == expected


def test_an_aggregator_is_never_the_publisher(ress: SiteDefinition) -> None:
    """Without a published line the newspaper is not known."""
    head = article_ld('"publisher": "Maghress"') + meta("og:site_name", "Maghress")

    assert metadata_of(head, site=ress).publisher is None


def test_the_source_link_leads_to_the_original(ress: SiteDefinition) -> None:
    """Absolute; a link that is no address is passed over."""
    link = "<p><a href='{}'>Cliquez ici pour lire l'article depuis sa source.</a></p>"
    addresses = ("javascript:void(0)", "/away?to=barlamane")
    body = LINE + f"<p>{PROSE}</p>" + "".join(map(link.format, addresses))

    metadata = metadata_of("", body, ress)

    assert metadata.source_url == "https://paper.example/away?to=barlamane"
    assert metadata_of("", LINE + link.format("data:x"), ress).source_url is None
    assert metadata_of("", LINE, ress).source_url is None


@pytest.mark.parametrize(
    ("head", "field", "expected"),
    [
        (
            article_ld('"articleSection": ["Sport &amp; more", "b"]')
            + meta("article:section", "c"),
            "section",
            "Sport & more",
        ),
        (meta("article:section", "c"), "section", "c"),
        ("", "section", None),
        (
            meta("og:description", "a  b") + meta("description", "c"),
            "description",
            "a b",
        ),
        (
            '<meta name="Description" content="c">' + article_ld('"description": "d"'),
            "description",
            "c",
        ),
        (meta("twitter:description", "t"), "description", "t"),
        (article_ld('"description": "d"'), "description", "d"),
        ("", "description", None),
        (
            meta("article:tag", "a")
            + meta("article:tag", "b, a")
            + meta("keywords", "z"),
            "tags",
            ("a", "b"),
        ),
        (meta("news_keywords", "a; b ،ج,, "), "tags", ("a", "b", "ج")),
        (
            article_ld('"keywords": ["a", "b"]') + meta("keywords", "c"),
            "tags",
            tuple("abc"),
        ),
        ("", "tags", ()),
        (meta("parsely-section", "Harbour"), "section", "Harbour"),
        (article_ld('"inLanguage": "fr-MA"'), "language_declared", "fr-MA"),
        (meta("og:locale", "ar_MA"), "language_declared", "ar_MA"),
        ("", "language_declared", None),
        ("<meta name=keywords><meta content=x>", "tags", ()),
    ],
)
def test_reads_each_field_from_the_first_source_that_has_it(
    head: str, field: str, expected: object
) -> None:
    """Section, description, tags and declared language, in their order."""
    assert getattr(metadata_of(head), field) == expected


def test_the_root_s_language_comes_first() -> None:
    """As it stands there."""
    page = page_of(meta("og:locale", "ar_MA"))
    spoken = page.body.replace(b"<html>", b"<html lang=' fr-CA '>")

    told = told_by(page.model_copy(update={"body": spoken}))

    assert told.metadata.language_declared == "fr-CA"


@pytest.mark.parametrize(
    ("head", "expected"), [("", "ar"), (meta("og:locale", "fr_MA"), "fr_MA")]
)
def test_language_of_the_feed_comes_last(head: str, expected: str) -> None:
    """It is told where the page says nothing."""
    named = Discovery(source=SourceKind.FEED, language="ar")
    page = page_of(head).model_copy(update={"discovery": named})
    assert told_by(page).metadata.language_declared == expected


@pytest.mark.parametrize(
    ("head", "body", "expected"),
    [
        (article_ld('"isAccessibleForFree": true'), "", Access.FREE),
        (article_ld('"isAccessibleForFree": "True"'), "", Access.FREE),
        (article_ld('"isAccessibleForFree": false'), "", Access.PAYWALLED),
        (article_ld('"isAccessibleForFree": "False"'), "", Access.PAYWALLED),
        (article_ld('"isAccessibleForFree": null'), "", Access.UNKNOWN),
        (
            article_ld('"isAccessibleForFree": true')
            + meta("article:content_tier", "locked"),
            "<div class=paywall>x</div>",
            Access.FREE,
        ),
        (meta("article:content_tier", "Metered"), "", Access.PAYWALLED),
        (
            meta("article:content_tier", "free"),
            "<div class=paywall>x</div>",
            Access.FREE,
        ),
        (article_ld('"hasPart": {"isAccessibleForFree": false}'), "", Access.PAYWALLED),
        (
            article_ld('"hasPart": [1, {"isAccessibleForFree": "False"}]'),
            "",
            Access.PAYWALLED,
        ),
        (
            article_ld(
                '"isAccessibleForFree": true, "hasPart": {"isAccessibleForFree": false}'
            ),
            "",
            Access.FREE,
        ),
        ("", "<div class='box paywall-teaser'>x</div>", Access.PAYWALLED),
        ("", "<section class=regwall>x</section>", Access.PAYWALLED),
        ("", "<div class=nopaywalls>x</div>", Access.UNKNOWN),
        ("", "<p class=paywall>x</p>", Access.UNKNOWN),
    ],
)
def test_says_whether_all_may_read_it(head: str, body: str, expected: Access) -> None:
    """What is declared comes before the marks of a paywall."""
    assert metadata_of(head, body + f"<p>{PROSE}</p>").access is expected


@pytest.mark.parametrize(
    ("type_name", "expected"),
    [
        ("LiveBlogPosting", PageType.LIVEBLOG),
        ("NewsArticle", PageType.ARTICLE),
    ],
)
def test_says_what_kind_of_article_it_is(type_name: str, expected: PageType) -> None:
    """A live blog says so in its JSON-LD."""
    assert metadata_of(json_ld(f'{{"@type": "{type_name}"}}')).page_type is expected
    assert metadata_of().page_type is PageType.ARTICLE


@pytest.mark.parametrize(
    ("head", "url", "expected"),
    [
        (article_ld('"liveBlogUpdate": []'), "/story", PageType.LIVEBLOG),
        ("", "/news/pier-liveblog-12.html", PageType.LIVEBLOG),
        ("", "/live-blog/pier", PageType.LIVEBLOG),
        ("", "/sport/liveticker", PageType.LIVEBLOG),
        ("", "/deliveblogs/pier", PageType.ARTICLE),
        ("", "/pier?from=/liveblog/", PageType.ARTICLE),
    ],
)
def test_updates_and_addresses_say_live_blog_too(
    head: str, url: str, expected: PageType
) -> None:
    """A whole word of the path; nothing else of the address."""
    page = page_of(head, url=f"https://paper.example{url}")

    assert told_by(page).metadata.page_type is expected


def test_a_broken_address_says_nothing() -> None:
    """It is no live blog, and no site's name."""
    metadata = told_by(page_of("<title>The pier</title>", url="http://[x")).metadata

    assert metadata.page_type is PageType.ARTICLE
    assert metadata.title == "The pier"


def test_each_field_tells_all_its_candidates() -> None:
    """The one that won first; none where the page says nothing."""
    head = article_ld('"publisher": "Dunes", "articleSection": "Sea"') + meta(
        "og:site_name", "Dunes Daily"
    )

    candidates = metadata_of(head).candidates

    assert {
        field: [(each.source, each.value) for each in found]
        for field, found in candidates.items()
        if found
    } == {
        "publisher": [("json-ld", "Dunes"), ("og:site_name", "Dunes Daily")],
        "section": [("json-ld", "Sea")],
    }


def images_of(head: str, body: str) -> tuple[Image, ...]:
    """The images of a page."""
    return told_by(page_of(head, body)).images


def test_the_main_picture_comes_first_with_its_caption() -> None:
    """Absolute, each once; the caption is that of its figure in the article."""
    head = article_ld('"image": {"url": "/pier.jpg"}') + meta("og:image", "/other.jpg")
    body = (
        f"<article><p>{PROSE}</p><figure><img src=two.png>"
        "<figcaption>The  <b>old</b> pier</figcaption></figure>"
        "<figure><img src=/pier.jpg><figcaption>At dawn</figcaption></figure>"
        f"<img src='https://cdn.example/x.jpg'><p>{PROSE}</p></article>"
        "<aside><img src=/advert.png></aside>"
    )

    assert images_of(head, body) == (
        Image(url="https://paper.example/pier.jpg", caption="At dawn"),
        Image(url="https://paper.example/news/two.png", caption="The old pier"),
        Image(url="https://cdn.example/x.jpg", caption=None),
    )


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("<img src=data:image/gif;base64,AA data-src=/late.jpg>", ("/late.jpg",)),
        ("<img data-src=/late.jpg>", ("/late.jpg",)),
        ("<img src='javascript:alert(1)'>", ()),
        ("<img src='file:///etc/hostname'>", ()),
        ("<img src='http://[broken'>", ()),
        ("<img>", ()),
        ("<img src=/a.jpg><img src=/a.jpg>", ("/a.jpg",)),
    ],
)
def test_pictures_have_http_addresses_only(
    image: str, expected: tuple[str, ...]
) -> None:
    """A placeholder is passed over for the picture that is loaded later."""
    found = images_of("", f"<div><p>{PROSE}</p>{image}<p>{PROSE}</p></div>")

    assert [each.url for each in found] == [
        f"https://paper.example{path}" for path in expected
    ]


def test_pictures_are_bounded() -> None:
    """A gallery of hundreds does not swell the record."""
    gallery = "".join(f"<img src=/{number}.jpg>" for number in range(300))

    body = f"<div><p>{PROSE}</p>{gallery}<p>{PROSE}</p></div>"

    assert len(images_of("", body)) == 20


def test_a_page_without_text_has_its_declared_picture_only() -> None:
    """There is no article to look for others in."""
    assert images_of(meta("og:image", "/a.jpg"), "<img src=/b.jpg>") == (
        Image(url="https://paper.example/a.jpg", caption=None),
    )


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ('<link rel="canonical" href="/a">', "https://paper.example/a"),
        ('<link rel="nofollow CANONICAL" href="b">', "https://paper.example/news/b"),
        ('<link rel="canonical" href="https://x.example/a">', "https://x.example/a"),
        (
            '<base href="/en/"><link rel="canonical" href="a">',
            "https://paper.example/en/a",
        ),
        (
            '<base href="javascript:x"><link rel="canonical" href="a">',
            "https://paper.example/news/a",
        ),
        (
            '<link rel="canonical" href="javascript:x">' + meta("og:url", "/c"),
            "https://paper.example/c",
        ),
        ('<link rel="canonical" href="data:text/html,x">', None),
        ('<link rel="canonical" href="ftp://x.example/a">', None),
        ('<link rel="canonical" href="http:///a">', None),
        ('<link rel="canonical" href="http://[x/a">', None),
        ('<link rel="canonical" href=" ">', None),
        ('<link rel="canonical">', None),
        ('<link rel="stylesheet" href="/a">', None),
        ("", None),
    ],
)
def test_the_canonical_address_is_absolute(head: str, expected: str | None) -> None:
    """`rel=canonical`, else `og:url`; joined to `<base>`; http(s) only."""
    assert told_by(page_of(head)).head.canonical_url == expected


def test_relative_addresses_of_a_page_without_address_are_none() -> None:
    """There is nothing they could be joined to."""
    page = page_of('<link rel="canonical" href="/a">', url=None)

    assert told_by(page).head.canonical_url is None


@given(
    st.text(max_size=40)
    | st.sampled_from(["javascript:", "data:", "vbscript:", "file:///"]).flatmap(
        lambda scheme: st.text(max_size=20).map(lambda rest: scheme + rest)
    )
)
def test_an_address_is_http_or_none(href: str) -> None:
    """Whatever stands in a page, no other scheme gets into a record."""
    for base in ("https://paper.example/news/", "javascript:x", "", None):
        url = absolute_url(href, base)
        assert url is None or url.lower().startswith(("http://", "https://"))
