"""`retold policies`: which addresses browsers may open; `retold security-events`: what was refused."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

import typer

from services.cli.client import Client
from services.cli.desk import Desk
from services.cli.finding import find_job
from services.cli.showing import cell, moment, table
from shared.core.errors import InvalidInput, NotFound

MOST = 1000  # as many as an organization can have
TYPE_STYLE = {"whitelist": "green", "blacklist": "red"}
SEVERITY_STYLE = {"critical": "red bold", "high": "red", "medium": "yellow"}
Pattern = Annotated[
    str,
    typer.Argument(help="example.com, *.example.com, example.com:8443, 10.0.0.0/8 or https://example.com/path/*"),
]
Description = Annotated[str | None, typer.Option(help="Why, for those who come later.")]


async def list_policies(desk: Desk) -> None:
    """List the rules about the addresses that browsers may open."""
    async with desk.client() as client:
        listed = await client.pages("/ingest/v1/url-policies", MOST)
    if desk.as_json:
        desk.print_json(listed)
        return
    if not listed:
        desk.note("no rules: browsers may open every public address; add one with: retold policies allow PATTERN")
        return
    shown = table("id", "pattern", "", "active", "since", "why")
    for policy in listed:
        shown.add_row(
            cell(policy["id"]),
            cell(policy["pattern"]),
            cell(policy["type"], TYPE_STYLE[policy["type"]]),
            cell("yes" if policy["is_active"] else "no"),
            cell(moment(policy["created_at"])),
            cell(policy["description"]),
        )
    desk.out.print(shown)


async def allow(desk: Desk, pattern: Pattern, description: Description = None) -> None:
    """Let browsers open what a pattern means; from the first such rule on, what no rule allows is refused."""
    await _add(desk, "whitelist", pattern, description)


async def deny(desk: Desk, pattern: Pattern, description: Description = None) -> None:
    """Never let browsers open what a pattern means; this wins over every rule that allows it."""
    await _add(desk, "blacklist", pattern, description)


async def _add(desk: Desk, kind: str, pattern: str, description: str | None) -> None:
    body = {"pattern": pattern, "type": kind, "description": description}
    async with desk.client() as client:
        added = await client.post("/ingest/v1/url-policies", json=body)
    if desk.as_json:
        desk.print_json(added)
    else:
        desk.out.print(cell(f"{added['pattern']} is on the {added['type']}, as {added['id']}"))
        desk.note("it counts for rows that start from now on")


async def remove(
    desk: Desk,
    policy: Annotated[str, typer.Argument(metavar="ID", help="As listed; its beginning or its pattern will do.")],
) -> None:
    """Take a rule away."""
    async with desk.client() as client:
        found = await _find(client, policy)
        removed = await client.delete(f"/ingest/v1/url-policies/{found['id']}")
    if desk.as_json:
        desk.print_json(removed)
    else:
        desk.out.print(cell(f"{found['pattern']} is on the {found['type']} no more"))


async def _find(client: Client, text: str) -> dict[str, Any]:
    listed = await client.pages("/ingest/v1/url-policies", MOST)
    found: list[dict[str, Any]] = [each for each in listed if text and each["id"].startswith(text.lower())]
    found = found or [each for each in listed if each["pattern"] == text]
    if not found:
        raise NotFound(f"no rule has the pattern {text!r}, or an id that begins so; `retold policies list` lists them")
    if len(found) > 1:
        listed_ids = ", ".join(f"{each['id']} ({each['type']} {each['pattern']})" for each in found)
        raise InvalidInput(f"{text!r} can be any of: {listed_ids}; give more of the id")
    return found[0]


async def security_events(
    desk: Desk,
    job: Annotated[str | None, typer.Option(help="Only of this job: its id, the beginning of it, or `last`.")] = None,
    severity: Annotated[Literal["low", "medium", "high", "critical"] | None, typer.Option(help="Only these.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most this many, the newest.")] = 50,
) -> None:
    """List what somebody may want to look into: addresses that rows tried to open and that were refused."""
    async with desk.client() as client:
        job_id = await find_job(client, job) if job is not None else None
        listed = await client.pages("/ingest/v1/security-events", limit, job_id=job_id, severity=severity)
    if desk.as_json:
        desk.print_json(listed)
        return
    if not listed:
        desk.note("no security events")
        return
    shown = table("at", "severity", "what", "job", "row", "step", "description", right=("row", "step"))
    for event in listed:
        details = event["details"] or {}
        shown.add_row(
            cell(moment(event["created_at"])),
            cell(event["severity"], SEVERITY_STYLE.get(event["severity"], "")),
            cell(event["event_type"].replace("_", " ")),
            *(cell(details.get(name)) for name in ("job_id", "row", "step_number")),
            cell(event["description"]),
        )
    desk.out.print(shown)


COMMANDS: tuple[tuple[str, Callable[..., Any]], ...] = (
    ("list", list_policies),
    ("allow", allow),
    ("deny", deny),
    ("remove", remove),
)
