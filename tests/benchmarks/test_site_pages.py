"""Generated sites: what they promise to whoever learns or measures with them."""

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from itertools import chain, islice
from pathlib import Path
from random import Random
from statistics import median

import langdetect
import pytest
from lxml import etree

from benchmarks import straightforward
from benchmarks.labelled import load_sets
from benchmarks.site_pages import (
    CRAWLED_FROM,
    LAYOUTS,
    NEWS_PER_HOUR,
    REDESIGNED,
    RIBBONS,
    Design,
    GeneratedPage,
    SitePlan,
    is_listing,
    iter_pages,
    main,
    plans,
    story,
    write_archive,
)
from benchmarks.site_texts import LANGUAGES, STOCKS, Writer
from pipelines.read import read_path
from schemas.config import LimitsConfig
from schemas.page import Page

PLANS = plans(14, pages=16)
ENGLISH = PLANS[0]
PAGES_OF_AN_HOUR = 12


def _words(element: etree._Element) -> str:
    return " ".join("".join(map(str, element.itertext())).split())


def _text(page: GeneratedPage) -> str:
    """All text of the page, read in the encoding that it declares."""
    tree = etree.HTML(page.html)
    etree.strip_elements(tree, "script", "style", with_tail=False)
    return _words(tree)


def _pages(plan: SitePlan, count: int) -> list[GeneratedPage]:
    return list(islice(iter_pages(plan), count))


def _article(plan: SitePlan) -> GeneratedPage:
    return next(page for page in iter_pages(plan) if page.truth.is_article)


def _digest(plan: SitePlan) -> str:
    pages = b"".join(page.html for page in iter_pages(plan))
    return hashlib.sha256(pages).hexdigest()


def _ribbon(page: GeneratedPage) -> str:
    labels = etree.HTML(page.html).iter("b")
    box = next(each.getparent() for each in labels if each.text == "Latest")
    assert box is not None
    return _words(box)


class TestPlans:
    """What sites there are."""

    def test_every_layout_occurs_in_every_language(self) -> None:
        """56 sites are enough for all combinations."""
        found = {(plan.design.layout, plan.language) for plan in plans(56)}
        assert len(found) == len(LAYOUTS) * len(LANGUAGES) == 56

    def test_a_site_does_not_depend_on_how_many_there_are(self) -> None:
        """More sites change none of the first ones; another seed changes all."""
        assert plans(3) == plans(8)[:3]
        assert not set(plans(3, seed=1)) & set(plans(3))

    def test_there_are_thousands_of_pages_by_default(self) -> None:
        """50 sites of 104 pages each."""
        assert sum(plan.pages for plan in plans()) == 5200


class TestDeterminism:
    """The same plan gives the same bytes."""

    def test_pages_do_not_depend_on_the_order_of_sites(self) -> None:
        """Backwards, each site is as it was."""
        some = PLANS[:4]
        forwards = [_digest(plan) for plan in some]
        backwards = [_digest(plan) for plan in reversed(some)]
        assert forwards == backwards[::-1]
        assert len(set(forwards)) == len(some)

    def test_another_process_writes_the_same_archive(self, tmp_path: Path) -> None:
        """With another order of its hashes, too."""
        ours, theirs = tmp_path / "ours.warc.gz", tmp_path / "theirs.warc.gz"
        arguments = ["--sites", "3", "--pages", "4"]
        assert main([str(ours), *arguments]) == 0
        subprocess.run(
            [sys.executable, "-m", "benchmarks.site_pages", str(theirs), *arguments],
            check=True,
            capture_output=True,
            env={**os.environ, "PYTHONHASHSEED": "7"},
        )
        assert ours.read_bytes() == theirs.read_bytes()


