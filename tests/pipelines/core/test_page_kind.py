"""Articles are kept and other pages are not: home pages, sections, offers, walls."""

import pytest

from pipelines.html import parse
from pipelines.metadata import read_head
from pipelines.page_features import UNKNOWN, PageView, page_numbers
from pipelines.page_kind import kind_signs
from pipelines.process import Examination, examine_page
from schemas.config import PipelineConfig, ValidateConfig
from schemas.page import Page, PageKind
from schemas.provenance import InputKind, Source
from schemas.rejection import Rejection, RejectionReason
from tests.pipelines.core import kinds_of_pages as kinds

CONFIG = ValidateConfig()
UNASKED = PipelineConfig(validation=ValidateConfig(max_not_article=1))


def seen(html: str, url: str | None) -> Examination:
    """What the pipeline makes of a page when the model is not asked."""
    source = Source(input=InputKind.HTML, input_file="page.html")
    page = Page(kind=PageKind.HTML, body=html.encode(), source=source, url=url)
    return examine_page(page, None, None, UNASKED)


def view(html: str, url: str | None = None) -> PageView:
    """A page as the model sees it."""
    found = seen(html, url)
    tree = parse(html)
    assert tree is not None
    assert found.metadata is not None
    return PageView(found.draft, read_head(tree, url), found.metadata, tree, url)


ARTICLES = {
    "dated": kinds.DATED,
    "bare": kinds.BARE,
    "tables": kinds.BODY_ALONE,
}
OTHERS = {
    "home": (kinds.HOME, "https://courier.example/"),
    "tag": (kinds.TAG, "https://courier.example/tag/bridges/"),
    "author": (kinds.AUTHOR, "https://courier.example/author/jonas-lund"),
    "shop": (kinds.SHOP, "https://courier.example/collections/lamps"),
    "service": (kinds.SERVICE, "https://roofs.example/services/roof-repair"),
    "consent": (kinds.CONSENT, "https://courier.example/consent"),
    "shell": (kinds.SHELL, "https://courier.example/2024/bridge-stays-closed"),
    "not found": (kinds.NOT_FOUND, "https://courier.example/city/no-such-story"),
    "login": (kinds.LOGIN, "https://courier.example/login"),
}
URLS = (
    "https://courier.example/city/2024/bridge-stays-closed-until-the-winter",
    "https://courier.example/",
    None,
)


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("kind", ARTICLES)
def test_an_article_is_kept(kind: str, url: str | None) -> None:
    """With metadata or without, wherever it lies, and if nobody knows where."""
    assert not isinstance(seen(ARTICLES[kind], url).outcome, Rejection)
    assert kind_signs(view(ARTICLES[kind], url), CONFIG) == ()


@pytest.mark.parametrize("knows_url", [True, False])
@pytest.mark.parametrize("kind", OTHERS)
def test_another_page_is_rejected(kind: str, *, knows_url: bool) -> None:
    """By a rule or by its shape, and also where its address is not known."""
    html, url = OTHERS[kind]
    known = url if knows_url else None

    signs = kind_signs(view(html, known), CONFIG)

    assert signs or isinstance(seen(html, known).outcome, Rejection)


def test_the_signal_says_what_was_measured() -> None:
    """The probability, its limit, and the features that spoke loudest."""
    (sign,) = kind_signs(view(*OTHERS["service"]), CONFIG)

    assert sign.reason is RejectionReason.NOT_ARTICLE
    assert sign.limit == CONFIG.max_not_article
    assert sign.measured is not None
    assert CONFIG.max_not_article < sign.measured <= 1
    assert sign.detail is not None
    start, _, told = sign.detail.partition(": ")
    assert start == "shape of the page"
    numbers = page_numbers(view(*OTHERS["service"]))
    for each in told.split(", "):
        name, value = each.split(" ")
        assert float(value) == pytest.approx(numbers[name], rel=0.01)


def test_the_limit_is_that_of_the_configuration() -> None:
    """At 0 an article has a sign too; at 1 the model is not asked."""
    article, service = view(kinds.BARE), view(*OTHERS["service"])

    assert kind_signs(article, ValidateConfig(max_not_article=0))
    assert kind_signs(service, ValidateConfig(max_not_article=1)) == ()


def test_a_live_blog_is_kept() -> None:
    """It is a listing by its shape, and a live blog by its address."""
    url = "https://courier.example/city/live-blog/bridge"

    assert kind_signs(view(kinds.HOME.replace("canonical", "x"), url), CONFIG) == ()


def test_a_page_without_text_is_left_to_the_other_rules() -> None:
    """`no-main-content` says more of it than its shape."""
    assert kind_signs(view(kinds.SHELL), CONFIG) == ()


NUMBERS = [
    (kinds.DATED, "og_article", 1),
    (kinds.DATED, "date", 4),
    (kinds.DATED, "authors", 1),
    (kinds.BARE, "og_article", 0),
    (kinds.BARE, "date", 0),
    (kinds.BARE, "authors", 0),
    (kinds.DATED, "holders", 1 / 9),
    (kinds.DATED, "in_article", 1),
    (kinds.DATED, "in_body", 1),
    (kinds.SERVICE, "holders", 1),
    (kinds.SERVICE, "headings_single", 1),
    (kinds.SERVICE, "phones", 1),
    (kinds.SERVICE, "fields", 2),
    (kinds.NOT_FOUND, "title_asks", 0),
    (kinds.SHELL, "prose", 0),
    (kinds.SHELL, "holders", UNKNOWN),
    (kinds.SHELL, "kept", UNKNOWN),
]


@pytest.mark.parametrize(("html", "name", "expected"), NUMBERS)
def test_numbers_of_a_page(html: str, name: str, expected: float) -> None:
    """Amounts in logarithms, shares from 0 to 1, unknown below 0."""
    assert page_numbers(view(html))[name] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (None, (-1, -1, -1, -1, -1, -1)),
        ("https://a.example", (-1, -1, -1, -1, -1, -1)),
        ("https://a.example/", (-1, -1, -1, -1, -1, -1)),
        ("https://[a.example/", (-1, -1, -1, -1, -1, -1)),
        ("https://a.example/Tag/x", (2, 1, 0, 1, 0, 0)),
        ("https://a.example/services.html", (1, 1, 0, 0, 1, 0)),
        ("https://a.example/blog/2024/why-we-came", (3, 3, 4, 0, 0, 1)),
        ("https://a.example/blog/services/", (2, 1, 0, 0, 1, 1)),
        ("https://a.example/serviceswoman", (1, 1, 0, 0, 0, 0)),
    ],
)
def test_numbers_of_an_address(url: str | None, expected: tuple[float, ...]) -> None:
    """A site's root says nothing: archives often know no more of an address."""
    numbers = page_numbers(view(kinds.BODY_ALONE, url))

    names = ("depth", "slug_words", "path_digits")
    words = ("path_listing", "path_service", "path_article")
    assert tuple(numbers[name] for name in (*names, *words)) == expected


def test_a_page_that_declares_the_root_is_a_home_page() -> None:
    """Its `rel=canonical` is known, unlike the address that an archive gives."""
    numbers = page_numbers(view(kinds.HOME, "https://courier.example/start"))

    assert (numbers["depth"], numbers["path_listing"]) == (0, UNKNOWN)


def test_every_page_has_the_same_numbers() -> None:
    """In one order: a model is a list of trees over their places."""
    pages = [*ARTICLES.values(), *(html for html, _ in OTHERS.values())]
    assert len({tuple(page_numbers(view(html))) for html in pages}) == 1
