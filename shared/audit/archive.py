"""An archive as it lies in a folder or a bucket: reading, and checking it by itself."""

import hashlib
from collections.abc import AsyncGenerator, Callable, Sequence

from shared.audit.chain import AuditKeys
from shared.audit.chunks import Kept, KeptFile, unpack_files, unpack_messages
from shared.audit.findings import Finding
from shared.audit.manifest import MANIFEST, Chunk, Manifest, read_manifest
from shared.audit.proof import Proof
from shared.audit.seals import examine_seals
from shared.bus.subjects import EVENTS_STREAM, LINES_STREAM, SEALS_STREAM
from shared.core.errors import NotFound, Refused
from shared.objects import Store

# Dead letters are not among them: after a restore every reaction begins anew, and puts aside what it must.
STREAMS = (EVENTS_STREAM, SEALS_STREAM, LINES_STREAM)
FILES = "objects"
See = Callable[[str, int, int], None]  # what is under way, how far it is, of how many


class Archive:
    """A whole archive. `place` is open. Everything read from it is checked against the manifest."""

    def __init__(self, place: Store, manifest: Manifest) -> None:
        self.place = place
        self.manifest = manifest

    @classmethod
    async def opened(cls, place: Store, keys: AuditKeys) -> "Archive":
        """Raises `Refused` when there is none, or one that broke off, or one that was altered."""
        try:
            content = await place.get(MANIFEST)
        except NotFound:
            raise Refused(
                f"there is no archive at {place.url}, or its making broke off: {MANIFEST} is missing; "
                "make one with: retold archive PLACE"
            ) from None
        return cls(place, read_manifest(keys.archive, content))

    async def messages(self, stream: str, after: int = 0) -> AsyncGenerator[Sequence[Kept], None]:
        """A stream's messages that had not expired, beyond a position, chunk after chunk. Raises `Refused`."""
        kept = self.manifest.streams[stream]
        position = max(after, kept.first - 1)
        for chunk in kept.chunks:
            if chunk.last <= position:
                continue
            found = unpack_messages(await self._read(chunk))
            if [message.position for message in found] != list(range(chunk.first, chunk.last + 1)):
                raise Refused(f"{chunk.file} does not hold the positions {chunk.first} to {chunk.last}")
            if chunk.first > position + 1:
                raise Refused(f"the archive lacks the positions {position + 1} to {chunk.first - 1} of {stream}")
            yield [message for message in found if message.position > position]
            position = chunk.last
        if position < kept.last:
            raise Refused(f"the archive lacks the positions {position + 1} to {kept.last} of {stream}")

    async def files(self) -> list[KeptFile]:
        """Every file of the object store that the archive holds. Raises `Refused`."""
        return [file for chunk in self.manifest.objects for file in unpack_files(await self._read(chunk))]

    async def file(self, file: KeptFile) -> bytes:
        """A file's bytes. Raises `Refused` when they are not the archived ones."""
        content = await self._get(f"{FILES}/{file.path}")
        if hashlib.sha256(content).hexdigest() != file.sha256:
            raise Refused(f"the file {file.path} of the archive was altered")
        return content

    async def check(self, keys: AuditKeys, see: See) -> list[Finding]:
        """Read every chunk and compare the log with its seals. Raises `Refused` for a chunk that was altered."""
        streams = self.manifest.streams
        payloads = [m.payload async for found in self.messages(SEALS_STREAM) for m in found]
        seals, findings = examine_seals(keys.seals, payloads)
        proof = Proof(keys.chain, seals)
        async for found in self.messages(EVENTS_STREAM):
            for message in found:
                proof.add(message.position, message.subject, message.payload)
            see("reading the archive", proof.chain.position, streams[EVENTS_STREAM].last)
        async for _ in self.messages(LINES_STREAM):
            pass
        findings += proof.findings()
        if not findings and proof.chain.digest.hex() != self.manifest.chain:
            end = proof.chain.position
            findings.append(Finding("archive", 1, end, "the archive's log is not the one that its manifest tells of"))
        return findings

    async def _read(self, chunk: Chunk) -> bytes:
        content = await self._get(chunk.file)
        if hashlib.sha256(content).hexdigest() != chunk.sha256:
            raise Refused(f"{chunk.file} of the archive was altered: it is not the file that the manifest tells of")
        return content

    async def _get(self, path: str) -> bytes:
        try:
            return await self.place.get(path)
        except NotFound:
            raise Refused(f"{path} is missing in the archive {self.place.url}") from None
