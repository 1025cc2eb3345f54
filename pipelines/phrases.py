"""Finding a site's fixed phrases in running text, however they are typed.

A phrase is compared word by word: case, blanks of any kind, line ends, punctuation and
apostrophes between the words do not count, nor do Arabic vowel signs, tatweel and the
forms of alef.
"""

import functools
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from schemas.site import PhraseElement

WORD = re.compile(r"[^\W_]+")
"""Not `_`: it may stand in a gap, and what is both would take ages to tell apart."""
GAP = r"[\W_]{1,20}"
"""What may stand between two words; bounded, or a page of dots would take minutes."""

ALEF_FORMS = "اأإآٱ"
ARABIC_MARKS = "[ـً-ٰٟ]*"

DATE_LINE = r"\d{1,2}\s*[-–—/.]\s*\d{1,2}\s*[-–—/.]\s*\d{4}(?!\d)"
"""Day, month and year as a published line has them; Arabic-Indic digits too."""

MAX_PUBLISHER_CHARS = 80

GAP_FILLER = rf"\w[^\n]{{0,{MAX_PUBLISHER_CHARS - 1}}}?"
"""What stands in a gap: a word and more, on one line."""

SENTENCE_END = ".!؟?…"


@dataclass(frozen=True, slots=True)
class PhraseMatch:
    """A phrase in a text."""

    element: PhraseElement
    start: int
    end: int
    """After the closing punctuation that belongs to the phrase."""

    is_closed: bool
    """Whether closing punctuation, or a line's end, follows the last word."""

    publisher: str | None = None
    date_raw: str | None = None


class Wording(Protocol):
    """A phrase that a site definition names, or that was learnt."""

    @property
    def element(self) -> PhraseElement:
        """What it is."""

    @property
    def text(self) -> str:
        """Its wording, with placeholders."""


def find_phrases(text: str, phrases: Sequence[Wording]) -> tuple[PhraseMatch, ...]:
    """All phrases in `text`, by place; of two that overlap the longer one.

    Args:
        text: Lines parted by newlines; a phrase may run over lines.
        phrases: What is looked for.
    """
    found = [
        _match(phrase.element, match)
        for phrase in phrases
        for match in _pattern(phrase.text).finditer(text)
    ]
    found.sort(key=lambda each: (each.start, -each.end))
    kept: list[PhraseMatch] = []
    for match in found:
        if not kept or match.start >= kept[-1].end:
            kept.append(match)
    return tuple(kept)


def _match(element: PhraseElement, match: re.Match[str]) -> PhraseMatch:
    groups = match.groupdict()
    text = match.string
    end = match.end()
    while end < len(text) and text[end] in SENTENCE_END + " \u00a0":
        end += 1
    tail = text[match.end() : end].strip()
    publisher = groups.get("publisher")
    return PhraseMatch(
        element=element,
        start=match.start(),
        end=match.end() + len(text[match.end() : end].rstrip()),
        is_closed=bool(tail) or end == len(text) or text[end] == "\n",
        publisher=publisher.strip() if publisher else None,
        date_raw=groups.get("date"),
    )


def is_phrase(text: str, wording: str) -> bool:
    """Whether a text is this wording and nothing else."""
    found = _pattern(wording).search(text)
    if found is None:
        return False
    rest = text[: found.start()] + text[found.end() :]
    return not WORD.search(rest)


@functools.lru_cache(maxsize=2_000)
def _pattern(wording: str) -> re.Pattern[str]:
    """The wording as an expression over any text.

    A pure function of its argument, so that the cache cannot change a result.
    """
    plain = re.sub(ARABIC_MARKS, "", unicodedata.normalize("NFC", wording))
    parts = re.split(r"(\{publisher\}|\{any\}|\{date\})", plain)
    return re.compile(
        r"(?<!\w)" + "".join(_translated(part) for part in parts) + r"(?!\w)",
        re.IGNORECASE,
    )


def _translated(part: str) -> str:
    if part == "{publisher}":
        # At least one word, and no line's end inside a newspaper's name.
        return f"(?P<publisher>{GAP_FILLER})"
    if part == "{any}":
        return GAP_FILLER
    if part == "{date}":
        return rf"(?P<date>{DATE_LINE})"
    words = GAP.join(_word(match[0]) for match in WORD.finditer(part))
    before = GAP if part[:1].isspace() else ""
    after = GAP if part[-1:].isspace() else ""
    return f"{before}{words}{after}"


def _word(word: str) -> str:
    return "".join(_letter(char) for char in word)


def _letter(char: str) -> str:
    if char in ALEF_FORMS:
        return f"[{ALEF_FORMS}]{ARABIC_MARKS}"
    if "\u0600" <= char <= "\u06ff":
        return re.escape(char) + ARABIC_MARKS
    return re.escape(char)
