"""Drafts as the pipeline builds them, from a few lines or a bit of markup."""

from collections.abc import Mapping

from hypothesis import strategies as st

from crawler.catalog import load_catalog
from pipelines.blocks import segment, segment_lines
from pipelines.drafts import Draft, build_draft
from pipelines.html import parse
from schemas.config import PipelineConfig

CONFIG = PipelineConfig()
RESS = load_catalog().get("ress")
GAP = "\N{NO-BREAK SPACE}" * 4

PROSE = (
    "Le conseil municipal a voté mardi soir le budget de la nouvelle école du village.",
    "Les travaux commencent au printemps et durent deux ans au moins, selon le maire.",
)
HEADLINES = tuple(
    f"Titre numéro {number} : ce qui s'est passé en ville" for number in range(10)
)
PUBLISHED = "Publié dans Le Quartier le 20 - 09 - 2018"
BLOCKED = """Cette image sera automatiquement bloquée après qu'elle soit signalée par
plusieurs personnes.""".replace("\n", " ")
WIDGET = ("Merci d'avoir signalé!", BLOCKED)
SOURCE_LINK = "Cliquez ici pour lire l'article depuis sa source."
PROMO = "شارك صحافة من وإلى المواطن"

PIECES = (
    *PROSE,
    GAP.join(HEADLINES),
    GAP.join(HEADLINES[:3]),
    PUBLISHED,
    *WIDGET,
    " ".join(WIDGET),
    SOURCE_LINK,
    f"{PROSE[0]} {SOURCE_LINK}",
    f"Un titre {PUBLISHED} {PROSE[1]}",
    PROMO,
    f"{GAP.join(HEADLINES)}{GAP}{PROMO}",
    "Un titre",
    "* * *",
    "Court",
)
"""Lines that a dump may be made of."""

DUMPS = st.lists(st.sampled_from(PIECES) | st.text(max_size=40), max_size=12).map(
    "\n".join
)


def draft_of_lines(*lines: str) -> Draft:
    """The draft of a text dump."""
    blocks = segment_lines("\n".join(lines))
    return build_draft(blocks, RESS.phrases, CONFIG.ribbon)


def draft_of_html(
    body: str, selectors: Mapping[str, frozenset[str]] | None = None
) -> Draft:
    """The draft of a page; the elements of those tags get those labels."""
    tree = parse(f"<html><body>{body}</body></html>")
    assert tree is not None
    labels = {
        element: names
        for tag, names in (selectors or {}).items()
        for element in tree.iter(tag)
    }
    return build_draft(segment(tree, labels), RESS.phrases, CONFIG.ribbon)


def cut_texts(draft: Draft) -> dict[str, list[str]]:
    """Texts of the blocks that were cut, by rule."""
    texts: dict[str, list[str]] = {}
    for index, cut in sorted(draft.cuts.items()):
        texts.setdefault(cut.rule, []).append(draft.blocks[index].text)
    return texts


def open_texts(draft: Draft) -> list[str]:
    """Texts of the blocks of which nothing is decided."""
    return [draft.blocks[index].text for index in draft.open_indices()]
