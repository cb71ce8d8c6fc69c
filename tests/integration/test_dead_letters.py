"""`retold dead-letters` on a real log and database: of a reaction and of a projection, from list to drop."""

import asyncio
import json
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import structlog
from prometheus_client import REGISTRY

from services.cli import dead_letters
from services.cli.desk import Desk
from services.ingest.main import BLUEPRINT as INGEST
from shared.bus import subjects
from shared.bus.letters import follow_notes, read_letters
from shared.bus.log import Append, Context
from shared.bus.reactions import Reaction, broker_for
from shared.bus.subjects import dead_letter_note
from shared.contracts.catalogue import catalogue
from shared.contracts.ingest import TeamFormed, TeamJoined, UserInvited
from shared.core.errors import InvalidInput, NotFound
from shared.core.events import Recorded
from shared.local import LocalStack
from shared.ops.open_letters import watching_letters
from shared.projections import Projector
from shared.runtime import Resources
from shared.testing.command_line import command
from tests.conftest import opening_resources, stack_in_a_folder

ADDRESS = "ada@crm.example"
DURABLE = "tests-greet-people"


@dataclass
class Shop:
    """A log and a database with one service, and the command line on them."""

    resources: Resources
    nats_url: str
    capsys: pytest.CaptureFixture[str]
    mended: asyncio.Event

    async def retold(self, command: str, *arguments: Any, **options: Any) -> Any:
        """What a command of `retold dead-letters` prints with --json."""
        self.capsys.readouterr()
        await dict(dead_letters.COMMANDS)[command](self.desk(as_json=True), *arguments, **options)
        return json.loads(self.capsys.readouterr().out)

    def desk(self, *, as_json: bool = False) -> Desk:
        """Where the command line stands."""
        return Desk({"ingest": lambda: INGEST}, Path("/nowhere"), as_json)

    async def append(self, *events: Any) -> int:
        """Something happens to an organization."""
        org = uuid4()
        return await self.resources.log.append(
            Append(subjects.organization(org), events, 0, "c", Context(org, "tester"))
        )

    @asynccontextmanager
    async def greeting(self) -> AsyncIterator[None]:
        """The service's reaction runs: it cannot greet anybody until it is mended."""

        async def greet(recorded: Recorded) -> None:
            if not self.mended.is_set():
                raise InvalidInput("there is no paper")

        reaction = Reaction(DURABLE, subjects.ALL_ORGANIZATIONS, UserInvited, greet)
        broker = broker_for([reaction], self.nats_url, catalogue(), "tests", self.resources.keys)
        await broker.start()
        try:
            yield
        finally:
            await broker.stop()

    async def letter_of_a_reaction(self) -> str:
        """Somebody is invited and cannot be greeted."""
        position = await self.append(UserInvited(user_id=uuid4(), email=ADDRESS, role="member"))
        async with self.greeting(), asyncio.timeout(15):
            while (DURABLE, position) not in (await read_letters(self.resources.nats)).letters:
                await asyncio.sleep(0.05)
        return f"{DURABLE}@{position}"

    async def letter_of_a_projection(self) -> str:
        """A team whose name the table refuses."""
        team, user = uuid4(), uuid4()
        async with self.resources.database.connection() as connection:
            await connection.execute("alter table teams add constraint odd check (name <> 'Odd') not valid")
        joined = TeamJoined(team_id=team, user_id=user, role="owner")
        position = await self.append(joined, TeamFormed(team_id=team, name="Odd", slug="odd", owner_id=user))
        await self.projected(position)
        return f"ingest.teams@{position}.1"

    async def projected(self, position: int) -> None:
        """The teams are projected up to a position."""
        teams = next(each for each in INGEST.projections if each.name == "teams")
        running = asyncio.create_task(Projector(self.resources.database, teams, self.resources.log).run())
        async with asyncio.timeout(15):
            while not running.done():
                async with self.resources.database.connection() as connection:
                    if (await connection.fetchval("select max(position) from checkpoints") or 0) >= position:
                        break
                await asyncio.sleep(0.05)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@pytest.fixture(scope="module")
async def own_stack() -> AsyncIterator[LocalStack]:
    async with stack_in_a_folder() as running:
        yield running


