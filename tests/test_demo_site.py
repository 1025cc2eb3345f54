"""The sample site: what it claims to be is what it shows."""

import gzip
import http.client
import json
import shutil
import signal
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import cast
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree, html

from crawler import demo_site
from crawler.demo_content import load_content
from crawler.demo_site import (
    DemoArticle,
    DemoSite,
    Response,
    load_demo_site,
    run_demo_site,
    serve_demo_site,
)

ROOT = Path(__file__).parent.parent / "data" / "demo-site"
TODAY = date(2025, 9, 18)
BASE = "http://demo.example"
SITE = load_demo_site(ROOT, today=TODAY)
CONTENT = load_content(ROOT, today=TODAY)

every_article = pytest.mark.parametrize("article", SITE.articles, ids=lambda a: a.path)


def get(path: str, site: DemoSite = SITE) -> Response:
    """The answer to `path`, which must be there."""
    response = site.render(path, BASE)
    assert response is not None, path
    return response


def parse(path: str, site: DemoSite = SITE, codec: str = "utf-8") -> html.HtmlElement:
    """The tree of a page of HTML."""
    return html.document_fromstring(get(path, site).body.decode(codec))


def tree_of(article: DemoArticle) -> html.HtmlElement:
    """The page of an article, decoded as its `encoding` says."""
    codec = {"utf-8-bom": "utf-8-sig"}.get(article.encoding, article.encoding)
    return parse(article.path, codec=codec)


def select(tree: etree._Element, css: str) -> list[html.HtmlElement]:
    """The elements that a CSS selector finds."""
    return cast("list[html.HtmlElement]", tree.cssselect(css))


def strings(tree: etree._Element, xpath: str) -> list[str]:
    """The strings that an XPath expression finds."""
    return [str(each) for each in cast("list[object]", tree.xpath(xpath))]


def text_of(element: etree._Element) -> str:
    """The text of an element and all in it."""
    return "".join(str(each) for each in element.itertext())


def texts_of(tree: etree._Element, css: str) -> list[str]:
    """The texts of the elements that a CSS selector finds."""
    return [text_of(each) for each in select(tree, css)]


def ribbon_of(article: DemoArticle) -> list[str]:
    """The headlines of an article's page, whatever the shape of its ribbon."""
    tree = tree_of(article)
    if article.shape in ("list", "links"):
        return texts_of(tree, ".titles a")
    (text,) = texts_of(tree, ".titles")
    return text.split("\N{NO-BREAK SPACE}" * 4)


def with_case(case: str) -> list[DemoArticle]:
    """The articles that have a case; at least one must."""
    found = [each for each in SITE.articles if case in each.cases]
    assert found, case
    return found


# -- the stock ----------------------------------------------------------------------


def test_has_enough_articles_of_each_language() -> None:
    """Seven French, seven Arabic and four English ones, under their paths."""
    own = [each for each in SITE.articles if each.language == each.section]
    languages = Counter(each.language for each in own if each.is_article)
    assert languages["fr"] >= 7
    assert languages["ar"] >= 7
    assert languages["en"] >= 4
    for each in own:
        prefix = "" if each.section == "ar" else f"/{each.section}"
        assert each.path.rpartition("/")[0].rpartition("/")[0] == prefix


@every_article
def test_articles_are_long_enough(article: DemoArticle) -> None:
    """Each article has four to nine paragraphs and 120 words; the teaser one line."""
    if article.is_article:
        assert 4 <= len(article.paragraphs) <= 9
        assert len(article.text.split()) >= 120
    else:
        assert len(article.paragraphs) == 1


def test_ids_have_three_to_ten_digits() -> None:
    """Both ends of the range occur."""
    lengths = {len(each.path.rpartition("/")[2]) for each in SITE.articles}
    assert min(lengths) == 3
    assert max(lengths) == 10


def test_each_ribbon_shape_and_layout_is_used() -> None:
    """Each shape three times or more, in two languages; columns four or five times."""
    for shape in ("list", "links", "text", "paragraph"):
        having = [each for each in SITE.articles if each.shape == shape]
        assert len(having) >= 3, shape
        assert len({each.language for each in having}) >= 2, shape
    columns = [each for each in SITE.articles if each.layout == "columns"]
    assert len(columns) in (4, 5)


