"""From any event to what led to it and what came of it."""

from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.text import Text
from rich.tree import Tree

from services.cli.desk import Desk
from services.cli.envelopes import LogReader, Span, Told, connected
from services.cli.families import Node, branches, trees_of
from services.cli.finding import START_OF_ID, WHOLE_ID
from services.cli.showing import moment, plain
from services.cli.sources import nats_url
from shared.bus import subjects
from shared.core.errors import InvalidInput, NotFound
from shared.core.time_and_ids import now

TIME_ORDERED = 7  # the version of a UUID that begins with its time, in milliseconds (RFC 9562, 5.7)
TELLING = ("attempt", "status", "error_type", "reason", "step_number", "priority")  # fields worth a place in a tree


@dataclass(frozen=True)
class Asked:
    """What a person asks about: some events to start from, and which of their families' events are meant.

    `one_of_many`: the events meant are marked, what led to them is shown beside them.
    """

    events: Sequence[Told]
    means: Callable[[Told], bool]
    one_of_many: bool = True

    @classmethod
    def of(cls, events: Sequence[Told]) -> "Asked":
        """About these events alone."""
        places = {(told.position, told.index) for told in events}
        return cls(events, lambda told: (told.position, told.index) in places)


async def trace(
    desk: Desk,
    what: Annotated[
        str, typer.Argument(metavar="ID|POSITION", help="Of an event; or a job, a recording, a correlation.")
    ],
    limit: Annotated[int, typer.Option(min=1, help="Show at most this many effects of one event.")] = 50,
) -> None:
    """Show what led to an event and what came of it, as a tree; of a job or a correlation all that happened."""
    async with connected(nats_url(desk)) as client:
        reader = LogReader(desk, client, title="searching")
        asked = await _asked(reader, what.strip())
        roots = branches(trees_of(await _families(reader, asked.events)), asked.means)
    if desk.as_json:
        desk.print_json([_as_json(root, asked) for root in roots])
        return
    for root in roots:
        desk.out.print(await _as_tree(reader, root, asked, limit), soft_wrap=True)
    if any(_guessed(root) for root in roots):
        desk.note("≈ names no cause, and came of the same request")


async def _asked(reader: LogReader, text: str) -> Asked:
    """The events meant. Raises `NotFound`, `InvalidInput`."""
    if not text:
        raise InvalidInput("say what to trace: an event, a job, a recording or a correlation by its id, or a position")
    if text.isdecimal():
        return await _at(reader, int(text))
    return await _job_or_recording(reader, text) or await _searched(reader, text)


async def _at(reader: LogReader, position: int) -> Asked:
    end = await reader.last_position()
    if not 0 < position <= end:
        raise InvalidInput(f"there is no position {position}: the log goes from 1 to {end}")
    there = await reader.at(position)
    if not there:
        raise NotFound(f"the log holds no event at position {position}")
    return Asked.of(there)


async def _job_or_recording(reader: LogReader, text: str) -> Asked | None:
    """A job with everything that belongs to it; a recording by each of its events."""
    if not START_OF_ID.fullmatch(text):
        return None
    if job := await _existing(reader, "job", subjects.ALL_JOBS, text):
        created = await reader.first(subjects.job(job).canonical_filter)
        if created is not None:
            return Asked([created], lambda _: True, one_of_many=False)
    if recording := await _existing(reader, "recording", subjects.ALL_RECORDINGS, text):
        own = Span((subjects.recording(recording).canonical_filter,))
        events = [told async for told in reader.events(own)]
        if events:
            return Asked.of(events)
    return None


async def _existing(reader: LogReader, what: str, all_of_them: str, text: str) -> UUID | None:
    try:
        return await reader.find(what, all_of_them, text)
    except NotFound:
        return None


async def _searched(reader: LogReader, text: str) -> Asked:
    """An event, a message or a correlation by its id: these have no index, so the log is read for it."""
    own_id = UUID(text) if WHOLE_ID.fullmatch(text) else None
    async with aclosing(reader.events(_since(text))) as events:
        async for told in events:
            if told.envelope.corr == text:
                return Asked([told], lambda each: each.envelope.corr == text, one_of_many=False)
            if own_id is not None and told.envelope.id == own_id:
                return Asked.of(await reader.at(told.position))
            if own_id is not None and told.id == own_id:
                return Asked.of([told])
    raise NotFound(f"the log holds no event, job, recording or correlation {text!r}")