@pytest.fixture
async def shop(
    own_stack: LocalStack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> AsyncIterator[Shop]:
    # By default log lines go to standard output, where the results are expected.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    async with opening_resources(own_stack) as open_one:
        resources = await open_one(INGEST)
        settings = resources.settings
        monkeypatch.setenv("RETOLD_NATS_URL", own_stack.nats_url)
        for name in ("postgres_url", "master_key", "api_tokens"):
            monkeypatch.setenv(f"RETOLD_{name.upper()}", getattr(settings, name).get_secret_value())
        monkeypatch.setenv("RETOLD_OBJECTS_URL", settings.objects_url)
        yield Shop(resources, own_stack.nats_url, capsys, asyncio.Event())
        async with resources.database.connection() as connection:
            await connection.execute("alter table teams drop constraint if exists odd")
            await connection.execute("delete from dead_events")
    structlog.reset_defaults()


async def ids(shop: Shop) -> set[str]:
    return {letter["id"] for letter in await shop.retold("list")}


async def test_both_kinds_are_listed_and_shown_with_nothing_personal(shop: Shop) -> None:
    reaction, projection = await shop.letter_of_a_reaction(), await shop.letter_of_a_projection()
    listed = {letter["id"]: letter for letter in await shop.retold("list")}
    assert listed[reaction]["reason"] == "InvalidInput: there is no paper"
    assert listed[reaction]["tries"] == 1
    assert listed[projection]["reason"] == "CheckViolationError"
    shown = await shop.retold("show", reaction)
    assert [event["type"] for event in shown["message"]["events"]] == ["UserInvited"]
    assert [note["what"] for note in shown["history"]] == ["put aside"]
    assert ADDRESS not in json.dumps(shown)
    assert (await shop.retold("show", projection[:-2]))["message"]["events"][1]["type"] == "TeamFormed"
    shop.capsys.readouterr()
    await dead_letters.list_letters(shop.desk())
    await dead_letters.show(shop.desk(), reaction)
    printed = shop.capsys.readouterr().out
    assert reaction in printed
    assert "there is no paper" in printed
    assert ADDRESS not in printed


async def test_a_retry_makes_the_service_react_to_that_very_event_again(shop: Shop) -> None:
    letter = await shop.letter_of_a_reaction()
    (unanswered,) = await shop.retold("retry", letter, wait=0.3)
    assert unanswered["outcome"] == "asked"
    async with shop.greeting():
        (failed,) = await shop.retold("retry", letter)
        assert (failed["outcome"], failed["detail"]) == ("failed", "InvalidInput: there is no paper")
        shop.mended.set()
        (handled,) = await shop.retold("retry", letter)
    assert handled == {"id": letter, "outcome": "handled", "detail": ""}
    assert letter not in await ids(shop)


async def test_a_retry_applies_a_parked_event_and_fails_while_the_table_does_not_take_it(shop: Shop) -> None:
    letter = await shop.letter_of_a_projection()
    (failed,) = await shop.retold("retry", letter)
    assert failed["outcome"] == "failed"
    assert letter in await ids(shop)
    async with shop.resources.database.connection() as connection:
        await connection.execute("alter table teams drop constraint odd")
    (handled,) = await shop.retold("retry", letter)
    assert handled["outcome"] == "handled"
    assert letter not in await ids(shop)
    first = (await shop.resources.log.read(subjects.ALL_ORGANIZATIONS))[-1]
    async with shop.resources.database.tenant(first.org) as connection:
        assert await connection.fetchval("select count(*) from teams where name = 'Odd'") == 1


async def test_all_are_retried_at_once(shop: Shop) -> None:
    letters = {await shop.letter_of_a_reaction(), await shop.letter_of_a_reaction()}
    shop.mended.set()
    async with shop.greeting():
        outcomes = {each["id"]: each["outcome"] for each in await shop.retold("retry", everything=True)}
    assert letters <= outcomes.keys()
    assert set(outcomes.values()) == {"handled"}
    assert await ids(shop) == set()


async def test_dropping_leaves_a_note_of_who_and_when(shop: Shop) -> None:
    letters = [await shop.letter_of_a_reaction(), await shop.letter_of_a_projection()]
    for letter in letters:
        await shop.retold("drop", letter)
    assert not await ids(shop) & set(letters)
    head = (await shop.resources.nats.jetstream().stream_info(subjects.DEAD_LETTERS_STREAM)).state.last_seq
    dropped = {}
    async for sequence, subject, payload in follow_notes(shop.resources.nats):
        durable, kind = dead_letter_note(subject)
        if kind == "dropped":
            dropped[durable] = json.loads(payload)
        if sequence >= head:
            break
    assert dropped.keys() == {DURABLE, "ingest:teams"}
    assert all("@" in note["by"] and note["at"] for note in dropped.values())


async def test_an_id_that_says_too_little_or_nothing_is_refused(shop: Shop) -> None:
    first, _ = await shop.letter_of_a_reaction(), await shop.letter_of_a_reaction()
    with pytest.raises(InvalidInput, match="give more of the id"):
        await shop.retold("show", DURABLE)
    with pytest.raises(NotFound, match="no dead letter"):
        await shop.retold("drop", "nothing@1")
    with pytest.raises(InvalidInput, match="or --all"):
        await shop.retold("retry")
    assert (await shop.retold("show", first.rpartition("@")[2]))["id"] == first


async def test_a_service_whose_database_cannot_be_read_is_named_and_the_others_are_shown(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = await shop.letter_of_a_reaction()
    monkeypatch.delenv("RETOLD_POSTGRES_URL")
    shop.capsys.readouterr()
    await dead_letters.list_letters(shop.desk(as_json=True))
    printed = shop.capsys.readouterr()
    assert letter in {each["id"] for each in json.loads(printed.out)}
    assert "parked events of ingest" in printed.err


async def test_the_command_line_lists_them_and_tells_a_failed_retry_by_its_exit_code(shop: Shop) -> None:
    letter = await shop.letter_of_a_projection()
    environment = {name: value for name, value in os.environ.items() if name.startswith("RETOLD_")}
    listed = await command("dead-letters", "list", "--json", environment=environment)
    assert letter in {each["id"] for each in listed.json}
    failed = await command("dead-letters", "retry", letter, environment=environment)
    assert failed.code == 1
    assert f"{letter}: failed" in failed.out
    assert (await command("dead-letters", "show", "nothing@1", environment=environment)).code == 1


async def test_the_metrics_tell_how_many_are_open(shop: Shop) -> None:
    await shop.letter_of_a_reaction()
    await shop.letter_of_a_projection()
    listed = await shop.retold("list")
    tasks = watching_letters(shop.resources.nats, shop.resources.database, [DURABLE])
    running = [asyncio.ensure_future(start()) for start in tasks.values()]
    for kind in ("reaction", "projection"):
        wanted = sum(letter["kind"] == kind for letter in listed)
        async with asyncio.timeout(10):
            while REGISTRY.get_sample_value("retold_dead_letters_open", {"service": "ingest", "kind": kind}) != wanted:
                await asyncio.sleep(0.05)
        assert wanted > 0
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
