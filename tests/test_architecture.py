"""The arrows of docs/architecture.md: schemas ← pipelines ← crawler, and no others."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.catalog import Catalog

ROOT = Path(__file__).parents[1]

LAYERS = ("schemas", "pipelines", "crawler")

VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "base"}

SCRAPY_ADAPTER = "pipelines.item_pipelines"

NO_CLOCK_NO_CHANCE = {"random", "secrets", "time", "socket", "ssl", "urllib.request"}

CLOCK_CALLS = {"now", "utcnow", "today"}


def _modules() -> dict[str, Path]:
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(
            ".__init__"
        ): path
        for layer in LAYERS
        for path in sorted((ROOT / layer).rglob("*.py"))
    }


MODULES = _modules()


def _imports(name: str) -> Iterator[tuple[str, bool]]:
    """Each module that a module imports, and whether it does so when it is imported."""
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    at_import = {id(node) for node in tree.body}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, id(node) in at_import) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                target = inner if inner in MODULES else node.module
                yield target, id(node) in at_import


def _top(module: str) -> str:
    return module.split(".", 1)[0]


@pytest.mark.parametrize("name", MODULES)
def test_imports_go_one_way(name: str) -> None:
    """A layer imports itself and the layers below it."""
    own = LAYERS.index(_top(name))
    wrong = [
        target
        for target, _ in _imports(name)
        if _top(target) in LAYERS and LAYERS.index(_top(target)) > own
    ]
    assert wrong == []


def test_there_is_no_cycle() -> None:
    """No module needs itself, over however many others, in order to be imported."""
    graph = {
        name: {
            target for target, early in _imports(name) if early and target in MODULES
        }
        for name in MODULES
    }
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " → ".join((*path[path.index(name) :], name))
        if name not in done:
            for target in sorted(graph[name]):
                visit(target, (*path, name))
            done.add(name)

    for name in graph:
        visit(name, ())


@pytest.mark.parametrize("name", MODULES)
def test_names_say_what_is_inside(name: str) -> None:
    """No module is a drawer for what belongs nowhere."""
    assert name.rsplit(".", 1)[-1] not in VAGUE_NAMES


@pytest.mark.parametrize("name", [each for each in MODULES if each[:7] == "schemas"])
def test_schemas_need_pydantic_only(name: str) -> None:
    """Who has our records can read our models, without lxml or Scrapy."""
    allowed = {*sys.stdlib_module_names, "pydantic", "schemas"}
    assert {_top(target) for target, _ in _imports(name)} <= allowed


@pytest.mark.parametrize("name", [each for each in MODULES if each[:9] == "pipelines"])
def test_pipelines_have_no_clock_no_chance_and_no_network(name: str) -> None:
    """The same input gives the same bytes: nothing else can be asked."""
    imported = {target for target, _ in _imports(name)}
    assert not imported & NO_CLOCK_NO_CHANCE
    assert name == SCRAPY_ADAPTER or not any(
        _top(target) in {"scrapy", "twisted"} for target in imported
    )
    calls = [
        node.func.attr
        for node in ast.walk(ast.parse(MODULES[name].read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    ]
    assert not CLOCK_CALLS & set(calls)


def test_no_site_is_named_in_pipelines(catalog: Catalog) -> None:
    """Site knowledge is data: the code of the pipeline has no site's name or host."""
    names = {
        word
        for site in catalog.definitions
        for word in (site.name, *site.hosts)
        if site.name != site.family
    }
    for name, path in MODULES.items():
        if _top(name) == "pipelines":
            text = path.read_text(encoding="utf-8").lower()
            assert not [word for word in names if word in text], name
