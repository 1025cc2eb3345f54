"""Which site a page is of: by its host, else by the phrases in it."""

import unicodedata

import pytest

from crawler.catalog import Catalog
from pipelines.recognize import recognize_site
from tests.conftest import MakePage
from tests.pipelines.core.stories import ARABIC, FRENCH

PUBLISHED = FRENCH.published
SOURCE_LINK = FRENCH.source_links[0]


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://www.maghress.com/fr/barlamane/1", "maghress"),
        ("http://djazairess.com:80/fr/elwatan/1", "djazairess"),
        ("https://news.example/1", None),
        ("https://maghress.com.example/1", None),
        ("ftp://maghress.com/1", None),
        ("nonsense", None),
    ],
)
def test_a_page_with_an_address_is_of_the_site_of_its_host(
    html_page: MakePage, catalog: Catalog, url: str, name: str | None
) -> None:
    """Its phrases do not count: another site may quote them."""
    page = html_page(FRENCH.as_html(), url=url)
    site = recognize_site(page, catalog.definitions)
    assert (site.name if site else None) == name


@pytest.mark.parametrize("story", [FRENCH, ARABIC], ids=["fr", "ar"])
def test_a_page_without_address_is_of_the_family_whose_phrases_it_has(
    html_page: MakePage, text_page: MakePage, catalog: Catalog, *, story: object
) -> None:
    """As dump and as HTML; the family has no host."""
    assert story in {FRENCH, ARABIC}
    for page in (
        text_page(FRENCH.as_dump() if story is FRENCH else ARABIC.as_dump()),
        html_page(FRENCH.as_html() if story is FRENCH else ARABIC.as_html()),
    ):
        site = recognize_site(page, catalog.definitions)
        assert site is not None
        assert (site.name, site.host) == ("ress", None)


@pytest.mark.parametrize(
    ("text", "is_ress"),
    [
        (f"{PUBLISHED}\n{SOURCE_LINK}", True),
        (f"{FRENCH.widget[0]}\n{PUBLISHED}", True),
        (PUBLISHED, False),
        ("\n".join(FRENCH.widget), False),
        (f"{PUBLISHED}\n{PUBLISHED}", False),
        (f"{PUBLISHED}\nشارك صحافة من وإلى المواطن", False),
        ("", False),
        (unicodedata.normalize("NFD", f"{FRENCH.widget[1]}\n{PUBLISHED}"), True),
        (f"{PUBLISHED}\n{SOURCE_LINK}".replace("i", "i\xad"), True),
    ],
)
def test_two_elements_of_a_family_make_a_page_its_own(
    text_page: MakePage, catalog: Catalog, text: str, *, is_ress: bool
) -> None:
    """One alone may be a coincidence, and a promo says nothing."""
    site = recognize_site(text_page(text), catalog.definitions)
    assert (site is not None) is is_ress


@pytest.mark.parametrize(
    "markup",
    [
        "",
        "<!-- -->",
        f"<script>{PUBLISHED} {SOURCE_LINK}</script><p>Rien</p>",
        f"<!-- {PUBLISHED} --><p>{SOURCE_LINK}</p>",
    ],
)
def test_what_is_not_read_does_not_speak_for_a_site(
    html_page: MakePage, catalog: Catalog, markup: str
) -> None:
    """Scripts, comments, and pages without any markup."""
    assert recognize_site(html_page(markup), catalog.definitions) is None


def test_without_definitions_no_page_is_recognised(text_page: MakePage) -> None:
    """The generic path."""
    assert recognize_site(text_page(FRENCH.as_dump()), ()) is None
