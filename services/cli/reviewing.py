"""How freely a recording is healed, and the rows of a job that wait for a person."""

from collections.abc import Mapping
from typing import Annotated

import typer

from services.cli.desk import Desk
from services.cli.finding import find_job, find_recording
from services.cli.showing import cell, cut, moment, plain, table
from shared.contracts.healing_modes import HealingMode
from shared.core.errors import InvalidInput


async def healing(
    desk: Desk,
    recording: Annotated[str, typer.Argument(help="Id, the beginning of one, or name.")],
    mode: Annotated[
        HealingMode | None,
        typer.Argument(help="Stand-ins for elements that are not found: used at once, after a review, or never."),
    ] = None,
    step: Annotated[int | None, typer.Option(min=1, help="Only this step; else all of them.")] = None,
    threshold: Annotated[int | None, typer.Option(min=0, max=100, help="How certain a stand-in must be.")] = None,
) -> None:
    """Show or say how freely a recording, or one of its steps, is healed; the most careful word counts."""
    if step is not None and mode is None and threshold is None:
        raise InvalidInput(f"say how step {step} is to be healed: autonomous, review or off, or --threshold N")
    async with desk.client() as client:
        url = f"/ingest/v1/recordings/{await find_recording(client, recording)}/healing"
        if mode is not None or threshold is not None:
            await client.patch(url, json={"step_number": step, "mode": mode, "threshold": threshold})
        said = await client.get(url)
    if desk.as_json:
        desk.print_json(said)
        return
    shown = table("step", "mode", "certain to", right=("step", "certain to"))
    for number, each in (("all", said["healing"]), *((each["step_number"], each["healing"]) for each in said["steps"])):
        own = each if isinstance(each, Mapping) else {"mode": each}
        shown.add_row(cell(number), cell(own.get("mode") or "as the job says"), cell(own.get("threshold")))
    desk.out.print(shown)


async def waiting(
    desk: Desk, job: Annotated[str, typer.Argument(help="Id, the beginning of one, or `last`.")] = "last"
) -> None:
    """List the rows of a job that wait for a person to accept or reject a stand-in."""
    async with desk.client() as client:
        job_id = await find_job(client, job)
        rows = await client.get(f"/scheduler/v1/jobs/{job_id}/waiting")
    if desk.as_json:
        desk.print_json(rows)
        return
    if not rows:
        desk.note("no row waits for a person")
        return
    shown = table("row", "step", "recorded", "found instead", "certain", "heal", "since", "", right=("row", "step"))
    for row in rows:
        shown.add_row(
            cell(row["row_index"]),
            cell(row["step_number"]),
            cell(cut(plain(row["original_selector"]), 40)),
            cell(cut(plain(row["healed_selector"]), 40)),
            cell(f"{row['confidence']} %"),
            cell(row["heal_id"]),
            cell(moment(row["waiting_since"])),
            cell("with its browser" if row["holds_browser"] else "starts anew"),
        )
    desk.out.print(shown)
    desk.note(f"decide with: retold heals accept {rows[0]['heal_id']}, or reject")
