"""How durable the log is: what NATS tells of its configuration, and what that means, in words."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import nats.errors
import structlog
from nats.aio.client import Client

from shared.bus.connection import connect
from shared.core.errors import RetoldError

# 2.12.1 lost acknowledged writes at a power cut even in a cluster, and a compaction ignored `sync_interval: always`
# until August 2026.
OLDEST_SERVER = (2, 15, 1)
SAFE_COPIES = 3
FIRST_ANSWER_SECONDS, NEXT_ANSWER_SECONDS = 2.0, 0.3

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Server:
    """One server of the cluster. `sync_always`: it acknowledges a message only when it is on disk."""

    name: str
    version: str
    sync_always: bool


async def servers_of(system_url: str) -> list[Server]:
    """All servers, as they tell it to their system account. Raises `Unavailable` when none answers."""
    client = await connect(system_url, "retold-durability")
    try:
        return [_server(json.loads(answer)) for answer in await _answers(client, "$SYS.REQ.SERVER.PING.VARZ")]
    finally:
        await client.close()


def _server(answer: dict[str, Any]) -> Server:
    config = (answer["data"].get("jetstream") or {}).get("config") or {}
    return Server(answer["server"]["name"], answer["server"]["ver"], bool(config.get("sync_always")))


async def _answers(client: Client, subject: str) -> list[bytes]:
    """Every server answers for itself: wait until no more come."""
    inbox = client.new_inbox()
    subscription = await client.subscribe(inbox)
    await client.publish(subject, b"", reply=inbox)
    answers: list[bytes] = []
    try:
        while True:
            wait = NEXT_ANSWER_SECONDS if answers else FIRST_ANSWER_SECONDS
            answers.append((await subscription.next_msg(timeout=wait)).data)
    except (TimeoutError, nats.errors.TimeoutError):
        return answers


def concerns(servers: Sequence[Server], replicas: int) -> list[str]:
    """What can be lost with these servers and this many copies of the log, a sentence each."""
    found = []
    lazy = [server.name for server in servers if not server.sync_always]
    if lazy:
        found.append(
            f"a power cut can lose events that were acknowledged, up to two minutes of them ({', '.join(lazy)}): "
            "set sync_interval: always under jetstream in nats.conf"
        )
    old = [f"{server.name} {server.version}" for server in servers if _version(server.version) < OLDEST_SERVER]
    if old:
        wanted = ".".join(map(str, OLDEST_SERVER))
        found.append(f"older servers have lost acknowledged events ({', '.join(old)}): upgrade NATS to {wanted}")
    if replicas < SAFE_COPIES:
        found.append(
            f"copies of the log: {replicas}; the loss of one disk loses the history since "
            "the last archive; run three NATS servers and set RETOLD_REPLICAS=3"
        )
    return found


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.partition("-")[0].split(".") if part.isdigit())


async def warn_where_weak(system_url: str | None, replicas: int) -> None:
    """Say at start, in the log, where durability is weaker than it should be. Never raises."""
    if system_url is None:
        log.warning(
            "whether NATS confirms only what is on disk is unknown: give RETOLD_NATS_SYSTEM_URL (an address with a "
            "user of its system account), and make sure of sync_interval: always"
        )
        return
    try:
        async with asyncio.timeout(10):
            servers = await servers_of(system_url)
    except (RetoldError, nats.errors.Error, TimeoutError, OSError, ValueError, KeyError) as failure:
        log.warning("NATS did not tell its configuration", reason=str(failure) or repr(failure))
        return
    for concern in concerns(servers, replicas):
        log.warning(concern)
