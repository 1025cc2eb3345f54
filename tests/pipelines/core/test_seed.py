"""The page that the project began with: its record is exact in every field."""

import hashlib
import json
from typing import Any

import pytest

from pipelines.process import process_page
from pipelines.recognize import recognize_site
from schemas.article import Article
from schemas.config import PipelineConfig
from schemas.page import Page
from schemas.rejection import Rejection
from schemas.site import SiteDefinition
from tests.conftest import MakePage
from tests.pipelines.core.seed_pages import (
    BODIES,
    DUMP,
    HEADLINES,
    LINES,
    PARAGRAPHS,
    PUBLISHED,
    RIBBONS,
    SOURCE_LINK,
    SOURCE_URL,
    TEXT,
    TITLE,
    WIDGET,
    Body,
    Ribbon,
    dump,
    seed_html,
)

CONFIG = PipelineConfig()

EXPECTED: dict[str, object] = {
    "schema_version": 1,
    "id": hashlib.sha256(f"text\n{TEXT}".encode()).hexdigest()[:32],
    "url": None,
    "requested_url": None,
    "canonical_url": None,
    "site": "maghress.com",
    "publisher": "Barlamane",
    "source_url": None,
    "title": "Le Maroc intègre le programme Flyway d'Interpol, pour lutter contre le "
    "trafic des êtres humains",
    "lead": None,
    "description": None,
    "text": TEXT,
    "authors": [],
    "date_published": "2018-09-20",
    "date_published_raw": "20 - 09 - 2018",
    "date_precision": "day",
    "date_source": "published-line",
    "date_modified": None,
    "section": None,
    "tags": [],
    "language": "fr",
    "language_declared": None,
    "images": [],
    "access": "unknown",
    "opt_outs": [],
    "page_type": "article",
    "text_sha256": hashlib.sha256(TEXT.encode()).hexdigest(),
    "cluster_id": None,
    "fetched_at": None,
    "warnings": [],
}

REMOVED = [
    ("ribbon", 48, HEADLINES[0]),
    ("image-widget", 2, WIDGET[0]),
    ("published-line", 1, PUBLISHED),
    ("source-link", 1, SOURCE_LINK),
]


def article_of(page: Page, site: SiteDefinition | None) -> Article:
    """The article of a page that has one."""
    outcome = process_page(page, site, None, CONFIG)
    assert isinstance(outcome, Article), outcome
    return outcome


def record_of(page: Page, site: SiteDefinition | None) -> dict[str, Any]:
    """Its line, read as JSON."""
    record: dict[str, Any] = json.loads(article_of(page, site).to_json_line())
    return record


def removed_of(article: Article) -> list[tuple[str, int, str]]:
    """What was cut."""
    return [(each.rule, each.count, each.sample) for each in article.cleaning.removed]


@pytest.mark.parametrize("field", EXPECTED)
def test_the_record_of_the_seed_is_exact(
    text_page: MakePage, maghress: SiteDefinition, field: str
) -> None:
    """Field by field what the design says."""
    assert record_of(text_page(DUMP), maghress)[field] == EXPECTED[field]


def test_all_other_fields_of_the_record_are_tested_here(
    text_page: MakePage, maghress: SiteDefinition
) -> None:
    """None is forgotten: these four have tests of their own below."""
    record = record_of(text_page(DUMP), maghress)
    others = {"language_score", "word_count", "cleaning", "provenance"}
    assert set(record) == {*EXPECTED, *others}
    assert record["language_score"] > 0.9
    assert record["word_count"] == pytest.approx(len(TEXT.split()), rel=0.03)


def test_the_text_is_nine_paragraphs_of_the_dump_byte_for_byte(
    text_page: MakePage, maghress: SiteDefinition
) -> None:
    """Nothing more, nothing less, nothing changed."""
    paragraphs = article_of(text_page(DUMP), maghress).text.split("\n\n")
    assert len(paragraphs) == 9
    assert all(paragraph.encode() in DUMP for paragraph in paragraphs)
    assert paragraphs[0].startswith("Le Maroc a récemment intégré")
    assert paragraphs[-1].endswith("dans la note d'Interpol.")


def test_what_was_removed_is_told_and_nothing_else(
    text_page: MakePage, maghress: SiteDefinition
) -> None:
    """48 headlines, two lines of the widget, published line, source link."""
    article = article_of(text_page(DUMP), maghress)
    assert removed_of(article) == REMOVED
    kept = [TITLE, *PARAGRAPHS]
    cut = [" ".join(LINES[0].split()), *WIDGET, PUBLISHED, SOURCE_LINK]
    assert article.cleaning.kept_chars == sum(map(len, kept))
    assert article.cleaning.removed_chars == sum(map(len, cut))


def test_the_record_says_what_made_it(
    text_page: MakePage, maghress: SiteDefinition
) -> None:
    """Enough to make it again."""
    provenance = article_of(text_page(DUMP), maghress).provenance
    assert provenance.html_sha256 == hashlib.sha256(DUMP).hexdigest()
    assert (provenance.encoding, provenance.encoding_source) == ("utf-8", "utf-8")
    assert (provenance.extractor, provenance.extractor_version) == ("text-dump", None)
    assert provenance.site_definition == "ress"
    assert provenance.site_digest == maghress.file_digest
    assert provenance.config_digest == CONFIG.digest()
    assert provenance.template_digest is None
    assert provenance.http_status is None


