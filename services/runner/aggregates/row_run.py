"""A row's run: dispatched, started, perhaps about to commit something, finished.

Events of its own: `RowStarted`, `StepIntended`, `RowFinished` (beside them what was seen on the way:
`ElementHealed`, `HealProposed`, `CachedHealMissed`, `BundlesLearned`). The scheduler's: `RowDispatched`, `RowSkipped`,
`RowLost`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, assert_never
from uuid import UUID

from shared.contracts.runner import HealProposed, RowFinished, RowStarted, StepIntended
from shared.contracts.scheduler import RowDispatched, RowLost, RowSkipped
from shared.core.decider import Decider
from shared.core.errors import NotFound, Refused
from shared.core.events import Event

LOST_WORKERS_LIMIT = 3


@dataclass(frozen=True, slots=True)
class Hold:
    """A worker's hold on a row: the delivery tells two holds of the same worker apart."""

    worker_id: str
    delivery: int


@dataclass(frozen=True, slots=True)
class TakeRow:
    """A worker was handed the row. `rerun_unknown`: run again even when nobody knows what was committed."""

    job_id: UUID
    row: int
    attempt: int
    hold: Hold
    rerun_unknown: bool


@dataclass(frozen=True, slots=True)
class IntendStep:
    """The worker is about to do something that may commit a change in the world."""

    hold: Hold
    event: StepIntended


@dataclass(frozen=True, slots=True)
class NoteOnTheWay:
    """Something seen while the row runs, that others should know at once."""

    hold: Hold
    event: Event


@dataclass(frozen=True, slots=True)
class FinishRow:
    """The attempt has ended."""

    hold: Hold
    event: RowFinished
    beside: Sequence[Event] = ()


Command = TakeRow | IntendStep | NoteOnTheWay | FinishRow


@dataclass(frozen=True, slots=True)
class RowRun:
    """What the rules need to know."""

    phase: Literal["absent", "dispatched", "started", "finished", "skipped"] = "absent"
    attempt: int = 0
    hold: Hold | None = None
    intended: int | None = None
    starts: int = 0
    noted: tuple[Event, ...] = ()


def evolve(state: RowRun, event: Event) -> RowRun:
    """The run after an event."""
    match event:
        case RowDispatched():
            return RowRun("dispatched", event.attempt)
        case RowSkipped():
            return replace(state, phase="skipped")
        case RowStarted():
            hold = Hold(event.worker_id, event.delivery)
            # What a person was asked is asked anew: whoever follows the row knows then that it waits.
            noted = tuple(each for each in state.noted if not isinstance(each, HealProposed))
            return replace(state, phase="started", hold=hold, intended=None, starts=state.starts + 1, noted=noted)
        case StepIntended():
            return replace(state, intended=event.step_number)
        case RowFinished():
            return replace(state, phase="finished")
        case RowLost():
            # Nobody holds it any more: a worker that wakes up later has nothing to tell.
            return replace(state, phase="finished", hold=None)
        case _:
            return replace(state, noted=(*state.noted, event))


def decide(command: Command, state: RowRun) -> Sequence[Event]:
    """New events for a command."""
    match command:
        case TakeRow():
            return _take(command, state)
        case IntendStep():
            _require_hold(command.hold, state)
            return [] if state.intended == command.event.step_number else [command.event]
        case NoteOnTheWay():
            _require_hold(command.hold, state)
            return [] if command.event in state.noted else [command.event]
        case FinishRow():
            if state.phase == "finished" and state.hold == command.hold:
                return []
            _require_hold(command.hold, state)
            return [*command.beside, command.event]
        case _:
            assert_never(command)


def _require_hold(hold: Hold, state: RowRun) -> None:
    if state.phase != "started" or state.hold != hold:
        raise Refused("the row was taken over by another worker")


def _take(command: TakeRow, state: RowRun) -> Sequence[Event]:
    """Rule 3 of the decisions: who takes over a lost row looks first at what may have happened in the world."""
    if state.phase == "absent":
        raise NotFound(f"row {command.row} of job {command.job_id} was never dispatched")
    if state.phase in ("finished", "skipped") or command.attempt < state.attempt or state.hold == command.hold:
        return []
    if state.phase == "started":
        if state.hold is not None and command.hold.delivery < state.hold.delivery:
            raise Refused("a later delivery of the row is being worked on")
        if state.intended is not None and not command.rerun_unknown:
            return [_given_up(command, "outcome_unknown", _UNKNOWN.format(step=state.intended), state.intended)]
        if state.starts >= LOST_WORKERS_LIMIT:
            return [_given_up(command, "worker_lost", f"{LOST_WORKERS_LIMIT} workers were lost while running this row")]
    return [
        RowStarted(
            job_id=command.job_id,
            row=command.row,
            attempt=state.attempt,
            worker_id=command.hold.worker_id,
            delivery=command.hold.delivery,
        )
    ]


_UNKNOWN = (
    "the worker was lost at or after step {step}, which may have changed something in the application; "
    "look there, then run the row again if it is missing"
)


def _given_up(command: TakeRow, error_type: str, message: str, failed_step: int | None = None) -> RowFinished:
    return RowFinished(
        job_id=command.job_id,
        row=command.row,
        attempt=command.attempt,
        worker_id=command.hold.worker_id,
        status="failed",
        final=True,
        duration=0,
        steps=[],
        error_type=error_type,
        error_message=message,
        failed_step=failed_step,
    )


row_runs: Decider[Command, RowRun] = Decider(RowRun(), evolve, decide)
