"""Sites of our own: stories that nobody wrote twice, and the frames they stand in."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from html import escape

from pipelines.learn import Observation, TooFew, learn, observe
from pipelines.process import examine_page
from schemas.article import Article
from schemas.config import PipelineConfig
from schemas.page import Page, PageKind
from schemas.provenance import InputKind, Source
from schemas.template import SiteTemplate

CONFIG = PipelineConfig()
HOST = "harbour.example"
FIRST_HOUR = datetime(2024, 3, 1, 6, tzinfo=UTC)
GAP = "\N{NO-BREAK SPACE}" * 4

WHO = """the harbour master|a retired teacher|the ferry company|the night baker
|an inspector of bridges|the choir of the old town|the fishing fleet|a young farmer
|the water board|the council of the valley|an engineer of the mill|the lighthouse keeper
|a nurse of the clinic|the tram drivers|the school board|a beekeeper"""
DID = """has opened|will repair|wants to sell|has counted|is going to move|has painted
|refused to close|hopes to rebuild|has measured|plans to share|was asked to guard
|remembered|has described|will probably replace|intends to plant|cannot yet explain"""
WHAT = """the wooden pier|forty apple trees|the broken clock|two steam engines
|a row of sheds|the spring market|the northern road|a collection of maps
|the empty warehouse|three rowing boats|the village oven|an iron footbridge
|the summer timetable|a field of barley|the stone quay|the public library"""
WHERE = """behind the station|on the far bank of the river|near the salt meadows
|at the foot of the hill|between the two locks|under the viaduct|beside the mill pond
|along the coast path|in the middle of the island|below the castle|past the brick works
|outside the eastern gate|in front of the town hall|at the edge of the forest"""
WHEN = """since the last flood|after a long winter|before the end of May
|although nobody had asked|while the council was still debating|in spite of the cost
|because the lease has ended|as soon as the rain stops|for the first time in years
|with the help of forty neighbours|without a single complaint|until the harvest is in"""
STOCKS = tuple(
    tuple(stock.replace("\n", "").split("|")) for stock in (WHO, DID, WHAT, WHERE, WHEN)
)


@dataclass(frozen=True)
class Story:
    """An article, before it is set in any page."""

    number: int
    title: str
    lead: str
    paragraphs: tuple[str, ...]
    author: str

    @property
    def text(self) -> str:
        """The text that its record has."""
        return "\n\n".join(self.paragraphs)


@dataclass(frozen=True)
class Frame:
    """What stands round a story, and in which elements."""

    name: str = "tide"
    """Class of the design; another name is another layout."""

    head: str = ""
    """Further markup of the head."""

    page_title: str = ""
    """The `<title>`; empty: the story's."""

    above: str = ""
    """Between menu and story."""

    inside: str = ""
    """In the story's element, after its second paragraph."""

    below: str = ""
    """After the story."""


MENU = "".join(
    f'<li><a href="/{word.lower()}/">{word}</a></li>'
    for word in "News Region Harbour Culture Weather Letters".split()
)
NOTICE = (
    "The editors read every letter that reaches the office and answer most of them "
    "within a week."
)
FOOTER = "All texts and pictures of this newspaper belong to those who made them."


def pick(stock: Sequence[str], *keys: object) -> str:
    """One of these, the same for the same keys."""
    digest = hashlib.sha256("/".join(map(str, keys)).encode()).digest()
    return stock[int.from_bytes(digest[:4]) % len(stock)]


def sentence(*keys: object) -> str:
    """A sentence that no other keys give."""
    who, did, what, where, when = (
        pick(stock, place, *keys) for place, stock in enumerate(STOCKS)
    )
    number = int(hashlib.sha256("/".join(map(str, keys)).encode()).hexdigest()[:6], 16)
    return (
        f"{who[0].upper()}{who[1:]} {did} {what} {where}, {when}, says note {number}."
    )


def paragraph(*keys: object, sentences: int = 3) -> str:
    """Some sentences that no other keys give."""
    return " ".join(sentence(*keys, number) for number in range(sentences))


def story(number: int, paragraphs: int = 6, sentences: int = 3) -> Story:
    """A story that shares no line with one of another number."""
    who, _, what, where, _ = (
        pick(stock, "title", number, place) for place, stock in enumerate(STOCKS)
    )
    return Story(
        number=number,
        title=f"How {who} saved {what} {where} in week {number}",
        lead=f"Story {number} in short: {paragraph('lead', number, sentences=1)}",
        paragraphs=tuple(
            paragraph("story", number, place, sentences=sentences)
            for place in range(paragraphs)
        ),
        author=f"{pick(('Ada', 'Ben', 'Cleo', 'Dora'), number)} Marwick",
    )


