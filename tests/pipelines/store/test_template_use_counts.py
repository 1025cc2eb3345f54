"""How templates serve a run, and when one is told to be stale."""

from pathlib import Path
from typing import Any

import pytest

from pipelines.template_files import TemplateFolder, open_folder, write_template
from pipelines.template_use import TemplateUses, judged, learnt_agreement
from schemas.article import Article, Duplicate
from schemas.config import TemplateConfig
from schemas.manifest import TemplateUse
from schemas.provenance import TemplateCheck
from schemas.rejection import Rejection, RejectionReason
from schemas.template import SiteTemplate
from tests.learn.pages import learnt, site_pages
from tests.pipelines.store.records import article, failure, provenance
from tests.pipelines.store.site_archives import ONE

CONFIG = TemplateConfig(max_agreement_loss=0.1, max_unfit_ratio=0.5)


@pytest.fixture(scope="module")
def template() -> SiteTemplate:
    """What is learnt of a site."""
    found = learnt(site_pages(range(4), host=ONE), ONE)
    assert isinstance(found, SiteTemplate)
    return found


@pytest.fixture
def folder(template: SiteTemplate, tmp_path: Path) -> TemplateFolder:
    """A folder with it."""
    write_template(tmp_path, template)
    return open_folder(tmp_path)


def made(**fields: object) -> Article:
    """An article with these fields of provenance."""
    source = provenance().model_copy(update=fields)
    return article("text").model_copy(update={"provenance": source})


def rejected(**fields: object) -> Rejection:
    """A rejection with them."""
    return Rejection(
        reason=RejectionReason.TOO_SHORT,
        url=None,
        requested_url=None,
        site=None,
        fetched_at=None,
        provenance=made(**fields).provenance,
    )


def duplicate(**fields: object) -> Duplicate:
    """A duplicate with them."""
    same = made(**fields)
    names = ("id", "text_sha256", "url", "requested_url", "fetched_at", "provenance")
    return Duplicate(**{name: getattr(same, name) for name in names})


def test_each_record_counts_for_the_template_that_it_names(
    folder: TemplateFolder, template: SiteTemplate
) -> None:
    """Fit and unfit are articles; of other pages only the number is told."""
    digest = {"template_digest": template.file_digest}
    fits = {**digest, "template_check": TemplateCheck.FITS}
    unfit = {**digest, "template_check": TemplateCheck.NO_LAYOUT}
    uses = TemplateUses(folder, {}, CONFIG)
    for record in (
        made(**fits),
        made(**fits, template_agreement=0.9),
        duplicate(**fits, template_agreement=0.6),
        made(**unfit),
        made(**digest, template_check=TemplateCheck.BODY_DIFFERS),
        rejected(**unfit),
        made(**digest),
        made(template_digest="f" * 64, template_check=TemplateCheck.FITS),
        made(),
        failure("lost"),
        rejected(),
    ):
        uses.count(record)

    assert uses.judged() == {
        ONE: TemplateUse(
            pages=7,
            fits=3,
            unfit={TemplateCheck.BODY_DIFFERS: 1, TemplateCheck.NO_LAYOUT: 1},
            checked=2,
            agreement=0.75,
            learnt_agreement=template.layouts[0].agreement,
        )
    }


def test_counting_goes_on_where_it_was_left(
    folder: TemplateFolder, template: SiteTemplate
) -> None:
    """A mean that was written down and read again is as exact as one that was not."""
    records = [
        made(
            template_digest=template.file_digest,
            template_check=TemplateCheck.FITS,
            template_agreement=number / 7919 % 1,
        )
        for number in range(1, 2_000, 13)
    ]
    whole = TemplateUses(folder, {}, CONFIG)
    for record in records:
        whole.count(record)
    known: dict[str, TemplateUse] = {}
    for record in records:
        part = TemplateUses(folder, known, CONFIG)
        part.count(record)
        known = {
            site: TemplateUse.model_validate_json(use.to_json_line())
            for site, use in part.judged().items()
        }

    assert known == whole.judged()


AGREED = {"checked": 5, "agreement": 0.8, "learnt_agreement": 0.95}
AGREED_WHY = "agreement is 0.80 on 5 pages, and was 0.95 when it was learnt"
UNFIT_WHY = "6 of 10 articles do not fit"
UNFIT = {"fits": 4, "unfit": {TemplateCheck.NO_LAYOUT: 4, TemplateCheck.TEXT_SHORT: 2}}


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({}, None),
        (AGREED, AGREED_WHY),
        ({**AGREED, "checked": 4}, None),
        ({**AGREED, "agreement": 0.86}, None),
        ({**AGREED, "learnt_agreement": None}, None),
        (UNFIT, UNFIT_WHY),
        ({**UNFIT, "fits": 3}, None),
        ({**UNFIT, "fits": 6}, None),
        ({**UNFIT, **AGREED}, f"{UNFIT_WHY}; {AGREED_WHY}"),
        ({**AGREED, "agreement": 0.9, "stale": True, "why": "before"}, None),
    ],
)
def test_a_template_is_stale_where_enough_pages_say_so(
    fields: dict[str, Any], why: str | None
) -> None:
    """By agreement, or by what does not fit; on too few pages it is not judged."""
    use = judged(TemplateUse(**fields), CONFIG)

    assert (use.stale, use.why) == (why is not None, why)


def test_agreement_is_that_of_all_layouts(template: SiteTemplate) -> None:
    """Each counts by its articles; without layouts there is none."""
    (layout,) = template.layouts
    two = template.model_copy(
        update={
            "layouts": (
                layout.model_copy(update={"articles": 3, "agreement": 1.0}),
                layout.model_copy(update={"articles": 1, "agreement": 0.6}),
            )
        }
    )

    assert learnt_agreement(two) == 0.9
    assert learnt_agreement(template.model_copy(update={"layouts": ()})) is None
    assert learnt_agreement(None) is None
