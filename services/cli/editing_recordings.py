"""Editing a recording: its name and its steps, one edit a command, each a revision that can be undone."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

import typer

from services.cli.client import Client
from services.cli.desk import Desk
from services.cli.finding import find_recording
from services.cli.showing import cell, cut, plain, table
from shared.core.errors import InvalidInput

Context = typer.Context
Step = Annotated[int, typer.Argument(min=1, metavar="STEP", help="Its number.")]
Revision = Annotated[
    int | None,
    typer.Option(min=1, help="The revision that you looked at: refused where it is another now. The newest else."),
]
Label = Annotated[str | None, typer.Option(help="What it is called, and its variable.")]
Value = Annotated[str | None, typer.Option(help="What is typed, chosen, expected; an address; milliseconds.")]
Selector = Annotated[str | None, typer.Option(help="What finds the element: CSS, aria/…, text/…, xpath/….")]


@dataclass(slots=True)
class _Editing:
    """A recording as it is now, and the way to say what is to be another way."""

    client: Client
    url: str
    now: dict[str, Any]
    revision: int

    def path(self, rest: str = "") -> str:
        """Where an edit goes, with the revision that it is about."""
        return f"{self.url}{rest}?{urlencode({'revision': self.revision})}"


Send = Callable[[_Editing], Any]


def choose(
    context: Context,
    recording: Annotated[str, typer.Argument(help="Id, the beginning of one, or name.")],
) -> None:
    """Edit a recording, step by step: each edit is a revision, told by `history` and `diff`, taken back by `undo`."""
    context.obj = recording


async def steps(desk: Desk, context: Context) -> None:
    """List the steps as they are now."""
    async with desk.client() as client:
        found = await client.get(f"/ingest/v1/recordings/{await find_recording(client, context.obj)}/steps")
    if desk.as_json:
        desk.print_json(found)
        return
    title = f"{found['name']}, revision {found['revision']}"
    shown = table("step", "event", "label", "value", "found by", "", right=("step",), title=title)
    for step in found["steps"]:
        marks = [word for word in ("secret", "disabled") if step[word]]
        style = "dim" if step["disabled"] else ""
        shown.add_row(
            cell(step["stepNumber"], style),
            cell(step["event"], style),
            cell(cut(plain(step.get("label")), 50), style),
            cell(cut(plain(step.get("value")), 50), style),
            cell(cut(plain(step.get("selector")), 50), style),
            cell(", ".join(marks), "yellow"),
        )
    desk.out.print(shown)


async def rename(
    desk: Desk, context: Context, name: Annotated[str, typer.Argument()], revision: Revision = None
) -> None:
    """Call the recording another name."""
    await _edit(desk, context, revision, lambda one: one.client.patch(one.path(), json={"name": name}))


async def set_step(
    desk: Desk,
    context: Context,
    step: Step,
    label: Label = None,
    value: Value = None,
    no_value: Annotated[bool, typer.Option("--no-value", help="It has none any more.")] = False,
    selector: Selector = None,
    alternative: Annotated[list[str] | None, typer.Option(help="Another locator, tried after it; repeatable.")] = None,
    secret: Annotated[bool | None, typer.Option("--secret/--not-secret", help="Keep what is typed encrypted.")] = None,
    revision: Revision = None,
) -> None:
    """Change a step: its label, its value, what finds its element, whether what is typed is secret."""
    if value is not None and no_value:
        raise InvalidInput("--value and --no-value contradict each other")
    said = {"label": label, "value": value, "selector": selector, "alternatives": alternative, "secret": secret}
    wish = {key: each for key, each in said.items() if each is not None} | ({"value": None} if no_value else {})
    if not wish:
        raise InvalidInput("say what is to be another way; `retold edit RECORDING set --help` lists what can be")
    await _edit(desk, context, revision, lambda one: one.client.patch(one.path(f"/steps/{step}"), json=wish))


async def move(
    desk: Desk,
    context: Context,
    step: Step,
    to: Annotated[int, typer.Argument(min=1, metavar="TO", help="The number that it is to have.")],
    revision: Revision = None,
) -> None:
    """Let a step have another number; those between the two make way."""
    await _edit(desk, context, revision, lambda one: one.client.post(one.path(f"/steps/{step}/move"), json={"to": to}))


async def delete(desk: Desk, context: Context, step: Step, revision: Revision = None) -> None:
    """Leave a step out; `disable` keeps it instead."""
    await _edit(desk, context, revision, lambda one: one.client.delete(one.path(f"/steps/{step}")))


async def disable(desk: Desk, context: Context, step: Step, revision: Revision = None) -> None:
    """Keep a step, and do not perform it."""
    await _switch(desk, context, step, revision, off=True)


async def enable(desk: Desk, context: Context, step: Step, revision: Revision = None) -> None:
    """Perform a step again."""
    await _switch(desk, context, step, revision, off=False)


async def insert(
    desk: Desk,
    context: Context,
    event: Annotated[str, typer.Argument(help="wait, wait_for_element, assert, screenshot, click, type, …")],
    at: Annotated[int | None, typer.Option(min=1, help="The number that it gets; the last where none is said.")] = None,
    label: Label = None,
    value: Value = None,
    selector: Selector = None,
    metadata: Annotated[str | None, typer.Option(metavar="JSON", help="The step's metadata.")] = None,
    revision: Revision = None,
) -> None:
    """Put a step in: wait --value 500, assert --selector "#total" --value 12, screenshot, …"""
    said = {"label": label, "value": value, "selector": selector, "metadata": _object(metadata)}
    step = {"event": event} | {key: each for key, each in said.items() if each is not None}

    async def send(one: _Editing) -> Any:
        place = at or len(one.now["steps"]) + 1
        return await one.client.post(one.path("/steps"), json={"at": place, **step})

    await _edit(desk, context, revision, send)


async def _switch(desk: Desk, context: Context, step: int, revision: int | None, *, off: bool) -> None:
    wish = {"disabled": off}
    await _edit(desk, context, revision, lambda one: one.client.patch(one.path(f"/steps/{step}"), json=wish))


async def _edit(desk: Desk, context: Context, revision: int | None, send: Send) -> None:
    async with desk.client() as client:
        url = f"/ingest/v1/recordings/{await find_recording(client, context.obj)}"
        now = await client.get(f"{url}/steps")
        done = await send(_Editing(client, url, now, revision or now["revision"]))
    if desk.as_json:
        desk.print_json(done)
        return
    if done["revision"] == now["revision"]:
        desk.note("it was so already: nothing changed")
        return
    desk.out.print(cell(f"done: revision {done['revision']}"))
    for note in done["notes"]:
        desk.note(f"step {note['step_number']}: {note['detail']}" if note["step_number"] else note["detail"])


def _object(given: str | None) -> dict[str, Any] | None:
    if given is None:
        return None
    try:
        found = json.loads(given)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise InvalidInput('--metadata takes a JSON object, for example {"duration": 500}')
    return found


COMMANDS: tuple[tuple[str, Callable[..., Any]], ...] = (
    ("steps", steps),
    ("rename", rename),
    ("set", set_step),
    ("move", move),
    ("delete", delete),
    ("disable", disable),
    ("enable", enable),
    ("insert", insert),
)
