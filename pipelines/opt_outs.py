"""What a page and its site say against the training of AI and text and data mining.

Each opt-out is one word, or `where:what`. `robots:GPTBot`: robots.txt keeps that agent
from the page. `meta:noai`, `header:noimageai`: the robots directives of the page and of
its `X-Robots-Tag`. `tdm-reservation`: the rights are reserved (TDM Reservation
Protocol, W3C Community Group report).
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from protego import Protego

from schemas.config import OptOutKind

TDM_RESERVATION = "tdm-reservation"
"""The name of the header and of the `<meta>`, and what the record says."""

DIRECTIVES = ("noai", "noimageai")
"""Robots directives against the training on the text, and on the pictures."""

AGENTS: Mapping[str, str] = {
    "Amazonbot": "Amazon: its services, and training",
    "anthropic-ai": "Anthropic: training; an older name",
    "Applebot-Extended": "Apple: training; a token that fetches nothing",
    "Bytespider": "ByteDance: training",
    "CCBot": "Common Crawl: a public archive that many models are trained on",
    "ClaudeBot": "Anthropic: training",
    "cohere-ai": "Cohere: training",
    "Diffbot": "Diffbot: structured data, sold on",
    "Google-Extended": "Google: training; a token that fetches nothing",
    "GPTBot": "OpenAI: training",
    "meta-externalagent": "Meta: training",
    "Omgilibot": "Webz.io: data, sold on",
    "PerplexityBot": "Perplexity: answers of a search engine",
}
"""Names in robots.txt that stand for the use by AI, and whose use it is."""

_AGENT = re.compile(r"[\w*.-]+")
_WITH_VALUE = frozenset(
    {"max-image-preview", "max-snippet", "max-video-preview", "unavailable_after"}
)

MAX_TDM_RULES = 1_000
"""Rules of a tdmrep.json that are looked at."""


@dataclass(frozen=True, slots=True)
class TdmRule:
    """What tdmrep.json says of some addresses of its origin."""

    pattern: Protego
    """Forbids the addresses that the rule is for."""

    is_reserved: bool
    """Whether the rights in them are reserved."""


def read_tdmrep(body: bytes) -> tuple[TdmRule, ...]:
    """The rules of a `/.well-known/tdmrep.json`; none if it cannot be read."""
    try:
        listed = json.loads(body)
    except (ValueError, RecursionError):
        return ()
    rules = listed[:MAX_TDM_RULES] if isinstance(listed, list) else ()
    return tuple(
        # Patterns are those of robots.txt, so whoever reads these can match them.
        TdmRule(
            Protego.parse(f"User-agent: *\nDisallow: {rule['location']}"),
            str(rule.get(TDM_RESERVATION)) == "1",
        )
        for rule in rules
        if isinstance(rule, dict) and _is_pattern(rule.get("location"))
    )


def is_reserved(rules: Iterable[TdmRule], url: str) -> bool:
    """Whether the first rule that is for the URL reserves the rights in it."""
    matching = (r.is_reserved for r in rules if not r.pattern.can_fetch(url, "*"))
    return next(matching, False)


def _is_pattern(location: object) -> bool:
    """A line break would begin another line of robots.txt."""
    return (
        isinstance(location, str)
        and location.startswith(("/", "*"))
        and location.isprintable()
    )


def opted_out_agents(parser: Protego, url: str) -> tuple[str, ...]:
    """The names of `AGENTS` for which robots.txt forbids the URL, sorted.

    A `*` group that forbids it counts for all of them that have no group.
    """
    forbidden = (agent for agent in AGENTS if not parser.can_fetch(url, agent))
    return tuple(sorted(forbidden))


def add_header_opt_outs(
    known: Iterable[str], headers: Iterable[tuple[str, str]]
) -> tuple[str, ...]:
    """What robots.txt and tdmrep.json say, and the headers of the response; sorted."""
    fields: dict[str, list[str]] = {}
    for name, value in headers:
        fields.setdefault(name.lower(), []).append(value)
    directives = _directives(fields.get("x-robots-tag", ()))
    return _added(known, "header", directives, fields.get(TDM_RESERVATION, ()))


def add_meta_opt_outs(
    known: Iterable[str], meta: Mapping[str, Sequence[str]]
) -> tuple[str, ...]:
    """What is known of the page without its body, and its `<meta>` elements; sorted.

    Args:
        known: As `add_header_opt_outs` gives it.
        meta: Contents of `<meta>` by name in lower case.
    """
    names = ("robots", *(agent.lower() for agent in AGENTS))
    directives = _directives(text for name in names for text in meta.get(name, ()))
    return _added(known, "meta", directives, meta.get(TDM_RESERVATION, ()))


def obeyed(opt_outs: Iterable[str], kinds: Collection[OptOutKind]) -> tuple[str, ...]:
    """Those of the opt-outs that are of one of these kinds."""
    return tuple(word for word in opt_outs if word.partition(":")[0] in kinds)


def _added(
    known: Iterable[str],
    where: str,
    directives: Iterable[str],
    reservations: Sequence[str],
) -> tuple[str, ...]:
    words = {*known, *(f"{where}:{each}" for each in directives)}
    # The nearer to the page, the more it counts: file, then header, then `<meta>`.
    value = next(iter(reservations), "").strip()
    if value == "1":
        words.add(TDM_RESERVATION)
    elif value == "0":
        words.discard(TDM_RESERVATION)
    return tuple(sorted(words))


def _directives(values: Iterable[str]) -> Iterator[str]:
    """Those of `DIRECTIVES` in lists like `noindex, noai` or `agent: noindex, noai`.

    An agent is the one that all directives behind it are for; one that is not of
    `AGENTS` says nothing of AI.
    """
    ours = {"*", *(agent.lower() for agent in AGENTS)}
    for value in values:
        is_ours = True
        for part in value.lower().split(","):
            agent, colon, directive = part.strip().partition(":")
            if not colon:
                directive = agent
            elif _AGENT.fullmatch(agent) and agent not in _WITH_VALUE:
                is_ours = agent in ours
            if is_ours and directive.strip() in DIRECTIVES:
                yield directive.strip()
