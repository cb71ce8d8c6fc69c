"""Reads the whole log and says whether it is what was sealed, and what was archived."""

from contextlib import aclosing
from dataclasses import dataclass

from nats.aio.client import Client

from shared.audit.archive import Archive, See
from shared.audit.chain import AuditKeys
from shared.audit.comparing import Prints, compare
from shared.audit.findings import Finding
from shared.audit.proof import Proof
from shared.audit.reading import ends_of, read, read_seals
from shared.bus.subjects import EVENTS_STREAM, SEALS_STREAM


@dataclass(frozen=True, slots=True)
class Report:
    """What was looked at: the log's `end`, how many `seals`, up to where they prove it; and all that is wrong.

    `chain`: the digest at the end (hexadecimal).
    """

    end: int
    seals: int
    sealed_upto: int
    findings: tuple[Finding, ...]
    chain: str

    @property
    def unsealed(self) -> int:
        """How many of the newest messages no seal covers yet."""
        return max(0, self.end - self.sealed_upto)


async def examine(client: Client, keys: AuditKeys, see: See, archive: Archive | None = None) -> Report:
    """Compare the log with its seals; with an archive message for message too, which gives exact positions.

    Raises `Unavailable`; `Refused` for an archive that was altered.
    """
    sealed = (await ends_of(client, SEALS_STREAM)).last  # before the log's end: whatever is sealed, we read
    end = (await ends_of(client, EVENTS_STREAM)).last
    seals, findings = await read_seals(client, keys, sealed)
    proof, prints = Proof(keys.chain, seals), Prints(keys.archive)
    async with aclosing(read(client, EVENTS_STREAM, 0, end)) as batches:
        async for batch in batches:
            for message in batch:
                proof.add(message.sequence, message.subject, message.payload)
                if archive is not None:
                    prints.add(message.sequence, message.subject, message.payload)
            see("reading the log", proof.chain.position, end)
    findings += proof.findings()
    if end and not seals:
        findings.append(Finding("seal", 1, 1, f"nothing is sealed: the stream {SEALS_STREAM} holds no genuine seal"))
    if archive is not None:
        findings += await _beside(archive, prints, keys, see, proven=not findings)
    return Report(end, len(seals), proof.sealed_upto, tuple(findings), proof.chain.digest.hex())


async def _beside(archive: Archive, prints: Prints, keys: AuditKeys, see: See, *, proven: bool) -> list[Finding]:
    """What differs from the archive; which of both is right, the seals have said."""
    findings = await archive.check(keys, see)
    archived = Prints(keys.archive)
    async for found in archive.messages(EVENTS_STREAM):
        for message in found:
            archived.add(message.position, message.subject, message.payload)
    differences = compare(archived, prints)
    # An end cut off together with its seals leaves nothing in the log to find it by; the archive knows.
    cut_off = [(each.kind, each.first) for each in differences] == [("missing", len(prints) + 1)]
    if differences and not findings and proven and not cut_off:
        return [Finding("archive", 1, len(archived), "the archive is of another system: both fit seals of their own")]
    return findings + differences
