"""Web addresses in recordings: which may be opened, and what in them must not be kept."""

import re
from urllib.parse import unquote_plus, urlsplit

from services.ingest.adapters.faults import printable, shown
from shared.contracts.steps import sounds_secret

REDACTED = "REDACTED"
MAX_ADDRESS = 8192

# A browser's own pages: recorded before the person went anywhere, and not there in another browser.
BROWSER_PAGES = frozenset(
    {"about", "chrome", "chrome-untrusted", "chrome-search", "edge", "brave", "opera", "vivaldi", "devtools"}
)

_SESSION_NAMES = frozenset({"auth", "authorization", "signature", "sig", "sessionid", "jsessionid", "phpsessid", "jwt"})
_PAIR = re.compile(r"(?P<name>[^?&;#=/]+)=(?P<value>[^&#]+)")
_PAIR_IN_PATH = re.compile(r"(?<=;)(?P<name>[^;/=]+)=(?P<value>[^;/]+)")


def scheme_of(address: str) -> str:
    """The part before the first colon, in small letters; empty when there is none."""
    before, colon, _ = address.strip().partition(":")
    return before.casefold() if colon else ""


def fault_of_address(address: str) -> str | None:
    """What is wrong with an address that is to be opened, or None."""
    if len(address) > MAX_ADDRESS:
        return f"this address is longer than {MAX_ADDRESS} characters."
    if any(c.isspace() or not c.isprintable() for c in address):
        return f"the address {shown(redacted(address)[0])} holds a space or a control character; remove it."
    scheme = scheme_of(address)
    if not scheme:
        return f"{shown(redacted(address)[0])} is no complete address; it must start with http:// or https://."
    if scheme not in ("http", "https"):
        return f"{shown(scheme + ':')} addresses are never opened; give one that starts with http:// or https://."
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host:
        return f"the address {shown(redacted(address)[0])} names no valid host; write it as https://host/path."
    return None


def redacted(address: str) -> tuple[str, list[str]]:
    """The address without secrets, and the names of the parts whose value was replaced by `REDACTED`."""
    names: list[str] = []

    def _without_value(pair: re.Match[str]) -> str:
        name = unquote_plus(pair["name"])
        if pair["value"] == REDACTED or not (sounds_secret(name) or name.casefold() in _SESSION_NAMES):
            return pair[0]
        names.append(printable(name)[:60])
        return f"{pair['name']}={REDACTED}"

    path = re.match(r"[^?#]*", address)
    end = path.end() if path else 0
    address = _PAIR_IN_PATH.sub(_without_value, address[:end]) + _PAIR.sub(_without_value, address[end:])
    login = re.match(r"(?i)(https?://[^/?#@:]*):([^/?#@]*)@", address)
    if login and login[2] not in ("", REDACTED):
        names.append("the password before the host")
        address = f"{login[1]}:{REDACTED}@{address[login.end() :]}"
    return address, names