@pytest.mark.parametrize("language", ["fr", "ar", "en"])
def test_ribbons_have_thirty_headlines_of_odd_forms(language: str) -> None:
    """There are at least thirty, among them two-word ones and other end marks."""
    headlines = CONTENT.sections[language].headlines
    assert len(set(headlines)) == len(headlines) >= 30
    assert any(len(each.split()) == 2 for each in headlines)
    assert any(each.endswith("..") for each in headlines)
    assert any("%" in each for each in headlines)


def test_promo_stands_alone_in_the_middle_of_the_arabic_ribbon() -> None:
    """Arabic pages have it near the middle, once; others do not."""
    promo = CONTENT.sections["ar"].promo
    assert promo == "شارك صحافة من وإلى المواطن"
    for article in SITE.articles:
        ribbon = ribbon_of(article)
        if article.section == "ar":
            assert ribbon.count(promo) == 1
            assert abs(ribbon.index(promo) - len(ribbon) // 2) <= 3
        else:
            assert promo not in ribbon


# -- an article's page --------------------------------------------------------------


@every_article
def test_page_shows_the_truth(article: DemoArticle) -> None:
    """Title, published line, authors and paragraphs are those of the truth."""
    tree = tree_of(article)
    for unwanted in select(tree, "figure, .reportimage"):
        unwanted.drop_tree()
    columns = article.layout == "columns"
    title = texts_of(tree, "div.col-md-12 > h1" if columns else "span.articletitle")
    content = select(tree, "div.content" if columns else "span.articlecontent")
    # Between two paragraphs there is a line break in the source, in every layout.
    lines = [
        line
        for each in content
        for text in each.itertext()
        for line in str(text).split("\n")
    ]
    (published_line,) = texts_of(tree, "span.articlenewspaper")
    assert title == [article.title]
    assert tuple(each for each in lines if each) == article.paragraphs
    assert len(content) == len(article.breaks) + 1
    assert article.publisher in published_line
    assert published_line.endswith(f" {article.date_published_raw}")
    assert texts_of(tree, "a[rel=author]") == list(article.authors)


@every_article
def test_ribbon_comes_first_and_names_the_day(article: DemoArticle) -> None:
    """The ribbon has its shape, stands before the title, and names the crawl day."""
    ribbon = ribbon_of(article)
    tree = tree_of(article)
    (element,) = select(tree, ".titles")
    expected = {"list": "ul", "links": "div", "text": "div", "paragraph": "p"}
    assert element.tag == expected[article.shape]
    assert len(ribbon) >= 24
    days = ("18/9/2025", "18-09-2025", "18 septembre", "18 سبتمبر", "18 September")
    assert any(day in each for each in ribbon for day in days)
    order = list(tree.iter())
    (title,) = select(tree, "h1, .articletitle")
    assert order.index(element) < order.index(title)


@every_article
def test_head_sets_the_traps(article: DemoArticle) -> None:
    """`og:title` is only the site's name; the canonical address is the page's own."""
    tree = tree_of(article)
    assert tree.findtext(".//title") == f"{article.title} - {SITE.name}"
    assert strings(tree, "//meta[@property='og:title']/@content") == [SITE.name]
    assert strings(tree, "//meta[@property='og:site_name']/@content") == [SITE.name]
    assert strings(tree, "//link[@rel='canonical']/@href") == [BASE + article.path]
    assert tree.get("dir") == ("rtl" if article.section == "ar" else "ltr")
    images = strings(tree, "//meta[@property='og:image']/@content")
    assert images == ([BASE + article.image] if article.image else [])


@every_article
def test_source_link_is_as_often_there_as_the_file_says(article: DemoArticle) -> None:
    """Absent, once, twice, or once without its final dot."""
    links = select(tree_of(article), "a.source")
    counts = {"absent": 0, "once": 1, "twice": 2, "without-dot": 1}
    assert len(links) == counts[article.source_link]
    for link in links:
        assert link.get("href") == article.source_url
        has_dot = text_of(link).endswith(".")
        assert has_dot == (article.source_link != "without-dot")


def test_pages_differ_in_their_ribbons() -> None:
    """Two pages of one section show two runs of headlines."""
    first, second, *_ = [each for each in SITE.articles if each.section == "fr"]
    assert set(ribbon_of(first)) != set(ribbon_of(second))


# -- the cases ----------------------------------------------------------------------


def test_paragraph_equals_a_headline_of_the_same_page() -> None:
    """Cutting all that equals a headline would cut article text."""
    for article in with_case("paragraph-in-ribbon"):
        assert set(article.paragraphs) & set(ribbon_of(article))
    for article in with_case("title-in-ribbon"):
        assert article.title in ribbon_of(article)


def test_paragraph_holds_four_blanks() -> None:
    """One article has no-break spaces inside a paragraph, one has ordinary ones."""
    found = {
        gap
        for article in with_case("four-blanks")
        for gap in ("\N{NO-BREAK SPACE}" * 4, " " * 4)
        if gap in article.text
    }
    assert len(found) == 2


def test_widget_stands_in_the_article_under_its_photo() -> None:
    """A figure with a caption, then the widget, between first and second paragraph."""
    for article in with_case("widget-in-article"):
        (text,) = texts_of(tree_of(article), "body")
        widget = CONTENT.sections[article.section].widget
        assert article.caption is not None
        expected = [article.paragraphs[0], article.caption, *widget]
        places = [text.index(each) for each in (*expected, article.paragraphs[1])]
        assert places == sorted(places)


def test_widget_is_set_with_typographic_characters() -> None:
    """Neither a straight apostrophe nor an ordinary blank is left in it."""
    for article in with_case("widget-typographic"):
        (text,) = texts_of(tree_of(article), ".reportimage")
        text = text.replace("\n", "")
        assert "’" in text
        assert "\N{NO-BREAK SPACE}" in text
        assert "'" not in text
        assert " " not in text


def test_ribbon_is_of_another_language_than_the_article() -> None:
    """A French article has an Arabic ribbon, and an Arabic one a French ribbon."""
    found = {(each.language, each.section) for each in with_case("foreign-ribbon")}
    assert found == {("fr", "ar"), ("ar", "fr")}


def test_impossible_date_is_no_date() -> None:
    """31 February is printed, and the truth has no day for it."""
    (article,) = with_case("impossible-date")
    assert article.date_published_raw == "31 - 02 - 2019"
    assert article.date_published is None


def test_date_is_read_day_first_and_in_arabic_digits() -> None:
    """5 June is not 6 May, and ٢٢ is 22."""
    days = {each.date_published_raw: each.date_published for each in SITE.articles}
    assert days["05 - 06 - 2014"] == "2014-06-05"
    (article,) = with_case("arabic-indic-date")
    assert days[article.date_published_raw] == "2017-11-22"
    assert "٢٢" in article.date_published_raw


def test_windows_1256_page_is_declared_by_its_meta_element_only() -> None:
    """The page decodes as windows-1256, not as UTF-8, and the header is silent."""
    (article,) = with_case("windows-1256")
    response = get(article.path)
    assert response.content_type == "text/html"
    assert b'<meta charset="windows-1256">' in response.body
    assert article.paragraphs[-1] in response.body.decode("windows-1256")
    with pytest.raises(UnicodeDecodeError):
        response.body.decode("utf-8")


def test_byte_order_mark_alone_tells_the_encoding() -> None:
    """The page begins with the mark and declares nothing."""
    (article,) = with_case("utf-8-bom")
    response = get(article.path)
    assert response.content_type == "text/html"
    assert response.body.startswith(b"\xef\xbb\xbf<!DOCTYPE")
    assert b"charset" not in response.body


def test_json_ld_says_who_may_read() -> None:
    """The paywalled page says no and shows a box; the free ones say yes."""
    (paywalled,) = with_case("paywalled")
    assert not paywalled.is_article
    assert texts_of(tree_of(paywalled), ".paywall") == [
        "Cet article est réservé aux abonnés. Abonnez-vous pour lire la suite."
    ]
    for article in (paywalled, *with_case("json-ld-free")):
        (script,) = texts_of(tree_of(article), "script[type='application/ld+json']")
        facts = json.loads(script)
        assert facts["@type"] == "NewsArticle"
        assert facts["isAccessibleForFree"] is (article.access == "free")


# -- the other pages ----------------------------------------------------------------


PAGES = [path for path in SITE.paths if get(path).content_type.startswith("text/html")]


def same_site_links(path: str) -> set[str]:
    """Paths that a page links to, on its own site."""
    # The tags are ASCII in all encodings that the site uses.
    links = strings(parse(path, codec="latin-1"), "//body//a/@href")
    urls = {urlsplit(urljoin(BASE + path, each)) for each in links}
    return {each.path for each in urls if each.netloc == urlsplit(BASE).netloc}


@pytest.mark.parametrize("path", PAGES)
def test_links_of_pages_resolve(path: str) -> None:
    """Every link to the own site has a page behind it, pictures too."""
    assert same_site_links(path)
    for link in same_site_links(path):
        assert SITE.render(link, BASE) is not None, link
    for source in strings(parse(path, codec="latin-1"), "//img/@src"):
        assert get(source).body.startswith(b"\x89PNG")


def test_sections_list_their_articles() -> None:
    """Each article is linked from the page of its section, and from no other."""
    listed = {
        language: same_site_links(f"{section.prefix}/")
        for language, section in CONTENT.sections.items()
    }
    for article in SITE.articles:
        having = [each for each, links in listed.items() if article.path in links]
        assert having == [article.section]


@pytest.mark.parametrize(
    "path", ["/fr/author/Salma+Berrichi", "/topics/eau", "/topics/tourath"]
)
def test_listings_show_teasers(path: str) -> None:
    """Three or more, of about 250 characters, each with published line and link."""
    teasers = select(parse(path), "div.teaser")
    assert len(teasers) >= 3
    for teaser in teasers:
        (text,) = texts_of(teaser, "p")
        assert text.endswith(" (...)")
        assert 200 <= len(text) <= 256
        assert len(select(teaser, "span.articlenewspaper")) == 1
        assert len(select(teaser, "h2 > a")) == 1


def test_short_text_is_a_teaser_as_a_whole() -> None:
    """The one line of the paywalled page is not cut in the feed."""
    (paywalled,) = with_case("paywalled")
    feed = etree.fromstring(get("/fr/rss").body)
    assert f"{paywalled.paragraphs[0]} (...)" in strings(feed, "//description/text()")


def test_author_page_is_found_however_it_is_encoded() -> None:
    """Percent-encoding need not be in normal form, and a query changes nothing."""
    plain = get("/author/هدى+المرابطي")
    (path,) = [each for each in SITE.paths if each.startswith("/author/")]
    assert get(path) == get(path.lower()) == get(f"{path}?page=1") == plain


def feed_links(path: str) -> list[str]:
    """Addresses that a feed lists."""
    feed = etree.fromstring(get(path).body)
    return strings(feed, "/rss/channel/item/link/text()")


def test_feeds_list_each_article_once() -> None:
    """An article that moved is listed by its old address, which leads to it."""
    links = [
        each for path in ("/rss", "/fr/rss", "/en/rss") for each in feed_links(path)
    ]
    for article in SITE.articles:
        assert links.count(BASE + (article.moved_from or article.path)) == 1
    (moved,) = with_case("redirected")
    assert moved.moved_from is not None
    assert BASE + moved.path not in links
    response = get(moved.moved_from)
    assert (response.status, response.location) == (301, BASE + moved.path)


def test_feeds_list_what_goes_wrong() -> None:
    """Beside articles there are a missing page, another host's and a private one."""
    missing, offsite = feed_links("/fr/rss")[-2:]
    assert missing == BASE + SITE.missing_path
    assert SITE.render(SITE.missing_path, BASE) is None
    assert offsite == SITE.offsite_url
    assert urlsplit(offsite).netloc != urlsplit(BASE).netloc
    (private,) = SITE.private
    assert feed_links("/rss")[-1] == BASE + private.path
    assert private.path.startswith("/prive/")
    assert private.paragraphs[0] in get(private.path).body.decode()


def test_feed_dates_are_the_articles_days() -> None:
    """`pubDate` is the published day; it is absent where that is no day."""
    feed = etree.fromstring(get("/fr/rss").body)
    days = {
        item.findtext("title"): item.findtext("pubDate") for item in feed.iter("item")
    }
    for article in SITE.articles:
        if article.section == "fr":
            stamp = days[article.title]
            read = parsedate_to_datetime(stamp).date().isoformat() if stamp else None
            assert read == article.date_published


def test_news_sitemap_lists_all_articles() -> None:
    """In the order of the truth, with title, language and day of each."""
    names = {
        "s": "http://www.sitemaps.org/schemas/sitemap/0.9",
        "n": "http://www.google.com/schemas/sitemap-news/0.9",
    }
    sitemap = etree.fromstring(get("/news-sitemap.xml").body)
    rows = [
        (
            url.findtext("s:loc", None, names),
            url.findtext("n:news/n:title", None, names),
            url.findtext("n:news/n:publication/n:language", None, names),
            url.findtext("n:news/n:publication_date", None, names),
        )
        for url in sitemap
    ]
    assert rows == [
        (BASE + each.path, each.title, each.language, each.date_published)
        for each in SITE.articles
    ]


def test_robots_forbids_the_private_pages() -> None:
    """The rule and the sitemap's address are there."""
    text = get("/robots.txt").body.decode()
    assert "User-agent: *\nDisallow: /prive/\n" in text
    assert f"Sitemap: {BASE}/news-sitemap.xml\n" in text


# -- determinism --------------------------------------------------------------------


def test_same_day_gives_the_same_bytes() -> None:
    """Two loads answer alike on every path."""
    again = load_demo_site(ROOT, today=TODAY)
    assert again.articles == SITE.articles
    assert again.paths == SITE.paths
    for path in SITE.paths:
        assert get(path) == get(path, again)


@given(st.dates(date(1900, 1, 1), date(2100, 12, 31)))
def test_any_day_changes_ribbons_only(today: date) -> None:
    """The truth does not depend on the day; all headlines together name it."""
    content = load_content(ROOT, today=today)
    assert content.articles == SITE.articles
    for section in content.sections.values():
        figures = {f"{today.day}/{today.month}/{today.year}", f"{today:%d-%m-%Y}"}
        for figure in figures:
            assert any(figure in each for each in section.headlines)


def test_days_are_written_as_each_language_does() -> None:
    """Words of the weekday and month, and `1er` in French."""
    sections = load_content(ROOT, today=date(2025, 10, 1)).sections
    assert (
        "les températures de ce mercredi 1er octobre 2025"
        in sections["fr"].headlines[0]
    )
    assert "اليوم الأربعاء 1 أكتوبر 2025" in sections["ar"].headlines[0]
    assert "this Wednesday 1 October 2025" in sections["en"].headlines[0]
    assert any("١ / ١٠ / ٢٠٢٥" in each for each in sections["ar"].headlines)


# -- files that are wrong -----------------------------------------------------------


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of the site's folder, to be spoilt."""
    return shutil.copytree(ROOT, tmp_path / "site")


ARTICLE = "articles/pharedetroit-482.toml"
COLUMNS = "articles/harbourmail-915.toml"


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        (ARTICLE, 'id = "482"', 'id = "48"', r"id: '48' is not of the form"),
        (ARTICLE, 'id = "482"', 'id = "483"', "id: the file must be called"),
        (ARTICLE, "14 - 03 - 2016", "2016-03-14", "date: .* is not of the form"),
        (ARTICLE, 'language = "fr"', 'language = "xx"', "language: is not one of"),
        (ARTICLE, 'ribbon = "list"', "", "ribbon: is not one of"),
        (ARTICLE, "harbour.png", "../site.toml", "image: there is no picture"),
        (ARTICLE, 'image = "harbour.png"', "", "widget: .* needs an image"),
        (ARTICLE, 'publisher = "Le Phare du Détroit"', "", "publisher: a text is"),
        (ARTICLE, "widget-in-article", " ", "cases: only texts that are not blank"),
        (
            ARTICLE,
            "paragraphs = [",
            "paragraphs = []\nx = [",
            "paragraphs: a list of 1",
        ),
        (ARTICLE, "cases", "colour", "colour: there is no such field"),
        (ARTICLE, "cases", 'moved_from = "//x"\ncases', "moved_from: is not of the"),
        (ARTICLE, "cases", "breaks = [5]\ncases", "breaks: a list of numbers from 1"),
        (ARTICLE, "cases", "breaks = 2\ncases", "breaks: a list of numbers from 1"),
        (ARTICLE, "cases = [", "cases = [[", "file: "),
        (COLUMNS, "cases", "breaks = [1]\ncases", "breaks: columns have one"),
        ("site.toml", "Par {author}", "Par", r"sections.fr.byline: \{author\} must"),
        ("site.toml", "[sections.en]", "[sections.de]", "sections.de: the language"),
        ("site.toml", '[topics.eau]\nlanguage = "fr"', "[topics.eau]", "topics.eau.l"),
        ("site.toml", "[topics.eau]", "[topics]\neau = 1\n[x]", "topics.eau: a table"),
        ("site.toml", 'name = "Demoress"', 'name = " "', "name: a text is needed"),
        ("site.toml", 'name = "Demoress"', 'name = "x"\nsize = 1', "size: there is no"),
        (
            "ribbon.toml",
            "مساء {plus}",
            "{minus}",
            "ar.headlines: there is no placeholder",
        ),
        ("ribbon.toml", "[en]", "[de]", "en: a table is needed"),
    ],
)
def test_wrong_field_is_named(
    root: Path, name: str, old: str, new: str, message: str
) -> None:
    """The error says which file and which field."""
    path = root / name
    text = path.read_text("utf-8")
    assert text.count(old) >= 1
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(ValueError, match=message) as caught:
        load_demo_site(root, today=TODAY)
    assert str(path) in str(caught.value)


