"""What is done to the platform: a plan drawn from a seed, and how each deed is carried out."""

import asyncio
import os
import random
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

import nats.errors
from nats.js.errors import APIError, NotFoundError

from shared.bus.connection import connect
from shared.bus.subjects import EVENTS_STREAM
from tests.chaos.disks import Disk
from tests.chaos.stage import Instance, Stage

WORDS = {
    "kill": "killed (SIGKILL)",
    "pause": "stopped (SIGSTOP)",
    "delay": "link slow",
    "cut": "link cut",
    "hold": "link silent",
    "fill": "disk full",
}
CALM_SECONDS = 1.0  # between two deeds, on average


@dataclass(frozen=True, slots=True)
class Deed:
    """`at` and `lasting` in seconds; `target`: an instance, a server, or an instance's link (`runner-1 NATS`)."""

    at: float
    kind: str
    target: str
    lasting: float


# Scenario → (kind, targets, how long it lasts at least and at most).
Menu = tuple[tuple[str, tuple[str, ...], float, float], ...]
SERVICES = ("ingest", "scheduler-1", "scheduler-2", "runner-1", "runner-2", "healer")
BUSY = ("scheduler-1", "scheduler-2", "runner-1", "runner-2")
LINKS = tuple(f"{name} {server}" for name in SERVICES for server in ("NATS", "Postgres"))
SERVERS = ("NATS", "Postgres")
KILLS: Menu = (("kill", SERVICES, 0.1, 2.0), ("kill", BUSY, 0.1, 2.0))
PAUSES: Menu = (("pause", SERVICES, 0.5, 7.0), ("pause", BUSY, 2.0, 7.0))
CRASHES: Menu = (("kill", SERVERS, 0.1, 3.0), ("pause", SERVERS, 0.3, 4.0))
NETWORK: Menu = (("delay", LINKS, 1.0, 5.0), ("cut", LINKS, 0.0, 0.0), ("hold", LINKS, 1.0, 8.0))
REPEATS: Menu = (("repeat", ("NATS",), 0.0, 0.0),)
FULL_DISKS: Menu = (("fill", SERVERS, 1.0, 3.0),)
MENUS: dict[str, Menu] = {
    "everything": KILLS + PAUSES + CRASHES + NETWORK + REPEATS,
    "services": KILLS + PAUSES,
    "servers": CRASHES,
    "network": NETWORK,
    "duplicates": REPEATS,
    "full-disk": FULL_DISKS,
}


def plan(scenario: str, seed: int, seconds: float) -> Iterator[Deed]:
    """The deeds of a run, in order; the same for the same arguments."""
    chance, at = random.Random(f"{scenario}-{seed}"), 1.0
    pauses = CALM_SECONDS * (4 if scenario == "full-disk" else 1)
    while at < seconds:
        kind, targets, least, most = chance.choice(MENUS[scenario])
        yield Deed(round(at, 2), kind, chance.choice(targets), round(chance.uniform(least, most), 2))
        at += chance.uniform(0.3, 1.7) * pauses


