"""copydesk discover: a site definition to start from, for a site nobody knows yet."""

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crawler import exit_codes
from crawler.commands import Subparsers
from crawler.commands.run_options import positive_number, seconds
from crawler.terminal import printable
from schemas.errors import UsageError
from schemas.page import SourceKind
from schemas.site import SITE_NAME, SiteRules

if TYPE_CHECKING:
    from crawler.spiders.discover import FoundSource, Survey
    from pipelines.dates import ReadDate

DESCRIPTION = """\
Ask a site what it offers to a crawl (robots.txt, front page, sitemaps, feeds, some
sections), and print a site definition to start from, with what was measured as
comments. Read it before it is used: it is a draft (docs/discovery.md).

exit codes: 0 sources were found, 1 none were, 2 misuse, 3 the site cannot be had or
robots.txt forbids it, 6 it was stopped
"""

MAX_REQUESTS = 30

FRESH_DAYS = 30
"""A source whose newest entry is older is not kept."""

MIN_ENTRIES = 3
"""Articles of the site that a source names, at least."""

MIN_NEWS_SHARE = 0.5
"""Share of a source's entries that must read like articles of the site."""

MAX_OVERLAP = 0.8
"""A section is not kept if more than this share of it stands in other sources too."""

MIN_LANGUAGE_SHARE = 0.1
"""Share of the entries with a language from which on it is one of the site's."""

GENERIC_COUNTRY_DOMAINS = frozenset(
    "ac ai am as bz cc cd co dj eu fm gg gl im in io is la li ly me ms mu my nu pw sc "
    "sh so st su tf tk to tv vc vg wf ws yt".split()
)
"""Two-letter top-level domains that are used all over the world."""

_ORDER = (
    SourceKind.FEED,
    SourceKind.NEWS_SITEMAP,
    SourceKind.SECTION,
    SourceKind.SITEMAP,
)


@dataclass(frozen=True)
class Judged:
    """A source and what speaks for or against it."""

    source: "FoundSource"
    articles: frozenset[str]
    """Keys of the site's own pages that it names and that read like articles."""

    newest: "ReadDate | None"
    """The latest date that it gives, not later than now."""

    fault: str | None
    """Why it is not kept."""

    overlap: float = 0.0
    """Share of its articles that other kept sources name too."""


