"""Any value of a model, made from the types of its fields."""

import types
from datetime import UTC, date, datetime
from enum import Enum
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin

from annotated_types import Ge, Gt, MaxLen, MinLen
from hypothesis import strategies as st
from pydantic import AwareDatetime
from pydantic.fields import FieldInfo

from schemas.model import FrozenModel

Strategy = st.SearchStrategy[Any]

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
MOMENTS = st.datetimes(
    min_value=datetime(1990, 1, 1),  # noqa: DTZ001 - hypothesis sets the zone
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
SIMPLE: dict[object, Strategy] = {
    AwareDatetime: MOMENTS,
    bool: st.booleans(),
    bytes: st.binary(max_size=30),
    date: st.dates(),
    datetime: MOMENTS,
    type(None): st.none(),
}


def built(model: type[FrozenModel], **fields: Strategy) -> Strategy:
    """A strategy for `model`; `fields` stand for those that validators tie together."""
    return st.builds(
        model,
        **{
            name: fields.get(name, _of_field(field))
            for name, field in model.model_fields.items()
        },
    )


def _of_field(field: FieldInfo) -> Strategy:
    return _of_type(field.annotation, tuple(field.metadata))


def _of_type(annotation: object, metadata: tuple[object, ...] = ()) -> Strategy:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _of_type(arguments[0], metadata)
    if origin in {Union, types.UnionType}:
        return st.one_of([_of_type(each, metadata) for each in arguments])
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin is tuple:
        size = _limit(metadata, MinLen, 0)
        largest = _limit(metadata, MaxLen, size + 3)
        items = st.lists(_of_type(arguments[0]), min_size=size, max_size=largest)
        return items.map(tuple)
    if origin is dict:
        keys, values = map(_of_type, arguments)
        return st.dictionaries(keys, values, max_size=3)
    return _of_class(cast("type", annotation), metadata)


def _of_class(kind: type, metadata: tuple[object, ...]) -> Strategy:
    if kind in SIMPLE:
        return SIMPLE[kind]
    if issubclass(kind, Enum):
        return st.sampled_from(kind)
    if issubclass(kind, FrozenModel):
        return built(kind)
    if kind is int:
        return st.integers(_limit(metadata, Ge, 0), 10**9)
    if kind is float:
        return st.floats(0.5, 0.9) if metadata else st.floats(-1e9, 1e9)
    return _texts(metadata)


def _texts(metadata: tuple[object, ...]) -> Strategy:
    patterns = [
        pattern
        for each in metadata
        if (pattern := getattr(each, "pattern", None)) is not None
    ]
    return st.from_regex(patterns[0], fullmatch=True) if patterns else TEXTS


def _limit(metadata: tuple[object, ...], kind: type, default: int) -> int:
    for each in metadata:
        if isinstance(each, kind):
            name = {Ge: "ge", Gt: "gt", MinLen: "min_length", MaxLen: "max_length"}
            return int(getattr(each, name[kind]))
    return default
