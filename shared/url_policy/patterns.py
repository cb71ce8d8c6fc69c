"""PURE: how a rule says which addresses it is about.

A pattern (at most 255 characters) is one of

    example.com                    that host, at every port, scheme and path
    *.example.com                  that host and every host below it; `*` alone: every host
    example.com:8443               that host at one port; [2001:db8::1]:8443 for IPv6
    192.0.2.7, 10.0.0.0/8          an address or a network: where the host is one, or its name resolves to one
    https://example.com            one scheme (http stands for ws too, https for wss), at every port unless one is said
    https://example.com/shop/*     … and paths; `*` stands for any characters; with a `?` the query is compared as well

A trailing dot, capital letters in hosts, percent-encoding of what needs none, Punycode and odd spellings of IP
addresses make no difference.
"""

import re
from dataclasses import dataclass
from ipaddress import ip_network
from urllib.parse import unquote

from shared.core.errors import InvalidInput
from shared.url_policy.hosts import LOOPBACK, PRIVATE, Address, Network, address_in, canonical_host, unmapped
from shared.url_policy.reading import PORTS, Place, decoded_path, plain_path

LONGEST = 255
NAMED_NETWORKS = {"loopback": LOOPBACK, "private": PRIVATE}
HOW = "write it as example.com, *.example.com, example.com:8443, 10.0.0.0/8 or https://example.com/path/*"
_PATTERN = re.compile(
    r"(?:(?P<scheme>[^:/]+)://)?(?P<host>\[[^\]/]*\]|[^/:?#@\[\]]+)(?::(?P<port>[0-9]+|\*))?(?P<path>/.*)?"
)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern that was read. `host`: canonical, `*` for any, empty for none; `below`: with all hosts under it."""

    text: str
    host: str = ""
    below: bool = False
    network: Network | None = None
    port: int | None = None
    scheme: str | None = None
    path: str | None = None

    @property
    def is_of_hosts(self) -> bool:
        """Whether host, port and IP address tell if it matches; else the whole address must be seen."""
        return self.scheme is None and self.path is None

    def names(self, host: str, port: int) -> bool:
        """Whether it means a canonical host at a port: by its name, or by the IP address that it is."""
        if self.network is not None:
            address = address_in(host)
            return address is not None and self.holds(address, port)
        return self.port in (None, port) and (
            self.host in ("*", host) or (self.below and host.endswith(f".{self.host}"))
        )

    def holds(self, address: Address, port: int) -> bool:
        """Whether it means an IP address at a port."""
        return self.network is not None and self.port in (None, port) and unmapped(address) in self.network

    def allows(self, place: Place) -> bool:
        """Whether it means a place for certain: in every spelling of the path."""
        return self._is_about(place) and all(_fits(*pair) for pair in self._spellings(place))

    def denies(self, place: Place) -> bool:
        """Whether it may mean a place: in some spelling of the path, without regard to capital letters."""
        return self._is_about(place) and any(
            _fits(pattern.casefold(), path.casefold()) for pattern, path in self._spellings(place)
        )

    def _is_about(self, place: Place) -> bool:
        scheme = {"ws": "http", "wss": "https"}.get(place.scheme, place.scheme)
        return self.scheme in (None, scheme) and self.names(place.host, place.port)

    def _spellings(self, place: Place) -> list[tuple[str, str]]:
        """Pattern and path as they were sent, and as a server may decode them."""
        if self.path is None:
            return [("", "")]
        tail = f"?{place.query}" if "?" in self.path else ""
        return [(self.path, place.path + tail), (unquote(self.path), decoded_path(place.path) + unquote(tail))]


def read_pattern(text: str) -> Pattern:
    """A pattern from what a person wrote. Raises `InvalidInput` that says what is wrong with it."""
    text = text.strip()
    if not text or len(text) > LONGEST:
        raise InvalidInput(f"a pattern has 1 to {LONGEST} characters; {HOW}")
    if any(char.isspace() or not char.isprintable() for char in text):
        raise _wrong(text, "holds a space or a control character")
    network = _network(text)
    if network is not None:
        return Pattern(text, network=network)
    found = _PATTERN.fullmatch(text)
    if found is None:
        raise _wrong(text, "is no pattern of addresses")
    scheme = (found["scheme"] or "*").lower()
    if scheme not in ("*", *PORTS):
        raise _wrong(text, f"has the scheme {scheme}, which is never opened")
    path = plain_path(found["path"] or "")
    if "#" in path:
        raise _wrong(text, "has a part behind #, which browsers never send")
    below, host, network = _host(text, found["host"])
    return Pattern(
        text,
        host,
        below,
        network,
        _port(text, found["port"]),
        None if scheme == "*" else {"ws": "http", "wss": "https"}.get(scheme, scheme),
        None if path in ("", "/", "/*") else path,
    )


def read_allowances(text: str) -> tuple[Pattern, ...]:
    """What an operator allows of addresses that are otherwise closed to everybody, separated by commas.

    `loopback`, `private` (RFC 1918, RFC 6598, RFC 4193), networks (`169.254.0.0/16`), hosts (`*.corp.example`,
    `wiki:8080`). An address that gives a machine's credentials away must be named by itself. Raises `InvalidInput`.
    """
    allowed: list[Pattern] = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        if part in NAMED_NETWORKS:
            allowed += [Pattern(part, network=network) for network in NAMED_NETWORKS[part]]
            continue
        pattern = read_pattern(part)
        if not pattern.is_of_hosts:
            raise _wrong(part, "has a scheme or a path: a whole host or network is allowed, or nothing")
        allowed.append(pattern)
    return tuple(allowed)


def _wrong(text: str, what: str) -> InvalidInput:
    return InvalidInput(f"the pattern {text[:80]!r} {what}; {HOW}")


def _network(text: str) -> Network | None:
    if "/" not in text and ":" not in text:
        return None  # one IPv4 address: read as a host, which knows its odd spellings
    try:
        return ip_network(text)
    except ValueError as error:
        if str(error).endswith("has host bits set"):
            raise _wrong(text, f"is no network: its first address is {ip_network(text, strict=False)}") from error
        return None


def _host(text: str, written: str) -> tuple[bool, str, Network | None]:
    """Whether the hosts below are meant, the host, and the network where it is an IP address."""
    if written == "*":
        return False, "*", None
    below = written.startswith("*.")
    try:
        host = canonical_host(written.removeprefix("*."))
    except ValueError as error:
        raise _wrong(text, f"names no host: {written}") from error
    if "*" in host:
        raise _wrong(text, "has a star within a host: it can only stand in front, for all hosts below")
    address = address_in(host)
    if address is None:
        return below, host, None
    if below:
        raise _wrong(text, "has a star in front of an IP address: a network is written as 10.0.0.0/8")
    return False, "", ip_network(address)


def _port(text: str, written: str | None) -> int | None:
    if written is None or written == "*":
        return None
    if len(written) > 5 or not 0 < int(written) <= 65535:
        raise _wrong(text, f"has no port in {written}: a port is a number up to 65535")
    return int(written)


def _fits(pattern: str, text: str) -> bool:
    """Whether a text is what a pattern with stars says; in linear time, whatever the pattern."""
    first, *others = pattern.split("*")
    if not others:
        return first == text
    *between, last = others
    at, end = len(first), len(text) - len(last)
    if not text.startswith(first) or not text.endswith(last) or end < at:
        return False
    for part in between:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True
