"""`retold heals`: what was healed, with pictures and history; a person accepts or rejects it."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from services.cli.client import Client
from services.cli.desk import Desk
from services.cli.finding import START_OF_ID, WHOLE_ID, find_job, find_recording
from services.cli.showing import cell, counted, cut, moment, plain, table
from shared.core.errors import InvalidInput, NotFound

STATE_STYLE = {
    "proposed": "yellow bold",
    "accepted": "green",
    "adopted": "green",
    "rejected": "red",
    "withdrawn": "red",
}
LOCATOR_WIDTH = 48
State = Literal["recorded", "proposed", "accepted", "rejected", "adopted", "withdrawn"]
HealId = Annotated[str, typer.Argument(metavar="ID", help="As listed; its beginning will do.")]


async def list_heals(
    desk: Desk,
    ctx: typer.Context,
    recording: Annotated[str | None, typer.Option(help="Only of this recording: id or name.")] = None,
    job: Annotated[str | None, typer.Option(help="Only of this job: id, its beginning, or `last`.")] = None,
    step: Annotated[int | None, typer.Option(min=1, help="Only of this step.")] = None,
    state: Annotated[State | None, typer.Option(help="Only these; `proposed` wait for a person.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most this many, the newest.")] = 50,
) -> None:
    """List heals: what was found instead of a recorded element, by what method, how certain, and what became of it."""
    if ctx.invoked_subcommand is not None:
        return
    async with desk.client() as client:
        wanted = {
            "recording_id": await find_recording(client, recording) if recording is not None else None,
            "job_id": await find_job(client, job) if job is not None else None,
        }
        listed = await client.pages("/healer/v1/heals", limit, **wanted, step=step, state=state)
    if desk.as_json:
        desk.print_json(listed)
        return
    if not listed:
        desk.note("no such heals")
        return
    right = ("row", "step", "sure", "heals")
    shown = table("id", "at", "state", "method", "sure", "row", "step", "recorded → found", "heals", right=right)
    for heal in listed:
        shown.add_row(
            cell(heal["id"]),
            cell(moment(heal["created_at"])),
            cell(_state(heal), STATE_STYLE.get(heal["state"], "")),
            cell(_words(heal["healing_method"])),
            cell(heal["confidence_score"]),
            cell(heal["row_index"]),
            cell(heal["step_number"]),
            cell(_change(heal)),
            cell(heal["history"]),
        )
    desk.out.print(shown)
    if any(heal["state"] == "proposed" for heal in listed):
        desk.note("rows wait for those that are proposed: retold heals show ID, then accept ID or reject ID")


async def show(
    desk: Desk,
    heal: HealId,
    pictures: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Save the pictures before and after into this folder.")
    ] = None,
) -> None:
    """Show a heal: its candidates, its pictures, and what became of the step before."""
    async with desk.client() as client:
        found = await client.get(f"/healer/v1/heals/{await find_heal(client, heal)}")
        waiting = await _waiting(client, found)
        saved = await _save(client, found, pictures) if pictures is not None else []
    if desk.as_json:
        desk.print_json({**found, "waiting_rows": waiting, "saved": [str(path) for path in saved]})
        return
    facts = table("", "", title=f"heal {found['id']}")
    for name, value in [*_facts(found), *_who_waits(waiting)]:
        facts.add_row(cell(name, "bold"), cell(value))
    desk.out.print(facts)
    _show_rivals(desk, found)
    _show_history(desk, found)
    for path in saved:
        desk.out.print(cell(f"saved {path}"))
    if found["screenshot_url"] and pictures is None:
        desk.note(f"to see its pictures: retold heals show {found['id']} --pictures DIR")
    if found["state"] in ("recorded", "proposed") and found["healed_selector"]:
        desk.note(f"to decide: retold heals accept {found['id']}, or: retold heals reject {found['id']}")


async def accept(desk: Desk, heal: HealId) -> None:
    """Accept a heal: rows that wait go on, and the recording finds the element by itself from its next revision on."""
    decided = await _decide(desk, heal, "accept")
    if desk.as_json:
        desk.print_json(decided)
        return
    desk.out.print(cell(f"accepted: step {decided['step_number']} is found by {decided['healed_selector']}"))
    if decided["revision"]:
        desk.note(f"the recording gets a new revision: retold history {decided['recording_id']} (to undo: retold undo)")


async def reject(desk: Desk, heal: HealId) -> None:
    """Reject a heal: this element is never used again in the place of the step's, on that page."""
    decided = await _decide(desk, heal, "reject")
    if desk.as_json:
        desk.print_json(decided)
        return
    desk.out.print(cell(f"rejected: step {decided['step_number']} is not done to {decided['healed_selector']} again"))
    adopted = decided["adopted_revision"]
    if adopted is not None:
        undo = f"retold undo {decided['recording_id']} --revision {adopted}"
        desk.note(f"revision {adopted} of the recording made it the step's own locator; to take that back: {undo}")


