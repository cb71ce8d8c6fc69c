"""Who runs the rows: the browsers that a job may ask for, and the workers that have them."""

from typing import Annotated, Any

import typer

from services.cli.desk import Desk
from services.cli.showing import cell, moment, status_cell, table


async def browsers(desk: Desk) -> None:
    """List the browsers that a job may ask for (retold run --browser), and what of them is installed."""
    async with desk.client() as client:
        types = await client.get("/runner/v1/browser-types")
    if desk.as_json:
        desk.print_json(types)
        return
    shown = table("browser", "available", "version", "driver", "slots", "", right=("slots",))
    for each in types:
        installed = [found for found in each["installed"] if found["available"]]
        shown.add_row(
            cell(each["key"], "bold"),
            cell("yes", "green") if each["available"] else cell("no", "yellow"),
            cell(_together(installed, "version")),
            cell(_together(installed, "driver")),
            cell(each["slots"] or ""),
            cell(each["reason"] or _together(installed, "executable"), "dim"),
        )
    desk.out.print(shown)


async def workers(
    desk: Desk,
    hours: Annotated[int, typer.Option(min=1, max=720, help="Those that were heard of in the last so many.")] = 1,
) -> None:
    """List the workers: what they offer, and what they do now."""
    async with desk.client() as client:
        found = await client.get("/runner/v1/workers", hours=hours)
    if desk.as_json:
        desk.print_json(found)
        return
    if not found:
        desk.note("no worker was heard of; start one with: retold up, or retold serve runner")
        return
    shown = table("worker", "status", "slots", "browsers", "job", "started", "last heard of", right=("slots",))
    for each in found:
        shown.add_row(
            cell(each["worker_id"]),
            cell("lost", "red") if each["unhealthy"] else status_cell(each["status"]),
            cell(f"{each['busy_slots']}/{each['slots'] or '?'}"),
            cell(", ".join(_browser(one) for one in each["browsers"] if one["available"])),
            cell(each["current_job_id"] or ""),
            cell(moment(each["started_at"])),
            cell(moment(each["last_heartbeat"])),
        )
    desk.out.print(shown)


def _browser(offered: dict[str, Any]) -> str:
    return f"{offered['engine']} {offered['version']}".strip()


def _together(found: list[dict[str, Any]], name: str) -> str:
    return ", ".join(sorted({each[name] for each in found if each[name]}))
