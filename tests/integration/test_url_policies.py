"""URL policies and security events: over HTTP, and on the command line."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest

from services.ingest.main import BLUEPRINT as INGEST
from shared.bus import subjects
from shared.bus.connection import connect, disconnect
from shared.bus.jetstream import JetStreamLog
from shared.bus.log import ANY_SEQUENCE, Append, Context
from shared.contracts.catalogue import catalogue
from shared.contracts.runner import RefusalReason, UrlRefused
from shared.testing.command_line import Ended, command
from shared.testing.folders import open_folder
from shared.testing.platform import Platform

POLICIES, SECURITY = "/ingest/v1/url-policies", "/ingest/v1/security-events"
Refuse = Callable[[RefusalReason], Awaitable[dict[str, Any]]]


@pytest.fixture(scope="module")
async def platform() -> AsyncIterator[Platform]:
    """Ingest alone."""
    with open_folder() as folder:
        async with Platform(folder / "home", (INGEST,)) as platform:
            yield platform


@pytest.fixture(scope="module")
async def refuse(platform: Platform) -> AsyncIterator[Refuse]:
    """Tells of a refusal as a runner does, of a row of a new job; gives what the query needs to see it."""
    client = await connect(platform.stack.nats_url, "test")
    log = JetStreamLog(client, catalogue())

    async def refuse(reason: RefusalReason) -> dict[str, Any]:
        job = uuid4()
        event = UrlRefused(
            job_id=job, row=3, attempt=1, step_number=2, url="http://10.0.0.1/x", reason=reason, rule="because"
        )
        context = Context(platform.org, "runner:w1")
        append = Append(subjects.row(job, 3), [event], ANY_SEQUENCE, "refused", context)
        return {"job_id": str(job), "at_least": await log.append(append)}

    yield refuse
    await disconnect(client)


async def add(platform: Platform, status: int = 201, **policy: Any) -> dict[str, Any]:
    answer = await platform.client.post(POLICIES, json=policy)
    assert answer.status_code == status, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def listed(platform: Platform, **query: Any) -> list[dict[str, Any]]:
    answer = await platform.client.get(POLICIES, params=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


@pytest.mark.parametrize(
    ("word", "kind"),
    [("whitelist", "whitelist"), ("allow", "whitelist"), ("blacklist", "blacklist"), ("deny", "blacklist")],
)
async def test_every_word_for_a_list_is_understood(platform: Platform, word: str, kind: str) -> None:
    added = await add(platform, pattern=f"*.{word}.example", type=word, metadata={"by": "test"})
    assert added["type"] == kind
    found = {each["id"]: each for each in await listed(platform, type=word, at_least=added["position"])}
    policy = found[added["id"]]
    assert (policy["pattern"], policy["type"], policy["is_active"]) == (f"*.{word}.example", kind, True)
    assert policy["metadata"] == {"by": "test"}
    assert {each["type"] for each in found.values()} == {kind}


async def test_a_policy_is_switched_off_described_and_removed(platform: Platform) -> None:
    added = await add(platform, pattern="10.0.0.0/8")
    assert added["type"] == "blacklist"
    where = f"{POLICIES}/{added['id']}"
    changed = (await platform.client.patch(where, json={"is_active": False, "description": "for now"})).json()
    policy = next(each for each in await listed(platform, at_least=changed["position"]) if each["id"] == added["id"])
    assert (policy["is_active"], policy["description"], policy["metadata"]) == (False, "for now", None)
    assert policy["updated_at"] > policy["created_at"]
    removed = (await platform.client.delete(where)).json()
    assert added["id"] not in {each["id"] for each in await listed(platform, at_least=removed["position"])}
    assert (await platform.client.delete(where)).json() == removed
    assert (await platform.client.patch(where, json={"is_active": True})).status_code == 404
    assert (await platform.client.delete(f"{POLICIES}/{uuid4()}")).status_code == 404


async def test_a_pattern_that_means_nothing_is_refused_with_what_is_wrong(platform: Platform) -> None:
    assert "star within" in (await add(platform, 422, pattern="exa*mple.com"))["detail"]
    await add(platform, 422, pattern="x" * 256)
    await add(platform, 422, pattern="a.example", type="grey")
    await add(platform, 422, pattern="a.example", metadata={"a": "b" * 20_000})


async def test_a_pattern_is_once_on_a_list_and_a_repeated_request_adds_nothing(platform: Platform) -> None:
    headers = {"Idempotency-Key": "once"}
    first = await platform.client.post(POLICIES, json={"pattern": "once.example"}, headers=headers)
    again = await platform.client.post(POLICIES, json={"pattern": "once.example"}, headers=headers)
    assert first.json() == again.json()
    assert "already" in (await add(platform, 409, pattern="once.example"))["detail"]


@pytest.mark.parametrize(
    ("reason", "event_type", "severity"),
    [
        ("metadata", "suspicious_activity", "high"),
        ("private", "suspicious_activity", "high"),
        ("policy", "unauthorized_access", "medium"),
        ("scheme", "malicious_request", "medium"),
        ("unreadable", "malicious_request", "medium"),
    ],
)
async def test_a_refusal_is_a_security_event(
    platform: Platform, refuse: Refuse, reason: RefusalReason, event_type: str, severity: str
) -> None:
    asked = await refuse(reason)
    events = (await platform.client.get(SECURITY, params=asked)).json()
    assert [(each["event_type"], each["severity"], each["status"]) for each in events] == [
        (event_type, severity, "open")
    ]
    assert events[0]["description"] == "row 3: the URL policy refused http://10.0.0.1/x: because"
    assert events[0]["details"]["step_number"] == 2
    other = await platform.client.get(SECURITY, params={**asked, "severity": "low"})
    assert other.json() == []


@pytest.fixture
async def retold(platform: Platform) -> Callable[..., Awaitable[Ended]]:
    async def retold(*arguments: object) -> Ended:
        environment = {"RETOLD_TOKEN": platform.token}
        return await command(*arguments, "--url", platform.address, environment=environment)

    return retold


async def test_rules_are_kept_on_the_command_line(retold: Callable[..., Awaitable[Ended]]) -> None:
    added = (await retold("policies", "allow", "https://cli.example/a/*", "--description", "why", "--json")).json
    assert added["type"] == "whitelist"
    said = await retold("policies", "deny", "cli.example:81")
    assert "cli.example:81 is on the blacklist" in said.out
    shown = await retold("policies", "list")
    assert "https://cli.example/a/*" in shown.out
    assert "why" in shown.out
    assert (await retold("policies", "deny", "two words")).code == 2
    assert (await retold("policies", "remove", "nothing.example")).code == 1
    removed = await retold("policies", "remove", "cli.example:81")
    assert "no more" in removed.out
    assert (await retold("policies", "remove", added["id"])).code == 0
    assert "cli.example" not in (await retold("policies", "list")).out


async def test_security_events_are_listed_on_the_command_line(
    retold: Callable[..., Awaitable[Ended]], refuse: Refuse, platform: Platform
) -> None:
    asked = await refuse("metadata")
    await platform.client.get(SECURITY, params=asked)
    shown = await retold("security-events", "--job", asked["job_id"])
    assert "suspicious activity" in shown.out
    assert asked["job_id"] in shown.out
    assert (await retold("security-events", "--job", asked["job_id"], "--json")).json[0]["severity"] == "high"
    assert (await retold("security-events", "--job", str(uuid4()))).out == ""
