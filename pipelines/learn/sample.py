"""Which pages each site is learnt from: some, drawn by hash, whatever their order.

An archive is read twice. The first reading keeps of each site the names of the pages
that come first in the order of hashes; the second hands those pages out. So memory
holds some names for each site, and never more than one page.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pipelines.learn.observe import page_order
from pipelines.process import FIRST_OK, FIRST_REDIRECT
from pipelines.read import Reading
from pipelines.sites import host_of, is_article_url, site_of_host
from schemas.config import PipelineConfig
from schemas.page import Page
from schemas.site import SiteDefinition

ADDRESS_DIGITS = 64
"""Digits of `page_order` that stand for the address."""


@dataclass(frozen=True, slots=True)
class SiteRule:
    """How it is known of a page which site it is of."""

    site: SiteDefinition | None
    """The definition for all pages; None: each page's is looked up."""

    definitions: tuple[SiteDefinition, ...]
    """All definitions at hand."""

    host: str | None = None
    """The site of pages without an address, if it is known."""

    def host_of(self, page: Page) -> str | None:
        """The site of a page, None if nobody says.

        That of its address; else the host that was named, else that of the definition
        that was named.
        """
        named = self.site.host if self.site is not None else None
        return host_of(page.url) or self.host or named

    def definition_of(self, page: Page) -> SiteDefinition | None:
        """The definition for a page, as far as its address tells."""
        return self.site or site_of_host(page.url, self.definitions)


def draw_sample(
    readings: Iterable[Reading], rule: SiteRule, config: PipelineConfig
) -> dict[str, frozenset[str]]:
    """Names of the pages that each site is learnt from, by site.

    Of each site `config.template.sample_pages` at most, those that come first in the
    order of `page_order`; of several captures of an address one. Pages that cannot be
    articles by their status, size or address are not drawn.

    Args:
        readings: All that the input holds, in any order.
        rule: Which site a page is of.
        config: All thresholds.
    """
    drawn: dict[str, dict[str, str]] = {}
    for page in _candidates(readings, rule, config):
        host = rule.host_of(page)
        if host is not None:
            name = page_name(page, rule.definition_of(page))
            _keep_first(drawn.setdefault(host, {}), name, config.template.sample_pages)
    return {host: frozenset(names.values()) for host, names in sorted(drawn.items())}


def iter_sample(
    readings: Iterable[Reading],
    rule: SiteRule,
    config: PipelineConfig,
    wanted: Mapping[str, frozenset[str]],
) -> Iterator[tuple[str, Page]]:
    """The pages that were drawn, each once, with its site, as they come.

    Args:
        readings: What `draw_sample` was given, once more.
        rule: As for `draw_sample`.
        config: As for `draw_sample`.
        wanted: What it gave, or some sites of it.
    """
    left = {host: set(names) for host, names in wanted.items()}
    for page in _candidates(readings, rule, config):
        host = rule.host_of(page)
        names = left.get(host) if host is not None else None
        if host is None or not names:
            continue
        name = page_name(page, rule.definition_of(page))
        if name in names:
            names.remove(name)
            yield host, page


def page_name(page: Page, site: SiteDefinition | None) -> str:
    """`page_order`, and a digest of all else that is known of a page but its place.

    Two captures with the same bytes may differ in their time: which one is drawn must
    not depend on which is read first.
    """
    rest = page.model_dump_json(exclude={"body", "source"})
    return page_order(page, site) + hashlib.sha256(rest.encode()).hexdigest()


def _candidates(
    readings: Iterable[Reading], rule: SiteRule, config: PipelineConfig
) -> Iterator[Page]:
    for reading in readings:
        if isinstance(reading, Page) and _may_be_article(reading, rule, config):
            yield reading


def _may_be_article(page: Page, rule: SiteRule, config: PipelineConfig) -> bool:
    status = page.http_status
    if status is not None and not FIRST_OK <= status < FIRST_REDIRECT:
        return False
    if not 0 < len(page.body) <= config.limits.max_page_bytes:
        return False
    return page.url is None or is_article_url(page.url, rule.definition_of(page))


def _keep_first(names: dict[str, str], name: str, most: int) -> None:
    """Add a name by its address, so that at most so many are left, the first ones."""
    address = name[:ADDRESS_DIGITS]
    names[address] = min(name, names.get(address, name))
    if len(names) > most:
        del names[max(names)]
