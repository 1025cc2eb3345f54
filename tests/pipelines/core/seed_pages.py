"""The page of the seed, as the dump that ships and as HTML built from its pieces."""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path

SEED = Path(__file__).parents[3] / "data" / "seed.txt"
DUMP = SEED.read_bytes()
LINES = [line for line in DUMP.decode().splitlines() if line.strip()]

GAP = "\N{NO-BREAK SPACE}" * 4
HEADLINES = tuple(
    piece.strip(" \N{NO-BREAK SPACE}") for piece in LINES[0].split(GAP) if piece.strip()
)
WIDGET = tuple(LINES[1:3])
TITLE, PUBLISHED = LINES[3:5]
PARAGRAPHS = tuple(LINES[5:14])
SOURCE_LINK = LINES[14]
TEXT = "\n\n".join(PARAGRAPHS)
SOURCE_URL = "https://www.barlamane.com/fr/flyway"

Ribbon = Callable[[Sequence[str]], str]
Body = Callable[[Sequence[str]], str]


def links_in_list(headlines: Sequence[str]) -> str:
    """A list of links."""
    return f"<ul>{''.join(f'<li>{_link(text)}</li>' for text in headlines)}</ul>"


def links_in_div(headlines: Sequence[str]) -> str:
    """Links one after the other in one element."""
    return f"<div>{' '.join(_link(text) for text in headlines)}</div>"


def text_in_div(headlines: Sequence[str]) -> str:
    """Bare text with the gaps of the dump."""
    return f"<div>{GAP.join(map(escape, headlines))}</div>"


def text_in_paragraph(headlines: Sequence[str]) -> str:
    """The same in an element that extractors take for prose."""
    return f"<p>{GAP.join(map(escape, headlines))}</p>"


RIBBONS: Mapping[str, Ribbon] = {
    each.__name__: each
    for each in (links_in_list, links_in_div, text_in_div, text_in_paragraph)
}


def spans(paragraphs: Sequence[str]) -> str:
    """The classes seen in public code, paragraphs parted by line breaks."""
    return (
        f'<div>{_widget()}</div><span class="articletitle">{escape(TITLE)}</span>'
        f'<br><span class="articlenewspaper">{escape(PUBLISHED)}</span><br>'
        f'<span class="articlecontent">{"<br>".join(map(escape, paragraphs))}</span>'
        f"<br>{_source_link()}"
    )


def heading_and_paragraphs(paragraphs: Sequence[str]) -> str:
    """A headline and paragraphs as most sites write them."""
    return (
        f"<div>{_widget()}</div><article><h1>{escape(TITLE)}</h1>"
        f"<div>{escape(PUBLISHED)}</div>{_paragraphs(paragraphs)}</article>"
        f"<p>{_source_link()}</p>"
    )


def plain_paragraphs(paragraphs: Sequence[str]) -> str:
    """Nothing but paragraphs, the headline too."""
    return (
        f"<p>{_widget()}</p><p>{escape(TITLE)}</p><p>{escape(PUBLISHED)}</p>"
        f"{_paragraphs(paragraphs)}<p>{_source_link()}</p>"
    )


def breaks_in_one_div(paragraphs: Sequence[str]) -> str:
    """One element for all, with line breaks."""
    lines = [escape(TITLE), escape(PUBLISHED), *map(escape, paragraphs)]
    return f"<div>{_widget()}<br>{'<br>'.join(lines)}<br><br>{_source_link()}</div>"


BODIES: Mapping[str, Body] = {
    each.__name__: each
    for each in (spans, heading_and_paragraphs, plain_paragraphs, breaks_in_one_div)
}


def seed_html(
    ribbon: Ribbon,
    body: Body,
    *,
    headlines: Sequence[str] = HEADLINES,
    paragraphs: Sequence[str] = PARAGRAPHS,
) -> str:
    """The page of the seed in one of its shapes."""
    return (
        '<!DOCTYPE html><html lang="fr"><head><meta charset="utf-8">'
        "<title>Maghress</title></head><body>"
        f"{ribbon(headlines)}\n{body(paragraphs)}\n</body></html>"
    )


def dump(
    headlines: Sequence[str] = HEADLINES,
    *,
    title: str = TITLE,
    published: str = PUBLISHED,
    paragraphs: Sequence[str] = PARAGRAPHS,
    source_link: str = SOURCE_LINK,
) -> str:
    """A text dump in the shape of the seed, from pieces."""
    ribbon = GAP.join(headlines)
    top = [ribbon, "", *WIDGET, "", title, published]
    return "\n".join([*top, "", *paragraphs, "", source_link])


def _link(text: str) -> str:
    return f'<a href="/fr/barlamane/{len(text)}">{escape(text)}</a>'


def _widget() -> str:
    return "<br>".join(map(escape, WIDGET))


def _paragraphs(paragraphs: Sequence[str]) -> str:
    return "".join(f"<p>{escape(text)}</p>" for text in paragraphs)


def _source_link() -> str:
    return f'<a href="{SOURCE_URL}">{escape(SOURCE_LINK)}</a>'
