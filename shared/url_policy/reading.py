"""PURE: takes an address apart as browsers do (the WHATWG URL Standard), however oddly it is written."""

import re
import string
from typing import NamedTuple
from urllib.parse import quote, unquote

from shared.url_policy.hosts import canonical_host

PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
LONGEST_SHOWN = 500
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_REST = re.compile(r"[/\\]*(?P<authority>[^/\\?#]*)(?P<path>[^?#]*)(?:\?(?P<query>[^#]*))?")
_LOGIN = re.compile(r"[^/\\?#]*@")
_UNRESERVED = re.compile(r"%(2[DE]|3[0-9]|[46][1-9A-F]|[57][0-9A]|5F|7E)", re.IGNORECASE)
_ENCODED = re.compile(r"%[0-9a-f]{2}", re.IGNORECASE)
_AROUND = "".join(map(chr, range(33)))
_WITHIN = {ord(char): None for char in "\t\n\r"}


class Place(NamedTuple):
    """An address taken apart: `host` is canonical, `path` without dots, `shown` has neither login nor fragment."""

    scheme: str
    host: str
    port: int
    path: str
    query: str
    shown: str


def scheme_of(url: str) -> str:
    """The scheme in small letters; empty when there is none."""
    found = _SCHEME.match(_trimmed(url))
    return found[1].lower() if found else ""


def read_url(url: str) -> Place:
    """An http, https, ws or wss address. Raises `ValueError` for what no browser opens."""
    scheme = scheme_of(url)
    if scheme not in PORTS:
        raise ValueError(f"{scheme!r} is no scheme that reaches a host")
    found = _REST.match(_trimmed(url)[len(scheme) + 1 :])
    assert found
    host, given = _host_and_port(found["authority"].rpartition("@")[2])
    name, port = canonical_host(host), PORTS[scheme] if given is None else given
    path, query = without_dots(plain_path(found["path"].replace("\\", "/"))), found["query"] or ""
    shown = f"{scheme}://{place_name(name, port, PORTS[scheme])}{path}" + (f"?{query}" if query else "")
    return Place(scheme, name, port, path, query, shown[:LONGEST_SHOWN])


def place_name(host: str, port: int, usual: int | None = None) -> str:
    """Host and port as an address has them; without the port where it is the usual one."""
    shown = f"[{host}]" if ":" in host else host
    return shown if port == usual else f"{shown}:{port}"


def shown_without_login(url: str) -> str:
    """An address that cannot be taken apart, for people, without what may be a password."""
    scheme = scheme_of(url)
    return f"{scheme}:{_LOGIN.sub('', _trimmed(url)[len(scheme) + 1 :])}"[:LONGEST_SHOWN] if scheme else "(no address)"


def plain_path(path: str) -> str:
    """A path in which what need not be percent-encoded is not, and everything else is, in capital letters."""
    path = _UNRESERVED.sub(lambda code: chr(int(code[1], 16)), path)
    return quote(_ENCODED.sub(lambda code: code[0].upper(), path), safe=string.punctuation, errors="replace")


def decoded_path(path: str) -> str:
    """The path as a server may read it: percent-decoded, and then without dots."""
    return without_dots(unquote(path).replace("\\", "/"))


def without_dots(path: str) -> str:
    """The path without `.` and `..`; it begins with a slash."""
    kept: list[str] = []
    *folders, last = path.removeprefix("/").split("/")
    for part in (*folders, last):
        if part == "..":
            del kept[-1:]
        elif part != ".":
            kept.append(part)
    if last in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)


def _host_and_port(text: str) -> tuple[str, int | None]:
    host, colon, port = text.rpartition(":")
    if not colon or "]" in port:
        return text, None
    if port and not (re.fullmatch("[0-9]{1,9}", port) and int(port) <= 65535):
        raise ValueError(f"{port!r} is no port")
    return host, int(port) if port else None


def _trimmed(url: str) -> str:
    return url.strip(_AROUND).translate(_WITHIN)
