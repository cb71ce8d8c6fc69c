"""Recordings as files that other tools run."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from services.cli.desk import Desk
from services.cli.finding import find_recording
from services.cli.importing import FOUND_STYLE
from services.cli.showing import cell, table
from shared.core.errors import InvalidInput


async def export_recording(
    desk: Desk,
    recording: Annotated[str, typer.Argument(help="Id, the beginning of one, or name.")],
    layout: Annotated[
        Literal["playwright", "chrome", "json"],
        typer.Option(
            "--format",
            help="A script of Playwright in Python, a file of Chrome's DevTools Recorder, or our own JSON.",
        ),
    ] = "json",
    output: Annotated[Path | None, typer.Option(help="Write it here; by default to standard output.")] = None,
) -> None:
    """Write a recording as a file that other tools run, and tell what they cannot do of it.

    Values that are kept encrypted are left out: a column, or the environment of the script, gives them.
    """
    async with desk.client() as client:
        found = await find_recording(client, recording)
        file = await client.get(f"/ingest/v1/recordings/{found}/export", format=layout)
    if output is not None:
        try:
            output.write_text(file["content"], encoding="utf-8")
        except OSError as failure:
            raise InvalidInput(f"cannot write {output}: {failure.strerror}") from failure
    if desk.as_json:
        desk.print_json(file)
        return
    if output is None:
        sys.stdout.write(file["content"])
    else:
        desk.note(f"written to {output}")
    if file["fidelity"]:
        notes = table("step", "", "what the file says in another way, or not at all", right=("step",))
        for note in file["fidelity"]:
            kind = note["kind"]
            notes.add_row(
                cell(note["step_number"]), cell(kind.replace("_", " "), FOUND_STYLE.get(kind, "")), cell(note["detail"])
            )
        desk.notes.print(notes)
