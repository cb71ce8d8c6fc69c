"""Fills an empty system from an archive: the same positions, the same bytes."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

import nats.errors
from nats.js.api import StreamConfig
from nats.js.errors import APIError, NoStreamResponseError, NotFoundError, ServiceUnavailableError

from shared.audit.archive import STREAMS, Archive, See
from shared.audit.archiver import TOGETHER, System
from shared.audit.chunks import Kept, KeptFile
from shared.audit.keys_file import WrappedKey, restore_keys
from shared.audit.reading import ends_of
from shared.audit.verifying import Report, examine
from shared.bus.publisher import Ack, Publisher
from shared.bus.subjects import EVENTS_STREAM, SEALS_STREAM
from shared.bus.topology import RESTORING, streams
from shared.core.errors import Refused, Unavailable

ATTEMPTS = 6
NO_ANSWER = (nats.errors.Error, NoStreamResponseError, ServiceUnavailableError, TimeoutError, OSError)


class Restorer:
    """Copies an archive into a system that holds nothing yet.

    One that broke off goes on where it stopped when it is run again; until it is through, no service starts there
    (`shared.bus.topology.RESTORING`).
    """

    def __init__(self, system: System, archive: Archive, keys: Sequence[WrappedKey], see: See) -> None:
        self._system = system
        self._archive = archive
        self._keys = keys
        self._see = see
        self._jetstream = system.client.jetstream(timeout=30)
        self._publisher = Publisher(system.client, timeout=30)
        self._mark = archive.manifest.mac[:32]
        self._without_id: set[int] = set()

    async def run(self) -> Report:
        """Restore, then compare the new log with the seals.

        Raises `Refused` for a system that is not empty, and for an archive that was altered (before anything is
        written to the log); `Unavailable`.
        """
        configs = {config.name: config for config in streams(self._system.replicas)}
        try:
            await self._check_empty()
            if findings := await self._archive.check(self._system.keys, self._see):
                raise Refused(f"the archive is not what was sealed, so it is not restored: {findings[0].detail}")
            await self._files()
            await restore_keys(self._system.client, self._keys, self._system.replicas)
            for name in STREAMS:
                await self._prepare(configs[name])
            for name in reversed(STREAMS):  # the log last: it is what a service looks for
                await self._fill(name)
            report = await examine(self._system.client, self._system.keys, self._see)
            self._check_same(report)
            await self._jetstream.update_stream(configs[EVENTS_STREAM])
        except NO_ANSWER as silence:
            raise Unavailable(
                f"NATS does not answer: {silence!r}; run the same command again, it goes on where it stopped"
            ) from silence
        return report

    async def _check_empty(self) -> None:
        with suppress(NotFoundError):
            found = (await self._jetstream.stream_info(EVENTS_STREAM)).config.metadata or {}
            if found.get(RESTORING) == self._mark:
                return
            if RESTORING in found:
                raise Refused(
                    "another archive was being restored here; go on with that one, or begin with an empty NATS"
                )
        for name in STREAMS:
            end = (await ends_of(self._system.client, name)).last
            if end:
                raise Refused(
                    f"this system is not empty: {name} ends at {end}; restore into a NATS without streams "
                    "(on a laptop: another --home), with no service running"
                )

    async def _prepare(self, config: StreamConfig) -> None:
        """The stream, empty, beginning where the archived one began."""
        if config.name == EVENTS_STREAM:
            config = replace(config, metadata={RESTORING: self._mark})
        try:
            info = await self._jetstream.update_stream(config)
        except NotFoundError:
            info = await self._jetstream.add_stream(config)
        first = self._archive.manifest.streams[str(config.name)].first
        if info.state.last_seq < first - 1:
            await self._jetstream.purge_stream(str(config.name), seq=first)

    async def _files(self) -> None:
        files = await self._archive.files()
        there = set(await self._system.objects.store.list())
        new = [file for file in files if (file.path, file.size) not in there]
        for index in range(0, len(new), TOGETHER):
            await asyncio.gather(*map(self._copy, new[index : index + TOGETHER]))
            self._see("restoring files", min(index + TOGETHER, len(new)), len(new))

    async def _copy(self, file: KeptFile) -> None:
        await self._system.objects.store.put(file.path, await self._archive.file(file))

    async def _fill(self, name: str) -> None:
        end = self._archive.manifest.streams[name].last
        position = (await ends_of(self._system.client, name)).last
        failures = 0
        while position < end:
            async for messages in self._archive.messages(name, after=position):
                reached = await self._send(name, messages)
                self._see(f"restoring {name}", reached, end)
                failures = failures + 1 if reached == position else 0
                position = reached
                if position < messages[-1].position:
                    break
            if failures > ATTEMPTS:
                raise Unavailable(f"{name} takes no message behind {position}; run the same command again")

    async def _send(self, name: str, messages: Sequence[Kept]) -> int:
        """Publish messages, each at its position; where the stream stands afterwards."""
        waiting: list[asyncio.Future[Ack]] = []
        for message in messages:
            headers = {"Nats-Expected-Last-Sequence": str(message.position - 1)}
            if message.id is not None and message.position not in self._without_id:
                headers["Nats-Msg-Id"] = message.id
            waiting.append(await self._publisher.send(message.subject, message.payload, headers))
        answers = await asyncio.gather(*waiting, return_exceptions=True)
        for message, answer in zip(messages, answers, strict=True):
            match answer:
                case Ack(seq=stored) if stored == message.position:
                    continue
                case Ack(duplicate=True):
                    # Stored twice long ago, further apart than the server remembers ids: so it is again.
                    self._without_id.add(message.position)
                case BaseException() if not isinstance(answer, (APIError, *NO_ANSWER)):
                    raise answer
            return (await ends_of(self._system.client, name)).last
        return messages[-1].position

    def _check_same(self, report: Report) -> None:
        manifest = self._archive.manifest
        if report.findings and manifest.streams[SEALS_STREAM].last:
            raise Refused(
                f"the restored log is not what was sealed: {report.findings[0].detail}; begin with an empty NATS"
            )
        if report.chain != manifest.chain:
            raise Refused("the restored log is not the archived one; begin with an empty NATS")
