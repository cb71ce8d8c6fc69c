"""Dead letters of reactions: what could not be digested, and what became of it, as notes in the stream `DLQ`.

Nothing is deleted there. A letter is open until a later note says that it was handled or dropped, so who did what
and when can be read for as long as the stream keeps it.
"""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime

import msgspec
import nats.errors
import structlog
from nats.aio.client import Client
from nats.js.errors import APIError

from shared.bus import subjects
from shared.bus.puller import Puller
from shared.bus.subjects import NoteKind
from shared.core.errors import Unavailable

log = structlog.get_logger()


class Note(msgspec.Struct, omit_defaults=True):
    """What happened to the event at a position of the log. Its kind stands in the subject that it is published on.

    `by`: the service, or the person at the command line; `deliveries`: how often it was tried before it was put aside.
    """

    position: int
    subject: str = ""
    reason: str = ""
    at: datetime | None = None
    by: str = ""
    deliveries: int = 1


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Note)


def encode_note(note: Note) -> bytes:
    """The note as it is published."""
    return _encoder.encode(note)


def decode_note(payload: bytes) -> Note:
    """The note from a message. Raises `msgspec.DecodeError`."""
    return _decoder.decode(payload)


@dataclass(slots=True)
class Letter:
    """An event that a reaction could not digest, and all notes about it, the oldest first."""

    durable: str
    position: int
    notes: list[tuple[NoteKind, Note]] = field(default_factory=list)

    @property
    def id(self) -> str:
        """What a person calls it by."""
        return f"{self.durable}@{self.position}"

    @property
    def last(self) -> Note:
        """How it failed most recently."""
        return next(note for kind, note in reversed(self.notes) if kind == "letter")

    @property
    def subject(self) -> str:
        """Where the event stands in the log."""
        return next((note.subject for _, note in self.notes if note.subject), "")

    @property
    def tries(self) -> int:
        """How often the event was handed to the reaction."""
        return sum(note.deliveries for kind, note in self.notes if kind == "letter")

    @property
    def retry_asked(self) -> bool:
        """Whether the service has been asked to try again, and has not yet done so."""
        return self.notes[-1][0] == "retry"


class OpenLetters:
    """The open letters of some reactions, folded from their notes."""

    def __init__(self) -> None:
        self.letters: dict[tuple[str, int], Letter] = {}

    def see(self, subject: str, payload: bytes) -> tuple[NoteKind, str, int] | None:
        """Take a note in; its kind, the reaction, the position. A note that cannot be read is passed over."""
        durable, kind = subjects.dead_letter_note(subject)
        try:
            note = decode_note(payload)
        except msgspec.DecodeError as error:
            log.warning("a note in DLQ cannot be read", subject=subject, reason=str(error))
            return None
        key = (durable, note.position)
        match kind:
            case "letter":
                self.letters.setdefault(key, Letter(*key)).notes.append((kind, note))
            case "retry" if key in self.letters:
                self.letters[key].notes.append((kind, note))
            case "handled" | "dropped":
                self.letters.pop(key, None)
        return kind, durable, note.position

    def __len__(self) -> int:
        return len(self.letters)


async def read_letters(client: Client) -> OpenLetters:
    """All open letters, the oldest first. Raises `Unavailable`."""
    found = OpenLetters()
    try:
        head = (await client.jetstream(timeout=10).stream_info(subjects.DEAD_LETTERS_STREAM)).state.last_seq
    except (nats.errors.Error, APIError, TimeoutError) as failure:
        raise Unavailable(f"the dead letters cannot be read: {failure!r}") from failure
    if head:
        async with aclosing(follow_notes(client)) as notes:
            async for sequence, subject, payload in notes:
                found.see(subject, payload)
                if sequence >= head:
                    break
    return found


async def follow_notes(
    client: Client, durables: Sequence[str] = (), after: int = 0
) -> AsyncGenerator[tuple[int, str, bytes], None]:
    """Sequence, subject and payload of the notes about some reactions (all when empty), without end."""
    filters = [each for durable in durables for each in subjects.dead_letter_filters(durable)]
    async with Puller(client, subjects.DEAD_LETTERS_STREAM, filters or [subjects.ALL_DEAD_LETTERS], after) as puller:
        async for batch in puller.batches():
            for message in batch:
                yield message.sequence, message.subject, message.payload


async def watch_open(client: Client, durables: Sequence[str], tell: Callable[[int], None]) -> None:
    """Tell how many letters of these reactions are open, whenever that may have changed, without end."""
    found = OpenLetters()
    tell(0)
    async with aclosing(follow_notes(client, durables)) as notes:
        async for _, subject, payload in notes:
            found.see(subject, payload)
            tell(len(found))


async def write_note(client: Client, durable: str, kind: NoteKind, note: Note) -> int:
    """Publish a note; its sequence in the stream. Raises `Unavailable`."""
    try:
        subject = subjects.dead_letters_of(durable, kind)
        ack = await client.jetstream(timeout=10).publish(
            subject, encode_note(note), stream=subjects.DEAD_LETTERS_STREAM
        )
    except (nats.errors.Error, APIError, TimeoutError) as failure:
        raise Unavailable(f"nothing could be noted about {durable}: {failure!r}") from failure
    return ack.seq
