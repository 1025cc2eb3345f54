"""Which addresses may be asked, by their text and by what DNS says of them."""

from ipaddress import ip_address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy import Request
from scrapy.exceptions import CannotResolveHostError
from scrapy.resolver import dnscache
from scrapy.spiders import Spider
from scrapy.utils.test import get_crawler

from crawler.middlewares.addresses import (
    ALLOWED_HOSTS,
    AddressMiddleware,
    OffsiteRedirectError,
    PublicHostnameResolver,
    RefusedAddressError,
    is_allowed_host,
    is_private_host,
    is_private_url,
    is_public_address,
)
from tests.crawler.fake_dns import FakeResolver


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST.",
        "api.localhost",
        "ip6-localhost",
        "127.0.0.1",
        "127.1",
        "0x7f.1",
        "0x7f000001",
        "2130706433",
        "0177.0.0.1",
        "127.0.0.1.",
        "%31%32%37.0.0.1",
        "１２７.0.0.1",
        "0",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::1",
        "[::1]",
        "::",
        "fe80::1%eth0",
        "fd00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001:db8::1",
    ],
)
def test_private_hosts_are_seen_in_every_spelling(host: str) -> None:
    """Loopback, private, link-local, multicast, reserved and embedded addresses."""
    assert is_private_host(host)


@pytest.mark.parametrize(
    "host",
    [
        "news.example",
        "localhost.news.example",
        "93.184.216.34",
        "2606:4700::1111",
        "::ffff:93.184.216.34",
        "64:ff9b::5db8:d822",
        "256.1.1.1",
        "1.2.3.4.5",
        "",
    ],
)
def test_names_and_public_addresses_are_not_private(host: str) -> None:
    """What only DNS can tell is left to the resolver."""
    assert not is_private_host(host)


@pytest.mark.parametrize("url", ["http://", "http://[bad/", "no address", "file:///x"])
def test_url_without_host_is_private(url: str) -> None:
    """What cannot be read cannot be let through."""
    assert is_private_url(url)


def test_credentials_do_not_hide_the_host() -> None:
    """The host stands behind the `@`."""
    assert is_private_url("http://news.example@127.0.0.1:8000/")


@given(st.ip_addresses(v=4))
def test_mapped_addresses_are_as_public_as_what_they_carry(address: Any) -> None:  # noqa: ANN401
    """IPv4 in IPv6 is judged as IPv4."""
    mapped = ip_address(f"::ffff:{address}")
    assert is_public_address(mapped) == is_public_address(address)


@given(st.text())
def test_no_host_raises(host: str) -> None:
    """Whatever stands there, there is an answer."""
    assert is_private_host(host) in {True, False}


@pytest.mark.parametrize(
    ("url", "allowed", "expected"),
    [
        ("https://www.paper.example/x", {"paper.example"}, True),
        ("https://rss.paper.example/x", {"paper.example"}, False),
        ("https://rss.paper.example/x", {".paper.example"}, True),
        ("https://paper.example/x", {".rss.paper.example"}, True),
        ("https://wallpaper.example/x", {".paper.example"}, False),
        ("https://paper.example.evil.example/x", {".paper.example"}, False),
        ("mailto:a@paper.example", {".paper.example"}, False),
    ],
)
def test_allowed_hosts(url: str, allowed: set[str], *, expected: bool) -> None:
    """A bare name allows itself, one with a dot its relatives too."""
    assert is_allowed_host(url, allowed) is expected


def middleware(*, allow_private: bool = False) -> AddressMiddleware:
    """The middleware of a crawl."""
    settings = {"COPYDESK_ALLOW_PRIVATE_ADDRESSES": allow_private}
    return AddressMiddleware.from_crawler(get_crawler(Spider, settings))


@pytest.mark.parametrize(
    "url", ["http://127.1/", "http://localhost:8000/robots.txt", "ftp://paper.example/"]
)
def test_refused_requests_raise(url: str) -> None:
    """Private hosts and other schemes are not asked."""
    with pytest.raises(RefusedAddressError):
        middleware().process_request(Request(url))


def test_private_addresses_pass_with_leave_but_other_schemes_do_not() -> None:
    """The setting opens private hosts only."""
    with_leave = middleware(allow_private=True)
    with_leave.process_request(Request("http://127.0.0.1/"))
    with pytest.raises(RefusedAddressError):
        with_leave.process_request(Request("ftp://127.0.0.1/"))


def test_redirect_off_the_site_raises() -> None:
    """Hosts count for redirects only: the request itself was decided before."""
    allowed = {ALLOWED_HOSTS: frozenset({"paper.example"})}
    first = Request("https://other.example/", meta=allowed)
    middleware().process_request(first)
    redirected = first.replace(meta={**allowed, "redirect_urls": ["https://x/"]})
    with pytest.raises(OffsiteRedirectError):
        middleware().process_request(redirected)
    onsite = redirected.replace(url="https://www.paper.example/")
    middleware().process_request(onsite)


class Receiver:
    """Keeps what it hears of a resolution."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def resolutionBegan(self, _resolution: object) -> None:  # noqa: N802
        """As Twisted calls it."""
        self.heard.append("began")

    def addressResolved(self, address: Any) -> None:  # noqa: ANN401, N802
        """As Twisted calls it."""
        self.heard.append(address.host)

    def resolutionComplete(self) -> None:  # noqa: N802
        """As Twisted calls it."""
        self.heard.append("complete")


class Reactor:
    """As much of a reactor as the resolver asks for."""

    def __init__(self, *addresses: str) -> None:
        self.nameResolver = FakeResolver(*addresses)


def resolve(
    name: str, *addresses: str, allow_private: bool = False
) -> tuple[list[str], PublicHostnameResolver]:
    """What a connection hears of a name twice, from DNS and from the cache."""
    dnscache.clear()
    settings = {"COPYDESK_ALLOW_PRIVATE_ADDRESSES": allow_private}
    resolver = PublicHostnameResolver.from_crawler(
        get_crawler(Spider, settings), reactor=Reactor(*addresses)
    )
    receiver = Receiver()
    for _ in range(2):
        resolver.resolveHostName(receiver, name)
    dnscache.clear()
    return receiver.heard, resolver


def test_private_answers_do_not_reach_the_connection() -> None:
    """A public name with a private answer has no address, cached or not."""
    heard, resolver = resolve("news.example", "127.0.0.1", "10.0.0.1")
    assert heard == ["began", "complete"] * 2
    assert resolver.refused == {"news.example"}


def test_public_answers_pass_beside_private_ones() -> None:
    """Of a mixed answer the public part is used."""
    heard, _ = resolve("news.example", "10.0.0.1", "93.184.216.34")
    assert heard == ["began", "93.184.216.34", "complete"] * 2


def test_private_answers_pass_with_leave() -> None:
    """The setting opens the resolver too."""
    heard, resolver = resolve("news.example", "127.0.0.1", allow_private=True)
    assert heard == ["began", "127.0.0.1", "complete"] * 2
    assert resolver.refused == set()


def test_other_errors_are_not_called_private() -> None:
    """A name that does not resolve stays a name that does not resolve."""
    request = Request("https://news.example/")
    middleware().process_exception(request, ValueError("other"))
    middleware().process_exception(request, CannotResolveHostError("none"))
