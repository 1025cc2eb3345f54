"""Many pages of one site to its template: what repeats, and where its articles sit.

`observe` looks at a page with the generic path, `learn` at all observations together.
The result depends on which pages were looked at, never on their order. Before the
counting, captures of the same article become one: else two captures of an article
would make its own text a repeated line.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC

from pipelines.blocks import Role, letters, line_key
from pipelines.learn.layouts import find_layouts, find_regions
from pipelines.learn.lines import Repeated, repeated_lines, site_names
from pipelines.learn.observe import Observation, observe, page_order
from pipelines.learn.phrases import learn_phrases
from pipelines.versions import version_of
from schemas.config import PipelineConfig
from schemas.template import SiteTemplate

__all__ = ["Observation", "TooFew", "learn", "observe", "page_order"]

SAME_TEXT_RATIO = 0.5
"""Share of the shorter text that two captures of one article have in common at least:
an article grows, and the list of its lines changes."""


OWN_LETTERS = 80
"""Letters of its own that an article has under a notice that all share."""


@dataclass(frozen=True, slots=True)
class TooFew:
    """Nothing can be learnt: the site has too few different articles here."""

    site: str
    articles: int
    wanted: int


def learn(
    observations: Iterable[Observation], site: str, config: PipelineConfig
) -> SiteTemplate | TooFew:
    """What pages of one site have in common.

    Args:
        observations: What `observe` gave of pages of the site, in any order; those of
            other sites are passed over.
        site: Host of the site, without `www.`.
        config: All thresholds (`PipelineConfig.template`).

    Returns:
        The template, or `TooFew` below `min_articles` different articles. Equal
        observations give an equal template, whatever their order.
    """
    pages = sorted((each for each in observations if each.site == site), key=_place)
    articles = list(_different(pages))
    wanted = config.template.min_articles
    if len(articles) < wanted:
        return TooFew(site, len(articles), wanted)
    lines = repeated_lines(articles, config.template)
    phrases, dated_lines = learn_phrases(articles, site, config.template)
    repeated = Repeated(
        lines=frozenset(line.letters for line in lines),
        wordings=[*(p.text for p in phrases), *(d.text for d in dated_lines)],
    )
    in_trees = [article for article in articles if not article.is_dump]
    layouts = find_layouts(in_trees, repeated, config.template)
    return SiteTemplate(
        site=site,
        pages=len(pages),
        articles=len(articles),
        copydesk_version=version_of("copydesk"),
        config_digest=config.digest(),
        names=site_names(articles, config.template),
        lines=lines,
        dated_lines=dated_lines,
        phrases=phrases,
        regions=find_regions(in_trees, layouts, repeated, config.template),
        layouts=layouts,
    )


def _place(page: Observation) -> tuple[str, str]:
    """Where it stands among the others; the same bytes may be captured twice."""
    captured = page.captured_at
    return page.order, captured.astimezone(UTC).isoformat() if captured else ""


def _different(pages: Sequence[Observation]) -> Iterator[Observation]:
    """The pages without further captures of the same article: the first of each.

    One address is one article. So is one headline over (nearly) the same text; the
    headline alone does not tell, since a site may give all its pages one; nor does the
    text, since another newspaper may have the same story under a headline of its own.
    """
    known: dict[str, list[dict[str, int]]] = {}
    addresses: set[str] = set()
    for page in pages:
        text = {
            line_key(block.text): len(letters(block.text))
            for block in page.blocks
            if block.role in {Role.TEXT, Role.LEAD}
        }
        others = known.setdefault(letters(page.title), [])
        is_known = page.address in addresses
        addresses.add(page.address)
        if not is_known and not any(_is_same(text, other) for other in others):
            others.append(text)
            yield page


def _is_same(text: dict[str, int], other: dict[str, int]) -> bool:
    shared = sum(size for key, size in text.items() if key in other)
    shorter = min(sum(text.values()), sum(other.values()))
    return shared >= max(SAME_TEXT_RATIO * shorter, shorter - OWN_LETTERS)
