"""Watching a job: live on a terminal, a line a row elsewhere, an event a line for machines."""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import httpx2
import typer
from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from services.cli.artifacts import files_kept
from services.cli.client import Client, event_fields
from services.cli.desk import Desk
from services.cli.finding import find_job
from services.cli.showing import STATUS_STYLE, counted, cut, milliseconds, plain
from services.cli.watching_row import watch_row
from shared.contracts.runner import NOT_REVIEWED
from shared.core.errors import InvalidInput, Unavailable

JOB_FAILED = 3
NEWEST_SHOWN = 5


@dataclass
class Progress:
    """A job as its live events tell it."""

    total: int
    title: str = ""
    running: set[int] = field(default_factory=set)
    waiting: dict[int, tuple[str, str]] = field(default_factory=dict)  # for a person: row → what is to be decided
    successful: int = 0
    failed: int = 0
    skipped: int = 0
    stopping: str | None = None
    paused: bool = False
    status: str | None = None
    began: datetime | None = None
    latest: datetime | None = None
    newest: deque[str] = field(default_factory=lambda: deque(maxlen=NEWEST_SHOWN))

    @property
    def finished(self) -> int:
        """Rows that were run to their end."""
        return self.successful + self.failed

    @property
    def rate(self) -> float | None:
        """Rows a second since the first one started; `None` before anything can be said."""
        if self.began is None or self.latest is None or not self.finished:
            return None
        seconds = (self.latest - self.began).total_seconds()
        return self.finished / seconds if seconds > 0 else None

    @property
    def seconds_left(self) -> float | None:
        """At this rate."""
        rate = self.rate
        return (self.total - self.finished - self.skipped) / rate if rate else None

    def see(self, fields: Mapping[str, Any]) -> str | None:
        """Take in an event; the line to show when it ended a row."""
        self.latest = datetime.fromisoformat(fields["at"])
        if fields["type"] in ("RowStarted", "RowFinished", "RowLost", "RowSkipped"):
            self._waits_no_more(fields)
        match fields["type"]:
            case "RowStarted":
                self.began = self.began or self.latest
                self.running.add(fields["row"])
            case "RowFinished":
                self.running.discard(fields["row"])
                return self._row_finished(fields)
            case "RowLost":
                self.running.discard(fields["row"])
                return self._row_lost(fields)
            case "RowSkipped":
                self.skipped += 1
            case "HealProposed":
                return self._proposed(fields)
            case "HealAccepted" | "HealRejected":
                about = _stand_in(fields)
                self.running |= {row for row, asked in self.waiting.items() if asked == about}
                self.waiting = {row: asked for row, asked in self.waiting.items() if asked != about}
            case "JobPaused":
                self.paused = True
            case "JobResumed":
                self.paused = False
            case "JobStopping":
                self.stopping = fields["reason"]
            case "JobEnded":
                self.status = fields["status"]
                self.running.clear()
        return None

    def _row_finished(self, fields: Mapping[str, Any]) -> str:
        self.successful += fields["final"] and fields["status"] == "success"
        self.failed += fields["final"] and fields["status"] == "failed"
        line = f"row {fields['row']} {fields['status']} in {milliseconds(fields['duration'])}"
        if fields["status"] == "failed":
            step = f" at step {fields['failed_step']}" if fields.get("failed_step") else ""
            parked = fields.get("error_type") == NOT_REVIEWED
            again = "" if fields["final"] or parked else "; it is tried again"
            line += f"{step}: {fields.get('error_type') or ''} {fields.get('error_message') or ''}".rstrip() + again
        return self._noted(line)

    def _waits_no_more(self, fields: Mapping[str, Any]) -> None:
        """A row that gave its browser up still waits for the answer."""
        if fields.get("error_type") != NOT_REVIEWED or fields.get("final"):
            self.waiting.pop(fields["row"], None)

    def _proposed(self, fields: Mapping[str, Any]) -> str:
        self.running.discard(fields["row"])
        known = _stand_in(fields) in self.waiting.values()
        self.waiting[fields["row"]] = _stand_in(fields)
        found, recorded = (cut(fields[name], 36) for name in ("healed_selector", "original_selector"))
        about = f"step {fields['step_number']}, {found} for {recorded} ({fields['confidence']} %)"
        line = f"row {fields['row']} waits: {about}"
        return self._noted(line if known else f"{line}: retold heals accept {fields['proposal_id']}, or reject")

    def _row_lost(self, fields: Mapping[str, Any]) -> str:
        self.failed += fields["final"]
        again = "" if fields["final"] else "; it is tried again"
        return self._noted(f"row {fields['row']} failed: {fields['error_type']} {fields['error_message']}{again}")

    def _noted(self, line: str) -> str:
        line = cut(plain(line), 200)
        self.newest.append(line)
        return line


def _stand_in(fields: Mapping[str, Any]) -> tuple[str, str]:
    return fields["cache_key"], fields["healed_selector"]