def test_topics_may_be_missing_but_not_misformed(root: Path) -> None:
    """No topic at all is fine; a number in the table's place is not."""
    path = root / "site.toml"
    text = path.read_text("utf-8").partition("# -- topic pages")[0]
    path.write_text(text, "utf-8")
    assert "/topics/eau" not in load_demo_site(root, today=TODAY).paths
    path.write_text(f"topics = 1\n{text}", "utf-8")
    with pytest.raises(ValueError, match="topics: a table is needed"):
        load_demo_site(root, today=TODAY)


def test_letter_that_the_encoding_lacks_is_an_error(root: Path) -> None:
    """An article whose text does not fit its encoding cannot be served."""
    path = root / "articles/sadaalwahat-347.toml"
    path.write_text(path.read_text("utf-8").replace("الواحة", "ڤاحة", 1), "utf-8")
    with pytest.raises(ValueError, match="encoding: windows-1256 lacks a letter"):
        load_demo_site(root, today=TODAY)


def test_two_articles_with_one_path_are_an_error(root: Path) -> None:
    """A private page may not hide an article."""
    name = "pharedetroit-482.toml"
    shutil.copy(root / "articles" / name, root / "private" / name)
    with pytest.raises(ValueError, match="/fr/pharedetroit/482: two files"):
        load_demo_site(root, today=TODAY)


