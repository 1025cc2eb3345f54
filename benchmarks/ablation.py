"""What each rule of the cleaning gives: F1 of the labelled sets without it.

    python -m benchmarks.ablation SETS_FOLDER --folds FOLDER

One run over all pages: each is prepared and judged once (by models that have not seen
its site), then cleaned with all rules, and once more without each.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from unittest import mock

from benchmarks.held_out import held_out
from benchmarks.labelled import LabelledPage, LabelledSet, load_sets
from benchmarks.metrics import TextScore, macro, overlap, shingles, text_score
from benchmarks.scoring import HEADLINE_IN_BODY
from benchmarks.tools import as_page
from pipelines import clean
from pipelines.blocks import Role
from pipelines.drafts import Draft
from pipelines.extract import Extraction, extract_by_model, recover_hidden_text
from pipelines.html import decode, parse
from pipelines.process import prepare
from schemas.config import PipelineConfig

CONFIG = PipelineConfig()

ALL = "all rules"

Texts = Mapping[str, str]


def main(argv: Sequence[str] | None = None) -> int:
    """Print a line for each set and rule; the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--folds", type=Path, required=True)
    arguments = parser.parse_args(argv)
    for labelled in load_sets(arguments.folder):
        if labelled.has_articles:
            for line in _lines(labelled, arguments.folds):
                print(line, flush=True)
    return 0


def _lines(labelled: LabelledSet, folds: Path) -> Iterator[str]:
    scores: dict[str, list[TextScore]] = {}
    for page in labelled.pages:
        if not page.body:
            continue
        true = shingles(page.body)
        for name, text in _texts(page, labelled.name, folds).items():
            score = text_score(overlap(true, shingles(text)))
            scores.setdefault(name, []).append(score)
    whole = macro(scores[ALL]).f1
    yield f"{labelled.name}: F1 {whole:.4f} with {ALL}"
    for name, each in scores.items():
        if name != ALL:
            gain = whole - macro(each).f1
            yield f"  {name:<28} {gain:+.4f}"


def _texts(page: LabelledPage, set_name: str, folds: Path) -> Texts:
    """The text that the page gives with all rules, and without each."""
    body = page.read()
    tree = parse(decode(body).text)
    if tree is None:
        return {ALL: ""}
    ready = prepare(as_page(page, body), tree, None, CONFIG)
    authors, title = ready.metadata.authors, ready.metadata.title
    effort = CONFIG.extraction.effort
    with held_out(folds, page):
        shown = extract_by_model(ready.draft, tree, title, ready.head, effort).draft
    found = Extraction(shown, "", None)
    whole = recover_hidden_text(found, tree, ready.head).draft
    headline = [title] if title and set_name in HEADLINE_IN_BODY else []

    def text(draft: Draft, roles: Sequence[Role] = (Role.LEAD, Role.TEXT)) -> str:
        """With the passes that `clean.CLEANING` has just now."""
        cleaned = clean.clean(clean.cut_structure(draft, CONFIG), CONFIG, authors)
        cleaned = cleaned.with_role(cleaned.open_indices(), Role.TEXT)
        return "\n\n".join(
            [*headline, *(each for role in roles for each in cleaned.texts(role))]
        )

    texts = {
        ALL: text(whole),
        "lead": text(whole, [Role.TEXT]),
        "hidden text": text(shown),
    }
    for left_out in clean.CLEANING:
        passes = tuple(each for each in clean.CLEANING if each is not left_out)
        with mock.patch.object(clean, "CLEANING", passes):
            texts[left_out.__name__] = text(whole)
    with mock.patch.object(clean, "CLEANING", ()):
        texts["all of these passes"] = text(whole)
    return texts


if __name__ == "__main__":
    sys.exit(main())
