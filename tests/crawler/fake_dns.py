"""A DNS in which every name leads to loopback; named by `TWISTED_DNS_RESOLVER`."""

from typing import Any

from twisted.internet.address import IPv4Address

from crawler.middlewares.addresses import PublicHostnameResolver


class LoopbackDns(PublicHostnameResolver):
    """The real resolver, asked behind it is a liar."""

    def __init__(self, reactor: Any, cache_size: int, **options: Any) -> None:  # noqa: ANN401
        super().__init__(reactor, cache_size, **options)
        behind: Any = FakeResolver("127.0.0.1")
        self.original_resolver = behind


class FakeResolver:
    """Answers each name with the same addresses."""

    def __init__(self, *addresses: str) -> None:
        self._addresses = addresses

    def resolveHostName(  # noqa: N802 - Twisted's interface
        self,
        receiver: Any,  # noqa: ANN401
        _host: str,
        port: int = 0,
        *_: object,
    ) -> object:
        """Tell the receiver at once."""
        receiver.resolutionBegan(self)
        for address in self._addresses:
            receiver.addressResolved(IPv4Address("TCP", address, port))
        receiver.resolutionComplete()
        return self
