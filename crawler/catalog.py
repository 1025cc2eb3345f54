"""The site definitions at hand."""

import hashlib
import tomllib
from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from pipelines.sites import host_of
from schemas.errors import SiteDefinitionError
from schemas.site import SiteDefinition, SiteFile, file_digests

SITES_FOLDER = Path(__file__).parent / "sites"


class Catalog:
    """Site definitions by name.

    Args:
        definitions: All definitions; of a family, the family itself and its members.

    Raises:
        SiteDefinitionError: A name or host belongs to two definitions.
    """

    def __init__(self, definitions: Iterable[SiteDefinition]) -> None:
        self.definitions = tuple(definitions)
        self._by_name: dict[str, SiteDefinition] = {}
        self._by_host: dict[str, SiteDefinition] = {}
        for definition in self.definitions:
            if definition.name in self._by_name:
                raise SiteDefinitionError(f"two sites are named {definition.name}")
            self._by_name[definition.name] = definition
            for host in definition.hosts:
                owner = self._by_host.get(host)
                if owner is not None:
                    raise SiteDefinitionError(
                        f"{host} belongs to {owner.name} and to {definition.name}"
                    )
                self._by_host[host] = definition

    def get(self, name: str) -> SiteDefinition:
        """The definition of that name.

        Raises:
            SiteDefinitionError: There is none; the text lists those that there are.
        """
        try:
            return self._by_name[name]
        except KeyError:
            known = ", ".join(sorted(self._by_name))
            raise SiteDefinitionError(f"no site {name!r}; there are: {known}") from None

    def of_host(self, url: str) -> SiteDefinition | None:
        """The definition that names the address's host, None if none does.

        As `pipelines.sites.site_of_host`, for catalogues of many sites: each address
        that a sitemap names is looked up.
        """
        return self._by_host.get(host_of(url) or "")

    def shard(self, number: int, of: int) -> tuple[SiteDefinition, ...]:
        """The sites that belong to one of several machines.

        A site is where the sha256 of its name says: machines share a catalogue with
        nothing to agree on, and a site that is added moves no other. Families as such,
        and sites without sources, belong to none.

        Args:
            number: Which machine, from 1.
            of: How many machines there are.
        """
        return tuple(
            each
            for each in self.definitions
            if each.hosts and each.sources and _place(each.name) % of == number - 1
        )

    def digests(self) -> dict[str, str]:
        """sha256 of each site file, by the name of the site or family."""
        return file_digests(self.definitions)


def _place(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8])


def load_site_file(path: Path) -> tuple[SiteDefinition, ...]:
    """The definitions in one TOML file; of a family, the family first.

    Raises:
        SiteDefinitionError: The file cannot be read, is not TOML, or a field is wrong;
            the text names file and field.
    """
    try:
        content = path.read_bytes()
        fields = tomllib.loads(content.decode())
        site_file = SiteFile.model_validate(fields)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SiteDefinitionError(f"{path}: {error}") from error
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, each['loc'])) or 'file'}: {each['msg']}"
            for each in error.errors()
        )
        raise SiteDefinitionError(f"{path}: {problems}") from error
    if site_file.name != path.stem:
        raise SiteDefinitionError(
            f"{path}: name: is {site_file.name!r}, but the file is {path.stem!r}"
        )
    return site_file.definitions(hashlib.sha256(content).hexdigest())


def load_catalog(folder: Path = SITES_FOLDER) -> Catalog:
    """All definitions of a folder, in the order of file names.

    Raises:
        SiteDefinitionError: A file is not valid, or two clash.
    """
    files = sorted(folder.glob("*.toml"))
    return Catalog(each for path in files for each in load_site_file(path))
