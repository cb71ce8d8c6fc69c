"""What became of a job's rows, and of its steps over all rows."""

import csv
import statistics
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Annotated, Any, Literal, TextIO

import typer

from services.cli.artifacts import files_kept
from services.cli.client import Client
from services.cli.desk import Desk
from services.cli.finding import find_job
from services.cli.importing import where
from services.cli.showing import cell, cut, milliseconds, plain, status_cell, table
from shared.core.errors import NotFound

PAGE = 500
OWN_COLUMNS = ("row_index", "status", "error_type", "error_message", "duration")
FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r", "\n")
WAYS = ("recorded", "bundle", "cached", "healed")


@dataclass
class StepOverview:
    """How one step went over all rows. `found`: way → rows; `strategies`: locator → rows; time in milliseconds."""

    step_number: int
    what: str
    completed: int = 0
    failed: int = 0
    found: dict[str, int] = field(default_factory=dict)
    strategies: dict[str, int] = field(default_factory=dict)
    median_ms: float | None = None
    warnings: int = 0


async def results(
    desk: Desk,
    job: Annotated[str, typer.Argument(help="Id, the beginning of one, or `last`.")] = "last",
    layout: Annotated[Literal["table", "json", "csv"], typer.Option("--format", help="How to print them.")] = "table",
    status: Annotated[
        Literal["success", "failed", "skipped"] | None, typer.Option(help="Only rows that ended so.")
    ] = None,
    steps: Annotated[bool, typer.Option("--steps", help="How each step went, over all rows.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="As --format csv.")] = False,
) -> None:
    """Print what became of the rows of a job."""
    layout = "csv" if as_csv else layout
    async with desk.client() as client:
        job_id = await find_job(client, job)
        details = await client.get(f"/scheduler/v1/jobs/{job_id}")
        rows = await _all_rows(client, job_id, status)
        names = await _step_names(client, details["recording_id"])
        kept = await files_kept(client, job_id)
    if desk.as_json or layout == "json":
        desk.print_json([asdict(each) for each in overview(rows, names)] if steps else rows)
    elif steps:
        _show_steps(desk, overview(rows, names))
    elif layout == "csv":
        write_csv(sys.stdout, details["columns"], rows)
    else:
        _show_rows(desk, details["columns"], rows, names)
        if kept:
            desk.note(kept)


async def _all_rows(client: Client, job_id: str, status: str | None) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    while True:
        after = rows[-1]["row_index"] if rows else -1
        page = await client.get(f"/runner/v1/jobs/{job_id}/results", after_row=after, limit=PAGE, status=status)
        rows += page
        if len(page) < PAGE:
            return rows


async def _step_names(client: Client, recording_id: str) -> dict[int, str]:
    try:
        recording = await client.get(f"/ingest/v1/recordings/{recording_id}")
    except NotFound:
        return {}
    return {step["stepNumber"]: f"{step['event']} {where(step)}".strip() for step in recording["steps"]}


def overview(rows: Iterable[Mapping[str, Any]], names: Mapping[int, str]) -> list[StepOverview]:
    """One line a step, in order, from the step results of the rows."""
    found: dict[int, StepOverview] = {number: StepOverview(number, name) for number, name in names.items()}
    durations: dict[int, list[float]] = {}
    ways: dict[int, Counter[str]] = {}
    strategies: dict[int, Counter[str]] = {}
    for result in (result for row in rows for result in row["step_results"]):
        number = result["stepNumber"]
        line = found.setdefault(number, StepOverview(number, ""))
        if result["status"] == "skipped":
            continue
        line.completed += result["status"] == "completed"
        line.failed += result["status"] == "failed"
        line.warnings += "warning" in result
        durations.setdefault(number, []).append(result["duration"])
        if result.get("foundBy"):
            ways.setdefault(number, Counter())[result["foundBy"]] += 1
        if result.get("strategy"):
            strategies.setdefault(number, Counter())[result["strategy"]] += 1
    for number, line in found.items():
        line.found = dict(ways.get(number, Counter()))
        line.strategies = dict(strategies.get(number, Counter()).most_common())
        line.median_ms = statistics.median(durations[number]) if number in durations else None
    return [found[number] for number in sorted(found)]


def _show_steps(desk: Desk, lines: Sequence[StepOverview]) -> None:
    counts = ("ok", "failed", *(("warnings",) if any(line.warnings for line in lines) else ()))
    shown = table("step", "what", *counts, *WAYS, "by", "median", right=("step", *counts, *WAYS, "median"))
    for line in lines:
        shown.add_row(
            cell(line.step_number),
            cell(cut(line.what, 60)),
            cell(line.completed or "", "green"),
            cell(line.failed or "", "red"),
            *((cell(line.warnings or "", "yellow"),) if "warnings" in counts else ()),
            *(cell(line.found.get(way, ""), "yellow" if way in ("cached", "healed") else "") for way in WAYS),
            cell(", ".join(f"{name} {count}" for name, count in line.strategies.items())),
            cell(milliseconds(line.median_ms)),
        )
    desk.out.print(shown)


def _show_rows(desk: Desk, columns: Sequence[str], rows: Sequence[Mapping[str, Any]], names: Mapping[int, str]) -> None:
    if not rows:
        desk.note("no row has ended yet")
        return
    went_wrong = any(row["error_type"] for row in rows)
    extracted = names_extracted(rows)
    wrong = ("failed step", "error") if went_wrong else ()
    shown = table("row", "status", "took", *columns, *extracted, *wrong, right=("row", "took"))
    for row in rows:
        step = row["failed_step"]
        failed = "" if step is None else f"{step} {names.get(step, '')}"
        error = ": ".join(plain(row[name]) for name in ("error_type", "error_message") if row[name])
        shown.add_row(
            cell(row["row_index"]),
            status_cell(row["status"]),
            cell(milliseconds(row["duration"])),
            *(cell(cut(plain(row["row_data"].get(column)), 40)) for column in columns),
            *(cell(cut(plain((row.get("extracted") or {}).get(name)), 40)) for name in extracted),
            *((cell(cut(failed, 40)), cell(cut(error, 120))) if went_wrong else ()),
        )
    desk.out.print(shown)


def write_csv(file: TextIO, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """The rows, and what they extracted, as a table for a spreadsheet.

    A cell that would be taken for a formula there is disarmed by `'`.
    """
    writer = csv.writer(file, lineterminator="\n")
    named = [f"data.{column}" if column in OWN_COLUMNS else column for column in columns]
    extracted = names_extracted(rows)
    taken = [f"extracted.{name}" if name in (*OWN_COLUMNS, *named) else name for name in extracted]
    writer.writerow(disarmed(name) for name in (*OWN_COLUMNS, *named, *taken))
    for row in rows:
        values = [*(row[name] for name in OWN_COLUMNS), *(row["row_data"].get(column) for column in columns)]
        values += [(row.get("extracted") or {}).get(name) for name in extracted]
        writer.writerow(disarmed(value) for value in values)


def names_extracted(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """The names of the values that rows took from pages, in the order of their first appearance."""
    return list(dict.fromkeys(name for row in rows for name in row.get("extracted") or {}))


def disarmed(value: object) -> str:
    """A cell's text that no spreadsheet runs."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA_BEGINS) else text
