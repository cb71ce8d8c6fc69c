"""What became of a recording: its revisions, with what each changed and who or which row brought it; undoing one."""

from typing import Annotated, Any

import typer

from services.cli.desk import Desk
from services.cli.finding import find_recording
from services.cli.showing import cell, cut, moment, table
from shared.core.errors import InvalidInput

KINDS = {"heal_adopted": "heal adopted", "healing_set": "healing set"}
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
        case "healing_set":
            return ", ".join(f"{name} {value}" for name, value in detail.items() if value is not None)
        case _:
            return ""
