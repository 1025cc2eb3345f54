"""How sites are treated."""

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crawler.politeness import MAX_PAUSE_SECONDS, Manners, Site, Sites, retry_seconds
from crawler.state import Pause
from schemas.site import SiteDefinition

NOON = datetime(2024, 9, 3, 12, tzinfo=UTC)
HOST = "paper.example"


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.moment = NOON

    def __call__(self) -> datetime:
        """The moment."""
        return self.moment

    def move(self, seconds: float) -> None:
        """That many seconds pass."""
        self.moment += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    """Stands at noon."""
    return Clock()


def sites(
    clock: Callable[[], datetime],
    *,
    definition: dict[str, object] | None = None,
    pauses: dict[str, Pause] | None = None,
    **manners: Any,  # noqa: ANN401
) -> Sites:
    """Sites of which one may have a definition."""
    known = [
        SiteDefinition.model_validate(
            {"name": "a", "family": "a", "file_digest": "0", "hosts": [HOST], **each}
        )
        for each in (definition,)
        if each is not None
    ]
    fields: dict[str, Any] = {
        "delay_seconds": 2.0,
        "concurrency": 1,
        "backoff_seconds": 10.0,
        "max_wait_seconds": 600.0,
        **manners,
    }
    return Sites(known, Manners(**fields), pauses or {}, clock)


@pytest.mark.parametrize(
    ("definition", "manners", "expected"),
    [
        (None, {}, (2.0, 1)),
        ({"delay_seconds": 5, "concurrency": 3}, {}, (5.0, 3)),
        ({"delay_seconds": 0.5}, {}, (0.5, 1)),
        ({"delay_seconds": 5}, {"delay_seconds": 0.0, "is_delay_given": True}, (0, 1)),
        (
            {"concurrency": 3},
            {"concurrency": 9, "is_concurrency_given": True},
            (2.0, 9),
        ),
    ],
)
def test_site_is_treated_as_its_definition_says(
    clock: Clock,
    definition: dict[str, object] | None,
    manners: dict[str, Any],
    expected: tuple[float, int],
) -> None:
    """Unless the crawl was told otherwise."""
    site = sites(clock, definition=definition, **manners).of(HOST)
    assert (site.delay_seconds, site.concurrency) == expected


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        (" 7 ", 7.0),
        ("Tue, 03 Sep 2024 12:01:30 GMT", 90.0),
        ("Tue, 03 Sep 2024 12:01:30", 90.0),
        ("Tue, 03 Sep 2024 11:00:00 GMT", 0.0),
        ("999999999999999999", MAX_PAUSE_SECONDS),
        ("Tue, 03 Sep 2074 12:00:00 GMT", MAX_PAUSE_SECONDS),
        ("-5", 0.0),
        ("soon", 0.0),
        ("٣", 0.0),
        ("", 0.0),
        (None, 0.0),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float) -> None:
    """What is neither asks for nothing."""
    assert retry_seconds(header, NOON) == seconds


def test_busy_site_is_left_alone_as_long_as_it_asks(clock: Clock) -> None:
    """And is asked again afterwards."""
    all_sites = sites(clock)
    site = all_sites.of(HOST)
    assert all_sites.hear(site, 429, 0, "120")
    assert all_sites.wait_of(site) == 120
    clock.move(120)
    assert all_sites.wait_of(site) == 0


def test_pause_is_doubled_each_time_in_a_row(clock: Clock) -> None:
    """Until the site serves us: then all is forgotten."""
    all_sites = sites(clock)
    site = all_sites.of(HOST)
    waits = []
    for _ in range(3):
        all_sites.hear(site, 503, 0, None)
        waits.append(all_sites.wait_of(site))
        clock.move(waits[-1])
    assert waits == [10, 20, 40]
    assert all_sites.hear(site, 200, 0, None)
    assert all_sites.pause_of(site) is None
    all_sites.hear(site, 503, 0, None)
    assert all_sites.wait_of(site) == 10


def test_site_that_fails_is_asked_less_and_less(clock: Clock) -> None:
    """From the third failure in a row on."""
    all_sites = sites(clock)
    site = all_sites.of(HOST)
    all_sites.miss(site, "TimeoutError")
    all_sites.hear(site, 500, 0, None)
    assert all_sites.wait_of(site) == 0
    all_sites.miss(site, "TimeoutError")
    assert all_sites.wait_of(site) == 40
    assert site.errors == {"TimeoutError": 2}


def test_long_pause_is_for_another_session(clock: Clock) -> None:
    """Which knows of it."""
    all_sites = sites(clock)
    site = all_sites.of(HOST)
    all_sites.hear(site, 429, 0, "3600")
    assert all_sites.wait_of(site) == math.inf
    assert site.closed == "paused"
    pause = all_sites.pause_of(site)
    assert pause == Pause(NOON.timestamp() + 3_600, 1)
    clock.move(3_599)
    tomorrow = sites(clock, pauses={HOST: pause})
    assert tomorrow.wait_of(tomorrow.of(HOST)) == 1
    clock.move(1)
    assert tomorrow.wait_of(tomorrow.of(HOST)) == 0


def take_pages(all_sites: Sites, site: Site, _: Clock) -> None:
    """Two pages are fetched."""
    all_sites.ask(site, is_page=True)
    all_sites.ask(site, is_page=False)
    all_sites.ask(site, is_page=True)


def take_bytes(all_sites: Sites, site: Site, _: Clock) -> None:
    """Two megabytes come."""
    all_sites.hear(site, 200, 2_000_000, None)


def take_time(all_sites: Sites, site: Site, clock: Clock) -> None:
    """Two minutes pass."""
    all_sites.ask(site, is_page=False)
    clock.move(120)


@pytest.mark.parametrize(
    ("budget", "take"),
    [
        ({"pages": 2}, take_pages),
        ({"megabytes": 2}, take_bytes),
        ({"minutes": 2}, take_time),
    ],
)
def test_budget_of_a_site_is_kept_to(
    clock: Clock,
    budget: dict[str, int],
    take: Callable[[Sites, Site, Clock], None],
) -> None:
    """Nothing more is asked in this session once it is used up."""
    all_sites = sites(clock, definition={"budget": budget})
    site = all_sites.of(HOST)
    assert all_sites.wait_of(site) == 0
    take(all_sites, site, clock)
    assert all_sites.wait_of(site) == math.inf
    assert site.closed == f"budget of 2 {next(iter(budget))}"
