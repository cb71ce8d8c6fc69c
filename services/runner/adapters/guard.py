"""The only way out of a row's browser: a SOCKS5 proxy on loopback that judges every connection before it makes it.

A browser sends the host's name. It is judged, resolved here, each address that it resolves to is judged, and exactly a
judged address is connected to: a name that resolves to something else a moment later (DNS rebinding) gains nothing.
The browser must be started so that nothing goes another way; see docs/how-to/url-policy.md.
"""

import asyncio
import socket
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from types import MappingProxyType
from typing import Any

import psutil

from services.runner.adapters.socks import NOT_ALLOWED, TIMED_OUT, UNREACHABLE, BrowserEnd, Closed, End
from shared.url_policy import Refusal, Rules, judge_address, judge_host, read_url
from shared.url_policy.hosts import Address, address_in, canonical_host
from shared.url_policy.reading import place_name

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

RESOLVED_SECONDS = 5.0  # a page's connections come in bursts, each with the same names
RESOLVE_SECONDS = 15.0
RESOLVERS = 4  # names that do not answer must not hold up those of other rows
KEPT = 100  # refusals, and places that could not be reached
# What keeps a Firefox from going another way; by itself it goes past its proxy to everything on this machine.
FIREFOX_PREFERENCES: Mapping[str, bool] = MappingProxyType(
    {
        "network.proxy.allow_hijacking_localhost": True,
        "network.proxy.testing_localhost_is_secure_when_hijacked": True,
        "network.proxy.failover_direct": False,
        "network.proxy.socks_remote_dns": True,
        "network.dns.disablePrefetch": True,
        "media.peerconnection.ice.proxy_only": True,
    }
)


class Guard:
    """One row's way out. `address` is what the browser is told; `refusals` are the last ones, the newest at the end."""

    def __init__(
        self, rules: Rules, refused: Callable[[Refusal], None], own_ports: Callable[[], set[int]], resolve: Resolve
    ) -> None:
        self.address = ""
        self.refusals: deque[Refusal] = deque(maxlen=KEPT)
        self._rules, self._refused, self._own_ports, self._resolve = rules, refused, own_ports, resolve
        self._port = 0
        self._resolved: dict[tuple[str, int], tuple[float, asyncio.Future[Sequence[str]]]] = {}
        self._troubles: dict[tuple[str, int], str] = {}
        self._ends: set[End] = set()

    def why_not(self, url: str) -> str | None:
        """Why the way to an address was not open when it was last tried, for people; `None` where it was."""
        try:
            place = read_url(url)
        except ValueError:
            return None
        return self._troubles.get((place.host, place.port))

    async def way_to(self, host: str, port: int) -> list[Address]:
        """The addresses, all judged, at which a host may be reached. Raises `Closed`."""
        refusal = judge_host(self._rules, host, port)
        if refusal is not None:
            raise self._closed(refusal)
        name = canonical_host(host)
        judged = {address: self._judge(name, port, address) for address in await self._addresses(name, port)}
        refusals = [refusal for refusal in judged.values() if refusal is not None]
        # A name with a public address and a private one is an attack, or nothing that should be relied on.
        worst = next((refusal for refusal in refusals if refusal.reason != "policy"), None)
        if worst is not None or (refusals and len(refusals) == len(judged)):
            raise self._closed(worst or refusals[0])
        return [address for address, refusal in judged.items() if refusal is None]

    def _judge(self, name: str, port: int, address: Address) -> Refusal | None:
        if (port == self._port or port in self._own_ports()) and _is_here(address):
            return Refusal(place_name(name, port), "private", f"port {port} of {address} belongs to the runner itself")
        return judge_address(self._rules, name, port, address)

    def _closed(self, refusal: Refusal) -> Closed:
        self.refusals.append(refusal)
        self._refused(refusal)
        return Closed(NOT_ALLOWED, refusal.detail)

    async def _addresses(self, name: str, port: int) -> list[Address]:
        if (address := address_in(name)) is not None:
            return [address]
        if name == "localhost" or name.endswith(".localhost"):  # RFC 6761: never a matter of DNS
            found: Sequence[str] = ("127.0.0.1", "::1")
        else:
            found = await self._look_up(name, port)
        return [address for each in found if (address := address_in(each)) is not None]

    async def _look_up(self, name: str, port: int) -> Sequence[str]:
        now = asyncio.get_running_loop().time()
        until, found = self._resolved.get((name, port), (0.0, None))
        if found is None or until < now:
            found = asyncio.ensure_future(self._resolve(name, port))
            found.add_done_callback(lambda done: done.cancelled() or done.exception())
            self._resolved[name, port] = (now + RESOLVED_SECONDS, found)
        try:
            async with asyncio.timeout(RESOLVE_SECONDS):
                return await asyncio.shield(found)
        except TimeoutError:
            raise Closed(TIMED_OUT, f"nobody says what address {name} has") from None
        except OSError as error:
            raise Closed(UNREACHABLE, f"there is no host {name}: {error.strerror or error}") from error

    def tried(self, host: str, port: int, trouble: str | None) -> None:
        """Remember why a place could not be reached, or that it could."""
        try:
            place = (canonical_host(host), port)
        except ValueError:
            return
        self._troubles.pop(place, None)
        if trouble is not None:
            self._troubles[place] = trouble
            if len(self._troubles) > KEPT:
                del self._troubles[next(iter(self._troubles))]

    def opened(self, end: End) -> None:
        """A connection that must end with the guard."""
        self._ends.add(end)

    def ended(self, end: End) -> None:
        """It did."""
        self._ends.discard(end)

    async def listen(self) -> asyncio.Server:
        """Begin to take the browser's connections."""
        server = await asyncio.get_running_loop().create_server(partial(BrowserEnd, self), "127.0.0.1", 0)
        self._port = server.sockets[0].getsockname()[1]
        self.address = f"socks5://127.0.0.1:{self._port}"
        return server

    async def break_off(self) -> None:
        """End every connection at once."""
        going = [end.going for end in self._ends if end.going is not None]
        for task in going:
            task.cancel()
        for end in list(self._ends):
            end.transport.abort()
        for _, found in self._resolved.values():
            found.cancel()
        if going:
            await asyncio.wait(going)