def add_parser(subparsers: Subparsers) -> None:
    """Add this command."""
    parser = subparsers.add_parser(
        "discover",
        help="print a site definition for a site that has none",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("target", metavar="DOMAIN|URL", help="the site's front page")
    parser.add_argument(
        "--write",
        metavar="FILE.toml",
        type=Path,
        help="write the definition there; a file that exists is not touched",
    )
    parser.add_argument(
        "--max-requests",
        metavar="N",
        type=positive_number,
        default=MAX_REQUESTS,
        help="requests at most (default: %(default)s)",
    )
    parser.add_argument(
        "--delay",
        metavar="SECONDS",
        type=seconds,
        help="pause between two requests (default: 2; robots.txt may ask for more)",
    )
    parser.add_argument(
        "--allow-private-addresses",
        action="store_true",
        help="loopback and private hosts may be asked; they are refused otherwise",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Ask the site, print or write the draft, and sum up on standard error."""
    from crawler.extensions.run import utc_now

    url = _address_of(arguments.target)
    _check(arguments, url)
    survey = _survey(arguments, url)
    if survey.problem is not None:
        _tell(f"copydesk: {survey.problem}")
        return exit_codes.FAILED
    judged = judge(survey, utc_now())
    for each in judged:
        _tell(f"{each.source.kind:<13} {each.source.url}: {each.fault or _facts(each)}")
    kept = [each for each in judged if each.fault is None]
    _tell(f"{survey.requests} requests, {len(kept)} of {len(judged)} sources kept")
    if not kept:
        return exit_codes.FINDINGS
    name = arguments.write.stem if arguments.write else name_of(survey.start_url)
    draft = draft_of(survey, kept, name)
    if arguments.write is None:
        print(draft, end="")
    else:
        with arguments.write.open("x", encoding="utf-8") as file:
            file.write(draft)
    return exit_codes.OK


def judge(survey: "Survey", now: datetime) -> list[Judged]:
    """All sources of a survey, those to keep first, in the order they are to be read.

    Args:
        survey: What was found.
        now: The present moment; tells what is fresh.
    """
    order = {kind: place for place, kind in enumerate(_ORDER)}
    sources = sorted(survey.sources, key=lambda each: order[each.kind])
    judged: list[Judged] = []
    known: set[str] = set()
    for source in sources:
        each = _judge_one(source, survey.start_url, known, now)
        judged.append(each)
        if each.fault is None:
            known |= each.articles
    return sorted(judged, key=lambda each: each.fault is not None)


def draft_of(survey: "Survey", kept: list[Judged], name: str) -> str:
    """The site file as TOML, with what was measured as comments."""
    from pipelines.sites import host_of

    host = host_of(survey.start_url) or ""
    country, languages = _country_of(host), _languages_of(survey, kept)
    delay = max(SiteRules().delay_seconds, survey.crawl_delay_seconds or 0.0)
    lines = [
        "# Drafted by `copydesk discover`; read it before you use it.",
        f"name = {_quoted(name)}",
        f"hosts = [{_quoted(host)}]",
        *([f"country = {_quoted(country)}"] if country else []),
        *([f"languages = {_list(languages)}"] if languages else []),
        f"delay_seconds = {delay:.1f}",
        "",
        *_pattern_lines(survey, kept),
        "sources = [",
        *(line for each in kept for line in _source_lines(each, kept)),
        "]",
    ]
    return "\n".join(lines) + "\n"


def name_of(url: str) -> str:
    """A name for the site: the part of its host that is its own."""
    from pipelines.sites import host_of

    labels = re.sub(r"[^a-z0-9.-]", "-", host_of(url) or "site").split(".")
    if all(each.isdigit() for each in labels):
        return "-".join(labels)
    own = labels[:-1]
    # The second level of a country may be as general as its first: `co.uk`, `com.br`.
    if len(own) > 1 and len(own[-1]) <= 3:  # noqa: PLR2004
        own = own[:-1]
    return (own or labels)[-1].strip("-") or "site"


def _judge_one(
    source: "FoundSource", start_url: str, known: set[str], now: datetime
) -> Judged:
    from pipelines.discover import reads_like_news
    from pipelines.sites import host_of, url_key

    host = host_of(start_url) or ""
    articles = frozenset(
        url_key(entry.url)
        for entry in source.entries
        if f".{host_of(entry.url)}".endswith(f".{host}") and reads_like_news(entry)
    )
    newest = max(_dates_of(source, now), key=lambda each: each.earliest, default=None)
    overlap = len(articles & known) / len(articles) if articles else 0.0
    fault: str | None = None
    if len(articles) < max(MIN_ENTRIES, MIN_NEWS_SHARE * len(source.entries)):
        fault = f"{len(articles)} of {len(source.entries)} entries read like articles"
    elif newest is not None and newest.earliest < now - timedelta(days=FRESH_DAYS):
        fault = f"stale, newest entry of {newest.iso}"
    elif source.kind is SourceKind.SECTION and overlap > MAX_OVERLAP:
        fault = f"nothing new, {overlap:.0%} stand in other sources"
    return Judged(source, articles, newest, fault, overlap)


def _dates_of(source: "FoundSource", now: datetime) -> Iterator["ReadDate"]:
    """Of all entries; a date that lies ahead tells nothing."""
    from pipelines.dates import is_after, parse_date

    for entry in source.entries:
        read = parse_date(entry.date_raw or entry.modified_raw or "")
        if read is not None and not is_after(read, now):
            yield read


def _pattern_lines(survey: "Survey", kept: list[Judged]) -> list[str]:
    from pipelines.discover import derive_patterns

    # A sitemap names all pages of a site: those of the other sources are articles.
    telling = [each for each in kept if each.source.kind is not SourceKind.SITEMAP]
    urls = {f"https://{key}" for each in telling or kept for key in each.articles}
    patterns = derive_patterns(urls, (survey.start_url, *survey.sections))
    if not patterns:
        return ["# The addresses of articles have no clear shape: no article_urls.", ""]
    return [
        f"# The shape of {len(urls)} addresses of articles.",
        f"article_urls = {_list(patterns)}",
        "",
    ]


def _source_lines(judged: Judged, kept: list[Judged]) -> Iterator[str]:
    """A comment, then the source; a whole archive beside others is commented out."""
    kind, url = judged.source.kind, judged.source.url
    title = f"{judged.source.title!r}: " if judged.source.title else ""
    yield f"    # {printable(title)}{_facts(judged)}"
    is_archive = kind is SourceKind.SITEMAP and len({k.source.kind for k in kept}) > 1
    if is_archive:
        yield "    # It names old articles too; take the mark away to crawl those."
    mark = "# " if is_archive else ""
    yield f"    {mark}{{ kind = {_quoted(kind)}, url = {_quoted(url)} }},"


def _facts(judged: Judged) -> str:
    newest = f", newest {judged.newest.iso}" if judged.newest else ""
    more = " and more" if judged.source.is_part else ""
    return (
        f"{len(judged.articles)} articles{more}{newest}, "
        f"{judged.overlap:.0%} also in those before"
    )


def _languages_of(survey: "Survey", kept: Iterable[Judged]) -> list[str]:
    """ISO 639-1 codes, the most frequent first."""
    texts = [entry.language for each in kept for entry in each.source.entries]
    codes = Counter(
        code
        for text in (texts if any(texts) else [survey.language])
        if re.fullmatch(r"[a-z]{2}", code := re.split("[-_]", (text or "").lower())[0])
    )
    least = MIN_LANGUAGE_SHARE * codes.total()
    return [code for code, count in codes.most_common() if count >= least]


def _country_of(host: str) -> str | None:
    """The country of a top-level domain that is used there only."""
    domain = host.rpartition(".")[2]
    if not re.fullmatch(r"[a-z]{2}", domain) or domain in GENERIC_COUNTRY_DOMAINS:
        return None
    return "GB" if domain == "uk" else domain.upper()


def _quoted(text: str) -> str:
    """A basic string of TOML; its escapes are those of JSON."""
    return json.dumps(printable(text), ensure_ascii=False)


def _list(texts: Iterable[str]) -> str:
    return f"[{', '.join(map(_quoted, texts))}]"


def _address_of(target: str) -> str:
    return target if "://" in target else f"https://{target}"


def _check(arguments: argparse.Namespace, url: str) -> None:
    from crawler.middlewares.addresses import is_private_url
    from pipelines.sites import host_of

    if host_of(url) is None:
        raise UsageError(f"{arguments.target}: neither a host nor an http(s) address")
    if not arguments.allow_private_addresses and is_private_url(url):
        raise UsageError(f"{url}: a private address, and those are not allowed")
    path: Path | None = arguments.write
    if path is None:
        return
    if path.suffix != ".toml" or not re.fullmatch(SITE_NAME, path.stem):
        raise UsageError(f"{path}: a site file is called NAME.toml, in lower case")
    if path.exists():
        raise UsageError(f"{path}: exists already")


def _survey(arguments: argparse.Namespace, url: str) -> "Survey":
    from scrapy.crawler import CrawlerProcess

    from crawler.spiders.discover import DiscoverSpider, Survey

    survey = Survey(url, problem=f"{url}: nothing could be asked")
    process = CrawlerProcess(_settings(arguments))
    crawler = process.create_crawler(DiscoverSpider)
    process.crawl(crawler, survey=survey, max_requests=arguments.max_requests)
    process.start()
    if crawler.stats.get_value("finish_reason") == "shutdown":
        raise KeyboardInterrupt
    return survey


def _settings(arguments: argparse.Namespace) -> Any:  # noqa: ANN401 - Scrapy's, late
    """Those of a crawl, without its folder, archive and items."""
    from scrapy.settings import Settings

    from crawler.spiders.discover import MAX_PAYLOAD_BYTES

    settings = Settings()
    settings.setmodule("crawler.settings", priority="project")
    middlewares = settings.getdict("DOWNLOADER_MIDDLEWARES")
    own = {
        "crawler.middlewares.reservations.ReservationsMiddleware": None,
        "crawler.middlewares.politeness.PolitenessMiddleware": None,
        "crawler.middlewares.archive.ArchiveMiddleware": None,
    }
    given: dict[str, object] = {
        "EXTENSIONS": dict.fromkeys(settings.getdict("EXTENSIONS")),
        "ITEM_PIPELINES": {},
        "DOWNLOADER_MIDDLEWARES": {**middlewares, **own},
        "AUTOTHROTTLE_ENABLED": False,
        "CONCURRENT_REQUESTS": 1,
        "RETRY_TIMES": 1,
        "DOWNLOAD_MAXSIZE": MAX_PAYLOAD_BYTES,
        "COPYDESK_ALLOW_PRIVATE_ADDRESSES": arguments.allow_private_addresses,
        "LOG_LEVEL": "WARNING",
    }
    if arguments.delay is not None:
        given["DOWNLOAD_DELAY"] = arguments.delay
    for name, value in given.items():
        settings.set(name, value, priority="cmdline")
    return settings


def _tell(line: str) -> None:
    print(printable(line), file=sys.stderr)
