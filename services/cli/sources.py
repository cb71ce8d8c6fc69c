"""Where an operator's command finds servers: in the environment, else in the laptop that runs."""

import os
from typing import TYPE_CHECKING

from services.cli.desk import Desk
from shared.core.errors import Unavailable
from shared.laptop import Laptop, settings_of

if TYPE_CHECKING:
    from shared.ops.settings import Settings
    from shared.runtime import Blueprint


def nats_url(desk: Desk) -> str:
    """The log's address."""
    given = os.environ.get("RETOLD_NATS_URL")
    if given:
        return given
    running = desk.running()
    if running is None:
        raise Unavailable(f"nothing is running on {desk.home}; start it with: retold up (or set RETOLD_NATS_URL)")
    return running.nats_url


def service_settings(desk: Desk, blueprint: "Blueprint") -> "Settings":
    """A service's settings: from the environment when it names a database, else those of the laptop that runs.

    Raises `InvalidInput` for wrong settings, `Unavailable` when there are none.
    """
    from shared.ops.settings import read_settings

    if os.environ.get("RETOLD_POSTGRES_URL"):
        given: Settings = read_settings(blueprint.settings)
        return given
    running = desk.running()
    if running is None or blueprint.name not in running.postgres_urls:
        raise Unavailable(
            f"nothing is running on {desk.home}; start it with: retold up "
            f"(or set the environment variables of {blueprint.name})"
        )
    return settings_of(blueprint, Laptop(desk.home), running)
