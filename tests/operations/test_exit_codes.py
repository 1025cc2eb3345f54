"""What a crawl answers to a scheduler."""

import pytest

from crawler import exit_codes
from crawler.exit_codes import crawl_exit_code
from schemas.manifest import Manifest, MonitorResult, RunState
from schemas.summary import CrawlSummary
from tests.operations.samples import counts, manifest, site, summary

ALARM = (MonitorResult(name="m", passed=False, message=""),)
QUIET = (MonitorResult(name="m", passed=True, message=""),)
DONE = manifest(articles=5)
NOTHING = summary(session=counts(rejected=1), counts=counts(articles=5, rejected=1))

CASES = [
    ("articles came", DONE, summary(), exit_codes.OK),
    (
        "nothing was due",
        DONE,
        summary(session=counts(), counts=counts(articles=5)),
        exit_codes.OK,
    ),
    (
        "all that was asked was as before",
        manifest(articles=5, rejected=1),
        summary(
            session=counts(rejected=1),
            counts=counts(articles=5, rejected=1),
            sites=[site(not_modified=3)],
        ),
        exit_codes.OK,
    ),
    (
        "pages are archived, to be cleaned later",
        manifest(pending=3),
        summary(session=counts(pending=3), counts=counts(pending=3), waiting=3),
        exit_codes.OK,
    ),
    (
        "no page gave an article",
        manifest(articles=5, rejected=1),
        NOTHING,
        exit_codes.NOTHING_SCRAPED,
    ),
    (
        "no page could be had",
        manifest(pending=3),
        summary(session=counts(pending=3), counts=counts(pending=3)),
        exit_codes.NOTHING_SCRAPED,
    ),
    (
        "the sources have never named a page",
        manifest(),
        summary(session=counts(), counts=counts()),
        exit_codes.NOTHING_SCRAPED,
    ),
    (
        "nothing was asked at all",
        manifest(),
        summary(session=counts(), counts=counts(), requests=0),
        exit_codes.OK,
    ),
    (
        "all pages of the run failed",
        manifest(failed=2),
        summary(session=counts(failed=2), counts=counts(failed=2)),
        exit_codes.FAILED,
    ),
    (
        "it was stopped, whatever else",
        manifest(state=RunState.INTERRUPTED, failed=2, monitors=ALARM),
        NOTHING,
        exit_codes.INTERRUPTED,
    ),
    (
        "a monitor raised an alarm",
        manifest(articles=5, monitors=(*QUIET, *ALARM)),
        summary(),
        exit_codes.MONITORS_FAILED,
    ),
    (
        "the monitors are content",
        manifest(articles=5, monitors=QUIET),
        summary(),
        exit_codes.OK,
    ),
    (
        "nothing scraped is worse than an alarm",
        manifest(articles=5, rejected=1, monitors=ALARM),
        NOTHING,
        exit_codes.NOTHING_SCRAPED,
    ),
]


@pytest.mark.parametrize(
    ("whole", "session", "code"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_crawl_answers(whole: Manifest, session: CrawlSummary, code: int) -> None:
    """The gravest of what happened decides."""
    assert crawl_exit_code(whole, session, is_strict=False) == code


@pytest.mark.parametrize(
    ("whole", "code"),
    [
        (manifest(articles=1), exit_codes.OK),
        (manifest(articles=1, rejected=1), exit_codes.FINDINGS),
        (manifest(articles=1, failed=1), exit_codes.FINDINGS),
    ],
)
def test_strict_tells_of_rejected_and_failed_pages(whole: Manifest, code: int) -> None:
    """Only with `--strict` are they worth an exit code of their own."""
    assert crawl_exit_code(whole, summary(), is_strict=True) == code


def test_codes_are_distinct_and_no_shells() -> None:
    """Each has one meaning, and none is that of a signal or of the shell's."""
    codes = [value for name, value in vars(exit_codes).items() if name.isupper()]
    assert len(set(codes)) == len(codes) == 7
    assert max(codes) < 126
