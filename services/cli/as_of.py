"""Looking back: what a job, a row or a recording was at an earlier moment, and what has changed since."""

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID

import typer
from rich.progress import BarColumn, Progress, TextColumn

from services.cli.comparing import Change, changes
from services.cli.desk import Desk
from services.cli.envelopes import LogReader, connected
from services.cli.showing import cell, cut, moment, plain, table, without_secrets
from services.cli.sources import service_settings
from services.cli.times import read_time
from shared.bus import subjects
from shared.core.errors import InvalidInput, NotFound, Unavailable
from shared.core.time_and_ids import now

if TYPE_CHECKING:
    from nats.aio.client import Client

    from services.cli.folding import Fold, Thing
    from shared.core.events import Recorded
    from shared.ops.settings import Settings
    from shared.runtime import Blueprint

What = Literal["job", "row", "recording"]
Moment = int | datetime | None  # a position, a time, or now
NOW = "now"
OWNER = {"job": "scheduler", "row": "runner", "recording": "ingest"}
VALUE_WIDTH, TOLD_WIDTH = 100, 80
STYLE = {"added": "green", "changed": "yellow", "removed": "red"}


@dataclass(frozen=True)
class Past:
    """A thing as it was: its fields as JSON values (none: it did not exist), and its own events so far."""

    position: int
    at: datetime | None
    state: dict[str, Any]
    events: "Sequence[Recorded]"

    def when(self) -> str:
        """In words."""
        return f"position {self.position}" + (f" ({moment(self.at)})" if self.at else "")

    def told(self) -> dict[str, Any]:
        """Where and when, as JSON values."""
        return {"position": self.position, "at": self.at.isoformat() if self.at else None}


@dataclass(frozen=True)
class Asked:
    """What a person wants to see."""

    what: What
    id: str
    row: int | None

    def __str__(self) -> str:
        return f"row {self.row} of job {self.id}" if self.what == "row" else f"{self.what} {self.id}"


async def as_of(
    desk: Desk,
    when: Annotated[str, typer.Argument(metavar="POSITION|TIME", help="17, 2026-03-01T12:00, how long ago: 2h; now.")],
    what: Annotated[What, typer.Argument(metavar="job|row|recording")],
    own_id: Annotated[str, typer.Argument(metavar="ID", help="Of the job or recording; its beginning will do.")],
    row: Annotated[int | None, typer.Argument(metavar="ROW", min=0, help="Which row of the job.")] = None,
    diff: Annotated[
        str | None, typer.Option(metavar="POSITION|TIME", help="Show what differs between the two moments.")
    ] = None,
) -> None:
    """Show a job, a row or a recording as it was: the read model folded anew from the log, up to then."""
    if (row is not None) != (what == "row"):
        raise InvalidInput("say which row: as-of … row JOB ROW" if what == "row" else f"a {what} has no row {row}")
    moments = [read_moment(each, name) for each, name in ((when, "POSITION|TIME"), (diff, "--diff")) if each]
    asked = Asked(what, own_id, row)
    blueprint = desk.blueprint(OWNER[what])
    settings = service_settings(desk, blueprint)
    async with connected(settings.nats_url.get_secret_value()) as client:
        reader = LogReader(desk, client)
        thing = await _find(reader, asked)
        asked = replace(asked, id=thing.stream.aggregate if what == "row" else thing.stream.id)
        cuts = sorted([await _place(reader, each) for each in moments], key=lambda found: found.position)
        async with _folding(blueprint, settings, client, thing) as fold:
            pasts = await _look(desk, fold, cuts, asked)
    if not pasts[-1].state and not pasts[-1].events:
        raise NotFound(f"there was no {asked} at {pasts[-1].when()}")
    _show(desk, asked, pasts[0]) if len(pasts) == 1 else _show_changes(desk, asked, pasts)


def read_moment(text: str, name: str) -> Moment:
    """A position, a time that has passed, or `now`. Raises `InvalidInput`."""
    if text.isdecimal() or text == NOW:
        return int(text) if text != NOW else None
    current = now()
    at = read_time(text, current, name)
    if at > current:
        raise InvalidInput(f"{name} {text!r} lies in the future; give a time that has passed")
    return at


async def _place(reader: LogReader, moment: Moment) -> Past:
    """Where a moment is in the log; nothing is known of the state there yet."""
    if isinstance(moment, datetime):
        return Past(await reader.position_before(moment), moment, {}, ())
    end = await reader.last_position()
    if moment is None:
        return Past(end, now(), {}, ())
    if moment > end:
        raise InvalidInput(f"position {moment} is beyond the end of the log, which is {end}")
    there = await reader.at(moment) if moment else []
    return Past(moment, there[0].envelope.at if there else None, {}, ())


async def _find(reader: LogReader, asked: Asked) -> "Thing":
    """The thing, which the log must know. Raises `NotFound`, `InvalidInput`."""
    from services.cli.folding import Thing

    if asked.what == "recording":
        stream = subjects.recording(await reader.find("recording", subjects.ALL_RECORDINGS, asked.id))
        thing = Thing(stream, (stream.canonical_filter,), "recordings")
    else:
        job = await reader.find("job", subjects.ALL_JOBS, asked.id)
        thing = _row(job, asked.row) if asked.row is not None else _job(job)
    if not await reader.last_position(thing.subjects):
        raise NotFound(f"there is no {'job' if asked.what == 'row' else asked.what} {asked.id} in the log")
    return thing


def _job(job: UUID) -> "Thing":
    from services.cli.folding import Thing

    stream = subjects.job(job)
    return Thing(stream, (stream.canonical_filter, subjects.rows_of(job)), "execution_jobs")