def _is_here(address: Address) -> bool:
    """Whether it is this machine: by loopback, or by an address of its own."""
    if address.is_loopback or address.is_unspecified:
        return True
    own = (each.address.partition("%")[0] for of_card in psutil.net_if_addrs().values() for each in of_card)
    return str(address) in own


def _by_this_machine(threads: ThreadPoolExecutor) -> Resolve:
    async def resolve(name: str, port: int) -> Sequence[str]:
        # As bytes: as text it would be encoded by rules that browsers do not share.
        look_up: Callable[[], Any] = partial(socket.getaddrinfo, name.encode(), port, type=socket.SOCK_STREAM)
        found = await asyncio.get_running_loop().run_in_executor(threads, look_up)
        return [str(place[0]) for *_, place in found]

    return resolve


@asynccontextmanager
async def guarded(
    rules: Rules,
    refused: Callable[[Refusal], None],
    own_ports: Callable[[], set[int]],
    resolve: Resolve | None = None,
) -> AsyncIterator[Guard]:
    """A guard for one row, on a free port of loopback, until the context ends.

    `refused` is called at every refusal: a page may try again and again. `own_ports`: TCP ports of this machine that
    no page may reach, whatever is allowed (debugging ports, other guards, the runner's API). `resolve`: name and port →
    IP addresses, raising `OSError`; by default as this machine resolves names.
    """
    threads = ThreadPoolExecutor(RESOLVERS, thread_name_prefix="guard")
    guard = Guard(rules, refused, own_ports, resolve or _by_this_machine(threads))
    server = await guard.listen()
    try:
        yield guard
    finally:
        server.close()
        await guard.break_off()
        threads.shutdown(wait=False, cancel_futures=True)
