"""Read models are disposable: drop one and project the whole log into it again."""

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from services.cli.desk import Desk
from services.cli.sources import service_settings
from shared.core.errors import InvalidInput

if TYPE_CHECKING:
    from shared.projections import Projection
    from shared.runtime import Blueprint


async def rebuild(
    desk: Desk,
    target: Annotated[str, typer.Argument(metavar="SERVICE[.PROJECTION]", help="As in ingest.recordings.")],
    fresh: Annotated[bool, typer.Option("--fresh", help="Begin anew where a rebuild was interrupted.")] = False,
) -> None:
    """Rebuild a service's read models from the log, beside the live ones, then swap them in.

    Readers notice nothing. Interrupted, it goes on from there when it is run again.
    """
    service, _, name = target.partition(".")
    blueprint = desk.blueprint(service)
    chosen = choose(blueprint, name)
    rebuilt = []
    with _bar(desk) as bar:
        for projection in chosen:
            task = bar.add_task(f"{service}.{projection.name}", total=None, rate="")
            meter = Meter(bar, task)
            position = await _rebuild_one(desk, blueprint, projection, meter.see, resume=not fresh)
            seconds = meter.finish()
            rebuilt.append({"projection": f"{service}.{projection.name}", "position": position, "seconds": seconds})
    if desk.as_json:
        desk.print_json(rebuilt)
        return
    for each in rebuilt:
        desk.out.print(
            f"{each['projection']} rebuilt up to position {each['position']} in {each['seconds']:.1f} s", markup=False
        )


def choose(blueprint: "Blueprint", name: str) -> "Sequence[Projection]":
    """The projection of that name, or all when there is none. Raises `InvalidInput` naming the ones there are."""
    chosen = [each for each in blueprint.projections if not name or each.name == name]
    if not chosen:
        there = ", ".join(f"{blueprint.name}.{each.name}" for each in blueprint.projections)
        raise InvalidInput(f"{blueprint.name} has no projection {name!r}; there are: {there}")
    return chosen


async def _rebuild_one(
    desk: Desk, blueprint: "Blueprint", projection: "Projection", see: Callable[[int, int], None], *, resume: bool
) -> int:
    from shared.bus.connection import connect, disconnect
    from shared.bus.jetstream import JetStreamLog
    from shared.contracts.catalogue import catalogue
    from shared.db.migrations import read_migrations
    from shared.db.pool import Database
    from shared.keys import KeyRing, parse_master_key
    from shared.lines import Lines
    from shared.projections import Projector, Source

    settings = service_settings(desk, blueprint)
    client = await connect(settings.nats_url.get_secret_value(), "retold-rebuild")
    try:
        keys = KeyRing(client, parse_master_key(settings.master_key.get_secret_value()))
        events = JetStreamLog(client, catalogue(), vault=keys)
        source: Source = events if projection.source == "events" else Lines(client, keys)
        projector = Projector(Database(settings.postgres_url.get_secret_value(), blueprint.name), projection, source)
        return await projector.rebuild(read_migrations(blueprint.migrations), see, resume=resume)
    finally:
        await disconnect(client)


def _bar(desk: Desk) -> Progress:
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=desk.notes, transient=True, disable=not desk.notes.is_terminal)


class Meter:
    """Turns positions and what is still to come into a bar, a rate, and a time."""

    def __init__(self, bar: Progress, task: TaskID) -> None:
        self._bar = bar
        self._task = task
        self._began = time.monotonic()
        self._total = 0

    def see(self, position: int, pending: int) -> None:
        """After a batch: `pending` messages are still to come."""
        self._total = max(self._total, pending + 1)  # the first batch's size is not told: it counts as one
        done = self._total - pending
        rate = done / max(time.monotonic() - self._began, 0.001)
        fields: dict[str, Any] = {"rate": f"{rate:.0f}/s, position {position}"}
        self._bar.update(self._task, total=self._total, completed=done, **fields)

    def finish(self) -> float:
        """It is done; how many seconds it took."""
        self._bar.update(self._task, total=max(self._total, 1), completed=max(self._total, 1))
        return round(time.monotonic() - self._began, 3)
