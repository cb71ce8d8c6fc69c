"""The guard's protocol, byte by byte: split anywhere, half-closed, faster than the other side, or nonsense."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from services.runner.adapters.guard import Guard, guarded
from shared.url_policy import Rules, read_allowances

LOOPBACK = Rules(operator=read_allowances("loopback"))
HELLO, WELCOME = b"\x05\x01\x00", b"\x05\x00"
DONE = b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def request(port: int, host: str = "localhost", command: int = 1) -> bytes:
    return bytes([5, command, 0, 3, len(host)]) + host.encode() + port.to_bytes(2, "big")


@asynccontextmanager
async def guard_to(serve: Serve, rules: Rules = LOOPBACK) -> AsyncIterator[tuple[Guard, int]]:
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server, guarded(rules, lambda _: None, set) as guard:
        yield guard, server.sockets[0].getsockname()[1]


async def connect(guard: Guard) -> Streams:
    return await asyncio.open_connection("127.0.0.1", int(guard.address.rpartition(":")[2]))


async def through(guard: Guard, port: int) -> Streams:
    reader, writer = await connect(guard)
    writer.write(HELLO)
    assert await reader.readexactly(2) == WELCOME
    writer.write(request(port))
    assert await reader.readexactly(10) == DONE
    return reader, writer


async def echo_when_all_is_said(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(await reader.read())
    await writer.drain()
    writer.close()


async def test_who_has_said_everything_still_hears_the_answer() -> None:
    said = bytes(range(256)) * 4000
    async with guard_to(echo_when_all_is_said) as (guard, port):
        reader, writer = await through(guard, port)
        writer.write(said)
        writer.write_eof()
        assert await asyncio.wait_for(reader.read(), 5) == said
        writer.close()


async def test_a_request_may_come_byte_by_byte_or_all_at_once_with_what_follows() -> None:
    async with guard_to(echo_when_all_is_said) as (guard, port):
        for pieces in ([bytes([byte]) for byte in HELLO + request(port)], [HELLO + request(port) + b"more"]):
            reader, writer = await connect(guard)
            for piece in pieces:
                writer.write(piece)
                await asyncio.sleep(0.001)
            writer.write_eof() if len(pieces) == 1 else None
            assert await reader.readexactly(12) == WELCOME + DONE
            if len(pieces) == 1:
                assert await asyncio.wait_for(reader.read(), 5) == b"more"
            writer.close()


async def test_a_site_may_speak_first() -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hello\r\n")
        await writer.drain()
        writer.close()

    async with guard_to(greet) as (guard, port):
        for _ in range(20):
            reader, writer = await through(guard, port)
            assert await asyncio.wait_for(reader.read(), 5) == b"220 hello\r\n"
            writer.close()


async def test_a_fast_site_is_held_back_by_a_slow_browser() -> None:
    sent = 0

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        with contextlib.suppress(ConnectionError):
            while True:
                writer.write(bytes(65536))
                await writer.drain()
                sent += 65536

    async with guard_to(flood) as (guard, port):
        reader, writer = await through(guard, port)
        await asyncio.sleep(0.5)
        held = sent
        await asyncio.sleep(0.5)
        assert sent == held, "the guard keeps on reading what nobody takes"
        assert sent < 30_000_000
        assert len(await reader.readexactly(held + 1_000_000)) > held
        assert sent > held
        writer.transport.abort()


async def test_a_connection_that_breaks_breaks_at_the_other_side_too() -> None:
    ended = asyncio.Event()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            await reader.read()
        ended.set()
        writer.close()

    async with guard_to(listen) as (guard, port):
        _, writer = await through(guard, port)
        writer.transport.abort()
        await asyncio.wait_for(ended.wait(), 5)


async def test_a_guard_that_ends_breaks_its_connections() -> None:
    async with guard_to(echo_when_all_is_said) as (guard, port):
        streams = [await through(guard, port) for _ in range(3)]
    for reader, writer in streams:
        with contextlib.suppress(ConnectionError):
            assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()


@pytest.mark.parametrize("command", [2, 3, 9])
async def test_only_connections_are_made(command: int) -> None:
    async with guard_to(echo_when_all_is_said) as (guard, port):
        reader, writer = await connect(guard)
        writer.write(HELLO + request(port, command=command))
        assert (await asyncio.wait_for(reader.read(), 5))[2:4] == b"\x05\x07"
        writer.close()


@pytest.mark.parametrize(
    ("host", "answer"),
    [("10.0.0.1", 2), ("169.254.169.254", 2), ("a b", 2), ("nowhere.invalid", 4), ("::1", 5), ("fe80::1", 2)],
)
async def test_a_place_that_is_not_reached_is_answered_with_why(host: str, answer: int) -> None:
    async with guard_to(echo_when_all_is_said) as (guard, _):
        reader, writer = await connect(guard)
        writer.write(HELLO + request(9, host))
        assert (await asyncio.wait_for(reader.read(), 5))[3] == answer
        writer.close()


@pytest.mark.parametrize(
    "nonsense",
    [b"GET / HTTP/1.1\r\n\r\n", b"\x04\x01", b"\x05\x01\x02", HELLO + b"\x05\x01\x00\x09\x00\x00", b"\x05" * 999],
)
async def test_nonsense_is_hung_up_on(nonsense: bytes) -> None:
    async with guard_to(echo_when_all_is_said) as (guard, _):
        reader, writer = await connect(guard)
        writer.write(nonsense)
        with contextlib.suppress(ConnectionError):
            assert (await asyncio.wait_for(reader.read(), 5))[:2] in (b"", b"\x05\xff", WELCOME)
        writer.close()


async def test_one_slow_name_is_looked_up_once_for_all_who_ask() -> None:
    asked = 0

    async def slow(name: str, port: int) -> list[str]:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0.2)
        return ["127.0.0.1"]

    server = await asyncio.start_server(echo_when_all_is_said, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, guarded(LOOPBACK, lambda _: None, set, slow) as guard:

        async def ask() -> bytes:
            reader, writer = await connect(guard)
            writer.write(HELLO + request(port, "slow.test"))
            said = await reader.readexactly(12)
            writer.close()
            return said

        gone = await connect(guard)  # who gives up takes nothing from the others
        gone[1].write(HELLO + request(port, "slow.test"))
        await asyncio.sleep(0.05)
        gone[1].transport.abort()
        assert await asyncio.gather(*(ask() for _ in range(5))) == [WELCOME + DONE] * 5
    assert asked == 1
