"""After an organization was erased, nothing of it can be read anywhere, its history folds, and others keep theirs."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest

from services.__main__ import SERVICES, blueprint
from shared.bus.connection import connect, disconnect
from shared.bus.jetstream import JetStreamLog
from shared.bus.puller import Puller
from shared.contracts.catalogue import catalogue
from shared.keys import KeyRing, parse_master_key
from shared.laptop import Laptop, Running, Wishes, run_laptop
from shared.local.home import Home
from shared.testing.command_line import command
from shared.testing.folders import open_folder
from shared.testing.sites import Sites
from tests.e2e.recordings import people, register
from tests.golden.story import story

PERSONAL = (
    "Person 0",
    "p0@example.org",
    "clear-secret-0",
    "note 0",
    "Person 1",
    "ann@example.org",
    "recorded-Passw0rd",
    "Register somebody",
    "/register/",
    "Create account",
)
OTHERS = "ada@crm.example"


@dataclass(frozen=True)
class Upright:
    """A laptop with all services, and where it is reached."""

    laptop: Laptop
    running: Running
    home: Path

    async def retold(self, *arguments: object) -> Any:
        """The command line on this home; its JSON."""
        return (await command(*arguments, "--json", "--home", self.home)).json


@pytest.fixture
async def upright() -> AsyncIterator[Upright]:
    with open_folder() as folder:
        ready: asyncio.Future[Running] = asyncio.get_running_loop().create_future()
        stopping = asyncio.Event()

        async def started(running: Running) -> None:
            ready.set_result(running)

        wishes = Wishes(settings={"slots": 1, "metrics_seconds": 1}, stopping=stopping)
        services = [blueprint(name) for name in SERVICES]
        task = asyncio.create_task(run_laptop(folder / "home", services, started, wishes))
        await asyncio.wait({task, ready}, return_when=asyncio.FIRST_COMPLETED, timeout=60)
        if task.done():
            task.result()
        yield Upright(Laptop(folder / "home"), ready.result(), folder / "home")
        stopping.set()
        await task


async def everything_in_nats(url: str) -> str:
    """All messages of all streams, subjects and headers too."""
    client = await connect(url, "test")
    texts: list[str] = []
    try:
        for stream in await client.jetstream().streams_info():
            state = stream.state
            if state.messages == 0:
                continue
            async with Puller(client, str(stream.config.name), [">"], 0) as puller:
                async for batch in puller.batches():
                    texts += [f"{each.subject} {each.payload.decode(errors='replace')}" for each in batch]
                    if batch[-1].sequence >= state.last_seq:
                        break
    finally:
        await disconnect(client)
    return "\n".join(texts)


async def everything_in_postgres(upright: Upright) -> str:
    """All rows of all tables of all services, as the superuser sees them."""
    port = urlsplit(upright.running.postgres_urls["ingest"]).port
    connection = await asyncpg.connect(
        host="127.0.0.1", port=port, user="postgres", password=Home(upright.home).secret("postgres"), database="retold"
    )
    texts: list[str] = []
    for table in await connection.fetch("select schemaname, tablename from pg_tables"):
        if table["schemaname"] in SERVICES:
            rows = await connection.fetch(f'select t::text as row from "{table[0]}"."{table[1]}" t')
            texts += [row["row"] for row in rows]
    await connection.close()
    return "\n".join(texts)


def everything_in_files(home: Path) -> str:
    """Files of the organizations, and what the services said."""
    kept = [path for folder in ("objects", "logs") for path in (home / folder).rglob("*") if path.is_file()]
    return "\n".join(f"{path} {path.read_bytes()!r}" for path in kept if path.name != "postgres.log")


async def run_job(upright: Upright, sites: Sites, folder: Path) -> str:
    """A job with a row that succeeds and one that fails with a screenshot; its id."""
    (folder / "recording.json").write_text(json.dumps(register(sites.url)))
    (folder / "people.csv").write_text(people(2).replace("p1@example.org", "no address"))
    recording = await upright.retold("import", folder / "recording.json")
    ran = await command(
        *("run", recording["id"], "--csv", folder / "people.csv", "--wait", "-o", "step_timeout=3000"),
        *("--json", "--home", upright.home),
    )
    jobs = await upright.retold("jobs")
    assert jobs[0]["completed_rows"] == 2, ran
    return str(jobs[0]["id"])


async def test_what_was_erased_can_be_read_nowhere(upright: Upright, sites: Sites, tmp_path: Path) -> None:
    running, org = upright.running, upright.laptop.identity().organization_id
    client = await connect(running.nats_url, "test")
    keys = KeyRing(client, parse_master_key(upright.laptop.identity().master_key))
    log = JetStreamLog(client, catalogue(), vault=keys)
    others = story("others")
    for append in others:
        await log.append(append)
    job = await run_job(upright, sites, tmp_path)
    results = await upright.retold("results", job)
    assert {row["status"] for row in results} == {"success", "failed"}
    before = await everything_in_postgres(upright)
    for text in ("Person 0", "p0@example.org", "note 0", "Register somebody", "/register/"):
        assert text in before, text
    assert "clear-secret-0" not in before
    assert list((upright.home / "objects" / str(org)).rglob("*"))
    in_nats = await everything_in_nats(running.nats_url)
    assert not [text for text in PERSONAL if text in in_nats]

    erased = await upright.retold("erase", org, "--yes")
    assert erased["key"] is True
    assert erased["files"] >= 1
    assert set(erased["rebuilt"]) == set(SERVICES)

    in_nats = await everything_in_nats(running.nats_url)
    in_postgres = await everything_in_postgres(upright)
    for text in PERSONAL:
        assert text not in in_nats, text
        assert text not in in_postgres, text
        assert text not in everything_in_files(upright.home), text
    assert OTHERS in in_postgres
    assert not [path for path in (upright.home / "objects" / str(org)).rglob("*") if path.is_file()]
    await disconnect(client)

    # What happened can still be read, by whoever may.
    (after,) = [each for each in await upright.retold("jobs") if each["id"] == job]
    assert (after["successful_rows"], after["failed_rows"], after["status"]) == (1, 1, "completed")
    assert [row["status"] for row in await upright.retold("results", job)] == [row["status"] for row in results]
    again = await upright.retold("erase", org, "--yes")
    assert again["key"] is False
    refused = await command("import", tmp_path / "recording.json", "--home", upright.home)
    assert refused.code == 1
    assert "was erased" in refused.err
