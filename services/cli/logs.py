"""The log lines of a job's rows: those there are, or as they come."""

import asyncio
from collections.abc import Mapping
from contextlib import aclosing, suppress
from typing import Annotated, Any

import typer
from rich.text import Text

from services.cli.client import Client, event_fields
from services.cli.desk import Desk
from services.cli.finding import find_job
from services.cli.showing import moment, plain
from shared.ticks import with_ticks

PAGE = 1000
QUIET_SECONDS = 1.5  # a row's last lines are stored up to a second after it has ended
LEVEL_STYLE = {"error": "red", "warn": "yellow", "debug": "dim"}


async def logs(
    desk: Desk,
    job: Annotated[str, typer.Argument(help="Id, the beginning of one, or `last`.")] = "last",
    row: Annotated[int | None, typer.Option(min=0, help="Only this row's.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the job has ended.")] = False,
) -> None:
    """Print what the runners say about a job's rows."""
    async with desk.client() as client:
        job_id = await find_job(client, job)
        await client.get(f"/scheduler/v1/jobs/{job_id}")
        if follow:
            await _follow(desk, client, job_id, row)
            return
        after = "0-0"
        while True:
            page = await client.get(f"/runner/v1/jobs/{job_id}/logs", after=after, row=row, limit=PAGE)
            for line in page:
                show_line(desk, line)
            if len(page) < PAGE:
                return
            after = f"{page[-1]['position']}-{page[-1]['line']}"


async def _follow(desk: Desk, client: Client, job_id: str, row: int | None) -> None:
    ended = asyncio.create_task(_end_of(client, job_id))
    lines = client.stream(f"/runner/v1/jobs/{job_id}/logs/live")
    try:
        async with aclosing(with_ticks(lines, QUIET_SECONDS, asyncio.Event())) as following:
            async for message in following:
                if message is not None:
                    fields = event_fields(message)
                    if row is None or fields["row_index"] == row:
                        show_line(desk, fields)
                elif ended.done():
                    return ended.result()
    finally:
        ended.cancel()
        with suppress(asyncio.CancelledError):
            await ended


async def _end_of(client: Client, job_id: str) -> None:
    async for message in client.stream(f"/scheduler/v1/jobs/{job_id}/events"):
        if message.event == "JobEnded":
            return


def show_line(desk: Desk, line: Mapping[str, Any]) -> None:
    """One line, for people or for machines."""
    if desk.as_json:
        desk.print_json(line, line=True)
        return
    number = "" if line["row_index"] is None else f" row {line['row_index']}"
    step = "" if line["step_number"] is None else f" step {line['step_number']}"
    text = Text(f"{moment(line['timestamp'])} {line['level']:<5}{number}{step}  ", style="dim")
    desk.out.print(text.append(plain(line["message"]), style=LEVEL_STYLE.get(line["level"], "default")), soft_wrap=True)
