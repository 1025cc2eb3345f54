"""Addresses, and which site definition they belong to."""

import functools
import re
from collections.abc import Iterable
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from schemas.site import SiteDefinition

TRACKING_PARAMETERS = re.compile(
    r"utm_\w+|fbclid|gclid|dclid|msclkid|yclid|igshid|mc_[ce]id|_ga|at_\w+|xtor|"
    r"ref_src|cmpid|s_cid|ocid",
    re.IGNORECASE,
)
"""Query parameters that say where a reader came from, never what he reads."""

DEFAULT_PORTS = {"http": 80, "https": 443}

_SAFE = "~!$&'()*+,;=:@-._"

_WWW = re.compile(r"^(?:www\.)+")


def host_of(url: str | None) -> str | None:
    """The host of an http(s) address in lower case, without `www.` and port.

    None where there is no such host, or its port is no port.
    """
    if url is None:
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname if parts.port != 0 else None
    except ValueError:
        return None
    if parts.scheme not in DEFAULT_PORTS or not host:
        return None
    return _WWW.sub("", host.rstrip(".")) or None


def url_key(url: str, site: SiteDefinition | None = None) -> str:
    """The normal form of an address for equality; not an address to fetch.

    Scheme, `www.`, default port, fragment, tracking parameters, a final slash and the
    order of parameters do not count (RFC 3986 section 6.2 and beyond); the query does
    not count at all where the site says so (`keep_query`). Idempotent for what it
    gives when a scheme is put before it. An address that cannot be parsed is its own
    key.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return url.strip()
    host = host_of(url.strip())
    if host is None:
        return url.strip()
    if ":" in host:
        host = f"[{host}]"
    if port not in {None, *DEFAULT_PORTS.values()}:
        host = f"{host}:{port}"
    # Bytes that are not UTF-8 (windows-1256 is common in old Arabic addresses) have to
    # stay apart: two addresses must not become one.
    path = "/".join(map(_normal_segment, parts.path.split("/"))).rstrip("/")
    query = ""
    if site is None or site.keep_query:
        pairs = parse_qsl(parts.query, keep_blank_values=True, errors="surrogateescape")
        kept = sorted(
            pair for pair in pairs if not TRACKING_PARAMETERS.fullmatch(pair[0])
        )
        query = f"?{urlencode(kept, errors='surrogateescape')}" if kept else ""
    return f"{host}{path}{query}"


def _normal_segment(segment: str) -> str:
    """Escaped where it must be, and only there; an escaped slash parts nothing."""
    plain = unquote(segment, errors="surrogateescape")
    return quote(plain, safe=_SAFE, errors="surrogateescape")


def is_article_url(url: str, site: SiteDefinition | None) -> bool:
    """Whether a page at this address may be an article, as far as the site says."""
    if site is None:
        return True
    try:
        path = urlsplit(url).path or "/"
    except ValueError:
        return False
    if any(_path_pattern(pattern).fullmatch(path) for pattern in site.exclude_urls):
        return False
    return not site.article_urls or any(
        _path_pattern(pattern).fullmatch(path) for pattern in site.article_urls
    )


def site_of_host(
    url: str | None, definitions: Iterable[SiteDefinition]
) -> SiteDefinition | None:
    """The definition that names the address's host, None if none does."""
    host = host_of(url)
    if host is None:
        return None
    return next((each for each in definitions if host in each.hosts), None)


@functools.cache
def _path_pattern(pattern: str) -> re.Pattern[str]:
    """`*` one path segment, `**` any number of them, `#` digits; else as it stands.

    A pure function of its argument, so that the cache cannot change a result.
    """
    translated = (
        re.escape(pattern)
        .replace(r"\*\*", ".*")
        .replace(r"\*", "[^/]+")
        .replace(r"\#", "[0-9]+")
    )
    return re.compile(translated + "/?")
