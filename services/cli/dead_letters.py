"""`retold dead-letters`: what a reaction or a projection could not digest is listed, shown, retried, dropped."""

import asyncio
import getpass
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from services.cli import parked
from services.cli.desk import Desk
from services.cli.letters import REACTION, Found, choose, message_at, of_reactions
from services.cli.showing import cell, moment, plain, table
from services.cli.sources import nats_url
from shared.bus import subjects
from shared.bus.letters import Note, decode_note, follow_notes, read_letters, write_note
from shared.core.errors import InvalidInput, RetoldError
from shared.core.time_and_ids import now

if TYPE_CHECKING:
    from nats.aio.client import Client

ERROR = 1
Id = Annotated[
    str, typer.Argument(metavar="ID", help="As listed; its beginning or the position where that says which.")
]


async def list_letters(desk: Desk) -> None:
    """List what could not be digested and still waits for a person: of reactions, and of projections."""
    async with _connection(desk) as client:
        found = await _all(desk, client)
    if desk.as_json:
        desk.print_json([letter.to_json() for letter in found])
        return
    if not found:
        desk.note("there are no dead letters")
        return
    shown = table("ID", "Since", "Tries", "Reason", right=("Tries",))
    for letter in found:
        waits = " (retry asked for)" if letter.retry_asked else ""
        shown.add_row(cell(letter.id), cell(moment(letter.at)), cell(letter.tries), cell(letter.reason + waits))
    desk.out.print(shown)


async def show(desk: Desk, letter: Id) -> None:
    """Show a dead letter: the event, why it could not be digested, and what was done about it since."""
    async with _connection(desk) as client:
        chosen = choose(await _all(desk, client), letter)
        of_lines = chosen.kind != REACTION and await _reads_lines(desk, chosen)
        message = None if of_lines else await message_at(client, chosen)
    history = [_told(kind, note) for kind, note in chosen.notes]
    if desk.as_json:
        desk.print_json({**chosen.to_json(), "history": history, "message": message})
        return
    for name, value in chosen.to_json().items():
        desk.out.print(Text.assemble((f"{name:<12}", "dim"), plain(moment(value) if name == "at" else value)))
    for each in history:
        line = "  ".join(plain(each[part]) for part in ("at", "what", "by", "reason") if part in each)
        desk.out.print(Text.assemble((f"{'history':<12}", "dim"), line), soft_wrap=True)
    desk.out.print_json(data=message)


async def retry(
    desk: Desk,
    letter: Annotated[str | None, typer.Argument(metavar="[ID]", help="As listed.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All there are.")] = False,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for the services' answers.")] = 10.0,
) -> int:
    """Try again: the owning service runs its reaction on that very event; a projection's event is applied here."""
    if (letter is None) != everything:
        raise InvalidInput("say which dead letter to retry, or --all")
    async with _connection(desk) as client:
        found = await _all(desk, client)
        chosen = found if letter is None else [choose(found, letter)]
        answers = await _retried_reactions(client, [each for each in chosen if each.kind == REACTION], wait)
        for each in chosen:
            if each.kind != REACTION:
                answers[each.id] = await _retried_projection(desk, client, each)
    if desk.as_json:
        desk.print_json([{"id": name, "outcome": kind, "detail": detail} for name, (kind, detail) in answers.items()])
    for name, (kind, detail) in answers.items() if not desk.as_json else ():
        desk.out.print(f"{plain(name)}: {kind}" + (f": {plain(detail)}" if detail else ""), markup=False)
    if not answers:
        desk.note("there are no dead letters")
    return ERROR if any(kind == "failed" for kind, _ in answers.values()) else 0


async def drop(desk: Desk, letter: Id) -> None:
    """Drop a dead letter: nobody will handle that event; who dropped it and when stays on record."""
    async with _connection(desk) as client:
        chosen = choose(await _all(desk, client), letter)
        await write_note(client, _noted_as(chosen), "dropped", _note(chosen))
        if chosen.kind != REACTION:
            await parked.forget(desk, chosen)
    if desk.as_json:
        desk.print_json({"id": chosen.id, "outcome": "dropped"})
    else:
        desk.note(f"{plain(chosen.id)} dropped")


COMMANDS: tuple[tuple[str, Callable[..., Any]], ...] = (
    ("list", list_letters),
    ("show", show),
    ("retry", retry),
    ("drop", drop),
)


@asynccontextmanager
async def _connection(desk: Desk) -> "AsyncIterator[Client]":
    from shared.bus.connection import connect, disconnect

    client = await connect(nats_url(desk), "retold-dead-letters")
    try:
        yield client
    finally:
        await disconnect(client)


async def _all(desk: Desk, client: "Client") -> list[Found]:
    return [*of_reactions(await read_letters(client)), *await parked.of_projections(desk)]


async def _reads_lines(desk: Desk, letter: Found) -> bool:
    service, _, name = letter.consumer.partition(".")
    return any(each.source == "lines" for each in desk.blueprint(service).projections if each.name == name)


def _told(kind: str, note: Note) -> dict[str, Any]:
    told = {"at": moment(note.at), "what": "put aside" if kind == "letter" else kind, "by": note.by}
    return {name: value for name, value in {**told, "reason": note.reason}.items() if value}


def _note(letter: Found) -> Note:
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        user = "somebody"
    reason = "" if letter.kind == REACTION else letter.reason  # that of a reaction stands in an earlier note
    return Note(letter.position, letter.subject or "", reason, now(), f"{user}@{socket.gethostname()}")


def _noted_as(letter: Found) -> str:
    """One token of a subject."""
    return letter.consumer.replace(".", ":")


async def _retried_reactions(client: "Client", letters: Sequence[Found], wait: float) -> dict[str, tuple[str, str]]:
    """Ask the services, and wait for what they say: id → outcome and detail."""
    answers = {letter.id: ("asked", "its service has not answered yet") for letter in letters}
    before = [await write_note(client, letter.consumer, "retry", _note(letter)) for letter in letters]
    if not before:
        return answers
    waiting = set(answers)
    try:
        async with asyncio.timeout(wait), aclosing(follow_notes(client, after=before[0])) as notes:
            async for _, subject, payload in notes:
                durable, kind = subjects.dead_letter_note(subject)
                note = decode_note(payload)
                name = f"{durable}@{note.position}"
                if name in waiting and kind in ("letter", "handled"):
                    answers[name] = ("handled", "") if kind == "handled" else ("failed", note.reason)
                    waiting.discard(name)
                if not waiting:
                    break
    except TimeoutError:
        pass
    return answers


async def _retried_projection(desk: Desk, client: "Client", letter: Found) -> tuple[str, str]:
    try:
        await parked.apply_again(desk, client, letter)
    except RetoldError as error:
        return "failed", error.detail
    await write_note(client, _noted_as(letter), "handled", _note(letter))
    return "handled", ""
