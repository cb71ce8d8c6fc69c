"""Which browsers this worker offers, and why it does not offer the others."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from services.runner.adapters.faults import place
from services.runner.adapters.starting import Remote, driver_for, is_here
from shared import browsers
from shared.bus.presence import Offered
from shared.contracts.browsers import Engine


def offers(executable: str | None, remotes: Sequence[Remote]) -> tuple[Offered, ...]:
    """One answer for each engine; blocks for some tenths of a second. `executable`: the only Chromium, where given."""
    return tuple(each for engine in browsers.ENGINES for each in _of(engine, executable, remotes))


def _of(engine: Engine, executable: str | None, remotes: Sequence[Remote]) -> Iterator[Offered]:
    elsewhere = [remote for remote in remotes if remote.kind.engine == engine]
    if elsewhere:
        yield from (Offered(engine, remote.kind.driver, executable=place(remote.address)) for remote in elsewhere)
        return
    driver = driver_for(engine, recorded=False)
    found = browsers.installed(engine, Path(executable) if engine == "chromium" and executable else None)
    reason = found.reason
    if reason is None and not is_here(driver):
        reason = f"this release has no driver for {engine} {found.version} yet"
    yield Offered(engine, driver, found.version, str(found.path or ""), reason)
