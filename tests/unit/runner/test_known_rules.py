"""A worker knows the rules of each organization, and those that change while it works."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest
from pydantic import SecretStr

from services.runner.known_rules import KnownRules
from services.runner.settings import RunnerSettings
from shared.bus import subjects
from shared.bus.log import ANY_SEQUENCE, Append, Context
from shared.bus.memory import MemoryLog
from shared.contracts.catalogue import catalogue
from shared.contracts.ingest import UrlPolicyAdded, UrlPolicyChanged, UrlPolicyRemoved
from shared.core.errors import InvalidInput
from shared.core.events import Event
from shared.core.time_and_ids import new_id
from shared.ops.settings import read_settings
from shared.url_policy import Rules, judge_url, read_allowances

ORG, OTHER = UUID(int=1), UUID(int=2)
LOOPBACK = read_allowances("loopback")


async def tell(log: MemoryLog, org: UUID, *events: Event) -> None:
    stream = subjects.url_policies(org)
    await log.append(Append(stream, events, ANY_SEQUENCE, str(new_id()), Context(org, "test")))


def denied(number: int, pattern: str) -> UrlPolicyAdded:
    return UrlPolicyAdded(
        policy_id=UUID(int=number), pattern=pattern, type="blacklist", description=None, is_active=True, metadata=None
    )


def refuses(rules: Rules, url: str) -> bool:
    return judge_url(rules, url) is not None


@asynccontextmanager
async def following(known: KnownRules) -> AsyncIterator[None]:
    stopping = asyncio.Event()
    task = asyncio.create_task(known.follow(stopping))
    yield
    stopping.set()
    await asyncio.wait_for(task, 10)


async def test_each_organization_has_its_own_rules_and_all_what_the_operator_allows() -> None:
    log = MemoryLog(catalogue())
    await tell(log, ORG, denied(1, "closed.test"))
    known = KnownRules(log, LOOPBACK)
    assert refuses(await known.rules(ORG), "https://closed.test/")
    assert not refuses(await known.rules(OTHER), "https://closed.test/")
    for org in (ORG, OTHER):
        assert not refuses(await known.rules(org), "http://127.0.0.1/")
        assert refuses(await known.rules(org), "http://10.0.0.1/")


async def test_rules_that_change_count_for_the_rows_that_follow() -> None:
    log = MemoryLog(catalogue())
    known = KnownRules(log, ())
    async with following(known):
        assert not refuses(await known.rules(ORG), "https://closed.test/")
        off = UrlPolicyChanged(policy_id=UUID(int=1), description=None, is_active=False, metadata=None)
        on = off.model_copy(update={"is_active": True})
        changes: list[tuple[Event, bool]] = [(denied(1, "closed.test"), True), (off, False), (on, True)]
        for event, expected in [*changes, (UrlPolicyRemoved(policy_id=UUID(int=1)), False)]:
            await tell(log, ORG, event)
            for _ in range(100):
                if refuses(await known.rules(ORG), "https://closed.test/") == expected:
                    break
                await asyncio.sleep(0.02)
            else:
                pytest.fail(f"{event} made no difference")


async def test_rules_are_read_once() -> None:
    log = MemoryLog(catalogue())
    known = KnownRules(log, ())
    async with following(known):
        first = await known.rules(ORG)
        assert await known.rules(ORG) is first


def settings(**given: Any) -> RunnerSettings:
    needed = {"nats_url": "x", "postgres_url": "x", "master_key": "x", "objects_url": "x", "api_tokens": "x"}
    read: RunnerSettings = read_settings(RunnerSettings, **{**needed, **given})
    return read


def test_the_operator_says_which_private_addresses_are_open(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings().allowances == ()
    monkeypatch.setenv("RETOLD_ALLOW_ADDRESSES", "loopback, 10.1.0.0/16")
    assert settings().allowances == (*LOOPBACK, *read_allowances("10.1.0.0/16"))
    assert isinstance(settings().master_key, SecretStr)
    monkeypatch.setenv("RETOLD_ALLOW_ADDRESSES", "10.1.2.3/8")
    with pytest.raises(InvalidInput, match=r"RETOLD_ALLOW_ADDRESSES.*10\.0\.0\.0/8"):
        settings()