def test_a_dump_whose_site_nobody_names_differs_in_the_site_only(
    text_page: MakePage, maghress: SiteDefinition, ress: SiteDefinition
) -> None:
    """The family is recognised by its phrases."""
    page = text_page(DUMP)
    recognised = recognize_site(page, (maghress, ress))
    assert recognised == ress
    named, unnamed = record_of(page, maghress), record_of(page, recognised)
    assert unnamed["site"] is None
    assert {key for key in named if named[key] != unnamed[key]} == {"site"}


@pytest.mark.parametrize("ribbon", RIBBONS.values(), ids=RIBBONS)
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_the_same_article_as_html_gives_the_same_record(
    html_page: MakePage, maghress: SiteDefinition, ribbon: Ribbon, body: Body
) -> None:
    """In the four shapes of ribbon that break stock tools, and four kinds of markup."""
    page = html_page(seed_html(ribbon, body))
    assert recognize_site(page, (maghress,)) is None
    record = record_of(page, maghress)
    same = (
        "id site publisher title lead text date_published date_published_raw "
        "date_precision date_source language text_sha256 access page_type warnings"
    ).split()
    assert {key: record[key] for key in same} == {key: EXPECTED[key] for key in same}
    assert record["source_url"] == SOURCE_URL
    assert removed_of(article_of(page, maghress)) == REMOVED


@pytest.mark.parametrize("ribbon", RIBBONS.values(), ids=RIBBONS)
def test_the_family_of_a_saved_page_is_recognised(
    html_page: MakePage, maghress: SiteDefinition, ress: SiteDefinition, ribbon: Ribbon
) -> None:
    """So that a page without address gives the same text as one with it."""
    page = html_page(seed_html(ribbon, BODIES["spans"]))
    assert recognize_site(page, (maghress, ress)) == ress
    assert article_of(page, ress).text == TEXT
    assert article_of(page, ress).site is None


def test_the_spans_of_the_family_are_read_by_its_layout(
    html_page: MakePage, maghress: SiteDefinition
) -> None:
    """And pages of another structure by a model: the record says which."""
    extractors = {
        name: article_of(
            html_page(seed_html(RIBBONS["links_in_list"], body)), maghress
        ).provenance.extractor
        for name, body in BODIES.items()
    }
    assert extractors.pop("spans") == "layout:spans"
    assert set(extractors.values()) == {"model:standard"}


def test_two_ribbons_give_the_same_article(
    text_page: MakePage, maghress: SiteDefinition
) -> None:
    """Same id and text, whatever the headlines of the hour are."""
    other = [f"Météo du {day}/9/2025 à {day} heures" for day in range(1, 31)]
    articles = [
        article_of(text_page(dump(headlines)), maghress)
        for headlines in (HEADLINES, other, HEADLINES[10:30])
    ]
    assert len({article.id for article in articles}) == 1
    assert {article.text_sha256 for article in articles} == {EXPECTED["text_sha256"]}
    assert [article.cleaning.removed[0].count for article in articles] == [48, 30, 20]


@pytest.mark.parametrize("length", range(200, len(LINES[0]), 200))
def test_a_dump_cut_inside_its_ribbon_has_no_main_content(
    text_page: MakePage, maghress: SiteDefinition, length: int
) -> None:
    """However early: even two headlines are no article."""
    text = DUMP.decode()
    start = text.index(LINES[0])
    page = text_page(text[: start + length])
    outcome = process_page(page, maghress, None, CONFIG)
    assert isinstance(outcome, Rejection)
    assert outcome.reason == "no-main-content"
    assert outcome.site == "maghress.com"


def test_a_dump_cut_inside_its_text_is_kept_as_far_as_it_goes(
    text_page: MakePage, maghress: SiteDefinition
) -> None:
    """Public dumps hold mostly the starts of pages."""
    text = DUMP.decode()
    end = text.index(PARAGRAPHS[4]) + 50
    article = article_of(text_page(text[:end]), maghress)
    assert article.title == TITLE
    assert article.text.split("\n\n") == [*PARAGRAPHS[:4], PARAGRAPHS[4][:50].strip()]


def test_published_line_of_a_quoted_article_below_is_no_headline_mark(
    ress: SiteDefinition, html_page: MakePage, config: PipelineConfig
) -> None:
    """With all prose above it, it marks neither start nor day of the article."""
    body = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
    page = html_page(
        f"<html><body><h1>{TITLE}</h1>{body}"
        "<p>Publié dans Le Monde le 01 - 02 - 2010</p></body></html>"
    )
    article = process_page(page, ress, None, config)
    assert isinstance(article, Article)
    assert article.title == TITLE
    assert article.text.startswith(PARAGRAPHS[0])
    assert article.date_published is None
