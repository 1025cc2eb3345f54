"""The account of a run cannot be written if it does not balance."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.config import PipelineConfig
from schemas.manifest import Counts, Disposition, Manifest, Part, RunState, Versions
from tests.schemas.model_strategies import built

FIELDS = [*(str(each) for each in Disposition), "pending"]
NUMBERS = st.integers(min_value=0, max_value=5)


def counts_of(numbers: dict[str, int]) -> Counts:
    """Counts that balance."""
    return Counts(seen=sum(numbers.values()), **numbers)


@st.composite
def manifests(draw: st.DrawFn) -> Manifest:
    """Any manifest that balances."""
    parts = tuple(draw(st.lists(built(Part), max_size=4)))
    written = {
        str(each): sum(part.records for part in parts if part.disposition is each)
        for each in Disposition
    }
    counts = counts_of({**written, "pending": draw(NUMBERS)})
    manifest: Manifest = draw(
        built(
            Manifest,
            config=st.just(PipelineConfig()),
            counts=st.just(counts),
            parts=st.just(parts),
            rejected_by_reason=st.just({"too-short": counts.rejected}),
            failed_by_reason=st.just({"timeout": counts.failed}),
        )
    )
    return manifest


def manifest_fields(**changed: object) -> dict[str, Any]:
    """The fields of a manifest with an article, a rejection and a failure."""
    parts = [
        Part(
            path=f"{each}/0.jsonl",
            disposition=each,
            records=1,
            size_bytes=9,
            sha256="0" * 64,
        )
        for each in (Disposition.ARTICLES, Disposition.REJECTED, Disposition.FAILED)
    ]
    return {
        "command": "clean",
        "inputs": ("a",),
        "site": None,
        "site_digests": {},
        "config": PipelineConfig(),
        "config_digest": PipelineConfig().digest(),
        "versions": Versions(copydesk="1", trafilatura="2", langdetect="4", lxml="5"),
        "state": RunState.FINISHED,
        "counts": Counts(seen=3, articles=1, rejected=1, failed=1),
        "rejected_by_reason": {"empty": 1},
        "failed_by_reason": {"timeout": 1},
        "other_records": {},
        "parts": tuple(parts),
        "sessions": (),
        **changed,
    }


@given(numbers=st.fixed_dictionaries(dict.fromkeys(FIELDS, NUMBERS)))
def test_counts_that_balance_are_accepted(numbers: dict[str, int]) -> None:
    """What was seen is the sum of all ends and of what is pending."""
    assert counts_of(numbers).seen == sum(numbers.values())


@given(
    numbers=st.fixed_dictionaries(dict.fromkeys(FIELDS, NUMBERS)),
    field=st.sampled_from(["seen", *FIELDS]),
)
def test_one_page_more_or_less_anywhere_is_refused(
    numbers: dict[str, int], field: str
) -> None:
    """No page can be lost or counted twice."""
    balanced = counts_of(numbers).model_dump()
    with pytest.raises(ValidationError, match="do not balance"):
        Counts(**{**balanced, field: balanced[field] + 1})


def test_the_error_names_all_numbers() -> None:
    """Who reads it can see which one is wrong."""
    with pytest.raises(ValidationError) as caught:
        Counts(seen=9, articles=1, duplicates=2, rejected=3, failed=4, pending=5)
    message = str(caught.value)
    assert "9 seen, but 1 articles + 2 duplicates + 3 rejected" in message
    assert "+ 4 failed + 5 pending" in message


def test_a_count_is_never_negative() -> None:
    """Two wrong numbers cannot make a right sum."""
    with pytest.raises(ValidationError, match="greater than or equal to 0"):
        Counts(seen=0, articles=1, rejected=-1)


@given(manifest=manifests())
def test_a_manifest_is_what_its_json_says(manifest: Manifest) -> None:
    """Model to JSON to model is identity."""
    line = manifest.to_json_line()
    assert Manifest.model_validate_json(line) == manifest
    assert Manifest.model_validate_json(line).to_json_line() == line


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"parts": ()}, "1 articles counted, 0 in parts"),
        (
            {"counts": Counts(seen=3, articles=2, rejected=1)},
            "2 articles counted, 1 in parts",
        ),
        ({"rejected_by_reason": {}}, "rejected by reason do not add up"),
        ({"rejected_by_reason": {"empty": 2}}, "rejected by reason do not add up"),
        ({"failed_by_reason": {}}, "failed by reason do not add up"),
        ({"command": "learn"}, "Input should be 'clean' or 'crawl'"),
    ],
)
def test_a_manifest_that_contradicts_itself_is_refused(
    changed: dict[str, object], message: str
) -> None:
    """Counts, reasons and parts are three accounts of the same pages."""
    with pytest.raises(ValidationError) as caught:
        Manifest.model_validate(manifest_fields(**changed))
    assert message in str(caught.value)


def test_the_same_manifest_without_a_contradiction_is_accepted() -> None:
    """So that the cases above fail for the reason they name."""
    assert Manifest.model_validate(manifest_fields()).counts.seen == 3


@pytest.mark.parametrize("field", ["records", "size_bytes"])
def test_an_empty_part_is_no_part(field: str) -> None:
    """A file without records is never written."""
    fields = {
        "path": "a",
        "disposition": Disposition.ARTICLES,
        "records": 1,
        "size_bytes": 1,
        "sha256": "0" * 64,
    }
    with pytest.raises(ValidationError, match="greater than or equal to 1"):
        Part.model_validate({**fields, field: 0})
