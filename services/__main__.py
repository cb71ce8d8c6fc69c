"""The command line `retold`, and the only place that knows that there are four services."""

import importlib
from functools import partial
from typing import TYPE_CHECKING

from services.cli.app import application
from shared.core.errors import Refused

if TYPE_CHECKING:
    from shared.runtime import Blueprint

SERVICES = ("ingest", "scheduler", "runner", "healer")


def blueprint(name: str) -> "Blueprint":
    """A service's blueprint, imported only now: an image holds one service and the packages of that one alone."""
    try:
        main_module = importlib.import_module(f"services.{name}.main")
    except ModuleNotFoundError as missing:
        absent = missing.name or ""
        if f"services.{name}.main".startswith(absent):
            raise Refused(f"the service {name} is not installed here") from missing
        raise Refused(f"{name} needs the package {absent}: install retold[{name}]") from missing
    found: Blueprint = main_module.BLUEPRINT
    return found


def main() -> None:
    """Run the command that the process was started with."""
    application({name: partial(blueprint, name) for name in SERVICES})()


if __name__ == "__main__":
    main()
