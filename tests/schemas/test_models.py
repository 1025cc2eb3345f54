"""What holds for every model: closed, immutable, documented, and equal to its JSON."""

import ast
import importlib
import inspect
import json
from enum import StrEnum
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import schemas
from schemas import errors
from schemas.article import Article, Duplicate
from schemas.config import PipelineConfig, RibbonConfig
from schemas.model import FrozenModel
from schemas.page import ArchivedPage, Page
from schemas.rejection import Failure, FailureReason, Rejection, RejectionReason
from tests.schemas.model_strategies import built

MODULES = [
    importlib.import_module(f"schemas.{path.stem}")
    for path in sorted(Path(schemas.__file__).parent.glob("*.py"))
    if path.stem != "__init__"
]
MODELS = [
    each
    for module in MODULES
    for each in vars(module).values()
    if inspect.isclass(each)
    and issubclass(each, FrozenModel)
    and each.__module__ == module.__name__
    and each is not FrozenModel
]
ENUMS = [
    each
    for module in MODULES
    for each in vars(module).values()
    if inspect.isclass(each)
    and issubclass(each, StrEnum)
    and each.__module__ == module.__name__
]

RECORD = (
    "schema_version id url requested_url canonical_url site publisher source_url title "
    "lead description text authors date_published date_published_raw date_precision "
    "date_source date_modified section tags language language_score language_declared "
    "images access opt_outs page_type word_count text_sha256 cluster_id fetched_at "
    "warnings cleaning provenance"
).split()


def test_the_models_are_found() -> None:
    """The lists that the other tests run over are not empty by mistake."""
    assert {Article, Page, Failure, Rejection} <= set(MODELS)
    assert {RejectionReason, FailureReason} <= set(ENUMS)


@pytest.mark.parametrize("model", MODELS)
def test_no_field_of_a_model_can_be_set(model: type[FrozenModel]) -> None:
    """A record is the same for all who hold it."""
    value = model.model_construct()
    for name in model.model_fields:
        with pytest.raises(ValidationError, match="frozen"):
            setattr(value, name, None)


@pytest.mark.parametrize("model", MODELS)
def test_an_unknown_field_is_refused(model: type[FrozenModel]) -> None:
    """A misspelt key of a file is found, not passed over."""
    with pytest.raises(ValidationError) as caught:
        model.model_validate({"no_such_field": 1})
    kinds = {each["loc"]: each["type"] for each in caught.value.errors()}
    assert kinds["no_such_field",] == "extra_forbidden"


@pytest.mark.parametrize("model", MODELS)
def test_every_field_is_described_in_the_json_schema(model: type[FrozenModel]) -> None:
    """The attribute docstrings are the documentation of the published schema."""
    schema = model.model_json_schema(mode="serialization")
    properties = schema.get("properties", {})
    assert list(properties) == list(model.model_fields)
    definitions = schema.get("$defs", {})
    # A description that is also the one of the field's type is written there only.
    undocumented = [
        name
        for name, each in properties.items()
        if not each.get("description")
        and not definitions[each["$ref"].rsplit("/", 1)[-1]].get("description")
    ]
    assert undocumented == []


@pytest.mark.parametrize("enum", [RejectionReason, FailureReason])
def test_every_reason_says_what_it_means(enum: type[StrEnum]) -> None:
    """A docstring follows each member: docs are made from it."""
    body = ast.parse(inspect.getsource(enum)).body[0]
    assert isinstance(body, ast.ClassDef)
    documented = {
        target.id
        for member, following in zip(body.body, body.body[1:], strict=False)
        if isinstance(member, ast.Assign)
        and isinstance(following, ast.Expr)
        and isinstance(following.value, ast.Constant)
        for target in member.targets
        if isinstance(target, ast.Name)
    }
    assert documented == set(enum.__members__)


@pytest.mark.parametrize("enum", ENUMS)
def test_every_word_of_an_enum_is_its_name_with_hyphens(enum: type[StrEnum]) -> None:
    """Analysts can guess the word from the code and the other way round."""
    for name, value in enum.__members__.items():
        assert value == name.lower().replace("_", "-")


@pytest.mark.parametrize("model", [Article, Duplicate, Rejection, Failure, Page])
@given(data=st.data())
def test_a_model_is_what_its_json_says(
    model: type[FrozenModel], data: st.DataObject
) -> None:
    """Model to JSON to model is identity, and equal models give equal lines."""
    value: FrozenModel = data.draw(built(model))
    line = value.to_json_line()
    read = model.model_validate_json(line)
    assert read == value
    assert read.to_json_line() == line
    assert read.digest() == value.digest()
    assert "\n" not in line
    assert "\r" not in line


@given(page=built(ArchivedPage))
def test_an_archived_page_survives_the_way_to_a_worker(page: ArchivedPage) -> None:
    """A dictionary of it gives it again."""
    assert ArchivedPage.model_validate(page.model_dump()) == page


@given(article=built(Article))
def test_the_keys_of_the_record_keep_their_order_and_nulls(article: Article) -> None:
    """Columns of two runs can be compared by place."""
    record = json.loads(article.to_json_line())
    assert list(record) == RECORD
    assert list(record["cleaning"]) == ["kept_chars", "removed_chars", "removed"]
    for image in record["images"]:
        assert list(image) == ["url", "caption"]
    for removed in record["cleaning"]["removed"]:
        assert list(removed) == ["rule", "count", "sample", "articles"]


def test_characters_are_written_as_they_are() -> None:
    """A line can be read and searched without a JSON parser."""
    failure = Failure(
        reason=FailureReason.EXCEPTION,
        error="ValueError",
        message="«الخبر» é",
        url=None,
        requested_url=None,
        source=None,
    )
    assert '"message":"«الخبر» é"' in failure.to_json_line()
    assert '"url":null' in failure.to_json_line()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "0" * 31),
        ("id", "G" * 32),
        ("text_sha256", "0" * 63),
        ("word_count", -1),
        ("fetched_at", "2024-01-02T03:04:05"),
        ("access", "some"),
        ("date_source", "published_line"),
        ("language", None),
    ],
)
def test_a_record_with_an_impossible_value_is_refused(
    field: str, value: object
) -> None:
    """No such line can be written or read."""
    with pytest.raises(ValidationError) as caught:
        Article.model_validate({field: value})
    assert (field,) in {
        each["loc"] for each in caught.value.errors() if each["type"] != "missing"
    }


def test_a_digest_tells_two_configurations_apart() -> None:
    """It is the same for equal values, and another one for any other threshold."""
    changed = PipelineConfig(ribbon=RibbonConfig(min_items=9))
    assert PipelineConfig().digest() == PipelineConfig.model_validate({}).digest()
    assert changed.digest() != PipelineConfig().digest()
    assert len(changed.digest()) == 64


def test_a_failure_keeps_twenty_places_at_most() -> None:
    """A deep recursion does not fill the folder of failures."""
    with pytest.raises(ValidationError, match="at most 20 items"):
        Failure(
            reason=FailureReason.EXCEPTION,
            error="RecursionError",
            message="",
            traceback=("a.py:1 f",) * 21,
            url=None,
            requested_url=None,
            source=None,
        )


def test_every_error_is_drawn_in_the_tree_of_errors() -> None:
    """The docstring of the module is the map that a reader trusts."""
    names = {
        name
        for name, each in vars(errors).items()
        if inspect.isclass(each) and issubclass(each, errors.CopydeskError)
    }
    drawn = errors.__doc__ or ""
    assert len(names) > 1
    assert {name for name in names if name not in drawn} == set()
