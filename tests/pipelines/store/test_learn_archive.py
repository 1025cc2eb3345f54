"""Archives to templates: whatever the order, the files and the number of workers."""

import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from pipelines.learn import TooFew, archive
from pipelines.learn.archive import LearnRun, Learnt, learn_archive, observe_page
from pipelines.learn.sample import SiteRule, draw_sample
from pipelines.read import Reading
from schemas.config import LimitsConfig, PipelineConfig, TemplateConfig
from schemas.errors import InputError, UsageError
from schemas.page import Page
from schemas.rejection import FailureReason
from schemas.template import SiteTemplate
from tests.conftest import MakePage
from tests.learn.pages import learnt as learnt_from
from tests.learn.pages import page, site_pages
from tests.pipelines.store.site_archives import (
    ONE,
    SMALL,
    TWO,
    archived_sites,
    write_warc,
)

RULE = SiteRule(None, ())


def learnt(
    *paths: Path, workers: int = 1, config: PipelineConfig | None = None
) -> Learnt:
    """What is learnt from these paths."""
    inputs = tuple(map(str, paths))
    return learn_archive(LearnRun(inputs, RULE, config or PipelineConfig(), workers))


@pytest.fixture(scope="module")
def pages() -> list[Page]:
    """The pages of some sites."""
    return archived_sites()


@pytest.fixture(scope="module")
def warc(pages: list[Page], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Them in an archive."""
    return write_warc(tmp_path_factory.mktemp("sites") / "a.warc.gz", pages)


@pytest.fixture(scope="module")
def result(warc: Path) -> Learnt:
    """What is learnt from it by one worker."""
    return learnt(warc)


def test_each_site_has_a_template_or_is_too_small(result: Learnt) -> None:
    """Sorted by host; each from its own articles only."""
    one, small, two = result.sites

    assert small == TooFew(SMALL, 2, 3)
    assert isinstance(one, SiteTemplate)
    assert isinstance(two, SiteTemplate)
    assert (one.site, one.articles, two.site, two.articles) == (ONE, 6, TWO, 6)
    assert "tide-body" in one.layouts[0].container
    assert "fern-body" in two.layouts[0].container
    assert result.templates == (one, two)
    assert result.failures == ()


def test_the_template_is_that_of_the_pages(result: Learnt, pages: list[Page]) -> None:
    """An archive adds nothing to what `learn` makes of them but the times."""
    (one, _) = result.templates
    direct = learnt_from([each for each in pages if ONE in (each.url or "")], ONE)

    assert isinstance(direct, SiteTemplate)
    assert (one.lines, one.regions) == (direct.lines, direct.regions)


def test_neither_order_nor_files_nor_workers_matter(
    result: Learnt, pages: list[Page], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Byte for byte; nor does it matter how many sites are learnt at once."""
    half = len(pages) // 2
    write_warc(tmp_path / "b.warc.gz", pages[:half][::-1])
    write_warc(tmp_path / "a.warc.gz", [*pages[half:][::-1], *pages[:3]])
    monkeypatch.setattr(archive, "SITES_AT_ONCE", 1)

    assert learnt(tmp_path, workers=2) == result


def test_a_page_that_holds_no_article_teaches_nothing(
    result: Learnt, pages: list[Page], tmp_path: Path
) -> None:
    """It is drawn, and changes no template."""
    about = page("<h1>About us</h1><p>Too short.</p>", "about", ONE)

    assert learnt(write_warc(tmp_path / "a.warc.gz", [about, *pages])) == result


def test_a_sample_is_enough(pages: list[Page], tmp_path: Path) -> None:
    """No more pages are looked at than the configuration says."""
    config = PipelineConfig(template=TemplateConfig(sample_pages=4))

    found = learnt(write_warc(tmp_path / "a.warc.gz", pages), config=config)

    assert [each.articles for each in found.templates] == [4, 4]


def test_pages_that_are_lost_cost_only_themselves(warc: Path) -> None:
    """They are told of; a site that has none left is too small."""
    config = PipelineConfig(limits=LimitsConfig(page_seconds=0.001))

    found = learnt(warc, workers=2, config=config)

    assert {each.reason for each in found.failures} == {FailureReason.TIMEOUT}
    assert len(found.failures) == 12
    assert found.sites == (TooFew(ONE, 0, 3), TooFew(SMALL, 2, 3), TooFew(TWO, 0, 3))


def test_pages_that_are_gone_at_the_second_reading_are_missing(
    warc: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The site is learnt from what is left."""
    path = tmp_path / "a.warc.gz"
    path.write_bytes(warc.read_bytes())

    def draw_and_cut(
        readings: Iterable[Reading], rule: SiteRule, config: PipelineConfig
    ) -> dict[str, frozenset[str]]:
        sample = draw_sample(readings, rule, config)
        write_warc(path, site_pages(range(4), host=ONE))
        return sample

    monkeypatch.setattr(archive, "draw_sample", draw_and_cut)

    one, _, two = learnt(path).sites

    assert isinstance(one, SiteTemplate)
    assert one.articles == 4
    assert two == TooFew(TWO, 0, 3)


@pytest.mark.parametrize("given", ["-", "pipe"])
def test_what_can_be_read_once_is_refused(given: str, tmp_path: Path) -> None:
    """Before anything is read of it."""
    os.mkfifo(tmp_path / "pipe")
    path = Path(given) if given == "-" else tmp_path / given

    with pytest.raises(UsageError, match="cannot be read twice"):
        learnt(path)


def test_a_path_that_is_not_there_is_an_error(warc: Path, tmp_path: Path) -> None:
    """Also if another is."""
    with pytest.raises(InputError, match="gone"):
        learnt(warc.parent, tmp_path / "gone.warc.gz")


def test_nothing_is_observed_on_a_page_of_no_site(text_page: MakePage) -> None:
    """Nobody could say what for."""
    dump = text_page("A headline\n" + "A line of a text that says nothing new. " * 9)

    assert observe_page(dump, rule=RULE, config=PipelineConfig()) is None
    named = SiteRule(None, (), ONE)
    found = observe_page(dump, rule=named, config=PipelineConfig())
    assert found is not None
    assert found.site == ONE
