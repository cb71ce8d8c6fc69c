"""PURE: how browsers read the host of an address, and what kind of place an IP address is."""

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Literal
from urllib.parse import unquote

import idna

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Kind = Literal["loopback", "private", "link-local", "metadata", "multicast", "unspecified", "reserved"]


def _networks(*texts: str) -> tuple[Network, ...]:
    return tuple(ip_network(text) for text in texts)


LOOPBACK = _networks("127.0.0.0/8", "::1/128")
# RFC 1918, RFC 6598 (behind a carrier's NAT) and RFC 4193.
PRIVATE = _networks("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
# Where machines in a cloud are told their identity and their credentials, by anybody who asks.
METADATA = _networks(
    "169.254.169.254/32",  # AWS, Azure, Google, Oracle, OpenStack, DigitalOcean …
    "fd00:ec2::254/128",
    "fd20:ce::254/128",  # Google over IPv6
    "169.254.170.2/32",  # credentials of ECS tasks
    "169.254.170.23/32",  # … and of EKS pods
    "fd00:ec2::23/128",
    "169.254.0.23/32",  # Tencent
    "169.254.42.42/32",  # Scaleway
    "100.100.100.200/32",  # Alibaba
    "168.63.129.16/32",  # Azure's platform, a public address
    "192.0.0.192/32",  # Oracle classic
)
METADATA_NAMES = frozenset(
    {
        "metadata",
        "metadata.google.internal",
        "metadata.goog",
        "instance-data",
        "instance-data.ec2.internal",
        "metadata.azure.internal",
        "metadata.tencentyun.com",
    }
)
# IANA's registries of special-purpose addresses; of IPv6 only 2000::/3 is given out at all.
_SPECIAL: tuple[tuple[Kind, tuple[Network, ...]], ...] = (
    ("metadata", METADATA),
    ("loopback", LOOPBACK),
    ("private", PRIVATE),
    ("unspecified", _networks("0.0.0.0/8", "::/128")),
    ("link-local", _networks("169.254.0.0/16", "fe80::/10", "fec0::/10")),
    ("multicast", _networks("224.0.0.0/4", "ff00::/8")),
    (
        "reserved",
        _networks(
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "240.0.0.0/4",
            "2001::/23",
            "2001:db8::/32",
            "3fff::/20",
        ),
    ),
)
_GIVEN_OUT = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: where there is only IPv6, every IPv4 host is reached through it
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f\"#%/:<>?@\[\\\]^`{|}]")  # in a domain, by the URL Standard


def canonical_host(text: str) -> str:
    """A host in the one spelling that browsers send: small letters, Punycode, no dot at the end; IPv6 without brackets.

    Every spelling of an IPv4 address (`2130706433`, `0x7f.1`, `[::ffff:7f00:1]`) becomes its dotted one, as in the host
    parser of the WHATWG URL Standard. Raises `ValueError` for what no browser takes.
    """
    text = unquote(text, errors="strict")
    if ":" in text:
        inner = text[1:-1] if text.startswith("[") and text.endswith("]") else text
        return str(unmapped(IPv6Address(inner))) if "%" not in inner else _refuse(text)
    if not text.isascii():
        labels = idna.uts46_remap(text, std3_rules=False, transitional=False).split(".")
        text = ".".join(label if label.isascii() else f"xn--{label.encode('punycode').decode()}" for label in labels)
    text = text.lower().removesuffix(".")
    parts = text.split(".")
    if "" in parts or _FORBIDDEN.search(text):
        return _refuse(text)
    return str(_ipv4(parts)) if _NUMBER.fullmatch(parts[-1]) else text


def _refuse(text: str) -> str:
    raise ValueError(f"{text!r} is no host")


def _ipv4(parts: list[str]) -> IPv4Address:
    """One to four numbers, decimal, octal or hexadecimal, of which the last fills all bytes that are left."""
    *first, last = [_number(part) for part in parts]
    if len(first) > 3 or any(number > 255 for number in first) or last >= 256 ** (4 - len(first)):
        raise ValueError(f"{'.'.join(parts)!r} is no IPv4 address")
    return IPv4Address(last + sum(number * 256 ** (3 - at) for at, number in enumerate(first)))


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{text!r} is no number")
    if text[:2] in ("0x", "0X"):
        return int(text[2:] or "0", 16)
    return int(text, 8) if text.startswith("0") else int(text)


def address_in(host: str) -> Address | None:
    """The IP address that a canonical host is, `None` for a name."""
    try:
        return unmapped(ip_address(host))
    except ValueError:
        return None


def unmapped(address: Address) -> Address:
    """An IPv4 address that is written as IPv6 (`::ffff:127.0.0.1`) is that IPv4 address."""
    return getattr(address, "ipv4_mapped", None) or address


def kind_of(address: Address) -> Kind | None:
    """What is special about an address; `None` for one of the public internet.

    An IPv6 address that a translator or tunnel leads to an IPv4 address (NAT64, 6to4) is what that one is.
    """
    address = unmapped(address)
    for kind, networks in _SPECIAL:
        if any(address in network for network in networks):
            return kind
    if isinstance(address, IPv6Address):
        inner = IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else address.sixtofour
        if inner is not None:
            return kind_of(inner)
        return None if address in _GIVEN_OUT else "reserved"
    return None
