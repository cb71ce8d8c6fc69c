"""How a browser comes into being: which driver, which file or address, which flags. Drivers are imported late."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, NamedTuple, cast
from urllib.parse import urlsplit

from services.runner.adapters.driver_windows import RunningBrowser
from services.runner.adapters.faults import DriverFailure
from services.runner.adapters.options import SessionOptions
from shared import browsers, chromium
from shared.contracts.browsers import Engine
from shared.core.errors import InvalidInput, Unavailable

DriverName = Literal["cdp", "playwright", "webdriver"]

PACKAGES: dict[DriverName, str] = {
    "cdp": "services.runner.adapters.cdp.browser",
    "playwright": "services.runner.adapters.playwright_driver.browser",
    "webdriver": "services.runner.adapters.webdriver.browser",
}
# What keeps a Chromium from going another way than through the proxy of its row. One list for all drivers.
ONE_WAY_OUT = (
    "--proxy-bypass-list=<-loopback>",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-quic",
    "--dns-prefetch-disable",
)


class Kind(NamedTuple):
    """Which browsers can stand in for each other."""

    engine: Engine
    driver: DriverName


@dataclass(frozen=True, slots=True)
class Remote:
    """A browser that runs elsewhere."""

    kind: Kind
    address: str

    @classmethod
    def read(cls, text: str) -> "Remote":
        """`http://host:9222` or `cdp+ws://host/…`: a Chromium; `playwright+ws://host/…#firefox`: a Playwright server.

        Raises `InvalidInput`.
        """
        given = text.strip()
        over, plus, rest = given.partition("+")
        driver, address = (over, rest) if plus and over in ("cdp", "playwright") else ("cdp", given)
        parts = urlsplit(address)
        engine = parts.fragment or "chromium"
        schemes = ("ws", "wss") if driver == "playwright" else ("ws", "wss", "http", "https")
        if parts.scheme not in schemes or not parts.hostname or engine not in browsers.ENGINES:
            raise InvalidInput(
                f"{text!r} is no browser's address: give http://HOST:9222, cdp+ws://HOST:PORT/PATH, or "
                "playwright+ws://HOST:PORT/PATH with #firefox or #webkit behind it where it serves one of those"
            )
        if driver == "cdp" and engine != "chromium":
            raise InvalidInput(f"{text!r}: only Chromium is reached by its DevTools; use playwright+ws://… for others")
        kind = Kind(engine, cast("DriverName", driver))
        return cls(kind, parts._replace(fragment="").geturl())


def read_remotes(text: str | None) -> list[Remote]:
    """The entries of `RETOLD_BROWSER_ADDRESS`, separated by commas."""
    return [Remote.read(each) for each in (text or "").split(",") if each.strip()]


def is_here(driver: DriverName) -> bool:
    """Whether this release has the driver."""
    try:
        return find_spec(PACKAGES[driver]) is not None
    except ModuleNotFoundError:
        return False


def driver_for(engine: Engine, *, recorded: bool) -> DriverName:
    """The fastest driver of an engine that can do what is wanted: only Playwright's records traces and videos."""
    match engine:
        case "chromium":
            return "playwright" if recorded else "cdp"
        case "firefox":
            return "playwright"
        case "webkit":
            return "webdriver"


@dataclass(frozen=True, slots=True)
class Starter:
    """Starts browsers. `executable`: the file of the Chromium, else the best that is installed."""

    executable: str | None = None
    headless: bool = True
    remotes: Sequence[Remote] = ()

    def kind_for(self, engine: Engine, options: SessionOptions, driver: DriverName | None) -> Kind:
        """The kind of browser for a row: `driver` where one is wanted, a remote one's where there are any."""
        for remote in self.remotes:
            if remote.kind.engine == engine:
                return remote.kind
        return Kind(engine, driver or driver_for(engine, recorded=options.recorded))

    def is_remote(self, kind: Kind) -> bool:
        """Whether browsers of a kind run elsewhere."""
        return any(remote.kind == kind for remote in self.remotes)

    def is_elsewhere(self, kind: Kind) -> bool:
        """Whether browsers of a kind run on another machine, from which this one's loopback cannot be reached."""
        hosts = {urlsplit(remote.address).hostname for remote in self.remotes if remote.kind == kind}
        return not hosts <= {"localhost", "127.0.0.1", "::1"}

    async def start(self, kind: Kind, mark: str, number: int) -> RunningBrowser:
        """One more; `mark` stands in the command line of its process. Remote ones in turn, by `number`.

        Raises `Unavailable`.
        """
        addresses = [remote.address for remote in self.remotes if remote.kind == kind]
        driver = _package(kind.driver)
        try:
            if addresses:
                address = addresses[number % len(addresses)]
                engine = {} if kind.driver == "cdp" else {"engine": kind.engine}
                return cast("RunningBrowser", await driver.connect(address, **engine))
            installed = self._installed(kind.engine)
            args = [*(ONE_WAY_OUT if kind.engine == "chromium" else ()), mark]
            return cast("RunningBrowser", await driver.launch(installed, headless=self.headless, args=args))
        except DriverFailure as error:
            place = f"at {address}" if addresses else str(installed.path)
            raise Unavailable(f"The browser {place} does not start: {error}") from error

    def _installed(self, engine: Engine) -> Any:
        if engine == "chromium":
            if self.executable:
                return chromium.Browser(Path(self.executable), "shell" in self.executable)
            found = chromium.find_chromium()
            if found is None:
                raise Unavailable(chromium.NONE_FOUND)
            return found
        given = browsers.installed(engine)
        if given.reason:
            raise Unavailable(f"There is no {engine} here: {given.reason}.")
        return given


def _package(driver: DriverName) -> Any:
    if not is_here(driver):
        raise Unavailable(f"This release has no driver {driver!r}.")
    return import_module(PACKAGES[driver])