class Hands:
    """Carries deeds out; what is already in trouble is left alone."""

    def __init__(self, stage: Stage, disks: dict[str, Disk], seed: int) -> None:
        self._stage = stage
        self._disks = disks
        self._chance = random.Random(f"hands-{seed}")
        self._busy: set[str] = set()
        self.stored_twice: list[str] = []
        self.repeated = 0

    async def do(self, deed: Deed) -> None:
        """One deed, and the end of it."""
        if deed.target in self._busy:
            return
        self._busy.add(deed.target)
        try:
            await self._carry_out(deed)
        finally:
            self._busy.discard(deed.target)

    async def _carry_out(self, deed: Deed) -> None:
        if deed.kind == "repeat":
            await self._repeat_messages()
            return
        note, target = self._stage.timeline.note, deed.target
        note(target, WORDS[deed.kind] + (f" for {deed.lasting:.1f} s" if deed.lasting else ""))
        await self._way(deed)(deed.lasting)
        if deed.lasting:
            note(target, "back")

    def _way(self, deed: Deed) -> Callable[[float], Awaitable[None]]:
        stage = self._stage
        name, _, server = deed.target.partition(" ")
        if server:
            link = stage.instances[name].links[server]

            async def trouble(lasting: float) -> None:
                if deed.kind == "cut":
                    link.cut()
                    return
                link.delay = self._chance.uniform(0.02, 0.4) if deed.kind == "delay" else 0.0
                if deed.kind == "hold":
                    link.hold()
                await asyncio.sleep(lasting)
                if deed.kind == "hold" and self._chance.random() < 0.5:
                    link.cut()  # else what was held goes on its way, late
                link.heal()

            return trouble
        if name in stage.instances:
            instance = stage.instances[name]
            return (self._killed if deed.kind == "kill" else self._paused)(instance)
        if deed.kind == "fill":
            return self._disks[name].full
        return {
            ("kill", "NATS"): self._nats_killed,
            ("kill", "Postgres"): self._postgres_killed,
            ("pause", "NATS"): lambda lasting: _stopped(stage.stack.nats.pid, lasting),
            ("pause", "Postgres"): lambda lasting: _stopped(stage.stack.postgres.pid, lasting),
        }[deed.kind, name]

    def _killed(self, instance: Instance) -> Callable[[float], Awaitable[None]]:
        async def way(lasting: float) -> None:
            await self._stage.take_down(instance)
            await asyncio.sleep(lasting)
            self._stage.bring_up(instance)

        return way

    def _paused(self, instance: Instance) -> Callable[[float], Awaitable[None]]:
        async def way(lasting: float) -> None:
            instance.signal(signal.SIGSTOP)
            try:
                await asyncio.sleep(lasting)
            finally:
                instance.signal(signal.SIGCONT)

        return way

    async def _nats_killed(self, lasting: float) -> None:
        await self._stage.stack.kill_nats()
        await asyncio.sleep(lasting)
        await self._stage.stack.restart_nats()

    async def _postgres_killed(self, lasting: float) -> None:
        await self._stage.stack.kill_postgres()
        await asyncio.sleep(lasting)
        await self._stage.stack.restart_postgres()

    async def _repeat_messages(self) -> None:
        """Messages that the log has arrive again, as the network may deliver them."""
        try:
            client = await connect(self._stage.stack.nats_url, "chaos-repeats")
        except Exception as silence:
            self._stage.timeline.note("NATS", f"no message repeated: {silence}")
            return
        jetstream = client.jetstream(timeout=2)
        try:
            last = (await jetstream.stream_info(EVENTS_STREAM)).state.last_seq
            for position in sorted(self._chance.sample(range(1, last + 1), min(10, last))):
                message = await jetstream.get_msg(EVENTS_STREAM, position, direct=True)
                headers = {k: v for k, v in (message.headers or {}).items() if k.startswith(("Nats-Msg", "Nats-Exp"))}
                self.repeated += 1
                with suppress(APIError):  # refused, as it must be when the stream has moved on
                    again = await jetstream.publish(message.subject or "", message.data or b"", headers=headers)
                    if not again.duplicate:
                        self.stored_twice.append(f"the message at {position} was stored again at {again.seq}")
            self._stage.timeline.note("NATS", f"{min(10, last)} messages arrived again")
        except (nats.errors.Error, NotFoundError, TimeoutError, OSError) as silence:
            self._stage.timeline.note("NATS", f"repeating broke off: {silence!r}")
        finally:
            await client.close()


async def _stopped(pid: int | None, lasting: float) -> None:
    """A server and its children stand still."""
    if pid is None:
        return
    os.killpg(pid, signal.SIGSTOP)
    try:
        await asyncio.sleep(lasting)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGCONT)
