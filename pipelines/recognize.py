"""Which site a page is of, where nobody said so."""

from collections.abc import Sequence

from pipelines.blocks import segment, segment_lines
from pipelines.html import decode, parse
from pipelines.phrases import find_phrases
from pipelines.sites import site_of_host
from schemas.page import Page, PageKind
from schemas.site import PhraseElement, SiteDefinition

MIN_ELEMENTS = 2
"""Elements of a family that must stand on a page: one phrase alone is also a
coincidence, or a quotation."""


def recognize_site(
    page: Page, definitions: Sequence[SiteDefinition]
) -> SiteDefinition | None:
    """The definition for a page, None if it belongs to none.

    The one that names the page's host. A page without an address (a dump) is of the
    family whose phrases stand in it, a published line among them or a widget; the
    family has no host, so that the record's `site` stays null.
    """
    if page.url is not None:
        return site_of_host(page.url, definitions)
    text = decode(page.body, page.content_type).text
    if page.kind is PageKind.HTML:
        tree = parse(text)
        blocks = segment(tree) if tree is not None else ()
    else:
        blocks = segment_lines(text)
    shown = "\n".join(block.text for block in blocks)
    families = (each for each in definitions if not each.hosts and each.phrases)
    return next((each for each in families if _speaks(shown, each)), None)


def _speaks(text: str, family: SiteDefinition) -> bool:
    elements = {match.element for match in find_phrases(text, family.phrases)}
    return len(elements - {PhraseElement.PROMO}) >= MIN_ELEMENTS
