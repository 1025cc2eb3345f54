"""copydesk templates: what was learnt of sites, listed, shown and compared."""

import argparse
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from pathlib import Path

from crawler import exit_codes
from crawler.commands import Subparsers
from crawler.commands.run_options import host_name
from crawler.terminal import printable
from schemas.errors import UsageError
from schemas.model import FrozenModel
from schemas.template import SiteTemplate, TemplateLayout

DESCRIPTION = """\
Show what `copydesk learn` and `copydesk clean --learn` have learnt.

  list DIR          a line for each site
  show PATH [HOST]  one template: a file, or that of HOST in a folder
  diff A B          what came (+), went (-) and changed (~) from A to B, two files or
                    two folders; exit code 1 if anything did
"""

SHOWN_LINES = 20
"""Repeated lines that `show` prints."""

LABELS = frozenset({"letters", "element", "path", "text"})
"""Fields that say what an entry of a template is of; the others count."""

TEXT_CHARS = 100
DAY_CHARS = len("2018-09-20")
DIGEST_CHARS = 12


def add_parser(subparsers: Subparsers) -> None:
    """Add this command."""
    parser = subparsers.add_parser(
        "templates",
        help="list, show and compare learnt templates",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="all templates of a folder")
    listing.add_argument("folder", metavar="DIR", type=Path)
    listing.set_defaults(run=_list)
    show = actions.add_parser("show", help="one template")
    show.add_argument("path", metavar="PATH", type=Path, help="a file, or a folder")
    show.add_argument("host", metavar="HOST", nargs="?", type=host_name)
    show.set_defaults(run=_show)
    diff = actions.add_parser("diff", help="what is different in two of them")
    diff.add_argument("old", metavar="A", type=Path)
    diff.add_argument("new", metavar="B", type=Path)
    diff.set_defaults(run=_diff)


def load_given(path: Path) -> tuple[SiteTemplate, ...]:
    """The template of a file, or all of a folder.

    Raises:
        TemplateError: They cannot be read.
    """
    from pipelines.template_files import load_template, load_templates

    return load_templates(path) if path.is_dir() else (load_template(path),)


def _list(arguments: argparse.Namespace) -> int:
    from pipelines.template_files import load_templates

    for template in load_templates(arguments.folder):
        counts = (
            f"{template.articles} articles, {len(template.layouts)} layouts, "
            f"{len(template.lines)} lines, {len(template.regions)} regions"
        )
        digest = template.file_digest[:DIGEST_CHARS]
        print(printable(f"{template.site:<32} {counts}  {digest}"))
    return exit_codes.OK


def _show(arguments: argparse.Namespace) -> int:
    given = load_given(arguments.path)
    host = arguments.host
    chosen = [each for each in given if host is None or each.site == host]
    if len(chosen) != 1:
        sites = ", ".join(each.site for each in given) or "none"
        raise UsageError(f"{arguments.path}: name one site of those here: {sites}")
    for line in _shown(chosen[0]):
        print(printable(line))
    return exit_codes.OK


def _diff(arguments: argparse.Namespace) -> int:
    old, new = (
        {each.site: each for each in load_given(path)}
        for path in (arguments.old, arguments.new)
    )
    changed = [
        site
        for site in sorted(old.keys() | new.keys())
        if old.get(site) != new.get(site)
    ]
    for site in changed:
        print(printable(site))
        for line in _changes(_facts(old.get(site)), _facts(new.get(site))):
            print(printable(f"  {line}"))
    return exit_codes.FINDINGS if changed else exit_codes.OK


def _shown(template: SiteTemplate) -> Iterator[str]:
    """A template to be read."""
    yield f"{template.site}: {template.articles} articles on {template.pages} pages"
    for name in template.names:
        yield f"  known as    {_short(name.text)}"
    yield f"  learnt by   copydesk {template.copydesk_version}"
    yield f"  digest      {template.file_digest}"
    for layout in template.layouts:
        yield ""
        yield from _shown_layout(layout)
    if template.regions:
        yield ""
        yield "regions that hold nothing of an article, on so many articles"
    for region in template.regions:
        yield f"  {region.articles:>5}  {region.path}"
    lines = [
        *(
            (each.articles, f"[{each.element}] {each.text}")
            for each in template.phrases
        ),
        *((each.articles, each.text) for each in template.dated_lines),
        *((each.articles, each.text) for each in template.lines),
    ]
    if lines:
        yield ""
        yield "lines that repeat, on so many articles"
    for articles, text in lines[:SHOWN_LINES]:
        yield f"  {articles:>5}  {_short(text)}"
    if len(lines) > SHOWN_LINES:
        yield f"         and {len(lines) - SHOWN_LINES} more"


def _shown_layout(layout: TemplateLayout) -> Iterator[str]:
    yield f"{layout.name}: {layout.articles} articles, {_period(layout)}"
    yield f"  container   {layout.container}"
    yield f"  usual size  {layout.usual_letters} letters"
    yield f"  agreement   {layout.agreement:.2f} with the generic path"
    for name, path in sorted(layout.fields.items()):
        yield f"  {name:<11} {path}"
    yield "  text at     (on so many articles, share of it that is the articles')"
    for each in layout.text_paths:
        yield f"  {each.articles:>5} {each.kept_ratio:>6.0%}  {each.path}"


def _period(layout: TemplateLayout) -> str:
    first, last = map(_moment, (layout.first_captured, layout.last_captured))
    return f"captured {first[:DAY_CHARS]} to {last[:DAY_CHARS]}"


def _changes(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    """A line for each fact that came, went or changed."""
    for fact in [*old, *(each for each in new if each not in old)]:
        before, after = old.get(fact), new.get(fact)
        if before is None:
            yield f"+ {fact}: {after}"
        elif after is None:
            yield f"- {fact}: {before}"
        elif before != after:
            yield f"~ {fact}: {before} -> {after}"


def _facts(template: SiteTemplate | None) -> dict[str, str]:
    """All that a template says, each fact by what it is of."""
    if template is None:
        return {}
    facts = dict(_facts_of(template, "", {"layouts"}))
    # By container: names of layouts change with their order.
    containers: Counter[str] = Counter()
    for layout in template.layouts:
        containers[layout.container] += 1
        number = containers[layout.container]
        name = f"layout in {layout.container}" + (f" ({number})" if number > 1 else "")
        facts |= _facts_of(layout, f"{name}: ", {"name", "container"})
    return facts


def _facts_of(
    model: FrozenModel, prefix: str, without: Collection[str]
) -> Iterator[tuple[str, str]]:
    """A fact for each plain field, and for each entry of a list or a mapping."""
    for field, value in model:
        name = f"{prefix}{field}"
        if field in without:
            continue
        if isinstance(value, tuple):
            yield from ((f"{name}: {_label(each)}", _counts(each)) for each in value)
        elif isinstance(value, dict):
            yield from ((f"{name}: {key}", str(each)) for key, each in value.items())
        else:
            yield name, str(value)


def _label(entry: FrozenModel) -> str:
    """What an entry of a list is of."""
    return " ".join(str(value) for field, value in entry if field in LABELS)


def _counts(entry: FrozenModel) -> str:
    counts = {field: value for field, value in entry if field not in LABELS}
    return ", ".join(
        f"{field} {' '.join(value) if isinstance(value, tuple) else value}"
        for field, value in counts.items()
    )


def _moment(moment: datetime | None) -> str:
    return moment.isoformat() if moment is not None else "unknown"


def _short(text: str) -> str:
    return text if len(text) <= TEXT_CHARS else text[: TEXT_CHARS - 1] + "…"