async def fragility(
    desk: Desk,
    recording: Annotated[str, typer.Argument(help="Id, the beginning of one, or name.")],
    healthy: Annotated[bool, typer.Option("--all", help="Also steps that never needed a stand-in.")] = False,
) -> None:
    """Tell which steps of a recording heal again and again, the worst first."""
    async with desk.client() as client:
        recording_id = await find_recording(client, recording)
        listed = await client.get(f"/healer/v1/recordings/{recording_id}/fragility", healthy=healthy)
    if desk.as_json:
        desk.print_json(listed)
        return
    if not listed:
        desk.note("no step of it has needed a stand-in so far")
        return
    numbers = ("step", "attempts", "healed", "from cache", "missed", "in vain", "withdrawn", "rejected", "share")
    shown = table(*numbers, "last healed", right=numbers)
    for each in listed:
        counted = ("heals", "cache_hits", "cache_misses", "failed_heals", "withdrawn", "rejected")
        share = "" if each["share"] is None else f"{each['share']:.0%}"
        shown.add_row(
            cell(each["step_number"], "bold"),
            cell(each["rows_seen"]),
            *(cell(each[name]) for name in counted),
            cell(share),
            cell(moment(each["last_healed_at"])),
        )
    desk.out.print(shown)


async def find_heal(client: Client, text: str) -> str:
    """A heal by id, or by the beginning of its id."""
    if WHOLE_ID.fullmatch(text):
        return text.lower()
    if not START_OF_ID.fullmatch(text):
        raise InvalidInput(f"{text!r} is no heal: give its id or the beginning of its id; `retold heals` lists them")
    found: list[str] = await client.get("/healer/v1/heals/find", q=text)
    if not found:
        raise NotFound(f"no heal has an id that begins with {text!r}; `retold heals` lists them")
    if len(found) > 1:
        raise InvalidInput(f"{text!r} is the beginning of {len(found)} heals: {', '.join(found)}; give more of the id")
    return found[0]


async def _decide(desk: Desk, heal: str, what: str) -> dict[str, Any]:
    async with desk.client() as client:
        decided: dict[str, Any] = await client.post(f"/healer/v1/heals/{await find_heal(client, heal)}/{what}")
    return decided


async def _save(client: Client, heal: dict[str, Any], folder: Path) -> list[Path]:
    """The pictures there are, as files. Raises `InvalidInput`."""
    asked = (heal["claude_request"] or {}).get("picture")
    pictures = {"before": heal["screenshot_url"], "after": heal["screenshot_after_url"], "asked": asked}
    saved = []
    for when, url in pictures.items():
        if url:
            content = b"".join([piece async for piece in client.pieces(url)])
            saved.append(_written(folder / f"heal-{heal['id'][:8]}-{when}.jpg", content))
    return saved


def _written(path: Path, content: bytes) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as failure:
        raise InvalidInput(f"cannot write {path}: {failure.strerror}") from failure
    return path


