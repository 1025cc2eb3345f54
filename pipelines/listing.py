"""Whether a page is a listing: an author, topic, section or home page."""

from pipelines.drafts import Draft
from pipelines.metadata.head import Head
from pipelines.metadata.jsonld import ARTICLE_TYPES, LISTING_TYPES, types_of
from pipelines.sites import is_article_url
from schemas.config import ValidateConfig
from schemas.rejection import BrokenRule, RejectionReason
from schemas.site import PhraseElement, SiteDefinition

TEASER_ENDS = ("(...)", "(…)", "[...]", "[…]")


def listing_signs(
    draft: Draft,
    head: Head,
    url: str | None,
    site: SiteDefinition | None,
    config: ValidateConfig,
) -> tuple[BrokenRule, ...]:
    """What speaks for a listing; empty for an article.

    The site's own patterns of addresses; teasers that break off with "(...)"; several
    published lines; a JSON-LD type that is a listing's, and none that is an article's.
    """
    signs = (
        _address(url, site),
        _teasers(draft, config),
        _published_lines(draft, config),
        _declared_type(head),
    )
    return tuple(sign for sign in signs if sign is not None)


def _rule(
    detail: str, measured: float | None = None, limit: float | None = None
) -> BrokenRule:
    return BrokenRule(
        reason=RejectionReason.NOT_ARTICLE,
        measured=measured,
        limit=limit,
        detail=detail,
    )


def _address(url: str | None, site: SiteDefinition | None) -> BrokenRule | None:
    if url is None or is_article_url(url, site):
        return None
    return _rule("the site's definition says that no article has this address")


def _teasers(draft: Draft, config: ValidateConfig) -> BrokenRule | None:
    """Teasers that break off: more than an article quotes, and half of what is long."""
    long = [block for block in draft.blocks if len(block.text) >= config.min_long_chars]
    teasers = sum(block.text.endswith(TEASER_ENDS) for block in long)
    others = len(long) - teasers
    if teasers <= config.max_teasers or teasers < others:
        return None
    return _rule("teasers that break off", teasers, config.max_teasers)


def _published_lines(draft: Draft, config: ValidateConfig) -> BrokenRule | None:
    lines = sum(
        phrase.element is PhraseElement.PUBLISHED_LINE
        for phrase in draft.phrases.values()
    )
    if lines <= config.max_teasers:
        return None
    return _rule("published lines", lines, config.max_teasers)


def _declared_type(head: Head) -> BrokenRule | None:
    types = {name for thing in head.things for name in types_of(thing)}
    listing = sorted(types & LISTING_TYPES)
    if not listing or types & ARTICLE_TYPES:
        return None
    return _rule(f"JSON-LD type {listing[0]}")