class TestPages:
    """What stands on the pages."""

    @pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.name)
    def test_what_is_true_stands_on_the_page(self, plan: SitePlan) -> None:
        """Title, standfirst, each paragraph, in order; authors somewhere."""
        for page in _pages(plan, 4)[1:]:
            text, truth = _text(page), page.truth
            assert truth.title in text
            assert all(name in text for name in truth.authors)
            place = 0
            for part in filter(None, (truth.lead, *truth.text)):
                place = text.index(part, place) + len(part)

    @pytest.mark.parametrize("plan", PLANS[:4], ids=lambda plan: plan.name)
    def test_paragraphs_are_of_one_article(self, plan: SitePlan) -> None:
        """But for stock sentences, of which a language has a few."""
        stock = set(STOCKS[plan.language]["agency"])
        texts = [set(page.truth.text) - stock for page in iter_pages(plan)]
        assert sum(map(len, texts)) - len(set(chain.from_iterable(texts))) <= 2
        assert all(4 <= len(page) <= 40 for page in texts if page)

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_prose_has_its_language(self, language: str) -> None:
        """A detector knows it, paragraph by paragraph."""
        langdetect.DetectorFactory.seed = 0
        writer = Writer(language, Random("prose"))  # noqa: S311 - no secret
        found = [langdetect.detect(writer.paragraph()) for _ in range(5)]
        assert {each.partition("-")[0] for each in found} == {language}

    def test_languages_have_the_same_phrases(self) -> None:
        """None lacks what the others have."""
        assert len({frozenset(stock) for stock in STOCKS.values()}) == 1

    @pytest.mark.parametrize(
        ("related", "count"), [("inside", 3), ("end", 5), ("below", 6), ("rail", 6)]
    )
    def test_related_articles_are_others_of_the_site(
        self, related: str, count: int
    ) -> None:
        """As many as fit the box; other ones on each page."""
        plan = replace(ENGLISH, related=related, promos=0, furniture=())
        numbers = [each for each in range(plan.stories) if not is_listing(each)]
        titles = {story(plan, number).title for number in numbers}
        shown = [
            {title for title in titles - {page.truth.title} if title in _text(page)}
            for page in _pages(plan, 4)[1:]
        ]
        assert [len(each) for each in shown] == [count] * 3
        assert shown[0] != shown[1] != shown[2]

    @pytest.mark.parametrize("ribbon", RIBBONS)
    def test_the_ribbon_changes_by_the_hour(self, ribbon: str) -> None:
        """It is the same on all pages of an hour, the newest headline first."""
        plan = replace(ENGLISH, ribbon=ribbon, pages=25)
        news = [_ribbon(page) for page in iter_pages(plan)]
        assert len(set(news[:PAGES_OF_AN_HOUR])) == 1
        first, second, third = news[::PAGES_OF_AN_HOUR]
        assert len({first, second, third}) == 3
        newest = int(CRAWLED_FROM.timestamp()) // 3600 * NEWS_PER_HOUR
        assert first.startswith(f"Latest {story(plan, newest).title}")

    def test_old_articles_keep_the_old_design(self) -> None:
        """Where a site was redesigned, the day of publication decides."""
        old = Design("table", "none")
        plan = replace(ENGLISH, other_design=old, other_for="past", pages=40)
        layouts = {
            (page.truth.date < REDESIGNED.date().isoformat(), page.truth.layout)
            for page in iter_pages(plan)
            if page.truth.date
        }
        assert layouts == {(True, "table"), (False, ENGLISH.design.layout)}

    def test_a_section_may_have_a_design_of_its_own(self) -> None:
        """Then both are seen among articles of any age."""
        other = Design("breaks", "kebab")
        plan = replace(ENGLISH, other_design=other, other_for="section", pages=40)
        layouts = {page.truth.layout for page in iter_pages(plan)}
        assert layouts == {"breaks", ENGLISH.design.layout}

    def test_some_pages_are_no_articles(self) -> None:
        """The home page and four sections among 104; nothing is true of them."""
        others = [
            page.truth
            for page in iter_pages(replace(ENGLISH, pages=104))
            if not page.truth.is_article
        ]
        assert len(others) == 5
        assert not any(each.text or each.authors or each.date for each in others)

    def test_pages_have_addresses_and_times_of_their_own(self) -> None:
        """No address twice; none was captured before it was published."""
        pages = [page for plan in PLANS for page in iter_pages(plan)]
        assert len({page.url for page in pages}) == len(pages)
        assert all(
            page.truth.date is None
            or page.truth.date <= f"{page.captured_at + timedelta(hours=1):%Y-%m-%d}"
            for page in pages
        )

    def test_pages_weigh_what_news_pages_weigh(self) -> None:
        """About 100 kB and 700 elements; some weigh 30 kB, some 350."""
        pages = [_article(plan) for plan in plans(36, pages=2)]
        sizes = [len(page.html) / 1000 for page in pages]
        elements = [len(list(etree.HTML(page.html).iter())) for page in pages]
        assert 70 <= median(sizes) <= 130
        assert min(sizes) < 40
        assert 300 < max(sizes) < 450
        assert 500 <= median(elements) <= 1000
        assert all(300 <= each <= 1500 for each in elements)


