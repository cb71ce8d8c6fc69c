"""What fills a recording: its variables and their columns, and the table to fill in."""

from pathlib import Path
from typing import Annotated, Any

import typer

from services.cli.desk import Desk
from services.cli.finding import find_recording
from services.cli.showing import cell, cut, table
from shared.core.errors import InvalidInput

Recording = Annotated[str, typer.Argument(help="Id, the beginning of one, or name.")]


async def variables(
    desk: Desk,
    recording: Recording,
    columns: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="LABEL=COLUMN", help="Let a column fill a variable; LABEL= for its own name."),
    ] = None,
    require: Annotated[list[str] | None, typer.Option(metavar="LABEL", help="It must be given for every row.")] = None,
    optional: Annotated[list[str] | None, typer.Option(metavar="LABEL", help="It may be left out.")] = None,
) -> None:
    """Show a recording's variables, or say which columns fill them and which are needed."""
    change = {"columns": dict(map(_pair, columns or [])), "required": _needs(require or [], optional or [])}
    async with desk.client() as client:
        recording_id = await find_recording(client, recording)
        position = None
        if any(change.values()):
            path = f"/ingest/v1/recordings/{recording_id}/variables"
            position = (await client.patch(path, json=change))["position"]
        listed = await client.get(f"/ingest/v1/recordings/{recording_id}/variables", at_least=position)
    if desk.as_json:
        desk.print_json(listed)
        return
    if not listed:
        desk.note("nothing of this recording takes a value: no column fills anything")
        return
    desk.out.print(_table(listed))


async def template(
    desk: Desk,
    recording: Recording,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write it there; else to the output.")] = None,
) -> None:
    """Write the CSV to fill in: a column for each variable, and an example row without secrets."""
    async with desk.client() as client:
        recording_id = await find_recording(client, recording)
        pieces = [piece async for piece in client.pieces(f"/ingest/v1/recordings/{recording_id}/template.csv")]
    content = b"".join(pieces)
    if output is None:
        text = content.decode("utf-8-sig")
        desk.print_json({"csv": text}) if desk.as_json else typer.echo(text, nl=False)
        return
    try:
        with output.open("xb") as file:
            file.write(content)
    except FileExistsError:
        raise InvalidInput(f"{output} is there already; name another file, or remove it") from None
    except OSError as failure:
        raise InvalidInput(f"cannot write {output}: {failure.strerror}") from failure
    desk.print_json({"written": str(output)}) if desk.as_json else desk.note(f"written to {output}")


def _pair(told: str) -> tuple[str, str | None]:
    """A label and its column; labels may hold a `=` themselves, columns seldom do."""
    label, equals, column = told.rpartition("=")
    if not equals or not label:
        raise InvalidInput(f"{told!r} says no column; write LABEL=COLUMN")
    return label, column or None


def _needs(require: list[str], optional: list[str]) -> dict[str, bool]:
    both = set(require) & set(optional)
    if both:
        raise InvalidInput(f"{min(both)!r} cannot be both required and optional")
    return {**dict.fromkeys(require, True), **dict.fromkeys(optional, False)}


def _table(listed: list[dict[str, Any]]) -> Any:
    shown = table("label", "column", "fills step", "kind", "needed", "example", right=("fills step",))
    for each in listed:
        shown.add_row(
            cell(cut(each["label"], 60)),
            cell(cut(each["column"], 60)),
            cell(each["step_number"]),
            cell("secret" if each["secret"] else each["type"]),
            cell(_needed(each)),
            cell(cut(each["example"], 40)),
        )
    return shown


def _needed(variable: dict[str, Any]) -> str:
    if variable["same_as"]:
        return f"repeats {variable['same_as']}"
    if not variable["required"]:
        return "no"
    return "yes, or as recorded" if variable["recorded"] else "yes"