def _row(job: UUID, row: int) -> "Thing":
    from services.cli.folding import Thing

    stream = subjects.row(job, row)
    return Thing(stream, (subjects.job(job).canonical_filter, stream.canonical_filter), "execution_results", row)


@asynccontextmanager
async def _folding(
    blueprint: "Blueprint", settings: "Settings", client: "Client", thing: "Thing"
) -> "AsyncIterator[Fold]":
    """The service's projection on temporary tables, which go with the connection."""
    import asyncpg

    from services.cli.folding import TEMPORARY, Fold
    from shared.bus.jetstream import JetStreamLog
    from shared.contracts.catalogue import catalogue
    from shared.db.pool import Database
    from shared.keys import KeyRing, parse_master_key

    vault = KeyRing(client, parse_master_key(settings.master_key.get_secret_value()))
    projection = next(each for each in blueprint.projections if each.name == thing.projection)
    database = Database(settings.postgres_url.get_secret_value(), blueprint.name)
    connection = await database.dedicated(search_path=TEMPORARY)
    try:
        fold = Fold(connection, JetStreamLog(client, catalogue(), vault=vault), projection, thing)
        await fold.prepare(blueprint)
        yield fold
    except (OSError, asyncpg.InterfaceError, asyncpg.PostgresConnectionError) as failure:
        raise Unavailable(f"Postgres went away while the past was folded: {failure!r}") from failure
    finally:
        connection.terminate()


async def _look(desk: Desk, fold: "Fold", cuts: Sequence[Past], asked: Asked) -> list[Past]:
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TextColumn("position {task.completed}"))
    hidden = desk.as_json or not desk.notes.is_terminal
    pasts = []
    with Progress(*columns, console=desk.notes, transient=True, disable=hidden) as bar:
        task = bar.add_task("folding", total=cuts[-1].position)
        for cut_at in cuts:
            await fold.up_to(cut_at.position, lambda position: bar.update(task, completed=position))
            state = await fold.state()
            if asked.what == "row" and (state or fold.events):
                state = {"run": _run(fold.events), **state}
            pasts.append(replace(cut_at, state=state, events=tuple(fold.events)))
        refused = await fold.refused() + fold.unreadable
    if refused:
        desk.note(
            f"note: {refused} of its events cannot be shown: this release cannot read them, or no table takes them"
        )
    return pasts


def _run(events: "Sequence[Recorded]") -> dict[str, Any]:
    """What the runner's rules know about the row: its phase, attempt, worker, and what was intended."""
    from services.runner.aggregates.row_run import row_runs

    run = asdict(row_runs.fold(item.event for item in events))
    run.pop("noted", None)  # events, which stand in the time line
    return run


def _show(desk: Desk, asked: Asked, past: Past) -> None:
    if desk.as_json:
        own = {"what": asked.what, "id": asked.id, "row": asked.row}
        desk.print_json({**own, **past.told(), "state": past.state, "events": _time_line(past.events)})
        return
    shown = table("field", "value", title=f"{asked} at {past.when()}")
    for name, value in _flat(past.state):
        shown.add_row(cell(name, "cyan"), cell(_value(value)))
    desk.out.print(shown)
    _print_time_line(desk, past.events)


def _show_changes(desk: Desk, asked: Asked, pasts: Sequence[Past]) -> None:
    before, after = pasts
    found = list(changes(before.state, after.state))
    between = [item for item in after.events if item.position > before.position]
    if desk.as_json:
        own = {"what": asked.what, "id": asked.id, "row": asked.row, "from": before.told(), "to": after.told()}
        desk.print_json({**own, "changes": [asdict(each) for each in found], "events": _time_line(between)})
        return
    title = f"{asked} from {before.when()} to {after.when()}"
    shown = table("", "field", "before", "after", title=title)
    for change in found:
        shown.add_row(*_change_cells(change))
    desk.out.print(shown if found else cell(f"{title}: nothing has changed"))
    _print_time_line(desk, between)


def _change_cells(change: Change) -> tuple[Any, ...]:
    style = STYLE[change.change]
    values = (cell(_value(value)) for value in (change.before, change.after))
    return (cell(change.change, style), cell(change.field, "cyan"), *values)


def _flat(state: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Fields that have a value, in order; the run is told field by field."""
    for name, value in state.items():
        if name == "run":
            yield from ((f"run.{key}", each) for key, each in value.items() if each is not None)
        elif value is not None:
            yield name, value


def _value(value: Any) -> str:
    value = without_secrets(value)
    text = json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, dict | list) else plain(value)
    return cut(plain(text), VALUE_WIDTH)


def _time_line(events: "Sequence[Recorded]") -> list[dict[str, Any]]:
    """The events with what they tell in a word or a number; the state tells the rest."""
    return [
        {
            "position": item.position,
            "id": str(item.id),
            "at": item.at.isoformat(),
            "type": type(item.event).__name__,
            "actor": item.actor,
            "told": {
                name: value
                for name, value in item.event.model_dump(mode="json").items()
                if isinstance(value, str | int | bool) and name not in ("job_id", "row")
            },
        }
        for item in events
    ]


def _print_time_line(desk: Desk, events: "Sequence[Recorded]") -> None:
    shown = table("position", "time", "event", "by", "", right=("position",), title="what happened")
    for line in _time_line(events):
        told = ", ".join(f"{name} {plain(value)}" for name, value in line["told"].items())
        cells = (cell(line["position"], "dim"), cell(moment(line["at"]), "dim"), cell(line["type"], "bold"))
        shown.add_row(*cells, cell(line["actor"], "dim"), cell(cut(told, TOLD_WIDTH)))
    if events:
        desk.out.print(shown)
