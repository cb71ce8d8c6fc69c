"""Jobs: start one, list them, pause, resume, hurry or cancel one, run some rows of one again."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from services.cli.client import Client
from services.cli.desk import Desk
from services.cli.finding import find_job, find_recording
from services.cli.importing import read_file
from services.cli.showing import cell, cut, milliseconds, moment, status_cell, table
from services.cli.uploading import with_files
from services.cli.watching import JOB_FAILED, follow_job, went_well
from shared.contracts.healing_modes import HealingMode
from shared.contracts.option_words import job_options, read_entries, read_options
from shared.contracts.scheduler import JobOptions
from shared.core.errors import InvalidInput

Job = Annotated[str, typer.Argument(help="Id, the beginning of one, or `last`.")]
Options = Annotated[
    list[str] | None,
    typer.Option(
        "--option", "-o", metavar="NAME=VALUE", help="How rows are run; `retold options` lists them. May be repeated."
    ),
]
Recorded = Annotated[
    Literal["off", "on", "on_failure", "on_retry"] | None,
    typer.Option(help="Of each row; on_failure: kept of rows that fail; on_retry: of further attempts."),
]
Screenshots = Annotated[
    str | None, typer.Option(metavar="before,after,error", help="When pictures are taken; none: never.")
]
Wait = Annotated[bool, typer.Option("--wait", help="Watch until the job has ended; exit code 3 if any row failed.")]


async def run(
    desk: Desk,
    recording: Annotated[str, typer.Argument(help="Id, the beginning of one, or name.")],
    csv: Annotated[Path, typer.Option("--csv", help="The table: one run of the recording for each row.")],
    mapping: Annotated[
        list[str] | None, typer.Option("--map", metavar="COLUMN=LABEL", help="Which column fills which step.")
    ] = None,
    secret: Annotated[
        list[str] | None, typer.Option("--secret", metavar="COLUMN", help="Encrypt this column's values.")
    ] = None,
    files: Annotated[
        list[str] | None,
        typer.Option("--files", metavar="COLUMN", help="Its cells name files beside the table: upload them."),
    ] = None,
    concurrency: Annotated[int, typer.Option(min=1, max=10, help="Rows at once.")] = 5,
    stop_on_error: Annotated[bool, typer.Option("--stop-on-error", help="Start no row after one has failed.")] = False,
    on_unknown: Annotated[
        Literal["fail", "rerun"] | None,
        typer.Option(help="What becomes of a row whose runner died after it had acted.", show_default="fail"),
    ] = None,
    max_retries: Annotated[
        int | None, typer.Option(min=0, max=10, help="Further attempts for a row that failed.", show_default="0")
    ] = None,
    healing: Annotated[
        HealingMode | None,
        typer.Option(
            help="Stand-ins for elements that are not found: used at once, after a review, or never.",
            show_default="autonomous",
        ),
    ] = None,
    no_healing: Annotated[bool, typer.Option("--no-healing", help="As --healing off.")] = False,
    priority: Annotated[int, typer.Option(min=0, max=100, help="0–100; higher goes first.")] = 0,
    browser: Annotated[str | None, typer.Option(help="A browser type, as firefox-desktop or chromium-mobile.")] = None,
    speed: Annotated[
        float | None, typer.Option(help="1.0: with the recorded pauses; 2.0: twice as fast. Else at full speed.")
    ] = None,
    slow_motion: Annotated[bool, typer.Option("--slow-motion", help="A pause after each step, half a second.")] = False,
    screenshots: Screenshots = None,
    trace: Recorded = None,
    video: Recorded = None,
    option: Options = None,
    wait: Wait = False,
) -> int:
    """Run a recording for every row of a CSV file."""
    named = {"browser": browser, "speed": speed, "screenshots": screenshots, "trace": trace, "video": video}
    named |= {"slow_motion": slow_motion or None, "on_unknown": on_unknown, "max_retries": max_retries}
    if no_healing and healing not in (None, "off"):
        raise InvalidInput(f"--no-healing and --healing {healing} contradict each other")
    options = options_of(option, {**named, "healing": "off" if no_healing else healing})
    content = read_file(csv)
    async with desk.client() as client:
        request = {
            "recording_id": await find_recording(client, recording),
            "mapping": read_mapping(mapping or []),
            "secret_columns": secret or [],
            "concurrency": concurrency,
            "stop_on_error": stop_on_error,
            "priority": priority,
            "options": options,
        }
        content = await with_files(client, csv, content, files or [])
        sent = {"file": (csv.name, content, "text/csv")}
        job = await client.post("/scheduler/v1/jobs", files=sent, data={"request": json.dumps(request)})
        return await _submitted(desk, client, job, wait=wait)


async def rerun(
    desk: Desk,
    job: Job,
    failed: Annotated[bool, typer.Option("--failed", help="The rows that failed (as without any option).")] = False,
    unknown: Annotated[bool, typer.Option("--unknown", help="The rows whose outcome nobody knows.")] = False,
    every: Annotated[bool, typer.Option("--all", help="All rows.")] = False,
    option: Options = None,
    wait: Wait = False,
) -> int:
    """Run some rows of an ended job again, as a new job, with its options or some changed: -o trace=on."""
    options = options_of(option, {})
    if failed + unknown + every > 1:
        raise InvalidInput("choose one of --failed, --unknown and --all")
    which = "unknown" if unknown else "all" if every else "failed"
    async with desk.client() as client:
        job_id = await find_job(client, job)
        new = await client.post(f"/scheduler/v1/jobs/{job_id}/rerun", json={"which": which, "options": options})
        return await _submitted(desk, client, new, wait=wait)


async def _submitted(desk: Desk, client: Client, job: dict[str, Any], *, wait: bool) -> int:
    if not desk.as_json:
        _show_submission(desk, job)
    elif not wait:
        desk.print_json(job)
    if not wait:
        if not desk.as_json:
            desk.note(f"watch it with: retold watch {job['id']}")
        return 0
    await client.get(f"/scheduler/v1/jobs/{job['id']}", at_least=job["position"])
    ended = await follow_job(client, job["id"], desk.notes)
    if desk.as_json:
        desk.print_json(ended)
    return 0 if went_well(ended) else JOB_FAILED


def _show_submission(desk: Desk, job: dict[str, Any]) -> None:
    shown = table("column", "fills", "")
    for column, label in job["field_mapping"].items():
        shown.add_row(cell(column), cell(label), cell("secret" if column in job["secret_columns"] else "", "yellow"))
    for column in job["unmapped_columns"]:
        shown.add_row(cell(column), cell("nothing", "dim"), cell("secret" if column in job["secret_columns"] else ""))
    for label in job["keeps_recorded"]:
        shown.add_row(cell("no column", "dim"), cell(label), cell("as recorded, in every row", "yellow"))
    desk.out.print(shown)
    rows = f"{job['total_rows']} row{'' if job['total_rows'] == 1 else 's'}"
    desk.out.print(cell(f"job {job['id']}: {job['recording_name']} over {rows}", "bold"))


def options_of(entries: Sequence[str] | None, named: Mapping[str, Any]) -> dict[str, Any]:
    """The options given, `NAME=VALUE` or by an option of their own; checked here, sent as they are.

    Raises `InvalidInput`.
    """
    given = read_entries(entries or ())
    own = {name: value for name, value in named.items() if value is not None}
    twice = own.keys() & read_options(given).keys()
    if twice:
        name = min(twice)
        raise InvalidInput(f"{name} is given twice: by --{name.replace('_', '-')} and by --option")
    job_options({**given, **own})
    return {**given, **own}


async def options(desk: Desk) -> None:
    """List the options of a job: how its rows are run."""
    schema = JobOptions.model_json_schema()
    listed = [
        {"name": name, "default": field.get_default(), "help": schema["properties"][name].get("description", "")}
        for name, field in JobOptions.model_fields.items()
    ]
    if desk.as_json:
        desk.print_json(listed)
        return
    shown = table("option", "default", "")
    for each in listed:
        default = each["default"]
        text = ",".join(map(str, default)) if isinstance(default, tuple) else "none" if default is None else default
        shown.add_row(cell(each["name"]), cell(text), cell(each["help"]))
    desk.out.print(shown)


def read_mapping(entries: list[str]) -> dict[str, str]:
    """`COLUMN=LABEL` entries → column to label. Raises `InvalidInput`."""
    mapping: dict[str, str] = {}
    for entry in entries:
        column, equals, label = entry.partition("=")
        column, label = column.strip(), label.strip()
        if not (column and equals and label):
            raise InvalidInput(f"--map {entry!r} is not COLUMN=LABEL, as in --map 'E-mail=Email address'")
        if mapping.setdefault(column, label) != label:
            raise InvalidInput(f"--map gives the column {column!r} twice; map it to one label")
    return mapping


async def jobs(
    desk: Desk,
    status: Annotated[
        Literal["pending", "running", "paused", "completed", "failed", "cancelled", "timeout"] | None,
        typer.Option(help="Only these."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most this many, the newest.")] = 50,
) -> None:
    """List the jobs."""
    async with desk.client() as client:
        listed = await client.pages("/scheduler/v1/jobs", limit, status=status)
    if desk.as_json:
        desk.print_json(listed)
        return
    if not listed:
        desk.note("no such jobs" if status else "no jobs yet; start one with: retold run RECORDING --csv FILE")
        return
    counts: tuple[str, ...] = ("rows", "ok", "failed", "unknown", "skipped")
    kinds: tuple[str, ...] = ("total", "successful", "failed", "unknown", "skipped")
    if any(job["waiting_rows"] for job in listed):
        counts, kinds = (*counts, "to review"), (*kinds, "waiting")
    shown = table("id", "recording", "status", *counts, "started", "took", right=counts)
    for job in listed:
        shown.add_row(
            cell(job["id"]),
            cell(cut(job["recording_name"], 40)),
            status_cell(job["status"]),
            *(cell(job[f"{name}_rows"] or ("0" if name == "total" else "")) for name in kinds),
            cell(moment(job["started_at"] or job["created_at"])),
            cell(_took(job)),
        )
    desk.out.print(shown)


def _took(job: dict[str, Any]) -> str:
    if not job["started_at"] or not job["completed_at"]:
        return ""
    began, ended = (datetime.fromisoformat(job[name]) for name in ("started_at", "completed_at"))
    return milliseconds((ended - began).total_seconds() * 1000)


async def cancel(desk: Desk, job: Job) -> None:
    """Stop a job: rows not started are skipped, rows under way stop within a step."""
    async with desk.client() as client:
        job_id = await find_job(client, job)
        before = await client.get(f"/scheduler/v1/jobs/{job_id}")
        cancelled = await client.post(f"/scheduler/v1/jobs/{job_id}/cancel")
    if before["completed_at"] and not desk.as_json:
        desk.note(f"job {job_id} had already ended: {before['status']}")
    else:
        _say(desk, cancelled, "is being stopped")


async def pause(desk: Desk, job: Job) -> None:
    """Hand out no further row of a job until it is resumed; rows under way stop before their next step."""
    async with desk.client() as client:
        job_id = await find_job(client, job)
        paused = await client.post(f"/scheduler/v1/jobs/{job_id}/pause")
    _say(desk, paused, f"is paused; go on with: retold resume {job_id}")


async def resume(desk: Desk, job: Job) -> None:
    """Go on with a paused job."""
    async with desk.client() as client:
        job_id = await find_job(client, job)
        resumed = await client.post(f"/scheduler/v1/jobs/{job_id}/resume")
    _say(desk, resumed, "goes on")


async def prioritize(
    desk: Desk,
    job: Job,
    priority: Annotated[int, typer.Argument(min=0, max=100, help="0–100; above 90 before all your other jobs.")],
) -> None:
    """Give a job another priority; it counts from the next row that starts."""
    async with desk.client() as client:
        job_id = await find_job(client, job)
        changed = await client.patch(f"/scheduler/v1/jobs/{job_id}", json={"priority": priority})
    _say(desk, changed, f"has priority {priority} now")


def _say(desk: Desk, answer: dict[str, Any], happened: str) -> None:
    if desk.as_json:
        desk.print_json(answer)
    else:
        desk.out.print(cell(f"job {answer['id']} {happened}"))
