"""The base of every model of ours."""

import hashlib

from pydantic import BaseModel, ConfigDict


class FrozenModel(BaseModel):
    """A value: immutable, closed to unknown fields, documented by its attributes."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        ser_json_bytes="base64",
        val_json_bytes="base64",
    )

    def to_json_line(self) -> str:
        """The model as one line of JSON, without the line's end.

        Keys stand in the order of declaration, nulls are written, non-ASCII
        characters are not escaped: equal models give equal lines.
        """
        return self.model_dump_json()

    def digest(self) -> str:
        """The sha256 of `to_json_line`, in hexadecimal."""
        return hashlib.sha256(self.to_json_line().encode()).hexdigest()
