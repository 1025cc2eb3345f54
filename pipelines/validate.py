"""What makes a record an article: `RULES`, all of which are always asked."""

from collections.abc import Callable
from dataclasses import dataclass

from pipelines.features import size_of
from schemas.article import Access
from schemas.config import ValidateConfig
from schemas.rejection import BrokenRule, RejectionReason


@dataclass(frozen=True, slots=True)
class Findings:
    """What the rules look at."""

    title: str | None
    text: str
    access: Access
    listing_signs: tuple[BrokenRule, ...]
    opt_outs: tuple[str, ...] = ()
    """Those that are obeyed."""


def broken_rules(findings: Findings, config: ValidateConfig) -> tuple[BrokenRule, ...]:
    """All rules that a page breaks, the one that names the rejection first.

    Empty for an article.
    """
    return tuple(broken for rule in RULES for broken in rule(findings, config))


def is_opted_out(findings: Findings, _config: ValidateConfig) -> tuple[BrokenRule, ...]:
    """`opted-out`: page or site do not want it, and that is obeyed."""
    if not findings.opt_outs:
        return ()
    detail = " ".join(findings.opt_outs)
    return (BrokenRule(reason=RejectionReason.OPTED_OUT, detail=detail),)


def is_listing(findings: Findings, _config: ValidateConfig) -> tuple[BrokenRule, ...]:
    """`not-article`: the signs of `pipelines.listing`."""
    return findings.listing_signs


def is_teaser_only(
    findings: Findings, config: ValidateConfig
) -> tuple[BrokenRule, ...]:
    """`paywalled`: the page is for subscribers, and there is no more than a teaser."""
    limit = config.min_paywalled_chars
    if findings.access is not Access.PAYWALLED or size_of(findings.text) >= limit:
        return ()
    return (_short(RejectionReason.PAYWALLED, findings.text, limit),)


def has_no_text(findings: Findings, _config: ValidateConfig) -> tuple[BrokenRule, ...]:
    """`no-main-content`: nothing is left."""
    if findings.text:
        return ()
    return (BrokenRule(reason=RejectionReason.NO_MAIN_CONTENT),)


def has_no_title(findings: Findings, _config: ValidateConfig) -> tuple[BrokenRule, ...]:
    """`headline-missing`: no title could be found."""
    if findings.title:
        return ()
    return (BrokenRule(reason=RejectionReason.HEADLINE_MISSING),)


def is_too_short(findings: Findings, config: ValidateConfig) -> tuple[BrokenRule, ...]:
    """`too-short`: less text than `min_text_chars`, but some."""
    if not findings.text or size_of(findings.text) >= config.min_text_chars:
        return ()
    return (_short(RejectionReason.TOO_SHORT, findings.text, config.min_text_chars),)


def _short(reason: RejectionReason, text: str, limit: int) -> BrokenRule:
    return BrokenRule(reason=reason, measured=size_of(text), limit=limit)


Rule = Callable[[Findings, ValidateConfig], tuple[BrokenRule, ...]]

RULES: tuple[Rule, ...] = (
    is_opted_out,
    is_listing,
    is_teaser_only,
    has_no_text,
    has_no_title,
    is_too_short,
)
