"""The system that an operator's command works on as a whole: its NATS, its files, its master key."""

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from services.cli.desk import Desk
from shared.core.errors import InvalidInput, Unavailable
from shared.laptop import Laptop

if TYPE_CHECKING:
    from shared.audit.archive import See
    from shared.audit.archiver import System

VARIABLES = ("RETOLD_NATS_URL", "RETOLD_MASTER_KEY", "RETOLD_OBJECTS_URL")


@dataclass(frozen=True)
class Whereabouts:
    """Where a system is reached. `replicas`: copies of the log."""

    nats_url: str
    master_key: str
    objects_url: str
    replicas: int = 1


@asynccontextmanager
async def opened(desk: Desk, *, files: bool = True, may_start: bool = False) -> "AsyncIterator[System]":
    """The system of the environment, else of the laptop that runs; its streams need not exist.

    Without `files` nobody needs to say where its files are, and there are none. `may_start`: on a laptop that does not
    run, NATS alone is started for the while. Raises `InvalidInput` for variables that are missing, `Unavailable`.
    """
    from shared.audit.archiver import System
    from shared.audit.chain import AuditKeys
    from shared.bus.connection import connect
    from shared.keys import parse_master_key
    from shared.objects import Objects

    async with AsyncExitStack() as stack:
        where = _of_environment(files=files) or _of_running(desk)
        if where is None and may_start:
            where = await _of_idle(desk.home, stack)
        if where is None:
            raise Unavailable(
                f"nothing is running on {desk.home}; start it with: retold up (or set {', '.join(VARIABLES)})"
            )
        keys = AuditKeys.of(parse_master_key(where.master_key))
        objects = Objects(where.objects_url if files else "memory:///")
        objects.open()
        client = await connect(where.nats_url, "retold-operator")
        stack.push_async_callback(client.close)
        yield System(client, objects, keys, where.replicas)


def _of_environment(*, files: bool) -> Whereabouts | None:
    given = {name: os.environ.get(name, "") for name in VARIABLES}
    if not given["RETOLD_NATS_URL"]:
        return None
    missing = [name for name, value in given.items() if not value and (files or name != "RETOLD_OBJECTS_URL")]
    if missing:
        raise InvalidInput(
            f"RETOLD_NATS_URL is set, and so must be {' and '.join(missing)}: seals and archives are made and checked "
            "with keys that are derived from the master key, and files are part of an archive"
        )
    try:
        replicas = int(os.environ.get("RETOLD_REPLICAS", "1"))
    except ValueError as error:
        raise InvalidInput("RETOLD_REPLICAS is no number: how many copies of the log NATS keeps, 1 to 5") from error
    return Whereabouts(given["RETOLD_NATS_URL"], given["RETOLD_MASTER_KEY"], given["RETOLD_OBJECTS_URL"], replicas)


def _of_running(desk: Desk) -> Whereabouts | None:
    running = desk.running()
    if running is None:
        return None
    return Whereabouts(running.nats_url, Laptop(desk.home).identity().master_key, running.objects_url)


async def _of_idle(path: Path, stack: AsyncExitStack) -> Whereabouts:
    # Only laptops and tests have the servers' packages installed.
    from shared.local.home import Home
    from shared.local.nats_server import NatsServer

    home, laptop = Home(path), Laptop(path)
    home.hold()
    stack.callback(home.release)
    server = NatsServer(home, durable=True)
    await server.start()
    stack.push_async_callback(server.stop)
    (path / "objects").mkdir(mode=0o700, exist_ok=True)
    return Whereabouts(server.url, laptop.identity().master_key, laptop.objects_url)


@asynccontextmanager
async def progress(desk: Desk) -> "AsyncIterator[See]":
    """A bar on standard error that shows what is under way, how far, and how fast."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
    )
    shown = desk.notes.is_terminal and not desk.as_json
    with Progress(*columns, console=desk.notes, transient=True, disable=not shown) as bar:
        tasks = {}

        def see(about: str, done: int, total: int) -> None:
            if about not in tasks:
                tasks[about] = bar.add_task(about, total=total, rate="")
            elapsed = bar.tasks[tasks[about]].elapsed or 0.0
            rate = f"{done / elapsed:,.0f}/s" if elapsed > 0.5 else ""
            bar.update(tasks[about], completed=done, total=total, rate=rate)

        yield see
