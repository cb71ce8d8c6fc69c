"""SOCKS5 (RFC 1928), as much of it as browsers use: where a connection wants to go, and then everything passes."""

import asyncio
import struct
from collections.abc import Sequence
from functools import partial
from ipaddress import ip_address
from typing import Protocol, cast

from shared.url_policy.hosts import Address

NEXT_ADDRESS_SECONDS = 3.0
CONNECT_SECONDS = 30.0
LONGEST_HANDSHAKE = 600  # bytes; the longest request has 262

VERSION, NO_LOGIN, NO_METHOD, CONNECT = 5, b"\x05\x00", b"\x05\xff", 1
DONE, NOT_ALLOWED, UNREACHABLE, CONNECTION_REFUSED, TIMED_OUT, NO_COMMAND = 0, 2, 4, 5, 6, 7


class Closed(Exception):
    """There is no way to a place: what SOCKS answers, and why in words."""

    def __init__(self, answer: int, words: str) -> None:
        super().__init__(words)
        self.answer = answer


class Gate(Protocol):
    """Who decides about connections, and ends them."""

    async def way_to(self, host: str, port: int) -> Sequence[Address]:
        """The addresses at which a host may be reached. Raises `Closed`."""
        ...

    def tried(self, host: str, port: int, trouble: str | None) -> None:
        """Whether a place was reached, or why not."""
        ...

    def opened(self, end: "End") -> None:
        """A connection that must end with the gate."""
        ...

    def ended(self, end: "End") -> None:
        """It did."""
        ...


class End(asyncio.Protocol):
    """One end of a connection through the gate: what comes in here goes out at the other, no faster than it leaves."""

    transport: asyncio.Transport

    def __init__(self, gate: Gate, other: "End | None" = None) -> None:
        self.gate, self.other = gate, other
        self.heard_all = False
        self.going: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The transport is there."""
        self.transport = cast("asyncio.Transport", transport)
        self.gate.opened(self)

    def data_received(self, data: bytes) -> None:
        """Passes it on."""
        if self.other is not None:
            self.other.transport.write(data)

    def eof_received(self) -> bool:
        """This side says no more, but may still listen."""
        self.heard_all = True
        if self.other is None:
            return False
        self.other.transport.write_eof()
        return not self.other.heard_all

    def connection_lost(self, error: Exception | None) -> None:
        """What was said is still passed on, unless the connection broke."""
        self.gate.ended(self)
        if self.other is not None:
            self.other.transport.abort() if error else self.other.transport.close()

    def pause_writing(self) -> None:
        """This side takes no more for now."""
        if self.other is not None:
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        """It does again."""
        if self.other is not None:
            self.other.transport.resume_reading()


class BrowserEnd(End):
    """The browser's end: it says first where it wants to go."""

    def __init__(self, gate: Gate) -> None:
        super().__init__(gate)
        self._heard = bytearray()
        self._greeted = False

    def data_received(self, data: bytes) -> None:
        """Passes it on, once there is somewhere to pass it on to."""
        if self.other is not None:
            self.other.transport.write(data)
            return
        self._heard += data
        if len(self._heard) > LONGEST_HANDSHAKE or (self.going is None and self._heard[0] != VERSION):
            self.transport.abort()
            return
        if not self._greeted:
            self._greet()
        if self._greeted and self.going is None:
            self._ask()

    def connection_lost(self, error: Exception | None) -> None:
        """A connection that is being made for it is not needed any more."""
        if self.going is not None:
            self.going.cancel()
        super().connection_lost(error)

    def _greet(self) -> None:
        heard = self._heard
        if len(heard) < 2 or len(heard) < 2 + heard[1]:
            return
        methods = heard[2 : 2 + heard[1]]
        del heard[: 2 + heard[1]]
        if 0 in methods:
            self._greeted = True
            self.transport.write(NO_LOGIN)
        else:
            self._leave(NO_METHOD)

    def _ask(self) -> None:
        read = _read_request(self._heard)
        if read is None:
            return
        command, host, port, length = read
        del self._heard[:length]
        if command == CONNECT:
            self.going = asyncio.ensure_future(self._go(host, port))
        else:
            self._leave(_answer(NO_COMMAND))

    async def _go(self, host: str, port: int) -> None:
        try:
            await _connect(self, await self.gate.way_to(host, port), port)
            trouble = None
        except Closed as closed:
            self._leave(_answer(closed.answer))
            trouble = str(closed)
        self.gate.tried(host, port, trouble)

    def reached(self, site: "_SiteEnd") -> None:
        """The site took the connection; from here on everything passes."""
        if self.transport.is_closing():
            site.transport.abort()
            return
        self.other = site
        self.transport.write(_answer(DONE))
        if self._heard:
            site.transport.write(bytes(self._heard))

    def _leave(self, answer: bytes) -> None:
        self.transport.write(answer)
        self.transport.close()


class _SiteEnd(End):
    """The end of the site that the browser asked for."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        assert isinstance(self.other, BrowserEnd)
        self.other.reached(self)  # at once: a site may speak first


async def _connect(browser: BrowserEnd, addresses: Sequence[Address], port: int) -> None:
    """To the first address that takes the connection. Raises `Closed`."""
    closed = Closed(UNREACHABLE, "it has no address")
    for left, address in zip(reversed(range(len(addresses))), addresses, strict=True):
        try:
            async with asyncio.timeout(NEXT_ADDRESS_SECONDS if left else CONNECT_SECONDS):
                make = partial(_SiteEnd, browser.gate, browser)
                await asyncio.get_running_loop().create_connection(make, str(address), port)
                return
        except TimeoutError:
            closed = Closed(TIMED_OUT, f"{address} does not answer at port {port}")
        except OSError as error:
            answer = CONNECTION_REFUSED if isinstance(error, ConnectionRefusedError) else UNREACHABLE
            closed = Closed(answer, f"{address} takes no connection at port {port}: {error.strerror or error}")
    raise closed


def _read_request(heard: bytearray) -> tuple[int, str, int, int] | None:
    """Command, host, port and length of a request; `None` while more of it is to come, command 0 for nonsense."""
    if len(heard) < 5:
        return None
    sizes = {1: 4, 3: 1 + heard[4], 4: 16}
    if heard[0] != VERSION or heard[3] not in sizes:
        return 0, "", 0, len(heard)
    end = 4 + sizes[heard[3]]
    if len(heard) < end + 2:
        return None
    raw = bytes(heard[4:end])
    host = raw[1:].decode("latin-1") if heard[3] == 3 else str(ip_address(raw))
    return heard[1], host, int.from_bytes(heard[end : end + 2], "big"), end + 2


def _answer(code: int) -> bytes:
    return struct.pack("!BBBBIH", VERSION, code, 0, 1, 0, 0)
