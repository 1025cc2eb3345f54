"""Articles that a page carries in its scripts only, for a browser to put into place."""

import html
import json
import re
from collections.abc import Iterator, Sequence

from pipelines.blocks import Block, Element, letters, segment, segment_lines
from pipelines.html import parse
from pipelines.metadata.head import Head
from pipelines.metadata.jsonld import strings_of

MIN_LETTERS = 300
"""Letters of an article; less is a teaser, or a message of the page."""

MAX_SCRIPT_CHARS = 4_000_000
"""Characters of all scripts together that are searched."""

TEXT_TAGS = frozenset("p li blockquote h2 h3 h4 h5 h6 pre td".split())

_STRING = re.compile(r'(?<!\\)"(?:[^"\\]|\\.){400,}+(?=")')
"""A string literal of JSON or JavaScript but its last quote, as long as a paragraph.

That quote may begin the next: what lies between two strings of code matches as well.
An escaped one begins none: else a million of them, with no end, would take a million
looks at all that follows.
"""

_KEY = '":'
"""Stands in a string that is JSON again: what it holds is more than the text."""

_MARKUP = re.compile(r"<(?:p|br|div|h2)\b", re.IGNORECASE)


def json_ld_text(head: Head) -> Sequence[Block]:
    """The paragraphs of `articleBody`; empty if there is none."""
    for body in strings_of(head.article.get("articleBody")):
        return _blocks(html.unescape(body))
    return ()


def script_text(tree: Element) -> Sequence[Block]:
    """The longest run of marked-up paragraphs that stands in a string of a script.

    Frameworks keep the state of a page so: a string of HTML inside of JSON. Empty if
    there is none of `MIN_LETTERS` letters.
    """
    found = [_blocks(markup) for markup in _marked_up_strings(tree)]
    longest = max(found, key=letter_count, default=())
    return longest if letter_count(longest) >= MIN_LETTERS else ()


def letter_count(blocks: Sequence[Block]) -> int:
    """Letters and digits of all blocks together."""
    return sum(len(letters(block.text)) for block in blocks)


def _marked_up_strings(tree: Element) -> Iterator[str]:
    left = MAX_SCRIPT_CHARS
    for script in tree.iter("script"):
        text = (script.text or "")[:left]
        left -= len(text)
        for literal in _STRING.finditer(text):
            value = _value(f'{literal.group()}"')
            # What lies between two strings of code is no markup.
            is_markup = value.lstrip().startswith("<") and _MARKUP.search(value)
            if is_markup and _KEY not in value:
                yield value


def _value(literal: str) -> str:
    """What a literal says; empty where it is none of JSON's."""
    try:
        return str(json.loads(literal, strict=False))
    except ValueError:
        return ""


def _blocks(text: str) -> Sequence[Block]:
    tree = parse(text) if _MARKUP.search(text) else None
    if tree is None:
        return segment_lines(text)
    blocks = segment(tree)
    marked_up = [block for block in blocks if block.tag in TEXT_TAGS]
    # Beside paragraphs that are marked as such, the rest is placeholders of a template.
    has_paragraphs = 2 * letter_count(marked_up) > letter_count(blocks)
    return marked_up if has_paragraphs else blocks
