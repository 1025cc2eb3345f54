"""copydesk schema: the form of every file we write."""

import argparse
import json
from typing import Any

from crawler import exit_codes
from crawler.commands import Subparsers
from schemas.article import Article, Duplicate
from schemas.config import PipelineConfig
from schemas.manifest import Manifest
from schemas.model import FrozenModel
from schemas.rejection import Failure, Rejection
from schemas.site import SiteFile
from schemas.template import SiteTemplate

MODELS: dict[str, type[FrozenModel]] = {
    "article": Article,
    "duplicate": Duplicate,
    "rejection": Rejection,
    "failure": Failure,
    "manifest": Manifest,
    "site": SiteFile,
    "template": SiteTemplate,
    "config": PipelineConfig,
}

HEADER = """\
# The records, field by field

Made by `copydesk schema --markdown > docs/schema.md`; a test fails when it is stale.
`copydesk schema NAME` prints the JSON Schema (2020-12) of the same.
"""


def add_parser(subparsers: Subparsers) -> None:
    """Add this command."""
    parser = subparsers.add_parser(
        "schema",
        help="print the JSON Schema of a record",
        description="Print the JSON Schema (2020-12) of what is read and written.",
    )
    parser.add_argument(
        "name",
        nargs="?",
        choices=MODELS,
        default="article",
        metavar="NAME",
        help=f"one of {', '.join(MODELS)} (default: article)",
    )
    parser.add_argument(
        "--markdown", action="store_true", help="all of them, as docs/schema.md"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print a schema; the exit code."""
    if arguments.markdown:
        print(schema_markdown(), end="")
    else:
        schema = json_schema(MODELS[arguments.name])
        print(json.dumps(schema, ensure_ascii=False, indent=2))
    return exit_codes.OK


def json_schema(model: type[FrozenModel]) -> dict[str, Any]:
    """The JSON Schema of what `model` writes (or, for a site file, reads)."""
    mode = "validation" if model is SiteFile else "serialization"
    schema = model.model_json_schema(mode=mode)  # type: ignore[arg-type]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def schema_markdown() -> str:
    """docs/schema.md: a table for each model, and for each model inside it."""
    sections = [HEADER]
    shown: set[str] = set()
    for name, model in MODELS.items():
        schema = json_schema(model)
        sections.append(_section(f"## {name}", schema))
        for inner, definition in schema.get("$defs", {}).items():
            if inner not in shown:
                shown.add(inner)
                sections.append(_section(f"### {inner}", definition))
    return "\n".join(sections)


def _section(title: str, schema: dict[str, Any]) -> str:
    lines = [title, "", _one_line(schema.get("description", ""))]
    if "enum" in schema:
        lines += ["", "One of " + ", ".join(f"`{each}`" for each in schema["enum"])]
    fields = schema.get("properties", {})
    if fields:
        lines += ["", "| field | type | meaning |", "|---|---|---|"]
    for name, field in fields.items():
        meaning = _one_line(field.get("description", "")).replace("|", "\\|")
        lines.append(f"| `{name}` | {_type(field)} | {meaning} |")
    return "\n".join(lines) + "\n"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _type(field: dict[str, Any]) -> str:
    if "$ref" in field:
        return str(field["$ref"].rsplit("/", 1)[-1])
    if "anyOf" in field:
        return " or ".join(_type(each) for each in field["anyOf"])
    if field.get("type") == "array":
        return f"list of {_type(field.get('items', {}))}"
    if "const" in field or "enum" in field:
        return ", ".join(
            f"`{each}`" for each in field.get("enum", [field.get("const")])
        )
    form = f" ({field['format']})" if "format" in field else ""
    return f"{field.get('type', 'any')}{form}"
