"""Recordings: bring one in from a file, list them, look at one."""

from pathlib import Path
from typing import Annotated, Any

import typer

from services.cli.desk import Desk
from services.cli.finding import find_recording
from services.cli.showing import cell, cut, moment, plain, table
from shared.contracts.recording import Step
from shared.contracts.steps import has_element, is_thin
from shared.core.errors import InvalidInput, RetoldError

FOUND_STYLE = {"carried": "", "changed": "yellow", "not_carried": "red"}


async def import_recording(
    desk: Desk,
    file: Annotated[
        Path,
        typer.Argument(
            help="Canonical JSON, or what Chrome's DevTools Recorder, Selenium IDE (.side) or Playwright has written."
        ),
    ],
    name: Annotated[str | None, typer.Option(help="Call the recording this; by default as the file says.")] = None,
    test: Annotated[str | None, typer.Option(help="Which test, of a file that holds several.")] = None,
    every_test: Annotated[
        bool, typer.Option("--every-test", help="Import each test of the file as a recording of its own.")
    ] = False,
    preview: Annotated[
        bool, typer.Option("--preview", help="Only show what would become of it; nothing is stored.")
    ] = False,
) -> None:
    """Bring in a recording from a file, and tell what could not be carried over."""
    if every_test and (test is not None or name is not None):
        raise InvalidInput("--every-test imports all tests under their own names: leave --test and --name out")
    content = read_file(file)
    params = {"filename": file.name, "preview": preview or None}
    async with desk.client() as client:
        if every_test:
            many = await client.post("/ingest/v1/recordings/every-test", content=content, params=params)
            _tell_many(desk, many, preview=preview)
            return
        params |= {"name": name, "test": test}
        imported = await client.post("/ingest/v1/recordings", content=content, params=params)
        shown = imported
        if not preview:
            shown = await client.get(f"/ingest/v1/recordings/{imported['id']}", at_least=imported["position"])
    if desk.as_json:
        desk.print_json({**imported, "steps": shown["steps"]})
        return
    _show_recording(desk, {"revision": 1, **shown})
    desk.out.print(_report(imported["report"]))
    desk.out.print(cell("a preview: nothing is stored" if preview else f"imported as {imported['id']}", "bold"))


def _tell_many(desk: Desk, answer: dict[str, Any], *, preview: bool) -> None:
    """What became of each test of a file."""
    if desk.as_json:
        desk.print_json(answer)
        return
    shown = table("id", "name", "steps", "exact", "changed", "not carried", right=("steps", "exact", "changed"))
    for each in answer["recordings"]:
        report = each["report"]
        counts = [each["step_count"], report["exact"], report["changed"], report["not_carried"]]
        shown.add_row(cell(each.get("id")), cell(cut(each["name"], 80)), *map(cell, counts))
    desk.out.print(shown)
    for refused in answer["refused"]:
        desk.out.print(cell(f"not imported: {refused['name']}: {refused['reason']}", "yellow"))
    if preview:
        desk.out.print(cell("a preview: nothing is stored", "bold"))


def _report(report: dict[str, int]) -> Any:
    told = f"{report['exact']} steps as in the file, {report['changed']} changed, {report['not_carried']} not carried"
    return cell(told)


async def recordings(
    desk: Desk,
    recording: Annotated[str | None, typer.Argument(help="Id, the beginning of one, or name; all when absent.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most this many, the newest.")] = 50,
) -> None:
    """List the recordings, or show one with its steps."""
    async with desk.client() as client:
        if recording is not None:
            shown = await client.get(f"/ingest/v1/recordings/{await find_recording(client, recording)}")
            desk.print_json(shown) if desk.as_json else _show_recording(desk, shown)
            return
        listed = await client.pages("/ingest/v1/recordings", limit)
    if desk.as_json:
        desk.print_json(listed)
        return
    if not listed:
        desk.note("no recordings yet; bring one in with: retold import FILE")
        return
    shown_table = table("id", "name", "steps", "columns", "from", "revision", "imported", right=("steps", "revision"))
    for each in listed:
        shown_table.add_row(
            cell(each["id"]),
            cell(cut(each["name"], 60)),
            cell(each["step_count"]),
            cell(cut(", ".join(each["variables"]), 60)),
            cell(each["source"]),
            cell(each["revision"]),
            cell(moment(each["created_at"])),
        )
    desk.out.print(shown_table)


def read_file(path: Path) -> bytes:
    """A file that a person named. Raises `InvalidInput`."""
    try:
        return path.read_bytes()
    except OSError as failure:
        raise InvalidInput(f"cannot read {path}: {failure.strerror}") from failure


def _show_recording(desk: Desk, recording: dict[str, Any]) -> None:
    desk.out.print(cell(recording["name"], "bold"))
    desk.out.print(cell(f"{recording['starting_url']} · {recording['source']} · revision {recording['revision']}"))
    desk.out.print()
    desk.out.print(_steps(recording["steps"]))
    if recording["variables"]:
        desk.out.print()
        desk.out.print(_variables(recording["variables"]))
    if recording["fidelity"]:
        desk.out.print()
        notes = table("step", "", "what the import changed or could not carry over", right=("step",))
        for note in recording["fidelity"]:
            kind = note["kind"]
            notes.add_row(
                cell(note["step_number"]), cell(kind.replace("_", " "), FOUND_STYLE.get(kind, "")), cell(note["detail"])
            )
        desk.out.print(notes)


def _steps(steps: list[dict[str, Any]]) -> Any:
    shown = table("step", "what", "where", "value", "locators", right=("step",))
    for step in steps:
        shown.add_row(
            cell(step["stepNumber"]),
            cell(step["event"]),
            cell(cut(where(step), 60)),
            cell(cut(plain(step.get("value")), 40)),
            cell(locators(step)),
        )
    return shown


def _variables(variables: dict[str, dict[str, Any]]) -> Any:
    shown = table("column", "fills step", "kind", "needed", right=("fills step",))
    for label, variable in sorted(variables.items(), key=lambda entry: entry[1]["stepNumber"]):
        repeats = variable.get("sameAs")
        needed = f"repeats {repeats}" if repeats else "yes" if variable.get("required") else "no"
        shown.add_row(
            cell(variable.get("csvColumn") or label),
            cell(variable.get("stepNumber")),
            cell(variable.get("type")),
            cell(needed),
        )
    return shown


def where(step: dict[str, Any]) -> str:
    """What a step is about, in a word: its label, else its locator, else its address."""
    navigation = step.get("navigation") or {}
    return plain(step.get("label") or step.get("selector") or step.get("value") or navigation.get("url"))


def locators(step: dict[str, Any]) -> str:
    """Whether much or little was recorded of a step's element."""
    try:
        read = Step.model_validate(step)
        if not has_element(read):
            return "none needed"
        return "thin" if is_thin(read) else "taught" if read.metadata.get("taught") else "full"
    except (ValueError, RetoldError):
        return "unknown"
