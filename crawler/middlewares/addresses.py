"""Addresses: nothing but the public web is asked, unless that was allowed.

Feeds, sitemaps, links and redirects are written by strangers: without this a page
could have our machine read its own services or the network it stands in (server-side
request forgery). Two gates: the middleware refuses addresses that say where they lead,
and the resolver takes private answers out of DNS at connect time, so that a name that
changes its answer (rebinding) cannot slip between check and use.
"""

import ipaddress
import socket
import unicodedata
from collections.abc import Collection, Sequence
from ipaddress import IPv4Address, IPv6Address
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import CannotResolveHostError, IgnoreRequest
from scrapy.http import Response
from scrapy.resolver import CachingHostnameResolver
from scrapy.settings import BaseSettings
from scrapy.utils.reactor import is_reactor_installed
from twisted.internet.interfaces import IAddress, IHostResolution

from pipelines.read.http_payload import is_redirect
from pipelines.sites import host_of

ALLOWED_HOSTS = "allowed_hosts"
"""Key of `request.meta`: hosts to which a redirect may lead (`is_allowed_host`);
absent or None, to any."""

_LOCAL_NAMES = frozenset(
    {"localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback"}
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class RefusedAddressError(IgnoreRequest):
    """The address is private, or not one of the web."""


class OffsiteRedirectError(IgnoreRequest):
    """A redirect leads away from the site."""


def is_public_address(address: IPv4Address | IPv6Address) -> bool:
    """Whether the address belongs to the public internet.

    IPv6 addresses that carry an IPv4 address (mapped, 6to4, NAT64) are as public as
    that one. Source: the IANA special-purpose registries, as in `ipaddress`.
    """
    carried = _carried_address(address)
    if carried is not None:
        return is_public_address(carried)
    return address.is_global and not (address.is_multicast or address.is_reserved)


def is_private_host(host: str) -> bool:
    """Whether a host, as it stands in a URL, names a private address by itself.

    IPv4 is read as resolvers read it: `127.1`, `0x7f.1`, `2130706433`, `0177.0.0.1`.
    A name that only DNS can tell is not private here.
    """
    plain = unicodedata.normalize("NFKC", unquote(host)).strip("[]").rstrip(".").lower()
    if plain in _LOCAL_NAMES or plain.endswith(".localhost"):
        return True
    address = _literal_address(plain)
    return address is not None and not is_public_address(address)


def is_private_url(url: str) -> bool:
    """Whether a URL leads to a private address, or has no host at all."""
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return True
    return not host or is_private_host(host)


def is_allowed_host(url: str, allowed: Collection[str]) -> bool:
    """Whether the URL's host is one of `allowed`.

    `example.org` allows that host only (and `www.` before it); `.example.org` also
    those below it and above it, as `rss.example.org` and `example.org` are one site.
    """
    host = host_of(url)
    if host is None:
        return False
    return host in allowed or any(
        each.startswith(".")
        and (f".{host}".endswith(each) or each.endswith(f".{host}"))
        for each in allowed
    )


class AddressMiddleware:
    """Refuses requests before anything is sent, those of redirects too."""

    def __init__(self, crawler: Crawler) -> None:
        self._allow_private = crawler.settings.getbool(
            "COPYDESK_ALLOW_PRIVATE_ADDRESSES"
        )

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """As Scrapy asks for it."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Return if the address may be asked.

        Raises:
            RefusedAddressError: The scheme is not http(s), or the host is private.
            OffsiteRedirectError: A redirect left the hosts that the request allows.
        """
        parts = urlsplit(request.url)
        if parts.scheme not in {"http", "https"}:
            raise RefusedAddressError(f"not an address of the web: {request.url}")
        if parts.username is not None:
            # Of a redirect: it would be sent, and written to archive and records.
            raise RefusedAddressError("an address with a user name")
        if not self._allow_private and is_private_url(request.url):
            raise RefusedAddressError(f"a private address: {request.url}")
        allowed = request.meta.get(ALLOWED_HOSTS)
        if (
            allowed is not None
            and request.meta.get("redirect_urls")
            and not is_allowed_host(request.url, allowed)
        ):
            raise OffsiteRedirectError(f"redirected to {request.url}")

    def process_response(self, request: Request, response: Response) -> Response:  # noqa: ARG002 - Scrapy's signature
        """The response, unless it is a redirect that Scrapy did not follow.

        Raises:
            RefusedAddressError: It leads out of the web (`file:`, `ftp:`).
        """
        names = (name.decode("latin-1") for name in response.headers)
        if is_redirect(response.status, names):
            location = (response.headers["Location"] or b"").decode("latin-1")
            scheme = location.partition(":")[0]
            raise RefusedAddressError(f"redirected out of the web, to {scheme[:20]}:")
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Tell a name that has only private addresses from one that has none.

        Raises:
            RefusedAddressError: The resolver took all answers away.
        """
        resolver = _installed_resolver()
        if (
            isinstance(exception, CannotResolveHostError)
            and isinstance(resolver, PublicHostnameResolver)
            and urlsplit(request.url).hostname in resolver.refused
        ):
            raise RefusedAddressError(
                f"a name with a private address: {request.url}"
            ) from exception


class PublicHostnameResolver(CachingHostnameResolver):
    """Scrapy's resolver for IPv4 and IPv6, without private answers.

    Set as `TWISTED_DNS_RESOLVER`. All connections of the HTTP handlers ask it, also for
    addresses that are literals already.

    Args:
        reactor: Twisted's reactor.
        cache_size: Names that are remembered.
        allow_private: Whether private answers pass.
    """

    def __init__(
        self,
        reactor: Any,  # noqa: ANN401 - Scrapy's signature
        cache_size: int,
        *,
        allow_private: bool = False,
    ) -> None:
        super().__init__(reactor, cache_size)
        self._allow_private = allow_private
        self.refused: set[str] = set()
        """Names of which an answer was taken away."""

    @classmethod
    def from_crawler(cls, crawler: Any, reactor: Any) -> Self:  # noqa: ANN401
        """As Scrapy asks for it; `crawler` is the process, which has settings too."""
        settings: BaseSettings = crawler.settings
        cached = settings.getbool("DNSCACHE_ENABLED")
        return cls(
            reactor,
            settings.getint("DNSCACHE_SIZE") if cached else 0,
            allow_private=settings.getbool("COPYDESK_ALLOW_PRIVATE_ADDRESSES"),
        )

    def resolveHostName(  # noqa: N802 - Twisted's interface
        self,
        resolutionReceiver: Any,  # noqa: ANN401, N803 - zope's interfaces are no types
        hostName: str,  # noqa: N803
        portNumber: int = 0,  # noqa: N803
        addressTypes: Sequence[type[IAddress]] | None = None,  # noqa: N803
        transportSemantics: str = "TCP",  # noqa: N803
    ) -> IHostResolution:
        """Resolve a name; the receiver hears of public addresses only."""
        if not self._allow_private:
            resolutionReceiver = _PublicOnly(  # noqa: N806
                resolutionReceiver, hostName, self.refused
            )
        return super().resolveHostName(
            resolutionReceiver, hostName, portNumber, addressTypes, transportSemantics
        )


class _PublicOnly:
    """A receiver behind which private addresses do not exist."""

    def __init__(
        self,
        receiver: Any,  # noqa: ANN401 - an `IResolutionReceiver`
        host: str,
        refused: set[str],
    ) -> None:
        self._receiver = receiver
        self._host = host
        self._refused = refused

    def resolutionBegan(self, resolution: IHostResolution) -> None:  # noqa: N802
        self._receiver.resolutionBegan(resolution)

    def addressResolved(self, address: IAddress) -> None:  # noqa: N802
        literal = _literal_address(getattr(address, "host", ""))
        if literal is not None and is_public_address(literal):
            self._receiver.addressResolved(address)
        else:
            self._refused.add(self._host)

    def resolutionComplete(self) -> None:  # noqa: N802
        self._receiver.resolutionComplete()


def _installed_resolver() -> object:
    if not is_reactor_installed():
        return None  # Importing it would install one.
    from twisted.internet import reactor

    return getattr(reactor, "nameResolver", None)


def _carried_address(address: IPv4Address | IPv6Address) -> IPv4Address | None:
    if isinstance(address, IPv4Address):
        return None
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def _literal_address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host))
    except (OSError, ValueError):
        return None
