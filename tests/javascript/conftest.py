"""A site whose pages need scripts, and a browser that runs them."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.javascript import find_browser
from schemas.errors import UsageError
from tests.crawler.news_server import Answer, NewsServer, serving


@pytest.fixture(scope="session", autouse=True)
def browser() -> Path:
    """Chromium; without it the tests are skipped, or fail where it is required."""
    try:
        return find_browser()
    except UsageError as error:
        if os.environ.get("COPYDESK_REQUIRE_BROWSER") == "1":
            pytest.fail(f"COPYDESK_REQUIRE_BROWSER is set, but {error}")
        pytest.skip(str(error))


@pytest.fixture
def server() -> Iterator[NewsServer]:
    """The site whose pages need scripts."""
    with serving() as running:
        yield running


@pytest.fixture
def other() -> Iterator[NewsServer]:
    """A service on this machine that no page may reach."""
    with serving() as running:
        running.routes["/secret"] = Answer(
            b"secret", headers={"Access-Control-Allow-Origin": "*"}
        )
        yield running