def test_text_is_escaped(root: Path) -> None:
    """Markup in a title stays text, in the page, its JSON-LD, the feed, the sitemap."""
    path = root / "articles/deltagazette-8812.toml"
    title = '</script><b> & \\"breakwater\\"'
    text = path.read_text("utf-8").replace(
        "Fishermen and engineers agree on a new breakwater", title
    )
    path.write_text(text, "utf-8")
    site = load_demo_site(root, today=TODAY)
    wanted = title.replace("\\", "")
    page = parse("/en/deltagazette/8812", site)
    assert texts_of(page, "span.articletitle") == [wanted]
    (script,) = texts_of(page, "script")
    assert json.loads(script)["headline"] == wanted
    feed = etree.fromstring(get("/en/rss", site).body)
    assert wanted in strings(feed, "//title/text()")
    sitemap = etree.fromstring(get("/news-sitemap.xml", site).body)
    assert wanted in sitemap.itertext()


# -- the server ---------------------------------------------------------------------


def ask(
    base_url: str, path: str, *, method: str = "GET", accept: str = ""
) -> tuple[http.client.HTTPResponse, bytes]:
    """One request, with its body as sent."""
    connection = http.client.HTTPConnection(urlsplit(base_url).netloc, timeout=10)
    try:
        headers = {"Accept-Encoding": accept}
        connection.request(method, path, headers=headers)
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


