"""PURE: whether an address may be opened, in three steps: as it is written, its host, the IP address it resolves to.

Deny wins over allow; if there is any allow rule, what none of them allows is refused. Private, loopback, link-local,
metadata and other addresses that are not of the public internet are refused, whatever an organization says, unless the
operator allows them. Only http, https, ws, wss, data, blob and about are ever opened.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_network

from shared.contracts.ingest import PolicyType
from shared.contracts.runner import RefusalReason
from shared.core.errors import InvalidInput
from shared.url_policy.hosts import METADATA_NAMES, Address, address_in, canonical_host, kind_of, unmapped
from shared.url_policy.patterns import Pattern, read_pattern
from shared.url_policy.reading import PORTS, place_name, read_url, scheme_of, shown_without_login

OPERATOR_SETTING = "RETOLD_ALLOW_ADDRESSES"
WITHOUT_HOST = ("data", "blob", "about")  # what they show was loaded before, or comes with the address
_NOT_ALLOWED = "no rule allows it"
_CREDENTIALS = "gives the credentials of a machine away"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something was refused: what (an address without its login, or host:port), why, and by which rule, in words."""

    url: str
    reason: RefusalReason
    rule: str

    @property
    def detail(self) -> str:
        """For people, without a full stop."""
        return f"the URL policy refuses {self.url}: {self.rule}"


@dataclass(frozen=True, slots=True)
class Rules:
    """An organization's rules, and what the operator allows of addresses that are otherwise closed to everybody."""

    allow: tuple[Pattern, ...] = ()
    deny: tuple[Pattern, ...] = ()
    operator: tuple[Pattern, ...] = ()

    @classmethod
    def of(cls, policies: Iterable[tuple[PolicyType, str]], operator: tuple[Pattern, ...] = ()) -> "Rules":
        """From active policies: type and pattern of each.

        A pattern that this release cannot read (a later one took it) opens nothing: it denies all, or allows nothing.
        """
        allow: list[Pattern] = []
        deny: list[Pattern] = []
        for kind, text in policies:
            try:
                pattern = read_pattern(text)
            except InvalidInput:
                pattern = Pattern(text, host="" if kind == "whitelist" else "*")
            (allow if kind == "whitelist" else deny).append(pattern)
        return cls(tuple(allow), tuple(deny), operator)

    @property
    def judges_addresses(self) -> bool:
        """Whether some rule has a scheme or a path: then `judge_url` must see the address of every request."""
        return not all(pattern.is_of_hosts for pattern in (*self.allow, *self.deny))


def judge_url(rules: Rules, url: str) -> Refusal | None:
    """Why an address may not be opened, as far as can be told without resolving its host; `None`: it may."""
    scheme = scheme_of(url)
    if scheme in WITHOUT_HOST:
        return None
    if scheme not in PORTS:
        what = f"{scheme}: addresses are never opened" if scheme else "it has no scheme, as https: is one"
        return Refusal(shown_without_login(url), "scheme", what)
    try:
        place = read_url(url)
    except ValueError:
        return Refusal(shown_without_login(url), "unreadable", "it is no address that a browser can open")
    refusal = judge_host(rules, place.host, place.port)
    if refusal is not None:
        return Refusal(place.shown, refusal.reason, refusal.rule)
    for pattern in rules.deny:
        if pattern.denies(place):
            return Refusal(place.shown, "policy", _denied(pattern))
    if rules.allow and not any(pattern.allows(place) or _may_hold(pattern, place.host) for pattern in rules.allow):
        return Refusal(place.shown, "policy", _NOT_ALLOWED)
    return None


def judge_host(rules: Rules, host: str, port: int) -> Refusal | None:
    """Why nothing at a host may be opened, whatever it resolves to; `None`: resolve it and judge every address."""
    try:
        name = canonical_host(host)
    except ValueError:
        return Refusal(place_name(host[:255], port), "unreadable", "it is no host that a browser can open")
    shown, address = place_name(name, port), address_in(name)
    if address is not None:
        return judge_address(rules, name, port, address)
    if name in METADATA_NAMES and not any(pattern.host == name for pattern in rules.operator):
        return Refusal(shown, "metadata", f"{name} {_CREDENTIALS}")
    for pattern in rules.deny:
        if pattern.is_of_hosts and pattern.names(name, port):
            return Refusal(shown, "policy", _denied(pattern))
    if rules.allow and not any(pattern.names(name, port) or _may_hold(pattern, name) for pattern in rules.allow):
        return Refusal(shown, "policy", _NOT_ALLOWED)
    return None


def judge_address(rules: Rules, host: str, port: int, address: Address) -> Refusal | None:
    """Why an IP address that a canonical host is, or resolves to, may not be connected to; `None`: it may."""
    shown, kind = place_name(host, port), kind_of(address)

    def means(pattern: Pattern) -> bool:
        return pattern.names(host, port) or pattern.holds(address, port)

    if kind == "metadata":
        # Allowing a network, or a name that may resolve to anything, is not meant for this.
        if not any(pattern.network == ip_network(unmapped(address)) and means(pattern) for pattern in rules.operator):
            return Refusal(shown, "metadata", f"{address} {_CREDENTIALS}")
    elif kind is not None and not any(means(pattern) for pattern in rules.operator):
        closed = f"{address} is {'an' if kind == 'unspecified' else 'a'} {kind} address"
        return Refusal(shown, "private", f"{closed}, which only the operator can open ({OPERATOR_SETTING})")
    for pattern in rules.deny:
        if pattern.is_of_hosts and means(pattern):
            return Refusal(shown, "policy", _denied(pattern))
    if rules.allow and not any(means(pattern) for pattern in rules.allow):
        return Refusal(shown, "policy", _NOT_ALLOWED)
    return None


def _denied(pattern: Pattern) -> str:
    return f"it is denied by {pattern.text}"


def _may_hold(pattern: Pattern, host: str) -> bool:
    """Whether only what a name resolves to can tell."""
    return pattern.is_of_hosts and pattern.network is not None and address_in(host) is None
