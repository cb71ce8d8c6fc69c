"""Makes an archive, and adds to it what is new since."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from importlib.metadata import version

import msgspec
from nats.aio.client import Client
from nats.js.errors import NotFoundError

from shared.audit.archive import FILES, STREAMS, Archive, See
from shared.audit.chain import AuditKeys, Link
from shared.audit.chunks import KeptFile, keep, pack, unpack_messages
from shared.audit.findings import span
from shared.audit.manifest import MANIFEST, Chunk, KeptStream, Manifest, write_manifest
from shared.audit.proof import Proof
from shared.audit.reading import Ends, ends_of, read, read_seals
from shared.bus.codec import Undecodable, read_envelope
from shared.bus.puller import Pulled
from shared.bus.subjects import EVENTS_STREAM, LINES_STREAM, SEALS_STREAM
from shared.core.errors import Refused
from shared.core.time_and_ids import Clock, now
from shared.objects import Objects, Store, StoredFile

CHUNK_MESSAGES = 10_000
CHUNK_BYTES = 16 * 1024**2
TOGETHER = 8  # files copied at a time


@dataclass(frozen=True)
class System:
    """What is archived, or restored into: a NATS, the files, the keys that sign. `replicas`: copies of the log."""

    client: Client
    objects: Objects
    keys: AuditKeys
    replicas: int = 1


@dataclass(frozen=True, slots=True)
class Added:
    """What a run added: messages by stream, and files."""

    messages: dict[str, int]
    files: int


class Archiver:
    """Copies a system into a place (open). The system may be at work meanwhile."""

    def __init__(self, system: System, place: Store, see: See, clock: Clock = now) -> None:
        self._system = system
        self._place = place
        self._see = see
        self._clock = clock

    async def run(self) -> Added:
        """Make an archive, or add what is new; the manifest is written last.

        Raises `Refused` when the log is not what was sealed, or not the one that was archived there before.
        """
        before = await self._before()
        # Seals first: the log's end is then behind whatever they seal.
        ends = {name: await ends_of(self._system.client, name) for name in (SEALS_STREAM, EVENTS_STREAM, LINES_STREAM)}
        if not ends[EVENTS_STREAM].there:
            raise Refused("there is no log in this NATS: nothing to archive")
        for name in STREAMS:
            await self._check_same(name, before.streams[name], ends[name])
        seals, findings = await read_seals(self._system.client, self._system.keys, ends[SEALS_STREAM].last)
        start = Link(before.streams[EVENTS_STREAM].last, bytes.fromhex(before.chain))
        proof = Proof(self._system.keys.chain, seals, start)
        streams = {name: await self._stream(name, before.streams[name], ends[name], proof) for name in STREAMS}
        if found := findings + proof.findings():
            raise Refused(
                f"the log is not what was sealed, so it is not archived: {found[0].detail}; run: retold verify"
            )
        lists, files = await self._files(before)
        manifest = Manifest(
            release=version("retold"),
            at=self._clock().isoformat(),
            streams=streams,
            objects=lists,
            chain=proof.chain.digest.hex(),
        )
        await self._place.put(MANIFEST, write_manifest(self._system.keys.archive, manifest))
        added = {name: _count(streams[name].chunks[len(before.streams[name].chunks) :]) for name in STREAMS}
        return Added(added, files)

    async def _before(self) -> Manifest:
        files = {file.path for file in await self._place.list() if file.path == MANIFEST}
        if not files:
            return Manifest(release="", at="", streams={name: KeptStream(1, 0) for name in STREAMS})
        return (await Archive.opened(self._place, self._system.keys)).manifest

    async def _check_same(self, name: str, before: KeptStream, ends: Ends) -> None:
        """The newest archived message must still stand where it stood."""
        if not before.chunks:
            return
        other = f"the archive at {self._place.url} is of another system, or of a newer copy of this one: {name}"
        if ends.last < before.last:
            raise Refused(
                f"{other} ends at {ends.last} here and at {before.last} there; "
                "run: retold verify, or name another place"
            )
        last = before.chunks[-1].last
        try:
            there = await self._system.client.jetstream(timeout=10).get_msg(name, last)
        except NotFoundError:
            if name == LINES_STREAM:  # expired
                return
            raise Refused(f"{other} holds nothing at position {last}; run: retold verify") from None
        archived = unpack_messages(await self._place.get(before.chunks[-1].file))[-1]
        if (there.subject, there.data or b"") != (archived.subject, archived.payload):
            raise Refused(
                f"{other} holds another message at position {last}; run: retold verify, or name another place"
            )

    async def _stream(self, name: str, before: KeptStream, ends: Ends, proof: Proof) -> KeptStream:
        chunks = list(before.chunks)
        first, position = ends.first, max(before.last, ends.first - 1)
        async with aclosing(_in_chunks(read(self._system.client, name, position, ends.last))) as parts:
            async for messages in parts:
                if messages[0].sequence != position + 1:
                    if name != LINES_STREAM:
                        gap = span(position + 1, messages[0].sequence - 1)
                        raise Refused(f"{name} holds nothing at {gap}; run: retold verify")
                    first = messages[0].sequence  # more lines have expired meanwhile
                if name == EVENTS_STREAM:
                    for message in messages:
                        proof.add(message.sequence, message.subject, message.payload)
                position = messages[-1].sequence
                kept = [keep(each.sequence, each.subject, each.payload, _id_of(name, each)) for each in messages]
                chunks.append(await self._write(name, kept, messages[0].sequence, position))
                self._see(f"archiving {name}", position, ends.last)
        return KeptStream(first, ends.last, tuple(chunks))

    async def _files(self, before: Manifest) -> tuple[tuple[Chunk, ...], int]:
        """The lists of files with the new ones, and how many new ones there are."""
        known: set[str] = set()
        if before.objects:
            known = {file.path for file in await Archive(self._place, before).files()}
        new = [file for file in await self._system.objects.store.list() if file.path not in known]
        lists = list(before.objects)
        for start in range(0, len(new), CHUNK_MESSAGES):
            part = new[start : start + CHUNK_MESSAGES]
            copied: list[KeptFile] = []
            for index in range(0, len(part), TOGETHER):
                copied += await asyncio.gather(*map(self._copy, part[index : index + TOGETHER]))
                self._see("archiving files", start + len(copied), len(new))
            first = lists[-1].last + 1 if lists else 1
            lists.append(await self._write(f"{FILES}-list", copied, first, first + len(copied) - 1))
        return tuple(lists), len(new)

    async def _copy(self, file: StoredFile) -> KeptFile:
        content = await self._system.objects.store.get(file.path)
        await self._place.put(f"{FILES}/{file.path}", content)
        return KeptFile(file.path, len(content), hashlib.sha256(content).hexdigest())

    async def _write(self, folder: str, lines: Sequence[msgspec.Struct], first: int, last: int) -> Chunk:
        content = await asyncio.to_thread(pack, lines)
        digest = hashlib.sha256(content).hexdigest()
        # With the digest in its name no other run, broken off or at the same time, can put something else in its place.
        file = f"{folder}/{first:012}-{last:012}-{digest[:8]}.jsonl.gz"
        await self._place.put(file, content)
        return Chunk(file, first, last, len(content), digest)


async def _in_chunks(batches: AsyncGenerator[list[Pulled], None]) -> AsyncGenerator[list[Pulled], None]:
    """Messages in the size of a chunk; a gap begins another chunk."""
    chunk: list[Pulled] = []
    size = 0
    async with aclosing(batches):
        async for batch in batches:
            for message in batch:
                full = len(chunk) >= CHUNK_MESSAGES or size >= CHUNK_BYTES
                if chunk and (full or message.sequence != chunk[-1].sequence + 1):
                    yield chunk
                    chunk, size = [], 0
                chunk.append(message)
                size += len(message.payload)
    if chunk:
        yield chunk


def _id_of(stream: str, message: Pulled) -> str | None:
    """What the log's codec published it under: the same id stands in the envelope."""
    if stream != EVENTS_STREAM:
        return None
    try:
        return str(read_envelope(message.payload).id)
    except Undecodable:
        return None


def _count(chunks: Sequence[Chunk]) -> int:
    return sum(chunk.last - chunk.first + 1 for chunk in chunks)