def tags(texts: Iterable[str], tag: str = "p") -> str:
    """Each text in an element of its own."""
    return "".join(f"<{tag}>{escape(text)}</{tag}>" for text in texts)


def markup(told: Story, frame: Frame = Frame()) -> str:
    """The page of a story."""
    name = frame.name
    body = [tags([text]) for text in told.paragraphs]
    body.insert(2, frame.inside)
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(frame.page_title or told.title)}</title>{frame.head}"
        f'<meta name="author" content="{escape(told.author)}"></head>'
        f'<body><header class="{name}-top"><ul class="{name}-menu">{MENU}</ul></header>'
        f'{frame.above}<main class="{name}-main"><h1 class="{name}-title">'
        f'{escape(told.title)}</h1><p class="{name}-by">By {escape(told.author)}</p>'
        f'<div class="{name}-body">{"".join(body)}</div></main>{frame.below}'
        f'<aside class="{name}-notice"><p>{NOTICE}</p></aside>'
        f'<footer class="{name}-end"><p>{FOOTER}</p><p>Imprint and contact</p></footer>'
        "</body></html>"
    )


def page(
    body: str | bytes,
    path: str | int | None = None,
    host: str = HOST,
    captured: datetime | None = None,
) -> Page:
    """A page of HTML; without a path it has no address."""
    return Page(
        kind=PageKind.HTML,
        body=body.encode() if isinstance(body, str) else body,
        source=Source(input=InputKind.HTML, input_file="page.html"),
        url=None if path is None else f"https://{host}/{path}",
        fetched_at=captured,
    )


def dump(text: str | bytes, path: str | int | None = None, host: str = HOST) -> Page:
    """A text dump."""
    made = page(text, path, host)
    source = Source(input=InputKind.TEXT, input_file="page.txt")
    return made.model_copy(update={"kind": PageKind.TEXT, "source": source})


def site_pages(
    numbers: Iterable[int],
    frame: Frame = Frame(),
    host: str = HOST,
) -> list[Page]:
    """Pages of stories in one frame, an hour apart."""
    return [
        page(
            markup(story(number), frame),
            f"story/{number}",
            host,
            FIRST_HOUR + timedelta(hours=number),
        )
        for number in numbers
    ]


def seen(
    pages: Iterable[Page], host: str = HOST, config: PipelineConfig = CONFIG
) -> list[Observation]:
    """What is observed of pages, each of which must be an article."""
    found = [observe(each, host, None, config) for each in pages]
    assert None not in found
    return [each for each in found if each is not None]


def learnt(
    pages: Iterable[Page], host: str = HOST, config: PipelineConfig = CONFIG
) -> SiteTemplate:
    """The template of pages that are enough for one."""
    template = learn(seen(pages, host, config), host, config)
    assert not isinstance(template, TooFew), template
    return template


def article(
    page: Page, template: SiteTemplate | None, config: PipelineConfig = CONFIG
) -> Article:
    """The record of a page, which must be an article."""
    outcome = examine_page(page, None, template, config).outcome
    assert isinstance(outcome, Article), outcome
    return outcome


def cuts(page: Page, template: SiteTemplate | None) -> dict[str, list[str]]:
    """The texts that were cut, by rule."""
    draft = examine_page(page, None, template, CONFIG).draft
    found: dict[str, list[str]] = {}
    for index, cut in sorted(draft.cuts.items()):
        found.setdefault(cut.rule, []).append(draft.blocks[index].text)
    return found


def cut_by_template(page: Page, template: SiteTemplate) -> str:
    """All that a template cut of a page, as one text."""
    found = cuts(page, template)
    return "\n".join(
        text
        for rule, texts in found.items()
        if rule.startswith("template:")
        for text in texts
    )


def without(told: Story, **changed: object) -> Story:
    """The same story with other pieces."""
    return replace(told, **changed)  # type: ignore[arg-type]


def besides(record: Article, told: Story) -> list[str]:
    """What a record's text has that is none of the story's; bylines are forgiven.

    All of the story must be there.
    """
    kept = record.text.split("\n\n")
    assert [text for text in kept if text in told.paragraphs] == list(told.paragraphs)
    known = {*told.paragraphs, f"By {told.author}"}
    return [text for text in kept if text not in known]
