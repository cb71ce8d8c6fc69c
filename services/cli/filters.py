"""Which events of the log: the options that `events` and `export` share."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import wraps
from typing import Annotated, Any, TypeVar
from uuid import UUID

import typer

from services.cli.desk import Desk
from services.cli.envelopes import LogReader, Span, Told
from services.cli.times import read_time
from shared.bus import subjects
from shared.core.errors import InvalidInput
from shared.core.time_and_ids import now

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Filters:
    """As a person says it; every field is an option."""

    stream: Annotated[
        str | None, typer.Option(help="recording, job, row, heals, row.<job id>, scheduler.job.<id> …; all by default.")
    ] = None
    job: Annotated[
        str | None, typer.Option(metavar="ID", help="Only this job and its rows; the beginning of its id will do.")
    ] = None
    row: Annotated[int | None, typer.Option(min=0, help="Only this row of --job.")] = None
    event_type: Annotated[
        list[str] | None, typer.Option("--type", metavar="TYPE", help="Only these types, e.g. RowFinished.")
    ] = None
    org: Annotated[UUID | None, typer.Option(metavar="ID", help="Only this organization's.")] = None
    actor: Annotated[
        str | None, typer.Option(help="Only what this one did: scheduler, runner (any), runner:<worker id> …")
    ] = None
    correlation: Annotated[str | None, typer.Option(metavar="ID", help="Only what came of one request.")] = None
    since: Annotated[str | None, typer.Option(metavar="TIME", help="2026-03-01T12:00, or how long ago: 90s, 2h.")] = (
        None
    )
    until: Annotated[str | None, typer.Option(metavar="TIME", help="The same.")] = None
    after: Annotated[int, typer.Option(min=0, help="Only behind this position.")] = 0
    before: Annotated[int | None, typer.Option(min=1, help="Only in front of this position.")] = None
    opened: Annotated[bool, typer.Option("--open", help="Personal values in clear; needs RETOLD_MASTER_KEY.")] = False

    def wanted(self) -> "Wanted":
        """What of it can be read without the log. Raises `InvalidInput`."""
        if self.row is not None and self.job is None:
            raise InvalidInput("--row is a row of a job: say which with --job")
        if self.stream is not None and self.job is not None:
            raise InvalidInput("choose one of --stream and --job")
        moment = now()
        span = Span(
            (subjects.filter_for(self.stream) if self.stream is not None else subjects.ALL_EVENTS,),
            self.after,
            self.before,
            read_time(self.since, moment, "--since") if self.since else None,
            read_time(self.until, moment, "--until") if self.until else None,
        )
        return Wanted(span, frozenset(self.event_type or ()), self.org, self.actor, self.correlation)


@dataclass(frozen=True)
class Wanted:
    """Which events: of a part of the log, of some types (all when empty), of an organization, of an actor …"""

    span: Span
    types: frozenset[str] = frozenset()
    org: UUID | None = None
    actor: str | None = None
    correlation: str | None = None

    def takes(self, told: Told) -> bool:
        """Whether an event of the span is among them."""
        envelope = told.envelope
        return (
            (not self.types or told.type in self.types)
            and (self.org is None or envelope.org == self.org)
            and (self.correlation is None or envelope.corr == self.correlation)
            and (self.actor is None or envelope.actor == self.actor or envelope.actor.startswith(f"{self.actor}:"))
            and _within(envelope.at, self.span.since, self.span.until)
        )

    async def of_job(self, reader: LogReader, filters: Filters) -> "Wanted":
        """The same within the job, or the row, that the filters name."""
        if filters.job is None:
            return self
        job = await reader.find("job", subjects.ALL_JOBS, filters.job)
        within = (
            (subjects.job(job).canonical_filter, subjects.rows_of(job))
            if filters.row is None
            else (subjects.row(job, filters.row).canonical_filter,)
        )
        return replace(self, span=replace(self.span, subjects=within))


def _within(at: datetime, since: datetime | None, until: datetime | None) -> bool:
    return (since is None or at >= since) and (until is None or at <= until)


def with_filters(command: Callable[..., T]) -> Callable[..., T]:
    """A command whose second parameter is `filters`: every field of it becomes an option."""
    desk, _, *own = inspect.signature(command, eval_str=True).parameters.values()
    options = list(inspect.signature(Filters).parameters.values())

    @wraps(command)
    def with_options(desk: Desk, **given: Any) -> T:
        filters = Filters(**{option.name: given.pop(option.name) for option in options})
        return command(desk, filters, **given)

    keyword_only = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in (*options, *own)]
    with_options.__signature__ = inspect.Signature([desk, *keyword_only])  # type: ignore[attr-defined]
    return with_options


def note_unknown_types(desk: Desk, types: frozenset[str]) -> None:
    """Say so when a type is asked for that nobody writes: it may be misspelt."""
    from services.cli.showing import plain
    from shared.contracts.catalogue import catalogue

    known = [each.__name__ for each in catalogue()]
    for name in sorted(types - set(known)):
        desk.note(f"note: this release knows no event {plain(name)}; it knows {', '.join(known)}")
