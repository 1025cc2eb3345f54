"""Crawls with learnt templates: learnt at the end, used from the start, replayed.

No site definition is named: what is known of the sample site, its pages have taught.
"""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from crawler.demo_site import DemoSite, load_demo_site, serve_demo_site
from pipelines.blocks import fold_blanks
from pipelines.manifest import load_manifest
from pipelines.template_files import (
    add_missing,
    load_templates,
    promote_next,
    write_template,
)
from pipelines.verify import verify_output
from tests.commands.running import copydesk
from tests.conftest import DEMO_SITE
from tests.crawler.runner import records

TODAY = date(2025, 9, 18)

SOURCES = ("/rss", "/fr/rss", "/en/rss", "/news-sitemap.xml")

HOST = "127.0.0.1"

OF_THE_FETCH = {"fetched_at", "provenance"}


@dataclass(frozen=True)
class Crawls:
    """A crawl that learns at its end, and one that uses what was learnt."""

    site: DemoSite
    first: Path
    second: Path
    told: str
    """What the first says of what it learnt."""


@pytest.fixture(scope="module")
def crawls(tmp_path_factory: pytest.TempPathFactory) -> Crawls:
    """Both, of the sample site."""
    first, second = (tmp_path_factory.mktemp(name) / "out" for name in ("a", "b"))
    with serve_demo_site(DEMO_SITE, today=TODAY) as server:
        command = (
            "crawl",
            *(f"{server.base_url}{path}" for path in SOURCES),
            *("--delay", "0", "--workers", "2", "--allow-private-addresses"),
        )
        learning = copydesk(*command, "--out", first, "--learn")
        assert learning.returncode == 0, learning.stderr.decode()
        learnt = first / "templates-next"
        using = copydesk(*command, "--out", second, "--templates", learnt)
        assert using.returncode == 0, using.stderr.decode()
    site = load_demo_site(DEMO_SITE, today=TODAY)
    return Crawls(site, first, second, learning.stdout.decode())


def made_by(record: dict[str, Any]) -> str:
    """What read its text."""
    return str(record["provenance"]["extractor"])


def test_a_crawl_learns_at_its_end(crawls: Crawls) -> None:
    """From its archive, for the next; its own records know nothing of it."""
    (template,) = load_templates(crawls.first / "templates-next")
    assert template.site == HOST
    assert list(verify_output(crawls.first)) == []
    assert crawls.told.startswith(f"{HOST}: ")
    assert not [
        r for r in records(crawls.first, "articles") if "template" in made_by(r)
    ]


def test_the_next_crawl_uses_it(crawls: Crawls) -> None:
    """Most articles are read by it, all exactly; the manifest names it."""
    articles = records(crawls.second, "articles")
    truth = {
        article.title: "\n\n".join(map(fold_blanks, article.paragraphs))
        for article in crawls.site.articles
        if article.is_article
    }
    assert {record["title"]: record["text"] for record in articles} == truth
    read = [record for record in articles if made_by(record).startswith("template:")]
    assert len(read) > len(articles) / 2
    (template,) = load_templates(crawls.second / "templates")
    manifest = load_manifest(crawls.second)
    assert manifest is not None
    assert manifest.templates == {HOST: template.file_digest}
    again = records(crawls.second, "duplicates")
    assert manifest.template_use[HOST].fits == len(read) + len(again)
    assert list(verify_output(crawls.second)) == []


def test_a_replay_with_the_same_templates_gives_the_same_articles(
    crawls: Crawls, tmp_path: Path
) -> None:
    """But for where they come from."""
    out = tmp_path / "out"
    done = copydesk(
        "clean",
        crawls.second / "archive",
        *("--templates", crawls.second / "templates", "--out", out),
    )
    assert done.returncode == 0, done.stderr.decode()
    live, again = (records(folder, "articles") for folder in (crawls.second, out))
    for record in (*live, *again):
        record["by"] = made_by(record)
        for name in OF_THE_FETCH:
            del record[name]
    as_lines = [sorted(map(json.dumps, each)) for each in (live, again)]
    assert as_lines[0] == as_lines[1]


def test_a_folder_that_is_no_folder_of_templates_is_an_error(tmp_path: Path) -> None:
    """Before anything is fetched."""
    done = copydesk(
        "crawl",
        "http://127.0.0.1:9/x",
        *("--allow-private-addresses", "--out", tmp_path / "out"),
        *("--templates", tmp_path / "none"),
    )
    assert done.returncode != 0
    assert b"is no folder of templates" in done.stderr


def test_what_was_learnt_is_taken_over_and_what_it_replaces_is_kept(
    crawls: Crawls, tmp_path: Path
) -> None:
    """A record names its template by digest; given ones stand back."""
    (learnt,) = load_templates(crawls.first / "templates-next")
    used = learnt.model_copy(update={"names": ()})
    write_template(tmp_path / "templates", used)
    write_template(tmp_path / "templates-next", learnt)
    promote_next(tmp_path)
    add_missing(tmp_path / "templates", tmp_path / "templates-old" / used.file_digest)
    assert load_templates(tmp_path / "templates") == (learnt,)
    assert load_templates(tmp_path / "templates-old" / used.file_digest) == (used,)
    promote_next(tmp_path)
    assert load_templates(tmp_path / "templates") == (learnt,)
    add_missing(tmp_path / "other", tmp_path / "templates")
    assert load_templates(tmp_path / "other") == (learnt,)