def _since(text: str) -> Span:
    """Where to begin to look for what has an id: not before the id was made, where it tells."""
    made = UUID(text).int >> 80 if WHOLE_ID.fullmatch(text) and UUID(text).version == TIME_ORDERED else 0
    return Span(since=datetime.fromtimestamp(made / 1000, UTC)) if 0 < made < now().timestamp() * 1000 else Span()


async def _families(reader: LogReader, events: Sequence[Told]) -> list[Told]:
    """Everything that may have led to some events, or come of them; each event once."""
    found: dict[tuple[int, int], Told] = {}
    for told in events:
        if (told.position, told.index) not in found:
            found |= {(each.position, each.index): each for each in await _family(reader, told)}
    return list(found.values())


async def _family(reader: LogReader, told: Told) -> list[Told]:
    """All of a job, and what has a correlation of it elsewhere; without a job all that has its own correlation."""
    created = await _job_of(reader, told)
    span, own = await _around(reader, told, created)
    correlations = {told.envelope.corr}
    family = []
    async for each in reader.events(span):
        if each.subject.startswith(own):
            correlations.add(each.envelope.corr)
        if each.envelope.corr in correlations:
            family.append(each)
    return family


async def _job_of(reader: LogReader, told: Told) -> Told | None:
    """The first event of the job that an event belongs to or came of."""
    stream = subjects.stream_of(told.subject)
    if stream.context == "row":
        return await reader.first(subjects.job(UUID(stream.aggregate)).canonical_filter)
    if (stream.context, stream.aggregate) == ("scheduler", "job"):
        return await reader.first(stream.canonical_filter)
    jobs_before = Span((subjects.ALL_JOBS,), before=told.position, since=_since(told.envelope.corr).since)
    async with aclosing(reader.events(jobs_before)) as events:
        async for each in events:
            if each.envelope.corr == told.envelope.corr:
                return await reader.first(subjects.stream_of(each.subject).canonical_filter)
    return None


async def _around(reader: LogReader, told: Told, created: Told | None) -> tuple[Span, tuple[str, ...]]:
    """Where to look for a family, and what the subjects begin with that are all of it."""
    stream = subjects.stream_of(told.subject)
    if created is not None:
        job = subjects.stream_of(created.subject)
        own = (job.canonical_filter, subjects.rows_of(UUID(job.id)))
        recording = (await reader.fields(created)).get("recording_id")
        beside = _of_recording(UUID(recording)) if recording else ()
        return Span((*own, *beside), created.position - 1), tuple(each.partition("*")[0] for each in own)
    if stream.aggregate in ("recording", "heals"):
        return Span(_of_recording(UUID(stream.id))), ()
    return _since(told.envelope.corr), ()


def _of_recording(recording: UUID) -> tuple[str, str]:
    return subjects.recording(recording).canonical_filter, subjects.heals(recording).canonical_filter


def _as_json(node: Node, asked: Asked) -> dict[str, Any]:
    own = {**node.told.head(), "link": node.link}
    marked = {"asked": True} if asked.one_of_many and asked.means(node.told) else {}
    return {**own, **marked, "effects": [_as_json(effect, asked) for effect in node.effects]}


async def _as_tree(reader: LogReader, node: Node, asked: Asked, limit: int) -> Tree:
    marked = asked.one_of_many and asked.means(node.told)
    tree = Tree(_label(node, await reader.fields(node.told), marked=marked), guide_style="dim")
    for effect in node.effects[:limit]:
        tree.add(await _as_tree(reader, effect, asked, limit))
    if len(node.effects) > limit:
        tree.add(Text(f"… and {len(node.effects) - limit} more (--limit)", style="dim"))
    return tree


def _label(node: Node, fields: dict[str, Any], *, marked: bool) -> Text:
    told = node.told
    text = Text("≈ " if node.link == "correlation" else "", style="yellow")
    text.append(plain(told.type), style="bold reverse" if marked else "bold")
    for name in TELLING:
        if fields.get(name) is not None:
            text.append(f"  {name.replace('_', ' ')} {plain(fields[name])}", style="default")
    text.append(f"  {plain(told.stream)}", style="cyan")
    return text.append(f"  {told.position}  {moment(told.envelope.at)}  {plain(told.envelope.actor)}", style="dim")


def _guessed(node: Node) -> bool:
    return node.link == "correlation" or any(_guessed(effect) for effect in node.effects)