def _facts(heal: dict[str, Any]) -> list[tuple[str, Any]]:
    method = f"{_words(heal['healing_method'])}, {heal['confidence_score']} % certain"
    page = f"{heal['page_origin'] or ''}{heal['page_path'] or ''}"
    facts = [
        ("state", _state(heal)),
        ("step", f"{heal['step_number']} of recording {heal['recording_id']}, revision {heal['revision'] or '?'}"),
        ("row", f"{heal['row_index']} of job {heal['execution_job_id']}"),
        ("page", page),
        ("recorded", heal["original_selector"]),
        ("found", heal["healed_selector"] or "nothing that was certain enough"),
        ("which is", _called(heal["healed_bundle"])),
        ("method", f"{method}, of {heal['candidates']} elements" if heal["candidates"] else method),
        ("at", moment(heal["created_at"])),
        ("picture before", heal["screenshot_url"]),
        ("picture after", heal["screenshot_after_url"]),
        ("why not", heal["error_message"]),
        ("the model", _of_model(heal)),
        ("asked with", (heal["claude_request"] or {}).get("picture")),
        ("decided by", heal["decided_by"] and f"{heal['decided_by']}, {moment(heal['decided_at'])}"),
    ]
    return [(name, value) for name, value in facts if value]


def _called(bundle: dict[str, Any] | None) -> str | None:
    """What kind of element a bundle is of, and what a person reads on it."""
    if not bundle:
        return None
    said = next((bundle[name] for name in ("aria", "visibleText", "placeholder") if bundle.get(name)), None)
    return f"{bundle.get('tag') or 'element'} “{said}”" if said else bundle.get("tag")


async def _waiting(client: Client, heal: dict[str, Any]) -> list[int]:
    """The rows that wait for a word about a heal."""
    if heal["state"] != "proposed" or heal["execution_job_id"] is None:
        return []
    rows = await client.get(f"/scheduler/v1/jobs/{heal['execution_job_id']}/waiting")
    return [row["row_index"] for row in rows if row["heal_id"] == heal["id"]]


def _who_waits(rows: list[int]) -> list[tuple[str, str]]:
    return [("for it wait", f"{counted(len(rows))}: {', '.join(map(str, rows))}")] if rows else []


def _of_model(heal: dict[str, Any]) -> str | None:
    """What a model was asked for, and what it said."""
    if heal["claude_request"] is None:
        return None
    said = heal["claude_response"]
    if said is None:
        return "was asked and had not answered when the row went on"
    certain = f", {said['confidence']} % certain" if said["outcome"] in ("answered", "none") else ""
    return f"{heal['claude_request'].get('model') or 'none'}: {said['outcome']}{certain}: {said['reason']}"


def _show_rivals(desk: Desk, heal: dict[str, Any]) -> None:
    if not heal["rivals"]:
        return
    shown = table("candidate", "sure", "locator", right=("sure",), title="the others that came into question")
    for rival in heal["rivals"]:
        shown.add_row(cell(rival.get("element")), cell(rival.get("confidence")), cell(rival.get("selector")))
    desk.out.print()
    desk.out.print(shown)


def _show_history(desk: Desk, heal: dict[str, Any]) -> None:
    title = f"what became of step {heal['step_number']} so far"
    shown = table("at", "state", "method", "sure", "row", "recorded → found", "id", right=("sure", "row"), title=title)
    for each in heal["history"]:
        shown.add_row(
            cell(moment(each["created_at"])),
            cell(_state(each), STATE_STYLE.get(each["state"], "")),
            cell(_words(each["healing_method"])),
            cell(each["confidence_score"]),
            cell(each["row_index"]),
            cell(_change(each)),
            cell("this one" if each["id"] == heal["id"] else each["id"]),
        )
    desk.out.print()
    desk.out.print(shown)


def _state(heal: dict[str, Any]) -> str:
    return "failed" if heal["state"] == "recorded" and not heal["success"] else str(heal["state"])


def _words(method: object) -> str:
    return plain(method).replace("_", " ")


def _change(heal: dict[str, Any]) -> str:
    before, after = plain(heal["original_selector"]), plain(heal["healed_selector"]) or "nothing"
    return f"{cut(before, LOCATOR_WIDTH)} → {cut(after, LOCATOR_WIDTH)}"


COMMANDS: tuple[tuple[str, Callable[..., Any]], ...] = (("show", show), ("accept", accept), ("reject", reject))