class TestFiles:
    """What is written."""

    def test_the_reader_reads_the_archive(self, tmp_path: Path) -> None:
        """Each page as it was made, with its address and time."""
        archive = tmp_path / "a.warc.gz"
        pages = _pages(PLANS[1], 3)
        assert write_archive(archive, pages) == 3
        read = list(read_path(str(archive), LimitsConfig()))
        assert [
            (each.url, each.body, each.content_type, each.fetched_at)
            for each in read
            if isinstance(each, Page)
        ] == [
            (page.url, page.html, page.content_type, page.captured_at) for page in pages
        ]
        assert len(read) == 3

    def test_a_folder_is_a_labelled_set(self, tmp_path: Path) -> None:
        """With pages that are no articles among those that are."""
        arguments = ["--sites", "2", "--pages", "3"]
        assert main(["--folder", str(tmp_path / "sites"), *arguments]) == 0
        (found,) = load_sets(tmp_path)
        made = [page for plan in plans(2, 3) for page in iter_pages(plan)]
        assert [page.read() for page in found.pages] == [page.html for page in made]
        assert [page.is_article for page in found.pages] == [False, True, True] * 2
        page, truth = found.pages[1], made[1].truth
        assert page.body.endswith("\n\n".join(truth.text))
        assert (page.title, page.date, page.language) == (
            truth.title,
            truth.date,
            truth.language,
        )

    def test_truth_is_written_beside_an_archive(self, tmp_path: Path) -> None:
        """One line for each page, in the same order."""
        archive, truth = tmp_path / "a.warc.gz", tmp_path / "truth.jsonl"
        main([str(archive), "--truth", str(truth), "--sites", "1", "--pages", "3"])
        rows = [json.loads(line) for line in truth.read_text("utf-8").splitlines()]
        made = list(iter_pages(plans(1, 3)[0]))
        assert [row["url"] for row in rows] == [page.url for page in made]

    @pytest.mark.parametrize("arguments", [[], ["a.warc.gz", "--folder", "b"]])
    def test_one_output_is_asked_for(self, arguments: list[str]) -> None:
        """None, or two, is an error of use."""
        with pytest.raises(SystemExit) as stopped:
            main(arguments)
        assert stopped.value.code == 2


class TestStraightforward:
    """The script that we are measured beside."""

    def test_it_writes_a_line_for_each_article(self, tmp_path: Path) -> None:
        """With what trafilatura and langdetect say of it."""
        archive, out = tmp_path / "a.warc.gz", tmp_path / "out.jsonl"
        pages = _pages(ENGLISH, 3)[1:]
        write_archive(archive, pages)
        counts = straightforward.run(archive, out)
        rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
        assert (counts.pages, counts.articles) == (2, 2)
        assert counts.seconds > 0
        assert [row["url"] for row in rows] == [page.url for page in pages]
        for row, page in zip(rows, pages, strict=True):
            assert (row["language"], row["date"]) == ("en", page.truth.date)
            assert page.truth.text[0] in row["text"]

    def test_it_reads_responses_of_html_alone(self, tmp_path: Path) -> None:
        """A picture is no page; a page without an article gives no line."""
        archive, out = tmp_path / "a.warc.gz", tmp_path / "out.jsonl"
        page = _article(ENGLISH)
        empty = replace(page, html=b"<html><body></body></html>")
        picture = replace(page, content_type="image/png")
        write_archive(archive, [empty, picture])
        counts = straightforward.run(archive, out)
        assert (counts.pages, counts.articles) == (1, 0)
        assert out.read_bytes() == b""

    def test_it_prints_its_speed(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """And the versions of what it stands on."""
        archive = tmp_path / "a.warc.gz"
        write_archive(archive, [_article(ENGLISH)])
        assert straightforward.main([str(archive), str(tmp_path / "out.jsonl")]) == 0
        versions, speed = capsys.readouterr().out.splitlines()
        assert "trafilatura 2." in versions
        assert speed.startswith("1 pages, 1 articles: ")