def test_server_answers_what_render_does() -> None:
    """On loopback, with its own address in canonical links, and notes the request."""
    with serve_demo_site(ROOT, today=TODAY) as server:
        assert urlsplit(server.base_url).hostname == "127.0.0.1"
        response, body = ask(server.base_url, "/fr/?q=1")
        expected = SITE.render("/fr/", server.base_url)
        assert expected is not None
        assert response.status == 200
        assert body == expected.body
        assert response.getheader("Content-Type") == expected.content_type
        assert response.getheader("Content-Length") == str(len(body))
        assert server.requests == ["/fr/?q=1"]


@pytest.mark.parametrize(
    ("accept", "zipped"),
    [
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("gzip;q=0", False),
        ("gzip; q=0.0", False),
        ("br, deflate", False),
        ("", False),
    ],
)
def test_server_zips_for_those_who_accept(accept: str, *, zipped: bool) -> None:
    """A weight of nought means that gzip is not accepted (RFC 9110)."""
    with serve_demo_site(ROOT, today=TODAY) as server:
        response, body = ask(server.base_url, "/rss", accept=accept)
        assert response.getheader("Content-Encoding") == ("gzip" if zipped else None)
        expected = SITE.render("/rss", server.base_url)
        assert expected is not None
        assert (gzip.decompress(body) if zipped else body) == expected.body


