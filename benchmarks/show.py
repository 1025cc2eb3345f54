"""One labelled page: what is true of it beside what we say, and why."""

import difflib
from collections.abc import Iterator, Sequence

from benchmarks.labelled import LabelledPage
from benchmarks.scoring import compared_text
from benchmarks.tools import OUR_FIELDS, answer_of, as_page, config_of
from pipelines.blocks import letters
from pipelines.drafts import Draft
from pipelines.process import Examination, examine_page
from schemas.article import Article


def show(page: LabelledPage, set_name: str, effort: str) -> Iterator[str]:
    """Lines: the outcome, each field that differs, and the two texts.

    Paragraphs of the text that both have stand after two blanks, missing ones after
    `-`, those that are not in the true text after `+`. A missing one names the rule
    that cut it, or says that no block of the page has it.
    """
    examined = examine_page(as_page(page, page.read()), None, None, config_of(effort))
    yield f"{page.id}  {page.url}"
    yield from _outcome(page, examined)
    ours = compared_text(answer_of(examined.outcome), OUR_FIELDS, set_name)
    yield from _difference(page.body.split("\n"), ours.split("\n"), examined.draft)


def _outcome(page: LabelledPage, examined: Examination) -> Iterator[str]:
    outcome = examined.outcome
    if not isinstance(outcome, Article):
        measured = "" if outcome.measured is None else f" {outcome.measured:g}"
        yield f"rejected: {outcome.reason}{measured} {outcome.detail or ''}".rstrip()
        return
    yield f"article by {outcome.provenance.extractor}"
    for name, true, given in (
        ("title", page.title, outcome.title),
        ("authors", list(page.authors), list(outcome.authors)),
        ("date", page.date, outcome.date_published),
        ("language", page.language, outcome.language),
    ):
        if true:
            yield f"  {name:<9} {true!r}"
            yield f"  {'':<9} {given!r}"


def _difference(
    true: Sequence[str], ours: Sequence[str], draft: Draft
) -> Iterator[str]:
    """Both texts in one order; a paragraph that lies whole in the other is no loss."""
    true = [line for line in true if letters(line)]
    ours = [line for line in ours if letters(line)]
    keys = [letters(line) for line in true], [letters(line) for line in ours]
    wholes = "".join(keys[0]), "".join(keys[1])
    matcher = difflib.SequenceMatcher(None, *keys, autojunk=False)
    for _, low, high, our_low, our_high in matcher.get_opcodes():
        for line, key in zip(true[low:high], keys[0][low:high], strict=True):
            if key in wholes[1]:
                yield f"  {line}"
            else:
                yield f"- {line}  [{_cut_by(key, draft)}]"
        for line, key in zip(
            ours[our_low:our_high], keys[1][our_low:our_high], strict=True
        ):
            if key not in wholes[0]:
                yield f"+ {line}"


def _cut_by(key: str, draft: Draft) -> str:
    """What became of a paragraph: the rule that cut it, else its role, else nothing."""
    for index, block in enumerate(draft.blocks):
        own = letters(block.text)
        if own and (key in own or own in key):
            cut = draft.cuts.get(index)
            return cut.rule if cut else str(draft.roles.get(index, "open"))
    return "in no block"
