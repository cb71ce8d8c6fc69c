"""The network between a service and a server: it can be slow, cut, or silent; and it notes what the log confirmed."""

import asyncio
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import UUID

PUBLISHED = re.compile(rb"HPUB evt\.\S+ (\S+) \d+ \d+\r\nNATS/1\.0\r\n(?:[^\r\n]+\r\n)*?Nats-Msg-Id: ([0-9a-f-]{36})")
CONFIRMED = re.compile(rb'H?MSG (\S+) \S+ (?:\d+ )?\d+\r\n\{"stream":\s*"EVT",\s*"seq":\s*(\d+)[,}]')
LONGEST = 4096  # bytes that a match may take


@dataclass
class Witness:
    """Reads along on the connections to NATS: message id → position, for everything that the server confirmed."""

    confirmed: dict[UUID, int] = field(default_factory=dict)
    contradictions: list[str] = field(default_factory=list)
    _asked: dict[bytes, UUID] = field(default_factory=dict)

    def sent(self, seen: bytes) -> int:
        """Note what was published; how many bytes need not be seen again."""
        end = 0
        for match in PUBLISHED.finditer(seen):
            self._asked[match[1]] = UUID(match[2].decode())
            end = match.end()
        return max(end, len(seen) - LONGEST)

    def received(self, seen: bytes) -> int:
        """Note what was confirmed; how many bytes need not be seen again."""
        end = 0
        for match in CONFIRMED.finditer(seen):
            end = match.end()
            message = self._asked.pop(match[1], None)
            if message is not None:
                position = int(match[2])
                if self.confirmed.setdefault(message, position) != position:
                    self.contradictions.append(
                        f"{message} was confirmed at {self.confirmed[message]} and at {position}"
                    )
        return max(end, len(seen) - LONGEST)


class Link:
    """A port of ours that leads to a server's port. An async context manager."""

    def __init__(self, upstream: int, witness: Witness | None = None) -> None:
        self._upstream = upstream
        self._witness = witness
        self._open = asyncio.Event()
        self._open.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._listener: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self.delay = 0.0

    async def start(self) -> int:
        """Listen; the port."""
        self._listener = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return int(self._listener.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """End all connections."""
        if self._listener is not None:
            self._listener.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def cut(self) -> None:
        """Break what is connected, both ends hear of it; whoever connects again may."""
        for writer in self._writers:
            writer.transport.abort()

    def hold(self) -> None:
        """Nothing passes any more, and nobody is told: as when a machine between them disappears."""
        self._open.clear()

    def heal(self) -> None:
        """As if nothing had been."""
        self.delay = 0.0
        self._open.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        self._writers.add(writer)
        far: asyncio.StreamWriter | None = None
        try:
            await self._open.wait()
            far_reader, far = await asyncio.open_connection("127.0.0.1", self._upstream)
            self._writers.add(far)
            witness = self._witness
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pump(reader, far, witness and witness.sent))
                both.create_task(self._pump(far_reader, writer, witness and witness.received))
        except (OSError, ExceptionGroup):
            pass  # the end of one side is the end of both
        finally:
            self._connections.discard(task)
            for each in filter(None, (writer, far)):
                self._writers.discard(each)
                each.transport.abort()
                with suppress(OSError):
                    await each.wait_closed()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, look: Callable[[bytes], int] | None
    ) -> None:
        seen = b""
        while data := await reader.read(65536):
            if look is not None:
                seen += data
                seen = seen[look(seen) :]
            if self.delay:
                await asyncio.sleep(self.delay)
            await self._open.wait()
            writer.write(data)
            await writer.drain()
        raise ConnectionResetError