def test_server_redirects_and_misses() -> None:
    """301 with an absolute address, 404 for the page that is gone."""
    (moved,) = with_case("redirected")
    assert moved.moved_from is not None
    with serve_demo_site(ROOT, today=TODAY) as server:
        response, _ = ask(server.base_url, moved.moved_from)
        assert response.status == 301
        assert response.getheader("Location") == server.base_url + moved.path
        response, _ = ask(server.base_url, SITE.missing_path)
        assert response.status == 404


def test_server_sends_pictures_as_they_are_and_heads_without_bodies() -> None:
    """A picture is not zipped; HEAD tells the length and sends nothing."""
    with serve_demo_site(ROOT, today=TODAY) as server:
        path = "/images/field.png"
        response, body = ask(server.base_url, path, accept="gzip")
        assert body == (ROOT / "images" / "field.png").read_bytes()
        response, nothing = ask(server.base_url, path, method="HEAD")
        assert response.getheader("Content-Length") == str(len(body))
        assert nothing == b""


def test_server_ends_while_a_client_keeps_its_connection() -> None:
    """Closing does not wait for idle clients, and leaves no thread behind."""
    before = set(threading.enumerate())
    with serve_demo_site(ROOT, today=TODAY) as server:
        connection = http.client.HTTPConnection(
            urlsplit(server.base_url).netloc, timeout=10
        )
        for _ in range(2):
            connection.request("GET", "/")
            assert connection.getresponse().read()
    connection.close()
    assert set(threading.enumerate()) <= before


