"""What can go wrong on the test site: each fault is a way to send a broken answer.

A fault gives the bytes to be sent, one piece after the other, the status line first;
the connection is closed at the end. None of them holds a large body in memory.
"""

import asyncio
import fnmatch
import time
import zlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from typing import Literal

Kind = Literal[
    "status",
    "hang",
    "redirect",
    "redirect-loop",
    "redirect-chain",
    "reset",
    "reset-midway",
    "truncated",
    "short-length",
    "broken-chunks",
    "charset",
    "drip",
    "endless",
    "gzip-bomb",
]

MEGABYTE = 1_000_000
FOREVER_SECONDS = 24 * 3600.0

Body = tuple[bytes, ...]
Plan = Callable[[Body], AsyncIterator[bytes]]


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong on certain addresses."""

    kind: Kind
    """
    `status`: that status, with Retry-After if `retry_after` is given.
    `hang`: no answer, ever.
    `redirect`: to `to`; `redirect-loop`: to the address itself, ever again;
    `redirect-chain`: `hops` times, then the page.
    `reset`: the connection is reset before the answer; `reset-midway`: within the body.
    `truncated`: Content-Length is larger than the body; `short-length`: it is smaller.
    `broken-chunks`: a chunk has no length that is a number.
    `charset`: the header says `says`, the body is in `body_charset`.
    `drip`: `drip_bytes` of the body each `seconds`.
    `endless`: `megabytes` of text, with Content-Length if `declared`.
    `gzip-bomb`: `megabytes` of zeros, a thousandth of it on the wire, without an end.
    """

    path: str = "*"
    """Pattern of the addresses, as in a shell."""

    rate: float = 1.0
    """Share of these addresses that it concerns: always the same ones for a seed."""

    times: int = 0
    """How often for each address before all is well; 0: always."""

    status: int = 500
    retry_after: Literal["", "seconds", "date"] = ""
    seconds: float = 1.0
    """Of Retry-After, or between two pieces of a drip."""

    to: str = "http://169.254.1.1/"
    hops: int = 30
    says: str = "iso-8859-1"
    body_charset: str = "utf-8"
    drip_bytes: int = 1
    megabytes: float = 10_000
    declared: bool = False

    @property
    def resets(self) -> bool:
        """Whether the connection is reset and not closed."""
        return self.kind in {"reset", "reset-midway"}

    def concerns(self, path: str, seed: int) -> bool:
        """Whether it goes wrong at this address, without its query."""
        if not fnmatch.fnmatchcase(path, self.path):
            return False
        return zlib.crc32(f"{seed}{self.kind}{path}".encode()) < self.rate * 2**32


def head(status: int, *lines: str) -> bytes:
    """A status line and headers; the connection is not kept."""
    reason = HTTPStatus(status).phrase
    first = f"HTTP/1.1 {status} {reason}"
    return "\r\n".join([first, *lines, "Connection: close", "", ""]).encode("latin-1")


HTML = "Content-Type: text/html; charset=utf-8"


def _status(fault: Fault, _: str) -> Plan:
    lines = ["Content-Type: text/plain", "Content-Length: 6"]
    if fault.retry_after == "seconds":
        lines.append(f"Retry-After: {fault.seconds:.0f}")
    elif fault.retry_after == "date":
        when = formatdate(time.time() + fault.seconds, usegmt=True)
        lines.append(f"Retry-After: {when}")

    async def plan(_: Body) -> AsyncIterator[bytes]:
        yield head(fault.status, *lines)
        yield b"Sorry\n"

    return plan


def _hang(_: Fault, __: str) -> Plan:
    async def plan(_: Body) -> AsyncIterator[bytes]:
        await asyncio.sleep(FOREVER_SECONDS)
        yield b""

    return plan


def _redirect_to(location: str) -> Plan:
    async def plan(_: Body) -> AsyncIterator[bytes]:
        yield head(302, f"Location: {location}", "Content-Length: 0")

    return plan


def _redirect(fault: Fault, _: str) -> Plan:
    return _redirect_to(fault.to)


def _redirect_loop(_: Fault, path: str) -> Plan:
    """Two addresses by turns: some clients know a redirect to itself."""
    bare, __, query = path.partition("?")
    return _redirect_to(bare if query else f"{bare}?again")


def _redirect_chain(fault: Fault, path: str) -> Plan | None:
    bare, _, query = path.partition("?hop=")
    hop = int(query or 0)
    return _redirect_to(f"{bare}?hop={hop + 1}") if hop < fault.hops else None


def _reset(_: Fault, __: str) -> Plan:
    async def plan(_: Body) -> AsyncIterator[bytes]:
        return
        yield

    return plan


def _wrong_length(share_sent: float, share_said: float) -> Callable[[Fault, str], Plan]:
    """Some of the body is sent, and something else is said of its length."""

    def fault(_: Fault, __: str) -> Plan:
        async def plan(body: Body) -> AsyncIterator[bytes]:
            sent = b"".join(body)
            said = int(len(sent) * share_said)
            yield head(200, HTML, f"Content-Length: {said}")
            yield sent[: int(len(sent) * share_sent)]
            await asyncio.sleep(0.05)  # it is on its way before the end is

        return plan

    return fault


def _broken_chunks(_: Fault, __: str) -> Plan:
    async def plan(body: Body) -> AsyncIterator[bytes]:
        yield head(200, HTML, "Transfer-Encoding: chunked")
        yield b"%x\r\n%s\r\nno number\r\n" % (len(body[0]), body[0])

    return plan


def _charset(fault: Fault, _: str) -> Plan:
    async def plan(body: Body) -> AsyncIterator[bytes]:
        text = b"".join(body).decode()
        sent = text.encode(fault.body_charset, "xmlcharrefreplace")
        said = f"Content-Type: text/html; charset={fault.says}"
        yield head(200, said, f"Content-Length: {len(sent)}")
        yield sent

    return plan


def _drip(fault: Fault, _: str) -> Plan:
    async def plan(body: Body) -> AsyncIterator[bytes]:
        sent = b"".join(body)
        yield head(200, HTML, f"Content-Length: {len(sent)}")
        for start in range(0, len(sent), fault.drip_bytes):
            yield sent[start : start + fault.drip_bytes]
            await asyncio.sleep(fault.seconds)

    return plan


def _endless(fault: Fault, _: str) -> Plan:
    piece = b"<p>And so on, and so on, and so on.</p>\n" * 1500
    size = int(fault.megabytes * MEGABYTE)

    async def plan(_: Body) -> AsyncIterator[bytes]:
        yield head(200, HTML, *([f"Content-Length: {size}"] if fault.declared else []))
        for start in range(0, size, len(piece)):
            yield piece[: size - start]

    return plan


def _gzip_bomb(fault: Fault, _: str) -> Plan:
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    piece = squeeze.compress(bytes(MEGABYTE)) + squeeze.flush(zlib.Z_FULL_FLUSH)

    async def plan(_: Body) -> AsyncIterator[bytes]:
        yield head(200, HTML, "Content-Encoding: gzip")
        yield b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
        for __ in range(int(fault.megabytes)):
            yield piece

    return plan


FAULTS: dict[str, Callable[[Fault, str], Plan | None]] = {
    "status": _status,
    "hang": _hang,
    "redirect": _redirect,
    "redirect-loop": _redirect_loop,
    "redirect-chain": _redirect_chain,
    "reset": _reset,
    "reset-midway": _wrong_length(0.5, 1),
    "truncated": _wrong_length(0.5, 1),
    "short-length": _wrong_length(1, 0.9),
    "broken-chunks": _broken_chunks,
    "charset": _charset,
    "drip": _drip,
    "endless": _endless,
    "gzip-bomb": _gzip_bomb,
}
"""By kind: what is sent for an address; None: the page as it is."""
