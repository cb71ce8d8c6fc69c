"""What became of a recording: its revisions, who or which row brought each, what lies between two; undoing one."""

import json
from typing import Annotated, Any

import typer

from services.cli.desk import Desk
from services.cli.finding import find_recording
from services.cli.showing import cell, cut, moment, plain, table
from shared.core.errors import InvalidInput

KINDS = {"heal_adopted": "heal adopted", "healing_set": "healing set", "variables_set": "variables set"}
CHANGE_STYLE = {"added": "green", "removed": "red", "moved": "cyan", "changed": "yellow"}
WIDTH = 90
Recording = Annotated[str, typer.Argument(help="Id, the beginning of one, or name.")]


async def history(desk: Desk, recording: Recording) -> None:
    """Tell what became of a recording: what rows taught it, which heals it adopted, what was undone."""
    async with desk.client() as client:
        listed = await client.get(f"/ingest/v1/recordings/{await find_recording(client, recording)}/revisions")
    if desk.as_json:
        desk.print_json(listed)
        return
    shown = table("revision", "at", "what", "steps", "by", "", right=("revision",))
    for each in listed:
        shown.add_row(
            cell(each["revision"]),
            cell(moment(each["created_at"])),
            cell(KINDS.get(each["kind"], each["kind"])),
            cell(", ".join(map(str, each["step_numbers"]))),
            cell(_by(each)),
            cell(cut(_told(each), WIDTH)),
        )
    desk.out.print(shown)


async def undo(
    desk: Desk,
    recording: Recording,
    revision: Annotated[int | None, typer.Option(min=2, help="Which one; the last where none is given.")] = None,
) -> None:
    """Take a revision of a recording back: what it changed stands as before, and is not learned again."""
    async with desk.client() as client:
        recording_id = await find_recording(client, recording)
        number = revision or (await client.get(f"/ingest/v1/recordings/{recording_id}"))["revision"]
        if number < 2:
            raise InvalidInput("there is nothing to undo: the recording is as it was imported")
        undone = await client.post(f"/ingest/v1/recordings/{recording_id}/revisions/{number}/undo")
    if desk.as_json:
        desk.print_json(undone)
    else:
        desk.out.print(cell(f"revision {number} is undone"))


async def diff(
    desk: Desk,
    recording: Recording,
    before: Annotated[int | None, typer.Argument(min=1, metavar="[A]", help="From; the one before the last.")] = None,
    after: Annotated[int | None, typer.Argument(min=1, metavar="[B]", help="To; the last.")] = None,
) -> None:
    """Show what is another way between two revisions of a recording, step by step and field by field."""
    async with desk.client() as client:
        url = f"/ingest/v1/recordings/{await find_recording(client, recording)}/diff"
        found = await client.get(url, before=before, after=after)
    if desk.as_json:
        desk.print_json(found)
        return
    desk.note(f"from revision {found['before']} to {found['after']}")
    for what in ("name", "healing"):
        if what in found:
            desk.out.print(cell(f"{what}: {plain(found[what]['before'])} → {plain(found[what]['after'])}", "yellow"))
    for step in found["steps"]:
        _print_change(desk, step, _step_line(step))
    for variable in found["variables"]:
        _print_change(desk, variable, f"variable {plain(variable['label'])}: {variable['change']}")
    if not (found["steps"] or found["variables"] or "name" in found or "healing" in found):
        desk.note("nothing differs")


def _step_line(step: dict[str, Any]) -> str:
    name = f"{step['event']} “{plain(step['label'])}”" if step["label"] else step["event"]
    if step["change"] == "moved":
        return f"step {step['before']} → {step['after']} {name}: moved"
    return f"step {step['after'] or step['before']} {name}: {step['change']}"


def _print_change(desk: Desk, change: dict[str, Any], line: str) -> None:
    desk.out.print(cell(line, CHANGE_STYLE[change["change"]]))
    for each in change["fields"]:
        for sign, value, style in (("-", each["before"], "red"), ("+", each["after"], "green")):
            if value is not None:
                shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
                desk.out.print(cell(f"  {sign} {each['field']}: {cut(plain(shown), WIDTH)}", style))


def _by(revision: dict[str, Any]) -> str:
    if revision["execution_job_id"]:
        return f"row {revision['row_index']} of job {revision['execution_job_id']}"
    return f"heal {revision['heal_id']}" if revision["heal_id"] else str(revision["actor"])


def _told(revision: dict[str, Any]) -> str:
    detail = revision["detail"]
    match revision["kind"]:
        case "taught":
            learned = [f"{one['step_number']}: {', '.join(one['bundle'])}" for one in detail["learned"]]
            return "; ".join(learned)
        case "heal_adopted":
            return f"found by {detail['selector']}"
        case "undone":
            return f"revision {detail['undone']} taken back"
        case "variables_set":
            return ", ".join(detail["labels"])
        case "edited":
            return _edit_told(revision["step_numbers"], detail)
        case "healing_set":
            return ", ".join(f"{name} {value}" for name, value in detail.items() if value is not None)
        case _:
            return ""


def _edit_told(numbers: list[int], detail: dict[str, Any]) -> str:
    told = [f"called {detail['name']}"] if "name" in detail else []
    if "moved" in detail:
        told.append("step {} moved to {}".format(*detail["moved"]))
    told += [f"step {', '.join(map(str, detail[what]))} {what}" for what in ("inserted", "deleted") if what in detail]
    changed = [number for number in numbers if number not in detail.get("inserted", ())]
    return "; ".join([*told, *([f"step {', '.join(map(str, changed))} changed"] if changed else [])])