def test_server_stays_silent_when_a_client_hangs_up(
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Neither a log line nor a traceback is printed; the next client is served."""
    with serve_demo_site(ROOT, today=TODAY) as server:
        address = urlsplit(server.base_url)
        with socket.create_connection((address.hostname, address.port), 10) as client:
            linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"  # hang up with a reset
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
        assert ask(server.base_url, "/")[0].status == 200
    assert capfd.readouterr() == ("", "")


def test_server_tells_of_errors_other_than_a_lost_client(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A reset is passed over; the traceback of a bug is printed."""
    server = demo_site._Server(SITE, 0)
    try:
        for error in (ConnectionResetError("gone"), ValueError("a bug")):
            try:
                raise error
            except (ConnectionResetError, ValueError):
                server.handle_error(None, ("127.0.0.1", 1))
    finally:
        server.server_close()
    printed = capsys.readouterr().err
    assert "ValueError: a bug" in printed
    assert "gone" not in printed


def test_taken_port_is_an_error() -> None:
    """Nothing is served when another server has the port."""
    with serve_demo_site(ROOT, today=TODAY) as server:
        port = urlsplit(server.base_url).port
        assert port is not None
        with (
            pytest.raises(OSError, match="in use"),
            serve_demo_site(ROOT, today=TODAY, port=port),
        ):
            pass


@pytest.fixture
def _interrupts() -> Iterator[None]:
    """SIGINT is KeyboardInterrupt, also in a job that a shell began with `&`."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_interrupts")
def test_run_prints_its_address_and_ends_on_interrupt(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Ctrl-C is the way to end it: no traceback, and the port is free again."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    def interrupt() -> None:
        for _ in range(1_000):
            try:
                ask(f"http://127.0.0.1:{port}", "/")
            except ConnectionError:
                threading.Event().wait(0.01)
            else:
                break
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    client = threading.Thread(target=interrupt)
    client.start()
    run_demo_site(ROOT, port, TODAY)
    client.join()
    assert capsys.readouterr().out == f"http://127.0.0.1:{port}/ (Ctrl-C ends it)\n"


def test_days_of_articles_are_past() -> None:
    """No article is younger than the first day on which the site was crawled."""
    days = [each.date_published for each in SITE.articles if each.date_published]
    assert max(days) < datetime(2025, 1, 1, tzinfo=UTC).date().isoformat()
