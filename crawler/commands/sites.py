"""copydesk sites: the site definitions at hand, and whether they are right."""

import argparse
import sys
from pathlib import Path

from crawler import exit_codes
from crawler.catalog import SITES_FOLDER, Catalog, load_catalog, load_site_file
from crawler.commands import Subparsers
from schemas.errors import SiteDefinitionError
from schemas.site import SiteDefinition

DESCRIPTION = """\
Show the site definitions.

  list          name, family, country, languages and host of each site
  show NAME     one definition, as JSON
  check [NAME]  whether definitions are valid and their selectors can be used; NAME may
                be a TOML file; with --golden DIR also whether the pages there give the
                records that they should (docs/add-a-site.md)
"""


def add_parser(subparsers: Subparsers) -> None:
    """Add this command."""
    parser = subparsers.add_parser(
        "sites",
        help="list, show and check site definitions",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="all sites").set_defaults(run=_list)
    show = actions.add_parser("show", help="one definition")
    show.add_argument("name", metavar="NAME")
    show.set_defaults(run=_show)
    check = actions.add_parser("check", help="check definitions")
    check.add_argument("name", metavar="NAME", nargs="?", help="default: all")
    check.add_argument("--golden", metavar="DIR", type=Path, help="golden pages")
    check.set_defaults(run=_check)


def named_site(name: str | None, catalog: Catalog) -> SiteDefinition | None:
    """The definition that `--site` names: one of the catalogue, or a TOML file.

    Raises:
        SiteDefinitionError: There is no such site, or the file is not valid.
    """
    if name is None:
        return None
    if name.endswith(".toml"):
        return load_site_file(Path(name))[0]
    return catalog.get(name)


def _list(_arguments: argparse.Namespace) -> int:
    for site in load_catalog().definitions:
        fields = (
            site.name,
            site.family,
            site.country or "-",
            ",".join(site.languages) or "-",
            site.host or "(family)",
        )
        print("{:<12} {:<12} {:<3} {:<8} {}".format(*fields))
    return exit_codes.OK


def _show(arguments: argparse.Namespace) -> int:
    site = named_site(arguments.name, load_catalog())
    print(site.model_dump_json(indent=2) if site is not None else "")
    return exit_codes.OK


def _check(arguments: argparse.Namespace) -> int:
    """Check one definition, or all; faults go to standard error."""
    from pipelines.extract import check_selectors

    names = [arguments.name] if arguments.name else _files()
    faults = 0
    for name in names:
        try:
            site = named_site(name, load_catalog())
            if site is None:
                continue
            check_selectors(site)
        except SiteDefinitionError as error:
            print(error, file=sys.stderr)
            faults += 1
            continue
        print(f"{site.name}: valid")
        if arguments.golden is not None:
            faults += _check_golden(site, arguments.golden)
    return exit_codes.FINDINGS if faults else exit_codes.OK


def _files() -> list[str]:
    return [str(path) for path in sorted(SITES_FOLDER.glob("*.toml"))]


def _check_golden(site: SiteDefinition, folder: Path) -> int:
    """A line for each field of each golden page; how many are not as they should be."""
    from crawler.golden import check_golden

    wrong = 0
    for case, field, is_right, got in check_golden(site, folder):
        mark = "ok   " if is_right else "WRONG"
        print(f"{mark} {case:<24} {field}" + ("" if is_right else f": {got}"))
        wrong += not is_right
    return wrong