async def watch(
    desk: Desk,
    job: Annotated[str, typer.Argument(help="Id, the beginning of one, or `last`.")] = "last",
    row: Annotated[int | None, typer.Option(min=0, help="Only this row: its log lines and its picture, live.")] = None,
    picture: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where the row's newest picture goes; else a file of its own.")
    ] = None,
) -> int:
    """Watch a job, or one of its rows, until it has ended; exit code 3 if any row failed."""
    if picture is not None and row is None:
        raise InvalidInput("--picture is of one row: say which with --row N")
    async with desk.client() as client:
        job_id = await find_job(client, job)
        if row is not None:
            return await watch_row(desk, client, job_id, row, picture)
        if not desk.as_json:
            return 0 if went_well(await follow_job(client, job_id, desk.out)) else JOB_FAILED
        async for message in client.stream(f"/scheduler/v1/jobs/{job_id}/events"):
            fields = event_fields(message)
            desk.print_json({"position": _position(message), **fields}, line=True)
            if fields["type"] == "JobEnded":
                return 0 if fields["status"] == "completed" and not fields["failed"] else JOB_FAILED
    raise Unavailable(f"the events of job {job_id} ended before the job did")


async def follow_job(client: Client, job_id: str, console: Console) -> dict[str, Any]:
    """Show a job's progress on a console until it has ended. Returns the job."""
    job = await client.get(f"/scheduler/v1/jobs/{job_id}")
    progress = Progress(job["total_rows"], plain(job["recording_name"]))
    shown = Shown(progress)
    live = Live(shown, console=console, refresh_per_second=8, transient=True) if console.is_terminal else None
    position = 0
    if live:
        live.start()
    try:
        async for message in client.stream(f"/scheduler/v1/jobs/{job_id}/events"):
            fields = event_fields(message)
            position = max(position, _position(message))
            line = progress.see(fields)
            if line and not live:
                console.print(line, markup=False, soft_wrap=True)
            if progress.status:
                break
    finally:
        if live:
            live.stop()
    ended: dict[str, Any] = await client.get(f"/scheduler/v1/jobs/{job_id}", at_least=position)
    console.print(_summary(ended, progress))
    kept = await files_kept(client, job_id, position)
    if kept:
        console.print(kept, markup=False, soft_wrap=True)
    return ended


def went_well(job: Mapping[str, Any]) -> bool:
    """Whether a job was completed without a failed row."""
    return job["status"] == "completed" and not job["failed_rows"]


def _position(message: httpx2.ServerSentEvent) -> int:
    position = message.id.partition("-")[0]
    return int(position) if position.isdigit() else 0


class Shown:
    """Progress as it stands on a terminal."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def __rich__(self) -> Group:
        """A bar, the counts, and the newest rows."""
        progress = self._progress
        bar = Table.grid(padding=(0, 1))
        ended = progress.finished + progress.skipped
        bar.add_row(
            Text(cut(progress.title, 40), style="bold"),
            ProgressBar(total=max(progress.total, 1), completed=ended, width=40),
            Text(f"{ended}/{progress.total}"),
        )
        newest = [Text(line, style="red" if " failed " in line else "dim") for line in progress.newest]
        return Group(bar, Text("  ").join(_counts(progress)), *newest)


def _counts(progress: Progress) -> Iterator[Text]:
    yield Text(f"{progress.successful} ok", style="green")
    yield Text(f"{progress.failed} failed", style="red" if progress.failed else "dim")
    yield Text(f"{len(progress.running)} running", style="cyan")
    if progress.waiting:
        yield Text(f"{len(progress.waiting)} waiting for review", style="yellow")
    if progress.skipped:
        yield Text(f"{progress.skipped} skipped", style="yellow")
    if progress.paused:
        yield Text("paused", style="yellow")
    if progress.stopping:
        yield Text(f"stopping: {plain(progress.stopping)}", style="yellow")
    if progress.rate is not None:
        yield Text(f"{progress.rate * 60:.0f} rows/min", style="dim")
    if progress.seconds_left:
        yield Text(f"{milliseconds(progress.seconds_left * 1000)} left", style="dim")


def _summary(job: Mapping[str, Any], progress: Progress) -> Text:
    parts = [f"{job['successful_rows']} ok", f"{job['failed_rows']} failed"]
    if job["unknown_rows"]:
        parts.append(f"{job['unknown_rows']} of them with unknown outcome")
    if job["skipped_rows"]:
        parts.append(f"{job['skipped_rows']} skipped")
    took = ""
    if progress.began and progress.latest:
        took = f" in {milliseconds((progress.latest - progress.began).total_seconds() * 1000)}"
    reason = f" ({job['stop_reason']})" if job["stop_reason"] and job["stop_reason"] != job["status"] else ""
    text = Text(f"{job['status']}{reason}", style=STATUS_STYLE.get(job["status"], "bold"))
    return text.append(f": {counted(job['total_rows'])}, {', '.join(parts)}{took}", style="default")
