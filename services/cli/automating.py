"""`retold automate`: open an address, do something there once, print what came of it."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console

from services.cli.client import Client
from services.cli.desk import Desk
from services.cli.importing import read_file
from services.cli.jobs import Options, options_of
from services.cli.showing import cell, cut, plain, table
from services.cli.watching import JOB_FAILED, follow_job, went_well
from shared.core.errors import InvalidInput

PLACE = "/scheduler/v1/automation-jobs"


async def automate(
    desk: Desk,
    address: Annotated[str, typer.Argument(metavar="URL", help="The address that is opened.")],
    action: Annotated[
        list[str] | None,
        typer.Option("--action", metavar="JSON", help='As {"type": "click", "selector": "#go"}. May be repeated.'),
    ] = None,
    actions: Annotated[
        str | None, typer.Option(metavar="FILE", help="A JSON list of actions, done before these; -: standard input.")
    ] = None,
    screenshot: Annotated[bool, typer.Option("--screenshot", help="Keep a picture of the page at the end.")] = False,
    pdf: Annotated[bool, typer.Option("--pdf", help="Keep the page as it is printed.")] = False,
    data: Annotated[bool, typer.Option("--data", help="Take the title and the text, where no action does.")] = False,
    video: Annotated[bool, typer.Option("--video", help="Keep a film of it.")] = False,
    trace: Annotated[bool, typer.Option("--trace", help="Keep a trace for Playwright's viewer.")] = False,
    wait_until: Annotated[
        Literal["load", "domcontentloaded", "networkidle"], typer.Option(help="When a page counts as open.")
    ] = "networkidle",
    browser: Annotated[str, typer.Option(help="A browser type, as firefox-desktop.")] = "chromium-desktop",
    priority: Annotated[int, typer.Option(min=0, max=100, help="0–100; higher goes first.")] = 0,
    max_retries: Annotated[int, typer.Option(min=0, max=10, help="Further attempts after a failure.")] = 3,
    timeout: Annotated[int, typer.Option(metavar="MS", min=1000, help="Of an attempt, in milliseconds.")] = 30_000,
    option: Options = None,
    detach: Annotated[bool, typer.Option("--detach", help="Do not wait for the end.")] = False,
) -> int:
    """Open an address, do something there once, and print what came of it; exit code 3 if it failed."""
    wanted = {"screenshot": screenshot, "pdf": pdf, "video": video, "trace": trace, "data": data}
    request = {
        "target_url": address,
        "actions": _read_actions(actions, action or []),
        "wait_until": wait_until,
        "browser_type": browser,
        "priority": priority,
        "max_retries": max_retries,
        "timeout_ms": timeout,
        "artifacts": [name for name, yes in wanted.items() if yes],
        "options": options_of(option, {}),
    }
    async with desk.client() as client:
        job = await client.post(PLACE, json=request)
        for note in job["notes"]:
            desk.note(f"note: {plain(note)}")
        if not detach:
            return await _until_it_ends(desk, client, job)
    if desk.as_json:
        desk.print_json(job)
    else:
        desk.out.print(cell(f"job {job['id']}: {job['target_url']}", "bold"))
        desk.note(f"watch it with: retold watch {job['id']}")
    return 0


async def _until_it_ends(desk: Desk, client: Client, job: dict[str, Any]) -> int:
    await client.get(f"/scheduler/v1/jobs/{job['id']}", at_least=job["position"])
    ended = await follow_job(client, job["id"], Console(stderr=True, quiet=True) if desk.as_json else desk.notes)
    done = await client.get(f"{PLACE}/{job['id']}")
    if desk.as_json:
        desk.print_json(done)
    else:
        _show(desk, done)
    return 0 if went_well(ended) else JOB_FAILED


def _show(desk: Desk, job: dict[str, Any]) -> None:
    result = job["result"] or {}
    extracted = result.get("extracted") or {}
    running = desk.running()
    place = (desk.url or (running.address if running else "")).rstrip("/")
    if extracted:
        taken = table("value", "")
        for name, value in extracted.items():
            taken.add_row(cell(name), cell(cut(plain(value), 400)))
        desk.out.print(taken)
    if job["artifacts"]:
        files = table("file", "what", "bytes", "address", right=("bytes",))
        for each in job["artifacts"]:
            what, size = cell(each["artifact_type"]), cell(each["size_bytes"])
            files.add_row(cell(each["file_name"]), what, size, cell(f"{place}{each['file_path']}"))
        desk.out.print(files)
    if job["error_message"]:
        desk.note(f"{job['status']}: {plain(job['error_message'])}")


def _read_actions(file: str | None, given: list[str]) -> list[Any]:
    """The actions of a file, then those given one by one. Raises `InvalidInput`."""
    read: list[Any] = []
    if file is not None:
        text = sys.stdin.read() if file == "-" else read_file(Path(file)).decode("utf-8", "replace")
        read = _json(f"--actions {file}", text)
        if not isinstance(read, list):
            raise InvalidInput(f"--actions {file} is no list of actions")
    return [*read, *(_json("--action", each) for each in given)]


def _json(where: str, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise InvalidInput(f"{where} is no JSON: {error}") from error
